/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Calls that a timeout or another thread may end: timed.c. */
#ifndef TIMED_H
#define TIMED_H

#include "module.h"

#include <time.h>

/* By which another thread ends a call; of type ipc._ipc._Wait, or a C variable. */
struct wait {
	PyObject_HEAD bool woken; /* for good, and no call has ended by it yet */
	bool again;		  /* the caller must look at the queue again */
	bool armed;		  /* a call is under way, with this timer */
	int timer;
};

struct limits {
	bool timed;
	struct timespec deadline; /* of CLOCK_MONOTONIC */
	struct wait *wait;	  /* or NULL */
};

/* Beside what a call returns, and -1: an exception is set, or what ended the call. */
enum { RAISED = -2, LATE = -3, WOKEN = -4, NO_TIMER = -5, AGAIN = -6 };

/* Seconds or None, and a _Wait or None; -1 with an exception. */
int to_limits(struct state *state, PyObject *timeout, PyObject *wait, struct limits *limits);
/* Has the call that waits with it, or the next one that would, return AGAIN. */
void wait_look_again(struct wait *wait);
/* Returns the call's result, -1 with errno, or LATE, WOKEN, AGAIN or RAISED. */
long wait_until_done(const struct blocking *blocking, const struct limits *limits);
/* Sets the exception for what call() returned below zero, WOKEN and AGAIN aside. */
void call_ended(enum call_index index, long result);

static always_inline long call(struct state *state, const struct blocking *blocking,
			       const struct limits *limits)
{
	return blocking->may_wait && (limits->timed || limits->wait)
		       ? wait_until_done(blocking, limits)
		       : block(state, blocking);
}

/* How often this process descends from a fork(2) of one that has the module. */
extern unsigned forks;
void watch_forks(void);

extern PyType_Spec wait_spec;

#endif
