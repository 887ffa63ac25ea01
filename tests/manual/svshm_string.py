"""What the two programs of shmop(2) share, there a header: union semun is the module's own."""

import contextlib
import sys
from collections.abc import Iterator

MEM_SIZE = 4096


@contextlib.contextmanager
def err_exit() -> Iterator[None]:
    """Ends the program where what is inside fails; the error reads as from perror(3)."""
    try:
        yield
    except OSError as error:
        sys.exit(error.strerror)
