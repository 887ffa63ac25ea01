# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""SemaphoreSet, and Semaphore: one of a set, as an object."""

import errno
from posix import getegid, geteuid, sched_yield
from time import monotonic, sleep

from ipc import _ipc
from ipc._ipc import semop as _semop
from ipc.object import (
    GONE,
    Object,
    change_permissions,
    check_mode,
    enumerate_objects,
    raised_by_call,
)

__all__ = ["Semaphore", "SemaphoreSet", "semaphore_sets"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import abc as _abc
    import typing as _t
else:
    import _collections_abc as _abc  # which every interpreter has loaded
    from ipc.object import _t

_Operations = _ipc.sembuf | _abc.Sequence[_ipc.sembuf | tuple[int, ...]]

# The default of acquire() and release() itself, for which there are operations that are made.
_ONE = 1


# The mode of a set that has no values yet: its owner can give it some, nobody else can use it.
MAKING = 0o200
# Seconds after which a set of that mode has lost its maker.
MAKER_TIMEOUT = 10
# How many slots there may be, which an identifier modulo it is one of (ipc/util.h): by default,
# and with ipcmni_extend.
IPCMNI = 1 << 15, 1 << 24


class SemaphoreSet(Object):
    """A set of semaphores, made with its values without a race.

    key: IPC_PRIVATE for a new one, or 32 bits, as ftok() makes them.  nsems: semaphores in a new
    set, and at least so many in one that is there; 0: any.  values: what a new set begins with,
    one for all or one for each, from 0 to SEMVMX.  create: make it if it is not there; exclusive:
    it must not be there.  mode: the permission bits of a new one.  remove_on_exit: as a context
    manager, remove it at the end.

    The process that makes a set gives it its values before any other can use it: until then
    its mode is MAKING, and an open waits.  A set that a C program or the drop-in makes has no
    such mode and is opened at once.  If its makers keep to the convention of semget(2), by which
    sem_otime is 0 until the set has its values, ready_timeout waits for that, so many seconds at
    most.

    len(s) is the number of semaphores, s[n] one of them, a Semaphore.

    TimeoutError: the set did not become ready.  OSError: EACCES, EEXIST, EINVAL (fewer in the
    set; semmsl), ENOENT, ENOSPC (semmni, semmns), ERANGE (semvmx).  See semget(2).
    """

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
        check_mode(mode)
        if nsems < 0:
            raise ValueError(f"nsems: {nsems} is not at least 0")
        self.remove_on_exit = remove_on_exit
        initial = [values] * nsems if isinstance(values, int) else list(values)
        if len(initial) != nsems:
            raise ValueError(f"values: {len(initial)} of them, nsems is {nsems}")
        while True:
            self._make(
                lambda flags: _ipc.semget(key, nsems, flags), key, create, exclusive, MAKING
            )
            try:
                if self.created:
                    self._initialise(initial, mode)
                    self.nsems = nsems
                else:
                    self.nsems = self._wait_until_ready(ready_timeout, nsems)
                return
            except OSError as error:
                # Others may remove it, for one a maker that failed.
                if error.errno not in GONE or self._is_there():
                    raise
                if not create and not self.created:
                    raise self._removed_meanwhile() from None

    def _initialise(self, values: list[int], mode: int) -> None:
        try:
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
        """The number of semaphores.  The kernel tells nobody that the state has changed, and an
        operation that waits would change it; so others run, then it is looked at again."""
        end = monotonic() + (MAKER_TIMEOUT if timeout is None else timeout)
        looks = 0
        while True:
            state = self._state_of_any()
            if state is None:
                return nsems
            if state.sem_otime or timeout is None and state.sem_perm.mode & 0o777 != MAKING:
                return state.sem_nsems
            if monotonic() >= end:
                text = f"semaphore set {self.id}: sem_otime is 0, its maker has not made it ready"
                raise TimeoutError(errno.ETIMEDOUT, text)
            looks += 1
            if looks < 100:
                sched_yield()
            else:  # its maker does not run
                sleep(0.001)

    def _state_of_any(self) -> _ipc.semid_ds | None:
        """The state, though it may not be read; None before Linux 4.17.  GONE: as IPC_STAT."""
        try:
            return self.stat()
        except PermissionError as error:
            if not raised_by_call(error, 1):
                raise
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
        """Do operations on the set, all of them or none; wait until all can be done.

        sops: as semop() takes them, one sembuf, or a sequence of sembuf or (num, op, flg).
        undo: all with SEM_UNDO.  timeout: seconds; None: for ever, 0: not at all.

        TimeoutError: it timed out.  BlockingIOError: IPC_NOWAIT is among the flags.
        OSError: E2BIG (semopm), EACCES, EFBIG, EIDRM, EINVAL, ERANGE (semvmx).  See semop(2).
        """
        if undo:
            sops = [sops] if isinstance(sops, _ipc.sembuf) else sops
            each = [sop if isinstance(sop, _ipc.sembuf) else _ipc.sembuf(*sop) for sop in sops]
            sops = [(s.sem_num, s.sem_op, s.sem_flg | _ipc.SEM_UNDO) for s in each]
        _operate(self.id, sops, timeout)

    @property
    def values(self) -> list[int]:
        """All values, by GETALL and SETALL.  OSError: EACCES, EIDRM, EINVAL, ERANGE."""
        values: list[int] = _ipc.semctl(self.id, 0, _ipc.GETALL)
        return values

    @values.setter
    def values(self, values: "_abc.Sequence[int]") -> None:
        _ipc.semctl(self.id, 0, _ipc.SETALL, values)

    def __len__(self) -> int:
        return self.nsems

    def __getitem__(self, num: int) -> "Semaphore":
        if not -self.nsems <= num < self.nsems:
            raise IndexError(f"semaphore {num} of {self.nsems}")
        return Semaphore._of(self, num % self.nsems)

    def __iter__(self) -> "_abc.Iterator[Semaphore]":
        return (self[num] for num in range(self.nsems))

    # ---- the set itself

    def stat(self) -> _ipc.semid_ds:
        """Its state, by IPC_STAT.  OSError: EACCES, EIDRM, EINVAL.  See semctl(2)."""
        state = _ipc.semid_ds()
        _ipc.semctl(self.id, 0, _ipc.IPC_STAT, state)
        return state

    def set(
        self, *, mode: int | None = None, uid: int | None = None, gid: int | None = None
    ) -> None:
        """Change the given members, by IPC_SET.  OSError: EACCES, EIDRM, EINVAL, EPERM."""
        state = self.stat()
        change_permissions(state.sem_perm, mode, uid, gid)
        _ipc.semctl(self.id, 0, _ipc.IPC_SET, state)

    def remove(self) -> None:
        """Remove it; blocked calls fail with EIDRM.

        OSError: EIDRM, EINVAL, EPERM.  See semctl(2).
        """
        _ipc.semctl(self.id, 0, _ipc.IPC_RMID)


def _operate(semid: int, sops: "_Operations", timeout: float | None) -> None:
    if timeout is None:
        _ipc.semop(semid, sops)
        return
    begin = monotonic()
    try:
        _ipc.semtimedop(semid, sops, None, max(timeout, 0))
    except BlockingIOError as error:
        if monotonic() - begin < timeout or not raised_by_call(error):
            raise  # by an IPC_NOWAIT of the caller's
        raise TimeoutError(errno.ETIMEDOUT, "semtimedop: timed out") from None


class Semaphore:
    """One semaphore: the only one of its set, or s[num] of a SemaphoreSet.

    The parameters are those of SemaphoreSet; value: what a new one begins with.  undo: acquire
    and release with SEM_UNDO, so that the kernel takes back what a process did that ends.

    set: the SemaphoreSet; num: which one of it.  As a context manager it is acquired, and
    released at the end.
    """

    __slots__ = ("set", "_up", "_down", "__weakref__")

    set: "SemaphoreSet"
    _up: _ipc.sembuf  # by one, as most are: made once
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
        self._up, self._down = _ipc.sembuf(num, _ONE, flags), _ipc.sembuf(num, -_ONE, flags)

    @property
    def num(self) -> int:
        """Which one of its set."""
        return self._up.sem_num

    @property
    def undo(self) -> bool:
        """Does the kernel take back what a process did that ends?"""
        return bool(self._up.sem_flg)

    @undo.setter
    def undo(self, value: bool) -> None:
        self._prepare(self.num, value)

    @property
    def id(self) -> int:
        """The identifier of its set."""
        return self.set.id

    @property
    def key(self) -> int:
        """The key of its set."""
        return self.set.key

    def _sop(self, op: int) -> tuple[int, int, int]:
        return self.num, op, self._up.sem_flg

    def acquire(self, n: int = _ONE, *, timeout: float | None = None) -> bool:
        """Take n from the value; wait until it is at least n.  True, or False if it timed out.

        timeout: seconds; None: for ever, 0: not at all.

        OSError: EACCES, EIDRM, EINVAL.  See semop(2).
        """
        if timeout is None:
            _semop(self.set.id, self._down if n is _ONE else [self._sop(-_at_least_1(n))])
            return True
        try:
            _ipc.semtimedop(
                self.set.id, [self._sop(-_at_least_1(n))], None, timeout if timeout > 0 else 0
            )
        except BlockingIOError as error:
            if not raised_by_call(error):
                raise
            return False
        return True

    async def acquire_async(self, n: int = 1) -> bool:
        """As acquire(), while the event loop runs.

        If it is cancelled, no thread stays behind, and units that it just took are given back.
        OSError: as acquire().
        """
        if self.acquire(n, timeout=0):
            return True
        from ipc import aio

        sop = self._sop(-n)

        def take(waiter: aio.Waiter) -> bool | None:
            return _ipc._semop(self.set.id, sop, waiter.wait) or None

        return await aio.call(take, lambda _: self._give_back(n))

    def _give_back(self, n: int) -> None:
        try:
            self.release(n)
        except OSError as error:
            if error.errno not in GONE or not raised_by_call(error, 1):
                raise

    def release(self, n: int = _ONE) -> None:
        """Add n to the value.  OSError: EACCES, EIDRM, EINVAL, ERANGE (semvmx)."""
        if n is _ONE:
            _semop(self.set.id, self._up)
        else:
            _semop(self.set.id, [self._sop(_at_least_1(n))])

    def wait_for_zero(self, *, timeout: float | None = None) -> None:
        """Wait until the value is 0.

        timeout, and the errors, are those of acquire(), and TimeoutError: it timed out.
        """
        _operate(self.set.id, [(self.num, 0, 0)], timeout)

    @property
    def value(self) -> int:
        """The value, by GETVAL and SETVAL.  OSError: EACCES, EIDRM, EINVAL, ERANGE."""
        return self._get(_ipc.GETVAL)

    @value.setter
    def value(self, value: int) -> None:
        _ipc.semctl(self.set.id, self.num, _ipc.SETVAL, value)

    @property
    def pid(self) -> int:
        """The process that changed it last, by GETPID."""
        return self._get(_ipc.GETPID)

    @property
    def waiting(self) -> int:
        """How many wait for more, by GETNCNT."""
        return self._get(_ipc.GETNCNT)

    @property
    def waiting_for_zero(self) -> int:
        """How many wait for zero, by GETZCNT."""
        return self._get(_ipc.GETZCNT)

    def _get(self, cmd: int) -> int:
        value: int = _ipc.semctl(self.set.id, self.num, cmd)
        return value

    def remove(self) -> None:
        """Remove the whole set.  OSError: EIDRM, EINVAL, EPERM."""
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


def _at_least_1(n: int) -> int:
    if n < 1:
        raise ValueError(f"n: {n} is not at least 1")
    return n


def semaphore_sets() -> dict[int, _ipc.semid_ds]:
    """Return the state of each semaphore set of this IPC namespace, readable or not, by id."""
    highest = _ipc.semctl(0, 0, _ipc.SEM_INFO, _ipc.seminfo())
    return enumerate_objects(
        highest, _ipc.semid_ds, lambda slot, ds: _ipc.semctl(slot, 0, _ipc.SEM_STAT_ANY, ds)
    )
