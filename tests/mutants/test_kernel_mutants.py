# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The table of broken kernels; these tests build no kernel, as `make mutants KIND=kernel` does."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import boot
import kernel_mutants
from boot import Misuse
from built import Broken
from kernel_mutants import MutatedKernel, Mutant
from tree import IMPORTS, TOP, fetched, run

RUNNER = TOP / "tests" / "mutants" / "kernel" / "kernel_mutants.py"
CONFORM = [TOP / "build" / arch / "ipc-conform" for arch in ("x86_64", "i386")]

TABLE = kernel_mutants.mutants([])
NAMES = [mutant.name for mutant in TABLE]
# The files that only System V IPC uses: its code, and headers with its structures or numbers.
PLACES = re.compile(r"ipc/\w+\.[ch]|(arch/x86/)?include/uapi/.*/(msg|sem|shm|ipc)buf\.h|"
                    r"include/asm-generic/compat\.h")


@pytest.fixture(scope="module")
def source() -> Path:
    if not shutil.which("patch"):
        pytest.skip("there is no patch")
    return fetched("kernel-source", "--cached")


def diff_of(mutant: Mutant) -> str:
    return mutant.path.read_text()


def test_there_are_mutants_of_many_kinds() -> None:
    kinds = {name.partition("_")[0] for name in NAMES}
    assert len(TABLE) >= 15
    assert kinds >= {"atomic", "count", "errno", "dead"}


@pytest.mark.parametrize("mutant", TABLE, ids=NAMES)
def test_is_one_small_change_of_ipc(mutant: Mutant) -> None:
    lines = re.findall(r"^[+-](?![+-]{2} ).*", diff_of(mutant), re.MULTILINE)
    if not mutant.files:
        assert mutant.config
        return
    assert len(mutant.files) == 1 and PLACES.fullmatch(mutant.files[0])
    assert 1 <= len(lines) <= 5


PATCHED = [mutant for mutant in TABLE if mutant.files]


@pytest.mark.parametrize("mutant", PATCHED, ids=[mutant.name for mutant in PATCHED])
def test_applies_to_the_source_and_is_taken_back(
    mutant: Mutant, source: Path, tmp_path: Path
) -> None:
    for file in mutant.files:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).symlink_to(source / file)
    with kernel_mutants.patched(tmp_path, mutant):
        for file in mutant.files:
            assert not (tmp_path / file).is_symlink()
            assert (tmp_path / file).read_text() != (source / file).read_text()
    assert all((tmp_path / file).is_symlink() for file in mutant.files)
    assert [path.name for path in tmp_path.rglob("*") if path.suffix in (".orig", ".rej")] == []


def test_patch_that_does_not_apply(tmp_path: Path, source: Path) -> None:
    mutant = TABLE[0]
    (tmp_path / "else").write_text("something else\n")
    for file in mutant.files:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).symlink_to(tmp_path / "else")
    with pytest.raises(Broken, match="does not apply"), kernel_mutants.patched(tmp_path, mutant):
        pass
    assert (tmp_path / "else").read_text() == "something else\n"


@pytest.mark.parametrize("conform", CONFORM, ids=[path.parent.name for path in CONFORM])
def test_is_seen_by_checks_that_there_are(conform: Path) -> None:
    if not conform.exists():
        pytest.skip(f"there is no {conform}")
    if platform.machine() != "x86_64":
        pytest.skip("the programs are for x86_64")
    try:
        listed = subprocess.run([conform, "list"], stdout=subprocess.PIPE, text=True, check=True)
    except OSError as error:
        pytest.skip(f"{conform}: {error.strerror}")
    there_are = [line.split()[0] for line in listed.stdout.splitlines() if line.strip()]
    there_are += ["kernel.cost", "kernel.facilities", "kernel.lives", "kernel.log"]
    for mutant in TABLE:
        if mutant.programs == conform.parent.name:
            for glob in mutant.seen_by:
                seen = Mutant("", "", (glob,))
                assert kernel_mutants.matching(seen, there_are), f"{mutant.name}: {glob}"


SEEN = Mutant("wake_x", "x", ("msgrcv.eidrm",), "kernel.log: .*WARNING")
LOG = ["x86_64: 700 passed", "  kernel.log: log line 3: WARNING: CPU: 0"]


@pytest.mark.parametrize(
    "status, lines, failed, wrong",
    [
        (1, LOG, ["msgrcv.eidrm"], ""),
        (1, LOG, ["msgrcv.eidrm.raw"], "NOT SEEN BY msgrcv.eidrm"),
        (1, LOG[:1], ["msgrcv.eidrm"], "DOES NOT SAY kernel.log: .*WARNING"),
        # A result differs from the baseline, but no check fails.
        (1, LOG, [], "NOT REFUSED (exit status 1)"),
        (0, LOG, [], "ACCEPTED"),
        (4, LOG, [], "NOT REFUSED (exit status 4)"),
    ],
)
def test_verdict(status: int, lines: list[str], failed: list[str], wrong: str) -> None:
    assert kernel_mutants.why_wrong(SEEN, status, lines, failed) == wrong


def test_row_names_the_checks_of_the_reason_first() -> None:
    failed = ["abi.x", "msgrcv.eidrm", "msgrcv.eidrm.raw", "msgrcv.waits"]
    mutant = Mutant("", "", ("msgrcv.eidrm*",))
    assert kernel_mutants.in_short(mutant, failed) == "msgrcv.eidrm and 2 more"
    assert kernel_mutants.in_short(mutant, failed[1:3]) == "msgrcv.eidrm"
    late = ["msgrcv.eidrm", "msgrcv.eidrm.raw"]
    assert kernel_mutants.in_short(mutant, failed[1:3], late) == "msgrcv.eidrm (timeout)"


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_named_checks_fit_the_command_line() -> None:
    named = Mutant("", "", ("msgrcv.*", "kernel.log"))
    assert kernel_mutants.only_named([named], 9) == "--time-limit 9 --only='msgrcv.*'"
    # All checks run if a mutant names only results of the kernel, or if there are too many names.
    unnamed = Mutant("", "", ("kernel.log",))
    assert kernel_mutants.only_named([named, unnamed], 9) == "--time-limit 9"
    many = [Mutant("", "", (f"msgrcv.{n}",)) for n in range(19)]
    assert kernel_mutants.only_named(many, 9) == "--time-limit 9"
    words = boot.harness_words(boot.machine_of("x86_64"), boot.Options(
        select=kernel_mutants.only_named(many[1:], 9)
    ))
    assert len(words.split()) <= 32 and words.count("--only=") == 18


def test_build_that_fails_says_its_first_error(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "source" / "Makefile").write_text("bzImage:\n\t@echo 'x.c:1: error: y'; false\n")
    with pytest.raises(Broken, match=r"^does not build: x.c:1: error: y$"):
        MutatedKernel(tmp_path / "source", tmp_path / "out", (), 1).make("bzImage")


def kernel_of_two_objects(folder: Path) -> MutatedKernel:
    """Make the files that a build of a kernel leaves and that the build of a mutant needs."""
    tree, out = folder / "source", folder / "out"
    for name in ("ipc", "init", "scripts", "arch/x86/kernel"):
        (tree / name).mkdir(parents=True)
        (out / name).mkdir(parents=True)
    (folder / "x.c").write_text("const char said[] = \"unbroken $\";\n")
    (tree / "ipc/x.c").symlink_to(folder / "x.c")
    (out / "init/version-timestamp.c").write_text("void _start(void) {}\n")
    (out / "arch/x86/kernel/vmlinux.lds").write_text("SECTIONS { .all : { *(.*) } }\n")
    (out / "scripts/sorttable").write_text("#!/bin/sh\ntest -f $1\n")
    (out / "scripts/sorttable").chmod(0o755)
    command = f"gcc -Wp,-MMD,ipc/.x.o.d -D'X=$$$(pound)' -c -o ipc/x.o {tree}/ipc/x.c"
    (out / "ipc/.x.o.cmd").write_text(f"cmd_ipc/x.o := {command} ; test -f ipc/x.o\n\nsource\n")
    words = '"ld" "-m elf_x86_64" "-z noexecstack"; true'
    (out / ".vmlinux.cmd").write_text(f"cmd_vmlinux := {tree}/scripts/link-vmlinux.sh {words}\n")
    (out / ".vmlinux.o.cmd").write_text("savedcmd_vmlinux.o := ld -r -o vmlinux.o\n")
    for source in (tree / "ipc/x.c", out / "init/version-timestamp.c"):
        name = f"{source.parent.name}/{source.stem}.o"
        subprocess.run(["gcc", "-c", "-o", name, source], cwd=out, check=True)
    subprocess.run(["ar", "rcDT", "vmlinux.a", "ipc/x.o"], cwd=out, check=True)
    return MutatedKernel(tree, out, (), 1)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels are built on x86_64 only")
def test_mutant_is_built_beside_the_unbroken_kernel(tmp_path: Path) -> None:
    kernel = kernel_of_two_objects(tmp_path)
    unbroken = (kernel.folder / "ipc/x.o").read_bytes()
    (tmp_path / "x.patch").write_text(
        "--- a/ipc/x.c\n+++ b/ipc/x.c\n@@ -1 +1 @@\n"
        '-const char said[] = "unbroken $";\n+const char said[] = "broken $";\n'
    )
    mutant = Mutant("x", "", files=("ipc/x.c",), path=tmp_path / "x.patch")
    image = kernel.image(mutant, tmp_path / "images")
    assert b"broken $" in image.read_bytes() and b"unbroken $" not in image.read_bytes()
    assert (kernel.folder / "ipc/x.o").read_bytes() == unbroken
    assert os.listdir(tmp_path / "images") == ["x"]
    assert (kernel.tree / "ipc/x.c").is_symlink()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels are built on x86_64 only")
def test_mutant_that_does_not_compile(tmp_path: Path) -> None:
    kernel = kernel_of_two_objects(tmp_path)
    (tmp_path / "x.patch").write_text(
        "--- a/ipc/x.c\n+++ b/ipc/x.c\n@@ -1 +1 @@\n"
        '-const char said[] = "unbroken $";\n+const chat said[] = "broken $";\n'
    )
    mutant = Mutant("x", "", files=("ipc/x.c",), path=tmp_path / "x.patch")
    with pytest.raises(Broken, match="^does not build: .*x.c:1:.*error: .*chat"):
        kernel.image(mutant, tmp_path / "images")


# ---- bad input: one clear line, exit status 2 ------------------------------------------


def test_header_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.patch").write_text("What: x\nSeen: y\n--- a/ipc/msg.c\n")
    with pytest.raises(Misuse, match="the header must have only the fields What, "):
        kernel_mutants.read_mutant(tmp_path / "x.patch")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels are built on x86_64 only")
@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_mutant_that_there_is_not(tmp_path: Path) -> None:
    words = [sys.executable, RUNNER, "--build", tmp_path, "--only", "no_such"]
    result = run(*words, PYTHONPATH=IMPORTS)
    assert result.returncode == 2
    assert result.stderr == "kernel_mutants: --only: no mutant matches no_such\n"
    assert os.listdir(tmp_path) == []
