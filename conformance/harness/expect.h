/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The interface between the runner and the expectations of a check. */
#ifndef EXPECT_H
#define EXPECT_H

#include <unistd.h>

#include "conform.h"
#include "report/result.h"

/* From now on, this process and its children record failures in result. */
void expect_into(struct result *result);
/*
 * Ends the check, in all its processes, because it makes a call that this kernel does not
 * have.  The caller must be in the process group that the runner makes for a check.
 */
void not_implemented(const char *reason) __attribute__((noreturn));
/* Whether a process of this check has called skip() or not_implemented(). */
bool has_skipped(void);

#endif
