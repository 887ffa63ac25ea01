/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), EACCES: SETALL needs alter permission, not read permission. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>
#include <unistd.h>

union semun {
	int val;
	unsigned short *array;
};

int main(void)
{
	unsigned short value = 1;
	int id = semget(0x5002, 1, IPC_CREAT | 0222), got;

	if (setuid(1001) != 0)
		return 2;
	got = semctl(id, 0, SETALL, (union semun){.array = &value});
	printf("SETALL of a set that may be altered and not read: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	return got == -1;
}
