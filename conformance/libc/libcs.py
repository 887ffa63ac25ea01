#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""libcs: whether each libc that the harness was built with is as good as it is known to be.

Exit status: 0 the failures are exactly the expected ones, 1 another check fails, or no longer
does, 2 misused, 4 no checks were run.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FAILURES = ("failed", "timeout")


class Misuse(Exception):
    """What the call itself is wrong in, in one line."""


def known_broken() -> dict[str, dict[str, str]]:
    """By suite: checks that fail, and why."""
    found: dict[str, dict[str, str]] = {}
    for line in (HERE / "broken").read_text().splitlines():
        if line and not line.startswith("#"):
            suite, check, reason = (word.strip() for word in line.split("|"))
            found.setdefault(suite, {})[check] = reason
    return found


def verdict(known: dict[str, str], run: dict[str, Any]) -> tuple[int, list[str]]:
    """The status that a run deserves, and a line for each check that did not pass."""
    failed = {result["id"] for result in run["results"] if result["outcome"] in FAILURES}
    present = {result["id"] for result in run["results"] if result["outcome"] != "skipped"}
    lines = [f"known   {check}: {known[check]}" for check in sorted(failed & set(known))]
    lines += [f"FAILED  {check}" for check in sorted(failed - set(known))]
    lines += [f"NOT BROKEN  {check}: {known[check]}" for check in sorted(set(known) - failed)]
    if not present:
        return 4, lines
    return int(failed != set(known)), lines


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
    known, worst = known_broken(), 0
    print(f"{'libc':<24} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for word in parser.parse_args().result:
        suite, separator, path = word.partition("=")
        if not separator:
            raise Misuse(f"no SUITE=RESULT.json: {word}")
        run = read(Path(path))
        counts = run["counts"]
        status, lines = verdict(known.get(suite, {}), run)
        name = suite if suite == run["libc"] else f"{run['libc']} ({suite})"
        timed_out = counts.get("timeout")
        print(
            f"{name:<24} {counts['passed']:>7} {counts['failed']:>7} {counts['skipped']:>8}"
            + (f"  {timed_out} timeout" if timed_out else "")
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
