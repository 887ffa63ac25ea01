# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Test vectors: this kernel answers as the model does, and a wrong answer is found."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from limits import HANG

from tree import CONFORM, TOP, assert_refused, run

REPLAY = TOP / "tests" / "conformance" / "replay_vectors.py"
FACILITIES = ("msg", "sem", "shm")

pytestmark = [
    pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built"),
    pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="no /proc/PID/syscall"),
    pytest.mark.usefixtures("alone"),
]


def vector(facility: str, seed: int, operations: int = 300) -> list[dict[str, Any]]:
    words = ("--seed", str(seed), "--operations", str(operations))
    made = run(CONFORM, "vectors", *words, facility)
    assert made.returncode == 0, made.stderr
    return [json.loads(line) for line in made.stdout.splitlines()]


def replay(lines: list[dict[str, Any]], file: Path) -> "subprocess.CompletedProcess[str]":
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return subprocess.run(
        [sys.executable, REPLAY, file], capture_output=True, text=True, timeout=HANG,
        env=os.environ | {"PYTHONPATH": str(TOP / "build" / "python")},
    )


@pytest.mark.parametrize("facility", FACILITIES)
@pytest.mark.parametrize("seed", [1, 2])
def test_this_kernel_agrees(facility: str, seed: int, tmp_path: Path) -> None:
    lines = vector(facility, seed)
    done = replay(lines, tmp_path / "vector")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"{len(lines) - 1} steps agree\n" and len(lines) > 100


def test_wrong_answers_are_found(tmp_path: Path) -> None:
    """A lost byte, a value and an attachment that are not there, a call that does not wait."""
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("msg", "msgsnd", {"msg_cbytes": 101}),
        ("sem", "semop", {"GETALL": [7, 7, 7]}),
        ("shm", "shmat", {"shm_nattch": [9, 9]}),
    ]
    for facility, call, state in wrong:
        lines = vector(facility, 1)
        [line for line in lines if line.get("call") == call][-1].update(state)
        done = replay(lines, tmp_path / facility)
        assert done.returncode == 1 and ", not {" in done.stdout, done.stdout + done.stderr
    lines = vector("sem", 1)
    step = next(
        line for line in lines[1:] if not line["ends"] and "sops" in line and not line["GETALL"][0]
    )
    step["ends"] = [{"process": step["process"], "result": 0}]
    step["sops"] = [{"sem_num": 0, "sem_op": -1, "flags": ["IPC_NOWAIT"]}]
    done = replay(lines, tmp_path / "waits")
    assert done.returncode == 1 and "'error': 'EAGAIN'}, not" in done.stdout, done.stdout


def test_a_seed_repeats_a_vector() -> None:
    for facility in FACILITIES:
        assert vector(facility, 5) == vector(facility, 5)
        assert vector(facility, 5) != vector(facility, 6)


def test_each_kind_of_step_is_in_a_vector() -> None:
    """Signals, ends, blocked calls that go on, and calls that fail."""
    for facility in ("msg", "sem"):
        lines = vector(facility, 1, 1000)[1:]
        assert {line["event"] for line in lines if "event" in line} == {"signal", "kill"}
        errors = {end["error"] for line in lines for end in line["ends"] if "error" in end}
        assert {"EINTR", "EAGAIN"} <= errors
        assert any(len(line["ends"]) > 1 for line in lines)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "vectors takes one facility: msg, sem, shm"),
        (["msg", "sem"], "vectors takes one facility"),
        (["mq"], "no such facility: mq (msg, sem, shm)"),
        (["--seed", "-1", "msg"], "--seed: invalid value '-1' (0 to 4294967295)"),
        (["--operations", "0", "msg"], "--operations: invalid value '0' (1 to 10000000)"),
    ],
)
def test_wrong_arguments(arguments: list[str], words: str) -> None:
    assert_refused(run(CONFORM, "vectors", *arguments), words)
