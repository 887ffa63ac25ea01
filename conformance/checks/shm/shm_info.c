/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmctl(2): limits and use. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "checks/common/objects.h"

enum { SIZE = 100 };

static int new_segment(const struct ipc_calls *ipc)
{
	return must(ipc->shmget(IPC_PRIVATE, SIZE, 0600));
}

/* This check is like the one in msg_info.c, but limits and members differ. */
CHECK("shmctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO returns the limits",
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

CHECK("shmctl.ipc_info.shmseg", LIBC | RAW, 0, "IPC_INFO returns shmmni in shmseg too",
      "ipc/shm.c, ksys_shmctl")
{
	struct shminfo info;

	memset(&info, 0xa5, sizeof(info));
	expect_ok(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(info.shmmni, info.shmseg);
}

CHECK("shmctl.ipc_info.large_shmmax", LIBC | RAW, NEED_LIMITS,
      "IPC_INFO returns a shmmax of more than 32 bits", "shmctl(2), IPC_INFO; proc(5), shmmax")
{
	struct shminfo info;

	if (sizeof(long) == 4)
		skip("for 64-bit programs only");
	set_limit("shmmax", "8589934595");
	expect_ok(ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(8589934595, info.shmmax);
}

CHECK("shmctl.shm_info", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO counts segments, their pages and their pages in memory", "shmctl(2), SHM_INFO")
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
	/* Large pages may put more into memory than was touched. */
	expect(info.shm_rss + info.shm_swp >= 2);
}

CHECK("shmctl.shm_info.removed", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO counts a removed segment until its last detach", "shmctl(2), SHM_INFO")
{
	struct shm_info info;
	int shmid = new_segment(ipc);
	void *address = attach(ipc, shmid, NULL, 0);

	/* Another segment in a higher slot: SHM_INFO must count segments, not slots. */
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

CHECK("shmctl.shm_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "SHM_INFO returns the sums of the rows in /proc/sysvipc/shm, in pages",
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
      "a 32-bit program on a 64-bit kernel gets INT_MAX for a larger shmmax",
      "ipc/shm.c, copy_compat_shminfo_to_user")
{
	struct shminfo info;

	set_limit("shmmax", "8589934592");
	expect_eq(0, ipc->shmctl(0, IPC_INFO, (struct shmid_ds *)&info));
	expect_eq(INT_MAX, info.shmmax);
}
