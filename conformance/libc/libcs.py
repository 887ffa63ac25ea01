#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""libcs: judge the results of the harness with each libc, given the expected failures.

Exit status: 0 the failures are exactly the expected ones, 1 a check fails unexpectedly, or an
expected failure passes, 2 misused, 4 no checks were run.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

FAILURES = ("failed", "timeout", "xpassed")


class Misuse(Exception):
    """A usage error, described in one line."""


def verdict(run: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit status for a run, and a line for each check that neither passed nor was skipped;
    the harness has compared them with the expected failures."""
    lines = []
    for result in run["results"]:
        word = {"xfailed": "XFAIL", "xpassed": "XPASS"}.get(result["outcome"], "FAILED")
        if result["outcome"] in (*FAILURES, "xfailed"):
            lines.append(f"{word:<6}  {result['id']}: {result['reason']}".rstrip(": "))
    if all(result["outcome"] == "skipped" for result in run["results"]):
        return 4, lines
    return int(any(result["outcome"] in FAILURES for result in run["results"])), lines


def read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())["runs"][0]  # type: ignore[no-any-return]
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError):
        raise Misuse(f"{path} has no results of ipc-conform") from None


def main() -> int:
    parser = argparse.ArgumentParser("libcs", description=__doc__)
    parser.add_argument("result", nargs="+", help="SUITE=RESULT.json")
    worst = 0
    print(f"{'libc':<24} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for word in parser.parse_args().result:
        suite, separator, path = word.partition("=")
        if not separator:
            raise Misuse(f"no SUITE=RESULT.json: {word}")
        run = read(Path(path))
        counts = run["counts"]
        status, lines = verdict(run)
        name = suite if suite == run["libc"] else f"{run['libc']} ({suite})"
        others = [word for word in ("xfailed", "xpassed", "timeout") if counts.get(word)]
        more = "".join(f"  {counts[word]} {word}" for word in others)
        print(
            f"{name:<24} {counts['passed']:>7} {counts['failed']:>7} {counts['skipped']:>8}"
            + more
        )
        print("".join(f"    {line}\n" for line in lines), end="")
        worst = max(worst, status, key=[0, 4, 1, 2].index)
    return worst


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Misuse as misuse:
        print(f"libcs: {misuse}", file=sys.stderr)
        sys.exit(2)
