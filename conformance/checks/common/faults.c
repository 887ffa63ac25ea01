/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Calls in which the kernel gets no memory.  Each check repeats a call.  In the first call the
 * first allocation fails, in the second call the second one, and so on, until a call needs no
 * more allocations (Documentation/fault-injection/fault-injection.rst, fail-nth).
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "snapshot.h"

struct allocating {
	const struct facility *facility;
	/* The call, which returns -1 on an error; `id` is an object of the check. */
	intptr_t (*call)(const struct ipc_calls *ipc, const struct facility *facility, int id);
	/* Undoes a call that has succeeded with this result; may be NULL. */
	void (*undo)(const struct ipc_calls *ipc, const struct facility *facility, intptr_t got);
	int also; /* an error that the call may set instead of ENOMEM, or 0 */
};

/* Makes the Nth allocation of this thread fail, or none if n is 0. */
static void fail_nth(int fd, unsigned n)
{
	char text[16];
	const int length = snprintf(text, sizeof(text), "%u", n);

	must(pwrite(fd, text, (size_t)length, 0) == length ? 0 : -1);
}

/* Whether the allocation has failed: the kernel has counted down to 0. */
static bool has_failed(int fd)
{
	char text[16] = "";

	must(pread(fd, text, sizeof(text) - 1, 0));
	return strtoul(text, NULL, 10) == 0;
}

/* More than any call allocates. */
enum { ENDLESS = 5000 };

static void each_allocation_fails(const struct ipc_calls *ipc, const struct allocating *allocating,
				  int id)
{
	const struct facility *facility = allocating->facility;
	const int fd = must(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
	unsigned refused = 0, n = 0;
	bool failed = true;

	while (failed && ++n < ENDLESS) {
		const struct snapshot before = snapshot_of(facility, id);
		fail_nth(fd, n);
		const intptr_t got = allocating->call(ipc, facility, id);
		const int error = errno;
		failed = has_failed(fd);
		fail_nth(fd, 0);
		if (got != -1) {
			/* The call succeeded without this memory: the kernel tried another way. */
			if (allocating->undo)
				allocating->undo(ipc, facility, got);
			continue;
		}
		/* The last call, in which no allocation fails, must succeed. */
		if (!failed || error != allocating->also)
			expect_eq(failed ? ENOMEM : 0, error);
		expect_unchanged("a call in which an allocation fails", &before);
		refused++;
	}
	expect_between(1, ENDLESS - 1, n);
	expect(refused > 0);
	close(fd);
}

/* ---- calls that make an object ------------------------------------------------------------ */

static intptr_t make(const struct ipc_calls *ipc, const struct facility *facility, int id UNUSED)
{
	return facility->get(ipc, IPC_PRIVATE, 0600);
}

static void unmake(const struct ipc_calls *ipc, const struct facility *facility, intptr_t got)
{
	must(rmid(facility, ipc, (int)got));
}

CHECK_EACH("allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
	   "if an allocation fails, whichever it is, the call fails with ENOMEM or succeeds, and a "
	   "failed call leaves nothing",
	   "msgget(2), semget(2) and shmget(2), ENOMEM; mm/shmem.c, __shmem_file_setup: ENOSPC")
{
	const struct allocating allocating = {facility, make, unmake,
					      facility == &shm_facility ? ENOSPC : 0};
	/* The snapshot of another object includes the totals of the namespace. */
	int other = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	each_allocation_fails(ipc, &allocating, other);
	expect_serves(ipc, facility, other, check_key(0));
}

/* The namespace of the check. */
static int home;

static intptr_t make_namespace(const struct ipc_calls *ipc UNUSED, const struct facility *f UNUSED,
			       int id UNUSED)
{
	return unshare(CLONE_NEWIPC);
}

static void go_home(const struct ipc_calls *ipc UNUSED, const struct facility *f UNUSED,
		    intptr_t got UNUSED)
{
	must(setns(home, CLONE_NEWIPC));
}

CHECK("msgget.namespace.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation of unshare(CLONE_NEWIPC) fails, the call fails with ENOMEM or succeeds; a "
      "failed call leaves the process in its namespace",
      "unshare(2), ENOMEM; ipc/namespace.c, create_ipc_ns: ENOSPC")
{
	const struct allocating allocating = {&msg_facility, make_namespace, go_home, ENOSPC};
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));

	home = must(open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC));
	each_allocation_fails(ipc, &allocating, msqid);
	expect_serves(ipc, &msg_facility, msqid, check_key(0));
}

/* ---- messages ----------------------------------------------------------------------------- */

/* The kernel keeps a text of this length in three pieces (ipc/msgutil.c, alloc_msg). */
static struct {
	long mtype;
	char mtext[8192];
} text = {.mtype = 1};

static intptr_t send_text(const struct ipc_calls *ipc, const struct facility *f UNUSED, int id)
{
	return ipc->msgsnd(id, &text, sizeof(text.mtext), IPC_NOWAIT);
}

/* The queue from which receive() takes a text. */
static int queue;

static void receive(const struct ipc_calls *ipc, const struct facility *f UNUSED,
		    intptr_t got UNUSED)
{
	must(ipc->msgrcv(queue, &text, sizeof(text.mtext), 0, IPC_NOWAIT));
}

CHECK("msgsnd.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation fails, msgsnd fails with ENOMEM or sends, and a failed call leaves nothing",
      "msgsnd(2), ENOMEM; ipc/msgutil.c, alloc_msg")
{
	const struct allocating allocating = {&msg_facility, send_text, receive, 0};

	queue = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	each_allocation_fails(ipc, &allocating, queue);
	expect_serves(ipc, &msg_facility, queue, check_key(0));
}

static intptr_t copy_text(const struct ipc_calls *ipc, const struct facility *f UNUSED, int id)
{
	return ipc->msgrcv(id, &text, sizeof(text.mtext), 0, MSG_COPY | IPC_NOWAIT);
}

CHECK("msgrcv.copy.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC | NEED_MSG_COPY,
      "if an allocation fails, msgrcv with MSG_COPY fails with ENOMEM or copies; the queue "
      "does not change",
      "ipc/msg.c, prepare_copy; ipc/msgutil.c, alloc_msg")
{
	const struct allocating allocating = {&msg_facility, copy_text, NULL, 0};

	queue = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	must(send_text(ipc, &msg_facility, queue) == 0 ? 0 : -1);
	each_allocation_fails(ipc, &allocating, queue);
	receive(ipc, &msg_facility, 0);
	expect_serves(ipc, &msg_facility, queue, check_key(0));
}

/* ---- semaphores --------------------------------------------------------------------------- */

/* More operations than the kernel keeps on its stack (SEMOPM_FAST, 64). */
enum { MANY = 100 };

static intptr_t add_with_undo(const struct ipc_calls *ipc, const struct facility *f UNUSED, int id)
{
	struct sembuf sops[MANY];

	for (int i = 0; i < MANY; i++)
		sops[i] = (struct sembuf){0, 1, SEM_UNDO};
	return ipc->semop(id, sops, MANY);
}

static void undo(const struct ipc_calls *ipc UNUSED, const struct facility *f UNUSED,
		 intptr_t got UNUSED)
{
	/* As at exit: the kernel frees the list, and must allocate it for the next call. */
	must(unshare(CLONE_SYSVSEM));
}

CHECK("semop.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation fails, semop with SEM_UNDO fails with ENOMEM or succeeds; a failed call "
      "changes nothing",
      "semop(2), ENOMEM; ipc/sem.c, find_alloc_undo")
{
	const struct allocating allocating = {&sem_facility, add_with_undo, undo, 0};
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));

	each_allocation_fails(ipc, &allocating, semid);
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

/* A set with more values than the kernel keeps on its stack (SEMMSL_FAST, 256). */
enum { LARGE = 300 };
static unsigned short values[LARGE];

static intptr_t get_all(const struct ipc_calls *ipc, const struct facility *f UNUSED, int id)
{
	return ipc->semctl(id, 0, GETALL, (union semun){.array = values});
}

static intptr_t set_all(const struct ipc_calls *ipc, const struct facility *f UNUSED, int id)
{
	return ipc->semctl(id, 0, SETALL, (union semun){.array = values});
}

static void large_set(const struct ipc_calls *ipc, const struct allocating *allocating)
{
	int semid = must(ipc->semget(check_key(0), LARGE, IPC_CREAT | 0600));

	for (unsigned i = 0; i < LARGE; i++)
		values[i] = (unsigned short)i;
	must(ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	each_allocation_fails(ipc, allocating, semid);
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

CHECK("semctl.getall.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation fails, GETALL of a large set fails with ENOMEM or succeeds",
      "semctl(2), ENOMEM; ipc/sem.c, semctl_main")
{
	large_set(ipc, &(struct allocating){&sem_facility, get_all, NULL, 0});
}

CHECK("semctl.setall.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation fails, SETALL of a large set fails with ENOMEM or succeeds, and a failed "
      "call changes nothing",
      "semctl(2), ENOMEM; ipc/sem.c, semctl_main")
{
	large_set(ipc, &(struct allocating){&sem_facility, set_all, NULL, 0});
}

/* ---- segments ----------------------------------------------------------------------------- */

static intptr_t attach_anywhere(const struct ipc_calls *ipc, const struct facility *f UNUSED,
				int id)
{
	return (intptr_t)ipc->shmat(id, NULL, 0);
}

static void detach(const struct ipc_calls *ipc, const struct facility *f UNUSED, intptr_t got)
{
	must(ipc->shmdt((const void *)got));
}

CHECK("shmat.allocation_fails", LIBC, NEED_FAULTS | NEED_PROC,
      "if an allocation fails, shmat fails with ENOMEM or attaches, and a failed call changes "
      "nothing",
      "shmat(2), ENOMEM; ipc/shm.c, do_shmat")
{
	const struct allocating allocating = {&shm_facility, attach_anywhere, detach, 0};
	int shmid = must(ipc->shmget(check_key(0), page_size(), IPC_CREAT | 0600));

	each_allocation_fails(ipc, &allocating, shmid);
	expect_serves(ipc, &shm_facility, shmid, check_key(0));
}
