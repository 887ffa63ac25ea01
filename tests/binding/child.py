# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Runs a program as a child in development mode, in which it must end without any warning."""

import inspect
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from conftest import waits_with
from limits import HANG

# The beginning of every program; the program's arguments are the ids of its IPC objects.
PRELUDE = """
import builtins, gc, os, sys, threading, time, warnings, weakref
from array import array
import ipc

ids = [int(word) for word in sys.argv[1:]]
# At a fork, the other threads of the programs are blocked or hold no lock.
warnings.filterwarnings("ignore", "This process", DeprecationWarning)

def wait_until(condition):
    while not condition():
        time.sleep(0.0002)

@waits_with@
def blocked(ident, call, daemon=True):
    "A thread that waits in a call on an object, see proc(5)."
    thread = threading.Thread(target=call, daemon=daemon)
    thread.start()
    wait_until(lambda: waits_with(thread.native_id, ident))
    return thread

def stat(shmid):
    ds = ipc.shmid_ds()
    ipc.shmctl(shmid, ipc.IPC_STAT, ds)
    return ds

def resident():
    "KiB of resident memory.  smaps_rollup is exact; the counts of /proc/PID/statm are not."
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))
""".replace("@waits_with@", inspect.getsource(waits_with))


def run_child(
    program: str,
    *ids: int,
    options: Sequence[str] = ("-X", "dev"),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the output of a program, which must exit with 0 and leave standard error empty."""
    if "blocked(" in program and not Path("/proc/self/syscall").exists():
        pytest.skip("this kernel has no /proc/PID/syscall")
    # In development mode asyncio reports each step that takes longer than 0.1 s.
    quiet = "import logging; logging.getLogger('asyncio').setLevel('ERROR')\n"
    beginning = PRELUDE + quiet * ("asyncio" in program)
    child = subprocess.run(
        [sys.executable, *options, "-c", beginning + program, *map(str, ids)],
        capture_output=True,
        text=True,
        timeout=HANG,
        env=os.environ | environment,
    )
    if child.returncode != 0 or child.stderr:
        pytest.fail(f"exit status {child.returncode}, and: {child.stderr}", pytrace=False)
    return child.stdout
