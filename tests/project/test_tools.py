# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The output and exit status of dump, compare-dumps, ipc-conform and make abi."""

import json
import platform
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from tree import ARCH, CONFORM, DUMP, REFERENCES, TOP, assert_refused, run


pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def test_make_alone_builds_the_harness_and_the_package() -> None:
    result = run("make", "-n")
    assert result.returncode == 0, result.stderr
    assert "ci/setup build" in result.stdout and "harness python" in result.stdout


# ---- dumps ---------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["glibc", "uapi"])
def test_dump_agrees_with_the_reviewed_reference(layer: str, tmp_path: Path) -> None:
    reference = REFERENCES / f"{layer}.abi"
    if not reference.exists():
        pytest.skip(f"no reference for {ARCH}")
    dump = tmp_path / "dump"
    dump.write_text(run(DUMP, layer, "gcc").stdout)
    result = run(CONFORM, "diff", reference, dump)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("layer", ["glibc", "uapi"])
def test_every_compiler_and_every_run_give_the_same_dump(layer: str) -> None:
    if not shutil.which("clang"):
        pytest.skip("no clang")
    first = run(DUMP, layer, "gcc")
    assert first.returncode == 0 and first.stdout.endswith(" facts\n")
    assert run(DUMP, layer, "gcc").stdout == first.stdout
    assert run(DUMP, layer, "clang").stdout == first.stdout


# A small libc for this test, with one fact of each kind.
HEADERS = {
    "time.h": "",
    "sys/types.h": "typedef int key_t; typedef unsigned char mode_t; typedef unsigned long size_t;",
    "sys/syscall.h": "#define SYS_msgget 68",
    "sys/ipc.h": """
        #define IPC_CREAT 01000
        #define IPC_PRIVATE ((key_t) -1)
        struct ipc_perm { key_t __key; unsigned short uid; short gid; char __pad2; };
    """,
    "sys/msg.h": """
        #define SHMMAX (~0UL - 1)
        struct msgbuf { long mtype; char mtext[1]; };
    """,
    "sys/sem.h": """
        struct semid_ds { struct ipc_perm sem_perm; long long sem_otime; };
        struct seminfo { int semmap; };
    """,
    "sys/shm.h": "int page(void);\n#define SHMLBA (page())",
}

# Derived by hand from these declarations for a 64-bit target.
FACTS = """\
const   IPC_CREAT              512
const   IPC_PRIVATE            -1
const   SHMLBA                 run
const   SHMMAX                 18446744073709551614
const   __BYTE_ORDER__         1234
const   __SIZEOF_LONG__        8
member  ipc_perm.__pad2        offset 8 size 1 pad
member  ipc_perm.gid           offset 6 size 2 signed
member  ipc_perm.key           offset 0 size 4 signed
member  ipc_perm.uid           offset 4 size 2 unsigned
member  msgbuf.mtext           offset 8 size 1 array
member  msgbuf.mtype           offset 0 size 8 signed
member  semid_ds.sem_otime     offset 16 size 8 signed
member  semid_ds.sem_perm      offset 0 size 12 struct
member  seminfo.semmap         offset 0 size 4 signed
member  semun.__buf            offset 0 size 8 pointer
member  semun.array            offset 0 size 8 pointer
member  semun.buf              offset 0 size 8 pointer
member  semun.val              offset 0 size 4 signed
struct  ipc_perm               size 12 align 4
struct  msgbuf                 size 16 align 8
struct  semid_ds               size 24 align 8
struct  seminfo                size 4 align 4
syscall msgget                 68
type    key_t                  size 4 signed
type    mode_t                 size 1 unsigned
type    size_t                 size 8 unsigned
union   semun                  size 8 align 8
"""


@pytest.mark.skipif(
    platform.architecture()[0] != "64bit" or sys.byteorder != "little",
    reason="the facts are of 64 bits, the least byte first",
)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_dump_of_a_known_libc(compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    for name, text in HEADERS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("#pragma once\n" + text)
    result = run(DUMP, "musl", compiler, "-nostdinc", "-isystem", tmp_path)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines(keepends=True)
    assert "".join(line for line in lines[:-1] if not line.endswith(" absent\n")) == FACTS
    assert lines[-1] == f"# {len(lines) - 1} facts\n"


@pytest.fixture
def system_headers(tmp_path: Path) -> Path:
    """A copy of <sys/msg.h> and of the headers that it includes, which tests change."""
    include = Path("/usr/include")
    multiarch = next(include.glob("*-linux-gnu*/bits/msq.h"), include / "bits/msq.h").parent.parent
    for name in ("sys/msg.h", "bits/msq.h", "bits/types/struct_msqid_ds.h"):
        if not (multiarch / name).exists():
            pytest.skip(f"this libc has no {name}")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(multiarch / name, tmp_path / name)
    return tmp_path


def break_header(header: Path, pattern: str, replacement: str) -> None:
    text, n = re.subn(pattern, replacement, header.read_text(), flags=re.S)
    assert n > 0, f"{pattern} is not in {header}"
    header.write_text(text)


def make_abi(headers: Path) -> "subprocess.CompletedProcess[str]":
    return run("make", "abi", f"CPPFLAGS=-isystem {headers}")


def test_make_abi_names_swapped_members(system_headers: Path) -> None:
    break_header(
        system_headers / "sys" / "msg.h",
        r"(__syscall_slong_t mtype;[^\n]*\n)(\s*char mtext\[1\];[^\n]*\n)",
        r"\2\1",
    )
    result = make_abi(system_headers)
    assert result.returncode != 0
    assert "msgbuf.mtype: was offset 0 size 8 signed, is offset 8" in result.stdout


def test_make_abi_names_a_member_that_moved(system_headers: Path) -> None:
    break_header(
        system_headers / "bits" / "types" / "struct_msqid_ds.h",
        r"(msgqnum_t msg_qnum;[^\n]*\n)(\s*msglen_t msg_qbytes;[^\n]*\n)",
        r"\2\1",
    )
    result = make_abi(system_headers)
    assert result.returncode != 0
    assert "msqid_ds.msg_qnum: was" in result.stdout
    assert "msqid_ds.msg_qbytes: was" in result.stdout


def test_make_abi_names_a_constant_that_changed(system_headers: Path) -> None:
    break_header(system_headers / "bits" / "msq.h", r"MSG_EXCEPT\t020000", "MSG_EXCEPT\t030000")
    result = make_abi(system_headers)
    assert result.returncode != 0
    assert "const MSG_EXCEPT: was 8192, is 12288" in result.stdout


def test_make_abi_agrees_with_unchanged_headers(system_headers: Path) -> None:
    result = make_abi(system_headers)
    assert result.returncode == 0, result.stdout
    assert "differs" not in result.stdout


# ---- bad input: one clear line, exit status 2 ------------------------------------


@pytest.fixture
def cut_dump(tmp_path: Path) -> Path:
    """A dump without its last lines."""
    whole = run(CONFORM, "dump").stdout.splitlines(keepends=True)
    path = tmp_path / "cut"
    path.write_text("".join(whole[:-5]))
    return path


def test_a_dump_cut_short_is_refused(cut_dump: Path) -> None:
    assert_refused(run(CONFORM, "diff", cut_dump, cut_dump), str(cut_dump))


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "--only", "msgget.no_such_check"], "msgget.no_such_check"),
        (["run", "--skip", "no.such"], "no.such"),
        (["run", "--format", "yaml"], "yaml"),
        (["run", "--jobs", "0"], "0"),
        (["run", "--jobs", "many"], "many"),
        (["run", "--time-limit", "-1"], "-1"),
        (["run", "--seed", "-1"], "-1"),
        (["run", "--operations", "0"], "0"),
        (["run", "--output", "/no/such/folder/x", "--only", "abi.*"], "/no/such/folder/x"),
        (["run", "--output", "/dev/full", "--only", "abi.*"], "/dev/full"),
        (["run", "extra"], "extra"),
        (["report"], "no RESULT.json"),
        (["report", "/no/such/file"], "/no/such/file"),
        (["report", "/dev/null"], "/dev/null"),
        (["dump", "--layer", "beos"], "beos"),
        (["diff", "one"], "two files"),
        (["diff", "/no/a", "/no/b"], "/no/a"),
        (["list", "x"], "no arguments"),
        (["list", "--format", "html"], "list --format takes text or json, not: html"),
    ],
)
def test_misuse_is_one_line_and_status_2(arguments: list[str], words: str) -> None:
    assert_refused(run(CONFORM, *arguments), words)


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["run", "--no-such-option"]])
def test_misuse_of_the_command_line_is_status_2(arguments: list[str]) -> None:
    assert run(CONFORM, *arguments).returncode == 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["glibc", "no-such-compiler"], "no-such-compiler"),
        (["glibc", "false"], "false"),
        (["beos", "gcc"], "beos"),
        (["glibc", "gcc", "-nostdinc"], "time.h"),
        (["glibc", "gcc", "-fno-such-flag"], "-fno-such-flag"),
        (["glibc"], "usage"),
    ],
)
def test_dump_refuses_what_it_cannot_compile(arguments: list[str], words: str) -> None:
    assert_refused(run(DUMP, *arguments), words)


def test_make_abi_without_a_compiler() -> None:
    result = run("make", "abi", "CC=no-such-compiler")
    assert result.returncode == 2
    assert "no-such-compiler" in result.stderr


def test_make_conform_into_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("make", "conform", f"REPORT={tmp_path}/file/report")
    assert result.returncode == 2
    assert f"{tmp_path}/file" in result.stderr


# ---- results ----------------------------------------------------------------------


def count_ktap(text: str) -> tuple[int, int, int]:
    lines = [line for line in text.splitlines() if re.match(r"\s*(not )?ok ", line)]
    assert re.match(r"KTAP version 1\n", text)
    skipped = sum("# SKIP" in line for line in lines)
    failed = sum(line.lstrip().startswith("not ok") for line in lines)
    return len(lines) - skipped - failed, failed, skipped


def count_junit(text: str) -> tuple[int, int, int]:
    cases = list(ElementTree.fromstring(text).iter("testcase"))
    failed = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def count_json(text: str) -> tuple[int, int, int]:
    outcomes = [r["outcome"] for run in json.loads(text)["runs"] for r in run["results"]]
    return tuple(outcomes.count(word) for word in ("passed", "failed", "skipped"))  # type: ignore


def count_text(text: str) -> tuple[int, int, int]:
    passed, failed, skipped = re.findall(r"\d+", text.splitlines()[-1])
    return int(passed), int(failed), int(skipped)


def count_ltp(text: str) -> tuple[int, int, int]:
    words = tuple(text.count(word) for word in ("TPASS", "TFAIL", "TSKIP"))
    summary = re.search(
        r"Summary:\npassed +(\d+)\nfailed +(\d+)\nbroken +0\nskipped +(\d+)\nwarnings +0\n", text
    )
    assert summary and tuple(map(int, summary.groups())) == words
    return words  # type: ignore


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_every_format_of_one_run_has_the_same_counts(user: str, public: Path) -> None:
    """Also for the user nobody, for whom some checks are skipped."""
    become = as_nobody() if user == "nobody" else []
    names = {"ktap": "a.ktap", "json": "a.json", "junit": "a.xml", "html": "a.html", "text": "a"}
    names["ltp"] = "a.ltp"
    outputs = [
        word
        for name, file in names.items()
        for word in ("--format", name, "--output", public / file)
    ]
    # Only a kernel with fault injection runs the checks *.allocation_fails.
    only = ["--only", "msgget.*", "--skip", "*.allocation_fails"]
    result = run(*become, public / "ipc-conform", "run", *only, *outputs)
    assert result.returncode == 0, result.stderr
    texts = {name: (public / file).read_text() for name, file in names.items()}
    counts = count_json(texts["json"])
    assert sum(counts) > 0
    limited = user == "nobody" or not may_become_another() or not may_have_a_user_namespace()
    assert (counts[2] > 0) == limited
    assert count_ktap(texts["ktap"]) == counts
    assert count_junit(texts["junit"]) == counts
    assert count_text(texts["text"]) == counts
    assert count_ltp(texts["ltp"]) == counts
    for outcome, number in zip(("passed", "failed", "skipped"), counts):
        assert re.search(rf"{number}\s*(</?\w+[^>]*>\s*)*{outcome}", texts["html"]), outcome


AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def may_become_another() -> bool:
    """Return whether root may become another user; a user namespace may map only one user."""
    return run(*AS_NOBODY, "true").returncode == 0


def may_have_a_user_namespace() -> bool:
    """Return whether a user namespace can be made; in a chroot it cannot (user_namespaces(7))."""
    return run("unshare", "--user", "true").returncode == 0


def as_nobody() -> list[str]:
    if not may_become_another():
        pytest.skip("root cannot become another user here")
    return AS_NOBODY


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder with the program; every user may search and write the folder."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(folder.stat().st_mode | stat.S_IRWXO)
    shutil.copy(CONFORM, folder)
    yield folder
    shutil.rmtree(folder)


def test_a_run_that_is_all_skipped_has_status_4(public: Path) -> None:
    result = run(*as_nobody(), public / "ipc-conform", "run", "--only", "msgget.eacces*")
    assert result.returncode == 4
    assert "run as root" in result.stdout


def test_a_check_that_fails_is_status_1_and_diff_says_what_changed(tmp_path: Path) -> None:
    """No check fails here, so the test changes the result of one that passed."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    only = ["--only", "msgget.eexist", "--format", "json", "--output"]
    assert run(CONFORM, "run", *only, good).returncode == 0
    record = json.loads(good.read_text())
    result = record["runs"][0]["results"][0]
    result["outcome"], result["nfailures"] = "failed", 1
    result["failures"] = [{"where": "x.c:1", "what": "w", "expected": "EEXIST", "seen": "0"}]
    counts = {"passed": 0, "failed": 1, "skipped": 0}
    record["runs"][0]["counts"] = counts
    record["runs"][0]["levels"] = dict.fromkeys(record["runs"][0]["levels"], counts)
    bad.write_text(json.dumps(record))
    assert run(CONFORM, "report", bad).returncode == 1
    difference = run(CONFORM, "diff", good, bad)
    assert difference.returncode == 1
    assert "msgget.eexist: passed, now fails" in difference.stdout


def test_list_is_sorted_and_has_file_and_line() -> None:
    lines = run(CONFORM, "list").stdout.splitlines()
    ids = [line.split()[0] for line in lines]
    assert ids == sorted(set(ids))
    assert all(re.search(r"\[[^\]]+\]$", line) for line in lines)
    # The first line of a check has its id, or the macro that makes it from a table.
    for line in lines:
        path, number = line.split()[1].split(":")
        begin = (TOP / path).read_text().splitlines()[int(number) - 1]
        assert "(" in begin and not begin.startswith((" ", "/")), line


def test_list_as_json_has_every_field() -> None:
    lines = run(CONFORM, "list").stdout.splitlines()
    document = json.loads(run(CONFORM, "list", "--format", "json").stdout)
    assert document["schema"] == "ipc-conform-list/1"
    for line, check in zip(lines, document["checks"], strict=True):
        place = f"{check['file']}:{check['line']}"
        last = f"[{check['level']}: {check['source']}]"
        assert line == f"{check['id']:<44} {place:<40} {check['title']} {last}"
        suffix = "" if check["calls"] == "libc" else f".{check['calls']}"
        assert check["id"] == check["check"] + suffix
    needs = {check["id"]: check["needs"] for check in document["checks"]}
    header = (TOP / "conformance" / "harness" / "conform.h").read_text()
    known = set(re.findall(r"^\tX\((\w+)\)", header, re.M))
    assert set().union(*needs.values()) <= known
    assert "LIMITS" in needs["msgget.enospc"] and needs["msgget.eexist"] == []


def test_the_observed_layer_is_a_dump(tmp_path: Path) -> None:
    dump = tmp_path / "observed"
    dump.write_text(run(CONFORM, "dump", "--layer", "observed").stdout)
    assert "wrote   msgctl.IPC_STAT.raw" in dump.read_text()
    assert run(CONFORM, "diff", dump, dump).returncode == 0
