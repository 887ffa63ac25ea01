/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of semctl: the state of a set, limits and use. */
#include "shared.h"

static const union semun none;

#define AS(CMD) t->real->semctl(semid, semnum, CMD, arg)
#define GIVEN arg.buf
#define CONTROL(CMD, DS) t->real->semctl(semid, semnum, CMD, (union semun){.buf = (DS)})
CONTROL_MUTANTS(ON_SEMCTL, semid_ds, SEM, sem, semid, sem_nsems, "any process may set and remove")

ON_SEMCTL(permission_unchecked, "permission is not checked")
{
	return allowed(EACCES, t->real->semctl(semid, semnum, cmd, arg));
}

ON_SEMCTL(setval_asks_read, "SETVAL needs read permission")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == SETVAL && result == 0 && t->real->semctl(semid, semnum, GETVAL, none) == -1)
		return fails(EACCES);
	return result;
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
ON_SEMCTL(info_swapped, "SEM_INFO returns the data of IPC_INFO")
{
	return t->real->semctl(semid, semnum, cmd == SEM_INFO ? IPC_INFO : cmd, arg);
}

ON_SEMCTL(stat_too_long, "IPC_STAT writes a byte after the structure")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_STAT && result == 0)
		((char *)arg.buf)[sizeof(*arg.buf)] = 0;
	return result;
}

ON_SEMCTL(ctime_of_semop, "semop sets sem_ctime")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_STAT && result == 0 && arg.buf->sem_otime > arg.buf->sem_ctime)
		arg.buf->sem_ctime = arg.buf->sem_otime;
	return result;
}
