/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* SEM_UNDO of semop(2): operations that the kernel undoes when a process ends. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const union semun none;

CHECK("semop.undo.exit", LIBC | RAW, 0,
      "the end of a process undoes its operations with SEM_UNDO, and no others",
      "semop(2), SEM_UNDO")
{
	int semid = sem_new(ipc, 5);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -4, SEM_UNDO));
		expect_eq(0, ipc->semop(semid, OPS({1, 3, SEM_UNDO}, {1, 6, 0}, {2, 1, SEM_UNDO})));
		expect_eq(1, sem_value(semid, 0));
		expect_eq(9, sem_value(semid, 1));
	}
	child_join(pid);
	expect_eq(5, sem_value(semid, 0));
	expect_eq(6, sem_value(semid, 1));
	expect_eq(0, sem_value(semid, 2));
	/* semctl(2), "The sempid value": on Linux adjustments set sempid too. */
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
}

CHECK("semop.undo.kill", LIBC | RAW, 0, "killing a process undoes its operations with SEM_UNDO",
      "semop(2), SEM_UNDO")
{
	int semid = sem_new(ipc, 5);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -4, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(pid);
	expect_eq(1, sem_value(semid, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(5, sem_value(semid, 0));
}

CHECK("semop.undo.wakes", LIBC | RAW, 0,
      "the undo adjustment of an ending process wakes a blocked semop", "semop(2), SEM_UNDO")
{
	int semid = sem_new(ipc, 1);
	pid_t owner, waiter;

	CHILD (owner) {
		expect_eq(0, sem_op(ipc, semid, -1, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(owner);
	CHILD (waiter)
		expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(waiter);
	must(kill(owner, SIGKILL));
	child_join_signal(owner, SIGKILL);
	child_join(waiter);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.undo.without_permission", LIBC | RAW, 0,
      "the end of a process undoes its operations even if it may no longer alter the set",
      "semop(2), SEM_UNDO; ipc/sem.c, exit_sem: no test of a permission")
{
	int semid = sem_new(ipc, 5);
	struct semid_ds ds = sem_state(semid);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, OPS({0, -4, SEM_UNDO}, {1, 2, SEM_UNDO})));
		drop_privileges();
		block_forever(ipc);
	}
	await_blocked(pid);
	ds.sem_perm.mode = 0;
	must(libc_calls.semctl(semid, 0, IPC_SET, (union semun){.buf = &ds}));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	ds.sem_perm.mode = 0600;
	must(libc_calls.semctl(semid, 0, IPC_SET, (union semun){.buf = &ds}));
	expect_eq(5, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
}

/* The argument of a thread or clone, which sets its own id. */
struct undoing {
	const struct ipc_calls *ipc;
	int semid;
	pid_t tid;
};

static void *undoing_thread(void *arg)
{
	struct undoing *self = arg;

	self->tid = (pid_t)syscall(SYS_gettid);
	expect_eq(0, sem_op(self->ipc, self->semid, 1, SEM_UNDO));
	return NULL;
}

CHECK("semop.undo.thread", LIBC | RAW, 0,
      "the end of the process, not of the thread, undoes a thread's operations with SEM_UNDO",
      "clone(2), CLONE_SYSVSEM; pthreads(7)")
{
	struct undoing thread = {ipc, sem_new(ipc, 0), 0};
	pid_t pid;

	CHILD (pid) {
		pthread_t id;
		expect_eq(0, pthread_create(&id, NULL, undoing_thread, &thread));
		expect_eq(0, pthread_join(id, NULL));
		/* pthread_join returns before the kernel has finished the thread's exit. */
		while (syscall(SYS_tgkill, getpid(), thread.tid, 0) == 0)
			sched_yield();
		expect_eq(1, sem_value(thread.semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(thread.semid, 0));
}

/* Whether a thread of this process has ended, although its process has not. */
static bool thread_has_ended(pid_t tid)
{
	char path[64], stat[512] = "";
	const char *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return true;
	if (read(fd, stat, sizeof(stat) - 1) == -1)
		*stat = '\0';
	close(fd);
	/* The state is behind the name, which is in brackets. */
	state = strrchr(stat, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void *last_thread(void *arg)
{
	const struct undoing *self = arg;

	while (!thread_has_ended(getpid()))
		sched_yield();
	expect_eq(2, sem_value(self->semid, 0));
	expect_eq(0, self->ipc->semop(self->semid, OPS({1, 1, SEM_UNDO})));
	child_end();
}

CHECK("semop.undo.last_thread", LIBC | RAW, NEED_PROC,
      "if the first thread of a process ends early, the end of its last thread undoes the "
      "process's operations and sets sempid to the process",
      "clone(2), CLONE_SYSVSEM; semctl(2), \"The sempid value\"; ipc/sem.c, exit_sem")
{
	struct undoing undoing = {ipc, sem_new(ipc, 0), 0};
	pid_t pid;

	CHILD (pid) {
		pthread_t id;
		expect_eq(0, sem_op(ipc, undoing.semid, 2, SEM_UNDO));
		if (expect_eq(0, pthread_create(&id, NULL, last_thread, &undoing)))
			syscall(SYS_exit, 0);
	}
	child_join(pid);
	for (int semnum = 0; semnum < 2; semnum++) {
		expect_eq(0, sem_value(undoing.semid, semnum));
		expect_eq(pid, libc_calls.semctl(undoing.semid, semnum, GETPID, none));
	}
	expect_eq(0, libc_calls.semctl(undoing.semid, 2, GETPID, none));
}

CHECK("semop.undo.fork", LIBC | RAW, 0,
      "a child neither inherits nor shares undo adjustments; its end undoes its own",
      "semop(2), NOTES; fork(2)")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	expect_eq(0, sem_op(ipc, semid, 1, SEM_UNDO));
	CHILD (pid) {
		expect_eq(1, sem_value(semid, 0));
		expect_eq(0, sem_op(ipc, semid, 2, SEM_UNDO));
	}
	child_join(pid);
	expect_eq(1, sem_value(semid, 0));
}

static int undoing_clone(void *arg)
{
	struct undoing *self = arg;

	expect_eq(0, sem_op(self->ipc, self->semid, 1, SEM_UNDO));
	return 0;
}

CHECK("semop.undo.clone_sysvsem", LIBC | RAW, 0,
      "processes that share undo adjustments undo them when the last of them ends",
      "clone(2), CLONE_SYSVSEM")
{
	struct undoing undoing = {ipc, sem_new(ipc, 0), 0};
	pid_t pid;

	CHILD (pid) {
		/* The stack pointer starts in the middle, because stacks grow down or up. */
		static _Alignas(16) char stack[2 * 65536];
		pid_t sharer = must(
			clone(undoing_clone, stack + 65536, CLONE_SYSVSEM | SIGCHLD, &undoing));
		child_join(sharer);
		expect_eq(1, sem_value(undoing.semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(undoing.semid, 0));
}

CHECK("semop.undo.not_below_zero", LIBC | RAW, 0, "undoing reduces a value to 0 and no further",
      "semop(2), BUGS")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 5, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, -3, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(0, sem_value(semid, 0));
}

/* Runs `cmd`, which sets this value, between an operation with SEM_UNDO and its undoing. */
static int undone_after_setting(const struct ipc_calls *ipc, int cmd, unsigned short value)
{
	unsigned short values[NSEMS] = {value, 8, 9};
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 2, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(pid);
	must(ipc->semctl(semid, 0, cmd,
			 cmd == SETVAL ? (union semun){.val = value}
				       : (union semun){.array = values}));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	return sem_value(semid, 0);
}

CHECK("semop.undo.cleared_by_setval", LIBC | RAW, 0,
      "SETVAL clears the undo adjustments of a semaphore", "semctl(2), SETVAL")
{
	expect_eq(7, undone_after_setting(ipc, SETVAL, 7));
	/* The value that the semaphore has already. */
	expect_eq(2, undone_after_setting(ipc, SETVAL, 2));
}

CHECK("semop.undo.cleared_by_setall", LIBC | RAW, 0, "SETALL clears the undo adjustments of a set",
      "semctl(2), SETALL")
{
	expect_eq(7, undone_after_setting(ipc, SETALL, 7));
	/* The value that the semaphore has already. */
	expect_eq(2, undone_after_setting(ipc, SETALL, 2));
}

CHECK("semop.undo.erange", LIBC | RAW, 0,
      "an operation whose adjustment exceeds a short fails, and leaves the adjustment unchanged",
      "ipc/sem.c, perform_atomic_semop: \"Exceeding the undo range is an error\"")
{
	int semid = sem_new(ipc, 16000);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 16000, SEM_UNDO));
		expect_eq(0, sem_op(ipc, semid, -17000, 0));
		expect_errno(ERANGE, sem_op(ipc, semid, 17000, SEM_UNDO));
	}
	child_join(pid);
	/* The child's end subtracts its 16000 from 15000. */
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, SEMVMX, SEM_UNDO));
	expect_eq(0, sem_op(ipc, semid, -SEMVMX, 0));
	expect_eq(0, sem_op(ipc, semid, 1, SEM_UNDO));
	expect_errno(ERANGE, sem_op(ipc, semid, 1, SEM_UNDO));
	expect_eq(1, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
}

CHECK("semop.undo.not_above_semvmx", LIBC | RAW, 0,
      "undoing raises a value to SEMVMX and no further", "ipc/sem.c, exit_sem")
{
	int semid = sem_new(ipc, 5);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -5, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, SEMVMX - 2, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(SEMVMX, sem_value(semid, 0));
}

CHECK("semop.undo.sum", LIBC | RAW, 0,
      "undoing subtracts the sum of a process's operations with SEM_UNDO, in one call or many",
      "semop(2), semadj")
{
	int semid = sem_new(ipc, 10);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, OPS({0, -4, SEM_UNDO}, {0, 1, SEM_UNDO})));
		expect_eq(0, sem_op(ipc, semid, -2, SEM_UNDO));
		expect_eq(0, sem_op(ipc, semid, 3, SEM_UNDO));
		expect_eq(0, sem_op(ipc, semid, -7, 0));
		expect_eq(1, sem_value(semid, 0));
	}
	child_join(pid);
	expect_eq(10 - 7, sem_value(semid, 0));
}

CHECK("semop.undo.not_of_failed", LIBC | RAW, 0, "a failed call leaves no undo adjustment",
      "semop(2), \"or not at all\"")
{
	int semid = sem_new(ipc, 3);
	pid_t pid;

	CHILD (pid)
		expect_errno(EAGAIN, ipc->semop(semid, OPS({0, -1, SEM_UNDO},
							   {1, -1, SEM_UNDO | IPC_NOWAIT})));
	child_join(pid);
	expect_eq(3, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
}

CHECK("semop.undo.of_waiter", LIBC | RAW, 0,
      "operations of a process that had blocked are undone like others",
      "semop(2), SEM_UNDO; ipc/sem.c, perform_atomic_semop")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -2, SEM_UNDO));
		pause(); /* not block_forever(), whose set a kill could leave behind */
	}
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, 2, 0));
	while (sem_value(semid, 0) != 0)
		sched_yield();
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(2, sem_value(semid, 0));
}

CHECK("semop.undo.after_rmid", LIBC | RAW, 0,
      "the end of a process whose set was removed does not change the new set in its slot",
      "semop(2), SEM_UNDO; ipc/sem.c, freeary and exit_sem")
{
	int removed = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600)), semid;
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, removed, 2, SEM_UNDO));
		must(ipc->semctl(removed, 0, IPC_RMID, none));
		must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | IPC_EXCL | 0600));
	}
	child_join(pid);
	semid = must(ipc->semget(check_key(0), 0, 0));
	for (int semnum = 0; semnum < NSEMS; semnum++) {
		expect_eq(0, sem_value(semid, semnum));
		expect_eq(0, libc_calls.semctl(semid, semnum, GETPID, none));
	}
}

CHECK("semop.undo.unshare", LIBC | RAW, 0,
      "unshare of CLONE_SYSVSEM separates a process's undo adjustments from the shared ones",
      "unshare(2), CLONE_SYSVSEM")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 1, SEM_UNDO));
		if (unshare(CLONE_SYSVSEM) == -1)
			skip("unshare cannot separate CLONE_SYSVSEM");
		/* This was the last sharer, so its adjustments have been undone. */
		expect_eq(0, sem_value(semid, 0));
		expect_eq(0, sem_op(ipc, semid, 3, SEM_UNDO));
		expect_eq(3, sem_value(semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.undo.exec", LIBC | RAW, NEED_PROC,
      "execve undoes nothing; the end of the new program does",
      "semop(2), NOTES: \"semadj values are preserved across execve\"")
{
	int semid = sem_new(ipc, 0), status;
	char *argv[] = {(char[]){"exec"}, NULL};
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 2, SEM_UNDO));
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(NO_PTRACE);
		must(execv("/proc/self/exe", argv));
	}
	/* The tracer stops the program before its first instruction. */
	must(waitpid(pid, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PTRACE)
		skip("no ptrace");
	if (!expect(WIFSTOPPED(status)))
		return;
	expect_eq(2, sem_value(semid, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.undo.erange_below", LIBC | RAW, 0,
      "an operation whose adjustment is below a short's range fails with ERANGE",
      "semop(2), ERANGE; ipc/sem.c, perform_atomic_semop")
{
	int semid = sem_new(ipc, SEMVMX);

	expect_eq(0, sem_op(ipc, semid, -SEMVMX, SEM_UNDO));
	expect_eq(0, sem_op(ipc, semid, SEMVMX, 0));
	expect_errno(ERANGE, sem_op(ipc, semid, -1, SEM_UNDO));
	expect_eq(SEMVMX, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, -1, 0));
}

CHECK("semop.undo.sempid", LIBC | RAW, 0,
      "undoing sets sempid of each semaphore that it changes, and of no other",
      "semctl(2), \"The sempid value\"; ipc/sem.c, exit_sem")
{
	int semid = sem_new(ipc, 5);
	pid_t undoing, other;

	CHILD (undoing) {
		expect_eq(0,
			  ipc->semop(semid, OPS({0, -1, SEM_UNDO}, {1, 2, SEM_UNDO}, {2, 1, 0})));
		/* Subtract the 2 again, so that the adjustment is 0. */
		expect_eq(0, ipc->semop(semid, OPS({1, -2, SEM_UNDO})));
		block_forever(ipc);
	}
	await_blocked(undoing);
	CHILD (other)
		expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {1, 1, 0}, {2, 1, 0})));
	child_join(other);
	for (int i = 0; i < NSEMS; i++)
		expect_eq(other, libc_calls.semctl(semid, i, GETPID, none));
	must(kill(undoing, SIGKILL));
	child_join_signal(undoing, SIGKILL);
	expect_eq(undoing, libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(other, libc_calls.semctl(semid, 1, GETPID, none));
	expect_eq(other, libc_calls.semctl(semid, 2, GETPID, none));
	expect_eq(6, sem_value(semid, 0));
	expect_eq(1, sem_value(semid, 1));
	expect_eq(2, sem_value(semid, 2));
}

CHECK("semop.undo.wakes_each", LIBC | RAW, 0,
      "undoing wakes tasks that wait for zero, for more, and in several operations, on each "
      "semaphore",
      "semop(2), SEM_UNDO; ipc/sem.c, exit_sem: do_smart_update")
{
	int semid = sem_new(ipc, 0);
	pid_t owner, zero, more, both;

	CHILD (owner) {
		expect_eq(0, ipc->semop(semid, OPS({0, 2, SEM_UNDO})));
		must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 3}));
		must(libc_calls.semctl(semid, 2, SETVAL, (union semun){.val = 3}));
		expect_eq(0, ipc->semop(semid, OPS({1, -3, SEM_UNDO}, {2, -3, SEM_UNDO})));
		block_forever(ipc);
	}
	await_blocked(owner);
	CHILD (zero)
		expect_eq(0, sem_op(ipc, semid, 0, 0));
	await_blocked(zero);
	CHILD (more)
		expect_eq(0, ipc->semop(semid, OPS({2, -1, 0})));
	await_blocked(more);
	CHILD (both)
		expect_eq(0, ipc->semop(semid, OPS({2, -2, 0}, {0, 0, 0}, {1, -3, 0})));
	await_blocked(both);
	must(kill(owner, SIGKILL));
	child_join_signal(owner, SIGKILL);
	child_join(zero);
	child_join(more);
	child_join(both);
	for (int i = 0; i < NSEMS; i++)
		expect_eq(0, sem_value(semid, i));
}

/* Two processes add 1, 2 and 3 to three semaphores with SEM_UNDO, and block. */
static void two_to_undo(const struct ipc_calls *ipc, int semid, pid_t pid[2])
{
	for (int i = 0; i < 2; i++) {
		CHILD (pid[i]) {
			expect_eq(0, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {1, 2, SEM_UNDO},
							   {2, 3, SEM_UNDO})));
			block_forever(ipc);
		}
		await_blocked(pid[i]);
	}
}

static void end_both(const pid_t pid[2])
{
	for (int i = 0; i < 2; i++) {
		must(kill(pid[i], SIGKILL));
		child_join_signal(pid[i], SIGKILL);
	}
}

CHECK("semop.undo.setval_of_each", LIBC | RAW, 0,
      "SETVAL clears every process's adjustment of that semaphore, and of no other",
      "semctl(2), SETVAL: \"Undo entries are cleared\"; ipc/sem.c, semctl_setval")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[2];

	two_to_undo(ipc, semid, pid);
	must(ipc->semctl(semid, 1, SETVAL, (union semun){.val = 10}));
	end_both(pid);
	expect_eq(0, sem_value(semid, 0));
	expect_eq(10, sem_value(semid, 1));
	expect_eq(0, sem_value(semid, 2));
}

CHECK("semop.undo.setall_of_each", LIBC | RAW, 0,
      "SETALL clears every process's adjustments of the set, and of no other set",
      "semctl(2), SETALL: \"Undo entries are cleared\"; ipc/sem.c, semctl_main")
{
	int semid = sem_new(ipc, 0), other = sem_new(ipc, 0);
	unsigned short values[NSEMS] = {10, 11, 12};
	pid_t pid[2], third;

	two_to_undo(ipc, semid, pid);
	CHILD (third) {
		expect_eq(0, ipc->semop(other, OPS({2, 4, SEM_UNDO})));
		expect_eq(0, ipc->semop(semid, OPS({2, 4, SEM_UNDO})));
		block_forever(ipc);
	}
	await_blocked(third);
	must(ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	for (int i = 0; i < NSEMS; i++)
		expect_eq(getpid(), libc_calls.semctl(semid, i, GETPID, none));
	end_both(pid);
	for (int i = 0; i < NSEMS; i++)
		expect_eq(10 + i, sem_value(semid, i));
	must(kill(third, SIGKILL));
	child_join_signal(third, SIGKILL);
	expect_eq(12, sem_value(semid, 2));
	expect_eq(0, sem_value(other, 2));
}

CHECK("semop.undo.erange_within", LIBC | RAW, 0,
      "an adjustment may not leave its range in the middle of a call, even if the end of the "
      "call would bring it back",
      "semop(2), ERANGE; ipc/sem.c, perform_atomic_semop_slow")
{
	int semid = sem_new(ipc, SEMVMX);
	pid_t pid;

	CHILD (pid) {
		/* The adjustment is 32767; each of the two calls below would make it 32768. */
		expect_eq(0, sem_op(ipc, semid, -SEMVMX, SEM_UNDO));
		must(sem_op(ipc, semid, 5, 0));
		expect_errno(ERANGE, ipc->semop(semid, OPS({0, -1, SEM_UNDO}, {0, 1, SEM_UNDO})));
		expect_errno(ERANGE, ipc->semop(semid, OPS({1, 1, SEM_UNDO}, {0, -1, SEM_UNDO},
							   {1, 1, 0})));
		expect_eq(5, sem_value(semid, 0));
		expect_eq(0, sem_value(semid, 1));
		expect_eq(0, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {0, -1, SEM_UNDO})));
		expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {0, 1, 0})));
		must(sem_op(ipc, semid, -5, 0));
	}
	child_join(pid);
	expect_eq(SEMVMX, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
	semid = sem_new(ipc, 0);
	CHILD (pid) {
		/* The lower end, where -32768 is the last one, and several semaphores. */
		expect_eq(0, ipc->semop(semid, OPS({1, SEMVMX, SEM_UNDO})));
		must(ipc->semop(semid, OPS({1, -SEMVMX, 0})));
		expect_errno(ERANGE, ipc->semop(semid, OPS({1, 1, SEM_UNDO}, {1, 1, SEM_UNDO})));
		expect_errno(ERANGE, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {1, 2, SEM_UNDO})));
		expect_errno(ERANGE,
			     ipc->semop(semid, OPS({0, 1, 0}, {1, 2, SEM_UNDO}, {2, 1, 0})));
		expect_eq(0, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {1, 1, SEM_UNDO})));
		expect_errno(ERANGE, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {1, 1, SEM_UNDO})));
		expect_eq(0, ipc->semop(semid, OPS({0, 1, SEM_UNDO}, {1, 1, 0})));
		expect_eq(2, sem_value(semid, 0));
		expect_eq(2, sem_value(semid, 1));
		expect_eq(0, sem_value(semid, 2));
	}
	child_join(pid);
	for (int semnum = 0; semnum < NSEMS; semnum++)
		expect_eq(0, sem_value(semid, semnum));
}
