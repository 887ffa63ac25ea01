# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Lists of expected failures, parts of a run, and the end of a run after a failure."""

import json
from pathlib import Path
from typing import Any

import pytest
import tree
from tree import CONFORM, MUTANTS

# The mutant, and the checks that find it among those of CHECKS.
MUTANT = "msgrcv.e2big_asks_write"
CHECKS = ("--only", "msgrcv.right.*", "--only", "msgrcv.e2big*")
FOUND = {"msgrcv.right.read_only", "msgrcv.right.read_only.raw"}

pytestmark = pytest.mark.skipif(not MUTANTS.exists(), reason="ipc-conform-mutants is not built")


def run(*words: object, mutant: bool = True, status: int = 0, checks: bool = True) -> str:
    """The output; the error message if the exit status is 2."""
    seeded = ("--mutant", MUTANT) if mutant else ()
    result = tree.run(MUTANTS, *seeded, "run", *(CHECKS if checks else ()), *words)
    assert result.returncode == status, result.stdout + result.stderr
    return result.stderr if status == 2 else result.stdout


def outcomes(*words: object, mutant: bool = True, status: int = 0) -> dict[str, Any]:
    printed = json.loads(run(*words, "--format", "json", mutant=mutant, status=status))
    return {result["id"]: result for result in printed["runs"][0]["results"]}


def ids(results: dict[str, Any], outcome: str) -> set[str]:
    return {name for name, result in results.items() if result["outcome"] == outcome}


@pytest.fixture
def failures(tmp_path: Path) -> Path:
    """The list that a run with the mutant wrote."""
    path = tmp_path / "list"
    assert ids(outcomes("--expect-write", path, status=1), "failed") == FOUND
    return path


def test_the_list_of_a_run_makes_that_run_conform(failures: Path) -> None:
    results = outcomes("--expect", failures)
    assert ids(results, "xfailed") == FOUND and not ids(results, "failed")
    for name in FOUND:
        assert results[name]["nfailures"] > 0 and results[name]["failures"]
        assert results[name]["reason"].endswith("]")


def test_an_unexpected_pass_fails_the_run(failures: Path) -> None:
    results = outcomes("--expect", failures, mutant=False, status=1)
    assert ids(results, "xpassed") == FOUND
    assert "2 xpassed" in run("--expect", failures, mutant=False, status=1)


def test_an_unexpected_failure_fails_the_run(failures: Path) -> None:
    text = failures.read_text()
    failures.write_text(text.replace("read_only.raw", "read_only"))
    assert ids(outcomes("--expect", failures, status=1), "failed") == {"msgrcv.right.read_only.raw"}


def test_a_flaky_check_may_do_either(failures: Path) -> None:
    failures.write_text(failures.read_text().replace("xfail |", "flaky |"))
    for mutant in (True, False):
        assert ids(outcomes("--expect", failures, mutant=mutant), "flaky") == FOUND
        assert " 2 flaky\n" in run("--expect", failures, mutant=mutant)


def test_a_report_of_an_earlier_run_takes_a_list(failures: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    run("--format", "json", "--output", result, status=1)
    report = tree.run(CONFORM, "report", "--expect", failures, "--format", "ktap", result)
    assert report.returncode == 0, report.stderr
    assert report.stdout.count("\nok ") and report.stdout.count(" # XFAIL ") == 2
    assert "xfail:2 " in report.stdout


BAD = {
    "xfail | msgrcv.nothing | * | why | BZ 1": "line 1: no check matches msgrcv.nothing",
    "xfail | msgrcv.* | * | why": "line 1: 4 columns where 5 are needed",
    "xfail | msgrcv.* | cpu=6 | why | BZ 1": "line 1: the condition 'cpu=6' is none of arch=",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_list_is_refused_before_the_run(line: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{line}\n")
    complaint = run("--expect", path, status=2)
    assert complaint.startswith(f"ipc-conform: {path}: {BAD[line]}") and complaint.count("\n") == 1


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "No such file" in run("--expect", tmp_path / "none", status=2)
    assert "No such file" in run("--expect-write", tmp_path / "no" / "list", status=2)
    list_of = ("--expect", tmp_path / "none", "--expect-write", tmp_path / "list")
    assert "needs all checks" in run(*list_of, status=2)
    assert not (tmp_path / "list").exists()


def test_no_check_begins_after_a_failure(failures: Path) -> None:
    results = outcomes("--fail-fast", status=1)
    first = min(FOUND)
    assert ids(results, "failed") == {first}
    skipped = {name for name, result in results.items() if "--fail-fast" in result["reason"]}
    assert skipped == {name for name in results if name > first}
    assert f"and {first} failed" in results[max(results)]["reason"]
    # An expected failure does not end the run.
    results = outcomes("--fail-fast", "--expect", failures)
    assert ids(results, "xfailed") == FOUND
    assert not any("--fail-fast" in result["reason"] for result in results.values())
    # An unexpected pass ends the run.
    results = outcomes("--fail-fast", "--expect", failures, mutant=False, status=1)
    assert ids(results, "xpassed") == {first}


def test_each_check_is_in_one_part() -> None:
    whole = list(outcomes(status=1))
    parts = [list(outcomes("--shard", f"{i}/3", mutant=False)) for i in (1, 2, 3)]
    assert sorted(sum(parts, [])) == whole
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    for bad in ("0/3", "4/3", "1", "1/", "/3", "1/3/4", "-1/3", "1/99999", "a/b"):
        assert f"--shard: invalid value '{bad}' (I/N" in run("--shard", bad, status=2)
