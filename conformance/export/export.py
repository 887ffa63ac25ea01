#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""export: write results of ipc-conform in the formats of dashboards and CI systems.

RESULT is the JSON of `ipc-conform run`, of the gate or of the matrix, or of `ipc-conform cost`.
The formats:
    kcidb          KernelCI's database, schema 5.3; needs --origin
    squad-tests    squad's tests.json: the status of each check
    squad-metrics  squad's metrics.json: the seconds of each check, and costs
    github         annotations: workflow commands of GitHub Actions
    markdown       a summary for a person: GitHub's step summary
    trace-csv      clause, behaviour, check, result, mutants, one check a row
    trace-spdx     the same as SPDX 3.0.1 JSON
Exit status: 0 written, 2 an argument is wrong, or RESULT cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from clauses import trace_csv, trace_spdx
from github import annotations, markdown
from kcidb import Submission, kcidb
from results import Misuse, Results, read_results
from squad import metrics, tests


def as_json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Results, argparse.Namespace], str]] = {
    "kcidb": lambda results, given: as_json(kcidb(results, submission(given))),
    "squad-tests": lambda results, _: as_json(tests(results)),
    "squad-metrics": lambda results, _: as_json(metrics(results)),
    "github": lambda results, _: annotations(results),
    "markdown": lambda results, _: markdown(results),
    "trace-csv": lambda results, given: trace_csv(results, given.kills),
    "trace-spdx": lambda results, given: as_json(trace_spdx(results, given.kills)),
}


def submission(given: argparse.Namespace) -> Submission:
    return Submission(given.origin, given.build_id, given.commit, given.log_url)


def main() -> int:
    parser = argparse.ArgumentParser(
        "export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--output", type=Path, help="a file instead of standard output")
    parser.add_argument("--append", action="store_true", help="append to the file")
    parser.add_argument("--origin", default="", help="kcidb: the name of the CI system")
    parser.add_argument("--build-id", default="", help="kcidb: a build that was submitted before")
    parser.add_argument("--commit", default="", help="kcidb: the kernel's commit, 40 hex digits")
    parser.add_argument("--log-url", default="", help="kcidb: the URL of the kernel's log")
    parser.add_argument(
        "--kills", type=Path, action="append", default=[], metavar="FILE",
        help="trace: a file of `make mutants` with the checks that kill each mutant of the calls",
    )
    parser.add_argument("result", nargs="+", type=Path, help="JSON of run, gate, matrix, cost")
    given = parser.parse_args()
    try:
        text = FORMATS[given.format](read_results(given.result), given)
        if given.output:
            with given.output.open("a" if given.append else "w") as file:
                file.write(text)
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
    except Misuse as misuse:
        print(f"export: {misuse}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"export: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
