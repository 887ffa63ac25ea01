# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SharedMemory: a segment and its attachments."""

from __future__ import annotations

import contextlib
import errno
from typing import Any, SupportsIndex

import ipc
from ipc import IPC_STAT, _ipc, shmctl, shmid_ds
from ipc.compat.sysv_ipc.constants import IPC_CREX, PAGE_SIZE, SHM_RDONLY
from ipc.compat.sysv_ipc.errors import NotAttachedError
from ipc.compat.sysv_ipc.object import (
    OWNER_WRITES,
    Bytes,
    Object,
    permissions,
    say_not_writable,
    status,
)


class SharedMemory(Object, _ipc._Exporter):
    """A segment of shared memory, which the constructor attaches.

    memoryview(segment) is the memory itself.

    Args:
        key: As for MessageQueue.
        flags: IPC_CREAT or IPC_CREX to create it, SHM_HUGETLB, SHM_NORESERVE.
        mode: The permission bits of a new segment.  Without write permission for the owner the
            segment is attached with SHM_RDONLY.
        size: The size in bytes; 0 means PAGE_SIZE with IPC_CREX, and any size without.
        init_character: The value of each byte of a segment that IPC_CREX creates.

    Raises:
        ExistentialError: The segment does not exist; with IPC_CREX, it exists.
        PermissionsError: The permissions of the segment do not allow it.
        ValueError: An argument has an invalid value.
    """

    __slots__ = ("_attachments", "_lent")
    _attachments: list[ipc.shm_address]
    _lent: list[ipc.shm_address]

    # Object gives the reason why each class defines these two.
    def _ctl(self, cmd: int, arg: Any) -> object:
        return shmctl(self._id, cmd, arg)

    def _stat(self) -> shmid_ds:
        status = shmid_ds()
        shmctl(self._id, IPC_STAT, status)
        return status

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
        self._attachments, self._lent = [], []
        self._open(key, flags, mode, lambda key, flg: ipc.shmget(key, size, flg))
        try:
            self.attach(None, 0 if mode & OWNER_WRITES else SHM_RDONLY)
            if made and mode & OWNER_WRITES:
                self._fill(init_character)
        except BaseException:
            if made:
                self.remove()
            raise

    def _fill(self, byte: bytes) -> None:
        chunk = byte * min(len(self._memory), 1 << 20)
        with memoryview(self._memory) as view:
            for offset in range(0, len(view), len(chunk)):
                end = min(offset + len(chunk), len(view))
                view[offset:end] = chunk[:end - offset]

    # Before 3.12 no annotation means "has the buffer protocol", so the type is Any.
    @property
    def _memory(self) -> Any:
        """The latest attachment."""
        try:
            return self._attachments[-1]
        except IndexError:
            raise NotAttachedError(f"SharedMemory with id {self._id}") from None

    def attach(self, address: SupportsIndex | None = None, flags: int = 0) -> None:
        """Attach the segment, again if it is attached already.

        Args:
            address: An address, or None to let the kernel choose one.
            flags: 0, or SHM_RDONLY, SHM_RND, SHM_REMAP, as for ipc.shmat().

        Raises:
            ValueError: The segment was removed, or the address is not valid.
            PermissionsError: The permissions of the segment do not allow it.
        """
        try:
            self._attachments.append(ipc.shmat(self._id, address, flags))
        except OSError as error:
            self._fail(error, ValueError)

    def detach(self) -> None:
        """Undo the latest attach().

        Views of the segment keep its memory: the process detaches it when the last view is gone.

        Raises:
            NotAttachedError: The segment is not attached.
        """
        memory = self._memory
        with contextlib.suppress(BufferError):  # each view keeps a reference to the memory
            ipc.shmdt(memory)
        self._attachments.remove(memory)
        if memory._lent:  # a NumPy array may use the memory without a view: see ipc.shm_address
            self._lent.append(memory)

    def read(self, byte_count: int = 0, offset: int = 0) -> bytes:
        """Return a copy of bytes of the segment.

        Args:
            byte_count: The number of bytes; 0 means all up to the end.  The result has fewer bytes
                if the segment ends earlier.
            offset: The first byte.

        Raises:
            ValueError: byte_count is below 0, or offset is not in the segment.
            NotAttachedError: The segment is not attached.
        """
        memory = self._memory
        size = len(memory)
        if byte_count < 0 or not 0 <= offset < size:
            raise ValueError(f"{byte_count} bytes at {offset}, the segment has {size}")
        end = min(offset + (byte_count or size), size)
        if not offset:
            return ipc.shmcpy_from(memory, end)
        with memoryview(memory) as view:
            return bytes(view[offset:end])

    def write(self, s: Bytes | str, offset: int = 0) -> None:
        """Write bytes to the segment.

        Args:
            s: Bytes, or a str, which is encoded as UTF-8.
            offset: The first byte to write.

        Raises:
            ValueError: The bytes do not fit in the segment; nothing is written.
            PermissionError: The segment is attached with SHM_RDONLY.
            NotAttachedError: The segment is not attached.
        """
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
        """Whether this object has the segment attached."""
        return bool(self._attachments)

    @property
    def address(self) -> int:
        """The address of the latest attachment; 0 if the segment is not attached."""
        return int(self._attachments[-1]) if self._attachments else 0

    mode, uid, gid, cuid, cgid = permissions("shm_perm")
    size = status("shm_segsz", "The size in bytes.")
    last_attach_time = status("shm_atime", "The time of the last attach; 0: never.")
    last_detach_time = status("shm_dtime", "The time of the last detach; 0: never.")
    last_change_time = status("shm_ctime", "The time of the creation or the last change.")
    creator_pid = status("shm_cpid", "The id of the process that created the segment.")
    last_pid = status("shm_lpid", "The id of the process that attached or detached it last.")
    number_attached = status("shm_nattch", "The number of attachments in all processes.")


say_not_writable(SharedMemory, "attached", "address")


def attach(id: int, address: SupportsIndex | None = None, flags: int = 0) -> SharedMemory:
    """Attach an existing segment.

    Args:
        id: The segment's identifier.
        address, flags: As for SharedMemory.attach().

    Raises:
        ValueError: The segment does not exist, or the address is not valid.
        PermissionsError: The permissions of the segment do not allow it.
    """
    found = SharedMemory._with_id(id)
    found._attachments, found._lent = [], []
    found.attach(address, flags)
    found._key = found._status().shm_perm.key
    return found


def remove_shared_memory(id: int) -> None:
    """Remove a segment by its identifier; its memory is freed when the last process detaches it.

    Raises:
        ExistentialError: The segment does not exist.
        PermissionsError: The caller is neither its owner nor its creator.
    """
    SharedMemory._with_id(id).remove()
