# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SharedMemory: a segment, attached."""

from __future__ import annotations

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
    """A segment: the one of a key, made if the flags say so; and attached.

    key, flags: as for MessageQueue; SHM_HUGETLB, SHM_NORESERVE.  mode: where its owner may not
    write, it is attached with SHM_RDONLY.  size: bytes; 0 is PAGE_SIZE with IPC_CREX, and
    otherwise any size.  init_character: the value of each byte of a segment that is made with
    IPC_CREX.  It has the buffer protocol: memoryview(segment) is the memory itself.
    """

    __slots__ = ("_attachments", "_lent")
    _attachments: list[ipc.shm_address]
    _lent: list[ipc.shm_address]

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
        except Exception:
            if made:
                self.remove()
            raise
        if made and mode & OWNER_WRITES:
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
        if memory._lent:  # an array may have this object and no view: see ipc.shm_address
            self._lent.append(memory)

    def read(self, byte_count: int = 0, offset: int = 0) -> bytes:
        """Return up to byte_count bytes from the offset on; 0: all of them."""
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

    mode, uid, gid, cuid, cgid = permissions("shm_perm")
    size = status("shm_segsz", "The bytes that it has.")
    last_attach_time = status("shm_atime", "When it was attached.")
    last_detach_time = status("shm_dtime", "When it was detached.")
    last_change_time = status("shm_ctime", "When it was made or changed.")
    creator_pid = status("shm_cpid", "The process that made it.")
    last_pid = status("shm_lpid", "The process that attached or detached it last.")
    number_attached = status("shm_nattch", "How many attachments there are, in all processes.")


say_not_writable(SharedMemory, "attached", "address")


def attach(id: int, address: SupportsIndex | None = None, flags: int = 0) -> SharedMemory:
    """Attach the segment that has the identifier; address and flags as for its attach()."""
    found = SharedMemory._with_id(id)
    found._attachments, found._lent = [], []
    found.attach(address, flags)
    found._key = found._status().shm_perm.key
    return found


def remove_shared_memory(id: int) -> None:
    """Remove the segment that has the identifier, once nobody has it attached."""
    SharedMemory._with_id(id).remove()
