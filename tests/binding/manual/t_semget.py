# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2020 Michael Kerrisk <mtk.manpages@gmail.com>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""The example of semget(2), to which ftok(3) refers, line by line: the set of a file's key."""

import getopt
import sys
from typing import NoReturn

import ipc


def usage(pname: str) -> NoReturn:
    print(f"usage: {pname} [-cx] pathname proj-id num-sems", file=sys.stderr)
    print("  -c  IPC_CREAT, -x  IPC_EXCL", file=sys.stderr)
    sys.exit(1)


def main(argv: list[str]) -> None:
    flags = 0
    try:
        options, operands = getopt.getopt(argv[1:], "cx")
    except getopt.GetoptError:
        usage(argv[0])
    for opt, _ in options:
        match opt:
            case "-c":
                flags |= ipc.IPC_CREAT
            case "-x":
                flags |= ipc.IPC_EXCL

    if len(operands) != 3:
        usage(argv[0])

    try:
        key = ipc.ftok(operands[0], operands[1][0])
    except OSError as error:
        sys.exit(error.strerror)

    nsems = int(operands[2])

    try:
        semid = ipc.semget(key, nsems, flags | 0o600)
    except OSError as error:
        sys.exit(error.strerror)

    print(f"ID = {semid}")


if __name__ == "__main__":
    main(sys.argv)
