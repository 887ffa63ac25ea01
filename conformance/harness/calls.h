/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The System V IPC calls as a table of functions, so that one check body runs
 * through libc, past libc, or through whatever stands in for the kernel.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>

#include "interface/seam.h"

/* The calls, and the ways to make them. */
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
 * A listener hears of each call of the tables below: of one that may block before it is
 * made, with the id of its object, and of each call when it has ended, with errno as the
 * call set it.  There is no listener while it is NULL.
 */
struct ipc_listener {
	void (*begins)(enum ipc_call call, int id);
	void (*ended)(enum ipc_call call, enum ipc_way way, bool failed);
};
extern const struct ipc_listener *ipc_listener;

/* Through libc. */
extern const struct ipc_calls libc_calls;

/*
 * The system calls themselves, each by its own number or through ipc(2) where
 * the architecture has no other.  Structures are the kernel's (layer uapi),
 * whatever type the prototype names; errors are in errno as libc has them.
 */
extern const struct ipc_calls raw_calls;

/* Likewise, all through ipc(2); NULL on an architecture that has no such call. */
const struct ipc_calls *multiplexed_calls(void);

#endif
