/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2): a msgtyp of -1 receives type 1. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

struct message {
	long mtype;
	char mtext[8];
};

int main(void)
{
	struct message sent = {1, "1"}, got = {0, ""};
	int id = msgget(IPC_PRIVATE, 0600);

	msgsnd(id, &sent, 1, 0);
	msgrcv(id, &got, 8, -1, IPC_NOWAIT);
	printf("msgtyp -1, with type 1 in the queue: type %ld\n", got.mtype);
	msgctl(id, IPC_RMID, NULL);
	return got.mtype != 1;
}
