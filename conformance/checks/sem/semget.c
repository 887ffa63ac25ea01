/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semget(2). */
#include "checks/common/objects.h"

static int rmid(int semid)
{
	return libc_calls.semctl(semid, 0, IPC_RMID, (union semun){0});
}

CHECK("semget.fewer_found", LIBC | RAW, 0,
      "semget finds a set if nsems is at most its number of semaphores, or 0",
      "semget(2), \"nsems can be 0\"")
{
	int semid = must(ipc->semget(check_key(0), 3, IPC_CREAT | 0600));

	expect_eq(semid, ipc->semget(check_key(0), 2, 0));
	expect_eq(semid, ipc->semget(check_key(0), 0, 0));
	expect_eq(semid, ipc->semget(check_key(0), 0, IPC_CREAT | 0600));
}

CHECK("semget.new_set_fields", LIBC | RAW, 0,
      "a new set has the requested number of semaphores and belongs to its creator",
      "semget(2), \"When creating a new semaphore set\"")
{
	time_t before = kernel_time();
	int semid = must(ipc->semget(check_key(0), 5, IPC_CREAT | 0640));
	struct semid_ds ds = sem_state(semid);

	perm_expect_own(0640, &ds.sem_perm);
	expect_eq(5, ds.sem_nsems);
	expect_eq(0, ds.sem_otime);
	expect_between(before, kernel_time(), ds.sem_ctime);
}

CHECK("semget.new_values_zero", LIBC | RAW, 0,
      "the semaphores of a new set have the value 0 and no sempid",
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
      "semget fails with EINVAL if nsems is above the set's number of semaphores, or -1",
      "semget(2), EINVAL")
{
	must(ipc->semget(check_key(0), 3, IPC_CREAT | 0600));
	expect_errno(EINVAL, ipc->semget(check_key(0), 4, 0));
	expect_errno(EINVAL, ipc->semget(check_key(0), 4, IPC_CREAT | 0600));
	expect_errno(EINVAL, ipc->semget(check_key(0), -1, 0));
	expect_errno(EINVAL, ipc->semget(check_key(0), (int)(get_limit_n("sem", 0) + 1), 0));
}

CHECK("semget.semmsl", LIBC | RAW, NEED_LIMITS, "semget takes up to SEMMSL semaphores",
      "semget(2), SEMMSL; proc(5), sem")
{
	set_limit("sem", "7 100 10 10");
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 8, 0600));
	expect_eq(7, sem_state(must(ipc->semget(check_key(0), 7, IPC_CREAT | 0600))).sem_nsems);
	/* The limit comes first, and applies to a call that only finds a set too. */
	expect_errno(EINVAL, ipc->semget(check_key(1), 8, 0));
	expect_errno(EINVAL, ipc->semget(check_key(0), 8, IPC_CREAT | IPC_EXCL | 0600));
	set_limit("sem", "5 100 10 10");
	expect_errno(EINVAL, ipc->semget(check_key(0), 6, 0));
	expect_ok(ipc->semget(check_key(0), 5, 0));
}

CHECK("semget.enospc_semmni", LIBC | RAW, NEED_LIMITS,
      "more sets than SEMMNI fail with ENOSPC, and removing one makes room", "semget(2), ENOSPC")
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
      "more semaphores than SEMMNS in all sets fail with ENOSPC, and removing a set makes room",
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
