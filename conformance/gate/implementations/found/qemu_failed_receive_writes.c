/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2): a msgrcv that fails with ENOMSG writes nothing. */
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
	struct message got = {77, ""};
	int id = msgget(IPC_PRIVATE, 0600);
	long n = msgrcv(id, &got, 1, 0, IPC_NOWAIT);

	printf("msgrcv of an empty queue: %ld, type %ld, was 77\n", n, got.mtype);
	msgctl(id, IPC_RMID, NULL);
	return got.mtype != 77;
}
