# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""MessageQueue: a message queue as an object."""

import errno

from ipc import _ipc
from ipc._ipc import _msgrcv, _msgsnd
from ipc.object import (
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
    raised_by_call,
)

__all__ = ["MessageQueue", "queues"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    from _typeshed import ReadableBuffer as _ReadableBuffer
else:  # for typing.get_type_hints(); abc.Buffer is of Python 3.12
    import _collections_abc as _abc  # which every interpreter has loaded
    _ReadableBuffer = getattr(_abc, "Buffer", bytes | bytearray | memoryview)

_Text = _ReadableBuffer | str | _ipc.msgbuf


def _flags(truncate: bool, exclude: bool) -> int:
    return (_ipc.MSG_NOERROR if truncate else 0) | (_ipc.MSG_EXCEPT if exclude else 0)


class MessageQueue(Object):
    """A message queue.

    key: IPC_PRIVATE for a new one, or 32 bits, as ftok() makes them.  create: make it if it is
    not there; exclusive: it must not be there.  mode: the permission bits of a new one.
    remove_on_exit: as a context manager, remove it at the end.

    Iteration receives one message after the other, and waits for the next; it ends when the
    queue is removed.

    OSError: EACCES, EEXIST, ENOENT, ENOSPC (msgmni).  See msgget(2).
    """

    __slots__ = ("_inbox",)

    _inbox: _ipc._Inbox  # receives, and keeps what a cancelled or interrupted receive has taken

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        *,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        remove_on_exit: bool = False,
    ) -> None:
        check_mode(mode)
        self.remove_on_exit = remove_on_exit
        self._inbox = _ipc._Inbox()
        self._make(lambda flags: _ipc.msgget(key, flags), key, create, exclusive, mode)

    def _found(self) -> int:
        self._inbox = _ipc._Inbox()
        return self.stat().msg_perm.key

    # ---- sending

    def send(self, text: "_Text", mtype: int = 1, *, timeout: float | None = None) -> None:
        """Send a message; wait while the queue is full.

        text: bytes-like, str (as UTF-8), or a msgbuf, which has its own type.  mtype: from
        1 to what a C long holds.  timeout: seconds; None: for ever, 0: not at all.

        TimeoutError: it timed out.  OSError: EACCES, EIDRM, EINVAL (the type, msgmax, no
        such queue).  See msgop(2).
        """
        _msgsnd(self.id, mtype, text, 0, timeout, None)

    def send_many(
        self, messages: "_abc.Iterable[_Text]", mtype: int = 1, *, timeout: float | None = None
    ) -> int:
        """Send each of them, in order; return how many there were.

        The timeout is for all of them.  Where an exception ends it, its attribute sent says how
        many were sent before.  TypeError: messages is itself a text.  Otherwise as send().
        """
        if isinstance(messages, (str, bytes, bytearray, memoryview, _ipc.msgbuf)):
            kind = type(messages).__name__
            raise TypeError(f"messages: an iterable of texts is needed, not one text ({kind})")
        return _ipc._send_many(self.id, mtype, messages, 0, timeout, None)

    async def send_async(self, text: "_Text", mtype: int = 1) -> None:
        """As send(), while the event loop runs.

        Where it is cancelled, no thread stays behind; the message may have been sent just
        before.  OSError: as send().
        """
        try:
            _msgsnd(self.id, mtype, text, 0, 0, None)
            return
        except TimeoutError as error:
            if not raised_by_call(error):
                raise
        from ipc import aio

        await aio.call(
            lambda waiter: _msgsnd(self.id, mtype, text, 0, None, waiter.wait) or None
        )

    # ---- receiving

    def receive(
        self,
        mtype: int = 0,
        *,
        timeout: float | None = None,
        size: int | None = None,
        truncate: bool = False,
        exclude: bool = False,
    ) -> _ipc.msgbuf:
        """Receive a message, a msgbuf: its mtype, and its mtext in bytes; wait for one.

        mtype: 0 the first message, above 0 the first of that type (exclude: of any other),
        below 0 that of the lowest type up to -mtype.  timeout: seconds; None: for ever, 0: not
        at all.  size: bytes of text to take at most; None: however long it is.  truncate: cut a
        longer one; otherwise it stays, with an error.

        TimeoutError: it timed out.  OSError: E2BIG, EACCES, EIDRM, EINVAL (no such queue).
        See msgop(2).
        """
        msgflg = _flags(truncate, exclude) if truncate or exclude else 0
        message: _ipc.msgbuf = self._inbox.receive(self.id, size, mtype, msgflg, timeout, None)
        return message

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

        The parameters and the errors are those of receive(); an error of a later message is
        left to the next call.
        """
        if count < 1:
            raise ValueError(f"count: {count} is not at least 1")
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
        """As receive(), while the event loop runs.

        Where it is cancelled, no thread stays behind, and a message that came just then is kept
        in this object: the next receive of any kind that would choose it has it.
        OSError: as receive().
        """
        choice = self.id, size, mtype, _flags(truncate, exclude)
        while True:
            try:
                message: _ipc.msgbuf = self._inbox.receive(*choice, 0, None)
                return message
            except TimeoutError as error:
                if not raised_by_call(error):
                    raise
            from ipc import aio

            await aio.call(lambda waiter: self._inbox.fill(*choice, None, waiter.wait) or None)

    def peek(self, index: int = 0, *, size: int | None = None) -> _ipc.msgbuf | None:
        """Return a copy of the message at an index, from 0; it stays.  None: there is none.

        OSError: E2BIG (longer than size), EACCES, EIDRM, EINVAL, ENOSYS (a kernel without
        CONFIG_CHECKPOINT_RESTORE).  See msgop(2), MSG_COPY.
        """
        if index < 0:
            raise ValueError(f"index: {index} is not at least 0")
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
        """Receive one after the other; end when the queue is removed.

        timeout: seconds to wait for each; end too when none came in time.  0 takes what is
        there.  OSError: as receive(), but for EIDRM and EINVAL.
        """
        return self._inbox.messages(self.id, mtype, timeout)

    def __iter__(self) -> "_abc.Iterator[_ipc.msgbuf]":
        return self.messages()

    def __aiter__(self) -> "_abc.AsyncIterator[_ipc.msgbuf]":
        from ipc import aio

        return aio.Messages(self)

    # ---- the queue itself

    def stat(self) -> _ipc.msqid_ds:
        """Its state, by IPC_STAT.  OSError: EACCES, EIDRM, EINVAL.  See msgctl(2)."""
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
        """Change the given members, by IPC_SET; qbytes: the most bytes of text it may hold.

        OSError: EACCES, EIDRM, EINVAL, EPERM (not the owner; above msgmnb).  See msgctl(2).
        """
        state = self.stat()
        change_permissions(state.msg_perm, mode, uid, gid)
        if qbytes is not None:
            state.msg_qbytes = qbytes
        _ipc.msgctl(self.id, _ipc.IPC_SET, state)

    def remove(self) -> None:
        """Remove it and its messages; blocked calls fail with EIDRM.

        OSError: EIDRM, EINVAL, EPERM.
        """
        _ipc.msgctl(self.id, _ipc.IPC_RMID)


def queues() -> dict[int, _ipc.msqid_ds]:
    """Return the state of each queue of this IPC namespace, readable or not, by id."""
    highest = _ipc.msgctl(0, _ipc.MSG_INFO, _ipc.msginfo())
    return enumerate_objects(
        highest, _ipc.msqid_ds, lambda slot, ds: _ipc.msgctl(slot, _ipc.MSG_STAT_ANY, ds)
    )
