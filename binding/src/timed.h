/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Calls that a timeout or another thread can end: timed.c. */
#ifndef TIMED_H
#define TIMED_H

#include "module.h"

#include <time.h>

/* Lets another thread end a call; an ipc._ipc._Wait object or a C variable. */
struct wait {
	PyObject_HEAD
	bool woken; /* the call, or else the next one, must return WOKEN */
	bool again; /* the call must return AGAIN, to look at the inbox */
	bool armed; /* a call is running, with this timer */
	int timer;
};

struct limits {
	bool timed;
	struct timespec deadline; /* of CLOCK_MONOTONIC */
	struct wait *wait;	  /* or NULL */
};

/* Results of call() besides those of the system call: an exception, or the reason for its end. */
enum { RAISED = -2, LATE = -3, WOKEN = -4, NO_TIMER = -5, AGAIN = -6 };

/* Converts timeout, seconds or None, and wait, a _Wait or None; -1 with an exception. */
int to_limits(struct state *state, PyObject *timeout, PyObject *wait, struct limits *limits);
/* The same for a method's timeout, which is often left out. */
static always_inline int to_deadline(struct state *state, PyObject *timeout, struct limits *limits)
{
	*limits = (struct limits){0};
	return BRANCH_LIKELY(left_out(timeout)) ? 0 : to_limits(state, timeout, Py_None, limits);
}

/* Makes the call that waits with this object, or the next such call, return AGAIN. */
void wait_look_again(struct wait *wait);
/* Returns the call's result, -1 with errno, or LATE, WOKEN, AGAIN or RAISED. */
long wait_until_done(const struct blocking *blocking, const struct limits *limits);
/* Raises the exception for a negative result of call() other than WOKEN and AGAIN. */
void call_ended(enum call_index index, long result);

static always_inline long call(struct state *state, const struct blocking *blocking,
			       const struct limits *limits)
{
	return blocking->may_wait && (limits->timed || limits->wait)
		       ? wait_until_done(blocking, limits)
		       : call_blocking(state, blocking);
}

/* The number of fork(2) calls between this process and the one that loaded the module. */
extern unsigned forks;
void watch_forks(void);

extern PyType_Spec wait_spec;

#endif
