# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The class MessageQueue."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from compat.conftest import as_nobody, blocked, differs, in_child, interrupted, row
from conftest import Limit, libc


def test_send_and_receive(queue: Any) -> None:
    assert queue.send(b"hello, \0 world") is None
    assert queue.receive() == (b"hello, \0 world", 1)
    queue.send(b"", True, 7)
    assert queue.receive(True, 0) == (b"", 7)
    queue.send(message=b"all", block=False, type=2**31 - 1)
    assert queue.receive(block=False, type=0) == (b"all", 2**31 - 1)
    queue.send(b"any", type=2)
    assert queue.receive(False) == (b"any", 2)


def test_texts_that_can_be_sent(queue: Any) -> None:
    for message in bytearray(b"array"), memoryview(b"view"):
        queue.send(message)
        assert queue.receive() == (bytes(message), 1)
    queue.send("h\xe9llo")
    assert queue.receive() == ("h\xe9llo".encode(), 1)


@differs("crashes", run=False)
def test_texts_that_cannot_be_sent(queue: Any) -> None:
    for wrong, error in (None, TypeError), (1, TypeError), ("\udc80", UnicodeEncodeError):
        with pytest.raises(error):
            queue.send(wrong)
    with pytest.raises(TypeError):
        queue.send()
    assert queue.current_messages == 0


def test_types(sysv_ipc: Any, queue: Any) -> None:
    for mtype in 5, 3, 9, 3:
        queue.send(b"%d" % mtype, type=mtype)
    assert queue.receive(type=9) == (b"9", 9)
    assert queue.receive(type=-4) == (b"3", 3)
    assert queue.receive(type=0) == (b"5", 5)
    with pytest.raises(sysv_ipc.BusyError):
        queue.receive(False, 4)
    with pytest.raises(sysv_ipc.BusyError):
        queue.receive(False, -2)
    assert queue.receive(False, -3) == (b"3", 3)
    for wrong in 0, -1:
        with pytest.raises(ValueError):
            queue.send(b"x", type=wrong)
    calls: list[Callable[[Any], object]] = [lambda wrong: queue.send(b"x", True, wrong)]
    calls.append(lambda wrong: queue.receive(False, wrong))
    for call in calls:
        with pytest.raises(TypeError):
            call("1")
        with pytest.raises(OverflowError):
            call(2**64)


@differs("takes types as int, where C has long")
def test_a_type_is_a_long(queue: Any) -> None:
    queue.send(b"x", type=sys.maxsize)
    assert queue.receive(False, sys.maxsize) == (b"x", sys.maxsize)
    queue.send(b"x", type=sys.maxsize)
    assert queue.receive(False, -sys.maxsize) == (b"x", sys.maxsize)


def test_send_waits_or_not(sysv_ipc: Any, queue: Any) -> None:
    queue.max_size = 3
    queue.send(b"123")
    for block in False, 0, "":
        with pytest.raises(sysv_ipc.BusyError):
            queue.send(b"4", block)
    worker = blocked(lambda: queue.send(b"4"), queue.id)
    assert queue.receive() == (b"123", 1)
    worker.result()
    assert queue.receive() == (b"4", 1)


def test_receive_waits_or_not(sysv_ipc: Any, queue: Any) -> None:
    for block in False, 0, "":
        with pytest.raises(sysv_ipc.BusyError):
            queue.receive(block)
    worker = blocked(lambda: queue.receive(type=2), queue.id)
    queue.send(b"one", type=1)
    queue.send(b"two", type=2)
    assert worker.result() == (b"two", 2)


def test_max_message_size(sysv_ipc: Any, queue: Any) -> None:
    queue.send(b"x" * 2048)
    with pytest.raises(ValueError):
        queue.send(b"x" * 2049)
    short = sysv_ipc.MessageQueue(queue.key, max_message_size=2047)
    with pytest.raises(OSError) as caught:
        short.receive()
    assert caught.value.errno == errno.E2BIG
    assert queue.receive() == (b"x" * 2048, 1), "receive() took the message that is too long"
    long = sysv_ipc.MessageQueue(queue.key, 0, 0o600, 4000)
    long.send(b"y" * 4000)
    assert long.receive() == (b"y" * 4000, 1)
    none = sysv_ipc.MessageQueue(queue.key, max_message_size=0)
    none.send(b"")
    assert none.receive() == (b"", 1)


def test_max_message_size_out_of_range(sysv_ipc: Any, key: int) -> None:
    for wrong in -1, sys.maxsize + 1:
        with pytest.raises(ValueError):
            sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600, wrong)
    for other in "1", None:
        with pytest.raises(TypeError):
            sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, 0o600, other)
    with pytest.raises(sysv_ipc.ExistentialError):
        sysv_ipc.MessageQueue(key)


@differs("needs the memory of the longest text for every message")
def test_a_longest_text_that_no_memory_has(sysv_ipc: Any) -> None:
    queue = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX, max_message_size=sys.maxsize)
    queue.send(b"x")
    assert queue.receive(False) == (b"x", 1)


def test_longer_than_the_system_allows(sysv_ipc: Any, limit: Limit) -> None:
    limit("msgmax", 100)
    queue = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX, max_message_size=101)
    queue.send(b"x" * 100)
    with pytest.raises(OSError) as caught:
        queue.send(b"x" * 101)
    assert caught.value.errno == errno.EINVAL


@differs("raises an OSError with EINVAL for a removed queue")
def test_the_longest_text_to_a_removed_queue(sysv_ipc: Any, limit: Limit) -> None:
    limit("msgmax", 100)
    queue = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX)
    queue.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        queue.send(b"x" * 100)


def test_attributes_of_a_queue(queue: Any) -> None:
    assert (queue.current_messages, queue.last_send_pid, queue.last_receive_pid) == (0, 0, 0)
    assert (queue.last_send_time, queue.last_receive_time) == (0, 0)
    assert queue.last_change_time > 0
    pid = in_child(lambda: (queue.send(b"12"), queue.send(b"34")))
    queue.receive()
    assert (queue.current_messages, queue.last_send_pid) == (1, pid)
    assert queue.last_receive_pid == os.getpid()
    kernel = row(queue)
    assert queue.last_send_time == kernel["stime"] > 0
    assert queue.last_receive_time == kernel["rtime"] > 0
    assert queue.last_change_time == kernel["ctime"] > 0


def test_max_size(sysv_ipc: Any, queue: Any, limit: Limit) -> None:
    assert queue.max_size == int(Path("/proc/sys/kernel/msgmnb").read_text())
    queue.max_size = 1000
    assert queue.max_size == 1000
    # The child owns the queue, but lacks CAP_SYS_RESOURCE, which a value above msgmnb needs.
    queue.uid = 65534
    assert as_nobody(lambda: setattr(queue, "max_size", 10**6)) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: setattr(queue, "max_size", 999)) is None
    assert queue.max_size == 999


def test_a_removed_queue(sysv_ipc: Any, queue: Any) -> None:
    queue.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        queue.receive()
    for attribute in "max_size current_messages last_send_time last_receive_pid".split():
        with pytest.raises(sysv_ipc.ExistentialError):
            getattr(queue, attribute)


@differs("raises an OSError, where receive() raises an ExistentialError")
def test_sending_to_a_removed_queue(sysv_ipc: Any, queue: Any) -> None:
    queue.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        queue.send(b"x")


def test_a_queue_that_is_removed_meanwhile(sysv_ipc: Any, queue: Any) -> None:
    worker = blocked(queue.receive, queue.id)
    queue.remove()
    with pytest.raises(sysv_ipc.ExistentialError):
        worker.result()


def test_permissions_of_another_user_of_a_queue(sysv_ipc: Any, queue: Any) -> None:
    queue.send(b"x")
    queue.mode = 0o604
    assert as_nobody(lambda: queue.send(b"x")) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: queue.receive(False)) is None
    queue.mode = 0o602
    assert as_nobody(lambda: queue.send(b"x")) is None
    assert as_nobody(queue.receive) is sysv_ipc.PermissionsError
    assert as_nobody(lambda: queue.current_messages) is sysv_ipc.PermissionsError


@differs("ends the call with an Error", run=False)
def test_a_signal_does_not_end_receive(queue: Any) -> None:
    assert interrupted(queue, queue.receive, lambda: queue.send(b"x")) == 3


@differs("ends the call with an Error", run=False)
def test_a_signal_does_not_end_send(queue: Any) -> None:
    queue.max_size = 1
    queue.send(b"x")
    assert interrupted(queue, lambda: queue.send(b"y"), queue.receive) == 3


class Interrupting:
    """0; when C asks for it, a signal comes, whose handler is called after the call."""

    __index__ = staticmethod(partial(libc["raise"], signal.SIGUSR1))


@differs("loses it", run=False)
def test_a_message_stays_if_a_signal_handler_raises(queue: Any) -> None:
    def handler(*_: object) -> None:
        raise ZeroDivisionError

    queue.send(b"first")
    queue.send(b"second")
    old = signal.signal(signal.SIGUSR1, handler)
    try:
        with pytest.raises(ZeroDivisionError):
            queue.receive(True, Interrupting())
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert [queue.receive(False)[0] for _ in range(2)] == [b"first", b"second"]
