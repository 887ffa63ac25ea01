/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2): the values of semaphores, and the counts of blocked processes. */
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const union semun none;

static int setval(const struct ipc_calls *ipc, int semid, int semnum, int val)
{
	return ipc->semctl(semid, semnum, SETVAL, (union semun){.val = val});
}

/* ---- values ------------------------------------------------------------------ */

CHECK("semctl.setval", LIBC | RAW, 0, "SETVAL sets one value, and GETVAL returns it",
      "semctl(2), SETVAL, GETVAL")
{
	int semid = sem_new(ipc, 0);

	expect_eq(0, setval(ipc, semid, 1, 5));
	expect_eq(0, setval(ipc, semid, 2, SEMVMX));
	expect_eq(0, ipc->semctl(semid, 0, GETVAL, none));
	expect_eq(5, ipc->semctl(semid, 1, GETVAL, none));
	expect_eq(SEMVMX, ipc->semctl(semid, 2, GETVAL, none));
	expect_eq(0, setval(ipc, semid, 2, 0));
	expect_eq(0, ipc->semctl(semid, 2, GETVAL, none));
}

CHECK("semctl.setval.only_int", LIBC | RAW, 0,
      "SETVAL reads the int of the union and ignores its other bytes",
      "semctl(2), union semun; musl commit 2b47a7af")
{
	union semun argument;
	int semid = sem_new(ipc, 0);

	memset(&argument, 0xa5, sizeof(argument));
	argument.val = 5;
	expect_eq(0, ipc->semctl(semid, 1, SETVAL, argument));
	expect_eq(5, sem_value(semid, 1));
}

CHECK("semctl.setval.erange", LIBC | RAW, 0, "SETVAL accepts values from 0 to SEMVMX",
      "semctl(2), ERANGE")
{
	static const int values[] = {-1, SEMVMX + 1, 65535, 65536, INT_MAX, INT_MIN};
	int semid = sem_new(ipc, 0);

	must(setval(ipc, semid, 0, 3));
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		expect_errno(ERANGE, setval(ipc, semid, 0, values[i]));
	expect_eq(3, sem_value(semid, 0));
}

CHECK("semctl.setall", LIBC | RAW, 0, "SETALL sets all values, and GETALL returns them",
      "semctl(2), SETALL, GETALL")
{
	unsigned short values[NSEMS] = {1, 0, SEMVMX}, got[NSEMS + 1];
	int semid = sem_new(ipc, 0);

	memset(got, 0xa5, sizeof(got));
	expect_eq(0, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, ipc->semctl(semid, 0, GETALL, (union semun){.array = got}));
	expect_bytes(values, got, sizeof(values));
	expect_eq(0xa5a5, got[NSEMS]);
	for (int semnum = 0; semnum < NSEMS; semnum++)
		expect_eq(values[semnum], sem_value(semid, semnum));
}

/* For larger sets, the kernel allocates a buffer. */
CHECK("semctl.setall.large", LIBC | RAW, NEED_LIMITS, "SETALL and GETALL handle large sets",
      "ipc/sem.c, semctl_main: SEMMSL_FAST")
{
	enum { LARGE = 1000 };
	unsigned short values[LARGE], got[LARGE] = {0};
	int semid;

	set_limit("sem", "1000 1000 10 10");
	semid = must(ipc->semget(IPC_PRIVATE, LARGE, 0600));
	for (int i = 0; i < LARGE; i++)
		values[i] = (unsigned short)i;
	expect_eq(0, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, ipc->semctl(semid, 0, GETALL, (union semun){.array = got}));
	expect_bytes(values, got, sizeof(values));
	expect_eq(getpid(), libc_calls.semctl(semid, LARGE - 1, GETPID, none));
	values[0] = 5;
	values[LARGE - 1] = SEMVMX + 1;
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(LARGE - 1, sem_value(semid, LARGE - 1));
}

CHECK("semctl.setall.erange", LIBC | RAW, 0,
      "SETALL accepts values from 0 to SEMVMX, and sets all or none", "semctl(2), ERANGE")
{
	unsigned short values[NSEMS] = {1, 2, SEMVMX + 1};
	int semid = sem_new(ipc, 0);

	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	values[2] = USHRT_MAX;
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
}

CHECK("semctl.getpid", LIBC | RAW, 0,
      "GETPID returns the process of the last semop, SETVAL or SETALL on a semaphore",
      "semctl(2), \"The sempid value\"")
{
	unsigned short values[NSEMS] = {0};
	int semid = sem_new(ipc, 0);
	pid_t by_op, by_val, by_all;

	CHILD (by_op)
		must(ipc->semop(semid, &(struct sembuf){.sem_op = 1}, 1));
	child_join(by_op);
	expect_eq(by_op, ipc->semctl(semid, 0, GETPID, none));
	CHILD (by_val)
		must(setval(ipc, semid, 0, 1));
	child_join(by_val);
	expect_eq(by_val, ipc->semctl(semid, 0, GETPID, none));
	expect_eq(0, ipc->semctl(semid, 1, GETPID, none));
	CHILD (by_all)
		must(ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	child_join(by_all);
	expect_eq(by_all, ipc->semctl(semid, 0, GETPID, none));
	expect_eq(by_all, ipc->semctl(semid, 1, GETPID, none));
}

/* ---- waits -------------------------------------------------------------------- */

/* Three processes wait on semaphore 1: a signal ends one wait, setting it to `val` the others. */
static void expect_counted(const struct ipc_calls *ipc, int cmd, int other, int op, int val)
{
	int semid = sem_new(ipc, 0);
	pid_t pid[3];

	must(setval(ipc, semid, 1, op == 0));
	for (int i = 0; i < 3; i++) {
		expect_eq(i, ipc->semctl(semid, 1, cmd, none));
		CHILD (pid[i]) {
			catch_signal(SIGUSR1, 0);
			int result = ipc->semop(semid, OPS({1, (short)op, 0}));
			expect_eq(i == 1 ? -1 : 0, result);
		}
		await_blocked(pid[i]);
	}
	expect_eq(3, ipc->semctl(semid, 1, cmd, none));
	expect_eq(0, ipc->semctl(semid, 1, other, none));
	expect_eq(0, ipc->semctl(semid, 0, cmd, none));
	interrupt(pid[1]);
	expect_eq(2, ipc->semctl(semid, 1, cmd, none));
	must(setval(ipc, semid, 1, val));
	child_join(pid[0]);
	child_join(pid[2]);
	expect_eq(0, ipc->semctl(semid, 1, cmd, none));
}

CHECK("semctl.getncnt", LIBC | RAW, 0,
      "GETNCNT counts the tasks that wait for a larger value, for each semaphore",
      "semctl(2), GETNCNT")
{
	expect_counted(ipc, GETNCNT, GETZCNT, -1, 2);
}

CHECK("semctl.getzcnt", LIBC | RAW, 0,
      "GETZCNT counts the tasks that wait for zero, for each semaphore", "semctl(2), GETZCNT")
{
	expect_counted(ipc, GETZCNT, GETNCNT, 0, 0);
}

/* One process waits to take 3 from semaphore 0, another for semaphore 1, which is 1, to be 0. */
static int two_waiters(const struct ipc_calls *ipc, pid_t *more, pid_t *zero)
{
	int semid = sem_new(ipc, 0);

	must(setval(&libc_calls, semid, 1, 1));
	CHILD (*more)
		expect_eq(0, sem_op(ipc, semid, -3, 0));
	CHILD (*zero)
		expect_eq(0, ipc->semop(semid, OPS({1, 0, 0})));
	await_blocked(*more);
	await_blocked(*zero);
	return semid;
}

CHECK("semctl.setval.wakes", LIBC | RAW, 0, "SETVAL wakes the tasks that can continue",
      "semctl(2), SETVAL")
{
	pid_t more, zero;
	int semid = two_waiters(ipc, &more, &zero);

	expect_eq(0, setval(ipc, semid, 0, 2));
	await_blocked(more);
	expect_eq(0, setval(ipc, semid, 0, 4));
	child_join(more);
	expect_eq(1, sem_value(semid, 0));
	await_blocked(zero);
	expect_eq(0, setval(ipc, semid, 1, 0));
	child_join(zero);
}

CHECK("semctl.setall.wakes", LIBC | RAW, 0, "SETALL wakes the tasks that can continue",
      "semctl(2), SETALL")
{
	unsigned short values[NSEMS] = {4, 0, 0};
	pid_t more, zero;
	int semid = two_waiters(ipc, &more, &zero);

	expect_eq(0, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	child_join(more);
	child_join(zero);
	expect_eq(1, sem_value(semid, 0));
}

/* Sets the value of semaphore 1, and with SETALL that of the others to 0. */
static int set_second(const struct ipc_calls *ipc, int semid, int cmd, unsigned short value)
{
	unsigned short values[NSEMS] = {0, value, 0};

	return cmd == SETVAL ? setval(ipc, semid, 1, value)
			     : ipc->semctl(semid, 0, SETALL, (union semun){.array = values});
}

/* A call that blocks at the first value of semaphore 1 and at the next, and not at the last. */
static const struct {
	struct sembuf sops[2];
	size_t nsops;
	unsigned short values[3];
	int error;
} blocked_calls[] = {
	{{{1, -2, 0}}, 1, {0, 1, 3}, 0},
	{{{1, 0, 0}}, 1, {2, 1, 0}, 0},
	{{{1, -2, 0}, {2, 1, 0}}, 2, {0, 1, 3}, 0},
	{{{1, 0, 0}, {2, 0, 0}}, 2, {2, 1, 0}, 0},
	{{{1, -2, 0}, {2, -1, IPC_NOWAIT}}, 2, {0, 1, 3}, EAGAIN},
};

CHECK("semctl.setval.otime", LIBC | RAW, 0,
      "SETVAL and SETALL set sem_otime and sempid for a blocked call that they let go on, of each "
      "kind, and sem_otime for no other",
      "semop(2), sem_otime; semctl(2), \"The sempid value\"; ipc/sem.c, do_smart_update")
{
	for (unsigned i = 0; i < 2 * sizeof(blocked_calls) / sizeof(blocked_calls[0]); i++) {
		const unsigned short *values = blocked_calls[i / 2].values;
		const int cmd = i % 2 ? SETALL : SETVAL, error = blocked_calls[i / 2].error;
		int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
		struct sembuf sops[2];
		pid_t pid;

		memcpy(sops, blocked_calls[i / 2].sops, sizeof(sops));
		must(set_second(&libc_calls, semid, cmd, values[0]));
		CHILD (pid) {
			const int result = ipc->semop(semid, sops, blocked_calls[i / 2].nsops);
			if (error)
				expect_errno_at(HERE, "semop", error, result);
			else
				expect_eq(0, result);
		}
		await_blocked(pid);
		expect_eq(0, set_second(ipc, semid, cmd, values[1]));
		await_blocked(pid);
		expect_eq(0, sem_state(semid).sem_otime);
		time_t before = kernel_time();
		expect_eq(0, set_second(ipc, semid, cmd, values[2]));
		child_join(pid);
		if (error)
			expect_eq(0, sem_state(semid).sem_otime);
		else
			expect_between(before, kernel_time(), sem_state(semid).sem_otime);
		expect_eq(error ? getpid() : pid, ipc->semctl(semid, 1, GETPID, none));
		if (!error && sops[1].sem_num == 2)
			expect_eq(pid, ipc->semctl(semid, 2, GETPID, none));
	}
}

CHECK("semctl.all_ignore_semnum", LIBC | RAW, 0,
      "GETALL, SETALL, IPC_STAT and IPC_SET ignore semnum",
      "semctl(2): \"the argument semnum is ignored\"; ipc/sem.c, semctl_main")
{
	static const int numbers[] = {-1, NSEMS, INT_MAX, INT_MIN, 65536};
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	struct semid_ds ds;

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned short values[NSEMS] = {1, 2, (unsigned short)i}, got[NSEMS] = {0};
		expect_eq(0,
			  ipc->semctl(semid, numbers[i], SETALL, (union semun){.array = values}));
		expect_eq(0, ipc->semctl(semid, numbers[i], GETALL, (union semun){.array = got}));
		expect_bytes(values, got, sizeof(values));
	}
	expect_eq(0, libc_calls.semctl(semid, -1, IPC_STAT, (union semun){.buf = &ds}));
	expect_eq(0, libc_calls.semctl(semid, NSEMS, IPC_SET, (union semun){.buf = &ds}));
}
