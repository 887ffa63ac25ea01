/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), IPC_SET: more msg_qbytes let a blocked sender go on. */
#include <signal.h>
#include <stdio.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	long mtype;
	char mtext[8];
};

int main(void)
{
	struct message message = {1, "x"};
	int id = msgget(IPC_PRIVATE, 0600), status;
	struct msqid_ds ds;
	pid_t pid;

	msgctl(id, IPC_STAT, &ds);
	ds.msg_qbytes = 1;
	msgctl(id, IPC_SET, &ds);
	msgsnd(id, &message, 1, 0);
	pid = fork();
	if (pid == 0) {
		/* The default action of SIGALRM ends a sender that no call wakes. */
		alarm(60);
		_exit(msgsnd(id, &message, 1, 0) != 0);
	}
	sleep(1);
	ds.msg_qbytes = 2;
	msgctl(id, IPC_SET, &ds);
	waitpid(pid, &status, 0);
	printf("the sender %s\n", WIFSIGNALED(status) ? "was not woken" : "has sent");
	msgctl(id, IPC_RMID, NULL);
	return status != 0;
}
