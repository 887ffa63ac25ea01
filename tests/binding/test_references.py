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

# The number of calls of each function; the environment may raise it.
CALLS = int(os.environ.get("IPC_TEST_CALLS", times(20_000)))
ROUNDS = 5
# The number of rounds without growth of memory that is enough.
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
    """Return whether the growth fits in enough of ROUNDS rounds, and the growths.

    A round before them fills caches.  The function returns as soon as no further round can change
    the result.
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
    """In a debug build, each call that loses a reference, or drops one too many, is counted."""
    count = getattr(sys, "gettotalrefcount")
    unchanged, found = rounds(count, lambda: repeat(case, world, 50), as_before, 1)
    assert unchanged, f"references for 50 calls, in each round: {found}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_objects_are_as_before(world: World, case: Case) -> None:
    """In any build, calls change neither the allocated blocks nor references to their objects."""
    # The reference counts of immortal objects mean nothing (PEP 683).
    shared = [
        thing
        for thing in [*vars(world).values(), *vars(ipc).values(), None]
        if sys.getrefcount(thing) < 1 << 28
    ]

    def count() -> int:
        clear_caches()  # they have references to names of attributes
        return sys.getallocatedblocks() + sum(map(sys.getrefcount, shared))

    unchanged, found = rounds(count, lambda: repeat(case, world, 50), as_before, 1)
    assert unchanged, f"objects and references for 50 calls: {found}"


def test_an_audit_hook_changes_nothing_of_that(make: Maker) -> None:
    """The hook listens, then refuses.  It cannot be removed, so the test is a separate process."""
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
    """The resident size does not grow by eight bytes for each of many calls."""
    cases = [case for case in CASES if case.function == function]
    # With at least 1000 calls, eight bytes of each are more than a page.
    n = max(CALLS // (MOST * len(cases)), 1000) + 1
    if CALLS > 20_000:  # no time limit
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
