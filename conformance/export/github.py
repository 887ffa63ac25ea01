# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""GitHub Actions: workflow commands for annotations, and Markdown for the step summary.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

import functools
from pathlib import Path

from results import OUTCOMES, Results, Row, has_failed, in_words, label_of, why

TOP = Path(__file__).resolve().parents[2]
# GitHub shows ten errors of a step; a summary has at most 1 MiB.
ROWS = 200


@functools.cache
def source_files() -> dict[str, str]:
    """The path of each source file of checks; "" if the file's name is not unique."""
    found: dict[str, str] = {}
    for path in sorted((TOP / "conformance").rglob("*.c")):
        found[path.name] = "" if path.name in found else str(path.relative_to(TOP))
    return found


def place_of(where: str) -> tuple[str, str]:
    """The file and the line of "msgget.c:31"; empty if the file has no checks."""
    name, _, line = where.partition(":")
    path = source_files().get(name, "")
    return (path, line) if path and line.isdigit() else ("", "")


def data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(words: str) -> str:
    return data(words).replace(":", "%3A").replace(",", "%2C")


def annotation(run: Row, result: Row) -> str:
    lines = why(result)
    failures = result["failures"]
    path, line = place_of(failures[0]["where"]) if failures else ("", "")
    properties = [f"title={value(label_of(run) + ': ' + result['id'])}"]
    if path:
        properties = [f"file={value(path)}", f"line={line}", *properties]
    return f"::error {','.join(properties)}::{data(chr(10).join([result['title'], *lines]))}\n"


def annotations(results: Results) -> str:
    return "".join(
        annotation(run, result)
        for run in results.runs
        for result in run["results"]
        if has_failed(result)
    )


def cell(words: str) -> str:
    """The text of a table's cell, escaped."""
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character in "\\|`*_[]":
        words = words.replace(character, f"\\{character}")
    return " ".join(words.split())


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def markdown(results: Results) -> str:
    """A table of runs, and a row for each check that failed."""
    failed = [(run, one) for run in results.runs for one in run["results"] if has_failed(one)]
    text = "### System V IPC: " + ("does not conform\n\n" if failed else "conforms\n\n")
    if not any(one["outcome"] == "passed" for run in results.runs for one in run["results"]):
        text = "### System V IPC: nothing could be run\n\n" if not failed else text
    seen = {one["outcome"] for run in results.runs for one in run["results"]}
    columns = [word for word in OUTCOMES if word in seen or word in OUTCOMES[:3]]
    text += row("kernel", "programs", *columns) + row(*["---"] * (2 + len(columns)))
    for run in results.runs:
        outcomes = [one["outcome"] for one in run["results"]]
        counts = [str(outcomes.count(word)) for word in columns]
        programs = f"{run['arch']} {run['build']}, {run['libc']}"
        text += row(cell(run["kernel"]), cell(programs), *counts)
    if failed:
        text += "\n" + row("programs", "check", "what must hold", "failure")
        text += row(*["---"] * 4)
        for run, one in failed[:ROWS]:
            first = in_words(one["failures"][0]) if one["failures"] else why(one)[0]
            words = (label_of(run), one["id"], one["title"], first)
            text += row(*(cell(word) for word in words))
        if len(failed) > ROWS:
            text += f"\nand {len(failed) - ROWS} more\n"
    return text
