# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The benchmark has a row with numbers for every call.  No test checks the numbers."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    result = bench("--rounds", 1, "--count", 10, "--json", file, *options, **environment)
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


@pytest.mark.parametrize("options", [("--only", "nothing"), ("--rounds", "0"), ("--count", "x")])
def test_wrong_options(options: tuple[str, str]) -> None:
    result = bench(*options)
    assert result.returncode == 2
    assert options[0] in result.stderr
