/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The record of a run: a line of JSON for each check that begins and for each result,
 * written when it comes, so that a run can go on after its kernel has died.
 *
 * A check that has begun and has no result may have killed the machine, or the machine
 * may have died of something else meanwhile.  So it runs again, alone; if it then dies
 * again, it has failed, and is not run any more.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "report/result.h"

/* The options that must be equal in all parts of a run; the machine must be, too. */
struct record_settings {
	unsigned seed, operations;
};

/* Of each check, by its place in run->results: what earlier parts of the run recorded. */
struct recorded {
	unsigned begun; /* how often it began and did not end; 0 if it has a result */
	bool ended;	/* the result is in run->results */
};

struct record {
	const char *path; /* of earlier parts, or NULL */
	char *kept;	  /* the whole lines of earlier parts */
	size_t nkept;
	struct recorded *recorded; /* of run->nresults checks */
};

/*
 * Reads the record of earlier parts into the results of the run, which have ids and are
 * sorted; there may be no file.  Settings become those of the record.  False, and one
 * line without newline in error, for what is no record of this program, machine and
 * selection.
 */
bool record_read(struct record *record, const char *path, struct run *run,
		 struct record_settings *settings, char error[256]);
void record_free(struct record *record);

/*
 * Opens the file that the record of this part goes to: path, which has only the lines of
 * earlier parts afterwards.  The descriptor, or -1 with an error.
 */
int record_open(const struct record *record, const char *path, const struct run *run,
		const struct record_settings *settings, char error[256]);

/* Each false, with errno, where the line cannot be written. */
bool record_begin(int fd, const char *id);
bool record_result(int fd, const struct result *result);
/* The line that says that a check was stopped from outside; for signal handlers. */
void record_stopped(int fd);

#endif
