# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A 32-bit program reads the state of a segment that only a 64-bit program can make."""

import errno
import mmap
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

import ipc
from conftest import Maker

COMPILER = "i686-linux-gnu-gcc"
SIZE = 2**32 + 5


@pytest.fixture
def program(tmp_path: Path) -> Path:
    if platform.machine() != "x86_64" or not shutil.which(COMPILER):
        pytest.skip(f"no {COMPILER}, or its programs do not run here")
    source = Path(__file__).with_name("compat.c")
    command = [COMPILER, "-static", "-Wall", "-Wextra", "-Werror", "-o", str(tmp_path / "compat")]
    subprocess.run([*command, str(source)], check=True)
    return tmp_path / "compat"


def test_a_segment_above_4_gib(alone: None, make: Maker, program: Path) -> None:
    """The kernel keeps the low 32 bits of a size (ipc/shm.c, copy_compat_shmid_to_user)."""
    shmid = make.segment(SIZE, shmflg=0o600 | ipc.SHM_NORESERVE)
    try:
        said = subprocess.run([program, str(shmid)], capture_output=True, text=True)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        pytest.skip(f"this kernel runs no 32-bit programs: {error}")
    assert said.returncode == 0, said.stderr
    pages = SIZE // mmap.PAGESIZE + 1
    assert said.stdout.split() == [str(SIZE % 2**32), str(pages)]
