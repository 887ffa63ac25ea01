# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs each mutant under each tool and shows which tool finds it.

A column is a tool, whose build in BUILD/COLUMN has the checked calls; TOOL-bare, a sanitizer or
Valgrind without them; or plain, the program without a tool.  A cell says what first found the
mutant: the tool, a crash or the checks of the stress programs; "-" means that none did.  The first
row is a program without a mutant, in which any report of a tool is a false alarm.

Exit status: 0 if the checked calls catch each mutant, asan catches the mutants with a wrong size
of a message, no tool gives a false alarm, and the sanitizer alone misses the mutants that it is
known to miss; 1 if not; 2 if an argument is wrong.
"""

import argparse
import fnmatch
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from limits import HANG

UNDER = Path(__file__).resolve().parents[3] / "conformance" / "stress" / "run-under"
SOUND = "sound"
# A sanitizer alone misses a message that is shorter than its buffer, and a call without libc.
UNSEEN_ALONE = re.compile(r"mtext\.(receive_short|raw_)")
NOTICED = {0: "-", 99: "tool", 1: "frame"}
# The two columns of Valgrind share a build.
BUILDS = {
    "memcheck": "valgrind",
    "helgrind": "valgrind",
    "memcheck-bare": "plain",
    "helgrind-bare": "plain",
}


def see(build: Path, column: str, mutant: str) -> str:
    folder = build / BUILDS.get(column, column)
    command = [folder / "ipc-memory-mutants", mutant]
    if mutant == SOUND:
        command = [folder / "ipc-stress", "mixed", "--rounds", "1"]
    tool = column.removesuffix("-bare")
    try:
        done = subprocess.run(
            ["sh", UNDER, tool, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Only the existence of a report counts, and looking up names of functions is slow.
            env={**os.environ, "SANITIZER_OPTIONS": "symbolize=0"},
            timeout=HANG,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    crashed = done.returncode < 0 or done.returncode > 128
    return "crash" if crashed else NOTICED.get(done.returncode, f"?{done.returncode}")


def caught(mutant: str, cells: dict[str, str]) -> bool:
    """Return whether the checked calls found the mutant, and were needed to find it."""
    watched = {column: cell for column, cell in cells.items() if not column.endswith("-bare")}
    if mutant == SOUND:
        return set(watched.values()) == {"-"}
    if UNSEEN_ALONE.match(mutant) and cells.get("asan-bare") == "tool":
        return False
    if mutant.startswith("mtext.") and not mutant.endswith("nul_cut"):
        return watched["asan"] == "tool"
    return bool(set(watched.values()) & {"tool", "crash", "frame"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        metavar="GLOB",
        action="append",
        help="run only mutants of these names; may be repeated",
    )
    parser.add_argument("--brief", action="store_true", help="show only rows that are wrong")
    parser.add_argument("build", type=Path)
    parser.add_argument("columns", metavar="column", nargs="+")
    options = parser.parse_args()
    columns = options.columns
    if "asan" not in columns:
        parser.error("asan must be among the columns")
    listed = subprocess.run(
        [options.build / "asan" / "ipc-memory-mutants", "list"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    only = options.only or ["*"]
    rows = [
        row
        for row in [SOUND, *listed.stdout.split()]
        if any(fnmatch.fnmatchcase(row, glob) for glob in only)
    ]
    if not rows:
        parser.error(f"--only: no mutant matches {' '.join(only)}")
    width = max(map(len, [*rows, SOUND]))
    print(" ".join([" " * width, *columns]))
    failed = []
    with ThreadPoolExecutor(2) as pool:
        seen = [[pool.submit(see, options.build, of, row) for of in columns] for row in rows]
        for row, results in zip(rows, seen):
            cells = dict(zip(columns, (result.result() for result in results)))
            failed += [row] * (not caught(row, cells))
            line = [f"{cell:{len(column)}}" for column, cell in cells.items()]
            if options.brief and row not in failed:
                continue
            print(f"{row:{width}}", *line, *["WRONG"] * (row in failed), flush=True)
    mutants = [row for row in rows if row != SOUND]
    print(f"{len(mutants)} mutants, {sum(row not in failed for row in mutants)} caught")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
