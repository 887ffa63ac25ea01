/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmget(2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "checks/common/objects.h"

/* These two checks are like those in semget.c, but members, sizes and titles differ. */
CHECK("shmget.smaller_found", LIBC | RAW, 0,
      "shmget finds a segment if size is at most the segment's, or 0", "shmget(2)")
{
	int shmid = must(ipc->shmget(check_key(0), 100, IPC_CREAT | 0600));

	expect_eq(shmid, ipc->shmget(check_key(0), 99, 0));
	expect_eq(shmid, ipc->shmget(check_key(0), 0, 0));
	expect_eq(shmid, ipc->shmget(check_key(0), 0, IPC_CREAT | 0600));
}

CHECK("shmget.new_segment_fields", LIBC | RAW, 0,
      "a new segment has the requested size, is unattached and belongs to its creator",
      "shmget(2), \"When a new shared memory segment is created\"")
{
	time_t before = kernel_time();
	int shmid = must(ipc->shmget(check_key(0), 12345, IPC_CREAT | 0640));
	struct shmid_ds ds = shm_state(shmid);

	perm_expect_own(0640, &ds.shm_perm);
	expect_eq(12345, ds.shm_segsz);
	expect_eq(getpid(), ds.shm_cpid);
	expect_eq(0, ds.shm_lpid);
	expect_eq(0, ds.shm_nattch);
	expect_eq(0, ds.shm_atime);
	expect_eq(0, ds.shm_dtime);
	expect_between(before, kernel_time(), ds.shm_ctime);
}

CHECK("shmget.above_4_gib", LIBC | RAW, 0, "a segment may be larger than 4 GiB", "shmget(2)")
{
	const size_t size = (size_t)1 << (sizeof(size_t) == 8 ? 32 : 30) | 5;
	int shmid = ipc->shmget(IPC_PRIVATE, size, SHM_NORESERVE | 0600);

	if (shmid == -1 && errno == ENOMEM)
		need_overcommit();
	must(shmid);
	expect_eq(size, shm_state(shmid).shm_segsz);
}

CHECK("shmget.zeroed_pages", LIBC | RAW, 0,
      "a new segment consists of whole pages, all zero and usable",
      "shmget(2), \"rounded up to a multiple of PAGE_SIZE\"")
{
	size_t page = page_size();
	int shmid = must(ipc->shmget(IPC_PRIVATE, page + 1, 0600));
	char *address, *zeroes = calloc(2, page);

	must((address = ipc->shmat(shmid, NULL, 0)));
	expect_bytes(zeroes, address, 2 * page);
	memset(address, 'x', 2 * page);
	expect_eq('x', address[2 * page - 1]);
	expect_eq(page + 1, shm_state(shmid).shm_segsz);
	free(zeroes);
}

CHECK("shmget.einval_shmmin", LIBC | RAW, 0, "a new segment of 0 bytes fails with EINVAL",
      "shmget(2), EINVAL")
{
	expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 0, 0600));
	expect_errno(EINVAL, ipc->shmget(check_key(0), 0, IPC_CREAT | 0600));
}

CHECK("shmget.einval_shmmax", LIBC | RAW, NEED_LIMITS,
      "a new segment may have shmmax bytes and not one more", "shmget(2), EINVAL; proc(5), shmmax")
{
	set_limit("shmmax", "5000");
	expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 5001, 0600));
	expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, SIZE_MAX, 0600));
	expect_ok(ipc->shmget(IPC_PRIVATE, 5000, 0600));
}

CHECK("shmget.einval_existing", LIBC | RAW, 0,
      "shmget fails with EINVAL if size is above the segment's", "shmget(2), EINVAL")
{
	must(ipc->shmget(check_key(0), 100, IPC_CREAT | 0600));
	expect_errno(EINVAL, ipc->shmget(check_key(0), 101, 0));
	expect_errno(EINVAL, ipc->shmget(check_key(0), 101, IPC_CREAT | 0600));
}

CHECK("shmget.enospc_shmmni", LIBC | RAW, NEED_LIMITS,
      "more segments than shmmni fail with ENOSPC, and removing one makes room",
      "shmget(2), ENOSPC")
{
	int shmid;

	set_limit("shmmni", "2");
	shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->shmget(check_key(0), 1, IPC_CREAT | 0600));
	must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
	expect_ok(ipc->shmget(IPC_PRIVATE, 1, 0600));
}

CHECK("shmget.enospc_shmall", LIBC | RAW, NEED_LIMITS,
      "more pages than shmall in all segments fail with ENOSPC, and removing one makes room",
      "shmget(2), ENOSPC")
{
	size_t page = page_size();
	int shmid;

	set_limit("shmall", "4");
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 4 * page + 1, 0600));
	shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page + 1, 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, page + 1, 0600));
	expect_ok(ipc->shmget(IPC_PRIVATE, 1, 0600));
	must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
	expect_ok(ipc->shmget(IPC_PRIVATE, 3 * page, 0600));
}

/* ---- SHM_HUGETLB ------------------------------------------------------------- */

CHECK("shmget.hugetlb_eperm", LIBC | RAW, NEED_USERS | NEED_HUGETLB,
      "SHM_HUGETLB needs CAP_IPC_LOCK or membership of hugetlb_shm_group", "shmget(2), EPERM")
{
	const struct rlimit nothing = {0};
	pid_t pid;

	CHILD (pid) {
		/* Older kernels permitted SHM_HUGETLB within RLIMIT_MEMLOCK. */
		must(setrlimit(RLIMIT_MEMLOCK, &nothing));
		become(STRANGER, STRANGER);
		expect_errno(EPERM, ipc->shmget(IPC_PRIVATE, 1, SHM_HUGETLB | 0600));
	}
	child_join(pid);
}

static unsigned long long number_in(const char *path)
{
	char text[32] = "";
	FILE *file = fopen(path, "r");

	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	return strtoull(text, NULL, 10);
}

CHECK("shmget.hugetlb_enomem", LIBC | RAW, NEED_HUGETLB | NEED_NAMESPACE,
      "more huge pages than the machine has or permits fail with ENOMEM",
      "Documentation/admin-guide/mm/hugetlbpage.rst")
{
	const unsigned long long size = meminfo("Hugepagesize:");
	const unsigned long long pages = number_in("/proc/sys/vm/nr_hugepages") +
					 number_in("/proc/sys/vm/nr_overcommit_hugepages");

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	if (size == 0 || pages >= SIZE_MAX / 2 / size)
		skip("this program cannot request more huge pages than exist");
	expect_errno(ENOMEM,
		     ipc->shmget(IPC_PRIVATE, (size_t)((pages + 1) * size), SHM_HUGETLB | 0600));
}

CHECK("shmget.hugetlb_size", LIBC | RAW, NEED_HUGETLB,
      "a huge page size that the machine lacks fails with EINVAL",
      "shmget(2), SHM_HUGE_2MB; include/linux/hugetlb.h, hstate_sizelog")
{
	/* No machine's huge pages have 2, 4 or 8 bytes. */
	for (int logarithm = 1; logarithm <= 3; logarithm++)
		expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 1,
						 SHM_HUGETLB | logarithm << SHM_HUGE_SHIFT | 0600));
}

CHECK("shmget.hugetlb_encodings", LIBC | RAW, NEED_HUGETLB,
      "SHM_HUGE_64KB to SHM_HUGE_16GB fail with EINVAL if the machine lacks the size, and only "
      "then",
      "shmget(2), SHM_HUGETLB; Documentation/admin-guide/mm/hugetlbpage.rst")
{
	static const struct {
		unsigned flag;
		unsigned long kib;
	} sizes[] = {
		{SHM_HUGE_64KB, 64},	 {SHM_HUGE_512KB, 512},	   {SHM_HUGE_1MB, 1024},
		{SHM_HUGE_2MB, 2048},	 {SHM_HUGE_8MB, 8192},	   {SHM_HUGE_16MB, 16384},
		{SHM_HUGE_32MB, 32768},	 {SHM_HUGE_256MB, 262144}, {SHM_HUGE_512MB, 524288},
		{SHM_HUGE_1GB, 1048576}, {SHM_HUGE_2GB, 2097152},  {SHM_HUGE_16GB, 16777216},
	};

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	if (access("/sys/kernel/mm/hugepages", F_OK) == -1)
		skip("/sys is not mounted");
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char path[64];
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%lukB",
			 sizes[i].kib);
		bool known = access(path, F_OK) == 0;
		int flags = (int)(SHM_HUGETLB | sizes[i].flag | 0600);
		if (!known) {
			expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 1, flags));
			continue;
		}
		/* The machine may have no free page of a size that it supports. */
		int shmid = ipc->shmget(IPC_PRIVATE, 1, flags);
		if (shmid == -1)
			expect_eq(ENOMEM, errno);
		else
			must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
	}
}

CHECK("shmget.hugetlb_bits_alone", LIBC | RAW, 0,
      "without SHM_HUGETLB the bits of a huge page size have no effect", "shmget(2), SHM_HUGE_2MB")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, SHM_HUGE_2MB | 0600));

	expect_eq(0600, shm_state(shmid).shm_perm.mode);
	expect_ok(ipc->shmat(shmid, NULL, 0));
}

CHECK("shmget.noreserve", LIBC | RAW, 0, "a segment with SHM_NORESERVE can be used like any other",
      "shmget(2), SHM_NORESERVE")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page_size(), SHM_NORESERVE | 0600));
	char *address = attach(ipc, shmid, NULL, 0);

	expect_eq(0, address[page_size()]);
	memset(address, 'x', 2 * page_size());
	expect_eq('x', *(attach(ipc, shmid, NULL, SHM_RDONLY) + 2 * page_size() - 1));
}

/* The bytes by which a segment increases the memory that is committed to all processes. */
static long long promised_for(const struct ipc_calls *ipc, size_t size, int flags)
{
	const long long before = (long long)meminfo("Committed_AS:");
	const int shmid = ipc->shmget(IPC_PRIVATE, size, flags | 0600);
	const long long after = (long long)meminfo("Committed_AS:");

	if (shmid == -1)
		skip("cannot make a segment of half of the memory");
	must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
	return after - before;
}

CHECK("shmget.noreserve.committed", LIBC | RAW, NEED_PROC | NEED_NAMESPACE,
      "shmget commits the whole memory of a segment, and with SHM_NORESERVE none of it",
      "shmget(2), SHM_NORESERVE; proc(5), Committed_AS; mm/shmem.c, shmem_acct_size")
{
	enum { ATTEMPTS = 20 };
	const unsigned long long half = meminfo("MemTotal:") / 2, most = SIZE_MAX / 8;
	const size_t size = (size_t)(half < most ? half : most);
	bool reserves = false, does_not = false;
	FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
	const int mode = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	if (mode != '0' && mode != '1')
		skip("vm.overcommit_memory is not 0 or 1, or not known");
	/* Other processes change that sum too, so one success is enough. */
	for (int i = 0; i < ATTEMPTS && !(reserves && does_not); i++) {
		reserves |= promised_for(ipc, size, 0) > (long long)(size / 2);
		does_not |= promised_for(ipc, size, SHM_NORESERVE) < (long long)(size / 2);
	}
	expect(reserves);
	expect(does_not);
}

CHECK("shmget.limit.given_back", LIBC | RAW, NEED_LIMITS,
      "removing a segment frees all its pages, including a last page that is not full",
      "proc(5), shmall; shmctl(2), SHM_INFO; ipc/shm.c, shm_destroy")
{
	const size_t page = page_size();
	const size_t sizes[] = {1, page - 1, page, page + 1, 2 * page - 1, 3 * page + 7};
	struct shm_info info;

	set_limit("shmall", "4");
	for (int round = 0; round < 5; round++)
		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			int shmid = ipc->shmget(IPC_PRIVATE, sizes[i], 0600);
			if (!expect(shmid != -1))
				return;
			must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
			expect_eq((sizes[i] + page - 1) / page, info.shm_tot);
			expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
			must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
			expect_eq(0, info.shm_tot);
		}
	/* The last detach of a removed segment frees them too. */
	int attached = must(ipc->shmget(IPC_PRIVATE, page + 1, 0600));
	char *address = attach(ipc, attached, NULL, 0);
	must(ipc->shmctl(attached, IPC_RMID, NULL));
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
	expect_eq(2, info.shm_tot);
	must(ipc->shmdt(address));
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
	expect_eq(0, info.shm_tot);
	expect_ok(ipc->shmget(IPC_PRIVATE, 4 * page, 0600));
}
