# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""If an allocation fails, no call ends the interpreter, and no message is lost."""

import os
from collections.abc import Callable
from typing import Any

import pytest

import ipc
from cases import CASES, Case, World, name_of
from conftest import CLONE_NEWIPC, Limit, Maker, libc

testcapi = pytest.importorskip("_testcapi", reason="this Python cannot let allocations fail")

# The first allocation of a call that fails.  Few calls make more allocations.
FIRST = range(1, 40)


def make_calls(case: Case) -> None:
    world = World(Maker())
    q = ipc.MessageQueue.from_id(world.msqid)
    for n in FIRST:
        for end in (n + 1, 0):  # only this allocation fails, or all from this one on
            # A case may receive a message that it could not send.
            q.send_many([b""] * 9)
            testcapi.set_nomemory(n, end)
            try:
                case.call(world)
            except BaseException:
                pass
            finally:
                testcapi.remove_mem_hooks()
            list(q.messages(timeout=0))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_call_ends_with_an_exception(alone: None, case: Case) -> None:
    """The calls leave objects behind, so they run in a process with its own namespace."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if libc.unshare(CLONE_NEWIPC) == 0:
                make_calls(case)
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


# A longer message has no buffer on the stack.
FEW = 8192
WAYS: dict[str, Callable[[Any, int], Any]] = {
    "receive": lambda inbox, msqid: [inbox.receive(msqid, None, 0, 0, 0, None)],
    "receive_many": lambda inbox, msqid: inbox.receive_many(msqid, None, 0, 0, 0, None, 9),
    "truncate": lambda inbox, msqid: [inbox.receive(msqid, 1, 0, ipc.MSG_NOERROR, 0, None)],
    "next": lambda inbox, msqid: [inbox.next(msqid, 0, 0)],
    "fill": lambda inbox, msqid: [] if inbox.fill(msqid, None, 0, 0, 0, None) else None,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lengths", [[3], [600], [FEW + 1], [3, 600, 3 * FEW]], ids=str)
def test_a_message_that_was_received_is_kept(
    make: Maker, limit: Limit, way: str, lengths: list[int]
) -> None:
    limit("msgmax", 4 * FEW)
    limit("msgmnb", 16 * FEW)
    msqid, inbox, failed = make.queue(), ipc._ipc._Inbox(), 0
    q = ipc.MessageQueue.from_id(msqid)
    for n in FIRST:
        for end in (n + 1, 0):
            for length in lengths:
                q.send(bytes(length))
            received: list[ipc.msgbuf] = []
            testcapi.set_nomemory(n, end)
            try:
                received = WAYS[way](inbox, msqid) or []
            except MemoryError:
                failed += 1
            finally:
                testcapi.remove_mem_hooks()
            left = q.stat().msg_qnum + len(inbox.kept())
            assert len(received) + left == len(lengths), f"allocation {n} failed"
            del received
            list(inbox.messages(msqid, 0, 0))
    assert failed > 0
