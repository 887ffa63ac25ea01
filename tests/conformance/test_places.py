# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-conform in environments where some checks cannot run: these are skipped, and none fails.

Each program runs in an IPC namespace that is made for the test.
"""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from limits import HANG
from tree import ARCH, TOP

PROGRAM = TOP / "build" / ARCH / "ipc-conform"
NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"
FULL = "echo 1 >/proc/sys/user/max_ipc_namespaces"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces as root"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform is not built"),
]

# For each environment, options of unshare, shell commands before the program, a part of the reason
# of a skip, and the least number of checks that pass.
PLACES = {
    "PID namespace without its /proc": ("--pid --fork", "", "another PID namespace", 500),
    "/proc with subset=pid": (
        "--mount --pid --fork",
        "mount -t proc -o subset=pid proc /proc &&",
        "no /proc/sys",
        500,
    ),
    "no /proc": ("--mount", "mount -t tmpfs none /proc &&", "not mounted", 400),
    "unmapped user": ("", f"{NOBODY} unshare --user", "no mapping", 400),
    "RLIMIT_MEMLOCK 0": ("", "prlimit --memlock=0 --", "RLIMIT_MEMLOCK", 700),
    "RLIMIT_AS 64 MiB": ("", "prlimit --as=67108864 --", "", 700),
    "RLIMIT_NOFILE 6": ("", "ulimit -n 6 &&", "RLIMIT_NOFILE", 700),
    "RLIMIT_SIGPENDING 0": ("", "prlimit --sigpending=0 --", "", 700),
    "shm_rmid_forced of others": (
        "--user --map-root-user",
        f"{FULL}; echo 1 >/proc/sys/kernel/shm_rmid_forced;",
        "shm_rmid_forced is 1",
        300,
    ),
    "shmmax of others": (
        "--user --map-root-user",
        f"{FULL}; echo 5000 >/proc/sys/kernel/shmmax;",
        "shmmax is 5000",
        300,
    ),
    "msgmax of others": (
        "--user --map-root-user",
        f"{FULL}; echo 100 >/proc/sys/kernel/msgmax;",
        "msgmax is 100",
        300,
    ),
    "semaphore sets of others": (
        "--user --map-root-user",
        f"{FULL}; echo 10 100 10 3 >/proc/sys/kernel/sem;",
        "semmsl (kernel.sem) is 10",
        300,
    ),
}


def run(options: str, before: str, *more: str) -> dict[str, list[dict[str, str]]]:
    """The results of a run in such a place by outcome."""
    script = f'{before} "$@"'
    ended = subprocess.run(
        ["unshare", "--ipc", *options.split(), "sh", "-c", script, "sh", str(PROGRAM), "run"]
        + ["--format", "json", "--jobs", "8", *more],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert ended.stdout, ended.stderr
    outcomes: dict[str, list[dict[str, str]]] = {"passed": [], "failed": [], "skipped": []}
    outcomes["timeout"] = outcomes["failed"]
    for result in json.loads(ended.stdout)["runs"][0]["results"]:
        outcomes[result["outcome"]].append(result)
    return outcomes


@pytest.mark.parametrize("place", PLACES)
def test_nothing_fails(place: str) -> None:
    options, before, reason, least = PLACES[place]
    outcomes = run(options, before)
    assert [(one["id"], one["failures"]) for one in outcomes["failed"]] == []
    assert len(outcomes["passed"]) >= least
    assert any(reason in one["reason"] for one in outcomes["skipped"])


BLOCKED = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])
"""
OF_SIGNALS = [
    word
    for glob in ("*eintr*", "semop.undo.*", "shmdt.segv*", "msgrcv.waiters.*")
    for word in ("--only", glob)
]


def test_signals_that_the_caller_ignores_and_blocks() -> None:
    """If the program inherited these, the run could wait for ever, or a check miss its signal."""
    usual = run("", "", *OF_SIGNALS)
    blocked = run("", f"{sys.executable} -c '{BLOCKED}'", *OF_SIGNALS)
    assert [(one["id"], one["failures"]) for one in blocked["failed"]] == []
    assert [one["id"] for one in blocked["passed"]] == [one["id"] for one in usual["passed"]]


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_few_processes(processes: int) -> None:
    """Checks that RLIMIT_NPROC prevents do not fail."""
    limit = ["prlimit", f"--nproc={processes}", "--"]
    ended = subprocess.run(
        ["unshare", "--ipc", *NOBODY.split(), *limit, str(PROGRAM), "run", "--jobs", "2"]
        + ["--only", "msgget.e*", "--only", "msgrcv.eidrm*"],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert ended.returncode in ((2,) if processes == 1 else (0, 2, 4)), ended.stdout
    if ended.returncode == 2:
        assert ended.stderr.endswith(f"cannot run: {os.strerror(errno.EAGAIN)}\n")


DENIED = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:  # PR_SET_MDWE
    sys.exit("no PR_SET_MDWE")
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_memory_that_may_not_be_written_and_executed() -> None:
    """As systemd's MemoryDenyWriteExecute and SELinux's execmem do, PR_SET_MDWE denies SHM_EXEC."""
    try:
        outcomes = run("", f"{sys.executable} -c '{DENIED}'", "--only", "shmat*")
    except AssertionError as error:
        if "no PR_SET_MDWE" in str(error):
            pytest.skip("no PR_SET_MDWE (Linux 6.3)")
        raise
    assert [(one["id"], one["failures"]) for one in outcomes["failed"]] == []
    skipped = {one["id"]: one["reason"] for one in outcomes["skipped"]}
    assert "both writable and executable" in skipped["shmat.exec"]


BOTH = """
echo 1 >/proc/sys/user/max_ipc_namespaces
for name in a b; do
    unshare --pid --fork --mount-proc "$@" --output "$FOLDER/$name" &
done
wait
"""
KEYS = [word for call in ("msg", "sem", "shm") for word in ("--only", f"{call}get.*")]


def test_two_runs_of_two_pid_namespaces(tmp_path: Path) -> None:
    """Two runs have equal process ids and the same objects, as in two containers of a pod."""
    for _ in range(3):
        subprocess.run(
            ["unshare", "--user", "--map-root-user", "--ipc", "sh", "-c", BOTH, "sh"]
            + [str(PROGRAM), "run", "--jobs", "8", "--format", "json", *KEYS],
            env=os.environ | {"FOLDER": str(tmp_path)},
            check=True,
            timeout=HANG,
        )
        for name in "ab":
            results = json.loads((tmp_path / name).read_text())["runs"][0]["results"]
            assert [one["id"] for one in results if one["outcome"] == "failed"] == []
            assert any(one["outcome"] == "passed" for one in results)


def test_no_capabilities() -> None:
    """Root without capabilities, in a namespace that the program did not make."""
    outcomes = run("", "setpriv --bounding-set=-all --inh-caps=-all")
    assert [(one["id"], one["failures"]) for one in outcomes["failed"]] == []
    assert len(outcomes["passed"]) >= 500


def test_soft_limits_are_raised() -> None:
    """The program raises soft limits, so only a low hard limit makes checks skip."""
    only = [word for glob in ("shm*", "random*", "ftok*", "msgget*") for word in ("--only", glob)]
    soft = "prlimit --nofile=6: --memlock=0: --as=67108864: --sigpending=0: --"
    usual, low = run("", "", *only), run("", soft, *only)
    assert low["failed"] == []
    assert [(one["id"], one["reason"]) for one in low["skipped"]] == [
        (one["id"], one["reason"]) for one in usual["skipped"]
    ]


def test_a_full_disk_is_named() -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            ["unshare", "--ipc", PROGRAM, "run", "--only", "ftok.*"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
        )
    assert ended.returncode == 2
    assert "No space left on device" in ended.stderr


def read_maps(stop: threading.Event) -> None:
    """Reads the maps of every process, as ps, top and monitoring agents do."""
    while not stop.is_set():
        for folder in Path("/proc").glob("[0-9]*"):
            for name in ("smaps", "environ"):
                try:
                    (folder / name).read_bytes()
                except OSError:
                    pass  # the process has ended


def test_readers_of_proc() -> None:
    """If a process ends while another reads its smaps, the reader makes the last detachment."""
    stop = threading.Event()
    readers = [threading.Thread(target=read_maps, args=(stop,)) for _ in range(2)]
    checks = ("shmat.nattch.exit", "shmdt.fields", "shmctl.rmid.forced_creator")
    only = [word for check in checks for word in ("--only", f"{check}*")]
    for reader in readers:
        reader.start()
    try:
        failed = [one for _ in range(30) for one in run("", "", *only)["failed"]]
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failed == []
