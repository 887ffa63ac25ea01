# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Generates the reference pages from the table sysvipc.def and the module: tables.py FOLDER.

The table and the docstrings of the module contain the only descriptions of calls, members and
constants.
"""

import inspect
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import ipc
from ipc import _ipc
from stubs import Row, table

TEMPLATE = """
#define FUNCTION(R, F, P, A) @("function", #R, #F, #P)
#define CONTROL(F, C, W, K) @("control", #F, #C, #W, #K)
#define STRUCT(S, U, D) @("struct", #S)
#define CONST(C, D) @("const", #C, D)
#include "conformance/interface/sysvipc.def"
"""

# The C equivalents of the functions that make no system call.
OTHER = {
    "ftok": "key_t ftok(const char *pathname, int proj_id)",
    "mkmsgbuf": "struct msgbuf *m = malloc(...); m->mtype = mtype; memcpy(m->mtext, ...)",
    "offsetof": "offsetof(struct S, member)",
    "shmcpy_from": "memcpy(data, p, len)",
    "shmcpy_to": "memcpy(p, data, len)",
    "sizeof": "sizeof(struct S)",
}

WAYS = {
    "NONE": "none",
    "IN": "{} to the kernel",
    "OUT": "{} from the kernel",
    "VALUE": "an int to the kernel",
    "ARRAY_IN": "an unsigned short for each semaphore to the kernel",
    "ARRAY_OUT": "an unsigned short for each semaphore from the kernel",
}


def heading(title: str, *text: str) -> str:
    return "\n".join([title, "=" * len(title), "", *text, ""])


def list_table(head: Row, rows: Iterable[Row]) -> str:
    """Return a table as reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'*' if n == 0 else ' '} - {cell}" for n, cell in enumerate(row)]
    return "\n".join([*lines, ""])


def functions() -> list[str]:
    return [name for name in ipc.__all__ if inspect.isbuiltin(getattr(ipc, name))]


def manual_page(name: str) -> str:
    """Return a link to the last manual page that a docstring names, or ""."""
    pages = re.findall(r"See (\w+\(\d\))\.", getattr(ipc, name).__doc__)
    return f":manpage:`{pages[-1]}`" if pages else ""


def prototypes(rows: list[Row]) -> dict[str, str]:
    """Return the C declaration of each function of the module; exit if the lists differ."""
    found = {
        name: f"{result} {name}{parameters}".replace("* ", "*")
        for _, result, name, parameters in (row for row in rows if row[0] == "function")
    }
    found |= OTHER
    if set(found) != set(functions()):
        names = ", ".join(sorted(set(found) ^ set(functions())))
        raise SystemExit(f"tables.py: only in the table, or only in ipc: {names}")
    return found


def calls(rows: list[Row]) -> Iterator[str]:
    """Yield the page of C calls and their Python functions, with the argument of each command."""
    yield heading("Calls of C in Python", ":doc:`functions` describes each call.")
    yield list_table(
        ("C", "ipc", "manual page"),
        (
            (
                f"``{prototype}``",
                f":func:`{name}{inspect.signature(getattr(ipc, name))} <ipc.{name}>`",
                manual_page(name),
            )
            for name, prototype in prototypes(rows).items()
        ),
    )
    yield "The arguments of the commands of ``msgctl``, ``semctl`` and ``shmctl``:\n"
    yield list_table(
        ("call", "command", "argument"),
        (
            (
                f":func:`{call} <ipc.{call}>`",
                f"``{command}``",
                WAYS[way].format(f":class:`{structure} <ipc.{structure}>`"),
            )
            for _, call, command, way, structure in (row for row in rows if row[0] == "control")
        ),
    )


def function_pages(rows: list[Row]) -> Iterator[str]:
    yield heading("Functions", ".. py:currentmodule:: ipc", "")
    for name in prototypes(rows):
        yield f".. autofunction:: ipc.{name}"


def structures(rows: list[Row]) -> Iterator[str]:
    yield heading(
        "Structures",
        "Each C structure is a type. Its attributes are the C members, and a ``memoryview`` of",
        "an object shows the bytes of the C structure. The constructor takes the members by",
        "position in C's order, or by keyword. A value that does not fit raises ``OverflowError``.",
    )
    for name in [row[1] for row in rows if row[0] == "struct"] + ["shm_address"]:
        yield f".. autoclass:: ipc.{name}\n   :members:\n   :undoc-members:\n"


def constants(rows: list[Row]) -> Iterator[str]:
    yield heading("Constants", "The values are those of the machine that built this page.")
    yield list_table(
        ("name", "value", "meaning"),
        (
            (f"``{name}``", f"``{getattr(ipc, name):#x}``", sentence)
            for _, name, sentence in (row for row in rows if row[0] == "const")
        ),
    )


def swig_names(rows: list[Row]) -> Iterator[str]:
    """Yield a table without a heading, which another page includes."""
    yield list_table(
        ("name", "effect"),
        ((f"``{name}``", summary(name)) for name in sorted(_ipc._swig_names)),
    )


def summary(name: str) -> str:
    return (getattr(_ipc, name).__doc__ or "").partition("\n")[0].replace("_ ", r"\_ ")


def command(rows: list[Row]) -> Iterator[str]:
    """Yield the help texts of python -m ipc, which another page includes."""
    main = ("python3", "-m", "ipc")
    words = re.findall(r"^    (\w+)  ", said_by(*main, "--help"), flags=re.M)
    for line in main, *((*main, word) for word in words):
        yield f"``{' '.join(line)}``\n\n.. code-block:: none\n"
        yield textwrap.indent(said_by(*line, "--help"), "   ")


def said_by(*words: str) -> str:
    environment = os.environ | {"COLUMNS": "100"}
    result = subprocess.run(
        [sys.executable, *words[1:]], env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return result.stdout


PAGES = {
    "calls.rst": calls,
    "functions.rst": function_pages,
    "structures.rst": structures,
    "constants.rst": constants,
    "swig_names.inc": swig_names,
    "command.inc": command,
}


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    rows = list(table(TEMPLATE))
    for name, page in PAGES.items():
        (folder / name).write_text("\n".join(page(rows)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
