/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2), MSG_NOERROR: the text is cut to msgsz bytes. */
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
	struct message sent = {1, "abcdefg"}, got = {0, "......."};
	int id = msgget(IPC_PRIVATE, 0600);
	long n;

	msgsnd(id, &sent, 7, 0);
	n = msgrcv(id, &got, 3, 0, MSG_NOERROR);
	printf("msgrcv of 3 bytes: %ld, text \"%s\"\n", n, got.mtext);
	msgctl(id, IPC_RMID, NULL);
	return strcmp(got.mtext, "abc....") != 0;
}
