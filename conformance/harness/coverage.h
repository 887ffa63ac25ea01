/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the checks of a run expect of which call: how often each call and command
 * was expected to succeed, and to fail with each error, and did.
 */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdio.h>

#include "calls.h"

/* Each call, and each command of those that have some, out of the table. */
enum row {
#define FUNCTION(R, F, P, A) ROW_##F,
#include "interface/sysvipc.def"
#define CONTROL(F, C, W, K) ROW_##F##_##C,
#include "interface/sysvipc.def"
	NROWS
};

/* Success, and each error. */
enum column {
	COLUMN_SUCCESS,
#define ERRNO(E) COLUMN_##E,
#include "interface/errnos.def"
	NCOLUMNS
};

/* Of one check, filled in by its processes; and how many checks, for a run. */
struct covered {
	unsigned char cell[NROWS][NCOLUMNS];
};
struct coverage {
	unsigned checks[NROWS][NCOLUMNS];
};

/* From now on this process and its children note in covered what they expect. */
void cover_into(struct covered *covered);
/* Calls that do what inner does, and are remembered until something is expected of them. */
const struct ipc_calls *covering_calls(const struct ipc_calls *inner);
/*
 * An expectation of the call made last holds: that it succeeded (0), or failed
 * with an error.  A call counts once; where nothing is covered, it does nothing.
 */
void cover(int error);

void coverage_add(struct coverage *coverage, const struct covered *covered);
/* The table, and the outcomes that no check covers. */
void coverage_print(FILE *out, const struct coverage *coverage);

#endif
