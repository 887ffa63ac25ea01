/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* unshare(2), CLONE_SYSVSEM: undoes the operations of a process that shares no list. */
#include <sched.h>
#include <stdio.h>
#include <sys/sem.h>

int main(void)
{
	struct sembuf up = {0, 1, SEM_UNDO};
	int id = semget(IPC_PRIVATE, 1, 0600), value;

	semop(id, &up, 1);
	unshare(CLONE_SYSVSEM);
	value = semctl(id, 0, GETVAL);
	printf("the value after unshare: %d\n", value);
	semctl(id, 0, IPC_RMID);
	return value != 0;
}
