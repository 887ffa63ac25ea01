# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-conform cost, and the comparison of costs by the gate."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from limits import HANG
from tree import CONFORM, TOP

import cost
from boot import Misuse
from cost import CLASSES, Costs, Growth, compare_costs

built = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    command = [str(CONFORM), "cost", *map(str, words)]
    return subprocess.run(command, cwd=TOP, text=True, capture_output=True, timeout=HANG)


def document(rows: "dict[str, dict[int, float]]", clock: str = "instructions") -> "dict[str, Any]":
    listed = [
        {"id": identity, "n": n, "cost": value, "unit": clock}
        for identity, series in rows.items()
        for n, value in series.items()
    ]
    return {
        "schema": "ipc-conform-cost/1", "build": "static", "arch": "x86_64", "machine": "x86_64",
        "kernel": "6.1.0 #1", "libc": "glibc 2.36", "clock": clock, "rows": listed,
        "growth": [], "skipped": [],
    }


# ---- the program ------------------------------------------------------------------------


@built
def test_every_row_is_measured_and_every_series_fitted(tmp_path: Path) -> None:
    output = tmp_path / "costs.json"
    result = run("--format", "json", "--output", output)
    if "a new IPC namespace" in result.stderr:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    got = json.loads(output.read_text())
    listed = [line.split()[0] for line in run("--list").stdout.splitlines()]
    skipped = {row["id"] for row in got["skipped"]}
    assert list(dict.fromkeys(row["id"] for row in got["rows"])) == [
        identity for identity in listed if identity not in skipped
    ]
    assert {row["unit"] for row in got["rows"]} == {"ns"} and got["clock"] == "time"
    assert all(row["cost"] > 0 for row in got["rows"])
    series = {line.split()[0] for line in run("--list").stdout.splitlines() if "grows with" in line}
    assert {row["id"] for row in got["growth"]} == series - skipped
    assert {row["class"] for row in got["growth"]} <= set(CLASSES)
    # The program reads its own output, and the table has a line for each row.
    again = run("--read", output, "--format", "json")
    assert json.loads(again.stdout) == got
    lines = run("--read", output).stdout.splitlines()
    assert sum(line.endswith("  ns") for line in lines) == len(got["rows"])
    assert run("--read", output, "--format", "html").stdout.count("<section>") == len(listed) - len(
        skipped
    )


@built
def test_a_clock_that_measures_time_counts_no_instructions() -> None:
    result = run("--clock", "instructions", "--only", "semop")
    assert result.returncode == 2
    assert "does not advance 1 ns with each instruction" in result.stderr


@built
@pytest.mark.parametrize(
    "words, said",
    [
        (("--clock", "cycles"), "--clock: instructions or time: cycles"),
        (("--only", "nothing"), "--only: no item matches"),
        (("--format", "xml"), "--format: text, json or html"),
        (("--read", "/dev/null"), "/dev/null: is empty"),
        (("--read", "LICENSE"), "LICENSE: line 1"),
        (("more",), "takes no arguments"),
    ],
)
def test_misuse(words: "tuple[str, ...]", said: str) -> None:
    result = run(*words)
    assert result.returncode == 2
    assert said in result.stderr


# ---- the gate ---------------------------------------------------------------------------


def costs(series: "dict[int, float]", growth: str = "constant") -> Costs:
    name = "msgget.keys"
    return Costs("x86_64", "6.1.0", {name: series}, {name: Growth("keys", growth)})


OLD = costs({1: 640, 100: 645, 1000: 650})


@pytest.mark.parametrize(
    "new, worse, better",
    [
        (costs({1: 640, 100: 645, 1000: 650}), [], []),
        # More than 2 % or more than 20 instructions, but not both.
        (costs({1: 659, 100: 645, 1000: 650}), [], []),
        (
            costs({1: 661, 100: 645, 1000: 650}),
            ["msgget.keys: 661 instructions, was 640 (+3.3 %)"],
            [],
        ),
        (
            costs({1: 640, 100: 645, 1000: 600}),
            [],
            ["msgget.keys (n=1000): 600 instructions, was 650 (-7.7 %)"],
        ),
        (
            costs({1: 640, 100: 1640, 1000: 10650}, "linear"),
            ["msgget.keys grows linearly with keys, and did not grow before: "
             "msgget.keys (n=1000): 10650 instructions, was 650 (+1538.5 %)"],
            [],
        ),
        # A difference of a few instructions does not make another class.
        (costs({1: 640, 100: 645, 1000: 655}, "linear"), [], []),
        (Costs("x86_64", "6.1.0"), ["msgget.keys: not measured: no such row"], []),
    ],
)
def test_comparison(new: Costs, worse: "list[str]", better: "list[str]") -> None:
    assert compare_costs(new, OLD) == (worse, better)


def test_a_skipped_row_has_a_reason() -> None:
    new = Costs("x86_64", "6.1.0", skipped={"msgget.keys": "operation: Invalid argument"})
    assert compare_costs(new, OLD)[0] == ["msgget.keys: not measured: operation: Invalid argument"]


def test_a_large_row_may_rise_by_less_than_two_percent() -> None:
    assert compare_costs(costs({1: 10190}), costs({1: 10000})) == ([], [])
    assert compare_costs(costs({1: 10210}), costs({1: 10000}))[0] != []


def test_thresholds_have_reasons_and_hold_for_rows() -> None:
    every = {identity for name in cost.committed() for its in cost.read_committed(name).values()
             for identity in its.rows}
    for glob, _, threshold in cost.thresholds():
        assert any(Path(identity).match(glob) for identity in every), glob
        assert threshold.percent > 2 or threshold.instructions > 20
    lines = (cost.COSTS.parent / "thresholds").read_text().splitlines()
    rows = [line for line in lines if line[0] != "#"]
    assert all(len(row.split("|")[4].strip()) > 10 for row in rows)


def test_written_costs_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "COSTS", tmp_path)
    assert cost.accept_costs([OLD]) == [tmp_path / "6.1"]
    kept = cost.read_committed("6.1")["x86_64"]
    assert (kept.rows, kept.growth) == (OLD.rows, OLD.growth)
    other = costs({1: 800})
    other.programs = "aarch64"
    cost.accept_costs([other])
    assert cost.read_committed("6.1").keys() == {"aarch64", "x86_64"}


def test_another_series_is_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "COSTS", tmp_path)
    cost.accept_costs([OLD])
    assert cost.cost_baseline(None, Costs("x86_64", "6.2.0"))[1] is None
    assert cost.cost_baseline(None, Costs("x86_64", "6.1.9"))[1] is not None
    assert cost.cost_baseline("6.1", Costs("x86_64", "6.2.0"))[1] is not None


def test_costs_in_time_are_never_compared(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text(json.dumps(document({"semop": {1: 700.0}}, "time")))
    with pytest.raises(Misuse, match="the costs are not in instructions"):
        cost.read_costs(path)
    path.write_text(json.dumps(document({"semop": {1: 700.0}})))
    assert cost.read_costs(path).rows == {"semop": {1: 700.0}}


@built
def test_every_committed_row_exists_in_the_program() -> None:
    listed = {line.split()[0] for line in run("--list").stdout.splitlines()}
    assert cost.committed()
    for name in cost.committed():
        for programs, its in cost.read_committed(name).items():
            assert its.rows.keys() <= listed, (name, programs)
