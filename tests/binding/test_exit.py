# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A process ends or forks while objects are alive, without a crash or a warning."""

import pytest

from child import run_child
from conftest import Maker, row_of_proc

# ---- the end of the interpreter --------------------------------------------------

# The objects that are alive when the program ends.  Each program has msqid, semid, shmid.
ALIVE = {
    "an attached segment": "p = ipc.shmat(shmid)",
    "many": "all_of_them = [ipc.shmat(shmid) for _ in range(100)]",
    "a view": "view = memoryview(ipc.shmat(shmid))",
    "a view of a view": "view = memoryview(ipc.shmat(shmid))[1:].cast('B')",
    "a view in a cycle": "cycle = [memoryview(ipc.shmat(shmid))]; cycle.append(cycle)",
    "a segment in another module": "sys.kept = ipc.shmat(shmid); builtins.kept = sys.kept",
    "a segment in a thread": """
local = threading.local()
local.p = ipc.shmat(shmid)
""",
    "a view in a thread that waits": """
def wait():
    with ipc.shmat(shmid) as p, memoryview(p) as view:
        ipc.semop(semid, [(0, -1, 0)])
blocked(semid, wait)
""",
    "threads that wait": """
ipc.msgsnd(msqid, ipc.mkmsgbuf(5, bytes(10)))
ds = ipc.msqid_ds()
ipc.msgctl(msqid, ipc.IPC_STAT, ds)
ds.msg_qbytes = 10
ipc.msgctl(msqid, ipc.IPC_SET, ds)
blocked(msqid, lambda: ipc.msgrcv(msqid, ipc.msgbuf(capacity=100), None, 7))
blocked(msqid, lambda: ipc.msgsnd(msqid, ipc.mkmsgbuf(1, bytes(100))))
blocked(semid, lambda: ipc.semop(semid, [(0, -1, 0)]))
blocked(semid, lambda: ipc.semtimedop(semid, [(0, -1, 0)] * 20, None, 600))
""",
    "unions": """
unions = [ipc.semun(array=[1]), ipc.semun(array=array("H", [1])), ipc.semun(buf=ipc.semid_ds())]
class Array(array):
    pass
cycle = Array("H", [1])
cycle.union = ipc.semun(array=cycle)
""",
    "parts": "part = ipc.msqid_ds().msg_perm; view = memoryview(ipc.shmid_ds().shm_perm)",
    "messages": "message = ipc.mkmsgbuf(1, bytes(100000)); view = memoryview(message)",
    "weak references": """
p, message = ipc.shmat(shmid), ipc.msgbuf()
references = [weakref.ref(thing, lambda _: gc.collect()) for thing in (p, message, ipc)]
""",
    "an object that comes back": """
class Back:
    def __init__(self):
        self.p = ipc.shmat(shmid)
        self.me = self
    def __del__(self):
        sys.modules["back"] = self
        assert len(self.p) > 0 and bool(self.p)
        repr(self.p)
back = Back()
""",
    "a function that is called at exit": """
import atexit
p = ipc.shmat(shmid)
atexit.register(lambda: (ipc.shmcpy_to(p, "x"), ipc.shmdt(p), ipc.shmat(shmid)))
""",
    "nothing but the types": """
kept = [ipc.msgbuf, type(ipc.shmat(shmid)), ipc.shmat]
del ipc, sys.modules["ipc"], sys.modules["ipc._ipc"]
gc.collect()
sys.kept = kept[2](shmid)
""",
}

ENDS = {
    "falls off its end": "",
    "os._exit": "os._exit(0)",
    "sys.exit, collected first": "gc.collect(); sys.exit(0)",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("alive", ALIVE)
def test_objects_that_are_alive_at_the_end_do_no_harm(make: Maker, alive: str, end: str) -> None:
    shmid = make.segment(4096)
    program = "msqid, semid, shmid = ids\n" + ALIVE[alive] + "\n" + ENDS[end]
    run_child(program, make.queue(), make.semset(1), shmid)
    assert row_of_proc("shm", shmid)["nattch"] == 0


# The defaults of __del__ keep all that it uses: by then, the names in the modules may be None.
LATE = """
(msqid,) = ids
thread = blocked(msqid, lambda: ipc.msgrcv(msqid, ipc.msgbuf(capacity=100)))

class Late:
    def __del__(self, send=ipc.msgsnd, message=ipc.mkmsgbuf(1, b"late"), control=ipc.msgctl,
                cmd=ipc.IPC_STAT, ds=ipc.msqid_ds(), msqid=msqid, sleep=time.sleep):
        send(msqid, message)
        while control(msqid, cmd, ds) == 0 and ds.msg_qnum > 0:
            sleep(0.0002)
sys.late = Late()
"""


@pytest.mark.parametrize("end", [end for end in ENDS if end != "os._exit"])
def test_a_wait_of_a_thread_ends_while_the_interpreter_does(make: Maker, end: str) -> None:
    msqid = make.queue()
    run_child(LATE + ENDS[end], msqid)
    assert row_of_proc("msg", msqid)["rtime"] > 0


# ---- fork ------------------------------------------------------------------------

# The parent waits for the child; both must exit with status 0.
FORK = """
msqid, semid, shmid = ids

def fork(program):
    pid = os.fork()
    if pid == 0:
        program()
        sys.exit(0)
    return pid

def join(pid):
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_view_lives_on_in_parent_and_child(make: Maker) -> None:
    """fork(2): the child inherits the attachment, and each detaches its own."""
    shmid = make.segment(4096)
    run_child(
        FORK
        + """
p = ipc.shmat(shmid)
view = memoryview(p)

def child():
    assert stat(shmid).shm_nattch == 2
    view[:5] = b"child"
    try:
        ipc.shmdt(p)
    except BufferError:
        view.release()
    ipc.shmdt(int(p))
    assert stat(shmid).shm_nattch == 1
    with ipc.shmat(shmid) as again:
        assert ipc.shmcpy_from(again, 5) == b"child"
    ipc.semop(semid, [(0, 1, 0)])

pid = fork(child)
ipc.semop(semid, [(0, -1, 0)])
assert view[:5] == b"child"
view[:6] = b"parent"
join(pid)
assert stat(shmid).shm_nattch == 1 and ipc.shmcpy_from(p, 6) == b"parent"
view.release()
ipc.shmdt(p)
""",
        make.queue(),
        make.semset(1),
        shmid,
    )
    assert row_of_proc("shm", shmid)["nattch"] == 0


def test_a_child_that_ends_with_a_view_leaves_the_parents(make: Maker) -> None:
    shmid = make.segment(4096)
    run_child(
        FORK
        + """
p = ipc.shmat(shmid)
view = memoryview(p)
for end in (lambda: None, lambda: sys.exit(0), lambda: os._exit(0)):
    join(fork(end))
    assert stat(shmid).shm_nattch == 1
    view[:1] = b"x"
""",
        make.queue(),
        make.semset(1),
        shmid,
    )
    assert row_of_proc("shm", shmid)["nattch"] == 0


# The child cannot free the memory of the other thread, a leak that is not the module's.
@pytest.mark.unwatched
def test_fork_while_another_thread_waits(make: Maker) -> None:
    """The child has no copy of the thread, but can use its message and the module."""
    msqid = make.queue()
    run_child(
        FORK
        + """
message, received = ipc.msgbuf(capacity=100), []
thread = blocked(msqid, lambda: received.append(ipc.msgrcv(msqid, message)))

def child():
    global message
    for _ in range(100):
        ipc.semop(semid, [(0, 1, 0)])
        ipc.semop(semid, [(0, -1, 0)])
    with ipc.shmat(shmid) as p:
        ipc.shmcpy_to(p, "child")
    assert (message.mtype, message.mtext, message.capacity) == (0, b"", 100)
    message = None
    ipc.msgsnd(msqid, ipc.mkmsgbuf(3, "from the child"))

join(fork(child))
thread.join()
assert received == [14] and (message.mtype, message.mtext) == (3, b"from the child")
message.mtext = b"longer than what there was room for" * 10
""",
        msqid,
        make.semset(1),
        make.segment(),
    )
    assert row_of_proc("msg", msqid)["qnum"] == 0


def test_fork_in_a_thread_while_another_waits(make: Maker) -> None:
    """The only thread of the child is a copy of the forking thread, not of the main thread."""
    run_child(
        FORK
        + """
waiting = blocked(semid, lambda: ipc.semop(semid, [(0, -1, 0)]))

def child():
    ipc.msgsnd(msqid, ipc.mkmsgbuf(1, "x"))
    os._exit(0)

forking = threading.Thread(target=lambda: join(fork(child)))
forking.start()
assert ipc.msgrcv(msqid, ipc.msgbuf(capacity=10)) == 1
forking.join()
ipc.semop(semid, [(0, 1, 0)])
waiting.join()
""",
        make.queue(),
        make.semset(1),
        make.segment(),
    )
