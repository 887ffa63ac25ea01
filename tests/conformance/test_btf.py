# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-btf reads types from kernels, from objects made here, and refuses damaged files."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from limits import HANG
from tree import ARCH, CONFORM, DUMP, TOP, assert_refused, run

BTF = CONFORM.parent / "ipc-btf"
CHECK = TOP / "conformance" / "btf" / "compare-kernels"
RUNNING = Path("/sys/kernel/btf/vmlinux")

pytestmark = [
    pytest.mark.skipif(not BTF.exists(), reason="ipc-btf is not built"),
    pytest.mark.skipif(not shutil.which("pahole"), reason="pahole is not installed"),
]

# Every structure of the table, as the kernel's headers have it.
SOURCE = """
#include <limits.h>
#include <linux/types.h>
#include <linux/posix_types.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#define STRUCT(S, U, D) struct U own_##S;
#define UNION(S, U, D) union U own_##S;
#include "interface/sysvipc.def"
"""

Change = Callable[[str], str]


def unchanged(text: str) -> str:
    return text


def make_btf(folder: Path, change: Change = unchanged, compiler: str = "gcc") -> Path:
    """Return an object with BTF of the structures, after a change of their declarations."""
    plain, source, obj = folder / "plain.c", folder / "own.c", folder / "own.o"
    plain.write_text(SOURCE)
    expanded = run(compiler, "-E", "-P", "-I", TOP / "conformance", plain)
    assert expanded.returncode == 0, expanded.stderr
    source.write_text(change(expanded.stdout))
    for command in ([compiler, "-g", "-c", "-o", obj, source], ["pahole", "-J", obj]):
        result = run(*command)
        assert result.returncode == 0, result.stderr
    return obj


def section(obj: Path) -> bytes:
    """The bytes of the section .BTF."""
    out = obj.with_suffix(".btf")
    only = ["--only-section=.BTF", "--set-section-flags=.BTF=alloc"]
    run("objcopy", "-O", "binary", *only, obj, out)
    assert out.stat().st_size > 0
    return out.read_bytes()


def against_headers(folder: Path, image: Path, compiler: str = "gcc") -> str:
    """The differences between BTF and the headers; the last line is their number."""
    headers, dump = folder / "headers.abi", folder / "btf.abi"
    headers.write_text(run(DUMP, "uapi", compiler).stdout)
    result = run(BTF, image)
    assert result.returncode == 0, result.stderr
    dump.write_text(result.stdout)
    result = run(CONFORM, "diff", "--partial", headers, dump)
    assert result.returncode == (0 if result.stdout.count("\n") == 1 else 1), result.stderr
    return result.stdout


# ---- agreement -----------------------------------------------------------------


@pytest.mark.parametrize(
    "compiler",
    ["gcc", "clang", "i686-linux-gnu-gcc", "aarch64-linux-gnu-gcc", "s390x-linux-gnu-gcc"],
)
def test_an_object_of_the_headers_agrees_with_them(compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    words = against_headers(tmp_path, make_btf(tmp_path, compiler=compiler), compiler)
    agreed = re.fullmatch(r"(\d+) of the partial dump's \1 facts agree with the headers\n", words)
    assert agreed and int(agreed[1]) > 90, words


def test_the_running_kernel_agrees_or_is_skipped() -> None:
    result = run("make", "btf")
    assert result.returncode == 0, result.stderr
    # If ipc-btf was out of date, make has printed the lines of its build before.
    native = re.search(rf"^{os.uname().machine} +btf +.*", result.stdout, re.MULTILINE)
    assert native, result.stdout
    assert (" ok: " if RUNNING.exists() else " SKIP: ") in native[0]


def test_make_btf_of_an_image(tmp_path: Path) -> None:
    result = run("make", "btf", f"KERNEL={make_btf(tmp_path)}")
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if re.match(r"\S+ +btf +", line)]
    assert lines and re.match(rf"{ARCH} +btf +ok: {tmp_path}", lines[0]), result.stdout
    assert all("SKIP" in line and "32-bit programs" in line for line in lines[1:])


# ---- differences -----------------------------------------------------------------


def in_structure(tag: str, pattern: str, replacement: str) -> Change:
    """A change of the members of a structure in the headers."""

    def change(text: str) -> str:
        whole = re.search(rf"(struct|union) {tag} {{.*?}};", text, flags=re.S)
        assert whole, tag
        changed, n = re.subn(pattern, replacement, whole[0])
        assert n == 1, whole[0]
        return text.replace(whole[0], changed)

    return change


@pytest.mark.parametrize(
    "tag, pattern, replacement, words",
    [
        (
            "msqid64_ds",
            r"(\w[^;]* msg_qnum;)\s*(\w[^;]* msg_qbytes;)",
            r"\2 \1",
            r"msqid_ds\.msg_qbytes: is offset \d+ size \d unsigned in the headers, the partial",
        ),
        ("sembuf", r"short\s+sem_op;", "int sem_op;", r"sembuf\.sem_op: .* has offset \d size 4"),
        ("seminfo", r"int semvmx;", "short semvmx;", r"seminfo\.semvmx: .* size 2 signed"),
        ("sembuf", r"short\s+sem_op;", "unsigned short sem_op;", r"\.sem_op: .* size 2 unsigned"),
        ("msginfo", r"int msgmap;", "int msgmop;", r"msginfo\.msgmap: .* has absent"),
        ("msginfo", r"int msgmap;", "int msgmop;", r"msginfo\.msgmop: is not in the headers"),
        ("seminfo", r"int semaem;", "", r"struct seminfo: is size 40 align 4 .* has size 36"),
        ("seminfo", r"int semaem;", "int semaem, extra;", r"seminfo\.extra: is not in the headers"),
        ("seminfo", r"int semmap;", "int semmap : 31;", r"seminfo\.semmap: .* bit \d bits 31"),
        ("seminfo", r"int semmap;", "int *semmap;", r"seminfo\.semmap: .* pointer"),
        ("seminfo", r"int semmap;", "int semmap[1];", r"seminfo\.semmap: .* array"),
        ("seminfo", r"int semmap;", "struct { int semmap; };", None),
        ("msgbuf", r"mtext\[1\]", "mtext[]", None),
        ("msgbuf", r"char mtext\[1\]", "char more[8], mtext[]", r"msgbuf\.mtext: is offset"),
        ("semun", r"int val;", "long long val;", r"semun\.val: .* has offset 0 size 8"),
    ],
)
def test_a_changed_structure_is_named(
    tag: str, pattern: str, replacement: str, words: str | None, tmp_path: Path
) -> None:
    """Without words, only the spelling changed, which is no difference."""
    said = against_headers(tmp_path, make_btf(tmp_path, in_structure(tag, pattern, replacement)))
    if words:
        assert re.search(words, said), said
    else:
        assert said.count("\n") == 1, said


def test_a_structure_that_the_kernel_does_not_have_is_named(tmp_path: Path) -> None:
    """Any structure but semun, which the kernel takes as a number, is reported as absent."""
    for name, words in (("struct shminfo64", "struct shminfo: .* has absent"), ("union semun", "")):
        obj = make_btf(tmp_path, lambda text: re.sub(rf"{name}\b", f"{name}_of_old", text))
        said = against_headers(tmp_path, obj)
        assert re.search(words, said) if words else said.count("\n") == 1, said


def test_make_btf_names_differences(tmp_path: Path) -> None:
    obj = make_btf(tmp_path, in_structure("seminfo", "int semmap;", "long long semmap;"))
    result = run("make", "btf", f"KERNEL={obj}")
    assert result.returncode == 2 and re.search(rf"^{ARCH} +btf +differs: ", result.stdout)
    assert f"{ARCH} btf: member seminfo.semmap: is offset 0 size 4 signed" in result.stdout


# ---- structures for 32-bit programs ---------------------------------------------------


def test_compat_structures_come_before_the_native_ones(tmp_path: Path) -> None:
    compat = "struct compat_sembuf { char sem_num, sem_op, _sem_flg; } compat;"
    obj = make_btf(tmp_path, lambda text: text + compat)
    native, other = run(BTF, obj).stdout.splitlines(), run(BTF, "--compat", obj).stdout.splitlines()
    assert "struct  sembuf                 size 6" in native
    assert "struct  sembuf                 size 3" in other
    assert any(line.startswith("member  sembuf.sem_flg         offset 2 size 1 ") for line in other)
    assert [line for line in native if "sembuf" not in line] == [
        line for line in other if "sembuf" not in line
    ]


def test_a_kernel_without_compat_structures_is_status_4(tmp_path: Path) -> None:
    result = run(BTF, "--compat", make_btf(tmp_path))
    assert result.returncode == 4 and result.stdout == ""
    assert result.stderr.endswith("own.o: has no structures for 32-bit programs\n")


# ---- images ----------------------------------------------------------------------------

PACKERS = [
    ["gzip", "-9c"],
    ["xz", "-c", "--check=crc32", "--x86", "--lzma2=dict=1MiB"],
    ["xz", "-c9", "--format=lzma"],
    ["zstd", "-cq"],
    ["lz4", "-lc"],
    ["bzip2", "-c"],
]


def packed(command: list[str], data: bytes) -> bytes:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("packer", PACKERS, ids=lambda words: "-".join(words[:2] + words[2:3]))
def test_a_packed_image_is_unpacked(packer: list[str], tmp_path: Path) -> None:
    """The compressed part of the file is between code, as in a bzImage."""
    obj, image = make_btf(tmp_path), tmp_path / "vmlinuz"
    code = random.Random(4).randbytes(5000).replace(b"\x1f\x8b", b"..")
    image.write_bytes(b"MZ" + code + packed(packer, obj.read_bytes()) + code)
    result = run(BTF, image)
    assert result.returncode == 0, result.stderr
    assert result.stdout == run(BTF, obj).stdout


def test_an_image_is_read_without_elf_and_through_two_packings(tmp_path: Path) -> None:
    """An arm64 Image has the types without ELF, and may be compressed twice."""
    obj = make_btf(tmp_path)
    image = b"code" * 999 + section(obj) + b"data" * 999
    inner = packed(["zstd", "-cq"], image)
    cases = [section(obj), image, inner, packed(["gzip", "-c"], b"stub" + inner)]
    for number, data in enumerate(cases):
        (tmp_path / "image").write_bytes(data)
        assert run(BTF, tmp_path / "image").stdout == run(BTF, obj).stdout, number


def test_a_member_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    """No compiler makes such a file; tools that read dumps refuse it."""
    types, image = section(make_btf(tmp_path)), tmp_path / "image"
    image.write_bytes(types.replace(b"\0semmni\0", b"\0semmap\0"))
    assert_refused(run(BTF, image), "seminfo.semmap: occurs twice")


def test_types_before_those_of_the_kernel_are_skipped(tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    alien = section(make_btf(others, lambda text: "struct alien { int x; } a;"))
    obj = make_btf(tmp_path)
    (tmp_path / "image").write_bytes(alien + alien[:20] + section(obj))
    assert run(BTF, tmp_path / "image").stdout == run(BTF, obj).stdout


# ---- invalid files ------------------------------------------------------------------------


def test_files_without_types_are_refused(tmp_path: Path) -> None:
    obj, image = make_btf(tmp_path), tmp_path / "image"
    types = section(obj)
    newer = types[:2] + b"\2" + types[3:]
    alien = section(make_btf(tmp_path, lambda text: "struct alien { int x; } a;"))
    for data, words in [
        (b"", "is empty"),
        (b"x" * 9999, "has no BTF"),
        (newer, "has no BTF"),
        (types[:23], "has no BTF"),
        (types[:24], "is cut short"),
        (types[:-1], "is cut short"),
        (types[:24] + b"\xff" * (len(types) - 24), "libbpf cannot read"),
        (alien, "no structure of System V IPC"),
        (Path(shutil.which("true") or "").read_bytes(), "has no BTF"),
        (packed(["gzip", "-c"], types[:-1]), "is cut short"),
        (packed(["xz", "-c"], b"x" * 999), "has no BTF"),
    ]:
        image.write_bytes(data)
        assert_refused(run(BTF, image), f"{image}: ")
        assert words in run(BTF, image).stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["/no/such/image"], "/no/such/image: No such file"),
        (["/"], "/: Is a directory"),
        (["a", "b"], "more than one IMAGE"),
        (["--native"], "--native"),
    ],
)
def test_misuse_is_one_line_and_status_2(arguments: list[str], words: str) -> None:
    assert_refused(run(BTF, *arguments), words)


def test_a_missing_unpacker_is_named(tmp_path: Path) -> None:
    image = tmp_path / "vmlinuz"
    image.write_bytes(packed(["zstd", "-cq"], b"x" * 999))
    assert_refused(run("env", f"PATH={tmp_path}", BTF, image), "zstd, which is not installed")


@pytest.mark.parametrize(
    "shell, words",
    [
        ('exec env --ignore-signal=CHLD "$0" "$1"', ""),
        ('exec "$0" "$1" <&-', ""),
        ('exec "$0" "$1" <&- 2>&-', ""),
        ('exec "$0" "$1" >&-', "standard output is closed"),
        ('exec "$0" --help >/dev/full', "No space left on device"),
        ('ulimit -S -f 1; exec "$0" "$1"', ""),
        ('ulimit -f 1; exec "$0" "$1"', "File too large: above 1 GiB, or above the caller's"),
        ('ulimit -f 40; exec "$0" "$1"', "packed in it is too large: above 1 GiB, or above the"),
    ],
)
def test_what_a_parent_leaves_it(shell: str, words: str, tmp_path: Path) -> None:
    """A parent that ignores SIGCHLD or has closed standard streams; limits of a file's size."""
    obj, image = make_btf(tmp_path), tmp_path / "vmlinuz"
    # Zeros take no room in the packed image of less than 20 KiB.
    image.write_bytes(packed(["gzip", "-9c"], bytes(100_000) + section(obj)))
    assert image.stat().st_size < 20_000
    result = run("sh", "-c", shell, BTF, image)
    if words:
        assert_refused(result, words)
    else:
        assert (result.returncode, result.stdout) == (0, run(BTF, obj).stdout), result.stderr


def test_check_without_a_reference_or_an_image(tmp_path: Path) -> None:
    (tmp_path / "conformance").symlink_to(TOP / "conformance")  # a tree without abi-dumps
    command = [str(word) for word in (CHECK, BTF, CONFORM, "sh4", make_btf(tmp_path))]
    result = subprocess.run(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, timeout=HANG)
    assert result.returncode == 4
    assert result.stdout == "sh4        btf          SKIP: there is no abi-dumps/sh4/uapi.abi\n"
    assert_refused(run(CHECK, BTF, CONFORM, "pdp11", make_btf(tmp_path)), "pdp11")
    assert_refused(run(CHECK, BTF, CONFORM, "sh4"), "no image for sh4")
    assert_refused(run(CHECK, BTF, CONFORM, ARCH, "/no/such"), "/no/such")


# ---- damaged files, with sanitizers -----------------------------------------------------


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ipc-btf built with ASan and UBSan."""
    folder = tmp_path_factory.mktemp("asan")
    flags = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    result = run("make", "-s", f"OUT={folder}", f"CFLAGS={flags}", folder / "ipc-btf")
    assert result.returncode == 0, result.stderr
    return folder / "ipc-btf"


def corruptions(data: bytes, n: int) -> list[bytes]:
    """The file cut short, and with a few bytes changed; the same changes in each run."""
    chance = random.Random(20031124)
    made = []
    for i in range(n):
        changed = bytearray(data)
        if i % 4 == 0:
            changed = changed[: chance.randrange(len(data))]
        for _ in range(0 if i % 4 == 0 else chance.choice((1, 2, 40))):
            # Most changes are in the header and the first types.
            end = chance.choice((24, 400, len(data)))
            changed[chance.randrange(end)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x0D, 0x04))
        made.append(bytes(changed))
    return made


@pytest.mark.parametrize("form", ["section", "object", "gzip"])
def test_damaged_files_cause_no_wrong_access(
    form: str, watched: Path, tmp_path: Path
) -> None:
    obj, image = make_btf(tmp_path), tmp_path / "image"
    data = obj.read_bytes() if form == "object" else section(obj)
    if form == "gzip":
        data = packed(["gzip", "-c"], data)
    statuses = []
    for changed in corruptions(data, 120):
        image.write_bytes(changed)
        result = run(watched, image)
        assert result.returncode in (0, 2), result.stderr
        assert len(result.stderr.splitlines()) == (1 if result.returncode else 0), result.stderr
        statuses.append(result.returncode)
    assert set(statuses) == {0, 2}
