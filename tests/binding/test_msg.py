# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Message queues: msgsnd, msgrcv, msgctl and mkmsgbuf.  See sysvipc(7)."""

import errno
import os
import struct
import threading
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import ipc
from conftest import (
    Limit,
    Maker,
    drop_capabilities,
    errno_in_child,
    fails_with,
    message,
    room,
    row_of_proc,
    view,
)

HEAD = struct.calcsize("@l")


def raw(text: bytes, mtype: int = 1) -> bytes:
    """A message as C lays it out."""
    return struct.pack("@l", mtype) + text


def stat(msqid: int) -> ipc.msqid_ds:
    ds = ipc.msqid_ds()
    assert ipc.msgctl(msqid, ipc.IPC_STAT, ds) == 0
    return ds


def receive(msqid: int, msgtyp: int = 0, msgflg: int = 0) -> tuple[int, bytes]:
    m = room(64)
    assert ipc.msgrcv(msqid, m, None, msgtyp, msgflg) == len(m.mtext)
    return m.mtype, m.mtext


# ---- msgsnd, msgrcv ---------------------------------------------------------------------


@pytest.mark.parametrize("text", [b"", b"hello", b"\0", b"a\0b\0", bytes(range(256))])
def test_a_message_comes_back_as_it_was_sent(queue: int, text: bytes) -> None:
    assert ipc.msgsnd(queue, message(text, 7)) == 0
    m = room(256)
    assert ipc.msgrcv(queue, m) == len(text)
    assert (m.mtype, m.mtext, m.capacity) == (7, text, 256)


def test_messages_of_every_length_up_to_msgmax_come_back(queue: int) -> None:
    msgmax = int(Path("/proc/sys/kernel/msgmax").read_text())
    text = os.urandom(msgmax)
    m = room(msgmax)
    for length in range(msgmax + 1):
        ipc.msgsnd(queue, message(text[:length]))
        assert ipc.msgrcv(queue, m) == length
        assert m.mtext == text[:length]


def test_a_longer_message_is_einval_and_names_msgmax(queue: int) -> None:
    msgmax = int(Path("/proc/sys/kernel/msgmax").read_text())
    with fails_with(errno.EINVAL, "msgsnd", "msgmax"):
        ipc.msgsnd(queue, message(bytes(msgmax + 1)))


def test_a_message_of_a_megabyte_comes_back(make: Maker, limit: Limit) -> None:
    limit("msgmnb", 2**20)
    limit("msgmax", 2**20)
    msqid, text = make.queue(), os.urandom(2**20)
    m = room(2**20)
    ipc.msgsnd(msqid, message(text))
    assert ipc.msgrcv(msqid, m) == 2**20
    assert m.mtext == text


@pytest.mark.parametrize("mtype", [1, 2**31 - 1, 2 ** (8 * HEAD - 1) - 1])
def test_a_type_is_a_whole_c_long(queue: int, mtype: int) -> None:
    ipc.msgsnd(queue, message("x", mtype))
    ipc.msgsnd(queue, message("y", 1))
    assert receive(queue, mtype) == (mtype, b"x")


@pytest.mark.parametrize("mtype", [0, -1, -(2 ** (8 * HEAD - 1))])
def test_a_type_below_one_is_einval(queue: int, mtype: int) -> None:
    with fails_with(errno.EINVAL, "msgsnd"):
        ipc.msgsnd(queue, message("x", mtype))


@pytest.mark.parametrize(
    "msgtyp, msgflg, received",
    [
        (0, 0, 3),  # the first
        (2, 0, 2),  # the first of that type
        (-3, 0, 1),  # the lowest type up to that
        (-2, 0, 2),
        (3, ipc.MSG_EXCEPT, 2),  # the first of another type
    ],
)
def test_msgtyp_chooses_the_message(queue: int, msgtyp: int, msgflg: int, received: int) -> None:
    mtypes = (3, 2, 3, 1) if msgtyp == -3 else (3, 2, 3)
    for mtype in mtypes:
        ipc.msgsnd(queue, message("text", mtype))
    assert receive(queue, msgtyp, msgflg) == (received, b"text")
    assert stat(queue).msg_qnum == len(mtypes) - 1


def test_msgsz_sends_the_beginning_of_the_text(queue: int) -> None:
    ipc.msgsnd(queue, message("hello world"), 5)
    assert receive(queue) == (1, b"hello")


@pytest.mark.parametrize(
    "made", [bytes, bytearray, memoryview, lambda b: array("B", b), lambda b: array("l", b)]
)
def test_any_buffer_laid_out_as_c_is_a_message(
    queue: int, made: Callable[[bytes], bytes | bytearray]
) -> None:
    ipc.msgsnd(queue, made(raw(b"12345678", 5)))
    got = bytearray(HEAD + 8)
    assert ipc.msgrcv(queue, got) == 8
    assert got == raw(b"12345678", 5)


def test_msgrcv_fills_a_part_of_a_buffer(queue: int) -> None:
    ipc.msgsnd(queue, message("hi", 3))
    got = array("B", b"." * 32)
    assert ipc.msgrcv(queue, got) == 2
    assert got.tobytes() == raw(b"hi", 3) + b"." * (32 - HEAD - 2)


@pytest.mark.parametrize("n", [0, 1, 7, 64])
def test_no_byte_behind_the_room_is_written(queue: int, n: int) -> None:
    canary = b"\xa5" * 64
    buffer = bytearray(HEAD + n) + canary
    ipc.msgsnd(queue, message(b"x" * n))
    ipc.msgsnd(queue, message(b"y" * 64))
    with memoryview(buffer)[: HEAD + n] as part:
        assert ipc.msgrcv(queue, part) == n
        assert ipc.msgrcv(queue, part, None, 0, ipc.MSG_NOERROR) == n
    assert buffer == raw(b"y" * n) + canary


def test_no_byte_behind_msgsz_is_written(queue: int) -> None:
    ipc.msgsnd(queue, message(b"x" * 64))
    buffer = bytearray(b"\xa5" * (HEAD + 64))
    assert ipc.msgrcv(queue, buffer, 10, 0, ipc.MSG_NOERROR) == 10
    assert buffer == raw(b"x" * 10) + b"\xa5" * 54


def test_msgsz_above_the_room_is_refused_and_nothing_is_received(queue: int) -> None:
    ipc.msgsnd(queue, message(b"x" * 64))
    targets: list[Any] = [bytearray(HEAD + 10), room(10)]
    for target in targets:
        before = bytes(view(target))
        with pytest.raises(ValueError, match="msgsz"):
            ipc.msgrcv(queue, target, 11, 0, ipc.MSG_NOERROR)
        assert bytes(view(target)) == before
    assert stat(queue).msg_qnum == 1


def test_msgsz_above_the_text_is_refused_and_nothing_is_sent(queue: int) -> None:
    short = room(64)
    short.mtype, short.mtext = 1, b"hello"
    sources: list[Any] = [raw(b"hello"), message("hello"), short]
    for source in sources:
        with pytest.raises(ValueError, match="msgsz"):
            ipc.msgsnd(queue, source, 6)
    assert stat(queue).msg_qnum == 0


def test_a_received_message_is_sent_on_with_just_its_text(queue: int) -> None:
    ipc.msgsnd(queue, message("hello"))
    m = room(64)
    ipc.msgrcv(queue, m)
    ipc.msgsnd(queue, m)
    assert receive(queue) == (1, b"hello")


def test_a_longer_text_is_e2big_and_stays(queue: int) -> None:
    ipc.msgsnd(queue, message("hello"))
    with fails_with(errno.E2BIG, "msgrcv", "msgsz"):
        ipc.msgrcv(queue, room(64), 4)
    assert receive(queue) == (1, b"hello")


def test_a_longer_text_is_cut_under_msg_noerror(queue: int) -> None:
    ipc.msgsnd(queue, message("hello"))
    m = room(64)
    assert ipc.msgrcv(queue, m, 4, 0, ipc.MSG_NOERROR) == 4
    assert m.mtext == b"hell"
    assert stat(queue).msg_qnum == 0


def test_an_empty_queue_is_enomsg_under_ipc_nowait(queue: int) -> None:
    with fails_with(errno.ENOMSG, "msgrcv"):
        ipc.msgrcv(queue, room(1), None, 0, ipc.IPC_NOWAIT)


def test_a_full_queue_is_eagain_under_ipc_nowait(queue: int) -> None:
    ds = stat(queue)
    ds.msg_qbytes = 8
    ipc.msgctl(queue, ipc.IPC_SET, ds)
    ipc.msgsnd(queue, message(b"12345678"))
    with fails_with(errno.EAGAIN, "msgsnd"):
        ipc.msgsnd(queue, message("x"), None, ipc.IPC_NOWAIT)


def msg_copy_or_skip(msqid: int, index: int) -> bytes:
    m = room(64)
    try:
        ipc.msgrcv(msqid, m, None, index, ipc.MSG_COPY | ipc.IPC_NOWAIT)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        pytest.skip("this kernel has no MSG_COPY")
    return m.mtext


def test_msg_copy_leaves_the_message(queue: int) -> None:
    for text in ("one", "two"):
        ipc.msgsnd(queue, message(text))
    assert [msg_copy_or_skip(queue, index) for index in (1, 0)] == [b"two", b"one"]
    assert stat(queue).msg_qnum == 2
    with fails_with(errno.ENOMSG):
        msg_copy_or_skip(queue, 2)


@pytest.mark.parametrize("msgflg", [ipc.MSG_COPY, ipc.MSG_COPY | ipc.MSG_EXCEPT | ipc.IPC_NOWAIT])
def test_msg_copy_without_ipc_nowait_or_with_msg_except_is_einval(queue: int, msgflg: int) -> None:
    ipc.msgsnd(queue, message("one"))
    msg_copy_or_skip(queue, 0)
    with fails_with(errno.EINVAL, "msgrcv"):
        ipc.msgrcv(queue, room(64), None, 0, msgflg)


# ---- msgctl ---------------------------------------------------------------------------


def test_ipc_stat_agrees_with_proc(queue: int) -> None:
    ipc.msgsnd(queue, message("hello"))
    ipc.msgsnd(queue, message("world!"))
    receive(queue)
    ds, row = stat(queue), row_of_proc("msg", queue)
    assert {
        "key": ds.msg_perm.key,
        "perms": ds.msg_perm.mode,
        "cbytes": ds.msg_cbytes,
        "qnum": ds.msg_qnum,
        "lspid": ds.msg_lspid,
        "lrpid": ds.msg_lrpid,
        "uid": ds.msg_perm.uid,
        "gid": ds.msg_perm.gid,
        "cuid": ds.msg_perm.cuid,
        "cgid": ds.msg_perm.cgid,
        "stime": ds.msg_stime,
        "rtime": ds.msg_rtime,
        "ctime": ds.msg_ctime,
        "msqid": queue,
    } == row
    assert (ds.msg_cbytes, ds.msg_qnum, ds.msg_lspid) == (6, 1, os.getpid())
    assert 0 < ds.msg_ctime <= ds.msg_stime <= ds.msg_rtime
    assert ds.msg_qbytes == int(Path("/proc/sys/kernel/msgmnb").read_text())


def test_ipc_set_changes_owner_mode_and_qbytes(queue: int) -> None:
    ds = stat(queue)
    ds.msg_perm.mode, ds.msg_qbytes = 0o640, 4096
    assert ipc.msgctl(queue, ipc.IPC_SET, ds) == 0
    assert (stat(queue).msg_perm.mode, stat(queue).msg_qbytes) == (0o640, 4096)


def test_ipc_rmid_removes_and_needs_no_structure(make: Maker) -> None:
    for arguments in ((), (None,), (ipc.msqid_ds(),), (ipc.sembuf(),)):
        msqid = make.queue()
        assert ipc.msgctl(msqid, ipc.IPC_RMID, *arguments) == 0
        with fails_with(errno.EINVAL, "msgctl"):
            ipc.msgctl(msqid, ipc.IPC_STAT, ipc.msqid_ds())


def test_ipc_info_returns_the_limits(queue: int) -> None:
    info = ipc.msginfo()
    assert ipc.msgctl(0, ipc.IPC_INFO, info) >= 0
    for name in ("msgmni", "msgmax", "msgmnb"):
        assert getattr(info, name) == int(Path("/proc/sys/kernel", name).read_text())


def test_msg_info_returns_the_use(alone: None, make: Maker) -> None:
    for texts in (["a", "bc"], ["def"]):
        msqid = make.queue()
        for text in texts:
            ipc.msgsnd(msqid, message(text))
    info = ipc.msginfo()
    ipc.msgctl(0, ipc.MSG_INFO, info)
    # Queues, messages and bytes, see msgctl(2).
    assert (info.msgpool, info.msgmap, info.msgtql) == (2, 3, 6)


def test_an_unprivileged_process_gets_eperm_above_msgmnb(queue: int) -> None:
    ds = stat(queue)
    ds.msg_qbytes += 1
    call = partial(ipc.msgctl, queue, ipc.IPC_SET, ds)
    assert errno_in_child(drop_capabilities, call) == "EPERM"


# ---- mkmsgbuf, and two threads -----------------------------------------------------------


@pytest.mark.parametrize(
    "mtext, expected",
    [
        ("hello", b"hello"),
        ("h\u00e9", b"h\xc3\xa9"),
        (b"\0\xff", b"\0\xff"),
        (bytearray(b"b"), b"b"),
        ("", b""),
    ],
)
def test_mkmsgbuf_takes_bytes_and_str(mtext: bytes | str, expected: bytes) -> None:
    m = ipc.mkmsgbuf(4, mtext)
    assert (m.mtype, m.mtext, m.capacity) == (4, expected, len(expected))
    assert bytes(view(m)) == raw(expected, 4)


def test_many_threads_lose_and_double_no_message(queue: int) -> None:
    numbers = range(400)
    got: list[int] = []

    def take() -> None:
        m = room(8)
        while ipc.msgrcv(queue, m) and m.mtext != b"end":
            got.append(int(m.mtext))

    takers = [threading.Thread(target=take, daemon=True) for _ in range(4)]
    for taker in takers:
        taker.start()
    for number in numbers:
        ipc.msgsnd(queue, message(str(number)))
    for taker in takers:
        ipc.msgsnd(queue, message("end"))
    for taker in takers:
        taker.join()
    assert sorted(got) == list(numbers)
