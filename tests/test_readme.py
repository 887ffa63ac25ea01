# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The README's promises: its Python runs, and so do its commands."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG

TOP = Path(__file__).resolve().parent.parent
README = (TOP / "README.md").read_text()
ARCH = {"i686": "i386"}.get(platform.machine(), platform.machine())

EXAMPLES = re.findall(r"```python\n(.*?)```", README, flags=re.S)
# Indented lines that begin with a program are commands; the others are output.
COMMANDS = re.findall(r"^    ((?:make\b|build/|conformance/|PYTHONPATH=).*)$", README, flags=re.M)
# CI runs these by themselves; the test runs within one of them.
BY_CI = {"make", "make conform", "make check", "make install", "make kernels"}
BY_CI |= {"make kernel-pytest ARCH=aarch64"}  # ten minutes


def test_there_is_something_to_run() -> None:
    assert len(EXAMPLES) >= 2
    assert len(COMMANDS) >= 10
    assert BY_CI < set(COMMANDS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str) -> None:
    exec(compile(example, "README.md", "exec"), {})


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in BY_CI])
def test_command(command: str) -> None:
    if not (TOP / "build" / ARCH / "ipc-conform").exists():
        pytest.skip("ipc-conform is not built")
    compiler = re.search(r"\bCC=(\S+)", command)
    if compiler and not shutil.which(compiler[1]):
        pytest.skip(f"there is no {compiler[1]}")
    if "ci/musl" in command and subprocess.run([TOP / "ci/musl", "x86_64"]).returncode != 0:
        pytest.skip("there are no headers of musl")
    (TOP / "build" / "headers").mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    environment["GATE"] = "--no-cost"  # costs are measured by the tests of the gate
    suite = re.search(r"SUITE=(\S+) ARCH=(\S+)", command)
    if suite:
        fetched = subprocess.run(
            ["ci/fetch-kernel", *suite.groups()], cwd=TOP, capture_output=True, text=True
        )
        if fetched.returncode:
            pytest.skip(fetched.stderr.strip())
    found = importlib.util.find_spec("ipc")
    assert found and found.origin
    for words, here in {
        "build/x86_64": f"build/{ARCH}",
        "PYTHONPATH=build/python ": f"PYTHONPATH={Path(found.origin).parent.parent} ",
        "python3": sys.executable,
    }.items():
        command = command.replace(words, here)
    result = subprocess.run(
        command,
        shell=True,
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == 0, result.stdout


def test_every_make_command_is_a_target() -> None:
    makefile = (TOP / "Makefile").read_text()
    offered = set(re.findall(r"^#: make ?([a-z-]*)", makefile, flags=re.M))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", README))
    assert named <= offered | {"help"}, named - offered
