# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The paths of the tree and of its programs, and a function that runs programs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import architectures
import pytest
from limits import HANG

TOP = Path(__file__).resolve().parents[1]
ARCH = architectures.host()
CONFORM = TOP / "build" / ARCH / "ipc-conform"
# The harness with mutants between the checks and the calls.
MUTANTS = CONFORM.with_name("ipc-conform-mutants")
DUMP = TOP / "conformance" / "interface" / "dump"
REFERENCES = TOP / "abi-dumps" / ARCH
# PYTHONPATH for the tree's Python programs, which import each other (pyproject.toml).
IMPORTS = os.pathsep.join(sys.path)


def run(
    *command: object, timeout: int = HANG, **more: str
) -> "subprocess.CompletedProcess[str]":
    """Runs a command at the top of the tree, without the settings of make."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=TOP,
        env=environment | more,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=timeout,
    )


# The last line that a script of ci/ prints where it has not, and cannot download, the files that
# it is asked for.
UNAVAILABLE = re.compile(
    "(not in the cache; run ci/|is not installed|cannot be read from|cannot download|"
    "no such file: .*keyring|name no Debian mirror)"
)


def fetched(script: str, *words: object) -> Path:
    """The path that a script of ci/ prints; skips the test where its files are not available."""
    result = run(TOP / "ci" / script, *words)
    *_, error = ["", *result.stderr.splitlines()]
    if result.returncode and UNAVAILABLE.search(error):
        pytest.skip(error)
    assert result.returncode == 0, result.stderr
    return Path(result.stdout.strip())


def assert_refused(result: "subprocess.CompletedProcess[str]", words: str) -> None:
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
