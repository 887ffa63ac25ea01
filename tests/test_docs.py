"""The documentation: its examples run, and there is none that does not."""

import doctest
import re
from pathlib import Path

import pytest

import ipc  # noqa: F401  (tests that have it are limited in time)

DOCS = Path(__file__).resolve().parent.parent / "binding" / "docs"
PAGES = sorted(DOCS.glob("*.rst"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples(page: Path, nothing_is_left_behind: None) -> None:
    """Those of a page, one after another, in the tests' namespace."""
    examples = doctest.DocTestParser().get_doctest(
        page.read_text(), {}, page.name, str(page), lineno=0
    )
    printed: list[str] = []
    doctest.DocTestRunner().run(examples, out=printed.append)
    assert not printed, "".join(printed)


def test_there_are_examples_of_every_kind_of_object() -> None:
    text = "".join(re.findall("^>>> (.*)", "".join(map(Path.read_text, PAGES)), flags=re.M))
    assert all(f"ipc.{name}(" in text for name in ("msgsnd", "semop", "shmat", "msgbuf"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_no_code_is_left_unrun(page: Path) -> None:
    """Code of Python is an example with a prompt; nothing else is a block of code."""
    text = page.read_text()
    assert "code-block" not in text and not re.search(r"::\n\n    ", text)
