# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SharedMemory: a segment and its attachment as an object."""

from ipc import _ipc
from ipc._object import (
    GONE,
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
    whole,
)

__all__ = ["SharedMemory", "segments"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t
else:
    from ipc._object import _t


class SharedMemory(Object):
    """A segment of shared memory, which the constructor attaches.

    As a context manager, the object detaches the segment at the end.

    Args:
        key: IPC_PRIVATE for a new segment, or a 32-bit key, for example from ftok().
        size: The size of a new segment in bytes, and the least size of an existing one; 0
            accepts any existing segment.
        create: Create the segment if it does not exist.
        exclusive: Create the segment, and fail with EEXIST if it exists.
        mode: The permission bits of a new segment.
        readonly: Attach the segment with SHM_RDONLY.
        shmflg: More flags for shmget(2), such as SHM_HUGETLB.
        remove_on_exit: As a context manager, remove the segment at the end.

    Attributes:
        address: The attachment, a shm_address; None while the segment is not attached.
        readonly: Whether the segment is, or will be, attached with SHM_RDONLY.

    Raises:
        ValueError: mode is not from 0 to 0o777.
        OSError: EACCES, EEXIST, EINVAL (the segment is smaller; shmmin, shmmax), ENOENT, ENOMEM,
            ENOSPC (shmmni, shmall), EPERM.

    See shmget(2), shmop(2).
    """

    __module__ = "ipc"  # the name for pickle and repr()
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
        mode = check_mode(mode)
        shmflg = whole("shmflg", shmflg)
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
                # Another process may remove the segment before it is attached.
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
        """Attach the segment if it is not attached, for example after from_id() or detach().

        Args:
            readonly: Whether to attach it with SHM_RDONLY; None keeps the previous setting.

        Raises:
            OSError: EACCES, EIDRM, EINVAL, ENOMEM.

        See shmop(2).
        """
        if not self.address:
            self.readonly = self.readonly if readonly is None else readonly
            flags = _ipc.SHM_RDONLY if self.readonly else 0
            self.address = _ipc.shmat(self.id, None, flags)

    def detach(self) -> None:
        """Detach the segment if it is attached.

        Raises:
            BufferError: Views of the segment exist.
        """
        address = self.address
        if address:
            _ipc.shmdt(address)
        self.address = None

    @property
    def buf(self) -> memoryview:
        """A new memoryview of the segment's bytes, without a copy.

        The segment stays attached while the view, or an array made from it, exists.

        Raises:
            ValueError: The segment is not attached.
        """
        address = self.address
        if not address:
            raise ValueError(f"segment {self.id} is not attached")
        return memoryview(address)

    @property
    def size(self) -> int:
        """The size in bytes that the segment was created with."""
        address = self.address
        return len(address) if address else self.stat().shm_segsz

    def __exit__(self, *exception: object) -> None:
        try:
            super().__exit__(*exception)
        finally:
            self.detach()

    # ---- the segment itself

    def stat(self) -> _ipc.shmid_ds:
        """Return the segment's state, a new shmid_ds (IPC_STAT).

        Raises:
            OSError: EACCES, EIDRM, EINVAL.

        See shmctl(2).
        """
        state = _ipc.shmid_ds()
        _ipc.shmctl(self.id, _ipc.IPC_STAT, state)
        return state

    # SemaphoreSet.set() differs only in the docstring and the call.  Each class has the method, so
    # that help() names its object; change_permissions() has the common code.
    def set(
        self, *, mode: int | None = None, uid: int | None = None, gid: int | None = None
    ) -> None:
        """Change the segment's permissions or owner (IPC_SET); None keeps a value.

        Args:
            mode: The permission bits.
            uid: The user who owns the segment.
            gid: The group that owns the segment.

        Raises:
            ValueError: mode is not from 0 to 0o777.
            OSError: EACCES, EIDRM, EINVAL, EPERM.

        See shmctl(2).
        """
        state = self.stat()
        change_permissions(state.shm_perm, mode, uid, gid)
        _ipc.shmctl(self.id, _ipc.IPC_SET, state)

    def lock(self) -> None:
        """Lock the segment in memory, so that it is not swapped out (SHM_LOCK).

        Raises:
            OSError: ENOMEM (RLIMIT_MEMLOCK), EPERM.

        See shmctl(2).
        """
        _ipc.shmctl(self.id, _ipc.SHM_LOCK)

    def unlock(self) -> None:
        """Unlock the segment, so that it may be swapped out (SHM_UNLOCK).

        Raises:
            OSError: EPERM.

        See shmctl(2).
        """
        _ipc.shmctl(self.id, _ipc.SHM_UNLOCK)

    def remove(self) -> None:
        """Remove the segment: its key at once, its memory when the last process detaches it.

        Raises:
            OSError: EIDRM, EINVAL, EPERM.

        See shmctl(2).
        """
        _ipc.shmctl(self.id, _ipc.IPC_RMID)


def segments() -> dict[int, _ipc.shmid_ds]:
    """Return the state of each segment of shared memory in this IPC namespace.

    Returns:
        A dict from identifier to shmid_ds, also of segments that the caller may not read.

    See SHM_STAT_ANY in shmctl(2).
    """
    return enumerate_objects("SHM", _ipc.shmctl, _ipc.shm_info(), _ipc.shmid_ds)
