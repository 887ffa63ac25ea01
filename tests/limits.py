# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The time limit of every test and of every program that a test starts.

The limit ends a hang and decides nothing else: the longest step takes about a minute on two idle
processors, and the machine may run twenty other jobs.
"""

import os

# How many times slower than usual the machine is: under an emulator, tests have more time and
# repeat operations less often.
SLOWNESS = int(os.environ.get("IPC_TEST_SLOWNESS", 1))
HANG = max(1800, 60 * SLOWNESS)
