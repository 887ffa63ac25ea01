# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The paths of the tree and of its programs, and a function that runs programs."""

import os
import subprocess
import sys
from pathlib import Path

import architectures
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


def assert_refused(result: "subprocess.CompletedProcess[str]", words: str) -> None:
    assert result.returncode == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
