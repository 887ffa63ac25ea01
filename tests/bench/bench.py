#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Compares each call of the binding with the same call in C, sysv_ipc and ctypes.

All run in one process.  In each round, one contestant after the other makes its calls, so other
load of the machine affects all alike.  A time is the median of the rounds, and a ratio is the
median of the ratios of the rounds.  No time makes the program fail.

The instructions of each call in user space are counted by callgrind (counting.py).
"""

import argparse
import array
import contextlib
import ctypes
import fnmatch
import importlib
import importlib.machinery
import importlib.util
import json
import os
import platform
import signal
import statistics
import struct
import sys
import threading
import time
import timeit
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import counting
import ipc
import ipc.compat.sysv_ipc as compat
from counting import COUNTED, CannotCount, Counts, Failed
from rows import CONTESTANTS, POLICIES, ROWS, Row

TOP = Path(__file__).resolve().parents[2]

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1

# ---- names for the statements ---------------------------------------------------------


def enter_namespace() -> str:
    """Enters a new IPC namespace if possible; returns a description of the namespace."""
    new_ipc, new_user = 0x08000000, 0x10000000
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(new_ipc) == 0:
        return "its own"
    if libc.unshare(new_user | new_ipc) != 0:
        return "that of the caller"
    # user_namespaces(7): setgroups is denied first, or gid_map is refused.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    return "its own, by a user namespace"


def raw(structure: Any) -> Any:
    """A structure or bytes as C memory for ctypes."""
    data = bytes(structure)
    return ctypes.create_string_buffer(data, len(data))


@contextlib.contextmanager
def objects(sysv_ipc: Any) -> Iterator[dict[str, Any]]:
    """Makes an object of each kind with its own key and removes all at the end."""
    first = 0x60000000 | os.getpid()
    second, third = first + (1 << 24), first + (2 << 24)
    make = ipc.IPC_CREAT | ipc.IPC_EXCL | 0o600
    with contextlib.ExitStack() as at_end:
        q = ipc.msgget(first, make)
        at_end.callback(ipc.msgctl, q, ipc.IPC_RMID)
        semids = []
        for key, nsems in (first, 1), (second, 1), (third, 8):
            semids.append(ipc.semget(key, nsems, make))
            at_end.callback(ipc.semctl, semids[-1], 0, ipc.IPC_RMID)
        shmids = []
        for key, size in (first, 4096), (second, 1 << 20):
            shmids.append(ipc.shmget(key, size, make))
            at_end.callback(ipc.shmctl, shmids[-1], ipc.IPC_RMID)
        p = at_end.enter_context(ipc.shmat(shmids[1]))
        # A slot is the low 15 bits of an id (ipc/util.h).
        yield {"key": first, "q": q, "slot": q % 32768, "p": p, "c_p": ctypes.c_void_p(int(p))} | {
            **dict(zip(("s", "t", "s8"), semids)),
            "mq": ipc.MessageQueue.from_id(q),
            "sem": ipc.SemaphoreSet.from_id(semids[0])[0],
            "h": shmids[0],
            "compat": by_sysv_ipc(compat, first, second),
            **(by_sysv_ipc(sysv_ipc, first, second) if sysv_ipc else {}),
        }


def by_sysv_ipc(sysv_ipc: Any, first: int, second: int) -> dict[str, Any]:
    names = {
        "sysv_ipc": sysv_ipc,
        "sysv_q": sysv_ipc.MessageQueue(first, max_message_size=8192),
        "sysv_s": sysv_ipc.Semaphore(first),
        "sysv_t": sysv_ipc.Semaphore(second),
        "sysv_h": sysv_ipc.SharedMemory(first),
        "sysv_p": sysv_ipc.SharedMemory(second),
    }
    names["sysv_h"].detach()
    return names


def extension(name: str, folder: Path) -> Any:
    """Loads the extension in this folder, even if another one is imported."""
    spec = importlib.machinery.PathFinder.find_spec(name, [str(folder)])
    if not spec or not spec.loader:
        raise ImportError("not built (make bench builds it)")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def addresses(names: dict[str, Any], bare: Any) -> dict[str, Any]:
    """The arguments for ctypes as numbers for bare.c."""
    functions = {"libc": bare, "c_shmat": bare.shmat, "c_shmdt": bare.shmdt}
    return functions | {
        name: value.value if isinstance(value, ctypes.c_void_p) else ctypes.addressof(value)
        for name, value in names.items()
        if name.startswith("c_") and name not in functions
    }


def buffers(ipc: Any, q: int) -> dict[str, Any]:
    """Buffers for the binding, and the same as c_* for ctypes."""
    head = struct.pack("l", 1)
    data = {"b5": b"hello", "b16": bytes(16), "b8k": bytes(8192), "b1m": bytes(1 << 20)}
    structures: dict[str, Any] = {
        "m16": ipc.mkmsgbuf(1, data["b16"]),
        "m8k": ipc.mkmsgbuf(1, data["b8k"]),
        "ping": ipc.mkmsgbuf(1, data["b16"]),
        "pong": ipc.mkmsgbuf(2, data["b16"]),
        "msqid_ds": ipc.msqid_ds(),
        "msginfo": ipc.msginfo(),
        "semid_ds": ipc.semid_ds(),
        "shmid_ds": ipc.shmid_ds(),
        "up": ipc.sembuf(0, 1, 0),
        "down": ipc.sembuf(0, -1, 0),
        "values": array.array("H", [0] * 8),
        "second": struct.pack("ll", 1, 0),
        "1m": data["b1m"],
    }
    ipc.msgctl(q, ipc.IPC_STAT, structures["msqid_ds"])
    shmat, shmdt = libc["shmat"], libc["shmdt"]
    shmat.restype = ctypes.c_void_p
    shmdt.argtypes = [ctypes.c_void_p]
    return {
        **data,
        **structures,
        **{f"c_{name}": raw(value) for name, value in structures.items()},
        "hundred": [data["b16"]] * 100,
        "head": head,
        "room": bytearray(head + data["b16"]),
        "c_shmat": shmat,
        "c_shmdt": shmdt,
    }


# ---- measuring --------------------------------------------------------------------------

Loop = Callable[[int], float]  # makes the calls this many times; returns ns


class Loops:
    """The functions of loops.c, with errno as OSError."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path), use_errno=True)

    def __getattr__(self, name: str) -> Callable[..., int]:
        function = self.library[f"loop_{name}"]
        function.restype = ctypes.c_longlong

        def loop(*args: object) -> int:
            ns = int(function(*args))
            if ns < 0:
                raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
            return ns

        setattr(self, name, loop)
        return loop


Timer = Callable[[], int]


def compiled(
    row: Row, contestant: str, scope: dict[str, Any], timer: Timer = time.perf_counter_ns
) -> Loop:
    statement = row.statement(contestant)
    if contestant == "c":
        loop: Loop = eval(f"lambda count: loops.{statement}", scope)
        return loop
    # The statement uses local variables, as C does: looking up a global name is no part of a call.
    names = set(compile(statement, contestant, "exec").co_names) & scope.keys()
    setup = "; ".join(f"{name} = scope[{name!r}]" for name in sorted(names))
    names_of_all = scope | {"scope": scope}
    return timeit.Timer(statement, setup, timer, names_of_all).timeit


@contextlib.contextmanager
def busy_thread() -> Iterator[None]:
    stop = False

    def spin() -> None:
        while not stop:
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield
    finally:
        stop = True
        thread.join()


@contextlib.contextmanager
def one_cpu() -> Iterator[None]:
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


@contextlib.contextmanager
def child(loop: Loop, count: int) -> Iterator[None]:
    """Runs the loop in a child at the same time; a failure of the child interrupts this process."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            loop(count)
        except BaseException:
            traceback.print_exc()
            os.kill(parent, signal.SIGINT)
        finally:
            os._exit(0)
    try:
        yield
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.waitpid(pid, 0)


def measure(row: Row, loop: Loop, partner: Loop | None, count: int) -> float:
    """The nanoseconds for the calls of the row, measured once."""
    with contextlib.ExitStack() as beside:
        if row.busy:
            beside.enter_context(busy_thread())
        if partner:
            beside.enter_context(one_cpu())
            beside.enter_context(child(partner, 1 + count))
        # The first call is not measured: during it, the child starts, and the kernel copies each
        # page that this process shares with the child at the first write.
        loop(1)
        times = [loop(1) for _ in range(count)] if row.busy else [loop(count) / count]
    return statistics.median(times)


Times = dict[str, list[float]]  # by contestant, one for each round


def run(
    rows: list[Row], scopes: dict[str, dict[str, Any]], rounds: int, count: int
) -> dict[str, Times]:
    """Measures all rows, with the names that the statements use."""
    names = list(scopes)
    loops = {
        (row.name, name): (
            compiled(row, name, scope),
            compiled(row.partner, name, scope) if row.partner else None,
        )
        for row in rows
        for name, scope in scopes.items()
        if row.statement(name)
    }
    times: dict[str, Times] = {row.name: {} for row in rows}
    for i in range(rounds):
        if sys.stderr.isatty():
            print(f"\rround {i + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        for row in rows:
            for name in names[:: -1 if i % 2 else 1]:
                if (row.name, name) in loops:
                    ns = measure(row, *loops[row.name, name], max(1, count // row.fewer))
                    times[row.name].setdefault(name, []).append(ns)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return times


# The start of an interpreter without the module and with it, in isolated mode.
STARTS = {
    "an empty start": "",
    "import ipc": "import ipc",
    "the C module alone": "import _ipc",
}


def start_up(rounds: int) -> dict[str, float]:
    """The median time of an empty process in ms, and how much longer each other one takes."""
    package = Path(ipc.__file__).parent
    head = f"import sys; sys.path[:0] = {[str(package.parent), str(package)]}; "
    times: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(rounds + 1):  # the first reads the files into the page cache
        for name, statement in STARTS.items():
            command = [sys.executable, "-I", "-S", "-c", head + statement]
            begin = time.perf_counter_ns()
            os.waitpid(os.posix_spawn(sys.executable, command, os.environ), 0)
            times[name].append((time.perf_counter_ns() - begin) / 1e6)
    empty = times["an empty start"][1:]
    return {"an empty start": statistics.median(empty)} | {
        name: statistics.median(a - b for a, b in zip(values[1:], empty))
        for name, values in times.items()
        if name != "an empty start"
    }


# ---- the table ----------------------------------------------------------------------------


def summary(row: Row, times: Times, counts: Counts | None) -> dict[str, Any]:
    """The times and instructions of a row; only those that were asked for."""
    line: dict[str, Any] = {"row": row.name, "calls": row.calls}
    if counts is not None:
        line["instructions"] = counts.get(row.name, {})
    if not times:
        return line
    return line | {
        "ns": {name: statistics.median(values) for name, values in times.items()},
        "ratio": {
            name: statistics.median(a / b for a, b in zip(values, times["c"]))
            for name, values in times.items()
            if name != "c"
        },
    }


INSTRUCTIONS = {"c": "C insns"} | {name: f"{name} insns" for name in COUNTED[1:]}


def cells(line: dict[str, Any], skipped: dict[str, str]) -> dict[str, str]:
    """The columns of a row, by their heads."""
    missing = {name: "SKIP" if name in skipped else "-" for name in CONTESTANTS}
    columns: dict[str, str] = {}
    if "ns" in line:
        columns |= {f"{head} ns": f"{line['ns'][head.lower()]:.0f}" for head in ("C", "ipc")}
        columns |= {
            name: f"{line['ratio'][name]:.2f}" if name in line["ratio"] else missing[name]
            for name in CONTESTANTS[1:]
        }
    if "instructions" in line:
        columns |= {
            head: str(line["instructions"].get(name, missing[name]))
            for name, head in INSTRUCTIONS.items()
        }
    return columns


def print_table(summaries: list[dict[str, Any]], skipped: dict[str, str]) -> None:
    for i, line in enumerate(summaries):
        columns = cells(line, skipped)
        width = {head: max(10 if " ns" in head else 8, len(head) + 2) for head in columns}
        if i == 0:
            print(f"{'':42}" + "".join(f"{head:>{width[head]}}" for head in columns))
        print(f"{line['row']:42}" + "".join(f"{columns[head]:>{width[head]}}" for head in columns))
    print("\n* C also calls IPC_STAT, as the binding does.")
    print("bare: an extension that only converts the arguments and makes the call.")
    if "ns" in summaries[0]:
        print(
            "bare to ctypes: the time divided by that of C."
            "\ncompat: ipc.compat.sysv_ipc, with the statements of sysv_ipc."
            "\ntries, releases: the binding built to try each call that may block with IPC_NOWAIT"
            "\nfirst, and to release the GIL around each; ipc does whichever was faster."
        )
    if "instructions" in summaries[0]:
        print(
            "insns: instructions of the calls of a row in user space, without the kernel's."
            "\nRows with another process or thread have none, because their number varies."
        )
    for name, reason in skipped.items():
        print(f"SKIP {name}: {reason}")


def print_changes(counts: Counts, build: dict[str, str]) -> None:
    """Compares with the committed numbers, if they hold for this build."""
    committed_build, committed = counting.read(counting.COMMITTED.read_text())
    different = counting.differences(build, committed_build)
    if different:
        print("SKIP comparison with the committed instructions: " + "; ".join(different))
        return
    chosen = {row: committed[row] for row in counts if row in committed}
    worse, better = counting.compare(counts, chosen)
    for line in worse:
        print(f"DEARER {line}")
    for line in better:
        print(f"CHEAPER {line}")
    if not worse and not better:
        print(f"own share of ipc: as committed in {counting.COMMITTED.name}, within the limits")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=positive, default=101)
    parser.add_argument("--count", type=positive, default=200, help="calls in a round")
    parser.add_argument("--only", metavar="GLOB", action="append", help="only rows of these names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")
    parser.add_argument(
        "--loops", type=Path, required=True, help="the shared library of loops.c"
    )
    parser.add_argument(
        "--no-instructions", action="store_true", help="measure times only, without callgrind"
    )
    parser.add_argument("--count-only", action="store_true", help="count instructions only")
    parser.add_argument(
        "--accept", action="store_true", help=f"write the instructions to {counting.COMMITTED.name}"
    )
    parser.add_argument("--count-into", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--policies",
        type=Path,
        default=TOP / "build" / "policies",
        help="a folder with a build of the binding for each policy",
    )
    options = parser.parse_args()
    options.rows = [
        row
        for row in ROWS
        if not options.only or any(fnmatch.fnmatch(row.name, glob) for glob in options.only)
    ]
    if not options.rows:
        parser.error("--only: no such row (rows: " + ", ".join(row.name for row in ROWS) + ")")
    if options.no_instructions and (options.count_only or options.accept):
        parser.error("--no-instructions: not with --count-only or --accept")
    if options.accept and options.only:
        parser.error("--accept: not with --only, because the file has all rows")
    return options


@contextlib.contextmanager
def contestants(
    names: Iterable[str], options: argparse.Namespace, skipped: dict[str, str]
) -> Iterator[dict[str, dict[str, Any]]]:
    """The names that each contestant's statements use; adds the missing contestants to skipped."""
    sysv_ipc: Any = None
    try:
        sysv_ipc = importlib.import_module("sysv_ipc")
    except ImportError as error:
        skipped["sysv_ipc"] = f"{error} (Debian's python3-sysv-ipc)"
    with objects(sysv_ipc) as scope:
        scope |= buffers(ipc, scope["q"])
        scope |= {"ipc": ipc, "sysv_ipc": sysv_ipc, "ctypes": ctypes, "libc": libc}
        scope["loops"] = Loops(options.loops)
        own: dict[str, dict[str, Any]] = {"compat": scope["compat"]}
        for name in POLICIES:
            if name in names:
                try:
                    module = extension("_ipc", options.policies / name / "ipc")
                    own[name] = buffers(module, scope["q"]) | {"ipc": module}
                except ImportError as error:
                    skipped[name] = str(error)
        try:
            own["bare"] = addresses(scope, extension("bare", options.loops.parent))
        except ImportError as error:
            skipped["bare"] = str(error)
        yield {name: scope | own.get(name, {}) for name in names if name not in skipped}


def count_into(options: argparse.Namespace) -> None:
    """Makes the calls that callgrind counts in this process."""
    with contestants(COUNTED, options, {}) as scopes:
        loops = {
            (i, name): (compiled(row, name, scope, int), max(1, counting.COUNT // row.fewer))
            for i, row in enumerate(options.rows)
            for name, scope in scopes.items()
            if row.statement(name)
        }
        counting.count_into(loops, ctypes.CDLL(str(options.loops)))


def count(options: argparse.Namespace, skipped: dict[str, str]) -> Counts | None:
    """The instructions of the rows; None if they are not wanted or cannot be counted."""
    if options.no_instructions:
        return None
    rows = [row for row in options.rows if counting.is_countable(row)]
    try:
        return counting.count_under_callgrind(Path(__file__), options.loops, rows)
    except CannotCount as error:
        if options.count_only or options.accept:
            sys.exit(f"bench: instructions cannot be counted: {error}")
        skipped["instructions"] = str(error)
        return None
    except Failed as error:
        sys.exit(f"bench: {error}")


def main() -> None:
    options = arguments()
    machine = {
        "namespace": enter_namespace(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "rounds": options.rounds,
        "count": options.count,
    }
    if options.count_into:
        count_into(options)
        return
    skipped: dict[str, str] = {}
    counts = count(options, skipped)
    times: dict[str, Times] = {}
    names = COUNTED if options.count_only else CONTESTANTS
    with contestants(names, options, skipped) as scopes:
        if not options.count_only:
            times = run(options.rows, scopes, options.rounds, options.count)
    summaries = [summary(row, times.get(row.name, {}), counts) for row in options.rows]
    print("  ".join(f"{name} {value}" for name, value in machine.items()) + "\n")
    print_table(summaries, skipped)
    starts = {} if options.only or options.count_only else start_up(options.rounds)
    for name, ms in starts.items():
        print(f"{name}: {'' if name == 'an empty start' else '+'}{ms:.2f} ms")
    if counts is not None:
        build = counting.build_here(Path(ipc.__file__).parent)
        if options.accept and "bare" in skipped:
            sys.exit(f"bench: --accept: bare: {skipped['bare']}")
        print_changes(counts, build)
        if options.accept:
            counting.COMMITTED.write_text(counting.text_of(build, counts))
    if options.json:
        document = {"machine": machine, "skipped": skipped, "rows": summaries, "start": starts}
        options.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
