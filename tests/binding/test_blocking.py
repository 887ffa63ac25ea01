# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""While a call waits, other threads run, signals are handled (PEP 475) and timeouts expire."""

import errno
import itertools
import signal
import struct
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import pytest

import ipc
from conftest import Limit, Maker, Worker, fails_with, is_blocked, message, room, wait_until
from programs import Facts


class Wait(NamedTuple):
    """A call that waits, and the object that makes it wait."""

    prepare: Callable[[Maker], int]
    call: Callable[[int], int]
    unblock: Callable[[int], object]
    remove: Callable[[int], object]
    returned: int = 0


def full_queue(make: Maker) -> int:
    msqid, ds = make.queue(), ipc.msqid_ds()
    ipc.msgctl(msqid, ipc.IPC_STAT, ds)
    ds.msg_qbytes = 8
    ipc.msgctl(msqid, ipc.IPC_SET, ds)
    ipc.msgsnd(msqid, message("12345678", 2))
    return msqid


def semset_of_one(make: Maker) -> int:
    semid = make.semset(3)
    ipc.semctl(semid, 0, ipc.SETVAL, 1)
    return semid


def remove_queue(msqid: int) -> None:
    ipc.msgctl(msqid, ipc.IPC_RMID)


def remove_semset(semid: int) -> None:
    ipc.semctl(semid, 0, ipc.IPC_RMID)


def wait_of_semaphores(call: Callable[[int], int]) -> Wait:
    """The call waits until the first value, 1, is 0, or until the second value rises."""

    def unblock(semid: int) -> None:
        ipc.semop(semid, [(0, -1, 0), (1, 1, 0)])

    return Wait(semset_of_one, call, unblock, remove_semset)


def raw_message() -> bytearray:
    return bytearray(struct.calcsize("@l") + 64)


WAITS = {
    "msgrcv": Wait(
        lambda make: make.queue(),
        lambda msqid: ipc.msgrcv(msqid, room(64)),
        lambda msqid: ipc.msgsnd(msqid, message("hello")),
        remove_queue,
        5,
    ),
    "msgrcv of a type": Wait(
        full_queue,
        lambda msqid: ipc.msgrcv(msqid, raw_message(), 3, 1, ipc.MSG_NOERROR),
        lambda msqid: (ipc.msgrcv(msqid, room(8)), ipc.msgsnd(msqid, message("hello"))),
        remove_queue,
        3,
    ),
    "msgsnd": Wait(
        full_queue,
        lambda msqid: ipc.msgsnd(msqid, message("hello")),
        lambda msqid: ipc.msgrcv(msqid, room(64), None, 2),
        remove_queue,
    ),
    "semop for zero": wait_of_semaphores(lambda semid: ipc.semop(semid, [(0, 0, 0)])),
    "semop for more": wait_of_semaphores(lambda semid: ipc.semop(semid, [(1, -1, 0)])),
    "semop for zero, by a sembuf": wait_of_semaphores(
        lambda semid: ipc.semop(semid, ipc.sembuf(0, 0, 0))
    ),
    "semop for more, by a sembuf": wait_of_semaphores(
        lambda semid: ipc.semop(semid, ipc.sembuf(1, -1, 0))
    ),
    "semop of many": wait_of_semaphores(
        lambda semid: ipc.semop(semid, [(2, 1, 0)] * 20 + [(1, -1, 0)])
    ),
    "semop, the last without waiting": wait_of_semaphores(
        lambda semid: ipc.semop(semid, [(1, -1, 0), (0, 0, ipc.IPC_NOWAIT)])
    ),
    "semtimedop for ever": wait_of_semaphores(lambda semid: ipc.semtimedop(semid, [(0, 0, 0)])),
    "semtimedop for ever, by a sembuf": wait_of_semaphores(
        lambda semid: ipc.semtimedop(semid, ipc.sembuf(0, 0, 0))
    ),
    "semtimedop for long": wait_of_semaphores(
        lambda semid: ipc.semtimedop(semid, [(1, -1, 0)], None, 600)
    ),
}


@pytest.fixture(params=WAITS)
def wait(request: pytest.FixtureRequest) -> Wait:
    return WAITS[request.param]


# ---- other threads ------------------------------------------------------------------------


def test_other_threads_run_while_one_waits(make: Maker, wait: Wait) -> None:
    for _ in range(3):  # the first call is tried with IPC_NOWAIT, later ones are not
        ident = wait.prepare(make)
        worker = Worker(lambda: wait.call(ident), ident)
        worker.wait_until_blocked()  # this thread runs
        wait.unblock(ident)
        assert worker.result() == wait.returned


def test_a_removed_object_ends_the_wait_with_eidrm(make: Maker, wait: Wait) -> None:
    ident = wait.prepare(make)
    worker = Worker(lambda: wait.call(ident), ident)
    worker.wait_until_blocked()
    wait.remove(ident)
    with fails_with(errno.EIDRM):
        worker.result()


def test_waiters_are_counted(make: Maker) -> None:
    semid = semset_of_one(make)
    counts = {"semop for zero": (0, ipc.GETZCNT), "semop for more": (1, ipc.GETNCNT)}
    workers = []
    for name, (semnum, cmd) in counts.items():
        for n in (1, 2):
            workers.append(Worker(partial(WAITS[name].call, semid), semid))
            wait_until(lambda: ipc.semctl(semid, semnum, cmd) == n, f"{n} wait: {name}")
    ipc.semctl(semid, 0, ipc.SETALL, [0, 2, 0])
    for worker in workers:
        worker.result()


def test_a_call_after_a_wait_behaves_as_before(make: Maker, queue: int) -> None:
    """After a call that had to wait, the next calls do not try without waiting first."""
    worker = Worker(lambda: ipc.msgrcv(queue, room(64)), queue)
    worker.wait_until_blocked()
    ipc.msgsnd(queue, message("x"))
    worker.result()
    m = room(64)
    for n in range(200):
        text = str(n).encode()
        ipc.msgsnd(queue, message(text))
        with fails_with(errno.EINVAL):  # without IPC_NOWAIT, see msgop(2)
            ipc.msgrcv(queue, m, None, 0, ipc.MSG_COPY)
        with fails_with(errno.E2BIG):
            ipc.msgrcv(queue, m, 0)
        assert (ipc.msgrcv(queue, m), m.mtext) == (len(text), text)
        with fails_with(errno.ENOMSG):
            ipc.msgrcv(queue, m, None, 0, ipc.IPC_NOWAIT)


def test_operations_of_the_caller_are_not_flagged(make: Maker) -> None:
    semid = semset_of_one(make)
    sembuf = ipc.sembuf(1, -1, 0)
    buffer = array("h", [1, -1, 0])
    forms: list[Any] = [sembuf, [sembuf], buffer]
    for sops in forms:
        worker = Worker(lambda: ipc.semop(semid, sops), semid)
        worker.wait_until_blocked()
        assert (sembuf, list(buffer)) == (ipc.sembuf(1, -1, 0), [1, -1, 0])
        ipc.semop(semid, [(1, 1, 0)])
        worker.result()
    assert (sembuf, list(buffer)) == (ipc.sembuf(1, -1, 0), [1, -1, 0])


@pytest.mark.parametrize("form", ["sembuf", "list", "list of a tuple"])
def test_a_waiting_operation_does_not_change(make: Maker, form: str) -> None:
    """The sembuf may change meanwhile; after a signal the call waits for the old operation."""
    semid = semset_of_one(make)
    sembuf = ipc.sembuf(1, -1, 0)
    sops: Any = sembuf
    if form != "sembuf":
        sops = [(1, -1, 0)] if form == "list of a tuple" else [ipc.sembuf(1, -1, 0)]

    def change() -> None:
        if isinstance(sops, list):
            sops.clear()  # the list had the only reference to the operation
        sembuf.sem_num, sembuf.sem_op = 2, -2
        ipc.semctl(semid, 0, ipc.SETALL, [0, 1, 1])  # enough for the old operation

    with handler(change):
        helper = Worker(lambda: interrupt_main(semid), semid)
        assert ipc.semtimedop(semid, sops, None, 600) == 0
        helper.result()
    assert ipc.semctl(semid, 0, ipc.GETALL) == [0, 0, 1]


def test_memory_of_a_waiting_call_cannot_move(queue: int) -> None:
    m, buffer = room(8), raw_message()
    targets: list[tuple[Any, Callable[[], None]]] = [
        (m, lambda: setattr(m, "mtext", b"longer than that")),
        (buffer, lambda: buffer.extend(b"longer")),
    ]
    for target, grow in targets:
        worker = Worker(lambda: ipc.msgrcv(queue, target), queue)
        worker.wait_until_blocked()
        with pytest.raises(BufferError):
            grow()
        ipc.msgsnd(queue, message("hello"))
        assert worker.result() == 5
        grow()


def test_memory_that_is_sent_cannot_move(make: Maker) -> None:
    msqid, m = full_queue(make), message("hello")
    worker = Worker(lambda: ipc.msgsnd(msqid, m), msqid)
    worker.wait_until_blocked()
    with pytest.raises(BufferError):
        m.mtext = b"longer than that"
    ipc.msgrcv(msqid, room(8))
    worker.result()
    m.mtext = b"longer than that"


def test_an_object_stays_alive_while_a_call_waits_with_it(queue: int) -> None:
    worker = Worker(lambda: ipc.msgrcv(queue, room(2000)), queue)
    worker.wait_until_blocked()
    ipc.msgsnd(queue, message(b"x" * 2000))
    assert worker.result() == 2000


# ---- long calls that do not wait ----------------------------------------------

LARGE = 32 * 2**20


def attach_touched(make: Maker) -> ipc.shm_address:
    """A large attachment with all pages in memory; its segment ends with it."""
    shmid = make.segment(LARGE)
    p = ipc.shmat(shmid)
    ipc.shmctl(shmid, ipc.IPC_RMID)
    ipc.shmcpy_to(p, bytes(LARGE))
    return p


def touched_segment(make: Maker) -> int:
    shmid = make.segment(LARGE)
    with ipc.shmat(shmid) as p:
        ipc.shmcpy_to(p, bytes(LARGE))
    return shmid


LARGE_MESSAGE = bytearray(b"\1" * (4 * 2**20))


def queue_of_one(make: Maker) -> int:
    msqid = make.queue()
    ipc.msgsnd(msqid, LARGE_MESSAGE)
    return msqid


LONG: dict[str, tuple[Callable[[Maker], Any], Callable[[Any], object]]] = {
    "shmcpy_to": (attach_touched, lambda p: ipc.shmcpy_to(p, bytes(LARGE))),
    "shmcpy_from": (attach_touched, lambda p: ipc.shmcpy_from(p, LARGE)),
    "shmdt": (attach_touched, ipc.shmdt),
    "shmctl IPC_RMID": (touched_segment, lambda shmid: ipc.shmctl(shmid, ipc.IPC_RMID)),
    "msgsnd": (
        lambda make: make.queue(),
        lambda msqid: ipc.msgsnd(msqid, LARGE_MESSAGE, None, ipc.IPC_NOWAIT),
    ),
    "msgrcv": (
        queue_of_one,
        lambda msqid: ipc.msgrcv(msqid, LARGE_MESSAGE, None, 0, ipc.IPC_NOWAIT),
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_other_threads_run_while_much_is_copied_or_freed(
    make: Maker, limit: Limit, name: str
) -> None:
    """A thread that always requests the GIL gets it when a call releases it."""
    if name.startswith("msg"):
        limit("msgmnb", len(LARGE_MESSAGE))
        limit("msgmax", len(LARGE_MESSAGE))
    prepare, call = LONG[name]
    turns, done = [0], threading.Event()

    def take_turns() -> None:
        while not done.is_set():
            turns[0] += 1
            time.sleep(0)

    def lets_go() -> bool:
        make.cleanup.close()  # removes the objects of the previous call
        given = prepare(make)
        before = turns[0]
        call(given)
        return turns[0] > before

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # no thread is forced to release the GIL
    other = threading.Thread(target=take_turns, daemon=True)
    other.start()
    try:
        wait_until(lets_go, "the other thread has run meanwhile")
    finally:
        done.set()
        sys.setswitchinterval(interval)
        other.join()


# ---- signals -----------------------------------------------------------------------------


class Handled(Exception):
    pass


@pytest.fixture(autouse=True, scope="module")
def a_late_signal_does_no_harm() -> Iterator[None]:
    old = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, old)


@contextmanager
def handler(function: Callable[[], object]) -> Iterator[None]:
    old = signal.signal(signal.SIGUSR1, lambda *_: function())
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, old)


def interrupt_main(ident: int) -> None:
    """Sends the signal to the main thread when that thread waits on the object."""
    main = threading.main_thread()
    wait_until(lambda: is_blocked(main.native_id or 0, ident), "the main thread waits")
    signal.pthread_kill(main.ident or 0, signal.SIGUSR1)


def test_a_call_goes_on_after_a_signal(make: Maker, wait: Wait) -> None:
    ident, handled = wait.prepare(make), itertools.count()
    ran = threading.Event()

    def handle() -> None:
        next(handled)
        ran.set()

    def interrupt_three_times() -> None:
        for _ in range(3):
            ran.clear()
            interrupt_main(ident)
            wait_until(ran.is_set, "the handler has run")
        wait_until(
            lambda: is_blocked(threading.main_thread().native_id or 0, ident), "it waits again"
        )
        wait.unblock(ident)

    with handler(handle):
        helper = Worker(interrupt_three_times, ident)
        assert wait.call(ident) == wait.returned
        helper.result()
    assert next(handled) == 3


def test_a_handler_that_raises_ends_the_call(make: Maker, wait: Wait) -> None:
    def refuse() -> None:
        raise Handled

    ident = wait.prepare(make)
    with handler(refuse):
        helper = Worker(lambda: interrupt_main(ident), ident)
        with pytest.raises(Handled):
            wait.call(ident)
        helper.result()
    # The interrupted call changed nothing: a second call waits and succeeds.
    worker = Worker(lambda: wait.call(ident), ident)
    worker.wait_until_blocked()
    wait.unblock(ident)
    assert worker.result() == wait.returned


def test_a_handler_may_end_the_wait_itself(make: Maker, wait: Wait) -> None:
    ident = wait.prepare(make)
    with handler(lambda: wait.unblock(ident)):
        helper = Worker(lambda: interrupt_main(ident), ident)
        assert wait.call(ident) == wait.returned
        helper.result()


def test_a_handler_may_remove_the_object(make: Maker, wait: Wait) -> None:
    ident = wait.prepare(make)
    with handler(lambda: wait.remove(ident)):
        helper = Worker(lambda: interrupt_main(ident), ident)
        # EIDRM if the call still waits; EINVAL if it starts again after the handler.
        with pytest.raises(OSError) as caught:
            wait.call(ident)
        helper.result()
    assert caught.value.errno in (errno.EIDRM, errno.EINVAL)


# ---- timeouts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timeout, seconds",
    [(0, 0), (0.0, 0), (-0.0, 0), ((0, 0), 0), (0.02, 0.02), ((0, 20_000_000), 0.02)],
)
def test_a_timeout_is_eagain_and_not_before_its_time(
    semset: int, timeout: float | tuple[int, int], seconds: float
) -> None:
    for _ in range(2):
        begin = time.monotonic()
        with fails_with(errno.EAGAIN, "semtimedop"):
            ipc.semtimedop(semset, [(0, -1, 0)], None, timeout)
        assert time.monotonic() - begin >= seconds


@pytest.mark.parametrize("timeout", [0.3, 1.05])
def test_a_signal_does_not_change_a_timeout(semset: int, timeout: float) -> None:
    """Signals arrive faster than the timeout; if they restarted it, the call would never end."""
    done = threading.Event()

    def interrupt_until_done() -> int:
        main, sent = threading.main_thread(), 0
        while not done.is_set():
            if is_blocked(main.native_id or 0, semset):
                with suppress(ProcessLookupError):
                    signal.pthread_kill(main.ident or 0, signal.SIGUSR1)
                sent += 1
            done.wait(0.005)
        return sent

    sent = 0
    while sent <= 1:  # on a busy machine one wait may have fewer signals
        done.clear()
        with handler(lambda: None):
            helper = Worker(interrupt_until_done, semset)
            # The remaining time is calculated across the end of a second.
            wait_until(lambda: time.monotonic() % 1 > 0.8, "a second is almost over")
            begin = time.monotonic()
            try:
                with fails_with(errno.EAGAIN, "semtimedop"):
                    ipc.semtimedop(semset, [(0, -1, 0)], None, timeout)
                elapsed = time.monotonic() - begin
            finally:
                done.set()
            sent = helper.result()
        assert elapsed >= timeout


def test_a_handler_may_outlast_a_timeout(semset: int) -> None:
    end = time.monotonic() + 0.1

    def outlast() -> None:
        wait_until(lambda: time.monotonic() > end, "the time is over")

    with handler(outlast):
        helper = Worker(lambda: interrupt_main(semset), semset)
        with fails_with(errno.EAGAIN, "semtimedop"):
            ipc.semtimedop(semset, [(0, -1, 0)], None, max(0, end - time.monotonic()))
        # Make calls until the helper has seen one of them wait.
        while helper.is_alive():
            with fails_with(errno.EAGAIN, "semtimedop"):
                ipc.semtimedop(semset, [(0, -1, 0)], None, 0.1)
        helper.result()


@pytest.mark.parametrize(
    "timeout", [None, 0, 1, 0.5, 1e-9, (5, 0), (0, 999_999_999), 2**31 - 1, True]
)
def test_a_timeout_does_not_matter_where_nothing_waits(semset: int, timeout: Any) -> None:
    assert ipc.semtimedop(semset, [(0, 1, 0)], None, timeout) == 0
    assert ipc.semctl(semset, 0, ipc.GETVAL) == 1


def test_a_timeout_has_the_range_of_time_t(semset: int, facts: Facts) -> None:
    """time_t has 32 bits on old 32-bit systems."""
    _, most = facts.member["semid_ds", "sem_otime"].range
    assert ipc.semtimedop(semset, [(0, 1, 0)], None, min(most, 2**60)) == 0
    with pytest.raises(OverflowError):
        ipc.semtimedop(semset, [(0, 1, 0)], None, most + 1)
    assert ipc.semctl(semset, 0, ipc.GETVAL) == 1


@pytest.mark.parametrize(
    "timeout, error",
    [
        (float("nan"), ValueError),
        (float("inf"), OverflowError),
        (-float("inf"), OverflowError),
        (1e30, OverflowError),
        (2**64, OverflowError),
        ((2**64, 0), OverflowError),
        ((0, 2**64), OverflowError),
        ("1", TypeError),
        (b"1", TypeError),
        ((1,), TypeError),
        ((1, 2, 3), TypeError),
        ((1.5, 0), TypeError),
        ((0, 1.5), TypeError),
        ([1, 0], TypeError),
        ((None, 0), TypeError),
    ],
)
def test_a_timeout_that_is_no_number_of_seconds_is_refused(
    semset: int, timeout: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="timeout"):
        ipc.semtimedop(semset, [(0, 1, 0)], None, timeout)
    assert ipc.semctl(semset, 0, ipc.GETVAL) == 0


# ---- IPC_NOWAIT --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prepare, call, code",
    [
        (
            lambda make: make.queue(),
            lambda ident: ipc.msgrcv(ident, room(64), None, 0, ipc.IPC_NOWAIT),
            errno.ENOMSG,
        ),
        (
            full_queue,
            lambda ident: ipc.msgsnd(ident, message("x"), None, ipc.IPC_NOWAIT),
            errno.EAGAIN,
        ),
        (semset_of_one, lambda ident: ipc.semop(ident, [(0, 0, ipc.IPC_NOWAIT)]), errno.EAGAIN),
        (
            semset_of_one,
            lambda ident: ipc.semop(ident, [(0, -1, 0), (1, -1, ipc.IPC_NOWAIT)]),
            errno.EAGAIN,
        ),
        (
            semset_of_one,
            lambda ident: ipc.semtimedop(ident, [(0, 0, ipc.IPC_NOWAIT)], None, 600),
            errno.EAGAIN,
        ),
    ],
)
def test_ipc_nowait_does_not_wait(
    make: Maker, prepare: Callable[[Maker], int], call: Callable[[int], object], code: int
) -> None:
    ident = prepare(make)
    for _ in range(3):
        with fails_with(code):
            call(ident)
