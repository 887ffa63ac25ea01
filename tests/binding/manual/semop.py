# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""The example of semop(2), line by line: waits until semaphore 0 is 0 and adds 1, at once.

The page leaves out where semid comes from; here it is the argument.
"""

import sys

import ipc


def main(argv: list[str]) -> None:
    semid = int(argv[1])
    sops = [ipc.sembuf(), ipc.sembuf()]

    sops[0].sem_num = 0  # on semaphore 0
    sops[0].sem_op = 0  # wait for 0
    sops[0].sem_flg = 0

    sops[1].sem_num = 0  # on semaphore 0
    sops[1].sem_op = 1  # add 1
    sops[1].sem_flg = 0

    try:
        ipc.semop(semid, sops, 2)
    except OSError as error:
        sys.exit(error.strerror)


if __name__ == "__main__":
    main(sys.argv)
