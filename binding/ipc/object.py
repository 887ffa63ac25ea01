# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""What queues, sets and segments have in common: how they are made, found and removed."""

import errno
from posix import getpid

from ipc import _ipc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    import typing as _t

    _State = _t.TypeVar("_State", _ipc.msqid_ds, _ipc.semid_ds, _ipc.shmid_ds)
else:
    import _collections_abc as _abc  # which every interpreter has loaded

    # For typing.get_type_hints(): what annotations name must be there at run time too.

    class _t:
        """The module typing, imported when a name of it is used: it takes longer than ipc."""

        def __getattr__(self, name):
            import typing

            return getattr(typing, name)

    _t = _t()

# What a call says on an object that is not there any more, see msgop(2).
GONE = (errno.EIDRM, errno.EINVAL)


def signed(key: int) -> int:
    """A key as key_t is: 32 bits with a sign."""
    return (key + 2**31) % 2**32 - 2**31


def raised_by_call(error: BaseException, frames: int = 0) -> bool:
    """Whether a call of C raised it, made in this function or so many below it.

    What a signal's handler raised during the call has the handler's frame too: it is the
    program's own, and no answer of the kernel's.
    """
    traceback = error.__traceback__
    while traceback is not None and frames >= 0:
        traceback = traceback.tb_next
        frames -= 1
    return traceback is None and frames < 0


def check_mode(mode: int) -> int:
    """The permission bits of an object."""
    if not 0 <= mode <= 0o777:
        raise ValueError(f"mode: {mode:#o} is not from 0 to 0o777")
    return mode


def reopen(cls: "type[Object]", ident: int, *state: object) -> "Object":
    """What pickle makes of an object: the same one of the kernel, which it does not remove."""
    self = cls.from_id(ident)
    self._reopened(*state)
    return self


class Object:
    """An object of System V IPC.

    id: the kernel's identifier, as the C functions take it.  key: the key of its get call, a
    signed 32-bit number, 0 for IPC_PRIVATE.  created: whether this made it.

    As a context manager it is removed at the end if remove_on_exit is true: by the process that
    set that, and not by one that was forked meanwhile.  A pickled object is opened by its
    identifier, in the same IPC namespace; it has remove_on_exit false.
    """

    __slots__ = ("id", "key", "created", "_remover", "__weakref__")

    id: int
    key: int
    created: bool
    _remover: int  # the process that removes it, or 0

    @property
    def remove_on_exit(self) -> bool:
        """Is it removed at the end, as a context manager?"""
        return self._remover != 0

    @remove_on_exit.setter
    def remove_on_exit(self, value: bool) -> None:
        self._remover = getpid() if value else 0

    def __reduce__(self) -> "tuple[_t.Any, ...]":
        return reopen, (type(self), self.id)

    def _reopened(self, *state: "_t.Any") -> None:
        """Makes from_id()'s result as the pickled one was."""

    def _make(
        self, get: "_abc.Callable[[int], int]", key: int, create: bool, exclusive: bool, mode: int
    ) -> None:
        """Makes or opens; get takes the flags.  Where others make and remove it, it tries again."""
        self.key = signed(key)
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
        """The object of an identifier, which must be there and be readable.

        OSError: EACCES, EINVAL.
        """
        self = cls.__new__(cls)
        self.id, self.created, self.remove_on_exit = ident, False, False
        self.key = self._found()
        return self

    def _found(self) -> int:
        """Sets what __init__ would; returns the key."""
        raise NotImplementedError

    def remove(self) -> None:
        """Remove the object: for everybody, at once.  OSError: EIDRM, EINVAL, EPERM."""
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
        """Whether the kernel still has it, whatever its permissions are."""
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
        """Its state, by IPC_STAT."""
        raise NotImplementedError

    def _removed_meanwhile(self) -> OSError:
        key = self.key & 0xFFFFFFFF
        return FileNotFoundError(errno.ENOENT, f"key {key:#x}: the object was removed meanwhile")


def change_permissions(
    perm: _ipc.ipc_perm, mode: int | None, uid: int | None, gid: int | None
) -> None:
    """Set members for IPC_SET; None keeps the present value."""
    if mode is not None:
        perm.mode = check_mode(mode)
    if uid is not None:
        perm.uid = uid
    if gid is not None:
        perm.gid = gid


def enumerate_objects(
    highest: int, make: "_abc.Callable[[], _State]", stat: "_abc.Callable[[int, _State], int]"
) -> "dict[int, _State]":
    """Return each slot's object by id; stat reads one slot and returns the id."""
    found = {}
    for slot in range(highest + 1):
        state = make()
        try:
            found[stat(slot, state)] = state
        except OSError as error:
            if error.errno not in GONE or not raised_by_call(error, 1):  # an empty slot
                raise
    return found


if not TYPE_CHECKING:
    # Its type variable is for type checkers alone: to make one takes the module typing.
    enumerate_objects.__annotations__.clear()
