# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The name sysv_ipc for ipc.compat.sysv_ipc; a program written for sysv_ipc runs unchanged."""

import sys

import ipc.compat.sysv_ipc

# The same module object, so that an exception or a class has one identity under both names.
sys.modules[__name__] = ipc.compat.sysv_ipc
