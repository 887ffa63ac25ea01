"""MessageQueue: a message queue as an object."""

import errno
from _thread import allocate_lock
from time import monotonic

from ipc import _ipc
from ipc._ipc import _msgrcv, _msgsnd
from ipc.object import GONE, Object, change_permissions, enumerate_objects

__all__ = ["MessageQueue", "queues"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as _ReadableBuffer
    from collections import abc as _abc

    from ipc.aio import Waiter as _Waiter

    _Text = _ReadableBuffer | str | _ipc.msgbuf
    _Choice = tuple[int | None, int, int]  # msgsz (None: any), msgtyp, msgflg


# Whoever makes what the receives of an object share.
_one_at_a_time = allocate_lock()


def _flags(truncate: bool, exclude: bool) -> int:
    return (_ipc.MSG_NOERROR if truncate else 0) | (_ipc.MSG_EXCEPT if exclude else 0)


class _Shared:
    """What the receives of one object share, once some of them are asynchronous."""

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.kept: list[_ipc.msgbuf] = []  # received, but not by anybody
        self.waiters: "set[_Waiter]" = set()

    def keep(
        self, messages: list[_ipc.msgbuf], taken: "_abc.Sequence[_ipc.msgbuf]" = ()
    ) -> None:
        """For the next receive; those that wait look again.

        What was taken of the kept ones is before the others again, what was received behind.
        """
        before = {*map(id, taken)}
        with self.lock:
            self.kept[:0] = [m for m in messages if id(m) in before]
            self.kept += [m for m in messages if id(m) not in before]
            for waiter in self.waiters:
                waiter.wait.wake()

    def index(self, mtype: int, exclude: bool) -> int | None:
        """Which of the kept ones msgrcv(2) would choose."""
        if mtype < 0:
            low = min((m.mtype for m in self.kept if m.mtype <= -mtype), default=None)
            return None if low is None else self.index(low, False)
        for i, message in enumerate(self.kept):
            if mtype == 0 or (message.mtype == mtype) != exclude:
                return i
        return None


class MessageQueue(Object):
    """A message queue.

    key: IPC_PRIVATE for a new one, or 32 bits, as ftok() makes them.  create: make it if it is
    not there; exclusive: it must not be there.  mode: the permission bits of a new one.
    remove_on_exit: as a context manager, remove it at the end.

    Iteration receives one message after the other, and waits for the next; it ends when the
    queue is removed.

    OSError: EACCES, EEXIST, ENOENT, ENOSPC (msgmni).  See msgget(2).
    """

    __slots__ = ("_shared",)

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        *,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        remove_on_exit: bool = False,
    ) -> None:
        self.remove_on_exit = remove_on_exit
        self._shared: "_Shared | None" = None
        self._make(lambda flags: _ipc.msgget(key, flags), key, create, exclusive, mode)

    def _found(self) -> int:
        self._shared = None
        return self.stat().msg_perm.key

    # ---- sending

    def send(self, text: "_Text", mtype: int = 1, *, timeout: float | None = None) -> None:
        """Send a message; wait while the queue is full.

        text: bytes-like, str (as UTF-8), or a msgbuf, which has a type of its own.  mtype: from
        1 to what a C long holds.  timeout: seconds; None: for ever, 0: not at all.

        TimeoutError: it timed out.  OSError: EACCES, EIDRM, EINVAL (the type, msgmax, no such queue).  See msgop(2).
        """
        _msgsnd(self.id, mtype, text, 0, timeout, None)

    def send_many(
        self, messages: "_abc.Iterable[_Text]", mtype: int = 1, *, timeout: float | None = None
    ) -> int:
        """Send each of them, in order; return how many there were.

        The timeout is for all of them.  Where an exception ends it, its attribute sent says how
        many were sent before.  Otherwise as send().
        """
        return _ipc._send_many(self.id, mtype, messages, 0, timeout, None)

    async def send_async(self, text: "_Text", mtype: int = 1) -> None:
        """As send(), while the event loop runs.

        Where it is cancelled, no thread stays behind; the message may have been sent just
        before.  OSError: as send().
        """
        try:
            return self.send(text, mtype, timeout=0)
        except TimeoutError:
            pass
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

        TimeoutError: it timed out.  OSError: E2BIG, EACCES, EIDRM, EINVAL (no such queue).  See msgop(2).
        """
        msgflg = _flags(truncate, exclude) if truncate or exclude else 0
        if self._shared is None:
            message: _ipc.msgbuf = _msgrcv(self.id, size, mtype, msgflg, timeout, None)
            return message
        from ipc.aio import Waiter

        return self._receive_shared(Waiter(), 1, (size, mtype, msgflg), timeout)[0]

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
        """Receive up to count messages: wait for the first, and take what is there then.

        The parameters and the errors are those of receive(); an error of a later message is
        left to the next call.  What was received before a signal's handler raised is kept in
        this object, as receive_async() keeps it.
        """
        msgflg = _flags(truncate, exclude)
        if count < 1:
            raise ValueError("count: at least 1")
        if self._shared is not None:
            from ipc.aio import Waiter

            return self._receive_shared(Waiter(), count, (size, mtype, msgflg), timeout)
        messages: list[_ipc.msgbuf] = []
        try:
            _ipc._receive_many(self.id, size, mtype, msgflg, timeout, None, count, messages)
        except BaseException:
            if messages:
                self._sharing().keep(messages)
            raise
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
        from ipc import aio

        choice = size, mtype, _flags(truncate, exclude)
        try:
            return self._receive_shared(aio.Waiter(), 1, choice, 0)[0]
        except TimeoutError:
            pass
        messages = await aio.call(
            lambda waiter: self._receive_shared(waiter, 1, choice, None) or None,
            self._sharing().keep,
        )
        return messages[0]

    def _sharing(self) -> "_Shared":
        if self._shared is None:
            made = _Shared()
            with _one_at_a_time:  # in which nothing runs that may come here
                if self._shared is None:
                    self._shared = made
        return self._shared

    def _receive_shared(
        self, waiter: "_Waiter", count: int, choice: "_Choice", timeout: float | None
    ) -> list[_ipc.msgbuf]:
        """Kept messages and others, up to count; none where the waiter was cancelled."""
        shared = self._sharing()
        end = None if timeout is None else monotonic() + timeout
        messages: list[_ipc.msgbuf] = []
        taken: list[_ipc.msgbuf] = []  # those of them that had been kept
        try:
            with shared.lock:
                shared.waiters.add(waiter)  # from now on, what is kept wakes it
            try:
                while not messages and not waiter.cancelled:
                    left = None if end is None else max(0, end - monotonic())
                    self._fill(messages, taken, waiter, count, choice, left)
            finally:
                with shared.lock:
                    shared.waiters.discard(waiter)
        except BaseException:
            if messages:
                shared.keep(messages, taken)
            raise
        return messages

    def _fill(
        self,
        messages: list[_ipc.msgbuf],
        taken: list[_ipc.msgbuf],
        waiter: "_Waiter",
        count: int,
        choice: "_Choice",
        timeout: float | None,
    ) -> None:
        """Append what is kept, then what is in the queue; wait where there is nothing.

        An error of a later message is left to the next call.
        """
        size, mtype, msgflg = choice
        try:
            while (n := len(messages)) < count:
                if not self._take(messages, taken, choice):
                    flags = msgflg | _ipc.IPC_NOWAIT if messages else msgflg
                    _ipc._receive_many(
                        self.id, size, mtype, flags, timeout, waiter.wait, count - n, messages
                    )
                    return
        except OSError:
            if not 0 < n == len(messages):
                raise

    def _take(
        self, messages: list[_ipc.msgbuf], taken: list[_ipc.msgbuf], choice: "_Choice"
    ) -> bool:
        """Append a kept message as msgrcv(2) would choose it; False: there is none.

        They came before what is in the queue.
        """
        size, mtype, msgflg = choice
        shared = self._sharing()
        with shared.lock:
            i = shared.index(mtype, bool(msgflg & _ipc.MSG_EXCEPT))
            if i is None:
                return False
            message = shared.kept[i]
            if mtype < 0 and message.mtype > 1:
                try:  # one in the queue may have a lower type
                    lower = 1 - message.mtype
                    _ipc._receive_many(self.id, size, lower, msgflg, 0, None, 1, messages)
                    return True
                except TimeoutError:
                    pass
            if size is not None and len(message.mtext) > size:
                if not msgflg & _ipc.MSG_NOERROR:
                    raise OSError(errno.E2BIG, "msgrcv: the text is longer than size")
                message.mtext = message.mtext[:size]
            # No call is between these, after which a signal's handler could raise.
            taken += [message]
            messages += [message]
            del shared.kept[i]
            return True

    def peek(self, index: int = 0, *, size: int | None = None) -> _ipc.msgbuf | None:
        """Return a copy of the message at an index, from 0; it stays.  None: there is none.

        OSError: E2BIG (longer than size), EACCES, EIDRM, EINVAL, ENOSYS (a kernel without
        CONFIG_CHECKPOINT_RESTORE).  See msgop(2), MSG_COPY.
        """
        if index < 0:
            raise ValueError("index: from 0")
        kept = self._shared.kept[:] if self._shared else []
        if index < len(kept):
            return _ipc.mkmsgbuf(kept[index].mtype, kept[index].mtext)
        msgflg = _ipc.MSG_COPY | _ipc.IPC_NOWAIT
        try:
            copy: _ipc.msgbuf = _msgrcv(
                self.id, size, index - len(kept), msgflg, None, None
            )
            return copy
        except OSError as error:
            if error.errno == errno.ENOMSG:
                return None
            raise

    def messages(
        self, mtype: int = 0, *, timeout: float | None = None
    ) -> "_abc.Iterator[_ipc.msgbuf]":
        """Receive one after the other; end when the queue is removed.

        timeout: seconds to wait for each; end too when none came in time.  0 takes what is
        there.  OSError: as receive(), but for EIDRM and EINVAL.
        """
        while True:
            try:
                message = self.receive(mtype, timeout=timeout)
            except TimeoutError:
                return
            except OSError as error:
                if error.errno in GONE:
                    return
                raise
            yield message

    def __iter__(self) -> "_abc.Iterator[_ipc.msgbuf]":
        return self.messages()

    async def __aiter__(self) -> "_abc.AsyncIterator[_ipc.msgbuf]":
        while True:
            try:
                message = await self.receive_async()
            except OSError as error:
                if error.errno in GONE:
                    return
                raise
            yield message

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
        """Change what is given, by IPC_SET; qbytes: bytes of text that it holds at most.

        OSError: EACCES, EIDRM, EINVAL, EPERM (not the owner; above msgmnb).  See msgctl(2).
        """
        state = self.stat()
        change_permissions(state.msg_perm, mode, uid, gid)
        if qbytes is not None:
            state.msg_qbytes = qbytes
        _ipc.msgctl(self.id, _ipc.IPC_SET, state)

    def remove(self) -> None:
        """Remove it, with its messages; who waits has EIDRM.  OSError: EIDRM, EINVAL, EPERM."""
        _ipc.msgctl(self.id, _ipc.IPC_RMID)


def queues() -> dict[int, _ipc.msqid_ds]:
    """Every message queue of this IPC namespace, whoever may read it: its state, by its id."""
    highest = _ipc.msgctl(0, _ipc.MSG_INFO, _ipc.msginfo())
    return enumerate_objects(
        highest, _ipc.msqid_ds, lambda slot, ds: _ipc.msgctl(slot, _ipc.MSG_STAT_ANY, ds)
    )
