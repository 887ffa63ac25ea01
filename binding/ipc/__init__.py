# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""System V IPC of Linux, as close to the C interface as Python allows.

The C names, the C argument order, the C return values; what C leaves to the
programmer's care (sizes, lifetimes, errno) the module takes care of.

    ftok
    msgget msgsnd msgrcv msgctl mkmsgbuf
    semget semop semtimedop semctl
    shmget shmat shmdt shmctl shmcpy_to shmcpy_from
    sizeof offsetof

Above them, as objects with timeouts, context managers and asyncio:

    MessageQueue Semaphore SemaphoreSet SharedMemory
    queues semaphore_sets segments

and the structures, with their members as attributes, and the constants: these
are ipc.__all__, and what help(ipc) shows; help(ipc._ipc) says what each constant
is for.  The names that SWIG made in 2003
(new_semun, semun_val_set, ...) are in dir(ipc) as well, each with its docstring.
"""

from ipc import _ipc, memory, queue, semaphore

# The extension has every name of C, and is the one list of them.
from ipc._ipc import *  # noqa: F401, F403

# Above it are objects.  Not by __getattr__ when one is first used: in a module that has that,
# the interpreter looks up every name the long way, which is 4 to 8 % of a call.
from ipc.memory import *  # noqa: F401, F403
from ipc.queue import *  # noqa: F401, F403
from ipc.semaphore import *  # noqa: F401, F403

# The one place that has the version: packaging, documentation and releases read it from here.
__version__ = "1.0.0rc1"

_names_of_c = {*vars(_ipc)} - {*_ipc._names_2003}
__all__ = sorted(
    [name for name in _names_of_c if name[0] != "_"]
    + [*memory.__all__, *queue.__all__, *semaphore.__all__]
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_ipc._names_2003, *(name for name in globals() if name[0] == "_")})
