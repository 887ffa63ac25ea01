/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of shmctl. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "shared.h"

#define AS(CMD) t->real->shmctl(shmid, CMD, buf)
#define GIVEN buf
#define CONTROL(CMD, DS) t->real->shmctl(shmid, CMD, DS)
CONTROL_MUTANTS(ON_SHMCTL, shmid_ds, SHM, shm, shmid, shm_nattch,
		"any process may set, remove, lock and unlock")

ON_SHMCTL(stat_permission_unchecked, "IPC_STAT and SHM_STAT do not need read permission")
{
	return allowed(EACCES, t->real->shmctl(shmid, cmd, buf));
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

/* An id without a mapping reads as 65534 (user_namespaces(7)). */
ON_SHMCTL(lock_first_namespace, "CAP_IPC_LOCK counts in the first user namespace alone")
{
	struct shmid_ds ds;

	if ((cmd == SHM_LOCK || cmd == SHM_UNLOCK) && t->real->shmctl(shmid, IPC_STAT, &ds) == 0 &&
	    ds.shm_perm.uid == NOBODY)
		return fails(EPERM);
	return t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(lock_needs_mode, "SHM_LOCK and SHM_UNLOCK need read permission")
{
	struct shmid_ds ds;

	if ((cmd == SHM_LOCK || cmd == SHM_UNLOCK) && t->real->shmctl(shmid, IPC_STAT, &ds) == -1)
		return -1;
	return t->real->shmctl(shmid, cmd, buf);
}

ON_SHMCTL(lock_unlimited, "RLIMIT_MEMLOCK is not checked")
{
	return allowed(ENOMEM, t->real->shmctl(shmid, cmd, buf));
}

ON_SHMCTL(unlock_asks, "SHM_UNLOCK needs the same permission as SHM_LOCK")
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
ON_SHMCTL(info_swapped, "SHM_INFO returns the data of IPC_INFO")
{
	struct shminfo limits;

	if (cmd != SHM_INFO)
		return t->real->shmctl(shmid, cmd, buf);
	int result = t->real->shmctl(shmid, IPC_INFO, (struct shmid_ds *)&limits);
	if (result != -1)
		memcpy(buf, &limits, sizeof(struct shm_info));
	return result;
}

/* A 64-bit kernel returns this for a large shmmax to a 32-bit program. */
ON_SHMCTL(shmmax_clamped, "IPC_INFO clamps shmmax to 31 bits")
{
	int result = t->real->shmctl(shmid, cmd, buf);
	struct shminfo *info = (struct shminfo *)buf;

	if (cmd == IPC_INFO && result != -1 && info->shmmax > INT_MAX)
		info->shmmax = INT_MAX;
	return result;
}

ON_SHMCTL(stat_too_long, "IPC_STAT writes a byte after the structure")
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
