/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Whether a process is blocked in a call: by /proc, and where that is not mounted or is another
 * architecture's, by what the process notes before and after a call, by GETNCNT and GETZCNT, and
 * by time.
 */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "calls.h"

/* How long a call on a message queue must last without /proc to count as blocked, in ms. */
enum { BOUND = 50 };

/* False if /proc numbers calls otherwise than this program. */
bool proc_numbers_calls(void);

/*
 * From now on, this process and its children note each call that may block, and
 * await_blocked() and is_blocked() go by that, not by /proc.
 */
void watch_calls(void);

/* For the listener of the calls: this task begins, has ended a call that may block. */
void note_begin(enum ipc_call call, int id);
void note_return(enum ipc_call call);

#endif
