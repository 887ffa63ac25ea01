/* semtimedop(2). */
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "behaviour/objects.h"

static const union semun none;

static int timed_op(const struct ipc_calls *ipc, int semid, int op, const struct timespec *timeout)
{
	return ipc->semtimedop(semid, &(struct sembuf){.sem_op = (short)op}, 1, timeout);
}

CHECK("semtimedop.ready", LIBC | RAW, 0, "what need not wait is done, with a timeout or without",
      "semop(2), semtimedop()")
{
	const struct timespec second = {.tv_sec = 1};
	int semid = sem_new(ipc, 0);

	expect_eq(0, timed_op(ipc, semid, 2, NULL));
	expect_eq(0, timed_op(ipc, semid, -1, &second));
	expect_eq(0, timed_op(ipc, semid, -1, &(struct timespec){0}));
	expect_eq(0, timed_op(ipc, semid, 0, &second));
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semtimedop.eagain", LIBC | RAW, 0, "what still waits at the timeout fails, not before",
      "semop(2), EAGAIN")
{
	const struct timespec timeout = {.tv_nsec = 30000000};
	struct timespec tick, begin, end;
	int semid = sem_new(ipc, 1);

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	for (int op = -2; op <= 0; op += 2) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		expect_errno(EAGAIN, timed_op(ipc, semid, op, &timeout));
		clock_gettime(CLOCK_MONOTONIC, &end);
		/* Older kernels count whole ticks, the one that has begun among them. */
		long long waited = (long long)(end.tv_sec - begin.tv_sec) * 1000000000 +
				   (end.tv_nsec - begin.tv_nsec);
		expect(waited >= timeout.tv_nsec - tick.tv_nsec);
	}
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semtimedop.zero_timeout", LIBC | RAW, 0, "a timeout of 0 does not wait", "semop(2), EAGAIN")
{
	int semid = sem_new(ipc, 0);

	expect_errno(EAGAIN, timed_op(ipc, semid, -1, &(struct timespec){0}));
}

CHECK("semtimedop.einval_timeout", LIBC | RAW, 0,
      "a timeout below 0, or with nanoseconds from 10^9 on, fails",
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

CHECK("semtimedop.efault_timeout", RAW, 0, "a timeout that is not in memory fails",
      "semop(2), EFAULT")
{
	int semid = sem_new(ipc, 1);

	expect_errno(EFAULT, timed_op(ipc, semid, -1, (void *)memory_end()));
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semtimedop.huge_timeout", LIBC | RAW, NEED_PROC,
      "the largest timeout there is waits, and does not overflow", "semop(2), semtimedop()")
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

CHECK("semtimedop.eintr_restart", LIBC | RAW, NEED_PROC,
      "a signal ends a wait with a timeout, with SA_RESTART too, and leaves the timeout alone",
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

CHECK("semtimedop.eidrm", LIBC | RAW, NEED_PROC, "removing the set ends a wait with a timeout",
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

CHECK("semtimedop.errors", LIBC | RAW, NEED_LIMITS, "semtimedop fails where semop fails",
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
