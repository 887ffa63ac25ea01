# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""python -m ipc prints the existing objects and removes exactly those that its arguments name."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

import ipc
import ipc.__main__ as command
from conftest import (
    Maker,
    all_objects,
    become_nobody,
    errno_in_child,
    row_of_proc,
    take_slot_of,
)
from limits import HANG

KINDS = ("msg", "sem", "shm")


def run(*words: object, status: int = 0) -> tuple[str, str]:
    """The output and the error messages."""
    result = subprocess.run(
        [sys.executable, "-m", "ipc", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert bool(result.stderr) == bool(status), result.stderr
    return result.stdout, result.stderr


def document(*words: object) -> Any:
    return json.loads(run(*words, "--json")[0])


class Objects:
    """An object of each kind, with the same key."""

    def __init__(self, make: Maker, key: int) -> None:
        self.key = key
        self.ids = {
            "msg": make.queue(key, 0o640),
            "sem": make.semset(2, key),
            "shm": make.segment(100, key),
        }


@pytest.fixture
def objects(alone: None, make: Maker, key: int) -> Objects:
    return Objects(make, key)


# ---- ls, show


def test_ls_of_nothing(alone: None) -> None:
    assert document("ls") == {"msg": [], "sem": [], "shm": []}
    assert run("ls")[0].count(": 0\n") == 3


def test_ls(objects: Objects, make: Maker) -> None:
    make.queue()
    listed = document("ls")
    assert {kind: len(listed[kind]) for kind in KINDS} == {"msg": 2, "sem": 1, "shm": 1}
    for kind in KINDS:
        found = {one["id"]: one for one in listed[kind]}[objects.ids[kind]]
        perm = found[f"{kind}_perm"]
        assert perm["key"] == objects.key and perm["mode"] & 0o777 == (
            0o640 if kind == "msg" else 0o600
        )
    lines = run("ls")[0].splitlines()
    for kind in KINDS:
        wanted = [line for line in lines if str(objects.ids[kind]) in line.split()]
        assert any(f"{objects.key:#010x}" in line for line in wanted)
    assert "messages" in run("ls", "msg")[0] and "semaphores" not in run("ls", "msg")[0]
    assert list(document("ls", "shm", "sem")) == ["shm", "sem"]


def test_show(objects: Objects) -> None:
    ipc.msgsnd(objects.ids["msg"], ipc.mkmsgbuf(1, b"hello"))
    ipc.semop(objects.ids["sem"], [(1, 3, 0)])
    for kind in KINDS:
        row, shown = row_of_proc(kind, objects.ids[kind]), document("show", kind, objects.ids[kind])
        assert shown["id"] == objects.ids[kind]
        for column, value in row.items():
            member = {"size": "shm_segsz"}.get(column, f"{kind}_{column}")
            assert shown.get(member, value) == value, column
    assert document("show", "msg", objects.ids["msg"])["msg_qnum"] == 1
    values = [one["value"] for one in document("show", "sem", objects.ids["sem"])["semaphores"]]
    assert values == [0, 3]
    text = run("show", "msg", objects.ids["msg"])[0]
    assert "msg_perm.mode  0o640\n" in text and "msg_rtime      never\n" in text
    assert " UTC\n" in text and f"{objects.key:#010x}" in text
    assert "waiting for zero" in run("show", "sem", objects.ids["sem"])[0]


# ---- peek


def test_peek_leaves_the_messages(objects: Objects) -> None:
    msqid = objects.ids["msg"]
    assert run("peek", msqid)[0] == "" and document("peek", msqid) == []
    ipc.msgsnd(msqid, ipc.mkmsgbuf(7, b"a\0b"))
    ipc.msgsnd(msqid, ipc.mkmsgbuf(2, b""))
    assert document("peek", msqid) == [
        {"index": 0, "mtype": 7, "length": 3, "mtext": "610062"},
        {"index": 1, "mtype": 2, "length": 0, "mtext": ""},
    ]
    assert r"'a\x00b'" in run("peek", msqid)[0]
    assert row_of_proc("msg", msqid)["qnum"] == 2


F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ, of Linux


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_peek_prints_each_message_when_it_is_read(
    limit: Any, make: Maker, options: list[str]
) -> None:
    """The pipe is small, so most messages are unread when the queue is removed."""
    limit("msgmnb", 1 << 20)
    msqid = make.queue()
    for _ in range(100):
        ipc.msgsnd(msqid, ipc.mkmsgbuf(1, b"a" * 8000))
    words = [sys.executable, "-m", "ipc", "peek", str(msqid), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        fcntl.fcntl(process.stdout, F_SETPIPE_SZ, 4096)
        begin = process.stdout.read(100)
        ipc.msgctl(msqid, ipc.IPC_RMID)
        out = begin + process.stdout.read()
        complaint = process.stderr.read().decode()
    assert complaint == f"python -m ipc: peek: no message queue has the identifier {msqid}\n"
    assert process.returncode == 2
    if options:
        messages = json.loads(out)
        assert 0 < len(messages) < 100
        assert all(one["mtext"] == "61" * 8000 for one in messages)
    else:
        head, *lines = out.decode().splitlines()
        assert head.split() == ["index", "mtype", "length", "mtext"] and 0 < len(lines) < 100
        assert all(line.split()[2:] == ["8000", f"'{'a' * 8000}'"] for line in lines)


# ---- rm


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["id", "key"])
def test_rm_removes_what_it_is_told(objects: Objects, make: Maker, kind: str, by: str) -> None:
    make.queue(), make.semset(), make.segment()
    before = all_objects()
    if by == "id":
        assert run("rm", kind, objects.ids[kind])[0] == ""
    else:
        assert document("rm", kind, "--key", hex(objects.key)) == {kind: [objects.ids[kind]]}
    assert before - all_objects() == {(kind, objects.ids[kind])}


def test_rm_of_several(make: Maker) -> None:
    first, second, third = make.queue(), make.queue(), make.queue()
    _, complaints = run("rm", "msg", first, 2**31 - 1, third, status=2)
    assert complaints == "python -m ipc: rm: no message queue has the identifier 2147483647\n"
    assert second in ipc.queues() and not {first, third} & set(ipc.queues())


OUT_OF_RANGE = [99999999999, -(2**31) - 1, 2**32, 2**63, 2**64, "0x" + "f" * 5000]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "by, bad",
    [("key", bad) for bad in OUT_OF_RANGE] + [("id", bad) for bad in (-1, 2**31, *OUT_OF_RANGE)],
)
def test_rm_goes_on_after_a_number_out_of_range(
    objects: Objects, make: Maker, kind: str, by: str, bad: Any
) -> None:
    makers: dict[str, Callable[[], int]]
    makers = {"msg": make.queue, "sem": make.semset, "shm": make.segment}
    first = objects.key if by == "key" else objects.ids[kind]
    numbers = [first, bad]
    if by == "id":
        numbers.append(makers[kind]())
    removed = [objects.ids[kind], *numbers[2:]]
    before = all_objects()
    option = ["--key"] if by == "key" else []
    out, complaints = run("rm", kind, *option, "--json", "--", bad, *numbers, status=2)
    assert json.loads(out) == {kind: removed}
    assert before - all_objects() == {(kind, ident) for ident in removed}
    lines = complaints.splitlines()
    assert len(lines) == 2 and all(str(bad) in line for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_an_identifier_whose_slot_has_another_object(make: Maker, kind: str) -> None:
    kinds: dict[str, tuple[Callable[[], int], Callable[[int, int], object], str]] = {
        "msg": (make.queue, ipc.msgctl, "message queue"),
        "sem": (make.semset, lambda ident, cmd: ipc.semctl(ident, 0, cmd), "semaphore set"),
        "shm": (make.segment, ipc.shmctl, "shared memory segment"),
    }
    make_one, control, noun = kinds[kind]
    old = make_one()
    control(old, ipc.IPC_RMID)
    take_slot_of(old, make_one, lambda ident: control(ident, ipc.IPC_RMID))
    for words in ("show", kind, old), ("rm", kind, old):
        complaint = f"python -m ipc: {words[0]}: no {noun} has the identifier {old}\n"
        assert run(*words, status=2) == ("", complaint)


def complaint_to_nobody(*words: object) -> str:
    """The error message for a user without rights, whom the command must refuse."""
    with tempfile.TemporaryFile("w+") as stream:

        def call() -> None:
            with contextlib.redirect_stderr(stream):
                status = command.main([*map(str, words)])
            stream.flush()
            os._exit(0 if status == 2 else 255)

        assert errno_in_child(become_nobody, call) == ""
        stream.seek(0)
        return stream.read()


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_right_to_it(objects: Objects, kind: str) -> None:
    nouns = {"msg": "message queue", "sem": "semaphore set", "shm": "shared memory segment"}
    ident = objects.ids[kind]
    name = f"{nouns[kind]} {ident}: "
    if kind == "msg":
        state = ipc.msqid_ds()
        ipc.msgctl(ident, ipc.IPC_STAT, state)
        state.msg_perm.mode = 0
        ipc.msgctl(ident, ipc.IPC_SET, state)
        peeked = complaint_to_nobody("peek", ident)
        assert peeked == f"python -m ipc: peek: {name}the caller has no permission to read it\n"
    shown = complaint_to_nobody("show", kind, ident)
    assert shown == f"python -m ipc: show: {name}the caller has no permission to read it\n"
    for words in (ident,), ("--key", objects.key):
        refused = complaint_to_nobody("rm", kind, *words)
        assert refused.startswith(f"python -m ipc: rm: {name}the caller is neither its owner ")
    assert (kind, ident) in all_objects()


def test_rm_of_an_object_that_cannot_be_read(make: Maker) -> None:
    msqid = make.queue(msgflg=0)
    run("rm", "msg", msqid)
    assert msqid not in ipc.queues()


def test_rm_of_the_private_key_removes_nothing(objects: Objects) -> None:
    before = all_objects()
    assert "IPC_PRIVATE" in run("rm", "sem", "--key", 0, status=2)[1]
    assert "set has the key 0x00000001\n" in run("rm", "sem", "--key", 1, status=2)[1]
    assert all_objects() == before


# ---- abi


def test_abi_agrees_with_the_module(alone: None) -> None:
    before = all_objects()
    found = document("abi")
    assert all_objects() == before
    structures = found["structures"]
    assert structures["msqid_ds"]["size"] == ipc.sizeof(ipc.msqid_ds)
    assert structures["ipc_perm"]["members"]["mode"] == ipc.offsetof(ipc.ipc_perm, "mode")
    assert list(structures["semun"]["members"]) == ["val", "buf", "array", "__buf"]
    assert found["constants"]["IPC_CREAT"] == ipc.IPC_CREAT and len(found["constants"]) > 70
    asked = {name for name, facts in structures.items() if facts["agrees"]}
    assert asked == set(structures) - {"shm_info"}
    assert "this build agrees with " in run("abi")[0].splitlines()[-1]


# A wrong number in /proc looks like a member at a wrong offset.
@pytest.mark.parametrize(
    "kind, column, structure, member",
    [
        ("msg", "cbytes", "msqid_ds", "msg_cbytes"),
        ("msg", "perms", "ipc_perm", "mode"),
        ("sem", "nsems", "semid_ds", "sem_nsems"),
        ("sem", "cgid", "ipc_perm", "cgid"),
        ("shm", "size", "shmid_ds", "shm_segsz"),
        ("shm", "ctime", "shmid_ds", "shm_ctime"),
    ],
)
def test_abi_names_differences(
    alone: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    column: str,
    structure: str,
    member: str,
) -> None:
    real = command.proc

    def other(name: str, ident: int) -> dict[str, int]:
        row = real(name, ident)
        return row | {column: row[column] + 1} if name == kind else row

    monkeypatch.setattr(command, "proc", other)
    assert command.main(["abi"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"wrong: {structure}: {member} is ") for line in lines)
    assert "this build disagrees with " in lines[-1]


def test_abi_of_limits_that_disagree(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit: Any
) -> None:
    limit("msgmax", 12345)
    assert command.main(["abi"]) == 0
    monkeypatch.setattr(ipc, "msgctl", lambda ident, cmd, info: setattr(info, "msgmax", 1))
    assert command.main(["abi"]) == 1
    assert "wrong: msginfo: msgmax is 1, /proc says 12345" in capsys.readouterr().out


# ---- wrong arguments


@pytest.mark.parametrize(
    "words, complaint",
    [
        ((), "COMMAND"),
        (("nothing",), "nothing"),
        (("ls", "queue"), "queue"),
        (("show", "msg"), "id"),
        (("show", "msg", "x"), "x"),
        (("show", "msg", 2**31 - 1), "no message queue has the identifier 2147483647"),
        (("show", "sem", 2**31 - 1), "no semaphore set has the identifier 2147483647"),
        (("show", "shm", 12345), "no shared memory segment has the identifier 12345"),
        (("show", "shm", 2**40), "has the identifier 1099511627776: an identifier is from 0 to"),
        (("show", "msg", -1), "has the identifier -1: an identifier is from 0 to 2147483647"),
        (("show", "msg", "0x" + "f" * 5000), "ff: an identifier is from 0 to 2147483647"),
        (("rm", "msg"), "ID"),
        (("rm", 1), "msg"),
        (("rm", "sem", 2**31 - 1), "no semaphore set has the identifier 2147483647"),
        (("rm", "shm", "--key", 1), "no shared memory segment has the key 0x00000001"),
        (("rm", "msg", "--key", -(2**31) - 1), "-2147483649: a key has 32 bits, from -2147483648"),
        (("rm", "msg", "--key", 2**32), "4294967296: a key has 32 bits, from -2147483648"),
        (("peek", 2**31 - 1), "no message queue has the identifier 2147483647"),
        (("peek", 2**31), "has the identifier 2147483648: an identifier is from 0 to 2147483647"),
    ],
)
def test_misuse_is_one_line_and_status_2(words: tuple[object, ...], complaint: str) -> None:
    out, complaints = run(*words, status=2)
    assert complaint in complaints.splitlines()[-1] and out == ""
    assert "Traceback" not in complaints


def test_a_reader_that_stops(alone: None) -> None:
    command = [sys.executable, "-m", "ipc", "abi"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# ---- output that cannot be written


def output_to(where: str, *words: object) -> tuple[int, str]:
    """The exit status and the error messages with this redirection of standard output."""
    line = f'exec "$@" {where}'
    result = subprocess.run(
        ["sh", "-c", line, "sh", sys.executable, "-m", "ipc", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        timeout=HANG,
    )
    return result.returncode, result.stderr


@pytest.mark.parametrize(
    "where, complaint",
    [
        (">&-", "standard output is closed"),
        (">/dev/full", "standard output: No space left on device"),
        ("1</dev/null", "standard output: Bad file descriptor"),
    ],
)
@pytest.mark.parametrize("words", ["ls", "ls --json", "abi", "show", "peek", "peek --json", "-h"])
def test_output_that_cannot_be_written(
    objects: Objects, words: str, where: str, complaint: str
) -> None:
    ipc.msgsnd(objects.ids["msg"], ipc.mkmsgbuf(1, b"hello"))
    msqid = objects.ids["msg"]
    more: dict[str, list[object]] = {"show": ["msg", msqid], "peek": [msqid]}
    name = words.split()[0]
    status, complaints = output_to(where, *words.split(), *more.get(name, []))
    prefix = "" if name == "-h" else f"{name}: "
    assert complaints == f"python -m ipc: {prefix}{complaint}\n"
    assert status == 2


def test_rm_with_output_that_cannot_be_written(make: Maker) -> None:
    first, second = make.queue(), make.queue()
    status, complaints = output_to(">&-", "rm", "--json", "msg", first)
    assert (status, complaints) == (2, "python -m ipc: rm: standard output is closed\n")
    assert first in ipc.queues()
    assert output_to(">&-", "rm", "msg", first) == (0, "")  # without --json, rm prints nothing
    status, complaints = output_to(">/dev/full", "rm", "--json", "msg", second)
    text = f"python -m ipc: rm: standard output: No space left on device; removed: {second}\n"
    assert (status, complaints) == (2, text)
    assert not {first, second} & set(ipc.queues())


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_error_messages_that_cannot_be_written(alone: None, where: str) -> None:
    for words in ("show", "msg", "12345"), ("ls", "queue"), ("rm", "msg", "12345"), ("none",):
        for output in ">/dev/full", ">&-", ">/dev/null":
            assert output_to(f"{output} {where}", *words) == (2, "")


def into_a_pipe_that_nobody_reads(*words: object) -> tuple[int, bytes]:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        line = [sys.executable, "-m", "ipc", *map(str, words)]
        result = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, timeout=HANG)
    finally:
        os.close(writer)
    return result.returncode, result.stderr


def test_a_pipe_that_nobody_reads(objects: Objects, make: Maker) -> None:
    msqid = objects.ids["msg"]
    ipc.msgsnd(msqid, ipc.mkmsgbuf(1, b"hello"))
    for words in "ls", f"show msg {msqid}", f"peek {msqid}", f"peek {msqid} --json", "-h":
        assert into_a_pipe_that_nobody_reads(*words.split()) == (0, b"")
    other = make.queue()
    status, complaints = into_a_pipe_that_nobody_reads("rm", "--json", "msg", 2**31 - 1, other)
    assert status == 2 and b"has the identifier 2147483647" in complaints
    assert other not in ipc.queues()
