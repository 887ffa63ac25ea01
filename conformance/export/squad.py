# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""squad's tests.json and metrics.json: https://squad.readthedocs.io/en/latest/intro.html.

The part of a name before the last slash is its suite; each run has its own suite.
"""

from results import Results, Row, has_failed, is_skipped, labels_of


def names_of(rows: list[Row]) -> list[str]:
    return [f"ipc-conform/{label}" for label in labels_of(rows)]


def status_of(result: Row) -> str:
    return "fail" if has_failed(result) else "skip" if is_skipped(result) else "pass"


def tests(results: Results) -> dict[str, str]:
    return {
        f"{name}/{result['id']}": status_of(result)
        for name, run in zip(names_of(results.runs), results.runs)
        for result in run["results"]
    }


def metrics(results: Results) -> dict[str, dict[str, object]]:
    """The seconds of checks that ran, and the rows of costs."""
    measured: dict[str, dict[str, object]] = {
        f"{name}/{result['id']}.seconds": {"value": result["seconds"], "unit": "s"}
        for name, run in zip(names_of(results.runs), results.runs)
        for result in run["results"]
        if result["outcome"] != "skipped"
    }
    for name, costs in zip(names_of(results.costs), results.costs):
        for row in costs["rows"]:
            measured[f"{name}/cost.{row['id']}.{row['n']}"] = {
                "value": row["cost"],
                "unit": row["unit"],
            }
    return measured
