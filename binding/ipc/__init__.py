"""System V IPC of Linux, as close to the C interface as Python allows.

The C names, the C argument order, the C return values; what C leaves to the
programmer's care (sizes, lifetimes, errno) the module takes care of.

    ftok
    msgget msgsnd msgrcv msgctl mkmsgbuf
    semget semop semtimedop semctl
    shmget shmat shmdt shmctl shmcpy_to shmcpy_from
    sizeof offsetof

and the structures, with their members as attributes, and the constants.  The
names that SWIG made in 2003 (new_semun, semun_val_set, ...) are there as well.
"""

# The extension has every name, and is the one list of them.
from ipc._ipc import *  # noqa: F401, F403
