/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2): msgsz of msgrcv may be above MSGMAX. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

struct message {
	long mtype;
	char mtext[8193];
};

int main(void)
{
	static struct message message = {1, "x"};
	int id = msgget(IPC_PRIVATE, 0600);
	long n;

	msgsnd(id, &message, 1, 0);
	n = msgrcv(id, &message, 8193, 0, IPC_NOWAIT);
	printf("msgrcv of up to 8193 bytes: %ld, %s\n", n, n < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return n != 1;
}
