# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Properties that hold for all values of messages, operations, members and segments."""

import os
import struct
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import ipc
from conftest import room, times, view
from programs import INTEGERS, Fact, Facts

# All examples of a test use the same object, and leave it unchanged.
each_example = settings(
    database=None,
    deadline=None,
    max_examples=times(100),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

HEAD = struct.calcsize("@l")
LONG_MAX = 2 ** (8 * HEAD - 1) - 1
SEMVMX = 32767

WITH_INTEGERS = sorted({name for name, _ in INTEGERS})

texts = st.binary(max_size=8192)
mtypes = st.integers(1, LONG_MAX)


# ---- messages ---------------------------------------------------------------------------------


@each_example
@given(mtype=mtypes, text=texts)
def test_a_message_comes_back_as_it_was_sent(queue: int, mtype: int, text: bytes) -> None:
    m = room(8192)
    ipc.msgsnd(queue, ipc.mkmsgbuf(mtype, text))
    assert ipc.msgrcv(queue, m, None, mtype) == len(text)
    assert (m.mtype, m.mtext) == (mtype, text)


@each_example
@given(mtype=mtypes, text=texts, cut=st.integers(0, 8192), extra=st.integers(0, 100))
def test_a_raw_message_is_cut_and_fills_no_more_than_its_room(
    queue: int, mtype: int, text: bytes, cut: int, extra: int
) -> None:
    sent = min(cut, len(text))
    ipc.msgsnd(queue, struct.pack("@l", mtype) + text, sent)
    buffer = bytearray(b"\xa5" * (HEAD + cut + extra))
    with memoryview(buffer)[: HEAD + cut] as part:
        assert ipc.msgrcv(queue, part) == sent
    assert buffer == struct.pack("@l", mtype) + text[:sent] + b"\xa5" * (cut - sent + extra)


@each_example
@given(sent=st.lists(st.tuples(st.integers(1, 5), st.binary(max_size=50)), max_size=20))
def test_messages_of_a_type_come_in_the_order_they_were_sent(
    queue: int, sent: list[tuple[int, bytes]]
) -> None:
    for mtype, text in sent:
        ipc.msgsnd(queue, ipc.mkmsgbuf(mtype, text))
    got, m = [], room(50)
    for mtype in (3, -5, 0):
        while True:
            try:
                ipc.msgrcv(queue, m, None, mtype, ipc.IPC_NOWAIT)
            except OSError:
                break
            got.append((m.mtype, m.mtext))
    # First the messages of type 3, then the others by type; within a type in the order sent.
    assert got == sorted(sent, key=lambda message: (message[0] != 3, message[0]))


@each_example
@given(first=texts, second=texts, capacity=st.integers(0, 9000))
def test_a_text_is_kept_whatever_was_there_before(
    first: bytes, second: bytes, capacity: int
) -> None:
    m = room(capacity)
    for text in (first, second):
        m.mtext = text
        assert m.mtext == text
    assert m.capacity == max(capacity, len(first), len(second))
    # The room after the text has no bytes of an older text.
    rest = m.capacity - len(second)
    assert bytes(view(m))[HEAD:] == second + bytes(rest)


# ---- semaphores ---------------------------------------------------------------------------------


def as_tuples(sops: list[tuple[int, int, int]]) -> Any:
    return sops


def as_sembufs(sops: list[tuple[int, int, int]]) -> Any:
    return [ipc.sembuf(*sop) for sop in sops]


def as_bytes(sops: list[tuple[int, int, int]]) -> Any:
    return b"".join(struct.pack("@Hhh", *sop) for sop in sops)


@each_example
@given(
    form=st.sampled_from([as_tuples, as_sembufs, as_bytes]),
    initial=st.lists(st.integers(0, SEMVMX), min_size=3, max_size=3),
    sops=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(-(2**15), 2**15 - 1), st.just(ipc.IPC_NOWAIT)
        ),
        min_size=1,
        max_size=20,
    ),
)
def test_operations_are_done_all_or_none(
    semset: int,
    form: Callable[[list[tuple[int, int, int]]], Any],
    initial: list[int],
    sops: list[tuple[int, int, int]],
) -> None:
    ipc.semctl(semset, 0, ipc.SETALL, initial)
    expected, possible = list(initial), all(num < 3 for num, _, _ in sops)
    for num, op, _ in sops:
        possible = possible and not (op == 0 and expected[num] != 0)
        if possible:
            expected[num] += op
            possible = 0 <= expected[num] <= SEMVMX
    try:
        ipc.semop(semset, form(sops))
        done = True
    except OSError:
        done = False
    assert done == possible
    assert ipc.semctl(semset, 0, ipc.GETALL) == (expected if possible else initial)


@each_example
@given(values=st.lists(st.integers(0, SEMVMX), min_size=3, max_size=3))
def test_values_come_back_as_they_were_set(semset: int, values: list[int]) -> None:
    forms: list[Any] = [values, array("H", values), ipc.semun(array=values)]
    for given_values in forms:
        ipc.semctl(semset, 0, ipc.SETALL, [0, 0, 0])
        ipc.semctl(semset, 0, ipc.SETALL, given_values)
        got = array("H", [0, 0, 0])
        ipc.semctl(semset, 0, ipc.GETALL, got)
        assert list(got) == ipc.semctl(semset, 0, ipc.GETALL) == values


@each_example
@given(n=st.integers(0, 10))
def test_no_number_of_values_but_the_sets_is_taken(semset: int, n: int) -> None:
    assume(n != 3)
    for cmd in (ipc.GETALL, ipc.SETALL):
        with pytest.raises(ValueError):
            ipc.semctl(semset, 0, cmd, array("H", [0] * n))


# ---- members ----------------------------------------------------------------------------------


def integers_of(facts: Facts, name: str) -> dict[str, Fact]:
    return {member: facts.member[of, member] for of, member in INTEGERS if of == name}


@each_example
@given(data=st.data())
@pytest.mark.parametrize("name", WITH_INTEGERS)
def test_members_keep_every_value_of_their_ranges(
    facts: Facts, name: str, data: st.DataObject
) -> None:
    members = integers_of(facts, name)
    values = {m: data.draw(st.integers(*fact.range), m) for m, fact in members.items()}
    s = getattr(ipc, name)(**values)
    assert {member: getattr(s, member) for member in members} == values
    raw = bytes(view(s))
    for member, fact in members.items():
        assert int.from_bytes(raw[fact.part], sys.byteorder, signed=fact.signed) == values[member]


@each_example
@given(data=st.data())
@pytest.mark.parametrize("name", WITH_INTEGERS)
def test_bytes_written_are_members_read(facts: Facts, name: str, data: st.DataObject) -> None:
    s: Any = getattr(ipc, name)()
    size = ipc.sizeof(s)
    raw = data.draw(st.binary(min_size=size, max_size=size))
    view(s)[:] = raw
    for member, fact in integers_of(facts, name).items():
        value = int.from_bytes(raw[fact.part], sys.byteorder, signed=fact.signed)
        assert getattr(s, member) == value


# ---- segments -----------------------------------------------------------------------------------


@each_example
@given(data=st.binary(max_size=150), length=st.none() | st.integers(0, 150))
def test_a_copy_ends_where_the_data_or_the_segment_does(
    segment: int, data: bytes, length: int | None
) -> None:
    with ipc.shmat(segment) as p, view(p) as v:
        v[:] = b"\xa5" * 100
        n = len(data) if length is None else length
        if n > min(len(data), 100):
            with pytest.raises(ValueError):
                ipc.shmcpy_to(p, data, length)
            n = 0
        else:
            ipc.shmcpy_to(p, data, length)
        assert ipc.shmcpy_from(p, 100) == data[:n] + b"\xa5" * (100 - n)


@each_example
@given(proj_id=st.integers(-(2**31), 2**32 - 1))
def test_ftok_is_one_to_one_in_the_low_eight_bits(proj_id: int) -> None:
    assume(proj_id & 0xFF)
    key = ipc.ftok(os.curdir, proj_id)
    assert -(2**31) <= key < 2**31
    assert key >> 24 & 0xFF == proj_id & 0xFF
    assert key == ipc.ftok(os.curdir, bytes([proj_id & 0xFF]))
