# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The interface of sysv_ipc 1.2, implemented with ipc, for programs written for sysv_ipc.

Such a program replaces `import sysv_ipc` by

    import ipc.compat.sysv_ipc as sysv_ipc

Names, arguments, results and exceptions are those of its documentation (USAGE.md of
github.com/osvenskan/sysv_ipc).  The __cause__ of each exception is the OSError of the failed
call, with errno.  An errno without an exception in that documentation raises the OSError itself.

The module differs from sysv_ipc in cases in which sysv_ipc crashes, hangs or behaves unexpectedly:

* After detach(), the memory of a segment stays mapped while a view of it exists; with sysv_ipc the
  views then point to unmapped memory.  Views of a segment attached with SHM_RDONLY are read-only.
  Making a view of a segment that is not attached raises NotAttachedError.  A SharedMemory that is
  freed detaches its segment.
* A segment that was attached twice must be detached twice.
* A call continues after a signal handler returns, with the remaining time (PEP 475).
* IPC_CREAT alone sets the initial value of a new semaphore, never that of an existing one.
* A number that does not fit the C type raises OverflowError, and a key outside 32 bits, signed or
  unsigned, raises ValueError; no number is truncated.  KEY_MIN and KEY_MAX are the limits of key_t.
* A missing permission raises PermissionsError, also for semaphores.  The use of a removed queue
  raises ExistentialError, also in send().
* A constructor that fails removes the object that it created.  No attribute can be deleted.
"""

from __future__ import annotations

import os
import warnings

import ipc
from ipc.compat.sysv_ipc.constants import (
    IPC_CREAT, IPC_CREX, IPC_EXCL, IPC_PRIVATE, KEY_MAX, KEY_MIN, PAGE_SIZE,
    SEMAPHORE_TIMEOUT_SUPPORTED, SEMAPHORE_VALUE_MAX, SHM_HUGETLB, SHM_NORESERVE, SHM_RDONLY,
    SHM_REMAP, SHM_RND,
)
from ipc.compat.sysv_ipc.errors import (
    BusyError, Error, ExistentialError, InternalError, NotAttachedError, PermissionsError,
)
from ipc.compat.sysv_ipc.memory import SharedMemory, attach, remove_shared_memory
from ipc.compat.sysv_ipc.queue import MessageQueue, remove_message_queue
from ipc.compat.sysv_ipc.semaphore import Semaphore, remove_semaphore

__all__ = [
    "Error", "InternalError", "PermissionsError", "ExistentialError", "BusyError",
    "NotAttachedError", "MessageQueue", "Semaphore", "SharedMemory", "attach", "ftok",
    "remove_message_queue", "remove_semaphore", "remove_shared_memory", "IPC_CREAT", "IPC_EXCL",
    "IPC_CREX", "IPC_PRIVATE", "KEY_MIN", "KEY_MAX", "PAGE_SIZE", "SEMAPHORE_VALUE_MAX",
    "SEMAPHORE_TIMEOUT_SUPPORTED", "SHM_RDONLY", "SHM_RND", "SHM_HUGETLB", "SHM_NORESERVE",
    "SHM_REMAP", "VERSION",
]

VERSION = __version__ = "1.2.0"
__author__ = "the python-ipc authors"
__copyright__ = "Copyright (c) 2026 the python-ipc authors"
__license__ = "MIT"


def ftok(path: str | os.PathLike[str], id: int, silence_warning: bool = False) -> int:
    """Return a key for a file and the low 8 bits of id.

    Args:
        path: The file.
        id: The project; only its low 8 bits count.
        silence_warning: Do not warn that another file may have the same key.

    Raises:
        OSError: An error of stat(2) for the file.

    See ftok(3).
    """
    if not silence_warning:
        warnings.warn("ftok() does not guarantee a unique key", Warning, stacklevel=2)
    key = ipc.ftok(path, id | 1)
    return key if id & 1 else key - (1 << 24)  # ipc.ftok() refuses 0, sysv_ipc accepts it
