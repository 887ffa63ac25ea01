/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The level of a check tells its authority: POSIX, the manual pages of Linux, or only the
 * implementation of Linux.  conformance/checks/levels.def names the checks of POSIX; of the
 * others, a check whose first source is a manual page is of level linux.  Level exact has the
 * checks whose first source is the kernel's source, a commit or /proc, and those that set
 * limits or ids in /proc/sys/kernel.
 */
#ifndef LEVELS_H
#define LEVELS_H

#include "conform.h"
#include "report/result.h"

/* "posix", "linux", "exact"; false for another name. */
bool level_from_name(const char *name, enum level *level);

/* Sets *clause to the clause of POSIX, or NULL. */
enum level level_of(const struct check *check, bool past_libc, const char **clause);

#endif
