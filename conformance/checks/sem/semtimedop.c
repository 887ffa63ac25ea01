/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semtimedop(2). */
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "checks/common/objects.h"
#include "harness/blocked.h"

static const union semun none;

static int timed_op(const struct ipc_calls *ipc, int semid, int op, const struct timespec *timeout)
{
	return ipc->semtimedop(semid, &(struct sembuf){.sem_op = (short)op}, 1, timeout);
}

CHECK("semtimedop.ready", LIBC | RAW, 0,
      "possible operations run at once, with a timeout or without", "semop(2), semtimedop()")
{
	const struct timespec second = {.tv_sec = 1};
	int semid = sem_new(ipc, 0);

	expect_eq(0, timed_op(ipc, semid, 2, NULL));
	expect_eq(0, timed_op(ipc, semid, -1, &second));
	expect_eq(0, timed_op(ipc, semid, -1, &(struct timespec){0}));
	expect_eq(0, timed_op(ipc, semid, 0, &second));
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semtimedop.null_waits", LIBC | RAW, 0, "with a NULL timeout semtimedop blocks like semop",
      "semop(2), \"semtimedop() behaves exactly like semop()\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, timed_op(ipc, semid, -1, NULL));
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
}

static long long nanoseconds(clockid_t clock)
{
	struct timespec now;

	must(clock_gettime(clock, &now));
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/*
 * Newer kernels measure the timeout with the precise clock.  Older ones count ticks,
 * including the current one, and after a pause of the machine (frequent under emulation)
 * several ticks come at once; the coarse clock counts the same ticks.
 */
CHECK("semtimedop.eagain", LIBC | RAW, 0,
      "a blocked call fails with EAGAIN at its timeout, not earlier", "semop(2), EAGAIN")
{
	const struct timespec timeout = {.tv_nsec = 30000000};
	struct timespec tick;
	int semid = sem_new(ipc, 1);

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	for (int op = -2; op <= 0; op += 2) {
		long long fine = nanoseconds(CLOCK_MONOTONIC);
		long long coarse = nanoseconds(CLOCK_MONOTONIC_COARSE);

		expect_errno(EAGAIN, timed_op(ipc, semid, op, &timeout));
		coarse = nanoseconds(CLOCK_MONOTONIC_COARSE) - coarse;
		fine = nanoseconds(CLOCK_MONOTONIC) - fine;
		expect(fine >= timeout.tv_nsec || coarse >= timeout.tv_nsec - tick.tv_nsec);
	}
	expect_eq(1, sem_value(semid, 0));
}

/*
 * On a busy machine any timeout may end late.  So it is enough if one of many calls ends
 * within ten times its timeout.
 */
CHECK("semtimedop.eagain_in_time", LIBC | RAW, 0,
      "a blocked call fails at its timeout, and not ten times as late", "semop(2), EAGAIN")
{
	enum { ATTEMPTS = 50 };
	static const struct timespec timeouts[] = {
		{.tv_nsec = 1}, {.tv_nsec = 1000000}, {.tv_nsec = 20000000}};
	int semid = sem_new(ipc, 0);

	for (unsigned i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		/* Plus three ticks of the slowest clock. */
		const long long most = 10LL * timeouts[i].tv_nsec + 30000000;
		long long took = 0;

		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			took = nanoseconds(CLOCK_MONOTONIC);
			expect_errno(EAGAIN, timed_op(ipc, semid, -1, &timeouts[i]));
			took = nanoseconds(CLOCK_MONOTONIC) - took;
			if (took < most)
				break;
		}
		expect_between(0, most, took);
	}
}

CHECK("semtimedop.zero_timeout", LIBC | RAW, 0, "a timeout of 0 does not block", "semop(2), EAGAIN")
{
	int semid = sem_new(ipc, 0);

	expect_errno(EAGAIN, timed_op(ipc, semid, -1, &(struct timespec){0}));
}

CHECK("semtimedop.einval_timeout", LIBC | RAW, 0,
      "a negative timeout, or nanoseconds of 10^9 or more, fail with EINVAL",
      "timespec(3type); ipc/sem.c, do_semtimedop")
{
	static const struct timespec cases[] = {
		{0, 1000000000}, {0, -1}, {-1, 0}, {-1, 999999999}, {1, LONG_MAX}, {1, LONG_MIN},
	};
	int semid = sem_new(ipc, 1);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_errno(EINVAL, timed_op(ipc, semid, -1, &cases[i]));
		expect_errno(EINVAL, timed_op(ipc, semid, -2, &cases[i]));
	}
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semtimedop.largest_nanoseconds", LIBC | RAW, 0, "a timeout may have 999999999 nanoseconds",
      "timespec(3type)")
{
	int semid = sem_new(ipc, 1);

	expect_eq(0, timed_op(ipc, semid, -1, &(struct timespec){0, 999999999}));
}

CHECK("semtimedop.efault_timeout", RAW, 0,
      "semtimedop fails with EFAULT if the timeout is not mapped", "semop(2), EFAULT")
{
	int semid = sem_new(ipc, 1);
	struct timespec *end = (struct timespec *)(void *)memory_end();

	expect_errno(EFAULT, timed_op(ipc, semid, -1, end));
	expect_eq(1, sem_value(semid, 0));
	/* Nothing behind the structure is read. */
	end[-1] = (struct timespec){0};
	expect_eq(0, timed_op(ipc, semid, -1, end - 1));
}

CHECK("semtimedop.errors.order", RAW, 0,
      "a semtimedop with several errors fails with the first one in the kernel's order",
      "ipc/sem.c, ksys_semtimedop and do_semtimedop: timeout, operations, set, permission")
{
	static struct sembuf many[40000];
	const struct timespec wrong = {.tv_nsec = 1000000000}, *nowhere = (void *)memory_end();
	struct sembuf *nothing = (struct sembuf *)(void *)memory_end();
	int semid = sem_new(ipc, 1), closed = must(ipc->semget(IPC_PRIVATE, NSEMS, 0));
	struct seminfo info = {0};

	must(libc_calls.semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}));
	drop_privileges();
	expect_errno(EFAULT, ipc->semtimedop(semid, many, 0, nowhere));
	expect_errno(EFAULT, timed_op(ipc, INT_MAX, 1, nowhere));
	if ((size_t)info.semopm < sizeof(many) / sizeof(many[0])) {
		const size_t above = (size_t)info.semopm + 1;
		expect_errno(EFAULT, ipc->semtimedop(semid, many, above, nowhere));
		expect_errno(E2BIG, ipc->semtimedop(semid, nothing, above, &wrong));
	}
	expect_errno(EINVAL, ipc->semtimedop(semid, nothing, 0, &wrong));
	expect_errno(EFAULT, ipc->semtimedop(semid, nothing, 1, &wrong));
	expect_errno(EINVAL, ipc->semtimedop(semid, OPS({NSEMS, 1, 0}), &wrong));
	expect_errno(EINVAL, timed_op(ipc, closed, 1, &wrong));
	expect_errno(EINVAL, timed_op(ipc, closed, 0, &wrong));
	expect_errno(EINVAL, timed_op(ipc, semid, SEMVMX, &wrong));
	expect_errno(EINVAL, ipc->semtimedop(semid, OPS({0, -2, IPC_NOWAIT}), &wrong));
	expect_errno(EFBIG, ipc->semtimedop(closed, OPS({NSEMS, 1, 0}), &(struct timespec){0}));
	expect_errno(EACCES, timed_op(ipc, closed, -1, &(struct timespec){0}));
}

CHECK("semtimedop.huge_timeout", LIBC | RAW, 0, "the largest timeout blocks, and does not overflow",
      "semop(2), semtimedop()")
{
	struct timespec huge = {.tv_sec = LONG_MAX, .tv_nsec = 999999999};
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, timed_op(ipc, semid, -1, &huge));
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
}

CHECK("semtimedop.eintr_restart", LIBC | RAW, 0,
      "a signal interrupts semtimedop, even with SA_RESTART, and leaves the timeout unchanged",
      "signal(7); semop(2), \"the contents of timeout are left unchanged\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		struct timespec timeout = {.tv_sec = 10000, .tv_nsec = 1};
		catch_signal(SIGUSR1, SA_RESTART);
		expect_errno(EINTR, timed_op(ipc, semid, -1, &timeout));
		expect_eq(1, signals_caught());
		expect_eq(10000, timeout.tv_sec);
		expect_eq(1, timeout.tv_nsec);
	}
	interrupt(pid);
}

CHECK("semtimedop.eidrm", LIBC | RAW, 0, "removing the set ends a blocked semtimedop with EIDRM",
      "semop(2), EIDRM")
{
	const struct timespec timeout = {.tv_sec = 10000};
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_errno(EIDRM, timed_op(ipc, semid, -1, &timeout));
	await_blocked(pid);
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	child_join(pid);
}

CHECK("semtimedop.errors", LIBC | RAW, NEED_LIMITS, "semtimedop has the errors of semop",
      "semop(2), ERRORS")
{
	const struct timespec second = {.tv_sec = 1};
	int semid = sem_new(ipc, 0);

	set_limit("sem", "100 1000 1 100");
	expect_errno(EINVAL, timed_op(ipc, -1, 1, &second));
	expect_errno(EINVAL, ipc->semtimedop(semid, &(struct sembuf){.sem_op = 1}, 0, &second));
	expect_errno(E2BIG, ipc->semtimedop(semid, OPS({0, 1, 0}, {0, 1, 0}), &second));
	expect_errno(EFBIG, ipc->semtimedop(semid, OPS({NSEMS, 1, 0}), &second));
	expect_errno(EAGAIN, ipc->semtimedop(semid, OPS({0, -1, IPC_NOWAIT}), &second));
	must(libc_calls.semctl(semid, 0, SETVAL, (union semun){.val = SEMVMX}));
	expect_errno(ERANGE, timed_op(ipc, semid, 1, &second));
}

CHECK("semtimedop.eacces", LIBC | RAW, 0, "a timeout does not affect permissions",
      "semop(2), EACCES")
{
	const struct timespec second = {.tv_sec = 1};
	int readable = must(ipc->semget(IPC_PRIVATE, 1, 0400));
	int writable = must(ipc->semget(IPC_PRIVATE, 1, 0200));

	drop_privileges();
	expect_errno(EACCES, timed_op(ipc, readable, -1, &second));
	expect_eq(0, timed_op(ipc, readable, 0, &second));
	expect_errno(EACCES, timed_op(ipc, writable, 0, &second));
	expect_eq(0, timed_op(ipc, writable, 1, &second));
}

/* ---- semtimedop_time64 of 32-bit architectures ------------------------------------ */

#ifdef SYS_semtimedop_time64
/* struct __kernel_timespec of include/uapi/linux/time_types.h, with tv_nsec as two words too. */
struct timespec64 {
	long long tv_sec;
	union {
		long long tv_nsec;
		unsigned long word[2];
	};
};

static long time64_op(int semid, int op, const struct timespec64 *timeout)
{
	/* No table of calls has this one, so note it here for await_blocked(). */
	note_begin(CALL_semtimedop, semid);
	const long got = syscall(SYS_semtimedop_time64, semid,
				 &(struct sembuf){.sem_op = (short)op}, 1, timeout);
	note_return(CALL_semtimedop);
	return got;
}

CHECK("semtimedop.time64", BY_NUMBER, 0,
      "semtimedop_time64 runs possible operations and fails at the timeout, since Linux 5.1",
      "kernel commit b41c51c8e194; semop(2)")
{
	const struct timespec64 millisecond = {.tv_nsec = 1000000};
	int semid = sem_new(ipc, 1);

	need_kernel(5, 1);
	expect_eq(0, time64_op(semid, -1, &millisecond));
	expect_errno(EAGAIN, time64_op(semid, -1, &millisecond));
	expect_eq(0, time64_op(semid, 0, NULL));
}

CHECK("semtimedop.time64_einval", BY_NUMBER, 0,
      "semtimedop_time64 refuses negative times and nanoseconds of 10^9 or more, since Linux 5.1",
      "timespec(3type); ipc/sem.c, do_semtimedop")
{
	static const struct timespec64 cases[] = {
		{.tv_nsec = 1000000000},
		{.tv_nsec = -1},
		{.tv_sec = -1},
		{.tv_sec = LLONG_MIN},
	};
	int semid = sem_new(ipc, 1);

	need_kernel(5, 1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_errno(EINVAL, time64_op(semid, -1, &cases[i]));
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semtimedop.time64_past_2038", BY_NUMBER, 0,
      "semtimedop_time64 accepts seconds that do not fit in 32 bits, since Linux 5.1",
      "kernel commit b41c51c8e194; Documentation: y2038")
{
	/* Truncated to 32 bits they would be 0 or negative. */
	static const long long seconds[] = {1LL << 32, 3LL << 31, LLONG_MAX};
	int semid = sem_new(ipc, 0);
	pid_t pid;

	need_kernel(5, 1);
	for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		CHILD (pid)
			expect_eq(0,
				  time64_op(semid, -1, &(struct timespec64){.tv_sec = seconds[i]}));
		await_blocked(pid);
		expect_eq(0, sem_op(ipc, semid, 1, 0));
		child_join(pid);
	}
}

CHECK("semtimedop.time64_padding", BY_NUMBER, 0,
      "semtimedop_time64 ignores the padding of tv_nsec from a 32-bit program, since Linux 5.1",
      "kernel/time/time.c, get_timespec64: in_compat_syscall")
{
	const union {
		int word;
		char first;
	} one = {1};
	struct timespec64 timeout = {.tv_sec = 1};
	int semid = sem_new(ipc, 1);

	need_kernel(5, 1);
	timeout.word[one.first == 1] = 0xa5a5a5a5;
	expect_eq(0, time64_op(semid, -1, &timeout));
}
#endif
