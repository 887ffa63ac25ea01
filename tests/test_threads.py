"""Threads and interpreters that share a queue, a set, a segment and the objects that stand
for them, at full speed: nothing is lost or torn.  Under ThreadSanitizer no access races.
"""

import contextlib
import threading
from array import array
from collections.abc import Callable

import pytest

import ipc
from child import run_child
from conftest import Maker
from test_interpreters import INTERPRETERS

THREADS, TURNS = 4, 60
# Above it, other threads run while bytes are copied (LARGE_COPY of the binding).
LARGE = 80 * 1024


def run_threads(body: Callable[[int], None]) -> None:
    """In as many threads at once; what one raises, this raises."""
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
    """Half of them send what the others receive: each message once, and whole."""
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
    """Who receives has it for as long as the call takes: it is not resized meanwhile."""
    message = ipc.msgbuf(capacity=64)

    def body(number: int) -> None:
        if number == 0:
            for _ in range(TURNS):
                ipc.msgrcv(queue, message)
        elif number == 1:
            for n in range(TURNS):
                # One alone makes it longer: a text that fits is written into it whoever has it.
                with contextlib.suppress(BufferError):
                    message.mtext = bytes(message.capacity + 1)
        else:
            for n in range(TURNS // 2):
                ipc.msgsnd(queue, ipc.mkmsgbuf(n + 1, bytes(64)))

    run_threads(body)
    assert message.capacity >= 64


def test_a_segment(make: Maker) -> None:
    """A semaphore keeps them apart: each finds what the one before it wrote, all of it."""
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
    """Each has a set, and gets its values while the others get theirs."""
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
    """Each has the module, and attaches for itself; a semaphore keeps them apart."""
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
