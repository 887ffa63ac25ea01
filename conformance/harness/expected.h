/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lists of expected failures: each line names one check, or a glob of checks, in five columns.
 *
 *	outcome | checks              | where           | reason              | source
 *	xfail   | semctl.sem_stat_any | libc=glibc-2.31 | takes no argument   | BZ 26637
 *	flaky   | msgrcv.wakes_*      | *               | the host's scheduler| issue 12
 *
 * The outcome is xfail (the check fails; if it passes, the run fails) or flaky (the check
 * may do either).  Where is *, or words that must all hold: arch=, machine=, libc=, build=
 * with a glob, kernel>= and kernel< with a version.  Blank lines and lines that begin with
 * # are comments.  The first line that matches a check applies.
 */
#ifndef EXPECTED_H
#define EXPECTED_H

#include <stdbool.h>
#include <stdio.h>

#include "report/result.h"

struct expected;

/* On an invalid file both return NULL, with one line without newline in error. */
struct expected *expected_read(const char *path, char error[256]);
struct expected *expected_parse(const char *text, const char *source, char error[256]);
void expected_free(struct expected *expected);

/*
 * Returns the number (from 1) of the first line that applies to this machine and whose glob
 * matches no check according to is_check(), and sets *glob; returns 0 if there is no such line.
 */
unsigned expected_unknown(const struct expected *expected, const struct run *run,
			  bool (*is_check)(const char *glob), const char **glob);

/*
 * The outcome of a result under the list: XFAILED, XPASSED, FLAKY, or if no line applies, the
 * result's own outcome.  A skipped check stays skipped.
 */
enum outcome expected_outcome(const struct expected *expected, const struct run *run,
			      const struct result *result);
/* Sets that outcome in each result of the run, with the reason and source of the line. */
void expected_apply(const struct expected *expected, struct run *run);

/*
 * Writes the list for these results, to which expected (or NULL) was applied: the lines of
 * expected without the checks that pass now, and a line for each failure that no line
 * names.
 */
void expected_write(FILE *out, const struct expected *expected, const struct run *run);

#endif
