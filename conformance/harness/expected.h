/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lists of expected failures: one check, or a glob of checks, on a line of five columns.
 *
 *	outcome | checks              | where           | reason              | source
 *	xfail   | semctl.sem_stat_any | libc=glibc-2.31 | takes no argument   | BZ 26637
 *	flaky   | msgrcv.wakes_*      | *               | the host's scheduler| issue 12
 *
 * The outcome is xfail (the check fails; that it passes is a failure of the run) or flaky
 * (it does either).  Where is * or words that must all hold: arch=, machine=, libc=, build=
 * with a glob, kernel>= and kernel< with a version.  Blank lines and lines that begin with
 * # are comments.  The first line that names a check counts.
 */
#ifndef EXPECTED_H
#define EXPECTED_H

#include <stdbool.h>
#include <stdio.h>

#include "report/result.h"

struct expected;

/* NULL, and one line without newline in error, where the file is no such list. */
struct expected *expected_read(const char *path, char error[256]);
struct expected *expected_parse(const char *text, const char *source, char error[256]);
void expected_free(struct expected *expected);

/*
 * The line, from 1, of a glob that holds on this machine and that is_check() knows no check
 * for, with the glob; 0 where there is none.
 */
unsigned expected_unknown(const struct expected *expected, const struct run *run,
			  bool (*is_check)(const char *glob), const char **glob);

/*
 * The outcome of a result under the list: XFAILED, XPASSED, FLAKY, or its outcome without the
 * list.  A skipped check stays skipped.
 */
enum outcome expected_outcome(const struct expected *expected, const struct run *run,
			      const struct result *result);
/* Gives each result of the run that outcome, with reason and source of the line. */
void expected_apply(const struct expected *expected, struct run *run);

/*
 * Writes the list that these results, to which expected (or NULL) was applied, ask for:
 * the lines of expected without what passes now, and a line for each failure that none
 * names.
 */
void expected_write(FILE *out, const struct expected *expected, const struct run *run);

#endif
