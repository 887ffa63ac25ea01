# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""KCIDB's submissions, schema 5.3: kcidb_io/schema/v05_03.py of github.com/kernelci/kcidb-io."""

import re
from dataclasses import dataclass

from results import Misuse, Results, Row, digest, has_failed, is_skipped, why

EXCERPT = 16384  # characters of a log_excerpt at most


@dataclass(frozen=True)
class Submission:
    """The data that the CI system supplies about itself and the kernel."""

    origin: str
    build_id: str = ""
    commit: str = ""
    log_url: str = ""


def status_of(result: Row) -> str:
    """ERROR if the check did not end by itself; SKIP for an expected failure, as in JUnit."""
    if has_failed(result):
        return "FAIL" if result["failures"] or result["outcome"] == "xpassed" else "ERROR"
    return "SKIP" if is_skipped(result) else "PASS"


def path_of(identity: str) -> str:
    path = f"ipc-conform.{identity}"
    if not re.fullmatch(r"[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*", path):
        raise Misuse(f"{identity!r} is not a valid path in KCIDB")
    return path


def text(words: str) -> str:
    return words.replace("\0", " ")


def environment(row: Row) -> Row:
    misc = {name: text(row[name]) for name in ("build", "arch", "machine", "kernel", "libc")}
    return {"comment": text(f"{row['arch']} programs, {row['libc']}"), "misc": misc}


def test_of(result: Row, run: Row, common: Row, identity: str, log_url: str) -> Row:
    test: Row = common | {
        "id": f"{identity}-{result['id']}",
        "path": path_of(result["id"]),
        "status": status_of(result),
        "comment": text(f"{result['title']} [{result['source']}]"),
        "environment": environment(run),
        "duration": result["seconds"],
        "misc": {"outcome": result["outcome"]},
    }
    lines = why(result)
    if lines:
        test["log_excerpt"] = text("".join(f"{line}\n" for line in lines))[:EXCERPT]
    if log_url:
        test["log_url"] = log_url
    return test


def costs_of(costs: Row, common: Row, identity: str) -> list[Row]:
    tests: list[Row] = []
    for row in costs["rows"]:
        name = f"cost.{row['id']}.{row['n']}"
        tests.append(
            common
            | {
                "id": f"{identity}-{name}",
                "path": path_of(name),
                "status": "DONE",
                "environment": environment(costs),
                "number": {"value": row["cost"], "unit": text(row["unit"])},
            }
        )
    for row in costs.get("skipped", []):
        name = f"cost.{row['id']}"
        test = {"id": f"{identity}-{name}", "path": path_of(name), "status": "SKIP"}
        tests.append(common | test | {"log_excerpt": text(row["reason"])[:EXCERPT]})
    return tests


def kcidb(results: Results, submission: Submission) -> Row:
    """Submits each kernel as a build of a checkout, unless a build was submitted before."""
    origin = submission.origin
    if not re.fullmatch(r"[a-z0-9_]+", origin):
        raise Misuse(f"--origin {origin!r}: allowed are lower-case letters, digits and _")
    if submission.commit and not re.fullmatch(r"[0-9a-f]{40}", submission.commit):
        raise Misuse(f"--commit {submission.commit!r}: allowed are 40 hexadecimal digits")
    if submission.build_id and not submission.build_id.startswith(f"{origin}:"):
        raise Misuse(f"--build-id {submission.build_id!r}: must begin with {origin}:")
    checkouts: dict[str, Row] = {}
    builds: dict[str, Row] = {}
    tests: list[Row] = []
    for row in results.runs + results.costs:
        build = submission.build_id
        if not build:
            kernel = {"kernel": row["kernel"], "machine": row["machine"]}
            identity = f"{origin}:{submission.commit or digest(kernel)}"
            checkouts[identity] = {"id": identity, "origin": origin}
            if submission.commit:
                checkouts[identity]["git_commit_hash"] = submission.commit
            build = f"{origin}:{digest(kernel)}"
            builds[build] = {
                "id": build,
                "origin": origin,
                "checkout_id": identity,
                "architecture": re.sub("[^a-z0-9_]", "_", row["machine"].lower()),
                "comment": text(row["kernel"]),
            }
        common = {"origin": origin, "build_id": build}
        identity = f"{origin}:{digest(row)}"
        if "rows" in row:
            tests += costs_of(row, common, identity)
        else:
            log_url = submission.log_url
            tests += [test_of(one, row, common, identity, log_url) for one in row["results"]]
    document: Row = {"version": {"major": 5, "minor": 3}, "tests": tests}
    if builds:
        document |= {"checkouts": list(checkouts.values()), "builds": list(builds.values())}
    return document
