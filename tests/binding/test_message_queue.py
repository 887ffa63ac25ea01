# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""MessageQueue does what the C functions do, and what they leave to the caller."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import ipc
from child import run_child
from conftest import (
    Limit,
    Maker,
    Worker,
    drop_capabilities,
    errno_in_child,
    fails_with,
    libc,
    message,
    row_of_proc,
)

EXISTS, TOO_LONG = errno.EEXIST, errno.E2BIG


@pytest.fixture
def q() -> Iterator[ipc.MessageQueue]:
    with ipc.MessageQueue(remove_on_exit=True) as q:
        yield q


def texts(messages: list[ipc.msgbuf]) -> list[bytes]:
    return [m.mtext for m in messages]


# ---- made, opened, removed


def test_a_new_one(q: ipc.MessageQueue) -> None:
    assert q.created and q.key == ipc.IPC_PRIVATE
    row = row_of_proc("msg", q.id)
    assert row["perms"] == 0o600 and row["cuid"] == os.geteuid()
    assert str(q.id) in repr(q) and "MessageQueue" in repr(q)


def test_by_its_key(make: Maker, key: int) -> None:
    with pytest.raises(FileNotFoundError):
        ipc.MessageQueue(key)
    with ipc.MessageQueue(key, create=True, mode=0o640, remove_on_exit=True) as first:
        assert first.created and first.key == key and row_of_proc("msg", first.id)["perms"] == 0o640
        for second in ipc.MessageQueue(key), ipc.MessageQueue(key, create=True):
            assert (second.id, second.key, second.created) == (first.id, key, False)
        for create in False, True:
            with fails_with(EXISTS):
                ipc.MessageQueue(key, create=create, exclusive=True)
    with pytest.raises(FileNotFoundError):
        ipc.MessageQueue(key)


def test_a_key_is_signed_as_in_c() -> None:
    with ipc.MessageQueue(0xFEDCBA98, create=True, remove_on_exit=True) as q:
        assert q.key == 0xFEDCBA98 - 2**32 == q.stat().msg_perm.key
        assert ipc.MessageQueue(q.key).id == q.id and "0xfedcba98" in repr(q)


def test_by_its_id(make: Maker, key: int) -> None:
    msqid = make.queue(key)
    q = ipc.MessageQueue.from_id(msqid)
    assert (q.id, q.key, q.created, q.remove_on_exit) == (msqid, key, False, False)
    q.send(b"x")
    assert q.receive() == message(b"x")
    with fails_with(errno.EINVAL):
        ipc.MessageQueue.from_id(2**31 - 1)


def test_an_object_is_removed_only_on_request(make: Maker, key: int) -> None:
    msqid = make.queue(key)
    with ipc.MessageQueue(key):
        pass
    with pytest.raises(ZeroDivisionError), ipc.MessageQueue(key, remove_on_exit=True):
        assert row_of_proc("msg", msqid)
        raise ZeroDivisionError
    assert msqid not in ipc.queues()
    with ipc.MessageQueue(remove_on_exit=True) as q:
        q.remove()  # the removal at the end of the block is then no error
    with fails_with(errno.EINVAL):
        q.remove()


# ---- messages


@pytest.mark.parametrize("text, sent", [(b"a\0b", b"a\0b"), ("ü", "ü".encode()), (b"", b"")])
def test_a_sent_message_is_received(q: ipc.MessageQueue, text: Any, sent: bytes) -> None:
    q.send(text)
    q.send(memoryview(sent), 2**31 - 1)
    q.send(ipc.mkmsgbuf(7, text), 3)
    received = [q.receive() for _ in range(3)]
    assert received == [message(sent), message(sent, 2**31 - 1), message(sent, 7)]
    assert [m.capacity for m in received] == [len(sent)] * 3


def test_the_type_chooses(q: ipc.MessageQueue) -> None:
    q.send_many([message(str(n), n) for n in (4, 3, 2, 1)])
    assert q.receive(3).mtype == 3
    assert q.receive(4, exclude=True).mtype == 2
    assert q.receive(-3).mtype == 1
    assert q.receive().mtype == 4


def test_of_any_length(limit: Limit, q: ipc.MessageQueue) -> None:
    limit("msgmax", 100_000)
    limit("msgmnb", 200_000)
    q.set(qbytes=200_000)
    for size in 8191, 8192, 8193, 100_000:
        text = os.urandom(size)
        q.send(text)
        copy = q.peek()
        assert copy and copy.mtext == text and q.receive().mtext == text
        q.send(text)
        assert texts(q.receive_many(5)) == [text]
    with fails_with(errno.EINVAL, "msgmax"):
        q.send(bytes(100_001))


def test_no_longer_than_asked_for(q: ipc.MessageQueue) -> None:
    q.send(b"hello")
    calls: list[Callable[[], object]] = [
        lambda: q.receive(size=4),
        lambda: q.receive_many(2, size=4),
        lambda: q.peek(size=4),
    ]
    for call in calls:
        with fails_with(TOO_LONG):
            call()
    assert q.stat().msg_qnum == 1
    assert q.receive(size=4, truncate=True).mtext == b"hell"
    with pytest.raises(OverflowError):
        q.receive(size=-1)


def test_peek_leaves_it(q: ipc.MessageQueue) -> None:
    assert q.peek() is None
    q.send_many([b"a", b"b"])
    seen = [q.peek(i) for i in range(3)]
    assert seen == [message(b"a"), message(b"b"), None] and q.stat().msg_qnum == 2
    with pytest.raises(ValueError):
        q.peek(-1)
    q.remove()
    with fails_with(errno.EINVAL):
        q.peek()


def test_many(q: ipc.MessageQueue) -> None:
    assert q.send_many([]) == 0
    assert q.send_many((str(n) for n in range(100)), 5) == 100
    assert q.stat().msg_qnum == 100
    first = q.receive_many(30)
    assert texts(first) == [str(n).encode() for n in range(30)] and {m.mtype for m in first} == {5}
    assert len(q.receive_many(1000)) == 70
    for wrong in 0, -1:
        with pytest.raises(ValueError):
            q.receive_many(wrong)
    with pytest.raises(TimeoutError, match="timed out"):
        q.receive_many(2, timeout=0)


def test_more_than_fit(q: ipc.MessageQueue) -> None:
    """Bulk calls wait as single calls do, and other threads run meanwhile."""
    q.set(qbytes=64)
    worker = Worker(lambda: q.send_many(b"%8d" % n for n in range(5000)), q.id)
    received: list[ipc.msgbuf] = []
    while len(received) < 5000:
        received += q.receive_many(100)
    assert worker.result() == 5000 and texts(received) == [b"%8d" % n for n in range(5000)]


def test_how_many_were_sent_before_an_error(q: ipc.MessageQueue) -> None:
    q.set(qbytes=2)
    cases: list[tuple[list[Any], type[BaseException], int]] = [
        ([b"a", b"b", b"c"], TimeoutError, 2),
        ([b"a", 1], TypeError, 1),
        ([b"a", message(b"x", 0)], OSError, 1),
        ([bytes(9000)], OSError, 0),
    ]
    for messages, error, sent in cases:
        with pytest.raises(error) as caught:
            q.send_many(messages, timeout=0.01)
        assert caught.value.sent == sent == q.stat().msg_qnum  # type: ignore[attr-defined]
        if sent:
            q.receive_many(10)


@pytest.mark.parametrize("how", ["send_many", "send", "msgsnd"])
def test_a_message_whose_forwarding_fails_is_kept(q: ipc.MessageQueue, how: str) -> None:
    """It was received but not sent, and the program does not hold it."""
    with ipc.MessageQueue(remove_on_exit=True) as full:
        full.set(qbytes=1)
        full.send(b"x")
        q.send_many([message(b"1", 1), message(b"2", 2)])
        with pytest.raises(OSError):
            if how == "send_many":
                full.send_many(q, timeout=0)
            elif how == "send":
                full.send(q.receive(), timeout=0)
            else:
                ipc.msgsnd(full.id, q.receive(), None, ipc.IPC_NOWAIT)
        full.receive()
        assert full.send_many([q.receive()]) == 1  # this one is gone
        assert texts(list(q.messages(timeout=0))) == [b"2"]
        assert texts(list(full.messages(timeout=0))) == [b"1"]


class Reopening(bytearray):
    """A text that changes errno when it is freed."""

    def __del__(self) -> None:
        with pytest.raises(FileNotFoundError):
            os.stat("/nonexistent")


def test_freeing_a_text_does_not_change_the_error(q: ipc.MessageQueue) -> None:
    q.set(qbytes=1)
    with fails_with(errno.EINVAL):
        q.send_many((Reopening(bytes(9000)) for _ in range(1)), timeout=0)


class Interrupting:
    """The number 3000.  Its conversion to a C integer raises a signal, handled at a later point.

    No method that C code calls is written in Python, where the handler would run at once.
    """

    def __lt__(self, other: int) -> bool:
        return 3000 < other

    def __gt__(self, other: int) -> bool:
        return 3000 > other

    def __sub__(self, other: int) -> "Interrupting":
        return self

    _raise = libc["raise"]
    _raise.restype = [3000].__getitem__  # converts the result of raise(3), 0
    __index__ = staticmethod(partial(_raise, signal.SIGUSR1))


@pytest.fixture
def interrupting() -> Iterator[Any]:
    def handler(*_: object) -> None:
        raise ZeroDivisionError

    old = signal.signal(signal.SIGUSR1, handler)
    yield Interrupting()
    signal.signal(signal.SIGUSR1, old)


def test_messages_received_before_an_exception_are_kept(
    q: ipc.MessageQueue, interrupting: Any
) -> None:
    """A signal handler, called after each 1024 messages, raises an exception."""
    sent = [b"%d" % i for i in range(3000)]
    q.send_many(sent, timeout=0)
    for _ in range(2):  # the second call receives the messages that the first one kept
        with pytest.raises(ZeroDivisionError):
            q.receive_many(interrupting, timeout=60)
        assert q.stat().msg_qnum == 3000 - 1024
    assert texts(q.receive_many(100)) == sent[:100]
    with pytest.raises(ZeroDivisionError):
        q.receive_many(interrupting, timeout=60)
    assert texts(list(q.messages(timeout=0))) == sent[100:]


def test_a_message_received_before_an_exception_is_kept(
    q: ipc.MessageQueue, interrupting: Any
) -> None:
    """A signal handler raises an exception just when a message has arrived."""
    q.send(b"a")
    with pytest.raises(ZeroDivisionError):
        q.receive_many(9, size=interrupting, timeout=60)
    assert q.stat().msg_qnum == 0
    assert texts(q.receive_many(9, timeout=0)) == [b"a"]
    with pytest.raises(TimeoutError):
        q.receive_many(9, timeout=0)
    # The object keeps several messages, some of them for a second time, in their order.
    q.send_many([message(b"%d" % mtype, mtype) for mtype in (2, 1, 2, 1)])
    for mtype in 2, 1, 2:
        with pytest.raises(ZeroDivisionError):
            q.receive_many(9, mtype, size=interrupting, timeout=60)
    q.send(message(b"3", 3))
    with pytest.raises(ZeroDivisionError):
        q.receive(3, size=interrupting, timeout=60)
    assert q.stat().msg_qnum == 0
    assert texts(list(q.messages(timeout=0))) == [b"2", b"2", b"1", b"1", b"3"]


@pytest.mark.parametrize("change", [{"mtext": b"other"}, {"mtype": 2}], ids=str)
def test_one_that_the_program_has_changed_is_not_kept(
    q: ipc.MessageQueue, change: dict[str, Any]
) -> None:
    """The queue never had the changed message."""

    def changed(received: ipc.msgbuf) -> ipc.msgbuf:
        for member, value in change.items():
            setattr(received, member, value)
        return received

    q.send(b"a")
    with pytest.raises(ZeroDivisionError):
        [changed(q.receive(timeout=0)), 1 // 0]
    assert list(q.messages(timeout=0)) == []


def test_iteration_ends_when_the_queue_is_removed(q: ipc.MessageQueue) -> None:
    q.send_many([b"a", b"b"])
    worker = Worker(lambda: texts(list(q)), q.id)
    worker.wait_until_blocked()
    q.send(b"c")
    worker.wait_until_blocked()
    q.remove()
    assert worker.result() == [b"a", b"b", b"c"]
    assert list(q) == []


def test_iteration_over_what_is_there(q: ipc.MessageQueue) -> None:
    q.send_many([message(b"a", 1), message(b"b", 2), message(b"c", 1)])
    assert texts(list(q.messages(1, timeout=0))) == [b"a", b"c"]
    begin = time.monotonic()
    assert texts(list(q.messages(timeout=0.05))) == [b"b"]
    assert time.monotonic() - begin >= 0.05


def test_errors_end_an_iteration(q: ipc.MessageQueue) -> None:
    q.set(mode=0o200)
    assert errno_in_child(drop_capabilities, lambda: list(q)) == "EACCES"


# ---- the queue itself


def test_the_state_and_members_that_can_be_changed(q: ipc.MessageQueue) -> None:
    q.send(b"hello")
    state = q.stat()
    assert isinstance(state, ipc.msqid_ds)
    assert (state.msg_qnum, state.msg_cbytes, state.msg_lspid) == (1, 5, os.getpid())
    q.set(mode=0o620, qbytes=100)
    q.set(uid=os.geteuid(), gid=os.getegid())
    after = q.stat()
    assert (after.msg_perm.mode & 0o777, after.msg_qbytes) == (0o620, 100)
    assert (after.msg_perm.uid, after.msg_perm.gid) == (os.geteuid(), os.getegid())


def test_all_queues(alone: None, make: Maker, key: int) -> None:
    assert ipc.queues() == {}
    ids = [make.queue(), make.queue(key, 0o000), make.queue()]
    ipc.msgctl(ids[0], ipc.IPC_RMID)
    found = ipc.queues()
    assert sorted(found) == sorted(ids[1:])
    assert found[ids[1]].msg_perm.key == key and found[ids[1]].msg_perm.mode == 0


# ---- signal handlers that raise


def test_an_exception_of_the_program_is_not_the_end_of_an_iteration(q: ipc.MessageQueue) -> None:
    """The exception has the type and the errno that end an iteration."""
    for error in TimeoutError(), OSError(errno.EIDRM, ""), OSError(errno.EINVAL, ""):

        def handler(*_: object) -> None:
            raise error

        old = signal.signal(signal.SIGALRM, handler)
        try:
            with pytest.raises(type(error)) as caught:
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                list(q)
            assert caught.value is error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)


# The number of messages of a test whose handler raises; `make races` sends 100,000.
MESSAGES = int(os.environ.get("IPC_TEST_RACES", 3000))
# The result is in the list before the handler can run again.
WAYS = {
    "receive": "names.append(q.receive(timeout=0))",
    "receive_many": "names += q.receive_many(3, timeout=0)",
    "iteration": "for message in q.messages(timeout=0): names.append(message)",
}
STORM = """
import signal

class Alarm(Exception):
    pass

armed = False
def handler(*_):
    if armed:
        raise Alarm

names, sent = [], 0
q = ipc.MessageQueue.from_id(ids[0])
running = True
def busy():
    while running:
        pass
if BUSY:
    threading.Thread(target=busy, daemon=True).start()
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 3e-4, 3e-4)
raised = 0
while sent < MESSAGES or not raised:
    sent += q.send_many([b"%d" % (sent + i) for i in range(100)])
    left = True
    while left:
        try:
            armed = True
            while left:
                before = len(names)
                WAY
                left = len(names) > before
        except Alarm:
            raised += 1
        except TimeoutError:
            left = False
        armed = False
signal.setitimer(signal.ITIMER_REAL, 0)
names += list(q.messages(timeout=0))
for _ in range(3):
    gc.collect()
names += list(q.messages(timeout=0))
running = False
numbers = sorted(int(message.mtext) for message in names)
assert numbers == list(range(sent)), (len(numbers), sent, len(set(numbers)))
print(f"{sent} sent, {raised} exceptions, none lost")
"""


@pytest.mark.parametrize("processors", [1, 2])
@pytest.mark.parametrize("busy", [False, True], ids=["alone", "busy"])
@pytest.mark.parametrize("way", WAYS)
def test_races_of_a_handler_lose_no_message(
    q: ipc.MessageQueue, way: str, busy: bool, processors: int
) -> None:
    """A signal whose handler raises an exception arrives every 0.3 ms."""
    program = STORM.replace("WAY", WAYS[way]).replace("BUSY", str(busy))
    program = program.replace("MESSAGES", str(MESSAGES))
    if processors == 1:
        program = "import os\nos.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n" + program
    print(run_child(program, q.id))
