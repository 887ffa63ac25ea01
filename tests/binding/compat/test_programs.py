# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Programs that were written for sysv_ipc run with their import line changed."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from compat.conftest import OURS, THEIRS, THERE_IS_NONE
from limits import HANG

PROGRAMS = Path(__file__).with_name("programs")
BOTH = [
    pytest.param(*pair, id="-".join(pair), marks=[THERE_IS_NONE] if THEIRS in pair else [])
    for pair in itertools.product([OURS, THEIRS], repeat=2)
]


class Program:
    """A program with its one import line changed to another module's."""

    def __init__(self, path: Path, name: str, module: str, *arguments: object) -> None:
        text, changed = re.subn(
            "^import sysv_ipc$",
            f"import {module} as sysv_ipc",
            (PROGRAMS / name).read_text(),
            flags=re.M,
        )
        assert changed == 1
        file = path / name
        file.write_text(text)
        command = [sys.executable, "-W", "error", file, *arguments]
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def first_line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def rest(self) -> list[str]:
        output, _ = self.process.communicate(timeout=HANG)
        assert self.process.returncode == 0, output
        return list(output.splitlines())


@pytest.mark.parametrize(("first", "second"), BOTH)
def test_semaphores_and_shared_memory(
    alone: None, tmp_path: Path, key: int, first: str, second: str
) -> None:
    with Program(tmp_path, "producer.py", first, key, 20) as producer:
        assert producer.first_line() == "made\n"
        with Program(tmp_path, "consumer.py", second, key) as consumer:
            lines = [f"line {n}" for n in range(20)]
            assert consumer.rest() == [*lines, "end", "no third semaphore"]
            assert producer.rest() == ["removed"]


@pytest.mark.parametrize(("first", "second"), BOTH)
def test_a_queue(alone: None, tmp_path: Path, key: int, first: str, second: str) -> None:
    with Program(tmp_path, "server.py", first, key) as server:
        assert server.first_line() == "made\n"
        with Program(tmp_path, "client.py", second, key, "one", "two", "quit") as client:
            assert client.rest() == ["ONE", "TWO", "QUIT", "no other answer"]
            assert server.rest() == ["removed"]
