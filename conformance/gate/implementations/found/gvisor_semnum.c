/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), EINVAL: a semaphore number that the set lacks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

int main(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), got = semctl(id, 1, GETVAL), error = errno;

	printf("GETVAL of semaphore 1 of 1: %d, %s\n", got, got < 0 ? strerror(error) : "success");
	semctl(id, 0, IPC_RMID);
	return got != -1 || error != EINVAL;
}
