# SPDX-FileCopyrightText: 1993 Giorgio Ciucci <giorgio@crcc.it>
# SPDX-FileCopyrightText: 2020 Michael Kerrisk <mtk.manpages@gmail.com>
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: Linux-man-pages-copyleft
"""What the two programs of shmop(2) share, there a header: union semun is the module's own."""

import contextlib
import sys
from collections.abc import Iterator

MEM_SIZE = 4096


@contextlib.contextmanager
def err_exit() -> Iterator[None]:
    """Ends the program if its body fails; the error reads as from perror(3)."""
    try:
        yield
    except OSError as error:
        sys.exit(error.strerror)
