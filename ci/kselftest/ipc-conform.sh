#!/bin/sh
# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# kselftest runs this file without arguments in its folder.
exec ./ipc-conform run --format ktap
