# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Properties that queues, sets and segments share: keys, identifiers, slots, owners."""

import contextlib
import errno
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest

import ipc
from conftest import (
    NOBODY,
    Limit,
    Maker,
    become_nobody,
    drop_capabilities,
    errno_in_child,
    fails_with,
    message,
    room,
    take_slot_of,
)


class Facility(NamedTuple):
    """A facility: its calls with the arguments that all three have."""

    name: str  # "msg"
    make: Callable[[Maker, int, int], int]  # with a key and a mode
    get: Callable[[int, int], int]  # by a key, with flags
    control: Callable[..., int]  # with an identifier or slot, a command, and its argument
    state: Callable[[], Any]
    info: Callable[[], Any]
    one: tuple[str, "int | str"]  # a limit, and its value that allows one object only
    owners: tuple[int, ...]  # commands that only an owner or creator may give
    calls: dict[str, Callable[[int], object]]  # that check permissions; by the name of the call

    def command(self, name: str) -> int:
        """The command of the facility: MSG_STAT for "STAT"."""
        return int(getattr(ipc, f"{self.name.upper()}_{name}"))

    def stat(self, ident: int) -> Any:
        state = self.state()
        assert self.control(ident, ipc.IPC_STAT, state) == 0
        return state

    def perm(self, state: Any) -> ipc.ipc_perm:
        perm: ipc.ipc_perm = getattr(state, f"{self.name}_perm")
        return perm

    def highest_slot(self) -> int:
        return self.control(0, self.command("INFO"), self.info())


def semctl(ident: int, cmd: int, *arguments: Any) -> Any:
    return ipc.semctl(ident, 0, cmd, *arguments)


FACILITIES = {
    facility.name: facility
    for facility in (
        Facility(
            "msg",
            lambda make, key, mode: make.queue(key, mode),
            ipc.msgget,
            ipc.msgctl,
            ipc.msqid_ds,
            ipc.msginfo,
            ("msgmni", 1),
            (ipc.IPC_RMID, ipc.IPC_SET),
            {
                "msgsnd": lambda msqid: ipc.msgsnd(msqid, message("x")),
                "msgrcv": lambda msqid: ipc.msgrcv(msqid, room(1), None, 0, ipc.MSG_NOERROR),
                "msgctl": lambda msqid: ipc.msgctl(msqid, ipc.IPC_STAT, ipc.msqid_ds()),
            },
        ),
        Facility(
            "sem",
            lambda make, key, mode: make.semset(1, key, mode),
            lambda key, semflg: ipc.semget(key, 1, semflg),
            semctl,
            ipc.semid_ds,
            ipc.seminfo,
            ("sem", "32000 1024000000 500 1"),
            (ipc.IPC_RMID, ipc.IPC_SET),
            {
                "semop": lambda semid: ipc.semop(semid, [(0, 1, 0)]),
                "semtimedop": lambda semid: ipc.semtimedop(semid, [(0, 1, 0)], None, 60),
                "semctl": lambda semid: ipc.semctl(semid, 0, ipc.GETVAL),
                "semctl IPC_STAT": lambda semid: semctl(semid, ipc.IPC_STAT, ipc.semid_ds()),
                "semctl GETALL": lambda semid: ipc.semctl(semid, 0, ipc.GETALL),
                "semctl SETALL": lambda semid: ipc.semctl(semid, 0, ipc.SETALL, [1]),
                "semctl SETVAL": lambda semid: ipc.semctl(semid, 0, ipc.SETVAL, 1),
            },
        ),
        Facility(
            "shm",
            lambda make, key, mode: make.segment(100, key, mode),
            lambda key, shmflg: ipc.shmget(key, 100, shmflg),
            ipc.shmctl,
            ipc.shmid_ds,
            ipc.shm_info,
            ("shmmni", 1),
            (ipc.IPC_RMID, ipc.IPC_SET, ipc.SHM_LOCK, ipc.SHM_UNLOCK),
            {
                "shmat": ipc.shmat,
                "shmat SHM_RDONLY": lambda shmid: ipc.shmat(shmid, None, ipc.SHM_RDONLY),
                "shmctl": lambda shmid: ipc.shmctl(shmid, ipc.IPC_STAT, ipc.shmid_ds()),
            },
        ),
    )
}


@pytest.fixture(params=FACILITIES)
def facility(request: pytest.FixtureRequest) -> Facility:
    return FACILITIES[request.param]


# ---- keys ---------------------------------------------------------------------------


def test_a_private_object_is_always_a_new_one(make: Maker, facility: Facility) -> None:
    made = [facility.make(make, ipc.IPC_PRIVATE, 0o600) for _ in range(2)]
    assert made[0] != made[1]


def test_a_key_leads_to_its_object(make: Maker, facility: Facility, key: int) -> None:
    ident = facility.make(make, key, 0o600)
    assert facility.get(key, 0) == ident
    assert facility.get(key, ipc.IPC_CREAT | 0o600) == ident


@pytest.mark.parametrize(
    "given, kept",
    [(0x7FFFFFFF, 0x7FFFFFFF), (0x80000000, -0x80000000), (0xFFFFFFFE, -2), (-3, -3)],
)
def test_keys_are_32_bits_and_come_back_signed(
    alone: None, make: Maker, facility: Facility, given: int, kept: int
) -> None:
    ident = facility.make(make, given, 0o600)
    assert facility.perm(facility.stat(ident)).key == kept
    assert facility.get(kept, 0) == facility.get(kept % 2**32, 0) == ident


def test_the_mode_is_the_low_nine_bits(make: Maker, facility: Facility) -> None:
    ident = facility.make(make, ipc.IPC_PRIVATE, 0o640)
    assert facility.perm(facility.stat(ident)).mode & 0o777 == 0o640


def test_a_key_without_an_object_is_enoent(facility: Facility, key: int) -> None:
    with fails_with(errno.ENOENT, f"{facility.name}get"):
        facility.get(key, 0)


def test_a_key_with_an_object_is_eexist_where_a_new_one_is_asked_for(
    make: Maker, facility: Facility, key: int
) -> None:
    facility.make(make, key, 0o600)
    with fails_with(errno.EEXIST, f"{facility.name}get"):
        facility.get(key, ipc.IPC_CREAT | ipc.IPC_EXCL | 0o600)


def test_one_too_many_is_enospc_and_names_the_limit(
    make: Maker, facility: Facility, limit: Limit
) -> None:
    limit(*facility.one)
    facility.make(make, ipc.IPC_PRIVATE, 0o600)
    with fails_with(errno.ENOSPC, f"{facility.name}get", f"{facility.name}mni"):
        facility.make(make, ipc.IPC_PRIVATE, 0o600)


# ---- identifiers and slots --------------------------------------------------------------

EACH_CALL = pytest.mark.parametrize(
    "facility, name",
    [(facility, name) for facility in FACILITIES.values() for name in facility.calls],
    ids=[name for facility in FACILITIES.values() for name in facility.calls],
)


@EACH_CALL
def test_an_identifier_that_nothing_has_is_einval(
    make: Maker, facility: Facility, name: str
) -> None:
    removed = facility.make(make, ipc.IPC_PRIVATE, 0o600)
    facility.control(removed, ipc.IPC_RMID)
    for ident in (-1, removed):
        with fails_with(errno.EINVAL, name.split()[0]):
            facility.calls[name](ident)


@EACH_CALL
def test_an_old_identifier_does_not_lead_to_the_new_object_in_its_slot(
    alone: None, make: Maker, facility: Facility, name: str
) -> None:
    make_one = partial(facility.make, make, ipc.IPC_PRIVATE, 0o600)
    old = make_one()
    facility.control(old, ipc.IPC_RMID)
    take_slot_of(old, make_one, lambda ident: facility.control(ident, ipc.IPC_RMID))
    with pytest.raises(OSError) as caught:
        facility.calls[name](old)
    # The manual page says EIDRM; Linux returns EINVAL since 3.11 (ipc/util.c).
    assert caught.value.errno in (errno.EIDRM, errno.EINVAL)


@pytest.mark.parametrize("command", ["STAT", "STAT_ANY"])
def test_a_slot_leads_to_its_object(
    alone: None, make: Maker, facility: Facility, command: str
) -> None:
    made = {facility.make(make, ipc.IPC_PRIVATE, mode): mode for mode in (0o600, 0o640)}
    found = {}
    for slot in range(facility.highest_slot() + 1):
        state = facility.state()
        with contextlib.suppress(OSError):  # a slot may be empty
            ident = facility.control(slot, facility.command(command), state)
            found[ident] = facility.perm(state).mode
    assert found == made


def test_an_unknown_command_is_einval(make: Maker, facility: Facility) -> None:
    ident = facility.make(make, ipc.IPC_PRIVATE, 0o600)
    with fails_with(errno.EINVAL, f"{facility.name}ctl"):
        facility.control(ident, 12345)


# ---- permissions ------------------------------------------------------------------------


@EACH_CALL
def test_without_permission_a_call_gets_eacces(make: Maker, facility: Facility, name: str) -> None:
    ident = facility.make(make, ipc.IPC_PRIVATE, 0)
    assert errno_in_child(drop_capabilities, partial(facility.calls[name], ident)) == "EACCES"


def test_without_permission_there_is_no_identifier(
    make: Maker, facility: Facility, key: int
) -> None:
    facility.make(make, key, 0)
    assert errno_in_child(drop_capabilities, partial(facility.get, key, 0o600)) == "EACCES"


def test_stat_any_asks_for_no_permission(alone: None, make: Maker, facility: Facility) -> None:
    facility.make(make, ipc.IPC_PRIVATE, 0)
    slot = facility.highest_slot()
    for command, expected in (("STAT", "EACCES"), ("STAT_ANY", "")):
        call = partial(facility.control, slot, facility.command(command), facility.state())
        assert errno_in_child(drop_capabilities, call) == expected


@pytest.mark.parametrize(
    "facility, cmd",
    [(facility, cmd) for facility in FACILITIES.values() for cmd in facility.owners],
    ids=[f"{facility.name}-{cmd}" for facility in FACILITIES.values() for cmd in facility.owners],
)
def test_only_the_owner_may_change_an_object(make: Maker, facility: Facility, cmd: int) -> None:
    ident = facility.make(make, ipc.IPC_PRIVATE, 0o666)
    call = partial(facility.control, ident, cmd, facility.stat(ident))
    assert errno_in_child(become_nobody, call) == "EPERM"


def test_a_new_owner_may_do_what_the_old_one_could(make: Maker, facility: Facility) -> None:
    ident = facility.make(make, ipc.IPC_PRIVATE, 0o600)
    state = facility.stat(ident)
    facility.perm(state).uid = NOBODY
    give = partial(facility.control, ident, ipc.IPC_SET, state)
    errno_in_child(become_nobody, lambda: None)  # skips if there is no second user
    give()
    assert errno_in_child(become_nobody, give) == ""
