# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Makes ipc.compat.sysv_ipc importable as sysv_ipc, for programs that cannot be changed."""

import sys

import ipc.compat.sysv_ipc

# Both names are the same module object, so each class exists only once.
sys.modules[__name__] = ipc.compat.sysv_ipc
