/* shmctl(2): limits, use, and segments by slot. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "behaviour/objects.h"

enum { SIZE = 100 };

static int new_segment(const struct ipc_calls *ipc)
{
	return must(ipc->shmget(IPC_PRIVATE, SIZE, 0600));
}

/* The slot of a segment, which nothing but a search tells. */
static int slot_of(int shmid)
{
	struct shm_info info;
	struct shmid_ds ds;
	int highest = must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));

	for (int slot = 0; slot <= highest; slot++)
		if (libc_calls.shmctl(slot, SHM_STAT, &ds) == shmid)
			return slot;
	fail_at(HERE, "SHM_STAT", "the segment in a slot", "none");
	return -1;
}

CHECK("shmctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO gives the limits",
      "shmctl(2), IPC_INFO; proc(5)")
{
	struct shminfo info;

	set_limit("shmmax", "1000001");
	set_limit("shmall", "2002");
	set_limit("shmmni", "303");
	memset(&info, 0xa5, sizeof(info));
	expect_eq(0, ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(1000001, info.shmmax);
	expect_eq(1, info.shmmin);
	expect_eq(303, info.shmmni);
	expect_eq(2002, info.shmall);
}

CHECK("shmctl.ipc_info.shmseg", LIBC | RAW, 0, "IPC_INFO gives shmmni as shmseg too",
      "ipc/shm.c, ksys_shmctl")
{
	struct shminfo info;

	memset(&info, 0xa5, sizeof(info));
	expect_ok(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(info.shmmni, info.shmseg);
}

CHECK("shmctl.ipc_info.large_shmmax", LIBC | RAW, NEED_LIMITS,
      "IPC_INFO gives a shmmax of more than 32 bits", "shmctl(2), IPC_INFO; proc(5), shmmax")
{
	struct shminfo info;

	if (sizeof(long) == 4)
		skip("of 64-bit programs only");
	set_limit("shmmax", "8589934595");
	expect_ok(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(8589934595, info.shmmax);
}

CHECK("shmctl.shm_info", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO counts segments, their pages and those in memory", "shmctl(2), SHM_INFO")
{
	const size_t page = page_size();
	struct shm_info info;
	int shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page + 1, 0600));

	must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	memset(&info, 0xa5, sizeof(info));
	expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(2, info.used_ids);
	expect_eq(4, info.shm_tot);
	expect_eq(0, info.shm_rss + info.shm_swp);
	expect_eq(0, info.swap_attempts);
	expect_eq(0, info.swap_successes);
	memset(attach(ipc, shmid, NULL, 0), 'x', 2 * page);
	expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	/* More than was touched where the machine has large pages for it. */
	expect(info.shm_rss + info.shm_swp >= 2);
}

CHECK("shmctl.shm_info.removed", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO counts a segment until it is gone, with its last detach", "shmctl(2), SHM_INFO")
{
	struct shm_info info;
	int shmid = new_segment(ipc);
	void *address = attach(ipc, shmid, NULL, 0);

	/* One that stays, in a higher slot: slots are not what is counted. */
	new_segment(ipc);
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(2, info.used_ids);
	expect_eq(2, info.shm_tot);
	must(ipc->shmdt(address));
	expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(1, info.used_ids);
	expect_eq(1, info.shm_tot);
}

CHECK("shmctl.info.highest_slot", LIBC | RAW, NEED_NAMESPACE,
      "IPC_INFO and SHM_INFO give the highest slot that a segment is in", "shmctl(2), RETURN VALUE")
{
	struct shminfo limits;
	struct shm_info info;
	struct shmid_ds ds;

	for (int i = 0; i < 3; i++)
		new_segment(ipc);
	int highest = must(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&limits));
	expect(highest >= 2);
	expect_eq(highest, ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_ok(libc_calls.shmctl(highest, SHM_STAT, &ds));
	expect_errno(EINVAL, libc_calls.shmctl(highest + 1, SHM_STAT, &ds));
}

static void expect_stat_by_slot(const struct ipc_calls *ipc, int cmd)
{
	struct shmid_ds want, got;

	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0640));
	/* In a new namespace ids begin as slots do, until the slots have been round. */
	while (slot_of(shmid) == shmid) {
		must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
		shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0640));
	}
	attach(ipc, shmid, NULL, 0);
	want = shm_state(shmid);
	memset(&got, 0xa5, sizeof(got));
	expect_eq(shmid, ipc->shmctl(slot_of(shmid), cmd, &got));
	shm_expect_same(&want, &got);
}

CHECK("shmctl.stat.seq", LIBC, NEED_STAT_ANY,
      "the id of a segment is made of its slot and its sequence number, whoever gives it",
      "ipc/util.h, ipc_buildid")
{
	static const int commands[] = {SHM_STAT, SHM_STAT_ANY};
	struct shmid_ds ds = {0};
	int shmid = new_segment(ipc), slot = slot_of(shmid);

	expect_id(shmid, slot, shm_state(shmid).shm_perm.__seq);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		expect_eq(shmid, ipc->shmctl(slot, commands[i], &ds));
		expect_id(shmid, slot, ds.shm_perm.__seq);
	}
}

CHECK("shmctl.shm_stat", LIBC, 0, "SHM_STAT gives the id and the state of the segment in a slot",
      "shmctl(2), SHM_STAT")
{
	expect_stat_by_slot(ipc, SHM_STAT);
}

CHECK("shmctl.shm_stat_any", LIBC, NEED_STAT_ANY,
      "SHM_STAT_ANY gives the id and the state of the segment in a slot", "shmctl(2), SHM_STAT_ANY")
{
	expect_stat_by_slot(ipc, SHM_STAT_ANY);
}

CHECK("shmctl.shm_stat.einval", LIBC | RAW, NEED_NAMESPACE, "SHM_STAT of a free slot fails",
      "shmctl(2), EINVAL")
{
	struct shmid_ds ds;
	int shmid = new_segment(ipc);
	int slot = slot_of(shmid);

	expect_eq(shmid, ipc->shmctl(slot, SHM_STAT, &ds));
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_errno(EINVAL, ipc->shmctl(slot, SHM_STAT, &ds));
	expect_errno(EINVAL, ipc->shmctl(-1, SHM_STAT, &ds));
}

/* The slot of a segment that from now on this process may not read. */
static int unreadable_slot(const struct ipc_calls *ipc, int *shmid)
{
	*shmid = new_segment(ipc);
	struct shmid_ds ds = shm_state(*shmid);
	int slot = slot_of(*shmid);

	ds.shm_perm.mode = 0200;
	must(libc_calls.shmctl(*shmid, IPC_SET, &ds));
	drop_privileges();
	return slot;
}

CHECK("shmctl.shm_stat.eacces", LIBC | RAW, 0, "SHM_STAT asks for read permission",
      "shmctl(2), EACCES")
{
	struct shmid_ds ds;
	int shmid, slot = unreadable_slot(ipc, &shmid);

	expect_errno(EACCES, ipc->shmctl(slot, SHM_STAT, &ds));
}

CHECK("shmctl.shm_stat_any.no_permission", LIBC | RAW, NEED_STAT_ANY,
      "SHM_STAT_ANY does not ask for read permission", "shmctl(2), SHM_STAT_ANY")
{
	struct shmid_ds ds;
	int shmid, slot = unreadable_slot(ipc, &shmid);

	expect_eq(shmid, ipc->shmctl(slot, SHM_STAT_ANY, &ds));
}

CHECK("shmctl.info.efault", RAW, 0, "a structure that is not in memory fails", "shmctl(2), EFAULT")
{
	int slot = slot_of(new_segment(ipc));
	void *nowhere = memory_end();

	expect_errno(EFAULT, ipc->shmctl(0, IPC_INFO, nowhere));
	expect_errno(EFAULT, ipc->shmctl(0, SHM_INFO, nowhere));
	expect_errno(EFAULT, ipc->shmctl(slot, SHM_STAT, nowhere));
}

CHECK("shmctl.info.any_user", LIBC | RAW, NEED_USERS | NEED_NAMESPACE,
      "another user may ask for limits and use", "shmctl(2), IPC_INFO, SHM_INFO")
{
	pid_t pid;

	new_segment(ipc);
	CHILD (pid) {
		struct shminfo limits;
		struct shm_info info;
		become(NOBODY, NOBODY);
		expect_ok(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&limits));
		expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
		expect_eq(1, info.used_ids);
	}
	child_join(pid);
}

CHECK("shmctl.shm_stat.other_user", LIBC | RAW, NEED_USERS | NEED_STAT_ANY,
      "another user without permission sees a segment by SHM_STAT_ANY, and not by SHM_STAT",
      "shmctl(2), EACCES, SHM_STAT_ANY")
{
	struct shmid_ds ds;
	int id = new_segment(ipc), slot = slot_of(id);
	pid_t pid;

	CHILD (pid) {
		become(NOBODY, NOBODY);
		expect_errno(EACCES, ipc->shmctl(slot, SHM_STAT, &ds));
		expect_eq(id, ipc->shmctl(slot, SHM_STAT_ANY, &ds));
	}
	child_join(pid);
}

CHECK("shmctl.shm_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "SHM_INFO counts what the rows of /proc/sysvipc/shm come to, in pages",
      "shmctl(2), SHM_INFO; proc(5)")
{
	const size_t page = page_size();
	struct shm_info info;
	long long pages = 0, resident = 0;

	for (size_t i = 1; i <= 3; i++) {
		int shmid = must(ipc->shmget(IPC_PRIVATE, i * page - 1, 0600));
		memset(attach(ipc, shmid, NULL, 0), 'x', page);
		pages += (sysvipc("shm", shmid, "size") + (long long)page - 1) / (long long)page;
		resident += sysvipc("shm", shmid, "rss") + sysvipc("shm", shmid, "swap");
	}
	expect_ok(ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(sysvipc_rows("shm"), info.used_ids);
	expect_eq(pages, info.shm_tot);
	expect(resident >= 3 * (long long)page);
	expect_eq(resident, (info.shm_rss + info.shm_swp) * page);
}

CHECK("shmctl.ipc_info.compat", LIBC | RAW, NEED_COMPAT | NEED_LIMITS,
      "a 32-bit program on a 64-bit kernel sees no shmmax above INT_MAX",
      "ipc/shm.c, copy_compat_shminfo_to_user")
{
	struct shminfo info;

	set_limit("shmmax", "8589934592");
	expect_eq(0, ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(INT_MAX, info.shmmax);
}

CHECK("shmctl.shm_stat_any.einval", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY,
      "SHM_STAT_ANY of a free slot fails", "shmctl(2), EINVAL")
{
	struct shmid_ds ds;
	int id = new_segment(ipc), slot = slot_of(id);

	expect_eq(id, ipc->shmctl(slot, SHM_STAT_ANY, &ds));
	must(ipc->shmctl(id, IPC_RMID, NULL));
	expect_errno(EINVAL, ipc->shmctl(slot, SHM_STAT_ANY, &ds));
	expect_errno(EINVAL, ipc->shmctl(-1, SHM_STAT_ANY, &ds));
}

CHECK("shmctl.shm_stat_any.efault", RAW, NEED_STAT_ANY, "a structure that is not in memory fails",
      "shmctl(2), EFAULT")
{
	int slot = slot_of(new_segment(ipc));

	expect_errno(EFAULT, ipc->shmctl(slot, SHM_STAT_ANY, (void *)memory_end()));
}
