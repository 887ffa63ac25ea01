/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semop(2), SEM_UNDO: the end of a process undoes its operations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct sembuf up = {0, 1, SEM_UNDO};
	int id = semget(IPC_PRIVATE, 1, 0600), value;

	if (fork() == 0)
		_exit(semop(id, &up, 1) != 0);
	wait(NULL);
	value = semctl(id, 0, GETVAL);
	printf("the value after a process that added 1 with SEM_UNDO: %d\n", value);
	semctl(id, 0, IPC_RMID);
	return value != 0;
}
