/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semop(2), without a timeout and without SEM_UNDO. */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const union semun none;

/* ---- values ------------------------------------------------------------------- */

CHECK("semop.add_and_take", LIBC | RAW, 0, "an operation adds to the value or subtracts from it",
      "semop(2)")
{
	int semid = sem_new(ipc, 0);

	expect_eq(0, sem_op(ipc, semid, 5, 0));
	expect_eq(5, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, -3, 0));
	expect_eq(2, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, -2, IPC_NOWAIT));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 0, 0));
}

CHECK("semop.many_in_order", LIBC | RAW, 0,
      "the operations of one call run in array order, even several on one semaphore",
      "semop(2), \"performed in array order, and atomically\"")
{
	int semid = sem_new(ipc, 1);

	/* In any other order one of them would block. */
	expect_eq(0, ipc->semop(semid,
				OPS({0, -1, IPC_NOWAIT}, {0, 0, IPC_NOWAIT}, {0, 4, 0}, {1, 2, 0},
				    {0, -3, IPC_NOWAIT}, {2, 0, IPC_NOWAIT}, {2, 7, 0})));
	expect_eq(1, sem_value(semid, 0));
	expect_eq(2, sem_value(semid, 1));
	expect_eq(7, sem_value(semid, 2));
}

CHECK("semop.all_or_nothing", LIBC | RAW, 0,
      "if a later operation fails, the earlier ones have no effect",
      "semop(2), \"either as a complete unit, or not at all\"")
{
	int semid = sem_new(ipc, 1);

	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, 3, 0}, {0, -1, 0}, {2, -1, IPC_NOWAIT})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, 3, 0}, {1, 0, IPC_NOWAIT})));
	expect_errno(ERANGE, ipc->semop(semid, OPS({1, 3, 0}, {0, SEMVMX, 0})));
	expect_eq(1, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
	expect_eq(0, sem_value(semid, 2));
	expect_eq(0, libc_calls.semctl(semid, 1, GETPID, none));
}

CHECK("semop.sempid_otime", LIBC | RAW, 0,
      "an operation sets sempid of its semaphore and sem_otime of the set", "semop(2)")
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	time_t before = kernel_time();
	pid_t pid;

	CHILD (pid)
		expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(0, libc_calls.semctl(semid, 1, GETPID, none));
	expect_between(before, kernel_time(), sem_state(semid).sem_otime);
}

CHECK("semop.zero_sempid_otime", LIBC | RAW, 0,
      "waiting for zero sets sempid and sem_otime like other operations",
      "semop(2), \"On successful completion\"")
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	time_t before = kernel_time();

	expect_eq(0, sem_op(ipc, semid, 0, 0));
	expect_eq(getpid(), libc_calls.semctl(semid, 0, GETPID, none));
	expect_between(before, kernel_time(), sem_state(semid).sem_otime);
}

/* The argument of a thread, which sets its own id, and two sets. */
struct threaded {
	const struct ipc_calls *ipc;
	int changed, awaited;
	pid_t tid;
};

static void *change_in_thread(void *arg)
{
	struct threaded *self = arg;
	const struct ipc_calls *ipc = self->ipc;

	expect_eq(0, sem_op(ipc, self->changed, 1, 0));
	expect_eq(0, ipc->semop(self->changed, OPS({1, 1, 0}, {1, 1, 0})));
	expect_eq(0, ipc->semctl(self->changed, 2, SETVAL, (union semun){.val = 1}));
	__atomic_store_n(&self->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	expect_eq(0, ipc->semop(self->awaited, OPS({0, -1, 0}, {1, 0, 0})));
	return NULL;
}

static void *set_all_in_thread(void *arg)
{
	struct threaded *self = arg;
	unsigned short values[NSEMS] = {0};

	expect_eq(0, self->ipc->semctl(self->changed, 0, SETALL, (union semun){.array = values}));
	return NULL;
}

static void expect_sempid(int semid, pid_t pid)
{
	for (int semnum = 0; semnum < NSEMS; semnum++)
		expect_eq(pid, libc_calls.semctl(semid, semnum, GETPID, none));
}

CHECK("semop.sempid.thread", LIBC | RAW, 0,
      "sempid is the process id after semop, SETVAL and SETALL by any thread",
      "semctl(2), \"The sempid value\"; pthreads(7), \"process ID\"")
{
	struct threaded self = {ipc, must(ipc->semget(IPC_PRIVATE, NSEMS, 0600)),
				must(ipc->semget(IPC_PRIVATE, NSEMS, 0600)), 0};
	pthread_t thread;
	pid_t pid, tid;

	if (!expect_eq(0, pthread_create(&thread, NULL, change_in_thread, &self)))
		return;
	while ((tid = __atomic_load_n(&self.tid, __ATOMIC_ACQUIRE)) == 0)
		sched_yield();
	expect(tid != getpid());
	await_blocked(tid);
	/* Another process lets the thread go on. */
	CHILD (pid)
		expect_eq(0, sem_op(ipc, self.awaited, 1, 0));
	child_join(pid);
	expect_eq(0, pthread_join(thread, NULL));
	expect_sempid(self.changed, getpid());
	expect_eq(getpid(), libc_calls.semctl(self.awaited, 0, GETPID, none));
	expect_eq(getpid(), libc_calls.semctl(self.awaited, 1, GETPID, none));
	expect_eq(0, libc_calls.semctl(self.awaited, 2, GETPID, none));
	self.changed = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	if (expect_eq(0, pthread_create(&thread, NULL, set_all_in_thread, &self)))
		expect_eq(0, pthread_join(thread, NULL));
	expect_sempid(self.changed, getpid());
}

/* ---- errors ------------------------------------------------------------------- */

CHECK("semop.einval", LIBC | RAW, 0, "no operations, and an unknown id, fail with EINVAL",
      "semop(2), EINVAL")
{
	const int semid = sem_new(ipc, 1);
	const int removed = sem_new(ipc, 1);
	struct sembuf sop = {.sem_op = 1};

	must(libc_calls.semctl(removed, 0, IPC_RMID, none));
	expect_errno(EINVAL, ipc->semop(semid, &sop, 0));
	expect_errno(EINVAL, ipc->semop(-1, &sop, 1));
	expect_errno(EINVAL, ipc->semop(removed, &sop, 1));
	sop.sem_flg = SEM_UNDO;
	expect_errno(EINVAL, ipc->semop(removed, &sop, 1));
}

CHECK("semop.e2big", LIBC | RAW, NEED_LIMITS, "a call may have SEMOPM operations and no more",
      "semop(2), E2BIG; proc(5), sem")
{
	int semid = sem_new(ipc, 0);

	set_limit("sem", "100 1000 3 100");
	expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {0, 1, 0}, {0, 1, 0})));
	expect_errno(E2BIG, ipc->semop(semid, OPS({0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0})));
	/* The number of operations is unsigned. */
	expect_errno(E2BIG, ipc->semop(semid, &(struct sembuf){0, 1, 0}, (size_t)INT_MAX + 1));
	expect_errno(E2BIG, ipc->semop(semid, &(struct sembuf){0, 1, 0}, UINT_MAX));
	expect_eq(3, sem_value(semid, 0));
}

CHECK("semop.efbig", LIBC | RAW, 0, "a semaphore number outside of the set fails with EFBIG",
      "semop(2), EFBIG")
{
	int semid = sem_new(ipc, 0);

	expect_errno(EFBIG, ipc->semop(semid, OPS({NSEMS, 1, 0})));
	expect_errno(EFBIG, ipc->semop(semid, OPS({USHRT_MAX, 1, 0})));
	expect_errno(EFBIG, ipc->semop(semid, OPS({0, 1, 0}, {NSEMS, 1, 0})));
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.erange", LIBC | RAW, 0, "a value cannot exceed SEMVMX", "semop(2), ERANGE")
{
	int semid = sem_new(ipc, SEMVMX - 1);

	expect_errno(ERANGE, sem_op(ipc, semid, 2, 0));
	expect_errno(ERANGE, sem_op(ipc, semid, SEMVMX, 0));
	expect_eq(SEMVMX - 1, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	expect_eq(SEMVMX, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, -SEMVMX, 0));
}

CHECK("semop.eagain", LIBC | RAW, 0,
      "with IPC_NOWAIT, an operation that would block fails with EAGAIN", "semop(2), EAGAIN")
{
	int semid = sem_new(ipc, 1);

	expect_errno(EAGAIN, sem_op(ipc, semid, -2, IPC_NOWAIT));
	expect_errno(EAGAIN, sem_op(ipc, semid, 0, IPC_NOWAIT));
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semop.eacces", LIBC | RAW, 0,
      "changing a value needs write permission, waiting for zero needs read permission",
      "semop(2), EACCES")
{
	int readable = must(ipc->semget(IPC_PRIVATE, 1, 0400));
	int writable = must(ipc->semget(IPC_PRIVATE, 1, 0200));

	drop_privileges();
	expect_errno(EACCES, sem_op(ipc, readable, 1, 0));
	expect_errno(EACCES, sem_op(ipc, readable, -1, IPC_NOWAIT));
	expect_errno(EACCES, ipc->semop(readable, OPS({0, 0, 0}, {0, 1, 0})));
	expect_eq(0, sem_op(ipc, readable, 0, 0));
	expect_errno(EACCES, sem_op(ipc, writable, 0, 0));
	expect_eq(0, sem_op(ipc, writable, 1, 0));
}

CHECK("semop.efault", RAW, 0, "semop fails with EFAULT if the operations are not mapped",
      "semop(2), EFAULT")
{
	int semid = sem_new(ipc, 0);
	struct sembuf *end = (struct sembuf *)(void *)memory_end();

	end[-1] = (struct sembuf){.sem_op = 1};
	expect_errno(EFAULT, ipc->semop(semid, end, 1));
	expect_errno(EFAULT, ipc->semop(semid, end - 1, 2));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, ipc->semop(semid, end - 1, 1));
}

/* ---- waiting ------------------------------------------------------------------ */

CHECK("semop.blocks_until_more", LIBC | RAW, 0,
      "subtracting more than the value blocks until the value is large enough", "semop(2)")
{
	int semid = sem_new(ipc, 1);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, sem_op(ipc, semid, -3, 0));
	await_blocked(pid);
	expect_eq(1, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	await_blocked(pid);
	expect_eq(2, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
}

CHECK("semop.blocks_until_zero", LIBC | RAW, 0, "waiting for zero blocks until the value is 0",
      "semop(2)")
{
	int semid = sem_new(ipc, 2);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, sem_op(ipc, semid, 0, 0));
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.blocked_has_done_nothing", LIBC | RAW, 0,
      "while one operation of a call blocks, none of the others has taken effect",
      "semop(2), \"either as a complete unit, or not at all\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, ipc->semop(semid, OPS({1, 4, 0}, {0, -1, 0}, {2, 5, 0})));
	await_blocked(pid);
	expect_eq(0, sem_value(semid, 1));
	expect_eq(0, sem_value(semid, 2));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
	expect_eq(4, sem_value(semid, 1));
	expect_eq(5, sem_value(semid, 2));
}

CHECK("semop.smaller_overtakes", LIBC | RAW, 0,
      "a smaller request succeeds while an earlier, larger one is blocked", "semop(2)")
{
	int semid = sem_new(ipc, 0);
	pid_t large, small;

	CHILD (large)
		expect_eq(0, sem_op(ipc, semid, -2, 0));
	await_blocked(large);
	CHILD (small)
		expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(small);
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(small);
	await_blocked(large);
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 2, 0));
	child_join(large);
}

/* A child waits for more (op -1) or for zero (0) until a signal interrupts it. */
static void expect_interrupted(const struct ipc_calls *ipc, int op, int flags)
{
	int semid = sem_new(ipc, op == 0);
	pid_t pid;

	CHILD (pid) {
		catch_signal(SIGUSR1, flags);
		expect_errno(EINTR, sem_op(ipc, semid, op, 0));
		expect_eq(1, signals_caught());
	}
	interrupt(pid);
	expect_eq(op == 0, sem_value(semid, 0));
	expect_eq(0, libc_calls.semctl(semid, 0, op ? GETNCNT : GETZCNT, none));
}

CHECK("semop.eintr", LIBC | RAW, 0,
      "a caught signal interrupts waiting for more and waiting for zero", "semop(2), EINTR")
{
	expect_interrupted(ipc, -1, 0);
	expect_interrupted(ipc, 0, 0);
}

CHECK("semop.eintr_restart", LIBC | RAW, 0,
      "a blocked semop is not restarted after a signal, even with SA_RESTART",
      "signal(7); semop(2), NOTES")
{
	expect_interrupted(ipc, -1, SA_RESTART);
	expect_interrupted(ipc, 0, SA_RESTART);
}

CHECK("semop.stop_continue", LIBC | RAW, 0,
      "a blocked semop fails with EINTR after SIGSTOP and SIGCONT",
      "signal(7), stop signals: \"semop(2), semtimedop(2)\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_errno(EINTR, sem_op(ipc, semid, -1, 0));
	stop_and_continue(pid);
	child_join(pid);
}

/* A child waits for more (op -1) or for zero (0) until the set is removed. */
static void expect_removed(const struct ipc_calls *ipc, int op)
{
	int semid = sem_new(ipc, op == 0);
	pid_t pid;

	CHILD (pid)
		expect_errno(EIDRM, sem_op(ipc, semid, op, 0));
	await_blocked(pid);
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	child_join(pid);
}

CHECK("semop.eidrm", LIBC | RAW, 0,
      "removing the set ends waiting for more and waiting for zero with EIDRM", "semop(2), EIDRM")
{
	expect_removed(ipc, -1);
	expect_removed(ipc, 0);
}
