/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2), EACCES: SETALL needs alter permission, not read permission. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {
	int val;
	unsigned short *array;
};

static int found(int id)
{
	unsigned short value = 1;
	int got;

	if (setuid(1001) != 0)
		return 2;
	got = semctl(id, 0, SETALL, (union semun){.array = &value});
	printf("SETALL of a set that may be altered and not read: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	fflush(stdout);
	return got == -1;
}

int main(void)
{
	int id = semget(IPC_PRIVATE, 1, 0222), status;

	if (fork() == 0)
		_exit(found(id));
	wait(&status);
	semctl(id, 0, IPC_RMID);
	return WEXITSTATUS(status);
}
