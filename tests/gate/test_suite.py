# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""tests/gate: what becomes of a suite that ran in a booted machine, or did not."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from limits import HANG
from tree import IMPORTS, TOP, run


import suite
from boot import Boot, machines

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
    """What inside.py brings home of real tests: pytest's exit status, and the results."""
    (folder / "test_these.py").write_text("\n".join(tests))
    port = folder / "port"
    command = [sys.executable, str(TOP / "tests/gate/inside.py"), str(port), "test_these.py"]
    ran = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, timeout=HANG)
    return ran.returncode, port.read_text() if port.exists() else ""


def boot(results: str, *log: str, status: int | None = 0) -> Boot:
    end = [] if status is None else [f"ipc-conform: exit status {status}"]
    return Boot("\n".join([*log, *end]), results, "", False, 1.0, 60)


def parsed(folder: Path, *tests: str) -> tuple[Boot, suite.Result]:
    status, results = home(folder, *tests)
    result = suite.parse(results)
    assert result
    return boot(results, status=status), result


def test_outcomes_come_home_with_their_reasons(tmp_path: Path) -> None:
    ended, result = parsed(tmp_path, TESTS, FAILS)
    assert [result.count(word) for word in ("passed", "failed", "skipped")] == [2, 2, 1]
    assert result.outcomes["test_these::test_skips"] == ("skipped", "for a reason")
    assert "Python 3." in str(result) and "2 passed, 2 failed, 1 skipped" in str(result)
    wrong = suite.judge(ended, result)
    assert len(wrong) == 2 and "words" in wrong[1] and "KeyError" in wrong[0]


def test_what_passes_is_not_wrong(tmp_path: Path) -> None:
    assert suite.judge(*parsed(tmp_path, "def test_passes(): pass")) == []


def test_no_results_are_an_error(tmp_path: Path) -> None:
    status, results = home(tmp_path, "import no_such_module")
    found = suite.judge(boot(results, status=status), suite.parse(results))
    assert found, "a collection that fails"
    for text in ("", "<testsuites>", "<testsuites><testsuite/></testsuites>"):
        assert suite.judge(boot(text), suite.parse(text)), text


def test_a_result_that_is_cut_short_is_an_error(tmp_path: Path) -> None:
    _, results = home(tmp_path, TESTS)
    cut = results[: len(results) // 2]
    assert suite.judge(boot(cut), suite.parse(cut)) == ["the results came home garbled"]


def test_a_result_may_come_behind_a_boot_loader(tmp_path: Path) -> None:
    _, results = home(tmp_path, TESTS)
    behind = "LOADPARM=[........]\r\n<0>" + results.replace("\n", "\r\n")
    assert suite.parse(behind) == suite.parse(results)
    ElementTree.fromstring(suite.junit(behind))


@pytest.mark.parametrize(
    "log, status, words",
    [
        (["[    1.000000] BUG: unable to handle page fault"], 0, "BUG: unable"),
        (["[    1.000000] Kernel panic - not syncing: x"], None, "the kernel panics"),
        (["test_these.py::test_passes "], None, "the kernel dies"),
        ([], 3, "pytest ends with status 3"),
    ],
)
def test_what_the_kernel_or_pytest_does_is_wrong(
    tmp_path: Path, log: list[str], status: int | None, words: str
) -> None:
    _, results = home(tmp_path, "def test_passes(): pass")
    wrong = suite.judge(boot(results, *log, status=status), suite.parse(results))
    assert wrong and any(words in line for line in wrong), wrong


def test_a_test_that_is_missing_is_told(tmp_path: Path) -> None:
    _, all_of_them = parsed(tmp_path, TESTS)
    _, fewer = parsed(tmp_path, TESTS.replace("[1, 2]", "[1]"))
    _, others = parsed(tmp_path, TESTS.replace("[1, 2]", "[2**31, 2**63]"))
    _, skips = parsed(tmp_path, TESTS.replace("(n): pass", "(n): pytest.skip('no n')"))
    assert suite.compare(all_of_them, all_of_them) == ([], [])
    assert suite.compare(others, all_of_them) == ([], [])
    missing = ["test_these::test_passes: 1 tests, 2 on x86_64"]
    assert suite.compare(fewer, all_of_them) == (missing, [])
    skipped = ["test_these::test_passes: 2 skipped, 0 on x86_64: no n"]
    assert suite.compare(skips, all_of_them) == ([], skipped)


def test_each_machine_runs_the_programs_of_its_cell() -> None:
    for cell in suite.limits():
        programs, _, on = cell.partition("-on-")
        assert programs in machines()[on or programs].programs
    assert {"x86_64", "i386", "aarch64", "s390x"} <= suite.limits().keys()


def test_bad_calls(tmp_path: Path) -> None:
    for words, message in {
        ("vax",): "no tests run on vax; there are: x86_64 ",
        ("i386-on-aarch64",): "no tests run on i386-on-aarch64",
    }.items():
        command = [sys.executable, str(TOP / "tests/gate/suite.py"), "--report", str(tmp_path)]
        command += words
        ran = run(*command, PYTHONPATH=IMPORTS)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
        assert message in ran.stderr


def test_bad_architecture_of_a_root() -> None:
    for words in ("vax", "../x", ""):
        ran = subprocess.run([str(TOP / "ci/rootfs"), words], capture_output=True, text=True)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
