/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2). */
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "checks/common/objects.h"

static const union semun none;

/* A command with a structure: IPC_STAT, IPC_SET. */
static int stat_into(const struct ipc_calls *ipc, int id, int cmd, struct semid_ds *ds)
{
	return ipc->semctl(id, 0, cmd, (union semun){.buf = ds});
}

/* ---- IPC_STAT ---------------------------------------------------------------- */

CHECK("semctl.stat", LIBC, 0, "IPC_STAT returns the state of a set", "semctl(2)")
{
	struct semid_ds ds;
	time_t before = kernel_time();
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0642));

	must(ipc->semop(semid, &(struct sembuf){.sem_op = 1}, 1));
	memset(&ds, 0xa5, sizeof(ds));
	expect_eq(0, stat_into(ipc, semid, IPC_STAT, &ds));
	perm_expect_own(0642, &ds.sem_perm);
	expect_eq(NSEMS, ds.sem_nsems);
	expect_between(before, kernel_time(), ds.sem_otime);
	expect_between(before, kernel_time(), ds.sem_ctime);
}

CHECK("semctl.stat.proc", LIBC, NEED_PROC, "/proc/sysvipc/sem agrees with IPC_STAT",
      "proc(5), /proc/sysvipc/sem")
{
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0640));

	/* Two different times, and sem_otime is not that of the first semaphore. */
	await_next_second();
	must(ipc->semop(semid, OPS({NSEMS - 1, 1, 0})));
	const struct semid_ds ds = sem_state(semid);
	expect(ds.sem_otime > ds.sem_ctime);
	EXPECT_ROW(semid_ds, &ds, "sem", semid);
}

CHECK("semctl.stat.proc.owner", LIBC, NEED_PROC | NEED_USERS,
      "/proc/sysvipc/sem has the owner, the creator and the groups of both, each in its column",
      "proc(5), /proc/sysvipc/sem; ipc/sem.c, sysvipc_sem_proc_show")
{
	pid_t pid;

	CHILD (pid) {
		become(OWNER, NOBODY);
		const int own = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0604));
		struct semid_ds given = sem_state(own);
		given.sem_perm.uid = STRANGER;
		given.sem_perm.gid = GROUP;
		must(stat_into(ipc, own, IPC_SET, &given));
	}
	child_join(pid);
	const int semid = must(ipc->semget(check_key(0), 0, 0));
	expect_eq(STRANGER, sysvipc("sem", semid, "uid"));
	expect_eq(GROUP, sysvipc("sem", semid, "gid"));
	expect_eq(OWNER, sysvipc("sem", semid, "cuid"));
	expect_eq(NOBODY, sysvipc("sem", semid, "cgid"));
	const struct semid_ds ds = sem_state(semid);
	EXPECT_ROW(semid_ds, &ds, "sem", semid);
}

CHECK("semctl.stat.ctime_kept", LIBC | RAW, 0, "semop sets sem_otime and leaves sem_ctime alone",
      "semctl(2), sem_ctime")
{
	int semid = sem_new(ipc, 0);
	const struct semid_ds before = sem_state(semid);

	await_next_second();
	must(ipc->semop(semid, &(struct sembuf){.sem_op = 1}, 1));
	const struct semid_ds after = sem_state(semid);
	expect(after.sem_otime > before.sem_ctime);
	expect_eq(before.sem_ctime, after.sem_ctime);
}

/* A set of the values 5 2 3, the first of which is 1 after the end of a process. */
static int set_with_undo(const struct ipc_calls *ipc, pid_t *owner)
{
	unsigned short values[NSEMS] = {1, 2, 3};
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));

	must(libc_calls.semctl(semid, 0, SETALL, (union semun){.array = values}));
	CHILD (*owner) {
		expect_eq(0, sem_op(ipc, semid, 4, SEM_UNDO));
		block_forever(ipc);
	}
	await_blocked(*owner);
	return semid;
}

/* The set has its values and sempids; then the process ends and its operation is undone. */
static void expect_values_and_undo(int semid, pid_t owner)
{
	static const int values[NSEMS] = {5, 2, 3};

	for (int i = 0; i < NSEMS; i++) {
		expect_eq(values[i], sem_value(semid, i));
		expect_eq(i ? getpid() : owner, libc_calls.semctl(semid, i, GETPID, none));
	}
	must(kill(owner, SIGKILL));
	child_join_signal(owner, SIGKILL);
	expect_eq(1, sem_value(semid, 0));
}

CHECK("semctl.reads", LIBC | RAW, NEED_NAMESPACE,
      "commands that read, and semget of an existing set, change no value, sempid, time or undo "
      "adjustment",
      "semctl(2), semget(2); ipc/sem.c, semctl_main, semctl_stat and semctl_info")
{
	static const int of_one[] = {GETVAL, GETPID, GETNCNT, GETZCNT};
	int semid;
	pid_t owner, pid;

	semid = set_with_undo(ipc, &owner);
	const struct semid_ds before = sem_state(semid);
	/* Another process in another second: a changed sempid or time differs. */
	await_next_second();
	CHILD (pid) {
		unsigned short values[NSEMS];
		struct seminfo info;
		struct semid_ds ds;
		for (unsigned i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++)
			for (int semnum = 0; semnum < NSEMS; semnum++)
				expect_ok(ipc->semctl(semid, semnum, of_one[i], none));
		expect_eq(0, ipc->semctl(semid, 0, GETALL, (union semun){.array = values}));
		expect_eq(0, stat_into(ipc, semid, IPC_STAT, &ds));
		expect_ok(ipc->semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}));
		int last = must(ipc->semctl(0, 0, SEM_INFO, (union semun){.__buf = &info}));
		for (int slot = 0; slot <= last; slot++) {
			expect_ok(stat_into(ipc, slot, SEM_STAT, &ds));
			/* Not every libc passes the argument of this command. */
			if (ipc != &libc_calls)
				stat_into(ipc, slot, SEM_STAT_ANY, &ds);
		}
		expect_eq(semid, ipc->semget(check_key(0), NSEMS, 0600));
		expect_eq(semid, ipc->semget(check_key(0), 0, IPC_CREAT | 0666));
	}
	child_join(pid);
	const struct semid_ds after = sem_state(semid);
	sem_expect_same(&before, &after);
	expect_values_and_undo(semid, owner);
}

/* ---- IPC_SET ----------------------------------------------------------------- */

CHECK("semctl.set", LIBC, 0, "IPC_SET sets the nine permission bits", "semctl(2), IPC_SET")
{
	int semid = sem_new(ipc, 0);
	struct semid_ds ds = sem_state(semid);

	ds.sem_perm.mode = 07000 | 0456;
	expect_eq(0, stat_into(ipc, semid, IPC_SET, &ds));
	expect_eq(0456, sem_state(semid).sem_perm.mode);
}

CHECK("semctl.set.others_ignored", LIBC, 0, "IPC_SET changes no other member", "semctl(2), IPC_SET")
{
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));
	struct semid_ds before = sem_state(semid), ds;

	memset(&ds, 1, sizeof(ds));
	ds.sem_perm.uid = before.sem_perm.uid;
	ds.sem_perm.gid = before.sem_perm.gid;
	ds.sem_perm.mode = before.sem_perm.mode;
	expect_eq(0, stat_into(ipc, semid, IPC_SET, &ds));
	ds = sem_state(semid);
	expect_between(before.sem_ctime, kernel_time(), ds.sem_ctime);
	before.sem_ctime = ds.sem_ctime;
	sem_expect_same(&before, &ds);
	expect_eq(semid, ipc->semget(check_key(0), NSEMS, 0));
}

CHECK("semctl.set.values_stay", LIBC, 0,
      "IPC_SET changes no value, sempid, sem_otime or undo adjustment, and ends no wait",
      "semctl(2), IPC_SET; ipc/sem.c, semctl_down")
{
	pid_t owner, pid[3];
	int semid = set_with_undo(ipc, &owner);
	struct semid_ds ds = sem_state(semid);

	for (int i = 0; i < 3; i++) {
		CHILD (pid[i]) {
			if (i == 0)
				expect_errno(EIDRM, ipc->semop(semid, OPS({1, -9, 0})));
			else if (i == 1)
				expect_errno(EIDRM, ipc->semop(semid, OPS({2, 0, 0})));
			else
				expect_errno(EIDRM, ipc->semop(semid, OPS({1, -9, 0}, {2, -9, 0})));
		}
		await_blocked(pid[i]);
	}
	await_next_second();
	ds.sem_perm.mode = 0;
	expect_eq(0, stat_into(ipc, semid, IPC_SET, &ds));
	/* Each wait began with the permission that it needs. */
	ds.sem_perm.mode = 0640;
	expect_eq(0, stat_into(ipc, semid, IPC_SET, &ds));
	expect_eq(ds.sem_otime, sem_state(semid).sem_otime);
	for (int i = 0; i < 3; i++)
		await_blocked(pid[i]);
	expect_eq(2, libc_calls.semctl(semid, 1, GETNCNT, none));
	expect_eq(1, libc_calls.semctl(semid, 2, GETZCNT, none));
	expect_values_and_undo(semid, owner);
	must(libc_calls.semctl(semid, 0, IPC_RMID, none));
	for (int i = 0; i < 3; i++)
		child_join(pid[i]);
}

CHECK("semctl.set.ctime", LIBC, 0, "IPC_SET, SETVAL and SETALL set sem_ctime, not sem_otime",
      "semctl(2), sem_ctime")
{
	unsigned short values[NSEMS] = {1, 2, 3};
	int by_set = sem_new(ipc, 0), by_val = sem_new(ipc, 0), by_all = sem_new(ipc, 0);
	struct semid_ds ds = sem_state(by_set);

	await_next_second();
	time_t before = kernel_time();
	must(stat_into(ipc, by_set, IPC_SET, &ds));
	must(ipc->semctl(by_val, 0, SETVAL, (union semun){.val = 1}));
	must(ipc->semctl(by_all, 0, SETALL, (union semun){.array = values}));
	time_t after = kernel_time();
	expect_between(before, after, sem_state(by_set).sem_ctime);
	expect_between(before, after, sem_state(by_val).sem_ctime);
	expect_between(before, after, sem_state(by_all).sem_ctime);
	expect_eq(0, sem_state(by_val).sem_otime);
	expect_eq(0, sem_state(by_all).sem_otime);
}

/* ---- IPC_RMID ---------------------------------------------------------------- */

CHECK("semctl.rmid", LIBC | RAW, 0, "IPC_RMID removes a set and its key", "semctl(2), IPC_RMID")
{
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));

	expect_eq(0, ipc->semctl(semid, 0, IPC_RMID, none));
	expect_errno(ENOENT, ipc->semget(check_key(0), NSEMS, 0));
	expect_errno(EINVAL, ipc->semop(semid, &(struct sembuf){.sem_op = 1}, 1));
	expect_errno(EINVAL, ipc->semctl(semid, 0, GETVAL, none));
	expect_errno(EINVAL, ipc->semctl(semid, 0, IPC_RMID, none));
}

CHECK("semctl.rmid.semnum_ignored", LIBC | RAW, 0, "IPC_RMID ignores semnum", "semctl(2), IPC_RMID")
{
	expect_eq(0, ipc->semctl(sem_new(ipc, 0), NSEMS + 1, IPC_RMID, none));
	expect_eq(0, ipc->semctl(sem_new(ipc, 0), -1, IPC_RMID, none));
}

/* ---- errors -------------------------------------------------------------------- */

/* The commands that take an object, each with a valid argument from argument_of(). */
static const int commands[] = {IPC_STAT, IPC_SET, GETALL,  SETALL, GETVAL,
			       GETPID,	 GETNCNT, GETZCNT, SETVAL, IPC_RMID};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static union semun argument_of(int cmd, struct semid_ds *ds)
{
	return cmd == SETVAL ? (union semun){.val = 1} : (union semun){.buf = ds};
}

CHECK("semctl.einval_id", LIBC | RAW, 0, "commands fail with EINVAL if no set has the id",
      "semctl(2), EINVAL")
{
	struct semid_ds ds = {0};
	int removed = sem_new(ipc, 0);

	must(libc_calls.semctl(removed, 0, IPC_RMID, none));
	for (unsigned i = 0; i < NCOMMANDS; i++) {
		const union semun argument = argument_of(commands[i], &ds);
		expect_errno(EINVAL, ipc->semctl(-1, 0, commands[i], argument));
		expect_errno(EINVAL, ipc->semctl(removed, 0, commands[i], argument));
	}
}

CHECK("semctl.einval_semnum", LIBC | RAW, 0,
      "a command for one semaphore fails with EINVAL if the set has no such semaphore",
      "semctl(2), EINVAL; POSIX.1-2017, semctl()")
{
	static const int of_one[] = {GETVAL, SETVAL, GETPID, GETNCNT, GETZCNT};
	int semid = sem_new(ipc, 0);

	for (unsigned i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++) {
		expect_errno(EINVAL, ipc->semctl(semid, -1, of_one[i], none));
		expect_errno(EINVAL, ipc->semctl(semid, NSEMS, of_one[i], none));
		expect_errno(EINVAL, ipc->semctl(semid, INT_MAX, of_one[i], none));
	}
}

CHECK("semctl.einval_command", LIBC | RAW, 0, "an unknown command fails with EINVAL",
      "semctl(2), EINVAL")
{
	static const int unknown[] = {-1, 10, 99, 4096};
	struct semid_ds ds = {0};
	int semid = sem_new(ipc, 0);

	for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		expect_errno(EINVAL, stat_into(ipc, semid, unknown[i], &ds));
}

CHECK("semctl.eacces", LIBC | RAW, 0,
      "each command that reads needs read permission; SETVAL and SETALL need write permission",
      "semctl(2), EACCES")
{
	static const struct {
		int cmd;
		int mode;
	} cases[] = {
		{IPC_STAT, 0200}, {GETALL, 0200},  {GETVAL, 0200}, {GETPID, 0200},
		{GETNCNT, 0200},  {GETZCNT, 0200}, {SETVAL, 0400}, {SETALL, 0400},
	};
	int semid[2];

	semid[0] = must(ipc->semget(IPC_PRIVATE, NSEMS, 0200));
	semid[1] = must(ipc->semget(IPC_PRIVATE, NSEMS, 0400));
	drop_privileges();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct semid_ds ds = {0};
		const union semun argument = argument_of(cases[i].cmd, &ds);
		bool readable = cases[i].mode == 0400;
		expect_errno(EACCES, ipc->semctl(semid[readable], 0, cases[i].cmd, argument));
		expect_ok(ipc->semctl(semid[!readable], 0, cases[i].cmd, argument));
	}
}

CHECK("semctl.eperm", LIBC | RAW, NEED_USERS,
      "only owner and creator may use IPC_SET and IPC_RMID, whatever the mode", "semctl(2), EPERM")
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0666));
	struct semid_ds ds = sem_state(semid);
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_errno(EPERM, stat_into(ipc, semid, IPC_SET, &ds));
		expect_errno(EPERM, ipc->semctl(semid, 0, IPC_RMID, none));
	}
	child_join(pid);
	sem_state(semid);
}

CHECK("semctl.efault", RAW, 0,
      "semctl fails with EFAULT if the structure or array is not mapped, and changes nothing",
      "semctl(2), EFAULT")
{
	static const int handing[] = {IPC_STAT, IPC_SET, GETALL, SETALL};
	pid_t owner, pid;
	int semid = set_with_undo(ipc, &owner);
	const struct semid_ds before = sem_state(semid);
	unsigned short *end = (unsigned short *)(void *)memory_end();

	await_next_second();
	CHILD (pid) {
		for (unsigned i = 0; i < sizeof(handing) / sizeof(handing[0]); i++)
			expect_errno(EFAULT, stat_into(ipc, semid, handing[i], (void *)end));
		/* The last value is past the end of the page. */
		for (int i = 1; i < NSEMS; i++)
			end[-i] = 7;
		expect_errno(EFAULT, stat_into(ipc, semid, SETALL, (void *)(end - NSEMS + 1)));
		expect_errno(EFAULT, stat_into(ipc, semid, GETALL, (void *)(end - NSEMS + 1)));
	}
	child_join(pid);
	const struct semid_ds after = sem_state(semid);
	sem_expect_same(&before, &after);
	expect_values_and_undo(semid, owner);
	/* No call needs more than the values of the set. */
	expect_eq(0, stat_into(ipc, semid, GETALL, (void *)(end - NSEMS)));
	expect_eq(3, end[-1]);
	end[-1] = 4;
	expect_eq(0, stat_into(ipc, semid, SETALL, (void *)(end - NSEMS)));
	expect_eq(4, sem_value(semid, NSEMS - 1));
}
