# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2020 Michael Kerrisk <mtk.manpages@gmail.com>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""The reader of shmop(2), line by line: makes a segment and a set, and prints the text."""

import ipc
from svshm_string import MEM_SIZE, err_exit


def main() -> None:
    arg, dummy = ipc.semun(), ipc.semun()
    sop = ipc.sembuf()

    # A segment, and a set of one semaphore.

    with err_exit():
        shmid = ipc.shmget(ipc.IPC_PRIVATE, MEM_SIZE, ipc.IPC_CREAT | 0o600)

    with err_exit():
        semid = ipc.semget(ipc.IPC_PRIVATE, 1, ipc.IPC_CREAT | 0o600)

    # The segment is attached to be read.

    with err_exit():
        addr = ipc.shmat(shmid, None, ipc.SHM_RDONLY)

    # Semaphore 0 begins as 1.

    arg.val = 1
    with err_exit():
        ipc.semctl(semid, 0, ipc.SETVAL, arg)

    print(f"shmid = {shmid}; semid = {semid}", flush=True)

    # The writer makes it 0.

    sop.sem_num = 0
    sop.sem_op = 0
    sop.sem_flg = 0

    with err_exit():
        ipc.semop(semid, sop, 1)

    # The string is what comes before the first NUL.

    string, _, _ = ipc.shmcpy_from(addr, MEM_SIZE).partition(b"\0")
    print(string.decode())

    # Both are removed.

    with err_exit():
        ipc.shmctl(shmid, ipc.IPC_RMID, None)
    with err_exit():
        ipc.semctl(semid, 0, ipc.IPC_RMID, dummy)


if __name__ == "__main__":
    main()
