/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of semctl: the state of a set, limits and use. */
#include <string.h>
#include <unistd.h>

#include "mutants.h"

static const union semun none;

/* IPC_SET of what is there, but for what this function says. */
static int set_but(const struct through *t, int semid, int semnum, int cmd, union semun arg,
		   void (*keep)(struct semid_ds *new, const struct semid_ds *now))
{
	struct semid_ds now = {0}, new = {0};

	if (cmd != IPC_SET ||
	    t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &now}) != 0 ||
	    !read_memory(&new, arg.buf, sizeof(new)))
		return t->real->semctl(semid, semnum, cmd, arg);
	keep(&new, &now);
	return t->real->semctl(semid, semnum, IPC_SET, (union semun){.buf = &new});
}

static void keep_uid(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.uid = now->sem_perm.uid;
}

static void keep_gid(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.gid = now->sem_perm.gid;
}

static void keep_mode(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.mode = now->sem_perm.mode;
}

ON_SEMCTL(set_not_uid, "IPC_SET does not set the owner")
{
	return set_but(t, semid, semnum, cmd, arg, keep_uid);
}

ON_SEMCTL(set_not_gid, "IPC_SET does not set the group")
{
	return set_but(t, semid, semnum, cmd, arg, keep_gid);
}

ON_SEMCTL(set_not_mode, "IPC_SET does not set the mode")
{
	return set_but(t, semid, semnum, cmd, arg, keep_mode);
}

ON_SEMCTL(ctime_kept, "sem_ctime stays as it was first seen")
{
	static int seen = -1;
	static time_t ctime;
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd != IPC_STAT || result == -1 || t->raw)
		return result;
	if (seen != semid) {
		seen = semid;
		ctime = arg.buf->sem_ctime;
	}
	arg.buf->sem_ctime = ctime;
	return result;
}

ON_SEMCTL(set_permission_unchecked, "any process may set and remove")
{
	return allowed(EPERM, t->real->semctl(semid, semnum, cmd, arg));
}

ON_SEMCTL(permission_unchecked, "permission is not asked for")
{
	return allowed(EACCES, t->real->semctl(semid, semnum, cmd, arg));
}

ON_SEMCTL(setval_asks_read, "SETVAL asks for read permission")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == SETVAL && result == 0 && t->real->semctl(semid, semnum, GETVAL, none) == -1)
		return fails(EACCES);
	return result;
}

ON_SEMCTL(rmid_ignored, "IPC_RMID does nothing")
{
	return cmd == IPC_RMID ? 0 : t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(command_unknown, "an unknown command succeeds")
{
	static const int known[] = {IPC_RMID, IPC_SET,	    IPC_STAT, IPC_INFO, SEM_STAT,
				    SEM_INFO, SEM_STAT_ANY, GETPID,   GETVAL,	GETALL,
				    GETNCNT,  GETZCNT,	    SETVAL,   SETALL};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (cmd == known[i])
			return t->real->semctl(semid, semnum, cmd, arg);
	return 0;
}

/* glibc bug 26637. */
ON_SEMCTL(info_swapped, "SEM_INFO gives what IPC_INFO does")
{
	return t->real->semctl(semid, semnum, cmd == SEM_INFO ? IPC_INFO : cmd, arg);
}

ON_SEMCTL(info_slot, "IPC_INFO and SEM_INFO give a slot that is one too high")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result != -1 && (cmd == IPC_INFO || cmd == SEM_INFO) ? result + 1 : result;
}

ON_SEMCTL(info_permission, "only root may ask for limits and use")
{
	return (cmd == IPC_INFO || cmd == SEM_INFO) && geteuid() != 0
		       ? fails(EPERM)
		       : t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(stat_without_id, "SEM_STAT and SEM_STAT_ANY return 0 and not the id")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result > 0 && (cmd == SEM_STAT || cmd == SEM_STAT_ANY) ? 0 : result;
}

ON_SEMCTL(stat_any_asks, "SEM_STAT_ANY asks for read permission")
{
	return t->real->semctl(semid, semnum, cmd == SEM_STAT_ANY ? SEM_STAT : cmd, arg);
}

ON_SEMCTL(stat_by_id, "SEM_STAT takes an id")
{
	int result = t->real->semctl(semid, semnum, cmd == SEM_STAT ? IPC_STAT : cmd, arg);

	return cmd == SEM_STAT && result == 0 ? semid : result;
}

ON_SEMCTL(ipc_64, "libc hands IPC_64 to a kernel that does not know it")
{
	return t->real->semctl(semid, semnum, t->raw ? cmd : cmd | IPC_64, arg);
}

ON_SEMCTL(ipc_64_accepted, "a command with IPC_64 is taken where there is no such version")
{
	return t->real->semctl(semid, semnum, cmd & ~IPC_64, arg);
}

ON_SEMCTL(padding, "what is behind the last member of IPC_STAT is not cleared")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);
	const size_t end = offsetof(struct semid_ds, sem_nsems) + sizeof(arg.buf->sem_nsems);

	if (cmd == IPC_STAT && result == 0 && sizeof(long) == 8)
		memset((char *)arg.buf + end, 0xa5, sizeof(*arg.buf) - end);
	return result;
}

ON_SEMCTL(stat_too_long, "IPC_STAT writes a byte behind the structure")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_STAT && result == 0)
		((char *)arg.buf)[sizeof(*arg.buf)] = 0;
	return result;
}
