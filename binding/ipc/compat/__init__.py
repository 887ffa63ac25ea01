# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Drop-in replacements for other modules, implemented with `ipc`."""
