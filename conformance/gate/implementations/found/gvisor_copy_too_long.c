/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2), MSG_COPY, E2BIG: the copy of a text longer than msgsz fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
	long mtype;
	char mtext[8];
};

int main(void)
{
	struct message sent = {1, "abcdefg"}, got = {0, "......."};
	int id = msgget(IPC_PRIVATE, 0600);
	long n;

	msgsnd(id, &sent, 7, 0);
	n = msgrcv(id, &got, 3, 0, MSG_COPY | IPC_NOWAIT);
	printf("MSG_COPY of 7 bytes into 3: %ld, %s\n", n, n < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return n != -1;
}
