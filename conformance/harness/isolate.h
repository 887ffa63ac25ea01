/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Where a check runs: apart from every other user of System V IPC. */
#ifndef ISOLATE_H
#define ISOLATE_H

#include "absent.h"
#include "calls.h"
#include "conform.h"

/*
 * A fresh IPC namespace for this process: by privilege, else in a user
 * namespace in which it is root.  False where the kernel allows neither, and then
 * this process may be of no more use: probe_needs() finds that out.
 */
bool isolate(void);
/*
 * The same, for a check of a run.  A kernel before 7.0 frees a namespace some time
 * after its last process has ended, and until then it counts: so while there is no
 * room (ENOSPC, ENOMEM, EAGAIN) this tries again, for half a minute altogether since
 * a check of the run last had one; waited is where the run's processes count that.
 */
bool isolate_patiently(unsigned *waited);

/* Chooses what check_key() gives this process and its children: keys without objects. */
void choose_keys(void);

/* For each need, why it cannot be met; "" where it can. */
struct unmet {
	char reason[NNEEDS][160];
	struct absent absent; /* and the calls that the kernel does not have */
};

/* Tries each need in a child that isolated itself as checks do. */
void probe_needs(struct unmet *unmet);

/* Where a run has no namespaces: objects made, to be removed whatever happens. */
enum { MAX_MADE = 256 };
struct made {
	unsigned n;
	struct {
		char kind; /* 'm', 's', 'h': queue, set, segment */
		int id;
	} object[MAX_MADE];
};

/* Calls that pass to inner and record in made, in shared memory, the objects they make. */
const struct ipc_calls *tracking_calls(const struct ipc_calls *inner, struct made *made);
void remove_made(const struct made *made);

#endif
