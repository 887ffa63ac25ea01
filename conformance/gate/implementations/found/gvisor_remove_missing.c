/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), EINVAL: a queue that was removed cannot be removed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600), got;

	msgctl(id, IPC_RMID, NULL);
	got = msgctl(id, IPC_RMID, NULL);
	printf("the second IPC_RMID: %d, %s\n", got, got < 0 ? strerror(errno) : "success");
	return got != -1;
}
