/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The results of a run: one for each check, and the machine.
 *
 * Plain data without pointers into the checks: the process of a check fills in a result in
 * memory shared with the runner, and results are written as JSON and read back.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stddef.h>

/*
 * XFAILED, XPASSED, FLAKY: a list of expected failures (expected.h) names the check; it
 * failed as expected, passed although it should fail, or may do either.
 * TIMED_OUT: the check recorded no failure before its time limit, so its result is unknown.
 * NOT_IMPLEMENTED: a call of the check failed with ENOSYS.
 */
enum outcome {
	NOT_RUN,
	PASSED,
	FAILED,
	SKIPPED,
	XFAILED,
	XPASSED,
	FLAKY,
	TIMED_OUT,
	NOT_IMPLEMENTED,
	NOUTCOMES
};

/*
 * The authority of a check (harness/levels.h); a higher level includes the lower ones.
 * NO_LEVEL: the result is from an older version, which wrote no level.
 */
enum level { NO_LEVEL, LEVEL_POSIX, LEVEL_LINUX, LEVEL_EXACT, NLEVELS };

/* A failed expectation. */
struct failure {
	char where[64];	    /* "msgget.c:31" */
	char what[160];	    /* the expression, or a description */
	char expected[160]; /* "EINVAL", "7" */
	char seen[160];	    /* "success", "ENOENT", "8" */
};

enum { MAX_FAILURES = 8 };

struct result {
	char id[96];	  /* "msgget.existing_key", "msgget.existing_key.raw" */
	char title[192];  /* one sentence: what must hold */
	char source[128]; /* manual page, POSIX clause or kernel commit */
	enum level level;
	enum outcome outcome;
	/*
	 * SKIPPED: why it could not run; NOT_IMPLEMENTED: "semaphores: not implemented";
	 * XFAILED, XPASSED, FLAKY: the list's reason and source.
	 */
	char reason[192];
	double seconds;	    /* wall time of the check */
	unsigned nfailures; /* all failures; the first MAX_FAILURES are kept */
	struct failure failures[MAX_FAILURES];
};

/* A fact about the machine: ("semaphores", "yes"), ("users", "no other user to become: ..."). */
struct machine_fact {
	char name[32];
	char value[192];
};
/* The first facts are those of message queues, semaphores and shared memory. */
enum { NFACILITIES = 3, MAX_FACTS = 32 };

/* The checks of one program on one machine. */
struct run {
	char build[32];	  /* "static" or "dynamic" */
	char arch[32];	  /* the program's, a name of architectures.toml */
	char machine[72]; /* the kernel's, from uname(2) */
	char kernel[192]; /* release and version, from uname(2) */
	char libc[64];	  /* "glibc 2.36" */
	double seconds;	  /* wall time of the whole run */
	unsigned nfacts;
	struct machine_fact facts[MAX_FACTS];
	size_t nresults;
	struct result *results; /* sorted by id */
};

#endif
