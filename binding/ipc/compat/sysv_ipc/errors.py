# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The exceptions of sysv_ipc, and what an errno is among them."""

from __future__ import annotations

import errno
from typing import NoReturn


class Error(Exception):
    """The base of this module's own exceptions."""


class InternalError(Error):
    """A defect of the module: never raised."""


class PermissionsError(Error):
    """The object's permissions do not allow it, or the caller is not its owner."""


class ExistentialError(Error):
    """The object does not exist, or does already."""


class BusyError(Error):
    """The call would have to wait, or has waited as long as it may."""


class NotAttachedError(Error):
    """The segment is not attached."""


# What an errno means; EINVAL is either an object that is gone or a wrong argument.
_MEANING: dict[int | None, type[Exception]] = {
    errno.EACCES: PermissionsError,
    errno.EPERM: PermissionsError,
    errno.EEXIST: ExistentialError,
    errno.ENOENT: ExistentialError,
    errno.EIDRM: ExistentialError,
    errno.EAGAIN: BusyError,
    errno.ENOMSG: BusyError,
    errno.ERANGE: ValueError,
    errno.ENOMEM: MemoryError,
}


def fail(what: str, error: OSError, invalid: type[Exception]) -> NoReturn:
    """Raises what an OSError means, or that error itself."""
    meaning = invalid if error.errno == errno.EINVAL else _MEANING.get(error.errno)
    if meaning is None:
        raise error
    raise meaning(f"{what}: {error.strerror}") from error
