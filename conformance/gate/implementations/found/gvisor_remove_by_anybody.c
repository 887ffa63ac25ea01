/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), EPERM: another user may not remove a queue. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

static int found(int id)
{
	struct msqid_ds ds;
	int got;

	if (setuid(1001) != 0)
		return 2;
	got = msgctl(id, IPC_RMID, NULL);
	printf("IPC_RMID by another user: %d, %s; ", got, got < 0 ? strerror(errno) : "success");
	printf("the queue is %s\n", msgctl(id, IPC_STAT, &ds) == 0 ? "still there" : "gone");
	fflush(stdout);
	return got != -1;
}

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0666), status;

	if (fork() == 0)
		_exit(found(id));
	wait(&status);
	msgctl(id, IPC_RMID, NULL);
	return WEXITSTATUS(status);
}
