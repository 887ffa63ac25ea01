# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""make port and ipc-conform judge report old bugs of the ABI and no fault in correct layouts."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
from limits import HANG

from architectures import table
from tree import ARCH, CONFORM, DUMP, IMPORTS, TOP, assert_refused, fetched, run

ABI = TOP / "conformance" / "abi"
INTERFACE = TOP / "conformance" / "interface"
PORT = ABI / "judge-headers"
DWARF = ABI / "dwarf.py"
HEADERS = TOP / "tests" / "conformance" / "headers"
MUTANTS = TOP / "tests" / "mutants" / "abi" / "abi_mutants.py"
REFERENCES = TOP / "abi-dumps"

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def targets() -> dict[str, tuple[str, list[str]]]:
    """The compiler and the layers besides uapi of each target of the table."""
    return {
        name: (row["compiler"], ["glibc", *row.get("layers", [])]) for name, row in table().items()
    }


TARGETS = targets()
PYTHON = next(
    (
        python
        for python in ("python3", "/usr/bin/python3")
        if subprocess.run([python, "-c", "import elftools"], stderr=subprocess.DEVNULL).returncode
        == 0
    ),
    None,
)
needs_elftools = pytest.mark.skipif(PYTHON is None, reason="no python3-pyelftools")


def compiler_of(target: str) -> str:
    compiler = TARGETS[target][0]
    if target == os.uname().machine and not shutil.which(compiler):
        compiler = "gcc"
    if not shutil.which(compiler.split()[0]):
        pytest.skip(f"there is no {compiler}")
    return compiler


def musl(arch: str) -> Path:
    return fetched("musl", arch)


def port(target: str, libc: str, flags: str) -> "subprocess.CompletedProcess[str]":
    return run(PORT, CONFORM, libc, compiler_of(target), flags)


# ---- bugs of released libcs ---------------------------------------------------

# The folder, the target, the name of the libc, and the faults; no other structure has one.
BUGS = [
    ("nsems-wide", "aarch64", "musl", ["semid_ds.sem_nsems: posix: is unsigned of 8 bytes"]),
    ("nsems-half", "s390x", "musl", ["semid_ds.sem_nsems: place: has bytes 64-65"]),
    (
        "powerpc-shm",
        "powerpc",
        "musl",
        [
            "shmid_ds.shm_segsz: place: has bytes 72-75, the kernel 76-79",
            "shmid_ds.shm_cpid: place: has bytes 76-79, the kernel 80-83",
            "shmid_ds.shm_lpid: place: has bytes 80-83, the kernel 84-87",
        ],
    ),
    (
        "mode-half",
        "m68k",
        "libc",
        ["ipc_perm.mode: place: has bytes 20-23, the kernel 20-21: in part, or the wrong half"],
    ),
    (
        "linux24",
        "x86_64",
        "musl",
        [
            "ipc_perm.uid: width: has 2 of the kernel's 4 bytes",
            "msqid_ds.__msg_first: old: ",
            "msqid_ds.msg_stime: place: ",
            "semid_ds.__sem_pending: old: ",
            "semid_ds.sem_nsems: place: ",
            "shmid_ds.__attaches: old: ",
            "shmid_ds.shm_segsz: place: ",
            "shminfo.shmmax: width: ",
        ],
    ),
    (
        "linux24",
        "aarch64",
        "musl",
        [
            "ipc_perm.uid: width: ",
            "msqid_ds.msg_cbytes: place: ",
            "semid_ds.sem_nsems: place: ",
            "shmid_ds.__shm_npages: old: ",
            "shminfo.shmall: place: ",
        ],
    ),
    (
        "times-order",
        "powerpc",
        "musl",
        ["msqid_ds.msg_stime_low: time: ", "msqid_ds.msg_stime_high: time: "],
    ),
    (
        "times-apart",
        "aarch64",
        "musl",
        [
            "shmid_ds.shm_dtime: place: has bytes 72-79, the kernel 64-71",
            "shmid_ds.shm_ctime: place: has bytes 88-95, the kernel 72-79",
            "shmid_ds.shm_cpid: place: ",
            "shmid_ds.shm_nattch: place: ",
            "shmid_ds.__unused2: padding: padding is on bytes of the kernel's shm_cpid",
        ],
    ),
    ("generic-sem", "x86_64", "musl", ["semid_ds.sem_ctime: place: ", "semid_ds: size: "]),
]


@pytest.mark.parametrize("folder, target, libc, named", BUGS)
def test_an_old_bug_is_named(folder: str, target: str, libc: str, named: list[str]) -> None:
    arch = next(word[5:] for word in TARGETS[target][1] if word.startswith("musl="))
    flags = f"-nostdinc -isystem {HEADERS / folder} -isystem {musl(arch)}"
    result = port(target, libc, flags)
    assert result.returncode == 1, result.stdout + result.stderr
    wrong = re.findall(r"^wrong: (.*)$", result.stdout, flags=re.M)
    for words in named:
        # The message has the place of the declaration in this folder.
        assert any(line.startswith(words) and f"/{folder}/bits/" in line for line in wrong), wrong
    structures = {words.split(".")[0].split(":")[0] for words in named}
    assert {line.split(".")[0].split(":")[0] for line in wrong} <= structures | {"ipc_perm"}


@pytest.mark.parametrize(
    "target, named",
    [
        ("x32", ["msgbuf.mtype: width: ", "msgbuf.mtext: place: begins at 4, the kernel's at 8"]),
        ("mips", ["ipc_perm.seq: place: "]),
    ],
)
def test_known_deviations_of_musl_are_wrong_in_another_libc(target: str, named: list[str]) -> None:
    arch = next(word[5:] for word in TARGETS[target][1] if word.startswith("musl="))
    headers = f"-nostdinc -isystem {musl(arch)}"
    result = port(target, "libc", headers)
    assert result.returncode == 1
    for words in named:
        assert f"wrong: {words}" in result.stdout
    assert port(target, "musl", headers).returncode == 0


# ---- headers that real libcs have -------------------------------------------------------

# A 64-bit libc with the generic structures (aarch64) and other spellings than glibc: the cases
# below replace {WORD}.
OWN = {
    "sys/ipc.h": """#ifndef OWN_IPC_H
#define OWN_IPC_H
#include <sys/types.h>
{before}
{constants}
#define IPC_RMID 0
#define IPC_SET 1
#define IPC_STAT 2
struct ipc_perm {{
    {key}
    uid_t uid;
    gid_t gid;
    uid_t cuid;
    gid_t cgid;
    {mode}
    {seq}
    {unused}
}};
key_t ftok(const char *path, int id);
{after}
#endif
""",
    "sys/msg.h": """#ifndef OWN_MSG_H
#define OWN_MSG_H
#include <sys/ipc.h>
#include <time.h>
#define MSG_NOERROR 010000
{limits}
typedef unsigned long msgqnum_t, msglen_t;
struct msqid_ds {{
    struct ipc_perm msg_perm;
    time_t msg_stime;
    time_t msg_rtime;
    time_t msg_ctime;
    {bytes}
    msgqnum_t msg_qnum;
    msglen_t msg_qbytes;
    pid_t msg_lspid;
    pid_t msg_lrpid;
    {end}
}};
int msgget(key_t key, int flags);
#endif
""",
}
WORDS = {
    "before": "",
    "after": "",
    "constants": "#define IPC_PRIVATE ((key_t)0)\n#define IPC_CREAT ((int)0x200)\n"
    "#define IPC_EXCL 02000\n#define IPC_NOWAIT 04000",
    "key": "key_t __key;",
    "mode": "mode_t mode;",
    "seq": "unsigned short __seq, __pad;",
    "unused": "unsigned long __unused1, __unused2;",
    "limits": "",
    "bytes": "unsigned long __msg_cbytes;",
    "end": "unsigned long __unused4, __unused5;",
}


def own_libc(headers: Path, **words: str) -> str:
    """Writes headers to a folder; returns the flags for the compiler."""
    for name, text in OWN.items():
        (headers / name).parent.mkdir(parents=True, exist_ok=True)
        (headers / name).write_text(text.format(**{**WORDS, **words}))
    return f"-isystem {headers}"


def wrong_of(result: "subprocess.CompletedProcess[str]") -> list[str]:
    """MEMBER: RULE of each fault; glibc's structures have one known deviation."""
    assert result.returncode in (0, 1), result.stderr
    found = re.findall(r"^wrong: ([\w.]+: \w+)", result.stdout, flags=re.M)
    assert f": {len(found)} wrong," in result.stdout
    assert result.returncode == (1 if found else 0)
    return [name for name in found if name != "semid_ds.sem_nsems: posix"]


# The members of msqid_ds behind one that is too long.
FAR = [
    f"msqid_ds.msg_{name}: place" for name in ("cbytes", "qnum", "qbytes", "lspid", "lrpid")
] + ["msqid_ds.__room: padding"]
NAMED_FREELY: list[tuple[dict[str, str], list[str]]] = [
    ({}, []),
    # Names of the kernel, of mlibc, and other names.
    ({"key": "key_t key;", "seq": "unsigned short seq, pad;"}, []),
    ({"key": "key_t _key;", "seq": "unsigned short _seq, _pad;"}, []),
    ({"key": "key_t __ipc_perm_key;", "seq": "int __ipc_perm_seq;"}, []),
    ({"key": "int ipc_name_of_it;", "seq": "unsigned short ipc_generation, ipc_rest;"}, []),
    ({"bytes": "unsigned long msg_cbytes;"}, []),
    ({"bytes": "unsigned long __msg_in_use;"}, []),
    (
        {
            "unused": "char __hidden[16] __attribute__((aligned(8)));",
            "end": "struct { long a, b; } __later;",
        },
        [],
    ),
    ({"end": "unsigned long __spare[2];"}, []),
    # Larger structures, with more words after the members that the kernel writes.
    ({"end": "unsigned long __spare[2]; unsigned long __mine, __mine_too;"}, []),
    # Anonymous members, bit-fields, macros.
    ({"bytes": "union { unsigned long msg_cbytes; unsigned long __in_use; };"}, []),
    ({"key": "struct { key_t __key; };"}, []),
    ({"seq": "unsigned __seq : 16, __pad : 16;"}, []),
    ({"seq": "unsigned __number : 16; unsigned : 16;"}, []),
    (
        {
            "before": "#define msg_cbytes __q.in_use",
            "bytes": "struct { unsigned long in_use; } __q;",
        },
        [],
    ),
    # Other ways to write headers.
    (
        {
            "constants": "enum { IPC_PRIVATE, IPC_CREAT = 512, IPC_EXCL = 1024,"
            " IPC_NOWAIT = 2048 };"
        },
        [],
    ),
    (
        {
            "before": "#ifdef __cplusplus\nextern \"C\" {\n#endif",
            "after": "static inline key_t own(struct ipc_perm *p) { return (key_t)p->uid; }\n"
            "#warning a header that warns\n#ifdef __cplusplus\n}\n#endif",
        },
        [],
    ),
    ({"before": "#include <linux/types.h>\n#include <asm/posix_types.h>"}, []),
    # The message names only the fault.
    ({"key": "unsigned ipc_key;"}, ["ipc_perm.key: sign"]),
    (
        {"before": "#define msg_cbytes __q.in_use", "bytes": "struct { long in_use; } __q;"},
        ["msqid_ds.msg_cbytes: sign"],
    ),
    (
        {"bytes": "char __room[8] __attribute__((aligned(8)));"},
        ["msqid_ds.msg_cbytes: there", "msqid_ds.__room: padding"],
    ),
    (
        {"bytes": "", "end": "unsigned long __msg_cbytes, __unused4, __unused5;"},
        ["msqid_ds.msg_cbytes: place", "msqid_ds.msg_qnum: place", "msqid_ds.msg_qbytes: place"]
        + ["msqid_ds.msg_lspid: place", "msqid_ds.msg_lrpid: place"],
    ),
    (
        {"seq": "unsigned char __opaque[4];"},
        ["ipc_perm.seq: there", "ipc_perm.__opaque: padding"],
    ),
    ({"seq": "unsigned short __pad, __seq;"}, ["ipc_perm.seq: place", "ipc_perm.__pad: padding"]),
    ({"seq": "unsigned char ipc_seq; char __pad[3];"}, ["ipc_perm.seq: width"]),
    ({"mode": "unsigned mode : 32;"}, ["ipc_perm.mode: posix"]),
    ({"mode": "mode_t __mode;"}, ["ipc_perm.mode: there", "ipc_perm.__mode: padding"]),
    (
        {"constants": WORDS["constants"].replace("0x200", "0x400")},
        ["IPC_CREAT: value"],
    ),
    (
        {
            "before": "#pragma pack(4)",
            "unused": "unsigned __unused0; unsigned long __unused1, __unused2;",
            "after": "#pragma pack()",
        },
        ["ipc_perm: align"],
    ),
    ({"limits": "#define MSGMNI 16\n#define MSGMAX 4056\n#define MSGMNB 0"}, []),
    # DWARF has no entry for void, and a qualifier of it has no type.
    ({"end": "const void *__a; unsigned long __b;"}, []),
    ({"before": "typedef void opaque;", "end": "volatile opaque *__a; char *restrict __b;"}, []),
    ({"end": "_Atomic unsigned long __a, __b;"}, []),
    # Names with letters that dumps do not have.
    ({"end": "unsigned long __gr\xf6\xdfe, __a$b;"}, []),
    ({"before": "struct gr\xf6\xdfe;", "end": "struct gr\xf6\xdfe *__a; unsigned long __b;"}, []),
    # Sizes beyond those of the kernel's structures.
    ({"end": "unsigned long __a, __b; char __room[8192];"}, []),
    ({"end": "unsigned long __a, __b; char __room[1ul << 40];"}, []),
    ({"bytes": "char __room[8192]; unsigned long __msg_cbytes;"}, FAR),
]


@needs_elftools
@pytest.mark.parametrize("words, named", NAMED_FREELY)
def test_members_with_other_names_are_found_by_place(
    words: dict[str, str], named: list[str], tmp_path: Path
) -> None:
    result = port("aarch64", "own", own_libc(tmp_path, **words))
    assert wrong_of(result) == named, result.stdout


def test_a_folder_may_have_a_blank_in_its_name(tmp_path: Path) -> None:
    headers = tmp_path / "own libc"
    own_libc(headers, key="unsigned __key;")
    result = port("aarch64", "own", f"-isystem '{headers}'")
    assert wrong_of(result) == ["ipc_perm.key: sign"]
    assert f"({headers}/sys/ipc.h:" in result.stdout
    assert_refused(port("aarch64", "own", f"-isystem '{headers}"), "CPPFLAGS")


@needs_elftools
def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Its bytes are in the places of members, whatever they mean."""
    headers = tmp_path / os.fsdecode(b"lat\xffin")
    flags = own_libc(headers, key="unsigned __key;")
    result = subprocess.run(
        [PORT, CONFORM, "own", compiler_of("aarch64"), flags], cwd=TOP, capture_output=True
    )
    assert result.returncode == 1 and not result.stderr, result.stderr
    assert b"wrong: ipc_perm.key: sign" in result.stdout
    assert b"(" + os.fsencode(headers) + b"/sys/ipc.h:" in result.stdout


def test_flags_of_builds_do_no_harm(tmp_path: Path) -> None:
    """Colours and short lines of errors, and files of dependencies, which nobody wants here."""
    compiler = compiler_of("aarch64")
    flags = own_libc(tmp_path / "libc", key="unsigned __key;")
    for more in "-fdiagnostics-color=always", "-fmessage-length=30":
        result = run(PORT, CONFORM, "own", f"{compiler} {more}", flags)
        assert wrong_of(result) == ["ipc_perm.key: sign"]
    before = set(os.listdir(TOP))
    written = tmp_path / "written"
    for more in "-MMD -MP", f"-MD -MF {written}":
        result = run(PORT, CONFORM, "own", f"{compiler} {more}", f"{flags} {more}")
        assert wrong_of(result) == ["ipc_perm.key: sign"]
    assert set(os.listdir(TOP)) == before and not written.exists()


def test_a_limit_that_is_set_at_run_time_is_a_note(tmp_path: Path) -> None:
    limits = "#define MSGMNI 16\n#define MSGMAX 4056\n#define MSGMNB 16384"
    result = port("aarch64", "own", own_libc(tmp_path, limits=limits))
    assert wrong_of(result) == []
    notes = re.findall(r"^note: (\w+): value: is (\d+), the kernel's", result.stdout, flags=re.M)
    assert notes == [("MSGMNI", "16"), ("MSGMAX", "4056")]
    assert " 2 notes\n" in result.stdout


# union semun, and its fault if libc defines it.
SEMUNS = [
    ("int val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf;", []),
    ("int val; struct semid_ds *buf; unsigned short *array; struct seminfo *sem_info;", []),
    ("struct seminfo *__buf; unsigned short *array; struct semid_ds *buf; int val; void *__p;", []),
    (
        "int val; struct semid_ds *buf; unsigned short *array; void *__buf; long __more[2];",
        ["semun.__buf: posix", "semun: size"],
    ),
    (
        "short val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf;",
        ["semun.val: width"],
    ),
    (
        "unsigned val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf;",
        ["semun.val: sign"],
    ),
    (
        "int val; struct semid_ds *buf; int *array; struct seminfo *__buf;",
        ["semun.array: posix"],
    ),
    (
        "int val; struct ipc_perm *buf; unsigned short *array; struct seminfo *__buf;",
        ["semun.buf: posix"],
    ),
    (
        "int val; struct semid_ds *buf; unsigned short *values; struct seminfo *__buf;",
        ["semun.array: there"],
    ),
    (
        "int val; struct semid_ds *buf; unsigned short *array; struct seminfo *__buf;"
        "} __attribute__((aligned(16)));union other { int val;",
        ["semun: size", "semun: align"],
    ),
]


def with_own_semun(folder: Path, members: str) -> Path:
    (folder / "sys").mkdir()
    (folder / "sys" / "sem.h").write_text(
        "#ifndef OWN_SEM_H\n#define OWN_SEM_H\n#include_next <sys/sem.h>\n"
        f"#undef _SEM_SEMUN_UNDEFINED\nunion semun {{ {members} }};\n#endif\n"
    )
    return folder


@needs_elftools
@pytest.mark.parametrize("target", ["aarch64", "i386"])
@pytest.mark.parametrize("members, named", SEMUNS)
def test_a_union_semun_of_libc_is_judged(
    members: str, named: list[str], target: str, tmp_path: Path
) -> None:
    result = port(target, "own", f"-isystem {with_own_semun(tmp_path, members)}")
    assert wrong_of(result) == named, result.stdout


def test_the_project_compiles_where_libc_defines_union_semun(tmp_path: Path) -> None:
    folder = with_own_semun(tmp_path, SEMUNS[0][0])
    made = tmp_path / "made"
    made.mkdir()
    facts = run(DUMP, "uapi", "gcc").stdout
    (made / "uapi.abi").write_text(facts)
    printed = run(INTERFACE / "print-constants", made / "uapi.abi").stdout
    (made / "kernel_constants.h").write_text(printed)
    include = sysconfig.get_path("include")
    flags = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    flags += ["-isystem", str(folder), "-Iconformance", "-Ibinding/src"]
    flags += [f"-I{made}", f"-I{include}"]
    sources = [TOP / "conformance" / "harness" / "calls.c", ABI / "observe.c"]
    sources += [TOP / "conformance/checks/sem" / name for name in ("semctl.c", "sem_info.c")]
    if Path(include, "Python.h").exists():
        sources += [TOP / "binding/src" / name for name in ("sem.c", "semun.c", "structure.c")]
    result = run("gcc", *flags, '-DARCH="x86_64"', *sources)
    assert result.returncode == 0, result.stderr


@needs_elftools
@pytest.mark.parametrize("target", ["i386", "powerpc"])
def test_the_words_of_times_have_any_names(target: str, tmp_path: Path) -> None:
    """A libc may have 64-bit times after the members that the kernel writes."""
    flags = "-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64"
    names = ["sent", "received", "changed"]
    low, high = ("{0}_first", "{0}_second") if target == "i386" else ("{0}_second", "{0}_first")
    words = "".join(
        f"unsigned long __msg_{name}_first, __msg_{name}_second;\n" for name in names
    )
    own = "long long __own_place; time_t msg_stime, msg_rtime, msg_ctime;"
    folder = tmp_path / "sys"
    folder.mkdir()
    text = (
        "#ifndef OWN_MSG_H\n#define OWN_MSG_H\n#include <sys/ipc.h>\n#include <time.h>\n"
        "#define MSG_NOERROR 010000\ntypedef unsigned long msgqnum_t, msglen_t;\n"
        f"struct msqid_ds {{\n\tstruct ipc_perm msg_perm;\n{words}"
        "\tunsigned long msg_used;\n\tmsgqnum_t msg_qnum;\n\tmsglen_t msg_qbytes;\n"
        "\tpid_t msg_lspid;\n\tpid_t msg_lrpid;\n\tunsigned long __end[2];\n"
        f"\t{own}\n}};\n#endif\n"
    )
    header = folder / "msg.h"
    header.write_text(text)
    found = wrong_of(port(target, "own", f"-isystem {tmp_path} {flags}"))
    assert not [line for line in found if "msqid_ds" in line]
    # The words of the times are in the wrong order, so another member is in their place.
    sent, used = f"__msg_{low.format('sent')}", "msg_qnum"
    header.write_text(text.replace("msgqnum_t msg_qnum", "msgqnum_t msg_q").replace(sent, used))
    found = wrong_of(port(target, "own", f"-isystem {tmp_path} {flags}"))
    assert "msqid_ds.msg_qnum: place" in found
    assert "msqid_ds.msg_stime: time" in found or "msqid_ds.msg_stime: place" in found
    assert not [line for line in found if "msg_rtime" in line or "msg_ctime" in line]


def other_asm(folder: Path) -> Path:
    (folder / "asm").mkdir()
    (folder / "asm" / "posix_types.h").write_text(
        "#ifndef ASM_POSIX_TYPES_H\n#define ASM_POSIX_TYPES_H\n"
        "typedef long __kernel_off_t;\n#endif\n"
    )
    return folder


def test_a_libc_may_have_kernel_headers_that_are_not_the_kernels(tmp_path: Path) -> None:
    flags = f"-isystem {other_asm(tmp_path)}"
    result = port("aarch64", "glibc", flags)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "kernel     aarch64-linux-gnu-gcc: the compiler's own\n" in result.stdout


def test_a_header_that_hides_one_of_the_kernel_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERNEL_CPPFLAGS", f"-isystem {other_asm(tmp_path)}")
    result = port("aarch64", "glibc", "")
    assert_refused(result, f"{tmp_path}/asm/posix_types.h hides ")


def test_kernel_cppflags_name_the_kernels_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "ipc.h").write_text(
        "#include_next <linux/ipc.h>\n#undef IPC_EXCL\n#define IPC_EXCL 04\n"
    )
    monkeypatch.setenv("KERNEL_CPPFLAGS", f"-isystem '{tmp_path}'")
    result = port("aarch64", "glibc", "")
    assert wrong_of(result) == ["IPC_EXCL: value"]


def test_a_libc_without_a_facility_lacks_what_posix_has(tmp_path: Path) -> None:
    flags = f"-nostdinc -isystem {tmp_path}"
    shutil.copytree(musl("aarch64"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "sys" / "sem.h").unlink()
    (tmp_path / "sys" / "syscall.h").unlink()
    found = wrong_of(port("aarch64", "own", flags))
    assert found == ["semid_ds: there", "sembuf: there"] + [
        f"{name}: there"
        for name in "SEM_UNDO GETPID GETVAL GETALL GETNCNT GETZCNT SETVAL SETALL".split()
    ]
    (tmp_path / "sys" / "ipc.h").unlink()
    assert_refused(port("aarch64", "own", flags), "<sys/ipc.h>")


def test_a_header_with_an_error_is_named(tmp_path: Path) -> None:
    (tmp_path / "sys").mkdir()
    (tmp_path / "sys" / "msg.h").write_text("#error define ONE_OF_US first\n")
    result = port("aarch64", "glibc", f"-isystem {tmp_path}")
    assert_refused(result, f"{tmp_path}/sys/msg.h:1:2: error: #error define ONE_OF_US first")


@pytest.mark.parametrize(
    "compiler", ["clang --target=aarch64-linux-gnu", "aarch64-linux-gnu-gcc -O2"]
)
def test_a_compiler_with_flags(compiler: str) -> None:
    if not shutil.which(compiler.split()[0]):
        pytest.skip(f"there is no {compiler}")
    result = run(PORT, CONFORM, "glibc", compiler, "")
    assert result.returncode == 0, result.stdout + result.stderr


@needs_elftools
def test_object_files_that_elftools_cannot_read_are_not_judged() -> None:
    """clang has no linker for the target, and old versions of elftools lack its relocations."""
    if not shutil.which("clang") or not Path("/usr/riscv64-linux-gnu/include").exists():
        pytest.skip("no clang, or no headers for riscv64")
    compiler = "clang --target=riscv64-linux-gnu -Wl,--no-such-option"
    result = run(PORT, CONFORM, "glibc", compiler, "-isystem /usr/riscv64-linux-gnu/include")
    assert result.returncode == 0 and not result.stderr, result.stdout + result.stderr
    if "SKIP" in result.stdout:
        assert f"table: {compiler} has no linker for riscv64-linux-gnu, and" in result.stdout


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="gcc -m32 is tested on x86_64")
def test_make_takes_a_compiler_with_flags() -> None:
    """The flags of gcc also determine the target, which is the name of the build folder."""
    for compiler, target in (("gcc", os.uname().machine), ("gcc -m32", "i386")):
        result = run("make", "-s", f"CC={compiler}", "--eval=show: ; @echo $(TARGET)", "show")
        assert result.stdout == f"{target}\n", result.stderr


@needs_elftools
@pytest.mark.parametrize("target", ["x86_64", "aarch64"])
def test_dietlibc_has_the_known_deviations_and_no_other(target: str) -> None:
    headers = Path("/usr/include/diet")
    if not headers.exists():
        pytest.skip("there is no dietlibc-dev")
    flags = f"-nostdinc -isystem {headers}"
    result = port(target, "dietlibc", flags)
    assert result.returncode == 0, result.stdout + result.stderr
    strict = wrong_of(port(target, "own", flags))
    assert "shminfo: size" in strict and "msqid_ds.msg_perm: place" in strict
    # dietlibc's msgbuf, sembuf, seminfo and msginfo are correct.
    assert {name.split(":")[0].split(".")[0] for name in strict} == {
        "ipc_perm", "msqid_ds", "semid_ds", "shmid_ds", "shminfo", "SHMLBA",
    }


# ---- correct layouts have no fault ----------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_a_right_layout_has_no_fault(target: str) -> None:
    for layer in TARGETS[target][1]:
        libc = layer.split("=")[0]
        folder = REFERENCES / target
        result = run(CONFORM, "judge", folder / f"{libc}.abi", folder / "uapi.abi")
        assert result.returncode == 0, result.stdout
        assert " 0 wrong," in result.stdout


def test_port_of_a_target_has_no_fault_and_names_its_files() -> None:
    result = port("aarch64", "glibc", "")
    assert result.returncode == 0, result.stdout
    assert "WRONG" not in result.stdout
    paths = re.findall(r"build/port/\S+\.abi", result.stdout)
    assert [Path(path).name for path in paths] == ["glibc.abi", "uapi.abi"]
    for path in paths:
        committed = REFERENCES / "aarch64" / Path(path).name
        assert (TOP / path).read_text() == committed.read_text()


def test_another_run_for_the_same_machine_does_no_harm(tmp_path: Path) -> None:
    """At each call, the compiler truncates the dumps, as another run does when it starts."""
    compiler = compiler_of(ARCH)
    machine = run(*compiler.split(), "-dumpmachine").stdout.strip()
    beginning = tmp_path / "gcc"
    beginning.write_text(
        f"#!/bin/sh\nfor dump in build/port/{machine}/*.abi; do : >$dump; done\n"
        f'exec {compiler} "$@"\n'
    )
    beginning.chmod(0o755)
    result = run(PORT, CONFORM, "glibc", beginning, "")
    assert (result.returncode, result.stderr) == (0, "")


# ---- completeness ---------------------------------------------------------------------

# A line of the table, and the name of the member in DWARF for each layer that has it.
LINES = [
    (r"MEMBER__\(ipc_perm, key,", r"ipc_perm\.(__)?key: "),
    (r"MEMBER__\(msqid_ds, msg_cbytes,", r"msqid_ds\.(__)?msg_cbytes: "),
    (r"TYPED\(shmid_ds, shm_nattch,", r"shmid_ds\.shm_nattch: "),
    (r"TIME\(semid_ds, sem_otime,", r"semid_ds\.sem_otime: "),
    (r"NESTED\(msqid_ds, msg_perm,", r"msqid_ds\.msg_perm: "),
    (r"MEMBER\(shminfo, shmall,", r"shminfo\.shmall: "),
    (r"TEXT\(msgbuf, mtext,", r"msgbuf\.mtext: "),
]


@needs_elftools
@pytest.mark.parametrize(
    "line, member, target",
    [(*line, "i386") for line in LINES]
    + [(*line, target) for line in LINES[:2] for target in ("x86_64", "aarch64")],
)
def test_a_member_that_the_table_lacks_is_reported(
    line: str, member: str, target: str, tmp_path: Path
) -> None:
    for file in ("dump", "probe.h", "types.h", "semun.h", "sysvipc.def"):
        shutil.copy(INTERFACE / file, tmp_path)
    table = tmp_path / "sysvipc.def"
    text, n = re.subn(rf"^{line}.*\n", "", table.read_text(), flags=re.M)
    assert n == 1
    table.write_text(text)
    compiler = compiler_of(target).split()
    for layer in ["uapi", *TARGETS[target][1]]:
        name, _, arch = layer.partition("=")
        flags = ["-nostdinc", "-isystem", str(musl(arch))] if arch else []
        elf, dump = tmp_path / "elf", tmp_path / "dump.abi"
        dumped = run(tmp_path / "dump", "-g", elf, name, *compiler, *flags)
        assert dumped.returncode == 0, dumped.stderr
        dump.write_text(dumped.stdout)
        result = run(PYTHON, DWARF, "complete", dump, elf)
        assert result.returncode == 1, layer
        assert re.search(rf"^{member}", result.stdout, flags=re.M), result.stdout


@needs_elftools
def test_padding_that_nothing_requires_is_reported(tmp_path: Path) -> None:
    headers = tmp_path / "bits"
    headers.mkdir()
    original = musl("x86_64") / "bits" / "shm.h"
    gap = "pid_t __attribute__((aligned(16))) shm_lpid;"
    text = original.read_text().replace("pid_t shm_lpid;", gap)
    assert gap in text
    (headers / "shm.h").write_text(text)
    elf, dump = tmp_path / "elf", tmp_path / "dump"
    flags = ["-nostdinc", "-isystem", tmp_path, "-isystem", musl("x86_64")]
    dump.write_text(run(DUMP, "-g", elf, "musl", *compiler_of("x86_64").split(), *flags).stdout)
    result = run(PYTHON, DWARF, "complete", dump, elf)
    assert result.returncode == 1
    assert re.search(r"^shmid_ds: bytes \d+-\d+ are of no member", result.stdout, flags=re.M)


# ---- mutants ---------------------------------------------------------------------------


@needs_elftools
def test_mutants_of_real_headers_are_caught() -> None:
    """One mutant of each kind, layer and target; make mutants KIND=abi has more."""
    result = subprocess.run(
        [str(PYTHON), str(MUTANTS), str(CONFORM), "--each", "1"],
        env=os.environ | {"PYTHONPATH": IMPORTS},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    count = re.search(r"^(\d+) mutants, (\d+) caught$", result.stdout, flags=re.M)
    assert count and count[1] == count[2] and int(count[1]) >= 16


# ---- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["glibc", "no-such-compiler", ""], "no-such-compiler"),
        (["glibc", "false", ""], "false"),
        (["uapi", "gcc", ""], "uapi"),
        (["../x", "gcc", ""], "../x"),
        (["glibc", "gcc", "-nostdinc"], "time.h"),
        (["glibc", "gcc", "-fno-such-flag"], "-fno-such-flag"),
    ],
)
def test_port_refuses_wrong_arguments(arguments: list[str], words: str) -> None:
    assert_refused(run(PORT, CONFORM, *arguments), words)


@pytest.mark.parametrize(
    "libc, kernel, words",
    [
        ("aarch64/uapi", "aarch64/uapi", "no libc"),
        ("aarch64/glibc", "aarch64/glibc", "kernel's headers"),
        ("aarch64/glibc", "s390x/uapi", "different targets"),
        ("aarch64/glibc", "i386/uapi", "different targets"),
        ("aarch64/no", "i386/uapi", "aarch64/no"),
        ("aarch64/origin", "i386/uapi", "aarch64/origin"),
    ],
)
def test_judge_refuses_dumps_of_different_origin(libc: str, kernel: str, words: str) -> None:
    paths = [REFERENCES / (path if "origin" in path else f"{path}.abi") for path in (libc, kernel)]
    assert_refused(run(CONFORM, "judge", *paths), words)


@needs_elftools
@pytest.mark.parametrize("command", ["complete", "places"])
def test_dwarf_refuses_files_other_than_elf(command: str, tmp_path: Path) -> None:
    dump = REFERENCES / "aarch64" / "uapi.abi"
    before = [dump] if command == "complete" else []
    cut = tmp_path / "cut"
    cut.write_bytes(Path("/proc/self/exe").read_bytes()[:3000])
    for elf in (TOP / "README.md", tmp_path / "none", Path("/dev/null"), CONFORM.parent, cut):
        assert_refused(run(PYTHON, DWARF, command, *before, elf), str(elf))
    if command == "complete":
        assert_refused(run(PYTHON, DWARF, command, TOP / "README.md", cut), "README.md")


def test_make_abi_of_an_unknown_target() -> None:
    result = run("make", "abi", "TARGETS=vax")
    assert result.returncode == 2
    assert "vax" in result.stderr


# ---- the binding as a partial dump -----------------------------------------------------------


def test_the_binding_agrees_with_libcs_headers(tmp_path: Path) -> None:
    """ipc.sizeof, ipc.offsetof and the constants agree with the facts of the layer glibc."""
    import ipc

    if "musl" in run("gcc", "-dumpmachine").stdout:
        pytest.skip("this libc is not glibc")
    checked = 0
    for line in run(DUMP, "glibc", "gcc").stdout.splitlines():
        kind, name, *words = line.split()
        if kind in ("struct", "union") and words != ["absent"]:
            if name != "msgbuf":  # the msgbuf of the binding is longer
                assert ipc.sizeof(getattr(ipc, name)) == int(words[1]), line
                checked += 1
        elif kind == "member" and words[-1] in ("signed", "unsigned", "struct", "pointer"):
            structure, member = name.split(".")
            if structure != "msgbuf" and not member.endswith("_high"):
                type_ = getattr(ipc, structure)
                assert ipc.offsetof(type_, member) == int(words[1]), line
                checked += 1
        elif kind == "const" and re.fullmatch(r"-?\d+", words[0]) and not name.startswith("__"):
            assert getattr(ipc, name) == int(words[0]), line
            checked += 1
    assert checked > 100
