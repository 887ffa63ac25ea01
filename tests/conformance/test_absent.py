# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-conform on kernels that lack calls, and in a chroot that has no other file.

tests/conformance/absent/enosys.c simulates such a kernel: its seccomp filter makes calls fail with
ENOSYS.
"""

import errno
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from limits import HANG
from tree import ARCH, TOP

PROGRAM = TOP / "build" / ARCH / "ipc-conform"
MSG = "msgget msgsnd msgrcv msgctl".split()
SEM = "semget semop semtimedop semctl".split()
SHM = "shmget shmat shmdt shmctl".split()
NAMES = {"msg": "message queues", "sem": "semaphores", "shm": "shared memory"}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces as root"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform is not built"),
]

# Checks of /proc/sys/kernel and of namespaces, which need no call.
OF_PROC = re.compile(r"\.(limit|next_id|namespace|capability)\.|\.clone_newipc$")

# Calls, and the reasons in the results of their checks.
KERNELS: dict[str, tuple[list[str], set[str]]] = {
    "msg": (MSG, {"message queues: not implemented"}),
    "sem": (SEM, {"semaphores: not implemented"}),
    "shm": (SHM, {"shared memory: not implemented"}),
    "msg and shm": (
        MSG + SHM,
        {"message queues: not implemented", "shared memory: not implemented"},
    ),
    "msgrcv": (["msgrcv"], {"msgrcv: not implemented"}),
}


SOURCE = TOP / "tests" / "conformance" / "absent" / "enosys.c"


@pytest.fixture(scope="module")
def enosys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("absent") / "enosys"
    subprocess.run(
        ["gcc", "-static", "-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
        + ["-o", program, SOURCE],
        check=True,
    )
    return program


WAITING = (
    "msgrcv.waiters.order msgrcv.eidrm msgsnd.blocks_until_received semop.waiters.order "
    "semop.waiters.eidrm semop.eintr semop.stop_continue semtimedop.eidrm semop.undo.kill"
).split()


def run(
    program: list[str | Path], *words: str | Path, before: tuple[str, ...] = ()
) -> tuple[int, str]:
    ended = subprocess.run(
        ["unshare", "--ipc", *before, *program, "run", "--jobs", "8", *words],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert ended.stdout, ended.stderr
    return ended.returncode, ended.stdout


def results(text: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for result in json.loads(text)["runs"][0]["results"]:
        found.setdefault(result["outcome"], []).append(result)
    return found


@pytest.mark.parametrize("kernel", KERNELS)
def test_checks_of_other_calls_run(enosys: Path, kernel: str) -> None:
    calls, reasons = KERNELS[kernel]
    status, text = run([enosys, ",".join(calls), PROGRAM], "--format", "json")
    found = results(text)
    assert [(one["id"], one["failures"]) for one in found.get("failed", [])] == []
    assert status == 0
    assert {one["reason"] for one in found["not implemented"]} == reasons
    # The id of a check begins with the call that it tests.
    ran = [one["id"] for one in found["passed"]]
    assert not [one for one in ran if one.split(".")[0] in calls and not OF_PROC.search(one)]
    assert len(ran) > 300
    facts = {fact["name"]: fact["value"] for fact in json.loads(text)["runs"][0]["facts"]}
    for kind, name in NAMES.items():
        mine = [call for call in calls if call.startswith(kind)]
        absent = "msgrcv: not implemented" if mine == ["msgrcv"] else "not implemented"
        assert facts[name] == (absent if mine else "yes")


def test_semop_is_checked_without_semtimedop(enosys: Path) -> None:
    """semtimedop(2) is missing; glibc may call it for semop(3), but semop(2) still works."""
    status, text = run([enosys, "semtimedop", PROGRAM], "--format", "json")
    found = results(text)
    assert status == 0 and "failed" not in found
    absent = {one["id"]: one["reason"] for one in found["not implemented"]}
    reasons = {name: why for name, why in absent.items() if name.endswith(".raw")}
    assert any(name.startswith("semtimedop.") for name in reasons)
    assert "semtimedop: not implemented" in reasons.values()
    passed = [one["id"] for one in found["passed"]]
    assert any(one.startswith("semop.") and one.endswith(".raw") for one in passed)


def test_a_kernel_without_any_call(enosys: Path) -> None:
    program: list[str | Path] = [enosys, ",".join(MSG + SEM + SHM), PROGRAM]
    status, text = run(program, "--format", "json")
    assert status == 4
    found = results(text)
    assert "failed" not in found
    passed = [one["id"] for one in found["passed"] if not OF_PROC.search(one["id"])]
    assert {one.split(".")[0] for one in passed} <= {"ftok", "abi"}


WORDS = "semaphores: not implemented"


@pytest.mark.parametrize("form", ["text", "ktap", "json", "junit", "html", "ltp"])
def test_every_format_has_the_reason(enosys: Path, form: str) -> None:
    only = ("--only", "semget.*", "--only", "msgget.limit*")
    status, text = run([enosys, ",".join(SEM), PROGRAM], *only, "--format", form)
    assert status == 0 and WORDS in text
    if form == "text":
        assert len([line for line in text.splitlines() if WORDS in line]) == 1
        # The run begins with a line about the machine.
        assert text.startswith("message queues   yes\nsemaphores       not implemented\n")


I386 = TOP / "build" / "i386" / "ipc-conform"


@pytest.mark.skipif(not I386.exists(), reason="build/i386/ipc-conform is not built")
@pytest.mark.parametrize("calls", [["shmctl"], SHM, MSG + SHM], ids=["shmctl", "shm", "msg shm"])
def test_a_kernel_with_ipc_2(tmp_path: Path, calls: list[str]) -> None:
    """Without shmctl the program cannot find out which calls accept IPC_64."""
    if not shutil.which("i686-linux-gnu-gcc"):
        pytest.skip("no compiler for i386")
    try:
        subprocess.run([I386, "list"], stdout=subprocess.DEVNULL, check=True)
    except OSError as error:  # a kernel without CONFIG_IA32_EMULATION
        if error.errno != errno.ENOEXEC:
            raise
        pytest.skip(f"this kernel runs no program of i386: {error.strerror}")
    program = tmp_path / "enosys"
    flags = ["-static", "-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
    subprocess.run(["i686-linux-gnu-gcc", *flags, "-o", program, SOURCE], check=True)
    only = ("--only", "msg*", "--only", "sem*", "--only", "shm*", "--only", "observed.*")
    status, text = run([program, ",".join(calls), I386], *only, "--format", "json")
    found = results(text)
    assert [(one["id"], one["failures"]) for one in found.get("failed", [])] == []
    assert status == 0
    for way in (".raw", ".ipc"):
        assert [one for one in found["passed"] if one["id"].endswith(way)]


@pytest.mark.skipif(not I386.exists(), reason="build/i386/ipc-conform is not built")
def test_an_emulator_whose_proc_numbers_calls_otherwise() -> None:
    """In QEMU's user mode, /proc/PID/syscall is that of the host, with numbers of its calls."""
    if not shutil.which("qemu-i386") or ARCH == "i386":
        pytest.skip("no emulator of another architecture")
    only = ("--only", "semop.eintr", "--only", "random.msg", "--only", "random.sem.race")
    status, text = run(["qemu-i386", I386], *only, "--format", "json")
    found = results(text)
    assert status == 0 and [one["id"] for one in found["passed"]] == ["semop.eintr"]
    # Time alone would tell these a blocked process from one that is slow.
    reasons = {one["id"]: one["reason"] for one in found["skipped"]}
    assert set(reasons) == {"random.msg", "random.sem.race"}
    assert set(reasons.values()) == {"/proc has other numbers for the calls than this program"}
    facts = {fact["name"]: fact["value"] for fact in json.loads(text)["runs"][0]["facts"]}
    assert facts["PROC"] == "yes"
    assert facts["blocked processes"].startswith("seen by GETNCNT and GETZCNT")


def test_a_chroot_with_the_program_alone(tmp_path: Path) -> None:
    """The chroot has no /proc and no /tmp, and is not writable."""
    shell = 'mount -t tmpfs none "$0" && cp "$1" "$0/ipc-conform" && mount -o remount,ro "$0"'
    shell += ' && root="$0" && shift && exec chroot "$root" /ipc-conform "$@"'
    ended = subprocess.run(
        ["unshare", "--ipc", "--mount", "sh", "-c", shell, str(tmp_path), str(PROGRAM)]
        + ["run", "--jobs", "8", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert ended.returncode == 0, ended.stderr
    found = results(ended.stdout)
    assert "failed" not in found and "not implemented" not in found
    passed = {one["id"] for one in found["passed"]}
    assert len(passed) > len(found["skipped"])
    # The harness recognises waiting processes without /proc.
    for way in ("", ".raw"):
        assert {f"{name}{way}" for name in WAITING} <= passed
    facts = {fact["name"]: fact["value"] for fact in json.loads(ended.stdout)["runs"][0]["facts"]}
    assert facts["PROC"] == "/proc is not mounted"
    assert facts["blocked processes"].startswith("seen by GETNCNT and GETZCNT")
