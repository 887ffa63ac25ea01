# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""All examples of the documentation run and print what the pages show."""

import doctest
import re
import runpy
from pathlib import Path

import pytest

import ipc
import ipc.compat.sysv_ipc as sysv_ipc
from ipc import _memory, _queue, _semaphore

DOCS = Path(__file__).resolve().parents[2] / "binding" / "docs"
PAGES = sorted(DOCS.glob("*.rst"))
CLASSES = (DOCS / "classes.rst").read_text()


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples(page: Path, nothing_is_left_behind: None) -> None:
    """Run the examples of a page one after another, in the IPC namespace of the tests."""
    examples = doctest.DocTestParser().get_doctest(
        page.read_text(), {}, page.name, str(page), lineno=0
    )
    printed: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=printed.append)
    assert not printed, "".join(printed)


def test_there_are_examples_of_every_kind_of_object() -> None:
    text = examples_of(*PAGES)
    assert all(f"ipc.{name}(" in text for name in ("msgsnd", "semop", "shmat", "msgbuf"))


def examples_of(*pages: Path) -> str:
    text = "\n".join(page.read_text() for page in pages)
    return "\n".join(re.findall(r"^(?:>>>|\.\.\.) (.*)", text, flags=re.M))


@pytest.mark.parametrize("name", [*_memory.__all__, *_queue.__all__, *_semaphore.__all__])
def test_the_object_layer_is_described_and_shown(name: str) -> None:
    """A page includes the docstring of each class and function, and examples use the methods."""
    value = getattr(ipc, name)
    assert re.search(rf"^\.\. auto(class|function):: ipc\.{name}$", CLASSES, flags=re.M)
    shown = examples_of(DOCS / "objects.rst")
    assert f"ipc.{name}" in shown
    assert [word for word in vars(value) if word.endswith("_async") and word not in shown] == []


@pytest.mark.parametrize("command", ["ls", "show", "rm", "peek", "abi"])
def test_the_command_is_described(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS.parent)  # tables.py imports modules from there
    assert ".. include:: command.inc" in (DOCS / "command.rst").read_text()
    lines = "\n".join(runpy.run_path(str(DOCS / "tables.py"))["command"]([]))
    assert f"python3 -m ipc {command}``" in lines and f"usage: python -m ipc {command}" in lines


def test_the_page_of_the_drop_in_describes_it() -> None:
    shown = examples_of(DOCS / "from_sysv_ipc.rst")
    assert f"import {sysv_ipc.__name__} as sysv_ipc" in shown
    for name in "MessageQueue", "Semaphore", "SharedMemory":
        assert f"sysv_ipc.{name}(" in shown


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_no_code_is_left_unrun(page: Path) -> None:
    """Python code is always an example with a prompt; no page has another kind of code block."""
    text = page.read_text()
    assert "code-block" not in text and not re.search(r"::\n\n    ", text)
