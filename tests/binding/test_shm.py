# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Shared memory: shmget, shmat, shmdt, shmctl and the copies.  See sysvipc(7)."""

import ctypes
import errno
import gc
import mmap
import os
import resource
import struct
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import ipc
from child import run_child
from conftest import (
    Limit,
    Maker,
    drop_capabilities,
    errno_in_child,
    fails_with,
    row_of_proc,
    view,
)

PAGE = mmap.PAGESIZE
ULONG_MAX = ctypes.c_ulong(-1).value
MEGABYTE = 2**20


def stat(shmid: int) -> ipc.shmid_ds:
    ds = ipc.shmid_ds()
    assert ipc.shmctl(shmid, ipc.IPC_STAT, ds) == 0
    return ds


def nattch(shmid: int) -> int:
    return stat(shmid).shm_nattch


# ---- shmget -------------------------------------------------------------------------


def test_one_page_too_many_is_enospc_and_names_shmall(make: Maker, limit: Limit) -> None:
    limit("shmall", 2)
    make.segment(2 * PAGE)
    with fails_with(errno.ENOSPC, "shmget", "shmall"):
        make.segment(1)


def test_a_new_segment_of_no_bytes_is_einval_and_names_shmmin(make: Maker) -> None:
    with fails_with(errno.EINVAL, "shmget", "shmmin"):
        make.segment(0)


def test_a_new_segment_above_shmmax_is_einval_and_names_it(make: Maker, limit: Limit) -> None:
    limit("shmmax", PAGE)
    make.segment(PAGE)
    with fails_with(errno.EINVAL, "shmget", "shmmax"):
        make.segment(PAGE + 1)


def test_a_segment_of_fewer_bytes_than_asked_is_einval(make: Maker, key: int) -> None:
    make.segment(100, key)
    with fails_with(errno.EINVAL, "shmget", "fewer"):
        ipc.shmget(key, 101, 0)


def test_flags_above_int_max_reach_the_kernel(make: Maker) -> None:
    assert ipc.SHM_HUGE_16GB > 2**31
    # The kernel ignores the page size without SHM_HUGETLB.
    assert stat(make.segment(100, shmflg=ipc.SHM_HUGE_16GB | 0o600)).shm_segsz == 100


def test_a_segment_may_be_larger_than_four_gib(make: Maker) -> None:
    """With SHM_NORESERVE, memory that is not touched is not allocated; see shmget(2)."""
    if ctypes.sizeof(ctypes.c_void_p) < 8:
        pytest.skip("the address space has 32 bits")
    size = 5 * 2**30
    shmid = make.segment(size, shmflg=ipc.SHM_NORESERVE | 0o600)
    with ipc.shmat(shmid) as p:
        assert len(p) == stat(shmid).shm_segsz == size
        with view(p) as memory:
            memory[2**32 + 5] = 1
            assert (memory[5], memory[2**32 + 5], memory[-1]) == (0, 1, 0)
        with pytest.raises(ValueError, match=str(size)):
            ipc.shmcpy_from(p, size + 1)


# ---- shmat ----------------------------------------------------------------------------


def test_an_attachment_is_an_address_with_a_length(segment: int) -> None:
    p = ipc.shmat(segment)
    assert int(p) == p.__index__() > 0
    assert int(p) % ipc.SHMLBA == 0
    assert (len(p), p.shmid, p.readonly, bool(p)) == (100, segment, False, True)
    assert ipc.shmdt(p) == 0


def test_a_new_segment_is_zero(segment: int) -> None:
    with ipc.shmat(segment) as p:
        assert bytes(view(p)) == bytes(100)


def test_a_view_is_the_memory_itself(segment: int) -> None:
    with ipc.shmat(segment) as p, ipc.shmat(segment) as q:
        with view(p) as a, view(q) as b:
            a[3:8] = b"he\0lo"
            assert bytes(b[:10]) == b"\0\0\0he\0lo\0\0"
            assert (a.nbytes, a.format, a.readonly, a.contiguous) == (100, "B", False, True)
            assert ctypes.string_at(int(p), 100) == bytes(b)


def test_a_segment_is_shared_between_processes(segment: int) -> None:
    with ipc.shmat(segment) as p:
        call = partial(ipc.shmcpy_to, p, "from the child")
        assert errno_in_child(lambda: None, call) == ""
        assert ipc.shmcpy_from(p, 14) == b"from the child"


def test_bytes_remain_when_all_have_detached(segment: int) -> None:
    with ipc.shmat(segment) as p:
        ipc.shmcpy_to(p, "stays")
    with ipc.shmat(segment) as p:
        assert ipc.shmcpy_from(p, 5) == b"stays"


def test_a_view_of_a_read_only_attachment_cannot_be_written_through(segment: int) -> None:
    with ipc.shmat(segment, None, ipc.SHM_RDONLY) as p:
        assert p.readonly
        with view(p) as v:
            assert v.readonly
            with pytest.raises(TypeError):
                v[0] = 1
        with pytest.raises(BufferError):
            ipc.shmcpy_to(p, "x")
        with pytest.raises((BufferError, TypeError)):
            (ctypes.c_char * 100).from_buffer(p)


def test_the_context_manager_detaches_at_its_end(segment: int) -> None:
    with ipc.shmat(segment) as p:
        assert nattch(segment) == 1
    assert nattch(segment) == 0
    assert not p
    with ipc.shmat(segment) as p:
        ipc.shmdt(p)
    with pytest.raises(ZeroDivisionError), ipc.shmat(segment) as p:
        1 / 0
    assert nattch(segment) == 0


def free_range(size: int) -> int:
    """An address at which this number of bytes is unmapped."""
    with mmap.mmap(-1, size + ipc.SHMLBA) as memory:
        pointer = ctypes.c_char.from_buffer(memory)
        address = ctypes.addressof(pointer)
        del pointer
    return -(-address // ipc.SHMLBA) * ipc.SHMLBA


def test_an_address_may_be_chosen(segment: int) -> None:
    address = free_range(PAGE)
    with ipc.shmat(segment, address) as p:
        assert int(p) == address
    with ipc.shmat(segment, address + 5, ipc.SHM_RND) as p:
        assert int(p) == address


def test_an_address_between_two_pages_is_einval(segment: int) -> None:
    with fails_with(errno.EINVAL, "shmat"):
        ipc.shmat(segment, free_range(PAGE) + 5)
    assert nattch(segment) == 0


def test_an_address_where_something_is_is_einval(segment: int) -> None:
    with ipc.shmat(segment) as p:
        given: list[ipc.shm_address | int] = [p, int(p)]
        for shmaddr in given:
            with fails_with(errno.EINVAL, "shmat"):
                ipc.shmat(segment, shmaddr)
        assert nattch(segment) == 1


def test_a_reader_attaches_for_reading(make: Maker) -> None:
    segment = make.segment(shmflg=0o400)
    for shmflg, expected in ((0, "EACCES"), (ipc.SHM_RDONLY, "")):
        call = partial(ipc.shmat, segment, None, shmflg)
        assert errno_in_child(drop_capabilities, call) == expected


# ---- SHM_REMAP -------------------------------------------------------------------------


def test_shm_remap_replaces_an_attachment(make: Maker) -> None:
    old, new = make.segment(PAGE), make.segment(PAGE)
    with ipc.shmat(new) as q:
        ipc.shmcpy_to(q, "new")
    p = ipc.shmat(old)
    address = int(p)
    with ipc.shmat(new, p, ipc.SHM_REMAP) as q:
        assert int(q) == address
        assert ipc.shmcpy_from(q, 3) == b"new"
        assert not p
        assert (nattch(old), nattch(new)) == (0, 1)
    with fails_with(errno.EINVAL):
        ipc.shmdt(p)


def test_shm_remap_by_number_and_rounded_down(make: Maker) -> None:
    old, new = make.segment(PAGE), make.segment(PAGE)
    p = ipc.shmat(old)
    address = int(p)
    with ipc.shmat(new, address + 7, ipc.SHM_REMAP | ipc.SHM_RND) as q:
        assert int(q) == address
    assert (nattch(old), nattch(new)) == (0, 0)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_shm_remap_onto_a_part_detaches_all_of_it(make: Maker, page: int) -> None:
    old, new = make.segment(3 * PAGE), make.segment(PAGE)
    p = ipc.shmat(old)
    with ipc.shmat(new, int(p) + page * PAGE, ipc.SHM_REMAP) as q:
        assert not p
        assert len(q) == PAGE
        assert (nattch(old), nattch(new)) == (0, 1)


def test_shm_remap_may_span_attachments_side_by_side(make: Maker) -> None:
    size = max(PAGE, ipc.SHMLBA)
    small, large = make.segment(size), make.segment(2 * size)
    address = free_range(2 * size)
    halves = [ipc.shmat(small, address), ipc.shmat(small, address + size)]
    with ipc.shmat(large, address, ipc.SHM_REMAP):
        assert [bool(half) for half in halves] == [False, False]
    assert (nattch(small), nattch(large)) == (0, 0)


def test_shm_remap_onto_an_attachment_with_a_view_is_refused(make: Maker) -> None:
    old, new = make.segment(PAGE), make.segment(PAGE)
    with ipc.shmat(old) as p:
        with view(p) as v:
            with pytest.raises(ValueError, match="SHM_REMAP"):
                ipc.shmat(new, p, ipc.SHM_REMAP)
            v[:3] = b"old"
        assert ipc.shmcpy_from(p, 3) == b"old"
        assert (nattch(old), nattch(new)) == (1, 0)


def test_shm_remap_onto_an_attachment_that_was_lent_is_refused(make: Maker) -> None:
    """An object like NumPy's ndarray may use the memory, and keeps no view."""
    old, new = make.segment(PAGE), make.segment(PAGE)
    with ipc.shmat(old) as p:
        struct.unpack_from("B", p)  # gets a buffer, as ndarray() does
        with pytest.raises(ValueError, match="SHM_REMAP.* without a view"):
            ipc.shmat(new, p, ipc.SHM_REMAP)
        assert (nattch(old), nattch(new)) == (1, 0)


def test_shm_remap_past_the_end_of_an_attachment_is_refused(make: Maker) -> None:
    old, new = make.segment(PAGE), make.segment(2 * PAGE)
    # The call is refused whether the memory after the attachment is mapped or not.
    with ipc.shmat(old, free_range(4 * PAGE)) as p:
        with pytest.raises(ValueError, match="SHM_REMAP"):
            ipc.shmat(new, p, ipc.SHM_REMAP)
        assert p
        assert (nattch(old), nattch(new)) == (1, 0)


def test_shm_remap_over_memory_of_others_is_refused(make: Maker) -> None:
    segment = make.segment(PAGE)
    with mmap.mmap(-1, 2 * max(PAGE, ipc.SHMLBA)) as memory:
        memory[:5] = b"safe!"
        pointer = ctypes.c_char.from_buffer(memory)
        address = -(-ctypes.addressof(pointer) // ipc.SHMLBA) * ipc.SHMLBA
        del pointer
        with pytest.raises(ValueError, match="SHM_REMAP"):
            ipc.shmat(segment, address, ipc.SHM_REMAP)
        assert memory[:5] == b"safe!"
    with pytest.raises(ValueError, match="SHM_REMAP"):
        ipc.shmat(segment, free_range(PAGE), ipc.SHM_REMAP)
    assert nattch(segment) == 0


def stack() -> tuple[int, int]:
    """The address range of the main thread's stack; see proc(5)."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith("[stack]"):
            begin, end = line.split()[0].split("-")
            return int(begin, 16), int(end, 16)
    pytest.skip("there is no [stack] in /proc/self/maps")


def test_an_attachment_in_the_way_of_the_stack_is_refused(segment: int) -> None:
    """The kernel permits a mapping 256 pages below the stack, which then cannot grow past it."""
    limit = resource.getrlimit(resource.RLIMIT_STACK)[0]
    if limit == resource.RLIM_INFINITY:
        limit = 8 << 20
    begin, end = stack()
    places = [begin - 300 * PAGE, end - limit]
    for place in places:
        with pytest.raises(ValueError, match="stack"):
            ipc.shmat(segment, place // ipc.SHMLBA * ipc.SHMLBA)
    assert nattch(segment) == 0
    below = (end - limit - 300 * PAGE) // ipc.SHMLBA * ipc.SHMLBA
    with ipc.shmat(segment, below) as p:
        assert int(p) == below


def test_an_address_that_is_not_aligned_is_einval_and_said_so(segment: int) -> None:
    with fails_with(errno.EINVAL, "shmat", "SHMLBA"):
        ipc.shmat(segment, free_range(PAGE) + 1)


def test_a_copy_may_be_of_a_part_of_the_segment_itself(segment: int) -> None:
    with ipc.shmat(segment) as p, view(p) as memory:
        memory[:60] = bytes(range(60))
        ipc.shmcpy_to(p, memory[1:50])
        assert memory[:60] == bytes([*range(1, 50), *range(49, 60)])


def test_shm_remap_without_an_address_is_einval(segment: int) -> None:
    with fails_with(errno.EINVAL, "shmat"):
        ipc.shmat(segment, None, ipc.SHM_REMAP)


# ---- shmdt ---------------------------------------------------------------------------


def test_shmdt_takes_the_attachment_or_its_number(segment: int) -> None:
    forms: list[Callable[[ipc.shm_address], ipc.shm_address | int]] = [lambda p: p, int]
    for given in forms:
        p = ipc.shmat(segment)
        assert ipc.shmdt(given(p)) == 0
        assert nattch(segment) == 0
        assert not p


def test_a_second_shmdt_is_an_error(segment: int) -> None:
    p = ipc.shmat(segment)
    both: list[ipc.shm_address | int] = [p, int(p)]
    ipc.shmdt(p)
    for given in both:
        with fails_with(errno.EINVAL, "shmdt"):
            ipc.shmdt(given)


def test_a_number_that_is_no_attachment_is_an_error(segment: int) -> None:
    with ipc.shmat(segment) as p:
        for number in (0, 1, int(p) + 1, int(p) + PAGE, 2**64 - 1 if int(p) > 2**32 else 2**32 - 1):
            with fails_with(errno.EINVAL, "shmdt"):
                ipc.shmdt(number)
        assert nattch(segment) == 1


@pytest.mark.parametrize("given", [lambda p: p, int])
def test_shmdt_under_a_live_view_is_refused(
    segment: int, given: Callable[[ipc.shm_address], ipc.shm_address | int]
) -> None:
    p = ipc.shmat(segment)
    first = view(p)
    second = first[10:20]
    for part in (first, second):
        with pytest.raises(BufferError):
            ipc.shmdt(given(p))
        part[0] = 1
        part.release()
    assert ipc.shmdt(given(p)) == 0


def test_the_context_manager_refuses_under_a_live_view(segment: int) -> None:
    with pytest.raises(BufferError):
        with ipc.shmat(segment) as p:
            v = view(p)
    v[0] = 7
    v.release()
    ipc.shmdt(p)


@pytest.mark.parametrize(
    "use",
    [
        int,
        len,
        lambda p: p.__enter__(),
        lambda p: ipc.shmcpy_from(p, 0),
        lambda p: ipc.shmcpy_to(p, b""),
        view,
        lambda p: ipc.shmat(p.shmid, p),
    ],
)
def test_using_a_detached_address_is_an_error(
    segment: int, use: Callable[[ipc.shm_address], object]
) -> None:
    p = ipc.shmat(segment)
    ipc.shmdt(p)
    with pytest.raises((ValueError, BufferError, OSError)):
        use(p)
    assert (bool(p), p.shmid) == (False, segment)


def test_a_forgotten_attachment_detaches_when_it_is_collected(segment: int) -> None:
    p = ipc.shmat(segment)
    v, gone = view(p), weakref.ref(p)
    assert nattch(segment) == 1
    del p
    gc.collect()
    v[0] = 1  # the view keeps the attachment
    assert nattch(segment) == 1
    del v
    gc.collect()
    assert nattch(segment) == 0
    assert gone() is None
    cycle: list[object] = [ipc.shmat(segment)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert nattch(segment) == 0


def test_many_attachments_are_kept_apart(segment: int) -> None:
    attachments = [ipc.shmat(segment) for _ in range(20)]
    assert len({int(p) for p in attachments}) == nattch(segment) == 20
    for p in attachments[5:15]:
        ipc.shmdt(int(p))
    assert [bool(p) for p in attachments] == [True] * 5 + [False] * 10 + [True] * 5
    del attachments, p
    gc.collect()
    assert nattch(segment) == 0


def test_a_removed_segment_lives_until_it_is_detached(make: Maker) -> None:
    segment = make.segment()
    p = ipc.shmat(segment)
    ipc.shmctl(segment, ipc.IPC_RMID)
    assert stat(segment).shm_perm.mode & ipc.SHM_DEST
    assert ipc.shmcpy_from(p, 1) == b"\0"
    ipc.shmdt(p)
    with fails_with(errno.EINVAL):
        stat(segment)


# ---- shmcpy_to, shmcpy_from --------------------------------------------------------------


@pytest.mark.parametrize(
    "data, kept",
    [
        (b"a\0b\0", b"a\0b\0"),
        ("h\u00e9", b"h\xc3\xa9"),
        (bytearray(b"x"), b"x"),
        (memoryview(b"abc")[1:], b"bc"),
        (b"", b""),
        (b"y" * 100, b"y" * 100),
    ],
)
def test_any_bytes_are_copied(segment: int, data: bytes | str, kept: bytes) -> None:
    with ipc.shmat(segment) as p:
        both: list[ipc.shm_address | int] = [p, int(p)]
        for given in both:
            ipc.shmcpy_to(given, data)
            assert ipc.shmcpy_from(given, len(kept)) == kept


def test_len_copies_the_beginning(segment: int) -> None:
    with ipc.shmat(segment) as p:
        ipc.shmcpy_to(p, "hello world", 5)
        assert ipc.shmcpy_from(p, 100) == b"hello" + bytes(95)


def test_no_byte_past_the_end_is_copied(segment: int) -> None:
    with ipc.shmat(segment) as p:
        behind = ctypes.string_at(int(p) + 100, PAGE - 100)
        for data, length in ((b"x" * 101, None), (b"x" * 101, 101), (b"x" * 5, 6)):
            with pytest.raises(ValueError):
                ipc.shmcpy_to(p, data, length)
        with pytest.raises(ValueError):
            ipc.shmcpy_from(p, 101)
        assert ipc.shmcpy_from(p, 100) == bytes(100)
        assert ctypes.string_at(int(p) + 100, PAGE - 100) == behind


def test_a_large_copy_is_whole(make: Maker) -> None:
    data = os.urandom(3 * MEGABYTE + 5)
    segment = make.segment(len(data))
    with ipc.shmat(segment) as p:
        ipc.shmcpy_to(p, data)
        assert ipc.shmcpy_from(p, len(data)) == data
    ipc.shmctl(segment, ipc.IPC_RMID)


def test_a_copy_may_overlap_its_source(make: Maker) -> None:
    with ipc.shmat(make.segment(MEGABYTE)) as p, view(p) as v:
        v[:] = bytes(range(256)) * (MEGABYTE // 256)
        expected = bytes(v[1:])
        ipc.shmcpy_to(p, v[1:])
        assert bytes(v[:-1]) == expected


class Detaches:
    """A number whose conversion detaches the segment."""

    def __init__(self, p: ipc.shm_address, number: int) -> None:
        self.p, self.number = p, number

    def __index__(self) -> int:
        ipc.shmdt(self.p)
        return self.number


@pytest.mark.parametrize(
    "call",
    [
        lambda p: ipc.shmcpy_from(p, Detaches(p, 5)),
        lambda p: ipc.shmcpy_to(p, b"12345", Detaches(p, 5)),
        lambda p: ipc.shmdt(Detaches(p, int(p))),
    ],
)
def test_an_argument_that_detaches_meanwhile_is_an_error(
    segment: int, call: Callable[[ipc.shm_address], object]
) -> None:
    with fails_with(errno.EINVAL):
        call(ipc.shmat(segment))


# ---- shmctl ----------------------------------------------------------------------------


def test_ipc_stat_agrees_with_proc(segment: int) -> None:
    with ipc.shmat(segment):
        ds, row = stat(segment), row_of_proc("shm", segment)
    del row["rss"], row["swap"]
    assert {
        "key": ds.shm_perm.key,
        "perms": ds.shm_perm.mode,
        "size": ds.shm_segsz,
        "cpid": ds.shm_cpid,
        "lpid": ds.shm_lpid,
        "nattch": ds.shm_nattch,
        "uid": ds.shm_perm.uid,
        "gid": ds.shm_perm.gid,
        "cuid": ds.shm_perm.cuid,
        "cgid": ds.shm_perm.cgid,
        "atime": ds.shm_atime,
        "dtime": ds.shm_dtime,
        "ctime": ds.shm_ctime,
        "shmid": segment,
    } == row
    assert (ds.shm_segsz, ds.shm_nattch, ds.shm_cpid) == (100, 1, os.getpid())
    assert 0 < ds.shm_ctime <= ds.shm_atime
    assert stat(segment).shm_dtime >= ds.shm_atime


def test_ipc_set_changes_owner_and_mode(segment: int) -> None:
    ds = stat(segment)
    ds.shm_perm.mode = 0o640
    assert ipc.shmctl(segment, ipc.IPC_SET, ds) == 0
    assert stat(segment).shm_perm.mode == 0o640


@pytest.mark.parametrize("size", [1, 2 * MEGABYTE])
def test_ipc_rmid_removes_and_needs_no_structure(make: Maker, size: int) -> None:
    for arguments in ((), (None,), (ipc.shmid_ds(),), (ipc.semun(),)):
        shmid = make.segment(size)
        assert ipc.shmctl(shmid, ipc.IPC_RMID, *arguments) == 0
        with fails_with(errno.EINVAL, "shmctl"):
            ipc.shmctl(shmid, ipc.IPC_STAT, ipc.shmid_ds())


def test_ipc_info_returns_the_limits(segment: int) -> None:
    info = ipc.shminfo()
    assert ipc.shmctl(0, ipc.IPC_INFO, info) >= 0
    for name in ("shmmni", "shmmax", "shmall"):
        value = int(Path("/proc/sys/kernel", name).read_text())
        if value > ULONG_MAX:  # a 64-bit kernel truncates it for 32-bit programs, see ipc/shm.c
            value = 2**31 - 1 if name == "shmmax" else value & ULONG_MAX
        assert getattr(info, name) == value
    assert info.shmmin == 1


def test_shm_info_returns_the_use(alone: None, make: Maker) -> None:
    make.segment(1)
    with ipc.shmat(make.segment(2 * PAGE)) as p:
        ipc.shmcpy_to(p, "x")
        info = ipc.shm_info()
        ipc.shmctl(0, ipc.SHM_INFO, info)
    assert (info.used_ids, info.shm_tot, info.shm_rss + info.shm_swp) == (2, 3, 1)


@pytest.mark.parametrize("size", [100, 2 * MEGABYTE])
def test_shm_lock_and_shm_unlock_show_in_the_mode(make: Maker, size: int) -> None:
    segment = make.segment(size)
    for cmd, locked in ((ipc.SHM_LOCK, ipc.SHM_LOCKED), (ipc.SHM_UNLOCK, 0)):
        assert ipc.shmctl(segment, cmd) == 0
        assert stat(segment).shm_perm.mode & ipc.SHM_LOCKED == locked


@pytest.mark.parametrize("allowed, expected", [(0, "EPERM"), (PAGE, "ENOMEM"), (4 * PAGE, "")])
def test_shm_lock_is_limited_by_rlimit_memlock(
    make: Maker, allowed: int, expected: str
) -> None:
    segment = make.segment(2 * PAGE)
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] in range(allowed):
        pytest.skip("the hard limit RLIMIT_MEMLOCK is too low")

    def become_limited() -> None:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (allowed, allowed))
        drop_capabilities()

    assert errno_in_child(become_limited, lambda: ipc.shmctl(segment, ipc.SHM_LOCK)) == expected


@pytest.mark.unwatched  # sanitizers replace mlockall(2) by a function that does nothing
def test_other_threads_run_while_a_segment_is_filled(make: Maker) -> None:
    """After mlockall(2) with MCL_FUTURE, shmat allocates every page of the segment."""
    said = run_child(
        """
import ctypes, errno, resource
libc = ctypes.CDLL(None, use_errno=True)
locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)
if libc.mlockall(2) != 0:
    print("SKIP")
    sys.exit()
counted, running = 0, True
def count():
    global counted
    while running:
        counted += 1
        time.sleep(0)
thread = threading.Thread(target=count)
thread.start()
sys.setswitchinterval(1e-5)
wait_until(lambda: counted)
most = 0
for attempt in range(21):
    before = counted
    try:
        p = ipc.shmat(ids[0])
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.ENOMEM):
            raise
        print("SKIP")
        break
    if attempt:  # the module remembers the size of the last segment
        most = max(most, counted - before)
    ipc.shmdt(p)
running = False
thread.join()
print(most)
""",
        make.segment(256 << 20),
    )
    if "SKIP" in said:
        pytest.skip("256 MiB cannot be locked")
    # During an attachment the thread counts to about ten thousand; with the GIL held, to 2 at most.
    assert int(said) > 500
