# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A harness that is built with a defective libc finds the defects.

The libcs are glibc 2.31 of Debian 11, and musl with a planted defect.
"""

import functools
import platform
import re
from pathlib import Path
from typing import Any

import pytest
from limits import HANG

import libcs
import tree
from tree import ARCH, TOP, fetched

LIBCS = TOP / "conformance" / "libc" / "libcs.py"
run = functools.partial(tree.run, timeout=HANG)


def test_glibc_of_bullseye_fails_as_expected() -> None:
    fetched("sysroot", "--cached", platform.machine(), "bullseye")
    result = run("make", "do-libcs", "SUITES=bullseye")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "glibc 2.31 (bullseye)" in result.stdout
    line = "XFAIL   semctl.sem_stat_any: semctl takes no argument for SEM_STAT_ANY [BZ 26637]"
    assert line in result.stdout
    assert "FAILED" not in result.stdout and "XPASS" not in result.stdout


@pytest.fixture(scope="module")
def musl() -> Path:
    """Return the root of musl, and the harness that was built with it."""
    root = fetched("sysroot", "--cached", "--musl", ARCH)
    built = run("make", f"build/{ARCH}-musl/ipc-conform")
    assert built.returncode == 0, built.stdout + built.stderr
    return root


def test_musl_has_only_expected_failures(musl: Path) -> None:
    result = run("make", "do-libcs", "SUITES=musl")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^musl +[1-9]\d{2,} +0 ", result.stdout, flags=re.M), result.stdout


@pytest.mark.skipif(ARCH != "x86_64", reason="the defective semctl is that of x86_64")
def test_musl_with_a_defect_is_caught(musl: Path, tmp_path: Path) -> None:
    """The linker uses the defective semctl in place of the one of musl."""
    objects = [
        path
        for path in (TOP / "build" / f"{ARCH}-musl").rglob("*.o")
        if "tests" not in path.parts and "btf" not in path.parts
    ]
    place = [f"--sysroot={musl}", f"-B{musl}/lib", f"-L{musl}/lib"]
    headers = ["-nostdinc", "-isystem", musl / "include", "-D_GNU_SOURCE"]
    linked = run(
        *("gcc", "-static", *headers, *place, "-o", tmp_path / "ipc-conform"),
        *(TOP / "tests" / "conformance" / "libc" / "semctl.c", *objects, "-lcheck"),
    )
    assert linked.returncode == 0, linked.stderr
    output = tmp_path / "result.json"
    run(tmp_path / "ipc-conform", "run", "--only", "sem*", "--format", "json", "--output", output)
    result = run(LIBCS, f"musl={output}")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "FAILED  semctl.sem_stat_any\n" in result.stdout


# ---- unexpected results ------------------------------------------


def a_run(outcome: str, reason: str = "") -> dict[str, Any]:
    others = [{"id": "a", "outcome": "skipped", "reason": "no call"}]
    return {"results": [*others, {"id": "b", "outcome": outcome, "reason": reason}]}


@pytest.mark.parametrize(
    "run, status, lines",
    [
        (a_run("passed"), 0, []),
        (a_run("failed"), 1, ["FAILED  b"]),
        (a_run("timeout"), 1, ["FAILED  b"]),
        (a_run("xfailed", "no argument [BZ 1]"), 0, ["XFAIL   b: no argument [BZ 1]"]),
        (a_run("xpassed", "no argument [BZ 1]"), 1, ["XPASS   b: no argument [BZ 1]"]),
        (a_run("skipped"), 4, []),
    ],
)
def test_verdict(run: dict[str, Any], status: int, lines: list[str]) -> None:
    assert libcs.verdict(run) == (status, lines)


def test_bad_calls(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("{}")
    for word, words in [
        ("none", "no SUITE=RESULT.json: none"),
        (f"bullseye={tmp_path}/none", "No such file"),
        (f"bullseye={tmp_path}/broken", "has no results"),
    ]:
        result = run(LIBCS, word)
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1 and words in result.stderr
