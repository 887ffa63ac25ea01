# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""make install installs the listed files, and pip uninstalls all of them."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from limits import HANG
from tree import ARCH, TOP

import ipc

# The flags of the tree that make builds, so that it builds nothing again.
BUILT = "-O2 -g"
# Arguments of ipc-stress, and the first line of its error.
MISUSES = {
    "": "program '': allowed: msg, sem, shm, mixed",
    "pipe": "program 'pipe': allowed: msg, sem, shm, mixed",
    "msg sem": "unexpected argument 'sem'",
    "msg --turns": "unknown option '--turns': allowed: --seconds, --rounds, --seed",
    "msg --rounds": "no value after '--rounds'",
    "msg --rounds 0.5": "--rounds '0.5': allowed: 1 to 1000000000",
    "msg --rounds -1": "--rounds '-1': allowed: 1 to 1000000000",
    "msg --seconds soon": "--seconds 'soon': allowed: 0.001 to 86400",
    "msg --seconds nan": "--seconds 'nan': allowed: 0.001 to 86400",
    "msg --seed 4294967296": "--seed '4294967296': allowed: 0 to 4294967295",
}
NEEDED = ("pip", "setuptools", "wheel", "venv")

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED)
    or not shutil.which("gcc")
    or not shutil.which("make"),
    reason=f"make install needs make, gcc, {', '.join(NEEDED)}",
)


def run(*command: object) -> str:
    """Run a command that must succeed, without the settings of make and of this test run."""
    forgotten = ("MAKEFLAGS", "MAKELEVEL", "PYTHONPATH", "CC", "CFLAGS", "CPPFLAGS", "LDFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in forgotten}
    result = subprocess.run(
        [str(word) for word in command],
        cwd=TOP,
        env=environment | {"CFLAGS": "-O0 -g0"},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


# pip leaves the folders of files that are not in a package.
MANUALS = {"share", "share/man", "share/man/man1"}


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return PACKAGE=FOLDER for make; the other tests import another build."""
    return f"PACKAGE={tmp_path_factory.mktemp('package') / 'python'}"


def test_pip_uninstalls_what_make_installed(package: str, tmp_path: Path) -> None:
    """make install, run twice in a virtual environment, replaces the first installation."""
    environment = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", environment)
    python = environment / "bin" / "python"
    before = files_below(environment)
    for _ in range(2):
        run("make", "-s", "install", f"PYTHON={python}", package)
    program = "import ipc, importlib.metadata as m; print(m.version('python-ipc'), ipc.__file__)"
    version, file = run(python, "-c", program).split()
    assert version == ipc.__version__
    assert Path(file).is_relative_to(environment)
    page = environment / "share" / "man" / "man1" / "python-ipc.1"
    assert page.read_bytes() == (TOP / "binding" / "python-ipc.1").read_bytes()
    run(python, "-m", "pip", "uninstall", "-y", "python-ipc")
    assert files_below(environment) - MANUALS == before


def test_destdir_gets_all_files_and_no_path_of_the_build(package: str, tmp_path: Path) -> None:
    folder = tmp_path / "dest"
    run("make", "-s", "install", f"PYTHON={sys.executable}", f"DESTDIR={folder}", package)
    (metadata,) = folder.rglob("*.dist-info")
    site = metadata.parent
    recorded = {line.rsplit(",", 2)[0] for line in (metadata / "RECORD").open()}
    present = {os.path.relpath(p, site) for p in folder.rglob("*") if p.is_file()}
    assert present == recorded
    assert any(name.endswith("/share/man/man1/python-ipc.1") for name in recorded)
    assert {"ipc/__init__.py", "ipc/__init__.pyi", "ipc/_ipc.abi3.so", "ipc/py.typed"} < recorded
    for path in filter(Path.is_file, metadata.rglob("*")):
        assert str(TOP) not in path.read_text(), path


def test_the_programs_are_installed_with_their_manual_pages(tmp_path: Path) -> None:
    """All files are below PREFIX, the program runs, and man(1) can read the pages."""
    folder = tmp_path / "dest"
    variables = [f"DESTDIR={folder}", "PREFIX=/opt/ipc", f"CFLAGS={BUILT}"]
    run("make", "-s", "do-install-conform", *variables)
    place = folder / "opt" / "ipc"
    assert {path.name for path in folder.iterdir()} == {"opt"}
    programs = {path.name for path in (place / "bin").iterdir()}
    assert programs == {"ipc-conform", "ipc-conform-dynamic", "ipc-btf", "ipc-stress"}
    listed = run(place / "bin" / "ipc-conform", "list")
    assert listed == run(TOP / "build" / ARCH / "ipc-conform", "list")
    for name in programs:
        page = place / "share" / "man" / "man1" / f"{name}.1"
        assert ".Sh NAME" in page.read_text(), name
    assert (place / "share" / "ipc-conform" / "runtest" / "ipc-conform").is_file()
    for arguments, message in MISUSES.items():
        words = [str(place / "bin" / "ipc-stress"), *arguments.split()]
        done = subprocess.run(words, capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.splitlines()[0] == f"ipc-stress: {message}"
