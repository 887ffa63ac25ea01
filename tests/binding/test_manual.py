# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The programs of the manual pages, in tests/binding/manual, work with each other."""

import errno
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ipc
from conftest import Maker, fails_with, row_of_proc, wait_until
from limits import HANG

MANUAL = Path(__file__).with_name("manual")


def command(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(MANUAL / f"{name}.py"), *map(str, arguments)]


def run(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(name, *arguments), capture_output=True, text=True, timeout=HANG
    )


def printed(name: str, *arguments: object) -> str:
    """The output of a program that must succeed without error messages."""
    result = run(name, *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def refused(name: str, *arguments: object) -> str:
    """The error message of a program that must fail."""
    result = run(name, *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    return result.stderr


class Background:
    """A program that waits, and the lines of its output."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            command(name, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def rest(self) -> str:
        """The rest of the output of the program, which must exit with 0."""
        output, _ = self.process.communicate(timeout=HANG)
        assert self.process.returncode == 0, output
        return output

    def __enter__(self) -> "Background":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


# ---- msgop(2) ---------------------------------------------------------------------


@pytest.fixture
def sent_to(make: Maker, key: int) -> int:
    """Makes a queue at the key that the programs use."""
    make.queue(key, 0o666)
    return key


def test_msgop_receives_what_it_sent(sent_to: int) -> None:
    sent = printed("msgop", "-s", "-k", sent_to)
    match = re.fullmatch(r"sent: (a message at \w+ \w+ [ \d]\d [\d:]{8} \d{4}\n)\n", sent)
    assert match, sent
    assert printed("msgop", "-r", "-k", sent_to) == f"message received: {match[1]}\n"


def test_msgop_receives_by_type(sent_to: int) -> None:
    printed("msgop", "-s", "-t", 7, "-k", sent_to)
    none = "No message available for msgrcv()\n"
    assert printed("msgop", "-r", "-k", sent_to) == none
    assert printed("msgop", "-r", "-t", 7, "-k", sent_to).startswith("message received: a message")
    assert printed("msgop", "-r", "-t", 7, "-k", sent_to) == none


@pytest.fixture
def removed_at_the_end(key: int) -> Iterator[int]:
    yield key
    ipc.msgctl(ipc.msgget(key, 0), ipc.IPC_RMID)


def test_msgop_makes_the_queue(removed_at_the_end: int) -> None:
    printed("msgop", "-s", "-k", removed_at_the_end)
    row = row_of_proc("msg", ipc.msgget(removed_at_the_end, 0))
    assert (row["qnum"], row["perms"] & 0o600) == (1, 0o600)


@pytest.mark.parametrize(
    "arguments, words",
    [([], "-s"), (["-s", "-t", "0"], "greater than 0"), (["-q"], "-q"), (["-s", "-k"], "-k")],
)
def test_msgop_prints_its_usage(arguments: list[str], words: str) -> None:
    complaint, usage, *_ = refused("msgop", *arguments).splitlines()
    assert words in complaint and usage.startswith("usage: ")


# ---- semop(2) ---------------------------------------------------------------------


def test_semop_waits_for_zero_and_adds_one(make: Maker) -> None:
    semid = make.semset(1)
    assert printed("semop", semid) == ""
    assert ipc.semctl(semid, 0, ipc.GETVAL) == 1
    with Background("semop", semid) as second:
        wait_until(lambda: ipc.semctl(semid, 0, ipc.GETZCNT) == 1, "the second waits")
        ipc.semop(semid, [(0, -1, 0)])
        assert second.rest() == ""
        assert ipc.semctl(semid, 0, ipc.GETPID) == second.process.pid
    assert ipc.semctl(semid, 0, ipc.GETVAL) == 1


def test_semop_names_the_call_that_failed(make: Maker) -> None:
    semid = make.semset(1)
    ipc.semctl(semid, 0, ipc.IPC_RMID)
    assert refused("semop", semid).startswith("semop: ")


# ---- semget(2) and ftok(3) ------------------------------------------------------------


def test_ftok_gives_the_set_of_a_file(make: Maker, tmp_path: Path) -> None:
    paths = mykey, mykey2, link = [tmp_path / name for name in ("mykey", "mykey2", "link")]
    mykey.touch()
    mykey2.touch()
    link.hardlink_to(mykey)
    keys = [ipc.ftok(path, "p") for path in paths]
    assert keys[0] == keys[2] != keys[1]
    assert printed("t_semget", "-c", mykey, "p", 1) == f"ID = {ipc.semget(keys[0], 1, 0)}\n"
    assert printed("t_semget", "-c", mykey2, "p", 2) == f"ID = {ipc.semget(keys[1], 2, 0)}\n"
    rows = [row_of_proc("sem", ipc.semget(key, 0, 0)) for key in keys[:2]]
    try:
        found = [(row["key"] & 0xFFFFFFFF, row["perms"], row["nsems"]) for row in rows]
        assert found == [(keys[0] & 0xFFFFFFFF, 0o600, 1), (keys[1] & 0xFFFFFFFF, 0o600, 2)]
        # The same file and another link to it give the same key again.
        for path in (mykey, link):
            assert printed("t_semget", path, "p", 1) == f"ID = {rows[0]['semid']}\n"
        assert "File exists" in refused("t_semget", "-cx", mykey, "p", 1)
    finally:
        for row in rows:
            ipc.semctl(row["semid"], 0, ipc.IPC_RMID)
    assert "No such file" in refused("t_semget", mykey, "p", 1)


def test_ftok_needs_a_file(tmp_path: Path) -> None:
    assert refused("t_semget", tmp_path / "none", "p", 1).startswith("ftok: ")
    assert refused("t_semget", tmp_path, "p").startswith("usage: ")


# ---- shmop(2) -----------------------------------------------------------------------


@pytest.mark.parametrize("string", ["Hello, world", "", "grün", "x" * 4095])
def test_shmop_reads_what_was_written(string: str) -> None:
    with Background("svshm_string_read") as reader:
        match = re.fullmatch(r"shmid = (\d+); semid = (\d+)\n", reader.line())
        assert match
        shmid, semid = map(int, match.groups())
        wait_until(lambda: ipc.semctl(semid, 0, ipc.GETZCNT) == 1, "the reader waits")
        assert row_of_proc("shm", shmid)["nattch"] == 1
        assert printed("svshm_string_write", shmid, semid, string) == ""
        assert reader.rest() == f"{string}\n"
    with fails_with(errno.EINVAL):
        ipc.shmat(shmid)
    with fails_with(errno.EINVAL):
        ipc.semctl(semid, 0, ipc.GETVAL)


def test_shmop_writes_no_more_than_there_is_room_for(make: Maker) -> None:
    shmid, semid = make.segment(4096), make.semset(1)
    assert "too long" in refused("svshm_string_write", shmid, semid, "x" * 4096)
    assert refused("svshm_string_write", shmid, semid).startswith("usage: ")
    with ipc.shmat(shmid) as p:
        assert ipc.shmcpy_from(p, 4096) == bytes(4096)
