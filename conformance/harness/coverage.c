/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "coverage.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel_constants.h"

/* ---- recording -------------------------------------------------------------- */

/*
 * `covered` is in the runner's shared memory; `last` is the call that no expectation has seen
 * yet.
 */
static struct covered *covered;
static const struct ipc_calls *inner;
static _Thread_local struct {
	int row; /* -1: no call */
	int error;
} last = {-1, 0};

void cover_into(struct covered *into)
{
	covered = into;
}

/* The row of a call's command; the row of the call if the command is unknown. */
static int row_of(int row, int cmd)
{
#define CONTROL(F, C, W, K)               \
	if (row == ROW_##F && cmd == (C)) \
		return ROW_##F##_##C;
#include "interface/sysvipc.def"
	return row;
}

static void remember(int row, int cmd, bool failed)
{
	last.row = row_of(row, cmd);
	last.error = failed ? errno : 0;
}

/* The command parameter of each control call; 0 for the other calls. */
#define COMMAND_msgget 0
#define COMMAND_msgsnd 0
#define COMMAND_msgrcv 0
#define COMMAND_msgctl cmd
#define COMMAND_semget 0
#define COMMAND_semop 0
#define COMMAND_semtimedop 0
#define COMMAND_semctl cmd
#define COMMAND_shmget 0
#define COMMAND_shmat 0
#define COMMAND_shmdt 0
#define COMMAND_shmctl cmd

#define FUNCTION(R, F, P, A)                                            \
	static R covering_##F P                                         \
	{                                                               \
		R result = inner->F A;                                  \
		remember(ROW_##F, COMMAND_##F, (intptr_t)result == -1); \
		return result;                                          \
	}
#include "interface/sysvipc.def"

const struct ipc_calls *covering_calls(const struct ipc_calls *calls)
{
	static const struct ipc_calls by_number = {
		.past_libc = true,
#define FUNCTION(R, F, P, A) .F = covering_##F,
#include "interface/sysvipc.def"
	};
	static const struct ipc_calls by_libc = {
#define FUNCTION(R, F, P, A) .F = covering_##F,
#include "interface/sysvipc.def"
	};

	inner = calls;
	return calls->past_libc ? &by_number : &by_libc;
}

static int column_of(int error)
{
	switch (error) {
	case 0:
		return COLUMN_SUCCESS;
#define ERRNO(E) \
	case E:  \
		return COLUMN_##E;
#include "interface/errnos.def"
	}
	return -1;
}

void cover(int error)
{
	int column = column_of(error);

	if (covered && last.row >= 0 && last.error == error && column >= 0)
		__atomic_store_n(&covered->cell[last.row][column], 1, __ATOMIC_RELAXED);
	last.row = -1;
}

void coverage_add(struct coverage *coverage, const struct covered *of_check)
{
	for (int row = 0; row < NROWS; row++)
		for (int column = 0; column < NCOLUMNS; column++)
			coverage->checks[row][column] += of_check->cell[row][column];
}

/* ---- the outcomes to cover ---------------------------------------------------- */

static const char *const column_names[] = {
	"success",
#define ERRNO(E) #E,
#include "interface/errnos.def"
};

static const struct {
	const char *function, *command;
} rows[] = {
#define FUNCTION(R, F, P, A) [ROW_##F] = {#F, ""},
#include "interface/sysvipc.def"
#define CONTROL(F, C, W, K) [ROW_##F##_##C] = {#F, #C},
#include "interface/sysvipc.def"
};

/* The errors of each row; 0 ends a row. */
static const int fails[][NCOLUMNS] = {
#define FAILS(F, ...) [ROW_##F] = {__VA_ARGS__},
#define FAILS_WITH(F, C, ...) [ROW_##F##_##C] = {__VA_ARGS__},
#include "interface/errnos.def"
};

static bool may_fail(int row, int column)
{
	for (int i = 0; fails[row][i]; i++)
		if (column_of(fails[row][i]) == column)
			return true;
	return false;
}

/* Unknown commands cannot succeed, so only calls and known commands have to. */
static bool to_cover(int row, int column)
{
	bool has_commands = row == ROW_msgctl || row == ROW_semctl || row == ROW_shmctl;

	return column == COLUMN_SUCCESS ? !has_commands : may_fail(row, column);
}

/* Why no check covers this outcome, or NULL. */
static const char *reason_of(int row, int column)
{
	static const struct {
		const char *function;
		int error;
		const char *why;
	} holes[] = {
#define HOLE(F, E, WHY) {#F, E, WHY},
#include "interface/errnos.def"
	};
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		if (column_of(holes[i].error) == column &&
		    (strcmp(holes[i].function, "any") == 0 ||
		     strcmp(holes[i].function, rows[row].function) == 0))
			return holes[i].why;
	return NULL;
}

/* ---- the table ----------------------------------------------------------------- */

static bool of_facility(int row, const char *facility)
{
	return strncmp(rows[row].function, facility, 3) == 0;
}

static bool column_used(const struct coverage *coverage, const char *facility, int column)
{
	for (int row = 0; row < NROWS; row++)
		if (of_facility(row, facility) &&
		    (to_cover(row, column) || coverage->checks[row][column]))
			return true;
	return false;
}

/* The number of checks; `none` if the outcome should have a check, else a dot. */
static void print_cell(FILE *out, const struct coverage *coverage, int row, int column)
{
	int width = (int)strlen(column_names[column]) + 1;

	if (coverage->checks[row][column])
		fprintf(out, "%*u", width, coverage->checks[row][column]);
	else
		fprintf(out, "%*s", width, to_cover(row, column) ? "none" : ".");
}

static void print_row(FILE *out, const struct coverage *coverage, int row, const bool *used)
{
	bool other = to_cover(row, COLUMN_SUCCESS) || *rows[row].command;

	fprintf(out, "%-10s %-12s", rows[row].function, other ? rows[row].command : "(another)");
	for (int column = 0; column < NCOLUMNS; column++)
		if (used[column])
			print_cell(out, coverage, row, column);
	fputc('\n', out);
}

static void print_facility(FILE *out, const struct coverage *coverage, const char *facility)
{
	bool used[NCOLUMNS];

	fprintf(out, "%-10s %-12s", "call", "command");
	for (int column = 0; column < NCOLUMNS; column++) {
		used[column] = column_used(coverage, facility, column);
		if (used[column])
			fprintf(out, " %s", column_names[column]);
	}
	fputc('\n', out);
	/* Each call, followed by its commands. */
	for (int call = 0; call < NROWS; call++)
		for (int row = call;
		     of_facility(call, facility) && !*rows[call].command && row < NROWS; row++)
			if (row == call || strcmp(rows[row].function, rows[call].function) == 0)
				print_row(out, coverage, row, used);
	fputc('\n', out);
}

static unsigned print_holes(FILE *out, const struct coverage *coverage)
{
	unsigned n = 0;

	for (int row = 0; row < NROWS; row++)
		for (int column = 0; column < NCOLUMNS; column++) {
			const char *reason = reason_of(row, column);

			if (!to_cover(row, column) || coverage->checks[row][column])
				continue;
			if (n++ == 0)
				fputs("no check covers:\n", out);
			fprintf(out, "    %-10s %-12s %-9s %s\n", rows[row].function,
				rows[row].command, column_names[column],
				reason ? reason : "not seen in this run");
		}
	return n;
}

void coverage_print(FILE *out, const struct coverage *coverage)
{
	unsigned all = 0, holes;

	print_facility(out, coverage, "msg");
	print_facility(out, coverage, "sem");
	print_facility(out, coverage, "shm");
	for (int row = 0; row < NROWS; row++)
		for (int column = 0; column < NCOLUMNS; column++)
			all += to_cover(row, column);
	holes = print_holes(out, coverage);
	fprintf(out, "%u of %u outcomes are covered\n", all - holes, all);
}
