"""System V IPC of Linux, as close to the C interface as Python allows.

The C names, the C argument order, the C return values; what C leaves to the
programmer's care (sizes, lifetimes, errno) the module takes care of.

    ftok
    msgget msgsnd msgrcv msgctl mkmsgbuf
    semget semop semtimedop semctl
    shmget shmat shmdt shmctl shmcpy_to shmcpy_from
    sizeof offsetof

and the structures, with their members as attributes, and the constants: these
are ipc.__all__, and what help(ipc) shows; help(ipc._ipc) says what each constant
is for.  The names that SWIG made in 2003
(new_semun, semun_val_set, ...) are in dir(ipc) as well, each with its docstring.
"""

from ipc import _ipc

# The extension has every name, and is the one list of them.
from ipc._ipc import *  # noqa: F401, F403

__all__ = sorted(
    {name for name in dir(_ipc) if not name.startswith("_")} - set(_ipc._names_2003)
)
