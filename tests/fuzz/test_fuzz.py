# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The fuzz targets find no failure in this code, and find the mutants."""

import subprocess
import sys
from pathlib import Path

import pytest

from tree import IMPORTS, TOP, run

FUZZ = TOP / "tests" / "fuzz"
MUTANTS = TOP / "tests" / "mutants" / "fuzz" / "fuzz_mutants.py"
BUILD = TOP / "build" / "fuzz"
PROBE = "int LLVMFuzzerTestOneInput(void) { return 0; }"


def has_libfuzzer() -> bool:
    command = ["clang", "-x", "c", "-fsanitize=address,fuzzer", "-o", "/dev/null", "-"]
    try:
        done = subprocess.run(command, input=PROBE, text=True, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


pytestmark = pytest.mark.skipif(
    not has_libfuzzer(), reason="no clang with libFuzzer (libclang-rt-dev)"
)


def fuzz(*arguments: "str | Path") -> "subprocess.CompletedProcess[str]":
    return run(sys.executable, FUZZ / "fuzz.py", *arguments)


@pytest.fixture(scope="module")
def targets() -> list[str]:
    """Builds the targets and returns their names."""
    result = run("make", "-s", "-j2", "fuzz-targets")
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_no_target_fails(targets: list[str]) -> None:
    result = fuzz("--runs", "2000", "--seed", "1", BUILD)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split() for line in result.stdout.splitlines()[2:-1]]
    assert [row[0] for row in rows] == [*targets, "python"]
    assert all(row[3] in ("nothing", "SKIP:") for row in rows), result.stdout
    assert result.stdout.splitlines()[-1].startswith(f"{len(rows)} targets, 0 with a finding")
    skipped = [" ".join(row) for row in rows if row[3] == "SKIP:"]
    if skipped:
        pytest.skip("; ".join(skipped))


@pytest.mark.parametrize("mutant", ["results.failures_room", "judge.overflow"])
def test_a_mutant_is_found_by_the_corpus_and_some_runs(
    mutant: str, targets: list[str]
) -> None:
    """`make mutants KIND=fuzz` does so with all mutants."""
    words = [sys.executable, MUTANTS, "--only", mutant, "--runs", "500", BUILD]
    result = run(*words, PYTHONPATH=IMPORTS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "1 mutants, 1 caught"


def test_each_corpus_is_small() -> None:
    for folder in (FUZZ / "corpus").iterdir():
        sizes = [path.stat().st_size for path in folder.iterdir()]
        assert 0 < len(sizes) <= 30 and sum(sizes) < 100_000, folder


def test_a_wrong_argument_has_status_2(tmp_path: Path) -> None:
    result = fuzz(tmp_path, "nothing")
    assert result.returncode == 2 and "no such target: nothing" in result.stderr
