#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""matrix: boot each kernel of the table with each kind of programs, and print a line for each.

Exit status: 0 all kernels conform, 1 one does not, 2 an argument is wrong, or a kernel is missing
and cannot be fetched.
"""

import argparse
import fnmatch
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from baseline import accept, series
from cost import accept_costs, parse_costs
from boot import HERE, SILENCE, Misuse, Options, Run
from boot import check_image, end_with, machine_of, machines
from gate import as_json, gate, write
from architectures import SUITES, row_of  # boot.py finds the folder

TOP = HERE.parent.parent


@dataclass(frozen=True)
class Cell:
    """A kernel, and the programs that run on it."""

    suite: str
    arch: str
    programs: str

    def __str__(self) -> str:
        on = "" if self.arch == self.programs.removesuffix("-musl") else f"-on-{self.arch}"
        return f"{self.suite}/{self.programs}{on}"


def cells() -> list[Cell]:
    return [
        Cell(suite, arch, programs)
        for suite in SUITES
        for arch, machine in machines().items()
        if suite in row_of(arch)["suites"]
        for programs in machine.programs + machine.more
    ]


def image_of(cell: Cell) -> Path:
    """The path of the image, which is fetched if it is missing."""
    command = [str(TOP / "ci/fetch-kernel"), cell.suite, cell.arch]
    fetched = subprocess.run(command, capture_output=True, text=True)
    if fetched.returncode:
        raise Misuse(fetched.stderr.strip().splitlines()[-1])
    return Path(fetched.stdout.strip())


@dataclass
class Verdict:
    cell: Cell
    status: int
    lines: list[str]
    run: Run | None = None
    costs: str = ""  # as JSON, if they were measured


def look_at(cell: Cell, options: Options) -> Verdict:
    try:
        machine, image = machine_of(cell.arch), image_of(cell)
        check_image(image, cell.arch)
        judged = gate(image, machine, cell.programs, None, options)
    except Misuse as misuse:
        return Verdict(cell, 2, [str(misuse)])
    judged.lines[0] = f"{judged.run['kernel'].split()[0]} {judged.lines[0]}"
    return Verdict(cell, judged.status, judged.lines, judged.run, judged.costs)


def show(verdict: Verdict, optional: bool) -> None:
    missing = "SKIP" if optional else "not run"
    word = {0: "ok", 1: "FAILED", 4: "nothing run"}.get(verdict.status, missing)
    print(f"{verdict.cell!s:<36} {word:<7} {verdict.lines[0]}", flush=True)
    for line in verdict.lines[1:]:
        print(f"    {line}", flush=True)


def wanted(patterns: list[str]) -> list[Cell]:
    every = cells()
    for pattern in patterns:
        if not fnmatch.filter([str(cell) for cell in every], pattern):
            raise Misuse(f"no cell matches {pattern}; there are: {' '.join(map(str, every))}")
    return [
        cell
        for cell in every
        if not patterns or any(fnmatch.fnmatchcase(str(cell), pattern) for pattern in patterns)
    ]


def accept_all(runs: list[Run]) -> None:
    by_series: dict[tuple[int, ...], list[Run]] = {}
    for run in runs:
        by_series.setdefault(series(run["kernel"]), []).append(run)
    for version, of_series in sorted(by_series.items()):
        print(f"accepted: {accept('.'.join(map(str, version)), of_series).relative_to(TOP)}")


def main() -> int:
    parser = argparse.ArgumentParser(
        "matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cell", nargs="*", help="globs of SUITE/PROGRAMS[-on-ARCH], for all")
    parser.add_argument("--programs", action="store_true", help="only print the programs needed")
    parser.add_argument("--output", type=Path, help="the file for the results, as JSON")
    parser.add_argument("--accept", action="store_true", help="write the results as baselines")
    parser.add_argument("--optional", action="store_true", help="SKIP missing kernels")
    parser.add_argument(
        "--no-cost", dest="cost", action="store_false", help="do not measure the costs of calls"
    )
    parser.add_argument("--select", default="", help="options for the harness: --only GLOB")
    parser.add_argument(
        "--time-limit", type=float, default=SILENCE, metavar="SECONDS",
        help="a kernel that prints nothing for this time counts as hung",
    )
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1) // 2))
    given = parser.parse_args()
    if given.programs:
        print(*sorted({cell.programs for cell in wanted(given.cell)}))
        return 0
    verdicts = []
    with ThreadPoolExecutor(given.jobs) as pool:
        options = Options(select=given.select, time_limit=given.time_limit, cost=given.cost)
        for verdict in pool.map(lambda cell: look_at(cell, options), wanted(given.cell)):
            show(verdict, given.optional)
            verdicts.append(verdict)
    runs = [verdict.run for verdict in verdicts if verdict.run]
    if given.output and runs:
        write(given.output, as_json(runs))
    if given.accept:
        accept_all(runs)
        costs = [parse_costs(verdict.costs) for verdict in verdicts if verdict.costs]
        for path in accept_costs(costs):
            print(f"accepted: {path.relative_to(TOP)}")
    statuses = [verdict.status for verdict in verdicts]
    print(
        f"{len(verdicts)} cells: {statuses.count(0)} conform, {statuses.count(1)} do not,"
        f" {len(statuses) - statuses.count(0) - statuses.count(1)} not run"
    )
    if given.optional:
        statuses = [0 if status == 2 else status for status in statuses]
    return max(statuses, key=[0, 4, 1, 2].index)


if __name__ == "__main__":
    end_with(main, "matrix")
