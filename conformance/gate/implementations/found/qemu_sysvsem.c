/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* clone(2), CLONE_SYSVSEM: processes may share the list of adjustments. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static int ends(void *unused)
{
	(void)unused;
	return 0;
}

int main(void)
{
	static char stack[65536];
	int got = clone(ends, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD, NULL);

	printf("clone with CLONE_SYSVSEM: %d, %s\n", got, got < 0 ? strerror(errno) : "success");
	wait(NULL);
	return got == -1;
}
