# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The structures have C's members as attributes, and C's bytes by the buffer protocol."""

import copy
import gc
import pickle
import re
import struct
import sys
import weakref
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import ipc
from conftest import message, view
from programs import INTEGERS, MEMBERS, NESTED, STRUCTURES, Facts

NAMES = list(STRUCTURES)
PLAIN = [name for name in NAMES if name not in ("msgbuf", "semun")]


def type_of(name: str) -> Any:
    return getattr(ipc, name)


def attributes(name: str) -> list[str]:
    """Return the names of the keywords; __key of libc is key."""
    return [member.removeprefix("__") for member in STRUCTURES[name].split()]


def values(name: str) -> dict[str, Any]:
    """Return a different value for each member of a structure."""
    nested = ipc.ipc_perm(uid=11, mode=0o644)
    return {
        member: nested if member in NESTED else place + 1
        for place, member in enumerate(attributes(name))
    }


# ---- layout -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_sizeof_agrees_with_the_c_compiler(facts: Facts, name: str) -> None:
    assert ipc.sizeof(type_of(name)) == facts.size[name]
    if name != "msgbuf":
        assert ipc.sizeof(type_of(name)()) == view(type_of(name)()).nbytes == facts.size[name]


@pytest.mark.parametrize("capacity", [0, 1, 100])
def test_sizeof_a_message_is_with_the_room_for_its_text(capacity: int) -> None:
    m = ipc.msgbuf(capacity=capacity)
    assert ipc.sizeof(m) == view(m).nbytes == ipc.offsetof(ipc.msgbuf, "mtext") + capacity


@pytest.mark.parametrize("name, member", MEMBERS)
def test_offsetof_agrees_with_the_c_compiler(facts: Facts, name: str, member: str) -> None:
    for spelt in {member, member.removeprefix("__")} if name != "semun" else {member}:
        assert ipc.offsetof(type_of(name), spelt) == facts.member[name, member].offset
        assert ipc.offsetof(type_of(name)(), spelt) == facts.member[name, member].offset


@pytest.mark.parametrize("what", [int, ipc, 5, "msgbuf", ipc.shm_address, None])
def test_sizeof_and_offsetof_know_structures_only(what: Any) -> None:
    with pytest.raises(TypeError):
        ipc.sizeof(what)
    with pytest.raises(TypeError):
        ipc.offsetof(what, "mtype")


def test_offsetof_a_member_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        ipc.offsetof(ipc.msgbuf, "nonsense")
    with pytest.raises(TypeError):
        ipc.offsetof(ipc.msgbuf, 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name, member", INTEGERS)
def test_a_member_is_where_the_c_compiler_has_it(facts: Facts, name: str, member: str) -> None:
    fact = facts.member[name, member]
    # The values include one whose bytes all differ and a negative one.
    low, high = fact.range
    for value in (low, high, int.from_bytes(bytes(range(1, fact.size + 1)), "big"), -2 % high):
        expected = bytearray(facts.size[name])
        expected[fact.part] = value.to_bytes(fact.size, sys.byteorder, signed=fact.signed)
        for spelt in (member, member.removeprefix("__")):
            s = type_of(name)()
            setattr(s, spelt, value)
            assert getattr(s, member) == getattr(s, member.removeprefix("__")) == value
            if name == "msgbuf":
                assert bytes(view(s)[: fact.size]) == expected[: fact.size]
            else:
                assert bytes(view(s)) == expected
                view(other := type_of(name)())[:] = expected
                assert getattr(other, spelt) == value


@pytest.mark.parametrize("name, member", INTEGERS)
def test_a_value_out_of_range_is_an_overflow_error(facts: Facts, name: str, member: str) -> None:
    s, (low, high) = type_of(name)(), facts.member[name, member].range
    for value in (low - 1, high + 1, 2**200, -(2**200)):
        with pytest.raises(OverflowError):
            setattr(s, member, value)
        with pytest.raises(OverflowError):
            type_of(name)(**{member: value})
    assert s == type_of(name)()


@pytest.mark.parametrize("name, member", [*INTEGERS, ("semun", "val")])
@pytest.mark.parametrize("value", ["1", 1.0, None, b"1", [1]])
def test_a_value_that_is_no_integer_is_a_type_error(name: str, member: str, value: Any) -> None:
    with pytest.raises(TypeError):
        setattr(type_of(name)(), member, value)


@pytest.mark.parametrize("name, member", MEMBERS)
def test_a_member_cannot_be_deleted(name: str, member: str) -> None:
    s = type_of(name)()
    with pytest.raises(TypeError):
        delattr(s, member)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_no_other_members(name: str) -> None:
    s = type_of(name)()
    with pytest.raises(AttributeError):
        s.nonsense = 1
    with pytest.raises(TypeError, match="nonsense"):
        type_of(name)(nonsense=1)
    listed = {member for member in dir(s) if member not in dir(object)}
    spelt = {name for row in STRUCTURES[name].split() for name in (row, row.removeprefix("__"))}
    if name == "semun":
        spelt = set(STRUCTURES[name].split())
    elif name == "msgbuf":
        spelt.add("capacity")
    assert {member for member in listed if not re.fullmatch("__.*__", member)} == spelt


# ---- made, compared, copied, shown ----------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_a_new_structure_is_zero(name: str) -> None:
    assert not any(bytes(view(type_of(name)())))


@pytest.mark.parametrize("name", PLAIN)
def test_members_are_given_by_keyword_and_by_position_in_c_order(facts: Facts, name: str) -> None:
    given = values(name)
    in_order = sorted(
        STRUCTURES[name].split(), key=lambda member: facts.member[name, member].offset
    )
    arguments = [given[member.removeprefix("__")] for member in in_order]
    s = type_of(name)(*arguments)
    first, *rest = given
    both = type_of(name)(arguments[0], **{member: given[member] for member in rest})
    assert s == type_of(name)(**given) == both
    assert {member: getattr(s, member) for member in given} == given
    with pytest.raises(TypeError):
        type_of(name)(*arguments, 1)
    with pytest.raises(TypeError, match="two values"):
        type_of(name)(arguments[0], **{first: arguments[0]})


@pytest.mark.parametrize("name", PLAIN)
def test_structures_are_equal_where_all_members_are(facts: Facts, name: str) -> None:
    given = values(name)
    s = type_of(name)(**given)
    assert s == type_of(name)(**given)
    assert not s != type_of(name)(**given)
    for row in STRUCTURES[name].split():
        member = row.removeprefix("__")
        unequal: list[Any] = [ipc.ipc_perm()]
        if member not in NESTED:  # a value that differs in the low byte, and one in the high byte
            unequal = [0, given[member] + (1 << 8 * facts.member[name, row].size - 2)]
        for value in unequal:
            other = type_of(name)(**given)
            setattr(other, member, value)
            assert s != other and not s == other
    assert s != 1 and s != ipc.msgbuf()
    with pytest.raises(TypeError):
        s < s


@pytest.mark.parametrize("name", NAMES)
def test_structures_are_mutable_and_so_unhashable(name: str) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(type_of(name)())


def through_pickle(protocol: int, s: Any) -> Any:
    return pickle.loads(pickle.dumps(s, protocol))


DUPLICATE: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": partial(through_pickle, n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("how", DUPLICATE)
@pytest.mark.parametrize("name", PLAIN)
def test_a_copy_is_equal_and_another(name: str, how: str) -> None:
    s = type_of(name)(**values(name))
    other = DUPLICATE[how](s)
    assert (type(other), other) == (type(s), s)
    other_bytes = view(other)
    other_bytes[:] = bytes(other_bytes.nbytes)
    assert s == type_of(name)(**values(name))


@pytest.mark.parametrize("how", DUPLICATE)
@pytest.mark.parametrize(
    "text, capacity", [(b"", 1), (b"a", 1), (b"a\0b", 3), (b"ab", 9), (b"", 0)]
)
def test_a_copy_of_a_message_has_its_text_and_capacity(
    how: str, text: bytes, capacity: int
) -> None:
    m = ipc.msgbuf(5, text, capacity=capacity)
    other = DUPLICATE[how](m)
    assert (other, other.mtext, other.capacity) == (m, text, capacity)
    other.mtext = b"x" * capacity
    assert m.mtext == text


@pytest.mark.parametrize("how", DUPLICATE)
def test_a_copy_of_a_union_has_its_member(how: str) -> None:
    target = array("H", [1, 2, 3])
    for semun in (ipc.semun(), ipc.semun(7), ipc.semun(array=target)):
        other = DUPLICATE[how](semun)
        assert (other.val, other.array) == (semun.val, semun.array)
    assert (DUPLICATE[how](ipc.semun(array=target)).array is target) == (how == "copy")


@pytest.mark.parametrize("name", PLAIN)
def test_repr_shows_the_members_and_evaluates(name: str) -> None:
    s = type_of(name)(**values(name))
    assert eval(repr(s)) == s
    for member, value in values(name).items():
        assert f"{member}={value!r}" in repr(s)


def test_repr_of_a_message_a_union_and_an_attachment(segment: int) -> None:
    assert eval(repr(message("a\0b", 3))) == message("a\0b", 3)
    assert eval(repr(ipc.semun(3))) == ipc.semun(3)
    ds = ipc.semid_ds(sem_nsems=4)
    assert eval(repr(ipc.semun(buf=ds))).buf == ds
    with ipc.shmat(segment, None, ipc.SHM_RDONLY) as p:
        assert all(word in repr(p) for word in (str(segment), "100", "read-only", hex(int(p))))
    assert "detached" in repr(p)


@pytest.mark.parametrize("name", NAMES)
def test_structures_can_be_weakly_referenced(name: str) -> None:
    s = type_of(name)()
    reference = weakref.ref(s)
    assert reference() is s
    del s
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("name", [*NAMES, "shm_address"])
def test_the_types_are_final_and_fixed(name: str) -> None:
    kind: Any = type_of(name)
    assert (kind.__module__, kind.__name__) == ("ipc", name)
    with pytest.raises(TypeError):
        type("Subclass", (kind,), {})
    with pytest.raises(TypeError):
        kind.nonsense = 1


def test_an_attachment_is_made_by_shmat_only(segment: int) -> None:
    with pytest.raises(TypeError):
        ipc.shm_address()
    with pytest.raises(TypeError):
        object.__new__(ipc.shm_address)
    with ipc.shmat(segment) as p:
        for how in DUPLICATE.values():
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                how(p)


@pytest.mark.parametrize("name", STRUCTURES)
def test_keywords_are_strings(name: str) -> None:
    """A type must check the keys of ** itself, because no other code does."""
    for keyword in (b"A" * 200, 1, None, object()):
        keywords: Any = {keyword: 2}
        with pytest.raises(TypeError, match="keywords must be strings"):
            type_of(name)(**keywords)


def test_a_chain_of_unions_is_not_held(semset: int) -> None:
    """Freeing a long chain would recurse deeply; a union keeps a copy of a read-only buffer."""
    union = ipc.semun(val=1)
    for _ in range(10):
        union = ipc.semun(array=view(union))
        assert type(union.array) is bytes
    values = array("H", [1, 2, 3])
    assert ipc.semun(array=values).array is values
    ipc.semctl(semset, 0, ipc.SETALL, ipc.semun(array=view(values).toreadonly()))
    assert ipc.semctl(semset, 0, ipc.GETALL) == [1, 2, 3]


# ---- nested structures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, member", [(name, member) for name, member in MEMBERS if member in NESTED]
)
def test_a_nested_structure_is_a_part_of_the_one_around_it(
    facts: Facts, name: str, member: str
) -> None:
    s = type_of(name)()
    part = getattr(s, member)
    part.mode = 0o640
    assert getattr(s, member).mode == 0o640
    setattr(s, member, ipc.ipc_perm(uid=5))
    assert (part.uid, part.mode) == (5, 0)
    fact = facts.member[name, member]
    assert fact.size == facts.size["ipc_perm"]
    assert bytes(view(s)[fact.part]) == bytes(view(part))
    setattr(s, member, part)
    with pytest.raises(TypeError):
        setattr(s, member, s)
    whole = weakref.ref(s)
    del s
    gc.collect()
    assert whole() is not None  # its part has a reference to it
    part.gid = 6
    assert part == ipc.ipc_perm(uid=5, gid=6)
    assert copy.copy(part) == part
    del part
    assert whole() is None


# ---- messages ---------------------------------------------------------------------------------


def test_a_new_message_has_room_for_one_byte_as_in_c() -> None:
    for m in (ipc.msgbuf(), ipc.msgbuf(capacity=None)):
        assert (m.mtype, m.mtext, m.capacity) == (0, b"", 1)
    assert ipc.msgbuf(1, b"hello", capacity=None).capacity == 5


@pytest.mark.parametrize(
    "mtext, expected", [("h\u00e9", b"h\xc3\xa9"), (b"\0", b"\0"), (array("B", b"ab"), b"ab")]
)
def test_a_text_may_be_bytes_or_str(mtext: Any, expected: bytes) -> None:
    m = ipc.msgbuf(1, mtext)
    assert (m.mtext, m.capacity) == (expected, max(1, len(expected)))
    m.mtext = mtext
    assert m.mtext == expected


@pytest.mark.parametrize("capacity", [1, 40, 400, 5000])
def test_new_room_is_zero_whatever_the_memory_held(capacity: int) -> None:
    for _ in range(20):
        bytearray(b"\xa5" * (ipc.sizeof(ipc.msgbuf) + capacity))
        assert not any(bytes(view(ipc.msgbuf(capacity=capacity))))


def test_a_longer_text_makes_room_and_a_shorter_one_leaves_it() -> None:
    m = ipc.msgbuf(1, b"hello")
    m.mtext = b"x" * 1000
    assert (len(m.mtext), m.capacity) == (1000, 1000)
    m.mtext = b"ab"
    assert (m.mtext, m.capacity) == (b"ab", 1000)
    assert bytes(view(m)[ipc.offsetof(m, "mtext"):]) == b"ab" + bytes(998)


def test_a_text_longer_than_the_capacity_asked_for_is_refused() -> None:
    with pytest.raises(ValueError):
        ipc.msgbuf(1, b"hello", capacity=4)


@pytest.mark.parametrize(
    "capacity, error",
    [(-1, OverflowError), (2**64, OverflowError), (sys.maxsize, MemoryError), ("5", TypeError)],
)
def test_a_capacity_that_there_cannot_be_is_refused(
    capacity: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ipc.msgbuf(capacity=capacity)


def test_a_message_with_a_view_cannot_move() -> None:
    m = message("hello")
    with view(m) as v:
        with pytest.raises(BufferError):
            m.mtext = b"longer than that"
        m.mtext = b"short"
        assert bytes(v).endswith(b"short")
    m.mtext = b"longer than that"
    assert m.mtext == b"longer than that"


def test_a_text_may_come_from_its_own_message() -> None:
    m = message("hello world")
    with view(m) as v:
        m.mtext = v[-5:]
    assert m.mtext == b"world"


def test_messages_are_equal_by_type_and_text() -> None:
    assert message("a") == ipc.msgbuf(1, b"a", capacity=50)
    assert message("a") != message("a", 2)
    assert message("a") != message("b")
    assert message("a") != message("a\0")


# ---- the union ---------------------------------------------------------------------------------


def test_a_union_has_one_member_at_a_time() -> None:
    semun, ds, info = ipc.semun(3), ipc.semid_ds(), ipc.seminfo()
    assert semun.val == 3
    for member, target in (("buf", ds), ("__buf", info), ("array", array("H", [1, 2]))):
        setattr(semun, member, target)
        others = {"buf", "__buf", "array"} - {member}
        assert getattr(semun, member) is target
        assert [getattr(semun, other) for other in others] == [None, None]
        setattr(semun, member, None)
        assert getattr(semun, member) is None
    semun.val = -5
    assert (semun.val, semun.buf, semun.array) == (-5, None, None)
    for arguments, named in (((1, ds), {}), ((1,), {"buf": ds}), ((), {"val": 1, "buf": ds})):
        with pytest.raises(TypeError):
            ipc.semun(*arguments, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "member, target",
    [
        ("buf", ipc.seminfo()),
        ("buf", 0x1000),
        ("buf", bytes(200)),
        ("__buf", ipc.semid_ds()),
        ("array", 0x1000),
        ("array", "abc"),
        ("array", ["a"]),
    ],
)
def test_a_union_points_only_to_objects_of_the_right_type(member: str, target: Any) -> None:
    semun = ipc.semun(9)
    with pytest.raises(TypeError):
        setattr(semun, member, target)
    assert semun.val == 9


def test_no_pointer_can_be_planted_in_a_union() -> None:
    semun = ipc.semun(buf=ipc.semid_ds())
    with view(semun) as v:
        assert v.readonly and v.nbytes == ipc.sizeof(ipc.semun)
        with pytest.raises(TypeError):
            v[0] = 1
    with view(ipc.semun(5)) as v:
        assert struct.unpack_from("@i", v) == (5,)


def test_unions_are_equal_with_the_same_member() -> None:
    ds = ipc.semid_ds()
    assert ipc.semun(5) == ipc.semun(5) != ipc.semun(6)
    assert ipc.semun(buf=ds) == ipc.semun(buf=ds)
    assert ipc.semun(buf=ds) != ipc.semun(buf=ipc.semid_ds())
    assert ipc.semun(buf=ds) != ipc.semun(array=view(ds))


def test_a_union_in_a_cycle_is_collected() -> None:
    class Numbers(array):  # type: ignore[type-arg]
        semun: object

    numbers = Numbers("H", [1, 2])
    numbers.semun = ipc.semun(array=numbers)
    gone = weakref.ref(numbers)
    del numbers
    gc.collect()
    assert gone() is None
