# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Fixtures for ipc.compat.sysv_ipc and sysv_ipc, and for their objects."""

import contextlib
import ctypes
import importlib
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ipc
from conftest import Worker, all_objects, become_nobody, is_blocked, libc, row_of_proc, wait_until

CLASSES = {
    "MessageQueue": "send receive remove key id max_size last_send_time last_receive_time"
    " last_change_time last_send_pid last_receive_pid current_messages uid gid mode cuid cgid",
    "Semaphore": "acquire release P V Z remove key id value undo block mode uid gid cuid cgid"
    " last_pid waiting_for_nonzero waiting_for_zero o_time __enter__ __exit__",
    "SharedMemory": "attach detach read write remove key id size address attached"
    " last_attach_time last_detach_time last_change_time creator_pid last_pid number_attached"
    " uid gid mode cuid cgid",
}
each_class = pytest.mark.parametrize("name", CLASSES)

OURS, THEIRS = "ipc.compat.sysv_ipc", "sysv_ipc"
THERE_IS_NONE = pytest.mark.skipif(
    importlib.util.find_spec(THEIRS) is None,
    reason="sysv_ipc is not installed (Debian's python3-sysv-ipc)",
)
REMOVE: dict[str, Callable[[int], object]] = {
    "msg": lambda ident: ipc.msgctl(ident, ipc.IPC_RMID),
    "sem": lambda ident: ipc.semctl(ident, 0, ipc.IPC_RMID),
    "shm": lambda ident: ipc.shmctl(ident, ipc.IPC_RMID),
}


def detach_all() -> None:
    """Detaches the segments that sysv_ipc leaves attached."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/SYSV" in line:
            libc.shmdt(ctypes.c_void_p(int(line.partition("-")[0], 16)))


@pytest.fixture(params=[OURS, pytest.param(THEIRS, marks=THERE_IS_NONE)])
def sysv_ipc(request: pytest.FixtureRequest, alone: None) -> Iterator[Any]:
    """Import the module under test; afterwards remove the objects that the test made."""
    before = all_objects()
    yield importlib.import_module(request.param)
    if request.param == THEIRS:
        detach_all()
    for kind, ident in all_objects() - before:
        with contextlib.suppress(OSError):
            REMOVE[kind](ident)


def differs(why: str, run: bool = True) -> pytest.MarkDecorator:
    """Mark a test that sysv_ipc fails.  With run=False, the test does not run with sysv_ipc."""
    mark = pytest.mark.xfail(reason=f"sysv_ipc {why}", run=run, strict=True)
    theirs = pytest.param(THEIRS, marks=[THERE_IS_NONE, mark])
    return pytest.mark.parametrize("sysv_ipc", [OURS, theirs], indirect=True)


@pytest.fixture
def queue(sysv_ipc: Any) -> Any:
    return sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX)


@pytest.fixture
def semaphore(sysv_ipc: Any) -> Any:
    """A semaphore of value 0."""
    return sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX)


def detach(segment: Any) -> None:
    while segment.attached:
        segment.detach()


@pytest.fixture
def segment(sysv_ipc: Any) -> Iterator[Any]:
    """A segment of 100 spaces."""
    made = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX, size=100)
    yield made
    detach(made)


def blocked(call: Callable[[], Any], ident: int) -> "Worker[Any]":
    worker = Worker(call, ident)
    worker.wait_until_blocked()
    return worker


def as_nobody(call: Callable[[], object]) -> type[BaseException] | None:
    """Make a call as another user in a child; return the type of its exception, or None."""
    expected: list[type[BaseException]] = [PermissionError, OSError, ValueError]
    for name in OURS, THEIRS:
        module = sys.modules.get(name)
        if module:
            expected += [module.PermissionsError, module.ExistentialError, module.BusyError]
    pid = os.fork()
    if pid == 0:
        status = 0
        try:
            become_nobody()
            call()
        except BaseException as error:
            status = 1 + expected.index(type(error)) if type(error) in expected else 255
        finally:
            os._exit(status)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert 0 <= code <= len(expected), f"another exception, or a crash: {code}"
    return expected[code - 1] if code else None


def in_child(call: Callable[[], object]) -> int:
    """Make a call in a child, in which it must succeed; return the pid of the child."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            call()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "the call failed in the child"
    return pid


KIND = {"MessageQueue": "msg", "Semaphore": "sem", "SharedMemory": "shm"}


def row(obj: Any) -> dict[str, int]:
    """Return the row of the object in /proc/sysvipc; see proc(5)."""
    return row_of_proc(KIND[type(obj).__name__], obj.id)


@pytest.fixture(params=CLASSES)
def each(request: pytest.FixtureRequest, sysv_ipc: Any) -> Iterator[Any]:
    """An object of each class."""
    made = getattr(sysv_ipc, request.param)(None, sysv_ipc.IPC_CREX)
    yield made
    if request.param == "SharedMemory":
        detach(made)


def interrupted(obj: Any, call: Callable[[], Any], unblock: Callable[[], object]) -> int:
    """Make a call that waits; return how often a signal handler ran before the call ended."""
    main = threading.get_native_id()
    handled: list[int] = []

    def interrupt() -> None:
        for count in range(3):
            wait_until(lambda: is_blocked(main, obj.id), "the main thread is blocked")
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            wait_until(lambda: len(handled) > count, "the handler has run")
        wait_until(lambda: is_blocked(main, obj.id), "the main thread is blocked again")
        unblock()

    old = signal.signal(signal.SIGUSR1, lambda *_: handled.append(1))
    other = threading.Thread(target=interrupt)
    other.start()
    try:
        call()
        return len(handled)
    finally:
        other.join()
        signal.signal(signal.SIGUSR1, old)
