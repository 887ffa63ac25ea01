/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmat and shmdt of shmop(2): the memory. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include "checks/common/objects.h"

/* The number in a file of /proc; 0 if there is no such file. */
static unsigned long proc_number(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long number;

	if (!file || fscanf(file, "%lu", &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	return number;
}

static int new_segment(const struct ipc_calls *ipc, size_t pages)
{
	return must(ipc->shmget(IPC_PRIVATE, pages * page_size(), 0600));
}

/* ---- addresses and flags ---------------------------------------------------------- */

CHECK("shmat.anywhere", LIBC | RAW, 0, "with a NULL address the kernel chooses one", "shmop(2)")
{
	int shmid = new_segment(ipc, 1);
	char *address = attach(ipc, shmid, NULL, 0);

	expect_eq(0, (uintptr_t)address % page_size());
	strcpy(address, "text");
	expect_bytes("text", address, 5);
	expect_eq(0, ipc->shmdt(address));
}

CHECK("shmat.given_address", LIBC | RAW, 0, "a segment is attached at a given aligned address",
      "shmop(2)")
{
	int shmid = new_segment(ipc, 1);
	char *place = shm_free_place(1);

	expect_eq((intptr_t)place, (intptr_t)ipc->shmat(shmid, place, 0));
	strcpy(place, "text");
	expect_eq(0, ipc->shmdt(place));
	expect_eq((intptr_t)place, (intptr_t)ipc->shmat(shmid, place, 0));
	expect_bytes("text", place, 5);
}

CHECK("shmat.rnd", LIBC | RAW, 0, "SHM_RND rounds an address down to a multiple of SHMLBA",
      "shmop(2), SHM_RND")
{
	const size_t offsets[] = {0, 1, (size_t)SHMLBA / 2, (size_t)SHMLBA - 1};
	int shmid = new_segment(ipc, 1);

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		char *place = shm_free_place(1);
		expect_eq((intptr_t)place,
			  (intptr_t)ipc->shmat(shmid, place + offsets[i], SHM_RND));
		expect_eq(0, ipc->shmdt(place));
	}
}

CHECK("shmat.einval_unaligned", LIBC | RAW, 0,
      "without SHM_RND an address that is not page-aligned fails", "shmop(2), EINVAL")
{
	int shmid = new_segment(ipc, 1);
	char *place = shm_free_place(1);

	expect_errno(EINVAL, ipc->shmat(shmid, place + 1, 0));
	expect_errno(EINVAL, ipc->shmat(shmid, place + page_size() - 1, SHM_RDONLY));
	expect_eq(0, shm_state(shmid).shm_nattch);
}

CHECK("shmat.einval_taken", LIBC | RAW, 0, "an address in use fails with EINVAL",
      "shmop(2), EINVAL")
{
	int shmid = new_segment(ipc, 2);
	char *first = attach(ipc, shmid, shm_free_place(2), 0);

	expect_errno(EINVAL, ipc->shmat(shmid, first, 0));
	*first = 'x';
	expect_eq('x', *first);
	expect_eq(1, shm_state(shmid).shm_nattch);
}

CHECK("shmat.remap", LIBC | RAW, 0, "SHM_REMAP replaces the mappings at an address",
      "shmop(2), SHM_REMAP")
{
	int shmid = new_segment(ipc, 1), other = new_segment(ipc, 1);
	char *place = attach(ipc, shmid, shm_free_place(1), 0);

	strcpy(place, "replaced");
	expect_eq((intptr_t)place, (intptr_t)ipc->shmat(other, place, SHM_REMAP));
	expect_eq(0, place[0]);
	expect_eq(0, shm_state(shmid).shm_nattch);
	expect_eq(1, shm_state(other).shm_nattch);
}

CHECK("shmat.remap_removed", LIBC | RAW, 0,
      "SHM_REMAP of a removed segment in place of its only attachment keeps the segment",
      "ipc/shm.c, do_shmat: shm_nattch counts a shmat from its beginning; shmop(2), SHM_REMAP")
{
	int shmid = new_segment(ipc, 1);
	char *place = attach(ipc, shmid, shm_free_place(1), 0);
	struct shmid_ds ds;

	strcpy(place, "text");
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	for (int i = 0; i < 2; i++) {
		if (!expect_eq((intptr_t)place, (intptr_t)ipc->shmat(shmid, place, SHM_REMAP)))
			return;
		expect_bytes("text", place, 5);
		shm_expect_nattch(1, shmid);
		expect_eq(SHM_DEST | 0600, shm_state(shmid).shm_perm.mode);
	}
	expect_eq(0, ipc->shmdt(place));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
}

CHECK("shmat.remap_null", LIBC | RAW, 0,
      "SHM_REMAP fails at address 0, and at an address that SHM_RND rounds to 0",
      "shmop(2), EINVAL; kernel commits 95e91b831f87, a73ab244f0da, 8f89c007b6de")
{
	char *const low = (char *)(uintptr_t)(SHMLBA - 1);
	int shmid = new_segment(ipc, 1);

	expect_errno(EINVAL, ipc->shmat(shmid, NULL, SHM_REMAP));
	expect_errno(EINVAL, ipc->shmat(shmid, NULL, SHM_REMAP | SHM_RND));
	expect_errno(EINVAL, ipc->shmat(shmid, low, SHM_REMAP | SHM_RND));
	expect_errno(EINVAL, ipc->shmat(shmid, (char *)(uintptr_t)1, SHM_REMAP | SHM_RND));
}

/* On arm, no process may map below FIRST_USER_ADDRESS (asm/mman.h, arch_mmap_check). */
static int errno_at_zero(void)
{
#ifdef __arm__
	if (!kernel_is_wider())
		return EINVAL;
#endif
	return EPERM;
}

CHECK("shmat.rnd_null", LIBC | RAW, NEED_PROC,
      "an address that SHM_RND rounds to 0 means address 0, which only privileged processes may "
      "map",
      "kernel commits 95e91b831f87, a73ab244f0da; mmap(2), EPERM; proc(5), mmap_min_addr")
{
	char *const low = (char *)(uintptr_t)(SHMLBA - 1);
	int shmid = new_segment(ipc, 1);

	if (proc_number("/proc/sys/vm/mmap_min_addr") < page_size())
		skip("every process may map address 0");
	drop_privileges();
	expect_errno(errno_at_zero(), ipc->shmat(shmid, low, SHM_RND));
	expect_errno(errno_at_zero(),
		     ipc->shmat(shmid, (char *)(uintptr_t)1, SHM_RND | SHM_RDONLY));
	expect_eq(0, shm_state(shmid).shm_nattch);
	/* With a NULL address the kernel chooses one. */
	expect_ok(ipc->shmat(shmid, NULL, SHM_RND));
}

CHECK("shmat.remap_part", LIBC | RAW, 0,
      "SHM_REMAP replaces exactly the pages of the segment, and leaves those beside them",
      "shmop(2), SHM_REMAP: \"the range starting at shmaddr and continuing for the size\"")
{
	const size_t page = page_size(), lba = (size_t)SHMLBA;
	int below = new_segment(ipc, 3 * lba / page), shmid = new_segment(ipc, 1);
	char *place = attach(ipc, below, shm_free_place(3 * lba / page), 0);

	memset(place, 'b', 3 * lba);
	expect_eq((intptr_t)(place + lba), (intptr_t)ipc->shmat(shmid, place + lba, SHM_REMAP));
	expect_eq('b', place[lba - 1]);
	expect_eq(0, place[lba]);
	expect_eq(0, place[lba + page - 1]);
	expect_eq('b', place[2 * lba]);
	place[lba] = 'n';
	expect_eq('n', *attach(ipc, shmid, NULL, SHM_RDONLY));
	expect_eq('b', attach(ipc, below, NULL, SHM_RDONLY)[lba]);
}

static void leave_by_segv(int signal UNUSED)
{
	_exit(0);
}

/* Expects that an access raises SIGSEGV, which is caught to avoid a core file and a log line. */
static void expect_segv(volatile char *address, bool write)
{
	pid_t pid;

	CHILD (pid) {
		must(signal(SIGSEGV, leave_by_segv) == SIG_ERR ? -1 : 0);
		char seen = *address;
		if (write)
			*address = seen;
		fail_at(HERE, write ? "a write" : "a read", "SIGSEGV", "success");
	}
	child_join(pid);
}

CHECK("shmat.rdonly", LIBC | RAW, 0, "with SHM_RDONLY a segment can be read but not written",
      "shmop(2), SHM_RDONLY")
{
	int shmid = new_segment(ipc, 1);
	char *writable = attach(ipc, shmid, NULL, 0);
	char *readable = attach(ipc, shmid, NULL, SHM_RDONLY);

	*writable = 'x';
	expect_eq('x', *readable);
	expect_segv(readable, true);
}

CHECK("shmat.rdonly_mprotect", LIBC | RAW, 0,
      "an attachment with SHM_RDONLY cannot be made writable", "mprotect(2), EACCES")
{
	char *readable = attach(ipc, new_segment(ipc, 1), NULL, SHM_RDONLY);

	expect_errno(EACCES, mprotect(readable, page_size(), PROT_READ | PROT_WRITE));
	expect_ok(mprotect(readable, page_size(), PROT_NONE));
	expect_ok(mprotect(readable, page_size(), PROT_READ));
}

/* Whether the mapping at an address is executable. */
static bool executable(const char *address)
{
	char line[512], flags[8] = "";
	unsigned long from = 0;
	FILE *file = fopen("/proc/self/maps", "r");

	must(file ? 0 : -1);
	while (from != (uintptr_t)address && fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-%*x %7s", &from, flags) != 2)
			from = 0;
	fclose(file);
	expect_eq((intptr_t)address, (intptr_t)from);
	return flags[2] == 'x';
}

CHECK("shmat.exec", LIBC | RAW, NEED_PROC,
      "an attachment is executable with SHM_EXEC, and not without", "shmop(2), SHM_EXEC")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, page_size(), 0700));
	const int all = PROT_READ | PROT_WRITE | PROT_EXEC;

	/* PR_SET_MDWE of Linux 6.3, systemd's MemoryDenyWriteExecute, SELinux's execmem. */
	if (mmap(NULL, page_size(), all, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		skip("this process may not map memory that is both writable and executable");
	expect(executable(attach(ipc, shmid, NULL, SHM_EXEC)));
	/* With READ_IMPLIES_EXEC, readable memory is executable without SHM_EXEC. */
	if (!(personality(0xffffffff) & READ_IMPLIES_EXEC))
		expect(!executable(attach(ipc, shmid, NULL, 0)));
}

/* ---- errors --------------------------------------------------------------------------- */

CHECK("shmat.einval_id", LIBC | RAW, 0, "an unknown id fails with EINVAL", "shmop(2), EINVAL")
{
	int removed = new_segment(ipc, 1);

	must(libc_calls.shmctl(removed, IPC_RMID, NULL));
	expect_errno(EINVAL, ipc->shmat(-1, NULL, 0));
	expect_errno(EINVAL, ipc->shmat(removed, NULL, 0));
}

CHECK("shmat.eacces", LIBC | RAW, 0,
      "shmat needs read permission, without SHM_RDONLY write permission, with SHM_EXEC execute "
      "permission",
      "shmop(2), EACCES")
{
	int none = must(ipc->shmget(IPC_PRIVATE, 1, 0000));
	int readable = must(ipc->shmget(IPC_PRIVATE, 1, 0400));
	int writable = must(ipc->shmget(IPC_PRIVATE, 1, 0200));

	drop_privileges();
	expect_errno(EACCES, ipc->shmat(none, NULL, SHM_RDONLY));
	expect_errno(EACCES, ipc->shmat(writable, NULL, 0));
	expect_errno(EACCES, ipc->shmat(writable, NULL, SHM_RDONLY));
	expect_errno(EACCES, ipc->shmat(readable, NULL, 0));
	expect_errno(EACCES, ipc->shmat(readable, NULL, SHM_RDONLY | SHM_EXEC));
	expect_ok((intptr_t)ipc->shmat(readable, NULL, SHM_RDONLY));
}

CHECK("shmat.enomem", LIBC | RAW, NEED_NAMESPACE,
      "a segment that does not fit in RLIMIT_AS is neither attached nor counted",
      "shmop(2), ENOMEM; getrlimit(2), RLIMIT_AS")
{
	/* With SHM_NORESERVE and untouched, a large segment uses no memory. */
	const size_t size = (size_t)1 << 28;
	int shmid = ipc->shmget(IPC_PRIVATE, size, SHM_NORESERVE | 0600);
	struct rlimit limit;

	if (shmid == -1 && errno == ENOMEM)
		need_overcommit();
	must(shmid);
	must(getrlimit(RLIMIT_AS, &limit));
	if (limit.rlim_cur > size)
		limit.rlim_cur = size;
	must(setrlimit(RLIMIT_AS, &limit));
	expect_errno(ENOMEM, ipc->shmat(shmid, NULL, 0));
	expect_eq(0, shm_state(shmid).shm_nattch);
	expect_ok(ipc->shmat(new_segment(ipc, 1), NULL, 0));
}

CHECK("shmdt.einval", LIBC | RAW, 0,
      "shmdt fails with EINVAL at an address where no attachment begins", "shmop(2), EINVAL")
{
	int shmid = new_segment(ipc, 3);
	char *address = attach(ipc, shmid, NULL, 0);
	char *memory = memory_end() - page_size();
	/* The memory of such a mapping is like a segment's, but it has no id. */
	char *shared =
		mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(shared == MAP_FAILED ? -1 : 0);
	*shared = 'x';
	expect_errno(EINVAL, ipc->shmdt(NULL));
	expect_errno(EINVAL, ipc->shmdt(memory));
	if (!expect_errno(EINVAL, ipc->shmdt(shared)))
		return;
	expect_eq('x', *shared);
	expect_errno(EINVAL, ipc->shmdt(address + page_size()));
	expect_errno(EINVAL, ipc->shmdt(address + 1));
	expect_eq(1, shm_state(shmid).shm_nattch);
	expect_eq(0, ipc->shmdt(address));
	expect_errno(EINVAL, ipc->shmdt(address));
}

/* ---- shared content --------------------------------------------------------------------- */

CHECK("shmat.shared", LIBC | RAW, 0,
      "data written through one attachment is visible through another and to other processes",
      "shmop(2)")
{
	int shmid = new_segment(ipc, 1);
	char *one = attach(ipc, shmid, NULL, 0), *two = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	expect(one != two);
	strcpy(one, "parent");
	expect_bytes("parent", two, 7);
	CHILD (pid) {
		char *own = attach(ipc, shmid, NULL, 0);
		expect_bytes("parent", own, 7);
		expect_bytes("parent", one, 7);
		strcpy(own, "child");
	}
	child_join(pid);
	expect_bytes("child", one, 6);
	expect_bytes("child", two, 6);
}

CHECK("shmat.kept_detached", LIBC | RAW, 0, "a segment keeps its data while it is not attached",
      "shmop(2)")
{
	int shmid = new_segment(ipc, 1);
	pid_t pid;

	CHILD (pid)
		strcpy(attach(ipc, shmid, NULL, 0), "kept");
	child_join(pid);
	shm_expect_nattch(0, shmid);
	expect_bytes("kept", attach(ipc, shmid, NULL, 0), 5);
}

CHECK("shmat.after_rmid", LIBC | RAW, 0,
      "a segment that was removed while attached can still be attached by its id",
      "shmop(2), \"already marked to be deleted\"")
{
	int shmid = must(ipc->shmget(check_key(0), 1, IPC_CREAT | 0600));
	char *one = attach(ipc, shmid, NULL, 0);

	strcpy(one, "text");
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_bytes("text", attach(ipc, shmid, NULL, 0), 5);
	expect_eq(2, shm_state(shmid).shm_nattch);
}

CHECK("shmdt.segv", LIBC | RAW, 0, "access to a detached segment raises SIGSEGV", "shmop(2)")
{
	char *address = attach(ipc, new_segment(ipc, 1), NULL, 0);

	*address = 'x';
	must(ipc->shmdt(address));
	expect_segv(address, false);
}

CHECK("shmat.partial_munmap", LIBC | RAW, 0,
      "the rest of an attachment after munmap stays attached until shmdt", "ipc/shm.c, ksys_shmdt")
{
	const size_t page = page_size();

	for (size_t hole = 0; hole < 3; hole++) {
		int shmid = new_segment(ipc, 3);
		char *address = attach(ipc, shmid, NULL, 0);
		must(munmap(address + hole * page, page));
		for (size_t i = 0; i < 3; i++)
			if (i == hole)
				expect_segv(address + i * page, false);
			else
				address[i * page] = 'x';
		expect(shm_state(shmid).shm_nattch >= 1);
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(0, shmid);
	}
}

CHECK("shmat.given_address.exact", LIBC | RAW, 0,
      "a segment fits into a gap of exactly its size, and not if the last page is in use",
      "shmop(2), EINVAL; ipc/shm.c, do_shmat: find_vma_intersection")
{
	const size_t page = page_size(), lba = (size_t)SHMLBA;
	const size_t pages = 3, length = pages * page;
	int shmid = new_segment(ipc, pages);
	const size_t whole = (length + lba - 1) / lba * lba + 2 * lba;
	char *all =
		mmap(NULL, whole + lba, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(all == MAP_FAILED ? -1 : 0);
	/* The gap begins at a multiple of SHMLBA, with mappings before and behind it. */
	char *gap = all + 2 * lba - (uintptr_t)all % lba;
	gap[-1] = 'b';
	gap[length - page] = 'l';
	must(munmap(gap, length - page));
	expect_errno(EINVAL, ipc->shmat(shmid, gap, 0));
	expect_eq('l', gap[length - page]);
	expect_eq(0, shm_state(shmid).shm_nattch);
	must(munmap(gap + length - page, page));
	gap[length] = 'a';
	if (!expect_eq((intptr_t)gap, (intptr_t)ipc->shmat(shmid, gap, 0)))
		return;
	expect_eq('b', gap[-1]);
	expect_eq('a', gap[length]);
	expect_eq(0, gap[length - 1]);
	expect_eq(0, ipc->shmdt(gap));
	expect_eq('b', gap[-1]);
	expect_eq('a', gap[length]);
}

CHECK("shmat.rdonly_exec", LIBC | RAW, 0,
      "with SHM_RDONLY and SHM_EXEC a segment can be read, and not written",
      "shmop(2), SHM_RDONLY, SHM_EXEC")
{
	int shmid = new_segment(ipc, 1);
	char *writable = attach(ipc, shmid, NULL, 0);
	char *readable = ipc->shmat(shmid, NULL, SHM_RDONLY | SHM_EXEC);

	if (readable == (char *)-1 && (errno == EACCES || errno == EPERM))
		skip("memory may not be executable here");
	must(readable);
	*writable = 'x';
	expect_eq('x', *readable);
	expect_segv(readable, true);
	expect_errno(EACCES, mprotect(readable, page_size(), PROT_READ | PROT_WRITE));
}
