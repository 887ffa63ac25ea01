# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""README and docs/: the Python examples and the commands run, and the links exist."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
from limits import HANG
from tree import ARCH, TOP, fetched

PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
# The commands on this page are for CI systems; tests/doors tests them.
OF_OTHERS = {"docs/ci.md"}
CHECKED = [page for page in PAGES if str(page.relative_to(TOP)) not in OF_OTHERS]

KINDS = {"sh", "python", "c", "text", "yaml", "json"}
# CI runs these commands separately, because this test is a part of `make check`.
BY_CI = {"make", "make conform", "make check"}
# Commands of README and the guides that take minutes, and their shorter replacements.
SLOW = {
    "make install": "tests/packages/test_wheels.py installs the package",
    "make libcs": "builds the harness four times; tests/conformance tests the comparison",
}
FENCE = re.compile(
    r"^(?P<indent> *)(?:<!-- not run by a test: (?P<why>[^>]+) -->\n *)?"
    r"```(?P<kind>\w+)\n(?P<body>.*?)^ *```$",
    flags=re.M | re.S,
)


class Block(NamedTuple):
    page: str
    kind: str
    body: str
    why: str  # the reason not to run it


def blocks(page: Path) -> list[Block]:
    name = str(page.relative_to(TOP))
    return [
        Block(name, m["kind"], textwrap.dedent(m["body"]), m["why"] or "")
        for m in FENCE.finditer(page.read_text())
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]
EXAMPLES = [block for block in BLOCKS if block.kind == "python"]
NAMED = [
    (line, block.why or SLOW.get(line, ""))
    for block in BLOCKS
    if block.kind == "sh" and block.page not in OF_OTHERS
    for line in block.body.splitlines()
]
# A command that is on several pages runs once.
COMMANDS = list(dict.fromkeys(line for line, why in NAMED if not why and line not in BY_CI))


def test_pages_have_commands_and_examples() -> None:
    assert len(EXAMPLES) >= 2
    assert len(COMMANDS) >= 10
    lines = {line for line, _ in NAMED}
    assert BY_CI | set(SLOW) <= lines


def test_every_fence_has_a_language() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *```", page.read_text(), flags=re.M)
        assert len(fences) == 2 * len(blocks(page)), page
        assert {block.kind for block in blocks(page)} <= KINDS, page


def test_readme_fits() -> None:
    assert len((TOP / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", CHECKED, ids=[str(page.relative_to(TOP)) for page in CHECKED])
def test_links_and_paths_exist(page: Path) -> None:
    text = page.read_text()
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.startswith("https://") or (page.parent / link).exists(), link
    for path in re.findall(r"`((?:conformance|binding|tests|ci|abi-dumps|docs)/[\w./-]*)`", text):
        assert re.search("[A-Z]{4}", path) or (TOP / path).exists(), path


@pytest.mark.parametrize("example", EXAMPLES, ids=[block.page for block in EXAMPLES])
def test_example(example: Block) -> None:
    exec(compile(example.body, example.page, "exec"), {})


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str) -> None:
    if not (TOP / "build" / ARCH / "ipc-conform").exists():
        pytest.skip("ipc-conform is not built")
    compiler = re.search(r"\bCC=(\S+)", command)
    if compiler and not shutil.which(compiler[1]):
        pytest.skip(f"there is no {compiler[1]}")
    if "ci/musl" in command:
        fetched("musl", "x86_64")
    (TOP / "build" / "headers").mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    # The stage of kernels in make check and the tests of the gate run whole runs and costs.
    environment["GATE"] = "--no-cost --select '--only msgget.e*'"
    suite = re.search(r"SUITE=(\S+) ARCH=(\S+)", command)
    if suite:
        fetched("fetch-kernel", *suite.groups())
    found = importlib.util.find_spec("ipc")
    assert found and found.origin
    for words, here in {
        "build/x86_64": f"build/{ARCH}",
        "PYTHONPATH=build/python ": f"PYTHONPATH={Path(found.origin).parent.parent} ",
        "python3": sys.executable,
    }.items():
        command = command.replace(words, here)
    result = subprocess.run(
        command,
        shell=True,
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == 0, result.stdout


def test_every_command_exists() -> None:
    """Commands that no test runs also use existing targets, variables and programs."""
    makefiles = "".join(path.read_text() for path in [TOP / "Makefile", *TOP.rglob("rules.mk")])
    offered = set(re.findall(r"^#: make ?([a-z-]*)", makefiles, flags=re.M)) | {"help"}
    for line, _ in NAMED:
        program, *words = line.split()
        if program == "make":
            plain = re.sub(r"\"[^\"]*\"|'[^']*'", "", " ".join(words)).split()
            goals = {word for word in plain if "=" not in word}
            built = {word for word in goals if f"$(OUT)/{Path(word).name}:" in makefiles}
            assert goals - built <= offered, line
            for name in re.findall(r"\b([A-Z_]+)=", " ".join(plain)):
                used = rf"\$[({{]{name}\b|^{name} *[:?]?="
                assert re.search(used, makefiles, flags=re.M), line
        elif program.startswith(("ci/", "conformance/")):
            assert os.access(TOP / program, os.X_OK), line
        else:
            assert program == "git" or program.startswith(("build/", "PYTHONPATH=build/")), line


def test_make_commands_of_the_text_exist() -> None:
    makefiles = "".join(path.read_text() for path in [TOP / "Makefile", *TOP.rglob("rules.mk")])
    offered = set(re.findall(r"^#: make ?([a-z-]*)", makefiles, flags=re.M)) | {"help"}
    for page in PAGES:
        named = set(re.findall(r"`make ([a-z][a-z-]*)", page.read_text()))
        assert named <= offered, (page, named - offered)
