# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""MessageQueue."""

from __future__ import annotations

import errno
import sys
from typing import Any, SupportsIndex

import ipc
from ipc import IPC_STAT, msgctl, msqid_ds
from ipc._ipc import _Inbox, _msgsnd
from ipc.compat.sysv_ipc.object import Bytes, Object, permissions, status

_NOWAIT = ipc.IPC_NOWAIT


class MessageQueue(Object):
    """A message queue.

    Args:
        key: IPC_PRIVATE, a 32-bit key, or None to choose an unused key (with IPC_CREX).
        flags: 0 opens an existing queue, IPC_CREAT creates it if it does not exist, and IPC_CREX
            creates it and fails if it exists.
        mode: The permission bits of a new queue.
        max_message_size: The largest text to send or receive, in bytes.

    Raises:
        ExistentialError: The queue does not exist; with IPC_CREX, it exists.
        PermissionsError: The permissions of the queue do not allow it.
        ValueError: An argument has an invalid value.
    """

    __slots__ = ("_max_message_size", "_inbox")
    _inbox: _Inbox  # receives, and keeps a message whose receive is interrupted

    # Object gives the reason why each class defines these two.
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
        self._inbox = _Inbox()
        self._open(key, flags, mode, ipc.msgget)

    def send(self, message: Bytes | str, block: bool = True, type: int = 1) -> None:
        """Send a message; wait while the queue is full.

        Args:
            message: The text: bytes, or a str, which is encoded as UTF-8.
            block: False raises BusyError instead of waiting.
            type: The type of the message, above 0.

        Raises:
            BusyError: The queue is full and block is False.
            ExistentialError: The queue does not exist.
            PermissionsError: The permissions of the queue do not allow it.
            ValueError: type is not above 0, or the text is longer than max_message_size.
        """
        if type <= 0:
            raise ValueError(f"type: {type} is not above 0")
        if message.__class__ is not bytes:
            message = ipc.mkmsgbuf(type, message).mtext
        if len(message) > self._max_message_size:
            raise ValueError(
                f"message: {len(message)} bytes, max_message_size is {self._max_message_size}"
            )
        try:
            _msgsnd(self._id, type, message, 0 if block else _NOWAIT, None, None)
        except OSError as error:
            if error.errno == errno.EINVAL and len(message) > _msgmax():
                raise
            self._fail(error)

    def receive(self, block: bool = True, type: int = 0) -> tuple[bytes, int]:
        """Receive a message; wait until there is one.

        Args:
            block: False raises BusyError instead of waiting.
            type: 0 receives the first message, a number above 0 the first of that type, and one
                below 0 the first of the lowest type up to -type.

        Returns:
            The text, as bytes, and the type.

        Raises:
            BusyError: No such message is in the queue and block is False.
            ExistentialError: The queue does not exist.
            PermissionsError: The permissions of the queue do not allow it.
            OSError: E2BIG if the text is longer than max_message_size; the message stays.
        """
        flags = 0 if block else _NOWAIT
        try:
            msgp = self._inbox.receive(
                self._id, self._max_message_size, type, flags, None, None
            )
        except OSError as error:
            self._fail(error)
        # Once the text is read, the inbox forgets the message, so read it last.
        mtype = msgp.mtype
        return msgp.mtext, mtype

    mode, uid, gid, cuid, cgid = permissions("msg_perm")

    max_size = status("msg_qbytes", "The bytes of text that the queue may hold.", settable=True)
    current_messages = status("msg_qnum", "The number of messages in the queue.")
    last_send_time = status("msg_stime", "The time of the last send; 0: never.")
    last_receive_time = status("msg_rtime", "The time of the last receive; 0: never.")
    last_change_time = status("msg_ctime", "The time of the creation or the last change.")
    last_send_pid = status("msg_lspid", "The id of the process that sent last.")
    last_receive_pid = status("msg_lrpid", "The id of the process that received last.")


def _msgmax() -> int:
    limits = ipc.msginfo()
    ipc.msgctl(0, ipc.IPC_INFO, limits)
    return limits.msgmax


def remove_message_queue(id: int) -> None:
    """Remove a queue by its identifier.

    Raises:
        ExistentialError: The queue does not exist.
        PermissionsError: The caller is neither its owner nor its creator.
    """
    MessageQueue._with_id(id).remove()
