# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The manual pages of ipc-btf, ipc-stress and python3 -m ipc, against the programs."""

import re

import pytest

from ipc import __main__ as program
from tree import TOP


def text_of(name: str) -> str:
    """The text of a file of the tree, found by its name."""
    (path,) = [p for folder in ("binding", "conformance") for p in (TOP / folder).rglob(name)]
    return path.read_text()


def section(page: str, name: str) -> str:
    return page.split(f"\n.Sh {name}\n")[1].split("\n.Sh ")[0]


def main_of(folder: str) -> str:
    (source,) = [p for p in (TOP / "conformance").rglob("main.c") if p.parent.name == folder]
    return source.read_text()


def options_in_c(folder: str) -> set[str]:
    return set(re.findall(r'\{"([a-z-]+)", (?:required|no)_argument', main_of(folder)))


def options_in_python(capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    with pytest.raises(SystemExit):
        program.arguments([*words, "--help"])
    return set(re.findall(r"--([a-z]+)", capsys.readouterr().out))


def in_synopsis(page: str) -> set[str]:
    return set(re.findall(r"\bFl -([a-z-]+)", section(page, "SYNOPSIS")))


def described(page: str) -> list[str]:
    return re.findall(r"^\.It Fl -([a-z-]+)", section(page, "DESCRIPTION"), flags=re.M)


@pytest.mark.parametrize("name", ["btf", "stress"])
def test_page_has_every_option_once(name: str) -> None:
    page = text_of(f"ipc-{name}.1")
    assert options_in_c(name)
    assert in_synopsis(page) == options_in_c(name)
    assert sorted(described(page)) == sorted(options_in_c(name))


def test_page_of_stress_has_its_programs() -> None:
    (source,) = re.findall(r"programs\[\] = \{(.*?)\};", main_of("stress"), flags=re.S)
    programs = re.findall(r"&(\w+)_program", source)
    items = re.findall(r"^\.It Cm (\w+)", section(text_of("ipc-stress.1"), "DESCRIPTION"), re.M)
    assert programs == items


def test_page_of_the_module_has_its_commands_and_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = text_of("python-ipc.1")
    with pytest.raises(SystemExit):
        program.arguments(["--help"])
    commands = re.findall(r"^    ([a-z]+)  ", capsys.readouterr().out, flags=re.M)
    assert {"ls", "show", "rm", "peek", "abi"} <= set(commands)
    for line_of in (r"^\.Cm ([a-z]+)$", r"^\.It Cm ([a-z]+)$"):
        found = re.findall(line_of, section(page, "SYNOPSIS") + section(page, "DESCRIPTION"), re.M)
        assert [word for word in dict.fromkeys(found) if word in commands] == commands
    known = set().union(*(options_in_python(capsys, command) for command in commands))
    assert in_synopsis(page) == known
    assert set(described(page)) == known


@pytest.mark.parametrize("name", ["ipc-btf.1", "ipc-stress.1", "python-ipc.1"])
def test_page_has_the_usual_sections(name: str) -> None:
    sections = re.findall(r"^\.Sh (.*)$", text_of(name), flags=re.M)
    usual = ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
    assert sections == [title for title in usual if title in sections]
    assert set(usual) - set(sections) <= {"FILES"}
