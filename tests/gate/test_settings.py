# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""No check fails on a kernel and a machine with unusual settings.

If a setting makes a check skip, the test reads the reason, to see that the setting applies.
"""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

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


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_fails(kernel: Path, tmp_path: Path, name: str) -> None:
    setting, output = SETTINGS[name], tmp_path / "result.json"
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
    results = json.loads(output.read_text())["runs"][0]["results"]
    # On a slow machine, the kernel may log a warning.
    failed = [one for one in results if one["outcome"] == "failed" and one["id"] != "kernel.log"]
    assert [(one["id"], one["failures"]) for one in failed] == []
    reasons = {one["id"]: one["reason"] for one in results if one["outcome"] == "skipped"}
    for check, words in setting.skipped.items():
        assert words in reasons[check]
    passed = [one["id"] for one in results if one["outcome"] == "passed"]
    assert [check for check in passed if not check.startswith("kernel.")]
