# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Reads the runs and costs of result files, for every export."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]  # an object of the JSON that ipc-conform writes
OUTCOMES = ("passed", "failed", "skipped", "xfailed", "xpassed", "flaky", "not implemented")


class Misuse(Exception):
    """A usage error, described in one line."""


@dataclass
class Results:
    runs: list[Row] = field(default_factory=list)
    costs: list[Row] = field(default_factory=list)


def read_results(paths: list[Path]) -> Results:
    """Reads files of the schemas ipc-conform/1 and ipc-conform-cost/1."""
    results = Results()
    for path in paths:
        try:
            document = json.loads(path.read_text())
            schema = document["schema"]
            if schema == "ipc-conform/1":
                results.runs += [checked(run) for run in document["runs"]]
            elif schema.startswith("ipc-conform-cost/"):
                results.costs.append(document)
            else:
                raise Misuse(f"{path}: schema {schema} is not ipc-conform/1 or ipc-conform-cost/1")
        except OSError as error:
            raise Misuse(f"{path}: {error.strerror}") from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Misuse(f"{path}: not a result of ipc-conform run, gate, matrix or cost") from None
    return results


def checked(run: Row) -> Row:
    """Returns the run; raises LookupError or ValueError if a member is missing or unknown."""
    for name in ("build", "arch", "machine", "kernel", "libc", "seconds"):
        run[name]
    for result in run["results"]:
        if result["outcome"] not in OUTCOMES:
            raise ValueError(result["outcome"])
        for name in ("id", "title", "source", "seconds", "reason", "failures"):
            result[name]
    return run


def has_failed(result: Row) -> bool:
    """Whether the outcome makes a run fail."""
    return result["outcome"] in ("failed", "xpassed")


def is_skipped(result: Row) -> bool:
    """Whether JUnit would count the result as skipped: skipped, or failed as expected."""
    expected = result["outcome"] in ("xfailed", "flaky") and bool(result["failures"])
    return result["outcome"] in ("skipped", "not implemented") or expected


def in_words(failure: Row) -> str:
    compared = failure["expected"] or failure["seen"]
    seen = f"expected {failure['expected']}, got {failure['seen']}" if compared else ""
    return ": ".join(word for word in (failure["where"], failure["what"], seen) if word)


def why(result: Row) -> list[str]:
    """The failures of a check, a line each."""
    lines = [in_words(failure) for failure in result["failures"]]
    more = result.get("nfailures", len(lines)) - len(lines)
    lines += [f"and {more} more"] if more > 0 else []
    if result["reason"]:
        lines.append(result["reason"])
    if has_failed(result) and not lines:
        lines.append("ended without saying why")
    return lines


def label_of(run: Row) -> str:
    """The architecture of the programs, their libc if it is musl, and the kernel's release."""
    libc = "-musl" if run["libc"] == "musl" else ""
    release = run["kernel"].split()[0] if run["kernel"] else "unknown"
    return f"{run['arch']}{libc}-{run['build']}-{release}"


def labels_of(runs: list[Row]) -> list[str]:
    """A label for each run; a number distinguishes runs that would have the same label."""
    labels: list[str] = []
    for run in runs:
        label = plain = label_of(run)
        number = 2
        while label in labels:
            label, number = f"{plain}-{number}", number + 1
        labels.append(label)
    return labels


def digest(row: Row) -> str:
    """A name that identifies a run by its content."""
    text = json.dumps(row, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
