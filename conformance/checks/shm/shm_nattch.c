/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmat and shmdt of shmop(2): the effects on IPC_STAT. */
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "checks/common/objects.h"

static int new_segment(const struct ipc_calls *ipc)
{
	return must(ipc->shmget(IPC_PRIVATE, 1, 0600));
}

CHECK("shmat.fields", LIBC | RAW, 0, "shmat increases shm_nattch and sets shm_atime and shm_lpid",
      "shmop(2)")
{
	int shmid = new_segment(ipc);
	time_t before = kernel_time();

	attach(ipc, shmid, NULL, 0);
	attach(ipc, shmid, NULL, SHM_RDONLY);
	struct shmid_ds ds = shm_state(shmid);
	expect_eq(2, ds.shm_nattch);
	expect_between(before, kernel_time(), ds.shm_atime);
	expect_eq(getpid(), ds.shm_lpid);
	expect_eq(0, ds.shm_dtime);
}

CHECK("shmdt.fields", LIBC | RAW, 0, "shmdt decreases shm_nattch and sets shm_dtime and shm_lpid",
      "shmop(2)")
{
	int shmid = new_segment(ipc);
	char *address = attach(ipc, shmid, NULL, 0);
	time_t before = kernel_time();
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	CHILD (pid)
		expect_eq(0, ipc->shmdt(address));
	child_join(pid);
	/* A process that reads the child's /proc files may do the last detach; wait for it. */
	shm_expect_nattch(2, shmid);
	expect_eq(0, ipc->shmdt(address));
	struct shmid_ds ds = shm_state(shmid);
	expect_eq(1, ds.shm_nattch);
	expect_between(before, kernel_time(), ds.shm_dtime);
	expect_eq(getpid(), ds.shm_lpid);
	expect_eq(getpid(), ds.shm_cpid);
}

CHECK("shmat.last_process", LIBC | RAW, 0, "shm_lpid is the process that attached last",
      "shmop(2), shm_lpid")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	CHILD (pid) {
		must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
		expect_eq(getpid(), shm_state(shmid).shm_lpid);
	}
	child_join(pid);
	expect_eq(getpid(), shm_state(shmid).shm_cpid);
}

CHECK("shmat.nattch.fork", LIBC | RAW, 0, "a child inherits attachments, and its end detaches them",
      "shmop(2), NOTES; fork(2)")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	attach(ipc, shmid, NULL, 0);
	CHILD (pid) {
		catch_signal(SIGUSR1, 0);
		block_forever(ipc);
	}
	await_blocked(pid);
	shm_expect_nattch(4, shmid);
	interrupt(pid);
	shm_expect_nattch(2, shmid);
}

CHECK("shmat.nattch.exit", LIBC | RAW, 0, "the end of a process detaches its segments",
      "shmop(2), NOTES; _exit(2)")
{
	time_t before = kernel_time();
	pid_t pid;
	int shmid;

	/*
	 * If another process reads /proc/PID/smaps as the child ends, that process detaches
	 * and becomes shm_lpid.  This cannot happen in every try.
	 */
	for (int tries = 0; tries < 100; tries++) {
		shmid = new_segment(ipc);
		CHILD (pid) {
			attach(ipc, shmid, NULL, 0);
			shm_expect_nattch(1, shmid);
		}
		child_join(pid);
		shm_expect_nattch(0, shmid);
		if (shm_state(shmid).shm_lpid == pid)
			break;
	}
	expect_eq(pid, shm_state(shmid).shm_lpid);
	expect_between(before, kernel_time(), shm_state(shmid).shm_dtime);
}

CHECK("shmat.nattch.kill", LIBC | RAW, 0, "killing a process detaches its segments",
      "shmop(2), NOTES; signal(7), SIGKILL")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	CHILD (pid) {
		attach(ipc, shmid, NULL, 0);
		block_forever(ipc);
	}
	await_blocked(pid);
	shm_expect_nattch(1, shmid);
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.nattch.exec", LIBC | RAW, NEED_PROC, "execve detaches the segments of a process",
      "shmop(2), NOTES; execve(2)")
{
	int shmid = new_segment(ipc), status;
	char *argv[] = {(char[]){"exec"}, NULL};
	pid_t pid;

	CHILD (pid) {
		attach(ipc, shmid, NULL, 0);
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
	shm_expect_nattch(0, shmid);
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
}

CHECK("shmat.nattch.mprotect", LIBC | RAW, 0,
      "changing the protection of parts and back leaves no extra attachment",
      "kernel commit fc0c8f9089c2")
{
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const size_t page = page_size();
	int shmid = must(ipc->shmget(IPC_PRIVATE, 3 * page, 0600));

	for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		char *address = attach(ipc, shmid, NULL, 0);
		for (int j = 0; j < 3; j++)
			must(mprotect(address + (size_t)orders[i][j] * page, page, PROT_READ));
		for (int j = 0; j < 3; j++)
			must(mprotect(address + (size_t)orders[i][j] * page, page,
				      PROT_READ | PROT_WRITE));
		expect(shm_state(shmid).shm_nattch >= 1);
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(0, shmid);
	}
}

CHECK("shmat.nattch.neighbours", LIBC | RAW, 0,
      "two adjacent, equal attachments that one munmap unmaps are both detached",
      "kernel commit fc0c8f9089c2")
{
	const size_t page = page_size(), step = page > (size_t)SHMLBA ? page : (size_t)SHMLBA;
	int shmid = must(ipc->shmget(IPC_PRIVATE, step, 0600));
	char *place = shm_free_place(2 * step / page);

	attach(ipc, shmid, place, 0);
	attach(ipc, shmid, place + step, SHM_RDONLY);
	must(mprotect(place, step, PROT_READ));
	must(mprotect(place + step, step, PROT_NONE));
	must(mprotect(place, 2 * step, PROT_READ));
	must(munmap(place, 2 * step));
	shm_expect_nattch(0, shmid);
}

/* remap_file_pages(2) of all pages: the kernel unmaps them and maps the file again. */
static bool remap(char *address, size_t pages, size_t pgoff)
{
	bool done = syscall(SYS_remap_file_pages, address, pages * page_size(), 0, pgoff, 0) == 0;

	if (!done && errno == ENOSYS)
		skip("this kernel has no remap_file_pages");
	return done;
}

CHECK("shmat.nattch.remap_file_pages", LIBC | RAW, 0,
      "remap_file_pages of an attachment leaves it attached once, to the same memory",
      "kernel commit 3f05317d9889; remap_file_pages(2)")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page_size(), 0600));
	char *address = attach(ipc, shmid, NULL, 0), *other = attach(ipc, shmid, NULL, 0);

	strcpy(address, "text");
	expect(remap(address, 2, 0));
	expect_eq(2, shm_state(shmid).shm_nattch);
	expect_bytes("text", address, 5);
	strcpy(address + page_size(), "more");
	expect_bytes("more", other + page_size(), 5);
	expect_eq(0, ipc->shmdt(address));
	expect_eq(0, ipc->shmdt(other));
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.nattch.remap_removed", LIBC | RAW, 0,
      "remap_file_pages of a removed segment maps neither it nor another segment",
      "kernel commits 1ac0b6dec656, 3f05317d9889")
{
	struct shmid_ds ds;
	int shmid = must(ipc->shmget(IPC_PRIVATE, 3 * page_size(), 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	/* The unmapping was the last detach, so the segment no longer exists. */
	if (!expect(!remap(address, 3, 7)))
		must(ipc->shmdt(address));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
	/* The kernel still works: a new segment can be used. */
	CHILD (pid) {
		int next = must(ipc->shmget(IPC_PRIVATE, page_size(), 0600));
		char *memory = attach(ipc, next, NULL, 0);
		expect_eq(0, *memory);
		*memory = 'x';
		expect_eq(1, shm_state(next).shm_nattch);
	}
	child_join(pid);
}

CHECK("shmat.nattch.mremap", LIBC | RAW, 0,
      "an attachment that mremap moves is attached once, at its new address", "mremap(2); shmop(2)")
{
	const size_t page = page_size();
	int shmid = must(ipc->shmget(IPC_PRIVATE, page, 0600));
	char *address = attach(ipc, shmid, NULL, 0), *place = shm_free_place(1);

	strcpy(address, "text");
	expect_eq((intptr_t)place,
		  (intptr_t)mremap(address, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, place));
	expect_eq(1, shm_state(shmid).shm_nattch);
	expect_bytes("text", place, 5);
	expect_errno(EINVAL, ipc->shmdt(address));
	expect_eq(0, ipc->shmdt(place));
	shm_expect_nattch(0, shmid);
}

struct attaching {
	const struct ipc_calls *ipc;
	int shmid;
};

static void *attach_in_thread(void *arg)
{
	const struct attaching *self = arg;

	attach(self->ipc, self->shmid, NULL, 0);
	return NULL;
}

CHECK("shmat.nattch.thread", LIBC | RAW, 0,
      "the end of a thread detaches nothing, because attachments belong to the process",
      "shmop(2); pthreads(7)")
{
	int shmid = new_segment(ipc);
	pthread_t thread;

	expect_eq(0,
		  pthread_create(&thread, NULL, attach_in_thread, &(struct attaching){ipc, shmid}));
	expect_eq(0, pthread_join(thread, NULL));
	expect_eq(1, shm_state(shmid).shm_nattch);
	expect_eq(getpid(), shm_state(shmid).shm_lpid);
}

CHECK("shmat.nattch.exit_fields", LIBC | RAW, 0,
      "the end of a process that has a segment attached sets shm_dtime and shm_lpid, as shmdt does",
      "shmop(2), shm_lpid, shm_dtime; _exit(2); ipc/shm.c, shm_close")
{
	struct shmid_ds before, after;
	pid_t pid, other;

	/* Repeat for the same reason as shmat.nattch.exit. */
	for (int tries = 0; tries < 3; tries++) {
		int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));

		must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
		expect_eq(getpid(), shm_state(shmid).shm_lpid);
		CHILD (pid) {
			attach(ipc, shmid, NULL, 0);
			expect_eq(getpid(), shm_state(shmid).shm_lpid);
			/* Another process attaches last, so shm_lpid is not the child. */
			CHILD (other)
				must(libc_calls.shmdt(
					attach(&libc_calls, shmid, NULL, SHM_RDONLY)));
			child_join(other);
			block_forever(ipc);
		}
		await_blocked(pid);
		/* The inner child inherited the attachment and its end counted as a detach. */
		shm_expect_nattch(1, shmid);
		before = shm_state(shmid);
		expect(before.shm_lpid != pid);
		await_next_second();
		must(kill(pid, SIGKILL));
		child_join_signal(pid, SIGKILL);
		shm_expect_nattch(0, shmid);
		after = shm_state(shmid);
		if (after.shm_lpid == pid)
			break;
	}
	expect(after.shm_dtime > before.shm_dtime);
	expect_eq(before.shm_atime, after.shm_atime);
	expect_eq(pid, after.shm_lpid);
}

CHECK("shmat.nattch.fork_fields", LIBC | RAW, 0,
      "fork sets shm_atime and shm_lpid of the segments that the parent has attached, as shmat "
      "does",
      "ipc/shm.c, shm_open; shmop(2), shm_atime, shm_lpid; fork(2)")
{
	struct shmid_ds before, after;
	int shmid = new_segment(ipc);
	pid_t pid;

	attach(ipc, shmid, NULL, 0);
	/* So that shm_lpid is not the parent's before the fork. */
	CHILD (pid)
		must(libc_calls.shmdt(attach(&libc_calls, shmid, NULL, 0)));
	child_join(pid);
	shm_expect_nattch(1, shmid);
	before = shm_state(shmid);
	expect(before.shm_lpid != getpid());
	await_next_second();
	CHILD (pid)
		block_forever(ipc);
	await_blocked(pid);
	after = shm_state(shmid);
	expect(after.shm_atime > before.shm_atime);
	expect_eq(getpid(), after.shm_lpid);
	expect_eq(2, after.shm_nattch);
	expect_eq(before.shm_dtime, after.shm_dtime);
	expect_eq(before.shm_ctime, after.shm_ctime);
	expect_eq(before.shm_cpid, after.shm_cpid);
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
}
