# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Commit subjects: "area: summary" in at most 60 characters (CONTRIBUTING.md)."""

import re
import shutil
import subprocess

import pytest
from limits import HANG
from tree import TOP

SUBJECT = re.compile(r"[A-Za-z0-9][\w./, +-]*: \S.*[^.\s]")
LONGEST = 60


def git(*words: str) -> str:
    result = subprocess.run(
        ["git", *words], cwd=TOP, capture_output=True, text=True, timeout=HANG
    )
    if result.returncode != 0:
        pytest.skip(f"git {words[0]}: {result.stderr.strip()}")
    return result.stdout


def is_good(subject: str) -> bool:
    return len(subject) <= LONGEST and SUBJECT.fullmatch(subject) is not None


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_subjects_name_an_area_and_are_short() -> None:
    """Tests all commits since the one that added the rule."""
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("the clone is shallow: it lacks the commit that adds CONTRIBUTING.md")
    rule = git("log", "--diff-filter=A", "--format=%H", "--", "CONTRIBUTING.md").split()
    if not rule:
        pytest.skip("CONTRIBUTING.md is not committed yet")
    subjects = git("log", "--no-merges", "--format=%s", f"{rule[-1]}..HEAD").splitlines()
    assert [s for s in subjects if not is_good(s)] == []


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        ("shmat: refuse an address that is not page-aligned", True),
        ("python -m ipc: name the object", True),
        ("ci/setup: install reuse", True),
        ("Refuse an address that is not page-aligned", False),
        ("shmat: refuse an address.", False),
        ("shmat:refuse an address", False),
        ("shmat: ", False),
        ("shmat: " + "x" * 53, True),
        ("shmat: " + "x" * 54, False),
    ],
)
def test_the_rule_itself(subject: str, good: bool) -> None:
    assert is_good(subject) is good
