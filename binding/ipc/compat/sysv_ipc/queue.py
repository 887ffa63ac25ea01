# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""MessageQueue."""

from __future__ import annotations

import errno
import sys
from typing import Any, SupportsIndex

import ipc
from ipc import IPC_STAT, msgctl, msqid_ds
from ipc._ipc import _msgrcv, _msgsnd
from ipc.compat.sysv_ipc.object import Bytes, Object, permissions, status

_NOWAIT = ipc.IPC_NOWAIT


class MessageQueue(Object):
    """A message queue: the one of a key, made if the flags say so.

    key: IPC_PRIVATE, 32 bits, or None for one that nobody has (with IPC_CREX).
    flags: IPC_CREAT, IPC_CREX.  max_message_size: bytes of the longest message.
    """

    __slots__ = ("_max_message_size",)

    def _ctl(self, cmd: int, arg: Any) -> object:
        return msgctl(self._id, cmd, arg)

    def _stat(self) -> msqid_ds:
        status = msqid_ds()
        msgctl(self._id, IPC_STAT, status)
        return status

    def __init__(
        self,
        key: SupportsIndex | None,
        flags: int = 0,
        mode: int = 0o600,
        max_message_size: int = 2048,
    ) -> None:
        if not 0 <= max_message_size <= sys.maxsize:
            raise ValueError(f"max_message_size is not between 0 and {sys.maxsize}")
        self._max_message_size = max_message_size
        self._open(key, flags, mode, ipc.msgget)

    def send(self, message: Bytes | str, block: bool = True, type: int = 1) -> None:
        """Send a message of a type above 0; BusyError where it would wait and block is False."""
        if type <= 0:
            raise ValueError("type: a message's is above 0")
        if message.__class__ is not bytes:
            message = ipc.mkmsgbuf(type, message).mtext
        if len(message) > self._max_message_size:
            raise ValueError(f"{len(message)} bytes, above {self._max_message_size}")
        try:
            _msgsnd(self._id, type, message, 0 if block else _NOWAIT, None, None)
        except OSError as error:
            if error.errno == errno.EINVAL and len(message) > _msgmax():
                raise
            self._fail(error)

    def receive(self, block: bool = True, type: int = 0) -> tuple[bytes, int]:
        """Receive a message; return its text and its type.

        type: 0 for the first message, above 0 for the first of that type, below 0 for the
        lowest type up to -type.  BusyError where there is none and block is False.
        OSError, E2BIG, where it is longer than max_message_size; it stays in the queue.
        """
        flags = 0 if block else _NOWAIT
        try:
            msgp = _msgrcv(self._id, self._max_message_size, type, flags, None, None)
        except OSError as error:
            self._fail(error)
        return msgp.mtext, msgp.mtype

    mode, uid, gid, cuid, cgid = permissions("msg_perm")

    max_size = status("msg_qbytes", "The bytes that there is room for.", settable=True)
    current_messages = status("msg_qnum", "How many messages there are.")
    last_send_time = status("msg_stime", "When one was sent.")
    last_receive_time = status("msg_rtime", "When one was received.")
    last_change_time = status("msg_ctime", "When the queue was made or changed.")
    last_send_pid = status("msg_lspid", "The process that sent last.")
    last_receive_pid = status("msg_lrpid", "The process that received last.")


def _msgmax() -> int:
    limits = ipc.msginfo()
    ipc.msgctl(0, ipc.IPC_INFO, limits)
    return limits.msgmax


def remove_message_queue(id: int) -> None:
    """Remove the queue that has the identifier."""
    MessageQueue._with_id(id).remove()
