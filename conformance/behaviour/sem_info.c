/* semctl(2): limits, use, and sets by slot. */
#include <string.h>

#include "behaviour/objects.h"

static const union semun none;

static int info_into(const struct ipc_calls *ipc, int cmd, struct seminfo *info)
{
	return ipc->semctl(0, 0, cmd, (union semun){.__buf = info});
}

/* SEM_STAT and SEM_STAT_ANY. */
static int stat_into(const struct ipc_calls *ipc, int slot, int cmd, struct semid_ds *ds)
{
	return ipc->semctl(slot, 0, cmd, (union semun){.buf = ds});
}

/* The slot of a set, which nothing but a search tells. */
static int slot_of(int semid)
{
	struct seminfo info = {0};
	struct semid_ds ds;
	int highest = must(info_into(&libc_calls, SEM_INFO, &info));

	for (int slot = 0; slot <= highest; slot++)
		if (stat_into(&libc_calls, slot, SEM_STAT, &ds) == semid)
			return slot;
	fail_at(HERE, "SEM_STAT", "the set in a slot", "none");
	return -1;
}

CHECK("semctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO gives the limits",
      "semctl(2), IPC_INFO; proc(5)")
{
	struct seminfo info = {0};

	set_limit("sem", "101 2020 33 44");
	memset(&info, 0xa5, sizeof(info));
	expect_eq(0, info_into(ipc, IPC_INFO, &info));
	expect_eq(101, info.semmsl);
	expect_eq(2020, info.semmns);
	expect_eq(33, info.semopm);
	expect_eq(44, info.semmni);
	expect_eq(SEMVMX, info.semvmx);
}

CHECK("semctl.info.unused", LIBC | RAW, 0,
      "what the kernel does not use of IPC_INFO and SEM_INFO has the values of its headers",
      "linux/sem.h; ipc/sem.c, semctl_info")
{
	struct seminfo info = {0};

	expect_ok(info_into(ipc, IPC_INFO, &info));
	expect_eq(SEMMAP, info.semmap);
	expect_eq(SEMMNU, info.semmnu);
	expect_eq(SEMUME, info.semume);
	expect_eq(SEMUSZ, info.semusz);
	expect_eq(SEMAEM, info.semaem);
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(SEMMAP, info.semmap);
	expect_eq(SEMMNU, info.semmnu);
	expect_eq(SEMUME, info.semume);
}

CHECK("semctl.sem_info", LIBC | RAW, NEED_NAMESPACE,
      "SEM_INFO counts sets and semaphores, and gives the limits as IPC_INFO does",
      "semctl(2), SEM_INFO")
{
	struct seminfo info = {0}, limits = {0};
	int semid = sem_new(ipc, 0);

	must(ipc->semget(IPC_PRIVATE, 5, 0600));
	memset(&info, 0xa5, sizeof(info));
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(2, info.semusz);
	expect_eq(NSEMS + 5, info.semaem);
	must(info_into(ipc, IPC_INFO, &limits));
	expect_eq(limits.semmsl, info.semmsl);
	expect_eq(limits.semmns, info.semmns);
	expect_eq(limits.semopm, info.semopm);
	expect_eq(limits.semmni, info.semmni);
	expect_eq(limits.semvmx, info.semvmx);
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(1, info.semusz);
	expect_eq(5, info.semaem);
}

CHECK("semctl.info.highest_slot", LIBC | RAW, NEED_NAMESPACE,
      "IPC_INFO and SEM_INFO give the highest slot that a set is in", "semctl(2), RETURN VALUE")
{
	struct seminfo info = {0};
	struct semid_ds ds;

	for (int i = 0; i < 3; i++)
		sem_new(ipc, 0);
	int highest = must(info_into(ipc, IPC_INFO, &info));
	expect(highest >= 2);
	expect_eq(highest, info_into(ipc, SEM_INFO, &info));
	expect_ok(stat_into(&libc_calls, highest, SEM_STAT, &ds));
	expect_errno(EINVAL, stat_into(&libc_calls, highest + 1, SEM_STAT, &ds));
}

static void expect_stat_by_slot(const struct ipc_calls *ipc, int cmd)
{
	struct semid_ds want, got;

	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0640));
	/* In a new namespace ids begin as slots do, until the slots have been round. */
	while (slot_of(semid) == semid) {
		must(libc_calls.semctl(semid, 0, IPC_RMID, none));
		semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0640));
	}
	must(sem_op(ipc, semid, 1, 0));
	want = sem_state(semid);
	memset(&got, 0xa5, sizeof(got));
	expect_eq(semid, stat_into(ipc, slot_of(semid), cmd, &got));
	sem_expect_same(&want, &got);
}

CHECK("semctl.stat.seq", LIBC, NEED_STAT_ANY,
      "the id of a set is made of its slot and its sequence number, whoever gives it",
      "ipc/util.h, ipc_buildid")
{
	static const int commands[] = {SEM_STAT, SEM_STAT_ANY};
	struct semid_ds ds = {0};
	int semid = sem_new(ipc, 0), slot = slot_of(semid);

	expect_id(semid, slot, sem_state(semid).sem_perm.__seq);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		expect_eq(semid, stat_into(ipc, slot, commands[i], &ds));
		expect_id(semid, slot, ds.sem_perm.__seq);
	}
}

CHECK("semctl.sem_stat", LIBC, 0, "SEM_STAT gives the id and the state of the set in a slot",
      "semctl(2), SEM_STAT")
{
	expect_stat_by_slot(ipc, SEM_STAT);
}

CHECK("semctl.sem_stat_any", LIBC, NEED_STAT_ANY,
      "SEM_STAT_ANY gives the id and the state of the set in a slot",
      "semctl(2), SEM_STAT_ANY; glibc bug 26637; musl commit fe5e72ae")
{
	expect_stat_by_slot(ipc, SEM_STAT_ANY);
}

CHECK("semctl.sem_stat.einval", LIBC | RAW, NEED_NAMESPACE, "SEM_STAT of a free slot fails",
      "semctl(2), EINVAL")
{
	struct semid_ds ds;
	int semid = sem_new(ipc, 0);
	int slot = slot_of(semid);

	expect_eq(semid, stat_into(ipc, slot, SEM_STAT, &ds));
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	expect_errno(EINVAL, stat_into(ipc, slot, SEM_STAT, &ds));
	expect_errno(EINVAL, stat_into(ipc, -1, SEM_STAT, &ds));
}

/* The slot of a set that from now on this process may not read. */
static int unreadable_slot(const struct ipc_calls *ipc, int *semid)
{
	*semid = sem_new(ipc, 0);
	struct semid_ds ds = sem_state(*semid);
	int slot = slot_of(*semid);

	ds.sem_perm.mode = 0200;
	must(libc_calls.semctl(*semid, 0, IPC_SET, (union semun){.buf = &ds}));
	drop_privileges();
	return slot;
}

CHECK("semctl.sem_stat.eacces", LIBC | RAW, 0, "SEM_STAT asks for read permission",
      "semctl(2), EACCES")
{
	struct semid_ds ds;
	int semid, slot = unreadable_slot(ipc, &semid);

	expect_errno(EACCES, stat_into(ipc, slot, SEM_STAT, &ds));
}

CHECK("semctl.sem_stat_any.no_permission", LIBC | RAW, NEED_STAT_ANY,
      "SEM_STAT_ANY does not ask for read permission", "semctl(2), SEM_STAT_ANY")
{
	struct semid_ds ds;
	int semid, slot = unreadable_slot(ipc, &semid);

	expect_eq(semid, stat_into(ipc, slot, SEM_STAT_ANY, &ds));
}

CHECK("semctl.info.efault", RAW, 0, "a structure that is not in memory fails", "semctl(2), EFAULT")
{
	int slot = slot_of(sem_new(ipc, 0));
	void *nowhere = memory_end();

	expect_errno(EFAULT, info_into(ipc, IPC_INFO, nowhere));
	expect_errno(EFAULT, info_into(ipc, SEM_INFO, nowhere));
	expect_errno(EFAULT, stat_into(ipc, slot, SEM_STAT, nowhere));
}

CHECK("semctl.info.any_user", LIBC | RAW, NEED_USERS | NEED_NAMESPACE,
      "another user may ask for limits and use", "semctl(2), IPC_INFO, SEM_INFO")
{
	pid_t pid;

	sem_new(ipc, 0);
	CHILD (pid) {
		struct seminfo info = {0};
		become(NOBODY, NOBODY);
		expect_ok(info_into(ipc, IPC_INFO, &info));
		expect_ok(info_into(ipc, SEM_INFO, &info));
		expect_eq(1, info.semusz);
	}
	child_join(pid);
}

CHECK("semctl.sem_stat.other_user", LIBC | RAW, NEED_USERS | NEED_STAT_ANY,
      "another user without permission sees a set by SEM_STAT_ANY, and not by SEM_STAT",
      "semctl(2), EACCES, SEM_STAT_ANY")
{
	struct semid_ds ds;
	int id = sem_new(ipc, 0), slot = slot_of(id);
	pid_t pid;

	CHILD (pid) {
		become(NOBODY, NOBODY);
		expect_errno(EACCES, stat_into(ipc, slot, SEM_STAT, &ds));
		expect_eq(id, stat_into(ipc, slot, SEM_STAT_ANY, &ds));
	}
	child_join(pid);
}

CHECK("semctl.sem_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "SEM_INFO counts what the rows of /proc/sysvipc/sem come to", "semctl(2), SEM_INFO; proc(5)")
{
	struct seminfo info = {0};
	long long semaphores = 0;

	for (int i = 1; i <= 3; i++)
		semaphores += sysvipc("sem", must(ipc->semget(IPC_PRIVATE, 2 * i, 0600)), "nsems");
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(sysvipc_rows("sem"), info.semusz);
	expect_eq(semaphores, info.semaem);
}

CHECK("semctl.sem_stat_any.einval", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY,
      "SEM_STAT_ANY of a free slot fails", "semctl(2), EINVAL")
{
	struct semid_ds ds;
	int id = sem_new(ipc, 0), slot = slot_of(id);

	expect_eq(id, stat_into(ipc, slot, SEM_STAT_ANY, &ds));
	must(ipc->semctl(id, 0, IPC_RMID, none));
	expect_errno(EINVAL, stat_into(ipc, slot, SEM_STAT_ANY, &ds));
	expect_errno(EINVAL, stat_into(ipc, -1, SEM_STAT_ANY, &ds));
}

CHECK("semctl.sem_stat_any.efault", RAW, NEED_STAT_ANY, "a structure that is not in memory fails",
      "semctl(2), EFAULT")
{
	int slot = slot_of(sem_new(ipc, 0));

	expect_errno(EFAULT, stat_into(ipc, slot, SEM_STAT_ANY, (void *)memory_end()));
}
