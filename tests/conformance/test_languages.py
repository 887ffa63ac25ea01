# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Declarations of the interface in other languages, compared with libc (docs/languages.md)."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from tree import ARCH, CONFORM, REFERENCES, TOP, run

LANGUAGES = TOP / "conformance" / "abi" / "languages"
PROGRAMS = {"perl": ("perl", "perl.pl"), "python": (sys.executable, "ctypes_facts.py")}

pytestmark = [
    pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built"),
    pytest.mark.skipif(ARCH != "x86_64", reason="the references are of x86_64"),
]


def compare(language: str, tmp_path: Path) -> list[str]:
    """The facts in which the language differs from the headers."""
    interpreter, program = PROGRAMS[language]
    if not shutil.which(interpreter):
        pytest.skip(f"there is no {interpreter}")
    facts = run(interpreter, LANGUAGES / program)
    assert facts.returncode == 0, facts.stderr
    (tmp_path / "facts").write_text(facts.stdout)
    said = run(CONFORM, "diff", "--partial", REFERENCES / "glibc.abi", tmp_path / "facts")
    assert said.returncode in (0, 1), said.stderr
    return re.findall(r"^const (\w+): .*the partial dump has (?!none)", said.stdout, flags=re.M)


def test_perl_has_one_wrong_constant(tmp_path: Path) -> None:
    """IPC::SysV has a fixed SHMLBA; the C library asks the kernel for it."""
    assert compare("perl", tmp_path) == ["SHMLBA"]


def test_ctypes_agrees(tmp_path: Path) -> None:
    assert compare("python", tmp_path) == []
