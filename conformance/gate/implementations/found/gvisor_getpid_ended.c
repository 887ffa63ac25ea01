/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), GETPID: the number of a process stays after its end. */
#include <stdio.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct sembuf up = {0, 1, 0};
	int id = semget(IPC_PRIVATE, 1, 0600), got;
	pid_t pid = fork();

	if (pid == 0)
		_exit(semop(id, &up, 1) != 0);
	wait(NULL);
	got = semctl(id, 0, GETPID);
	printf("GETPID after the end of process %d: %d\n", (int)pid, got);
	semctl(id, 0, IPC_RMID);
	return got != pid;
}
