/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), GETPID: the process that operated on that semaphore last. */
#include <stdio.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct sembuf up = {0, 1, 0};
	int id = semget(IPC_PRIVATE, 2, 0600), got;

	semop(id, &up, 1);
	got = semctl(id, 1, GETPID);
	printf("GETPID of a semaphore that no process has used: %d\n", got);
	semctl(id, 0, IPC_RMID);
	return got != 0;
}
