# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Writes the type stubs of the package ipc into a folder: stubs.py FOLDER.

Structures, constants and the names of 2003 come from the harness's table, by
way of the C preprocessor; the functions, whose Python types no table of C knows,
are written here.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Each line of the table as a Python tuple: kind, then strings.
TEMPLATE = """
#define STRUCT(S, U, D) @("struct", #S, D)
#define MEMBER(S, M, D) @("member", #S, #M, #M, "int")
#define MEMBER__(S, M, D) @("member", #S, #M, "__" #M, "int")
#define NESTED(S, M, T, D) @("member", #S, #M, #M, #T)
#define TEXT(S, M, D) @("member", #S, #M, #M, "bytes")
#define POINTER(S, T, M, D) @("pointer", #S, #M, #T)
#define GONE(S, M) @("gone", #S, #M)
#define CONST(C, D) @("const", #C, D)
#include "conformance/abi/sysvipc.def"
"""

HEADER = '''"""System V IPC: the C extension.  Made by binding/stubs.py."""

import sys
from _typeshed import ReadableBuffer, StrOrBytesPath, WriteableBuffer
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, SupportsIndex, final, overload

_Structure = (
    ipc_perm | msqid_ds | msgbuf | msginfo | semid_ds | sembuf | seminfo | semun | shmid_ds
    | shminfo | shm_info
)
_Operation = sembuf | tuple[int, ...]
_Address = shm_address | SupportsIndex
_Argument = SupportsIndex | _Structure | Sequence[SupportsIndex] | ReadableBuffer
_Timeout = float | tuple[int, int] | None

_names_2003: list[str]

# For the package's own modules (hooks.c).
@final
class _Wait:
    def wake(self) -> None: ...

_Text = ReadableBuffer | str | msgbuf

def _msgsnd(
    msqid: int, mtype: int, mtext: _Text, msgflg: int, timeout: _Timeout, wait: _Wait | None, /
) -> bool: ...
def _msgrcv(
    msqid: int,
    msgsz: int | None,
    msgtyp: int,
    msgflg: int,
    timeout: _Timeout,
    wait: _Wait | None,
    /,
) -> Any: ...  # a msgbuf, or None where it was woken
def _send_many(
    msqid: int,
    mtype: int,
    messages: Iterable[_Text],
    msgflg: int,
    timeout: _Timeout,
    wait: _Wait | None,
    /,
) -> int: ...
@final
class _Inbox:
    def receive(
        self, msqid: int, msgsz: int | None, msgtyp: int, msgflg: int, timeout: _Timeout,
        wait: _Wait | None, /
    ) -> Any: ...  # a msgbuf, or None where it was woken
    def receive_many(
        self, msqid: int, msgsz: int | None, msgtyp: int, msgflg: int, timeout: _Timeout,
        wait: _Wait | None, count: int, /
    ) -> Any: ...  # a list of them, or None where it was woken
    def next(self, msqid: int, msgtyp: int, timeout: _Timeout, /) -> msgbuf | None: ...
    def messages(self, msqid: int, msgtyp: int, timeout: _Timeout, /) -> Iterator[msgbuf]: ...
    def fill(
        self, msqid: int, msgsz: int | None, msgtyp: int, msgflg: int, timeout: _Timeout,
        wait: _Wait | None, /
    ) -> bool: ...
    def kept(self) -> list[msgbuf]: ...
def _semop(semid: int, sop: tuple[int, int, int], wait: _Wait | None, /) -> bool: ...

def ftok(pathname: StrOrBytesPath, proj_id: SupportsIndex | str | bytes) -> int: ...
def msgget(key: SupportsIndex, msgflg: SupportsIndex) -> int: ...
def msgsnd(
    msqid: SupportsIndex,
    msgp: msgbuf | ReadableBuffer,
    msgsz: SupportsIndex | None = ...,
    msgflg: SupportsIndex = ...,
) -> int: ...
def msgrcv(
    msqid: SupportsIndex,
    msgp: msgbuf | WriteableBuffer,
    msgsz: SupportsIndex | None = ...,
    msgtyp: SupportsIndex = ...,
    msgflg: SupportsIndex = ...,
) -> int: ...
def msgctl(msqid: SupportsIndex, cmd: SupportsIndex, buf: _Structure | None = ...) -> int: ...
def mkmsgbuf(mtype: SupportsIndex, mtext: ReadableBuffer | str) -> msgbuf: ...
def semget(key: SupportsIndex, nsems: SupportsIndex, semflg: SupportsIndex) -> int: ...
def semop(
    semid: SupportsIndex,
    sops: sembuf | Sequence[_Operation] | ReadableBuffer,
    nsops: SupportsIndex | None = ...,
) -> int: ...
def semtimedop(
    semid: SupportsIndex,
    sops: sembuf | Sequence[_Operation] | ReadableBuffer,
    nsops: SupportsIndex | None = ...,
    timeout: _Timeout = ...,
) -> int: ...
@overload
def semctl(
    semid: SupportsIndex, semnum: SupportsIndex, cmd: SupportsIndex, arg: None = ...
) -> Any: ...  # a list for GETALL, otherwise an int
@overload
def semctl(
    semid: SupportsIndex, semnum: SupportsIndex, cmd: SupportsIndex, arg: _Argument
) -> int: ...
def shmget(key: SupportsIndex, size: SupportsIndex, shmflg: SupportsIndex) -> int: ...
def shmat(
    shmid: SupportsIndex, shmaddr: _Address | None = ..., shmflg: SupportsIndex = ...
) -> shm_address: ...
def shmdt(shmaddr: _Address) -> int: ...
def shmctl(shmid: SupportsIndex, cmd: SupportsIndex, buf: _Structure | None = ...) -> int: ...
def shmcpy_to(
    p: _Address, data: ReadableBuffer | str, len: SupportsIndex | None = ...
) -> None: ...
def shmcpy_from(p: _Address, len: SupportsIndex) -> bytes: ...
def sizeof(structure: _Structure | type[_Structure], /) -> int: ...
def offsetof(structure: _Structure | type[_Structure], member: str, /) -> int: ...

@final
class shm_address:
    @property
    def shmid(self) -> int: ...
    @property
    def readonly(self) -> bool: ...
    def __int__(self) -> int: ...
    def __index__(self) -> int: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __enter__(self) -> shm_address: ...
    def __exit__(self, *args: object) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...
        def __release_buffer__(self, buffer: memoryview, /) -> None: ...

class _Exporter:
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...
'''

Row = tuple[str, ...]

# What a pointer of semun may be given and gives.
POINTERS = {
    "struct semid_ds": "semid_ds | None",
    "struct seminfo": "seminfo | None",
    "unsigned short": "Any",
}


def table(template: str = TEMPLATE) -> Iterator[Row]:
    """The rows of the table that the template asks for, in the table's order."""
    compiler = os.environ.get("CC", "cc").split()
    command = [*compiler, "-E", "-P", "-x", "c", "-I.", "-"]
    text = subprocess.run(
        command, input=template, stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    for line in text.replace("\n", " ").split("@")[1:]:
        yield ast.literal_eval(line.strip())


def parameter(member: str, kind: str) -> str:
    """A parameter of a constructor."""
    return f"{member}: {'ReadableBuffer | str' if kind == 'bytes' else kind} = ..."


def structure(name: str, members: list[Row]) -> Iterator[str]:
    """The class of a structure."""
    parameters = [parameter(member, kind) for member, _, kind in members]
    if name == "msgbuf":
        parameters.append("capacity: int | None = ...")
    yield "\n@final"
    yield f"class {name}:"
    yield f"    def __new__(cls, {', '.join(parameters)}) -> {name}: ..."
    for member, spelt, kind in members:
        for attribute in dict.fromkeys((member, spelt)):
            yield f"    {attribute}: {kind}"
    if name == "msgbuf":
        yield "    @property"
        yield "    def capacity(self) -> int: ..."
    yield "    def __eq__(self, other: object, /) -> bool: ..."
    yield "    def __ne__(self, other: object, /) -> bool: ..."
    yield "    def __reduce__(self) -> Any: ..."
    yield "    __hash__: None  # type: ignore[assignment]"
    yield "    if sys.version_info >= (3, 12):"
    yield "        def __buffer__(self, flags: int, /) -> memoryview: ..."
    if name == "msgbuf":
        yield "        def __release_buffer__(self, buffer: memoryview, /) -> None: ..."


def names_2003(name: str, members: list[Row], gone: list[str]) -> Iterator[tuple[str, str]]:
    """The functions of 2003 for a structure: name, and the rest of the line."""
    yield f"new_{name}", f"() -> {name}"
    yield f"delete_{name}", f"(p: {name}, /) -> None"
    for _, spelt, kind in members:
        value = "ReadableBuffer | str" if kind == "bytes" else kind
        yield f"{name}_{spelt}_get", f"(p: {name}, /) -> {kind}"
        yield f"{name}_{spelt}_set", f"(p: {name}, v: {value}, /) -> None"
    for member in gone:
        yield f"{name}_{member}_get", "(p: Any, /) -> NoReturn"
        yield f"{name}_{member}_set", "(p: Any, v: Any, /) -> NoReturn"


def names_of_modules() -> Iterator[tuple[str, str]]:
    """The names above the extension: __all__ of each module from which the package imports *."""
    package = Path("binding/ipc")
    for module in re.findall(
        r"^from ipc\.([a-z]\w*) import \*", (package / "__init__.py").read_text(), flags=re.M
    ):
        source = (package / f"{module}.py").read_text()
        for names in re.findall(r"^__all__ = (.*)$", source, flags=re.M):
            yield from ((module, name) for name in ast.literal_eval(names))


def main(folder: Path) -> None:
    """Writes _ipc.pyi, and __init__.pyi with every name, but not those of 2003 in __all__."""
    rows = list(table())
    extension = [HEADER]
    names = re.findall(r"^(?:def|class) ([a-z]\w*)", HEADER, flags=re.M)
    names += [row[1] for row in rows if row[0] in ("struct", "const")]
    old = []
    for name in (row[1] for row in rows if row[0] == "struct"):
        members = [row[2:] for row in rows if row[0] == "member" and row[1] == name]
        members += [
            (row[2], row[2], POINTERS[row[3]])
            for row in rows
            if row[0] == "pointer" and row[1] == name
        ]
        gone = [row[2] for row in rows if row[0] == "gone" and row[1] == name]
        functions = list(names_2003(name, members, gone))
        extension += [*structure(name, members), ""]
        extension += [f"def {function}{rest}: ..." for function, rest in functions]
        old += [function for function, _ in functions]
    for _, name, sentence in (row for row in rows if row[0] == "const"):
        extension += [f"{name}: int", f'"""{sentence}"""']
    objects = list(names_of_modules())
    package = [f"from ipc.{module} import {name} as {name}" for module, name in objects]
    package += [f"from ipc._ipc import {name} as {name}" for name in names + old]
    names += [name for _, name in objects]
    package += ["__version__: str"]
    package += ["__all__ = [", *(f"    {name!r}," for name in names), "]"]
    (folder / "_ipc.pyi").write_text("\n".join(extension) + "\n")
    (folder / "__init__.pyi").write_text("\n".join(package) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
