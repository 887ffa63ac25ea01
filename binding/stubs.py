# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Writes the type stubs of the package ipc into a folder: stubs.py FOLDER.

The C preprocessor extracts structures, constants and the names of 2003 from the
table sysvipc.def.  This file has the types of the functions, because the table has
only C types.  The docstrings and defaults come from the C sources, not from the
module, because an extension from a cross compiler cannot be imported.
"""

import ast
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

# Expands each line of the table to a Python tuple: its kind, then strings.
TEMPLATE = """
#define STRUCT(S, U, D) @("struct", #S, D)
#define MEMBER(S, M, D) @("member", #S, #M, #M, "int", D)
#define MEMBER__(S, M, D) @("member", #S, #M, "__" #M, "int", D)
#define NESTED(S, M, T, D) @("member", #S, #M, #M, #T, D)
#define TEXT(S, M, D) @("member", #S, #M, #M, "bytes", D)
#define POINTER(S, T, M, D) @("pointer", #S, #M, #T, D)
#define GONE(S, M) @("gone", #S, #M)
#define CONST(C, D) @("const", #C, D)
#include "conformance/interface/sysvipc.def"
"""

HEADER = '''"""System V IPC: the C extension.  Made by binding/stubs.py."""

import sys
from _typeshed import ReadableBuffer, StrOrBytesPath, WriteableBuffer
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, SupportsIndex, TypeVar, final, overload

_Structure = (
    ipc_perm | msqid_ds | msgbuf | msginfo | semid_ds | sembuf | seminfo | semun | shmid_ds
    | shminfo | shm_info
)
_Operation = sembuf | tuple[int, ...]
_Address = shm_address | SupportsIndex
_Argument = SupportsIndex | _Structure | Sequence[SupportsIndex] | ReadableBuffer
_Timeout = float | tuple[int, int] | None

_swig_names: list[str]

# A base class for objects with the buffer protocol.  Since 3.12, __buffer__ declares it (PEP 688).
# For older versions mypy 1.0 (Debian 12) has only a list of classes; ctypes._CData is the one with
# the fewest names that the objects here lack.  stubtest reports its metaclass (stubtest.allowlist).
if sys.version_info >= (3, 12):
    class _Buffer:
        def __buffer__(self, flags: int, /) -> memoryview: ...
else:
    from ctypes import _CData as _Buffer

# For the package's Python modules (internal.c).
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
) -> Any: ...
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
    ) -> Any: ...
    def receive_many(
        self, msqid: int, msgsz: int | None, msgtyp: int, msgflg: int, timeout: _Timeout,
        wait: _Wait | None, count: int, /
    ) -> Any: ...
    def next(self, msqid: int, msgtyp: int, timeout: _Timeout, /) -> msgbuf | None: ...
    def messages(self, msqid: int, msgtyp: int, timeout: _Timeout, /) -> Iterator[msgbuf]: ...
    def fill(
        self, msqid: int, msgsz: int | None, msgtyp: int, msgflg: int, timeout: _Timeout,
        wait: _Wait | None, /
    ) -> bool: ...
    def kept(self) -> list[msgbuf]: ...
def _watch_wakeups(
    wake: Callable[..., object], task: object, partial: type[object], /
) -> None: ...
def _wake(partial: type[object], wakeup: Callable[[object], object], task: object, /) -> object: ...
# For the classes of those modules (method.c).
class _Object:
    id: int
    _inbox: _Inbox
class _Semaphore:
    set: Any
    _up: sembuf
    _down: sembuf
_Function = TypeVar("_Function", bound=Callable[..., object])
def _method(function: _Function, /) -> _Function: ...
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
) -> Any: ...
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
class shm_address(_Buffer):
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

class _Exporter(_Buffer):
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...
'''

Row = tuple[str, ...]

# The type of a pointer member of semun, for reading and writing.
POINTERS = {
    "struct semid_ds": "semid_ds | None",
    "struct seminfo": "seminfo | None",
    "unsigned short": "Any",
}


def preprocessed(text: str) -> str:
    compiler = os.environ.get("CC", "cc").split()
    command = [*compiler, "-E", "-P", "-x", "c", "-I.", "-"]
    return subprocess.run(
        command, input=text, stdout=subprocess.PIPE, check=True, text=True
    ).stdout


def table(template: str = TEMPLATE) -> Iterator[Row]:
    """Yield the rows of the table that the template selects, in the table's order."""
    for line in preprocessed(template).replace("\n", " ").split("@")[1:]:
        yield ast.literal_eval(line.strip())


# The default of a constructor's parameter, by type; "..." stands for a structure of zeros.
DEFAULTS = {"int": "0", "bytes": "b''", "ipc_perm": "..."}


def parameter(member: str, kind: str) -> str:
    """Return the text of a constructor's parameter."""
    default = DEFAULTS.get(kind, "None")
    return f"{member}: {'ReadableBuffer | str' if kind == 'bytes' else kind} = {default}"


def structure(name: str, sentence: str, members: list[Row]) -> Iterator[str]:
    """Yield the lines of a structure's class."""
    parameters = [parameter(member, kind) for member, _, kind, _ in members]
    if name == "msgbuf":
        parameters.append("capacity: int | None = None")
    yield "\n@final"
    yield f"class {name}(_Buffer):"
    yield f'    """{sentence}"""'
    yield f"    def __new__(cls, {', '.join(parameters)}) -> {name}: ..."
    for member, spelt, kind, meaning in members:
        for attribute in dict.fromkeys((member, spelt)):
            yield f"    {attribute}: {kind}"
            yield f'    """{meaning}"""'
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


def swig_names(name: str, members: list[Row], gone: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the functions of 2003 for a structure: the name, and the rest of the line."""
    yield f"new_{name}", f"() -> {name}"
    yield f"delete_{name}", f"(p: {name}, /) -> None"
    for _, spelt, kind, _ in members:
        value = "ReadableBuffer | str" if kind == "bytes" else kind
        yield f"{name}_{spelt}_get", f"(p: {name}, /) -> {kind}"
        yield f"{name}_{spelt}_set", f"(p: {name}, v: {value}, /) -> None"
    for member in gone:
        yield f"{name}_{member}_get", "(p: Any, /) -> NoReturn"
        yield f"{name}_{member}_set", "(p: Any, v: Any, /) -> NoReturn"


def names_of_modules() -> Iterator[tuple[str, str]]:
    """Yield module and name for each __all__ of a module from which the package imports *."""
    package = Path("binding/ipc")
    for module in re.findall(
        r"^from ipc\.(_(?!ipc\b)\w+) import \*", (package / "__init__.py").read_text(), flags=re.M
    ):
        source = (package / f"{module}.py").read_text()
        for names in re.findall(r"^__all__ = (.*)$", source, flags=re.M):
            yield from ((module, name) for name in ast.literal_eval(names))


# ---- docstrings and defaults --------------------------------------------------------

# The docstrings of special methods, which CPython provides.
SLOTS = {
    "__new__": "Make one, with its members as given.",
    "__int__": "int(self)",
    "__index__": "Return self converted to an integer.",
    "__len__": "Return len(self).",
    "__bool__": "True if self else False",
    "__eq__": "Return self==value.",
    "__ne__": "Return self!=value.",
    "__buffer__": "Return a memoryview of its memory.",
    "__release_buffer__": "Release a memoryview of its memory.",
}
INCLUDE = re.search(r"^#include.*", TEMPLATE, flags=re.M)[0]  # type: ignore[index]
LITERALS = re.compile(r'(?:"(?:[^"\\]|\\.)*"\s*)+')


class Described:
    """Signatures and docstrings of functions, methods, classes and members in the C sources."""

    def __init__(self) -> None:
        # The keys are the file's name and the name of a function, class or member.
        self.signatures: dict[tuple[str, str], str] = {}
        self.docs: dict[tuple[str, str], str] = {}
        self.homes: dict[str, str] = {}  # the file of each class
        for path in sorted(Path("binding").rglob("*.c")):
            text = path.read_text()
            if r"\n--\n\n" in text:
                self.read(path.stem, text)

    def read(self, home: str, text: str) -> None:
        """Read a source with its macros and the table, but without the other headers."""
        text = re.sub(r'^#include .*sysvipc.def"$', INCLUDE, text, flags=re.M)
        text = re.sub(r"^#include (?!.*sysvipc.def).*$", "", text, flags=re.M)
        text = preprocessed(text)
        for literals in LITERALS.findall(text):
            self.signature(home, ast.literal_eval(f"({literals})"))
        for name, literals in re.findall(rf'{{"(\w+)", T_\w+, [^"]*?({LITERALS.pattern})}}', text):
            self.docs[home, name] = ast.literal_eval(f"({literals})")
        for name, slots_name in re.findall(
            r'"(?:_ipc\.|ipc\.)+(\w+)"(?:.(?!Py_tp_doc))*?\.slots = (\w+)', text, flags=re.S
        ):
            self.homes[name] = home
            slots = re.search(
                rf"{slots_name}\[\] = {{\s*{{Py_tp_doc,\s*({LITERALS.pattern})", text
            )
            if slots:
                doc: str = ast.literal_eval(f"({slots[1]})")
                self.docs[home, name] = doc.partition("\n--\n\n")[2] or doc

    def signature(self, home: str, literal: str) -> None:
        match = re.fullmatch(r"(\w+)(\(.*?\))\n--\n\n(.*)", literal, flags=re.S)
        if match:
            self.signatures[home, match[1]] = match[2]
            self.docs[home, match[1]] = match[3]

    def homes_of(self, scope: str) -> list[str]:
        """Return the files with the methods of a class, or for "" those with functions."""
        if not scope:
            return sorted({home for home, _ in self.docs})
        return [self.homes.get(scope, scope), "structure"]

    def doc(self, scope: str, name: str) -> str:
        for home in self.homes_of(scope):
            if (home, name) in self.docs:
                return self.docs[home, name]
        if scope and name in SLOTS:
            return SLOTS[name]
        raise KeyError(f"no C source describes {scope} {name}")

    def defaults(self, scope: str, name: str) -> dict[str, str]:
        """Return the defaults of a function's parameters, by name."""
        for home in self.homes_of(scope):
            if (home, name) in self.signatures:
                signature = self.signatures[home, name].replace("$", "")
                (function,) = ast.parse(f"def f{signature}: pass").body
                assert isinstance(function, ast.FunctionDef)
                given = function.args.posonlyargs + function.args.args
                last = given[len(given) - len(function.args.defaults):]
                values = map(ast.unparse, function.args.defaults)
                return {one.arg: value for one, value in zip(last, values)}
        return {}


def quoted(doc: str, indent: str) -> str:
    """Return a docstring as an indented string literal."""
    text = doc.replace("\\", "\\\\").rstrip()
    return textwrap.indent(f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""', indent)


def documented(stub: str, described: Described) -> str:
    """Return the stub with the docstring of each function and class, and each default's value."""
    lines = stub.splitlines()
    edits: list[tuple[int, int, int, str]] = []  # line, from, to, text

    def visit(node: ast.AST, scope: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                edit(child, scope)
            elif isinstance(child, ast.ClassDef):
                first = child.body[0]
                name = child.name
                if ast.get_docstring(child) is None and name != "_Buffer":
                    indent = " " * first.col_offset
                    line = min([first.lineno, *(d.lineno for d in decorators(first))])
                    text = quoted(described.doc(name, name), indent).lstrip()
                    edits.append((line, len(indent), len(indent), f"{text}\n{indent}"))
                visit(child, name)
            else:
                visit(child, scope)

    def edit(function: ast.FunctionDef, scope: str) -> None:
        (body,) = function.body
        indent = " " * (function.col_offset + 4)
        doc = quoted(described.doc(scope, function.name), indent)
        assert body.end_col_offset is not None
        edits.append((body.lineno, body.col_offset, body.end_col_offset, f"\n{doc}"))
        given = function.args.posonlyargs + function.args.args
        values = described.defaults(scope, function.name)
        defaults = function.args.defaults
        for parameter, default in zip(given[len(given) - len(defaults):], defaults):
            if isinstance(default, ast.Constant) and default.value is ...:
                value = values.get(parameter.arg, "...")
                assert default.end_col_offset is not None
                edits.append((default.lineno, default.col_offset, default.end_col_offset, value))

    visit(ast.parse(stub), "")
    for number, begin, end, text in sorted(edits, reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:begin].rstrip() * (text[:1] == "\n") + (
            line[:begin] * (text[:1] != "\n")
        ) + text + line[end:]
    return "\n".join(lines) + "\n"


def decorators(node: ast.stmt) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []


def main(folder: Path) -> None:
    """Write _ipc.pyi, and __init__.pyi, whose __all__ leaves out the names of 2003."""
    rows = list(table())
    extension = [HEADER]
    names = re.findall(r"^(?:def|class) ([a-z]\w*)", HEADER, flags=re.M)
    names += [row[1] for row in rows if row[0] in ("struct", "const")]
    old = []
    for name, sentence in (row[1:] for row in rows if row[0] == "struct"):
        members = [row[2:] for row in rows if row[0] == "member" and row[1] == name]
        members += [
            (row[2], row[2], POINTERS[row[3]], row[4])
            for row in rows
            if row[0] == "pointer" and row[1] == name
        ]
        gone = [row[2] for row in rows if row[0] == "gone" and row[1] == name]
        functions = list(swig_names(name, members, gone))
        extension += [*structure(name, sentence, members), ""]
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
    text = documented("\n".join(extension) + "\n", Described())
    (folder / "_ipc.pyi").write_text(text)
    (folder / "__init__.pyi").write_text("\n".join(package) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
