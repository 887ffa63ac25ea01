# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Blocking calls for asyncio: each call runs in its own thread, which ends on cancellation."""

from __future__ import annotations

import asyncio
import functools
import threading
import typing as _t  # which asyncio has imported
from collections import abc as _abc

from ipc import _ipc
from ipc._object import GONE
from ipc._queue import MessageQueue as _MessageQueue

_T = _t.TypeVar("_T")


class Waiter:
    """A waiting call: the object that wakes it, and whether the call was cancelled."""

    __slots__ = ("wait", "cancelled")

    def __init__(self) -> None:
        self.wait = _ipc._Wait()
        self.cancelled = False


# All waiting calls.  Isolated subinterpreters allow no daemon threads, so the threads are not
# daemons, and an interpreter wakes them before it ends.
_waiters: set[Waiter] = set()


def _wake_all() -> None:
    for waiter in list(_waiters):
        waiter.wait.wake()


try:
    threading._register_atexit(_wake_all)  # type: ignore[attr-defined]
except RuntimeError:
    pass  # a function of atexit imports this: the interpreter waits for no thread any more


class _Thread(threading.Thread):
    """A thread that makes the call and keeps its result (None if woken) or its exception."""

    def __init__(
        self,
        waiter: Waiter,
        function: _abc.Callable[[], _t.Any],
        done: _abc.Callable[[], object],
    ) -> None:
        super().__init__(daemon=False)
        self.waiter, self.function, self.done = waiter, function, done
        self.value: _t.Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        _waiters.add(self.waiter)
        try:
            self.value = self.function()
        except BaseException as error:
            self.error = error
        finally:
            _waiters.discard(self.waiter)
        try:
            self.done()
        except RuntimeError:
            pass  # the event loop is closed


async def call(
    function: _abc.Callable[[Waiter], _T | None],
    take_back: _abc.Callable[[_T], object] | None = None,
) -> _T:
    """Run a function in a thread and return its result.

    A cancellation ends the thread before the caller gets CancelledError.  If the function had a
    result by then, take_back(result) undoes it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    waiter = Waiter()
    thread = _Thread(
        waiter, lambda: function(waiter), lambda: loop.call_soon_threadsafe(_finish, future)
    )
    thread.start()
    try:
        await future
        thread.join()
    except BaseException:
        waiter.cancelled = True
        waiter.wait.wake()
        thread.join()
        if take_back and thread.value is not None:
            take_back(thread.value)
        raise
    # Make no further call: a signal handler could raise after it and lose the result.
    if thread.error is not None:
        raise thread.error
    value: _T = thread.value
    return value


def watch_wakeups() -> None:
    """Watch the wake-ups of the tasks that await the current task.

    If the result of the current task is a message, and the awaiting task is cancelled before it is
    woken, the message goes back to its queue object.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return  # an event loop of another library runs
    if task is not None:
        _ipc._watch_wakeups(_ipc._wake, task, functools.partial)


class Messages:
    """An asynchronous iterator that receives messages until the queue is removed."""

    def __init__(self, queue: _MessageQueue) -> None:
        self.queue = queue

    def __aiter__(self) -> Messages:
        return self

    async def __anext__(self) -> _ipc.msgbuf:
        queue = self.queue
        while True:
            try:
                watch_wakeups()
                message: _ipc.msgbuf | None = queue._inbox.next(queue.id, 0, 0)
                if message is not None:
                    return message
                if not queue._is_there():
                    raise StopAsyncIteration
                await call(
                    lambda waiter: queue._inbox.fill(queue.id, None, 0, 0, None, waiter.wait)
                    or None
                )
            except OSError as error:
                if error.errno not in GONE or queue._is_there():
                    raise
                raise StopAsyncIteration from None


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
