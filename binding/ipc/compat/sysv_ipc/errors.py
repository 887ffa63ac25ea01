# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The exceptions of sysv_ipc, and the exception for each errno."""

from __future__ import annotations

import errno
from typing import NoReturn


class Error(Exception):
    """The base class of this module's exceptions."""


class InternalError(Error):
    """An internal error of sysv_ipc; this module never raises it."""


class PermissionsError(Error):
    """The object's permissions do not allow it, or the caller is not its owner."""


class ExistentialError(Error):
    """The object does not exist, or exists already."""


class BusyError(Error):
    """The call would block, or it timed out."""


class NotAttachedError(Error):
    """The segment is not attached."""


# The exception for an errno.  EINVAL is missing because it depends on the call whether it means a
# removed object or a wrong argument.
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


def is_of_a_call(error: OSError) -> bool:
    """Return whether an exception comes from a call of this package.

    The traceback of an exception that a signal handler raised during the call ends in the program.
    """
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is None or traceback.tb_frame.f_globals.get("__package__") == __package__


def fail(what: str, error: OSError, invalid: type[Exception]) -> NoReturn:
    """Raise the exception for the errno of an OSError.

    Raises the error itself if there is none for its errno, or if it is the program's own.

    Args:
        what: The object, for the message.
        error: The error of the call.
        invalid: The exception for EINVAL.
    """
    meaning = invalid if error.errno == errno.EINVAL else _MEANING.get(error.errno)
    if meaning is None or not is_of_a_call(error):
        raise error
    raise meaning(f"{what}: {error.strerror}") from error
