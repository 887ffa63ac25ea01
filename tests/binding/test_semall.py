# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""GETALL and SETALL while a smaller or larger set replaces the set under the same id.

The system call has no parameter for the length of the array.  If the array is too short, the
kernel reads or writes memory past its end, which belongs to other objects.
"""

import ctypes
import os
from array import array
from pathlib import Path

import pytest

import ipc
from child import run_child
from conftest import Maker, Program

NEXT_ID = Path("/proc/sys/kernel/sem_next_id")


@pytest.fixture
def replaced(alone: None) -> None:
    """Skips if the id of a new set cannot be chosen, which needs CONFIG_CHECKPOINT_RESTORE."""
    try:
        NEXT_ID.open("w").close()
    except OSError as error:
        pytest.skip(f"an id cannot be chosen: {error}")


REPLACE = """
(semid,) = ids
SMALL, LARGE = 2, 30_000

def replace(nsems):
    ipc.semctl(semid, 0, ipc.IPC_RMID)
    with open("/proc/sys/kernel/sem_next_id", "w") as file:
        file.write(str(semid))
    assert ipc.semget(ipc.IPC_PRIVATE, nsems, 0o600) == semid

class Growing(list):
    "A list; reading its length replaces the set by a larger one."

    def __len__(self):
        replace(LARGE)
        return SMALL

class Number:
    def __index__(self):
        replace(LARGE)
        return 0
"""


@pytest.mark.parametrize(
    "call, error",
    [
        ("ipc.semctl(semid, 0, ipc.SETALL, [0, Number()])", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.SETALL, Growing([0, 0]))", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.SETALL, array('H', [0] * SMALL))", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.GETALL, array('H', [0] * SMALL))", "ValueError"),
    ],
)
def test_a_set_that_grew_meanwhile_is_not_taken_for_the_smaller(
    make: Maker, replaced: None, call: str, error: str
) -> None:
    run_child(
        REPLACE
        + f"""
if "Number" not in {call!r} and "Growing" not in {call!r}:
    replace(LARGE)
try:
    {call}
except {error} as refused:
    assert "30000" in str(refused), refused
else:
    raise AssertionError("not refused")
""",
        make.semset(2),
    )


@pytest.fixture
def replacer(program: Program) -> Path:
    return program("replacer.so")


# A sanitizer build reads the number of semaphores after the replacement, and reports the array as
# too short before the kernel can fail with EFAULT.
@pytest.mark.unwatched
@pytest.mark.parametrize(
    "call, result",
    [
        ("len(ipc.semctl(semid, 0, ipc.GETALL))", "30000"),
        ("ipc.semctl(semid, 0, ipc.GETALL, values)", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.SETALL, values)", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.GETALL, [0, 0])", "ValueError"),
        ("ipc.semctl(semid, 0, ipc.SETALL, [0, 0])", "ValueError"),
    ],
)
def test_a_set_that_grew_between_two_system_calls(
    make: Maker, replaced: None, replacer: Path, call: str, result: str
) -> None:
    printed = run_child(
        f"""
(semid,) = ids
values = array("H", [0, 0])
try:
    print({call})
except ValueError:
    print("ValueError")
assert list(values) == [0, 0]
assert ipc.semctl(semid, 0, ipc.GETALL) == [0] * 30000
""",
        make.semset(2),
        environment={"LD_PRELOAD": f"{os.environ.get('LD_PRELOAD', '')} {replacer}"},
    )
    assert printed.strip() == result


def test_arrays_of_ctypes_are_arrays(semset: int) -> None:
    """The format of such an array gives its byte order, which must be that of this machine."""
    ipc.semctl(semset, 0, ipc.SETALL, (ctypes.c_uint16 * 3)(1, 2, 3))
    got = (ctypes.c_uint16 * 3)()
    assert ipc.semctl(semset, 0, ipc.GETALL, got) == 0
    assert list(got) == [1, 2, 3]
    swapped = getattr(ctypes.c_uint16, "__ctype_be__")
    if swapped is ctypes.c_uint16:
        swapped = getattr(ctypes.c_uint16, "__ctype_le__")
    with pytest.raises(TypeError):
        ipc.semctl(semset, 0, ipc.GETALL, (swapped * 3)())


def test_values_may_be_read_while_others_are_being_stored(make: Maker) -> None:
    """A list makes another call while GETALL fills it."""
    first, second = make.semset(3), make.semset(3)
    ipc.semctl(first, 0, ipc.SETALL, [1, 2, 3])
    ipc.semctl(second, 0, ipc.SETALL, array("H", [4, 5, 6]))

    class Nested(list[int]):
        def __len__(self) -> int:
            assert ipc.semctl(second, 0, ipc.GETALL) == [4, 5, 6]
            return 3

    values = Nested([0, 0, 0])
    ipc.semctl(first, 0, ipc.GETALL, values)
    assert values[:] == [1, 2, 3]
