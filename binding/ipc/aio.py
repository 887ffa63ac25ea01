"""Calls that wait, for asyncio: each in a thread of its own, which ends when it is cancelled."""

from __future__ import annotations

import asyncio
import threading

from ipc import _ipc

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as _t
    from collections import abc as _abc

    _T = _t.TypeVar("_T")


class Waiter:
    """One call that waits: how to wake it, and whether it is to end then."""

    __slots__ = ("wait", "cancelled")

    def __init__(self) -> None:
        self.wait = _ipc._Wait()
        self.cancelled = False


class _Thread(threading.Thread):
    """Makes the call; keeps what it returned, None where it was woken, or what it raised."""

    def __init__(
        self, function: _abc.Callable[[], _t.Any], done: _abc.Callable[[], object]
    ) -> None:
        super().__init__(daemon=True)
        self.function, self.done = function, done
        self.value: _t.Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self.function()
        except BaseException as error:
            self.error = error
        try:
            self.done()
        except RuntimeError:
            pass  # the event loop is closed


async def call(
    function: _abc.Callable[[Waiter], _T | None],
    take_back: _abc.Callable[[_T], object] | None = None,
) -> _T:
    """What the function returns, once it does; what take_back gets, nobody else has.

    Where this is cancelled, the thread is at its end before anybody sees that: so either the
    call has done nothing, or what it did is taken back by then.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    waiter = Waiter()
    thread = _Thread(
        lambda: function(waiter), lambda: loop.call_soon_threadsafe(_finish, future)
    )
    thread.start()
    try:
        await future
    except BaseException:
        waiter.cancelled = True
        waiter.wait.wake()
        thread.join()
        if take_back and thread.value is not None:
            take_back(thread.value)
        raise
    thread.join()
    if thread.error is not None:
        raise thread.error
    value: _T = thread.value
    return value


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
