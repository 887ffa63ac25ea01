# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Each sub-interpreter has its own module, whether it has its own GIL or not."""

import sys

import pytest

import ipc
from child import run_child
from conftest import Maker, row_of_proc

# Before 3.13, the module for interpreters has another name and other calls.
INTERPRETERS = """
try:
    import _interpreters as interpreters
    KINDS = {"legacy": ("legacy",), "isolated": ("isolated",)}
except ImportError:
    import _xxsubinterpreters as interpreters
    KINDS = {"legacy": (), "isolated": ()}

def create(kind):
    if interpreters.__name__ == "_interpreters":
        return interpreters.create(kind)
    return interpreters.create(isolated=kind == "isolated")

def run(ident, program):
    failure = interpreters.run_string(ident, program)  # raises before 3.13
    if failure is not None:
        raise RuntimeError(failure.formatted)
"""

EACH_KIND = pytest.mark.parametrize("kind", ["legacy", "isolated"])


@pytest.mark.skipif(sys.version_info < (3, 13), reason="interpreters.get_config() is new in 3.13")
def test_an_isolated_interpreter_has_a_lock_of_its_own() -> None:
    run_child(
        INTERPRETERS
        + """
ident = create("isolated")
assert interpreters.get_config(ident).gil == "own"
interpreters.destroy(ident)
"""
    )


@EACH_KIND
def test_two_at_the_same_time(make: Maker, kind: str) -> None:
    """Each runs in a thread; from 3.12 on, each isolated one has its own GIL."""
    queues, semid, shmid = (make.queue(), make.queue()), make.semset(1), make.segment(4096)
    ipc.semctl(semid, 0, ipc.SETVAL, 2)
    run_child(
        INTERPRETERS
        + """
PEER = '''
import ipc
mine, other, semid, shmid = {}
ipc.semop(semid, [(0, -1, 0)])
ipc.semop(semid, [(0, 0, 0)])  # both are here
message = ipc.msgbuf(capacity=10)
for burst in range(0, 10000, 50):
    for n in range(burst, burst + 50):
        ipc.msgsnd(other, ipc.mkmsgbuf(1 + n % 3, str(n)))
    p = ipc.shmat(shmid)
    with memoryview(p) as view:
        view[(mine > other) * 8] = burst % 256
        assert view[(mine > other) * 8] == burst % 256
    for n in range(burst, burst + 50):
        ipc.msgrcv(mine, message)
        assert message.mtext == str(n).encode() and message.mtype == 1 + n % 3
    ipc.shmdt(p)
'''
first, second, semid, shmid = ids
failures = []

def run_peer(*arguments):
    ident = create(KIND)
    try:
        run(ident, PEER.format(arguments))
    except BaseException as error:
        failures.append(error)
        ipc.msgctl(first, ipc.IPC_RMID)  # ends the wait of the other one
    interpreters.destroy(ident)

threads = [
    threading.Thread(target=run_peer, args=arguments)
    for arguments in ((first, second, semid, shmid), (second, first, semid, shmid))
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if failures:
    raise failures[0]
""".replace("KIND)", f"{kind!r})"),
        *queues,
        semid,
        shmid,
    )
    assert [row_of_proc("msg", msqid)["qnum"] for msqid in queues] == [0, 0]
    assert row_of_proc("shm", shmid)["nattch"] == 0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="interpreters share one GIL before 3.12")
def test_immortal_objects_are_not_counted() -> None:
    """
    Interpreters with their own GILs share small ints (PEP 683, PEP 684).  The headers of 3.11 count
    references to them without a lock; with these headers, a count reached 0 and the process died.
    """
    run_child(
        INTERPRETERS
        + """
PEER = '''
import ipc
def count():
    zero = 0
    for _ in range(300_000):
        ipc.sembuf(1, 1, 1)
        assert zero + 1 == 1
count()
'''

def run_peer():
    ident = create("isolated")
    run(ident, PEER)
    interpreters.destroy(ident)

threads = [threading.Thread(target=run_peer) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
""",
        options=(),
    )


@EACH_KIND
def test_interpreters_share_no_state(make: Maker, kind: str) -> None:
    """Interpreters share only IPC objects, and no types, attachments or audit hooks."""
    msqid, shmid = make.queue(), make.segment()
    run_child(
        INTERPRETERS
        + """
msqid, shmid = ids
p = ipc.shmat(shmid)
ident = create(KIND)
run(ident, f'''
import ipc, sys
def is_attached(number):
    try:
        return ipc.shmcpy_from(number, 1) is not None
    except OSError:
        return False
assert not is_attached({int(p)})
p = ipc.shmat({shmid})
assert is_attached(int(p)) and ipc.shmat({shmid}, p, ipc.SHM_REMAP)
q = ipc.shmat({shmid})
ipc.shmcpy_to(q, "sub")
sys.addaudithook(lambda event, args: seen.append(event))
seen = []
ipc.msgsnd({msqid}, ipc.mkmsgbuf(id(ipc.msgbuf), str(int(q))))
assert "ipc.msgsnd" in seen
''')
message = ipc.msgbuf(capacity=100)
ipc.msgrcv(msqid, message)
assert message.mtype != id(ipc.msgbuf)
assert ipc.shmcpy_from(p, 3) == b"sub"
try:
    ipc.shmdt(int(message.mtext))
except OSError:
    pass
else:
    raise AssertionError("another interpreter's attachment was detached")
run(ident, "assert 'ipc.msgrcv' not in seen and is_attached(int(q))")
assert stat(shmid).shm_nattch == 2
interpreters.destroy(ident)
assert stat(shmid).shm_nattch == 1
assert ipc.shmcpy_from(p, 3) == b"sub"
""".replace("KIND)", f"{kind!r})"),
        msqid,
        shmid,
    )


@pytest.mark.unwatched
@EACH_KIND
def test_an_interpreter_that_ends_leaves_nothing(make: Maker, kind: str) -> None:
    """Interpreters that use the module leave no more memory than others."""
    printed = run_child(
        INTERPRETERS
        + """
USE = f'''
import ipc
m = ipc.mkmsgbuf(1, bytes(10000))
u = ipc.semun(array=[1, 2, 3])
p = ipc.shmat({ids[0]})
view = memoryview(p)
'''
# A debug build is slow, and so is a machine under an emulator.
slow = hasattr(sys, "gettotalrefcount") or "IPC_TEST_SLOWNESS" in os.environ
N = 4 if slow else 20

def growth(program):
    def repeat():
        for _ in range(N):
            ident = create(KIND)
            run(ident, program)
            interpreters.destroy(ident)
        gc.collect()
        return resident()

    sizes = [repeat() for _ in range(4)]
    return min(after - before for before, after in zip(sizes, sizes[1:]))

without, with_it = growth("import _struct, array, _csv"), growth(USE)
assert stat(ids[0]).shm_nattch == 0
if without > N * 100:
    print(f"interpreters leak {without} KiB for {N} without the module")  # 3.12, 3.13
else:
    assert with_it < max(without, 0) + N * 8, f"KiB for {N}: {without}, with it {with_it}"
""".replace("KIND)", f"{kind!r})"),
        make.segment(),
        options=(),
    )
    if printed:
        pytest.skip(printed)


@pytest.mark.unwatched
def test_a_module_that_is_unloaded_leaves_nothing(make: Maker) -> None:
    run_child(
        """
def reload():
    global ipc
    used = [ipc.mkmsgbuf(1, bytes(10000)), ipc.semun(array=[1]), ipc.shmat(ids[0])]
    for name in [name for name in sys.modules if name.partition(".")[0] == "ipc"]:
        del sys.modules[name]
    old = weakref.ref(ipc._ipc)
    del ipc, used
    gc.collect()
    assert old() is None
    import ipc

def growth():
    before = resident()
    for _ in range(50):
        reload()
    return resident() - before

growths = [growth() for _ in range(4)]
assert min(growths) < 50 * 4, f"KiB for 50: {growths}"
assert stat(ids[0]).shm_nattch == 0
""",
        make.segment(),
    )


WAITS = """
PROGRAM = '''
import asyncio, os, threading, time
import ipc

msqid, semid = {}
q, s = ipc.MessageQueue.from_id(msqid), ipc.SemaphoreSet.from_id(semid)[0]

begin = time.monotonic()
try:
    q.receive(timeout=0.02)
except TimeoutError:
    pass
else:
    raise AssertionError("a message arrived that no thread sent")
assert time.monotonic() - begin >= 0.02
assert s.acquire(timeout=0.02) is False

async def main():
    received = asyncio.ensure_future(q.receive_async(1))
    acquired = asyncio.ensure_future(s.acquire_async())
    cancelled = asyncio.ensure_future(q.receive_async(2))
    waiting = received, acquired, cancelled
    while len(os.listdir("/proc/self/task")) < before + 3:
        assert not any(task.done() for task in waiting), waiting
        await asyncio.sleep(0)
    cancelled.cancel()
    q.send("answer")
    s.release()
    assert (await received).mtext == b"answer" and await acquired is True
    try:
        await cancelled
    except asyncio.CancelledError:
        pass
    else:
        raise AssertionError("not cancelled")
    q.send_many(["a", "b"])
    texts = []
    async for one in q:
        texts.append(one.mtext)
        if len(texts) == 2:
            break
    assert texts == [b"a", b"b"], texts

before = len(os.listdir("/proc/self/task"))
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
assert threading.active_count() == 1, threading.enumerate()
'''
"""


@EACH_KIND
def test_calls_with_timeouts_and_asyncio(make: Maker, kind: str) -> None:
    """The threads of the module are not daemons, which an isolated interpreter refuses."""
    if kind == "isolated" and sys.version_info < (3, 12):
        pytest.skip("before 3.12, an isolated interpreter has no threads")
    msqid, semid = make.queue(), make.semset(1)
    run_child(
        INTERPRETERS
        + WAITS
        + """
ident = create(KIND)
run(ident, PROGRAM.format(ids))
interpreters.destroy(ident)
""".replace("KIND)", f"{kind!r})"),
        msqid,
        semid,
        options=(),
    )
    assert row_of_proc("msg", msqid)["qnum"] == 0
