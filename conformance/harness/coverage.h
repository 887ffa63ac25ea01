/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Coverage: for each call and command, how many checks expected it to succeed, or to fail
 * with each error, and saw it.
 */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdio.h>

#include "calls.h"

/* A row for each call and each command of the table. */
enum row {
#define FUNCTION(R, F, P, A) ROW_##F,
#include "interface/sysvipc.def"
#define CONTROL(F, C, W, K) ROW_##F##_##C,
#include "interface/sysvipc.def"
	NROWS
};

/* A column for success and for each error. */
enum column {
	COLUMN_SUCCESS,
#define ERRNO(E) COLUMN_##E,
#include "interface/errnos.def"
	NCOLUMNS
};

/* The outcomes that one check covered, filled in by its processes; their sums for a run. */
struct covered {
	unsigned char cell[NROWS][NCOLUMNS];
};
struct coverage {
	unsigned checks[NROWS][NCOLUMNS];
};

/* From now on this process and its children record covered outcomes in covered. */
void cover_into(struct covered *covered);
/* Calls that pass to inner and are remembered until an expectation tests their result. */
const struct ipc_calls *covering_calls(const struct ipc_calls *inner);
/*
 * Records that the last call had the expected outcome: success (0) or an error.  Counts a
 * call once; does nothing without cover_into().
 */
void cover(int error);

void coverage_add(struct coverage *coverage, const struct covered *covered);
/* Prints the table, and the outcomes that no check covers. */
void coverage_print(FILE *out, const struct coverage *coverage);

#endif
