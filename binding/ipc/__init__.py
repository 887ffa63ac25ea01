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

from ipc import _ipc

# The extension has every name of C, and is the one list of them.
from ipc._ipc import *  # noqa: F401, F403

# Above it are objects.  Their modules are loaded when one is first used.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipc.memory import SharedMemory as SharedMemory  # noqa: F401
    from ipc.memory import segments as segments  # noqa: F401
    from ipc.queue import MessageQueue as MessageQueue  # noqa: F401
    from ipc.queue import queues as queues  # noqa: F401
    from ipc.semaphore import Semaphore as Semaphore  # noqa: F401
    from ipc.semaphore import SemaphoreSet as SemaphoreSet  # noqa: F401
    from ipc.semaphore import semaphore_sets as semaphore_sets  # noqa: F401

_modules = {
    "MessageQueue": "queue",
    "Semaphore": "semaphore",
    "SemaphoreSet": "semaphore",
    "SharedMemory": "memory",
    "queues": "queue",
    "segments": "memory",
    "semaphore_sets": "semaphore",
}

__all__ = sorted(
    {name for name in dir(_ipc) if not name.startswith("_")} - set(_ipc._names_2003) | set(_modules)
)

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _modules:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        module = __import__(f"ipc.{_modules[name]}", fromlist=[name])
        globals()[name] = value = getattr(module, name)
        return value

    def __dir__():
        submodules = set(_modules.values()) | {"aio", "object"}
        return sorted(set(globals()) - submodules | set(_modules))
