# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""No test depends on the speed of the machine: HANG of limits.py is the only time limit."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
FILES = sorted(path for path in HERE.rglob("*.py") if "cache" not in str(path))
# Functions that wait for another process or thread, by the place of their time limit.  The
# module's functions are not listed, because tests of timeouts need numbers.
PROCESSES = {"run", "call", "check_call", "check_output", "communicate"}
WAITS = {"wait", "join"}
# The pause of a loop is shorter than this.
SHORTEST = 1


def is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return is_number(node.left) and is_number(node.right)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and node.value >= SHORTEST
    )


def limits(source: str) -> list[int]:
    """The lines in which a call that waits has a number as its time limit."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in PROCESSES | WAITS:
            continue
        given = [word.value for word in node.keywords if word.arg == "timeout"]
        given += node.args[:1] if name in WAITS else []
        if any(is_number(value) for value in given):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_no_absolute_limit(path: Path) -> None:
    assert limits(path.read_text()) == []


def test_limits_are_found() -> None:
    source = """
subprocess.run(["x"], timeout=5)
process.wait(30)
thread.join(timeout=2 * 60)
process.communicate(b"", timeout=HANG)
stop.wait(0.001)
queue.receive(timeout=60)
", ".join(names)
"""
    assert limits(source) == [2, 3, 4]
