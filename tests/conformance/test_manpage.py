# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The manual page of ipc-conform and --help describe what the program does."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from limits import HANG
from tree import CONFORM, TOP

PAGE = (TOP / "conformance" / "harness" / "ipc-conform.1").read_text()
MAIN, COST = (TOP / "conformance" / name for name in ("harness/main.c", "cost/command.c"))
SOURCE = MAIN.read_text() + COST.read_text()

pytestmark = pytest.mark.skipif(not CONFORM.exists(), reason="ipc-conform is not built")


def run(*words: str, where: Path = TOP) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(CONFORM), *words],
        cwd=where,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=HANG,
    )


def options() -> "set[str]":
    """The options in the tables for getopt_long(3)."""
    return set(re.findall(r'\{"([a-z-]+)", (?:required|no)_argument', SOURCE))


def commands() -> "set[str]":
    """The names in the table of commands."""
    table = SOURCE.split("} commands[] = {")[1].split("};")[0]
    return set(re.findall(r'\{"([a-z]+)", ', table))


def statuses() -> "set[str]":
    return set(re.findall(r"(?:CONFORMS|DEVIATES|MISUSED|NOTHING_RUN) = (\d)", SOURCE))


def section(name: str) -> str:
    return PAGE.split(f"\n.Sh {name}\n")[1].split("\n.Sh ")[0]


def test_page_and_program_have_options() -> None:
    assert {"only", "jobs", "format", "layer"} < options()
    assert {"list", "run", "coverage", "diff"} < commands()
    assert statuses() == {"0", "1", "2", "4"}


@pytest.mark.parametrize("name", ["SYNOPSIS", "DESCRIPTION"])
def test_page_has_the_options_and_the_commands(name: str) -> None:
    text = section(name)
    tagged = r"^\.It " if name == "DESCRIPTION" else r"^\.(?:Op )?"
    assert set(re.findall(tagged + r"Fl -([a-z-]+)", text, flags=re.M)) == options() | {"help"}
    # This is a list, so that a command which is described twice counts twice.
    assert sorted(re.findall(tagged + r"Cm ([a-z]+)", text, flags=re.M)) == sorted(commands())


def test_page_has_every_exit_status() -> None:
    assert set(re.findall(r"^\.It (\d)$", section("EXIT STATUS"), flags=re.M)) == statuses()


def test_help_has_the_options_the_commands_and_every_exit_status() -> None:
    text = run("--help").stdout
    assert set(re.findall(r"--([a-z-]+)", text)) == options()
    called = re.findall(r"^(?:usage:|      ) ipc-conform ([a-z]+)", text, flags=re.M)
    assert set(called) == commands()
    assert set(re.findall(r"^([a-z]+)  ", text, flags=re.M)) == commands()
    assert set(re.findall(r"\b(\d) ", text.split("Exit status")[1])) == statuses()


def test_page_and_help_have_every_format() -> None:
    formats = set(re.findall(r"^\.Cm (\w+)", section("DESCRIPTION").split("-format Ar")[1], re.M))
    named = run("--help").stdout.split("--format ")[1].split("]")[0]
    assert set(named.split("|")) <= formats
    for name in named.split("|"):
        assert run("run", "--only", "ftok.enoent", "--format", name).returncode == 0, name


def examples() -> "list[list[str]]":
    return [shlex.split(line) for line in re.findall(r"^\.Dl \$ ipc-conform (.*)$", PAGE, re.M)]


def test_examples_run_in_their_order(tmp_path: Path) -> None:
    assert {words[0] for words in examples()} >= {"run", "diff", "coverage", "dump", "report"}
    for words in examples():
        # The same program saw the same facts a moment ago, so nothing differs.
        jobs = ["--jobs", "4"] if words[0] in ("run", "coverage") else []
        if "--operations" in words:  # the number in the example takes minutes
            jobs += ["--operations", "3000"]
        assert run(*words, *jobs, where=tmp_path).returncode == 0, words
