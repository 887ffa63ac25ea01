#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""debug: build kernels that look for their own errors, boot them, and refuse those with reports.

For each suite of Debian and each watch, builds a small kernel from the suite's source with the
options of conformance/gate/configs/watches, and runs the harness on it with each kind of programs.
A kernel with a report that conformance/gate/reports does not name is refused.

Exit status: 0 all kernels conform, 1 one does not, 2 an argument is wrong or a kernel cannot be
built, 4 nothing was run.
"""

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path

from baseline import baseline_for
from boot import HERE, SILENCE, Boot, Misuse, Options, Run
from boot import count, end_with, machine_of, machines, result, run_on, trouble
from built import SOURCES, WATCHES, Broken, Kernel, only_user, source_tree, watch_named
from gate import Judged, as_json, processors, verdict, write
from architectures import having, reference  # boot.py finds the folder

REPORTS = HERE / "reports"
# The time limit of a check without a watch, as in ipc-conform(1).
SECONDS_OF_A_CHECK = 120


# ---- reports --------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """A message of the kernel about an error, and the lines of the log that explain it."""

    line: int
    message: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


# The beginning of a line of the log: the time, and the task or processor.
STAMP = re.compile(r"^\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ?")
# The end of a report has no mark, so this is the most lines of one.
LONGEST = 200


def reports(boot: Boot) -> list[Report]:
    """The reports of a boot.  One report may have several messages: lockdep, for example, begins a
    second line with a word of TROUBLE; each of them counts."""
    found = trouble(boot)
    ends = [n - 1 for n, _ in found[1:]] + [len(boot.log)]
    return [
        Report(n, words, tuple(STAMP.sub("", one) for one in boot.log[n - 1:end][:LONGEST]))
        for (n, words), end in zip(found, ends)
    ]


@dataclass(frozen=True)
class Known:
    """A known report, for which no kernel is refused."""

    watch: str
    kernels: str
    pattern: re.Pattern[str]

    def holds(self, watch: str, release: str, report: Report) -> bool:
        applies = watch == self.watch and re.match(self.kernels, release)
        return bool(applies and self.pattern.search(str(report)))


def read_known(path: Path) -> list[Known]:
    try:
        text = path.read_text()
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from None
    known = []
    for n, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) != 5 or not all(cells) or cells[0] not in WATCHES:
            raise Misuse(f"{path}: line {n}: not `watch | kernels | report | reason | commit`")
        try:
            known.append(Known(cells[0], cells[1], re.compile(cells[2], re.MULTILINE)))
        except re.error as error:
            raise Misuse(f"{path}: line {n}: {error}") from None
    return known


def judge_log(run: Run, boot: Boot, watch: str, known: list[Known]) -> list[str]:
    """Replace kernel.log by a result that counts only unknown reports; describe the others."""
    every = reports(boot)
    unknown = [
        report
        for report in every
        if not any(one.holds(watch, run["kernel"], report) for one in known)
    ]
    judged = result(
        "kernel.log",
        "the kernel reports no error, except known ones",
        0,
        [(f"log line {report.line}", report.message) for report in unknown],
    )
    run["results"] = [one for one in run["results"] if one["id"] != "kernel.log"] + [judged]
    count(run)
    return [f"  known: {report.message}" for report in every if report not in unknown]


# ---- kernels ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    suite: str
    watch: str
    arch: str

    def __str__(self) -> str:
        return f"{self.suite}/{self.watch}-on-{self.arch}"


def built_kernel(cell: Cell, folder: Path, jobs: int) -> Path:
    """Build the kernel of a cell below folder/SUITE, where mutants are built too."""
    of_suite = (folder / cell.suite).resolve()
    with only_user(of_suite):
        tree = source_tree(of_suite / "source", cell.suite)
        out = of_suite / f"{cell.arch}-{cell.watch}"
        kernel = Kernel(tree, out, (), jobs, cell.watch, cell.arch)
        try:
            kernel.configure()
            return kernel.unbroken()
        except Broken as why:
            raise Misuse(f"{cell}: {why}") from None


def options_of(cell: Cell, given: argparse.Namespace) -> Options:
    watch = watch_named(cell.watch)
    return Options(
        build=given.build,
        append=f"{watch.words} {given.append}",
        qemu=f"-m {watch.memory} {given.qemu}",
        smp=given.smp,
        select=f"--time-limit {SECONDS_OF_A_CHECK * watch.slower} {given.select}",
        time_limit=SILENCE * watch.slower,
    )


def boot_watched(
    image: Path,
    arch: str,
    programs: str,
    options: Options,
    watch: str,
    known: list[Known],
    whole: bool = False,
) -> Judged:
    """Boot a kernel with a watch, and forgive the known reports.  whole: it runs every check."""
    run, boot = run_on(image, machine_of(arch), programs, options)
    forgiven = judge_log(run, boot, watch, known)
    status, lines = verdict(run, boot, baseline_for(None, run["kernel"]), whole)
    return Judged(status, lines + forgiven, run, boot)


def look_at(
    cell: Cell, image: Path, programs: str, given: argparse.Namespace, known: list[Known]
) -> Judged:
    options = options_of(cell, given)
    whole = not given.select
    judged = boot_watched(image, cell.arch, programs, options, cell.watch, known, whole)
    log = given.logs / f"{str(cell).replace('/', '-')}-{programs}.log"
    write(log, "\n".join(judged.boot.log) + "\n")
    return judged


# ---- the command -----------------------------------------------------------------------


def kernels_of(given: argparse.Namespace) -> list[Cell]:
    watched = [arch for arch in having("linux-arch") if arch in machines()]
    for arch in given.arch:
        if arch not in watched:
            raise Misuse(f"no kernel with a watch for {arch} ({' '.join(watched)})")
    for suite in given.suite:
        if suite not in SOURCES:
            raise Misuse(f"invalid suite: {suite} ({' '.join(SOURCES)})")
    for watch in given.watch:
        watch_named(watch)
    return [
        Cell(suite, watch, arch)
        for suite in given.suite
        for arch in given.arch or [reference()]
        for watch in given.watch or filter(None, WATCHES)
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "debug", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suite", nargs="*", default=["bookworm"], help=" ".join(SOURCES))
    parser.add_argument(
        "--watch", action="append", default=[], help=" ".join(filter(None, WATCHES))
    )
    parser.add_argument("--arch", action="append", default=[], help="the kernel's architecture")
    parser.add_argument("--programs", help="run only the programs of this architecture")
    parser.add_argument("--print-programs", action="store_true", help="print the programs needed")
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the programs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="jobs of make")
    parser.add_argument("--output", type=Path, help="the file for the results, as JSON")
    parser.add_argument(
        "--logs", type=Path, default=Path("build/report/kernels-debug"), help="folder of the logs"
    )
    parser.add_argument("--known", type=Path, default=REPORTS, help="the list of known reports")
    parser.add_argument("--append", default="", help="words for the kernel's command line")
    parser.add_argument("--qemu", default="", help="options for QEMU")
    parser.add_argument("--smp", type=processors, default=0, metavar="N", help="processors")
    parser.add_argument("--select", default="", help="options for the harness: --only GLOB")
    return parser.parse_args()


def programs_on(cell: Cell, given: argparse.Namespace) -> list[str]:
    every = machines()[cell.arch].programs
    if given.programs and given.programs not in every:
        raise Misuse(f"{cell.arch} runs programs of: {' '.join(every)}")
    return [given.programs] if given.programs else every


def main() -> int:
    given = arguments()
    cells = kernels_of(given)
    if given.print_programs:
        print(*sorted({programs for cell in cells for programs in programs_on(cell, given)}))
        return 0
    known = read_known(given.known)
    runs, statuses = [], []
    for cell in cells:
        machine_of(cell.arch)
        image = built_kernel(cell, given.build / "kernels", given.jobs)
        for programs in programs_on(cell, given):
            judged = look_at(cell, image, programs, given, known)
            word = {0: "ok", 4: "nothing run"}.get(judged.status, "FAILED")
            release = judged.run["kernel"].split()[0]
            print(f"{cell!s:<32} {word:<7} {release} {judged.lines[0]}", flush=True)
            print("".join(f"    {line}\n" for line in judged.lines[1:]), end="", flush=True)
            runs.append(judged.run)
            statuses.append(judged.status)
    if given.output:
        write(given.output, as_json(runs))
    print(f"{len(statuses)} runs: {statuses.count(0)} conform, {statuses.count(1)} do not")
    return max(statuses, key=[0, 4, 1, 2].index)


if __name__ == "__main__":
    end_with(main, "debug")
