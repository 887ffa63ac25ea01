"""Messages waited for only so long: the time, the signal that ends a call, and whose it is."""

import errno
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

SIGNALS = range(signal.SIGRTMIN, signal.SIGRTMAX + 1)


@pytest.fixture
def q() -> Iterator[ipc.MessageQueue]:
    """Full, of type 1."""
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


def handled() -> set[int]:
    """The real-time signals that this process has a handler for, see proc(5)."""
    status = Path("/proc/self/status").read_text().split("SigCgt:")[1]
    mask = int(status.split()[0], 16)
    return {number for number in SIGNALS if mask >> (number - 1) & 1}


@pytest.fixture(autouse=True)
def no_handler_stays() -> Iterator[None]:
    before = handled()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    assert handled() == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


# ---- the time


@pytest.mark.parametrize("timeout", [0.0001, 0.003, 0.05])
def test_it_is_over_in_time(q: ipc.MessageQueue, call: Call, timeout: float) -> None:
    begin = time.monotonic()
    with pytest.raises(TimeoutError, match="time is over") as caught:
        call(q, timeout)
    assert timeout <= time.monotonic() - begin < 10
    assert caught.value.errno == errno.ETIMEDOUT and "msg" in str(caught.value)
    assert q.stat().msg_qnum == 1


@pytest.mark.parametrize("timeout", [0, -1, -1e9, 0.0])
def test_without_a_time_it_is_tried(q: ipc.MessageQueue, call: Call, timeout: float) -> None:
    with pytest.raises(TimeoutError, match="time is over"):
        call(q, timeout)
    q.receive(timeout=timeout)
    q.send(b"x", 2, timeout=timeout)
    assert q.receive(2, timeout=timeout) == message(b"x", 2)


def test_times_that_are_none(q: ipc.MessageQueue, call: Call) -> None:
    for wrong, error in ((float("nan"), ValueError), ("1", TypeError), (1e300, OverflowError)):
        with pytest.raises(error):
            call(q, wrong)  # type: ignore[arg-type]


# More seconds than the hooks count, as long as time_t holds them.
FOR_EVER = 2.0**40 if sys.maxsize > 2**32 else 1.5 * 2**30


@pytest.mark.parametrize("timeout", [None, 60, 1e9, FOR_EVER])
def test_it_goes_on_when_it_can(q: ipc.MessageQueue, timeout: float | None) -> None:
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
    """The signal that comes before the call comes again: none waits for ever."""
    for i in range(2_000):
        with pytest.raises(TimeoutError, match="time is over"):
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


# ---- signals of others


def test_other_signals_neither_end_nor_prolong_it(q: ipc.MessageQueue) -> None:
    calls = 0

    def handler(*_: object) -> None:
        nonlocal calls
        calls += 1

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        main = threading.get_ident()
        stop = threading.Event()

        def storm() -> None:
            while not stop.wait(0.001):
                signal.pthread_kill(main, signal.SIGUSR1)

        thread = threading.Thread(target=storm)
        thread.start()
        begin = time.monotonic()
        with pytest.raises(TimeoutError, match="time is over"):
            q.receive(2, timeout=0.2)
        passed = time.monotonic() - begin
        stop.set()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert 0.2 <= passed < 5 and calls > 5


def test_a_handler_that_raises_ends_it(q: ipc.MessageQueue, call: Call) -> None:
    def handler(*_: object) -> None:
        raise ZeroDivisionError

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        main = threading.get_ident()
        thread = threading.Timer(0.02, lambda: signal.pthread_kill(main, signal.SIGUSR1))
        thread.start()
        with pytest.raises(ZeroDivisionError):
            call(q, 60)
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert q.stat().msg_qnum == 1


# ---- whose signal it is


def test_it_has_a_handler_only_while_somebody_waits(q: ipc.MessageQueue) -> None:
    before = handled()
    worker = Worker(lambda: q.receive(2, timeout=60), q.id)
    worker.wait_until_blocked()
    (used,) = handled() - before
    assert used == max(set(SIGNALS) - before)
    second = Worker(lambda: q.receive(3, timeout=60), q.id)
    second.wait_until_blocked()
    assert handled() - before == {used}
    q.receive()
    q.send(b"x", 2)
    worker.result()
    assert handled() - before == {used}
    q.send(b"x", 3)
    second.result()
    assert handled() == before


@pytest.fixture
def dispositions() -> Iterator[None]:
    """Those of Python; the others are nobody's here."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        if handler is not None:
            signal.signal(number, handler)


@pytest.mark.parametrize("ours", [signal.SIG_IGN, lambda *_: None], ids=["ignored", "handled"])
def test_another_is_taken_where_one_has_a_user(
    q: ipc.MessageQueue, dispositions: None, ours: "signal.Handlers"
) -> None:
    used = max(set(SIGNALS) - handled())
    signal.signal(used, ours)
    before = handled()
    worker = Worker(lambda: q.receive(2, timeout=60), q.id)
    worker.wait_until_blocked()
    (other,) = handled() - before
    assert other != used and signal.getsignal(used) == ours
    q.receive()
    q.send(b"x", 2)
    worker.result()
    assert signal.getsignal(used) == ours
    with pytest.raises(TimeoutError, match="time is over"):
        q.receive(3, timeout=0.001)


def test_one_that_is_blocked_is_left_alone(q: ipc.MessageQueue) -> None:
    """Somebody may wait for it, by sigwait(3)."""
    used = max(set(SIGNALS) - handled())
    signal.pthread_sigmask(signal.SIG_BLOCK, [used])
    try:
        signal.pthread_kill(threading.get_ident(), used)
        with pytest.raises(TimeoutError, match="time is over"):
            q.receive(2, timeout=0.001)
        assert signal.sigwait([used]) == used
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [used])


def test_one_that_is_not_blocked_is_taken(q: ipc.MessageQueue) -> None:
    before = handled()
    first, second = sorted(set(SIGNALS) - before)[:-3:-1]

    def receive() -> object:
        signal.pthread_sigmask(signal.SIG_BLOCK, [first])
        return q.receive(2, timeout=60)

    worker = Worker(receive, q.id)
    worker.wait_until_blocked()
    assert handled() - before == {second}
    q.receive()
    q.send(b"x", 2)
    worker.result()


def test_in_a_thread_that_blocks_all(q: ipc.MessageQueue) -> None:
    """What waits to be taken there, by sigwait(3), is not taken away."""
    sent = max(set(SIGNALS) - handled())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    signal.pthread_kill(threading.get_ident(), sent)
    try:
        with pytest.raises(TimeoutError, match="time is over"):
            q.receive(2, timeout=0.001)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert set(SIGNALS) <= blocked
        assert signal.sigtimedwait([sent], 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def test_a_handler_that_is_set_meanwhile_stays(q: ipc.MessageQueue, dispositions: None) -> None:
    before = handled()
    worker = Worker(lambda: q.receive(2, timeout=60), q.id)
    worker.wait_until_blocked()
    (used,) = handled() - before
    seen: list[int] = []
    signal.signal(used, lambda number, _: seen.append(number))
    with pytest.raises(TimeoutError, match="time is over"):
        q.receive(3, timeout=0.001)  # by another one
    q.receive()
    q.send(b"x", 2)
    worker.result()
    signal.raise_signal(used)
    assert seen == [used]


def test_where_none_is_free_it_says_so(q: ipc.MessageQueue, dispositions: None, call: Call) -> None:
    for number in SIGNALS:
        if number not in handled():
            signal.signal(number, lambda *_: None)
    with pytest.raises(OSError, match="no signal") as caught:
        call(q, 0.01)
    assert caught.value.errno == errno.EBUSY
    with pytest.raises(TimeoutError, match="time is over"):
        call(q, 0)  # which needs none


def test_after_fork_a_child_has_its_own(make: Maker) -> None:
    """One that is forked while others wait, and one from a handler in the midst of a call."""
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
            status = 0 if late(0.01) else 1
            with open("/proc/self/status") as file:
                caught = file.read().split("SigCgt:")[1].split()[0]
            status |= 2 if int(caught, 16) >> 63 & 1 else 0
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
