/* semget(2). */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "behaviour/objects.h"

static int rmid(int semid)
{
	return libc_calls.semctl(semid, 0, IPC_RMID, (union semun){0});
}

CHECK("semget.existing_key", LIBC | RAW, 0, "a key that has a set gives that set's id", "semget(2)")
{
	int semid = must(ipc->semget(check_key(0), 3, IPC_CREAT | 0600));

	expect_eq(semid, ipc->semget(check_key(0), 3, 0));
	expect_eq(semid, ipc->semget(check_key(0), 3, IPC_CREAT | 0600));
}

CHECK("semget.fewer_found", LIBC | RAW, 0,
      "a set is found by who asks for fewer semaphores than it has, or for 0",
      "semget(2), \"nsems can be 0\"")
{
	int semid = must(ipc->semget(check_key(0), 3, IPC_CREAT | 0600));

	expect_eq(semid, ipc->semget(check_key(0), 2, 0));
	expect_eq(semid, ipc->semget(check_key(0), 0, 0));
	expect_eq(semid, ipc->semget(check_key(0), 0, IPC_CREAT | 0600));
}

CHECK("semget.private_always_new", LIBC | RAW, 0, "IPC_PRIVATE makes a new set each time",
      "semget(2)")
{
	int first = must(ipc->semget(IPC_PRIVATE, 1, 0600));
	int second = must(ipc->semget(IPC_PRIVATE, 1, IPC_CREAT | IPC_EXCL | 0600));

	expect(first != second);
}

CHECK("semget.new_set_fields", LIBC | RAW, 0,
      "a new set has as many semaphores as asked for, is unused and owned by its maker",
      "semget(2), \"When creating a new semaphore set\"")
{
	time_t before = kernel_time();
	int semid = must(ipc->semget(check_key(0), 5, IPC_CREAT | 0640));
	struct semid_ds ds = sem_state(semid);

	expect_eq(check_key(0), ds.sem_perm.__key);
	expect_eq(0640, ds.sem_perm.mode);
	expect_eq(geteuid(), ds.sem_perm.uid);
	expect_eq(geteuid(), ds.sem_perm.cuid);
	expect_eq(getegid(), ds.sem_perm.gid);
	expect_eq(getegid(), ds.sem_perm.cgid);
	expect_eq(5, ds.sem_nsems);
	expect_eq(0, ds.sem_otime);
	expect_between(before, kernel_time(), ds.sem_ctime);
}

CHECK("semget.new_values_zero", LIBC | RAW, 0,
      "the semaphores of a new set are 0 and nobody has worked on them",
      "semget(2), \"Semaphore initialization\"")
{
	const union semun none = {0};
	int semid = must(ipc->semget(IPC_PRIVATE, 3, 0600));

	for (int semnum = 0; semnum < 3; semnum++) {
		expect_eq(0, ipc->semctl(semid, semnum, GETVAL, none));
		expect_eq(0, ipc->semctl(semid, semnum, GETPID, none));
		expect_eq(0, ipc->semctl(semid, semnum, GETNCNT, none));
		expect_eq(0, ipc->semctl(semid, semnum, GETZCNT, none));
	}
}

CHECK("semget.mode_bits", LIBC | RAW, 0,
      "of the flags a new set keeps the nine permission bits and no others", "semget(2)")
{
	/* Each with read permission, which IPC_STAT asks for. */
	static const int modes[] = {0400, 0444, 0622, 0751, 0777};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int flags = IPC_CREAT | IPC_EXCL | IPC_NOWAIT | modes[i];
		int semid = must(ipc->semget(check_key(i), 1, flags));

		expect_eq(modes[i], sem_state(semid).sem_perm.mode);
	}
}

CHECK("semget.id_not_reused", LIBC | RAW, 0,
      "the id of a set that was removed is not that of the next one",
      "ipc/util.h, ipc_checkid: the sequence number of the slot")
{
	int removed = must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600));

	must(rmid(removed));
	expect(must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600)) != removed);
	expect_errno(EINVAL, rmid(removed));
}

CHECK("semget.eexist", LIBC | RAW, 0, "IPC_CREAT | IPC_EXCL of a key that has a set fails",
      "semget(2), EEXIST")
{
	must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600));
	expect_errno(EEXIST, ipc->semget(check_key(0), 1, IPC_CREAT | IPC_EXCL | 0600));
}

CHECK("semget.enoent", LIBC | RAW, 0, "a key without a set fails unless IPC_CREAT is there",
      "semget(2), ENOENT")
{
	expect_errno(ENOENT, ipc->semget(check_key(0), 1, 0600));
	expect_errno(ENOENT, ipc->semget(check_key(0), 1, IPC_EXCL | 0600));
}

CHECK("semget.eacces", LIBC | RAW, NEED_USERS,
      "asking for read, alter or both as a user who may not fails", "semget(2), EACCES")
{
	static const int denied[] = {0400, 0200, 0600, 0004, 0002, 0006};
	pid_t pid;

	must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600));
	CHILD (pid) {
		become(NOBODY, NOBODY);
		for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
			expect_errno(EACCES, ipc->semget(check_key(0), 1, denied[i]));
		/* Asking for nothing is granted to everyone. */
		expect_ok(ipc->semget(check_key(0), 1, 0));
	}
	child_join(pid);
}

CHECK("semget.einval", LIBC | RAW, NEED_PROC, "a new set must have from 1 to SEMMSL semaphores",
      "semget(2), EINVAL")
{
	const int above = (int)(get_limit_n("sem", 0) + 1);

	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 0, 0600));
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, -1, 0600));
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, above, 0600));
	expect_errno(EINVAL, ipc->semget(check_key(0), 0, IPC_CREAT | 0600));
}

CHECK("semget.einval_existing", LIBC | RAW, NEED_PROC,
      "a set is not found by who asks for more semaphores than it has, or for -1",
      "semget(2), EINVAL")
{
	must(ipc->semget(check_key(0), 3, IPC_CREAT | 0600));
	expect_errno(EINVAL, ipc->semget(check_key(0), 4, 0));
	expect_errno(EINVAL, ipc->semget(check_key(0), 4, IPC_CREAT | 0600));
	expect_errno(EINVAL, ipc->semget(check_key(0), -1, 0));
	expect_errno(EINVAL, ipc->semget(check_key(0), (int)(get_limit_n("sem", 0) + 1), 0));
}

CHECK("semget.semmsl", LIBC | RAW, NEED_LIMITS, "a set may have SEMMSL semaphores",
      "semget(2), SEMMSL; proc(5), sem")
{
	set_limit("sem", "7 100 10 10");
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 8, 0600));
	expect_eq(7, sem_state(must(ipc->semget(IPC_PRIVATE, 7, 0600))).sem_nsems);
}

CHECK("semget.enospc_semmni", LIBC | RAW, NEED_LIMITS,
      "more sets than SEMMNI are refused, and one less makes room", "semget(2), ENOSPC")
{
	int semid;

	set_limit("sem", "10 100 10 2");
	semid = must(ipc->semget(IPC_PRIVATE, 1, 0600));
	must(ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->semget(check_key(0), 1, IPC_CREAT | 0600));
	must(rmid(semid));
	expect_ok(ipc->semget(IPC_PRIVATE, 1, 0600));
}

CHECK("semget.enospc_semmns", LIBC | RAW, NEED_LIMITS,
      "more semaphores than SEMMNS in all sets are refused, and removing a set makes room",
      "semget(2), ENOSPC")
{
	int semid;

	set_limit("sem", "10 12 10 10");
	semid = must(ipc->semget(IPC_PRIVATE, 10, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 3, 0600));
	expect_ok(ipc->semget(IPC_PRIVATE, 2, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
	must(rmid(semid));
	expect_ok(ipc->semget(IPC_PRIVATE, 10, 0600));
}

CHECK("semget.next_id", LIBC | RAW, NEED_NEXT_ID,
      "sem_next_id is the next set's id, once, and then -1 again",
      "proc(5); Documentation/admin-guide/sysctl/kernel.rst, sem_next_id")
{
	/* The slot is the low 15 bits: a free one, and any sequence number. */
	set_limit("sem_next_id", "65541");
	expect_eq(65541, ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_eq(-1, get_limit("sem_next_id"));
	expect(ipc->semget(IPC_PRIVATE, 1, 0600) != 65541);
}

CHECK("semget.next_id_taken", LIBC | RAW, NEED_NEXT_ID,
      "a sem_next_id that a set has gives another id", "ipc/util.c, ipc_idr_alloc")
{
	char taken[16];
	int semid = must(ipc->semget(IPC_PRIVATE, 1, 0600));

	snprintf(taken, sizeof(taken), "%d", semid);
	set_limit("sem_next_id", taken);
	int other = must(ipc->semget(IPC_PRIVATE, 1, 0600));
	expect(other != semid);
	expect_ok(rmid(semid));
}

CHECK("semget.namespace", LIBC | RAW, NEED_NAMESPACE,
      "in another IPC namespace the same key has another set", "ipc_namespaces(7)")
{
	int semid = must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600));
	pid_t pid;

	CHILD (pid) {
		must(unshare(CLONE_NEWIPC));
		expect_errno(ENOENT, ipc->semget(check_key(0), 1, 0));
		must(rmid(must(ipc->semget(check_key(0), 1, IPC_CREAT | 0600))));
	}
	child_join(pid);
	sem_state(semid);
}
