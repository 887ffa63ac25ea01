# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2015 Bill Pemberton <wfp5p@worldbroken.com>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""The example of msgop(2), line by line: -s sends a message, -r receives one."""

import errno
import getopt
import sys
import time
from typing import NoReturn

import ipc

MTEXT = 80  # bytes, as in the page's own struct msgbuf


def usage(prog_name: str, msg: str) -> NoReturn:
    print(msg, file=sys.stderr)
    print(f"usage: {prog_name} -s | -r [-t type] [-k key]", file=sys.stderr)
    print("  -s  msgsnd(), -r  msgrcv()", file=sys.stderr)
    print("  -t  type of the message, 1 if not given", file=sys.stderr)
    print("  -k  key of the queue, 1234 if not given", file=sys.stderr)
    sys.exit(1)


def send_msg(qid: int, msgtype: int) -> None:
    msg = ipc.msgbuf(capacity=MTEXT)

    msg.mtype = msgtype
    msg.mtext = f"a message at {time.ctime()}\n".encode()

    try:
        ipc.msgsnd(qid, msg, len(msg.mtext), ipc.IPC_NOWAIT)
    except OSError as error:
        sys.exit(error.strerror)
    print(f"sent: {msg.mtext.decode()}")


def get_msg(qid: int, msgtype: int) -> None:
    msg = ipc.msgbuf(capacity=MTEXT)

    try:
        ipc.msgrcv(qid, msg, MTEXT, msgtype, ipc.MSG_NOERROR | ipc.IPC_NOWAIT)
    except OSError as error:
        if error.errno != errno.ENOMSG:
            sys.exit(error.strerror)
        print("No message available for msgrcv()")
    else:
        print(f"message received: {msg.mtext.decode()}")


def main(argv: list[str]) -> None:
    mode = 0  # 1 = send, 2 = receive
    msgtype = 1
    msgkey = 1234

    try:
        options, _ = getopt.getopt(argv[1:], "srt:k:")
    except getopt.GetoptError as error:
        usage(argv[0], str(error))
    for opt, optarg in options:
        match opt:
            case "-s":
                mode = 1
            case "-r":
                mode = 2
            case "-t":
                msgtype = int(optarg)
                if msgtype <= 0:
                    usage(argv[0], "-t: a type is greater than 0")
            case "-k":
                msgkey = int(optarg)

    if mode == 0:
        usage(argv[0], "one of -s and -r must be given")

    try:
        qid = ipc.msgget(msgkey, ipc.IPC_CREAT | 0o666)
    except OSError as error:
        sys.exit(error.strerror)

    if mode == 2:
        get_msg(qid, msgtype)
    else:
        send_msg(qid, msgtype)


if __name__ == "__main__":
    main(sys.argv)
