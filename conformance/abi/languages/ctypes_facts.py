# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Prints the types of Python's ctypes that System V IPC uses as a dump of facts."""

import ctypes

TYPES = {"size_t": ctypes.c_size_t, "ssize_t": ctypes.c_ssize_t}

for name, of in sorted(TYPES.items()):
    sign = "signed" if of(-1).value < 0 else "unsigned"
    print(f"type    {name:<22} size {ctypes.sizeof(of)} {sign}")
print(f"# {len(TYPES)} facts")
