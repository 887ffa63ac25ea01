/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Accounting of segments, their names in /proc, and blocked calls under a tracer. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "objects.h"

static int new_segment(const struct ipc_calls *ipc, size_t pages)
{
	return must(ipc->shmget(IPC_PRIVATE, pages * page_size(), 0666));
}

/* ---- RLIMIT_MEMLOCK -------------------------------------------------------------------- */

/* A user id that no concurrent check uses: the kernel counts locked memory by user. */
static uid_t own_user(void)
{
	/* A user namespace may map ids up to 65535 only. */
	return 20000 + (uid_t)getpgrp() % 40000;
}

static void limit_locked(size_t pages)
{
	const struct rlimit limit = {pages * page_size(), pages * page_size()};

	if (setrlimit(RLIMIT_MEMLOCK, &limit) == -1 && errno == EPERM)
		skip("RLIMIT_MEMLOCK is too low and cannot be raised");
}

CHECK("shmctl.lock.quota", LIBC | RAW, NEED_USERS,
      "RLIMIT_MEMLOCK limits the total memory that a user locks; SHM_UNLOCK and IPC_RMID "
      "uncharge it",
      "shmctl(2), ENOMEM; getrlimit(2), RLIMIT_MEMLOCK; mm/mlock.c, user_shm_lock")
{
	pid_t pid;

	CHILD (pid) {
		become(own_user(), NOBODY);
		limit_locked(3);
		int one = new_segment(ipc, 2), two = new_segment(ipc, 2),
		    small = new_segment(ipc, 1);
		expect_eq(0, ipc->shmctl(one, SHM_LOCK, NULL));
		expect_errno(ENOMEM, ipc->shmctl(two, SHM_LOCK, NULL));
		expect_eq(0, shm_state(two).shm_perm.mode & SHM_LOCKED);
		/* Locking a locked segment again charges nothing, so one page is left. */
		expect_eq(0, ipc->shmctl(one, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(small, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(one, SHM_UNLOCK, NULL));
		expect_eq(0, ipc->shmctl(one, SHM_UNLOCK, NULL));
		expect_eq(0, ipc->shmctl(two, SHM_LOCK, NULL));
		expect_errno(ENOMEM, ipc->shmctl(one, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(two, IPC_RMID, NULL));
		expect_eq(0, ipc->shmctl(one, SHM_LOCK, NULL));
		/* A removed segment is uncharged at its last detach. */
		void *address = attach(ipc, one, NULL, 0);
		two = new_segment(ipc, 2);
		expect_eq(0, ipc->shmctl(one, IPC_RMID, NULL));
		expect_errno(ENOMEM, ipc->shmctl(two, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmdt(address));
		expect_eq(0, ipc->shmctl(two, SHM_LOCK, NULL));
	}
	child_join(pid);
}

CHECK("shmctl.lock.quota_of_locker", LIBC | RAW, NEED_USERS,
      "locked memory is charged to the user that locked it first, until any user unlocks or "
      "removes it",
      "ipc/shm.c, shmctl_do_lock and shm_destroy: mlock_ucounts")
{
	pid_t pid;

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	CHILD (pid) {
		become(own_user(), NOBODY);
		must(ipc->shmget(check_key(0), 2 * page_size(), IPC_CREAT | 0666));
	}
	child_join(pid);
	int shmid = must(ipc->shmget(check_key(0), 0, 0));
	CHILD (pid) {
		/* A privileged process of another user locks the segment. */
		must(ipc->shmctl(shmid, SHM_LOCK, NULL));
	}
	child_join(pid);
	CHILD (pid) {
		become(own_user(), NOBODY);
		limit_locked(2);
		int own = new_segment(ipc, 2);
		expect_eq(0, ipc->shmctl(own, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
		/* Another user had locked it, so its unlocking uncharges nothing here. */
		expect_errno(ENOMEM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(own, SHM_UNLOCK, NULL));
		expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	}
	child_join(pid);
	/* Another user removes the segment that this user has locked. */
	expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
	CHILD (pid) {
		become(own_user(), NOBODY);
		limit_locked(2);
		int own = must(ipc->shmget(check_key(0), 2 * page_size(), IPC_CREAT | 0666));
		expect_eq(0, ipc->shmctl(own, SHM_LOCK, NULL));
	}
	child_join(pid);
	/* Another user locks a locked segment, which charges nobody, and unlocks it. */
	shmid = must(ipc->shmget(check_key(0), 0, 0));
	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	CHILD (pid) {
		become(own_user(), NOBODY);
		limit_locked(2);
		expect_eq(0, ipc->shmctl(new_segment(ipc, 2), SHM_LOCK, NULL));
	}
	child_join(pid);
}

CHECK("shmctl.lock.namespace_ends", LIBC | RAW, NEED_USERS | NEED_NAMESPACE,
      "the end of an IPC namespace removes all its segments, whichever slots are free, and "
      "uncharges their locked memory",
      "ipc_namespaces(7), \"all IPC objects in the namespace are automatically destroyed\"; "
      "ipc/namespace.c, free_ipcs; ipc/shm.c, shm_destroy")
{
	/* Slots before, between and after those in use are free. */
	static const bool used[] = {false, true, false, false, true, true, false, true, false};
	enum { SLOTS = sizeof(used) / sizeof(used[0]), USED = 4 };
	const struct timespec pause = {.tv_nsec = 1000000};
	pid_t pid;

	CHILD (pid) {
		int shmid[SLOTS];
		another_namespace();
		become(own_user(), NOBODY);
		limit_locked(USED);
		for (unsigned i = 0; i < SLOTS; i++)
			shmid[i] = new_segment(ipc, 1);
		for (unsigned i = 0; i < SLOTS; i++)
			if (used[i])
				expect_eq(0, ipc->shmctl(shmid[i], SHM_LOCK, NULL));
		expect_errno(ENOMEM, ipc->shmctl(shmid[0], SHM_LOCK, NULL));
		for (unsigned i = 0; i < SLOTS; i++)
			if (!used[i])
				expect_eq(0, ipc->shmctl(shmid[i], IPC_RMID, NULL));
	}
	child_join(pid);
	CHILD (pid) {
		int shmid, tries = 0;
		become(own_user(), NOBODY);
		limit_locked(USED);
		shmid = new_segment(ipc, USED);
		/* The kernel frees a namespace some time after its last use (free_ipc_work). */
		while (ipc->shmctl(shmid, SHM_LOCK, NULL) == -1 && errno == ENOMEM &&
		       tries++ < 10000)
			nanosleep(&pause, NULL);
		expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_eq(SHM_LOCKED | 0666, shm_state(shmid).shm_perm.mode);
	}
	child_join(pid);
}

/* ---- shm_rmid_forced and threads ---------------------------------------------------------- */

struct creating {
	const struct ipc_calls *ipc;
	int shmid;
	pid_t tid;
};

static void *create_in_thread(void *arg)
{
	struct creating *self = arg;

	self->tid = (pid_t)syscall(SYS_gettid);
	self->shmid = must(self->ipc->shmget(IPC_PRIVATE, 1, 0600));
	return NULL;
}

CHECK("shmctl.rmid.forced_thread", LIBC | RAW, NEED_LIMITS,
      "with shm_rmid_forced a segment is removed when the thread that made it ends",
      "ipc/shm.c, exit_shm: shm_creator is a task")
{
	struct creating creating = {ipc, -1, 0};
	struct shmid_ds ds;
	pthread_t thread;

	set_limit("shm_rmid_forced", "1");
	int own = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_eq(0, pthread_create(&thread, NULL, create_in_thread, &creating));
	expect_eq(0, pthread_join(thread, NULL));
	/* pthread_join returns before the kernel has finished the thread's exit. */
	while (syscall(SYS_tgkill, getpid(), creating.tid, 0) == 0)
		sched_yield();
	expect_errno(EINVAL, libc_calls.shmctl(creating.shmid, IPC_STAT, &ds));
	shm_state(own);
}

/* ---- /proc/PID/maps ------------------------------------------------------------------------- */

static void expect_mapped_as(char *address, const char *name, int shmid)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned long from = 0, inode = 0;
	char line[512] = "", seen[64] = "";

	must(file ? 0 : -1);
	while (from != (uintptr_t)address && fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-%*x %*s %*s %*s %lu %63[^\n]", &from, &inode, seen) != 3)
			from = 0;
	fclose(file);
	expect_eq((intptr_t)address, (intptr_t)from);
	expect_eq(shmid, inode);
	if (strcmp(seen, name) != 0)
		fail_at(HERE, "the name in /proc/PID/maps", name, seen);
}

CHECK("shmat.maps", LIBC | RAW, NEED_PROC,
      "/proc/PID/maps shows an attachment as /SYSV and the key in hexadecimal, with the id as "
      "inode",
      "ipc/shm.c, newseg: \"SYSV%08x\"; proc(5), /proc/pid/maps")
{
	const key_t keys[] = {check_key(0), (key_t)0xfedcba98u, 1};
	char name[64];

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int shmid = ipc->shmget(keys[i], 1, IPC_CREAT | IPC_EXCL | 0600);
		if (shmid == -1 && errno == EEXIST)
			continue; /* without a namespace, another program's object */
		char *address = attach(ipc, must(shmid), NULL, 0);
		snprintf(name, sizeof(name), "/SYSV%08x (deleted)", (unsigned)keys[i]);
		expect_mapped_as(address, name, shmid);
		must(ipc->shmctl(shmid, IPC_RMID, NULL));
		/* IPC_STAT no longer has the key of a removed segment; its name does. */
		expect_mapped_as(address, name, shmid);
	}
	int shmid = new_segment(ipc, 1);
	expect_mapped_as(attach(ipc, shmid, NULL, 0), "/SYSV00000000 (deleted)", shmid);
}

/* ---- SHM_NORESERVE ----------------------------------------------------------------------------
 */

CHECK("shmget.noreserve.overcommit", LIBC | RAW, NEED_PROC | NEED_NAMESPACE,
      "a segment larger than all memory fails with ENOMEM, except with vm.overcommit_memory 1, or "
      "with 0 and SHM_NORESERVE",
      "shmget(2), SHM_NORESERVE, ENOMEM; Documentation/mm/overcommit-accounting.rst")
{
	const unsigned long long size =
		2 * (meminfo("MemTotal:") + meminfo("SwapTotal:") + meminfo("CommitLimit:"));
	FILE *file = fopen("/proc/sys/vm/overcommit_memory", "r");
	int mode;

	if (!file || fscanf(file, "%d", &mode) != 1)
		skip("no /proc/sys/vm/overcommit_memory");
	fclose(file);
	if (size == 0 || size > (size_t)-1 / 4)
		skip("a size_t cannot exceed this machine's memory");
	if (mode == 1)
		expect_ok(ipc->shmget(IPC_PRIVATE, (size_t)size, 0600));
	else
		expect_errno(ENOMEM, ipc->shmget(IPC_PRIVATE, (size_t)size, 0600));
	if (mode == 2)
		expect_errno(ENOMEM, ipc->shmget(IPC_PRIVATE, (size_t)size, SHM_NORESERVE | 0600));
	else
		expect_ok(ipc->shmget(IPC_PRIVATE, (size_t)size, SHM_NORESERVE | 0600));
}

/* ---- stopped by a tracer
 * ------------------------------------------------------------------------- */

/* Stops a blocked process as a debugger does when it attaches, and continues it. */
static void trace_and_let_go(pid_t pid)
{
	int status;

	await_blocked(pid);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == -1) {
		must(kill(pid, SIGKILL));
		skip("no ptrace");
	}
	must((int)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	must(waitpid(pid, &status, 0));
	expect(WIFSTOPPED(status));
	must((int)ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

CHECK("semop.ptrace", LIBC | RAW, 0, "semop fails with EINTR if a tracer stops its blocked process",
      "signal(7), \"Interruption of system calls ... by stop signals\"; ptrace(2), "
      "PTRACE_INTERRUPT")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid)
		expect_errno(EINTR, sem_op(ipc, semid, -1, 0));
	trace_and_let_go(pid);
	child_join(pid);
	expect_eq(0, libc_calls.semctl(semid, 0, GETNCNT, (union semun){0}));
}

CHECK("semtimedop.ptrace", LIBC | RAW, 0,
      "semtimedop fails with EINTR if a tracer stops its blocked process",
      "signal(7), \"Interruption of system calls ... by stop signals\"; ptrace(2), "
      "PTRACE_INTERRUPT")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	CHILD (pid) {
		const struct timespec timeout = {.tv_sec = 1000000};
		expect_errno(EINTR,
			     ipc->semtimedop(semid, &(struct sembuf){0, -1, 0}, 1, &timeout));
	}
	trace_and_let_go(pid);
	child_join(pid);
}

CHECK("msgrcv.ptrace", LIBC | RAW, 0, "msgrcv stays blocked if a tracer stops its process",
      "ipc/msg.c, do_msgrcv: ERESTARTNOHAND; ptrace(2), PTRACE_INTERRUPT")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;
	pid_t pid;

	CHILD (pid) {
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
		expect_bytes("text", got.mtext, 4);
	}
	trace_and_let_go(pid);
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
}

CHECK("msgsnd.ptrace", LIBC | RAW, 0,
      "msgsnd stays blocked if a tracer stops its process, and sends once",
      "ipc/msg.c, do_msgsnd: ERESTARTNOHAND; ptrace(2), PTRACE_INTERRUPT")
{
	const struct message second = {1, "second"};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	struct message got;
	pid_t pid;

	ds.msg_qbytes = 6;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	msg_put(ipc, msqid, 1, "first");
	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &second, 6, 0));
	trace_and_let_go(pid);
	await_blocked(pid);
	expect_eq(5, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
	expect_eq(6, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_bytes("second", got.mtext, 6);
}
