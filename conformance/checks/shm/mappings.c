/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Segments under the memory calls (munmap, mremap, madvise, ...), with small and huge pages. */
#include <linux/mempolicy.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "checks/common/objects.h"

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif
/* From <linux/prctl.h> of Linux 6.3; mseal has the same number on every architecture. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static int new_segment(const struct ipc_calls *ipc, size_t pages)
{
	return must(ipc->shmget(IPC_PRIVATE, pages * page_size(), 0600));
}

static void leave_by_signal(int signal UNUSED)
{
	_exit(0);
}

/* Expects that reading an address raises SIGSEGV or SIGBUS. */
static void expect_unmapped(volatile char *address)
{
	pid_t pid;

	CHILD (pid) {
		must(signal(SIGSEGV, leave_by_signal) == SIG_ERR ? -1 : 0);
		must(signal(SIGBUS, leave_by_signal) == SIG_ERR ? -1 : 0);
		char seen = *address;
		fail_at(HERE, "a read", "a signal", seen ? "a value" : "0");
	}
	child_join(pid);
}

static void *map_again(char *address, size_t old, size_t new)
{
	return mremap(address, old, new, MREMAP_MAYMOVE);
}

/* ---- munmap, mprotect, fork and exit ------------------------------------------------------- */

CHECK("shmat.mapping.parts", LIBC | RAW, NEED_PROC,
      "each part of an attachment that munmap or mprotect leaves counts as an attachment",
      "ipc/shm.c, shm_open, shm_close; munmap(2)")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 5);
	char *address = attach(ipc, shmid, NULL, 0);

	shm_expect_nattch(1, shmid);
	must(munmap(address + 2 * page, page));
	shm_expect_nattch(2, shmid);
	must(munmap(address, page));
	shm_expect_nattch(2, shmid);
	must(munmap(address + page, page));
	shm_expect_nattch(1, shmid);
	must(mprotect(address + 3 * page, page, PROT_READ));
	shm_expect_nattch(2, shmid);
	address[4 * page] = 'x';
	must(munmap(address + 3 * page, 2 * page));
	shm_expect_nattch(0, shmid);
	expect_eq('x', attach(ipc, shmid, NULL, 0)[4 * page]);
}

CHECK("shmat.mapping.parts_removed", LIBC | RAW, NEED_PROC,
      "a removed segment is freed with the last part of its last attachment",
      "ipc/shm.c, shm_close; shmctl(2), IPC_RMID")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 3);
	char *address = attach(ipc, shmid, NULL, 0);
	struct shmid_ds ds;

	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	must(munmap(address + page, page));
	must(munmap(address, page));
	expect_eq(1, shm_state(shmid).shm_nattch);
	address[2 * page] = 'x';
	must(munmap(address + 2 * page, page));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
}

CHECK("shmat.mapping.fork_parts", LIBC | RAW, NEED_PROC,
      "a child inherits each part of an attachment, and its detach leaves the parent's",
      "shmop(2), NOTES; ipc/shm.c, shm_open")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 3);
	char *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	must(munmap(address + page, page));
	must(mprotect(address, page, PROT_NONE));
	CHILD (pid) {
		shm_expect_nattch(4, shmid);
		address[2 * page] = 'c';
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(2, shmid);
	}
	child_join(pid);
	shm_expect_nattch(2, shmid);
	expect_eq('c', address[2 * page]);
	expect_eq(0, ipc->shmdt(address));
	shm_expect_nattch(0, shmid);
}

CHECK("shmdt.mapping.neighbours", LIBC | RAW, 0,
      "shmdt leaves neighbouring mappings and other attachments of its segment",
      "ipc/shm.c, ksys_shmdt: the size of the segment, and its file")
{
	const size_t page = page_size(), step = page > (size_t)SHMLBA ? page : (size_t)SHMLBA;
	int shmid = must(ipc->shmget(IPC_PRIVATE, step, 0600));
	int other = must(ipc->shmget(IPC_PRIVATE, step, 0600));
	char *place = shm_free_place(3 * step / page);

	attach(ipc, shmid, place, 0);
	attach(ipc, other, place + step, 0);
	attach(ipc, shmid, place + 2 * step, 0);
	place[step] = 'o';
	place[2 * step] = 's';
	expect_eq(0, ipc->shmdt(place));
	expect_eq('o', place[step]);
	expect_eq('s', place[2 * step]);
	shm_expect_nattch(1, shmid);
	shm_expect_nattch(1, other);
	expect_eq(0, ipc->shmdt(place + step));
	expect_eq('s', place[2 * step]);
	expect_unmapped(place + step);
}

CHECK("shmdt.mapping.other_segment", LIBC | RAW, 0,
      "shmdt does not unmap a page of another attachment that mremap has moved into its range",
      "ipc/shm.c, ksys_shmdt: \"someone could place page from another segment\"")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 2), other = new_segment(ipc, 2);

	/* The other attachment is of another segment, then of the same one. */
	for (int same = 0; same < 2; same++) {
		char *place = attach(ipc, shmid, shm_free_place(2), 0);
		char *from = attach(ipc, same ? shmid : other, NULL, 0);
		from[page] = 'o';
		must(munmap(place + page, page));
		/* Its second page, at the address of the second page of the first. */
		if (mremap(from + page, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, place + page) ==
		    MAP_FAILED)
			skip("mremap cannot move a page here");
		expect_eq(0, ipc->shmdt(place));
		expect_unmapped(place);
		expect_eq('o', place[page]);
		shm_expect_nattch(same ? 2 : 0, shmid);
		shm_expect_nattch(2, other);
	}
}

CHECK("shmdt.mapping.last_part", LIBC | RAW, 0,
      "shmdt unmaps every part of a split attachment, including its last page",
      "ipc/shm.c, ksys_shmdt: \"the maximum address a fragment could possibly have landed at\"")
{
	const size_t page = page_size();

	for (size_t pages = 2; pages <= 4; pages++) {
		int shmid = new_segment(ipc, pages);
		char *place = attach(ipc, shmid, shm_free_place(pages), 0);

		/* The last page alone has another protection. */
		must(mprotect(place + (pages - 1) * page, page, PROT_READ));
		shm_expect_nattch(2, shmid);
		expect_eq(0, ipc->shmdt(place));
		shm_expect_nattch(0, shmid);
		for (size_t i = 0; i < pages; i++)
			expect_unmapped(place + i * page);
	}
}

/* ---- mremap ---------------------------------------------------------------------------------- */

CHECK("shmat.mapping.mremap_larger", LIBC | RAW, NEED_PROC,
      "mremap can enlarge an attachment, but access past the segment's end raises SIGBUS",
      "mremap(2); mmap(2), SIGBUS")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 1);
	char *address = attach(ipc, shmid, NULL, 0), *larger;

	*address = 'x';
	larger = map_again(address, page, 2 * page);
	must(larger == MAP_FAILED ? -1 : 0);
	expect_eq('x', *larger);
	shm_expect_nattch(1, shmid);
	expect_unmapped(larger + page);
	expect_eq(page, shm_state(shmid).shm_segsz);
	must(munmap(larger, 2 * page));
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.mapping.mremap_smaller", LIBC | RAW, NEED_PROC,
      "mremap to fewer pages unmaps the others, and shmdt then unmaps the remaining ones",
      "mremap(2); shmop(2)")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 3);
	char *address = attach(ipc, shmid, NULL, 0);

	address[0] = 'x';
	must(map_again(address, 3 * page, page) == MAP_FAILED ? -1 : 0);
	expect_eq('x', *address);
	expect_unmapped(address + page);
	shm_expect_nattch(1, shmid);
	expect_eq(0, ipc->shmdt(address));
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.mapping.mremap_double", LIBC | RAW, NEED_PROC,
      "mremap with an old size of 0 makes another attachment", "mremap(2): old_size of zero")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 2);
	char *address = attach(ipc, shmid, NULL, 0), *second;

	strcpy(address, "text");
	second = map_again(address, 0, 2 * page);
	must(second == MAP_FAILED ? -1 : 0);
	expect(second != address);
	shm_expect_nattch(2, shmid);
	expect_bytes("text", second, 5);
	strcpy(second + page, "more");
	expect_bytes("more", address + page, 5);
	expect_eq(0, ipc->shmdt(address));
	expect_bytes("text", second, 5);
	expect_eq(0, ipc->shmdt(second));
	shm_expect_nattch(0, shmid);
}

/* ---- madvise --------------------------------------------------------------------------------- */

CHECK("shmat.mapping.dontfork", LIBC | RAW, NEED_PROC,
      "an attachment with MADV_DONTFORK is not inherited; after MADV_DOFORK it is",
      "madvise(2), MADV_DONTFORK")
{
	int shmid = new_segment(ipc, 1);
	char *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	*address = 'x';
	must(madvise(address, page_size(), MADV_DONTFORK));
	CHILD (pid) {
		shm_expect_nattch(1, shmid);
		expect_errno(EINVAL, ipc->shmdt(address));
		expect_unmapped(address);
	}
	child_join(pid);
	shm_expect_nattch(1, shmid);
	must(madvise(address, page_size(), MADV_DOFORK));
	CHILD (pid) {
		shm_expect_nattch(2, shmid);
		expect_eq('x', *address);
	}
	child_join(pid);
}

CHECK("shmat.mapping.dontneed", LIBC | RAW, NEED_PROC,
      "MADV_DONTNEED does not discard data of a segment",
      "madvise(2), MADV_DONTNEED: shared mappings")
{
	int shmid = new_segment(ipc, 2);
	char *address = attach(ipc, shmid, NULL, 0);

	strcpy(address, "text");
	must(madvise(address, 2 * page_size(), MADV_DONTNEED));
	expect_bytes("text", address, 5);
	shm_expect_nattch(1, shmid);
}

CHECK("shmat.mapping.remove", LIBC | RAW, NEED_PROC,
      "MADV_REMOVE clears pages in every attachment, and fails on one with SHM_RDONLY",
      "madvise(2), MADV_REMOVE, EACCES")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 2);
	char *address = attach(ipc, shmid, NULL, 0);
	char *readable = attach(ipc, shmid, NULL, SHM_RDONLY);

	strcpy(address, "gone");
	strcpy(address + page, "kept");
	expect_errno(EACCES, madvise(readable, page, MADV_REMOVE));
	expect_bytes("gone", readable, 5);
	if (madvise(address, page, MADV_REMOVE) == -1 && (errno == EINVAL || errno == EOPNOTSUPP))
		skip("this kernel's segments do not use tmpfs (CONFIG_SHMEM)");
	expect_eq(0, *readable);
	expect_bytes("kept", readable + page, 5);
	shm_expect_nattch(2, shmid);
}

/* ---- msync -------------------------------------------------------------------------------- */

CHECK("shmat.mapping.msync", LIBC | RAW, 0,
      "msync of an attachment succeeds and keeps the data, with SHM_RDONLY and in parts too",
      "msync(2), MS_SYNC; ipc/shm.c, shm_fsync")
{
	static const int flags[] = {MS_ASYNC, MS_SYNC, MS_SYNC | MS_INVALIDATE};
	const size_t page = page_size();
	int shmid = new_segment(ipc, 2);
	char *address = attach(ipc, shmid, NULL, 0);
	char *readable = attach(ipc, shmid, NULL, SHM_RDONLY);

	strcpy(address + page, "text");
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		expect_eq(0, msync(address, 2 * page, flags[i]));
		expect_eq(0, msync(address + page, page, flags[i]));
		expect_eq(0, msync(readable, 2 * page, flags[i]));
	}
	expect_bytes("text", readable + page, 5);
	shm_expect_nattch(2, shmid);
}

/* ---- limits of mappings -------------------------------------------------------------------------
 */

CHECK("shmat.mapping.memlock", LIBC | RAW, NEED_PROC,
      "shmat beyond RLIMIT_MEMLOCK under mlockall(MCL_FUTURE) fails and attaches nothing",
      "mmap(2), EAGAIN; mlockall(2), MCL_FUTURE")
{
	enum { PAGES = 8 };
	int shmid = new_segment(ipc, PAGES);
	struct rlimit limit;

	drop_privileges();
	must(getrlimit(RLIMIT_MEMLOCK, &limit));
	if (limit.rlim_max < 2 * page_size())
		skip("RLIMIT_MEMLOCK is lower than two pages");
	limit.rlim_cur = 2 * page_size();
	must(setrlimit(RLIMIT_MEMLOCK, &limit));
	if (mlockall(MCL_FUTURE) == -1)
		skip("no mlockall");
	expect_errno(EAGAIN, ipc->shmat(shmid, NULL, 0));
	expect_eq(0, shm_state(shmid).shm_nattch);
	must(munlockall());
	expect_ok(ipc->shmat(shmid, NULL, 0));
	expect_eq(1, shm_state(shmid).shm_nattch);
}

/* The pages of all segments of the namespace that are in memory or in swap. */
static unsigned long pages_in_memory(void)
{
	struct shm_info info;

	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
	return info.shm_rss + info.shm_swp;
}

CHECK("shmat.mapping.mlockall", LIBC | RAW, NEED_NAMESPACE,
      "under mlockall(MCL_FUTURE) shmat brings every page of a segment into memory",
      "mlockall(2), MCL_FUTURE; ipc/shm.c, do_shmat: mm_populate")
{
	enum { PAGES = 4 };
	int shmid = new_segment(ipc, PAGES), readable = new_segment(ipc, PAGES);
	struct rlimit limit;

	must(getrlimit(RLIMIT_MEMLOCK, &limit));
	if (limit.rlim_cur / 16 < page_size() && !may_lock_memory())
		skip("RLIMIT_MEMLOCK is too small");
	attach(ipc, shmid, NULL, 0);
	expect_eq(0, pages_in_memory());
	if (mlockall(MCL_FUTURE) == -1)
		skip("no mlockall");
	/* Large pages may bring more into memory. */
	attach(ipc, shmid, NULL, 0);
	expect(pages_in_memory() >= PAGES);
	attach(ipc, readable, NULL, SHM_RDONLY);
	expect(pages_in_memory() >= 2 * PAGES);
}

CHECK("shmat.mapping.wrap", LIBC | RAW, 0,
      "shmat refuses an address from which the segment would wrap around the address space",
      "ipc/shm.c, do_shmat: \"addr + size < addr\"")
{
	const size_t size = 4 * (size_t)SHMLBA;
	int shmid = must(ipc->shmget(IPC_PRIVATE, size, 0600));
	char *const last = (char *)(-(uintptr_t)SHMLBA);

	if (kernel_is_wider())
		skip("in a 64-bit kernel, addresses of a 32-bit program do not wrap");
	/* SHM_REMAP skips the first test of the address in do_shmat; mmap has a second one. */
	expect_errno(EINVAL, ipc->shmat(shmid, last, 0));
	intptr_t got = (errno = 0, (intptr_t)ipc->shmat(shmid, last, SHM_REMAP));
	expect_eq(-1, got);
	expect(errno == EINVAL || errno == ENOMEM);
	expect_eq(0, shm_state(shmid).shm_nattch);
}

CHECK("shmat.mapping.map_count", LIBC, NEED_PROC,
      "shmat beyond vm.max_map_count fails and attaches nothing",
      "mmap(2), ENOMEM; proc(5), max_map_count")
{
	const size_t page = page_size();
	int shmid = new_segment(ipc, 1);
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	size_t most = 0;
	char *place;

	if (!file || fscanf(file, "%zu", &most) != 1)
		skip("no /proc/sys/vm/max_map_count");
	fclose(file);
	if (most > 200000)
		skip("vm.max_map_count is too high to be reached");
	/* Changing the protection of every second page splits one mapping into many. */
	place = mmap(NULL, (most + 2) * page, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (place == MAP_FAILED)
		skip("no address space for vm.max_map_count mappings");
	size_t i = 1;
	while (i < most + 2 && mprotect(place + i * page, page, PROT_READ) == 0)
		i += 2;
	/* A split adds two mappings at once, so a single one may still fit. */
	while (mmap(NULL, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED &&
	       mprotect(place, page, PROT_NONE) == 0 && i++ < 2 * most)
		;
	expect_errno(ENOMEM, ipc->shmat(shmid, NULL, 0));
	expect_eq(0, shm_state(shmid).shm_nattch);
	must(munmap(place, (most + 2) * page));
	expect_ok(ipc->shmat(shmid, NULL, 0));
}

/* ---- mseal, PR_SET_MDWE, mbind
 * --------------------------------------------------------------------- */

CHECK("shmdt.mapping.mseal", LIBC | RAW, NEED_PROC,
      "a sealed attachment stays: munmap fails, and shmdt succeeds without effect",
      "mseal(2); ipc/shm.c, ksys_shmdt: ignores the result of do_vma_munmap")
{
	int shmid = new_segment(ipc, 1);
	char *address = attach(ipc, shmid, NULL, 0);

	need_kernel(6, 10);
	if (syscall(SYS_mseal, address, page_size(), 0ul) == -1)
		skip("no mseal (64-bit kernels only)");
	expect_errno(EPERM, munmap(address, page_size()));
	expect_eq(0, ipc->shmdt(address));
	expect_eq(1, shm_state(shmid).shm_nattch);
	*address = 'x';
	expect_errno(EPERM, mprotect(address, page_size(), PROT_READ));
}

CHECK("shmat.mapping.mdwe", LIBC | RAW, NEED_PROC,
      "under PR_SET_MDWE, SHM_EXEC works only with SHM_RDONLY, if at all",
      "PR_SET_MDWE(2const); kernel commit b507808ebce2")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, page_size(), 0700));

	need_kernel(6, 3);
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0L, 0L, 0L) == -1)
		skip("no PR_SET_MDWE on this architecture");
	expect_errno(EACCES, ipc->shmat(shmid, NULL, SHM_EXEC));
	expect_eq(0, shm_state(shmid).shm_nattch);
	char *readable = attach(ipc, shmid, NULL, SHM_RDONLY | SHM_EXEC);
	expect_eq(0, *readable);
	char *writable = attach(ipc, shmid, NULL, 0);
	expect_errno(EACCES, mprotect(writable, page_size(), PROT_READ | PROT_EXEC));
	expect_eq(2, shm_state(shmid).shm_nattch);
}

CHECK("shmat.mapping.mbind", LIBC | RAW, 0,
      "the memory policy of a segment applies to every attachment, and outlives them",
      "mbind(2); ipc/shm.c, shm_set_policy, shm_get_policy")
{
	int shmid = new_segment(ipc, 2), mode = -1;
	char *one = attach(ipc, shmid, NULL, 0), *two = attach(ipc, shmid, NULL, 0);
	unsigned long nodes[16] = {1};
	const unsigned long bits = 8 * sizeof(nodes);

	if (syscall(SYS_mbind, one, page_size(), MPOL_BIND, nodes, bits, 0ul) == -1)
		skip("no memory policies (CONFIG_NUMA)");
	must((int)syscall(SYS_get_mempolicy, &mode, NULL, 0ul, two, (unsigned long)MPOL_F_ADDR));
	expect_eq(MPOL_BIND, mode);
	must((int)syscall(SYS_get_mempolicy, &mode, NULL, 0ul, two + page_size(),
			  (unsigned long)MPOL_F_ADDR));
	expect_eq(MPOL_DEFAULT, mode);
	expect_eq(0, ipc->shmdt(one));
	expect_eq(0, ipc->shmdt(two));
	two = attach(ipc, shmid, NULL, 0);
	must((int)syscall(SYS_get_mempolicy, &mode, NULL, 0ul, two, (unsigned long)MPOL_F_ADDR));
	expect_eq(MPOL_BIND, mode);
}

/* ---- huge pages -------------------------------------------------------------------- */

/*
 * The machine has few huge pages for all checks, and the kernel frees a namespace late.  So
 * each check removes its segment, and the pages are free when its process has ended.
 */
static void remove_huge(int shmid)
{
	must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
}

/* A number of /proc/meminfo that is in pages, not in kilobytes. */
static unsigned long huge_pages(const char *name)
{
	return (unsigned long)(meminfo(name) / 1024);
}

/* Makes a segment of this many huge pages, or skips the check. */
static int huge_segment(const struct ipc_calls *ipc, size_t pages, size_t *huge)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int shmid, tries = 0;

	*huge = (size_t)meminfo("Hugepagesize:");
	if (huge_pages("HugePages_Total:") < pages)
		skip("vm.nr_hugepages is too low for this check (hugepages= of the kernel)");
	/* Another check may use all of them for a moment. */
	while ((shmid = ipc->shmget(IPC_PRIVATE, pages * *huge, SHM_HUGETLB | 0600)) == -1 &&
	       errno == ENOMEM && tries++ < 60000)
		nanosleep(&pause, NULL);
	if (shmid == -1 && (errno == ENOMEM || errno == EPERM))
		skip("huge pages are in use, or this user may not use them");
	return must(shmid);
}

CHECK("shmat.huge", LIBC | RAW, NEED_HUGETLB | NEED_PROC | NEED_NAMESPACE,
      "a segment of huge pages can be attached, shared, inherited, counted and detached",
      "shmget(2), SHM_HUGETLB; kernel commit b6305049f30b")
{
	size_t huge;
	int shmid = huge_segment(ipc, 2, &huge);
	char *one = attach(ipc, shmid, NULL, 0), *two = attach(ipc, shmid, NULL, SHM_RDONLY);
	struct shm_info info;
	pid_t pid;

	expect_eq(0, (uintptr_t)one % huge);
	expect_eq(2 * huge, shm_state(shmid).shm_segsz);
	strcpy(one + huge, "text");
	expect_bytes("text", two + huge, 5);
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(2 * huge / page_size(), info.shm_tot);
	CHILD (pid) {
		shm_expect_nattch(4, shmid);
		strcpy(one + huge, "more");
	}
	child_join(pid);
	shm_expect_nattch(2, shmid);
	expect_bytes("more", two + huge, 5);
	expect_eq(0, ipc->shmdt(one));
	expect_eq(0, ipc->shmdt(two));
	shm_expect_nattch(0, shmid);
	expect_bytes("more", attach(ipc, shmid, NULL, 0) + huge, 5);
	remove_huge(shmid);
}

CHECK("shmat.huge.split", LIBC | RAW, NEED_HUGETLB | NEED_PROC,
      "an attachment of huge pages can be split between huge pages but not within one",
      "kernel commit b6305049f30b; munmap(2), EINVAL; mprotect(2)")
{
	size_t huge;
	int shmid = huge_segment(ipc, 3, &huge);
	char *address = attach(ipc, shmid, NULL, 0);

	address[2 * huge] = 'x';
	expect_errno(EINVAL, munmap(address, page_size()));
	expect_errno(EINVAL, mprotect(address + page_size(), page_size(), PROT_READ));
	shm_expect_nattch(1, shmid);
	must(mprotect(address + huge, huge, PROT_READ));
	shm_expect_nattch(3, shmid);
	must(mprotect(address + huge, huge, PROT_READ | PROT_WRITE));
	must(munmap(address + huge, huge));
	shm_expect_nattch(2, shmid);
	expect_eq('x', address[2 * huge]);
	expect_unmapped(address + huge);
	expect_eq(0, ipc->shmdt(address));
	shm_expect_nattch(0, shmid);
	remove_huge(shmid);
}

CHECK("shmat.huge.removed", LIBC | RAW, NEED_HUGETLB | NEED_PROC,
      "the last detach of a removed segment of huge pages frees the pages",
      "shmctl(2), IPC_RMID; fs/hugetlbfs/inode.c")
{
	size_t huge;
	int shmid = huge_segment(ipc, 1, &huge);
	char *address = attach(ipc, shmid, NULL, 0);
	struct shmid_ds ds;

	*address = 'x';
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_eq('x', *address);
	expect_eq(SHM_DEST, shm_state(shmid).shm_perm.mode & SHM_DEST);
	expect_eq(0, ipc->shmdt(address));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
}

/*
 * The length of the mapping that begins at an address, and the size of its pages, which is 0 on
 * a kernel without smaps (CONFIG_PROC_PAGE_MONITOR).
 */
static size_t mapped_length(const char *address, size_t *page)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long from = 0, to = 0, kilobytes = 0;
	bool found = false;
	char line[512];

	if (!file)
		file = fopen("/proc/self/maps", "re");
	must(file ? 0 : -1);
	while (fgets(line, sizeof(line), file) && kilobytes == 0)
		if (!found && sscanf(line, "%lx-%lx ", &from, &to) == 2)
			found = from == (uintptr_t)address;
		else if (found && sscanf(line, "KernelPageSize: %lu kB", &kilobytes) != 1)
			kilobytes = 0;
	fclose(file);
	*page = (size_t)kilobytes * 1024;
	return found ? (size_t)(to - from) : 0;
}

/*
 * Attaches a segment of huge pages that has reserved none.  Kernels such as 5.10 reserve them in
 * shmat, and another check may use all of them for a moment.
 */
static char *attach_unreserved(const struct ipc_calls *ipc, int shmid)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	const bool may_reserve = kernel_before(6, 1);
	char *address;
	int tries = 0;

	while ((address = ipc->shmat(shmid, NULL, 0)) == (char *)-1 && errno == ENOMEM &&
	       may_reserve && tries++ < 10000)
		nanosleep(&pause, NULL);
	if (address == (char *)-1 && errno == ENOMEM && may_reserve)
		skip("this kernel reserves huge pages in shmat, and there are too few");
	must(address == (char *)-1 ? -1 : 0);
	return address;
}

CHECK("shmat.huge.rounded", LIBC | RAW, NEED_HUGETLB | NEED_PROC | NEED_NAMESPACE,
      "a segment of huge pages is attached in whole huge pages, whatever its size",
      "ipc/shm.c, newseg: ALIGN, and shm_pagesize; shmget(2), SHM_HUGETLB, SHM_NORESERVE")
{
	const size_t page = page_size(), huge = (size_t)meminfo("Hugepagesize:");
	const size_t sizes[] = {1, huge - 1, huge, huge + 1};
	struct shm_info info;
	size_t seen;

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int shmid = must(
			ipc->shmget(IPC_PRIVATE, sizes[i], SHM_HUGETLB | SHM_NORESERVE | 0600));
		char *address = attach_unreserved(ipc, shmid);
		expect_eq(0, (uintptr_t)address % huge);
		expect_eq((sizes[i] + huge - 1) / huge * huge, mapped_length(address, &seen));
		if (seen != 0)
			expect_eq(huge, seen);
		expect_eq(sizes[i], shm_state(shmid).shm_segsz);
		must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
		expect_eq((sizes[i] + page - 1) / page, info.shm_tot);
		expect_eq(0, info.shm_rss);
		shm_expect_nattch(1, shmid);
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(0, shmid);
		remove_huge(shmid);
	}
}

CHECK("shmctl.lock.huge", LIBC | RAW, NEED_HUGETLB | NEED_PROC,
      "SHM_LOCK of a segment of huge pages, which are never swapped, succeeds without effect",
      "ipc/shm.c, shmctl_do_lock: is_file_hugepages")
{
	size_t huge;
	int shmid = huge_segment(ipc, 1, &huge);

	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0, shm_state(shmid).shm_perm.mode & SHM_LOCKED);
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
	remove_huge(shmid);
}
