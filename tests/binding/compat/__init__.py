# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""ipc.compat.sysv_ipc does what the documentation of sysv_ipc 1.2 says.

That is USAGE.md and history.md of github.com/osvenskan/sysv_ipc.  Each test runs with sysv_ipc
itself too, where Debian's python3-sysv-ipc (1.0 or 1.1) is installed: so it is shown that the
documentation is read rightly.  Where the two differ on purpose, a test says why, and is expected
to fail with sysv_ipc.
"""
