/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2), MSG_NOERROR: the lost bytes do not count as queued. */
#include <stdio.h>
#include <sys/msg.h>

struct message {
	long mtype;
	char mtext[8];
};

int main(void)
{
	struct message message = {1, "abcdefg"};
	int id = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds ds;

	msgsnd(id, &message, 7, 0);
	msgrcv(id, &message, 3, 0, MSG_NOERROR);
	msgctl(id, IPC_STAT, &ds);
	printf("messages: %lu, bytes: %lu\n", (unsigned long)ds.msg_qnum,
	       (unsigned long)ds.__msg_cbytes);
	msgctl(id, IPC_RMID, NULL);
	return ds.__msg_cbytes != 0;
}
