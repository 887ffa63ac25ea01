# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SemaphoreSet and Semaphore do what the C functions do, and no process sees a new set before it
has its values."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import (
    Maker,
    Worker,
    become_nobody,
    errno_in_child,
    fails_with,
    row_of_proc,
)
from limits import HANG


@pytest.fixture
def s() -> Iterator[ipc.SemaphoreSet]:
    with ipc.SemaphoreSet(nsems=3, values=[1, 0, 5], remove_on_exit=True) as s:
        yield s


# ---- made, opened, removed


def test_a_new_set_has_its_values_and_is_ready(s: ipc.SemaphoreSet) -> None:
    assert s.created and len(s) == 3 and s.values == [1, 0, 5]
    state = s.stat()
    assert isinstance(state, ipc.semid_ds) and state.sem_otime > 0 and state.sem_nsems == 3
    assert [one.pid for one in s] == [os.getpid()] * 3
    assert "SemaphoreSet" in repr(s) and "Semaphore 1" in repr(s[1])


@pytest.mark.parametrize("values", [0, 1, ipc.SEMVMX, [0, 7], [ipc.SEMVMX, 0]])
def test_any_values(values: Any) -> None:
    with ipc.SemaphoreSet(nsems=2, values=values, remove_on_exit=True) as s:
        assert s.values == ([values] * 2 if isinstance(values, int) else values)
        assert s.stat().sem_otime > 0


@pytest.mark.parametrize("values", [[1], [1, 2, 3], [1, -1], [1, ipc.SEMVMX + 1], ["x", 1]])
def test_wrong_values_leave_no_set(alone: None, values: Any) -> None:
    with pytest.raises((ValueError, OverflowError, TypeError, OSError)):
        ipc.SemaphoreSet(nsems=2, values=values)
    assert ipc.semaphore_sets() == {}


def test_by_its_key(make: Maker, key: int) -> None:
    with pytest.raises(FileNotFoundError):
        ipc.SemaphoreSet(key)
    with ipc.SemaphoreSet(key, 2, values=3, create=True, remove_on_exit=True) as first:
        for second in ipc.SemaphoreSet(key, 0), ipc.SemaphoreSet(key, 2, create=True, values=1):
            assert (second.id, second.created, len(second)) == (first.id, False, 2)
            assert second.values == [3, 3]
        with fails_with(errno.EEXIST):
            ipc.SemaphoreSet(key, exclusive=True)
        with fails_with(errno.EINVAL, "fewer"):
            ipc.SemaphoreSet(key, 3)
        found = ipc.SemaphoreSet.from_id(first.id)
        assert (found.key, len(found), found.created) == (key, 2, False)


MAKING = 0o200  # the mode of a set whose creator has not set the values yet


def in_the_making(key: int) -> int:
    return ipc.semget(key, 1, ipc.IPC_CREAT | ipc.IPC_EXCL | MAKING)


def make_ready(semid: int) -> None:
    """Gives a set its values as its creator does."""
    ipc.semctl(semid, 0, ipc.SETVAL, 7)
    ipc.semop(semid, [(0, 1, 0)])
    state = ipc.semid_ds()
    state.sem_perm.uid, state.sem_perm.gid, state.sem_perm.mode = os.geteuid(), os.getegid(), 0o600
    ipc.semctl(semid, 0, ipc.IPC_SET, state)


def test_opening_waits_for_the_values(make: Maker, key: int) -> None:
    """The creator has made the set but has not set the values."""
    semid = in_the_making(key)
    try:
        begin = time.monotonic()
        with pytest.raises(TimeoutError, match="has not set the values"):
            ipc.SemaphoreSet(key, ready_timeout=0.05)
        assert time.monotonic() - begin >= 0.05
        worker = Worker(lambda: ipc.SemaphoreSet(key, create=True).values, semid)
        time.sleep(0.001)  # a longer wait tests more, but no result depends on it
        make_ready(semid)
        assert worker.result() == [8]
    finally:
        ipc.semctl(semid, 0, ipc.IPC_RMID)


def test_opening_starts_again_if_the_creator_failed(make: Maker, key: int) -> None:
    semid = in_the_making(key)
    opened: list[ipc.SemaphoreSet] = []
    looked = threading.Event()

    class Set(ipc.SemaphoreSet):
        def stat(self) -> ipc.semid_ds:
            looked.set()
            return super().stat()

    worker = Worker(lambda: opened.append(Set(key, create=True, values=4)), semid)
    assert looked.wait(HANG)
    ipc.semctl(semid, 0, ipc.IPC_RMID)
    worker.result()
    (made,) = opened
    assert made.created and made.values == [4]
    made.remove()


@pytest.mark.parametrize("mode", [0o600, 0o622, 0o666, 0o400])
def test_a_set_of_another_program_is_opened_at_once(key: int, mode: int) -> None:
    """A set from C functions or ipcmk has sem_otime 0 and may keep it for ever."""
    semid = ipc.semget(key, 3, ipc.IPC_CREAT | ipc.IPC_EXCL | mode)
    try:
        s = ipc.SemaphoreSet(key, 2)
        assert (s.id, s.nsems, s.created) == (semid, 3, False)
        assert ipc.Semaphore(key).id == semid
        with pytest.raises(TimeoutError, match="sem_otime is 0"):
            ipc.Semaphore(key, ready_timeout=0.01)
    finally:
        ipc.semctl(semid, 0, ipc.IPC_RMID)


def test_a_set_that_may_be_altered_and_not_read(make: Maker, key: int) -> None:
    semid = ipc.semget(key, 2, ipc.IPC_CREAT | ipc.IPC_EXCL | 0o622)

    def use() -> None:
        s = ipc.SemaphoreSet(key, 1)
        assert s.nsems == 2
        s[1].release()
        assert s[1].acquire(timeout=0)
        assert not s[1].acquire(timeout=0)

    try:
        assert errno_in_child(become_nobody, use) == ""
    finally:
        ipc.semctl(semid, 0, ipc.IPC_RMID)


def test_no_process_sees_a_set_without_its_values(make: Maker, key: int) -> None:
    """Several processes make or open the same set at the same time, repeatedly."""
    start, done = make.semset(2), make.semset(1)
    run_child(
        """
start, done = ids[:2]
KEY, ROUNDS, N = %d, 300, 4
children = []
for n in range(N):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            for round in range(ROUNDS):
                ipc.semop(start, [(round %% 2, -1, 0)])
                s = ipc.SemaphoreSet(KEY, 2, values=[9, 8], create=True)
                assert s.values == [9, 8], s.values
                ipc.semop(done, [(0, 1, 0)])
            status = 0
        finally:
            os._exit(status)
    children.append(pid)
made = 0
for round in range(ROUNDS):
    ipc.semop(start, [(round %% 2, N, 0)])
    ipc.semtimedop(done, [(0, -N, 0)], timeout=1800)
    ipc.SemaphoreSet(KEY, 0).remove()
assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * N
"""
        % key,
        start,
        done,
    )


# ---- operations


def test_operations(s: ipc.SemaphoreSet) -> None:
    s.operate([(0, -1, 0), (1, 1, 0)])
    s.operate(ipc.sembuf(2, -2))
    assert s.values == [0, 1, 3]
    with pytest.raises(BlockingIOError):
        s.operate([(0, -1, ipc.IPC_NOWAIT)])
    with pytest.raises(BlockingIOError):
        s.operate([(0, -1, ipc.IPC_NOWAIT)], timeout=100)
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out"):
        s.operate([(2, -1, 0), (0, -1, 0)], timeout=0.05)
    assert time.monotonic() - begin >= 0.05 and s.values == [0, 1, 3]
    s.values = [2, 2, 2]
    assert s.values == [2, 2, 2]


def test_operations_with_undo_are_undone(s: ipc.SemaphoreSet) -> None:
    run_child(
        """
s = ipc.SemaphoreSet.from_id(ids[0])
s.operate([(0, -1, 0), ipc.sembuf(1, 1)], undo=True)
s.operate(ipc.sembuf(2, 1), undo=True)
one = s[2]
one.undo = True
one.acquire(2)
assert s.values == [0, 1, 4]
""",
        s.id,
    )
    assert s.values == [1, 0, 5]


def test_one_of_a_set(s: ipc.SemaphoreSet) -> None:
    assert [one.value for one in s] == [1, 0, 5]
    assert s[-1].num == 2 and s[1].set is s and (s[1].id, s[1].key) == (s.id, s.key)
    for wrong in 3, -4:
        with pytest.raises(IndexError):
            s[wrong]
    s[1].value = 3
    s[1].release()
    s[1].acquire(2)
    assert s.values == [1, 2, 5] and not s[0].undo
    for wrong in 0, -1:
        with pytest.raises(ValueError):
            s[1].acquire(wrong)
        with pytest.raises(ValueError):
            s[1].release(wrong)
    with fails_with(errno.ERANGE):
        s[1].release(ipc.SEMVMX)


def test_a_semaphore_of_its_own(key: int) -> None:
    one = ipc.Semaphore(key, 2, exclusive=True)
    try:
        assert one.value == 2 and one.key == key and one.num == 0 and len(one.set) == 1
        with one, ipc.Semaphore(key) as same:
            assert same.id == one.id and one.value == 0
            assert one.acquire(timeout=0) is False
        assert one.value == 2
    finally:
        one.remove()
    with pytest.raises(FileNotFoundError):
        ipc.Semaphore(key)


def test_it_waits_and_is_counted(s: ipc.SemaphoreSet) -> None:
    more = Worker(lambda: s[1].acquire(2, timeout=HANG), s.id)
    zero = Worker(lambda: s[0].wait_for_zero(), s.id)
    more.wait_until_blocked()
    zero.wait_until_blocked()
    assert (s[1].waiting, s[0].waiting_for_zero) == (1, 1)
    assert (s[0].waiting, s[1].waiting_for_zero) == (0, 0)
    s[1].release(2)
    s[0].acquire()
    more.result()
    zero.result()
    with pytest.raises(TimeoutError, match="timed out"):
        s[2].wait_for_zero(timeout=0.01)


def test_a_removal_ends_a_wait(s: ipc.SemaphoreSet) -> None:
    worker = Worker(lambda: s[1].acquire(), s.id)
    worker.wait_until_blocked()
    s.remove()
    with fails_with(errno.EIDRM):
        worker.result()


# ---- the set itself


def test_members_that_can_be_changed(s: ipc.SemaphoreSet) -> None:
    s.set(mode=0o640, uid=os.geteuid(), gid=os.getegid())
    row = row_of_proc("sem", s.id)
    assert (row["perms"], row["uid"], row["gid"]) == (0o640, os.geteuid(), os.getegid())


def test_all_sets(alone: None, make: Maker, key: int) -> None:
    assert ipc.semaphore_sets() == {}
    ids = [make.semset(2), make.semset(3, key, 0)]
    found = ipc.semaphore_sets()
    assert sorted(found) == sorted(ids)
    assert found[ids[1]].sem_nsems == 3 and found[ids[1]].sem_perm.key == key
