"""What queues, sets and segments have in common: how they are made, found and removed."""

import errno

from ipc import _ipc

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t
    from collections import abc as _abc

    _State = _t.TypeVar("_State", _ipc.msqid_ds, _ipc.semid_ds, _ipc.shmid_ds)
    _Self = _t.TypeVar("_Self", bound="Object")

# What a call says on an object that is not there any more, see msgop(2).
GONE = (errno.EIDRM, errno.EINVAL)


def signed(key: int) -> int:
    """A key as key_t is: 32 bits with a sign."""
    return (key + 2**31) % 2**32 - 2**31


class Object:
    """An object of System V IPC.

    id: the kernel's identifier, as the C functions take it.  key: what it was made with, a
    signed 32-bit number, 0 for IPC_PRIVATE.  created: whether this made it.

    As a context manager it is removed at the end if remove_on_exit is true.
    """

    __slots__ = ("id", "key", "created", "remove_on_exit", "__weakref__")

    id: int
    key: int
    created: bool
    remove_on_exit: bool

    def _make(
        self, get: "_abc.Callable[[int], int]", key: int, create: bool, exclusive: bool, mode: int
    ) -> None:
        """Makes or opens; get takes the flags.  Whoever loses a race for a key looks again."""
        self.key = signed(key)
        if key == _ipc.IPC_PRIVATE:
            create = exclusive = True
        while True:
            if create or exclusive:
                try:
                    self.id, self.created = get(_ipc.IPC_CREAT | _ipc.IPC_EXCL | mode), True
                    return
                except FileExistsError:
                    if exclusive:
                        raise
            try:
                self.id, self.created = get(0), False
                return
            except FileNotFoundError:
                if not create:
                    raise

    @classmethod
    def from_id(cls: "type[_Self]", ident: int) -> "_Self":
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

    def __enter__(self: "_Self") -> "_Self":
        return self

    def __exit__(self, *exception: object) -> None:
        if self.remove_on_exit:
            self._remove_if_there()

    def _remove_if_there(self) -> None:
        try:
            self.remove()
        except OSError as error:
            if error.errno not in GONE:
                raise


def change_permissions(
    perm: _ipc.ipc_perm, mode: int | None, uid: int | None, gid: int | None
) -> None:
    """For IPC_SET; None leaves what is there."""
    if mode is not None:
        perm.mode = mode
    if uid is not None:
        perm.uid = uid
    if gid is not None:
        perm.gid = gid


def enumerate_objects(
    highest: int, make: "_abc.Callable[[], _State]", stat: "_abc.Callable[[int, _State], int]"
) -> "dict[int, _State]":
    """By id: what is in each slot, of which stat reads one and returns the id."""
    found = {}
    for slot in range(highest + 1):
        state = make()
        try:
            found[stat(slot, state)] = state
        except OSError as error:
            if error.errno not in GONE:  # which an empty slot is
                raise
    return found
