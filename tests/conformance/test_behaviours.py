# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Every behaviour in behaviours.txt has a check, and every check has a behaviour."""

import fnmatch
import os
import re
import subprocess

import pytest
from tree import CONFORM, TOP

MAP = TOP / "conformance" / "checks" / "behaviours.txt"

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def behaviours() -> "list[tuple[str, list[str]]]":
    """Each behaviour with its section, and the patterns of its checks."""
    found = []
    section = ""
    for line in MAP.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif line and not line.startswith("#"):
            text, colon, patterns = line.rpartition(":")
            assert colon and text.strip() and section, line
            found.append((f"{section} {text}", patterns.split()))
    return found


def checks() -> "set[str]":
    """The checks that `list` prints, by any way of calling."""
    listed = subprocess.run([CONFORM, "list"], stdout=subprocess.PIPE, text=True, check=True)
    return {re.sub(r"\.(raw|ipc)$", "", line.split()[0]) for line in listed.stdout.splitlines()}


def test_every_behaviour_has_a_check_that_exists() -> None:
    known = checks()
    sources = [path.read_text() for path in MAP.parent.rglob("*.c")]
    for behaviour, patterns in behaviours():
        assert patterns, f"no check: {behaviour}"
        for pattern in patterns:
            if pattern.startswith("("):  # a check for other architectures
                assert any(pattern.strip("()") in source for source in sources), pattern
                continue
            assert fnmatch.filter(known, pattern), f"{behaviour}: no check {pattern}"


def test_every_check_belongs_to_a_behaviour() -> None:
    patterns = [pattern.strip("()") for _, listed in behaviours() for pattern in listed]
    unmapped = [i for i in sorted(checks()) if not any(fnmatch.fnmatchcase(i, p) for p in patterns)]
    assert not unmapped


def test_no_behaviour_is_written_twice() -> None:
    names = [behaviour for behaviour, _ in behaviours()]
    assert len(names) > 100
    assert sorted(set(names)) == sorted(names)


def test_each_check_has_a_sentence_and_a_source() -> None:
    listed = subprocess.run([CONFORM, "list"], stdout=subprocess.PIPE, text=True, check=True)
    lines = listed.stdout.splitlines()
    assert len(lines) >= 350
    for line in lines:
        assert re.fullmatch(r"\S+ +\S.*\S \[[^ ].*\]", line), line


def test_coverage_has_a_reason_for_each_gap() -> None:
    command = [str(CONFORM), "coverage", "--jobs", "8"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0
    table, _, rest = result.stdout.partition("no check covers:\n")
    # The table has each call, and each command after its call.
    for call, command_name in [("msgrcv", ""), ("semctl", "SETALL"), ("shmctl", "SHM_LOCK")]:
        assert re.search(rf"^{call} +{command_name} +[0-9.]", table, flags=re.M), call
    if os.geteuid() == 0:
        assert "not seen in this run" not in rest
    assert re.search(r"^\d+ of \d+ outcomes are covered$", rest, flags=re.M)


def test_coverage_of_some_checks_misses_the_others() -> None:
    command = [str(CONFORM), "coverage", "--only", "msgget.eexist*"]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert re.search(r"^ +msgget +ENOENT +not seen in this run$", result.stdout, flags=re.M)
    assert not re.search(r"^ +msgget +EEXIST", result.stdout, flags=re.M)
