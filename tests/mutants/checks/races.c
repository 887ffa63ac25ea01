/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants that do one step as two; only calls at the same time show the difference. */
#include <sched.h>
#include <string.h>

#include "mutants.h"

/* Lets another process run between the two steps. */
static void between(void)
{
	for (int i = 0; i < 4; i++)
		sched_yield();
}

ON_SEMOP(torn, "an array of operations that can be done at once is done in two steps")
{
	struct sembuf copy[4];
	size_t first = nsops / 2;

	if (timeout || nsops < 2 || nsops > 4 || !read_memory(copy, sops, nsops * sizeof(*copy)))
		return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
			       : t->real->semop(semid, sops, nsops);
	for (size_t i = 0; i < nsops; i++)
		if (copy[i].sem_op < 0 || copy[i].sem_flg & SEM_UNDO)
			return t->real->semop(semid, sops, nsops);
	/* No operation waits for a larger value.  With a wait for zero, make one call. */
	for (size_t i = 0; i < nsops; i++)
		if (copy[i].sem_op == 0)
			return t->real->semop(semid, sops, nsops);
	int result = t->real->semop(semid, copy, first);
	between();
	return result == -1 ? -1 : t->real->semop(semid, copy + first, nsops - first);
}

ON_MSGRCV(taken_twice, "two processes that receive at the same time can get the same message")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	char copy[sizeof(long) + 64];

	if (result < 0 || result > 64 || msgflg & MSG_COPY || msgtyp >= 0 ||
	    !read_memory(copy, msgp, sizeof(long) + (size_t)result))
		return result;
	/* Put the message back for a moment, so that another process can receive it. */
	if (t->real->msgsnd(msqid, copy, (size_t)result, IPC_NOWAIT) == 0) {
		long type;
		memcpy(&type, copy, sizeof(type));
		between();
		t->real->msgrcv(msqid, copy, 64, type, IPC_NOWAIT);
	}
	return result;
}
