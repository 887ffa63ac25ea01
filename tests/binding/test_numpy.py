# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""NumPy and other libraries may use memory after its detachment without a crash.

Each program is a process, because a failure crashes the interpreter.  The processes are forks of
one that has imported NumPy, because the import takes longer than the programs.
"""

import itertools
import json

import pytest

import ipc
from child import run_child
from conftest import Maker

np = pytest.importorskip("numpy")

PROGRAMS = """
import ctypes, itertools, json, struct
import numpy as np
import ipc.compat.sysv_ipc as sysv_ipc

SIZE = 4096
outcomes = []
# Without this, each program visits all objects of NumPy at its end.
gc.collect()
gc.freeze()
for exporter, consumer, order in json.loads(@programs@):
    shmid = ipc.shmget(ipc.IPC_PRIVATE, SIZE, 0o600)
    out, err = os.memfd_create("out"), os.memfd_create("err")
    pid = os.fork()
    if pid == 0:
        os.dup2(out, 1)
        os.dup2(err, 2)
        break
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    outcomes.append((status, *(os.pread(fd, 1 << 16, 0).decode() for fd in (out, err))))
    os.close(out)
    os.close(err)
    ipc.shmctl(shmid, ipc.IPC_RMID)
else:
    print(json.dumps(outcomes))
    sys.exit()

# Only the children reach this line, each with one program.
holder = None
if exporter == "buf":
    holder = ipc.SharedMemory.from_id(shmid)
    holder.attach()
    given = holder.buf
    detach = holder.detach
elif exporter == "address":
    given = holder = ipc.shmat(shmid)
    detach = lambda: ipc.shmdt(holder)
elif exporter == "view of the address":
    holder = ipc.shmat(shmid)
    given = memoryview(holder)
    detach = lambda: ipc.shmdt(holder)
elif exporter == "exporter of the view":
    holder = ipc.shmat(shmid)
    given = memoryview(holder).obj
    detach = lambda: ipc.shmdt(holder)
else:
    given = holder = sysv_ipc.attach(shmid)
    detach = holder.detach

ipc.shmcpy_to(ipc.shmat(shmid), b"somebody")
first = {
    "ndarray": lambda: np.ndarray((SIZE,), np.uint8, buffer=given),
    "recarray": lambda: np.recarray((SIZE // 4,), [("a", np.int32)], buf=given),
    "frombuffer": lambda: np.frombuffer(given, np.uint8),
    "asarray": lambda: np.asarray(memoryview(given)),
    "slice": lambda: np.ndarray((SIZE,), np.uint8, buffer=given)[3:].reshape(-1, 1),
    "view": lambda: memoryview(given),
    "cast": lambda: memoryview(given)[8:].cast("I"),
    "ctypes": lambda: (ctypes.c_char * SIZE).from_buffer(given),
    "array": lambda: array("b", bytes(memoryview(given))),
    "struct": lambda: struct.unpack_from("16s", given),
    "pack_into": lambda: struct.pack_into("8s", given, 0, b"somebody"),
    "bytes": lambda: bytes(memoryview(given)),
}[consumer]()

def use(memory):
    "Reads all of the memory, and writes to it if it is writable."
    if isinstance(memory, np.ndarray):
        memory.sum() if memory.dtype.names is None else memory.a.sum()
        if memory.flags.writeable and memory.dtype.names is None:
            memory[0] = memory[0]
    elif memory is not None:
        bytes(memory) if not isinstance(memory, tuple) else None

use(first)
refused = False
for step in order:
    if step == "d" and detach:
        try:
            detach()
        except (BufferError, ipc.compat.sysv_ipc.NotAttachedError, OSError) as error:
            refused = isinstance(error, BufferError) or refused
    elif step == "e":
        given = None
    elif step == "h":
        holder = detach = None
    elif step == "g":
        gc.collect()
    use(first)
    # New memory may be mapped at the address of the segment.
    others = [np.ones(SIZE, np.uint8) for _ in range(3)]
    use(first)
print("refused" if refused else "done")
"""

EXPORTERS = ["buf", "address", "view of the address", "exporter of the view", "drop-in"]
CONSUMERS = [
    "ndarray", "recarray", "frombuffer", "asarray", "slice", "view", "cast", "ctypes", "array",
    "struct", "pack_into", "bytes",
]  # fmt: skip
# d: detach; e: drop the exported object; h: drop the holder of the attachment; g: collect garbage.
ORDERS = ["dehg", "ehdg", "edhg", "gdge", "hged", "dd"]
# Consumers that hold a view, under which the memory cannot be detached.
HOLD = {"asarray", "view", "cast", "ctypes"}

Outcomes = dict[tuple[str, str, str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """The exit status, the output and the errors of each program."""
    programs = list(itertools.product(EXPORTERS, CONSUMERS, ORDERS))
    said = run_child(PROGRAMS.replace("@programs@", repr(json.dumps(programs))))
    ended = [(status, out, err) for status, out, err in json.loads(said)]
    return dict(zip(programs, ended, strict=True))


@pytest.mark.parametrize("exporter, consumer", itertools.product(EXPORTERS, CONSUMERS))
def test_a_program_does_not_crash(outcomes: Outcomes, exporter: str, consumer: str) -> None:
    for order in ORDERS:
        status, said, errors = outcomes[exporter, consumer, order]
        assert (status, errors) == (0, ""), order
        if exporter == "drop-in":  # a view keeps the memory, and detach() succeeds all the same
            assert said == "done\n", order
        elif order[0] == "d" and (exporter != "address" or consumer in HOLD):
            assert said == "refused\n", order


def test_the_idiom_of_multiprocessing(make: Maker) -> None:
    """An array over buf holds the segment at the end of the with block."""
    with pytest.raises(BufferError):
        with ipc.SharedMemory(size=4096, remove_on_exit=True) as m:
            a = np.ndarray((1024,), np.int32, buffer=m.buf)
            a[0] = 5
    assert a[0] == 5
    assert bool(m.address)
    del a
    m.detach()
    assert not m.address


def test_detached_memory_is_not_the_segment(make: Maker) -> None:
    """An array made from the address, without a view, reads zeros after the detachment."""
    shmid = make.segment(5000)
    p = ipc.shmat(shmid)
    a = np.ndarray((5000,), np.uint8, buffer=p)
    a[4999] = 7
    assert ipc.shmdt(p) == 0
    state = ipc.shmid_ds()
    ipc.shmctl(shmid, ipc.IPC_STAT, state)
    assert state.shm_nattch == 0
    assert not a.any()
    a[:] = 1
    q = ipc.shmat(shmid)
    assert ipc.shmcpy_from(q, 5000) == bytes(4999) + b"\7"
    with pytest.raises(OSError):
        ipc.shmdt(p)
    ipc.shmdt(q)


def test_nothing_else_comes_to_detached_memory(make: Maker) -> None:
    """Another thread maps memory all the time, also at the moment of the detachment."""
    shmid = make.segment(4 << 20)
    said = run_child(
        """
import ctypes
import numpy as np

SIZE = 4 << 20
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long
libc.munmap.argtypes = ctypes.c_void_p, ctypes.c_size_t
ones = os.memfd_create("ones")
os.write(ones, b"1" * SIZE)
ended = False

def map_and_unmap():
    while not ended:
        kept = [libc.mmap(None, SIZE, 1, 2, ones, 0) for _ in range(4)]
        for memory in kept:
            libc.munmap(memory, SIZE)

thread = threading.Thread(target=map_and_unmap)
thread.start()
seen = set()
for _ in range(2000):
    p = ipc.shmat(ids[0])
    a = np.ndarray((SIZE,), np.uint8, buffer=p)
    ipc.shmdt(p)
    seen.add(int(a[0]))
ended = True
thread.join()
print(seen)
""",
        shmid,
    )
    assert said == "{0}\n"
