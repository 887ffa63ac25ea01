# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""No check fails on a kernel and a machine with unusual settings.

If a setting makes a check skip, the test reads the reason, to see that the setting applies.
"""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from limits import HANG
from test_boot import ARCH, GATE, kernel
from tree import TOP

__all__ = ["kernel"]  # a fixture


class Setting(NamedTuple):
    options: tuple[str, ...]  # of the gate
    programs: str
    checks: tuple[str, ...]
    skipped: dict[str, str]  # a check, and a part of the reason of its skip


SETTINGS = {
    "16 million ids": Setting(
        ("--append", "ipcmni_extend"),
        ARCH,
        ("*.next_id*", "*.ids", "*.limit.full", "*.slot_again", "*.stat.seq", "*.info.goes_down"),
        {"msgget.limit.full": "the kernel has ipcmni_extend"},
    ),
    "no overcommitment": Setting(
        ("--append", "sysctl.vm.overcommit_memory=2"),
        ARCH,
        ("shmget.above_4_gib*", "shmat.enomem*", "shmget.noreserve*"),
        {"shmget.above_4_gib": "vm.overcommit_memory is 2"},
    ),
    "128 MiB": Setting(
        ("--qemu=-m 128",),
        ARCH,
        ("shmat.*", "*.limit*"),
        {"shmat.huge": "vm.nr_hugepages is too low"},
    ),
    "32-bit times after 2038": Setting(
        ("--qemu=-rtc base=2040-01-01T00:00:00",),
        "i386",
        ("*.stat.proc", "*.set.ctime", "*.fields", "*_fields", "*.otime.*", "*.rmid", "ftok.*"),
        {},
    ),
}


def run(kernel: Path, setting: Setting, output: Path) -> Any:
    """The run of the harness in the JSON of the gate."""
    program = TOP / "build" / setting.programs / "ipc-conform"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    select = " ".join(f"--only {check}" for check in setting.checks)
    subprocess.run(
        [str(GATE), str(kernel), ARCH, "--programs", setting.programs, "--no-cost"]
        + [*setting.options, "--select", select, "--output", str(output)],
        cwd=TOP,
        stdout=subprocess.DEVNULL,
        timeout=HANG,
    )
    return json.loads(output.read_text())["runs"][0]


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_fails(kernel: Path, tmp_path: Path, name: str) -> None:
    setting = SETTINGS[name]
    results = run(kernel, setting, tmp_path / "result.json")["results"]
    # On a slow machine, the kernel may log a warning.
    failed = [one for one in results if one["outcome"] == "failed" and one["id"] != "kernel.log"]
    assert [(one["id"], one["failures"]) for one in failed] == []
    reasons = {one["id"]: one["reason"] for one in results if one["outcome"] == "skipped"}
    for check, words in setting.skipped.items():
        assert words in reasons[check]
    passed = [one["id"] for one in results if one["outcome"] == "passed"]
    assert [check for check in passed if not check.startswith("kernel.")]


def test_without_overcommitment_no_two_checks_run_at_once(kernel: Path, tmp_path: Path) -> None:
    """The machine has two processors, and the gate asks for two checks at the same time."""
    setting = SETTINGS["no overcommitment"]._replace(checks=("shmget.*", "semget.*"))
    whole = run(kernel, setting, tmp_path / "result.json")
    checks = [one for one in whole["results"] if not one["id"].startswith("kernel.")]
    assert len(checks) > 100
    assert sum(one["seconds"] for one in checks) <= whole["seconds"]
