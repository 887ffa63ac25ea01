# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Every row of the table of architectures is booted or gives a reason, and bad rows are refused."""

import subprocess
from typing import Any

import pytest

import architectures
from tree import ARCH, TOP, run

READER = TOP / "conformance" / "abi" / "architectures.py"


def unbooted(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Return the rows that neither are booted nor have a reason, and those with both."""
    run = {
        programs.removesuffix("-musl")
        for row in rows.values()
        if row.get("suites")
        for programs in row["programs"] + row.get("more", [])
    }
    return [name for name, row in rows.items() if (name in run) == bool(row.get("unbooted"))]


def test_every_architecture_is_booted_or_has_a_reason() -> None:
    rows = architectures.table()
    assert unbooted(rows) == []
    # The rule can fail: a row without a reason, and a row with a reason that is booted.
    assert unbooted({**rows, "vax": {}}) == ["vax"]
    assert unbooted({**rows, "vax": {"unbooted": "words", "suites": ["sid"], "programs": ["vax"]}})


def test_every_architecture_has_reference_facts() -> None:
    for name in architectures.table():
        assert (TOP / "abi-dumps" / name / "uapi.abi").exists(), name


def test_programs_and_suites_are_known() -> None:
    rows = architectures.table()
    for name in architectures.having("qemu"):
        row = rows[name]
        assert set(row["suites"]) <= set(architectures.SUITES), name
        for programs in row["programs"] + row.get("more", []):
            assert programs.removesuffix("-musl") in rows, name
        assert set(row.get("pytest", {})) <= set(row["programs"]), name
    assert all(rows[name]["compat"] in rows for name in architectures.having("compat"))


GOOD: dict[str, Any] = {
    **{"compiler": "vax-gcc", "libc-package": "libc", "bits": 32, "order": "little"},
    "elf-machine": 75,
}

MACHINE: dict[str, Any] = {
    **{"image": "ELF", "qemu": "qemu-system-vax", "qemu-package": "qemu-system-vax"},
    **{"console": [], "results": [], "suites": [], "programs": []},
}


@pytest.mark.parametrize(
    "change, words",
    [
        ({"bit": 32}, "unknown field bit"),
        ({"bits": "32"}, "bits: '32' is no int"),
        ({"bits": 16}, "bits: 16 is not 32 or 64"),
        ({"order": "pdp"}, "order: pdp is not little or big"),
        ({"qemu": "qemu-system-vax"}, "no image, qemu-package, console"),
        (MACHINE, "needs kernel or config, and not both"),
        (MACHINE | {"kernel": "linux-image-vax", "config": "vax"}, "and not both"),
    ],
)
def test_bad_rows_are_refused(change: dict[str, Any], words: str) -> None:
    architectures.check("vax", GOOD)
    with pytest.raises(architectures.Misuse, match=words):
        architectures.check("vax", GOOD | change)


@pytest.mark.parametrize(
    "machine, programs, arch",
    [
        ("i686", "i386", "i386"),
        ("x86_64", "i386", "x86_64"),
        ("mips", "mips", "mips"),
        ("mips", "mipsel", "mipsel"),
        ("mips64", "mipsel", "mips64el"),
        ("ppc64le", "powerpc64le", "powerpc64le"),
        ("vax", "vax", "vax"),
    ],
)
def test_kernels_by_uname(machine: str, programs: str, arch: str) -> None:
    assert architectures.of_machine(machine, programs) == arch


def ask(*words: str) -> "subprocess.CompletedProcess[str]":
    return run(READER, *words)


def test_answers_for_shell_and_make() -> None:
    assert ask("get", "aarch64", "debian").stdout == "arm64\n"
    assert ask("get", "x86_64", "programs").stdout == "x86_64 i386\n"
    assert ask("get", "arc", "kernel").stdout == ""
    assert "aarch64|64|little" in ask("rows", "bits", "order").stdout.splitlines()
    assert ask("list").stdout.split() == list(architectures.table())
    assert ask("cells", "always").stdout.split() == ["x86_64", "i386-on-x86_64", "i386", "aarch64"]
    assert ask("cells", "pytest").stdout.split()[-1] == "s390x"
    assert ask("host").stdout.strip() == ARCH


def of_make(*names: str) -> list[str]:
    """The values of make's variables."""
    echo = "".join(f"\t@echo '$({name})'\n" for name in names)
    return run("make", "-s", "--eval", f"values:\n{echo}", "values").stdout.splitlines()


def test_variables_of_make() -> None:
    """make has the table, with any text in a field, and does not read it again each time."""
    wanted = {
        "architectures": " ".join(architectures.table()),
        "having.asan": " ".join(architectures.having("asan")),
        "cells.always": "x86_64 i386-on-x86_64 i386 aarch64",
        "x86_64.programs": "x86_64 i386",
        "aarch64.compiler": "aarch64-linux-gnu-gcc",
        "arc.kernel": "",
    }
    assert of_make(*wanted) == list(wanted.values())
    made = TOP / "build" / "architectures.mk"
    before = made.stat().st_mtime_ns
    of_make("architectures")
    assert made.stat().st_mtime_ns == before
    line = architectures.assignment("vax.note", "costs #1 and $5")
    assert line == r"vax.note := costs \#1 and $$5"


@pytest.mark.parametrize(
    "words, says",
    [
        (("get", "vax", "bits"), "no such architecture: vax"),
        (("get", "x86_64", "vax"), "no such field: vax"),
        (("get",), "usage: "),
        (("cells", "vax"), "no such field: vax"),
        ((), "usage: "),
    ],
)
def test_wrong_arguments_are_refused(words: tuple[str, ...], says: str) -> None:
    answer = ask(*words)
    assert answer.returncode == 2 and answer.stdout == ""
    assert answer.stderr.startswith(f"architectures: {says}") and answer.stderr.count("\n") == 1
