/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Between the runner and the expectations of a check. */
#ifndef EXPECT_H
#define EXPECT_H

#include <unistd.h>

#include "conform.h"
#include "report/result.h"

/* From now on, this process and its children note what they find in result. */
void expect_into(struct result *result);
/*
 * Ends the check, in all its processes, as one that makes a call which this kernel does
 * not have; for a process in the process group that the runner makes for a check.
 */
void not_implemented(const char *reason) __attribute__((noreturn));
/* Whether this check, in whichever of its processes, found that it cannot run or goes no further.
 */
bool has_skipped(void);

#endif
