/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Makes a program independent of the signals and the streams that its parent leaves it. */
#ifndef INHERITED_H
#define INHERITED_H

#include <stdbool.h>

/* Gives all signals their default actions, and blocks none: a parent may have ignored SIGCHLD. */
void reset_signals(void);

/*
 * Opens /dev/null in place of each standard stream that is closed; otherwise the next file that the
 * program opens would become that stream.  Returns true if standard output was open.
 */
bool open_standard_streams(void);

#endif
