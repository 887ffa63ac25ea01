# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""replay_vectors.py FILE: makes the calls of a test vector (ipc-conform vectors) with the module.

The program starts a process for each process of the vector, and prints the number of steps that
agree.  The first step whose results or state differ ends the program with status 1.
"""

import errno
import json
import os
import signal
import struct
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

import ipc

Step = dict[str, Any]
Answer = dict[str, Any]
PAGE = os.sysconf("SC_PAGESIZE")


def flags(names: list[str]) -> int:
    return sum(int(getattr(ipc, name)) for name in names)


class Caller:
    """Makes the calls of one process."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids
        self.attached: list[list[ipc.shm_address]] = [[] for _ in ids]

    def make(self, step: Step) -> Answer:
        try:
            return getattr(self, step["call"])(step) or {"result": 0}
        except OSError as error:
            return {"error": errno.errorcode[error.errno or 0]}

    def msgsnd(self, step: Step) -> None:
        message = ipc.mkmsgbuf(step["mtype"], bytes.fromhex(step["text"]))
        ipc.msgsnd(self.ids[0], message, None, flags(step["flags"]))

    def msgrcv(self, step: Step) -> Answer:
        size = step["msgsz"]
        message = ipc.msgbuf(capacity=size)
        got = ipc.msgrcv(self.ids[0], message, size, step["mtype"], flags(step["flags"]))
        return {"result": got, "mtype": message.mtype, "text": message.mtext.hex()}

    def semop(self, step: Step) -> None:
        sops = [(s["sem_num"], s["sem_op"], flags(s["flags"])) for s in step["sops"]]
        ipc.semop(self.ids[0], sops)

    def SETVAL(self, step: Step) -> None:
        ipc.semctl(self.ids[0], step["sem_num"], ipc.SETVAL, step["value"])

    def SETALL(self, step: Step) -> None:
        ipc.semctl(self.ids[0], 0, ipc.SETALL, step["values"])

    def shmat(self, step: Step) -> None:
        segment = step["segment"]
        self.attached[segment].append(ipc.shmat(self.ids[segment], None, flags(step["flags"])))

    def shmdt(self, step: Step) -> None:
        ipc.shmdt(self.attached[step["segment"]].pop())

    def write(self, step: Step) -> None:
        place = self.attached[step["segment"]][-1]
        struct.pack_into("i", place, step["page"] * PAGE, step["value"])

    def read(self, step: Step) -> Answer:
        place = self.attached[step["segment"]][-1]
        return {"result": struct.unpack_from("i", place, step["page"] * PAGE)[0]}

    def fork(self, _: Step) -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def interrupt(*_: object) -> None:
    raise InterruptedError(errno.EINTR, "a signal")


class Process:
    """A process that makes the calls it receives, one after another."""

    def __init__(self, ids: list[int]) -> None:
        self.ends, end = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.serve(end, Caller(ids))
        end.close()

    @staticmethod
    def serve(end: Connection, caller: Caller) -> None:
        signal.signal(signal.SIGUSR1, interrupt)
        while True:
            end.send(caller.make(end.recv()))

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.ends.close()

    def is_blocked(self, ident: int) -> bool:
        """Return whether the process waits in a system call on the object; see proc(5)."""
        with open(f"/proc/{self.pid}/syscall") as file:
            number, *arguments = file.read().split()
        # 117 is ipc(2), on architectures that have it; its first argument is the call.
        wanted = arguments[1:2] if number == "117" else arguments[:1]
        return len(arguments) > 1 and [int(word, 16) for word in wanted] == [ident]


def made(head: Step) -> list[int]:
    if head["facility"] == "sem":
        return [ipc.semget(ipc.IPC_PRIVATE, head["nsems"], 0o600)]
    if head["facility"] == "shm":
        size = head["pages"] * PAGE
        return [ipc.shmget(ipc.IPC_PRIVATE, size, 0o600) for _ in range(head["segments"])]
    queue = ipc.msgget(ipc.IPC_PRIVATE, 0o600)
    ds = ipc.msqid_ds()
    ipc.msgctl(queue, ipc.IPC_STAT, ds)
    ds.msg_qbytes = head["msg_qbytes"]
    ipc.msgctl(queue, ipc.IPC_SET, ds)
    return [queue]


def remove(facility: str, ids: list[int]) -> None:
    for ident in ids:
        if facility == "sem":
            ipc.semctl(ident, 0, ipc.IPC_RMID)
        else:
            (ipc.msgctl if facility == "msg" else ipc.shmctl)(ident, ipc.IPC_RMID)


def state(facility: str, ids: list[int]) -> Step:
    """The state of the objects, with the names that the vector has."""
    if facility == "msg":
        queue = ipc.msqid_ds()
        ipc.msgctl(ids[0], ipc.IPC_STAT, queue)
        return {"msg_qnum": queue.msg_qnum, "msg_cbytes": queue.msg_cbytes}
    if facility == "shm":
        segment, found = ipc.shmid_ds(), []
        for shmid in ids:
            ipc.shmctl(shmid, ipc.IPC_STAT, segment)
            found.append(segment.shm_nattch)
        return {"shm_nattch": found}
    values = list(ipc.semctl(ids[0], 0, ipc.GETALL))
    counts = {
        name: [ipc.semctl(ids[0], n, getattr(ipc, name)) for n in range(len(values))]
        for name in ("GETNCNT", "GETZCNT")
    }
    return {"GETALL": values} | counts


def begin(step: Step, processes: list[Process], ids: list[int]) -> None:
    process = processes[step["process"]]
    if step.get("event") == "kill":
        process.kill()
        processes[step["process"]] = Process(ids)
    elif step.get("event") == "signal":
        os.kill(process.pid, signal.SIGUSR1)
    else:
        process.ends.send(step)


def difference(step: Step, processes: list[Process], facility: str, ids: list[int]) -> str:
    """Makes a step; returns what differs from the vector, or ""."""
    begin(step, processes, ids)
    for end in step["ends"]:
        answer = {"process": end["process"]} | processes[end["process"]].ends.recv()
        if answer != end:
            return f"{answer}, not {end}"
    ended = {end["process"] for end in step["ends"]}
    process = processes[step["process"]]
    while "call" in step and step["process"] not in ended and not process.is_blocked(ids[0]):
        if process.ends.poll():
            return f"process {step['process']} ends, and does not wait"
    if wait([process.ends for process in processes], 0):
        return "a process ends that waits in the vector"
    names = [name for name in step if name in state(facility, ids)]
    # The kernel counts the attachments of a killed process until it has ended.
    for _ in range(1 if facility != "shm" else 100_000):
        found = state(facility, ids)
        if found == {name: step[name] for name in names}:
            return ""
    return f"{found}, not {({name: step[name] for name in names})}"


def main() -> int:
    with open(sys.argv[1]) as file:
        head, *steps = map(json.loads, file)
    ids = made(head)
    processes: list[Process] = []
    processes += [Process(ids) for _ in range(head["processes"])]
    try:
        for n, step in enumerate(steps):
            if words := difference(step, processes, head["facility"], ids):
                print(f"step {n + 1}: {step}: {words}")
                return 1
    finally:
        for process in processes:
            process.kill()
        remove(head["facility"], ids)
    print(f"{len(steps)} steps agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
