/* Where a check runs: apart from every other user of System V IPC. */
#ifndef ISOLATE_H
#define ISOLATE_H

#include "calls.h"
#include "conform.h"

/*
 * A fresh IPC namespace for this process: by privilege, else in a user
 * namespace in which it is root.  False where the kernel allows neither, and then
 * this process may be of no more use: probe_needs() finds that out.
 */
bool isolate(void);

/* For each need, why it cannot be met; "" where it can. */
struct unmet {
	char reason[NNEEDS][160];
};

/* Tries each need in a child that isolated itself as checks do. */
void probe_needs(struct unmet *unmet);

/* Where no namespace is to be had: objects made, to be removed whatever happens. */
enum { MAX_MADE = 256 };
struct made {
	unsigned n;
	struct {
		char kind; /* 'm', 's', 'h': queue, set, segment */
		int id;
	} object[MAX_MADE];
};

/* Calls that do what inner does and note in made, in shared memory, what they make. */
const struct ipc_calls *tracking_calls(const struct ipc_calls *inner, struct made *made);
void remove_made(const struct made *made);

#endif
