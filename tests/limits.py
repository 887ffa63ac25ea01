# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The limit by time of every test and every program that a test starts.

It ends a hang and decides nothing else: the longest step takes about a minute on two idle
processors, and a machine may have twenty other jobs.
"""

import os

# How many times slower than most the machine is: one under an emulator has more time, and
# where a test is about repetition, repeats less.
SLOWNESS = int(os.environ.get("IPC_TEST_SLOWNESS", 1))
HANG = max(1800, 60 * SLOWNESS)
