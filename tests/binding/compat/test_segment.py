# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The class SharedMemory."""

import ctypes
import gc
import os
from pathlib import Path
from typing import Any

import pytest

import ipc
from compat.conftest import as_nobody, differs, in_child, row
from conftest import HUGE, row_of_proc, rows_of_proc, view


def test_size(sysv_ipc: Any, key: int) -> None:
    assert sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX).size == sysv_ipc.PAGE_SIZE
    assert sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=0).size == sysv_ipc.PAGE_SIZE
    made = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o600, 100)
    for size in 0, 1, 100:
        assert sysv_ipc.SharedMemory(key, size=size).size == 100
    with pytest.raises(ValueError):
        sysv_ipc.SharedMemory(key, size=101)
    assert sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=made.size + 1).size == 101


def test_sizes_that_cannot_be(sysv_ipc: Any, key: int) -> None:
    for flags, size in (sysv_ipc.IPC_CREX, -1), (sysv_ipc.IPC_CREAT, 0):
        with pytest.raises(ValueError):
            sysv_ipc.SharedMemory(key, flags, size=size)
    with pytest.raises(MemoryError):
        sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, size=HUGE)
    with pytest.raises(TypeError):
        sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, size="1")


@differs("truncates the size")
def test_a_size_that_does_not_fit(sysv_ipc: Any, key: int) -> None:
    with pytest.raises(OverflowError):
        sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, size=2**70)


def test_init_character(sysv_ipc: Any, key: int) -> None:
    assert sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=3).read() == b"   "
    made = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o600, 3, b"z")
    assert made.read() == b"zzz"
    assert sysv_ipc.SharedMemory(key, init_character=b"y").read() == b"zzz"
    assert sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREAT, init_character=b"y").read() == b"zzz"
    zero = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=3, init_character=b"\0")
    assert zero.read() == b"\0\0\0"
    for wrong in "z", b"", b"zz", 65, None:
        with pytest.raises(TypeError):
            sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=3, init_character=wrong)


def test_init_character_of_a_large_one(sysv_ipc: Any) -> None:
    size = (5 << 19) + 7
    large = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=size, init_character=b"q")
    assert large.read() == b"q" * size
    large.detach()


def test_only_crex_initialises(sysv_ipc: Any, key: int) -> None:
    made = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREAT, size=3, init_character=b"z")
    assert made.read() == b"\0\0\0"


def test_where_its_owner_may_not_write(sysv_ipc: Any) -> None:
    for mode in 0, 0o400, 0o060, 0o577:
        made = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, mode, 3)
        assert made.read() == b"\0\0\0", oct(mode)
        with pytest.raises(OSError):
            made.write(b"x")
        assert made.read() == b"\0\0\0", oct(mode)
    made = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, 0o200, 3)
    assert made.read() == b"   "


def test_it_is_attached_read_only_where_that_is_asked_for(sysv_ipc: Any, key: int) -> None:
    made = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o644, 3)
    assert as_nobody(lambda: sysv_ipc.SharedMemory(key, 0, 0o444).read()) is None
    assert as_nobody(lambda: sysv_ipc.SharedMemory(key)) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: sysv_ipc.attach(made.id)) is sysv_ipc.PermissionsError


@differs("leaves a segment behind")
def test_a_constructor_that_fails_leaves_nothing(sysv_ipc: Any, key: int) -> None:
    def fails() -> None:
        sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o200)

    assert as_nobody(fails) is sysv_ipc.PermissionsError
    assert key not in [each["key"] for each in rows_of_proc("shm")]


def test_a_constructor_that_fails_removes_nothing_of_others(sysv_ipc: Any, key: int) -> None:
    sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, 0o222)
    assert as_nobody(lambda: sysv_ipc.SharedMemory(key, 0, 0o200)) is sysv_ipc.PermissionsError
    assert key in [each["key"] for each in rows_of_proc("shm")]


def test_a_constructor_that_fails_removes_nothing_of_ones_own(sysv_ipc: Any, key: int) -> None:
    def fails() -> None:
        ipc.shmget(key, 100, ipc.IPC_CREAT | 0o200)
        sysv_ipc.SharedMemory(key, 0, 0o200)

    assert as_nobody(fails) is sysv_ipc.PermissionsError
    assert key in [each["key"] for each in rows_of_proc("shm")]


def test_flags_of_linux(sysv_ipc: Any) -> None:
    flags = sysv_ipc.IPC_CREX | sysv_ipc.SHM_NORESERVE
    assert sysv_ipc.SharedMemory(None, flags, size=3).read() == b"   "


def test_huge_pages_that_there_are_not(sysv_ipc: Any) -> None:
    pages = Path("/proc/sys/vm/nr_hugepages")
    try:
        free = pages.exists() and int(pages.read_text())
    except OSError as error:  # an s390 without EDAT
        pytest.skip(f"this processor has no huge pages: {error.strerror}")
    if free:
        pytest.skip("this machine has free huge pages")
    with pytest.raises(MemoryError):
        sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX | sysv_ipc.SHM_HUGETLB, size=2**21)


def test_read(segment: Any) -> None:
    segment.write(bytes(range(100)))
    assert segment.read() == segment.read(0) == segment.read(100) == bytes(range(100))
    assert segment.read(3) == b"\0\1\2"
    assert segment.read(1000) == bytes(range(100))
    assert segment.read(3, 50) == segment.read(byte_count=3, offset=50) == b"234"
    assert segment.read(offset=97) == segment.read(5, 97) == segment.read(3, 97) == b"abc"
    assert segment.read(1, 99) == b"c"


def test_what_cannot_be_read(segment: Any) -> None:
    for byte_count, offset in (-1, 0), (1, 100), (0, 100), (1, 101), (1, -1):
        with pytest.raises(ValueError):
            segment.read(byte_count, offset)
    for wrong in ["1"], [1.5], [1, "1"]:
        with pytest.raises(TypeError):
            segment.read(*wrong)


def test_write(segment: Any) -> None:
    assert segment.write(b"a\0b") is None
    assert segment.read(5) == b"a\0b  "
    segment.write(b"cd", 2)
    segment.write(s=bytearray(b"yz"), offset=98)
    segment.write(memoryview(b"e"), 4)
    segment.write(b"", 100)
    segment.write(b"")
    assert segment.read(6) == b"a\0cde " and segment.read(0, 97) == b" yz"
    segment.write(b"x" * 100)
    assert segment.read() == b"x" * 100
    segment.write("h\xe9")
    segment.write("h\xe9", 3)
    assert segment.read(6) == b"h\xc3\xa9h\xc3\xa9"


def test_what_cannot_be_written(segment: Any) -> None:
    wrong = [(b"ab", 99), (b"a", 100), (b"", 101), (b"a", -1), (b"", -1), (b"x" * 101, 0)]
    for data, offset in [*wrong, (b"a", 2**63), (b"ab", 2**63 - 1)]:
        with pytest.raises(ValueError):
            segment.write(data, offset)
    assert segment.read() == b" " * 100


@differs("truncates the offset, or does not check the types")
def test_what_cannot_be_written_at_all(segment: Any) -> None:
    with pytest.raises(ValueError):
        segment.write(b"a", 2**70)
    for data, offset in (None, 0), (1, 1), (b"a", "1"), (memoryview(b"abcd")[::2], 1):
        with pytest.raises((TypeError, BufferError)):
            segment.write(data, offset)
    assert segment.read() == b" " * 100


def test_attached(sysv_ipc: Any, segment: Any) -> None:
    assert segment.attached is True and segment.address > 0
    assert ctypes.string_at(segment.address, 3) == b"   "
    segment.detach()
    assert segment.attached is False and not segment.address
    for call in segment.detach, segment.read, lambda: segment.write(b"x"):
        with pytest.raises(sysv_ipc.NotAttachedError):
            call()
    assert (segment.size, segment.number_attached) == (100, 0)
    assert segment.attach() is None
    assert segment.attached is True and segment.read(1) == b" "


def test_where_it_is_attached(sysv_ipc: Any, segment: Any) -> None:
    address = segment.address
    segment.detach()
    segment.attach(address)
    assert segment.address == address
    segment.detach()
    segment.attach(address=address + 5, flags=sysv_ipc.SHM_RND)
    assert segment.address == address
    segment.detach()
    with pytest.raises(ValueError):
        segment.attach(address + 5)
    for wrong in "1", 1.5:
        with pytest.raises(TypeError):
            segment.attach(wrong)
    with pytest.raises(OverflowError):
        segment.attach(None, 2**40)
    assert segment.attached is False


def test_remap(sysv_ipc: Any, segment: Any) -> None:
    other = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=100, init_character=b"o")
    address = other.address
    segment.detach()
    segment.attach(address, sysv_ipc.SHM_REMAP)
    assert segment.address == address and segment.read(1) == b" "


def test_attached_read_only(sysv_ipc: Any, segment: Any) -> None:
    segment.detach()
    segment.attach(flags=sysv_ipc.SHM_RDONLY)
    assert segment.read(1) == b" "
    for offset in 0, 1:
        with pytest.raises(OSError):
            segment.write(b"x", offset)
    assert segment.read(2) == b"  "


def test_attaching_twice(segment: Any) -> None:
    first = segment.address
    segment.attach()
    assert segment.number_attached == 2 and segment.address != first
    segment.detach()
    assert segment.number_attached == 1


@differs("forgets the first attachment, which remains until the process ends")
def test_attaching_twice_is_undone_by_detaching_twice(sysv_ipc: Any, segment: Any) -> None:
    first = segment.address
    segment.attach()
    segment.detach()
    assert segment.attached and segment.address == first
    segment.detach()
    assert segment.number_attached == 0 and not segment.attached
    with pytest.raises(sysv_ipc.NotAttachedError):
        segment.detach()


@differs("leaves the segment attached until the process ends")
def test_one_that_is_forgotten_is_detached(sysv_ipc: Any, segment: Any) -> None:
    sysv_ipc.SharedMemory(segment.key)
    gc.collect()
    assert segment.number_attached == 1


def test_attributes_of_a_segment(segment: Any) -> None:
    assert (segment.creator_pid, segment.last_pid) == (os.getpid(), os.getpid())
    assert segment.last_detach_time == 0
    assert segment.last_attach_time > 0 and segment.last_change_time > 0
    pid = in_child(segment.detach)
    assert (segment.creator_pid, segment.last_pid) == (os.getpid(), pid)
    kernel = row(segment)
    assert segment.last_attach_time == kernel["atime"] > 0
    assert segment.last_detach_time == kernel["dtime"] > 0
    assert segment.last_change_time == kernel["ctime"] > 0
    assert (segment.size, segment.number_attached) == (kernel["size"], kernel["nattch"])


def test_a_segment_is_there_until_all_have_detached(sysv_ipc: Any, segment: Any) -> None:
    segment.remove()
    segment.write(b"still")
    assert segment.read(5) == b"still" and segment.number_attached == 1
    with pytest.raises(sysv_ipc.ExistentialError):
        sysv_ipc.SharedMemory(segment.key)
    segment.detach()
    with pytest.raises(sysv_ipc.ExistentialError):
        segment.size
    with pytest.raises(ValueError):
        segment.attach()


def test_permissions_of_another_user_of_a_segment(sysv_ipc: Any, segment: Any) -> None:
    segment.detach()
    segment.mode = 0o604
    assert as_nobody(segment.attach) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: segment.attach(None, sysv_ipc.SHM_RDONLY)) is None
    segment.mode = 0o600
    assert as_nobody(lambda: segment.size) is sysv_ipc.PermissionsError


# ---- the memory of a segment --------------------------------------------------------------


def test_buffer_protocol(segment: Any) -> None:
    memory = memoryview(segment)
    assert (memory.nbytes, memory.format, memory.itemsize) == (100, "B", 1)
    assert (memory.readonly, memory.shape, memory.contiguous) == (False, (100,), True)
    memory[:5] = b"hello"
    assert segment.read(6) == b"hello "
    segment.write(b"H")
    assert bytes(memory[:5]) == b"Hello"
    assert bytes(segment) == bytes(memory) == segment.read()
    copy = bytearray(segment)
    copy[:1] = b"J"
    assert segment.read(1) == b"H" and len(copy) == 100
    memory.release()


@differs("unmaps the memory under a view", run=False)
def test_a_view_keeps_the_memory(sysv_ipc: Any, segment: Any) -> None:
    """detach() detaches the object at once; the process stays attached until the view is gone."""
    memory = memoryview(segment)
    segment.detach()
    assert (segment.attached, segment.address) == (False, 0)
    with pytest.raises(sysv_ipc.NotAttachedError):
        segment.detach()
    memory[0] = 1
    assert memory[0] == 1 and segment.number_attached == 1
    segment.attach()
    assert segment.read(2) == b"\1 " and segment.number_attached == 2
    memory.release()
    assert segment.number_attached == 1


@differs("unmaps the memory under a view", run=False)
def test_an_object_keeps_memory_that_may_be_used_without_a_view(sysv_ipc: Any) -> None:
    """join() requests the buffer as NumPy does: a NumPy array keeps the object, but no view."""
    segment = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=100)
    ident = segment.id
    assert b"".join([segment]) == b" " * 100
    with memoryview(segment):
        segment.detach()
    assert not segment.attached and row_of_proc("shm", ident)["nattch"] == 1
    del segment
    gc.collect()
    assert row_of_proc("shm", ident)["nattch"] == 0


@differs("gives views of address 0", run=False)
def test_there_is_no_view_of_one_that_is_not_attached(sysv_ipc: Any, segment: Any) -> None:
    segment.detach()
    for take in memoryview, bytes, bytearray:
        with pytest.raises(sysv_ipc.NotAttachedError):
            take(segment)


@differs("gives writable views, through which a write kills the process", run=False)
def test_a_view_of_a_read_only_one(sysv_ipc: Any, segment: Any) -> None:
    segment.detach()
    segment.attach(None, sysv_ipc.SHM_RDONLY)
    with memoryview(segment) as memory:
        assert memory.readonly
        with pytest.raises(TypeError):
            memory[0] = 1


@differs("never unmaps the memory, with or without a view")
def test_a_view_outlives_the_object(sysv_ipc: Any, key: int) -> None:
    segment = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, size=10)
    memory = view(segment)
    ident = segment.id
    del segment
    gc.collect()
    assert bytes(memory) == b" " * 10
    memory.release()
    assert row_of_proc("shm", ident)["nattch"] == 0
