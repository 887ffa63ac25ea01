/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Finds out whether a process is blocked in a call.  The source is /proc.  If /proc is not mounted
 * or has another architecture's numbers, the sources are notes that the process makes before and
 * after each call, GETNCNT and GETZCNT, and the time.
 */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "calls.h"

/* How long a call on a message queue must last without /proc to count as blocked, in ms. */
enum { BOUND = 50 };

/* False if /proc has other numbers for the calls than this program. */
bool proc_numbers_calls(void);

/*
 * From now on, this process and its children note each call that may block, and
 * await_blocked() and is_blocked() use these notes instead of /proc.
 */
void watch_calls(void);

/* For the listener of the calls: this task begins a call that may block, or it has returned. */
void note_begin(enum ipc_call call, int id);
void note_return(enum ipc_call call);

#endif
