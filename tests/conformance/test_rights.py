# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc-conform without the capabilities of root, and as the first process of a PID namespace."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from limits import HANG
from tree import CONFORM

pytestmark = [
    pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to drop its capabilities"),
]


@pytest.fixture
def program() -> "Iterator[Path]":
    """A copy of ipc-conform that every user may execute."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield Path(shutil.copy(CONFORM, place))


def results(program: Path, *prefix: str) -> "list[dict[str, Any]]":
    """The result of each check, of a run whose exit status is 0."""
    if not shutil.which(prefix[0]):
        pytest.skip(f"no {prefix[0]}")
    command = [*prefix, str(program), "run", "--jobs", "8", "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert ended.returncode == 0, ended.stderr or ended.stdout
    found: "list[dict[str, Any]]" = json.loads(ended.stdout)["runs"][0]["results"]
    return found


def outcomes(found: "list[dict[str, Any]]") -> "dict[str, int]":
    names = [result["outcome"] for result in found]
    return {name: names.count(name) for name in set(names)}


def test_without_capabilities_a_skip_has_a_reason(program: Path) -> None:
    found = results(program, "setpriv", "--bounding-set=-all", "--inh-caps=-all")
    assert outcomes(found)["passed"] > 300
    assert outcomes(found)["skipped"] > 50
    assert all(result["reason"] for result in found if result["outcome"] == "skipped")


def test_as_an_ordinary_user(program: Path) -> None:
    user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    assert outcomes(results(program, "setpriv", *user))["passed"] > 300


def test_as_the_first_process_of_a_container(program: Path) -> None:
    container = ["unshare", "--pid", "--fork", "--mount-proc"]
    tried = subprocess.run([*container, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no container can be started here: {tried.stderr.strip()}")
    found = results(program, *container)
    assert outcomes(found)["passed"] > 500
