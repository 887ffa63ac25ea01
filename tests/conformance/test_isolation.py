# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""If the isolation of a check fails, nothing outside of its namespace changes.

The program runs in a namespace that is made for the test and has foreign limits and objects.
Limits on namespaces, and a preloaded library in which calls fail, cause each kind of failure.  A
check without a namespace does not run.
"""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from limits import HANG
from tree import ARCH, TOP

PROGRAM = TOP / "build" / ARCH / "ipc-conform-dynamic"
HERE = Path(__file__).parent / "isolation"
# Checks that write limits, make namespaces or read all objects, and some others.
CHECKS = (
    "*limit*",
    "*namespace*",
    "*next_id*",
    "*info*",
    "*_stat*",
    "*rmid*",
    "*.capability.*",
    "*.eexist*",
)
# In a few namespaces each check waits until the kernel has freed one, about a second.
WAITING = ("*limit*", "*rmid*", "*.eexist*")

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform-dynamic is not built")


def run_outside(
    tmp_path: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    namespaces: int | None = None,
    user: bool = False,
    checks: tuple[str, ...] = CHECKS,
) -> dict[str, list[dict[str, str]]]:
    """Runs the checks beside foreign objects; returns the results by outcome."""
    output = tmp_path / "run.json"
    program = [str(PROGRAM), "run", "--jobs", "4", "--format", "json", "--output", str(output)]
    program += [word for glob in checks for word in ("--only", glob)]
    if environment:
        program = ["env", *(f"{name}={value}" for name, value in environment.items()), *program]
    inside = [sys.executable, str(HERE / "outside.py"), *program]
    if namespaces is not None:
        limit = f'echo {namespaces} >/proc/sys/user/max_ipc_namespaces && exec "$@"'
        inside = ["sh", "-c", limit, "sh", *inside]
    how = ["--user", "--map-root-user"] if user or namespaces is not None else []
    ended = subprocess.run(
        ["unshare", *how, "--ipc", "--fork", "--mount-proc", "--pid", *inside],
        capture_output=True,
        text=True,
        timeout=HANG,
        env=os.environ | {"PYTHONPATH": str(TOP / "build" / "python")},
    )
    if "unshare failed" in ended.stderr:
        pytest.skip(ended.stderr.strip())
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["changed"] == {}
    assert said["status"] in (0, 4), ended.stderr
    results = json.loads(output.read_text())["runs"][0]["results"]
    outcomes: dict[str, list[dict[str, str]]] = {"passed": [], "failed": [], "skipped": []}
    outcomes["timeout"] = outcomes["failed"]
    for result in results:
        outcomes[result["outcome"]].append(result)
    assert [(one["id"], one["failures"]) for one in outcomes["failed"]] == []
    return outcomes


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("failing") / "failing.so"
    command = ["cc", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", library, HERE / "failing.c", "-ldl"], check=True)
    return library


def fail(library: Path, call: str, error: int, after: int, path: str = "") -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library),
        "FAIL_CALL": call,
        "FAIL_ERRNO": str(error),
        "FAIL_AFTER": str(after),
        "FAIL_PATH": path,
    }


def test_nothing_fails(tmp_path: Path) -> None:
    """This shows that the checks run here."""
    assert len(run_outside(tmp_path)["passed"]) > 100


@pytest.mark.parametrize("namespaces", [2, 3, 5])
def test_few_namespaces(tmp_path: Path, namespaces: int) -> None:
    """The kernel frees a namespace with a delay, and a check waits for that."""
    outcomes = run_outside(tmp_path, namespaces=namespaces, checks=WAITING)
    assert len(outcomes["passed"]) > 50


def test_no_namespaces(tmp_path: Path) -> None:
    outcomes = run_outside(tmp_path, namespaces=1)
    reasons = {result["reason"] for result in outcomes["skipped"]}
    assert any("no IPC namespace" in reason for reason in reasons), reasons


# The first three calls are those of the probe for namespaces.
@pytest.mark.parametrize("after", [0, 3, 20])
@pytest.mark.parametrize("error", [errno.EPERM, errno.EINVAL, errno.ENOSPC, errno.ENOMEM])
def test_unshare_fails(tmp_path: Path, failing: Path, error: int, after: int) -> None:
    outcomes = run_outside(tmp_path, fail(failing, "unshare", error, after))
    reasons = [result["reason"] for result in outcomes["skipped"]]
    assert sum("no IPC namespace" in reason for reason in reasons) > 50
    if after:
        assert any(os.strerror(error) in reason for reason in reasons)


@pytest.mark.parametrize("after", [0, 3, 20])
def test_no_user_namespace(tmp_path: Path, failing: Path, after: int) -> None:
    outcomes = run_outside(tmp_path, fail(failing, "user", errno.EPERM, after), user=True)
    assert any("no IPC namespace" in result["reason"] for result in outcomes["skipped"])


@pytest.mark.parametrize("after", [0, 3, 20])
@pytest.mark.parametrize("path", ["setgroups", "uid_map", "gid_map"])
def test_identities_cannot_be_mapped(
    tmp_path: Path, failing: Path, path: str, after: int
) -> None:
    outcomes = run_outside(tmp_path, fail(failing, "open", errno.EPERM, after, path))
    assert any("no IPC namespace" in result["reason"] for result in outcomes["skipped"])


@pytest.mark.parametrize("after", [8, 40])
def test_fork_fails(tmp_path: Path, failing: Path, after: int) -> None:
    outcomes = run_outside(tmp_path, fail(failing, "fork", errno.EAGAIN, after))
    assert any("fork" in result["reason"] for result in outcomes["skipped"])
