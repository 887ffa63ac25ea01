# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""No call, correct or wrong, changes the number of references or the use of memory."""

import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ipc
from cases import CASES, FUNCTIONS, Case, World, name_of, repeat, world
from child import run_child
from conftest import Maker, times

__all__ = ["world"]  # a fixture

# So often each function is called; more by the environment.
CALLS = int(os.environ.get("IPC_TEST_CALLS", times(20_000)))
ROUNDS = 5
# So many rounds without growth of memory are enough.
MOST = ROUNDS // 2 + 1

clear_caches = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache")

# Only a debug build of CPython counts all references.
COUNTED = hasattr(sys, "gettotalrefcount")


@pytest.fixture(autouse=True, scope="module")
def what_was_there_before_is_not_searched() -> Iterator[None]:
    """Freezes older objects, because the tests call the collector often."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def as_before(change: int) -> bool:
    """A defect changes one reference in each of the 50 calls of a round."""
    return abs(change) < 25


def rounds(
    count: Callable[[], int], do: Callable[[], None], fits: Callable[[int], bool], enough: int
) -> tuple[bool, list[int]]:
    """Whether enough of ROUNDS rounds have a growth that fits; and the growths, after a round
    that fills caches.  It ends as soon as no further round can change the result.
    """
    do()
    found: list[int] = []
    fitting = 0
    while fitting < enough and len(found) - fitting <= ROUNDS - enough:
        gc.collect()
        before = count()
        do()
        gc.collect()
        found.append(count() - before)
        fitting += fits(found[-1])
    return fitting == enough, found


def test_no_function_is_forgotten() -> None:
    assert {case.function for case in CASES} - {"2003"} == set(FUNCTIONS)


@pytest.mark.skipif(not COUNTED, reason="not a debug build")
@pytest.mark.parametrize("case", CASES if COUNTED else CASES[:1], ids=name_of)
def test_references_are_as_before(world: World, case: Case) -> None:
    """In a debug build: one that is lost, or is given back too often, is one in each call."""
    count = getattr(sys, "gettotalrefcount")
    unchanged, found = rounds(count, lambda: repeat(case, world, 50), as_before, 1)
    assert unchanged, f"references for 50 calls, in each round: {found}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_objects_are_as_before(world: World, case: Case) -> None:
    """In any build: blocks of small memory, and the references to what the calls are made on."""
    # Without those that live for ever (PEP 683), whose count means nothing.
    shared = [
        thing
        for thing in [*vars(world).values(), *vars(ipc).values(), None]
        if sys.getrefcount(thing) < 1 << 28
    ]

    def count() -> int:
        clear_caches()  # they hold names of attributes
        return sys.getallocatedblocks() + sum(map(sys.getrefcount, shared))

    unchanged, found = rounds(count, lambda: repeat(case, world, 50), as_before, 1)
    assert unchanged, f"objects and references for 50 calls: {found}"


def test_an_audit_hook_changes_nothing_of_that(make: Maker) -> None:
    """In a separate process, since a hook stays: one that hears, and one that refuses."""
    run_child(
        """
refuse = False

def hook(event, arguments):
    if refuse and event.startswith("ipc."):
        raise InterruptedError

def call(text, number):
    try:
        ipc.msgsnd(ids[0], ipc.mkmsgbuf(1, text), number)
        ipc.msgrcv(ids[0], ipc.msgbuf(capacity=10), number)
    except InterruptedError:
        pass

def growth(number):
    before = sys.getallocatedblocks() + sys.getrefcount(text) + sys.getrefcount(number)
    for _ in range(1000):
        call(text, number)
    return sys.getallocatedblocks() + sys.getrefcount(text) + sys.getrefcount(number) - before

class Number:
    def __index__(self):
        return 5

text = bytes(5)
sys.addaudithook(hook)
for refuse in (False, True):
    growths = [growth(Number()) for _ in range(4)]
    assert min(map(abs, growths)) < 500, growths
""",
        make.queue(),
        options=(),
    )


def resident() -> int:
    """The resident memory in KiB, without pages of files, which the kernel maps and drops."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


@pytest.mark.unwatched
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="no smaps_rollup")
@pytest.mark.parametrize("function", [*FUNCTIONS, "2003"])
def test_memory_is_as_before(world: World, function: str) -> None:
    """The resident size after many calls: eight bytes lost by each would be seen."""
    cases = [case for case in CASES if case.function == function]
    # So many at least that eight bytes of each call are more than a page, in which memory comes.
    n = max(CALLS // (MOST * len(cases)), 1000) + 1
    if CALLS > 20_000:  # it may take its time
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()

    def call_all() -> None:
        for case in cases:
            repeat(case, world, n)

    limit = 8 * n / 1024
    # A leak grows for ever; an arena of the allocator fills once.
    for _ in range(3):
        unchanged, found = rounds(resident, call_all, lambda change: change <= limit, MOST)
        calls = n * len(cases) * (len(found) + 1)
        print(f"{function}: {calls} calls, KiB in each round: {found}")
        if unchanged:
            break
    assert unchanged, f"KiB for {n} calls of {len(cases)} kinds each: {found}"
