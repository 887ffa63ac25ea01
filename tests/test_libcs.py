"""A broken libc is caught: glibc 2.31 of Debian's bullseye, by the harness built with it."""

import functools
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

import test_tools
from test_tools import TOP

run = functools.partial(test_tools.run, timeout=900)
LIBC = TOP / "conformance" / "libc"

sys.path.insert(0, str(LIBC))
import libcs  # noqa: E402


def test_glibc_of_bullseye_is_broken_as_known() -> None:
    cached = run("ci/sysroot", "--cached", platform.machine(), "bullseye")
    if cached.returncode:
        pytest.skip(cached.stderr.strip())
    result = run("make", "do-libcs", "SUITES=bullseye")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "glibc 2.31 (bullseye)" in result.stdout
    assert "semctl.sem_stat_any: BZ 26637" in result.stdout
    assert "FAILED" not in result.stdout and "NOT BROKEN" not in result.stdout


# ---- what is broken otherwise, or no longer ------------------------------------------


def a_run(**outcomes: str) -> dict[str, Any]:
    return {"results": [{"id": name, "outcome": word} for name, word in outcomes.items()]}


KNOWN = {"b": "BZ 1"}


@pytest.mark.parametrize(
    "outcomes, status, line",
    [
        ({"a": "passed", "b": "failed"}, 0, "known   b: BZ 1"),
        ({"a": "failed", "b": "failed"}, 1, "FAILED  a"),
        ({"a": "passed", "b": "passed"}, 1, "NOT BROKEN  b: BZ 1"),
        ({"a": "skipped", "b": "skipped"}, 4, "NOT BROKEN  b: BZ 1"),
    ],
)
def test_verdict(outcomes: dict[str, str], status: int, line: str) -> None:
    given, lines = libcs.verdict(KNOWN, a_run(**outcomes))
    assert given == status
    assert line in lines


def test_bad_calls(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("{}")
    for word, words in [
        ("none", "no SUITE=RESULT.json: none"),
        (f"bullseye={tmp_path}/none", "No such file"),
        (f"bullseye={tmp_path}/broken", "has no results"),
    ]:
        result = run(LIBC / "libcs.py", word)
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1 and words in result.stderr
