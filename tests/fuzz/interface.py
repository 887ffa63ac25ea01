# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Calls the whole interface of the module with arguments of every kind.

    interface.py [--examples N | --seconds N] [--seed N | --derandomize] [--found PREFIX]
    interface.py --program FILE

A program is a list of steps: calls of functions and of methods of their results; reading, setting
and deleting members; making and releasing views.  Each program runs in a child, so a crash is a
failure like others, and hypothesis shortens the program.  For any arguments, a step must return
or raise what the module documents, and no object may remain that was not returned.

Exit status: 0 no program failed; 1 one failed, and PREFIX... is a file of it for --program; 2 an
argument is wrong; 4 an IPC namespace cannot be created.
"""

import argparse
import ast
import collections
import ctypes
import faulthandler
import gc
import hashlib
import inspect
import mmap
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager, suppress
from array import array
from pathlib import Path
from typing import Any, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import ipc

# ---- the functions ------------------------------------------------------------------

NAMES = sorted(name for name in {*dir(ipc), *dir(ipc._ipc)} if not name.startswith("_"))
# The functions and types of the extension, without the classes in Python.
FUNCTIONS = [
    name for name in NAMES if callable(getattr(ipc, name)) and hasattr(ipc._ipc, name)
]
MAIN = [name for name in FUNCTIONS if name in ipc.__all__]
CONSTANTS = [name for name in NAMES if isinstance(getattr(ipc, name), int)]
TYPES = [name for name in FUNCTIONS if isinstance(getattr(ipc, name), type)]
# An alarm during these functions must not lose the object that they return.
MAKERS = {"msgget", "semget", "shmget"}


def parameters(name: str) -> list[str]:
    try:
        return list(inspect.signature(getattr(ipc, name)).parameters)
    except ValueError:
        return []


# For each function, in all children: 1 if it was called, 3 if it has returned.
CALLED = mmap.mmap(-1, len(FUNCTIONS))

PARAMETERS = {name: parameters(name) for name in FUNCTIONS}

# A function may raise these exceptions; any other exception is a failure.
DOCUMENTED = (
    TypeError,
    ValueError,
    OverflowError,
    OSError,
    BufferError,
    AttributeError,
    MemoryError,
)


class Own(Exception):
    """An argument raises this; the call must pass it on."""


class Expired(BaseException):
    """The alarm raises this; a call that waits must pass it on."""


# ---- arguments: each kind is data, and a function that makes it ------------------------------


class Raises:
    """An object whose conversions all raise."""

    def __index__(self) -> int:
        raise Own

    __len__ = __int__ = __index__
    __hash__ = __index__

    def __getitem__(self, _: object) -> object:
        raise Own

    def __iter__(self) -> Iterator[object]:
        raise Own

    def __bool__(self) -> bool:
        raise Own

    def __eq__(self, _: object) -> bool:
        raise Own

    def __fspath__(self) -> str:
        raise Own

    def __buffer__(self, _: int) -> memoryview:
        raise Own

    def __float__(self) -> float:
        raise Own


class Lies:
    """An object whose conversions return values of wrong types."""

    def __index__(self) -> int:
        return "1"  # type: ignore[return-value]

    __len__ = __int__ = __float__ = __index__

    def __fspath__(self) -> str:
        return 1  # type: ignore[return-value]

    def __buffer__(self, _: int) -> memoryview:
        return 1  # type: ignore[return-value]

    def __iter__(self) -> Iterator[object]:
        return 1  # type: ignore[return-value]


class Endless(list[Any]):
    """A sequence that is longer than its len()."""

    def __iter__(self) -> Iterator[Any]:
        for _ in range(10000):
            yield 1


class Mutates:
    """An integer whose conversion changes the objects of the pool."""

    def __init__(self, pool: "Pool", number: int) -> None:
        self.pool, self.number = pool, number

    def __index__(self) -> int:
        self.pool.upset()
        return self.number

    __float__ = __int__ = __index__

    def __len__(self) -> int:
        self.pool.upset()
        return 3

    def __getitem__(self, i: int) -> object:
        self.pool.upset()
        return self

    def __buffer__(self, _: int) -> memoryview:
        self.pool.upset()
        return memoryview(bytearray(16))


def released() -> memoryview:
    view = memoryview(b"released")
    view.release()
    return view


NASTY: dict[str, Callable[["Pool"], object]] = {
    "none": lambda pool: None,
    "ellipsis": lambda pool: ...,
    "object": lambda pool: object(),
    "type": lambda pool: type,
    "module": lambda pool: ipc,
    "function": lambda pool: ipc.msgsnd,
    "lambda": lambda pool: lambda *_: None,
    "raises": lambda pool: Raises(),
    "lies": lambda pool: Lies(),
    "endless": lambda pool: Endless([1]),
    "mutates": lambda pool: Mutates(pool, 1),
    "mutates_zero": lambda pool: Mutates(pool, 0),
    "sops_mutate": lambda pool: [(Mutates(pool, 0), 1, ipc.IPC_NOWAIT)] * 3,
    "values_mutate": lambda pool: [Mutates(pool, 1)] * 3,
    "itself": lambda pool: pool.cycle,
    "generator": lambda pool: (i for i in range(3)),
    "set": lambda pool: {1, 2},
    "dict": lambda pool: {"a": 1},
    "range": lambda pool: range(3),
    "deque": lambda pool: collections.deque([1]),
    "infinity": lambda pool: float("inf"),
    "nan": lambda pool: float("nan"),
    "complex": lambda pool: 1j,
    "released": lambda pool: released(),
    "strided": lambda pool: memoryview(bytearray(64))[::2],
    "reversed": lambda pool: memoryview(bytearray(64))[::-1],
    "shaped": lambda pool: memoryview(bytearray(64)).cast("B", (8, 8)),
    "longs": lambda pool: memoryview(array("l", [1] * 8)),
    "shorts": lambda pool: array("H", [1] * 8),
    "floats": lambda pool: array("d", [1.0] * 8),
    "ctypes": lambda pool: (ctypes.c_long * 8)(1),
    "readonly": lambda pool: memoryview(bytearray(64)).toreadonly(),
    "exception": lambda pool: Own("x"),
    "path": lambda pool: Path("/"),
    "no_path": lambda pool: "/no/such\0file",
    "surrogate": lambda pool: "\ud800",
    "true": lambda pool: True,
}

ENDS = sorted({sign * 2**bits + more for bits in (7, 8, 15, 16, 31, 32, 63, 64, 100)
               for sign in (1, -1) for more in (-1, 0, 1)})

Spec = Any  # ("kind", its parts): data that can be printed and read again
Step = tuple[Any, ...]

numbers = st.integers(-3, 40) | st.sampled_from(ENDS)
plain: st.SearchStrategy[Spec] = st.one_of(
    st.tuples(st.just("value"), numbers),
    st.tuples(st.just("value"), st.binary(max_size=40) | st.text(max_size=12)),
    st.tuples(st.just("value"), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("bytearray"), st.binary(max_size=80)),
    st.tuples(st.just("constant"), st.sampled_from(CONSTANTS)),
    st.tuples(st.just("nasty"), st.sampled_from(sorted(NASTY))),
)
# Results of earlier steps, so that calls get valid arguments.
earlier = st.tuples(st.just("pool"), st.integers(0, 30))
sops = st.tuples(
    st.just("sops"),
    st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3), st.booleans()), max_size=5),
)
specs: st.SearchStrategy[Spec] = st.recursive(
    plain | earlier | earlier,
    lambda inner: st.tuples(st.sampled_from(["list", "tuple"]), st.lists(inner, max_size=5)),
    max_leaves=6,
)
# A valid call: an existing object of the right kind.
BY_PARAMETER: dict[str, st.SearchStrategy[Spec]] = {
    "msqid": st.just(("object", "msg")),
    "semid": st.just(("object", "sem")),
    "shmid": st.just(("object", "shm")),
    "sops": sops,
    "cmd": st.tuples(st.just("constant"), st.sampled_from(
        [name for name in CONSTANTS if name.startswith(("IPC_", "GET", "SET"))
         or "_STAT" in name or "_INFO" in name])),
    "msgflg": st.tuples(st.just("value"), st.sampled_from([ipc.IPC_NOWAIT])),
    "timeout": st.tuples(st.just("value"), st.sampled_from([0, 0.001])),
    "structure": st.tuples(st.just("type"), st.sampled_from(TYPES)),
    "key": st.tuples(st.just("value"), st.integers(0, 3)),
    "shmaddr": st.just(("value", None)) | earlier,
}


def type_of(name: str) -> str | None:
    """The structure of a function such as msgbuf_mtext_get or delete_msgbuf."""
    owners = sorted((one for one in TYPES if f"_{one}_" in f"_{name}_"), key=len)
    return owners[-1] if owners else None


def argument(name: str, parameter: str) -> st.SearchStrategy[Spec]:
    meant = BY_PARAMETER.get(parameter)
    if parameter == "p":
        meant = st.just(("of", type_of(name) or "shm_address"))
    return st.one_of(specs, meant, meant, meant) if meant is not None else specs


@st.composite
def calls(draw: Any) -> Step:
    # Half of the calls are of the main functions; those of the 2003 module are many and alike.
    name = draw(st.sampled_from(MAIN) | st.sampled_from(FUNCTIONS))
    wanted = PARAMETERS[name]
    count = draw(st.sampled_from([len(wanted)] * 4 + list(range(len(wanted) + 2))))
    given_ = [draw(argument(name, parameter)) for parameter in wanted[:count]]
    given_ += [draw(specs) for _ in range(count - len(wanted))]
    by_name = draw(st.integers(0, 4 * count)) if count else 0
    if by_name >= count or not wanted or count > len(wanted):
        return ("call", name, given_, {})
    return ("call", name, given_[:by_name], dict(zip(wanted[by_name:], given_[by_name:])))


members = st.integers(0, 200)
what = st.integers(0, 30)
steps: st.SearchStrategy[Step] = st.one_of(
    calls(),
    calls(),
    calls(),
    st.tuples(st.just("method"), what, members, st.lists(specs, max_size=3)),
    st.tuples(st.just("get"), what, members),
    st.tuples(st.just("set"), what, members, specs),
    st.tuples(st.just("delete"), what, members),
    st.tuples(st.just("view"), what),
    st.tuples(st.just("write"), what, st.binary(max_size=8)),
    st.tuples(st.just("release"), what),
    st.tuples(st.just("drop"), what),
)
# About thirty steps; hypothesis removes those that a failure does not need.
programs: st.SearchStrategy[list[Step]] = st.tuples(*[st.lists(steps, max_size=12)] * 6).map(
    lambda parts: [step for part in parts for step in part]
)


# ---- in the child ---------------------------------------------------------------------------


class Pool:
    """The objects of one program: three IPC objects, one of each type, and results of steps."""

    def __init__(self) -> None:
        self.ids = {"msg": ipc.msgget(ipc.IPC_PRIVATE, 0o600),
                    "sem": ipc.semget(ipc.IPC_PRIVATE, 3, 0o600),
                    "shm": ipc.shmget(ipc.IPC_PRIVATE, 100, 0o600)}
        self.returned: set[tuple[str, int]] = set(self.ids.items())
        self.made: dict[str, object] = {
            name: getattr(ipc, name)() for name in TYPES if name != "shm_address"
        }
        self.made["shm_address"] = ipc.shmat(self.ids["shm"])
        self.made["msgbuf"] = ipc.mkmsgbuf(1, b"twelve bytes")
        self.objects: list[object] = list(self.made.values())
        self.cycle: list[object] = []
        self.cycle.append(self.cycle)

    def upset(self) -> None:
        """Changes objects of the pool in the middle of a call."""
        for one in self.objects:
            with suppress(*DOCUMENTED):
                if isinstance(one, memoryview):
                    one.release()
                elif isinstance(one, bytearray):
                    del one[:]
                elif isinstance(one, ipc.msgbuf):
                    one.mtext = b"another text of another size"
                elif isinstance(one, ipc.shm_address):
                    ipc.shmdt(one)
        del self.objects[4:]

    def pick(self, index: int) -> object:
        return self.objects[index % len(self.objects)] if self.objects else None

    def build(self, spec: Spec) -> Any:
        kind, of = spec
        return self.BUILDERS[kind](self, of)

    BUILDERS: dict[str, Callable[["Pool", Any], object]] = {
        "value": lambda pool, of: of,
        "bytearray": lambda pool, of: bytearray(of),
        "constant": lambda pool, of: getattr(ipc, of),
        "type": lambda pool, of: getattr(ipc, of),
        "nasty": lambda pool, of: NASTY[of](pool),
        "pool": lambda pool, of: pool.pick(of),
        "of": lambda pool, of: pool.made[of],
        "object": lambda pool, of: pool.ids[of],
        "list": lambda pool, of: [pool.build(one) for one in of],
        "tuple": lambda pool, of: tuple(pool.build(one) for one in of),
        "sops": lambda pool, of: [(num, op, ipc.IPC_NOWAIT | undo * ipc.SEM_UNDO)
                                  for num, op, undo in of],
    }


class Alarm:
    """True during a call; a signal that arrives after the call does nothing."""

    armed = False


def expired(*_: object) -> None:
    if Alarm.armed:
        Alarm.armed = False  # raises once in a call, at any point
        raise Expired


@contextmanager
def an_alarm(name: str) -> Iterator[None]:
    """Ends a call that waits.  The alarm repeats, because an argument may catch the exception."""
    if name in MAKERS:
        yield
        return
    Alarm.armed = True
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    try:
        yield
    finally:
        Alarm.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def member(one: object, index: int) -> str:
    left_out = {"__class__", "__dict__"}
    if isinstance(one, memoryview):  # iter() of a released one breaks CPython 3.11
        left_out.add("__iter__")
    names = [name for name in dir(one) if name not in left_out]
    return names[index % len(names)]


def call(pool: Pool, name: str, given_: list[Spec], by_name: dict[str, Spec]) -> object:
    arguments = [pool.build(spec) for spec in given_]
    named = {key: pool.build(spec) for key, spec in by_name.items()}
    index = FUNCTIONS.index(name)
    CALLED[index] |= 1
    with an_alarm(name):
        result: object = getattr(ipc, name)(*arguments, **named)
    CALLED[index] |= 2
    if name in MAKERS and isinstance(result, int):
        pool.returned.add((name[:3], result))
    return result


def method(pool: Pool, index: int, which: int, given_: list[Spec]) -> object:
    one = pool.pick(index)
    if isinstance(one, type):
        return None
    function = getattr(one, member(one, which))
    if not callable(function) or isinstance(function, type):
        return function
    with an_alarm(""):
        result: object = function(*[pool.build(spec) for spec in given_])
    return result


def is_ours(one: object) -> bool:
    return type(one).__module__ == "ipc"


def set_member(pool: Pool, index: int, which: int, spec: Spec) -> None:
    one = pool.pick(index)
    if is_ours(one):
        setattr(one, member(one, which), pool.build(spec))


def delete_member(pool: Pool, index: int, which: int) -> None:
    one = pool.pick(index)
    if is_ours(one):
        delattr(one, member(one, which))


def write(pool: Pool, index: int, data: bytes) -> None:
    one = pool.pick(index)
    if isinstance(one, memoryview):
        one[: len(data)] = data


def release(pool: Pool, index: int) -> None:
    one = pool.pick(index)
    if isinstance(one, memoryview):
        one.release()


def drop(pool: Pool, index: int) -> None:
    if pool.objects:
        del pool.objects[index % len(pool.objects)]


KINDS: dict[str, Callable[..., object]] = {
    "call": call,
    "method": method,
    "get": lambda pool, index, which: getattr(pool.pick(index), member(pool.pick(index), which)),
    "set": set_member,
    "delete": delete_member,
    "view": lambda pool, index: memoryview(pool.pick(index)),
    "write": write,
    "release": release,
    "drop": drop,
}


def perform(pool: Pool, step: Step) -> None:
    kind, *arguments = step
    try:
        result = KINDS[kind](pool, *arguments)
    except (*DOCUMENTED, Own, Expired) as error:
        # SystemError means that a function set an error and returned a value, or did neither.
        del error
    else:
        if result is not None and result is not NotImplemented:
            pool.objects.append(result)


REMOVE: dict[str, Callable[[int], object]] = {
    "msg": lambda ident: ipc.msgctl(ident, ipc.IPC_RMID),
    "sem": lambda ident: ipc.semctl(ident, 0, ipc.IPC_RMID),
    "shm": lambda ident: ipc.shmctl(ident, ipc.IPC_RMID),
}


def present() -> set[tuple[str, int]]:
    """The objects of the namespace; see proc(5)."""
    return {(kind, int(row.split()[1])) for kind in REMOVE
            for row in Path("/proc/sysvipc", kind).read_text().splitlines()[1:]}


def child(program: list[Step], out: int) -> None:
    """Runs the program and writes the failure, if any, to `out`."""
    gc.freeze()  # so that the collector does not visit, and so copy, the parent's objects
    signal.signal(signal.SIGALRM, expired)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable(out)
    pool = Pool()
    for step in program:
        try:
            perform(pool, step)
        except BaseException as error:
            os.write(out, f"{step}: {type(error).__name__}: {error}\n".encode())
            break
    for kind, ident in pool.returned:
        with suppress(OSError):
            REMOVE[kind](ident)
    pool.objects.clear()
    pool.made.clear()
    gc.collect()


SECONDS_OF_A_PROGRAM = 30


def run(program: list[Step]) -> str:
    """Return the failure of the program, or "" if it did not fail."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            # No code of a program can prevent this signal.
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_A_PROGRAM,) * 2)
            child(program, writing)
            status = 0
        except BaseException:
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, waited = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(waited)
    left = present()
    for kind, ident in left:
        REMOVE[kind](ident)
    if code:
        said += f"the interpreter ended with {signal.Signals(-code).name if code < 0 else code}\n"
    if left:
        said += f"objects are left behind: {sorted(left)}\n"
    return said


# ---- each function with each kind of argument, in turn ------------------------------------------

EVERY: list[Spec] = [
    *[("value", one) for one in ENDS],
    *[("value", one) for one in (0.5, b"", b"bytes", "", "text")],
    *[("nasty", name) for name in NASTY],
    *[("bytearray", bytes(size)) for size in (0, 7, 8, 64)],
    *[("of", name) for name in TYPES],
    *[("object", name) for name in ("msg", "sem", "shm")],
]


def meant(name: str, parameter: str) -> Spec:
    """A valid argument."""
    if parameter == "p":
        return ("of", type_of(name) or "shm_address")
    return MEANT.get(parameter, ("value", 1))


MEANT: dict[str, Spec] = {
    "msqid": ("object", "msg"),
    "semid": ("object", "sem"),
    "shmid": ("object", "shm"),
    "sops": ("sops", [(0, 1, False)]),
    "cmd": ("constant", "IPC_STAT"),
    "msgp": ("of", "msgbuf"),
    "msgflg": ("constant", "IPC_NOWAIT"),
    "pathname": ("value", "/"),
    "shmaddr": ("of", "shm_address"),
    "mtext": ("value", b"text"),
    "data": ("value", b"text"),
    "structure": ("type", "msgbuf"),
    "member": ("value", "mtype"),
}


def sweep(name: str) -> list[list[Step]]:
    """Calls without arguments, with valid ones, and with each kind in each place."""
    usual = [meant(name, parameter) for parameter in PARAMETERS[name]]
    rows = [[], usual, [*usual, ("value", None)]]
    rows += [[*usual[:i], one, *usual[i + 1:]] for i in range(len(usual)) for one in EVERY]
    return [[("call", name, row, {})] for row in rows]


def first_wrong(name: str) -> tuple[list[Step], str]:
    """Return the first program that fails.  All run as one program first, because that is quick."""
    every = sweep(name)
    together = [step for program in every for step in program]
    said = run(together)
    for program in every if said else []:
        alone = run(program)
        if alone:
            return program, alone
    return together, said


# ---- many programs ------------------------------------------------------------------------------


def examples(count: int, of_seed: int | None, wrong: list[tuple[list[Step], str]]) -> None:
    """Tries N programs; raises AssertionError with the shortest one that fails."""

    def test(program: list[Step]) -> None:
        said = run(program)
        if said:
            wrong.append((program, said))
        assert not said, said

    chosen = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=of_seed is None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )(given(programs)(test))
    (chosen if of_seed is None else seed(of_seed)(chosen))()


# unshare(2), user_namespaces(7)
CLONE_NEWIPC, CLONE_NEWUSER = 0x08000000, 0x10000000
# Two pages, so that an attachment that SHM_REMAP places over another is small.
SHMMAX = 8192


def enter_namespace() -> bool:
    libc = ctypes.CDLL(None)
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWIPC) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    with suppress(OSError):
        Path("/proc/sys/kernel/shmmax").write_text(str(SHMMAX))
    return True


BATCH = 300


def found(prefix: str, where: str, program: list[Step], said: str) -> int:
    """Prints the failure, and only the beginning of a long program; the file has all of it."""
    path = prefix + hashlib.sha1(repr(program).encode()).hexdigest()
    Path(path).write_text(repr(program) + "\n")
    print(f"{where}: {str(program)[:2000]}\n{said}Test unit written to {path}")
    return 1


def watch_memory() -> None:
    """Runs this program again with an allocator that finds writes beside a block."""
    if "PYTHONMALLOC" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv],
                  {**os.environ, "PYTHONMALLOC": "debug"})


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=BATCH)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--derandomize", action="store_true")
    parser.add_argument("--found", default="found-", help="the beginning of the names of files")
    parser.add_argument("--program", type=Path, help="run only the program in this file")
    options = parser.parse_args()
    watch_memory()
    if not enter_namespace():
        print("SKIP: cannot create an IPC namespace")
        return 4
    if options.program:
        said = run(ast.literal_eval(options.program.read_text()))
        print(said or "nothing is wrong", end="" if said else "\n")
        return int(bool(said))
    for name in FUNCTIONS:
        program, said = first_wrong(name)
        if said:
            return found(options.found, name, program, said)
    shortest: list[tuple[list[Step], str]] = []
    end = time.monotonic() + options.seconds
    batch, done = 0, 0
    try:
        while batch == 0 or time.monotonic() < end:
            of_seed = None if options.derandomize else options.seed + batch
            examples(options.examples, of_seed, shortest)
            batch, done = batch + 1, done + options.examples
    except AssertionError:
        program, said = min(shortest, key=lambda one: len(repr(one[0])))
        return found(options.found, f"seed {options.seed + batch}", program, said)
    idle = [name for name, state in zip(FUNCTIONS, CALLED[:]) if state != 3]
    print(f"{len(FUNCTIONS)} functions; never returned: {' '.join(idle) or 'none'}")
    print(f"stat::number_of_executed_units: {done}\ncov: {len(FUNCTIONS) - len(idle)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
