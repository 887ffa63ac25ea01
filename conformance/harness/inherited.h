/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* What a program inherits from its parent, and must not depend on. */
#ifndef INHERITED_H
#define INHERITED_H

#include <stdbool.h>

/* Gives all signals their default actions, and blocks none: a parent may have ignored SIGCHLD. */
void reset_signals(void);

/*
 * Opens /dev/null in place of each standard stream that is closed; else the next file that is
 * opened becomes that stream.  Returns whether standard output was open.
 */
bool open_standard_streams(void);

#endif
