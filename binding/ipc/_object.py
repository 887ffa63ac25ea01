# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Object, the base class of queues, sets and segments: creation, opening, removal."""

import errno
from _operator import index
from posix import getpid

from ipc import _ipc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    import typing as _t

    _State = _t.TypeVar("_State", _ipc.msqid_ds, _ipc.semid_ds, _ipc.shmid_ds)
else:
    import _collections_abc as _abc  # which every interpreter has loaded

    # typing.get_type_hints() needs the names in annotations at run time.

    class _t:
        """The module typing, imported on first use because importing it takes longer than ipc."""

        def __getattr__(self, name):
            import typing

            return getattr(typing, name)

    _t = _t()

# The errors of a call on an object that was removed, see msgop(2).
GONE = (errno.EIDRM, errno.EINVAL)


def whole(name: str, value: "_t.SupportsIndex") -> int:
    """Return the value of an argument as an int, as the functions in C take it.

    Raises:
        TypeError: The value has no __index__().
    """
    if not hasattr(value, "__index__"):
        raise TypeError(f"{name}: an integer is needed, not {type(value)!r}")
    return index(value)


def signed(key: int) -> int:
    """Return a key as a signed 32-bit number, as key_t is."""
    return (key + 2**31) % 2**32 - 2**31


def raised_by_call(error: BaseException, frames: int = 0) -> bool:
    """Return whether the exception comes from a C function that this function called.

    If a signal handler raised the exception during the call, the traceback also has the handler's
    frame; such an exception belongs to the program and is not an error of the system call.

    Args:
        error: The exception.
        frames: The number of Python frames between the caller and the C function.
    """
    traceback = error.__traceback__
    while traceback is not None and frames >= 0:
        traceback = traceback.tb_next
        frames -= 1
    return traceback is None and frames < 0


def check_mode(mode: int) -> int:
    """Return mode as an int if it has only permission bits; otherwise raise ValueError."""
    mode = whole("mode", mode)
    if not 0 <= mode <= 0o777:
        raise ValueError(f"mode: {mode:#o} is not from 0 to 0o777")
    return mode


def reopen(cls: "type[Object]", ident: int, *state: object) -> "Object":
    """Unpickle an object: open it by its identifier, with remove_on_exit false."""
    self = cls.from_id(ident)
    self._reopened(*state)
    return self


class Object(_ipc._Object):
    """An object of System V IPC.

    As a context manager, the object is removed at the end if remove_on_exit is true; only the
    process that set remove_on_exit removes it, not one that it forked.  Unpickling opens the
    object by its identifier, in the same IPC namespace, with remove_on_exit false.

    Attributes:
        id: The kernel's identifier, as the C functions take it.
        key: The key, a signed 32-bit number; 0 for IPC_PRIVATE.
        created: Whether this Python object created the kernel's object.
    """

    __slots__ = ("key", "created", "_remover", "__weakref__")

    id: int  # _ipc._Object has it, for the methods in C
    key: int
    created: bool
    _remover: int  # the id of the process that removes it, or 0

    @property
    def remove_on_exit(self) -> bool:
        """Whether the object is removed at the end of a with block."""
        return self._remover != 0

    @remove_on_exit.setter
    def remove_on_exit(self, value: bool) -> None:
        self._remover = getpid() if value else 0

    def __reduce__(self) -> "tuple[_t.Any, ...]":
        return reopen, (type(self), self.id)

    def _reopened(self, *state: "_t.Any") -> None:
        """Restore the pickled state in the result of from_id()."""

    def _make(
        self, get: "_abc.Callable[[int], int]", key: int, create: bool, exclusive: bool, mode: int
    ) -> None:
        """Create or open the object by get(flags).

        Tries again if another process creates or removes the object in the meantime.
        """
        self.key = signed(whole("key", key))
        if key == _ipc.IPC_PRIVATE:
            create = exclusive = True
        while True:
            if create or exclusive:
                try:
                    self.id, self.created = get(_ipc.IPC_CREAT | _ipc.IPC_EXCL | mode), True
                    return
                except FileExistsError as error:
                    if exclusive or not raised_by_call(error, 1):
                        raise
            try:
                self.id, self.created = get(0), False
                return
            except FileNotFoundError as error:
                if not create or not raised_by_call(error, 1):
                    raise

    @classmethod
    def from_id(cls, ident: int) -> "_t.Self":
        """Open an existing object by its identifier; the caller needs read permission.

        Args:
            ident: The kernel's identifier.

        Raises:
            OSError: EACCES, EINVAL.
        """
        self = cls.__new__(cls)
        self.id, self.created, self.remove_on_exit = ident, False, False
        self.key = self._found()
        return self

    def _found(self) -> int:
        """Set the attributes that __init__ sets; return the key."""
        raise NotImplementedError

    def remove(self) -> None:
        """Remove the object for all processes.

        Raises:
            OSError: EIDRM, EINVAL, EPERM.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<ipc.{type(self).__name__} {self.id}, key {self.key & 0xFFFFFFFF:#x}>"

    def __enter__(self) -> "_t.Self":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._remover == getpid():
            self._remove_if_there()

    def _remove_if_there(self) -> None:
        try:
            self.remove()
        except OSError as error:
            if error.errno not in GONE or not raised_by_call(error, 1):
                raise

    def _is_there(self) -> bool:
        """Return whether the object still exists, even if the caller may not read it."""
        try:
            self.stat()
        except PermissionError:
            return True
        except OSError as error:
            if error.errno not in GONE:
                raise
            return False
        return True

    def stat(self) -> object:
        """Return the object's state (IPC_STAT)."""
        raise NotImplementedError

    def _removed_meanwhile(self) -> OSError:
        key = self.key & 0xFFFFFFFF
        return FileNotFoundError(errno.ENOENT, f"key {key:#x}: the object was removed meanwhile")


def change_permissions(
    perm: _ipc.ipc_perm, mode: int | None, uid: int | None, gid: int | None
) -> None:
    """Set members of perm for IPC_SET; None keeps the present value."""
    if mode is not None:
        perm.mode = check_mode(mode)
    if uid is not None:
        perm.uid = uid
    if gid is not None:
        perm.gid = gid


def enumerate_objects(
    facility: str,
    ctl: "_abc.Callable[..., int]",
    use: object,
    make: "_abc.Callable[[], _State]",
    semnum: tuple[int, ...] = (),
) -> "dict[int, _State]":
    """Return a dict from id to state.

    Args:
        facility: The prefix of the names of ctl's commands: MSG, SEM or SHM.
        ctl: msgctl, semctl or shmctl.
        use: A structure for MSG_INFO, SEM_INFO or SHM_INFO.
        make: Returns a new structure for a state.
        semnum: The second argument of semctl, which the other functions do not have.
    """
    # A build with headers older than Linux 4.17 has no MSG_STAT_ANY.
    readable = getattr(_ipc, f"{facility}_STAT")
    command = getattr(_ipc, f"{facility}_STAT_ANY", readable)
    highest = ctl(0, *semnum, getattr(_ipc, f"{facility}_INFO"), use)
    found = {}
    for slot in range(highest + 1):
        state = make()
        try:
            found[ctl(slot, *semnum, command, state)] = state
        except OSError as error:
            if error.errno not in GONE or not raised_by_call(error):  # an empty slot
                raise
    return found


if not TYPE_CHECKING:
    # The type variable exists only for type checkers, because creating it would import typing.
    enumerate_objects.__annotations__.clear()
