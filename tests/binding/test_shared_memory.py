# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SharedMemory does what the C calls do, and stays attached while its memory is used."""

import array
import errno
import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest

import ipc
from conftest import HUGE, Maker, drop_capabilities, errno_in_child, fails_with, row_of_proc


@pytest.fixture
def m() -> Iterator[ipc.SharedMemory]:
    m = ipc.SharedMemory(size=1000)
    yield m
    gc.collect()
    m.detach()
    m.remove()


def test_a_new_one(m: ipc.SharedMemory) -> None:
    row = row_of_proc("shm", m.id)
    assert m.created and m.size == 1000 and row["size"] == 1000 and row["nattch"] == 1
    assert bytes(m.buf) == bytes(1000) and int(m.address or 0) > 0 and not m.readonly
    assert "SharedMemory" in repr(m)


def test_by_its_key(make: Maker, key: int) -> None:
    with pytest.raises(FileNotFoundError):
        ipc.SharedMemory(key)
    with ipc.SharedMemory(key, 100, create=True, mode=0o640, remove_on_exit=True) as first:
        first.buf[:5] = b"hello"
        for second in ipc.SharedMemory(key), ipc.SharedMemory(key, 50, create=True):
            with second:
                assert (second.id, second.size, second.created) == (first.id, 100, False)
                assert second.buf[:5] == b"hello"
        assert row_of_proc("shm", first.id)["nattch"] == 1
        with fails_with(errno.EINVAL, "fewer"):
            ipc.SharedMemory(key, 101)
        with fails_with(errno.EEXIST):
            ipc.SharedMemory(key, 100, exclusive=True)
    with pytest.raises(FileNotFoundError):
        ipc.SharedMemory(key)


def test_by_its_id(make: Maker, key: int) -> None:
    shmid = make.segment(10, key)
    m = ipc.SharedMemory.from_id(shmid)
    assert (m.key, m.size, m.created, m.address) == (key, 10, False, None)
    with pytest.raises(ValueError):
        m.buf
    m.attach(readonly=True)
    m.attach()  # a second time does nothing
    assert m.readonly and m.buf.readonly and row_of_proc("shm", shmid)["nattch"] == 1
    m.detach()
    m.detach()
    m.attach(readonly=False)
    m.buf[0] = 1
    m.detach()
    assert row_of_proc("shm", shmid)["nattch"] == 0


def test_read_only(m: ipc.SharedMemory) -> None:
    with ipc.SharedMemory.from_id(m.id) as same:
        same.attach(readonly=True)
        with pytest.raises(TypeError):
            same.buf[0] = 1


def test_a_failed_attachment_leaves_no_segment(alone: None) -> None:
    with pytest.raises(OSError):
        ipc.SharedMemory(size=HUGE)
    refused = errno_in_child(drop_capabilities, lambda: ipc.SharedMemory(size=1, mode=0))
    assert refused == "EACCES"
    assert ipc.segments() == {}


def test_an_object_is_removed_only_on_request(make: Maker, key: int) -> None:
    shmid = make.segment(1, key)
    with ipc.SharedMemory(key):
        pass
    assert row_of_proc("shm", shmid)["nattch"] == 0
    with pytest.raises(ZeroDivisionError), ipc.SharedMemory(key, remove_on_exit=True):
        raise ZeroDivisionError
    assert shmid not in ipc.segments()


def test_it_cannot_be_detached_under_a_view(m: ipc.SharedMemory) -> None:
    view = m.buf
    with pytest.raises(BufferError):
        m.detach()
    view[0] = 7
    with pytest.raises(BufferError), m:
        pass
    view.release()
    m.detach()
    with pytest.raises(ValueError):
        m.buf
    m.attach()
    assert m.buf[0] == 7


def test_a_view_of_other_types(m: ipc.SharedMemory) -> None:
    numbers: Any = m.buf[: 8 * 10].cast("d")
    numbers[3] = 1.5
    assert array.array("d", m.buf[: 8 * 10].tobytes())[3] == 1.5
    numbers.release()


def test_an_array_of_numpy_is_the_memory(m: ipc.SharedMemory) -> None:
    numpy = pytest.importorskip("numpy")
    numbers = numpy.frombuffer(m.buf, dtype="int32")
    assert len(numbers) == 250 and not numbers.any()
    numbers[:] = range(250)
    with ipc.SharedMemory.from_id(m.id) as same:
        same.attach()
        assert same.buf[4 * 249] == 249
    with pytest.raises(BufferError):
        m.detach()
    assert numbers.sum() == sum(range(250))
    del numbers
    m.detach()


def test_one_that_is_forgotten_detaches(make: Maker) -> None:
    shmid = make.segment(1)
    m = ipc.SharedMemory.from_id(shmid)
    m.attach()
    view = m.buf
    del m
    assert row_of_proc("shm", shmid)["nattch"] == 1
    view[0] = 1
    del view
    gc.collect()
    assert row_of_proc("shm", shmid)["nattch"] == 0


def test_the_state_and_members_that_can_be_changed(m: ipc.SharedMemory) -> None:
    state = m.stat()
    assert isinstance(state, ipc.shmid_ds)
    assert (state.shm_segsz, state.shm_nattch, state.shm_cpid) == (1000, 1, os.getpid())
    m.set(mode=0o640, uid=os.geteuid(), gid=os.getegid())
    assert row_of_proc("shm", m.id)["perms"] == 0o640
    m.lock()
    assert m.stat().shm_perm.mode & ipc.SHM_LOCKED
    m.unlock()
    assert not m.stat().shm_perm.mode & ipc.SHM_LOCKED


def test_flags_for_shmget(alone: None) -> None:
    with ipc.SharedMemory(size=4096, shmflg=ipc.SHM_NORESERVE, remove_on_exit=True) as m:
        assert m.size == 4096


def test_all_segments(alone: None, make: Maker, key: int) -> None:
    assert ipc.segments() == {}
    ids = [make.segment(5), make.segment(7, key, 0)]
    found = ipc.segments()
    assert sorted(found) == sorted(ids)
    assert found[ids[1]].shm_segsz == 7 and found[ids[1]].shm_perm.key == key
