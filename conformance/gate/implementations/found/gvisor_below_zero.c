/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semop(2), EAGAIN: no operation makes a value negative. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

int main(void)
{
	struct sembuf down = {0, -32768, IPC_NOWAIT};
	int id = semget(IPC_PRIVATE, 1, 0600), got = semop(id, &down, 1);

	printf("sem_op -32768 of a semaphore that is 0: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	semctl(id, 0, IPC_RMID);
	return got != -1;
}
