# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc.compat.sysv_ipc does what the documentation of sysv_ipc 1.2 says.

The documentation is USAGE.md and history.md of github.com/osvenskan/sysv_ipc.  If Debian's
python3-sysv-ipc (1.0 or 1.1) is installed, each test also runs with sysv_ipc itself, which shows
that the test reads the documentation correctly.  Where the two differ on purpose, the test gives
the reason and is expected to fail with sysv_ipc.
"""
