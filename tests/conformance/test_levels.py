# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The levels of checks, and the selections for applications."""

import fnmatch
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from limits import HANG
from tree import TOP
from test_absent import PROGRAM, results

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="ipc-conform is not built")
CHECKS = TOP / "conformance" / "checks"


def conform(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=HANG)


@pytest.fixture(scope="module")
def listed() -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = json.loads(conform("list", "--format", "json").stdout)["checks"]
    return checks


def test_each_level_selects_its_checks_and_the_lower_ones(listed: list[dict[str, Any]]) -> None:
    below: set[str] = set()
    for level in ("posix", "linux", "exact"):
        only = ("--only", "msgget.e*", "--only", "semctl.enumeration.highest*")
        ran = conform("run", "--level", level, *only, "--format", "json")
        found = {one["id"] for group in results(ran.stdout).values() for one in group}
        mine = {check["id"] for check in listed if check["level"] == level}
        assert found - below <= mine and found > below
        below = found
    assert "semctl.enumeration.highest" in below


def test_a_check_of_posix_names_its_clause_and_calls_libc(listed: list[dict[str, Any]]) -> None:
    for check in listed:
        assert (check["level"] == "posix") == ("clause" in check), check["id"]
        assert check["level"] != "posix" or check["calls"] == "libc"
        if "clause" in check:
            assert check["clause"].startswith("POSIX.1-2017, ")


def test_no_line_of_the_table_is_unused(listed: list[dict[str, Any]]) -> None:
    ids = [check["check"] for check in listed]
    table = (CHECKS / "levels.def").read_text()
    for glob in re.findall(r'^(?:POSIX|EXACT)\("([^"]+)"', table, re.M):
        assert fnmatch.filter(ids, glob), glob


def test_each_report_has_the_counts_by_level() -> None:
    ran = conform("run", "--only", "msgget.e*", "--format", "json")
    levels = json.loads(ran.stdout)["runs"][0]["levels"]
    assert levels["posix"]["passed"] < levels["linux"]["passed"] <= levels["exact"]["passed"]
    words = rf"posix: 100 % \({levels['posix']['passed']} of "
    for form in ("text", "html"):
        assert re.search(words, conform("run", "--only", "msgget.e*", "--format", form).stdout)


def test_a_count_by_level_that_is_wrong_is_refused(tmp_path: Path) -> None:
    ran = conform("run", "--only", "msgget.eexist", "--format", "json")
    path = tmp_path / "result.json"
    path.write_text(ran.stdout.replace('"posix":{"passed":1', '"posix":{"passed":2'))
    ended = conform("report", str(path))
    assert ended.returncode == 2
    assert "the counts of a level do not agree with the results" in ended.stderr


def lines_of(listed: list[dict[str, Any]], path: str) -> dict[int, str]:
    """The lines of a source file that belong to checks of level posix, with the id."""
    text = (TOP / path).read_text().splitlines()
    found: dict[int, str] = {}
    for check in listed:
        if check["level"] == "posix" and check["file"] == path:
            number = check["line"] - 1
            while number < len(text) and text[number] != "}":
                found[number + 1] = check["id"]
                number += 1
    return found


def test_checks_of_posix_need_only_headers_of_posix(
    listed: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Other checks of a file may need more headers, so errors in their lines do not count."""
    (tmp_path / "kernel_constants.h").write_text("")
    flags = ["-fsyntax-only", "-std=c11", "-D_XOPEN_SOURCE=700", "-fmax-errors=0"]
    flags += [f"-I{tmp_path}", f"-I{TOP}/conformance"]
    for path in sorted({check["file"] for check in listed if check["level"] == "posix"}):
        of_posix = lines_of(listed, path)
        ran = subprocess.run(["gcc", *flags, TOP / path], capture_output=True, text=True)
        pattern = rf"^{re.escape(str(TOP / path))}:(\d+):.*error: (.*)$"
        wrong = [
            f"{of_posix[int(number)]}: {words}"
            for number, words in re.findall(pattern, ran.stderr, re.M)
            if int(number) in of_posix
        ]
        assert wrong == [], path


APPLICATIONS = re.findall(
    r'^APPLICATION\("(\w+)", "[^"]*",\n((?:\t +"[^"]*"\)?\n)+)',
    (CHECKS / "applications.def").read_text(),
    re.M,
)


def test_there_are_applications() -> None:
    assert len(APPLICATIONS) == (CHECKS / "applications.def").read_text().count("\nAPPLICATION(")


@pytest.mark.parametrize("name,text", APPLICATIONS)
def test_an_application_has_its_checks(
    name: str, text: str, listed: list[dict[str, Any]]
) -> None:
    globs = "".join(re.findall(r'"([^"]*)"', text)).split()
    ids = [check["id"] for check in listed]
    for glob in globs:
        assert fnmatch.filter(ids, glob), glob
    want = {one for one in ids if any(fnmatch.fnmatchcase(one, glob) for glob in globs)}
    ran = conform("run", "--for", name, "--only", "sem*", "--only", "*get.*", "--format", "json")
    found = {one["id"] for group in results(ran.stdout).values() for one in group}
    assert found == {one for one in want if one.startswith("sem") or "get." in one}
    assert f"## {name}\n" in (TOP / "docs" / "applications.md").read_text()


def test_an_unknown_level_or_application_is_refused() -> None:
    for words, allowed in (
        (("--level", "bsd"), "--level: invalid value 'bsd' (posix, linux, exact)"),
        (("--for", "mysql"), "--for: invalid value 'mysql' (postgresql, "),
    ):
        ended = conform("run", *words)
        assert ended.returncode == 2 and allowed in ended.stderr
