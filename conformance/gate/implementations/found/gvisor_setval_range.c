/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), ERANGE: SETVAL refuses a value below 0. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

union semun {
	int val;
	unsigned short *array;
};

int main(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	int got = semctl(id, 0, SETVAL, (union semun){.val = -65535});

	printf("SETVAL of -65535: %d, %s; the value: %d\n", got,
	       got < 0 ? strerror(errno) : "success", semctl(id, 0, GETVAL));
	semctl(id, 0, IPC_RMID);
	return got != -1;
}
