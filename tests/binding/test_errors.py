# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Each parameter of each function refuses wrong arguments."""

import contextlib
import ctypes
import struct
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import ipc
from conftest import Maker, message, room, view

HEAD = struct.calcsize("@l")
LONG_MAX = 2 ** (8 * HEAD - 1) - 1
SIZE_MAX = ctypes.c_size_t(-1).value

Cases = list[tuple[Any, type[Exception]]]

# ---- values that each type of parameter rejects ------------------------------------------


class Index:
    """An object whose __index__() returns a value or raises an exception."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> Any:
        if isinstance(self.value, type):
            raise self.value
        return self.value


def numbers(low: int, high: int) -> Cases:
    """Values that are not numbers of a C type, or are out of its range."""
    return [
        ("1", TypeError),
        (b"1", TypeError),
        (1.0, TypeError),
        ([], TypeError),
        (ipc.semid_ds(), TypeError),
        (Index("1"), TypeError),
        (Index(KeyError), KeyError),
        (low - 1, OverflowError),
        (high + 1, OverflowError),
        (Index(high + 1), OverflowError),
        (2**100, OverflowError),
        (-(2**100), OverflowError),
        (Index(10**5000), OverflowError),  # str() refuses to convert so many digits
        (Index(-(10**5000)), OverflowError),
    ]


NONE: Cases = [(None, TypeError)]
INT = numbers(-(2**31), 2**31 - 1) + NONE
WORD = numbers(-(2**31), 2**32 - 1) + NONE  # keys and flags
LONG = numbers(-LONG_MAX - 1, LONG_MAX) + NONE
SIZE = numbers(0, SIZE_MAX) + NONE
SIZE_OR_NONE = numbers(0, SIZE_MAX)

NOT_CONTIGUOUS = view(array("l", [1, 2, 3, 4]))[::2]
NO_BUFFER: Cases = [(5, TypeError), (None, TypeError), ("text", TypeError), ([1], TypeError)]
TOO_SHORT: Cases = [(bytearray(n), ValueError) for n in (0, 1, HEAD - 1)]
OUTGOING = NO_BUFFER + TOO_SHORT + [(NOT_CONTIGUOUS, BufferError)]
INCOMING = OUTGOING + [
    (bytes(100), BufferError),
    (view(bytes(100)), BufferError),
    (view(ipc.semun()), BufferError),
]
TEXT: Cases = [
    (5, TypeError),
    (None, TypeError),
    ([1], TypeError),
    ("\ud800", UnicodeEncodeError),
    (NOT_CONTIGUOUS, BufferError),
]
OPERATIONS: Cases = [
    (5, TypeError),
    (None, TypeError),
    ("text", TypeError),
    ((0, 1, 0), TypeError),  # one operation is a sembuf, or stands in a sequence
    ([[0, 1, 0]], TypeError),
    ([(0, 1, 0, 0)], TypeError),
    ([("0", 1, 0)], TypeError),
    ([None], TypeError),
    ([ipc.semid_ds()], TypeError),
    (ipc.semid_ds(), TypeError),
    (message("x" * 6), TypeError),
    ([(-1, 1, 0)], OverflowError),
    ([(65536, 1, 0)], OverflowError),
    ([(0, 32768, 0)], OverflowError),
    ([(0, -32769, 0)], OverflowError),
    ([(0, 0, 32768)], OverflowError),
    (bytes(5), ValueError),
    (bytes(7), ValueError),
    (view(bytes(24))[::2], BufferError),
]
ADDRESS: Cases = [
    ("1", TypeError),
    (b"1", TypeError),
    (1.0, TypeError),
    (ipc.semid_ds(), TypeError),
    (-1, OverflowError),
    (SIZE_MAX + 1, OverflowError),
    (Index(KeyError), KeyError),
]
COMMAND_STRUCTURE: Cases = [
    (value, TypeError) for value in (None, 0, "x", bytes(1000), bytearray(1000), object())
]


# ---- functions, their parameters, and values that they refuse --------------------------------


class Call(NamedTuple):
    """Correct arguments, and wrong values by the name of the argument."""

    good: Callable[[Maker], tuple[Any, ...]]
    wrong: dict[str, Cases]
    required: int


def structures_but(*right: type) -> Cases:
    types = (ipc.msqid_ds, ipc.msginfo, ipc.semid_ds, ipc.seminfo, ipc.shmid_ds, ipc.shminfo)
    others = [kind() for kind in (*types, ipc.shm_info, ipc.ipc_perm) if kind not in right]
    return COMMAND_STRUCTURE + [(other, TypeError) for other in [*others, message("x" * 999)]]


def attach(make: Maker) -> ipc.shm_address:
    return ipc.shmat(make.segment(100))


CALLS = {
    "ftok": Call(
        lambda make: ("/", 1),
        {
            "pathname": [(5.0, TypeError), (None, TypeError), ("a\0b", ValueError)],
            "proj_id": [
                *WORD[2:],
                ("", ValueError),
                ("ab", ValueError),
                (b"", ValueError),
                (b"ab", ValueError),
                ("\u20ac", ValueError),
                (0, ValueError),
                (256, ValueError),
                (b"\0", ValueError),
            ],
        },
        2,
    ),
    "msgget": Call(lambda make: (ipc.IPC_PRIVATE, 0), {"key": WORD, "msgflg": WORD}, 2),
    "msgsnd": Call(
        lambda make: (make.queue(), message("hello"), 5, 0),
        {
            "msqid": INT,
            "msgp": OUTGOING + [(message("hell"), ValueError), (bytes(HEAD + 4), ValueError)],
            "msgsz": SIZE_OR_NONE + [(6, ValueError), (SIZE_MAX, ValueError)],
            "msgflg": WORD,
        },
        2,
    ),
    "msgrcv": Call(
        lambda make: (make.queue(), room(5), 5, 0, ipc.IPC_NOWAIT),
        {
            "msqid": INT,
            "msgp": INCOMING + [(room(4), ValueError), (bytearray(HEAD + 4), ValueError)],
            "msgsz": SIZE_OR_NONE + [(6, ValueError), (SIZE_MAX, ValueError)],
            "msgtyp": LONG,
            "msgflg": WORD,
        },
        2,
    ),
    "msgctl": Call(
        lambda make: (make.queue(), ipc.IPC_STAT, ipc.msqid_ds()),
        {"msqid": INT, "cmd": INT, "buf": structures_but(ipc.msqid_ds)},
        2,
    ),
    "mkmsgbuf": Call(lambda make: (1, "text"), {"mtype": LONG, "mtext": TEXT}, 2),
    "semget": Call(
        lambda make: (ipc.IPC_PRIVATE, 1, 0), {"key": WORD, "nsems": INT, "semflg": WORD}, 3
    ),
    "semop": Call(
        lambda make: (make.semset(3), [(0, 1, 0)], 1),
        {"semid": INT, "sops": OPERATIONS, "nsops": SIZE_OR_NONE + [(2, ValueError)]},
        2,
    ),
    "semtimedop": Call(
        lambda make: (make.semset(3), [(0, 1, 0)], 1, 1),
        {
            "semid": INT,
            "sops": OPERATIONS,
            "nsops": SIZE_OR_NONE + [(2, ValueError)],
            "timeout": [("1", TypeError), ([1, 0], TypeError), ((1,), TypeError)],
        },
        2,
    ),
    "semctl": Call(
        lambda make: (make.semset(3), 0, ipc.IPC_STAT, ipc.semid_ds()),
        {
            "semid": INT,
            "semnum": INT,
            "cmd": INT,
            "arg": structures_but(ipc.semid_ds) + [(ipc.semun(), TypeError)],
        },
        3,
    ),
    "shmget": Call(
        lambda make: (ipc.IPC_PRIVATE, 1, 0), {"key": WORD, "size": SIZE, "shmflg": WORD}, 3
    ),
    "shmat": Call(
        lambda make: (make.segment(100), None, 0),
        {"shmid": INT, "shmaddr": ADDRESS, "shmflg": WORD},
        1,
    ),
    "shmdt": Call(lambda make: (attach(make),), {"shmaddr": ADDRESS + NONE}, 1),
    "shmctl": Call(
        lambda make: (make.segment(100), ipc.IPC_STAT, ipc.shmid_ds()),
        {"shmid": INT, "cmd": INT, "buf": structures_but(ipc.shmid_ds)},
        2,
    ),
    "shmcpy_to": Call(
        lambda make: (attach(make), "hello", 5),
        {
            "p": ADDRESS + NONE,
            "data": TEXT + [("x" * 4, ValueError)],
            "len": SIZE_OR_NONE + [(6, ValueError), (SIZE_MAX, ValueError)],
        },
        2,
    ),
    "shmcpy_from": Call(
        lambda make: (attach(make), 100),
        {"p": ADDRESS + NONE, "len": SIZE + [(101, ValueError), (SIZE_MAX, ValueError)]},
        2,
    ),
}


def parameters(function: str) -> list[str]:
    return list(CALLS[function].wrong)


@pytest.mark.parametrize(
    "function, name", [(function, name) for function in CALLS for name in parameters(function)]
)
def test_a_wrong_argument_is_refused(make: Maker, function: str, name: str) -> None:
    call, place = getattr(ipc, function), parameters(function).index(name)
    for wrong, error in CALLS[function].wrong[name]:
        arguments = list(CALLS[function].good(make))
        arguments[place] = wrong
        with pytest.raises(error) as caught:
            call(*arguments)
        assert caught.type is error, f"{wrong!r}: {caught.value!r}"


@pytest.mark.parametrize("function", CALLS)
def test_arguments_that_are_missing_unknown_or_double_are_refused(
    make: Maker, function: str
) -> None:
    call, names = getattr(ipc, function), parameters(function)
    good = CALLS[function].good(make)
    required = CALLS[function].required
    for arguments, named in [
        *[(good[:n], {}) for n in range(required)],
        (good + (0,) * (len(names) - len(good) + 1), {}),
        (good[:required], {"nonsense": 1}),
        (good[:required], {names[0]: good[0]}),
        ((), {names[-1]: good[-1]} if len(names) > 1 else {}),
    ]:
        with pytest.raises(TypeError, match=function):
            call(*arguments, **named)


# ---- commands -------------------------------------------------------------------------------

IN_AND_OUT: list[tuple[Callable[..., int], tuple[int, ...], list[str], type]] = [
    (ipc.msgctl, (0,), ["IPC_STAT", "IPC_SET", "MSG_STAT", "MSG_STAT_ANY"], ipc.msqid_ds),
    (ipc.msgctl, (0,), ["IPC_INFO", "MSG_INFO"], ipc.msginfo),
    (ipc.semctl, (0, 0), ["IPC_STAT", "IPC_SET", "SEM_STAT", "SEM_STAT_ANY"], ipc.semid_ds),
    (ipc.semctl, (0, 0), ["IPC_INFO", "SEM_INFO"], ipc.seminfo),
    (ipc.shmctl, (0,), ["IPC_STAT", "IPC_SET", "SHM_STAT", "SHM_STAT_ANY"], ipc.shmid_ds),
    (ipc.shmctl, (0,), ["IPC_INFO"], ipc.shminfo),
    (ipc.shmctl, (0,), ["SHM_INFO"], ipc.shm_info),
]


@pytest.mark.parametrize(
    "call, before, cmd, right",
    [(call, before, cmd, right) for call, before, cmds, right in IN_AND_OUT for cmd in cmds],
)
def test_a_command_takes_its_structure_only(
    call: Callable[..., int], before: tuple[int, ...], cmd: str, right: type
) -> None:
    for wrong, error in structures_but(right):
        with pytest.raises(error, match=f"{cmd}.*{right.__name__}"):
            call(*before, getattr(ipc, cmd), wrong)
    with pytest.raises(TypeError, match=f"{cmd}.*{right.__name__}"):
        call(*before, getattr(ipc, cmd))


@pytest.mark.parametrize("value", [5, "x", object(), [1]])
def test_a_command_that_needs_nothing_takes_structures_only(
    queue: int, semset: int, segment: int, value: Any
) -> None:
    with pytest.raises(TypeError):
        ipc.msgctl(queue, ipc.IPC_RMID, value)
    with pytest.raises(TypeError):
        ipc.shmctl(segment, ipc.IPC_RMID, value)
    if value != 5:  # semctl also accepts an int, the member val of the union
        with pytest.raises(TypeError):
            ipc.semctl(semset, 0, ipc.IPC_RMID, value)
    for cmd in (ipc.IPC_STAT,):  # nothing was removed
        ipc.msgctl(queue, cmd, ipc.msqid_ds())
        ipc.semctl(semset, 0, cmd, ipc.semid_ds())
        ipc.shmctl(segment, cmd, ipc.shmid_ds())


@pytest.mark.parametrize("value, error", numbers(-(2**31), 2**31 - 1) + NONE)
def test_setval_needs_a_c_int(semset: int, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ipc.semctl(semset, 0, ipc.SETVAL, value)


@pytest.mark.parametrize(
    "value, error",
    [
        (5, TypeError),
        ("abc", TypeError),
        (object(), TypeError),
        (ipc.semid_ds(), TypeError),
        (["1", 2, 3], TypeError),
        ([None] * 3, TypeError),
        (array("i", [1, 2, 3]), TypeError),
        (array("f", [1, 2, 3]), TypeError),
        (view(array("H", [1] * 6))[::2], BufferError),
        (bytes(5), TypeError),
    ],
)
def test_setall_needs_unsigned_shorts(semset: int, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ipc.semctl(semset, 0, ipc.SETALL, value)
    assert ipc.semctl(semset, 0, ipc.GETALL) == [0, 0, 0]


@pytest.mark.parametrize("cmd", ["SETVAL", "SETALL"])
def test_a_command_that_sets_needs_a_value(semset: int, cmd: str) -> None:
    for arguments in ((), (None,)):
        with pytest.raises(TypeError, match=cmd):
            ipc.semctl(semset, 0, getattr(ipc, cmd), *arguments)


@pytest.mark.parametrize(
    "target, error",
    [
        ((0, 0, 0), TypeError),
        (range(3), TypeError),
        (5, TypeError),
        ("abc", TypeError),
        (bytes(6), BufferError),
        (view(array("H", [1] * 6))[::2], BufferError),
        (array("i", [1, 2, 3]), TypeError),
    ],
)
def test_getall_needs_something_to_write_to(
    semset: int, target: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ipc.semctl(semset, 0, ipc.GETALL, target)


# ---- every call releases its arguments ------------------------------------------------------

LET_GO: dict[str, Callable[[Maker, bytearray], object]] = {
    "msgsnd": lambda make, b: ipc.msgsnd(make.queue(), b),
    "msgsnd refused": lambda make, b: ipc.msgsnd(make.queue(), b, 99),
    "msgsnd of an error": lambda make, b: ipc.msgsnd(-1, b),
    "msgrcv": lambda make, b: ipc.msgrcv(make.queue(), b, None, 0, ipc.IPC_NOWAIT),
    "msgrcv refused": lambda make, b: ipc.msgrcv(make.queue(), b, 99),
    "mkmsgbuf": lambda make, b: ipc.mkmsgbuf(1, b),
    "msgbuf": lambda make, b: ipc.msgbuf(1, b),
    "msgbuf refused": lambda make, b: ipc.msgbuf(1, b, capacity=1),
    "mtext": lambda make, b: ipc.msgbuf_mtext_set(ipc.msgbuf(), b),
    "semop": lambda make, b: ipc.semop(make.semset(), b),
    "semop of an error": lambda make, b: ipc.semop(-1, b),
    "semop with nsops": lambda make, b: ipc.semop(make.semset(), b, 99),
    "SETALL": lambda make, b: ipc.semctl(make.semset(6), 0, ipc.SETALL, b),
    "SETALL refused": lambda make, b: ipc.semctl(make.semset(5), 0, ipc.SETALL, b),
    "GETALL": lambda make, b: ipc.semctl(make.semset(6), 0, ipc.GETALL, b),
    "semun": lambda make, b: ipc.semctl(make.semset(6), 0, ipc.GETALL, ipc.semun(array=b)),
    "shmcpy_to": lambda make, b: ipc.shmcpy_to(attach(make), b),
    "shmcpy_to refused": lambda make, b: ipc.shmcpy_to(attach(make), b, 99),
    "shmcpy_to of an error": lambda make, b: ipc.shmcpy_to(0, b),
}


@pytest.mark.parametrize("name", LET_GO)
def test_a_buffer_that_was_given_may_change_afterwards(make: Maker, name: str) -> None:
    buffer = bytearray(struct.pack("@l", 1).ljust(12, b"\0"))
    with contextlib.suppress(OSError, ValueError):
        LET_GO[name](make, buffer)
    buffer.extend(b"more")


# ---- arguments that change other arguments ------------------------------------------------


class Shrinks:
    """A number whose conversion shrinks a buffer."""

    def __init__(self, buffer: bytearray, number: int) -> None:
        self.buffer, self.number = buffer, number

    def __index__(self) -> int:
        del self.buffer[HEAD:]
        return self.number


def test_a_buffer_that_shrinks_meanwhile_is_looked_at_again(queue: int) -> None:
    ipc.msgsnd(queue, message("hello"))
    calls: list[Callable[..., int]] = [ipc.msgsnd, ipc.msgrcv]
    for call in calls:
        buffer = bytearray(struct.pack("@l", 1) + b"hello")
        with pytest.raises(ValueError, match="msgsz"):
            call(queue, buffer, Shrinks(buffer, 5))


def test_a_sequence_that_shrinks_meanwhile_does_no_harm(semset: int) -> None:
    class Clears:
        def __index__(self) -> int:
            sops.clear()
            return 1

    sops: list[Any] = [(0, Clears(), 0)] * 20
    ipc.semop(semset, sops)
    assert ipc.semctl(semset, 0, ipc.GETVAL) == 20
    numbers: list[Any] = []

    class Empties:
        def __index__(self) -> int:
            numbers.clear()
            return 1

    numbers += [Empties()] * 3
    with pytest.raises((ValueError, IndexError, RuntimeError)):
        ipc.semctl(semset, 0, ipc.SETALL, numbers)
    assert ipc.semctl(semset, 0, ipc.GETALL) == [20, 0, 0]
