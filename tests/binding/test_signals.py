# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""10,000 signals a second interrupt 100,000 messages; none is lost, doubled or truncated.

The queue is small, so that the sender and the receiver wait often and are interrupted meanwhile.
Each program is a process with its own timer, see setitimer(2).
"""

import pytest

from child import run_child
from conftest import Maker, row_of_proc, times
from limits import SLOWNESS

STORM = f"""
MESSAGES, SIGNALS, PERIOD = {times(100_000)}, {times(10_000)}, {SLOWNESS} / 10_000
"""
STORM += """
import signal

class Interrupted(Exception):
    pass

handled, armed = 0, False

def handle(*_):
    "Raises once each time that it is armed."
    global handled, armed
    handled += 1
    if armed:
        armed = False
        raise Interrupted

signal.signal(signal.SIGALRM, handle)

def begin():
    signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)

def mtype(n):
    return 1 + n % 3

def text(n):
    return str(n).encode() * (n % 4)

(msqid,) = ids
state = ipc.msqid_ds()
ipc.msgctl(msqid, ipc.IPC_STAT, state)
state.msg_qbytes = 64
ipc.msgctl(msqid, ipc.IPC_SET, state)
message = ipc.msgbuf(capacity=100)
END = 9

def send_all():
    begin()
    n = 0
    while n < MESSAGES or handled < SIGNALS:
        ipc.msgsnd(msqid, ipc.mkmsgbuf(mtype(n), text(n)))
        n += 1
    ipc.msgsnd(msqid, ipc.mkmsgbuf(END, str(n)))

def check(n):
    "The message that was received last is the nth that was sent, and complete."
    assert (message.mtype, message.mtext) == (mtype(n), text(n)), (n, message)

sender = os.fork()
if sender == 0:
    status = 1
    try:
        send_all()
        status = 0
    finally:
        os._exit(status)
"""

GOES_ON = """
begin()
n = 0
while ipc.msgrcv(msqid, message) is not None and message.mtype != END:
    check(n)
    n += 1
"""

# A call that the handler interrupts has received either no message or the whole message.
RAISES = """
begin()
n = raised = 0
while True:
    message.mtype = 0
    try:
        armed = True
        ipc.msgrcv(msqid, message)
        armed = False
    except Interrupted:
        raised += 1
    if message.mtype == END:
        break
    if message.mtype:
        check(n)
        n += 1
assert raised >= SIGNALS / 100, raised
"""

ALL_WERE_THERE = """
signal.setitimer(signal.ITIMER_REAL, 0)
assert message.mtext == str(n).encode() and n >= MESSAGES, (n, message)
assert handled >= SIGNALS / 10, handled
assert os.waitpid(sender, 0)[1] == 0
"""


@pytest.mark.parametrize("receive", [GOES_ON, RAISES], ids=["goes on", "raises"])
def test_no_message_is_lost_in_a_storm_of_signals(make: Maker, receive: str) -> None:
    msqid = make.queue()
    run_child(STORM + receive + ALL_WERE_THERE, msqid)
    assert row_of_proc("msg", msqid)["qnum"] == 0
