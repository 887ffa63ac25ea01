# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""server.py KEY: answers each question of a queue in upper case, by a message to the client."""

import sys

import sysv_ipc

QUESTION, FAREWELL = 1, 2
queue = sysv_ipc.MessageQueue(int(sys.argv[1]), sysv_ipc.IPC_CREX, max_message_size=1000)
print("made", flush=True)

while True:
    question, _ = queue.receive(type=QUESTION)
    client, _, text = question.partition(b" ")
    queue.send(text.upper(), type=int(client))
    if text == b"quit":
        break
queue.receive(type=FAREWELL)
queue.remove()
print("removed")
