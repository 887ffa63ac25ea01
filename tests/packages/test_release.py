# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""make release: the errors that it finds before it builds, which takes minutes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG
from tree import TOP, assert_refused, run

RELEASE = TOP / "ci" / "release"
VERSION = "1.0.0-rc1"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with the files that contain the version, ready to release VERSION."""
    for name in ("ci/release", "binding/ipc/__init__.py", "debian/changelog", "NEWS.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, tmp_path / name)
    change(tmp_path, "binding/ipc/__init__.py", r'^__version__ = ".*"', '__version__ = "1.0.0rc1"')
    change(tmp_path, "debian/changelog", r"\(.*\)", "(1.0.0~rc1-1)")
    (tmp_path / "NEWS.md").write_text("# News\n\n## 1.0.0-rc1\n\nThe first.\n\n## 0.9.0\n\nOld.\n")
    commit(tmp_path, "init")
    return tmp_path


def change(tree: Path, name: str, pattern: str, new: str) -> None:
    text, n = re.subn(pattern, new, (tree / name).read_text(), count=1, flags=re.M)
    assert n == 1
    (tree / name).write_text(text)


def commit(tree: Path, *init: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (init, ["add", "-A"], [*identity, "commit", "-q", "-m", "x: y"]):
        if words:
            subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True)


def check(tree: Path, version: str = VERSION) -> "subprocess.CompletedProcess[str]":
    command = [str(tree / "ci" / "release"), "--check", version]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG)


def test_a_tree_that_is_ready_is_accepted(tree: Path) -> None:
    result = check(tree)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "name, pattern, new, words",
    [
        ("binding/ipc/__init__.py", "1.0.0rc1", "1.0.0rc2", "version '1.0.0rc2', not '1.0.0rc1'"),
        ("debian/changelog", "1.0.0~rc1-1", "1.0.0-1", "version '1.0.0', not '1.0.0~rc1'"),
        ("NEWS.md", "## 1.0.0-rc1", "## 1.0.0-rc2", "NEWS.md has no section '## 1.0.0-rc1'"),
        ("NEWS.md", "The first.", "", "NEWS.md has no section '## 1.0.0-rc1' with text"),
    ],
)
def test_a_tree_that_is_not_ready_is_refused(
    name: str, pattern: str, new: str, words: str, tree: Path
) -> None:
    change(tree, name, re.escape(pattern), new)
    commit(tree)
    result = check(tree)
    assert result.returncode == 1
    assert result.stderr.startswith("release: not ready: ") and words in result.stderr
    assert result.stderr.count("\n") == 1


def test_uncommitted_changes_are_refused(tree: Path) -> None:
    (tree / "more").write_text("")
    result = check(tree)
    assert result.returncode == 1
    assert result.stderr == "release: not ready: the working tree differs from the last commit\n"


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "v1.0.0", "1.0.0-rc", "", "1.0.0\n2"])
def test_an_invalid_version_is_refused(version: str) -> None:
    result = run(RELEASE, "--check", version)
    assert result.returncode == 2
    assert "VERSION: invalid value '" in result.stderr


def test_bad_calls(tmp_path: Path) -> None:
    assert_refused(run(RELEASE), "usage: release VERSION FOLDER")
    assert_refused(run(RELEASE, VERSION), "usage: release VERSION FOLDER")
