# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SemaphoreSet, and Semaphore for one semaphore of a set."""

import errno
from posix import getegid, geteuid, sched_yield
from time import monotonic, sleep

from ipc import _ipc
from ipc._object import (
    GONE,
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
    raised_by_call,
    whole,
)

__all__ = ["Semaphore", "SemaphoreSet", "semaphore_sets"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    import typing as _t
else:
    import _collections_abc as _abc  # which every interpreter has loaded
    from ipc._object import _t

_Operations = _ipc.sembuf | _abc.Sequence[_ipc.sembuf | tuple[int, ...]]

# The mode of a set without values: its owner can set them, and no other user can use the set.
MAKING = 0o200
# Seconds after which a set still in that mode counts as abandoned by its creator.
MAKER_TIMEOUT = 10
# The number of slots by default and with ipcmni_extend; an identifier modulo it is the slot
# (ipc/util.h).
IPCMNI = 1 << 15, 1 << 24


class SemaphoreSet(Object):
    """A set of semaphores; creation and initial values are free of races.

    len(s) is the number of semaphores, and s[n] is a Semaphore.

    A new set has the mode 0o200 until its creator has set the values, and the constructor waits
    for that.  A set of a C program or of ipc.compat.sysv_ipc never has this mode, so the
    constructor opens it at once.  If the creator follows the convention of semget(2), by which
    sem_otime is 0 until the set has its values, pass ready_timeout to wait for that.

    Args:
        key: IPC_PRIVATE for a new set, or a 32-bit key, for example from ftok().
        nsems: The number of semaphores in a new set, and the least number in an existing one; 0
            accepts any existing set.
        values: The initial values of a new set, from 0 to SEMVMX: one int for all semaphores, or
            a sequence with one for each.
        create: Create the set if it does not exist.
        exclusive: Create the set, and fail with EEXIST if it exists.
        mode: The permission bits of a new set.
        remove_on_exit: As a context manager, remove the set at the end.
        ready_timeout: Seconds to wait at most until sem_otime of an existing set is not 0; None
            does not look at sem_otime.

    Attributes:
        nsems: The number of semaphores.

    Raises:
        ValueError: mode is not from 0 to 0o777, nsems is below 0, or values has another length.
        TimeoutError: An existing set did not get its values in time.
        OSError: EACCES, EEXIST, EINVAL (the set has fewer semaphores; semmsl), ENOENT, ENOSPC
            (semmni, semmns), ERANGE (semvmx).

    See semget(2).
    """

    __module__ = "ipc"  # the name for pickle and repr()
    __slots__ = ("nsems",)

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        nsems: int = 1,
        *,
        values: "int | _abc.Sequence[int]" = 0,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        remove_on_exit: bool = False,
        ready_timeout: float | None = None,
    ) -> None:
        mode = check_mode(mode)
        nsems = whole("nsems", nsems)
        if nsems < 0:
            raise ValueError(f"nsems: {nsems} is not at least 0")
        self.remove_on_exit = remove_on_exit
        initial = _initial(values, nsems)
        while True:
            self._make(
                lambda flags: _ipc.semget(key, nsems, flags), key, create, exclusive, MAKING
            )
            try:
                if self.created:
                    self._initialise(initial, nsems, mode)
                    self.nsems = nsems
                else:
                    self.nsems = self._wait_until_ready(ready_timeout, nsems)
                return
            except OSError as error:
                # Another process may remove the set, for example a creator that failed.
                if error.errno not in GONE or self._is_there():
                    raise
                if not create and not self.created:
                    raise self._removed_meanwhile() from None

    def _initialise(self, initial: int | list[int], nsems: int, mode: int) -> None:
        try:
            # Only now, because the kernel has accepted the number.
            values = [initial] * nsems if isinstance(initial, int) else initial
            _ipc.semctl(self.id, 0, _ipc.SETALL, values)
            by = 1 if values[0] == 0 else -1
            _ipc.semop(self.id, [(0, by, _ipc.IPC_NOWAIT), (0, -by, _ipc.IPC_NOWAIT)])
            state = _ipc.semid_ds()
            state.sem_perm.uid, state.sem_perm.gid = geteuid(), getegid()
            state.sem_perm.mode = mode
            _ipc.semctl(self.id, 0, _ipc.IPC_SET, state)
        except BaseException:
            self._remove_if_there()
            raise

    def _wait_until_ready(self, timeout: float | None, nsems: int) -> int:
        """Wait until the set has its values; return the number of semaphores.

        The method polls, because no call waits for a change of the state, and because an operation
        would change the state.
        """
        end = monotonic() + (MAKER_TIMEOUT if timeout is None else timeout)
        looks = 0
        while True:
            state = self._state_of_any()
            if state is None:
                return nsems
            if state.sem_otime or timeout is None and state.sem_perm.mode & 0o777 != MAKING:
                return state.sem_nsems
            if monotonic() >= end:
                text = "sem_otime is 0, its creator has not set the values"
                raise TimeoutError(errno.ETIMEDOUT, f"semaphore set {self.id}: {text}")
            looks += 1
            if looks < 100:
                sched_yield()
            else:  # the creator is not running
                sleep(0.001)

    def _state_of_any(self) -> _ipc.semid_ds | None:
        """Return the set's state, also without read permission; None if the kernel or the headers
        of this build are older than Linux 4.17.

        Raises:
            OSError: One of GONE if the set does not exist.
        """
        try:
            return self.stat()
        except PermissionError as error:
            if not raised_by_call(error, 1):
                raise
        if not hasattr(_ipc, "SEM_STAT_ANY"):  # the headers of this build are too old
            return None
        for slots in IPCMNI:
            state = _ipc.semid_ds()
            try:
                if _ipc.semctl(self.id % slots, 0, _ipc.SEM_STAT_ANY, state) == self.id:
                    return state
            except OSError as error:
                if error.errno not in GONE or not raised_by_call(error):
                    raise
        return None

    def _found(self) -> int:
        state = self.stat()
        self.nsems = state.sem_nsems
        return state.sem_perm.key

    # ---- operations

    def operate(
        self, sops: "_Operations", *, undo: bool = False, timeout: float | None = None
    ) -> None:
        """Do operations on the set atomically; wait until all can be done.

        Args:
            sops: A sembuf, or a sequence of sembuf or (num, op, flg).
            undo: Add SEM_UNDO to the flags of each operation.
            timeout: Seconds to wait at most; None waits without a limit, 0 does not wait.

        Raises:
            TimeoutError: The operations could not be done before the timeout.
            BlockingIOError: An operation with IPC_NOWAIT could not be done at once.
            OSError: E2BIG (semopm), EACCES, EFBIG, EIDRM, EINVAL, ERANGE (semvmx).

        See semop(2).
        """
        if undo:
            sops = [sops] if isinstance(sops, _ipc.sembuf) else sops
            each = [sop if isinstance(sop, _ipc.sembuf) else _ipc.sembuf(*sop) for sop in sops]
            sops = [(s.sem_num, s.sem_op, s.sem_flg | _ipc.SEM_UNDO) for s in each]
        _operate(self.id, sops, timeout)

    @property
    def values(self) -> list[int]:
        """The values of all semaphores, as a list (GETALL, SETALL).

        Raises:
            ValueError: The new values have another length than the set.
            OSError: EACCES, EIDRM, EINVAL, ERANGE.
        """
        values: list[int] = _ipc.semctl(self.id, 0, _ipc.GETALL)
        return values

    @values.setter
    def values(self, values: "_abc.Sequence[int]") -> None:
        _ipc.semctl(self.id, 0, _ipc.SETALL, values)

    def __len__(self) -> int:
        return self.nsems

    def __getitem__(self, num: int) -> "Semaphore":
        num = whole("num", num)
        if not -self.nsems <= num < self.nsems:
            raise IndexError(f"semaphore {num} of {self.nsems}")
        return Semaphore._of(self, num % self.nsems)

    def __iter__(self) -> "_abc.Iterator[Semaphore]":
        return (self[num] for num in range(self.nsems))

    # ---- the set itself

    def stat(self) -> _ipc.semid_ds:
        """Return the set's state, a new semid_ds (IPC_STAT).

        Raises:
            OSError: EACCES, EIDRM, EINVAL.

        See semctl(2).
        """
        state = _ipc.semid_ds()
        _ipc.semctl(self.id, 0, _ipc.IPC_STAT, state)
        return state

    def set(
        self, *, mode: int | None = None, uid: int | None = None, gid: int | None = None
    ) -> None:
        """Change the set's permissions or owner (IPC_SET); None keeps a value.

        Args:
            mode: The permission bits.
            uid: The user who owns the set.
            gid: The group that owns the set.

        Raises:
            ValueError: mode is not from 0 to 0o777.
            OSError: EACCES, EIDRM, EINVAL, EPERM.

        See semctl(2).
        """
        state = self.stat()
        change_permissions(state.sem_perm, mode, uid, gid)
        _ipc.semctl(self.id, 0, _ipc.IPC_SET, state)

    def remove(self) -> None:
        """Remove the set; waiting calls fail with EIDRM.

        Raises:
            OSError: EIDRM, EINVAL, EPERM.

        See semctl(2).
        """
        _ipc.semctl(self.id, 0, _ipc.IPC_RMID)


def _initial(values: "int | _abc.Sequence[int]", nsems: int) -> int | list[int]:
    """Return the initial values of a set: one for all semaphores, or a list with one for each."""
    if isinstance(values, int):
        return values
    kind = type(values)
    number: "_t.Any" = values
    if hasattr(kind, "__index__") and not hasattr(kind, "__len__"):  # an int of NumPy
        return whole("values", number)
    if isinstance(values, str) or not (hasattr(kind, "__iter__") or hasattr(kind, "__getitem__")):
        raise TypeError(f"values: an int or a sequence of int is needed, not {kind!r}")
    each = list(values)
    if len(each) != nsems:
        raise ValueError(f"values: {len(each)} of them, nsems is {nsems}")
    return each


def _operate(semid: int, sops: "_Operations", timeout: float | None) -> None:
    if timeout is None:
        _ipc.semop(semid, sops)
        return
    if not hasattr(timeout, "__float__") and not hasattr(timeout, "__index__"):
        raise TypeError(f"timeout: seconds or None are needed, not {type(timeout)!r}")
    if not isinstance(timeout, (int, float)):
        timeout = float(timeout)
    begin = monotonic()
    try:
        _ipc.semtimedop(semid, sops, None, max(timeout, 0))
    except BlockingIOError as error:
        if monotonic() - begin < timeout or not raised_by_call(error):
            raise  # because of an IPC_NOWAIT in sops
        raise TimeoutError(errno.ETIMEDOUT, "semtimedop: timed out") from None


class Semaphore(_ipc._Semaphore):
    """One semaphore of a set.

    The constructor opens or creates a set with one semaphore.  s[num] is the Semaphore with that
    number in the SemaphoreSet s.

    As a context manager, the object acquires the semaphore and releases it at the end.

    Args:
        key, create, exclusive, mode, ready_timeout: As for SemaphoreSet.
        value: The initial value of a new semaphore, from 0 to SEMVMX.
        undo: Acquire and release with SEM_UNDO, so that the kernel undoes the changes of a
            process when the process ends.

    Attributes:
        set: The SemaphoreSet.

    Raises:
        TimeoutError, OSError: As for SemaphoreSet.
    """

    __module__ = "ipc"  # the name for pickle and repr()
    __slots__ = ("__weakref__",)

    # _ipc._Semaphore has these, for the methods in C.
    set: "SemaphoreSet"
    _up: _ipc.sembuf  # the operation of release() with its default, made in advance
    _down: _ipc.sembuf

    def __init__(
        self,
        key: int = _ipc.IPC_PRIVATE,
        value: int = 1,
        *,
        create: bool = False,
        exclusive: bool = False,
        mode: int = 0o600,
        undo: bool = False,
        ready_timeout: float | None = None,
    ) -> None:
        # Before the set is made, because both may run Python code.
        value, undo = whole("value", value), bool(undo)
        self.set = SemaphoreSet(
            key,
            values=value,
            create=create,
            exclusive=exclusive,
            mode=mode,
            ready_timeout=ready_timeout,
        )
        self._prepare(0, undo)

    @classmethod
    def _of(cls, semset: "SemaphoreSet", num: int) -> "Semaphore":
        self = cls.__new__(cls)
        self.set = semset
        self._prepare(num, False)
        return self

    def _prepare(self, num: int, undo: object) -> None:
        flags = _ipc.SEM_UNDO if undo else 0
        self._up, self._down = _ipc.sembuf(num, 1, flags), _ipc.sembuf(num, -1, flags)

    @property
    def num(self) -> int:
        """The semaphore's number in its set, from 0."""
        return self._up.sem_num

    @property
    def undo(self) -> bool:
        """Whether the kernel undoes the changes of a process when the process ends (SEM_UNDO)."""
        return bool(self._up.sem_flg)

    @undo.setter
    def undo(self, value: bool) -> None:
        self._prepare(self.num, value)

    @property
    def id(self) -> int:
        """The identifier of the set."""
        return self.set.id

    @property
    def key(self) -> int:
        """The key of the set."""
        return self.set.key

    @_ipc._method
    def acquire(self, n: int = 1, *, timeout: float | None = None) -> bool:
        """Wait until the value is at least n, and subtract n.

        Args:
            n: The number to subtract, at least 1.
            timeout: Seconds to wait at most; None waits without a limit, 0 does not wait.

        Returns:
            True, or False if it timed out.

        Raises:
            ValueError: n is below 1.
            OSError: EACCES, EIDRM, EINVAL.

        See semop(2).
        """
        raise NotImplementedError

    async def acquire_async(self, n: int = 1) -> bool:
        """Acquire the semaphore as acquire() does, without blocking the event loop.

        A cancellation ends the thread.  If the semaphore was acquired just before it, the method
        adds n again.

        Args:
            n: As for acquire().

        Returns:
            True.

        Raises:
            ValueError, OSError: As for acquire().
        """
        if self.acquire(n, timeout=0):
            return True
        from ipc import _aio

        sop = self.num, -n, self._up.sem_flg

        def take(waiter: _aio.Waiter) -> bool | None:
            return _ipc._semop(self.set.id, sop, waiter.wait) or None

        return await _aio.call(take, lambda _: self._give_back(n))

    def _give_back(self, n: int) -> None:
        try:
            self.release(n)
        except OSError as error:
            if error.errno not in GONE or not raised_by_call(error):
                raise

    @_ipc._method
    def release(self, n: int = 1) -> None:
        """Add n to the value.

        Args:
            n: The number to add, at least 1.

        Raises:
            ValueError: n is below 1.
            OSError: EACCES, EIDRM, EINVAL, ERANGE (semvmx).

        See semop(2).
        """
        raise NotImplementedError

    def wait_for_zero(self, *, timeout: float | None = None) -> None:
        """Wait until the value is 0.

        Args:
            timeout: As for acquire().

        Raises:
            TimeoutError: The value did not become 0 before the timeout.
            OSError: EACCES, EIDRM, EINVAL.

        See semop(2).
        """
        _operate(self.set.id, [(self.num, 0, 0)], timeout)

    @property
    def value(self) -> int:
        """The semaphore's value, from 0 to SEMVMX (GETVAL, SETVAL).

        Raises:
            OSError: EACCES, EIDRM, EINVAL, ERANGE.
        """
        return self._get(_ipc.GETVAL)

    @value.setter
    def value(self, value: int) -> None:
        _ipc.semctl(self.set.id, self.num, _ipc.SETVAL, value)

    @property
    def pid(self) -> int:
        """The id of the process that changed the value last (GETPID)."""
        return self._get(_ipc.GETPID)

    @property
    def waiting(self) -> int:
        """The number of processes that wait for a larger value (GETNCNT)."""
        return self._get(_ipc.GETNCNT)

    @property
    def waiting_for_zero(self) -> int:
        """The number of processes that wait for the value 0 (GETZCNT)."""
        return self._get(_ipc.GETZCNT)

    def _get(self, cmd: int) -> int:
        value: int = _ipc.semctl(self.set.id, self.num, cmd)
        return value

    def remove(self) -> None:
        """Remove the whole set.

        Raises:
            OSError: EIDRM, EINVAL, EPERM.
        """
        self.set.remove()

    def __reduce__(self) -> "tuple[_t.Any, ...]":
        return _reopen, (self.set, self.num, self.undo)

    def __repr__(self) -> str:
        return f"<ipc.Semaphore {self.num} of {self.set!r}>"

    def __enter__(self) -> "Semaphore":
        self.acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def _reopen(semset: SemaphoreSet, num: int, undo: bool) -> Semaphore:
    self = Semaphore._of(semset, num)
    self.undo = undo
    return self


def semaphore_sets() -> dict[int, _ipc.semid_ds]:
    """Return the state of each semaphore set in this IPC namespace.

    Returns:
        A dict from identifier to semid_ds, also of sets that the caller may not read.

    See SEM_STAT_ANY in semctl(2).
    """
    return enumerate_objects("SEM", _ipc.semctl, _ipc.seminfo(), _ipc.semid_ds, semnum=(0,))
