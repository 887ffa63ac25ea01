# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The instructions of each row of bench.py in user space, counted by Valgrind's callgrind.

callgrind runs bench.py a second time with --count-into.  That process makes the calls of a row n
times and 2 n times.  The difference, divided by n, is exact: the instructions around the calls
cancel out.
The file `instructions` has the committed numbers; it holds for one interpreter and compiler.
"""

import ctypes
import gc
import glob
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Optional

from rows import Row

COMMITTED = Path(__file__).with_name("instructions")

# The contestants whose instructions callgrind counts.
COUNTED = ("c", "bare", "ipc", "sysv_ipc")
# The binding's own share is its count less that of the first of these that has the row.
BASES = ("bare", "c")

# The number of calls of a row, and how many times they are counted.  The smallest result is taken:
# the interpreter specialises its code in the first calls and enlarges its tables now and then.
COUNT, TIMES = 100, 4
# A rise is a failure if it exceeds both limits, as in the gate of kernels.
PERCENT, INSTRUCTIONS = 2, 20

# Settings that make the numbers independent of the run and of the processor.  glibc has several
# versions of functions such as memcpy(), and chooses one by the processor's features and the size
# of its caches.
SETTLED = {
    "PYTHONHASHSEED": "0",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-SSE4_2,-SSSE3"
    ":glibc.cpu.x86_non_temporal_threshold=0x10000000",
}

CANNOT_COUNT = 4  # an exit status
DUMP = re.compile(
    r"^desc: Trigger: Client Request: (?P<row>\d+) (?P<name>\w+) (?P<n>\d+)$.*"
    r"^(?:totals|summary): (?P<total>\d+)$",
    flags=re.M | re.S,
)

Counts = dict[str, dict[str, int]]  # by row and contestant


class CannotCount(Exception):
    """Callgrind cannot count here; the text gives the reason."""


class Failed(Exception):
    """The program failed under callgrind."""


NOT_SEEN = (
    "callgrind does not see the calls: a script starts the interpreter, or loops.so was built"
    " without valgrind/callgrind.h"
)


def is_countable(row: Row) -> bool:
    """Whether the calls do not wait: another thread or process makes the number vary."""
    return not row.busy and not row.partner


# ---- in the process under callgrind ---------------------------------------------------


def count_into(
    loops: dict[tuple[int, str], tuple[Callable[[int], float], int]], library: ctypes.CDLL
) -> None:
    """Runs each loop, of a row and a contestant; callgrind writes a file after each."""
    gc.disable()
    begin, end = library.count_begin, library.count_end
    begin.restype = ctypes.c_bool
    if not begin():
        print(NOT_SEEN, file=sys.stderr)
        sys.exit(CANNOT_COUNT)
    for (row, name), (loop, count) in loops.items():
        for n in count, 2 * count:
            dump = f"{row} {name} {n}".encode()
            for _ in range(TIMES):
                begin()
                loop(n)
                end(dump)


# ---- in the process that starts it ----------------------------------------------------


def count_under_callgrind(program: Path, loops: Path, rows: list[Row]) -> Counts:
    """Runs the program under callgrind and reads the files that callgrind writes."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        valgrind = ["valgrind", "--tool=callgrind", "--vgdb=no", f"--log-file={log}"]
        valgrind += ["--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        command = [sys.executable, str(program), "--count-into", "--loops", str(loops)]
        command += [word for row in rows for word in ("--only", glob.escape(row.name))]
        try:
            ended = subprocess.run(
                [*valgrind, *command],
                env=os.environ | SETTLED,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        except FileNotFoundError:
            raise CannotCount("valgrind is not installed") from None
        if ended.returncode == CANNOT_COUNT:
            raise CannotCount(ended.stderr.strip())
        if ended.returncode:
            said = ended.stderr + (log.read_text() if log.exists() else "")
            raise Failed(f"under callgrind: status {ended.returncode} (--no-instructions?)\n{said}")
        return counts_of([path.read_text() for path in Path(folder).glob("out.*")], rows)


def counts_of(dumps: list[str], rows: list[Row]) -> Counts:
    """The instructions of one call from callgrind's files."""
    totals: dict[tuple[int, str], dict[int, list[int]]] = {}
    for match in filter(None, map(DUMP.search, dumps)):
        total = totals.setdefault((int(match["row"]), match["name"]), {})
        total.setdefault(int(match["n"]), []).append(int(match["total"]))
    counts: Counts = {}
    for row, name in sorted(totals, key=lambda key: (key[0], COUNTED.index(key[1]))):
        total = totals[row, name]
        (n, least), (twice, most) = sorted((n, min(found)) for n, found in total.items())
        assert twice == 2 * n, (rows[row].name, name, total)
        counts.setdefault(rows[row].name, {})[name] = round((most - least) / n)
    return counts


# ---- the committed file -----------------------------------------------------------------


class Share(NamedTuple):
    """The instructions of the binding above those of the base."""

    base: str
    own: int


def share_of(counts: dict[str, int]) -> Optional[Share]:
    for base in BASES:
        if base in counts and "ipc" in counts:
            return Share(base, counts["ipc"] - counts[base])
    return None


def build_here(package: Path) -> dict[str, str]:
    """The interpreter, libc and compiler of this package, on which the numbers depend."""
    (module,) = package.glob("_ipc*.so")
    versions = re.findall(rb"GCC: \([^)]*\) [\d.]+|clang version [\d.]+", module.read_bytes())
    flags = package.parent.with_name(package.parent.name + "-flags")  # binding/rules.mk
    words = flags.read_text().split()[:-1] if flags.exists() else ["unknown options"]
    version = versions[0].decode() if versions else "unknown compiler"
    version = re.sub(r": \([^)]*\)", "", version)
    debug = " with Py_DEBUG" if sysconfig.get_config_var("Py_DEBUG") else ""
    return {
        "machine": platform.machine(),
        "python": f"{os.path.realpath(sys.executable)} {platform.python_version()}{debug}",
        "libc": " ".join(platform.libc_ver()),
        "module": f"{version}, {' '.join(words)}",
    }


HEAD = """\
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# The instructions of a row's calls in user space, which callgrind counts, and the binding's own:
# those of ipc less those of bare, or less those of C in a row that bare does not have.
# `make bench BENCH="--count-only --accept"` writes this file.
"""
COLUMNS = ("c", "bare", "ipc")


def text_of(build: dict[str, str], counts: Counts) -> str:
    lines = [f"{key}: {value}" for key, value in build.items()]
    lines.append(" | ".join([f"{'row':42}", *(f"{name:>7}" for name in (*COLUMNS, "own"))]))
    for row, numbers in counts.items():
        share = share_of(numbers)
        assert share, row
        cells = [str(numbers.get(name, "-")) for name in COLUMNS] + [str(share.own)]
        lines.append(" | ".join([f"{row:42}", *(f"{cell:>7}" for cell in cells)]))
    return HEAD + "\n".join(lines) + "\n"


def read(text: str) -> tuple[dict[str, str], Counts]:
    """The build that a committed text holds for, and its numbers."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    build = dict(line.split(": ", 1) for line in lines if "|" not in line)
    _, *rows = [[cell.strip() for cell in line.split("|")] for line in lines if "|" in line]
    return build, {
        name: {column: int(cell) for column, cell in zip(COLUMNS, cells) if cell != "-"}
        for name, *cells in rows
    }


def differences(build: dict[str, str], committed: dict[str, str]) -> list[str]:
    """Why committed numbers do not hold for this build."""
    return [
        f"{key} is {build.get(key)!r}, the committed numbers are for {value!r}"
        for key, value in committed.items()
        if build.get(key) != value
    ]


def exceeds(new: int, old: int) -> bool:
    return new - old > INSTRUCTIONS and new - old > abs(old) * PERCENT / 100


def compare(new: Counts, old: Counts) -> tuple[list[str], list[str]]:
    """The rows whose own share grew or is not known, and those whose share fell, in words."""
    worse, better = [], []
    for row, counts in new.items():
        now, was = share_of(counts), share_of(old.get(row, {}))
        if not now or not was or now.base != was.base:
            worse.append(f"{row}: no committed number of the same kind (--accept writes it)")
            continue
        said = f"{row}: {now.own} instructions above {now.base}, committed: {was.own}"
        if exceeds(now.own, was.own):
            worse.append(said)
        elif exceeds(was.own, now.own):
            better.append(said)
    worse += [f"{row}: was not counted" for row in old if row not in new]
    return worse, better
