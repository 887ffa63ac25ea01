#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""suite: boots Debian's kernels of other architectures, and runs the module's tests on each.

    suite.py CELL...      of the table in suites: x86_64, i386-on-x86_64

A machine has Debian's CPython and pytest of its architecture, the tree without what is built
from it but the module and the programs of the tests, no network and no view of this one.
What is not there (compilers, make, ipc-conform) skips its tests, which say so.  The
machine is slow, so what is about repetition is done a tenth as often (IPC_TEST_SLOWNESS).
Each result is compared with that of x86_64, where there is one of this call or before.

Exit status: 0 every test passed or says why not, 1 one failed or a result is missing, 2 misused.
"""

import argparse
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from boot import (
    Boot,
    Machine,
    Misuse,
    Options,
    boot,
    check_image,
    end_with,
    exit_status,
    machine_of,
    temporary_folder,
    trouble,
    why_dead,
)

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
REFERENCE = "x86_64"
SUITE = "bookworm"


# ---- what is booted -------------------------------------------------------------------


def fetched(script: str, *words: str) -> Path:
    """What a script of ci/ prints, which brings it where it is not there yet."""
    ran = subprocess.run([TOP / "ci" / script, *words], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Misuse(f"ci/{script} {' '.join(words)}: it cannot be had")
    return Path(ran.stdout.strip())


def stage(folder: Path, build: Path) -> Path:
    """The tree as the machine has it: what is built is the module, and programs of the tests."""
    tree = folder / "staged" / "tree"
    shutil.copytree(TOP, tree, ignore=shutil.ignore_patterns("build", "__pycache__", ".*"))
    for part in ("python", "programs"):
        try:
            shutil.copytree(build / part, tree / "build" / part)
        except OSError:
            raise Misuse(f"{build / part} is not built: make kernel-pytest") from None
    return tree.parent


# ---- what comes home ---------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """Of a whole suite: what each test came to, and why."""

    machine: dict[str, str]
    outcomes: dict[str, tuple[str, str]]

    def count(self, word: str) -> int:
        return sum(outcome == word for outcome, _ in self.outcomes.values())

    @property
    def failures(self) -> list[str]:
        return [
            f"{name}: {reason}"
            for name, (outcome, reason) in self.outcomes.items()
            if outcome == "failed"
        ]

    def __str__(self) -> str:
        tally = ", ".join(f"{self.count(word)} {word}" for word in ("passed", "failed", "skipped"))
        return "Linux {kernel}, Python {python}, {long}: ".format(**self.machine) + tally


def junit(text: str) -> str:
    """Pytest's own: before it is what writes on every port, s390's boot code."""
    begin = max(text.find("<testsuites"), 0)
    return text[begin:]


def parse(text: str) -> Result | None:
    """Pytest's JUnit, unless it is cut short or has no tests."""
    try:
        suite = ElementTree.fromstring(junit(text))[0]
        machine = {each.get("name", ""): each.get("value", "") for each in suite[0]}
        outcomes = {}
        for case in suite.iter("testcase"):
            outcome, reason = "passed", ""
            for element in case:
                if element.tag in ("skipped", "failure", "error"):
                    outcome = "skipped" if element.tag == "skipped" else "failed"
                    reason = (element.get("message") or "").split("\n")[0]
            outcomes[f"{case.get('classname')}::{case.get('name')}"] = outcome, reason
        result = Result(machine, outcomes)
        str(result)
    except (ElementTree.ParseError, LookupError):
        return None
    return result if outcomes else None


def by_function(result: Result) -> dict[str, list[tuple[str, str]]]:
    """Outcomes by the test's name without its parameters, which may be of the architecture."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, outcome in result.outcomes.items():
        found.setdefault(name.partition("[")[0], []).append(outcome)
    return found


def compare(result: Result, reference: Result) -> tuple[list[str], list[str]]:
    """Tests that are missing, or are too many; and in words, what one skips and not the other."""
    all_here, all_there = by_function(result), by_function(reference)
    missing, skipped = [], []
    for name in sorted(all_here.keys() | all_there.keys()):
        here, there = all_here.get(name, []), all_there.get(name, [])
        if len(here) != len(there):
            missing.append(f"{name}: {len(here)} tests, {len(there)} on {REFERENCE}")
        reasons = [[why for word, why in side if word == "skipped"] for side in (here, there)]
        if len(reasons[0]) != len(reasons[1]):
            numbers = f"{len(reasons[0])} skipped, {len(reasons[1])} on {REFERENCE}"
            skipped.append(f"{name}: {numbers}: {(reasons[0] or reasons[1])[0]}")
    return missing, skipped


def earlier_reference(report: Path) -> Result | None:
    """That of an earlier run, unless a test has changed since."""
    path = report / f"pytest-{REFERENCE}.xml"
    newest = max(test.stat().st_mtime for test in (TOP / "tests").rglob("*.py"))
    return parse(path.read_text()) if path.exists() and path.stat().st_mtime > newest else None


# ---- one machine -------------------------------------------------------------------------


def limits() -> dict[str, float]:
    """The table: for each cell, how long it may take."""
    rows = [line.split("|") for line in (HERE / "suites").read_text().splitlines()]
    return {row[0].strip(): float(row[1]) for row in rows if len(row) == 2 and row[0][0] != "#"}


def look_at(cell: str, given: argparse.Namespace) -> tuple[Boot, Result | None]:
    if cell not in limits():
        raise Misuse(f"no tests run on {cell}; there are: {' '.join(limits())}")
    programs, _, on = cell.partition("-on-")
    machine: Machine = machine_of(on or programs)
    kernel = fetched("fetch-kernel", SUITE, machine.arch)
    check_image(kernel, machine.arch)
    root = fetched("rootfs", programs)
    words = f"/usr/bin/python3 tests/gate/inside.py /dev/{machine.results.name} -n 2"
    words += f" {given.pytest}"
    options = Options(qemu="-m 1024", time_limit=given.time_limit or limits()[cell])
    with temporary_folder() as folder:
        staged = stage(folder, given.build / programs)
        init = given.build / programs / "suite" / "init"
        ended = boot(kernel, machine, init, words, options, root, staged)
    return ended, parse(ended.results)


def judge(ended: Boot, result: Result | None) -> list[str]:
    """What is wrong; nothing, where every test passed or says why not."""
    dead = why_dead(ended)
    wrong = [dead] if dead else []
    if result is None and not dead:
        wrong.append("the results came home garbled")
    wrong += [f"log line {n}: {words}" for n, words in trouble(ended)]
    failures = result.failures if result else []
    status = exit_status(ended)
    if not failures and status:
        wrong.append(f"pytest ends with status {status}")
    return wrong + failures


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "suite", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cell", nargs="+", help="ARCH or PROGRAMS-on-ARCH")
    parser.add_argument("--report", type=Path, default=Path("build/report"), help="for JUnit")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where it is built")
    parser.add_argument("--pytest", default="", help="options of pytest")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="not the table's")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    given.report.mkdir(parents=True, exist_ok=True)
    reference, worst = earlier_reference(given.report), 0
    for cell in given.cell:
        ended, result = look_at(cell, given)
        wrong, told = judge(ended, result), list[str]()
        (given.report / f"pytest-{cell}.log").write_text("\n".join(ended.log) + "\n")
        if result:
            (given.report / f"pytest-{cell}.xml").write_text(junit(ended.results))
        if cell == REFERENCE:
            reference = result
        elif result and reference:
            missing, told = compare(result, reference)
            wrong += missing
        elif result:
            told = [f"compared with nothing: there is no result of {REFERENCE}"]
        print(f"{cell}: {result or 'no result'}; {ended.seconds:.0f} s", flush=True)
        print("".join(f"  {line}\n" for line in wrong + told), end="", flush=True)
        worst = max(worst, 1 if wrong else 0)
    return worst


if __name__ == "__main__":
    end_with(main, "suite")
