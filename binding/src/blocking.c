/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Calls that may block: releasing the GIL, and signals (PEP 475).
 *
 * Releasing the GIL around a call that returns at once is slow when another thread is
 * CPU-bound (the GIL convoy).  Trying with IPC_NOWAIT first costs a second system call
 * if the call would block.  So call_blocking() in module.h tries first as long as tries succeed.
 * After a try that would have blocked, the next BACKOFF calls block without a try, and then
 * call_blocking() tries again.  This file has the part that waits.
 */
#include "module.h"

static const long second = 1000000000;

static struct timespec monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t;
}

/* Returns the time left of a timeout that began at begin, at least 0. */
static struct timespec remaining(const struct timespec *timeout, const struct timespec *begin)
{
	const struct timespec end = monotonic();
	struct timespec passed = {end.tv_sec - begin->tv_sec, end.tv_nsec - begin->tv_nsec};
	struct timespec left;

	if (passed.tv_nsec < 0) {
		passed.tv_sec--;
		passed.tv_nsec += second;
	}
	left.tv_sec = timeout->tv_sec - passed.tv_sec;
	left.tv_nsec = timeout->tv_nsec - passed.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_sec--;
		left.tv_nsec += second;
	}
	if (left.tv_sec < 0)
		left.tv_sec = left.tv_nsec = 0;
	return left;
}

long attempt_unlocked(const struct blocking *blocking, bool nowait)
{
	long result;

	WITHOUT_GIL(result = blocking->attempt(blocking->args, nowait));
	return result;
}

long block_until_done(const struct blocking *blocking)
{
	struct timespec *const left = blocking->left;
	const struct timespec timeout = left ? *left : (struct timespec){0};
	const struct timespec begin = left ? monotonic() : (struct timespec){0};

	for (;;) {
		long result = blocking->may_wait || blocking->large
				      ? attempt_unlocked(blocking, false)
				      : blocking->attempt(blocking->args, false);

		if (result != -1 || errno != EINTR)
			return result;
		if (PyErr_CheckSignals() < 0)
			return -2;
		if (left)
			*left = remaining(&timeout, &begin);
	}
}
