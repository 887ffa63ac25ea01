# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""outside.py COMMAND...: runs a command in an IPC namespace with foreign objects and limits.

The caller makes the namespace.  The output is JSON: the exit status of the command, and each
limit and object that the command changed.
"""

import json
import subprocess
import sys
from pathlib import Path

import ipc

LIMITS = {
    "msgmni": "77",
    "msgmax": "9000",
    "msgmnb": "20000",
    "sem": "251\t1000\t33\t66",
    "shmmax": "67108864",
    "shmall": "1234567",
    "shmmni": "99",
    "shm_rmid_forced": "0",
}
KERNEL = Path("/proc/sys/kernel")


def state() -> dict[str, str]:
    """The limits and objects of this namespace."""
    found = {name: (KERNEL / name).read_text().strip() for name in LIMITS}
    for kind in ("msg", "sem", "shm"):
        found[kind] = Path(f"/proc/sysvipc/{kind}").read_text()
    found["values"] = str(ipc.semctl(semid, 0, ipc.GETALL))
    found["content"] = str(ipc.shmcpy_from(address, 16))
    return found


for name, value in LIMITS.items():
    (KERNEL / name).write_text(value)
msqid = ipc.msgget(0x50000001, ipc.IPC_CREAT | 0o600)
ipc.msgsnd(msqid, ipc.mkmsgbuf(1, b"somebody's"))
semid = ipc.semget(0x50000001, 2, ipc.IPC_CREAT | 0o600)
ipc.semctl(semid, 0, ipc.SETALL, [3, 4])
shmid = ipc.shmget(0x50000001, 4096, ipc.IPC_CREAT | 0o600)
alone = ipc.shmget(0x50000002, 4096, ipc.IPC_CREAT | 0o600)  # shm_rmid_forced would destroy it
address = ipc.shmat(shmid)
ipc.shmcpy_to(address, b"somebody's")
before = state()
command = subprocess.run(sys.argv[1:], stdout=sys.stderr)
after = state()
changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
print(json.dumps({"status": command.returncode, "changed": changed}))
