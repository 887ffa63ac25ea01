# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Semaphore: the first semaphore of a set."""

from __future__ import annotations

from collections import abc as _abc
from typing import Any, SupportsIndex

import ipc
from ipc import IPC_STAT, semctl, semid_ds, semop
from ipc.compat.sysv_ipc.constants import IPC_CREAT, IPC_EXCL, SEMAPHORE_VALUE_MAX
from ipc.compat.sysv_ipc.errors import ExistentialError
from ipc.compat.sysv_ipc.object import OWNER_WRITES, Number, Object, permissions, status

# acquire() and release() compare their default by identity, and then use one of these
# operations, which are made in advance for each combination of flags.
_ONE = 1
_BY_ONE = {
    flags: (ipc.sembuf(0, _ONE, flags), ipc.sembuf(0, -_ONE, flags))
    for flags in (0, ipc.IPC_NOWAIT, ipc.SEM_UNDO, ipc.IPC_NOWAIT | ipc.SEM_UNDO)
}


def _state(
    cmd: int, doc: str, change: _abc.Callable[[Semaphore, int], None] | None = None
) -> Number:
    """Return a property for the result of a command of semctl()."""

    def get(self: Semaphore) -> int:
        try:
            value: int = semctl(self._id, 0, cmd)
        except OSError as error:
            self._fail(error)
        return value

    return Number(get, doc, change)


class Semaphore(Object):
    """A semaphore, the first of its set.

    As a context manager, the object acquires the semaphore and releases it at the end.

    Args:
        key, flags: As for MessageQueue.
        mode: The permission bits of a new semaphore.
        initial_value: The value of a new semaphore, from 0 to SEMVMX; ignored if mode has no
            write permission for the owner.

    Raises:
        ExistentialError: The semaphore does not exist; with IPC_CREX, it exists.
        PermissionsError: The permissions of the semaphore do not allow it.
        ValueError: An argument has an invalid value.
    """

    __slots__ = ("_up", "_down")
    _up: ipc.sembuf
    _down: ipc.sembuf

    # Object gives the reason why each class defines these two.
    def _ctl(self, cmd: int, arg: Any) -> object:
        return semctl(self._id, 0, cmd, arg)

    def _stat(self) -> semid_ds:
        status = semid_ds()
        semctl(self._id, 0, IPC_STAT, status)
        return status

    def __init__(
        self,
        key: SupportsIndex | None,
        flags: int = 0,
        mode: int = 0o600,
        initial_value: int = 0,
    ) -> None:
        self._set_flags(0)
        if not flags & IPC_CREAT or not mode & OWNER_WRITES:
            initial_value = 0  # the kernel's initial value, which needs no SETVAL
        if not 0 <= initial_value <= SEMAPHORE_VALUE_MAX:
            raise ValueError(f"initial_value is not between 0 and {SEMAPHORE_VALUE_MAX} (SEMVMX)")
        if not initial_value:
            self._get(key, flags, mode)
            return
        try:
            self._get(key, flags | IPC_EXCL, mode)
        except ExistentialError:
            if flags & IPC_EXCL:
                raise
            self._get(key, flags, mode)
        else:
            self._initialise(initial_value)

    def _get(self, key: SupportsIndex | None, flags: int, mode: int) -> None:
        self._open(key, flags, mode, lambda key, flg: ipc.semget(key, 1, flg))

    def _initialise(self, value: int) -> None:
        try:
            self._set_value(value)
        except BaseException:
            self.remove()
            raise

    def _set_flags(self, flags: int) -> None:
        self._up, self._down = _BY_ONE[flags]

    def _operate(self, sem_op: int, timeout: float | None = None) -> None:
        if timeout is not None and not timeout >= 0:
            raise TypeError("timeout: None or a number of seconds from 0 is needed")
        sop = ipc.sembuf(0, sem_op, self._up.sem_flg)
        try:
            ipc.semtimedop(self._id, sop, 1, timeout)
        except OSError as error:
            self._fail(error)

    def acquire(self, timeout: float | None = None, delta: int = _ONE) -> None:
        """Wait until the value is at least abs(delta), and subtract that.

        Args:
            timeout: Seconds to wait at most; None waits without a limit, 0 does not wait.
            delta: The number to subtract; its sign is ignored.

        Raises:
            BusyError: It timed out, or block is False and it would have to wait.
            ExistentialError: The semaphore does not exist.
            PermissionsError: The permissions of the semaphore do not allow it.
            ValueError: delta is 0.
        """
        if delta == 0:
            raise ValueError("delta is 0: see Z()")
        if delta is not _ONE or timeout is not None:
            self._operate(-abs(delta), timeout)
            return
        try:
            semop(self._id, self._down)
        except OSError as error:
            self._fail(error)

    def release(self, delta: int = _ONE) -> None:
        """Add abs(delta) to the value.

        Args:
            delta: The number to add; its sign is ignored.

        Raises:
            ExistentialError: The semaphore does not exist.
            PermissionsError: The permissions of the semaphore do not allow it.
            ValueError: delta is 0, or the value would be above SEMVMX.
        """
        if delta == 0:
            raise ValueError("delta is 0: see Z()")
        if delta is not _ONE:
            self._operate(abs(delta))
            return
        try:
            semop(self._id, self._up)
        except OSError as error:
            self._fail(error)

    P = acquire
    V = release

    def Z(self, timeout: float | None = None) -> None:
        """Wait until the value is 0.

        Args:
            timeout: As for acquire().

        Raises:
            BusyError: It timed out, or block is False and it would have to wait.
            ExistentialError: The semaphore does not exist.
            PermissionsError: The permissions of the semaphore do not allow it.
        """
        self._operate(0, timeout)

    def __enter__(self) -> Semaphore:
        self.acquire()
        return self

    def __exit__(self, *args: object) -> None:
        self.release()

    def _flag(self, flag: int, on: object) -> None:
        flags = self._up.sem_flg
        self._set_flags(flags | flag if on else flags & ~flag)

    @property
    def block(self) -> bool:
        """Whether calls wait; if False, they raise BusyError instead, whatever the timeout."""
        return not self._up.sem_flg & ipc.IPC_NOWAIT

    @block.setter
    def block(self, value: object) -> None:
        self._flag(ipc.IPC_NOWAIT, not value)

    @property
    def undo(self) -> bool:
        """Whether the kernel undoes this process's changes of the value when the process ends."""
        return bool(self._up.sem_flg & ipc.SEM_UNDO)

    @undo.setter
    def undo(self, value: object) -> None:
        self._flag(ipc.SEM_UNDO, value)

    def _set_value(self, value: int) -> None:
        if not 0 <= value <= SEMAPHORE_VALUE_MAX:
            raise ValueError("The semaphore's value must remain between 0 and SEMVMX")
        try:
            semctl(self._id, 0, ipc.SETVAL, value)
        except OSError as error:
            self._fail(error)

    mode, uid, gid, cuid, cgid = permissions("sem_perm")
    value = _state(ipc.GETVAL, "The value, 0 to SEMVMX.", _set_value)
    last_pid = _state(ipc.GETPID, "The id of the process that changed the value last.")
    waiting_for_nonzero = _state(ipc.GETNCNT, "The number of processes that wait in acquire().")
    waiting_for_zero = _state(ipc.GETZCNT, "The number of processes that wait in Z().")
    o_time = status("sem_otime", "The time of the last acquire, release or Z(); 0: never.")


def remove_semaphore(id: int) -> None:
    """Remove a semaphore, with its whole set, by its identifier.

    Raises:
        ExistentialError: The semaphore does not exist.
        PermissionsError: The caller is neither its owner nor its creator.
    """
    Semaphore._with_id(id).remove()
