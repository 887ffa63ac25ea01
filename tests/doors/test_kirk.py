# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""kirk reports the counts of the harness for each group of the runtest file."""

import fnmatch
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from door import CONFORM, built, lines_of, mutated, peer, program, sh
from tree import TOP

pytestmark = built
RUNTEST = TOP / "ci" / "kirk" / "runtest" / "ipc-conform"
WORDS = ("passed", "failed", "skipped")


def groups() -> dict[str, list[str]]:
    """The globs of each group."""
    lines = [line for line in RUNTEST.read_text().splitlines() if line[0] != "#"]
    rows = [shlex.split(line) for line in lines]
    return {row[0]: [word for word in row if "*" in word] for row in rows}


def test_each_check_is_in_one_group() -> None:
    ids = [line.split()[0] for line in sh(f"{CONFORM} list").stdout.splitlines()]
    for identity in ids:
        inside = [
            group
            for group, globs in groups().items()
            if any(fnmatch.fnmatchcase(identity, glob) for glob in globs)
        ]
        assert len(inside) == 1, f"{identity} is in {inside}"


@pytest.fixture
def kirk(tmp_path: Path) -> Path:
    """A folder with the program kirk, and a folder for the JSON results of each group."""
    path = peer("KIRK", "kirk")
    program(tmp_path / "bin" / "kirk", f'exec {sys.executable} {path} --no-colors "$@"')
    (tmp_path / "json").mkdir()
    return tmp_path


def run_kirk(folder: Path, harness: str) -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
    """The counts of kirk for the documented commands, and those of the harness by command."""
    install, *rest = lines_of("kirk").splitlines(keepends=True)
    assert "testcases/bin/ipc-conform" in install
    bin_folder = folder / "ltp" / "testcases" / "bin"
    sh(install, LTPROOT=folder / "ltp")
    assert (bin_folder / "ipc-conform").read_bytes() == CONFORM.read_bytes()
    program(
        bin_folder / "ipc-conform",
        f'echo "$*" >{folder}/json/$$.command\n'
        f'exec {harness} "$@" --format json --output {folder}/json/$$.json',
    )
    report = folder / "kirk.json"
    commands = "".join(rest).replace("kirk.json", f"{report} --tmp-dir {folder}")
    sh(commands, LTPROOT=folder / "ltp", PATH=f"{folder}/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    own = {}
    for command in (folder / "json").glob("*.command"):
        run = json.loads(command.with_suffix(".json").read_text())["runs"][0]
        own[command.read_text().strip()] = tuple(run["counts"][word] for word in WORDS)
    return json.loads(report.read_text()), own


def compare(said: dict[str, Any], own: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Compares the counts of kirk for each group with those of the harness."""
    rows = {row["test_fqn"]: row["test"] for row in said["results"]}
    assert rows.keys() == groups().keys()
    for name, row in rows.items():
        command = " ".join(row["arguments"]).replace("'", "")
        assert tuple(row[word] for word in WORDS) == own[command], name
        assert row["broken"] == row["warnings"] == 0, name
    for number, word in enumerate(WORDS):
        assert said["stats"][word] == sum(counts[number] for counts in own.values())
    return {name: tuple(row[word] for word in WORDS) for name, row in rows.items()}


def test_kirk_counts_each_check_of_each_group(kirk: Path) -> None:
    said, own = run_kirk(kirk, str(CONFORM))
    counts = compare(said, own)
    listed = len(sh(f"{CONFORM} list").stdout.splitlines())
    assert sum(sum(numbers) for numbers in counts.values()) == listed


def test_kirk_counts_checks_that_fail(kirk: Path) -> None:
    said, own = run_kirk(kirk, mutated())
    assert compare(said, own)["ipc_msgget"][1] > 0
    status = {row["test_fqn"]: row["status"] for row in said["results"]}
    assert status["ipc_msgget"] == "fail"
    assert status["ipc_ftok"] == "pass"


def test_a_group_that_cannot_run_is_skipped(kirk: Path) -> None:
    """For another user than root, the checks of msgget.eacces are skipped."""
    become = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    if subprocess.run([*become.split(), "true"]).returncode:
        pytest.skip("root cannot become another user here")
    report = kirk / "kirk.json"
    with tempfile.TemporaryDirectory() as public:
        Path(public).chmod(0o755)
        shutil.copy(CONFORM, public)
        alone = f"{become} {public}/ipc-conform run --format ltp --only 'msgget.eacces*'"
        text = sh(alone, status=32).stdout
        (kirk / "ltp" / "runtest").mkdir(parents=True)
        (kirk / "ltp" / "testcases" / "bin").mkdir(parents=True)
        (kirk / "ltp" / "runtest" / "alone").write_text(f"alone {alone}\n")
        sh(
            f"kirk --run-suite alone --json-report {report} --tmp-dir {kirk}",
            LTPROOT=kirk / "ltp", PATH=f"{kirk}/bin:/usr/bin:/bin",
        )
    skipped = text.count("TSKIP")
    (row,) = json.loads(report.read_text())["results"]
    assert row["status"] == "conf"
    assert [row["test"][word] for word in WORDS] == [0, 0, skipped] and skipped > 0
