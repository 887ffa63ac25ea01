# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The interface of sysv_ipc 1.2 on the functions of ipc, for programs that were written for it.

    import ipc.compat.sysv_ipc as sysv_ipc

in place of `import sysv_ipc` is all that such a program changes.  Names, arguments, results
and exceptions are those that its documentation (USAGE.md of github.com/osvenskan/sysv_ipc)
gives; each exception has as its __cause__ the OSError of the call that failed, with errno.
An error that has no name there is that OSError itself.

Differences, where that module crashes, hangs or does something unexpected:

* A segment is not detached under a view (BufferError, where views point to nothing there).
  Views of one that is attached with SHM_RDONLY are read-only; one that is not attached has none
  (NotAttachedError).  A SharedMemory that is forgotten is detached.
* Attaching twice is undone by detaching twice.
* A signal handler that returns ends no call: it goes on, with the time that is left (PEP 475).
* IPC_CREAT alone gives the initial value to a semaphore that is made, never to one that is there.
* A number that C's type cannot hold is an OverflowError, and a key outside 32 bits, signed or
  unsigned, a ValueError; none is cut.  KEY_MIN and KEY_MAX are those of key_t.
* What the caller may not do is a PermissionsError, semaphores included, and using a queue that is
  gone an ExistentialError, send() included.
* A constructor that fails leaves nothing that it made.  No attribute can be deleted.
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

    Warns each time, unless told not to, that another file may have the same key (see ftok(3)).
    """
    if not silence_warning:
        warnings.warn("ftok() does not promise a key that nobody else has", Warning, stacklevel=2)
    key = ipc.ftok(path, id | 1)
    return key if id & 1 else key - (1 << 24)  # POSIX leaves 0 open, Linux does not
