# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Shared code of the tests of other test systems: the documented commands and programs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import architectures
import pytest
from limits import HANG
from tree import ARCH, MUTANTS, TOP

BUILD = TOP / "build" / ARCH
CONFORM = BUILD / "ipc-conform"
DOCUMENT = TOP / "docs" / "ci.md"

built = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def lines_of(door: str) -> str:
    """Return the shell commands at the beginning of a section of docs/ci.md."""
    pattern = rf"^## {re.escape(door)}$\n\n```sh\n(.*?)^```$"
    section = re.search(pattern, DOCUMENT.read_text(), re.M | re.S)
    assert section, f"docs/ci.md has no section {door} that begins with commands"
    return section[1].replace(f"build/{architectures.reference()}/", f"build/{ARCH}/")


def peer(variable: str, *parts: str) -> Path:
    """Return a file in the folder that the variable names; skip the test if it is not set."""
    if variable not in os.environ:
        pytest.skip(f"{variable} is not set to the folder of that program's sources")
    path = Path(os.environ[variable], *parts).absolute()
    assert path.exists(), f"{variable}={os.environ[variable]} has no {'/'.join(parts)}"
    return path


def need(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"there is no {program}")


def sh(
    commands: str, folder: Path = TOP, status: int = 0, **variables: object
) -> "subprocess.CompletedProcess[str]":
    """Runs shell commands until one fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    environment |= {name: str(value) for name, value in variables.items()}
    done = subprocess.run(
        ["sh", "-e"], input=commands, cwd=folder, env=environment, text=True, timeout=HANG,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert done.returncode == status, f"{done.stdout}{done.stderr}"
    return done


def program(path: Path, script: str) -> None:
    """Writes an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def mutated() -> str:
    """Return the command of ipc-conform with a mutant of msgget, so that checks fail."""
    if not MUTANTS.exists():
        pytest.skip("ipc-conform-mutants is not built")
    names = [line.split("\t")[0] for line in sh(f"{MUTANTS} mutants").stdout.splitlines()]
    return f"{MUTANTS} --mutant {next(name for name in names if name.startswith('msgget'))}"
