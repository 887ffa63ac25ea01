# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The companion distribution that provides the module name sysv_ipc.

With SYSV_IPC=DIR, a source tree of sysv_ipc, the tests of that module run on it too.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from limits import HANG
from tree import TOP

import ipc

SHIM = TOP / "binding" / "shim"
PACKAGE = Path(ipc.__file__).parent.parent


def run(*command: object, cwd: Path, path: str) -> "subprocess.CompletedProcess[str]":
    forgotten = ("MAKEFLAGS", "MAKELEVEL")
    environment = {k: v for k, v in os.environ.items() if k not in forgotten}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=HANG,
    )


def test_the_module_is_the_drop_in(tmp_path: Path) -> None:
    program = "import sysv_ipc, ipc.compat.sysv_ipc as drop_in; print(sysv_ipc is drop_in)"
    result = run(sys.executable, "-c", program, cwd=tmp_path, path=f"{SHIM}:{PACKAGE}")
    assert (result.stdout, result.returncode) == ("True\n", 0), result.stderr


def test_its_version_is_that_of_the_package() -> None:
    project = tomllib.loads((SHIM / "pyproject.toml").read_text())["project"]
    assert project["version"] == ipc.__version__
    assert project["dependencies"] == [f"python-ipc == {ipc.__version__}"]


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("pip", "setuptools", "wheel")),
    reason="a wheel needs pip, setuptools, wheel",
)
def test_its_wheel_has_one_module(tmp_path: Path) -> None:
    shutil.copytree(SHIM, tmp_path / "shim")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps"]
    pip += ["--no-build-isolation", "--wheel-dir", str(tmp_path), "./shim"]
    result = run(*pip, cwd=tmp_path, path="")
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if ".dist-info/" not in name] == ["sysv_ipc.py"]


@pytest.mark.skipif("SYSV_IPC" not in os.environ, reason="SYSV_IPC=DIR: no source of sysv_ipc")
def test_the_tests_of_sysv_ipc_pass(tmp_path: Path) -> None:
    shutil.copytree(Path(os.environ["SYSV_IPC"]) / "tests", tmp_path / "tests")
    command = [sys.executable, "-m", "unittest", "discover", "-t", ".", "-s", "tests"]
    result = run(*command, cwd=tmp_path, path=f"{SHIM}:{PACKAGE}")
    assert result.returncode == 0, result.stderr
    ran = re.search(r"^Ran (\d+) tests", result.stderr, flags=re.M)
    assert ran and int(ran[1]) > 0
