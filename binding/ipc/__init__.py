# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""System V IPC of Linux, as close to the C interface as Python allows.

The functions have the names, the argument order and the return values of C.  The
module checks sizes, keeps memory alive while it is in use, and raises errno as OSError.

    ftok
    msgget msgsnd msgrcv msgctl mkmsgbuf
    semget semop semtimedop semctl
    shmget shmat shmdt shmctl shmcpy_to shmcpy_from
    sizeof offsetof

The classes have timeouts, and work as context managers and with asyncio:

    MessageQueue Semaphore SemaphoreSet SharedMemory
    queues semaphore_sets segments

The structures have the C members as attributes.  ipc.__all__, dir(ipc) and help(ipc) list
these names and the constants; help(ipc._ipc) describes each constant.  The module also has the
functions that SWIG generated in 2003 (new_semun, semun_val_set, ...), each with a docstring;
dir(ipc) leaves them out, and dir(ipc._ipc) has them.
"""

from ipc import _ipc, _memory, _queue, _semaphore

# The names of C are in no other list than the extension module.
from ipc._ipc import *  # noqa: F401, F403

# A module-level __getattr__ could import the classes on first use, but then the interpreter does
# not specialise the lookup of any name in the module, which costs 4 to 8 % of a call.
from ipc._memory import *  # noqa: F401, F403
from ipc._queue import *  # noqa: F401, F403
from ipc._semaphore import *  # noqa: F401, F403

# Packaging, documentation and releases read the version from here.
__version__ = "1.0.0rc1"

_names_of_c = {*vars(_ipc)} - {*_ipc._swig_names}
__all__ = sorted(
    [name for name in _names_of_c if name[0] != "_"]
    + [*_memory.__all__, *_queue.__all__, *_semaphore.__all__]
)


def __dir__() -> list[str]:
    """Return the names for tab completion, without the functions that SWIG generated."""
    return sorted({*__all__, *(name for name in globals() if name[:2] == "__")})
