# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""consumer.py KEY: prints the lines that producer.py puts into the segment."""

import sys

import sysv_ipc

key = int(sys.argv[1])
room, line = sysv_ipc.Semaphore(key), sysv_ipc.Semaphore(key + 1)
memory = sysv_ipc.SharedMemory(key)
text = b""
while text != b"end":
    line.acquire(1800)
    text = memory.read().rstrip(b"\0")
    print(text.decode())
    room.release()
try:
    sysv_ipc.Semaphore(key + 2)
except sysv_ipc.ExistentialError:
    print("no third semaphore")
