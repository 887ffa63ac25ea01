#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""observe: boots kernels of the matrix and compares the bytes that they write with abi-dumps.

Each call that fills a structure is made raw and through the libc.  The file `observed` of an
architecture has the bytes that Debian's kernel wrote; all kernels must write the same bytes.

Exit status: 0 all write the same, 1 one does not, 2 an argument is wrong, or a kernel is missing
and cannot be fetched.
"""

import argparse
import difflib
from pathlib import Path

from boot import Machine, Misuse, Options, boot, check_image, end_with, machine_of, why_dead
from matrix import TOP, Cell, image_of, wanted

WORDS = "dump --layer observed"


def observe(kernel: Path, machine: Machine, cell: Cell) -> list[str]:
    """Boot a kernel and return its lines, one for each call."""
    program = TOP / "build" / cell.programs / "ipc-conform"
    ended = boot(kernel, machine, program, WORDS, Options())
    lines = sorted(line for line in ended.log if line.startswith("wrote "))
    if not lines:
        # The program writes the lines to the console and nothing to the port for results.
        raise Misuse(f"{cell}: {why_dead(ended) or 'the kernel printed no line'}")
    return lines


def look_at(cell: Cell, accept: bool) -> tuple[bool, str]:
    """Return whether the kernel writes the expected bytes, and the text to print."""
    machine, image = machine_of(cell.arch), image_of(cell)
    check_image(image, cell.arch)
    lines = observe(image, machine, cell)
    path = TOP / "abi-dumps" / cell.programs / "observed"
    if accept:
        path.write_text("".join(f"{line}\n" for line in lines))
        return True, f"accepted: {len(lines)} calls"
    if not path.exists():
        return False, f"there is no {path.relative_to(TOP)}; --accept makes it"
    old = path.read_text().splitlines()
    changed = [
        line
        for line in difflib.unified_diff(old, lines, lineterm="", n=0)
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    return not changed, "\n  ".join([f"{len(lines)} calls, {len(changed)} lines differ", *changed])


def main() -> int:
    parser = argparse.ArgumentParser(
        "observe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cell", nargs="*", help="globs of SUITE/PROGRAMS[-on-ARCH], for all")
    parser.add_argument("--accept", action="store_true", help="write abi-dumps/ARCH/observed")
    given = parser.parse_args()
    worst = 0
    # The file `observed` has the bytes of glibc's functions, so leave out programs of musl.
    for cell in wanted(given.cell):
        if cell.programs.endswith("-musl"):
            continue
        same, words = look_at(cell, given.accept)
        print(f"{cell}: {words}", flush=True)
        worst = max(worst, 0 if same else 1)
    return worst


if __name__ == "__main__":
    end_with(main, "observe")
