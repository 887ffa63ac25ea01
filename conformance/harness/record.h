/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The record of a run: a JSON line for each check that begins and for each result, written
 * at once, so that a run can continue after its kernel has crashed.
 *
 * A check that has begun and has no result may have crashed the machine, or the machine may
 * have died of another cause.  So the check runs again, alone.  If the machine dies again, the
 * check has failed, and does not run again.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "report/result.h"

/* The options that must be equal in all parts of a run; the machine must be the same too. */
struct record_settings {
	unsigned seed, operations;
};

/* The record of a check in earlier parts of the run; indexed like run->results. */
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
 * sorted; the file need not exist.  Sets the settings to those of the record.  If the file
 * is not a record of this program, machine and selection, returns false, with one line
 * without newline in error.
 */
bool record_read(struct record *record, const char *path, struct run *run,
		 struct record_settings *settings, char error[256]);
void record_free(struct record *record);

/*
 * Opens path for the record of this part, and leaves only the lines of earlier parts in it.
 * Returns the descriptor, or -1 with an error.
 */
int record_open(const struct record *record, const char *path, const struct run *run,
		const struct record_settings *settings, char error[256]);

/* Both return false and set errno if the line cannot be written. */
bool record_begin(int fd, const char *id);
bool record_result(int fd, const struct result *result);
/* Writes the line that says that a signal stopped the check; for signal handlers. */
void record_stopped(int fd);

#endif
