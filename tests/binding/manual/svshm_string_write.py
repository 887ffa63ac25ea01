# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2020 Michael Kerrisk <mtk.manpages@gmail.com>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""The writer of shmop(2), line by line: writes a string into the reader's segment."""

import os
import sys

import ipc
from svshm_string import MEM_SIZE, err_exit


def main(argv: list[str]) -> None:
    sop = ipc.sembuf()

    if len(argv) != 4:
        sys.exit(f"usage: {argv[0]} shmid semid string")

    string = os.fsencode(argv[3]) + b"\0"
    if len(string) > MEM_SIZE:
        sys.exit("the string is too long")

    # What the reader has made.

    shmid = int(argv[1])
    semid = int(argv[2])

    # The string is copied into the segment, with the NUL that ends it.

    with err_exit():
        addr = ipc.shmat(shmid, None, 0)

    ipc.shmcpy_to(addr, string, len(string))

    # Semaphore 0 becomes 0, for which the reader waits.

    sop.sem_num = 0
    sop.sem_op = -1
    sop.sem_flg = 0

    with err_exit():
        ipc.semop(semid, sop, 1)


if __name__ == "__main__":
    main(sys.argv)
