# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A description of the interface for syzkaller, made from the table, and compiled by syzkaller.

The compiler needs SYZKALLER=DIR, a folder with syzkaller's sources in which `go build` works.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import architectures
import pytest
from limits import HANG
from tree import TOP, assert_refused, run

from door import need, peer, sh

PROGRAM = TOP / "conformance" / "export" / "syzkaller.py"
CHECKER = TOP / "tests" / "doors" / "syzkaller.go"
TABLE = TOP / "conformance" / "interface" / "sysvipc.def"
ARCHES = {
    row["syzkaller"]: name for name, row in architectures.table().items() if "syzkaller" in row
}

# From the kernel's headers: include/uapi/asm-generic/{ipc,msg,sem,shm}buf.h, arch/x86/include/uapi.
SIZES = {
    "386": {"ipc64_perm": 36, "msqid64_ds": 88, "semid64_ds": 64, "shmid64_ds": 84},
    "amd64": {"ipc64_perm": 48, "msqid64_ds": 120, "semid64_ds": 104, "shmid64_ds": 112},
    "arm64": {"ipc64_perm": 48, "msqid64_ds": 120, "semid64_ds": 88, "shmid64_ds": 112},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("syzkaller")
    done = run(sys.executable, PROGRAM, made)
    assert done.returncode == 0, done.stderr
    return made


def fields_of(text: str, structure: str) -> list[tuple[str, str]]:
    body = re.search(rf"^{structure} {{\n(.*?)^}} \[packed\]$", text, re.M | re.S)
    assert body, structure
    return re.findall(r"^\t(\w+)\t(.*)$", body[1], re.M)


def size_of(text: str, kind: str) -> int:
    """The size of a type in bytes."""
    if number := re.fullmatch(r"array\[const\[0, int8\], (\d+)\]", kind):
        return int(number[1])
    if number := re.search(r"\bint(\d+)\]?$", kind):
        return int(number[1]) // 8
    if kind in ("uid", "gid", "pid", "ipc_key"):
        return 4
    return sum(size_of(text, inner) for _, inner in fields_of(text, kind))


@pytest.mark.parametrize("arch", SIZES)
def test_structures_have_the_kernels_size(folder: Path, arch: str) -> None:
    layouts = {file: file.read_text() for file in folder.glob("ipc_*.txt")}
    (text,) = (text for text in layouts.values() if f'"{arch}"' in text.split("\n\n")[1])
    assert {name: size_of(text, name) for name in SIZES[arch]} == SIZES[arch]


def test_each_architecture_has_one_layout(folder: Path) -> None:
    heads = [file.read_text().split("\n\n")[1] for file in folder.glob("ipc_*.txt")]
    found = [arch for head in heads for arch in re.findall(r'"(\w+)"', head)]
    assert sorted(found) == sorted(ARCHES)


def test_each_command_of_the_table_has_a_call(folder: Path) -> None:
    commands = re.findall(r"^CONTROL\((\w+), (\w+), (\w+)", TABLE.read_text(), re.M)
    lines = (folder / "ipc.txt").read_text().splitlines()
    assert len(commands) > 25
    for call, command, way in commands:
        (line,) = (line for line in lines if line.startswith(f"{call}${command}("))
        assert f"cmd const[{command}]" in line
        assert ("ptr[in" in line, "ptr[out" in line) == (
            way in ("IN", "ARRAY_IN"),
            way in ("OUT", "ARRAY_OUT"),
        )


def test_constants_are_those_of_each_architecture(folder: Path) -> None:
    lines = (folder / "ipc.txt.const").read_text().splitlines()
    assert f"arches = {', '.join(sorted(ARCHES))}" in lines
    assert "IPC_STAT_64 = 258" in lines  # IPC_STAT|IPC_64: include/uapi/linux/ipc.h
    (msgget,) = (line for line in lines if line.startswith("__NR_msgget ="))
    # arch/x86/entry/syscalls, include/uapi/asm-generic/unistd.h, arch/arm/tools/syscall.tbl
    for words in ("= 399", "amd64:68", "arm:303", "arm64:riscv64:186"):
        assert words in msgget


def test_two_runs_write_the_same(folder: Path, tmp_path: Path) -> None:
    assert run(sys.executable, PROGRAM, tmp_path).returncode == 0
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == made


def test_wrong_arguments(tmp_path: Path) -> None:
    assert run(sys.executable, PROGRAM).returncode == 2
    assert_refused(run(sys.executable, PROGRAM, tmp_path / "none"), "No such file or directory")


# ---- the compiler of syzkaller ------------------------------------------------------------------


def compiled(
    folder: Path, tmp_path: Path, change: tuple[str, str] = ("", "")
) -> "subprocess.CompletedProcess[str]":
    """Compiles syzkaller's descriptions with those of a folder in place of syzkaller's."""
    source = peer("SYZKALLER", "sys", "linux").parents[1]
    need("go")
    descriptions = tmp_path / "linux"
    shutil.copytree(source / "sys" / "linux", descriptions)
    for file in descriptions.glob("ipc.txt*"):
        file.unlink()
    for file in folder.iterdir():
        (descriptions / file.name).write_text(file.read_text().replace(*change))
    overlay = tmp_path / "overlay.json"
    place = str(source / "tools" / "ipc-check" / "main.go")
    overlay.write_text(json.dumps({"Replace": {place: str(CHECKER)}}))
    program = tmp_path / "check"
    sh(f"go build -overlay {overlay} -o {program} ./tools/ipc-check", source)
    return subprocess.run(
        [program, descriptions, *sorted(ARCHES)], capture_output=True, text=True, timeout=HANG
    )


def test_syzkaller_compiles_it(folder: Path, tmp_path: Path) -> None:
    done = compiled(folder, tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
    lines = done.stdout.splitlines()
    for arch, sizes in SIZES.items():
        for name, size in sizes.items():
            assert f"{arch} type {name} {size}" in lines
        calls = {line.split()[2] for line in lines if line.startswith(f"{arch} call ")}
        assert {"msgctl$MSG_STAT_ANY", "semctl$SEM_STAT_ANY", "shmctl$SHM_STAT_ANY_64"} <= calls


def test_syzkaller_refuses_an_unknown_type(folder: Path, tmp_path: Path) -> None:
    done = compiled(folder, tmp_path, ("msg_qnum\tint64", "msg_qnum\tint65"))
    assert done.returncode == 1 and "int65" in done.stdout, done.stdout[-4000:]
