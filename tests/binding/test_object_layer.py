# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Objects and other processes and threads: fork, pickle, races for a key, signals."""

import contextlib
import errno
import multiprocessing
import os
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import Limit, Maker, fails_with


@pytest.fixture(params=["queue", "set", "semaphore", "segment"])
def thing(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "queue":
        with ipc.MessageQueue(remove_on_exit=True) as q:
            yield q
    elif request.param == "segment":
        with ipc.SharedMemory(size=100, remove_on_exit=True) as m:
            yield m
    else:
        with ipc.SemaphoreSet(nsems=3, values=[1, 2, 3], remove_on_exit=True) as s:
            yield s if request.param == "set" else s[1]


def is_there(thing: Any) -> bool:
    try:
        (thing.set if isinstance(thing, ipc.Semaphore) else thing).stat()
    except OSError:
        return False
    return True


# ---- pickle


def use(thing: Any, results: Any) -> None:
    """Uses the object in another process."""
    if isinstance(thing, ipc.MessageQueue):
        results.put((thing.id, thing.remove_on_exit, bytes(thing.receive(timeout=600).mtext)))
    elif isinstance(thing, ipc.SharedMemory):
        results.put((thing.id, thing.remove_on_exit, bytes(thing.buf[:3])))
    elif isinstance(thing, ipc.SemaphoreSet):
        results.put((thing.id, thing.remove_on_exit, thing.values))
    else:
        results.put((thing.id, thing.set.remove_on_exit, [thing.num, thing.value, thing.undo]))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_spawned_process_gets_an_object(thing: Any, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    expected: object = [1, 2, 3]
    if isinstance(thing, ipc.MessageQueue):
        thing.send(b"abc")
        expected = b"abc"
    elif isinstance(thing, ipc.SharedMemory):
        thing.buf[:3] = b"abc"
        expected = b"abc"
    elif isinstance(thing, ipc.Semaphore):
        thing.undo = True
        expected = [1, 2, True]
    process = context.Process(target=use, args=(thing, results))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert results.get() == (thing.id, False, expected)
    assert is_there(thing)


def test_a_copy_removes_nothing(thing: Any) -> None:
    copy = pickle.loads(pickle.dumps(thing))
    assert (type(copy), copy.id, copy.key) == (type(thing), thing.id, thing.key)
    if not isinstance(copy, ipc.Semaphore):
        assert not copy.created and not copy.remove_on_exit
        with copy:
            pass
    assert is_there(thing)


# ---- fork


def test_a_child_removes_nothing(thing: Any) -> None:
    """The child leaves the block by an exception, as sys.exit() does."""
    if isinstance(thing, ipc.Semaphore):
        pytest.skip("the with statement of a Semaphore does not remove its set")
    pid = os.fork()
    if pid == 0:
        try:
            with thing:
                raise SystemExit
        except SystemExit:
            pass
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert is_there(thing) and thing.remove_on_exit


def test_kept_messages_are_the_parents(make: Maker) -> None:
    run_child(
        """
import signal
q = ipc.MessageQueue.from_id(ids[0])
def handler(*_):
    raise ZeroDivisionError
signal.signal(signal.SIGALRM, handler)
q.send_many([b"a", b"b"])
kept = False
while not kept:  # until the alarm arrives just when receive() returns
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-5)
        while True:
            q.send(q.receive(timeout=0))
    except ZeroDivisionError:
        kept = len(q._inbox.kept()) > 0
    except TimeoutError:
        sys.exit("a message is lost")
left = q.stat().msg_qnum
pid = os.fork()
if pid == 0:
    os._exit(0 if q._inbox.kept() == [] else 1)
assert os.waitpid(pid, 0)[1] == 0
assert len(q._inbox.kept()) == 1 and len(q.receive_many(9, timeout=0)) == 1 + left
""",
        make.queue(),
    )


# ---- races for a key


@pytest.mark.parametrize("kind", ["MessageQueue", "Semaphore", "SharedMemory"])
def test_others_make_and_remove_it(kind: str, key: int) -> None:
    """Another process makes and removes the object; opening it fails with ENOENT only."""
    run_child(
        """
key, kind = ids[0], sys.argv[2]
make = {
    "MessageQueue": lambda **how: ipc.MessageQueue(key, **how),
    "Semaphore": lambda **how: ipc.Semaphore(key, **how),
    "SharedMemory": lambda **how: ipc.SharedMemory(key, 4096, **how),
}[kind]
parent = os.getpid()
pid = os.fork()
if pid == 0:
    while os.getppid() == parent:
        made = make(create=True)
        try:
            made.remove()
        except OSError:
            pass
try:
    for n in range(1000):
        made = make(create=True)
        if kind == "SharedMemory":
            made.detach()
        try:
            made.remove()
        except OSError:
            pass
        try:
            opened = make()
            if kind == "SharedMemory":
                opened.detach()
        except FileNotFoundError:
            pass
finally:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    try:  # the killed process may have left an object, perhaps a set without its values
        if kind == "Semaphore":
            ipc.semctl(ipc.semget(key, 0, 0), 0, ipc.IPC_RMID)
        else:
            make().remove()
    except FileNotFoundError:
        pass
""".replace("sys.argv[2]", repr(kind)),
        key,
    )


# ---- a handler that uses the object that it interrupts


def test_a_handler_drains_the_queue(make: Maker) -> None:
    run_child(
        """
import asyncio, logging, signal
logging.getLogger("asyncio").setLevel(logging.ERROR)  # callbacks are slow on a busy machine
q = ipc.MessageQueue.from_id(ids[0])
async def once():
    q.send("x")
    await q.receive_async()
asyncio.run(once())
busy = False
drained = 0
def drain(*_):
    global busy, drained
    if not busy:
        busy = True
        drained += len(list(q.messages(timeout=0)))
        busy = False
signal.signal(signal.SIGALRM, drain)
signal.setitimer(signal.ITIMER_REAL, .0005, .0005)
received = 0
for n in range(30000):
    q.send("x")
    try:
        q.receive(timeout=0)
        received += 1
    except TimeoutError:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
drained += len(list(q.messages(timeout=0)))
assert received + drained == 30000, (received, drained)
""",
        make.queue(),
    )


def test_a_child_of_a_thread_that_receives(make: Maker) -> None:
    """The fork happens while other threads receive."""
    run_child(
        """
q = ipc.MessageQueue.from_id(ids[0])
running = True
def pump():
    while running:
        q.send(b"x", 5)
        q.receive(5)
        q._inbox.kept()
threads = [threading.Thread(target=pump) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(30):
    pid = os.fork()
    if pid == 0:
        try:
            q.receive(7, timeout=0.001)
        except TimeoutError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
running = False
for thread in threads:
    thread.join()
""",
        make.queue(),
    )


# ---- messages of any size


@pytest.mark.parametrize("size", [8191, 8192, 8193, 20000, 100_000])
def test_without_a_size_nothing_is_cut(make: Maker, limit: Limit, size: int) -> None:
    limit("msgmax", 200_000)
    limit("msgmnb", 2_000_000)
    q = ipc.MessageQueue.from_id(make.queue())
    text = (bytes(range(256)) * (size // 256 + 1))[:size]
    q.send_many([text] * 4)
    assert q.receive(truncate=True).mtext == text
    assert [m.mtext for m in q.receive_many(2, truncate=True)] == [text] * 2
    message = q.peek()
    assert message is not None and message.mtext == text
    assert [m.mtext for m in q.messages(timeout=0)] == [text]


# ---- arguments


def test_one_text_is_not_many(make: Maker) -> None:
    q = ipc.MessageQueue.from_id(make.queue())
    for text in "abc", b"abc", bytearray(b"abc"), memoryview(b"abc"), ipc.mkmsgbuf(1, b"abc"):
        with pytest.raises(TypeError, match="an iterable of texts"):
            q.send_many(text)  # type: ignore[arg-type]
    assert q.stat().msg_qnum == 0
    assert q.send_many(["a", b"b"]) == 2


@pytest.mark.parametrize("mode", [-1, 0o1000, 0o7777, 2**31])
def test_modes(mode: int) -> None:
    for make in ipc.MessageQueue, ipc.SemaphoreSet, ipc.Semaphore:
        with pytest.raises(ValueError, match="from 0 to 0o777"):
            make(mode=mode)
    with pytest.raises(ValueError, match="from 0 to 0o777"):
        ipc.SharedMemory(size=1, mode=mode)
    with ipc.MessageQueue(remove_on_exit=True) as q:
        with pytest.raises(ValueError, match="from 0 to 0o777"):
            q.set(mode=mode)


def test_a_number_of_semaphores_below_0() -> None:
    with pytest.raises(ValueError, match="nsems: -1 is not at least 0"):
        ipc.SemaphoreSet(nsems=-1)


def test_acquire_says_whether_it_did(make: Maker) -> None:
    with ipc.SemaphoreSet(values=1, remove_on_exit=True) as s:
        assert s[0].acquire() is True
        assert s[0].acquire(timeout=0) is False
        assert s[0].acquire(timeout=0.001) is False
        s[0].release(2)
        assert s[0].acquire(2, timeout=1) is True


def test_it_is_detached_though_it_cannot_be_removed() -> None:
    m = ipc.SharedMemory(size=1, remove_on_exit=True)
    removed = m.remove

    class Refusing(ipc.SharedMemory):
        def remove(self) -> None:
            raise PermissionError

    refusing = Refusing.from_id(m.id)
    refusing.attach()
    refusing.remove_on_exit = True
    with pytest.raises(PermissionError):
        with refusing:
            pass
    assert not refusing.address
    removed()
    m.detach()


def test_threads_of_asyncio_end_with_the_interpreter(make: Maker) -> None:
    """The process ends although a receive waits when the loop ends."""
    run_child(
        """
import asyncio
q = ipc.MessageQueue.from_id(ids[0])
loop = asyncio.new_event_loop()
loop.slow_callback_duration = float("inf")
task = loop.create_task(q.receive_async())
loop.run_until_complete(asyncio.sleep(0.01))
wait_until(lambda: threading.active_count() > 1)
task._log_destroy_pending = False
asyncio.set_event_loop(None)
warnings.simplefilter("ignore")
""",
        make.queue(),
    )


class One:
    """A number that is not an int, like those of NumPy."""

    def __index__(self) -> int:
        return 1


class Failing:
    def __index__(self) -> int:
        raise ZeroDivisionError

    __bool__ = __float__ = __iter__ = __index__


INTEGERS: dict[str, Callable[[Any, Any], Any]] = {
    "key": lambda w, x: ipc.MessageQueue(x),
    "mode": lambda w, x: w.queue.set(mode=x),
    "shmflg": lambda w, x: ipc.SharedMemory(size=1, shmflg=x),
    "nsems": lambda w, x: ipc.SemaphoreSet(nsems=x),
    "value": lambda w, x: ipc.Semaphore(value=x),
    "num": lambda w, x: w.set[x],
    "n": lambda w, x: w.set[1].acquire(x, timeout=0),
    "count": lambda w, x: w.queue.receive_many(x, timeout=0),
    "index": lambda w, x: w.queue.peek(x),
    "sembuf.sem_op": lambda w, x: w.set.operate([(0, x, 0)], timeout=0),
    "msqid_ds.msg_qbytes": lambda w, x: w.queue.set(qbytes=x),
    "ipc_perm.uid": lambda w, x: w.set.set(uid=x),
}


@pytest.fixture
def world(make: Maker) -> SimpleNamespace:
    return SimpleNamespace(
        queue=ipc.MessageQueue.from_id(make.queue()), set=ipc.SemaphoreSet.from_id(make.semset(3))
    )


@pytest.mark.parametrize("name", INTEGERS)
def test_an_error_names_the_integer(world: SimpleNamespace, name: str) -> None:
    call = INTEGERS[name]
    for wrong in "1", b"1", 1.0, [], object():
        text = rf"^{re.escape(name)}: an integer is needed, not {re.escape(repr(type(wrong)))}$"
        with pytest.raises(TypeError, match=text):
            call(world, wrong)
    for number in 2**100, -(2**100):
        if name in ("mode", "n") or "." in name or name == "key" and number > 0:
            with pytest.raises((OverflowError, ValueError), match=rf"^{name}: "):
                call(world, number)
    with pytest.raises(ZeroDivisionError):
        call(world, Failing())
    with contextlib.suppress(OSError):  # which has nothing to do with the type
        made = call(world, One())
        if name in ("shmflg", "nsems", "value"):
            made.remove()
    assert world.queue.peek(2**100) is None


def test_an_error_names_what_is_no_integer(world: SimpleNamespace) -> None:
    address = ipc.shmat(ipc.SharedMemory(size=1).id)
    calls: dict[str, Callable[[Any], object]] = {
        "text: a bytes-like object or a str": lambda x: world.queue.send(x),
        "messages: an iterable of texts": lambda x: world.queue.send_many(x),
        "mtext: a bytes-like object or a str": lambda x: ipc.mkmsgbuf(1, x),
        "msgp: a msgbuf or a buffer": lambda x: ipc.msgsnd(world.queue.id, x),
        "data: a bytes-like object or a str": lambda x: ipc.shmcpy_to(address, x),
        "values: an int or a sequence of int": lambda x: ipc.SemaphoreSet(values=x),
        "sops: a sembuf or a sequence of them": lambda x: ipc.semop(world.set.id, x),
        "semun.array: values": lambda x: ipc.semun(array=x),
        "timeout: seconds": lambda x: world.set[0].acquire(timeout=x),
    }
    for text, call in calls.items():
        for wrong in object(), print:
            kind = re.escape(repr(type(wrong)))
            with pytest.raises(TypeError, match=rf"^{text}.* needed, not {kind}$"):
                call(wrong)
    for wrong in object(), "1", []:
        with pytest.raises(TypeError, match=r"^timeout: seconds.* needed, not "):
            world.set[0].wait_for_zero(timeout=wrong)
    with pytest.raises(ValueError, match="timeout: not a time"):
        world.set[0].acquire(timeout=float("nan"))
    assert not world.set[0].acquire(timeout=-1)
    for mtype in 0, -1:
        with pytest.raises(OSError, match="mtype is below 1"):
            world.queue.send(b"", mtype)
        with pytest.raises(OSError, match="mtype is below 1"):
            ipc.msgsnd(world.queue.id, ipc.mkmsgbuf(mtype, b""))
    ipc.shmctl(address.shmid, ipc.IPC_RMID)


def test_a_set_that_the_kernel_refuses_costs_no_memory(make: Maker) -> None:
    """Two thousand million semaphores: their values would have 16 GiB."""
    run_child(
        """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    ipc.SemaphoreSet(nsems=2_000_000_000)
except OSError as error:
    assert "nsems is above semmsl" in str(error)
else:
    assert False
"""
    )


def test_a_size_is_a_limit_and_no_amount_of_memory(world: SimpleNamespace, limit: Limit) -> None:
    limit("msgmax", 200_000)
    limit("msgmnb", 2_000_000)
    world.queue.set(qbytes=2_000_000)
    text = bytes(range(256)) * 500
    for size in sys.maxsize, len(text):
        world.queue.send_many([text] * 3)
        assert world.queue.peek(size=size).mtext == text
        assert world.queue.receive(size=size, truncate=True).mtext == text
        for message in world.queue.receive_many(2, size=size, truncate=True):
            assert message.mtext == text
    for size in 0, 1, 8192, 8193, len(text) - 1:
        world.queue.send_many([text] * 3)
        with fails_with(errno.E2BIG):
            world.queue.receive(size=size)
        with fails_with(errno.E2BIG):
            world.queue.peek(size=size)
        assert world.queue.receive(size=size, truncate=True).mtext == text[:size]
        for message in world.queue.receive_many(2, size=size, truncate=True):
            assert message.mtext == text[:size]


def test_a_constructor_that_fails_leaves_nothing() -> None:
    before = ipc.semaphore_sets().keys()
    with pytest.raises(ZeroDivisionError):
        ipc.Semaphore(undo=Failing())  # type: ignore[arg-type]
    assert ipc.semaphore_sets().keys() == before
