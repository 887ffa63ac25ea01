# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""The constants of sysv_ipc."""

import os

import ipc

IPC_CREAT = ipc.IPC_CREAT
IPC_EXCL = ipc.IPC_EXCL
IPC_CREX = IPC_CREAT | IPC_EXCL
IPC_PRIVATE = ipc.IPC_PRIVATE
KEY_MIN = -(2**31)
KEY_MAX = 2**31 - 1
PAGE_SIZE = os.sysconf("SC_PAGESIZE")
SEMAPHORE_VALUE_MAX = ipc.SEMVMX
SEMAPHORE_TIMEOUT_SUPPORTED = True
SHM_RDONLY = ipc.SHM_RDONLY
SHM_RND = ipc.SHM_RND
SHM_HUGETLB = ipc.SHM_HUGETLB
SHM_NORESERVE = ipc.SHM_NORESERVE
SHM_REMAP = ipc.SHM_REMAP
