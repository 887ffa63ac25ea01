/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of shmat and shmdt. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mutants.h"

static void *fails_to_attach(int error)
{
	errno = error;
	return (void *)-1;
}

ON_SHMAT(address_ignored, "the address is ignored")
{
	return t->real->shmat(shmid, NULL, shmflg & ~SHM_REMAP);
}

/* On a 64-bit machine, a program without a prototype of shmat gets such an address. */
ON_SHMAT(address_cut, "the returned address is truncated to 32 bits")
{
	return (void *)(intptr_t)(int)(intptr_t)t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(rdonly_ignored, "SHM_RDONLY is ignored")
{
	return t->real->shmat(shmid, shmaddr, shmflg & ~SHM_RDONLY);
}

ON_SHMAT(rdonly_by_protection, "an attachment with SHM_RDONLY can be made writable")
{
	struct shmid_ds ds;
	void *address = t->real->shmat(shmid, shmaddr, shmflg & ~SHM_RDONLY);

	if (address != (void *)-1 && shmflg & SHM_RDONLY &&
	    t->real->shmctl(shmid, IPC_STAT, &ds) == 0)
		mprotect(address, ds.shm_segsz, PROT_READ);
	return address;
}

ON_SHMAT(always_rdonly, "a segment is attached for reading only")
{
	return t->real->shmat(shmid, shmaddr, shmflg | SHM_RDONLY);
}

ON_SHMAT(exec_ignored, "SHM_EXEC is ignored")
{
	return t->real->shmat(shmid, shmaddr, shmflg & ~SHM_EXEC);
}

ON_SHMAT(exec_unasked, "a segment may be executed without SHM_EXEC")
{
	struct shmid_ds ds;
	void *address = t->real->shmat(shmid, shmaddr, shmflg);

	if (address != (void *)-1 && t->real->shmctl(shmid, IPC_STAT, &ds) == 0)
		mprotect(address, ds.shm_segsz,
			 PROT_READ | PROT_EXEC | (shmflg & SHM_RDONLY ? 0 : PROT_WRITE));
	return address;
}

ON_SHMAT(rnd_ignored, "SHM_RND is ignored")
{
	return t->real->shmat(shmid, shmaddr, shmflg & ~SHM_RND);
}

ON_SHMAT(rnd_up, "SHM_RND rounds up")
{
	const char *address = shmaddr;

	return t->real->shmat(shmid,
			      shmflg & SHM_RND && (uintptr_t)address % (size_t)SHMLBA
				      ? address + SHMLBA
				      : address,
			      shmflg);
}

ON_SHMAT(always_rnd, "an unaligned address is rounded without SHM_RND")
{
	return t->real->shmat(shmid, shmaddr, shmflg | SHM_RND);
}

ON_SHMAT(always_remaps, "shmat replaces mappings at the address without SHM_REMAP")
{
	return t->real->shmat(shmid, shmaddr, shmaddr ? shmflg | SHM_REMAP : shmflg);
}

ON_SHMAT(remap_ignored, "SHM_REMAP is ignored")
{
	return t->real->shmat(shmid, shmaddr, shmflg & ~SHM_REMAP);
}

/* Kernel commits 95e91b831f87, a73ab244f0da, 8f89c007b6de. */
ON_SHMAT(remap_null, "SHM_REMAP at address 0 attaches somewhere")
{
	return (uintptr_t)shmaddr < (uintptr_t)SHMLBA && shmflg & SHM_RND
		       ? t->real->shmat(shmid, NULL, shmflg & ~(SHM_REMAP | SHM_RND))
		       : t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(remap_detaches_first,
	 "SHM_REMAP detaches the segment at the address before it counts itself")
{
	if (shmaddr && shmflg & SHM_REMAP)
		t->real->shmdt(shmaddr);
	return t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(unpopulated, "mlockall(MCL_FUTURE) has no effect on segments that are attached later")
{
	munlockall();
	return t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(permission_unchecked, "permission is not checked")
{
	void *address = t->real->shmat(shmid, shmaddr, shmflg);

	return address == (void *)-1 && errno == EACCES ? NULL : address;
}

ON_SHMAT(exec_permission_unchecked, "SHM_EXEC does not need execute permission")
{
	void *address = t->real->shmat(shmid, shmaddr, shmflg);

	return address == (void *)-1 && errno == EACCES && shmflg & SHM_EXEC
		       ? t->real->shmat(shmid, shmaddr, shmflg & ~SHM_EXEC)
		       : address;
}

ON_SHMAT(removed_refused, "a segment that was removed while attached is not attached again")
{
	struct shmid_ds ds;

	if (t->real->shmctl(shmid, IPC_STAT, &ds) == 0 && ds.shm_perm.mode & SHM_DEST)
		return fails_to_attach(EIDRM);
	return t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(private_copy, "an attachment is a private copy")
{
	struct shmid_ds ds;
	static char content[65536];
	char *address = t->real->shmat(shmid, shmaddr, shmflg);
	int protection = PROT_READ | PROT_WRITE;

	if (address == (char *)-1 || t->real->shmctl(shmid, IPC_STAT, &ds) != 0 ||
	    ds.shm_segsz > sizeof(content))
		return address;
	memcpy(content, address, ds.shm_segsz);
	if (mmap(address, ds.shm_segsz, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return fails_to_attach(ENOMEM);
	memcpy(address, content, ds.shm_segsz);
	return address;
}

ON_SHMAT(wrong_segment, "the second attachment is of another segment")
{
	static int last = -1;
	int other = last;

	last = shmid;
	return t->real->shmat(other != -1 && other != shmid ? other : shmid, shmaddr, shmflg);
}

/* Kernel commit fc0c8f9089c2, by other means. */
ON_SHMAT(nattch_leak, "an attachment is counted twice")
{
	void *address = t->real->shmat(shmid, shmaddr, shmflg);

	if (address != (void *)-1)
		t->real->shmat(shmid, NULL, shmflg & SHM_RDONLY);
	return address;
}

ON_SHMDT(ignored, "shmdt does nothing")
{
	return 0;
}

ON_SHMDT(first_page, "shmdt detaches the first page only")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if ((uintptr_t)shmaddr % page || !shmaddr)
		return t->real->shmdt(shmaddr);
	return munmap((void *)(uintptr_t)shmaddr, page);
}

ON_SHMDT(forgets_sometimes, "one shmdt in four does nothing")
{
	static unsigned calls;

	return ++calls % 4 == 0 ? 0 : t->real->shmdt(shmaddr);
}

ON_SHMDT(address_unchecked, "shmdt of an address without an attachment succeeds")
{
	return allowed(EINVAL, t->real->shmdt(shmaddr));
}

ON_SHMDT(rounds, "shmdt rounds its address down")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return t->real->shmdt((const char *)shmaddr - (uintptr_t)shmaddr % page);
}

ON_SHMDT(still_readable, "the memory can still be read after shmdt")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int result = t->real->shmdt(shmaddr);

	if (result == 0 && mmap((void *)(uintptr_t)shmaddr, page, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return fails(ENOMEM);
	return result;
}
