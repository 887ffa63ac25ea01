# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The command line of ipc-stress, and what it inherits from its parent."""

import pytest

from tree import CONFORM, run

STRESS = CONFORM.parent / "ipc-stress"

pytestmark = pytest.mark.skipif(not STRESS.exists(), reason="ipc-stress is not built")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["-s5", "msg"], "unknown option '-s'"),
        (["-s", "5", "msg"], "unknown option '-s'"),
        (["--rate", "msg"], "unknown option '--rate'"),
        (["msg", "--seed"], "no value after '--seed'"),
        (["msg", "--seconds", "nan"], "--seconds 'nan': allowed: 0.001 to 86400"),
        (["msg", "--rounds", "1.5"], "--rounds '1.5': allowed: 1 to 1000000000"),
        (["msgs"], "program 'msgs': allowed: msg, sem, shm, mixed"),
        (["msg", "sem"], "unexpected argument 'sem'"),
    ],
)
def test_misuse_names_the_word(arguments: list[str], words: str) -> None:
    result = run(STRESS, *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == f"ipc-stress: {words}" + (
        ": allowed: --seconds, --rounds, --seed" if "unknown" in words else ""
    )


@pytest.mark.parametrize(
    "shell, status, words",
    [
        ('exec env --ignore-signal=CHLD "$0" sem --rounds 3', 0, ""),
        ('exec "$0" msg --rounds 1 >/dev/full', 2, "standard output: No space left on device"),
        ('exec "$0" msg --rounds 1 >&-', 2, "standard output is closed"),
    ],
)
def test_what_a_parent_leaves_it(shell: str, status: int, words: str) -> None:
    """A parent that ignores SIGCHLD, a full disk, a closed standard output."""
    result = run("sh", "-c", shell, STRESS)
    assert (result.returncode, words in result.stderr) == (status, True), result.stderr
