/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Histories: several processes make random calls on one object at full speed, each call is
 * recorded with the interval that it took, and a search decides whether some order of the
 * calls within their intervals explains every answer by the sequential model (random.h).
 * Such a history is linearizable (Herlihy and Wing 1990; the search is that of Wing and
 * Gong 1993 with the memory of states that Lowe 2017 describes).
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "checks/model/random.h"

/*
 * The last of the WORKERS of the model is the process that begins and ends an episode, and
 * makes the last calls.
 */
enum { MAKERS = WORKERS - 1, ARBITER = MAKERS, MOST_CALLS = 16, NEVER = 0x7fffffff };

/* The state of a call. */
enum { NOT_MADE, LEFT_OUT, MADE, ANSWERED };

/*
 * A call, between two readings of the clock: `begun` counts the calls that had returned
 * before it was made, `ended` is its place among those that have returned.  So another call
 * came before it if that one's `ended` is not above its `begun`.
 */
struct operation {
	struct step step;
	int state;
	int begun, ended; /* NEVER: it has not returned */
	bool asleep;	  /* was blocked when all processes had come to rest */
	struct answer answer;
};

struct history {
	int n[WORKERS];
	struct operation operation[WORKERS][MOST_CALLS];
};

/*
 * Whether some order explains the history.  UNDECIDED: the search has visited as many states as
 * it may.
 */
enum verdict { EXPLAINED, WRONG, UNDECIDED };
enum verdict judge(const struct operations *operations, const struct history *history);

/* Removes every call without which the history is still wrong. */
void reduce(const struct operations *operations, struct history *history);

/* Records and judges histories; records the first wrong one as a failure. */
void histories(const struct ipc_calls *ipc, const char *name, const struct operations *operations,
	       unsigned count);

#endif
