# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Makes docs/comparison.md, and a page of HTML, which tell what each implementation has.

comparison.py [--results DIRECTORY] [--markdown FILE] [--html FILE]: rows are the behaviours of
behaviours.txt by level; columns are Linux by the baselines of the matrix and the rows of `table`
by the results of `make implementations`.  The same baselines and results make the same files.
"""

import argparse
import fnmatch
import html
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from implementations import BUILD, HERE, TOP, host, table

from architectures import reference  # implementations.py finds the folder

LEVELS = ["posix", "linux", "exact"]
# From the best to the worst; a behaviour has the worst of its checks that ran.
MARKS = {"yes": "✓", "flaky": "~", "no": "✗", "absent": "∅", "skipped": "–"}
KINDS = {
    "passed": "yes",
    "xpassed": "yes",
    "flaky": "flaky",
    "not implemented": "absent",
    "skipped": "skipped",
}
WORDS = (
    "✓ all checks passed, ~ a check may fail or pass, ✗ a check failed, "
    "∅ not implemented, – no check could run"
)


@dataclass(frozen=True)
class Column:
    """The outcome of each check; in a baseline, "*" stands for all other checks."""

    name: str
    outcomes: dict[str, str]

    def mark(self, checks: list[str]) -> str:
        everything = self.outcomes.get("*", "skipped")
        found = {KINDS.get(self.outcomes.get(one, everything), "no") for one in checks}
        ran = found - {"skipped"}
        for kind in ("no", "absent", "flaky", "yes"):
            if kind in ran:
                return MARKS[kind]
        return MARKS["skipped"]

    def share(self, checks: list[str]) -> str:
        """How many of the checks that ran have passed."""
        everything = self.outcomes.get("*", "skipped")
        kinds = [KINDS.get(self.outcomes.get(one, everything), "no") for one in checks]
        ran = [kind for kind in kinds if kind != "skipped"]
        return f"{100 * ran.count('yes') // len(ran)} %" if ran else MARKS["skipped"]


def baselines() -> list[Column]:
    """Each series on the first architecture, then the newest series on each other architecture."""
    found: list[tuple[str, str, dict[str, str]]] = []
    paths = (HERE.parent / "baselines").iterdir()
    for path in sorted(paths, key=lambda one: [int(part) for part in one.name.split(".")]):
        of: dict[str, dict[str, str]] = {}
        for line in path.read_text().splitlines():
            if not line.startswith("#"):
                program, outcome, check = (cell.strip() for cell in line.split("|"))
                of.setdefault(program, {})[check] = outcome
        found += [(path.name, program, outcomes) for program, outcomes in sorted(of.items())]
    columns = [Column(f"Linux {release}", outcomes) for release, program, outcomes in found
               if program == reference()]
    newest = {program: Column(f"{program} ({release})", outcomes)
              for release, program, outcomes in found
              if program != reference() and " on " not in program and "-musl" not in program}
    return columns + [newest[program] for program in sorted(newest)]


def implementations(directory: Path) -> list[Column]:
    columns = []
    for row in table():
        path = directory / f"{row.name}.judged.json"
        if not path.exists():
            raise FileNotFoundError(f"{path}: no result; run `make implementations`")
        results = json.loads(path.read_text())["runs"][0]["results"]
        columns.append(Column(row.name, {one["id"]: one["outcome"] for one in results}))
    return columns


@dataclass(frozen=True)
class Behaviour:
    """A line of behaviours.txt."""

    section: str
    words: str
    level: str
    checks: list[str]


def listed() -> list[dict[str, str]]:
    ended = subprocess.run(
        [host(), "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    checks: list[dict[str, str]] = json.loads(ended.stdout)["checks"]
    return checks


def behaviours(checks: list[dict[str, str]]) -> list[Behaviour]:
    found, section = [], ""
    for line in (TOP / "conformance" / "checks" / "behaviours.txt").read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            words, _, globs = line.rpartition(": ")
            mine = [
                check
                for check in checks
                if any(fnmatch.fnmatchcase(check["check"], one.strip("()"))
                       for one in globs.split())
            ]
            if mine:
                level = min((check["level"] for check in mine), key=LEVELS.index)
                found.append(Behaviour(section, words, level, [one["id"] for one in mine]))
    return found


def rows(columns: list[Column]) -> list[tuple[str, list[list[str]]]]:
    """Headings, and tables with the words and a mark for each column."""
    checks = listed()
    known = behaviours(checks)
    shares = []
    for level in LEVELS:
        up_to = LEVELS[: LEVELS.index(level) + 1]
        ids = [check["id"] for check in checks if check["level"] in up_to]
        shares.append([f"checks passed, {level}"] + [column.share(ids) for column in columns])
    found = [("All", shares)]
    for level in LEVELS:
        lines = [
            [f"{one.section}: {one.words}"] + [column.mark(one.checks) for column in columns]
            for one in known
            if one.level == level
        ]
        found.append((f"Level {level}", lines))
    return found


HEAD = """<!--
SPDX-FileCopyrightText: 2026 the python-ipc authors
SPDX-License-Identifier: MIT
-->

# What each implementation has

`make comparison` makes this page from the baselines of the kernels and from the results of
`make implementations`. A row is a behaviour, a column an implementation;
[Other implementations](implementations.md) names the programs. The level of a row is the lowest
level of its checks.

"""


def markdown(columns: list[Column]) -> str:
    text = HEAD + WORDS + ".\n"
    names = [column.name for column in columns]
    for title, lines in rows(columns):
        text += f"\n## {title}\n\n| | {' | '.join(names)} |\n|{' --- |' * (len(names) + 1)}\n"
        for line in lines:
            text += "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n"
    return text


STYLE = (
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem }\n"
    "table { border-collapse: collapse } th { position: sticky; top: 0; background: #f5f6f8 }\n"
    "td, th { border: 1px solid #d9dde1; padding: .15rem .5rem; text-align: center }\n"
    "td:first-child { text-align: left } .no { background: #ffd7d5 } .yes { background: #dafbe1 }\n"
    ".flaky, .absent { background: #fff8c5 } .skipped { color: #60666d }\n"
)


def page(columns: list[Column]) -> str:
    classes = {mark: kind for kind, mark in MARKS.items()}
    names = "".join(f"<th>{html.escape(column.name)}</th>" for column in columns)
    text = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>What each implementation has</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>What each implementation has</h1>\n<p>{html.escape(WORDS)}.</p>\n"
    )
    for title, lines in rows(columns):
        text += f"<h2>{title}</h2>\n<table>\n<tr><th></th>{names}</tr>\n"
        for line in lines:
            text += f"<tr><td>{html.escape(line[0])}</td>"
            text += "".join(
                f'<td class="{classes.get(cell, "share")}">{html.escape(cell)}</td>'
                for cell in line[1:]
            )
            text += "</tr>\n"
        text += "</table>\n"
    return text + "</body>\n</html>\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=BUILD / "implementations")
    parser.add_argument("--markdown", type=Path, default=TOP / "docs" / "comparison.md")
    parser.add_argument("--html", type=Path)
    options = parser.parse_args()
    try:
        columns = baselines() + implementations(options.results)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    options.markdown.write_text(markdown(columns))
    if options.html:
        options.html.write_text(page(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
