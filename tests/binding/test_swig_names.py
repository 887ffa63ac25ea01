# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Every name of the 2003 module exists and works."""

import inspect
import re
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ipc

LINES = Path(__file__).with_name("swig_names.txt").read_text().splitlines()
NAMES = {
    kind: [line.split()[1] for line in LINES if line.startswith(kind)]
    for kind in ("function", "constant")
}
CONSTRUCTORS = [name for name in NAMES["function"] if name.startswith("new_")]
STRUCTURES = [name.removeprefix("new_") for name in CONSTRUCTORS]
# The name of a structure may be a prefix of another name.
ACCESSOR = re.compile(f"({'|'.join(STRUCTURES)})_(\\w+)_(get|set)")
ACCESSORS = [match.groups() for match in map(ACCESSOR.fullmatch, NAMES["function"]) if match]
# Members that only Linux 2.4 had in <linux/msg.h>, <linux/sem.h> and <linux/shm.h>.
GONE = {
    "msqid_ds": {"__msg_first", "__msg_last", "__rwait", "__wwait"},
    "semid_ds": {"__sembase", "__sem_pending", "__sem_pending_last", "__undo"},
    "shmid_ds": {"__shm_npages", "__shm_pages", "__attaches"},
}
PRESENT = sorted({(s, m) for s, m, _ in ACCESSORS if m not in GONE.get(s, ())})

# Values for members that are not numbers.
VALUES: dict[str, Callable[[], Any]] = {
    "msg_perm": lambda: ipc.ipc_perm(uid=1),
    "sem_perm": lambda: ipc.ipc_perm(uid=1),
    "shm_perm": lambda: ipc.ipc_perm(uid=1),
    "mtext": lambda: b"a\0b",
    "buf": ipc.semid_ds,
    "__buf": ipc.seminfo,
    "array": lambda: array("H", [1, 2]),
}


def function(name: str) -> Callable[..., Any]:
    made: Callable[..., Any] = getattr(ipc, name)
    return made


def test_the_list_is_whole() -> None:
    assert (len(NAMES["function"]), len(NAMES["constant"])) == (183, 32)
    assert len(STRUCTURES) == 10 and len(ACCESSORS) == 2 * len({(s, m) for s, m, _ in ACCESSORS})
    assert sum(map(len, GONE.values())) + len(PRESENT) == len(ACCESSORS) / 2


@pytest.mark.parametrize("name", NAMES["function"])
def test_a_function_is_there_and_documented(name: str) -> None:
    assert callable(function(name)) and function(name).__doc__
    assert function(name).__name__ == name
    inspect.signature(function(name))


def test_completion_does_not_offer_what_swig_generated() -> None:
    assert len(ipc._ipc._swig_names) > 100
    assert {*dir(ipc)} & {*ipc._ipc._swig_names} == set()
    assert {*ipc._ipc._swig_names} <= {*dir(ipc._ipc)}


@pytest.mark.parametrize("name", NAMES["constant"])
def test_a_constant_is_there(name: str) -> None:
    assert name in dir(ipc)
    assert type(getattr(ipc, name)) is int


@pytest.mark.parametrize("structure", STRUCTURES)
def test_new_makes_a_zeroed_one_and_delete_takes_it(structure: str) -> None:
    made = function(f"new_{structure}")()
    assert made == getattr(ipc, structure)()
    assert function(f"delete_{structure}")(made) is None
    for wrong in (None, 0, object(), ipc.sembuf()):
        with pytest.raises(TypeError):
            function(f"delete_{structure}")(wrong)
    with pytest.raises(TypeError):
        function(f"new_{structure}")(1)


@pytest.mark.parametrize("structure, member", PRESENT)
def test_a_getter_returns_the_value_that_was_set(structure: str, member: str) -> None:
    get, set_ = (function(f"{structure}_{member}_{verb}") for verb in ("get", "set"))
    made = function(f"new_{structure}")()
    value = VALUES.get(member, lambda: 42)()
    assert set_(made, value) is None
    assert get(made) == getattr(made, member) == value
    # No other member has changed.
    for s, other in PRESENT:
        if s == structure != "semun" and other != member:
            fresh = function(f"new_{structure}")()
            assert function(f"{structure}_{other}_get")(made) == getattr(fresh, other)


@pytest.mark.parametrize("structure, member", PRESENT)
def test_an_accessor_is_for_its_structure_only(structure: str, member: str) -> None:
    get, set_ = (function(f"{structure}_{member}_{verb}") for verb in ("get", "set"))
    wrong = ipc.sembuf()
    made = function(f"new_{structure}")()
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (get, (wrong,)),
        (get, ()),
        (get, (made, 1)),
        (set_, (wrong, 1)),
        (set_, (made,)),
        (set_, (made, 1, 1)),
        (set_, (made, object())),
    ]
    for call, arguments in calls:
        with pytest.raises(TypeError):
            call(*arguments)
    assert made == function(f"new_{structure}")()


@pytest.mark.parametrize("structure, member", [(s, m) for s in GONE for m in sorted(GONE[s])])
def test_a_member_of_linux_2_4_says_that_it_is_gone(structure: str, member: str) -> None:
    made = function(f"new_{structure}")()
    for verb, arguments in (("get", (made,)), ("set", (made, 1))):
        with pytest.raises(AttributeError, match=f"{structure}.*{member}.*Linux 2"):
            function(f"{structure}_{member}_{verb}")(*arguments)
    assert not hasattr(made, member)
