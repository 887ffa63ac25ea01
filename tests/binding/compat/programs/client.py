# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""client.py KEY WORD...: asks server.py each word, and prints what it answers."""

import os
import sys

import sysv_ipc

FAREWELL = 2

me = FAREWELL + os.getpid()
queue = sysv_ipc.MessageQueue(int(sys.argv[1]))
for word in sys.argv[2:]:
    queue.send(b"%d %s" % (me, word.encode()))
    answer, to = queue.receive(True, me)
    assert to == me
    print(answer.decode())
try:
    queue.receive(block=False, type=me)
except sysv_ipc.BusyError:
    print("no other answer")
queue.send(b"", type=FAREWELL)
