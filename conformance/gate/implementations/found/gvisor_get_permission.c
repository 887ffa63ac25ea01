/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgget(2), EACCES: another user gets no read permission. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

static int found(key_t key)
{
	int got;

	if (setuid(1001) != 0)
		return 2;
	got = msgget(key, 0400);
	printf("msgget of another user's queue: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	fflush(stdout);
	return got != -1;
}

int main(void)
{
	key_t key = getpid();
	int id = msgget(key, IPC_CREAT | IPC_EXCL | 0600), status;

	if (fork() == 0)
		_exit(found(key));
	wait(&status);
	msgctl(id, IPC_RMID, NULL);
	return WEXITSTATUS(status);
}
