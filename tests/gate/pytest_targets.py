#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""pytest_targets: boots Debian's kernels and runs the module's tests with pytest on each.

    pytest_targets.py CELL...      ARCH or PROGRAMS-on-ARCH, of the field pytest of
                                   conformance/abi/architectures.toml

The machine has Debian's CPython and pytest of its architecture, and a copy of the tree with the
module and the programs of the tests, but without other build output.  It has no network and no
access to this machine.  Tests that need a compiler, make or ipc-conform are skipped.  The
machine is slow, so tests that repeat an operation repeat it a tenth as often (IPC_TEST_SLOWNESS).
Each result is compared with that of the first architecture of the table, from this call or from
an earlier one.  With --wheel the machine has the module of that wheel instead of the built one.

Exit status: 0 every test passed or was skipped with a reason, 1 a test failed or a result is
missing, 2 the arguments are wrong or a part is missing.
"""

import argparse
import shutil
import subprocess
import sys
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

import architectures  # boot.py finds the folder

TOP = Path(__file__).resolve().parents[2]
REFERENCE = architectures.reference()


# ---- the machine -------------------------------------------------------------------


def fetched(script: str, *words: str) -> Path:
    """The path that a script of ci/ prints after it has fetched the missing files."""
    ran = subprocess.run([TOP / "ci" / script, *words], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Misuse(f"ci/{script} {' '.join(words)}: failed")
    return Path(ran.stdout.strip())


def install(wheel: Path, root: Path, folder: Path) -> None:
    """Installs with pip, which refuses a wheel that is not for the CPython of that root."""
    (python,) = root.glob("usr/lib/python3.*")
    version, platform = python.name.removeprefix("python"), wheel.stem.rpartition("-")[2]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--only-binary", ":all:"]
    pip += ["--root-user-action=ignore", "--python-version", version, "--platform", platform]
    if subprocess.run([*pip, "--target", folder, wheel]).returncode:
        raise Misuse(f"--wheel {wheel}: pip cannot install it for CPython {version}")


def stage(folder: Path, build: Path, root: Path, wheel: Path | None) -> Path:
    """The machine's copy of the tree, with the module and the programs of the tests."""
    tree = folder / "staged" / "tree"
    shutil.copytree(TOP, tree, ignore=shutil.ignore_patterns("build", "__pycache__", ".*"))
    if wheel:
        install(wheel, root, tree / "build" / "python")
    for part in ("programs",) if wheel else ("python", "programs"):
        try:
            shutil.copytree(build / part, tree / "build" / part)
        except OSError:
            raise Misuse(f"{build / part} is not built: make kernel-pytest") from None
    return tree.parent


# ---- results ---------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """The outcome and the reason of each test of one run."""

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
    """Return pytest's part of the output; a boot loader may write to the port before it."""
    begin = max(text.find("<testsuites"), 0)
    return text[begin:]


def parse(text: str) -> Result | None:
    """The result in pytest's JUnit; None if the text is cut short or has no tests."""
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
    """Outcomes by the test's name without its parameters, which may depend on the architecture."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, outcome in result.outcomes.items():
        found.setdefault(name.partition("[")[0], []).append(outcome)
    return found


def compare(result: Result, reference: Result) -> tuple[list[str], list[str]]:
    """Two lists of sentences: tests that only one result has, and tests that only one skipped."""
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


def earlier_reference(report: Path, kind: str) -> Result | None:
    """The reference's result from an earlier run, unless a test has changed since."""
    path = report / f"{kind}-{REFERENCE}.xml"
    newest = max(test.stat().st_mtime for test in (TOP / "tests").rglob("*.py"))
    return parse(path.read_text()) if path.exists() and path.stat().st_mtime > newest else None


# ---- one machine -------------------------------------------------------------------------


def limits() -> dict[str, float]:
    """The seconds after which each cell's run is ended."""
    found: dict[str, float] = {}
    for cell in architectures.cells("pytest"):
        programs, _, on = cell.partition("-on-")
        found[cell] = architectures.row_of(on or programs)["pytest"][programs]
    return found


def limit(cell: str, given: argparse.Namespace) -> float:
    """Return the time limit of a cell; a cell that is not in the table needs --time-limit."""
    found: float | None = given.time_limit or limits().get(cell)
    if found is None:
        raise Misuse(f"no such cell: {cell} ({' '.join(limits())}); another needs --time-limit")
    return found


def run_cell(cell: str, given: argparse.Namespace) -> tuple[Boot, Result | None]:
    time_limit = limit(cell, given)
    programs, _, on = cell.partition("-on-")
    machine: Machine = machine_of(on or programs)
    kernel = fetched("fetch-kernel", architectures.suite_of(machine.arch), machine.arch)
    check_image(kernel, machine.arch)
    root = fetched("rootfs", programs)
    words = f"/usr/bin/python3 tests/gate/inside.py /dev/{machine.results.name} -n 2"
    words += f" {given.pytest}"
    options = Options(qemu="-m 1024", time_limit=time_limit)
    with temporary_folder() as folder:
        staged = stage(folder, given.build / programs, root, given.wheel)
        init = given.build / programs / "pytest" / "init"
        ended = boot(kernel, machine, init, words, options, root, staged)
    return ended, parse(ended.results)


def judge(ended: Boot, result: Result | None) -> list[str]:
    """A line for each fault; none if every test passed or was skipped with a reason."""
    dead = why_dead(ended)
    wrong = [dead] if dead else []
    if result is None and not dead:
        wrong.append("the results are incomplete")
    wrong += [f"log line {n}: {words}" for n, words in trouble(ended)]
    failures = result.failures if result else []
    status = exit_status(ended)
    if not failures and status:
        wrong.append(f"pytest ends with status {status}")
    return wrong + failures


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "pytest_targets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cell", nargs="+", help="ARCH or PROGRAMS-on-ARCH")
    parser.add_argument("--report", type=Path, default=Path("build/report"), help="output folder")
    parser.add_argument("--build", type=Path, default=Path("build"), help="build output")
    parser.add_argument("--wheel", type=Path, help="a wheel for these programs")
    parser.add_argument("--pytest", default="", help="options of pytest")
    parser.add_argument(
        "--time-limit", type=float, metavar="SECONDS", help="replaces the limit of the table"
    )
    return parser.parse_args()


def main() -> int:
    given = arguments()
    given.report.mkdir(parents=True, exist_ok=True)
    kind = "wheel" if given.wheel else "pytest"
    reference, worst = earlier_reference(given.report, kind), 0
    for cell in given.cell:
        ended, result = run_cell(cell, given)
        wrong, told = judge(ended, result), list[str]()
        (given.report / f"{kind}-{cell}.log").write_text("\n".join(ended.log) + "\n")
        if result:
            (given.report / f"{kind}-{cell}.xml").write_text(junit(ended.results))
        if cell == REFERENCE:
            reference = result
        elif result and reference:
            missing, told = compare(result, reference)
            wrong += missing
        elif result:
            told = [f"not compared: no result of {REFERENCE}"]
        print(f"{cell}: {result or 'no result'}; {ended.seconds:.0f} s", flush=True)
        print("".join(f"  {line}\n" for line in wrong + told), end="", flush=True)
        worst = max(worst, 1 if wrong else 0)
    return worst


if __name__ == "__main__":
    end_with(main, "pytest_targets")
