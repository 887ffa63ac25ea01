# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Calls for asyncio: a cancellation at any moment leaves no thread and loses no message."""

import asyncio
import contextvars
import errno
import faulthandler
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import Maker, Worker, fails_with, is_blocked, message, times, wait_until
from limits import HANG, SLOWNESS

# The number of races; the environment may raise it.
RACES = int(os.environ.get("IPC_TEST_RACES", times(1000)))
# Threads that no test starts.  One of pytest-xdist waits in a call on a file whose descriptor may
# be the number of an object.
OTHERS = frozenset(os.listdir("/proc/self/task"))


@pytest.fixture
def q() -> Iterator[ipc.MessageQueue]:
    with ipc.MessageQueue(remove_on_exit=True) as q:
        yield q


@pytest.fixture
def s(q: ipc.MessageQueue) -> Iterator[ipc.Semaphore]:
    s = ipc.Semaphore(value=0)
    if s.id == q.id:  # threads_blocked() knows an object by its identifier
        s.remove()
        s = ipc.Semaphore(value=0)
    yield s
    s.remove()


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """No thread remains: threads end before the task sees its cancellation."""
    before = threading.active_count()
    if RACES > 10_000:  # no time limit
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
    yield
    assert threading.active_count() == before


def threads_blocked(ident: int) -> int:
    tids = set(os.listdir("/proc/self/task")) - OTHERS
    return sum(is_blocked(int(tid), ident) for tid in tids)


async def started(coroutine: Coroutine[Any, Any, Any], ident: int, n: int = 1) -> asyncio.Task[Any]:
    """Starts a task and returns it when its call, in the nth thread, waits."""
    task = asyncio.ensure_future(coroutine)
    end = time.monotonic() + HANG
    while threads_blocked(ident) < n:
        assert time.monotonic() < end and not task.done(), task
        await asyncio.sleep(0)
    return task


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await main()

    asyncio.run(whole())


# ---- calls that return at once, and calls that wait


def test_a_message_that_has_arrived_needs_no_thread(
    q: ipc.MessageQueue, s: ipc.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        await q.send_async(b"a")
        await q.send_async("b", 2)
        assert await q.receive_async(2) == message(b"b", 2)
        assert await q.receive_async() == message(b"a")
        s.release(3)
        await s.acquire_async(3)
        assert s.value == 0

    monkeypatch.setattr(threading.Thread, "start", None)
    run(main)


def test_it_waits_in_one_thread(q: ipc.MessageQueue, s: ipc.Semaphore) -> None:
    async def main() -> None:
        before = threading.active_count()
        receiver = await started(q.receive_async(3, size=2, truncate=True), q.id)
        acquirer = await started(s.acquire_async(2), s.id)
        assert threading.active_count() == before + 2
        q.send(b"hello", 3)
        s.release(2)
        assert (await receiver).mtext == b"he"
        await acquirer
        assert s.value == 0

    run(main)


def test_it_sends_when_there_is_room(q: ipc.MessageQueue) -> None:
    async def main() -> None:
        q.set(qbytes=4)
        q.send(b"full")
        sender = await started(q.send_async(b"next"), q.id)
        assert await q.receive_async() == message(b"full")
        await sender
        assert await q.receive_async() == message(b"next")

    run(main)


def test_errors_come_through(q: ipc.MessageQueue, s: ipc.Semaphore) -> None:
    async def main() -> None:
        q.send(b"too long")
        with fails_with(errno.E2BIG):
            await q.receive_async(size=1)
        with fails_with(errno.EINVAL):
            await q.send_async(b"", 0)
        with pytest.raises(ValueError):
            await s.acquire_async(0)
        receiver = await started(q.receive_async(7, size=1), q.id)
        q.send(b"too long", 7)
        with fails_with(errno.E2BIG):
            await receiver
        receiver = await started(q.receive_async(9), q.id)
        acquirer = await started(s.acquire_async(), s.id)
        q.remove()
        with fails_with(errno.EIDRM):
            await receiver
        semid = s.id
        ipc.semctl(semid, 0, ipc.IPC_RMID)
        with fails_with(errno.EIDRM):
            await acquirer
        s.set = ipc.SemaphoreSet()

    run(main)


def test_async_for_ends_when_the_queue_is_removed(q: ipc.MessageQueue) -> None:
    async def consume() -> list[bytes]:
        return [m.mtext async for m in q]

    async def main() -> None:
        q.send(b"a")
        consumer = await started(consume(), q.id)
        q.send(b"b")
        while q.stat().msg_qnum or not threads_blocked(q.id):
            assert not consumer.done(), consumer
            await asyncio.sleep(0)
        q.remove()
        assert await consumer == [b"a", b"b"]

    run(main)


# ---- cancelled


def test_cancelled_while_it_waits(q: ipc.MessageQueue, s: ipc.Semaphore) -> None:
    async def main() -> None:
        before = threading.active_count()
        q.set(qbytes=4)
        q.send(b"full", 2)
        for task in (
            await started(q.receive_async(1), q.id),
            await started(q.send_async(b"x"), q.id),
            await started(s.acquire_async(), s.id),
        ):
            await cancelled(task)
            assert threading.active_count() <= before + 2
        assert threading.active_count() == before
        assert threads_blocked(q.id) == threads_blocked(s.id) == 0
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(q.receive_async(1), 0.01)
        assert q.receive() == message(b"full", 2) and s.value == 0

    run(main)


def test_a_loop_that_ends_leaves_no_thread(q: ipc.MessageQueue) -> None:
    """asyncio.run() cancels tasks that wait; the test closes a coroutine that never ends."""

    async def main() -> None:
        await started(q.receive_async(), q.id)

    run(main)
    assert threads_blocked(q.id) == 0
    loop = asyncio.new_event_loop()
    task = loop.create_task(started(q.receive_async(), q.id))
    waits = loop.run_until_complete(task)
    coroutine: Any = waits.get_coro()
    waits._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    coroutine.close()
    assert threads_blocked(q.id) == 0


@contextmanager
def received_though_cancelled(q: ipc.MessageQueue, *messages: ipc.msgbuf) -> Iterator[None]:
    """Sends messages whose tasks are cancelled at the moment of the arrival."""

    async def main() -> None:
        tasks = [
            await started(q.receive_async(one.mtype), q.id, n)
            for n, one in enumerate(messages, 1)
        ]
        q.send_many(messages)
        # The event loop does not run meanwhile, so no task has its result yet.
        wait_until(lambda: not threads_blocked(q.id), "each has its message")
        for task in tasks:
            task.cancel()
        for task in tasks:
            await cancelled(task)

    run(main)
    assert q.stat().msg_qnum == 0
    yield


def test_a_message_that_arrives_on_cancellation_goes_to_the_next_call(q: ipc.MessageQueue) -> None:
    with received_though_cancelled(q, message(b"a"), message(b"b")):
        q.send(b"c")
        assert [q.peek(i) for i in range(4)] == [message(t) for t in (b"a", b"b", b"c")] + [None]
        assert q.receive() == message(b"a")
        run_receive = asyncio.run(q.receive_async())
        assert run_receive == message(b"b")
        assert q.receive(timeout=0) == message(b"c")
        with pytest.raises(TimeoutError, match="timed out"):
            q.receive(timeout=0.001)
    with received_though_cancelled(q, message(b"a"), message(b"b"), message(b"c")):
        q.send_many([b"d", b"e"])
        assert [m.mtext for m in q.receive_many(2)] == [b"a", b"b"]
        assert [m.mtext for m in q.receive_many(9)] == [b"c", b"d", b"e"]
        with pytest.raises(TimeoutError, match="timed out"):
            q.receive_many(1, timeout=0)


def test_a_kept_message_is_chosen_by_its_type(q: ipc.MessageQueue) -> None:
    kept = [message(b"a", 5), message(b"b", 3), message(b"c", 5)]
    with received_though_cancelled(q, *kept):
        q.send(b"d", 4)
        with pytest.raises(TimeoutError, match="timed out"):
            q.receive(1, timeout=0)
        with pytest.raises(TimeoutError, match="timed out"):
            q.receive(-2, timeout=0)
        assert q.receive(-9) == kept[1]
        assert q.receive(-9) == message(b"d", 4)  # a lower type than those of the kept messages
        assert q.receive(5, timeout=0) == kept[0]
        q.send(b"e", 6)
        assert q.receive(5, exclude=True) == message(b"e", 6)
        with fails_with(errno.E2BIG):
            q.receive(size=0)
        assert q.receive(size=0, truncate=True) == message(b"", 5)


def test_a_task_that_already_waits_gets_the_message(q: ipc.MessageQueue) -> None:
    """Two tasks wait; one is cancelled just when a message arrives, and the other one gets it."""

    async def main() -> None:
        first = await started(q.receive_async(1), q.id)
        second = await started(q.receive_async(-5), q.id, 2)
        third = Worker(lambda: q.receive(7, timeout=HANG), q.id)
        wait_until(lambda: threads_blocked(q.id) == 3, "all of them wait")
        q.send(b"x")
        # A kept message also wakes the other threads, so the number may fall by more than one.
        wait_until(lambda: threads_blocked(q.id) < 3, "one has the message")
        await cancelled(first)
        assert await asyncio.wait_for(second, HANG) == message(b"x")
        seventh = await started(q.receive_async(7), q.id, 2)
        await cancelled(seventh)
        q.send(b"y", 7)
        assert third.result() == message(b"y", 7)

    run(main)


def test_a_thread_that_already_waits_gets_the_message(q: ipc.MessageQueue) -> None:
    async def main() -> None:
        first = await started(q.receive_async(1), q.id)
        worker = Worker(lambda: q.receive(), q.id)
        wait_until(lambda: threads_blocked(q.id) == 2, "all of them wait")
        q.send(b"x")
        wait_until(lambda: threads_blocked(q.id) < 2, "one has the message")
        await cancelled(first)
        assert worker.result() == message(b"x")

    run(main)


# ---- races


@asynccontextmanager
async def partner(action: str, start: int) -> AsyncIterator[None]:
    """Runs a process that makes one call each time that the semaphore start is raised."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            n = 0
            while os.getppid() == parent:
                ipc.semop(start, [(0, -1, 0)])
                exec(action, {"ipc": ipc, "n": n})
                n += 1
        except OSError:
            pass  # the object was removed
        finally:
            os._exit(0)
    try:
        yield
    finally:
        ipc.semctl(start, 0, ipc.IPC_RMID)
        os.waitpid(pid, 0)


class Moment:
    """Chooses when to cancel: earlier after a late try, later after an early one."""

    def __init__(self) -> None:
        self.delay = 2e-5

    def wait(self) -> None:
        end = time.perf_counter() + self.delay
        while time.perf_counter() < end:
            pass

    def was(self, late: bool) -> None:
        self.delay = min(max(self.delay + (-1e-6 if late else 1e-6), 0), 1e-3)


async def receive_by(q: ipc.MessageQueue, tasks: int) -> ipc.msgbuf:
    """Receives a message through a chain of n tasks, each awaited by the next."""
    if tasks:
        return await asyncio.ensure_future(receive_by(q, tasks - 1))
    return await q.receive_async()


@pytest.mark.parametrize("tasks", [0, 1, 2])
def test_no_race_loses_a_message(make: Maker, q: ipc.MessageQueue, tasks: int) -> None:
    """A message arrives when its receiver is cancelled.  The receiver gets it, the object keeps it,
    or it is still in the queue; in each case the next call receives it, once."""
    start = make.semset(1)
    outcomes = {"received": 0, "kept": 0, "left in the queue": 0}

    async def main() -> None:
        moment = Moment()
        for n in range(20 * RACES):
            # A busy machine may need more races until each outcome was seen.
            if n >= RACES and (SLOWNESS > 1 or all(outcomes.values())):
                break
            task = asyncio.ensure_future(receive_by(q, tasks))
            for _ in range(1 + tasks):
                await asyncio.sleep(0)
            ipc.semop(start, [(0, 1, 0)])
            if n % 4 == 0:  # while the loop runs
                await asyncio.sleep(moment.delay)
                for _ in range(n // 4 % (3 + 2 * tasks)):  # a task ends, then the next
                    await asyncio.sleep(0)
            moment.wait()
            task.cancel()
            try:
                received = await task
                outcomes["received"] += 1
                moment.was(late=True)
            except asyncio.CancelledError:
                kept = len(q._inbox.kept())
                outcomes["kept" if kept else "left in the queue"] += 1
                moment.was(late=bool(kept))
                if n % 2:
                    received = q.receive(timeout=HANG)
                else:
                    received = await asyncio.wait_for(q.receive_async(), HANG)
            assert received == message(str(n)), (n, received, outcomes)

    async def whole() -> None:
        async with partner(f"ipc.msgsnd({q.id}, ipc.mkmsgbuf(1, str(n)))", start):
            await main()

    asyncio.run(whole())
    print(f"{sum(outcomes.values())} races: {outcomes}")
    assert q.stat().msg_qnum == 0 and not q._inbox.kept()
    if SLOWNESS == 1 and not all(outcomes.values()):
        pytest.skip(f"no message is lost, but not every outcome was seen: {outcomes}")


def test_no_race_loses_a_semaphore(make: Maker, s: ipc.Semaphore) -> None:
    start = make.semset(1)
    outcomes = {"acquired": 0, "not": 0}

    async def main() -> None:
        moment = Moment()
        for n in range(RACES):
            task = asyncio.ensure_future(s.acquire_async())
            await asyncio.sleep(0)
            ipc.semop(start, [(0, 1, 0)])
            if n % 4 == 0:
                await asyncio.sleep(moment.delay)
            moment.wait()
            task.cancel()
            try:
                await task
                outcomes["acquired"] += 1
                moment.was(late=True)
            except asyncio.CancelledError:
                outcomes["not"] += 1
                moment.was(late=s.value == 1)
                s.acquire(timeout=HANG)
            assert s.value == 0

    async def whole() -> None:
        async with partner(f"ipc.semop({s.id}, [(0, 1, 0)])", start):
            await main()

    asyncio.run(whole())
    print(f"{RACES} races: {outcomes}")
    wait_until(lambda: s.waiting == 0, "no thread waits")


# ---- the result of a task


async def cancelled_when_its_task_has_ended(outer: Coroutine[Any, Any, Any]) -> None:
    """Cancels a coroutine after the task that it awaits has ended, and before it is woken."""
    task = asyncio.create_task(outer)
    await asyncio.sleep(0)  # the coroutine makes its task
    await asyncio.sleep(0)  # the task ends
    await cancelled(task)


@pytest.mark.parametrize("how", ["receive_async", "anext", "timeout", "nested"])
def test_a_message_of_a_task_without_a_waiter_is_kept(q: ipc.MessageQueue, how: str) -> None:
    async def receive() -> ipc.msgbuf:
        if how == "anext":
            return await asyncio.ensure_future(q.__aiter__().__anext__())
        if how == "nested":
            return await asyncio.ensure_future(receive_by(q, 0))
        return await asyncio.ensure_future(q.receive_async())

    async def main() -> None:
        q.send("a")
        if how == "timeout":
            task = asyncio.create_task(receive())
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await task
        else:
            await cancelled_when_its_task_has_ended(receive())
        assert q.stat().msg_qnum == 0  # the task has received the message
        assert q.receive(timeout=0) == message(b"a")
        with pytest.raises(TimeoutError):
            q.receive(timeout=0)

    run(main)


def test_a_task_that_the_program_has_keeps_its_message(q: ipc.MessageQueue) -> None:
    """The program may take the result of the task; if it drops the task, q keeps the message."""

    tasks: list[asyncio.Task[ipc.msgbuf]] = []

    async def outer() -> None:
        tasks.append(asyncio.create_task(q.receive_async()))
        await tasks[0]

    async def main() -> None:
        q.send("a")
        await cancelled_when_its_task_has_ended(outer())
        assert not q._inbox.kept()
        tasks.clear()
        assert [m.mtext for m in q._inbox.kept()] == [b"a"]
        await cancelled_when_its_task_has_ended(outer())
        assert tasks[0].result() == message(b"a")
        tasks.clear()
        assert not q._inbox.kept()

    run(main)


def test_a_result_that_the_program_drops_is_lost(q: ipc.MessageQueue) -> None:
    async def main() -> None:
        q.send_many(["a", "b", "c"])
        await asyncio.ensure_future(q.receive_async())
        await asyncio.ensure_future(receive_by(q, 2))
        task = asyncio.create_task(q.receive_async())
        await task
        del task
        await asyncio.sleep(0)
        assert not q._inbox.kept()

    run(main)


def test_callbacks_of_a_task_are_called_in_their_contexts(q: ipc.MessageQueue) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")
    called: list[object] = []

    async def outer(name: str, task: "asyncio.Task[ipc.msgbuf]") -> None:
        variable.set(name)
        called.append(((await task).mtext, variable.get()))

    async def main() -> None:
        task = asyncio.create_task(q.receive_async())
        waiters = [asyncio.create_task(outer(name, task)) for name in "ab"]
        await asyncio.sleep(0)
        task.add_done_callback(lambda task: called.append(variable.get()))
        q.send("x")
        await asyncio.gather(*waiters)

    run(main)
    assert sorted(map(str, called)) == ["", "(b'x', 'a')", "(b'x', 'b')"]


def test_callbacks_that_change_while_they_are_looked_at() -> None:
    """A task written in Python has a list of callbacks, which any code may change."""
    run_child(
        """
import functools

def task_wakeup(task):
    pass

class Task:
    def __init__(self):
        self._callbacks = [(task_wakeup, None)] * 100

    def add_done_callback(self, callback, context):
        self._callbacks.clear()

    def remove_done_callback(self, callback):
        pass

ipc._ipc._watch_wakeups(ipc._ipc._wake, Task(), functools.partial)
"""
    )


class Prying:
    """A callback whose attributes run Python code, in which a signal comes."""

    pried = 0

    def __call__(self, task: object) -> None:
        pass

    def __getattr__(self, name: str) -> None:
        Prying.pried += 1
        signal.raise_signal(signal.SIGUSR1)


@pytest.fixture
def raising() -> Iterator[None]:
    def handler(*_: object) -> None:
        raise ZeroDivisionError

    old = signal.signal(signal.SIGUSR1, handler)
    yield
    signal.signal(signal.SIGUSR1, old)


def test_an_exception_among_the_callbacks_is_the_programs(
    q: ipc.MessageQueue, raising: None
) -> None:
    """receive_async() looks at the callbacks of its task and of those that await it."""
    reported: list[BaseException] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # in debug mode asyncio looks at their attributes too
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        q.send("x")

        async def first() -> None:
            task = asyncio.current_task()
            assert task
            task.add_done_callback(Prying())
            with pytest.raises(ZeroDivisionError):
                await q.receive_async()

        await asyncio.create_task(first())
        assert q.stat().msg_qnum == 1 and not reported

        async def second() -> bytes:
            task = asyncio.current_task()
            assert task
            inner = asyncio.create_task(q.receive_async())
            task.add_done_callback(Prying())
            return (await inner).mtext  # its wake-up looks at the callbacks of this task

        assert await asyncio.create_task(second()) == b"x"
        assert [type(error) for error in reported] == [ZeroDivisionError]

    run(main)
    assert Prying.pried


def test_the_first_use_is_in_a_function_of_atexit() -> None:
    """The interpreter has ended its threads by then, and refuses functions for that."""
    said = run_child(
        """
import asyncio, atexit

q = ipc.MessageQueue()
q.send("x")

async def receive():
    print((await q.receive_async()).mtext)

def at_exit():
    asyncio.run(receive())
    q.remove()

atexit.register(at_exit)
"""
    )
    assert said == "b'x'\n"


def test_documented_losses(q: ipc.MessageQueue) -> None:
    """The guide names two losses: results that asyncio drops, and units that a task took."""

    async def main() -> None:
        q.send("a")
        second = await started(q.receive_async(2), q.id)
        both = asyncio.gather(q.receive_async(1), second)
        await asyncio.sleep(0)
        both.cancel()
        with pytest.raises(asyncio.CancelledError):
            await both
        assert not q._inbox.kept()

        s = ipc.Semaphore(value=1)
        try:

            async def acquire() -> None:
                await asyncio.ensure_future(s.acquire_async())

            await cancelled_when_its_task_has_ended(acquire())
            assert s.value == 0
            s.release()
        finally:
            s.remove()

    run(main)
