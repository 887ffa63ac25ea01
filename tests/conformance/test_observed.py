# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""abi-dumps/*/observed: what booted kernels wrote agrees with the headers; mutants do not."""

from pathlib import Path

import pytest

import observed
from tree import TOP, assert_refused, run

JUDGE = TOP / "conformance" / "abi" / "observed.py"
KERNELS = sorted((TOP / "abi-dumps").glob("*/observed"))
REFERENCE = TOP / "abi-dumps" / "x86_64"


def dumps(folder: Path) -> dict[str, str]:
    return {
        "raw": (folder / "uapi.abi").read_text(),
        "libc": (folder / "glibc.abi").read_text(),
    }


@pytest.mark.parametrize("path", KERNELS, ids=[path.parent.name for path in KERNELS])
def test_kernels_write_the_members_of_the_headers(path: Path) -> None:
    assert observed.differences(path.read_text(), dumps(path.parent)) == []


# A line of the kernel or a fact of the headers, its replacement, and the message about it.
MUTANTS = [
    ("wrote   shmctl.IPC_STAT.raw    bytes 0-111", "bytes 0-119", "byte 112 is written"),
    ("wrote   shmctl.IPC_STAT.raw    bytes 0-111", "bytes -1-111", "byte -1 is written"),
    ("wrote   msgctl.IPC_STAT.libc   bytes 0-119", "bytes 0-7 16-119", "msg_perm: byte 8 is not"),
    ("struct  semid_ds               size 104", "size 96", "semid_ds: byte 96 is written"),
    ("member  shmid_ds.shm_nattch    offset 88", "offset 112", "shm_nattch: byte 112 is not"),
]


@pytest.mark.parametrize("line, becomes, says", MUTANTS)
def test_mutants_are_refused_by_name(line: str, becomes: str, says: str) -> None:
    texts = {"kernel": (REFERENCE / "observed").read_text(), **dumps(REFERENCE)}
    assert any(line in text for text in texts.values()), line
    kept = line[: line.rindex(becomes.split()[0])]
    mutated = {name: text.replace(line, kept + becomes) for name, text in texts.items()}
    kernel = mutated.pop("kernel")
    found = observed.differences(kernel, mutated)
    assert any(says in words for words in found), found


def test_bad_input(tmp_path: Path) -> None:
    facts = (REFERENCE / "uapi.abi", REFERENCE / "glibc.abi")
    (tmp_path / "empty").touch()
    assert_refused(run(JUDGE, tmp_path / "empty", *facts), "no line begins with: wrote")
    assert_refused(run(JUDGE, tmp_path / "none", *facts), "No such file")
    assert_refused(run(JUDGE), "usage")
