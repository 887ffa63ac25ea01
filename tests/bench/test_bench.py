# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The benchmark has a row with numbers for every call.

No test checks a time.  The instructions of each row are compared with the committed ones.
"""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import counting
import ipc
from limits import HANG
from tree import ARCH, TOP

BENCH = TOP / "tests" / "bench"
LOOPS = TOP / "build" / ARCH / "loops.so"

ROWS, CONTESTANTS = (
    runpy.run_path(str(BENCH / "rows.py"))[name] for name in ("ROWS", "CONTESTANTS")
)
# Functions of the table of the interface, and those that only the binding has.
FUNCTIONS = re.findall(
    r"^FUNCTION\([^,]*, (\w+),", (TOP / "conformance/interface/sysvipc.def").read_text(), flags=re.M
) + ["ftok", "mkmsgbuf", "shmcpy_to", "shmcpy_from"]


def bench(*options: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    if not LOOPS.exists():
        pytest.skip("the loops in C are not built (make bench)")
    command = [sys.executable, BENCH / "bench.py", "--loops", LOOPS, *options]
    return subprocess.run(
        [str(word) for word in command],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=HANG,
    )


def short(path: Path, *options: object, **environment: str) -> tuple[str, Any]:
    file = path / "bench.json"
    options = ("--rounds", 1, "--count", 10, "--no-instructions", "--json", file, *options)
    result = bench(*options, **environment)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout, json.loads(file.read_text())


def test_every_function_has_a_row() -> None:
    assert len(FUNCTIONS) >= 16
    assert {name for row in ROWS for name in row.calls} == set(FUNCTIONS)


def test_every_row_is_measured(tmp_path: Path) -> None:
    table, document = short(tmp_path)
    assert [row["row"] for row in document["rows"]] == [row.name for row in ROWS]
    lines = table.splitlines()
    there = set(CONTESTANTS) - set(document["skipped"])
    assert {"c", "ipc", "compat"} <= there
    for row, given in zip(document["rows"], ROWS):
        assert set(row["ns"]) == {name for name in there if given.statement(name)}, row
        assert all(ns > 0 for ns in row["ns"].values()), row
        assert set(row["ratio"]) == set(row["ns"]) - {"c"}, row
        assert all(ratio > 0 for ratio in row["ratio"].values()), row
        assert sum(line.startswith(row["row"] + "  ") for line in lines) == 1, row
    for name, ms in document["start"].items():
        assert any(re.fullmatch(rf"{name}: \+?{ms:.2f} ms", line) for line in lines), name
    assert len(document["start"]) == 3 and document["start"]["an empty start"] > 0


def test_each_policy_has_a_build_and_rows_that_may_block(tmp_path: Path) -> None:
    package = Path(ipc.__file__).parent
    for policy in "tries", "releases":
        (tmp_path / policy).mkdir()
        (tmp_path / policy / "ipc").symlink_to(package)
    options = ("--policies", tmp_path, "--only", "*16 B", "--only", "semget")
    _, document = short(tmp_path, *options)
    measured = {row["row"]: {"tries", "releases"} & set(row["ratio"]) for row in document["rows"]}
    both = {"tries", "releases"}
    assert measured == {"msgsnd+msgrcv 16 B": both, "mkmsgbuf 16 B": set(), "semget": set()}


def test_a_policy_that_is_not_built_is_skipped(tmp_path: Path) -> None:
    table, document = short(tmp_path, "--policies", tmp_path, "--only", "msgsnd*16 B")
    assert "SKIP tries: not built" in table and "tries" in document["skipped"]
    assert "tries" not in document["rows"][0]["ns"]


def test_only_some_rows(tmp_path: Path) -> None:
    _, document = short(tmp_path, "--only", "semctl*", "--only", "ftok")
    names = [row["row"] for row in document["rows"]]
    assert names == ["ftok"] + [row.name for row in ROWS if row.name.startswith("semctl")]


def test_without_sysv_ipc(tmp_path: Path) -> None:
    (tmp_path / "sysv_ipc.py").write_text("raise ImportError('there is none')\n")
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    table, document = short(tmp_path, "--only", "ftok", "--only", "*two*", PYTHONPATH=path)
    assert "SKIP sysv_ipc: there is none" in table
    assert "sysv_ipc" in document["skipped"]
    assert all("sysv_ipc" not in row["ns"] for row in document["rows"])


@pytest.mark.parametrize(
    "options",
    [
        ("--only", "nothing"),
        ("--rounds", "0"),
        ("--count", "x"),
        ("--no-instructions", "--count-only"),
        ("--accept", "--only", "ftok"),
    ],
)
def test_wrong_options(options: tuple[str, ...]) -> None:
    result = bench(*options)
    assert result.returncode == 2
    assert options[0] in result.stderr


# ---- instructions -----------------------------------------------------------------------

COUNTABLE = [row for row in ROWS if counting.is_countable(row)]
BUILD, COMMITTED = counting.read(counting.COMMITTED.read_text())


def count(path: Path, *options: object) -> tuple[str, Any]:
    """Counts all rows or the chosen ones."""
    file = path / "bench.json"
    result = bench("--count-only", "--json", file, *options)
    if "cannot be counted" in result.stderr:
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    return result.stdout, json.loads(file.read_text())


def test_the_share_of_the_binding_does_not_grow(tmp_path: Path) -> None:
    different = counting.differences(counting.build_here(Path(ipc.__file__).parent), BUILD)
    if different:
        pytest.skip("; ".join(different))
    _, document = count(tmp_path)
    if "bare" in document["skipped"]:
        pytest.skip(f"bare: {document['skipped']['bare']}")
    new = {row["row"]: row["instructions"] for row in document["rows"] if row["instructions"]}
    worse, _ = counting.compare(new, COMMITTED)
    assert not worse, "\n".join(worse)


def test_instructions_stand_beside_the_times(tmp_path: Path) -> None:
    chosen = "--only", "ftok"
    table, document = count(tmp_path, *chosen)
    assert " ns" not in table.splitlines()[2] and "ipc insns" in table.splitlines()[2]
    result = bench("--rounds", 1, "--count", 10, *chosen)
    assert result.returncode == 0, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("ftok ")]
    (row,) = document["rows"]
    counted = row["instructions"]
    assert set(counted) >= {"c", "ipc"} and 0 < counted["c"] < counted["ipc"]
    # A second run counts the same.
    again = [cell for cell in line.split()[-4:] if cell not in ("-", "SKIP")]
    assert [int(cell) for cell in again] == pytest.approx(list(counted.values()), rel=0.01)


def test_rows_that_wait_are_not_counted() -> None:
    assert 30 <= len(COUNTABLE) < len(ROWS)
    assert list(COMMITTED) == [row.name for row in COUNTABLE]
    for row in COUNTABLE:
        assert set(COMMITTED[row.name]) == {
            name for name in counting.COLUMNS if row.statement(name)
        }, row


def test_without_valgrind(tmp_path: Path) -> None:
    result = bench("--rounds", 1, "--count", 10, "--only", "ftok", PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "SKIP instructions: valgrind is not installed" in result.stdout
    for option in "--count-only", "--accept":
        result = bench(option, PATH=str(tmp_path))
        assert result.returncode == 1
        assert "instructions cannot be counted: valgrind is not installed" in result.stderr


def test_a_failure_under_valgrind_is_no_skip(tmp_path: Path) -> None:
    valgrind = tmp_path / "valgrind"
    for status, code in (counting.CANNOT_COUNT, 0), (3, 1):
        valgrind.write_text(f"#!/bin/sh\necho it said that >&2\nexit {status}\n")
        valgrind.chmod(0o755)
        result = bench("--rounds", 1, "--count", 10, "--only", "ftok", PATH=str(tmp_path))
        assert result.returncode == code
        assert ("SKIP instructions: it said that" in result.stdout) == (code == 0)
        assert ("status 3" in result.stderr and "it said that" in result.stderr) == (code == 1)


@pytest.mark.parametrize(
    "old, new, is_worse, is_better",
    [
        (100, 120, False, False),
        (100, 121, True, False),
        (100, 79, False, True),
        (10000, 10200, False, False),
        (10000, 10201, True, False),
        (-19, 1, False, False),
        (-19, 2, True, False),
        (-10000, -9800, False, False),
        (-10000, -9799, True, False),
    ],
)
@pytest.mark.parametrize("base", counting.BASES)
def test_limits_of_a_rise(
    base: str, old: int, new: int, is_worse: bool, is_better: bool
) -> None:
    """Both limits must be exceeded, and only the difference from the base counts."""
    before = {"row": {base: 20000, "ipc": 20000 + old}}
    worse, better = counting.compare({"row": {base: 500, "ipc": 500 + new}}, before)
    assert (bool(worse), bool(better)) == (is_worse, is_better)
    for line in worse + better:
        assert line == f"row: {new} instructions above {base}, committed: {old}"


def test_a_row_that_one_side_lacks_is_refused() -> None:
    row: counting.Counts = {"row": {"c": 1, "bare": 2, "ipc": 3}}
    without_bare: counting.Counts = {"row": {"c": 1, "ipc": 3}}
    nothing: counting.Counts = {}
    for new, old, words in [
        (row, nothing, "row: no committed number"),
        (nothing, row, "row: was not counted"),
        (without_bare, row, "row: no committed number of the same kind"),
    ]:
        worse, better = counting.compare(new, old)
        assert len(worse) == 1 and worse[0].startswith(words) and not better


def test_a_count_is_a_difference() -> None:
    """Each file also counts the loop around the calls; of equal runs the smallest is taken."""
    rows = [ROWS[3], ROWS[5]]

    def dumps(index: int, name: str, n: int, *totals: int) -> list[str]:
        head = f"version: 1\ndesc: Trigger: Client Request: {index} {name} {n}\n\nevents: Ir\n"
        return [f"{head}summary: {t}\n\nfn=(1) f\n1 2\n\ntotals: {t}\n" for t in totals]

    files = [
        *dumps(1, "ipc", 200, 5090, 5000),
        *dumps(1, "ipc", 100, 3000, 3500, 3001),
        *dumps(0, "c", 10, 70),
        *dumps(0, "c", 20, 100),
        "version: 1\ndesc: Trigger: Program termination\n\nevents: Ir\nsummary: 9\ntotals: 9\n",
    ]
    assert counting.counts_of(files, rows) == {rows[0].name: {"c": 3}, rows[1].name: {"ipc": 20}}


def test_the_committed_file_is_read_as_it_is_written() -> None:
    assert counting.text_of(BUILD, COMMITTED) == counting.COMMITTED.read_text()
    assert not counting.differences(BUILD, BUILD)
    for key in BUILD:
        (words,) = counting.differences(BUILD | {key: "another"}, BUILD)
        assert words.startswith(f"{key} is 'another', ")
