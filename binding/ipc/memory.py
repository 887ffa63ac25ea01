# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SharedMemory: a segment, and where it is attached, as an object."""

from ipc import _ipc
from ipc.object import (
    GONE,
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
)

__all__ = ["SharedMemory", "segments"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t
else:
    from ipc.object import _t


class SharedMemory(Object):
    """A segment of shared memory, attached.

    key: IPC_PRIVATE for a new one, or 32 bits, as ftok() makes them.  size: bytes of a new
    segment, and at least so many in one that is there; 0: any.  create: make it if it is not
    there; exclusive: it must not be there.  mode: the permission bits of a new one.  readonly:
    attach it so.  shmflg: more flags for shmget(2), SHM_HUGETLB and its kin.  remove_on_exit: as
    a context manager, remove it at the end; it is detached in any case.

    address: the attachment, a shm_address, None while there is none.

    OSError: EACCES, EEXIST, EINVAL (fewer bytes in the segment; shmmin, shmmax), ENOENT, ENOMEM,
    ENOSPC (shmmni, shmall), EPERM.  See shmget(2), shmop(2).
    """

    __slots__ = ("address", "readonly")

    address: _ipc.shm_address | None

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        size: int = 0,
        *,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        readonly: bool = False,
        shmflg: int = 0,
        remove_on_exit: bool = False,
    ) -> None:
        check_mode(mode)
        self.remove_on_exit = remove_on_exit
        self.readonly = readonly
        self.address = None
        while not self.address:
            self._make(
                lambda flags: _ipc.shmget(key, size, flags | shmflg), key, create, exclusive, mode
            )
            try:
                self.attach()
            except OSError as error:
                # Others may remove it before it is attached.
                if error.errno not in GONE or self._is_there():
                    if self.created:
                        self._remove_if_there()
                    raise
                if not create:
                    raise self._removed_meanwhile() from None
            except BaseException:
                if self.created:
                    self._remove_if_there()
                raise

    def __reduce__(self) -> "tuple[_t.Any, ...]":
        make, (cls, ident) = super().__reduce__()
        return make, (cls, ident, bool(self.address), self.readonly)

    def _reopened(self, *state: "_t.Any") -> None:
        attached, readonly = state
        if attached:
            self.attach(readonly=readonly)

    def _found(self) -> int:
        state = self.stat()
        self.readonly = False
        self.address = None
        return state.shm_perm.key

    # ---- the memory

    def attach(self, *, readonly: bool | None = None) -> None:
        """Attach the segment if it is not attached yet, as after from_id() or detach().

        readonly: None keeps the previous setting.
        OSError: EACCES, EIDRM, EINVAL, ENOMEM.  See shmop(2).
        """
        if not self.address:
            self.readonly = self.readonly if readonly is None else readonly
            flags = _ipc.SHM_RDONLY if self.readonly else 0
            self.address = _ipc.shmat(self.id, None, flags)

    def detach(self) -> None:
        """Detach it, if it is attached.  BufferError: views of it are alive."""
        address = self.address
        if address:
            _ipc.shmdt(address)
        self.address = None

    @property
    def buf(self) -> memoryview:
        """The memory itself: bytes, no copy, a new view each time.

        While it lives, or an array that was made of it, the segment stays attached.
        ValueError: it is not attached.
        """
        address = self.address
        if not address:
            raise ValueError(f"segment {self.id} is not attached")
        return memoryview(address)

    @property
    def size(self) -> int:
        """Bytes, as asked for when it was made."""
        address = self.address
        return len(address) if address else self.stat().shm_segsz

    def __exit__(self, *exception: object) -> None:
        try:
            super().__exit__(*exception)
        finally:
            self.detach()

    # ---- the segment itself

    def stat(self) -> _ipc.shmid_ds:
        """Its state, by IPC_STAT.  OSError: EACCES, EIDRM, EINVAL.  See shmctl(2)."""
        state = _ipc.shmid_ds()
        _ipc.shmctl(self.id, _ipc.IPC_STAT, state)
        return state

    def set(
        self, *, mode: int | None = None, uid: int | None = None, gid: int | None = None
    ) -> None:
        """Change the given members, by IPC_SET.  OSError: EACCES, EIDRM, EINVAL, EPERM."""
        state = self.stat()
        change_permissions(state.shm_perm, mode, uid, gid)
        _ipc.shmctl(self.id, _ipc.IPC_SET, state)

    def lock(self) -> None:
        """Keep it out of swap.  OSError: ENOMEM (RLIMIT_MEMLOCK), EPERM.  See shmctl(2)."""
        _ipc.shmctl(self.id, _ipc.SHM_LOCK)

    def unlock(self) -> None:
        """Let it be swapped again.  OSError: EPERM.  See shmctl(2)."""
        _ipc.shmctl(self.id, _ipc.SHM_UNLOCK)

    def remove(self) -> None:
        """Remove it: its key at once, its memory with the last attachment.

        OSError: EIDRM, EINVAL, EPERM.  See shmctl(2).
        """
        _ipc.shmctl(self.id, _ipc.IPC_RMID)


def segments() -> dict[int, _ipc.shmid_ds]:
    """Return the state of each segment of this IPC namespace, readable or not, by id."""
    highest = _ipc.shmctl(0, _ipc.SHM_INFO, _ipc.shm_info())
    return enumerate_objects(
        highest, _ipc.shmid_ds, lambda slot, ds: _ipc.shmctl(slot, _ipc.SHM_STAT_ANY, ds)
    )
