/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2): msg_lrpid is the process that received last. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

struct message {
	long mtype;
	char mtext[8];
};

int main(void)
{
	struct message message = {1, "x"};
	int id = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds ds;

	msgsnd(id, &message, 1, 0);
	msgrcv(id, &message, 1, 0, 0);
	msgctl(id, IPC_STAT, &ds);
	printf("msg_lrpid: %d, of process %d\n", (int)ds.msg_lrpid, (int)getpid());
	msgctl(id, IPC_RMID, NULL);
	return ds.msg_lrpid != getpid();
}
