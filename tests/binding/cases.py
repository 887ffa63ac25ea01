# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""A table of correct and wrong calls of every function and type, which several tests use."""

import functools
import gc
import struct
import sys
import types
from array import array
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

import ipc
from conftest import Maker, all_objects, row_of_proc, view

HEAD = struct.calcsize("@l")

# The type is Any because some cases pass arguments of wrong types, which must fail.
c: Any = ipc


class World:
    """The objects that the calls use; each call leaves them unchanged."""

    def __init__(self, make: Maker) -> None:
        self.msqid, self.semid, self.shmid = make.queue(), make.semset(3), make.segment(100)
        self.p = ipc.shmat(self.shmid)
        self.read_only = ipc.shmat(self.shmid, None, ipc.SHM_RDONLY)
        self.gone = ipc.shmat(self.shmid)
        ipc.shmdt(self.gone)
        self.message, self.room = ipc.mkmsgbuf(1, b"hello"), ipc.msgbuf(capacity=100)
        self.msqid_ds, self.semid_ds, self.shmid_ds = ipc.msqid_ds(), ipc.semid_ds(), ipc.shmid_ds()
        ipc.msgctl(self.msqid, ipc.IPC_STAT, self.msqid_ds)
        ipc.semctl(self.semid, 0, ipc.IPC_STAT, self.semid_ds)
        ipc.shmctl(self.shmid, ipc.IPC_STAT, self.shmid_ds)

    def detach(self) -> None:
        ipc.shmdt(self.p)
        ipc.shmdt(self.read_only)


@pytest.fixture
def world(make: Maker) -> Iterator[World]:
    """Makes the objects and checks at the end that they are unchanged."""
    world = World(make)
    before = all_objects(), row_of_proc("shm", world.shmid)["nattch"]
    yield world
    gc.collect()
    assert (all_objects(), row_of_proc("shm", world.shmid)["nattch"]) == before
    assert row_of_proc("msg", world.msqid)["qnum"] == 0
    assert ipc.semctl(world.semid, 0, ipc.GETALL) == [0, 0, 0]
    world.detach()


class Unusable:
    """An index that raises."""

    def __index__(self) -> int:
        raise ZeroDivisionError


class Case(NamedTuple):
    function: str
    what: str
    call: Callable[[World], object]
    error: type[BaseException] | None = None


def name_of(case: Case) -> str:
    return f"{case.function}, {case.what}"


BAD, BIG = Unusable(), 2**64
RESTORED = array("H", [0, 0, 0])


def sent_and_received(w: World) -> None:
    ipc.msgsnd(w.msqid, w.message)
    ipc.msgrcv(w.msqid, w.room)


def raw_sent_and_received(w: World) -> None:
    ipc.msgsnd(w.msqid, bytes(view(w.message)))
    ipc.msgrcv(w.msqid, bytearray(200), 100, 1, ipc.MSG_NOERROR)


def too_long_to_receive(w: World) -> None:
    ipc.msgsnd(w.msqid, w.message)
    try:
        ipc.msgrcv(w.msqid, w.room, 1)
    finally:
        ipc.msgrcv(w.msqid, w.room)


def viewed(w: World) -> None:
    with ipc.shmat(w.shmid) as p, view(p) as memory:
        memory[:2] = b"xy"
        ipc.shmdt(p)


def attached_by_number(w: World) -> None:
    p = ipc.shmat(w.shmid)
    ipc.shmcpy_to(int(p), "abc")
    ipc.shmcpy_from(int(p), 3)
    ipc.shmdt(int(p))


def resized_under_a_view(w: World) -> None:
    message = ipc.msgbuf()
    with view(message):
        message.mtext = b"longer"


def set_again(w: World) -> None:
    union = semun_of(array=[1, 2])
    union.array = None
    union.val = 1


def semun_of(**member: Any) -> Any:
    return ipc.semun(**member)


def repeat(case: Case, world: World, n: int) -> None:
    """Makes the calls and checks that each ends as expected."""
    call, error = case.call, case.error or ()
    raised = 0
    for _ in range(n):
        try:
            call(world)
        except error:
            raised += 1
    assert raised == (n if case.error else 0), f"{raised} of {n} calls raised"


CASES = [
    Case("ftok", "a file", lambda w: c.ftok("/", "p")),
    Case("ftok", "a path of bytes", lambda w: c.ftok(b"/", 1)),
    Case("ftok", "no such file", lambda w: c.ftok("/no such file", 1), FileNotFoundError),
    Case("ftok", "a project of 0", lambda w: c.ftok("/", 256), ValueError),
    Case("ftok", "two characters", lambda w: c.ftok("/", "pq"), ValueError),
    Case("ftok", "no path", lambda w: c.ftok(1.5, 1), TypeError),
    Case("ftok", "NUL in the path", lambda w: c.ftok("\0", 1), ValueError),
    Case("msgget", "makes", lambda w: c.msgctl(c.msgget(0, 0o600), c.IPC_RMID)),
    Case("msgget", "finds nothing", lambda w: c.msgget(0x1BCFFFFF, 0), FileNotFoundError),
    Case("msgget", "a key too large", lambda w: c.msgget(BIG, 0), OverflowError),
    Case("msgget", "a key that raises", lambda w: c.msgget(BAD, 0), ZeroDivisionError),
    Case("msgget", "no key", lambda w: c.msgget(None, 0), TypeError),
    Case("msgget", "too few", lambda w: c.msgget(), TypeError),
    Case("msgget", "too many", lambda w: c.msgget(1, 2, 3), TypeError),
    Case("msgget", "an unknown name", lambda w: c.msgget(0, size=1), TypeError),
    Case("msgget", "twice the same", lambda w: c.msgget(0, key=1), TypeError),
    Case("msgsnd", "a message", sent_and_received),
    Case("msgsnd", "a buffer", raw_sent_and_received),
    Case("msgsnd", "too long", lambda w: c.msgsnd(w.msqid, w.message, 6), ValueError),
    Case("msgsnd", "too short", lambda w: c.msgsnd(w.msqid, bytes(HEAD - 1)), ValueError),
    Case("msgsnd", "no type", lambda w: c.msgsnd(w.msqid, c.msgbuf()), OSError),
    Case("msgsnd", "above msgmax", lambda w: c.msgsnd(w.msqid, bytes(1 << 17)), OSError),
    Case("msgsnd", "no message", lambda w: c.msgsnd(w.msqid, "text"), TypeError),
    Case("msgsnd", "a size that raises", lambda w: c.msgsnd(0, w.message, BAD), ZeroDivisionError),
    Case("msgsnd", "no queue", lambda w: c.msgsnd(-1, w.message), OSError),
    Case("msgrcv", "by name", lambda w: (c.msgsnd(w.msqid, w.message), c.msgrcv(
        w.msqid, msgp=w.room, msgsz=50, msgtyp=-2, msgflg=c.IPC_NOWAIT))),
    Case("msgrcv", "none", lambda w: c.msgrcv(w.msqid, w.room, None, 0, c.IPC_NOWAIT), OSError),
    Case("msgrcv", "more than asked for", too_long_to_receive, OSError),
    Case("msgrcv", "a copy", lambda w: c.msgrcv(w.msqid, w.room, None, 0, c.MSG_COPY), OSError),
    Case("msgrcv", "too long", lambda w: c.msgrcv(w.msqid, w.room, 101), ValueError),
    Case("msgrcv", "into bytes", lambda w: c.msgrcv(w.msqid, bytes(100)), BufferError),
    Case("msgrcv", "a type too large", lambda w: c.msgrcv(0, w.room, 1, BIG), OverflowError),
    Case("msgctl", "IPC_STAT", lambda w: c.msgctl(w.msqid, c.IPC_STAT, w.msqid_ds)),
    Case("msgctl", "IPC_SET", lambda w: c.msgctl(w.msqid, c.IPC_SET, w.msqid_ds)),
    Case("msgctl", "MSG_INFO", lambda w: c.msgctl(0, c.MSG_INFO, c.msginfo())),
    Case("msgctl", "no structure", lambda w: c.msgctl(w.msqid, c.IPC_STAT), TypeError),
    Case("msgctl", "another", lambda w: c.msgctl(w.msqid, c.IPC_STAT, w.semid_ds), TypeError),
    Case("msgctl", "not one", lambda w: c.msgctl(w.msqid, c.IPC_RMID, 1), TypeError),
    Case("msgctl", "no command", lambda w: c.msgctl(w.msqid, 99), OSError),
    Case("mkmsgbuf", "bytes", lambda w: c.mkmsgbuf(1, b"x" * 1000)),
    Case("mkmsgbuf", "a str", lambda w: c.mkmsgbuf(1, "gr\u00fcn")),
    Case("mkmsgbuf", "a surrogate", lambda w: c.mkmsgbuf(1, "\ud800"), UnicodeEncodeError),
    Case("mkmsgbuf", "no text", lambda w: c.mkmsgbuf(1, 2), TypeError),
    Case("mkmsgbuf", "a type too large", lambda w: c.mkmsgbuf(BIG, ""), OverflowError),
    Case("semget", "makes", lambda w: c.semctl(c.semget(0, 2, 0o600), 0, c.IPC_RMID)),
    Case("semget", "finds nothing", lambda w: c.semget(0x1BCFFFFF, 1, 0), FileNotFoundError),
    Case("semget", "above semmsl", lambda w: c.semget(0, 2**31 - 1, 0o600), OSError),
    Case("semget", "nsems too large", lambda w: c.semget(0, 2**31, 0), OverflowError),
    Case("semop", "a list", lambda w: c.semop(w.semid, [(0, 1, 0), c.sembuf(0, -1)])),
    Case("semop", "one sembuf", lambda w: c.semop(w.semid, c.sembuf(0, 0, 0), 1)),
    Case("semop", "an array", lambda w: c.semop(w.semid, array("h", [0, 1, 0, 0, -1, 0]), 2)),
    Case("semop", "many", lambda w: c.semop(w.semid, [(0, 1, 0), (0, -1, 0)] * 20)),
    Case("semop", "would wait", lambda w: c.semop(w.semid, [(0, -1, c.IPC_NOWAIT)]), OSError),
    Case("semop", "no such one", lambda w: c.semop(w.semid, [(9, 1, 0)]), OSError),
    Case("semop", "none", lambda w: c.semop(w.semid, []), OSError),
    Case("semop", "nsops too large", lambda w: c.semop(0, [(0, 0, 0)] * 20, 21), ValueError),
    Case("semop", "cut bytes", lambda w: c.semop(0, bytes(7)), ValueError),
    Case("semop", "no tuples", lambda w: c.semop(0, [(0, 0, 0)] * 20 + [None]), TypeError),
    Case("semop", "long tuples", lambda w: c.semop(0, [(0, 0, 0, 0)]), TypeError),
    Case("semop", "too large", lambda w: c.semop(0, [(0, 2**15, 0)]), OverflowError),
    Case("semop", "one that raises", lambda w: c.semop(0, [(0, BAD, 0)]), ZeroDivisionError),
    Case("semop", "no sequence", lambda w: c.semop(0, 5), TypeError),
    Case("semtimedop", "a float", lambda w: c.semtimedop(w.semid, [(0, 0, 0)], None, 0.5)),
    Case("semtimedop", "a pair", lambda w: c.semtimedop(w.semid, [(0, 0, 0)], 1, (1, 5))),
    Case("semtimedop", "over", lambda w: c.semtimedop(w.semid, [(0, -1, 0)], None, 0), OSError),
    Case("semtimedop", "nan", lambda w: c.semtimedop(0, [], None, float("nan")), ValueError),
    Case("semtimedop", "no time", lambda w: c.semtimedop(0, [], None, "1"), TypeError),
    Case("semtimedop", "half a pair", lambda w: c.semtimedop(0, [], None, (1,)), TypeError),
    Case("semtimedop", "too long", lambda w: c.semtimedop(0, [], None, BIG), OverflowError),
    Case("semctl", "SETVAL", lambda w: c.semctl(w.semid, 0, c.SETVAL, 0)),
    Case("semctl", "SETVAL, semun", lambda w: c.semctl(w.semid, 0, c.SETVAL, semun_of(val=0))),
    Case("semctl", "GETALL", lambda w: c.semctl(w.semid, 0, c.GETALL)),
    Case("semctl", "GETALL, list", lambda w: c.semctl(w.semid, 0, c.GETALL, [1, 2, 3])),
    Case("semctl", "GETALL, array", lambda w: c.semctl(w.semid, 0, c.GETALL, RESTORED)),
    Case("semctl", "GETALL, semun", lambda w: c.semctl(w.semid, 0, c.GETALL, semun_of(
        array=RESTORED))),
    Case("semctl", "SETALL", lambda w: c.semctl(w.semid, 0, c.SETALL, (0, 0, 0))),
    Case("semctl", "IPC_STAT, semun", lambda w: c.semctl(w.semid, 0, c.IPC_STAT, semun_of(
        buf=w.semid_ds))),
    Case("semctl", "IPC_SET", lambda w: c.semctl(w.semid, 0, c.IPC_SET, w.semid_ds)),
    Case("semctl", "SEM_INFO", lambda w: c.semctl(0, 0, c.SEM_INFO, c.seminfo())),
    Case("semctl", "GETALL, too few", lambda w: c.semctl(w.semid, 0, c.GETALL, [1]), ValueError),
    Case("semctl", "GETALL, a tuple", lambda w: c.semctl(w.semid, 0, c.GETALL, (1, 2, 3)),
         TypeError),
    Case("semctl", "SETALL, too few", lambda w: c.semctl(w.semid, 0, c.SETALL, [1]), ValueError),
    Case("semctl", "SETALL, nothing", lambda w: c.semctl(w.semid, 0, c.SETALL), TypeError),
    Case("semctl", "SETALL, raises", lambda w: c.semctl(w.semid, 0, c.SETALL, [0, BAD, 0]),
         ZeroDivisionError),
    Case("semctl", "SETALL, ERANGE", lambda w: c.semctl(w.semid, 0, c.SETALL, [65535] * 3),
         OSError),
    Case("semctl", "SETALL, floats", lambda w: c.semctl(w.semid, 0, c.SETALL, array("d", [1])),
         TypeError),
    Case("semctl", "SETVAL, nothing", lambda w: c.semctl(w.semid, 0, c.SETVAL), TypeError),
    Case("semctl", "SETVAL, ERANGE", lambda w: c.semctl(w.semid, 0, c.SETVAL, 65536), OSError),
    Case("semctl", "no set", lambda w: c.semctl(-1, 0, c.GETALL), OSError),
    Case("shmget", "makes", lambda w: c.shmctl(c.shmget(0, 100, 0o600), c.IPC_RMID)),
    Case("shmget", "finds nothing", lambda w: c.shmget(0x1BCFFFFF, 1, 0), FileNotFoundError),
    Case("shmget", "below shmmin", lambda w: c.shmget(0, 0, 0o600), OSError),
    Case("shmget", "a size below 0", lambda w: c.shmget(0, -1, 0), OverflowError),
    Case("shmat", "forgotten", lambda w: c.shmat(w.shmid)),
    Case("shmat", "with views", viewed, BufferError),
    Case("shmat", "SHM_REMAP", lambda w: c.shmdt(
        c.shmat(w.shmid, c.shmat(w.shmid), c.SHM_REMAP))),
    Case("shmat", "SHM_REMAP, refused", lambda w: c.shmat(w.shmid, 1 << 12, c.SHM_REMAP),
         ValueError),
    Case("shmat", "no segment", lambda w: c.shmat(-1), OSError),
    Case("shmat", "at no address", lambda w: c.shmat(w.shmid, "x"), TypeError),
    Case("shmat", "at a detached one", lambda w: c.shmat(w.shmid, w.gone), OSError),
    Case("shmdt", "by object", lambda w: c.shmdt(c.shmat(w.shmid))),
    Case("shmdt", "by number", attached_by_number),
    Case("shmdt", "twice", lambda w: c.shmdt(w.gone), OSError),
    Case("shmdt", "nothing there", lambda w: c.shmdt(1), OSError),
    Case("shmdt", "no address", lambda w: c.shmdt("x"), TypeError),
    Case("shmctl", "IPC_STAT", lambda w: c.shmctl(w.shmid, c.IPC_STAT, w.shmid_ds)),
    Case("shmctl", "IPC_SET", lambda w: c.shmctl(w.shmid, c.IPC_SET, w.shmid_ds)),
    Case("shmctl", "SHM_INFO", lambda w: c.shmctl(0, c.SHM_INFO, c.shm_info())),
    Case("shmctl", "no structure", lambda w: c.shmctl(w.shmid, c.IPC_STAT), TypeError),
    Case("shmctl", "no segment", lambda w: c.shmctl(-1, c.IPC_STAT, w.shmid_ds), OSError),
    Case("shmcpy_to", "bytes", lambda w: c.shmcpy_to(w.p, b"hello", 3)),
    Case("shmcpy_to", "a str", lambda w: c.shmcpy_to(w.p, "gr\u00fcn")),
    Case("shmcpy_to", "itself", lambda w: c.shmcpy_to(w.p, w.p)),
    Case("shmcpy_to", "too long", lambda w: c.shmcpy_to(w.p, bytes(101)), ValueError),
    Case("shmcpy_to", "more than data", lambda w: c.shmcpy_to(w.p, b"", 1), ValueError),
    Case("shmcpy_to", "read-only", lambda w: c.shmcpy_to(w.read_only, b""), BufferError),
    Case("shmcpy_to", "detached", lambda w: c.shmcpy_to(w.gone, b""), OSError),
    Case("shmcpy_to", "no data", lambda w: c.shmcpy_to(w.p, 1), TypeError),
    Case("shmcpy_to", "no address", lambda w: c.shmcpy_to(None, b""), TypeError),
    Case("shmcpy_from", "all", lambda w: c.shmcpy_from(w.p, 100)),
    Case("shmcpy_from", "too long", lambda w: c.shmcpy_from(w.p, 101), ValueError),
    Case("shmcpy_from", "detached", lambda w: c.shmcpy_from(w.gone, 1), OSError),
    Case("shmcpy_from", "too large", lambda w: c.shmcpy_from(w.p, BIG), OverflowError),
    Case("sizeof", "a type", lambda w: c.sizeof(c.msqid_ds)),
    Case("sizeof", "an object", lambda w: c.sizeof(w.message)),
    Case("sizeof", "neither", lambda w: c.sizeof(1), TypeError),
    Case("offsetof", "a member", lambda w: c.offsetof(w.msqid_ds, "msg_qnum")),
    Case("offsetof", "none", lambda w: c.offsetof(c.msqid_ds, "nothing"), AttributeError),
    Case("offsetof", "no structure", lambda w: c.offsetof(1, "x"), TypeError),
    Case("offsetof", "too few", lambda w: c.offsetof(1), TypeError),
    Case("shm_address", "shown", lambda w: (repr(w.p), int(w.p), len(w.p), bool(w.p), w.p.shmid)),
    Case("shm_address", "shown, detached", lambda w: (repr(w.gone), bool(w.gone), len(w.gone)),
         ValueError),
    Case("shm_address", "made", lambda w: c.shm_address(), TypeError),
    Case("shm_address", "entered, detached", lambda w: w.gone.__enter__(), ValueError),
    Case("shm_address", "a view, detached", lambda w: view(w.gone), BufferError),
    Case("msgbuf", "with room", lambda w: c.msgbuf(1, b"x", capacity=3).__reduce__()),
    Case("msgbuf", "without", lambda w: c.msgbuf(1, "x", capacity=0), ValueError),
    Case("msgbuf", "too much", lambda w: c.msgbuf(capacity=sys.maxsize), MemoryError),
    Case("msgbuf", "negative", lambda w: c.msgbuf(capacity=-1), OverflowError),
    Case("msgbuf", "resized", lambda w: setattr(c.msgbuf(), "mtext", b"x" * 5000)),
    Case("msgbuf", "deleted", lambda w: delattr(w.message, "mtext"), TypeError),
    Case("msgbuf", "viewed", resized_under_a_view, BufferError),
    Case("semun", "reduced", lambda w: semun_of(buf=w.semid_ds).__reduce__()),
    Case("semun", "a sequence", lambda w: (lambda u: (u.array, u.buf, u.val, repr(u)))(
        semun_of(array=[1, 2]))),
    Case("semun", "set again", set_again),
    Case("semun", "a union as array", lambda w: semun_of(array=c.semun()), TypeError),
    Case("semun", "two members", lambda w: c.semun(1, 2), TypeError),
    Case("semun", "no structure", lambda w: semun_of(buf=1), TypeError),
    Case("semun", "a bad sequence", lambda w: semun_of(array=[BAD]), ZeroDivisionError),
    Case("semun", "too large", lambda w: semun_of(val=2**31), OverflowError),
]


def nested(w: World) -> None:
    """A nested structure outlives the structure around it."""
    part = ipc.msqid_ds(msg_perm=ipc.ipc_perm(uid=1)).msg_perm
    part.uid = 2
    ipc.msqid_ds().msg_perm = part


CASES.append(Case("msqid_ds", "nested", nested))


def type_cases(name: str) -> list[Case]:
    """Calls that all types have."""
    new = getattr(ipc, name)

    def used(w: World) -> None:
        one, other = new(), new()
        assert one == other and not one != other and one != 1
        repr(one), one.__reduce__(), bytes(one), ipc.sizeof(one)

    return [
        Case(name, "made and used", used),
        Case(name, "hashed", lambda w: hash(new()), TypeError),
        Case(name, "too many members", lambda w: new(*range(100)), TypeError),
        Case(name, "an unknown member", lambda w: new(nothing=1), TypeError),
    ]


# The names of the extension, without those of the modules in Python.
NAMES = [name for name in dir(ipc._ipc) if not name.startswith("__")]

STRUCTURES = [
    name
    for name in NAMES
    if name in ipc.__all__
    and isinstance(getattr(ipc, name), type)
    and name != "shm_address"
]
for structure in STRUCTURES:
    CASES += type_cases(structure)


def swig_case(structure: str) -> Case:
    """Sets each member to the value that it has, by the functions of the 2003 module."""
    names = [name for name in c._ipc._swig_names if owner_of(name) == structure]
    pairs = [(getattr(ipc, name), getattr(ipc, f"{name[:-4]}_set"))
             for name in names if name.endswith("_get")]

    def call(w: World) -> None:
        one = getattr(ipc, f"new_{structure}")()
        for get, set_to in pairs:
            try:
                set_to(one, get(one))
            except AttributeError as error:  # a member that only Linux 2.4 had
                assert "2.6" in str(error)
        getattr(ipc, f"delete_{structure}")(one)

    return Case("2003", structure, call)


def owner_of(name: str) -> str:
    """Return the structure of an accessor: msqid_ds for msqid_ds_msg_perm_get."""
    return max((s for s in STRUCTURES if name.startswith(f"{s}_")), key=len, default="")


CASES += map(swig_case, STRUCTURES)
CASES += [
    Case("2003", "get of another", lambda w: c.ipc_perm_uid_get(1), TypeError),
    Case("2003", "set of another", lambda w: c.ipc_perm_uid_set(1, 1), TypeError),
    Case("2003", "set of nothing", lambda w: c.ipc_perm_uid_set(1), TypeError),
    Case("2003", "set too large", lambda w: c.ipc_perm_uid_set(c.ipc_perm(), -1), OverflowError),
    Case("2003", "delete of another", lambda w: c.delete_ipc_perm(1), TypeError),
]

# ---- functions for the package's own modules: binding/src/internal.c

h: Any = c._ipc


def woken() -> Any:
    wait = h._Wait()
    wait.wake()
    return wait


def sent_and_received_internally(w: World) -> None:
    for text in b"hello", "hello", bytearray(8000), w.message:
        assert h._msgsnd(w.msqid, 1, text, 0, 1, woken()) is True
        h._msgrcv(w.msqid, None, 0, 0, None, None)


def longer_than_there_is_room(w: World) -> None:
    h._msgsnd(w.msqid, 1, b"hello", 0, None, None)
    try:
        h._msgrcv(w.msqid, 1, 0, 0, None, None)
    finally:
        ipc.msgrcv(w.msqid, w.room)


def many_sent_and_received(w: World) -> None:
    assert h._send_many(w.msqid, 1, [b"a", "b", w.message], 0, 1, None) == 3
    assert len(h._Inbox().receive_many(w.msqid, None, 0, 0, 1, None, 10)) == 3


def kept_and_received(w: World) -> None:
    """Uses each way in and out of an inbox; a message that an exception drops is kept again."""
    inbox = h._Inbox()
    h._send_many(w.msqid, 1, [b"a", b"b", bytes(8000)], 0, 1, None)
    assert inbox.fill(w.msqid, None, 0, 0, None, None)
    assert inbox.fill(w.msqid, None, 1, 0, 1, h._Wait())  # the message is already kept
    assert [m.mtext for m in inbox.kept()] == [b"a"]
    try:
        [inbox.receive(w.msqid, None, -5, 0, 0, None), 1 // 0]
    except ZeroDivisionError:
        pass
    assert len(inbox.kept()) == 1
    inbox.receive(w.msqid, 0, 0, ipc.MSG_NOERROR, 0, None)
    assert inbox.next(w.msqid, 0, 0).mtext == b"b"
    assert len(list(inbox.messages(w.msqid, 0, 0))) == 1
    assert inbox.receive_many(w.msqid, None, 0, 0, 60, woken(), 9) is None
    assert inbox.next(w.msqid, 0, 0) is None


def kept_and_freed(w: World) -> None:
    inbox = h._Inbox()
    h._msgsnd(w.msqid, 1, b"a", 0, 1, None)
    inbox.fill(w.msqid, None, 0, 0, None, None)


def kept_and_too_long(w: World) -> None:
    inbox = h._Inbox()
    h._msgsnd(w.msqid, 1, b"ab", 0, 1, None)
    inbox.fill(w.msqid, None, 0, 0, None, None)
    inbox.receive(w.msqid, 1, 0, 0, 0, None)


def one_of_many_sent(w: World) -> None:
    try:
        h._send_many(w.msqid, 1, [b"a", 1], 0, None, None)
    finally:
        ipc.msgrcv(w.msqid, w.room)


def up_and_down_by_hook(w: World) -> None:
    assert h._semop(w.semid, (0, 1, 0), None) and h._semop(w.semid, (0, -1, 0), woken())


def by_methods_in_c(w: World) -> None:
    """Calls of the methods in C, of classes whose bases are _Object and _Semaphore."""
    q, one = ipc.MessageQueue.from_id(w.msqid), ipc.SemaphoreSet.from_id(w.semid)[2]
    texts: list[Any] = [b"a", "b", w.message, bytes(8193)[:8000]]
    for text in texts:
        q.send(text, mtype=2, timeout=5)
        q.receive(timeout=5, size=8000, truncate=True)
    one.release()
    one.release(n=2)
    assert one.acquire(3, timeout=1) and not one.acquire(timeout=0)
    one.release()
    one.acquire()
    bound: Any = one.acquire
    assert bound.__func__ is ipc.Semaphore.acquire


def set_and_freed() -> None:
    thing, one = h._Object(), h._Semaphore()
    thing.id, thing._inbox, one.set, one._up = [thing], h._Inbox(), thing, one
    del one._up, thing.id


class MessageQueue:
    """A class whose method has the name that _method looks for."""

    def send(self) -> None:
        """Nothing."""


class Task:
    """The part of asyncio.Task that _watch_wakeups and _wake use."""

    def __init__(self, result: object) -> None:
        self._result, self._must_cancel = result, True
        self._callbacks: list[tuple[Any, Any]] = []

    def __wakeup(self, task: object) -> None:
        pass

    def add_done_callback(self, callback: Any, context: object = None) -> None:
        self._callbacks.append((callback, context))

    def remove_done_callback(self, callback: Any) -> None:
        self._callbacks = [pair for pair in self._callbacks if pair[0] != callback]

    def wait_for(self, task: "Task") -> None:
        task.add_done_callback(self.__wakeup)


def woken_though_cancelled(w: World) -> None:
    inbox = h._Inbox()
    h._msgsnd(w.msqid, 1, b"a", 0, 1, None)
    task, waiter = Task(inbox.next(w.msqid, 0, 0)), Task(None)
    waiter.wait_for(task)
    h._watch_wakeups(h._wake, task, functools.partial)
    ((callback, _),) = task._callbacks
    assert callback.func == h._wake
    callback(task)
    task._result = None
    assert [m.mtext for m in inbox.kept()] == [b"a"]


def woken_one_by_one(w: World) -> None:
    task, waiter, last = Task(w.message), Task(None), Task(None)
    waiter.wait_for(task)
    last.wait_for(waiter)
    waiter._must_cancel = False
    h._wake(functools.partial, task._callbacks[0][0], task)
    assert waiter._callbacks[0][0].func == h._wake


class Exporting(h._Exporter):  # type: ignore[misc]
    """A class with the base _Exporter of binding/src/internal.c."""

    def __init__(self, memory: object) -> None:
        self._memory = memory


CASES += [
    Case("_Exporter", "viewed", lambda w: bytes(memoryview(Exporting(w.message)))),
    Case("_Exporter", "no memory", lambda w: memoryview(Exporting(1)), TypeError),
    Case("_Exporter", "no attribute", lambda w: memoryview(h._Exporter()), AttributeError),
    Case("_Object", "methods", by_methods_in_c),
    Case("_Semaphore", "set and freed", lambda w: set_and_freed()),
    Case("_Semaphore", "not set", lambda w: h._Semaphore().set, AttributeError),
    Case(
        "_Semaphore",
        "not at least 1",
        lambda w: ipc.SemaphoreSet.from_id(w.semid)[0].acquire(0, timeout=1),
        ValueError,
    ),
    Case(
        "_Semaphore",
        "too much",
        lambda w: ipc.SemaphoreSet.from_id(w.semid)[0].release(ipc.SEMVMX + 1),
        OverflowError,
    ),
    Case("_method", "made", lambda w: h._method(MessageQueue.send)),
    Case("_method", "of another", lambda w: h._method(set_and_freed), ValueError),
    Case("_method", "called wrongly", lambda w: h._method(MessageQueue.send)(1), TypeError),
    Case("_watch_wakeups", "of a task", woken_though_cancelled),
    Case("_watch_wakeups", "of none", lambda w: h._watch_wakeups(h._wake, 1, functools.partial)),
    Case("_watch_wakeups", "too few", lambda w: h._watch_wakeups(h._wake), TypeError),
    Case("_wake", "of a task and its waiter", woken_one_by_one),
    Case("_wake", "of none", lambda w: h._wake(functools.partial, len, 1), TypeError),
    Case("_wake", "too few", lambda w: h._wake(len), TypeError),
    Case("_Wait", "made and woken", lambda w: woken()),
    Case("_Wait", "with an argument", lambda w: h._Wait(1), TypeError),
    Case("_msgsnd", "and _msgrcv", sent_and_received_internally),
    Case("_msgsnd", "no text", lambda w: h._msgsnd(w.msqid, 1, 1, 0, None, None), TypeError),
    Case("_msgsnd", "no wait", lambda w: h._msgsnd(w.msqid, 1, b"", 0, None, 1), TypeError),
    Case("_msgsnd", "too few", lambda w: h._msgsnd(w.msqid), TypeError),
    Case("_msgsnd", "bad type", lambda w: h._msgsnd(w.msqid, 0, b"", 0, None, None), OSError),
    Case("_msgsnd", "msgmax", lambda w: h._msgsnd(w.msqid, 1, bytes(9000), 0, None, None), OSError),
    Case("_msgrcv", "late", lambda w: h._msgrcv(w.msqid, None, 0, 0, 1e-6, None), TimeoutError),
    Case("_msgrcv", "woken", lambda w: h._msgrcv(w.msqid, None, 0, 0, 60, woken())),
    Case("_msgrcv", "too long", longer_than_there_is_room, OSError),
    Case("_msgrcv", "bad time", lambda w: h._msgrcv(w.msqid, None, 0, 0, "", None), TypeError),
    Case(
        "_msgrcv",
        "big",
        lambda w: h._msgrcv(w.msqid, sys.maxsize + 1, 0, c.IPC_NOWAIT, None, None),
        OSError,
    ),
    Case("_send_many", "and _receive_many", many_sent_and_received),
    Case("_send_many", "of nothing", lambda w: h._send_many(w.msqid, 1, [], 0, None, None)),
    Case("_send_many", "one bad", one_of_many_sent, TypeError),
    Case("_send_many", "no iterable", lambda w: h._send_many(0, 1, 1, 0, None, None), TypeError),
    Case("_Inbox", "kept and received", kept_and_received),
    Case("_Inbox", "kept and freed", kept_and_freed),
    Case("_Inbox", "kept and too long", kept_and_too_long, OSError),
    Case("_Inbox", "too few", lambda w: h._Inbox().receive(1), TypeError),
    Case("_Inbox", "gone", lambda w: h._Inbox().next(-1, 0, None)),
    Case("_Inbox", "with an argument", lambda w: h._Inbox(1), TypeError),
    Case(
        "_Inbox",
        "no number",
        lambda w: h._Inbox().receive_many(w.msqid, None, 0, 0, 0, None, ""),
        TypeError,
    ),
    Case(
        "_Inbox",
        "late",
        lambda w: h._Inbox().receive_many(w.msqid, None, 0, 0, 0, None, 1),
        TimeoutError,
    ),
    Case(
        "_Inbox",
        "woken",
        lambda w: h._Inbox().receive(w.msqid, None, 0, 0, 60, woken()),
    ),
    Case("_Inbox", "no queue", lambda w: h._Inbox().fill(-1, None, 0, 0, None, None), OSError),
    Case("_semop", "up and down", up_and_down_by_hook),
    Case("_semop", "woken", lambda w: h._semop(w.semid, (0, -1, 0), woken())),
    Case("_semop", "no operation", lambda w: h._semop(w.semid, 1, None), TypeError),
    Case("_semop", "no semaphore", lambda w: h._semop(w.semid, (9, 1, 0), None), OSError),
]

FUNCTIONS = sorted(
    name
    for name in {*NAMES} - {*h._swig_names}
    if isinstance(getattr(h, name), (types.BuiltinFunctionType, type))
)
