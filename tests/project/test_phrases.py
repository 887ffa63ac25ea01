# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The whole tree is free of the phrases in phrases.txt, which are hard to read."""

import re
import subprocess
from pathlib import Path

import pytest
from tree import TOP

LIST = Path(__file__).with_name("phrases.txt")
# Data, and texts by other authors.
NOT_PROSE = re.compile(r"abi-dumps/|LICENSE|.*\.patch$|.*/corpus/|tests/project/(test_)?phrases\.")


def phrases() -> list[tuple[str, str]]:
    lines = [line for line in LIST.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split(" -> ") for line in lines]
    return [(pattern.strip(), instead) for pattern, instead in rows]


def found(name: str, text: str) -> list[str]:
    """Return the lines that have a phrase, which may continue on the next line."""
    # Removes the comment sign or quote at the beginning of a line.
    joined = re.sub(r'["\\]*\n[ \t]*(?:\*|#|//|--|")?[ \t]*', "\n", text)
    return [
        f"{name}: {' '.join(match[0].split())!r}: write {instead}"
        for pattern, instead in phrases()
        for match in re.finditer(pattern.replace(" ", r"\s+"), joined, flags=re.I)
    ]


@pytest.mark.parametrize(
    "text",
    ["Whoever reads it", "not to be had: yaml", "the one\n * who waits", 'there is "\n"none of'],
)
def test_a_phrase_is_found(text: str) -> None:
    assert found("text", text)


def test_words_beside_a_phrase_are_not_found() -> None:
    assert not found("text", "a process that waits; howhoever; who waited")


def test_the_tree_has_no_phrase_that_is_hard_to_read() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a clone: no list of files")
    names = [name for name in listed.stdout.split("\0") if name and not NOT_PROSE.match(name)]
    assert len(names) > 100
    lines: list[str] = []
    for name in names:
        if (TOP / name).is_file():
            lines += found(name, (TOP / name).read_text(errors="replace"))
    assert not lines, "\n".join(lines)
