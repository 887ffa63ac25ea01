# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The companion distribution that provides the module name sysv_ipc.

With SYSV_IPC=DIR, a source tree of sysv_ipc, the tests and demos of sysv_ipc run with it too.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
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


with_source = pytest.mark.skipif(
    "SYSV_IPC" not in os.environ, reason="SYSV_IPC=DIR: no source of sysv_ipc"
)


@with_source
def test_the_tests_of_sysv_ipc_pass(tmp_path: Path) -> None:
    shutil.copytree(Path(os.environ["SYSV_IPC"]) / "tests", tmp_path / "tests")
    command = [sys.executable, "-m", "unittest", "discover", "-t", ".", "-s", "tests"]
    result = run(*command, cwd=tmp_path, path=f"{SHIM}:{PACKAGE}")
    assert result.returncode == 0, result.stderr
    ran = re.search(r"^Ran (\d+) tests", result.stderr, flags=re.M)
    assert ran and int(ran[1]) > 0


# ---- the demos of sysv_ipc -----------------------------------------------------------------


@pytest.fixture
def demos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demos, which import the companion, and run this interpreter as python."""
    copy = tmp_path / "demos"
    shutil.copytree(Path(os.environ["SYSV_IPC"]) / "demos", copy)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{SHIM}:{PACKAGE}")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    return copy


def start(program: Path) -> "subprocess.Popen[bytes]":
    """Starts a demo; the output goes to a file, because a full pipe would block the demo."""
    with program.with_suffix(".out").open("wb") as out:
        command = [sys.executable, program.name]
        return subprocess.Popen(command, cwd=program.parent, stdout=out, stderr=out)


def finish(process: "subprocess.Popen[bytes]", program: Path) -> str:
    try:
        status = process.wait(HANG)
    finally:
        process.kill()
    text = program.with_suffix(".out").read_text()
    assert status == 0, text[-2000:]
    return text


@with_source
def test_the_demo_of_the_buffer_protocol(demos: Path) -> None:
    program = demos / "buffer_protocol" / "demo.py"
    assert finish(start(program), program).endswith("Done!\n")


@with_source
def test_the_demo_of_the_context_manager(demos: Path) -> None:
    """Half of the time the child raises ValueError on purpose; that is no failure."""
    program = demos / "semaphore_context_manager" / "parent.py"
    text = finish(start(program), program)
    (key,) = re.findall(r"Parent: created semaphore (-?\d+)\.", text)
    assert "Parent: destroying the semaphore." in text
    with pytest.raises(FileNotFoundError):
        ipc.semget(int(key), 0, 0)


# In message_queues/conclusion.py of 6444f4e an assertion compares the message and an added 'x'
# with 32 hexadecimal digits.  It always fails, so the test removes the 'x'.
MISTAKE = "assert(s + 'x' == "


@with_source
@pytest.mark.parametrize("name", ["message_queues", "sem_and_shm"])
def test_the_demos_of_two_programs(name: str, demos: Path) -> None:
    """Each program sends the MD5 of the last message to the other, which checks it.  The test
    changes params.txt of the demo: fewer messages, and the programs use the semaphore."""
    premise, conclusion = (demos / name / f"{word}.py" for word in ("premise", "conclusion"))
    text = conclusion.read_text()
    conclusion.write_text(text.replace(MISTAKE, "assert(s == "))
    params = demos / name / "params.txt"
    params.write_text(params.read_text().replace("ITERATIONS=1000", "ITERATIONS=20")
                      .replace("LIVE_DANGEROUSLY=1", "LIVE_DANGEROUSLY=0"))
    first = start(premise)
    try:
        deadline = time.monotonic() + HANG
        while not re.search("Sending|writing", premise.with_suffix(".out").read_text()):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        said = finish(start(conclusion), conclusion)
    except BaseException:
        first.kill()
        raise
    said += finish(first, premise)
    assert said.count("iteration 19") == 2
    assert "Destroying" in said
