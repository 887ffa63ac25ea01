/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* signal(7): a process that is stopped and continued goes on to wait for a message. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	long mtype;
	char mtext[8];
};

static int found(int id)
{
	struct message got;
	long n = msgrcv(id, &got, 8, 0, 0);

	printf("msgrcv after SIGSTOP and SIGCONT: %ld, %s\n", n,
	       n < 0 ? strerror(errno) : "success");
	fflush(stdout);
	return n != 1;
}

int main(void)
{
	struct message sent = {1, "x"};
	int id = msgget(IPC_PRIVATE, 0600), status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(found(id));
	/* A child that is stopped before its call receives too: no fault is seen then. */
	sleep(1);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	sleep(1);
	msgsnd(id, &sent, 1, 0);
	waitpid(pid, &status, 0);
	msgctl(id, IPC_RMID, NULL);
	return WEXITSTATUS(status);
}
