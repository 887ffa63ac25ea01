# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Debian's packaging, as far as it can be tested without building the packages."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG

import ipc
from tree import TOP

DEBIAN = TOP / "debian"


def run(*command: object, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in command],
        cwd=TOP,
        env=os.environ | more,
        capture_output=True,
        text=True,
        timeout=HANG,
    )


def debian_version() -> str:
    """The version in Debian's form, in which 1.0.0~rc1 comes before 1.0.0."""
    return re.sub(r"(?<=\d)(a|b|rc)(?=\d)", r"~\1", ipc.__version__)


def test_the_changelog_has_the_version_of_the_module() -> None:
    first = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert re.match(rf"python-ipc \({re.escape(debian_version())}-\d+\) ", first), first


def test_every_file_that_debhelper_installs_exists() -> None:
    lists = sorted([*DEBIAN.glob("*.manpages"), *DEBIAN.glob("*.install"), *DEBIAN.glob("*.docs")])
    sources = [line.split()[0] for path in lists for line in path.read_text().splitlines()]
    made = {"build/docs/html"}
    assert [name for name in sources if name not in made and not (TOP / name).exists()] == []
    assert made <= set(sources)


def test_every_manual_page_is_installed() -> None:
    pages = {
        str(path.relative_to(TOP))
        for folder in ("binding", "conformance")
        for path in (TOP / folder).rglob("*[a-z].1")
    }
    listed = [line for p in DEBIAN.glob("*.manpages") for line in p.read_text().splitlines()]
    assert sorted(listed) == sorted(pages)


def test_every_autopkgtest_is_declared_and_executable() -> None:
    declared = re.findall(r"^Tests: (\w+)$", (DEBIAN / "tests/control").read_text(), flags=re.M)
    scripts = sorted(p.name for p in (DEBIAN / "tests").iterdir() if p.name != "control")
    assert sorted(declared) == scripts
    assert all(os.access(DEBIAN / "tests" / name, os.X_OK) for name in scripts)


def test_autopkgtest_of_the_module(tmp_path: Path) -> None:
    """The test runs with the module of this build instead of an installed one."""
    package = Path(ipc.__file__).parent.parent
    result = run(
        DEBIAN / "tests/module", AUTOPKGTEST_TMP=str(tmp_path), PYTHONPATH=str(package)
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("status", "expected"), [(0, 0), (1, 1), (2, 2), (4, 77)])
def test_autopkgtest_of_the_suite_depends_on_the_exit_status(
    tmp_path: Path, status: int, expected: int
) -> None:
    """Programs that only end with a status replace the real ones, which make debs-check runs."""
    for name in ("ipc-conform", "ipc-conform-dynamic"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {status}\n")
        program.chmod(0o755)
    result = run(DEBIAN / "tests/conform", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert result.returncode == expected
    assert ("SKIP: " in result.stdout) == (expected == 77)


def test_debs_names_the_tool_that_is_missing(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "mkdir", "mktemp", "chmod", "rm"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    result = run(TOP / "ci/debs", tmp_path / "out", PATH=str(tmp_path))
    assert result.returncode == 4
    assert result.stdout == "SKIP: debs: dpkg-buildpackage is not installed\n"


@pytest.mark.parametrize("words", [[], ["--test"], ["--wrong"], ["a", "b"]])
def test_a_wrong_argument_of_debs_gives_one_line(words: list[str]) -> None:
    result = run(TOP / "ci/debs", *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "debs: usage: debs [--test] FOLDER\n"
