/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* SEM_UNDO of semop(2): what a process takes back at its end. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const union semun none;

CHECK("semop.undo.exit", LIBC | RAW, 0,
      "what a process did with SEM_UNDO is undone when it ends, and nothing else",
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
	/* semctl(2), "The sempid value": Linux notes adjustments too. */
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
}

CHECK("semop.undo.kill", LIBC | RAW, 0,
      "what a process did with SEM_UNDO is undone when it is killed", "semop(2), SEM_UNDO")
{
	int semid = sem_new(ipc, 5);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -4, SEM_UNDO));
		block(ipc);
	}
	await_blocked(pid);
	expect_eq(1, sem_value(semid, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(5, sem_value(semid, 0));
}

CHECK("semop.undo.wakes", LIBC | RAW, 0,
      "a task that waits for the undo adjustment of an exiting process goes on",
      "semop(2), SEM_UNDO")
{
	int semid = sem_new(ipc, 1);
	pid_t owner, waiter;

	CHILD (owner) {
		expect_eq(0, sem_op(ipc, semid, -1, SEM_UNDO));
		block(ipc);
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

/* What a thread or clone is given, and its own number. */
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
      "what a thread did with SEM_UNDO is undone when the process ends, not the thread",
      "clone(2), CLONE_SYSVSEM; pthreads(7)")
{
	struct undoing thread = {ipc, sem_new(ipc, 0), 0};
	pid_t pid;

	CHILD (pid) {
		pthread_t id;
		expect_eq(0, pthread_create(&id, NULL, undoing_thread, &thread));
		expect_eq(0, pthread_join(id, NULL));
		/* Joined is not gone: the kernel's part of its end comes after. */
		while (syscall(SYS_tgkill, getpid(), thread.tid, 0) == 0)
			sched_yield();
		expect_eq(1, sem_value(thread.semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(thread.semid, 0));
}

CHECK("semop.undo.fork", LIBC | RAW, 0,
      "a child neither inherits what is to be undone nor shares it: its own is, when it ends",
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
      "processes that share what is to be undone undo it when the last of them ends",
      "clone(2), CLONE_SYSVSEM")
{
	struct undoing undoing = {ipc, sem_new(ipc, 0), 0};
	pid_t pid;

	CHILD (pid) {
		/* From the middle, since a stack grows one way or the other. */
		static _Alignas(16) char stack[2 * 65536];
		pid_t sharer = must(
			clone(undoing_clone, stack + 65536, CLONE_SYSVSEM | SIGCHLD, &undoing));
		child_join(sharer);
		expect_eq(1, sem_value(undoing.semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(undoing.semid, 0));
}

CHECK("semop.undo.not_below_zero", LIBC | RAW, 0, "undoing takes a value down to 0 and no further",
      "semop(2), BUGS")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 5, SEM_UNDO));
		block(ipc);
	}
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, -3, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(0, sem_value(semid, 0));
}

/* Runs `cmd`, which sets the values 7 8 9, between an operation with SEM_UNDO and its end. */
static int undone_after_setting(const struct ipc_calls *ipc, int cmd)
{
	unsigned short values[NSEMS] = {7, 8, 9};
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 2, SEM_UNDO));
		block(ipc);
	}
	await_blocked(pid);
	must(ipc->semctl(semid, 0, cmd,
			 cmd == SETVAL ? (union semun){.val = 7} : (union semun){.array = values}));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	return sem_value(semid, 0);
}

CHECK("semop.undo.cleared_by_setval", LIBC | RAW, 0,
      "SETVAL clears what is to be undone of a semaphore", "semctl(2), SETVAL")
{
	expect_eq(7, undone_after_setting(ipc, SETVAL));
}

CHECK("semop.undo.cleared_by_setall", LIBC | RAW, 0, "SETALL clears what is to be undone of a set",
      "semctl(2), SETALL")
{
	expect_eq(7, undone_after_setting(ipc, SETALL));
}

CHECK("semop.undo.erange", LIBC | RAW, 0,
      "an operation whose undoing would not fit in a short fails, and leaves what is to be undone",
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
	/* Of 15000 the child takes its 16000 back when it ends. */
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, SEMVMX, SEM_UNDO));
	expect_eq(0, sem_op(ipc, semid, -SEMVMX, 0));
	expect_eq(0, sem_op(ipc, semid, 1, SEM_UNDO));
	expect_errno(ERANGE, sem_op(ipc, semid, 1, SEM_UNDO));
	expect_eq(1, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
}

CHECK("semop.undo.not_above_semvmx", LIBC | RAW, 0,
      "undoing takes a value up to SEMVMX and no further", "ipc/sem.c, exit_sem")
{
	int semid = sem_new(ipc, 5);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -5, SEM_UNDO));
		block(ipc);
	}
	await_blocked(pid);
	expect_eq(0, sem_op(ipc, semid, SEMVMX - 2, 0));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(SEMVMX, sem_value(semid, 0));
}

CHECK("semop.undo.sum", LIBC | RAW, 0,
      "what is undone is the sum of all that a process did with SEM_UNDO, in one call or many",
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

CHECK("semop.undo.not_of_failed", LIBC | RAW, 0, "a call that failed leaves nothing to be undone",
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
      "what was done for a process that waited is undone as if it had not waited",
      "semop(2), SEM_UNDO; ipc/sem.c, perform_atomic_semop")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, -2, SEM_UNDO));
		pause(); /* not block(): it is killed at any point, a set in the making too */
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
      "a process whose set was removed undoes nothing of the set that took its slot",
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
      "who leaves the processes that it shares with undoes alone what is its own from then on",
      "unshare(2), CLONE_SYSVSEM")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, sem_op(ipc, semid, 1, SEM_UNDO));
		if (unshare(CLONE_SYSVSEM) == -1)
			skip("no unshare of CLONE_SYSVSEM");
		/* It was the last: what was to be undone is. */
		expect_eq(0, sem_value(semid, 0));
		expect_eq(0, sem_op(ipc, semid, 3, SEM_UNDO));
		expect_eq(3, sem_value(semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.undo.exec", LIBC | RAW, NEED_PROC,
      "executing another program undoes nothing; the end of that program does",
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
	/* The program stops before its first instruction, and is not needed. */
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
      "an operation whose undoing would not fit in a short fails, downwards as well",
      "semop(2), ERANGE; ipc/sem.c, perform_atomic_semop")
{
	int semid = sem_new(ipc, SEMVMX);

	expect_eq(0, sem_op(ipc, semid, -SEMVMX, SEM_UNDO));
	expect_eq(0, sem_op(ipc, semid, SEMVMX, 0));
	expect_errno(ERANGE, sem_op(ipc, semid, -1, SEM_UNDO));
	expect_eq(SEMVMX, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, -1, 0));
}
