# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Baselines, committed or from the results of an earlier run, and comparison with them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from boot import HERE, Misuse, Run
from architectures import of_machine  # boot.py finds the folder

BASELINES = HERE / "baselines"


def series(kernel: str) -> tuple[int, ...]:
    """The stable series of a release: 6.1 for 6.1.0-50-686."""
    match = re.match(r"(\d+)\.(\d+)", kernel)
    return (int(match[1]), int(match[2])) if match else ()


def name_of(run: Run, libc: str | None = None) -> str:
    """The programs' architecture, "-musl" if that is their libc (or libc), and the kernel's
    architecture if it differs."""
    machine = of_machine(run["machine"], run["arch"])
    programs: str = run["arch"] + ("-musl" if (libc or run["libc"]) == "musl" else "")
    return programs if run["arch"] == machine else f"{programs} on {machine}"


# ---- baselines -----------------------------------------------------------------------


# Outcomes for which no kernel is refused, whatever the baseline has.
GOOD = ("passed", "xfailed", "flaky")


@dataclass(frozen=True)
class Baseline:
    """The outcomes of checks for each kind of programs; "*" is the outcome of all others."""

    name: str
    outcomes: dict[str, dict[str, str]]

    def compare(
        self, run: Run, whole: bool = True, libc: str | None = None
    ) -> tuple[list[str], list[str]]:
        """The changes for the worse and the other changes, as text, since the same programs of the
        baseline, or those of another libc.  If run is whole, missing checks count.  A failure that
        a list of expected failures names is not for the worse."""
        old = self.outcomes.get(name_of(run, libc))
        worse: list[str] = []
        better: list[str] = []
        if old is None:
            return worse, better
        new = {result["id"]: result["outcome"] for result in run["results"]}
        for identity, outcome in new.items():
            was = old.get(identity, old.get("*", outcome))
            if was != outcome:
                before = f"{was} with {libc}" if libc else f"was {was}"
                words = f"{identity}: {before}, is {outcome}"
                (better if outcome in GOOD else worse).append(words)
        gone = set(old) - set(new) - {"*"} if whole else set()
        return worse + [f"{identity}: is gone" for identity in sorted(gone)], better


def committed() -> list[str]:
    return sorted((path.name for path in BASELINES.glob("[0-9]*")), key=series)


def read_committed(name: str) -> Baseline:
    outcomes: dict[str, dict[str, str]] = {}
    for line in (BASELINES / name).read_text().splitlines():
        if line and not line.startswith("#"):
            programs, outcome, identity = (word.strip() for word in line.split("|"))
            outcomes.setdefault(programs, {})[identity] = outcome
    return Baseline(name, outcomes)


def read_results(path: Path) -> Baseline:
    try:
        runs = json.loads(path.read_text())["runs"]
        outcomes = {
            name_of(run): {result["id"]: result["outcome"] for result in run["results"]}
            for run in runs
        }
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError):
        raise Misuse(f"{path} has no results of ipc-conform") from None
    return Baseline(path.name, outcomes)


def baseline_for(wanted: str | None, kernel: str) -> Baseline | None:
    """The baseline with this name or file; else that of the newest series up to the kernel."""
    names = committed()
    if wanted in names:
        return read_committed(str(wanted))
    if wanted:
        if not Path(wanted).exists():
            raise Misuse(f"no baseline {wanted}: neither a file nor one of {' '.join(names)}")
        return read_results(Path(wanted))
    older = [name for name in names if series(name) <= series(kernel)]
    return read_committed(older[-1]) if older else None


def accept(name: str, runs: list[Run]) -> Path:
    """Writes the outcomes as the baseline of a series; keeps those of other programs."""
    path = BASELINES / name
    of_runs = {name_of(run) for run in runs}
    lines = [
        line
        for line in (path.read_text().splitlines() if path.exists() else [])
        if not line.startswith("#") and line.split("|")[0].strip() not in of_runs
    ]
    for run in runs:
        lines.append(f"{name_of(run):<14} | passed  | *")
        for result in run["results"]:
            if result["outcome"] != "passed":
                lines.append(f"{name_of(run):<14} | {result['outcome']:<7} | {result['id']}")
    head = [
        "# SPDX-FileCopyrightText: 2026 the python-ipc authors",
        "# SPDX-License-Identifier: MIT",
        f"# The outcome of each check on Debian's Linux {name}; * is all other checks.",
        "# programs     | outcome | check",
    ]
    path.write_text("\n".join([*head, *sorted(lines)]) + "\n")
    return path
