# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""typing.get_type_hints() resolves every name in the annotations."""

import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import ipc
import ipc._aio
import ipc.compat.sysv_ipc
from limits import HANG

MODULES = (ipc, ipc._aio, ipc.compat.sysv_ipc)


def annotated(name: str, thing: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield each function and class of the package that can be reached from thing."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, property):
        for function in filter(None, (thing.fget, thing.fset, thing.fdel)):
            yield from annotated(name, function, seen)
    elif isinstance(thing, (classmethod, staticmethod)):
        yield from annotated(name, thing.__func__, seen)
    elif isinstance(thing, types.FunctionType) or hasattr(thing, "__wrapped__"):
        # The methods that a NamedTuple or a dataclass gets are not the package's.
        if (thing.__module__ or "").partition(".")[0] == "ipc":
            yield name, thing
    elif isinstance(thing, (type, types.ModuleType)):
        home = thing.__module__ if isinstance(thing, type) else thing.__name__
        if home.partition(".")[0] == "ipc":
            yield name, thing
            for inner, value in vars(thing).items():
                yield from annotated(f"{name}.{inner}", value, seen)


def test_every_annotation_resolves() -> None:
    seen: set[int] = set()
    found = [one for m in MODULES for one in annotated(m.__name__, m, seen)]
    assert len(found) > 150
    # Methods in C are not instances of types.FunctionType, but must be found too.
    assert ipc.MessageQueue.send in [thing for _, thing in found]
    wrong = {}
    for name, thing in found:
        try:
            typing.get_type_hints(thing)
        except Exception as error:
            wrong[name] = repr(error)
    assert wrong == {}


def test_hints_agree_with_the_annotations() -> None:
    hints = typing.get_type_hints(ipc.MessageQueue.send)
    assert hints["timeout"] == float | None and hints["mtype"] is int
    assert str in typing.get_args(hints["text"]) and ipc.msgbuf in typing.get_args(hints["text"])
    assert typing.get_type_hints(ipc.MessageQueue.__enter__) == {"return": typing.Self}


def test_the_import_does_not_import_typing() -> None:
    """Importing typing takes longer than importing the package."""
    program = "import sys; assert 'typing' not in sys.modules; import ipc; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, timeout=HANG
    )
    assert result.returncode == 0, result.stderr
    assert "ipc._queue" in result.stdout.split() and "typing" not in result.stdout.split()
