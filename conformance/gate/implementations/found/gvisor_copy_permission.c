/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2), EACCES: MSG_COPY asks for read permission. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
	long mtype;
	char mtext[8];
};

static int found(int id)
{
	struct message got;
	long n;

	if (setuid(1001) != 0)
		return 2;
	n = msgrcv(id, &got, 8, 0, MSG_COPY | IPC_NOWAIT);
	printf("MSG_COPY from another user's queue: %ld, %s\n", n,
	       n < 0 ? strerror(errno) : "success");
	fflush(stdout);
	return n != -1;
}

int main(void)
{
	struct message sent = {1, "secret"};
	int id = msgget(IPC_PRIVATE, 0600), status;

	msgsnd(id, &sent, 6, 0);
	if (fork() == 0)
		_exit(found(id));
	wait(&status);
	msgctl(id, IPC_RMID, NULL);
	return WEXITSTATUS(status);
}
