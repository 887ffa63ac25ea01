# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The rows of bench.py: statements that do the same in C and by each module for Python.

bench.py defines their names.  A * marks rows in which C also calls IPC_STAT, which it does not
need: the binding makes this call because it needs the size.
"""

import re
from typing import NamedTuple, Optional


class Row(NamedTuple):
    """A line of the table: a statement for each contestant, or "" if it lacks the call."""

    name: str
    c: str  # a function of loops.c
    ipc: str
    sysv_ipc: str = ""
    ctypes: str = ""
    fewer: int = 1  # divides the number of calls, for a slow call
    busy: bool = False  # another thread runs Python code; each call is timed by itself
    partner: Optional["Row"] = None  # run by a child at the same time, on the same CPU

    def statement(self, contestant: str) -> str:
        """The statement of a contestant, or "" if it has none or the same as another one."""
        if contestant == "compat":
            return self.sysv_ipc
        if contestant == "bare":
            return "" if "ctypes." in self.ctypes else self.ctypes
        if contestant not in POLICIES:
            return str(getattr(self, contestant))
        return self.ipc if BLOCKING & set(self.calls) else ""

    @property
    def calls(self) -> list[str]:
        """The measured functions of the binding."""
        return sorted(set(re.findall(r"\bipc\.([a-z_]+)\(", self.ipc)))


# Builds of the binding that differ in the way they release the GIL around a call that may block
# (binding/src/blocking.c).
POLICIES = ("tries", "releases")
BLOCKING = {"msgsnd", "msgrcv", "semop", "semtimedop"}

# compat is ipc.compat.sysv_ipc with the statements of sysv_ipc; bare is bare.c with those of
# ctypes, and shows the cost of any call from Python.
CONTESTANTS = ("c", "bare", "ipc", *POLICIES, "compat", "sysv_ipc", "ctypes")

ROWS = [
    Row(
        "ftok",
        "ftok(count, b'/', 1)",
        "ipc.ftok('/', 1)",
        "sysv_ipc.ftok('/', 1, silence_warning=True)",
        "libc.ftok(b'/', 1)",
    ),
    Row(
        "msgget",
        "msgget(count, key)",
        "ipc.msgget(key, 0)",
        "sysv_ipc.MessageQueue(key)",
        "libc.msgget(key, 0)",
    ),
    Row(
        "msgsnd+msgrcv 16 B",
        "message(count, q, 16)",
        "ipc.msgsnd(q, m16); ipc.msgrcv(q, m16)",
        "sysv_q.send(b16); sysv_q.receive()",
        "libc.msgsnd(q, c_m16, 16, 0); libc.msgrcv(q, c_m16, 16, 0, 0)",
    ),
    Row(
        "msgsnd+msgrcv 8 KiB",
        "message(count, q, 8192)",
        "ipc.msgsnd(q, m8k); ipc.msgrcv(q, m8k)",
        "sysv_q.send(b8k); sysv_q.receive()",
        "libc.msgsnd(q, c_m8k, 8192, 0); libc.msgrcv(q, c_m8k, 8192, 0, 0)",
    ),
    Row(
        "msgsnd+msgrcv 16 B, bytearray",
        "message(count, q, 16)",
        "ipc.msgsnd(q, room); ipc.msgrcv(q, room)",
    ),
    Row(
        "msgctl IPC_STAT",
        "msgctl(count, q, ipc.IPC_STAT)",
        "ipc.msgctl(q, ipc.IPC_STAT, msqid_ds)",
        "sysv_q.mode",
        "libc.msgctl(q, ipc.IPC_STAT, c_msqid_ds)",
    ),
    Row(
        "msgctl IPC_SET",
        "msgctl(count, q, ipc.IPC_SET)",
        "ipc.msgctl(q, ipc.IPC_SET, msqid_ds)",
        "",
        "libc.msgctl(q, ipc.IPC_SET, c_msqid_ds)",
    ),
    Row(
        "msgctl MSG_INFO",
        "msgctl(count, 0, ipc.MSG_INFO)",
        "ipc.msgctl(0, ipc.MSG_INFO, msginfo)",
        "",
        "libc.msgctl(0, ipc.MSG_INFO, c_msginfo)",
    ),
    Row(
        "msgctl MSG_STAT",
        "msgctl(count, slot, ipc.MSG_STAT)",
        "ipc.msgctl(slot, ipc.MSG_STAT, msqid_ds)",
        "",
        "libc.msgctl(slot, ipc.MSG_STAT, c_msqid_ds)",
    ),
    Row(
        "mkmsgbuf 16 B",
        "mkmsgbuf(count, b16, 16)",
        "ipc.mkmsgbuf(1, b16)",
        "",
        "ctypes.create_string_buffer(head + b16, 24)",
    ),
    Row(
        "semget",
        "semget(count, key)",
        "ipc.semget(key, 0, 0)",
        "sysv_ipc.Semaphore(key)",
        "libc.semget(key, 0, 0)",
    ),
    Row(
        "semop up+down, sembuf",
        "semop(count, s, 1, s, -1)",
        "ipc.semop(s, up); ipc.semop(s, down)",
        "sysv_s.release(); sysv_s.acquire()",
        "libc.semop(s, c_up, 1); libc.semop(s, c_down, 1)",
    ),
    Row(
        "semop up+down, lists of one sembuf",
        "semop(count, s, 1, s, -1)",
        "ipc.semop(s, [up]); ipc.semop(s, [down])",
        "sysv_s.release(); sysv_s.acquire()",
        "libc.semop(s, c_up, 1); libc.semop(s, c_down, 1)",
    ),
    Row(
        "semop up+down, tuples",
        "semop(count, s, 1, s, -1)",
        "ipc.semop(s, [(0, 1, 0)]); ipc.semop(s, [(0, -1, 0)])",
        "sysv_s.release(); sysv_s.acquire()",
    ),
    Row(
        "semtimedop up+down, 1 s",
        "semtimedop(count, s)",
        "ipc.semtimedop(s, up, 1, 1); ipc.semtimedop(s, down, 1, 1)",
        "",
        "libc.semtimedop(s, c_up, 1, c_second); libc.semtimedop(s, c_down, 1, c_second)",
    ),
    Row(
        "semctl GETVAL",
        "semctl(count, s, ipc.GETVAL)",
        "ipc.semctl(s, 0, ipc.GETVAL)",
        "sysv_s.value",
        "libc.semctl(s, 0, ipc.GETVAL)",
    ),
    Row(
        "semctl SETVAL",
        "semctl(count, s, ipc.SETVAL)",
        "ipc.semctl(s, 0, ipc.SETVAL, 0)",
        "sysv_s.value = 0",
        "libc.semctl(s, 0, ipc.SETVAL, 0)",
    ),
    Row(
        "semctl GETALL of 8, list *",
        "semctl_all(count, s8, ipc.GETALL)",
        "ipc.semctl(s8, 0, ipc.GETALL)",
    ),
    Row(
        "semctl GETALL of 8, array *",
        "semctl_all(count, s8, ipc.GETALL)",
        "ipc.semctl(s8, 0, ipc.GETALL, values)",
        "",
        "libc.semctl(s8, 0, ipc.IPC_STAT, c_semid_ds); libc.semctl(s8, 0, ipc.GETALL, c_values)",
    ),
    Row(
        "semctl SETALL of 8, list *",
        "semctl_all(count, s8, ipc.SETALL)",
        "ipc.semctl(s8, 0, ipc.SETALL, [0, 0, 0, 0, 0, 0, 0, 0])",
    ),
    Row(
        "semctl SETALL of 8, array *",
        "semctl_all(count, s8, ipc.SETALL)",
        "ipc.semctl(s8, 0, ipc.SETALL, values)",
        "",
        "libc.semctl(s8, 0, ipc.IPC_STAT, c_semid_ds); libc.semctl(s8, 0, ipc.SETALL, c_values)",
    ),
    Row(
        "semctl IPC_STAT",
        "semctl(count, s, ipc.IPC_STAT)",
        "ipc.semctl(s, 0, ipc.IPC_STAT, semid_ds)",
        "sysv_s.mode",
        "libc.semctl(s, 0, ipc.IPC_STAT, c_semid_ds)",
    ),
    Row("shmget", "shmget(count, key)", "ipc.shmget(key, 0, 0)", "", "libc.shmget(key, 0, 0)"),
    Row(
        "shmat+shmdt *",
        "shmat(count, h)",
        "ipc.shmdt(ipc.shmat(h))",
        "sysv_h.attach(); sysv_h.detach()",
        "a = c_shmat(h, 0, 0); libc.shmctl(h, ipc.IPC_STAT, c_shmid_ds); c_shmdt(a)",
    ),
    Row(
        "shmctl IPC_STAT",
        "shmctl(count, h, ipc.IPC_STAT)",
        "ipc.shmctl(h, ipc.IPC_STAT, shmid_ds)",
        "sysv_h.mode",
        "libc.shmctl(h, ipc.IPC_STAT, c_shmid_ds)",
    ),
    Row(
        "shmcpy_to 5 B",
        "copy(count, c_p, b5, 5)",
        "ipc.shmcpy_to(p, b5)",
        "sysv_p.write(b5)",
        "ctypes.memmove(c_p, b5, 5)",
    ),
    Row(
        "shmcpy_to 1 MiB",
        "copy(count, c_p, b1m, 1 << 20)",
        "ipc.shmcpy_to(p, b1m)",
        "sysv_p.write(b1m)",
        "ctypes.memmove(c_p, b1m, 1 << 20)",
        fewer=100,
    ),
    Row(
        "shmcpy_from 5 B",
        "copy(count, c_1m, c_p, 5)",
        "ipc.shmcpy_from(p, 5)",
        "sysv_p.read(5)",
        "ctypes.string_at(c_p, 5)",
    ),
    Row(
        "shmcpy_from 1 MiB",
        "copy(count, c_1m, c_p, 1 << 20)",
        "ipc.shmcpy_from(p, 1 << 20)",
        "sysv_p.read(1 << 20)",
        "ctypes.string_at(c_p, 1 << 20)",
        fewer=100,
    ),
    Row(
        "queues, two processes, there and back",
        "message_ping(count, q, 16)",
        "ipc.msgsnd(q, ping); ipc.msgrcv(q, m16, None, 2)",
        "sysv_q.send(b16, type=1); sysv_q.receive(type=2)",
        "libc.msgsnd(q, c_ping, 16, 0); libc.msgrcv(q, c_m16, 16, 2, 0)",
        fewer=5,
        partner=Row(
            "",
            "message_pong(count, q, 16)",
            "ipc.msgrcv(q, m16, None, 1); ipc.msgsnd(q, pong)",
            "sysv_q.receive(type=1); sysv_q.send(b16, type=2)",
            "libc.msgrcv(q, c_m16, 16, 1, 0); libc.msgsnd(q, c_pong, 16, 0)",
        ),
    ),
    Row(
        "semaphores, two processes, there and back",
        "semop(count, s, 1, t, -1)",
        "ipc.semop(s, up); ipc.semop(t, down)",
        "sysv_s.release(); sysv_t.acquire()",
        "libc.semop(s, c_up, 1); libc.semop(t, c_down, 1)",
        fewer=5,
        partner=Row(
            "",
            "semop(count, s, -1, t, 1)",
            "ipc.semop(s, down); ipc.semop(t, up)",
            "sysv_s.acquire(); sysv_t.release()",
            "libc.semop(s, c_down, 1); libc.semop(t, c_up, 1)",
        ),
    ),
    Row(
        "msgsnd+msgrcv 16 B, beside a busy thread",
        "message(count, q, 16)",
        "ipc.msgsnd(q, m16); ipc.msgrcv(q, m16)",
        "sysv_q.send(b16); sysv_q.receive()",
        "libc.msgsnd(q, c_m16, 16, 0); libc.msgrcv(q, c_m16, 16, 0, 0)",
        fewer=200,
        busy=True,
    ),
    Row(
        "MessageQueue, send+receive",
        "message(count, q, 16)",
        "mq.send(b16); mq.receive()",
        "sysv_q.send(b16); sysv_q.receive()",
    ),
    Row(
        "MessageQueue, send+receive within 1 s",
        "message(count, q, 16)",
        "mq.send(b16, timeout=1); mq.receive(timeout=1)",
    ),
    Row(
        "MessageQueue, 100 by _many",
        "messages(count, q, 16, 100)",
        "mq.send_many(hundred); mq.receive_many(100)",
        "[sysv_q.send(b16) for _ in hundred]; [sysv_q.receive() for _ in hundred]",
        "[libc.msgsnd(q, c_m16, 16, 0) for _ in hundred];"
        " [libc.msgrcv(q, c_m16, 16, 0, 0) for _ in hundred]",
        fewer=20,
    ),
    Row(
        "Semaphore, release+acquire",
        "semop(count, s, 1, s, -1)",
        "sem.release(); sem.acquire()",
        "sysv_s.release(); sysv_s.acquire()",
    ),
]
