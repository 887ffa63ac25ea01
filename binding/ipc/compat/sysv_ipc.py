"""The interface of sysv_ipc 1.2 on the functions of ipc, for programs that were written for it.

    import ipc.compat.sysv_ipc as sysv_ipc

in place of `import sysv_ipc` is all that such a program changes.  Names, arguments, results
and exceptions are those that its documentation (USAGE.md of github.com/osvenskan/sysv_ipc)
gives; each exception has as its __cause__ the OSError of the call that failed, with errno.
An error that has no name there is that OSError itself.

What is different, since there it crashes, hangs or does what nobody asked for:

* A segment is not detached under a view (BufferError, where views point to nothing there).
  Views of one that is attached with SHM_RDONLY are read-only; one that is not attached has none
  (NotAttachedError).  A SharedMemory that is forgotten is detached.
* Attaching twice is undone by detaching twice.
* A signal handler that returns ends no call: it goes on, with the time that is left (PEP 475).
* IPC_CREAT alone gives the initial value to a semaphore that is made, never to one that is there.
* A number that C's type cannot hold is an OverflowError, and a key outside 32 bits, signed or
  unsigned, a ValueError; none is cut.  KEY_MIN and KEY_MAX are those of key_t.
* What the caller may not do is a PermissionsError, semaphores included, and using a queue that is
  gone an ExistentialError, send() included.
* A constructor that fails leaves nothing that it made.  No attribute can be deleted.
"""

from __future__ import annotations

import errno
import operator
import os
import sys
import warnings
from collections import abc as _abc
from typing import Any, NoReturn, SupportsIndex, TypeVar, overload

import ipc
from ipc import _ipc

__all__ = [
    "Error", "InternalError", "PermissionsError", "ExistentialError", "BusyError",
    "NotAttachedError", "MessageQueue", "Semaphore", "SharedMemory", "attach", "ftok",
    "remove_message_queue", "remove_semaphore", "remove_shared_memory", "IPC_CREAT", "IPC_EXCL",
    "IPC_CREX", "IPC_PRIVATE", "KEY_MIN", "KEY_MAX", "PAGE_SIZE", "SEMAPHORE_VALUE_MAX",
    "SEMAPHORE_TIMEOUT_SUPPORTED", "SHM_RDONLY", "SHM_RND", "SHM_HUGETLB", "SHM_NORESERVE",
    "SHM_REMAP", "VERSION",
]

VERSION = __version__ = "1.2.0"
__author__ = "the python-ipc authors"
__copyright__ = "Copyright (c) 2026 the python-ipc authors"
__license__ = "MIT"

IPC_CREAT = ipc.IPC_CREAT
IPC_EXCL = ipc.IPC_EXCL
IPC_CREX = IPC_CREAT | IPC_EXCL
IPC_PRIVATE = ipc.IPC_PRIVATE
KEY_MIN = -(2**31)
KEY_MAX = 2**31 - 1
PAGE_SIZE = os.sysconf("SC_PAGESIZE")
SEMAPHORE_VALUE_MAX = ipc.SEMVMX
SEMAPHORE_TIMEOUT_SUPPORTED = True
SHM_RDONLY = ipc.SHM_RDONLY
SHM_RND = ipc.SHM_RND
SHM_HUGETLB = ipc.SHM_HUGETLB
SHM_NORESERVE = ipc.SHM_NORESERVE
SHM_REMAP = ipc.SHM_REMAP

_Bytes = bytes | bytearray | memoryview
_Made = TypeVar("_Made", bound="_Object")
_Self = TypeVar("_Self")

_SHRT_MAX = 2**15 - 1
_OWNER_WRITES = 0o200

# ---- errors ------------------------------------------------------------------------------


class Error(Exception):
    """The base of this module's own exceptions."""


class InternalError(Error):
    """A defect of the module: never raised."""


class PermissionsError(Error):
    """The object's permissions do not allow it, or the caller is not its owner."""


class ExistentialError(Error):
    """The object does not exist, or does already."""


class BusyError(Error):
    """The call would have to wait, or has waited as long as it may."""


class NotAttachedError(Error):
    """The segment is not attached."""


# What an errno means; EINVAL is either an object that is gone or a wrong argument.
_MEANING: dict[int | None, type[Exception]] = {
    errno.EACCES: PermissionsError,
    errno.EPERM: PermissionsError,
    errno.EEXIST: ExistentialError,
    errno.ENOENT: ExistentialError,
    errno.EIDRM: ExistentialError,
    errno.EAGAIN: BusyError,
    errno.ENOMSG: BusyError,
    errno.ERANGE: ValueError,
    errno.ENOMEM: MemoryError,
}


def _fail(what: str, error: OSError, invalid: type[Exception]) -> NoReturn:
    """Raises what an OSError means, or that error itself."""
    meaning = invalid if error.errno == errno.EINVAL else _MEANING.get(error.errno)
    if meaning is None:
        raise error
    raise meaning(f"{what}: {error.strerror}") from error


# ---- what the three have in common ----------------------------------------------------------


class _Member:
    """An attribute that is a member of what IPC_STAT fills; of its ipc_perm, if so named."""

    def __init__(self, member: str, doc: str, settable: bool = False) -> None:
        self.member, self.__doc__, self.settable = member, doc, settable

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def holder(self, instance: _Object, status: Any) -> Any:
        """The structure that has the member."""
        return status if "_" in self.member else getattr(status, instance._perm)

    @overload
    def __get__(self: _Self, instance: None, owner: type) -> _Self: ...

    @overload
    def __get__(self, instance: _Object, owner: type) -> int: ...

    def __get__(self, instance: _Object | None, owner: type) -> Any:
        if instance is None:
            return self
        return getattr(self.holder(instance, instance._stat()), self.member)

    def __set__(self, instance: _Object, value: int) -> None:
        if not self.settable:
            raise AttributeError(f"{type(instance).__name__}.{self.name} is read-only")
        status = instance._stat()
        setattr(self.holder(instance, status), self.member, value)
        instance._control(ipc.IPC_SET, status, ValueError)


def _to_key(key: SupportsIndex) -> int:
    number = operator.index(key)
    if not KEY_MIN <= number <= 2 * KEY_MAX + 1:
        raise ValueError(f"key: {number} does not fit 32 bits")
    return number if number <= KEY_MAX else number - 2 * KEY_MAX - 2


def _random_keys() -> _abc.Iterator[int]:
    """Each of 1 to SHRT_MAX, from any of them on."""
    first = 1 + int.from_bytes(os.urandom(4), "little") % _SHRT_MAX
    yield from range(first, _SHRT_MAX + 1)
    yield from range(1, first)


class _Object:
    """A key, an identifier, an owner and permissions."""

    __slots__ = ("_key", "_id")
    _key: int
    _id: int

    _ctl: _abc.Callable[[int, Any], int]  # msgctl and its kin on the identifier
    _structure: type[Any]  # what IPC_STAT fills
    _perm: str  # its member that is the ipc_perm

    def _control(
        self, cmd: int, arg: Any = None, invalid: type[Exception] = ExistentialError
    ) -> int:
        try:
            return self._ctl(cmd, arg)
        except OSError as error:
            self._fail(error, invalid)

    def _stat(self) -> Any:
        status = self._structure()
        self._control(ipc.IPC_STAT, status)
        return status

    def _fail(self, error: OSError, invalid: type[Exception] = ExistentialError) -> NoReturn:
        _fail(f"{type(self).__name__} with id {self._id}", error, invalid)

    def _open(
        self, key: SupportsIndex | None, flags: int, mode: int, get: _abc.Callable[[int, int], int]
    ) -> None:
        """Finds the identifier by get(key, flg), where key is None by one that nobody has."""
        if flags & IPC_CREX == IPC_EXCL:
            raise ValueError("flags: IPC_EXCL is for use with IPC_CREAT")
        if key is None and not flags & IPC_EXCL:
            raise ValueError("key: None is for a new object, with the flags IPC_CREX")
        keys: _abc.Iterable[int] = _random_keys() if key is None else [_to_key(key)]
        for self._key in keys:
            try:
                self._id = get(self._key, flags & ~0o777 | mode & 0o777)
                return
            except OSError as error:
                failure = error
                if error.errno != errno.EEXIST:
                    break
        _fail(f"{type(self).__name__} with key {self._key}", failure, ValueError)

    def __repr__(self) -> str:
        return f"sysv_ipc.{type(self).__name__}({self._key})"

    def __str__(self) -> str:
        return f"Key={self._key}, id={self._id}"

    @property
    def key(self) -> int:
        """The key that the object was made or found by."""
        return self._key

    @property
    def id(self) -> int:
        """The kernel's identifier."""
        return self._id

    mode = _Member("mode", "The permission bits.", settable=True)
    uid = _Member("uid", "The owner's user.", settable=True)
    gid = _Member("gid", "The owner's group.", settable=True)
    cuid = _Member("cuid", "The creator's user.")
    cgid = _Member("cgid", "The creator's group.")

    def remove(self) -> None:
        """Remove the object; a segment is there until nobody has it attached."""
        self._control(ipc.IPC_RMID)


# ---- message queues -------------------------------------------------------------------------


class MessageQueue(_Object):
    """A message queue: the one of a key, made if the flags say so.

    key: IPC_PRIVATE, 32 bits, or None for one that nobody has (with IPC_CREX).
    flags: IPC_CREAT, IPC_CREX.  max_message_size: bytes of the longest message.
    """

    __slots__ = ("_max_message_size",)
    _structure: type[Any] = ipc.msqid_ds
    _perm = "msg_perm"

    def _ctl(self, cmd: int, arg: Any) -> int:
        return ipc.msgctl(self._id, cmd, arg)

    def __init__(
        self,
        key: SupportsIndex | None,
        flags: int = 0,
        mode: int = 0o600,
        max_message_size: int = 2048,
    ) -> None:
        if not 0 <= max_message_size <= sys.maxsize:
            raise ValueError(f"max_message_size is not between 0 and {sys.maxsize}")
        self._max_message_size = max_message_size
        self._open(key, flags, mode, ipc.msgget)

    def send(self, message: _Bytes | str, block: bool = True, type: int = 1) -> None:
        """Send a message of a type above 0; BusyError where it would wait and block is False."""
        if type <= 0:
            raise ValueError("type: a message's is above 0")
        msgp = ipc.mkmsgbuf(type, message)
        if msgp.capacity > self._max_message_size:
            raise ValueError(f"{msgp.capacity} bytes, above {self._max_message_size}")
        try:
            ipc.msgsnd(self._id, msgp, None, 0 if block else ipc.IPC_NOWAIT)
        except OSError as error:
            if error.errno == errno.EINVAL and msgp.capacity > _msgmax():
                raise
            self._fail(error)

    def receive(self, block: bool = True, type: int = 0) -> tuple[bytes, int]:
        """Receive a message; return its text and its type.

        type: 0 for the first message, above 0 for the first of that type, below 0 for the
        lowest type up to -type.  BusyError where there is none and block is False.
        OSError, E2BIG, where it is longer than max_message_size; it stays in the queue.
        """
        msgp = ipc.msgbuf(capacity=self._max_message_size)
        try:
            ipc.msgrcv(self._id, msgp, None, type, 0 if block else ipc.IPC_NOWAIT)
        except OSError as error:
            self._fail(error)
        return msgp.mtext, msgp.mtype

    max_size = _Member("msg_qbytes", "The bytes that there is room for.", settable=True)
    current_messages = _Member("msg_qnum", "How many messages there are.")
    last_send_time = _Member("msg_stime", "When one was sent.")
    last_receive_time = _Member("msg_rtime", "When one was received.")
    last_change_time = _Member("msg_ctime", "When the queue was made or changed.")
    last_send_pid = _Member("msg_lspid", "The process that sent last.")
    last_receive_pid = _Member("msg_lrpid", "The process that received last.")


def _msgmax() -> int:
    limits = ipc.msginfo()
    ipc.msgctl(0, ipc.IPC_INFO, limits)
    return limits.msgmax


# ---- semaphores -----------------------------------------------------------------------------


class Semaphore(_Object):
    """A semaphore, the first of its set: the one of a key, made if the flags say so.

    key, flags: as for MessageQueue.  initial_value: of one that is made, and that its owner
    may write.  As a context manager it is acquired, and released at the end.
    """

    __slots__ = ("_flg",)
    _structure: type[Any] = ipc.semid_ds
    _perm = "sem_perm"

    def _ctl(self, cmd: int, arg: Any) -> int:
        return int(ipc.semctl(self._id, 0, cmd, arg))

    def __init__(
        self,
        key: SupportsIndex | None,
        flags: int = 0,
        mode: int = 0o600,
        initial_value: int = 0,
    ) -> None:
        self._flg = 0
        if not flags & IPC_CREAT or not mode & _OWNER_WRITES:
            initial_value = 0  # which a new one has by itself
        if not 0 <= initial_value <= SEMAPHORE_VALUE_MAX:
            raise ValueError(f"initial_value is not between 0 and {SEMAPHORE_VALUE_MAX} (SEMVMX)")
        if not initial_value:
            self._get(key, flags, mode)
            return
        try:
            self._get(key, flags | IPC_EXCL, mode)
        except ExistentialError:
            if flags & IPC_EXCL:
                raise
            self._get(key, flags, mode)
        else:
            self._control(ipc.SETVAL, initial_value)

    def _get(self, key: SupportsIndex | None, flags: int, mode: int) -> None:
        self._open(key, flags, mode, lambda key, flg: ipc.semget(key, 1, flg))

    def _operate(self, sem_op: int, timeout: float | None = None) -> None:
        if timeout is not None and not timeout >= 0:
            raise TypeError("timeout: None or seconds are needed, not below 0")
        try:
            if timeout is None:
                ipc.semop(self._id, [(0, sem_op, self._flg)])
            else:
                ipc.semtimedop(self._id, [(0, sem_op, self._flg)], 1, timeout)
        except OSError as error:
            self._fail(error)

    def acquire(self, timeout: float | None = None, delta: int = 1) -> None:
        """Wait until the value is at least abs(delta), and take that from it.

        timeout: seconds; None waits for ever, 0 not at all.  BusyError when it is over.
        """
        if delta == 0:
            raise ValueError("delta is 0: see Z()")
        self._operate(-abs(delta), timeout)

    def release(self, delta: int = 1) -> None:
        """Add abs(delta) to the value; ValueError where it would be above SEMVMX."""
        if delta == 0:
            raise ValueError("delta is 0: see Z()")
        self._operate(abs(delta))

    P = acquire
    V = release

    def Z(self, timeout: float | None = None) -> None:
        """Wait until the value is 0; timeout as for acquire()."""
        self._operate(0, timeout)

    def __enter__(self) -> Semaphore:
        self.acquire()
        return self

    def __exit__(self, *args: object) -> None:
        self.release()

    def _flag(self, flag: int, on: object) -> None:
        self._flg = self._flg | flag if on else self._flg & ~flag

    @property
    def block(self) -> bool:
        """Do calls wait?  Where it is False, BusyError is raised instead, whatever the timeout."""
        return not self._flg & ipc.IPC_NOWAIT

    @block.setter
    def block(self, value: object) -> None:
        self._flag(ipc.IPC_NOWAIT, not value)

    @property
    def undo(self) -> bool:
        """Is what this process does to the value undone when it ends?"""
        return bool(self._flg & ipc.SEM_UNDO)

    @undo.setter
    def undo(self, value: object) -> None:
        self._flag(ipc.SEM_UNDO, value)

    @property
    def value(self) -> int:
        """The value, 0 to SEMVMX."""
        return self._control(ipc.GETVAL)

    @value.setter
    def value(self, value: int) -> None:
        if not 0 <= value <= SEMAPHORE_VALUE_MAX:
            raise ValueError(f"value is not between 0 and {SEMAPHORE_VALUE_MAX} (SEMVMX)")
        self._control(ipc.SETVAL, value)

    @property
    def last_pid(self) -> int:
        """The process that used the semaphore, or set its value, last."""
        return self._control(ipc.GETPID)

    @property
    def waiting_for_nonzero(self) -> int:
        """How many wait in acquire()."""
        return self._control(ipc.GETNCNT)

    @property
    def waiting_for_zero(self) -> int:
        """How many wait in Z()."""
        return self._control(ipc.GETZCNT)

    o_time = _Member("sem_otime", "When it was acquired, released or waited for; 0: never yet.")


# ---- shared memory ----------------------------------------------------------------------------


class SharedMemory(_Object, _ipc._Exporter):
    """A segment: the one of a key, made if the flags say so; and attached.

    key, flags: as for MessageQueue; SHM_HUGETLB, SHM_NORESERVE.  mode: where its owner may not
    write, it is attached with SHM_RDONLY.  size: bytes; 0 is PAGE_SIZE with IPC_CREX, and
    otherwise whatever there is.  init_character: what is in each byte of one that is made with
    IPC_CREX.  It has the buffer protocol: memoryview(segment) is the memory itself.
    """

    __slots__ = ("_attachments",)
    _structure: type[Any] = ipc.shmid_ds
    _perm = "shm_perm"

    _attachments: list[ipc.shm_address]

    def _ctl(self, cmd: int, arg: Any) -> int:
        return ipc.shmctl(self._id, cmd, arg)

    def __init__(
        self,
        key: SupportsIndex | None,
        flags: int = 0,
        mode: int = 0o600,
        size: int = 0,
        init_character: bytes = b" ",
    ) -> None:
        if not isinstance(init_character, bytes) or len(init_character) != 1:
            raise TypeError("init_character: one byte is needed")
        if size < 0:
            raise ValueError("size is below 0")
        made = flags & IPC_CREX == IPC_CREX
        size = size or (PAGE_SIZE if made else 0)
        self._attachments = []
        self._open(key, flags, mode, lambda key, flg: ipc.shmget(key, size, flg))
        try:
            self.attach(None, 0 if mode & _OWNER_WRITES else SHM_RDONLY)
        except Exception:
            if made:
                self.remove()
            raise
        if made and mode & _OWNER_WRITES:
            self._fill(init_character)

    def _fill(self, byte: bytes) -> None:
        chunk = byte * min(len(self._memory), 1 << 20)
        with memoryview(self._memory) as view:
            for offset in range(0, len(view), len(chunk)):
                end = min(offset + len(chunk), len(view))
                view[offset:end] = chunk[:end - offset]

    # That a type has the buffer protocol, annotations cannot say before 3.12: so it is Any.
    @property
    def _memory(self) -> Any:
        """The last attachment."""
        try:
            return self._attachments[-1]
        except IndexError:
            raise NotAttachedError(f"SharedMemory with id {self._id}") from None

    def attach(self, address: SupportsIndex | None = None, flags: int = 0) -> None:
        """Attach the segment, once more if it is.

        address: None for wherever there is room.  flags: SHM_RDONLY, SHM_RND, SHM_REMAP (see
        ipc.shmat).  ValueError: the segment is gone, or the address is none to attach at.
        """
        try:
            self._attachments.append(ipc.shmat(self._id, address, flags))
        except OSError as error:
            self._fail(error, ValueError)

    def detach(self) -> None:
        """Undo the last attach(); NotAttachedError, or BufferError where views are alive."""
        memory = self._memory
        ipc.shmdt(memory)
        self._attachments.remove(memory)

    def read(self, byte_count: int = 0, offset: int = 0) -> bytes:
        """Return so many bytes from the offset on, or what there is of them; 0: all of it."""
        memory = self._memory
        size = len(memory)
        if byte_count < 0 or not 0 <= offset < size:
            raise ValueError(f"{byte_count} bytes at {offset}, the segment has {size}")
        end = min(offset + (byte_count or size), size)
        if not offset:
            return ipc.shmcpy_from(memory, end)
        with memoryview(memory) as view:
            return bytes(view[offset:end])

    def write(self, s: _Bytes | str, offset: int = 0) -> None:
        """Write bytes at the offset; ValueError, and nothing written, past the segment's end."""
        memory = self._memory
        if memory.readonly:
            raise PermissionError(errno.EACCES, "the segment is attached with SHM_RDONLY")
        if not offset:
            ipc.shmcpy_to(memory, s)
            return
        data = memoryview(s.encode() if isinstance(s, str) else s).cast("B")
        end = offset + len(data)
        with memoryview(memory) as view:
            if offset < 0 or end > len(view):
                raise ValueError(f"{len(data)} bytes at {offset}, the segment has {len(view)}")
            view[offset:end] = data

    @property
    def attached(self) -> bool:
        """Is the segment attached by this object?"""
        return bool(self._attachments)

    @property
    def address(self) -> int:
        """Where it is attached; 0 where it is not."""
        return int(self._attachments[-1]) if self._attachments else 0

    size = _Member("shm_segsz", "The bytes that it has.")
    last_attach_time = _Member("shm_atime", "When it was attached.")
    last_detach_time = _Member("shm_dtime", "When it was detached.")
    last_change_time = _Member("shm_ctime", "When it was made or changed.")
    creator_pid = _Member("shm_cpid", "The process that made it.")
    last_pid = _Member("shm_lpid", "The process that attached or detached it last.")
    number_attached = _Member("shm_nattch", "How many attachments there are, in all processes.")


# ---- functions ----------------------------------------------------------------------------------


def _with_id(cls: type[_Made], id: int) -> _Made:
    found = cls.__new__(cls)
    found._id = id
    return found


def attach(id: int, address: SupportsIndex | None = None, flags: int = 0) -> SharedMemory:
    """Attach the segment that has the identifier; address and flags as for its attach()."""
    found = _with_id(SharedMemory, id)
    found._attachments = []
    found.attach(address, flags)
    found._key = found._stat().shm_perm.key
    return found


def ftok(path: str | os.PathLike[str], id: int, silence_warning: bool = False) -> int:
    """Return a key for a file and the low 8 bits of id.

    Warns each time, unless told not to, that another file may have the same key (see ftok(3)).
    """
    if not silence_warning:
        warnings.warn("ftok() does not promise a key that nobody else has", Warning, stacklevel=2)
    key = ipc.ftok(path, id | 1)
    return key if id & 1 else key - (1 << 24)  # POSIX leaves 0 open, Linux does not


def remove_message_queue(id: int) -> None:
    """Remove the queue that has the identifier."""
    _with_id(MessageQueue, id).remove()


def remove_semaphore(id: int) -> None:
    """Remove the semaphore, and all of its set, that has the identifier."""
    _with_id(Semaphore, id).remove()


def remove_shared_memory(id: int) -> None:
    """Remove the segment that has the identifier, once nobody has it attached."""
    _with_id(SharedMemory, id).remove()
