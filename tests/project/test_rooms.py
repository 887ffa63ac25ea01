# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The folders of the tree: their includes, their size, and the names in them."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import architectures
import pytest
from tree import TOP

CORPUS = TOP / "tests" / "fuzz" / "corpus"
INTERFACE = TOP / "conformance" / "interface"
# Made by the build from the kernel's headers.
MADE = {"kernel_constants.h"}

# The files that may name an architecture of the table.
NAMING = re.compile(
    r"conformance/abi/(architectures\.toml|deviations\.def)|abi-dumps/.*"
    # Baselines and expectations.
    r"|conformance/gate/(baselines|costs|configs)/.*|conformance/gate/expected"
    r"|tests/bench/instructions"
    r"|conformance/gate/implementations/(table|.*\.expect|found/.*)"
    # Pages.
    r"|docs/.*|[^/]*\.md"
    # Tests and their data.
    r"|tests/.*/test_[^/]*|tests/conformance/(unit|headers)/.*|tests/fuzz/corpus/.*"
    r"|tests/mutants/kernel/.*"
    # A forge reads no table: its file names the architectures of a user's job.
    r"|\.github/workflows/.*|action\.yml|ci/gitlab\.yml"
    # make conform needs no Python, so make finds the name of this machine in gcc's.
    r"|Makefile|conformance/rules\.mk"
    # A debugger recognises the bytes of a function that one architecture needs.
    r"|binding/src/timed\.c"
)


def included(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.iterdir()):
        if path.suffix in (".c", ".h", ".def"):
            for name in re.findall(r'^#\s*include "([^"]+)"', path.read_text(), flags=re.M):
                yield path, name


def test_the_interface_depends_on_nothing() -> None:
    found = list(included(INTERFACE))
    assert len(found) > 3
    assert [one for one in found if not (INTERFACE / one[1]).exists() and one[1] not in MADE] == []


def test_the_binding_includes_the_interface_alone() -> None:
    found = list(included(TOP / "binding" / "src"))
    assert any(name.startswith("interface/") for _, name in found)
    for path, name in found:
        place = TOP / "conformance" / name if "/" in name else path.with_name(name)
        assert name in MADE or place.parent in (INTERFACE, path.parent), (path, name)
        assert name in MADE or place.exists(), (path, name)


def test_folders_are_small() -> None:
    """A folder of sources or tests has at most 40 entries, so that it fits on a screen."""
    rooms = [TOP / "conformance", *(TOP / "conformance").rglob("*"), TOP / "binding" / "src"]
    rooms += [one for one in (TOP / "tests", *(TOP / "tests").rglob("*")) if one.parent != CORPUS]
    full = {
        room: n
        for room in rooms
        if room.is_dir() and room.name != "__pycache__"
        and (n := sum(one.name != "__pycache__" for one in room.iterdir())) > 40
    }
    assert full == {}
    assert len([one for one in rooms[0].iterdir() if one.name != "__pycache__"]) <= 12
    assert len((TOP / "Makefile").read_text().splitlines()) <= 150


def test_no_test_changes_the_path_of_imports() -> None:
    """pyproject.toml names the folders for pytest, and PYTHONPATH those for programs."""
    change = re.compile(r"sys\.path\.(insert|append)\(")
    files = sorted((TOP / "tests").rglob("*.py"))
    assert [path for path in files if change.search(path.read_text())] == []


def test_an_architecture_is_named_in_the_table_alone() -> None:
    """Other files ask architectures.py, except data about one architecture."""
    names = "|".join(architectures.table())
    found = subprocess.run(
        ["git", "grep", "-nIwE", names], cwd=TOP, capture_output=True, check=False
    )
    if found.returncode > 1:
        pytest.skip("not a clone: no list of files")
    lines = found.stdout.decode(errors="replace").rstrip("\n").split("\n")
    assert len(lines) > 1000
    assert [line for line in lines if not NAMING.fullmatch(line.partition(":")[0])] == []
