# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Threads and interpreters share a queue, a set, a segment and the objects of the module.

No message, operation or write is lost or torn.  Under ThreadSanitizer there is no data race.
"""

import contextlib
import gc
import sys
import sysconfig
import threading
from array import array
from collections.abc import Callable

import pytest

import ipc
from child import run_child
from conftest import Limit, Maker, room, row_of_proc, times, view
from test_interpreters import INTERPRETERS

THREADS, TURNS = 4, 60
# hammer() runs until each thread has made at least this many calls.
MANY_TURNS = 1000
# More bytes than the binding copies with the GIL held (LARGE_COPY).
LARGE = 80 * 1024


def run_threads(body: Callable[[int], None]) -> None:
    """Runs the function in n threads at once and raises the exception of any."""
    errors: list[BaseException] = []
    gate = threading.Barrier(THREADS)

    def guarded(number: int) -> None:
        try:
            gate.wait()
            body(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(n,), daemon=True) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def test_a_queue(queue: int) -> None:
    """Half of the threads send, the others receive each message once and complete."""
    seen: list[bytes] = []

    def body(number: int) -> None:
        if number % 2 == 0:
            for n in range(TURNS):
                text = f"{number} {n} ".encode() * (n * 7)
                ipc.msgsnd(queue, ipc.mkmsgbuf(1, text or b"0"))
        else:
            message = ipc.msgbuf(capacity=8192)
            for _ in range(TURNS):
                ipc.msgrcv(queue, message)
                seen.append(message.mtext)

    run_threads(body)
    sent = [f"{number} {n} ".encode() * (n * 7) or b"0" for number in (0, 2) for n in range(TURNS)]
    assert sorted(seen) == sorted(sent)


def test_a_message_that_threads_share(queue: int) -> None:
    """The message is not resized while a call receives into it."""
    message = ipc.msgbuf(capacity=64)

    def body(number: int) -> None:
        if number == 0:
            for _ in range(TURNS):
                assert ipc.msgrcv(queue, message) == 64
        elif number == 1:
            for n in range(TURNS):
                # Only this thread makes the message longer; a text that fits needs no resize.
                with contextlib.suppress(BufferError):
                    message.mtext = bytes(message.capacity + 1)
        else:
            for n in range(TURNS // 2):
                ipc.msgsnd(queue, ipc.mkmsgbuf(n + 1, bytes(64)))

    run_threads(body)
    assert row_of_proc("msg", queue)["qnum"] == 0


def test_a_segment(make: Maker) -> None:
    """Threads write a segment under a semaphore; each reads all bytes of the previous write."""
    semid, shmid = make.semset(1), make.segment(LARGE)
    ipc.semctl(semid, 0, ipc.SETVAL, 1)
    with ipc.shmat(shmid) as memory:

        def body(number: int) -> None:
            for n in range(TURNS // 4):
                ipc.semop(semid, [(0, -1, ipc.SEM_UNDO)])
                found = ipc.shmcpy_from(memory, LARGE)
                assert found == found[:1] * LARGE
                ipc.shmcpy_to(memory, bytes([(found[0] + 1) % 256]) * LARGE)
                ipc.semop(semid, [(0, 1, ipc.SEM_UNDO)])

        run_threads(body)
        assert ipc.shmcpy_from(memory, 1) == bytes([THREADS * (TURNS // 4) % 256])


def test_sets(make: Maker) -> None:
    """All threads read at the same time, each its own set."""
    sets = [make.semset(50) for _ in range(THREADS)]
    for number, semid in enumerate(sets):
        ipc.semctl(semid, 0, ipc.SETALL, [number] * 50)

    def body(number: int) -> None:
        values = array("H", [0] * 50)
        for _ in range(TURNS):
            assert ipc.semctl(sets[number], 0, ipc.GETALL) == [number] * 50
            ipc.semctl(sets[number], 0, ipc.GETALL, values)
            assert values.tolist() == [number] * 50

    run_threads(body)


@pytest.mark.parametrize("kind", ["legacy", "isolated"])
def test_interpreters(make: Maker, kind: str) -> None:
    """Interpreters attach the same segment, each by itself, and write it under a semaphore."""
    msqid, semid, shmid = make.queue(), make.semset(1), make.segment(LARGE)
    ipc.semctl(semid, 0, ipc.SETVAL, 1)
    printed = run_child(
        INTERPRETERS
        + f"""
PEER = '''
import ipc
msqid, semid, shmid = IDS
message = ipc.msgbuf(capacity=100)
with ipc.shmat(shmid) as memory:
    for n in range({TURNS // 4}):
        ipc.semop(semid, [(0, -1, ipc.SEM_UNDO)])
        found = ipc.shmcpy_from(memory, {LARGE})
        assert found == found[:1] * {LARGE}
        ipc.shmcpy_to(memory, bytes([found[0] + 1]) * {LARGE})
        ipc.semop(semid, [(0, 1, ipc.SEM_UNDO)])
        ipc.msgsnd(msqid, ipc.mkmsgbuf(1, "text"))
        ipc.msgrcv(msqid, message)
        assert message.mtext == b"text"
'''
peers = [create({kind!r}) for _ in range(3)]
program = PEER.replace("IDS", repr(ids))
threads = [threading.Thread(target=run, args=(peer, program)) for peer in peers]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for peer in peers:
    interpreters.destroy(peer)
with ipc.shmat(ids[2]) as memory:
    print(ipc.shmcpy_from(memory, 1)[0])
""",
        msqid,
        semid,
        shmid,
        options=(),
    )
    assert int(printed) == 3 * (TURNS // 4)


# ---- threads that share one object --------------------------------------------------

# These tests run with every interpreter.  Without the GIL (PEP 703), they test the locks of the
# binding.


def hammer(*calls: Callable[[], object], allowed: tuple[type[Exception], ...] = ()) -> None:
    """Repeats each call in threads at the same time; raises unexpected exceptions."""
    turns = [0] * THREADS

    def body(number: int) -> None:
        try:
            while min(turns) < MANY_TURNS:
                with contextlib.suppress(*allowed):
                    calls[number % len(calls)]()
                turns[number] += 1
        finally:
            turns[number] = MANY_TURNS

    run_threads(body)


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this CPython always has a GIL"
)
def test_the_lock_is_not_needed() -> None:
    """Importing a module that does not declare this enables the GIL again."""
    run_child("assert sys._is_gil_enabled() is False")
    assert sys._is_gil_enabled() is False  # type: ignore[attr-defined]


# ---- msgbuf -------------------------------------------------------------------------


def test_a_message_that_is_resized_is_never_half_one() -> None:
    message = ipc.msgbuf(1, b"")
    texts = [letter * n for letter, n in ((b"a", 1), (b"b", 10), (b"c", 1000), (b"d", 1000000))]

    def write() -> None:
        for text in texts:
            message.mtext = text

    def make_anew() -> None:
        grown = ipc.msgbuf(1, b"")
        grown.mtext = texts[-1]

    def read() -> None:
        text = message.mtext
        assert text in texts or text == b""
        assert message.mtype == 1

    hammer(write, read, make_anew, read)


class Growing:
    """A message that is resized again and again, and replaced by a new one at its longest."""

    TEXTS = [b"x" * n for n in (0, 10, 100, 1000, 8000)]

    def __init__(self) -> None:
        self.message = ipc.msgbuf(1, b"")

    def grow(self) -> None:
        message = self.message
        for text in self.TEXTS:
            message.mtext = text
        self.message = ipc.msgbuf(1, b"")

    def may_send(self, text: bytes) -> bool:
        """Return whether this text may be received: with a GIL, one of TEXTS.  Without a GIL, other
        threads may write the message meanwhile, so it has the length of one, of any of their bytes.
        """
        if not sysconfig.get_config_var("Py_GIL_DISABLED"):
            return text in self.TEXTS
        return len(text) in map(len, self.TEXTS) and set(text) <= set(b"x\0")


def test_a_type_is_kept_while_the_message_is_moved() -> None:
    growing = Growing()

    def set_and_get() -> None:
        message = growing.message
        for n in range(1, 10):
            message.mtype = n
            assert [message.mtype for _ in range(50)] == [n] * 50

    hammer(growing.grow, set_and_get, growing.grow, growing.grow)


def test_a_message_with_a_view_is_not_moved() -> None:
    message = ipc.msgbuf(7, b"", capacity=1)

    def write() -> None:
        message.mtext = b"x" * (message.capacity + 1 if message.capacity < 5000 else 1)

    def look() -> None:
        with view(message) as bytes_of_it:
            assert bytes_of_it[: ipc.offsetof(ipc.msgbuf, "mtext")].cast("l")[0] == 7
            assert len(bytes_of_it) == ipc.sizeof(message)

    hammer(write, look, allowed=(BufferError,))
    message.mtext = b"x" * (message.capacity + 1)  # fails if a view is left


def test_a_message_is_sent_while_it_is_moved(queue: int) -> None:
    growing, received = Growing(), room(8000)

    def through() -> None:
        ipc.msgsnd(queue, growing.message, None, ipc.IPC_NOWAIT)
        ipc.msgrcv(queue, received, None, 1, ipc.IPC_NOWAIT)
        assert growing.may_send(received.mtext)

    hammer(growing.grow, through, growing.grow, allowed=(BufferError, OSError))


def test_a_message_is_sent_by_an_object_while_it_is_moved() -> None:
    growing = Growing()
    with ipc.MessageQueue(remove_on_exit=True) as q:

        def through() -> None:
            q.send(growing.message, timeout=0)
            assert growing.may_send(q.receive(1, timeout=0).mtext)

        hammer(growing.grow, through, growing.grow, allowed=(BufferError, TimeoutError))


def test_messages_that_threads_receive_by_one_object(queue: int) -> None:
    """Each message is received once, although several threads receive at the same time."""
    q, seen = ipc.MessageQueue.from_id(queue), []

    def receive(number: int) -> None:
        for n in range(20):
            q.send(b"%d" % (20 * number + n))
            message = q.receive(timeout=60)
            seen.append((message.mtext, message == message, len(repr(message)))[0])

    run_threads(receive)
    assert sorted(seen) == sorted(b"%d" % n for n in range(20 * THREADS))


def keep_long_messages(q: ipc.MessageQueue, limit: Limit) -> list[int]:
    """Makes q keep messages that are copied without the GIL; returns their types."""
    limit("msgmax", 2 * LARGE)
    limit("msgmnb", 2 * LARGE * THREADS)
    q.set(qbytes=2 * LARGE * THREADS)
    mtypes = list(range(1, THREADS + 1))
    for mtype in mtypes:
        q.send(bytes(LARGE), mtype)
        assert q._inbox.fill(q.id, None, mtype, 0, None, None)
    return mtypes


def test_long_messages_that_an_object_keeps(queue: int, limit: Limit) -> None:
    """Each message is received once."""
    q = ipc.MessageQueue.from_id(queue)
    for _ in range(times(300)):
        mtypes, seen = keep_long_messages(q, limit), []
        run_threads(lambda _: seen.append(q.receive(timeout=0).mtype))
        assert sorted(seen) == mtypes


def test_long_messages_are_looked_at_while_they_are_received(queue: int, limit: Limit) -> None:
    q = ipc.MessageQueue.from_id(queue)
    for _ in range(times(300)):
        keep_long_messages(q, limit)

        def look_and_receive(_: int) -> None:
            for index in range(THREADS):
                kept = q.peek(index)
                assert kept is None or kept.mtext == bytes(LARGE)
            assert q.receive(timeout=0).mtext == bytes(LARGE)

        run_threads(look_and_receive)


def test_messages_are_compared_while_they_are_resized() -> None:
    one, other = ipc.msgbuf(1, b"x"), ipc.msgbuf(1, b"x")

    def write() -> None:
        for n in (1, 100000, 3):
            one.mtext = other.mtext = b"x" * n
        one.__reduce__()
        repr(other)

    hammer(write, lambda: one == other, lambda: other == one, allowed=(BufferError,))


# ---- semun --------------------------------------------------------------------------


def test_the_target_of_a_union_stays_alive_while_it_is_used(make: Maker) -> None:
    semid, union = make.semset(3), ipc.semun()

    def point() -> None:
        union.array = [1, 2, 3]
        union.buf = ipc.semid_ds(sem_nsems=3)
        union.val = 3

    def look() -> None:
        for _ in range(50):
            for target in (union.array, union.buf):
                assert target is None or len(bytes(target)) > 0
        repr(union)

    def use() -> None:
        ipc.semctl(semid, 0, ipc.GETVAL, union)
        ipc.semctl(semid, 0, ipc.IPC_STAT, union)

    hammer(point, look, use, allowed=(TypeError,))


# ---- GETALL, SETALL, operations -------------------------------------------------------


def test_values_of_sets_are_not_mixed_up(make: Maker) -> None:
    """The module has one array for the values of all sets."""

    def call_for(nsems: int) -> Callable[[], object]:
        semid, values = make.semset(nsems), [nsems] * nsems

        def call() -> None:
            ipc.semctl(semid, 0, ipc.SETALL, values)
            assert ipc.semctl(semid, 0, ipc.GETALL) == values
            ipc.semctl(semid, 0, ipc.SETALL, array("H", values))
            into = array("H", bytes(2 * nsems))
            ipc.semctl(semid, 0, ipc.GETALL, into)
            assert into.tolist() == values

        return call

    hammer(*(call_for(nsems) for nsems in (3, 100, 1000, 7)))


def test_no_operation_is_lost(make: Maker) -> None:
    semid = make.semset(1)
    up, down = ipc.sembuf(0, 1, 0), ipc.sembuf(0, -1, 0)

    def call() -> None:
        ipc.semop(semid, up)
        ipc.semop(semid, down)
        ipc.semtimedop(semid, [up, down], timeout=10)

    hammer(call)
    assert ipc.semctl(semid, 0, ipc.GETVAL) == 0


# ---- attachments ----------------------------------------------------------------------


def test_an_attachment_that_is_used_is_not_detached(make: Maker) -> None:
    """The later thread gets an error; no thread reads freed memory."""
    shmid = make.segment(8192)
    attachments = [ipc.shmat(shmid)]

    def attach() -> None:
        attachments[0] = ipc.shmat(shmid)

    def use() -> None:
        p = attachments[0]
        ipc.shmcpy_to(p, b"text")
        assert ipc.shmcpy_from(p, 4) == b"text"
        with view(p) as memory:
            assert bytes(memory[:4]) == b"text"

    def detach() -> None:
        ipc.shmdt(attachments[0])

    def ask() -> None:
        p = attachments[0]
        repr(p)
        assert int(p) != 0 and len(p) == 8192

    hammer(attach, use, detach, ask, allowed=(OSError, BufferError, ValueError))
    attachments.clear()
    gc.collect()
    assert row_of_proc("shm", shmid)["nattch"] == 0


def test_an_attachment_in_destruction_is_not_found_by_its_number(make: Maker) -> None:
    """A thread drops the last reference while others use the number of the attachment."""
    shmid = make.segment(4096)
    numbers = [0] * THREADS

    def attach(n: int) -> None:
        p = ipc.shmat(shmid)
        numbers[n] = int(p)

    def look() -> None:
        for number in numbers:
            with contextlib.suppress(OSError):
                assert ipc.shmcpy_from(number, 4096) == bytes(4096)

    def detach() -> None:
        for number in numbers:
            with contextlib.suppress(OSError, BufferError):
                ipc.shmdt(number)

    hammer(lambda: attach(0), look, lambda: attach(1), detach, allowed=(ValueError,))
    gc.collect()
    assert row_of_proc("shm", shmid)["nattch"] == 0
