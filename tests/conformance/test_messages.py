# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""An error message of ipc-conform names the option, the bad value, and the allowed ones."""

import subprocess

import pytest
from limits import HANG
from tree import CONFORM

FORMATS = "text, ktap, json, junit, html, ltp"


@pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")
@pytest.mark.parametrize(
    "words, message",
    [
        (["run", "--format", "yaml"], f"--format: invalid value 'yaml' ({FORMATS})"),
        (["report", "--format", "", "x"], f"--format: invalid value '' ({FORMATS})"),
        (["run", "--jobs", "0"], "--jobs: invalid value '0' (1 to 1024)"),
        (["run", "--time-limit", "s"], "--time-limit: invalid value 's' (0.001 to 86400 seconds)"),
        (["coverage", "--seed", "-1"], "--seed: invalid value '-1' (0 to 4294967295)"),
        (["run", "--operations", "x"], "--operations: invalid value 'x' (1 to 10000000)"),
        (["run", *(["--only", "*"] * 1000)], "--only: too many patterns: *"),
        (["run", *(["--format", "json"] * 100)], "too many outputs: json"),
    ],
)
def test_a_bad_value(words: "list[str]", message: str) -> None:
    result = subprocess.run([str(CONFORM), *words], capture_output=True, text=True, timeout=HANG)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"ipc-conform: {message}\n"
