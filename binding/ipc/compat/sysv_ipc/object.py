# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Object, the base class of queues, semaphores and segments."""

from __future__ import annotations

import errno
import operator
import os
import typing as _t
from collections import abc as _abc
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex

import ipc
from ipc.compat.sysv_ipc.constants import IPC_CREX, IPC_EXCL, KEY_MAX, KEY_MIN
from ipc.compat.sysv_ipc.errors import ExistentialError, fail, is_of_a_call

_Self = _t.TypeVar("_Self", bound="Object")

Bytes = bytes | bytearray | memoryview

_SHRT_MAX = 2**15 - 1
OWNER_WRITES = 0o200


def not_writable(instance: object, name: str) -> NoReturn:
    """Raise AttributeError with the texts of CPython's descriptors, which sysv_ipc uses."""
    if name == "id":
        raise AttributeError("readonly attribute")
    kind = f"{type(instance).__module__}.{type(instance).__qualname__}"
    raise AttributeError(f"attribute {name!r} of {kind!r} objects is not writable")


def say_not_writable(kind: type, *names: str) -> None:
    """Give read-only properties a setter that raises the same error as sysv_ipc."""
    for name in names:

        def refuse(instance: object, value: object, name: str = name) -> None:
            not_writable(instance, name)

        setattr(kind, name, getattr(kind, name).setter(refuse))


class Number(property):
    """An int attribute that the kernel holds; read-only if change is None."""

    def __init__(
        self,
        get: _abc.Callable[[Any], int],
        doc: str,
        change: _abc.Callable[[Any, int], None] | None = None,
    ) -> None:
        def refuse(instance: object, value: int) -> None:
            not_writable(instance, self.name)

        super().__init__(get, change or refuse, None, doc)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        @_t.overload
        def __get__(self, instance: None, owner: type, /) -> Number: ...

        @_t.overload
        def __get__(self, instance: Any, owner: type | None = None, /) -> int: ...

        def __get__(self, instance: Any, owner: type | None = None, /) -> Any: ...

        def __set__(self, instance: Any, value: int, /) -> None: ...


def status(member: str, doc: str, settable: bool = False) -> Number:
    """Return a property for a member of IPC_STAT's structure; a dotted name is a nested member."""
    read = operator.attrgetter(member)
    path, _, name = member.rpartition(".")

    def get(self: Object) -> int:
        try:
            value: int = read(self._stat())
        except OSError as error:
            self._fail(error)
        return value

    def change(self: Object, value: int) -> None:
        structure = self._status()
        setattr(getattr(structure, path) if path else structure, name, value)
        self._control(ipc.IPC_SET, structure, ValueError)

    return Number(get, doc, change if settable else None)


def permissions(perm: str) -> tuple[Number, ...]:
    """Return the properties mode, uid, gid, cuid and cgid of a structure's ipc_perm."""
    return (
        status(f"{perm}.mode", "The permission bits.", settable=True),
        status(f"{perm}.uid", "The owner's user id.", settable=True),
        status(f"{perm}.gid", "The owner's group id.", settable=True),
        status(f"{perm}.cuid", "The creator's user id."),
        status(f"{perm}.cgid", "The creator's group id."),
    )


def _to_key(key: SupportsIndex) -> int:
    number = operator.index(key)
    if KEY_MIN <= number <= KEY_MAX:
        return number
    if KEY_MAX < number < 2**32:
        return number - 2**32
    raise ValueError(f"key: {number} does not fit 32 bits")


def _random_keys() -> _abc.Iterator[int]:
    """Yield all keys from 1 to SHRT_MAX in order, starting at a random one."""
    first = 1 + int.from_bytes(os.urandom(4), "little") % _SHRT_MAX
    yield from range(first, _SHRT_MAX + 1)
    yield from range(1, first)


class Object:
    """An object with a key, an identifier, an owner and permissions."""

    __slots__ = ("_key", "_id")
    _key: int
    _id: int

    # Each class defines both methods.  A common function would add a Python frame, which is most
    # of the time to read an attribute.
    _ctl: _abc.Callable[[int, Any], object]  # msgctl, semctl or shmctl on the identifier
    _stat: _abc.Callable[[], Any]  # returns the structure of IPC_STAT

    @classmethod
    def _with_id(cls: type[_Self], id: int) -> _Self:
        found = cls.__new__(cls)
        found._id = id
        return found

    def _control(
        self, cmd: int, arg: Any = None, invalid: type[Exception] = ExistentialError
    ) -> None:
        try:
            self._ctl(cmd, arg)
        except OSError as error:
            self._fail(error, invalid)

    def _status(self) -> Any:
        try:
            return self._stat()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError, invalid: type[Exception] = ExistentialError) -> NoReturn:
        fail(f"{type(self).__name__} with id {self._id}", error, invalid)

    def _open(
        self, key: SupportsIndex | None, flags: int, mode: int, get: _abc.Callable[[int, int], int]
    ) -> None:
        """Set key and identifier by get(key, flg); if key is None, choose an unused one."""
        if flags & IPC_CREX == IPC_EXCL:
            raise ValueError("flags: IPC_EXCL needs IPC_CREAT too")
        if key is None and not flags & IPC_EXCL:
            raise ValueError("key: None needs the flags IPC_CREX")
        keys: _abc.Iterable[int] = _random_keys() if key is None else (_to_key(key),)
        for self._key in keys:
            try:
                self._id = get(self._key, flags & ~0o777 | mode & 0o777)
                return
            except OSError as error:
                failure = error
                if error.errno != errno.EEXIST or not is_of_a_call(error):
                    break
        fail(f"{type(self).__name__} with key {self._key}", failure, ValueError)

    def __repr__(self) -> str:
        return f"sysv_ipc.{type(self).__name__}({self._key})"

    def __str__(self) -> str:
        return f"Key={self._key}, id={self._id}"

    @property
    def key(self) -> int:
        """The key of the object."""
        return self._key

    @property
    def id(self) -> int:
        """The kernel's identifier."""
        return self._id

    def remove(self) -> None:
        """Remove the object; a segment's memory is freed when the last process detaches it.

        Raises:
            ExistentialError: The object does not exist.
            PermissionsError: The caller is neither its owner nor its creator.
        """
        self._control(ipc.IPC_RMID)


say_not_writable(Object, "key", "id")
