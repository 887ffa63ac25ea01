/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Control groups: the memory that IPC charges to a group, and the effect of freezing on
 * blocked calls.  The checks make groups only if the kernel has mounted none yet and this
 * program is its first process, as on a test machine; otherwise the groups belong to the
 * machine.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "objects.h"

#define ROOT "/sys/fs/cgroup"

static bool cgroups_are_mounted(void)
{
	char line[512];
	bool found = false;
	FILE *file = fopen("/proc/self/mounts", "r");

	if (!file)
		return true;
	while (fgets(line, sizeof(line), file))
		found = found || strstr(line, " cgroup");
	fclose(file);
	return found;
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

/* The path of a file of this check's group. */
static const char *in_group(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), ROOT "/ipc-%d/%s", (int)getpgrp(), name);
	return path;
}

static void make_group(void)
{
	static char folder[128];

	if (cgroups_are_mounted())
		skip("control groups change the machine, and this is not its first process");
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("cgroup2", ROOT, "cgroup2", 0, NULL) == -1)
		skip("control groups cannot be mounted");
	snprintf(folder, sizeof(folder), "%s", in_group(""));
	must(mkdir(folder, 0755));
}

static void remove_group(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	/* rmdir fails until the kernel has removed ended processes from the group. */
	while (rmdir(in_group("")) == -1 && errno == EBUSY)
		nanosleep(&pause, NULL);
}

/* ---- memory ------------------------------------------------------------------------------ */

static long long charged(void)
{
	long long bytes = -1;
	FILE *file = fopen(in_group("memory.current"), "r");

	if (!file || fscanf(file, "%lld", &bytes) != 1)
		skip("no memory control group (CONFIG_MEMCG)");
	fclose(file);
	return bytes;
}

/* Each processor charges the group in steps of 64 pages. */
static void expect_charged(long long before, long long bytes)
{
	expect(charged() - before >= bytes - bytes / 4);
}

static void expect_uncharged(long long before)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int tries = 0;

	/* The kernel frees some of the memory after a grace period of RCU. */
	while (charged() >= before && tries++ < 10000)
		nanosleep(&pause, NULL);
	expect_between(0, before - 1, charged());
}

static void join_memory_group(void)
{
	if (!write_to(ROOT "/cgroup.subtree_control", "+memory"))
		skip("no memory control group (CONFIG_MEMCG)");
	must(write_to(in_group("cgroup.procs"), "0") ? 0 : -1);
	/* khugepaged replaces pages by a huge page, 2 MiB, and charges this group with it. */
	must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
}

CHECK("msgsnd.cgroup", LIBC, NEED_LIMITS,
      "messages are charged to the sender's memory control group until their queue is removed",
      "ipc/msgutil.c, alloc_msg: GFP_KERNEL_ACCOUNT")
{
	enum { SIZE = 8000, MESSAGES = 512 };
	static struct {
		long mtype;
		char mtext[SIZE];
	} message = {.mtype = 1};
	pid_t pid;

	make_group();
	set_limit("msgmnb", "10000000");
	CHILD (pid) {
		join_memory_group();
		int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
		long long before = charged();
		for (int i = 0; i < MESSAGES; i++)
			must(ipc->msgsnd(msqid, &message, SIZE, IPC_NOWAIT));
		expect_charged(before, SIZE * MESSAGES);
		must(ipc->msgctl(msqid, IPC_RMID, NULL));
		expect_uncharged(before + SIZE * MESSAGES / 2);
	}
	child_join(pid);
	remove_group();
}

CHECK("semget.cgroup", LIBC, NEED_LIMITS,
      "since Linux 5.15 sets and undo lists are charged to a memory control group",
      "kernel commit 18319498fdd4; ipc/sem.c, sem_alloc, find_alloc_undo")
{
	enum { SETS = 16, N = 30000 };
	pid_t pid;

	need_kernel(5, 15);
	make_group();
	CHILD (pid) {
		int semid[SETS];
		join_memory_group();
		long long before = charged();
		for (int i = 0; i < SETS; i++)
			semid[i] = must(ipc->semget(IPC_PRIVATE, N, 0600));
		/* A semaphore has at least a value, a process, a lock and two lists. */
		expect_charged(before, SETS * N * 32LL);
		long long between = charged();
		for (int i = 0; i < SETS; i++)
			must(sem_op(ipc, semid[i], 1, SEM_UNDO));
		/* Two bytes a semaphore; charges in advance by two processors may hide a part. */
		expect(charged() - between >= SETS * N * 2LL - 128 * (long long)page_size());
		for (int i = 0; i < SETS; i++)
			must(ipc->semctl(semid[i], 0, IPC_RMID, (union semun){0}));
		expect_uncharged(before + SETS * N * 16LL);
	}
	child_join(pid);
	remove_group();
}

CHECK("msgsnd.cgroup_limit", LIBC, NEED_LIMITS,
      "at the limit of a memory control group whose processes the kernel may not kill, msgsnd "
      "fails with ENOMEM and sends nothing",
      "msgop(2), ENOMEM; Documentation/admin-guide/cgroup-v2.rst, memory.max")
{
	enum { SIZE = 8000, LEAST = 64, MOST = 4096 };
	static struct {
		long mtype;
		char mtext[SIZE];
	} message = {.mtype = 1};
	char most[32];
	pid_t pid;

	make_group();
	set_limit("msgmnb", "100000000");
	CHILD (pid) {
		unsigned long sent = 0;
		int result;
		join_memory_group();
		must(write_to("/proc/self/oom_score_adj", "-1000") ? 0 : -1);
		int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
		int fd = must(open(in_group("memory.max"), O_WRONLY | O_CLOEXEC));
		const int length =
			snprintf(most, sizeof(most), "%lld", charged() + LEAST * 2LL * SIZE);
		must(write(fd, most, (size_t)length));
		do
			result = ipc->msgsnd(msqid, &message, SIZE, IPC_NOWAIT);
		while (result == 0 && ++sent < MOST);
		const int error = errno;
		/* While the limit holds, a page fault of this process would never return. */
		must(write(fd, "max", 3));
		expect_errno(ENOMEM, (errno = error, result));
		expect_between(LEAST, MOST - 1, (long long)sent);
		expect_eq(sent, msg_state(msqid).msg_qnum);
		expect_eq(sent * SIZE, msg_state(msqid).__msg_cbytes);
		for (unsigned long i = 0; i < sent; i++)
			must(ipc->msgrcv(msqid, &message, SIZE, 0, IPC_NOWAIT) == SIZE ? 0 : -1);
		expect_errno(ENOMSG, ipc->msgrcv(msqid, &message, SIZE, 0, IPC_NOWAIT));
		must(ipc->msgctl(msqid, IPC_RMID, NULL));
	}
	child_join(pid);
	remove_group();
}

/* ---- freezing ------------------------------------------------------------------------------ */

static void await_frozen(bool frozen)
{
	const struct timespec pause = {.tv_nsec = 100000};
	char text[256];

	do {
		nanosleep(&pause, NULL);
		int fd = must(open(in_group("cgroup.events"), O_RDONLY | O_CLOEXEC));
		text[must((int)read(fd, text, sizeof(text) - 1))] = '\0';
		close(fd);
	} while (!strstr(text, frozen ? "frozen 1" : "frozen 0"));
}

static void freeze_and_thaw(pid_t pid)
{
	char number[16];

	await_blocked(pid);
	snprintf(number, sizeof(number), "%d", (int)pid);
	must(write_to(in_group("cgroup.procs"), number) ? 0 : -1);
	must(write_to(in_group("cgroup.freeze"), "1") ? 0 : -1);
	await_frozen(true);
	must(write_to(in_group("cgroup.freeze"), "0") ? 0 : -1);
	await_frozen(false);
}

CHECK("semop.frozen", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "semop fails with EINTR if its blocked process is frozen and thawed",
      "cgroups(7); ipc/sem.c, do_semtimedop: signal_pending")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	make_group();
	CHILD (pid)
		expect_errno(EINTR, sem_op(ipc, semid, -1, 0));
	freeze_and_thaw(pid);
	child_join(pid);
	remove_group();
}

CHECK("msgrcv.frozen", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "msgrcv stays blocked if its process is frozen and thawed",
      "cgroups(7); ipc/msg.c, do_msgrcv: ERESTARTNOHAND")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;
	pid_t pid;

	make_group();
	CHILD (pid)
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	freeze_and_thaw(pid);
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
	remove_group();
}
