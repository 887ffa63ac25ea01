# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""MessageQueue: a message queue as an object."""

import errno

from ipc import _ipc
from ipc._ipc import _msgrcv, _msgsnd
from ipc._object import (
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
    raised_by_call,
    whole,
)

__all__ = ["MessageQueue", "queues"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    import typing as _t
    from _typeshed import ReadableBuffer as _ReadableBuffer
else:  # for typing.get_type_hints(); Python 3.12 has abc.Buffer
    import _collections_abc as _abc  # which every interpreter has loaded
    from ipc._object import _t
    _ReadableBuffer = getattr(_abc, "Buffer", bytes | bytearray | memoryview)

# The module ipc._aio after its first use; it imports asyncio.
_aio_module: "_t.Any" = None


def _import_aio() -> "_t.Any":
    global _aio_module
    from ipc import _aio

    _aio_module = _aio
    return _aio


_Text = _ReadableBuffer | str | _ipc.msgbuf


def _flags(truncate: bool, exclude: bool) -> int:
    return (_ipc.MSG_NOERROR if truncate else 0) | (_ipc.MSG_EXCEPT if exclude else 0)


class MessageQueue(Object):
    """A message queue.

    Iterating over a queue receives its messages, waits for the next one, and ends when the
    queue is removed.

    Args:
        key: IPC_PRIVATE for a new queue, or a 32-bit key, for example from ftok().
        create: Create the queue if it does not exist.
        exclusive: Create the queue, and fail with EEXIST if it exists.
        mode: The permission bits of a new queue.
        remove_on_exit: As a context manager, remove the queue at the end.

    Raises:
        ValueError: mode is not from 0 to 0o777.
        OSError: EACCES, EEXIST, ENOENT, ENOSPC (msgmni).

    See msgget(2).
    """

    __module__ = "ipc"  # the name for pickle and repr()
    __slots__ = ()

    _inbox: _ipc._Inbox  # receives messages, and keeps that of a cancelled or interrupted receive

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        *,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        remove_on_exit: bool = False,
    ) -> None:
        mode = check_mode(mode)
        self.remove_on_exit = remove_on_exit
        self._inbox = _ipc._Inbox()
        self._make(lambda flags: _ipc.msgget(key, flags), key, create, exclusive, mode)

    def _found(self) -> int:
        self._inbox = _ipc._Inbox()
        return self.stat().msg_perm.key

    # ---- sending

    @_ipc._method
    def send(self, text: "_Text", mtype: int = 1, *, timeout: float | None = None) -> None:
        """Send a message; wait while the queue is full.

        Args:
            text: Bytes-like, a str (encoded as UTF-8), or a msgbuf, which has its own type.
            mtype: The type of the message, from 1 to the largest C long.
            timeout: Seconds to wait at most; None waits without a limit, 0 does not wait.

        Raises:
            TimeoutError: The queue stayed full until the timeout.
            OSError: EACCES, EIDRM, EINVAL (the type, msgmax, no such queue).

        See msgop(2).
        """
        raise NotImplementedError

    def send_many(
        self, messages: "_abc.Iterable[_Text]", mtype: int = 1, *, timeout: float | None = None
    ) -> int:
        """Send several messages in order.

        Args:
            messages: An iterable of texts, as for send().
            mtype: The type of each message that is not a msgbuf.
            timeout: Seconds to wait at most for all of them, as for send().

        Returns:
            The number of messages.

        Raises:
            TypeError: messages is one text, not an iterable of texts.
            TimeoutError, OSError: As for send().  The attribute sent of the exception is the
                number of messages that were sent before it.
        """
        kind = type(messages)
        if isinstance(messages, (str, bytes, bytearray, memoryview, _ipc.msgbuf)):
            name = kind.__name__
            raise TypeError(f"messages: an iterable of texts is needed, not one text ({name})")
        if not hasattr(kind, "__iter__") and not hasattr(kind, "__getitem__"):
            raise TypeError(f"messages: an iterable of texts is needed, not {kind!r}")
        return _ipc._send_many(self.id, mtype, messages, 0, timeout, None)

    async def send_async(self, text: "_Text", mtype: int = 1) -> None:
        """Send a message as send() does, without blocking the event loop.

        A cancellation ends the thread.  The message may have been sent just before it.

        Args:
            text: As for send().
            mtype: As for send().

        Raises:
            OSError: As for send().
        """
        try:
            _msgsnd(self.id, mtype, text, 0, 0, None)
            return
        except TimeoutError as error:
            if not raised_by_call(error):
                raise
        from ipc import _aio

        await _aio.call(
            lambda waiter: _msgsnd(self.id, mtype, text, 0, None, waiter.wait) or None
        )

    # ---- receiving

    @_ipc._method
    def receive(
        self,
        mtype: int = 0,
        *,
        timeout: float | None = None,
        size: int | None = None,
        truncate: bool = False,
        exclude: bool = False,
    ) -> _ipc.msgbuf:
        """Receive a message; wait until there is one.

        Args:
            mtype: 0 receives the first message, a number above 0 the first of that type, and
                one below 0 the first of the lowest type up to -mtype.
            timeout: Seconds to wait at most; None waits without a limit, 0 does not wait.
            size: Bytes of text to accept at most; None accepts any length.
            truncate: Cut off a text longer than size.  By default the message stays in the
                queue and E2BIG is raised.
            exclude: Receive the first message whose type is not mtype.

        Returns:
            A msgbuf with the message's type, mtype, and its text in bytes, mtext.

        Raises:
            TimeoutError: No such message came before the timeout.
            OSError: E2BIG, EACCES, EIDRM, EINVAL (no such queue).

        See msgop(2).
        """
        raise NotImplementedError

    def receive_many(
        self,
        count: int,
        mtype: int = 0,
        *,
        timeout: float | None = None,
        size: int | None = None,
        truncate: bool = False,
        exclude: bool = False,
    ) -> list[_ipc.msgbuf]:
        """Receive up to count messages: wait for the first, then take those already there.

        Args:
            count: The largest number of messages to return, at least 1.
            mtype, timeout, size, truncate, exclude: As for receive().

        Returns:
            A list of msgbuf, with at least one.

        Raises:
            ValueError: count is below 1.
            TimeoutError, OSError: As for receive(), for the first message.  An error of a later
                message ends the list, and the next call raises it.
        """
        msgflg = _flags(truncate, exclude)
        messages: list[_ipc.msgbuf] = self._inbox.receive_many(
            self.id, size, mtype, msgflg, timeout, None, count
        )
        return messages

    async def receive_async(
        self,
        mtype: int = 0,
        *,
        size: int | None = None,
        truncate: bool = False,
        exclude: bool = False,
    ) -> _ipc.msgbuf:
        """Receive a message as receive() does, without blocking the event loop.

        A cancellation ends the thread.  If a message arrived just before it, this object keeps the
        message, and the next matching receive returns it.  The object also takes back the result
        of a task that is freed, if the task that awaited it was cancelled.

        Args:
            mtype, size, truncate, exclude: As for receive().

        Returns:
            A msgbuf, as receive() does.

        Raises:
            OSError: As for receive().
        """
        aio = _aio_module or _import_aio()
        choice = self.id, size, mtype, _flags(truncate, exclude)
        while True:
            try:
                aio.watch_wakeups()
                message: _ipc.msgbuf = self._inbox.receive(*choice, 0, None)
                return message
            except TimeoutError as error:
                if not raised_by_call(error):
                    raise
            await aio.call(lambda waiter: self._inbox.fill(*choice, None, waiter.wait) or None)

    def peek(self, index: int = 0, *, size: int | None = None) -> _ipc.msgbuf | None:
        """Return a copy of a message, which stays in the queue.

        Args:
            index: The position of the message in the queue, from 0.
            size: Bytes of text to accept at most; None accepts any length.

        Returns:
            A msgbuf, or None if the queue has fewer messages.

        Raises:
            ValueError: index is below 0.
            OSError: E2BIG (longer than size), EACCES, EIDRM, EINVAL, ENOSYS (the kernel has no
                CONFIG_CHECKPOINT_RESTORE).

        See MSG_COPY in msgop(2).
        """
        index = whole("index", index)
        if index < 0:
            raise ValueError(f"index: {index} is not at least 0")
        index = min(index, 2**31 - 1)  # no queue has so many messages
        kept = self._inbox.kept()
        if index < len(kept):
            return kept[index]
        msgflg = _ipc.MSG_COPY | _ipc.IPC_NOWAIT
        try:
            copy: _ipc.msgbuf = _msgrcv(
                self.id, size, index - len(kept), msgflg, None, None
            )
            return copy
        except OSError as error:
            if error.errno == errno.ENOMSG and raised_by_call(error):
                return None
            raise

    def messages(
        self, mtype: int = 0, *, timeout: float | None = None
    ) -> "_abc.Iterator[_ipc.msgbuf]":
        """Receive messages and iterate over them until the queue is removed.

        Args:
            mtype: As for receive().
            timeout: Seconds to wait at most for each message; the iteration ends if none comes.
                None waits without a limit, 0 receives only the messages already there.

        Returns:
            An iterator of msgbuf.

        Raises:
            OSError: As for receive(), except EIDRM and EINVAL.
        """
        return self._inbox.messages(self.id, mtype, timeout)

    def __iter__(self) -> "_abc.Iterator[_ipc.msgbuf]":
        return self.messages()

    def __aiter__(self) -> "_abc.AsyncIterator[_ipc.msgbuf]":
        from ipc import _aio

        return _aio.Messages(self)

    # ---- the queue itself

    def stat(self) -> _ipc.msqid_ds:
        """Return the queue's state, a new msqid_ds (IPC_STAT).

        Raises:
            OSError: EACCES, EIDRM, EINVAL.

        See msgctl(2).
        """
        state = _ipc.msqid_ds()
        _ipc.msgctl(self.id, _ipc.IPC_STAT, state)
        return state

    def set(
        self,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        qbytes: int | None = None,
    ) -> None:
        """Change the queue's permissions, owner or size (IPC_SET); None keeps a value.

        Args:
            mode: The permission bits.
            uid: The user who owns the queue.
            gid: The group that owns the queue.
            qbytes: The number of bytes of text that the queue may hold.

        Raises:
            ValueError: mode is not from 0 to 0o777.
            OSError: EACCES, EIDRM, EINVAL, EPERM (not the owner; qbytes is above msgmnb).

        See msgctl(2).
        """
        state = self.stat()
        change_permissions(state.msg_perm, mode, uid, gid)
        if qbytes is not None:
            state.msg_qbytes = qbytes
        _ipc.msgctl(self.id, _ipc.IPC_SET, state)

    def remove(self) -> None:
        """Remove the queue and its messages; waiting calls fail with EIDRM.

        Raises:
            OSError: EIDRM, EINVAL, EPERM.

        See msgctl(2).
        """
        _ipc.msgctl(self.id, _ipc.IPC_RMID)


def queues() -> dict[int, _ipc.msqid_ds]:
    """Return the state of each message queue in this IPC namespace.

    Returns:
        A dict from identifier to msqid_ds, also of queues that the caller may not read.

    See MSG_STAT_ANY in msgctl(2).
    """
    return enumerate_objects("MSG", _ipc.msgctl, _ipc.msginfo(), _ipc.msqid_ds)
