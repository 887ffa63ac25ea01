"""make port and ipc-conform judge: the ABI's old bugs are named, and no true layout is accused."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG

from test_tools import CONFORM, DUMP, TOP, assert_refused, run

ABI = TOP / "conformance" / "abi"
PORT = ABI / "port"
DWARF = ABI / "dwarf.py"
HEADERS = TOP / "tests" / "headers"
REFERENCES = TOP / "abi-dumps"

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def targets() -> dict[str, tuple[str, list[str]]]:
    """Target -> compiler, layers besides uapi; from the table."""
    found = {}
    for line in (ABI / "targets").read_text().splitlines():
        if not line.startswith("#"):
            name, compiler, _, _, layers, _ = (word.strip() for word in line.split("|"))
            found[name] = compiler, ["glibc", *layers.split()]
    return found


TARGETS = targets()


def compiler_of(target: str) -> str:
    compiler = TARGETS[target][0]
    if target == os.uname().machine and not shutil.which(compiler):
        compiler = "gcc"
    if not shutil.which(compiler.split()[0]):
        pytest.skip(f"there is no {compiler}")
    return compiler


def musl(arch: str) -> Path:
    result = run(TOP / "ci" / "musl", arch)
    if result.returncode != 0:
        pytest.skip(result.stderr.strip())
    return Path(result.stdout.strip())


def port(target: str, libc: str, flags: str) -> "subprocess.CompletedProcess[str]":
    return run(PORT, CONFORM, libc, compiler_of(target), flags)


# ---- what went wrong in the field ---------------------------------------------------

# Folder, target, name that the libc goes by, what is named; nothing else may be accused than
# these structures.
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
        # With the place of the declaration, in this folder.
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


# ---- what is right is not accused ----------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_no_true_layout_is_accused(target: str) -> None:
    for layer in TARGETS[target][1]:
        libc = layer.split("=")[0]
        folder = REFERENCES / target
        result = run(CONFORM, "judge", folder / f"{libc}.abi", folder / "uapi.abi")
        assert result.returncode == 0, result.stdout
        assert " 0 wrong," in result.stdout


def test_port_of_a_target_shows_no_wrong_and_where_the_facts_are() -> None:
    result = port("aarch64", "glibc", "")
    assert result.returncode == 0, result.stdout
    assert "WRONG" not in result.stdout
    paths = re.findall(r"build/port/\S+\.abi", result.stdout)
    assert [Path(path).name for path in paths] == ["glibc.abi", "uapi.abi"]
    for path in paths:
        committed = REFERENCES / "aarch64" / Path(path).name
        assert (TOP / path).read_text() == committed.read_text()


# ---- completeness ---------------------------------------------------------------------

# A line of the table; what DWARF calls the member, by the layers that have it.
LINES = [
    (r"MEMBER__\(ipc_perm, key,", r"ipc_perm\.(__)?key: "),
    (r"MEMBER__\(msqid_ds, msg_cbytes,", r"msqid_ds\.(__)?msg_cbytes: "),
    (r"TYPED\(shmid_ds, shm_nattch,", r"shmid_ds\.shm_nattch: "),
    (r"TIME\(semid_ds, sem_otime,", r"semid_ds\.sem_otime: "),
    (r"NESTED\(msqid_ds, msg_perm,", r"msqid_ds\.msg_perm: "),
    (r"MEMBER\(shminfo, shmall,", r"shminfo\.shmall: "),
    (r"TEXT\(msgbuf, mtext,", r"msgbuf\.mtext: "),
]
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


@needs_elftools
@pytest.mark.parametrize(
    "line, member, target",
    [(*line, "i386") for line in LINES]
    + [(*line, target) for line in LINES[:2] for target in ("x86_64", "aarch64")],
)
def test_a_line_taken_from_the_table_is_missed(
    line: str, member: str, target: str, tmp_path: Path
) -> None:
    for file in ("dump", "probe.h", "types.h", "semun.h", "sysvipc.def"):
        shutil.copy(ABI / file, tmp_path)
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
def test_a_hole_that_nothing_asks_for_is_missed(tmp_path: Path) -> None:
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
    """One of each kind, layer and target; make mutants-abi has more."""
    result = subprocess.run(
        [str(PYTHON), str(TOP / "tests" / "mutants_abi.py"), str(CONFORM), "--each", "1"],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    count = re.search(r"^(\d+) defects, (\d+) caught$", result.stdout, flags=re.M)
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
def test_port_refuses_what_it_cannot_use(arguments: list[str], words: str) -> None:
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
def test_judge_refuses_what_does_not_fit(libc: str, kernel: str, words: str) -> None:
    paths = [REFERENCES / (path if "origin" in path else f"{path}.abi") for path in (libc, kernel)]
    assert_refused(run(CONFORM, "judge", *paths), words)


@needs_elftools
@pytest.mark.parametrize("command", ["complete", "places"])
def test_dwarf_refuses_what_is_no_elf(command: str, tmp_path: Path) -> None:
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


# ---- the binding as a witness -----------------------------------------------------------


def test_the_binding_agrees_with_libcs_headers(tmp_path: Path) -> None:
    """ipc.sizeof, ipc.offsetof and its constants, by the facts of layer glibc."""
    import ipc

    if "musl" in run("gcc", "-dumpmachine").stdout:
        pytest.skip("this libc is not glibc")
    checked = 0
    for line in run(DUMP, "glibc", "gcc").stdout.splitlines():
        kind, name, *words = line.split()
        if kind in ("struct", "union") and words != ["absent"]:
            if name != "msgbuf":  # the binding's has room of its own
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
