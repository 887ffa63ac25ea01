/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Running checks, and what a run may be asked for. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "conform.h"
#include "coverage.h"
#include "expected.h"
#include "report/result.h"

enum { MAX_GLOBS = 32, MAX_SHARDS = 10000 };

struct options {
	const char *only[MAX_GLOBS]; /* ids must match one of these, if there are any */
	unsigned nonly;
	const char *skip[MAX_GLOBS]; /* and none of these */
	unsigned nskip;
	unsigned jobs;
	double time_limit;	/* of one check, in seconds */
	unsigned seed;		/* what chance there is in checks comes from */
	unsigned operations;	/* of one random check */
	bool progress;		/* a line on standard error that says how far it is */
	const char *resume;	/* the record of earlier parts of this run, or NULL */
	const char *record;	/* where to write the record, or NULL */
	bool fail_fast;		/* after a failure that is not expected begin no check */
	unsigned shard, shards; /* of so many parts of the checks this one, from 1; 0: all */
	/* Told what the machine has, before the checks run; or NULL. */
	void (*announce)(const struct run *run);
	const struct expected *expected; /* a list of expected failures, or NULL */
	struct coverage *coverage;	 /* where to add the covered outcomes, or NULL */
};

/* A check through one way of calling, under the id that results have. */
struct instance {
	char id[96];
	const struct check *check;
	const struct ipc_calls *calls;
};

/* All instances that the options select, sorted by id; free(3) them. */
struct instance *select_checks(const struct options *options, size_t *n);

/*
 * Runs them.  False, with one line in error, where it cannot begin; a check
 * that cannot run is a result.  free(3) run->results.
 */
bool run_checks(struct options *options, const struct instance *instances, size_t n,
		struct run *run, char error[256]);

#endif
