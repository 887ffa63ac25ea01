# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Type stubs agree with the module, and type checkers accept the examples."""

import ast
import doctest
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ipc
from ipc import _ipc
from limits import HANG
from tree import TOP

PACKAGE = Path(ipc.__file__).parent
STUB = PACKAGE / "_ipc.pyi"
# Methods that CPython makes from slots; CPython writes their docstrings.
SLOTS = {"__new__", "__int__", "__index__", "__len__", "__bool__", "__eq__", "__ne__"}
SLOTS |= {"__buffer__", "__release_buffer__"}

pytestmark = [
    pytest.mark.skipif(not STUB.exists(), reason="the package has no stubs"),
    pytest.mark.tools,
]


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each function and method of the stub, by its name in the extension."""

    def inside(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield f"{scope}{child.name}", child
            else:
                inner = f"{child.name}." if isinstance(child, ast.ClassDef) else scope
                yield from inside(child, inner)

    yield from inside(ast.parse(STUB.read_text()), "")


def at_run_time(name: str) -> object:
    value: object = _ipc
    for word in name.split("."):
        value = getattr(value, word)
    return value


def test_each_function_has_the_docstring_of_the_module() -> None:
    found = list(functions())
    assert len(found) > 250
    for name, function in found:
        doc = ast.get_docstring(function)
        assert doc, name
        if name.startswith("_Buffer") or name.rpartition(".")[2] in SLOTS:
            continue
        assert doc == inspect.cleandoc(getattr(at_run_time(name), "__doc__") or ""), name


def test_each_class_has_the_docstring_of_the_module() -> None:
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.ClassDef):
            doc = getattr(at_run_time(node.name), "__doc__")
            assert ast.get_docstring(node) == inspect.cleandoc(doc), node.name


def test_each_default_is_that_of_the_module() -> None:
    compared = 0
    for name, function in functions():
        owner, _, method = name.rpartition(".")
        described = at_run_time(owner) if method == "__new__" else None
        if method != "__new__" and method in SLOTS or function.decorator_list and owner:
            continue  # a slot or a property
        signature = inspect.signature(described or at_run_time(name))  # type: ignore[arg-type]
        given = function.args.posonlyargs + function.args.args
        defaults = function.args.defaults
        said = {
            parameter.arg: ast.literal_eval(value)
            for parameter, value in zip(given[len(given) - len(defaults):], defaults)
        }
        right = {
            parameter.name: parameter.default
            for parameter in signature.parameters.values()
            if parameter.default is not parameter.empty
        }
        # An overload may need a parameter that another one gives a default.
        assert said == right or (name == "semctl" and said == {}), name
        compared += bool(said)
    assert compared >= 20


def examples() -> Iterator[tuple[str, str]]:
    """Programs of the README and of the documentation, each with a name."""
    readme = (TOP / "README.md").read_text()
    for number, text in enumerate(re.findall(r"```python\n(.*?)```", readme, flags=re.S)):
        yield f"readme_{number}", text
    for page in sorted((TOP / "binding" / "docs").glob("*.rst")):
        shown = doctest.DocTestParser().get_examples(page.read_text())
        if shown:
            yield f"page_{page.stem}", "".join(example.source for example in shown)


BUFFERS = """
import ipc
import ipc.compat.sysv_ipc as drop_in

p = ipc.shmat(1)
message: memoryview = memoryview(ipc.mkmsgbuf(1, "text"))
views = [memoryview(p), memoryview(ipc.sembuf()), memoryview(drop_in.SharedMemory(1))]
data = bytes(memoryview(p)[:5])
ipc.shmcpy_to(p, p)
number: int = ipc.msgsnd(1, ipc.sembuf())
"""

# A checker accepts these lines if it takes the objects for Any.
WRONG = """
import ipc

text: str = ipc.shmat(1)  # wrong
ipc.shmat(1).nothing  # wrong
ipc.msgget("key", 0)  # wrong
memoryview(ipc.MessageQueue())  # wrong
"""


def mypy(folder: Path, *names: str) -> "subprocess.CompletedProcess[str]":
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("this interpreter has no mypy")
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull]
        + ["--config-file", os.devnull, *(f"{name}.py" for name in names)],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=HANG,
    )


def test_mypy_accepts_each_example(tmp_path: Path) -> None:
    programs = dict(examples()) | {"buffers": BUFFERS}
    assert len(programs) >= 6
    for name, text in programs.items():
        (tmp_path / f"{name}.py").write_text(text)
    result = mypy(tmp_path, *programs)
    assert result.returncode == 0, result.stdout + result.stderr


def test_mypy_refuses_wrong_programs(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    result = mypy(tmp_path, "wrong")
    reported = {int(n) for n in re.findall(r"^wrong\.py:(\d+): error", result.stdout, flags=re.M)}
    wrong = {n for n, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")}
    assert reported == wrong, result.stdout + result.stderr
