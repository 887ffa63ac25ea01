# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Every file states its copyright and licence: SPDX lines, or .reuse/dep5 for data."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG
from tree import TOP

SOURCES = {".c", ".h", ".def", ".py", ".rst", ".md", ".1", ".mk", ".toml", ".yml"}
# reuse would take the whole pattern for the licence of this file.
HEADER = re.compile(
    r"SPDX-File" r"CopyrightText: \d{4} \S.*\n"
    r".*SPDX-License" r"-Identifier: [\w.-]+(?: \*/)?$", re.M
)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, timeout=HANG
    )
    if listed.returncode != 0:
        pytest.skip(f"git ls-files: {listed.stderr.strip()}")
    paths = [TOP / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def is_source(path: Path) -> bool:
    if "corpus" in path.parts or "LICENSES" in path.parts:
        return False
    return path.suffix in SOURCES or path.read_bytes()[:2] == b"#!"


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_every_source_file_has_spdx_lines() -> None:
    sources = [path for path in tracked() if is_source(path)]
    assert len(sources) > 300
    bare = [p for p in sources if not HEADER.search(p.read_text()[:600])]
    assert [str(p.relative_to(TOP)) for p in bare] == []


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.skipif(not shutil.which("reuse"), reason="reuse is not installed")
def test_the_tree_is_reuse_clean(tmp_path: Path) -> None:
    """Only tracked files count, because a build leaves others."""
    for path in tracked():
        copy = tmp_path / path.relative_to(TOP)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    result = subprocess.run(
        ["reuse", "--root", str(tmp_path), "lint"], capture_output=True, text=True, timeout=HANG
    )
    assert result.returncode == 0, result.stdout + result.stderr
