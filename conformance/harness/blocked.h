/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Finds out whether a process is blocked in a call.  The source is /proc/PID/syscall.  If /proc
 * does not have that file, a process is blocked if it has noted the begin of a call and sleeps
 * according to /proc/PID/stat.  If /proc is not mounted or has another architecture's numbers, the
 * sources are these notes, GETNCNT and GETZCNT, and the time.
 */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "calls.h"

/* How long a call on a message queue must last without /proc to count as blocked, in ms. */
enum { BOUND = 50 };

enum proc_calls {
	CALLS_NAMED,   /* /proc/PID/syscall has this program's numbers of calls */
	CALLS_UNNAMED, /* /proc/PID has no such file, and has stat */
	CALLS_FOREIGN, /* it has other numbers */
};
enum proc_calls proc_calls(void);

/*
 * From now on, this process and its children note each call that may block, and
 * await_blocked() and is_blocked() use these notes instead of /proc/PID/syscall.  If `by_state` is
 * set, the process must also sleep according to /proc/PID/stat.
 */
void watch_calls(bool by_state);

/* For the listener of the calls: this task begins a call that may block, or it has returned. */
void note_begin(enum ipc_call call, int id);
void note_return(enum ipc_call call);

#endif
