"""python -m ipc: what it prints is what there is, and it removes what it is told and no more."""

import json
import subprocess
import sys
from typing import Any

import pytest

import ipc
import ipc.__main__ as command
from conftest import Maker, all_objects, row_of_proc
from limits import HANG

KINDS = ("msg", "sem", "shm")


def run(*words: object, status: int = 0) -> tuple[str, str]:
    """What it prints, and its complaints."""
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
    """One of each kind."""

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
    assert complaints == "python -m ipc: rm: msg 2147483647: msgctl: Invalid argument\n"
    assert second in ipc.queues() and not {first, third} & set(ipc.queues())


def test_rm_of_what_cannot_be_read(make: Maker) -> None:
    msqid = make.queue(msgflg=0)
    run("rm", "msg", msqid)
    assert msqid not in ipc.queues()


def test_rm_of_the_private_key_removes_nothing(objects: Objects) -> None:
    before = all_objects()
    assert "IPC_PRIVATE" in run("rm", "sem", "--key", 0, status=2)[1]
    assert "No such file" in run("rm", "sem", "--key", 1, status=2)[1]
    assert all_objects() == before


# ---- abi


def test_abi_is_what_the_module_says(alone: None) -> None:
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


# What the kernel would say if a member were elsewhere: another number in /proc.
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
def test_abi_says_what_disagrees(
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


# ---- misused


@pytest.mark.parametrize(
    "words, complaint",
    [
        ((), "COMMAND"),
        (("nothing",), "nothing"),
        (("ls", "queue"), "queue"),
        (("show", "msg"), "id"),
        (("show", "msg", "x"), "x"),
        (("show", "msg", 2**31 - 1), "Invalid argument"),
        (("show", "shm", 2**40), "does not fit"),
        (("rm", "msg"), "ID"),
        (("rm", 1), "msg"),
        (("rm", "sem", 2**31 - 1), "Invalid argument"),
        (("peek", 2**31 - 1), "Invalid argument"),
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
