# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The garbage collector and other code may run at any moment: while a call converts its arguments,
while an object is destroyed, in the callback of a weak reference."""

import errno
import gc
import weakref
from array import array
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

import ipc
from cases import CASES, STRUCTURES, Case, World, name_of, repeat, world
from conftest import Maker, fails_with, row_of_proc

__all__ = ["world"]  # a fixture

c: Any = ipc


@pytest.fixture
def collecting_always() -> Iterator[None]:
    """Makes the collector run at every allocation of an object that it tracks."""
    gc.collect()
    gc.freeze()
    old = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    yield
    gc.set_threshold(*old)
    gc.unfreeze()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_call_while_it_collects(world: World, collecting_always: None, case: Case) -> None:
    repeat(case, world, 10)


# ---- cycles ----------------------------------------------------------------------


class Array(array):  # type: ignore[type-arg]
    """An array that can have attributes, so it can be part of a cycle."""

    owner: object


def test_a_union_in_a_cycle_is_collected() -> None:
    target = Array("H", [1])
    target.owner = c.semun(array=target)
    union, gone = weakref.ref(target.owner), weakref.ref(target)
    del target
    gc.collect()
    assert union() is None and gone() is None


def test_a_view_in_a_cycle_detaches_when_it_is_collected(segment: int) -> None:
    cycle: list[object] = [memoryview(c.shmat(segment))]
    cycle.append(cycle)
    assert row_of_proc("shm", segment)["nattch"] == 1
    del cycle
    gc.collect()
    assert row_of_proc("shm", segment)["nattch"] == 0


# ---- weak references ----------------------------------------------------------------


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_callback_may_collect_and_make_another(name: str) -> None:
    seen: list[object] = []

    def went(reference: "weakref.ref[Any]") -> None:
        gc.collect()
        seen.append((reference(), bytes(getattr(ipc, name)())))

    thing = getattr(ipc, name)()
    reference = weakref.ref(thing, went)
    del thing
    assert seen == [(None, bytes(getattr(ipc, name)()))] and reference() is None


@pytest.mark.parametrize(
    "use",
    [
        lambda number: ipc.shmdt(number),
        lambda number: ipc.shmcpy_from(number, 1),
        lambda number: ipc.shmcpy_to(number, b"x"),
    ],
)
def test_an_attachment_that_goes_cannot_be_found(
    segment: int, use: Callable[[int], object]
) -> None:
    """A callback uses the number of an attachment that is being destroyed.

    A defect found the half-destroyed object by this number and freed it twice.  Other attachments
    must remain.
    """
    others = [ipc.shmat(segment) for _ in range(2)]
    p = ipc.shmat(segment)
    number, failures = int(p), []

    def went(reference: "weakref.ref[Any]") -> None:
        gc.collect()
        try:
            use(number)
        except OSError as error:
            failures.append(error.errno)

    reference = weakref.ref(p, went)
    del p
    assert reference() is None
    assert failures == [errno.EINVAL]
    assert row_of_proc("shm", segment)["nattch"] == len(others)
    for other in others:
        assert ipc.shmcpy_from(int(other), 1) == b"\0"
        ipc.shmdt(int(other))


def test_an_attachment_that_goes_cannot_be_mapped_over(segment: int) -> None:
    p = ipc.shmat(segment)
    number, failures = int(p), []

    def went(reference: "weakref.ref[Any]") -> None:
        try:
            ipc.shmat(segment, number, ipc.SHM_REMAP)
        except ValueError as error:
            failures.append(error)

    reference = weakref.ref(p, went)
    del p
    assert reference() is None and len(failures) == 1
    assert row_of_proc("shm", segment)["nattch"] == 0


# ---- __index__ -----------------------------------------------------------------------


class Index:
    """A number whose conversion runs an action and the collector."""

    def __init__(self, value: int, action: Callable[[], object] = int) -> None:
        self.value, self.action = value, action

    def __index__(self) -> int:
        self.action()
        gc.collect()
        return self.value


def test_a_number_may_collect(make: Maker, collecting_always: None) -> None:
    i = Index
    msqid = make.queue()
    ipc.msgsnd(i(msqid), ipc.mkmsgbuf(i(3), b"hello"), i(5), i(0))
    assert ipc.msgrcv(i(msqid), ipc.msgbuf(capacity=i(9)), i(9), i(3), i(0)) == 5  # type: ignore
    semid = make.semset(1)
    c.semop(i(semid), [(i(0), i(1), i(0))], i(1))
    c.semtimedop(i(semid), [(i(0), i(1), i(0))], i(1), (i(1), i(0)))
    ipc.semctl(i(semid), i(0), i(ipc.SETALL), [i(7)])
    assert ipc.semctl(i(semid), i(0), i(ipc.GETVAL)) == 7
    shmid = make.segment(100)
    p = ipc.shmat(i(shmid), i(0), i(0))
    ipc.shmcpy_to(i(int(p)), b"xyz", i(2))
    assert ipc.shmcpy_from(i(int(p)), i(3)) == b"xy\0"
    ipc.shmdt(i(int(p)))
    assert c.ipc_perm(i(1), uid=i(2)) == ipc.ipc_perm(1, 2)


class Stage:
    """The objects that the actions below remove during a call."""

    def __init__(self, make: Maker) -> None:
        self.msqid, self.semid, self.shmid = make.queue(), make.semset(3), make.segment(100)
        self.p = ipc.shmat(self.shmid)
        self.number = int(self.p)
        self.message = ipc.mkmsgbuf(1, b"hello")

    def detach(self) -> None:
        ipc.shmdt(self.p)

    def forget(self) -> None:
        del self.p

    def shorten(self) -> None:
        self.message.mtext = b""

    def lengthen(self) -> None:
        self.message.mtext = b"x" * 100_000

    def replace(self) -> None:
        self.message = ipc.msgbuf()

    def remove_set(self) -> None:
        ipc.semctl(self.semid, 0, ipc.IPC_RMID)


class Pull(NamedTuple):
    call: Callable[[Stage], object]
    error: type[Exception]
    code: int = 0


PULLS = {
    "shmcpy_from, detached": Pull(
        lambda s: c.shmcpy_from(s.p, Index(1, s.detach)), OSError, errno.EINVAL
    ),
    "shmcpy_from, detached by its own number": Pull(
        lambda s: c.shmcpy_from(Index(s.number, s.detach), 1), OSError, errno.EINVAL
    ),
    "shmcpy_from, forgotten": Pull(
        lambda s: c.shmcpy_from(Index(s.number, s.forget), 1), OSError, errno.EINVAL
    ),
    "shmcpy_to, detached": Pull(
        lambda s: c.shmcpy_to(s.p, b"x", Index(1, s.detach)), OSError, errno.EINVAL
    ),
    "shmcpy_to, forgotten": Pull(
        lambda s: c.shmcpy_to(Index(s.number, s.forget), b"x"), OSError, errno.EINVAL
    ),
    "shmdt, detached": Pull(
        lambda s: c.shmdt(Index(s.number, s.detach)), OSError, errno.EINVAL
    ),
    "shmdt, forgotten": Pull(
        lambda s: c.shmdt(Index(s.number, s.forget)), OSError, errno.EINVAL
    ),
    "shmat, detached": Pull(
        lambda s: c.shmat(s.shmid, s.p, Index(ipc.SHM_REMAP, s.detach)), OSError, errno.EINVAL
    ),
    "shmat, forgotten": Pull(
        lambda s: c.shmat(s.shmid, Index(s.number, s.forget), ipc.SHM_REMAP), ValueError
    ),
    "msgsnd, shortened": Pull(
        lambda s: c.msgsnd(s.msqid, s.message, Index(5, s.shorten)), ValueError
    ),
    "msgsnd, of a message that is forgotten": Pull(
        lambda s: c.msgsnd(s.msqid, s.message, Index(6, s.replace)), ValueError
    ),
    "SETALL, removed": Pull(
        lambda s: c.semctl(s.semid, 0, ipc.SETALL, [0, Index(0, s.remove_set), 0]),
        OSError,
        errno.EINVAL,
    ),
    "SETVAL, removed": Pull(
        lambda s: c.semctl(s.semid, 0, ipc.SETVAL, Index(0, s.remove_set)), OSError, errno.EINVAL
    ),
    "semop, removed": Pull(
        lambda s: c.semop(s.semid, [(0, 1, 0), (0, Index(-1, s.remove_set), 0)]),
        OSError,
        errno.EINVAL,
    ),
}


@pytest.mark.parametrize("pull", PULLS.values(), ids=PULLS)
def test_an_object_that_a_number_removes_is_missed(make: Maker, pull: Pull) -> None:
    stage = Stage(make)
    with pytest.raises(pull.error) as caught:
        pull.call(stage)
    assert getattr(caught.value, "errno", 0) == pull.code


def test_a_message_that_grows_while_its_type_is_set(make: Maker) -> None:
    """A defect wrote the type to the old address of the message."""
    for set_type in (lambda m, v: setattr(m, "mtype", v), ipc.msgbuf_mtype_set):
        stage = Stage(make)
        set_type(stage.message, Index(0x1234, stage.lengthen))
        assert (stage.message.mtype, len(stage.message.mtext)) == (0x1234, 100_000)


def test_a_message_that_grows_while_it_is_received_into(make: Maker) -> None:
    stage = Stage(make)
    ipc.msgsnd(stage.msqid, ipc.mkmsgbuf(1, b"y" * 1000))
    assert ipc.msgrcv(stage.msqid, stage.message, Index(1000, stage.lengthen)) == 1000
    assert stage.message.mtext == b"y" * 1000


def test_operations_that_change_while_they_are_read(semset: int) -> None:
    """A call uses the sequence as it was at the beginning; a buffer must not shrink."""
    sops: list[Any] = [(0, 1, 0)]
    sops += [(1, Index(1, sops.clear), 0), (2, 1, 0)]
    ipc.semop(semset, sops)
    assert ipc.semctl(semset, 0, ipc.GETALL) == [1, 1, 1] and sops == []
    buffer = array("h", [0, 1, 0, 1, 1, 0])
    with pytest.raises(ValueError):
        ipc.semop(semset, buffer, Index(2, lambda: [buffer.pop() for _ in range(3)]))


def test_a_list_that_changes_while_it_is_filled(semset: int) -> None:
    class Shrinking(list[int]):
        def __len__(self) -> int:
            self.clear()
            gc.collect()
            return 3

    values = Shrinking([9, 9, 9])
    ipc.semctl(semset, 0, ipc.GETALL, values)
    assert values[:] == [0, 0, 0]


def test_a_target_that_goes_with_its_union() -> None:
    """The callback of a target reads the union that is just releasing this target."""
    seen = []
    union = ipc.semun(array=[1, 2])
    reference = weakref.ref(union.array, lambda _: seen.append((union.array, union.buf)))
    union.val = 5
    assert seen == [(None, None)] and reference() is None


def test_the_errno_of_a_call_is_not_a_callbacks(make: Maker) -> None:
    with fails_with(errno.ENOENT, "msgget"):
        ipc.msgget(Index(0x1BCFFFFF, lambda: pytest.raises(OSError, ipc.shmdt, 1)), 0)
