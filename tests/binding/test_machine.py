# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Random sequences of calls, compared with a model of the manual pages in Python."""

import errno
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import ipc
from conftest import times

EXAMPLES, STEPS = times(50), 200

types = st.integers(1, 4)
texts = st.binary(max_size=40)


@contextmanager
def fails(error: int) -> Iterator[None]:
    try:
        yield
    except OSError as seen:
        assert seen.errno == error, seen
    else:
        raise AssertionError(f"no {errno.errorcode[error]}")


def remove_queue(msqid: int) -> None:
    ipc.msgctl(msqid, ipc.IPC_RMID)


def remove_set(semid: int) -> None:
    ipc.semctl(semid, 0, ipc.IPC_RMID)


def remove_segment(shmid: int) -> None:
    ipc.shmctl(shmid, ipc.IPC_RMID)


class Queue:
    """msgop(2): a list of messages, the oldest first."""

    def __init__(self) -> None:
        self.msqid = ipc.msgget(ipc.IPC_PRIVATE, 0o600)
        self.messages: list[tuple[int, bytes]] = []

    def chosen(self, msgtyp: int, msgflg: int) -> int:
        """The index of the message that msgrcv takes; -1 where there is none."""
        kinds = [mtype for mtype, _ in self.messages]
        if msgtyp < 0:
            lowest = min((kind for kind in kinds if kind <= -msgtyp), default=None)
            return -1 if lowest is None else kinds.index(lowest)
        for i, kind in enumerate(kinds):
            wanted = msgtyp == 0 or kind == msgtyp
            if wanted if msgtyp == 0 or not msgflg & ipc.MSG_EXCEPT else not wanted:
                return i
        return -1


class Set:
    """semop(2): values, and operations that are all done or none."""

    def __init__(self, nsems: int) -> None:
        self.semid = ipc.semget(ipc.IPC_PRIVATE, nsems, 0o600)
        self.values = [0] * nsems

    def result(self, operations: list[tuple[int, int, int]]) -> tuple[int, list[int]]:
        """The error and the values after the call."""
        values = list(self.values)
        if any(num >= len(values) for num, _, _ in operations):
            return errno.EFBIG, self.values
        for num, op, _ in operations:
            if op == 0 and values[num] or values[num] + op < 0:
                return errno.EAGAIN, self.values
            if values[num] + op > ipc.SEMVMX:
                return errno.ERANGE, self.values
            values[num] += op
        return 0, values


class Segment:
    """shmop(2): bytes that all attachments share."""

    def __init__(self, size: int) -> None:
        self.shmid = ipc.shmget(ipc.IPC_PRIVATE, size, 0o600)
        self.content = bytearray(size)
        self.attachments: list[Attachment] = []


class Attachment:
    """An attachment and the views of it that are not released."""

    def __init__(self, segment: Segment, readonly: bool) -> None:
        self.segment = segment
        self.readonly = readonly
        self.address = ipc.shmat(segment.shmid, None, ipc.SHM_RDONLY if readonly else 0)
        self.views: list[memoryview] = []
        segment.attachments.append(self)


class Machine(RuleBasedStateMachine):
    queues: Bundle[Queue] = Bundle("queues")
    sets: Bundle[Set] = Bundle("sets")
    segments: Bundle[Segment] = Bundle("segments")
    attachments: Bundle[Attachment] = Bundle("attachments")
    buffers: Bundle[ipc.msgbuf] = Bundle("buffers")

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.made: list[tuple[Callable[[int], None], int]] = []
        self.living: list[Segment] = []

    def new_queue(self) -> Queue:
        queue = Queue()
        self.made.append((remove_queue, queue.msqid))
        return queue

    def new_set(self, nsems: int) -> Set:
        semset = Set(nsems)
        self.made.append((remove_set, semset.semid))
        return semset

    def new_segment(self, size: int) -> Segment:
        segment = Segment(size)
        self.made.append((remove_segment, segment.shmid))
        self.living.append(segment)
        return segment

    def teardown(self) -> None:
        for remove, ident in self.made:
            remove(ident)

    # ---- queues ---------------------------------------------------------------

    # A run begins with one object of each kind, so that the rules have something to use.

    @initialize(target=queues)
    def first_queue(self) -> Queue:
        return self.new_queue()

    @initialize(target=buffers)
    def first_buffer(self) -> ipc.msgbuf:
        return ipc.msgbuf(capacity=40)

    @initialize(target=sets)
    def first_set(self) -> Set:
        return self.new_set(3)

    @initialize(target=segments)
    def first_segment(self) -> Segment:
        return self.new_segment(5000)

    @rule(target=queues)
    def msgget(self) -> Queue:
        return self.new_queue()

    @rule(target=buffers, mtype=types, text=texts, capacity=st.none() | st.integers(40, 60))
    def msgbuf(self, mtype: int, text: bytes, capacity: int | None) -> ipc.msgbuf:
        return ipc.msgbuf(mtype, text, capacity=capacity)

    @rule(buffer=buffers, text=texts, pinned=st.booleans())
    def set_text(self, buffer: ipc.msgbuf, text: bytes, pinned: bool) -> None:
        before, fits = buffer.mtext, len(text) <= buffer.capacity
        view = memoryview(cast(Any, buffer)) if pinned else None
        try:
            buffer.mtext = text
        except BufferError:
            assert pinned and not fits and buffer.mtext == before
        else:
            assert (fits or not pinned) and buffer.mtext == text
        if view:
            view.release()

    @rule(queue=queues, buffer=buffers, mtype=types)
    def msgsnd(self, queue: Queue, buffer: ipc.msgbuf, mtype: int) -> None:
        buffer.mtype = mtype
        text = buffer.mtext
        state = ipc.msqid_ds()
        ipc.msgctl(queue.msqid, ipc.IPC_STAT, state)
        if state.msg_cbytes + len(text) > state.msg_qbytes:
            with fails(errno.EAGAIN):
                ipc.msgsnd(queue.msqid, buffer, None, ipc.IPC_NOWAIT)
        else:
            ipc.msgsnd(queue.msqid, buffer)
            queue.messages.append((mtype, text))

    @rule(
        queue=queues,
        buffer=buffers,
        msgtyp=st.integers(-4, 4),
        msgflg=st.sampled_from([0, ipc.MSG_NOERROR, ipc.MSG_EXCEPT]),
    )
    def msgrcv(self, queue: Queue, buffer: ipc.msgbuf, msgtyp: int, msgflg: int) -> None:
        chosen = queue.chosen(msgtyp, msgflg)
        flags = msgflg | ipc.IPC_NOWAIT
        if chosen < 0:
            with fails(errno.ENOMSG):
                ipc.msgrcv(queue.msqid, buffer, None, msgtyp, flags)
            return
        mtype, text = queue.messages[chosen]
        if len(text) > buffer.capacity and not msgflg & ipc.MSG_NOERROR:
            with fails(errno.E2BIG):
                ipc.msgrcv(queue.msqid, buffer, None, msgtyp, flags)
            return
        length = ipc.msgrcv(queue.msqid, buffer, None, msgtyp, flags)
        del queue.messages[chosen]
        assert buffer.mtype == mtype
        assert buffer.mtext == text[: buffer.capacity]
        assert length == len(buffer.mtext)

    @rule(queue=queues)
    def msgctl(self, queue: Queue) -> None:
        state = ipc.msqid_ds()
        ipc.msgctl(queue.msqid, ipc.IPC_STAT, state)
        assert state.msg_qnum == len(queue.messages)
        assert state.msg_cbytes == sum(len(text) for _, text in queue.messages)

    @rule(queue=consumes(queues))
    def remove_queue(self, queue: Queue) -> None:
        ipc.msgctl(queue.msqid, ipc.IPC_RMID)
        self.made.remove((remove_queue, queue.msqid))
        with fails(errno.EINVAL):
            ipc.msgctl(queue.msqid, ipc.IPC_RMID)

    # ---- semaphore sets ----------------------------------------------------------

    @rule(target=sets, nsems=st.integers(1, 5))
    def semget(self, nsems: int) -> Set:
        return self.new_set(nsems)

    @rule(
        semset=sets,
        operations=st.lists(
            st.tuples(st.integers(0, 5), st.integers(-3, 3), st.just(ipc.IPC_NOWAIT)),
            min_size=1,
            max_size=12,
        ),
    )
    def semop(self, semset: Set, operations: list[tuple[int, int, int]]) -> None:
        error, semset.values = semset.result(operations)
        if error:
            with fails(error):
                ipc.semop(semset.semid, operations)
        else:
            ipc.semop(semset.semid, operations)
        assert ipc.semctl(semset.semid, 0, ipc.GETALL) == semset.values

    @rule(semset=sets, values=st.lists(st.integers(0, 40000), min_size=1, max_size=5))
    def setall(self, semset: Set, values: list[int]) -> None:
        if len(values) != len(semset.values):
            try:
                ipc.semctl(semset.semid, 0, ipc.SETALL, values)
            except ValueError:
                return
            raise AssertionError("SETALL accepted a wrong number of values")
        if max(values) > ipc.SEMVMX:
            with fails(errno.ERANGE):
                ipc.semctl(semset.semid, 0, ipc.SETALL, values)
        else:
            ipc.semctl(semset.semid, 0, ipc.SETALL, values)
            semset.values = values

    # ---- segments ---------------------------------------------------------------------

    @rule(target=segments, size=st.integers(1, 9000))
    def shmget(self, size: int) -> Segment:
        return self.new_segment(size)

    @rule(target=attachments, segment=segments, readonly=st.booleans())
    def shmat(self, segment: Segment, readonly: bool) -> Attachment:
        return Attachment(segment, readonly)

    @rule(attachment=attachments)
    def view(self, attachment: Attachment) -> None:
        view = memoryview(cast(Any, attachment.address))
        assert view.readonly == attachment.readonly
        assert view.tobytes() == attachment.segment.content
        attachment.views.append(view)

    @rule(attachment=attachments)
    def release(self, attachment: Attachment) -> None:
        if attachment.views:
            attachment.views.pop().release()

    @rule(attachment=attachments, data=st.binary(max_size=100))
    def shmcpy(self, attachment: Attachment, data: bytes) -> None:
        content = attachment.segment.content
        try:
            ipc.shmcpy_to(attachment.address, data)
        except BufferError:
            assert attachment.readonly
        except ValueError:
            assert len(data) > len(content)
        else:
            assert not attachment.readonly
            content[: len(data)] = data
        assert ipc.shmcpy_from(attachment.address, len(content)) == content

    @rule(attachment=consumes(attachments))
    def shmdt(self, attachment: Attachment) -> None:
        if attachment.views:
            try:
                ipc.shmdt(attachment.address)
            except BufferError:
                while attachment.views:
                    attachment.views.pop().release()
            else:
                raise AssertionError("detached under a view")
        ipc.shmdt(int(attachment.address))
        attachment.segment.attachments.remove(attachment)
        with fails(errno.EINVAL):
            ipc.shmdt(attachment.address)

    @rule(attachment=attachments)
    def remap(self, attachment: Attachment) -> None:
        """Attaches the segment over itself, which detaches the old object and makes a new one."""
        try:
            fresh = ipc.shmat(
                attachment.segment.shmid,
                attachment.address,
                ipc.SHM_REMAP | (ipc.SHM_RDONLY if attachment.readonly else 0),
            )
        except ValueError:
            assert attachment.views
        else:
            assert not attachment.views and not attachment.address
            attachment.address = fresh

    # ---- at any point -----------------------------------------------------------------

    @invariant()
    def collected(self) -> None:
        self.steps += 1
        if self.steps % 50 == 0:
            gc.collect()

    @invariant()
    def attachments_are_counted(self) -> None:
        for segment in self.living:
            state = ipc.shmid_ds()
            ipc.shmctl(segment.shmid, ipc.IPC_STAT, state)
            assert state.shm_nattch == len(segment.attachments)


def test_random_calls_do_as_the_model() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
