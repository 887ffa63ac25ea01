# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The class Semaphore."""

import os
import time
from typing import Any

import pytest

import ipc
from compat.conftest import as_nobody, blocked, differs, in_child, interrupted, row
from limits import HANG


def test_it_is_a_set_of_one(sysv_ipc: Any, key: int) -> None:
    ident = ipc.semget(key, 1, ipc.IPC_CREAT | 0o600)
    assert sysv_ipc.Semaphore(key).id == ident
    assert row(sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX))["nsems"] == 1


def test_initial_value(sysv_ipc: Any, key: int) -> None:
    made = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, 5)
    assert made.value == 5
    assert sysv_ipc.Semaphore(key, initial_value=7).value == 5
    assert sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX).value == 0
    highest = sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, initial_value=32767)
    assert highest.value == 32767
    made.value = 0
    with pytest.raises(sysv_ipc.ExistentialError):
        sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, initial_value=3)
    assert made.value == 0


def test_initial_value_with_creat_alone(sysv_ipc: Any, key: int) -> None:
    assert sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREAT, initial_value=3).value == 3


@differs("sets the value of an existing semaphore, which others may hold")
def test_initial_value_with_creat_alone_of_one_that_is_there(sysv_ipc: Any, key: int) -> None:
    sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX)
    assert sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREAT, initial_value=3).value == 0


def test_initial_value_of_a_read_only_one(sysv_ipc: Any) -> None:
    for mode, value in (0o400, 0), (0o577, 0), (0o200, 5), (0o620, 5):
        made = sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, mode, 5)
        assert made.value == value, oct(mode)


def test_initial_value_out_of_range(sysv_ipc: Any, key: int) -> None:
    for wrong in -1, 32768:
        with pytest.raises(ValueError):
            sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, 0o600, wrong)
    with pytest.raises(TypeError):
        sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, "1")


@differs("leaves a semaphore behind")
def test_initial_value_out_of_range_makes_nothing(sysv_ipc: Any, key: int) -> None:
    with pytest.raises(ValueError):
        sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, 32768)
    with pytest.raises(sysv_ipc.ExistentialError):
        sysv_ipc.Semaphore(key)


def test_initialization_that_is_documented(sysv_ipc: Any, key: int) -> None:
    """o_time is 0 until the first operation."""
    semaphore = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, initial_value=1)
    assert semaphore.o_time == 0
    semaphore.acquire()
    assert abs(semaphore.o_time - time.time()) < HANG
    assert semaphore.o_time == row(semaphore)["otime"]


def test_acquire_and_release(semaphore: Any) -> None:
    assert semaphore.release() is None
    semaphore.release(3)
    semaphore.release(delta=-2)
    assert semaphore.value == 6
    assert semaphore.acquire() is None
    semaphore.acquire(None, 2)
    semaphore.acquire(timeout=None, delta=-1)
    assert semaphore.value == 2
    semaphore.V()
    semaphore.V(2)
    semaphore.V(delta=2)
    semaphore.P()
    semaphore.P(None, 2)
    semaphore.P(timeout=1, delta=1)
    assert semaphore.value == 3


def test_delta_is_a_short_and_not_zero(semaphore: Any) -> None:
    for call in semaphore.release, lambda delta: semaphore.acquire(0, delta):
        with pytest.raises(ValueError):
            call(0)
        for wrong in 32769, -32769:
            with pytest.raises(OverflowError):
                call(wrong)
        for other in "1", 1.5, None:
            with pytest.raises(TypeError):
                call(other)
    assert semaphore.value == 0


@differs("waits until the value is 32768", run=False)
def test_the_lowest_short_has_no_absolute_value(semaphore: Any) -> None:
    with pytest.raises(OverflowError):
        semaphore.release(-32768)


def test_timeouts(sysv_ipc: Any, semaphore: Any) -> None:
    begin = time.monotonic()
    for call in semaphore.acquire, semaphore.P:
        for timeout in 0, 0.0, False, 0.01:
            with pytest.raises(sysv_ipc.BusyError):
                call(timeout)
        with pytest.raises(sysv_ipc.BusyError):
            call(timeout=0.01)
    assert 4 * 0.01 <= time.monotonic() - begin < HANG
    semaphore.Z(0)
    semaphore.Z(0.01)
    semaphore.release()
    for timeout in 0, 0.01:
        with pytest.raises(sysv_ipc.BusyError):
            semaphore.Z(timeout)
    with pytest.raises(sysv_ipc.BusyError):
        semaphore.Z(timeout=0)
    semaphore.acquire(0)
    assert semaphore.value == 0


def test_a_timeout_that_is_not_needed(semaphore: Any) -> None:
    worker = blocked(lambda: semaphore.acquire(HANG), semaphore.id)
    semaphore.release()
    assert worker.result() is None and semaphore.value == 0


def test_what_is_no_timeout(semaphore: Any) -> None:
    for call in semaphore.acquire, semaphore.Z:
        for wrong in -1, -0.001, "1", b"", [0]:
            with pytest.raises(TypeError):
                call(wrong)


@differs("raises an ExistentialError")
def test_a_timeout_that_does_not_fit(semaphore: Any) -> None:
    for wrong, error in (
        (float("nan"), TypeError),
        (float("inf"), OverflowError),
        (1e300, OverflowError),
    ):
        with pytest.raises(error):
            semaphore.acquire(wrong)


def test_it_waits(semaphore: Any) -> None:
    worker = blocked(semaphore.acquire, semaphore.id)
    assert (semaphore.waiting_for_nonzero, semaphore.waiting_for_zero) == (1, 0)
    semaphore.release()
    worker.result()
    semaphore.release()
    workers = [blocked(semaphore.Z, semaphore.id) for _ in range(2)]
    assert (semaphore.waiting_for_nonzero, semaphore.waiting_for_zero) == (0, 2)
    semaphore.acquire()
    for worker in workers:
        worker.result()
    assert (semaphore.waiting_for_nonzero, semaphore.waiting_for_zero) == (0, 0)


def test_without_block_nothing_waits(sysv_ipc: Any, semaphore: Any) -> None:
    assert semaphore.block is True
    semaphore.block = False
    assert semaphore.block is False
    for timeout in None, 0, 5:
        with pytest.raises(sysv_ipc.BusyError):
            semaphore.acquire(timeout)
    semaphore.release()
    for timeout in None, 0, 5:
        with pytest.raises(sysv_ipc.BusyError):
            semaphore.Z(timeout)
    semaphore.acquire()
    semaphore.Z()
    semaphore.block = 1
    assert semaphore.block is True
    blocked(semaphore.acquire, semaphore.id)
    semaphore.release()


def test_undo(sysv_ipc: Any, semaphore: Any) -> None:
    assert semaphore.undo is False
    semaphore.value = 5

    def value_after(undo: Any) -> int:
        pid = os.fork()
        if pid == 0:
            status = 255
            try:
                semaphore.undo = undo
                semaphore.acquire(0, 2)
                status = 10 * semaphore.undo + semaphore.value
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == (13 if undo else 3)
        return int(semaphore.value)

    assert value_after([1]) == 5
    assert value_after(True) == 5
    assert value_after(0) == 3
    semaphore.undo, semaphore.block = True, False
    assert (semaphore.undo, semaphore.block) == (True, False)
    semaphore.undo = False
    assert (semaphore.undo, semaphore.block) == (False, False)


def test_value(sysv_ipc: Any, semaphore: Any) -> None:
    for value in 32767, 1, True, 0:
        semaphore.value = value
        assert semaphore.value == value
    semaphore.value = 3
    for wrong in -1, 32768, 99999, 2**40:
        with pytest.raises(ValueError):
            semaphore.value = wrong
    with pytest.raises(TypeError):
        semaphore.value = 1.5
    assert semaphore.value == 3


def test_the_highest_value(sysv_ipc: Any, semaphore: Any) -> None:
    semaphore.value = sysv_ipc.SEMAPHORE_VALUE_MAX
    with pytest.raises(ValueError):
        semaphore.release()
    assert semaphore.value == sysv_ipc.SEMAPHORE_VALUE_MAX


def test_last_pid(semaphore: Any) -> None:
    pid = in_child(semaphore.release)
    assert semaphore.last_pid == pid
    semaphore.acquire()
    assert semaphore.last_pid == os.getpid()


def test_context_manager(sysv_ipc: Any, semaphore: Any) -> None:
    semaphore.value = 1
    with semaphore as entered:
        assert entered is semaphore and semaphore.value == 0
    assert semaphore.value == 1
    with pytest.raises(ZeroDivisionError):
        with semaphore:
            assert semaphore.value == 0
            raise ZeroDivisionError
    assert semaphore.value == 1
    assert semaphore.__enter__() is semaphore
    assert semaphore.__exit__(None, None, None) is None
    semaphore.acquire()
    semaphore.block = False
    with pytest.raises(sysv_ipc.BusyError):
        semaphore.__enter__()


def test_a_semaphore_that_is_gone(sysv_ipc: Any, semaphore: Any) -> None:
    semaphore.remove()
    calls = [semaphore.acquire, semaphore.release, semaphore.Z, lambda: semaphore.acquire(1)]
    calls += [semaphore.__enter__, semaphore.__exit__, lambda: setattr(semaphore, "value", 1)]
    for call in calls:
        with pytest.raises(sysv_ipc.ExistentialError):
            call()
    for attribute in "value last_pid waiting_for_zero waiting_for_nonzero o_time".split():
        with pytest.raises(sysv_ipc.ExistentialError):
            getattr(semaphore, attribute)


@pytest.mark.parametrize("method", ["acquire", "Z"])
def test_a_semaphore_that_is_removed_meanwhile(
    sysv_ipc: Any, semaphore: Any, method: str
) -> None:
    semaphore.value = method == "Z"
    worker = blocked(getattr(semaphore, method), semaphore.id)
    semaphore.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        worker.result()


def test_what_another_user_may_do_with_a_semaphore(sysv_ipc: Any, semaphore: Any) -> None:
    semaphore.mode = 0o604
    refused = [semaphore.acquire, semaphore.release, lambda: setattr(semaphore, "value", 1)]
    for call in [*refused, lambda: semaphore.acquire(1)]:
        assert as_nobody(call) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: (semaphore.Z(), semaphore.value, semaphore.o_time)) is None
    semaphore.mode = 0o600
    for call in semaphore.Z, lambda: semaphore.value, lambda: semaphore.waiting_for_zero:
        assert as_nobody(call) is sysv_ipc.PermissionsError


def test_the_first_of_a_set(sysv_ipc: Any, key: int) -> None:
    semid = ipc.semget(key, 3, ipc.IPC_CREAT | 0o600)
    semaphore = sysv_ipc.Semaphore(key)
    semaphore.release()
    assert ipc.semctl(semid, 0, ipc.GETALL) == [1, 0, 0]


@differs("ends the call with an Error", run=False)
@pytest.mark.parametrize("timeout", [None, HANG])
def test_a_signal_does_not_end_acquire(semaphore: Any, timeout: float | None) -> None:
    assert interrupted(semaphore, lambda: semaphore.acquire(timeout), semaphore.release) == 3


@differs("ends the call with an Error", run=False)
def test_a_signal_does_not_end_z(semaphore: Any) -> None:
    semaphore.release()
    assert interrupted(semaphore, semaphore.Z, semaphore.acquire) == 3
