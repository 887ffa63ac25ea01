/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Selects and runs checks; the options of a run. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "applications.h"
#include "conform.h"
#include "coverage.h"
#include "expected.h"
#include "report/result.h"

enum { MAX_GLOBS = 32, MAX_SHARDS = 10000 };

struct options {
	const char *only[MAX_GLOBS]; /* if not empty, ids must match one of these */
	unsigned nonly;
	const char *skip[MAX_GLOBS]; /* and none of these */
	unsigned nskip;
	unsigned jobs;
	double time_limit;   /* of one check, in seconds */
	unsigned seed;	     /* of the random numbers in checks */
	unsigned operations; /* of one random check */
	bool progress;	     /* show a line with the progress on standard error */
	const char *resume;  /* the record of earlier parts of this run, or NULL */
	const char *record;  /* where to write the record, or NULL */
	const struct application *application; /* selects the checks that it needs, or NULL */
	enum level level;	/* selects the checks up to this level; NO_LEVEL: all */
	bool fail_fast;		/* after an unexpected failure, start no check */
	unsigned shard, shards; /* run part `shard`, from 1, of `shards` parts; 0: all checks */
	/* Called with the machine's facts before the checks run; or NULL. */
	void (*announce)(const struct run *run);
	const struct expected *expected; /* a list of expected failures, or NULL */
	struct coverage *coverage;	 /* where to add the covered outcomes, or NULL */
};

/* A check and one way of calling; id is the one in results. */
struct instance {
	char id[96];
	const struct check *check;
	const struct ipc_calls *calls;
	enum level level;
	const char *clause; /* of POSIX, or NULL */
};

/* The selected instances, sorted by id, which the caller frees with free(3). */
struct instance *select_checks(const struct options *options, size_t *n);

/*
 * Runs the instances.  If the run cannot begin, returns false, with one line in error; a
 * check that cannot run is a result.  The caller frees run->results with free(3).
 */
bool run_checks(struct options *options, const struct instance *instances, size_t n,
		struct run *run, char error[256]);

#endif
