# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ci/setup waits for another apt, ci/interpreters for another run, and both print that."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from limits import HANG
from tree import ARCH, TOP, fetched

as_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("apt-get"), reason="ci/setup calls apt as root alone"
)

# apt's state in a folder without sources, so nothing can be installed.
APT_CONF = """
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "/dev/null";
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists";
Dir::State::Status "{folder}/dpkg/status";
Dir::Cache "{folder}";
Dir::Cache::Archives "{folder}/archives";
Dir::Bin::dpkg "/bin/false";
"""


@pytest.fixture
def setup(tmp_path: Path) -> "list[str]":
    """ci/setup with the state of apt in this folder; pkg-config does not find check."""
    for name in ("lists/partial", "archives/partial", "dpkg"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dpkg/status").touch()
    (tmp_path / "apt.conf").write_text(APT_CONF.format(folder=tmp_path))
    nothing = f"PKG_CONFIG_LIBDIR={tmp_path}"
    return ["env", nothing, f"APT_CONFIG={tmp_path}/apt.conf", str(TOP / "ci/setup"), "conform"]


@as_root
def test_packages_that_apt_could_not_install_are_named(setup: "list[str]") -> None:
    ended = subprocess.run(setup, capture_output=True, text=True, timeout=HANG)
    assert ended.returncode == 2
    assert "Unable to locate package check" in ended.stderr
    assert "apt could not install: check" in ended.stderr
    assert "waits" not in ended.stderr


@as_root
@pytest.mark.parametrize("lock", ["lists/lock", "dpkg/lock-frontend"])
def test_it_waits_for_a_lock_of_another_apt(setup: "list[str]", tmp_path: Path, lock: str) -> None:
    with (tmp_path / lock).open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        with subprocess.Popen(setup, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            said = process.stderr.readline()
            fcntl.lockf(file, fcntl.LOCK_UN)
            _, rest = process.communicate(timeout=HANG)
    assert "make conform: waits for another apt: Could not get lock" in said
    assert str(tmp_path / lock) in said
    # It continued after the lock was released.
    assert "Unable to locate package check" in rest
    assert process.returncode == 2


@pytest.mark.skipif(
    not shutil.which("flock") or not shutil.which("dpkg-deb"), reason="ci/interpreters is Debian's"
)
def test_interpreters_are_fetched_by_one_run_at_a_time(tmp_path: Path) -> None:
    command = ["env", f"CACHE={tmp_path}", "SUITES=bookworm", f"MIRROR=file://{tmp_path}/none"]
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with subprocess.Popen(
            [*command, str(TOP / "ci/interpreters"), "9.9"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            said = process.stdout.readline()
            # The other run completes the folder of the suite and ends.
            (tmp_path / "bookworm").mkdir()
            (tmp_path / "bookworm" / "complete").write_text("3.11\n")
            fcntl.flock(file, fcntl.LOCK_UN)
            rest, wrong = process.communicate(timeout=HANG)
    assert "interpreters: waits for another run" in said
    assert process.returncode == 2 and "none of: 3.11" in rest + wrong


def test_a_test_without_its_files_is_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CACHE", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="not in the cache; run ci/fetch-kernel"):
        fetched("fetch-kernel", "--cached", "bookworm", ARCH)


def test_any_other_error_of_a_script_fails_the_test() -> None:
    # A skip would otherwise end this test, too.
    with pytest.raises((AssertionError, pytest.skip.Exception), match="SUITE: invalid") as raised:
        fetched("fetch-kernel", "../..", ARCH)
    assert raised.type is AssertionError
