#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Prints the checks that fail for each mutant, and the checks that fail for none.

    table.py [--only GLOB]... [--all] [--jobs N] [--kills FILE] IPC-CONFORM-MUTANTS

For each mutant, the program runs the checks of its facility and those of no facility.  With
--only, only these mutants run, and checks that never fail are not listed.  --kills writes a line
"MUTANT: CHECK..." for each mutant, with every check that fails only with it; export.py reads
these lines for the trace of requirements.

Exit status: 1 if no check finds a mutant, if a check fails without a mutant, or if a check
never fails; 2 if the program could not be run.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, NoReturn

FACILITIES = ("msg", "sem", "shm", "ftok")
SHOWN = 3
# The time limit of a check: three times the time of the slowest check without a mutant.
TIME_LIMIT = 4


class Mutant(NamedTuple):
    """A mutant: its name, which begins with that of its function, and a description."""

    name: str
    what: str


class Outcome(NamedTuple):
    """The ids of the checks of one run by outcome."""

    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]
    levels: dict[str, str]


def misused(why: str) -> NoReturn:
    """End with one line on standard error."""
    print(f"table.py: {why}", file=sys.stderr)
    sys.exit(2)


def others(mutant: str, every: frozenset[str]) -> list[str]:
    """Options that skip the checks of the other facilities."""
    if not mutant.startswith(FACILITIES):
        return []
    globs = [glob for facility in FACILITIES if not mutant.startswith(facility)
             for glob in (f"{facility}*", f"*.{facility}*")]
    return [word for glob in globs if fnmatch.filter(every, glob) for word in ("--skip", glob)]


def run(program: str, mutant: str | None = None, options: list[str] | None = None) -> Outcome:
    """Run the checks with or without a mutant."""
    command = [program] + (["--mutant", mutant] if mutant else []) + ["run", "--format", "json"]
    command += ["--jobs", "2", "--seed", "1"] + (options or [])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        misused(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    results = json.loads(done.stdout)["runs"][0]["results"]

    def ids(*outcomes: str) -> frozenset[str]:
        return frozenset(result["id"] for result in results if result["outcome"] in outcomes)

    return Outcome(ids("passed"), ids("failed", "timeout"), ids("skipped"),
                   {result["id"]: result["level"] for result in results})


def mutants(program: str, globs: list[str]) -> list[Mutant]:
    """The mutants of the program by name."""
    listing = subprocess.run([program, "mutants"], capture_output=True, text=True, check=True)
    every = sorted(Mutant(*line.split("\t")) for line in listing.stdout.splitlines())
    chosen = [mutant for mutant in every
              if not globs or any(fnmatch.fnmatch(mutant.name, glob) for glob in globs)]
    for glob in globs:
        if not any(fnmatch.fnmatch(mutant.name, glob) for mutant in chosen):
            misused(f"--only: no mutant matches {glob}")
    return chosen


def progress(text: str) -> None:
    """Show the progress on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def rows(program: str, chosen: list[Mutant], every: frozenset[str],
         jobs: int) -> list[frozenset[str]]:
    """The checks that fail for each mutant."""
    def mutated(mutant: Mutant) -> Outcome:
        limit = ["--time-limit", str(TIME_LIMIT)]
        return run(program, mutant.name, limit + others(mutant.name, every))

    found: list[frozenset[str]] = []
    with ThreadPoolExecutor(jobs) as pool:
        for outcome in pool.map(mutated, chosen):
            found.append(outcome.failed)
            progress(f"{len(found)}/{len(chosen)} {chosen[len(found) - 1].name}")
    progress("")
    return found


def report_unfailed(never: frozenset[str], of: int) -> None:
    """List the checks that fail for no mutant."""
    print(f"\nof {of} checks {len(never)} fail with none of them:")
    for check in sorted(never):
        print(f"  {check}")


LEVELS = ["posix", "linux", "exact"]


def report_levels(found: list[frozenset[str]], without: Outcome) -> None:
    """Print how many mutants the checks of each level and of the lower ones catch."""
    print("level   checks  mutants caught")
    for level in LEVELS:
        upto = LEVELS[: LEVELS.index(level) + 1]
        checks = frozenset(one for one, of in without.levels.items() if of in upto)
        caught = sum(1 for ids in found if ids & checks - without.failed)
        print(f"{level:<7} {len(checks):>6}  {caught} of {len(found)}")


def main() -> int:
    """Print the table and the last line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", default=[], metavar="GLOB")
    parser.add_argument("--all", action="store_true", help="every check that fails, not the first")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--kills", metavar="FILE")
    parser.add_argument("program", metavar="IPC-CONFORM-MUTANTS")
    options = parser.parse_args()

    chosen = mutants(options.program, options.only)
    without = run(options.program)
    found = rows(options.program, chosen, frozenset(without.levels), options.jobs)

    for mutant, ids in zip(chosen, found):
        most = len(ids) if options.all else SHOWN
        shown = " ".join(sorted(ids)[:most]) + (" ..." if len(ids) > most else "")
        print(f"{mutant.name:<44} {len(ids):>4}  {shown or 'NOT FOUND: ' + mutant.what}")
    if options.kills:
        with open(options.kills, "w", encoding="utf-8") as file:
            for mutant, ids in zip(chosen, found):
                file.write(f"{' '.join([mutant.name + ':', *sorted(ids - without.failed)])}\n")
    well = True
    if not options.only:
        print(f"\nnot run here: {' '.join(sorted(without.skipped)) or 'none'}")
        never = without.passed.difference(*found)
        report_unfailed(never, len(without.passed))
        well = not never
    for check in sorted(without.failed):
        print(f"fails without a mutant: {check}")
    report_levels(found, without)
    caught = sum(1 for ids in found if ids - without.failed)
    print(f"{len(chosen)} mutants, {caught} caught")
    return 0 if well and caught == len(chosen) and not without.failed else 1


if __name__ == "__main__":
    sys.exit(main())
