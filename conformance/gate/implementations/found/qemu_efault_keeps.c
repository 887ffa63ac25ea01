/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc/msg.c, do_msgrcv: the message is lost if the receiver's buffer is not mapped. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>
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
	long n;

	msgsnd(id, &message, 1, 0);
	n = syscall(SYS_msgrcv, id, (void *)8, 1, 0, 0);
	msgctl(id, IPC_STAT, &ds);
	printf("msgrcv to address 8: %ld, messages left: %lu\n", n, (unsigned long)ds.msg_qnum);
	msgctl(id, IPC_RMID, NULL);
	return ds.msg_qnum != 0;
}
