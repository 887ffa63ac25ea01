# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Semaphore sets: semget, semop, semtimedop and semctl.  See sysvipc(7)."""

import errno
import gc
import os
import struct
import threading
import weakref
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

import ipc
from conftest import Limit, Maker, drop_capabilities, errno_in_child, fails_with, row_of_proc

SEMVMX = 32767


def raw(*operations: tuple[int, int, int]) -> bytes:
    """Operations as C lays them out: unsigned short, short, short."""
    return b"".join(struct.pack("@Hhh", *operation) for operation in operations)


def stat(semid: int) -> ipc.semid_ds:
    ds = ipc.semid_ds()
    assert ipc.semctl(semid, 0, ipc.IPC_STAT, ds) == 0
    return ds


def values(semid: int) -> Any:
    return ipc.semctl(semid, 0, ipc.GETALL)


def semun___buf(info: ipc.seminfo) -> ipc.semun:
    """Pass __buf by keyword; type checkers take a parameter with this name for positional-only."""
    keywords: dict[str, Any] = {"__buf": info}
    return ipc.semun(**keywords)


def limits() -> list[int]:
    """Return semmsl, semmns, semopm and semmni."""
    return [int(text) for text in Path("/proc/sys/kernel/sem").read_text().split()]


# ---- semget -------------------------------------------------------------------------


def test_one_semaphore_too_many_is_enospc_and_names_semmns(make: Maker, limit: Limit) -> None:
    limit("sem", "32000 3 500 32000")
    make.semset(3)
    with fails_with(errno.ENOSPC, "semget", "semmns"):
        make.semset(1)


@pytest.mark.parametrize("nsems, why", [(0, "at least one"), (-1, "below 0")])
def test_a_new_set_of_no_semaphores_is_einval(make: Maker, nsems: int, why: str) -> None:
    with fails_with(errno.EINVAL, "semget", why):
        make.semset(nsems)


def test_a_new_set_of_too_many_is_einval_and_names_semmsl(make: Maker) -> None:
    with fails_with(errno.EINVAL, "semget", "semmsl"):
        make.semset(limits()[0] + 1)


def test_a_set_of_fewer_than_asked_is_einval(make: Maker, key: int) -> None:
    make.semset(2, key)
    with fails_with(errno.EINVAL, "semget", "fewer"):
        ipc.semget(key, 3, 0)


# ---- semop, semtimedop: alike except for the timeout ---------------------------------------

OPERATE: dict[str, Callable[..., int]] = {
    "semop": ipc.semop,
    "semtimedop": ipc.semtimedop,
    "semtimedop with a timeout": partial(ipc.semtimedop, timeout=60),
}


@pytest.fixture(params=OPERATE)
def operate(request: pytest.FixtureRequest) -> Callable[..., int]:
    return OPERATE[request.param]


@pytest.mark.parametrize(
    "sops, expected",
    [
        (ipc.sembuf(1, 2, 0), [0, 2, 0]),
        ([ipc.sembuf(1, 2, 0)], [0, 2, 0]),
        ((ipc.sembuf(1, 2, 0),), [0, 2, 0]),
        ([(1, 2, 0)], [0, 2, 0]),
        (((1, 2, 0),), [0, 2, 0]),
        ([(1, 2)], [0, 2, 0]),
        ([(True, 2, 0)], [0, 2, 0]),
        ([ipc.sembuf(0, 1, 0), ipc.sembuf(2, 3, 0)], [1, 0, 3]),
        ([(0, 1, 0), (2, 3, 0)], [1, 0, 3]),
        (((0, 1), (1, 1, 0)), [1, 1, 0]),
        ([(0, 1, 0), ipc.sembuf(0, 1, 0)], [2, 0, 0]),
        (raw((1, 5, 0)), [0, 5, 0]),
        (bytearray(raw((0, 1, 0), (1, 2, 0))), [1, 2, 0]),
        (memoryview(raw((0, 1, 0), (1, 2, 0))), [1, 2, 0]),
        (array("h", [2, 7, 0]), [0, 0, 7]),
        ([(2, 1, 0)] * 100, [0, 0, 100]),
    ],
)
def test_operations_may_be_given_in_every_form(
    semset: int, operate: Callable[..., int], sops: Any, expected: list[int]
) -> None:
    assert operate(semset, sops) == 0
    assert values(semset) == expected


def test_nsops_does_the_first_ones(semset: int, operate: Callable[..., int]) -> None:
    assert operate(semset, [(0, 1, 0), (1, 1, 0), (2, 1, 0)], 2) == 0
    assert operate(semset, raw((0, 1, 0), (1, 1, 0)), 1) == 0
    assert values(semset) == [2, 1, 0]


def test_all_operations_are_done_or_none(semset: int, operate: Callable[..., int]) -> None:
    with fails_with(errno.EAGAIN):
        operate(semset, [(0, 1, 0), (1, -1, ipc.IPC_NOWAIT)])
    assert values(semset) == [0, 0, 0]


def test_waiting_for_zero_goes_on_at_zero_only(semset: int, operate: Callable[..., int]) -> None:
    assert operate(semset, [(0, 0, ipc.IPC_NOWAIT)]) == 0
    ipc.semctl(semset, 0, ipc.SETVAL, 1)
    with fails_with(errno.EAGAIN):
        operate(semset, [(0, 0, ipc.IPC_NOWAIT)])


@pytest.mark.parametrize(
    "item, error",
    [
        ((0, 2**15, 0), OverflowError),
        ((0, -(2**15) - 1, 0), OverflowError),
        ((-1, 1, 0), OverflowError),
        ((2**16, 1, 0), OverflowError),
        ((0, 1, 2**15), OverflowError),
        ((0, 1, 2**64), OverflowError),
        ((0, 1, 0, 0), TypeError),
        ((0, 1.0, 0), TypeError),
        ([0, 1, 0], TypeError),
        (None, TypeError),
    ],
)
def test_the_only_operation_of_a_list_is_wrong(
    semset: int, operate: Callable[..., int], item: Any, error: type[Exception]
) -> None:
    for sops in [item], (item,):
        with pytest.raises(error):
            operate(semset, sops)
    assert values(semset) == [0, 0, 0]


def test_operations_of_the_caller_are_not_changed(
    semset: int, operate: Callable[..., int]
) -> None:
    sembuf, buffer = ipc.sembuf(0, 1, 0), bytearray(raw((1, 1, 0)))
    operate(semset, sembuf)
    operate(semset, buffer)
    assert (sembuf, buffer) == (ipc.sembuf(0, 1, 0), raw((1, 1, 0)))


def test_a_call_uses_current_members(semset: int, operate: Callable[..., int]) -> None:
    """A call reads each member of a sembuf again; it does not use values of an earlier call."""
    ipc.semctl(semset, 0, ipc.SETALL, [109, 9, 9])
    sembuf = ipc.sembuf(0, -1, 0)
    for _ in range(101):  # many calls, as the binding changes its policy (binding/src/blocking.c)
        operate(semset, sembuf)
    sembuf.sem_num = 1
    operate(semset, sembuf)
    sembuf.sem_op = -2
    operate(semset, sembuf)
    assert values(semset) == [8, 6, 9]
    sembuf.sem_flg = ipc.SEM_UNDO
    assert errno_in_child(lambda: None, partial(operate, semset, sembuf)) == ""
    assert values(semset) == [8, 6, 9]


def test_no_operation_is_einval(semset: int, operate: Callable[..., int]) -> None:
    for arguments in (([],), (b"",), ([(0, 1, 0)], 0)):
        with fails_with(errno.EINVAL):
            operate(semset, *arguments)
    assert values(semset) == [0, 0, 0]


def test_too_many_operations_are_e2big_and_name_semopm(
    semset: int, operate: Callable[..., int]
) -> None:
    semopm = limits()[2]
    operate(semset, [(0, 1, 0)] * semopm)
    with fails_with(errno.E2BIG, "semopm"):
        operate(semset, [(0, 1, 0)] * (semopm + 1))
    assert values(semset) == [semopm, 0, 0]


@pytest.mark.parametrize("sem_num", [3, 65535])
def test_a_semaphore_that_the_set_has_not_is_efbig(
    semset: int, operate: Callable[..., int], sem_num: int
) -> None:
    with fails_with(errno.EFBIG, "sem_num"):
        operate(semset, [(sem_num, 1, 0)])


def test_a_value_above_semvmx_is_erange(semset: int, operate: Callable[..., int]) -> None:
    operate(semset, [(0, SEMVMX, 0)])
    with fails_with(errno.ERANGE, "semvmx"):
        operate(semset, [(0, 1, 0)])
    assert values(semset) == [SEMVMX, 0, 0]


def test_sem_undo_takes_it_back_when_the_process_ends(semset: int) -> None:
    call = partial(ipc.semop, semset, [(0, 1, ipc.SEM_UNDO), (1, 1, 0)])
    assert errno_in_child(lambda: None, call) == ""
    assert values(semset) == [0, 1, 0]


@pytest.mark.parametrize("timeout", [-1, -0.5, (0, -1), (0, 10**9), (-1, 0)])
def test_a_timeout_that_is_no_time_is_einval(semset: int, timeout: Any) -> None:
    with fails_with(errno.EINVAL, "semtimedop"):
        ipc.semtimedop(semset, [(0, 1, 0)], None, timeout)
    assert values(semset) == [0, 0, 0]


# ---- semctl: one semaphore ---------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 1, SEMVMX])
def test_setval_sets_and_getval_gets(semset: int, value: int) -> None:
    assert ipc.semctl(semset, 1, ipc.SETVAL, value) == 0
    assert ipc.semctl(semset, 1, ipc.GETVAL) == value
    assert ipc.semctl(semset, 2, ipc.SETVAL, ipc.semun(val=value)) == 0
    assert values(semset) == [0, value, value]


@pytest.mark.parametrize("value", [-1, SEMVMX + 1, 2**31 - 1])
def test_setval_beyond_semvmx_is_erange(semset: int, value: int) -> None:
    with fails_with(errno.ERANGE, "semctl", "semvmx"):
        ipc.semctl(semset, 0, ipc.SETVAL, value)


def test_getpid_is_the_process_that_changed_it_last(semset: int) -> None:
    assert ipc.semctl(semset, 0, ipc.GETPID) == 0
    ipc.semop(semset, [(0, 1, 0)])
    assert ipc.semctl(semset, 0, ipc.GETPID) == os.getpid()


@pytest.mark.parametrize("cmd", [ipc.GETNCNT, ipc.GETZCNT])
def test_nobody_waits_at_first(semset: int, cmd: int) -> None:
    assert ipc.semctl(semset, 0, cmd) == 0


@pytest.mark.parametrize(
    "cmd, args",
    [
        (ipc.GETVAL, ()),
        (ipc.SETVAL, (1,)),
        (ipc.GETPID, ()),
        (ipc.GETNCNT, ()),
        (ipc.GETZCNT, ()),
    ],
)
def test_a_semnum_that_the_set_has_not_is_einval(
    semset: int, cmd: int, args: tuple[int, ...]
) -> None:
    for semnum in (-1, 3):
        with fails_with(errno.EINVAL, "semctl"):
            ipc.semctl(semset, semnum, cmd, *args)


@pytest.mark.parametrize("arg", [None, 0, ipc.semun(), ipc.semid_ds()])
def test_an_argument_where_none_is_needed_is_no_error(semset: int, arg: Any) -> None:
    assert ipc.semctl(semset, 0, ipc.GETVAL, arg) == 0


# ---- semctl: all semaphores ------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        array("H", [1, 2, 3]),
        array("H", [1, 2, 3]).tobytes(),
        memoryview(array("H", [1, 2, 3])),
        ipc.semun(array=[1, 2, 3]),
        ipc.semun(array=array("H", [1, 2, 3])),
    ],
)
def test_setall_takes_sequences_and_buffers(semset: int, given: Any) -> None:
    assert ipc.semctl(semset, 0, ipc.SETALL, given) == 0
    assert values(semset) == [1, 2, 3]


@pytest.mark.parametrize(
    "make_target, read",
    [
        (lambda: [0, 0, 0], list),
        (lambda: array("H", [9, 9, 9]), list),
        (lambda: bytearray(6), lambda got: list(memoryview(got).cast("H"))),
        (lambda: ipc.semun(array=array("H", [9, 9, 9])), lambda got: list(got.array)),
        (lambda: ipc.semun(array=[9, 9, 9]), lambda got: list(got.array)),
    ],
)
def test_getall_fills_sequences_and_buffers(
    semset: int, make_target: Callable[[], Any], read: Callable[[Any], list[int]]
) -> None:
    ipc.semctl(semset, 0, ipc.SETALL, [4, SEMVMX, 6])
    target = make_target()
    assert ipc.semctl(semset, 0, ipc.GETALL, target) == 0
    assert read(target) == [4, SEMVMX, 6]


def test_getall_writes_no_value_behind_the_last(semset: int) -> None:
    ipc.semctl(semset, 0, ipc.SETALL, [1, 2, 3])
    target = array("H", [0xA5A5] * 10)
    with memoryview(target)[:3] as part:
        ipc.semctl(semset, 0, ipc.GETALL, part)
    assert list(target) == [1, 2, 3] + [0xA5A5] * 7


@pytest.mark.parametrize("cmd", [ipc.GETALL, ipc.SETALL])
@pytest.mark.parametrize("n", [0, 1, 2, 4, 100])
@pytest.mark.parametrize(
    "made",
    [
        lambda n: [7] * n,
        lambda n: array("H", [7] * n),
        lambda n: bytearray(2 * n),
        lambda n: ipc.semun(array=array("H", [7] * n)),
        lambda n: ipc.semun(array=[7] * n),
    ],
)
def test_another_number_of_values_is_refused(
    semset: int, cmd: int, n: int, made: Callable[[int], Any]
) -> None:
    with pytest.raises(ValueError, match="3 semaphores"):
        ipc.semctl(semset, 0, cmd, made(n))
    assert values(semset) == [0, 0, 0]


def test_setall_beyond_semvmx_is_erange(semset: int) -> None:
    with fails_with(errno.ERANGE, "semctl", "semvmx"):
        ipc.semctl(semset, 0, ipc.SETALL, [1, SEMVMX + 1, 1])


@pytest.mark.parametrize("bad", [-1, 65536])
def test_setall_of_no_unsigned_short_is_refused(semset: int, bad: int) -> None:
    with pytest.raises(OverflowError):
        ipc.semctl(semset, 0, ipc.SETALL, [1, bad, 1])


def test_a_set_that_may_be_written_but_not_read_is_known_by_its_slot(make: Maker) -> None:
    semid = make.semset(3, semflg=0o200)

    def set_all() -> None:
        with pytest.raises(ValueError):
            ipc.semctl(semid, 0, ipc.SETALL, [1, 1, 1, 1])
        ipc.semctl(semid, 0, ipc.SETALL, [1, 2, 3])

    assert errno_in_child(drop_capabilities, set_all) == ""
    assert values(semid) == [1, 2, 3]


# ---- semctl: the union --------------------------------------------------------------------


def test_a_semun_passes_its_target(semset: int) -> None:
    ds, info = ipc.semid_ds(), ipc.seminfo()
    assert ipc.semctl(semset, 0, ipc.IPC_STAT, ipc.semun(buf=ds)) == 0
    assert ds.sem_nsems == 3
    assert ipc.semctl(0, 0, ipc.IPC_INFO, semun___buf(info)) >= 0
    assert info.semmsl == limits()[0]


def test_a_semun_keeps_its_target_alive(semset: int) -> None:
    targets = {"buf": ipc.semid_ds(), "__buf": ipc.seminfo(), "array": array("H", [1, 2, 3])}
    for member in list(targets):
        target: Any = targets.pop(member)
        gone = weakref.ref(target)
        semun = ipc.semun(**{member: target})
        del target
        gc.collect()
        assert gone() is not None and getattr(semun, member) is gone()
        semun.val = 0
        assert gone() is None
    semun.array = array("H", [1, 2, 3])
    ipc.semctl(semset, 0, ipc.SETALL, semun)
    assert values(semset) == [1, 2, 3]


def test_a_semun_finds_an_array_that_has_moved(semset: int) -> None:
    numbers = array("H", [1])
    semun = ipc.semun(array=numbers)
    numbers.extend(range(1000))
    del numbers[3:]
    ipc.semctl(semset, 0, ipc.SETALL, semun)
    assert values(semset) == [1, 0, 1]


@pytest.mark.parametrize(
    "cmd, semun",
    [
        (ipc.IPC_STAT, ipc.semun()),
        (ipc.IPC_STAT, ipc.semun(val=1)),
        (ipc.IPC_STAT, ipc.semun(array=[0] * 100)),
        (ipc.IPC_STAT, semun___buf(ipc.seminfo())),
        (ipc.IPC_SET, ipc.semun()),
        (ipc.IPC_INFO, ipc.semun(buf=ipc.semid_ds())),
        (ipc.GETALL, ipc.semun(buf=ipc.semid_ds())),
        (ipc.SETALL, semun___buf(ipc.seminfo())),
        (ipc.SETALL, ipc.semun(val=1)),
    ],
)
def test_a_semun_that_points_elsewhere_is_refused(semset: int, cmd: int, semun: ipc.semun) -> None:
    with pytest.raises(TypeError):
        ipc.semctl(semset, 0, cmd, semun)


# ---- semctl: the set -----------------------------------------------------------------------


def test_ipc_stat_agrees_with_proc(semset: int) -> None:
    ipc.semop(semset, [(0, 1, 0)])
    ds, row = stat(semset), row_of_proc("sem", semset)
    assert {
        "key": ds.sem_perm.key,
        "perms": ds.sem_perm.mode,
        "nsems": ds.sem_nsems,
        "uid": ds.sem_perm.uid,
        "gid": ds.sem_perm.gid,
        "cuid": ds.sem_perm.cuid,
        "cgid": ds.sem_perm.cgid,
        "otime": ds.sem_otime,
        "ctime": ds.sem_ctime,
        "semid": semset,
    } == row
    assert 0 < ds.sem_ctime <= ds.sem_otime


def test_ipc_set_changes_owner_and_mode(semset: int) -> None:
    ds = stat(semset)
    ds.sem_perm.mode = 0o640
    assert ipc.semctl(semset, 0, ipc.IPC_SET, ds) == 0
    assert stat(semset).sem_perm.mode == 0o640


def test_ipc_rmid_removes_and_needs_no_structure(make: Maker) -> None:
    forms: list[Any] = [(), (None,), (0,), (ipc.semid_ds(),), (ipc.semun(),)]
    for arguments in forms:
        semid = make.semset()
        assert ipc.semctl(semid, 0, ipc.IPC_RMID, *arguments) == 0
        with fails_with(errno.EINVAL, "semctl"):
            ipc.semctl(semid, 0, ipc.IPC_STAT, ipc.semid_ds())


def test_ipc_info_returns_the_limits(semset: int) -> None:
    info = ipc.seminfo()
    assert ipc.semctl(0, 0, ipc.IPC_INFO, info) >= 0
    assert [info.semmsl, info.semmns, info.semopm, info.semmni] == limits()
    assert info.semvmx == SEMVMX


def test_sem_info_returns_the_use(alone: None, make: Maker) -> None:
    make.semset(2), make.semset(5)
    info = ipc.seminfo()
    ipc.semctl(0, 0, ipc.SEM_INFO, info)
    # Sets and semaphores, see semctl(2).
    assert (info.semusz, info.semaem) == (2, 7)


# ---- two threads ------------------------------------------------------------------------


def test_a_semaphore_is_a_lock_between_threads(semset: int) -> None:
    ipc.semctl(semset, 0, ipc.SETVAL, 1)
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            ipc.semop(semset, [(0, -1, ipc.SEM_UNDO)])
            inside += 1
            most = max(most, inside)
            inside -= 1
            ipc.semop(semset, [(0, 1, ipc.SEM_UNDO)])

    workers = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert most == 1
    assert values(semset) == [1, 0, 0]


@pytest.mark.parametrize("pointer", ["array", "buf"])
def test_a_pointer_is_no_value_to_set(semset: int, pointer: str) -> None:
    """In C, the kernel would get the low half of an address."""
    targets = {"array": [1, 2, 3], "buf": ipc.semid_ds()}
    with pytest.raises(TypeError):
        ipc.semctl(semset, 0, ipc.SETVAL, ipc.semun(**{pointer: cast(Any, targets[pointer])}))
    assert ipc.semctl(semset, 0, ipc.GETVAL) == 0
