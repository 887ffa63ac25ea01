# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""producer.py KEY COUNT: puts COUNT lines into a segment, one after the other, for consumer.py."""

import sys

import sysv_ipc

key, count = int(sys.argv[1]), int(sys.argv[2])
room = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, initial_value=1)
line = sysv_ipc.Semaphore(key + 1, sysv_ipc.IPC_CREX)
memory = sysv_ipc.SharedMemory(key, sysv_ipc.IPC_CREX, mode=0o600, size=100)
print("made", flush=True)

for number in range(count + 1):
    room.acquire()
    text = b"line %d" % number if number < count else b"end"
    memory.write(text.ljust(memory.size, b"\0"))
    line.release()
room.acquire(timeout=1800)  # the consumer has seen the end
memory.detach()
memory.remove()
room.remove()
line.remove()
print("removed")
