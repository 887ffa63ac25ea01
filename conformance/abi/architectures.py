#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""architectures: the reader of the table of architectures, architectures.toml.

    architectures.py list [FIELD]          the names, or those of the rows that have FIELD
    architectures.py get ARCH FIELD        that field; nothing if the row does not have it
    architectures.py rows FIELD...         a line NAME|FIELD|... for each row
    architectures.py cells FIELD           PROGRAMS or PROGRAMS-on-ARCH for each of the programs
                                           (FIELD pytest: of that field) of each row with FIELD
    architectures.py host                  the architecture of this machine
    architectures.py make                  the lists, fields and cells as variables of make
    architectures.py suite ARCH            the suite of Debian whose programs and kernel tests use

Words of a list are separated by spaces.  Exit status: 0, or 2 with one line on standard error.
"""

import functools
import platform
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent / "architectures.toml"
Row = dict[str, Any]

ALWAYS = {"compiler": str, "libc-package": str, "bits": int, "order": str, "elf-machine": int}
SOMETIMES = {
    **{"debian": str, "layers": list, "note": str, "always": bool, "uname": list, "compat": str},
    **{"wheel": str, "musl-wheel": bool, "unbooted": str, "asan": str, "emulator": str},
    **{"syzkaller": str},
}
BOOTED = {
    **{"image": str, "qemu": str, "qemu-package": str, "console": list, "results": list},
    **{"suites": list, "programs": list},
}
BOOTED_SOMETIMES: dict[str, type] = {
    **{"kernel": str, "config": str, "linux-arch": str, "image-file": str},
    **{"image-bit": list, "more": list, "pytest": dict, "firmware": str, "vmlinux": bool},
}


class Misuse(Exception):
    """An error in the table or the arguments, described in one line."""


@functools.cache
def table() -> dict[str, Row]:
    """The rows by the name of the architecture, in the table's order."""
    try:
        rows: dict[str, Row] = tomllib.loads(TABLE.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Misuse(f"{TABLE}: {error}") from None
    for name, row in rows.items():
        check(name, row)
    return rows


def check(name: str, row: Row) -> None:
    """Refuses a row with an unknown field, a missing one, or one of the wrong type."""
    kinds: dict[str, type] = ALWAYS | SOMETIMES | BOOTED | BOOTED_SOMETIMES
    for field, value in row.items():
        if field not in kinds:
            raise Misuse(f"{TABLE}: {name}: unknown field {field}")
        if type(value) is not kinds[field]:
            raise Misuse(f"{TABLE}: {name}: {field}: {value!r} is no {kinds[field].__name__}")
    needed = ALWAYS | (BOOTED if "qemu" in row else {})
    if missing := [field for field in needed if field not in row]:
        raise Misuse(f"{TABLE}: {name}: no {', '.join(missing)}")
    if "qemu" in row and ("kernel" in row) == ("config" in row):
        raise Misuse(f"{TABLE}: {name}: needs kernel or config, and not both")
    for field, allowed in (("bits", (32, 64)), ("order", ("little", "big"))):
        if row[field] not in allowed:
            words = " or ".join(map(str, allowed))
            raise Misuse(f"{TABLE}: {name}: {field}: {row[field]} is not {words}")


def row_of(arch: str) -> Row:
    if arch not in table():
        raise Misuse(f"no such architecture: {arch} ({' '.join(table())})")
    return table()[arch]


def having(field: str) -> list[str]:
    return [name for name, row in table().items() if field in row]


# ---- kernels ---------------------------------------------------------------------------

# Debian's suites, oldest first.
SUITES = ("bullseye", "bookworm", "trixie", "trixie-backports", "sid")


def elf_pattern(row: Row) -> bytes:
    order = "little" if row["order"] == "little" else "big"
    begin = b"\x7fELF" + bytes([row["bits"] // 32, 1 if order == "little" else 2])
    machine: bytes = row["elf-machine"].to_bytes(2, order)
    return re.escape(begin) + b".{12}" + re.escape(machine)


def is_image(arch: str, head: bytes) -> bool:
    """Whether a file that begins with head is a kernel image of the architecture."""
    row = row_of(arch)
    is_elf = re.match(elf_pattern(row), head, re.DOTALL)
    if row["image"] == "ELF" or is_elf and row.get("vmlinux"):
        return bool(is_elf)
    if not re.match(str(row["image"]).encode(), head, re.DOTALL):
        return False
    offset, bit, value = row.get("image-bit", (0, 0, -1))
    return bool(value < 0 or (len(head) > offset and head[offset] >> bit & 1 == value))


def of_uname(machine: str, order: str | None) -> str:
    """The first architecture with this machine name of uname(2) and byte order; else the name."""
    found = [
        name
        for name, row in table().items()
        if machine in row.get("uname", [name]) and order in (None, row["order"])
    ]
    return found[0] if found else machine


def of_machine(machine: str, programs: str) -> str:
    """The architecture of a kernel, from the machine name of uname(2) and the programs that it
    runs: both byte orders of MIPS have the same machine name."""
    return of_uname(machine, table().get(programs, {}).get("order"))


def host() -> str:
    """The architecture of this machine."""
    return of_uname(platform.machine(), sys.byteorder)


def reference() -> str:
    """The architecture with which others are compared."""
    return next(iter(table()))


def suite_of(arch: str) -> str:
    """The suite of Debian with the programs and the kernel of an architecture: Debian 12, or the
    first suite that has the architecture."""
    suites: list[str] = row_of(arch).get("suites", ["bookworm"])
    return "bookworm" if "bookworm" in suites else suites[0]


def cells(field: str) -> list[str]:
    """The programs of each row that has the field; "-on-ARCH" if they are of another one."""
    return [
        programs if programs == name else f"{programs}-on-{name}"
        for name in having(field)
        for programs in table()[name].get("pytest" if field == "pytest" else "programs", [])
    ]


# ---- the command -------------------------------------------------------------------------


# What make would expand or take for a comment or another line.
TO_MAKE = str.maketrans({"$": "$$", "#": r"\#", "\n": " "})


def text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, dict)) else str(value)


def assignment(name: str, value: object) -> str:
    """The line that gives a variable of make this value."""
    return f"{name} := {text(value).translate(TO_MAKE)}"


def variables() -> list[str]:
    """Lines for make: architectures, having.FIELD, cells.FIELD, and ARCH.FIELD of each row."""
    fields = sorted({field for row in table().values() for field in row})
    values: dict[str, object] = {"architectures": list(table())}
    values |= {f"having.{field}": having(field) for field in fields}
    values |= {f"cells.{field}": cells(field) for field in fields}
    for name, row in table().items():
        values |= {f"{name}.{field}": value for field, value in row.items()}
    return [assignment(name, value) for name, value in values.items()]


def command(words: list[str]) -> list[str]:
    """The lines that a command prints."""
    known = ALWAYS | SOMETIMES | BOOTED | BOOTED_SOMETIMES
    match words:
        case ["list"]:
            fields: list[str] = []
        case ["list", field]:
            fields = [field]
        case ["get", _, field]:
            fields = [field]
        case ["rows", _, *_]:
            fields = words[1:]
        case ["cells", field]:
            fields = [field]
        case ["host"]:
            return [host()]
        case ["make"]:
            return variables()
        case ["suite", arch]:
            return [suite_of(arch)]
        case _:
            raise Misuse(
                "usage: architectures list [FIELD] | get ARCH FIELD | rows FIELD... | "
                "cells FIELD | host | make | suite ARCH"
            )
    for field in fields:
        if field not in known:
            raise Misuse(f"no such field: {field} ({' '.join(known)})")
    if words[0] == "list":
        return having(fields[0]) if fields else list(table())
    if words[0] == "cells":
        return cells(fields[0])
    if words[0] == "get":
        row = row_of(words[1])
        return [text(row[fields[0]])] if fields[0] in row else []
    return [
        "|".join([name, *(text(row.get(field, "")) for field in fields)])
        for name, row in table().items()
    ]


def main() -> int:
    try:
        print("".join(f"{line}\n" for line in command(sys.argv[1:])), end="")
    except Misuse as misuse:
        print(f"architectures: {misuse}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
