/* Faults of shared memory segments. */
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"

/* ---- shmget ------------------------------------------------------------------- */

ON_SHMGET(existing_ignored, "a key that has a segment gets a new one")
{
	return t->real->shmget(shmflg & IPC_CREAT ? IPC_PRIVATE : key, size, shmflg);
}

ON_SHMGET(excl_ignored, "IPC_EXCL is ignored")
{
	return t->real->shmget(key, size, shmflg & ~IPC_EXCL);
}

ON_SHMGET(creat_unasked, "a segment is made without IPC_CREAT")
{
	return t->real->shmget(key, size, shmflg | IPC_CREAT);
}

ON_SHMGET(private_is_a_key, "IPC_PRIVATE is a key as others")
{
	return key == IPC_PRIVATE ? t->real->shmget(INT_MAX, size, (shmflg & ~IPC_EXCL) | IPC_CREAT)
				  : t->real->shmget(key, size, shmflg);
}

ON_SHMGET(mode_lost, "a new segment has no permission for its group")
{
	return t->real->shmget(key, size, shmflg & ~070);
}

ON_SHMGET(permission_unchecked, "the permission that is asked for is not looked at")
{
	int result = t->real->shmget(key, size, shmflg);

	return result == -1 && errno == EACCES ? t->real->shmget(key, size, shmflg & ~0777)
					       : result;
}

ON_SHMGET(one_more, "a segment has one byte more than asked for")
{
	return t->real->shmget(key, size > 0 && shmflg & 0777 ? size + 1 : size, shmflg);
}

ON_SHMGET(one_page_less, "a segment of more than a page lacks the last")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return t->real->shmget(key, size > page && size < 3 * page ? page : size, shmflg);
}

ON_SHMGET(more_found, "a segment is found by who asks for more than it has")
{
	int result = t->real->shmget(key, size, shmflg);

	return result == -1 && errno == EINVAL && key != IPC_PRIVATE
		       ? t->real->shmget(key, 0, shmflg & ~IPC_CREAT)
		       : result;
}

ON_SHMGET(less_refused, "a segment is not found by who asks for less than it has")
{
	struct shmid_ds ds;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && t->real->shmctl(result, IPC_STAT, &ds) == 0 && size < ds.shm_segsz)
		return fails(EINVAL);
	return result;
}

ON_SHMGET(none_is_one, "a segment of 0 bytes is made with one")
{
	return t->real->shmget(key, size == 0 && shmflg & 0777 ? 1 : size, shmflg);
}

ON_SHMGET(size_cut, "a size is cut to 32 bits")
{
	return t->real->shmget(key, (unsigned)size, shmflg);
}

ON_SHMGET(shmmax_one_less, "a segment of shmmax bytes is refused")
{
	struct shminfo info;

	if (t->real->shmctl(0, IPC_INFO, (struct shmid_ds *)&info) != -1 && size == info.shmmax)
		return fails(EINVAL);
	return t->real->shmget(key, size, shmflg);
}

/* The segments and pages there are, and how many may be. */
static bool segments(const struct through *t, struct shm_info *used, struct shminfo *limit)
{
	return t->real->shmctl(0, SHM_INFO, (struct shmid_ds *)used) != -1 &&
	       t->real->shmctl(0, IPC_INFO, (struct shmid_ds *)limit) != -1;
}

ON_SHMGET(shmmni_one_less, "one segment less than shmmni can be had")
{
	struct shm_info used;
	struct shminfo limit;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && segments(t, &used, &limit) &&
	    (unsigned long)used.used_ids >= limit.shmmni) {
		t->real->shmctl(result, IPC_RMID, NULL);
		return fails(ENOSPC);
	}
	return result;
}

ON_SHMGET(shmall_one_less, "one page less than shmall can be had")
{
	struct shm_info used;
	struct shminfo limit;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && segments(t, &used, &limit) && used.shm_tot >= limit.shmall) {
		t->real->shmctl(result, IPC_RMID, NULL);
		return fails(ENOSPC);
	}
	return result;
}

ON_SHMGET(not_zeroed, "the pages of a new segment are not cleared")
{
	int result = t->real->shmget(key, size, shmflg);
	char *address = result != -1 && key == IPC_PRIVATE && size <= 65536
				? t->real->shmat(result, NULL, 0)
				: (void *)-1;

	if (address != (char *)-1) {
		memset(address, 'x', size);
		t->real->shmdt(address);
	}
	return result;
}

ON_SHMGET(hugetlb_ignored, "SHM_HUGETLB is ignored")
{
	return t->real->shmget(key, size,
			       shmflg & ~(SHM_HUGETLB | SHM_HUGE_MASK << SHM_HUGE_SHIFT));
}

ON_SHMGET(huge_size_ignored, "the size of huge pages is ignored")
{
	return t->real->shmget(key, size, shmflg & ~(SHM_HUGE_MASK << SHM_HUGE_SHIFT));
}

ON_SHMGET(next_id_other, "the sequence number of shm_next_id is not taken")
{
	spoil_next_id("shm");
	return t->real->shmget(key, size, shmflg);
}

/* Of this process: the segment that it removed last. */
static int removed = -1;

static int note_removed(const struct through *t, int shmid, int cmd, struct shmid_ds *buf)
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_RMID && result == 0)
		removed = shmid;
	return result;
}

static int reuse_removed(const struct through *t, key_t key, size_t size, int shmflg)
{
	if (removed != -1)
		write_next_id("shm", removed);
	return t->real->shmget(key, size, shmflg);
}

FAULT(sequence_fault, "shmget.sequence_reused", "the id of a removed segment is given again",
      .shmget = reuse_removed, .shmctl = note_removed);

/* ---- shmat and shmdt ------------------------------------------------------------ */

static void *fails_to_attach(int error)
{
	errno = error;
	return (void *)-1;
}

ON_SHMAT(address_ignored, "the address is ignored")
{
	return t->real->shmat(shmid, NULL, shmflg & ~SHM_REMAP);
}

/* What a program without a prototype of shmat sees on a 64-bit machine. */
ON_SHMAT(address_cut, "the address comes back with 32 bits")
{
	return (void *)(intptr_t)(int)(intptr_t)t->real->shmat(shmid, shmaddr, shmflg);
}

ON_SHMAT(rdonly_ignored, "SHM_RDONLY is ignored")
{
	return t->real->shmat(shmid, shmaddr, shmflg & ~SHM_RDONLY);
}

ON_SHMAT(rdonly_by_protection, "what is attached with SHM_RDONLY can be made writable")
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

ON_SHMAT(always_remaps, "what is mapped at the address is replaced without SHM_REMAP")
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

ON_SHMAT(permission_unchecked, "permission is not asked for")
{
	void *address = t->real->shmat(shmid, shmaddr, shmflg);

	return address == (void *)-1 && errno == EACCES ? NULL : address;
}

ON_SHMAT(exec_permission_unchecked, "SHM_EXEC does not ask for execute permission")
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

ON_SHMAT(private_copy, "an attachment is a copy of its own")
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

ON_SHMAT(wrong_segment, "the second attachment is one of another segment")
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

ON_SHMDT(address_unchecked, "shmdt of what is no attachment succeeds")
{
	return allowed(EINVAL, t->real->shmdt(shmaddr));
}

ON_SHMDT(rounds, "shmdt rounds its address down")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return t->real->shmdt((const char *)shmaddr - (uintptr_t)shmaddr % page);
}

ON_SHMDT(still_readable, "what was detached can still be read")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int result = t->real->shmdt(shmaddr);

	if (result == 0 && mmap((void *)(uintptr_t)shmaddr, page, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return fails(ENOMEM);
	return result;
}

/* ---- shmctl ------------------------------------------------------------------- */

/* IPC_SET of what is there, but for what this function says. */
static int set_but(const struct through *t, int shmid, int cmd, struct shmid_ds *buf,
		   void (*keep)(struct shmid_ds *new, const struct shmid_ds *now))
{
	struct shmid_ds now, new;

	if (cmd != IPC_SET || t->real->shmctl(shmid, IPC_STAT, &now) != 0 ||
	    !read_memory(&new, buf, sizeof(new)))
		return t->real->shmctl(shmid, cmd, buf);
	keep(&new, &now);
	return t->real->shmctl(shmid, IPC_SET, &new);
}

static void keep_uid(struct shmid_ds *new, const struct shmid_ds *now)
{
	new->shm_perm.uid = now->shm_perm.uid;
}

static void keep_gid(struct shmid_ds *new, const struct shmid_ds *now)
{
	new->shm_perm.gid = now->shm_perm.gid;
}

static void keep_mode(struct shmid_ds *new, const struct shmid_ds *now)
{
	new->shm_perm.mode = now->shm_perm.mode;
}

ON_SHMCTL(set_not_uid, "IPC_SET does not set the owner")
{
	return set_but(t, shmid, cmd, buf, keep_uid);
}

ON_SHMCTL(set_not_gid, "IPC_SET does not set the group")
{
	return set_but(t, shmid, cmd, buf, keep_gid);
}

ON_SHMCTL(set_not_mode, "IPC_SET does not set the mode")
{
	return set_but(t, shmid, cmd, buf, keep_mode);
}

ON_SHMCTL(ctime_kept, "shm_ctime stays as it was first seen")
{
	static int seen = -1;
	static time_t ctime;
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd != IPC_STAT || result == -1 || t->raw)
		return result;
	if (seen != shmid) {
		seen = shmid;
		ctime = buf->shm_ctime;
	}
	buf->shm_ctime = ctime;
	return result;
}

ON_SHMCTL(set_permission_unchecked, "whoever asks may set, remove, lock and unlock")
{
	return allowed(EPERM, t->real->shmctl(shmid, cmd, buf));
}

ON_SHMCTL(stat_permission_unchecked, "IPC_STAT and SHM_STAT do not ask for read permission")
{
	return allowed(EACCES, t->real->shmctl(shmid, cmd, buf));
}

ON_SHMCTL(rmid_ignored, "IPC_RMID does nothing")
{
	return cmd == IPC_RMID ? 0 : t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(rmid_attached_ignored, "IPC_RMID of a segment that is attached does nothing")
{
	struct shmid_ds ds;

	if (cmd == IPC_RMID && t->real->shmctl(shmid, IPC_STAT, &ds) == 0 && ds.shm_nattch > 0)
		return 0;
	return t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(dest_missing, "SHM_DEST is not set")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		buf->shm_perm.mode &= (unsigned short)~SHM_DEST;
	return result;
}

ON_SHMCTL(locked_missing, "SHM_LOCKED is not set")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		buf->shm_perm.mode &= (unsigned short)~SHM_LOCKED;
	return result;
}

ON_SHMCTL(unlock_ignored, "SHM_UNLOCK does nothing")
{
	return cmd == SHM_UNLOCK ? 0 : t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(lock_unlimited, "RLIMIT_MEMLOCK is not looked at")
{
	return allowed(ENOMEM, t->real->shmctl(shmid, cmd, buf));
}

ON_SHMCTL(unlock_asks, "SHM_UNLOCK asks for what SHM_LOCK does")
{
	if (cmd == SHM_UNLOCK && t->real->shmctl(shmid, SHM_LOCK, NULL) == -1)
		return -1;
	return t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(command_unknown, "a command that there is none of succeeds")
{
	static const int known[] = {IPC_RMID, IPC_SET,	    IPC_STAT, IPC_INFO,	 SHM_STAT,
				    SHM_INFO, SHM_STAT_ANY, SHM_LOCK, SHM_UNLOCK};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (cmd == known[i])
			return t->real->shmctl(shmid, cmd, buf);
	return 0;
}

/* glibc bug 26636. */
ON_SHMCTL(info_swapped, "SHM_INFO gives what IPC_INFO does")
{
	struct shminfo limits;

	if (cmd != SHM_INFO)
		return t->real->shmctl(shmid, cmd, buf);
	int result = t->real->shmctl(shmid, IPC_INFO, (struct shmid_ds *)&limits);
	if (result != -1)
		memcpy(buf, &limits, sizeof(struct shm_info));
	return result;
}

/* What a compat kernel says of a large shmmax. */
ON_SHMCTL(shmmax_clamped, "IPC_INFO clamps shmmax to 31 bits")
{
	int result = t->real->shmctl(shmid, cmd, buf);
	struct shminfo *info = (struct shminfo *)buf;

	if (cmd == IPC_INFO && result != -1 && info->shmmax > INT_MAX)
		info->shmmax = INT_MAX;
	return result;
}

ON_SHMCTL(info_slot, "IPC_INFO and SHM_INFO give a slot that is one too high")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	return result != -1 && (cmd == IPC_INFO || cmd == SHM_INFO) ? result + 1 : result;
}

ON_SHMCTL(info_permission, "only root may ask for limits and use")
{
	return (cmd == IPC_INFO || cmd == SHM_INFO) && geteuid() != 0
		       ? fails(EPERM)
		       : t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(stat_without_id, "SHM_STAT and SHM_STAT_ANY return 0 and not the id")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	return result > 0 && (cmd == SHM_STAT || cmd == SHM_STAT_ANY) ? 0 : result;
}

ON_SHMCTL(stat_any_asks, "SHM_STAT_ANY asks for read permission")
{
	return t->real->shmctl(shmid, cmd == SHM_STAT_ANY ? SHM_STAT : cmd, buf);
}

ON_SHMCTL(stat_by_id, "SHM_STAT takes an id")
{
	int result = t->real->shmctl(shmid, cmd == SHM_STAT ? IPC_STAT : cmd, buf);

	return cmd == SHM_STAT && result == 0 ? shmid : result;
}

ON_SHMCTL(ipc_64, "libc hands IPC_64 to a kernel that does not know it")
{
	return t->real->shmctl(shmid, t->raw ? cmd : cmd | IPC_64, buf);
}

ON_SHMCTL(ipc_64_accepted, "a command with IPC_64 is taken where there is no such version")
{
	return t->real->shmctl(shmid, cmd & ~IPC_64, buf);
}

ON_SHMCTL(padding, "what is behind the last member of IPC_STAT is not cleared")
{
	int result = t->real->shmctl(shmid, cmd, buf);
	const size_t end = offsetof(struct shmid_ds, shm_nattch) + sizeof(buf->shm_nattch);

	if (cmd == IPC_STAT && result == 0 && sizeof(long) == 8)
		memset((char *)buf + end, 0xa5, sizeof(*buf) - end);
	return result;
}

ON_SHMCTL(stat_too_long, "IPC_STAT writes a byte behind the structure")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		((char *)buf)[sizeof(*buf)] = 0;
	return result;
}

ON_SHMCTL(size_rounded, "shm_segsz is a whole number of pages")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		buf->shm_segsz = (buf->shm_segsz + page - 1) / page * page;
	return result;
}
