# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The table of other implementations, their lists, and the comparison."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from limits import HANG
from tree import ARCH, TOP, assert_refused, run

HERE = TOP / "conformance" / "gate" / "implementations"
PROGRAM = TOP / "build" / ARCH / "ipc-conform"
FOUND = HERE / "found"


def rows(path: Path) -> dict[str, list[str]]:
    """The lines of a table, by their first column."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {first: rest for first, *rest in cells}


TABLE = rows(HERE / "table")
NAMES = list(TABLE)
FAULTS = rows(FOUND / "table")

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform is not built")


def script(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HERE / name, *words], capture_output=True, text=True, timeout=HANG
    )


@pytest.mark.parametrize("name", sorted({one for row in TABLE.values() for one in row[0].split()}))
def test_each_line_of_a_list_has_a_reason_and_names_a_check(name: str) -> None:
    path = HERE / f"{name}.expect"
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            outcome, _, _, reason, source = (cell.strip() for cell in line.split("|"))
            assert outcome in ("xfail", "flaky") and len(reason) > 10 and len(source) > 5
    ended = subprocess.run(
        [PROGRAM, "run", "--expect", path, "--only", "ftok.enoent"],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces as root")
def test_a_row_that_differs_fails(tmp_path: Path) -> None:
    """The container is the only row that needs no other package."""
    ended = script("implementations.py", "--output", tmp_path, "container")
    if "it printed no result" in ended.stdout:
        pytest.skip(f"no container here: {ended.stdout}")
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"^container: \d+ passed, 0 failed, .* posix: 100 %", ended.stdout, re.M)
    document = json.loads((tmp_path / "container.json").read_text())
    assert document["runs"][0]["counts"]["passed"] > 500


def test_an_unknown_name_is_refused() -> None:
    ended = script("implementations.py", "bochs")
    assert ended.returncode == 2 and "no such implementation: bochs" in ended.stderr


@pytest.mark.parametrize("arguments, cache, error", [
    ([], None, "usage: fetch-package SUITE PACKAGE"),
    (["trixie"], None, "usage: fetch-package SUITE PACKAGE"),
    (["../..", "hello"], None, "SUITE: invalid value '../..' (a-z, 0-9, -)"),
    (["trixie", "../x"], None, "PACKAGE: invalid value '../x' (a-z, 0-9, ., +, -)"),
    (["trixie", "--help"], None, "PACKAGE: invalid value '--help' (a-z, 0-9, ., +, -)"),
    (["trixie", "hello"], "/proc/none", "cannot create the cache /proc/none"),
    (["nosuite", "hello"], None, "nosuite: cannot be read from "),
])
def test_a_package_that_cannot_be_fetched_is_one_line(arguments: list[str], cache: str | None,
                                                      error: str, tmp_path: Path) -> None:
    refused = run("ci/fetch-package", *arguments, CACHE=cache or str(tmp_path))
    assert_refused(refused, f"fetch-package: {error}")
    assert refused.stdout == ""
    assert not any(tmp_path.iterdir())


def test_each_fault_that_was_found_has_a_program_and_a_source() -> None:
    assert sorted(FAULTS) == sorted(path.stem for path in FOUND.glob("*.c"))
    for name, versions, source in FAULTS.values():
        assert name in NAMES and versions and len(source) > 20
    for row in ("qemu-x86_64", "gvisor"):
        assert [name for name, *_ in FAULTS.values()].count(row) >= 10


@pytest.mark.skipif(os.geteuid() != 0, reason="the programs become another user")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_program_finds_its_fault_and_none_in_linux(fault: str, tmp_path: Path) -> None:
    name, versions, _ = FAULTS[fault]
    _, arch, *_, command = TABLE[name]
    if arch != ARCH:
        pytest.skip(f"a program for {arch}")
    program = tmp_path / fault
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-O1"]
    subprocess.run(["gcc", *flags, "-o", program, FOUND / f"{fault}.c"], check=True)

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["unshare", "--ipc", *words], capture_output=True, text=True, timeout=HANG
        )

    ended = run(program)
    assert ended.returncode == 0 and ended.stdout, ended.stdout + ended.stderr
    emulator = command.split()[0]
    if shutil.which(emulator):
        version = run(emulator, "--version").stdout
        if any(one in version for one in versions.split(", ")):
            ended = run(*command.format(program=program).split())
            assert ended.returncode == 1 and ended.stdout, ended.stdout + ended.stderr


def results(directory: Path, outcome: str) -> None:
    document = {"runs": [{"results": [{"id": "msgget.eexist", "outcome": outcome}]}]}
    for name in NAMES:
        (directory / f"{name}.judged.json").write_text(json.dumps(document))


def compared(directory: Path) -> str:
    path = directory / "comparison.md"
    ended = script("comparison.py", "--results", directory, "--markdown", path)
    assert ended.returncode == 0, ended.stderr
    return path.read_text()


def test_the_comparison_has_the_marks_of_the_results(tmp_path: Path) -> None:
    line = r"^\| msgget: IPC_CREAT \\\| IPC_EXCL with the key of a queue fails.*$"
    found = []
    for outcome in ("passed", "xfailed", "flaky", "not implemented"):
        results(tmp_path, outcome)
        text = compared(tmp_path)
        assert text == compared(tmp_path)
        match = re.search(line, text, re.M)
        assert match, text[:2000]
        found.append(match[0].split("|")[-2].strip())
    assert found == ["✓", "✗", "~", "∅"]


def test_the_comparison_needs_every_result(tmp_path: Path) -> None:
    ended = script("comparison.py", "--results", tmp_path, "--markdown", tmp_path / "x.md")
    assert ended.returncode == 2 and "no result; run `make implementations`" in ended.stderr
