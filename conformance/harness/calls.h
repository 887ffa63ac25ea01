/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The System V IPC calls as a table of functions, so that the same check body runs
 * through libc, past libc, or against a replacement of the kernel.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>

#include "interface/checked_calls.h"

/* The calls, and the ways of making them. */
enum ipc_call {
#define FUNCTION(R, F, P, A) CALL_##F,
#include "interface/sysvipc.def"
	NCALLS
};
enum ipc_way { WAY_LIBC, WAY_NUMBER, WAY_MULTIPLEXED, NWAYS };

struct ipc_calls {
	bool past_libc; /* structures are the kernel's (layer uapi), not libc's */
#define FUNCTION(R, F, P, A) R(*F) P;
#include "interface/sysvipc.def"
};

/*
 * A listener observes each call of the tables below.  begins() runs before a call that
 * may block, with the id of its object; ended() runs after every call, with errno as the
 * call set it.  NULL means no listener.
 */
struct ipc_listener {
	void (*begins)(enum ipc_call call, int id);
	void (*ended)(enum ipc_call call, enum ipc_way way, bool failed);
};
extern const struct ipc_listener *ipc_listener;

/* Through libc. */
extern const struct ipc_calls libc_calls;

/*
 * The system calls by number, or through ipc(2) if the architecture has no number.
 * Structures are the kernel's (layer uapi), whatever type the prototype has; errors
 * are in errno, as with libc.
 */
extern const struct ipc_calls raw_calls;

/* The system calls through ipc(2); NULL on an architecture without ipc(2). */
const struct ipc_calls *multiplexed_calls(void);

#endif
