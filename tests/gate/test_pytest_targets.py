# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""tests/gate/pytest_targets.py: the results of tests that ran in a booted machine."""

import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from limits import HANG
from tree import IMPORTS, TOP, run


import pytest_targets
from boot import Boot, Misuse, machines

import architectures  # boot.py finds the folder

TESTS = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_passes(n): pass

def test_skips(): pytest.skip("for a reason")

@pytest.fixture
def broken(): raise KeyError

def test_is_in_error(broken): pass
"""
FAILS = "def test_fails(): assert 0, 'words'"


def home(folder: Path, *tests: str) -> tuple[int, str]:
    """Runs inside.py with real tests; returns the exit status of pytest and the results."""
    (folder / "test_these.py").write_text("\n".join(tests))
    port = folder / "port"
    command = [sys.executable, str(TOP / "tests/gate/inside.py"), str(port), "test_these.py"]
    ran = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, timeout=HANG)
    return ran.returncode, port.read_text() if port.exists() else ""


def boot(results: str, *log: str, status: int | None = 0) -> Boot:
    end = [] if status is None else [f"ipc-conform: exit status {status}"]
    return Boot("\n".join([*log, *end]), results, "", False, 1.0, 60)


def parsed(folder: Path, *tests: str) -> tuple[Boot, pytest_targets.Result]:
    status, results = home(folder, *tests)
    result = pytest_targets.parse(results)
    assert result
    return boot(results, status=status), result


def test_results_have_outcomes_and_reasons(tmp_path: Path) -> None:
    ended, result = parsed(tmp_path, TESTS, FAILS)
    assert [result.count(word) for word in ("passed", "failed", "skipped")] == [2, 2, 1]
    assert result.outcomes["test_these::test_skips"] == ("skipped", "for a reason")
    assert "Python 3." in str(result) and "2 passed, 2 failed, 1 skipped" in str(result)
    wrong = pytest_targets.judge(ended, result)
    assert len(wrong) == 2 and "words" in wrong[1] and "KeyError" in wrong[0]


def test_a_test_that_passes_is_no_fault(tmp_path: Path) -> None:
    assert pytest_targets.judge(*parsed(tmp_path, "def test_passes(): pass")) == []


def test_no_results_are_an_error(tmp_path: Path) -> None:
    status, results = home(tmp_path, "import no_such_module")
    found = pytest_targets.judge(boot(results, status=status), pytest_targets.parse(results))
    assert found, "a collection that fails"
    for text in ("", "<testsuites>", "<testsuites><testsuite/></testsuites>"):
        assert pytest_targets.judge(boot(text), pytest_targets.parse(text)), text


def test_a_result_that_is_cut_short_is_an_error(tmp_path: Path) -> None:
    _, results = home(tmp_path, TESTS)
    cut = results[: len(results) // 2]
    wrong = pytest_targets.judge(boot(cut), pytest_targets.parse(cut))
    assert wrong == ["the results are incomplete"]


def test_a_boot_loader_may_write_before_the_results(tmp_path: Path) -> None:
    _, results = home(tmp_path, TESTS)
    behind = "LOADPARM=[........]\r\n<0>" + results.replace("\n", "\r\n")
    assert pytest_targets.parse(behind) == pytest_targets.parse(results)
    ElementTree.fromstring(pytest_targets.junit(behind))


@pytest.mark.parametrize(
    "log, status, words",
    [
        (["[    1.000000] BUG: unable to handle page fault"], 0, "BUG: unable"),
        (["[    1.000000] Kernel panic - not syncing: x"], None, "the kernel panics"),
        (["test_these.py::test_passes "], None, "the kernel dies"),
        ([], 3, "pytest ends with status 3"),
    ],
)
def test_warnings_and_other_statuses_are_faults(
    tmp_path: Path, log: list[str], status: int | None, words: str
) -> None:
    _, results = home(tmp_path, "def test_passes(): pass")
    wrong = pytest_targets.judge(boot(results, *log, status=status), pytest_targets.parse(results))
    assert wrong and any(words in line for line in wrong), wrong


def test_a_missing_test_is_reported(tmp_path: Path) -> None:
    _, all_of_them = parsed(tmp_path, TESTS)
    _, fewer = parsed(tmp_path, TESTS.replace("[1, 2]", "[1]"))
    _, others = parsed(tmp_path, TESTS.replace("[1, 2]", "[2**31, 2**63]"))
    _, skips = parsed(tmp_path, TESTS.replace("(n): pass", "(n): pytest.skip('no n')"))
    assert pytest_targets.compare(all_of_them, all_of_them) == ([], [])
    assert pytest_targets.compare(others, all_of_them) == ([], [])
    missing = ["test_these::test_passes: 1 tests, 2 on x86_64"]
    assert pytest_targets.compare(fewer, all_of_them) == (missing, [])
    skipped = ["test_these::test_passes: 2 skipped, 0 on x86_64: no n"]
    assert pytest_targets.compare(skips, all_of_them) == ([], skipped)


def test_each_machine_runs_the_programs_of_its_cell() -> None:
    for cell in pytest_targets.limits():
        programs, _, on = cell.partition("-on-")
        assert programs in machines()[on or programs].programs
    assert {"x86_64", "i386", "aarch64", "s390x"} <= pytest_targets.limits().keys()


def test_a_root_is_of_a_suite_that_has_the_architecture() -> None:
    for arch, row in machines().items():
        assert architectures.suite_of(arch) in architectures.row_of(arch)["suites"]
    suites = [architectures.suite_of(arch) for arch in ("x86_64", "riscv64")]
    assert suites == ["bookworm", "trixie"]


@pytest.mark.parametrize("cpython, fits", [("cp311", True), ("cp312", False)])
def test_a_wheel_is_installed_if_it_fits(cpython: str, fits: bool, tmp_path: Path) -> None:
    """The wheel has one file; the root has CPython 3.11."""
    (tmp_path / "root" / "usr" / "lib" / "python3.11").mkdir(parents=True)
    tag = f"{cpython}-abi3-manylinux_2_17_s390x"
    wheel = tmp_path / f"some-1-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some.py", "")
        text = "Metadata-Version: 2.1\nName: some\nVersion: 1\n"
        archive.writestr("some-1.dist-info/METADATA", text)
        text = f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n"
        archive.writestr("some-1.dist-info/WHEEL", text)
        archive.writestr("some-1.dist-info/RECORD", "")
    target = tmp_path / "target"
    if fits:
        pytest_targets.install(wheel, tmp_path / "root", target)
    else:
        with pytest.raises(Misuse, match="pip cannot install it for CPython 3.11"):
            pytest_targets.install(wheel, tmp_path / "root", target)
    assert (target / "some.py").exists() is fits


def test_bad_calls(tmp_path: Path) -> None:
    for words, message in {
        ("vax",): "no such cell: vax (x86_64 ",
        ("i386-on-aarch64",): "no such cell: i386-on-aarch64",
        ("armhf",): "another needs --time-limit",
        ("vax", "--time-limit", "1"): "no machine for vax; there are: x86_64 ",
    }.items():
        program = TOP / "tests/gate/pytest_targets.py"
        ran = run(sys.executable, program, "--report", tmp_path, *words, PYTHONPATH=IMPORTS)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
        assert message in ran.stderr


def test_bad_architecture_of_a_root() -> None:
    for words in ("vax", "../x", ""):
        ran = subprocess.run([str(TOP / "ci/rootfs"), words], capture_output=True, text=True)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
