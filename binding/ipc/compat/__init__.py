# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
"""Drop-in replacements: modules that others have, on the functions of `ipc`."""
