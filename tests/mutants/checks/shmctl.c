/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of shmctl. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "mutants.h"

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

ON_SHMCTL(set_permission_unchecked, "any process may set, remove, lock and unlock")
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

ON_SHMCTL(command_unknown, "an unknown command succeeds")
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
