# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Timeouts of msgsnd and msgrcv, and the signal by which a timer ends a call."""

import asyncio
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ipc
from child import run_child
from conftest import Maker, Worker, message
from limits import HANG

SIGNALS = range(signal.SIGRTMIN, signal.SIGRTMAX + 1)


@pytest.fixture
def q() -> Iterator[ipc.MessageQueue]:
    """A full queue with one message of type 1."""
    with ipc.MessageQueue(remove_on_exit=True) as q:
        q.set(qbytes=8)
        q.send(b"12345678")
        yield q


Call = Callable[[ipc.MessageQueue, "float | None"], object]

CALLS: dict[str, Call] = {
    "send": lambda q, timeout: q.send(b"x", timeout=timeout),
    "send_many": lambda q, timeout: q.send_many([b"x", b"y"], timeout=timeout),
    "receive": lambda q, timeout: q.receive(2, timeout=timeout),
    "receive_many": lambda q, timeout: q.receive_many(5, 2, timeout=timeout),
}


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Call:
    return CALLS[request.param]


def signals(line: str) -> set[int]:
    """The signals in a line of /proc/PID/status; see proc(5)."""
    mask = int(Path("/proc/self/status").read_text().split(f"{line}:")[1].split()[0], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


RESERVED = 32  # glibc's SIGCANCEL


@pytest.fixture(autouse=True)
def signals_stay_as_they_are() -> Iterator[None]:
    lines = ("SigCgt", "SigIgn", "SigBlk")
    before = [signals(line) - {RESERVED} for line in lines]
    yield
    assert [signals(line) - {RESERVED} for line in lines] == before


# ---- the time


@pytest.mark.parametrize("timeout", [0.0001, 0.003, 0.05])
def test_a_call_times_out(q: ipc.MessageQueue, call: Call, timeout: float) -> None:
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out") as caught:
        call(q, timeout)
    assert timeout <= time.monotonic() - begin < HANG
    assert caught.value.errno == errno.ETIMEDOUT and "msg" in str(caught.value)
    assert q.stat().msg_qnum == 1


@pytest.mark.parametrize("timeout", [0, -1, -1e9, 0.0])
def test_a_timeout_of_zero_tries_once(q: ipc.MessageQueue, call: Call, timeout: float) -> None:
    with pytest.raises(TimeoutError, match="timed out"):
        call(q, timeout)
    q.receive(timeout=timeout)
    q.send(b"x", 2, timeout=timeout)
    assert q.receive(2, timeout=timeout) == message(b"x", 2)


def test_invalid_timeouts_are_refused(q: ipc.MessageQueue, call: Call) -> None:
    for wrong, error in ((float("nan"), ValueError), ("1", TypeError), (1e300, OverflowError)):
        with pytest.raises(error):
            call(q, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("nsec", [-1, 10**9, 2**31 - 1])
def test_nanoseconds_out_of_range(q: ipc.MessageQueue, call: Call, nsec: int) -> None:
    """Without the check, the timer would never expire, and the call would wait for ever."""
    with pytest.raises(ValueError, match=f"nsec: {nsec} is not from 0 to 999999999"):
        call(q, (0, nsec))  # type: ignore[arg-type]


# More seconds than the binding measures, but within the range of time_t.
FOR_EVER = 2.0**40 if sys.maxsize > 2**32 else 1.5 * 2**30


@pytest.mark.parametrize("timeout", [None, 60, 1e9, FOR_EVER])
def test_a_call_ends_when_it_can_proceed(q: ipc.MessageQueue, timeout: float | None) -> None:
    worker = Worker(lambda: q.receive(2, timeout=timeout), q.id)
    worker.wait_until_blocked()
    q.receive()
    q.send(b"x", 2)
    assert worker.result() == message(b"x", 2)
    q.send(b"12345678")
    sender = Worker(lambda: q.send(b"y", timeout=timeout), q.id)
    sender.wait_until_blocked()
    q.receive()
    sender.result()


def test_many_short_times(q: ipc.MessageQueue) -> None:
    """A signal that arrives before the call is repeated, so no call waits for ever."""
    for i in range(2_000):
        with pytest.raises(TimeoutError, match="timed out"):
            q.receive(2, timeout=(i % 50) * 1e-6)


def test_many_threads_at_the_same_time(q: ipc.MessageQueue) -> None:
    def late() -> int:
        count = 0
        for i in range(200):
            try:
                q.receive(2, timeout=i % 7 * 1e-4)
            except TimeoutError:
                count += 1
        return count

    workers = [Worker(late, q.id) for _ in range(8)]
    assert [worker.result() for worker in workers] == [200] * 8


# ---- other signals


def test_other_signals_neither_end_nor_prolong_it(q: ipc.MessageQueue) -> None:
    calls = 0

    def handler(*_: object) -> None:
        nonlocal calls
        calls += 1

    main, stop = threading.get_ident(), threading.Event()

    def storm() -> None:
        while not stop.wait(0.001):
            signal.pthread_kill(main, signal.SIGUSR1)

    old = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Thread(target=storm)
    thread.start()
    try:
        handled = 0
        while handled < 2:  # on a busy machine one wait may have fewer signals
            before, begin = calls, time.monotonic()
            with pytest.raises(TimeoutError, match="timed out"):
                q.receive(2, timeout=0.2)
            assert time.monotonic() - begin >= 0.2
            handled = calls - before
    finally:
        stop.set()
        thread.join()
        signal.signal(signal.SIGUSR1, old)


def test_a_handler_that_raises_ends_it(q: ipc.MessageQueue, call: Call) -> None:
    def handler(*_: object) -> None:
        raise ZeroDivisionError

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        main = threading.get_ident()
        thread = threading.Timer(0.02, lambda: signal.pthread_kill(main, signal.SIGUSR1))
        with pytest.raises(ZeroDivisionError):
            thread.start()
            call(q, HANG)
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert q.stat().msg_qnum == 1


# ---- signals of the program


@pytest.fixture
def dispositions() -> Iterator[None]:
    """Restores the dispositions afterwards; Python knows all of them."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        if handler is not None:
            signal.signal(number, handler)


def test_no_signal_of_the_program_gets_a_handler(q: ipc.MessageQueue) -> None:
    before = signals("SigCgt")
    worker = Worker(lambda: q.receive(2, timeout=60), q.id)
    worker.wait_until_blocked()
    assert signals("SigCgt") - before <= {RESERVED}
    q.receive()
    q.send(b"x", 2)
    worker.result()


def ignore(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)


def handle_and_put_back(number: int) -> None:
    signal.signal(number, signal.signal(number, lambda *_: None))


def handle(number: int) -> None:
    signal.signal(number, lambda *_: pytest.fail("a signal that the test did not send"))


def put_back(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("change", [ignore, handle, handle_and_put_back, put_back])
@pytest.mark.parametrize("meanwhile", [False, True], ids=["before", "meanwhile"])
def test_dispositions_of_all_signals(
    q: ipc.MessageQueue, dispositions: None, change: Callable[[int], None], meanwhile: bool
) -> None:
    """The call times out; the signal neither kills the process nor calls a handler."""

    def late() -> bool:
        try:
            q.receive(2, timeout=0.3 if meanwhile else 0.01)
        except TimeoutError:
            return True
        return False

    if not meanwhile:
        for number in SIGNALS:
            change(number)
    worker = Worker(late, q.id)
    if meanwhile:
        worker.wait_until_blocked()
        for number in SIGNALS:
            change(number)
    assert worker.result()


def test_asyncio_takes_and_gives_signals(q: ipc.MessageQueue, dispositions: None) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        waiting = asyncio.create_task(q.receive_async(2))
        await asyncio.sleep(0)
        for number in SIGNALS:
            loop.add_signal_handler(number, pytest.fail, "a signal that the test did not send")
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(work())


@pytest.mark.parametrize("sent", [signal.SIGRTMAX, signal.SIGRTMIN, signal.SIGUSR1])
def test_a_signal_that_is_waited_for_is_not_lost(q: ipc.MessageQueue, sent: signal.Signals) -> None:
    """All signals are blocked, sent before and during a wait, and accepted afterwards."""
    run_child(
        """
import signal
q, sent = ipc.MessageQueue.from_id(ids[0]), ids[1]
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.kill(os.getpid(), sent)
try:
    q.receive(2, timeout=0.001)
except TimeoutError:
    pass
assert signal.sigwait([sent]) == sent
thread = blocked(q.id, lambda: q.receive(2, timeout=600))
os.kill(os.getpid(), sent)
assert signal.sigtimedwait([sent], 600).si_signo == sent
os.kill(os.getpid(), sent)
ipc.msgsnd(q.id, ipc.mkmsgbuf(2, b""))
thread.join()
assert signal.sigtimedwait([sent], 600).si_signo == sent
assert len(signal.pthread_sigmask(signal.SIG_BLOCK, [])) == len(signal.valid_signals()) - 2
""",
        q.id,
        sent,
    )


def test_a_signal_with_a_handler_of_libc(q: ipc.MessageQueue, call: Call) -> None:
    """pthread_cancel(3) installs a handler of libc for a real-time signal."""
    run_child(
        """
import ctypes
libc = ctypes.CDLL(None)
thread, done = ctypes.c_ulong(), threading.Event()
start = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(lambda _: done.wait() and None)
assert libc.pthread_create(ctypes.byref(thread), None, start, None) == 0
assert libc.pthread_setcancelstate(1, None) == 0
q = ipc.MessageQueue.from_id(ids[0])
for _ in range(100):
    try:
        q.receive(2, timeout=0.001)
    except TimeoutError:
        pass
libc.pthread_cancel(thread)  # it ends at its next cancellation point, in Python's wait
for _ in range(100):
    try:
        q.receive(2, timeout=0.001)
    except TimeoutError:
        pass
print("alive", flush=True)
os._exit(0)
""",
        q.id,
    )


def test_without_a_free_timer_a_call_polls(q: ipc.MessageQueue) -> None:
    """With RLIMIT_SIGPENDING 0 the call polls; a message or a wake-up also ends it."""
    run_child(
        """
import asyncio, logging, resource
logging.getLogger("asyncio").setLevel(logging.ERROR)  # callbacks are slow on a busy machine
resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))
q = ipc.MessageQueue.from_id(ids[0])
begin = time.monotonic()
try:
    q.receive(2, timeout=0.05)
except TimeoutError as error:
    assert "timed out" in str(error)
else:
    raise AssertionError
assert time.monotonic() - begin >= 0.05
threading.Timer(0.02, lambda: ipc.msgsnd(q.id, ipc.mkmsgbuf(2, b""))).start()
assert q.receive(2, timeout=600).mtype == 2

async def cancelled():
    task = asyncio.create_task(q.receive_async(2))
    await asyncio.sleep(0.02)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
assert asyncio.run(cancelled())
""",
        q.id,
    )


# The number of waits of all threads; `make waits` makes 100,000.
WAITS = int(os.environ.get("IPC_TEST_WAITS", 4000))


def test_waits_beside_every_use_of_signals(make: Maker) -> None:
    """Every wait ends, no signal is lost, and none kills the process."""
    said = run_child(
        """
import fcntl, select, signal
WAITS, THREADS = int(os.environ["WAITS"]), 8
q = ipc.MessageQueue.from_id(ids[0])
every = range(signal.SIGRTMIN, signal.SIGRTMAX + 1)
waited_for, read = signal.SIGRTMAX - 1, signal.SIGRTMAX - 2
others = [number for number in every if number not in (waited_for, read)]
signal.pthread_sigmask(signal.SIG_BLOCK, [waited_for, read])
late, taken, running = [0] * THREADS, {waited_for: 0, read: 0}, True

def wait(thread):
    for i in range(WAITS // THREADS):
        try:
            q.receive(2, timeout=i % 20 * 1e-4)
        except TimeoutError:
            late[thread] += 1

def change_masks():
    while running:
        for number in others:
            signal.pthread_sigmask(signal.SIG_BLOCK, [number])
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        time.sleep(0.001)

def take(number):
    "Takes signals by sigtimedwait(2); sigwait(3) and signalfd(2) use the same queue of signals."
    while running or signal.sigtimedwait([number], 0):
        if signal.sigtimedwait([number], 0.05):
            taken[number] += 1

signalfd = __import__("ctypes").CDLL(None).signalfd
import ctypes
mask = (ctypes.c_ulong * 16)()
mask[(read - 1) // 64] = 1 << (read - 1) % 64
fd = signalfd(-1, ctypes.byref(mask), 0o4000)
assert fd >= 0

def read_signals():
    while running or select.select([fd], [], [], 0)[0]:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                taken[read] += len(os.read(fd, 128 * 64)) // 128
            except BlockingIOError:
                pass

threads = [threading.Thread(target=wait, args=(n,)) for n in range(THREADS)]
helpers = [
    threading.Thread(target=change_masks),
    threading.Thread(target=take, args=(waited_for,)),
    threading.Thread(target=read_signals),
]
for thread in threads + helpers:
    thread.start()
sent = {waited_for: 0, read: 0}
called = 0
def handler(number, frame):
    global called
    called += 1
while any(thread.is_alive() for thread in threads):
    for number in others:
        old = signal.signal(number, handler)
        signal.signal(number, signal.SIG_IGN)
        signal.signal(number, signal.SIG_DFL)
        signal.signal(number, old)
    for number in sent:
        try:
            signal.pthread_kill(threading.get_ident(), 0)
            os.kill(os.getpid(), number)
            sent[number] += 1
        except BlockingIOError:
            pass  # too many signals are pending
    time.sleep(0.0005)
for thread in threads:
    thread.join()
running = False
for thread in helpers:
    thread.join()
assert sum(late) == WAITS // THREADS * THREADS, late
assert called == 0
assert taken == sent, (taken, sent)
print(sum(late), "waits,", sum(sent.values()), "signals")
""",
        make.queue(),
        environment={"WAITS": str(WAITS)},
    )
    print(said)
    assert said.startswith(f"{WAITS // 8 * 8} waits, ")


def test_after_fork_a_child_has_its_own(make: Maker) -> None:
    """A child is forked while other threads wait, and another one in a signal handler."""
    run_child(
        """
import signal
q = ipc.MessageQueue.from_id(ids[0])
threads = [threading.Thread(target=lambda: q.receive(2, timeout=60), daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    wait_until(lambda: waits_with(thread.native_id, q.id))

def late(timeout):
    try:
        q.receive(3, timeout=timeout)
    except TimeoutError:
        return True

def in_child():
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with open("/proc/self/status") as file:
                caught = file.read().split("SigCgt:")[1].split()[0]
            status = 2 if int(caught, 16) >> 31 & 1 else 0
            status |= 0 if late(0.01) else 1
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0

in_child()
child = 0

def handler(*_):
    global child
    if not child:
        child = os.fork() or -1

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
assert late(0.2)
if child == -1:
    os._exit(0)
assert child and os.waitpid(child, 0)[1] == 0
for thread in threads:
    q.send(b"x", 2)
for thread in threads:
    thread.join()
""",
        make.queue(),
    )
