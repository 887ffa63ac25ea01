/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of semtimedop only. */
#include "mutants.h"

ON_SEMTIMEDOP(timeout_ignored, "the timeout is ignored")
{
	return t->real->semop(semid, sops, nsops);
}

ON_SEMTIMEDOP(at_once, "the timeout is treated as 0")
{
	static const struct timespec at_once;

	return t->real->semtimedop(semid, sops, nsops, timeout ? &at_once : NULL);
}

ON_SEMTIMEDOP(null_is_zero, "a missing timeout is treated as 0")
{
	static const struct timespec at_once;

	return t->real->semtimedop(semid, sops, nsops, timeout ? timeout : &at_once);
}

/* Makes the call with a changed copy of the timeout, or unchanged if it cannot be read. */
static int with_timeout(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
			const struct timespec *timeout, void (*change)(struct timespec *))
{
	struct timespec other;

	if (!timeout || !read_memory(&other, timeout, sizeof(other)))
		return t->real->semtimedop(semid, sops, nsops, timeout);
	change(&other);
	return t->real->semtimedop(semid, sops, nsops, &other);
}

static void halve(struct timespec *timeout)
{
	timeout->tv_sec /= 2;
	timeout->tv_nsec /= 2;
}

ON_SEMTIMEDOP(half, "a call waits for half of the timeout")
{
	return with_timeout(t, semid, sops, nsops, timeout, halve);
}

static void raise_negative(struct timespec *timeout)
{
	if (timeout->tv_sec < 0)
		timeout->tv_sec = 0;
	if (timeout->tv_nsec < 0)
		timeout->tv_nsec = 0;
}

ON_SEMTIMEDOP(negative_is_zero, "a negative timeout is treated as 0")
{
	return with_timeout(t, semid, sops, nsops, timeout, raise_negative);
}

static void lower_nanoseconds(struct timespec *timeout)
{
	if (timeout->tv_nsec > 999999999)
		timeout->tv_nsec = 999999999;
}

ON_SEMTIMEDOP(nanoseconds_unchecked, "nanoseconds from 10^9 on are not refused")
{
	return with_timeout(t, semid, sops, nsops, timeout, lower_nanoseconds);
}

static void refuse_largest(struct timespec *timeout)
{
	if (timeout->tv_nsec == 999999999)
		timeout->tv_nsec++;
}

ON_SEMTIMEDOP(nanoseconds_one_less, "999999999 nanoseconds are refused")
{
	return with_timeout(t, semid, sops, nsops, timeout, refuse_largest);
}

/* A libc that falls back to the system call with 32-bit times: musl 9b12982d, glibc aaa12e9ff0. */
static void cut_seconds(struct timespec *timeout)
{
	timeout->tv_sec = (int)timeout->tv_sec;
}

ON_SEMTIMEDOP(seconds_cut, "seconds are truncated to 32 bits")
{
	return with_timeout(t, semid, sops, nsops, timeout, cut_seconds);
}

ON_SEMTIMEDOP(timeout_written, "the remaining time is written to the timeout")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout), error = errno;

	if (result == -1 && error == EINTR && timeout)
		((struct timespec *)(uintptr_t)timeout)->tv_nsec = 0;
	errno = error;
	return result;
}

ON_SEMTIMEDOP(efault_is_null, "a timeout at an unmapped address is no timeout")
{
	struct timespec seen;

	return t->real->semtimedop(semid, sops, nsops,
				   timeout && read_memory(&seen, timeout, sizeof(seen)) ? timeout
											: NULL);
}

ON_SEMTIMEDOP(eagain_eintr, "the end of the timeout looks like a signal")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout);

	return result == -1 && errno == EAGAIN ? fails(EINTR) : result;
}

ON_SEMTIMEDOP(late, "a timeout is twenty times as long as asked for")
{
	struct timespec later;

	if (!timeout || !read_memory(&later, timeout, sizeof(later)) || later.tv_sec != 0 ||
	    later.tv_nsec < 0 || later.tv_nsec > 40000000)
		return t->real->semtimedop(semid, sops, nsops, timeout);
	later.tv_nsec *= 20;
	return t->real->semtimedop(semid, sops, nsops, &later);
}

ON_SEMTIMEDOP(timeout_after_numbers, "EFBIG comes before the check of the timeout")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout);
	struct semid_ds ds = {0};
	struct sembuf first;

	if (result == -1 && errno == EINVAL && nsops > 0) {
		if (read_memory(&first, sops, sizeof(first)) &&
		    t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 &&
		    first.sem_num >= ds.sem_nsems)
			return fails(EFBIG);
		return fails(EINVAL);
	}
	return result;
}
