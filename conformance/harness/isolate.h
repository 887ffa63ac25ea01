/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Isolates a check from every other user of System V IPC. */
#ifndef ISOLATE_H
#define ISOLATE_H

#include "absent.h"
#include "calls.h"
#include "conform.h"

/*
 * Moves this process into a fresh IPC namespace: directly if privileged, else through a
 * user namespace in which it is root.  If the kernel allows neither, returns false, and the
 * process may be unusable; probe_needs() tests that in advance.
 */
bool isolate(void);
/*
 * The same, with retries.  Kernels before 7.0 free a namespace some time after its last
 * process has ended, and count it until then.  So on ENOSPC, ENOMEM and EAGAIN this tries
 * again, for up to 30 seconds after a check of the run last got a namespace; waited, in
 * shared memory, adds up that time.
 */
bool isolate_patiently(unsigned *waited);

/* Chooses keys without objects, which check_key() returns to this process and its children. */
void choose_keys(void);

/* For each need, why this machine does not meet it; "" if it does. */
struct unmet {
	char reason[NNEEDS][160];
	struct absent absent; /* and the calls that the kernel does not have */
};

/* Tries each need in a child that isolates itself as checks do. */
void probe_needs(struct unmet *unmet);

/* The objects that a check has made in a run without namespaces, so that they are removed. */
enum { MAX_MADE = 256 };
struct made {
	unsigned n;
	struct {
		char kind; /* 'm', 's', 'h': queue, set, segment */
		int id;
	} object[MAX_MADE];
};

/* Calls that pass to inner and record the objects that they make in made, in shared memory. */
const struct ipc_calls *tracking_calls(const struct ipc_calls *inner, struct made *made);
void remove_made(const struct made *made);

#endif
