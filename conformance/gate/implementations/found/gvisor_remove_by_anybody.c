/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), EPERM: another user may not remove a queue. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0666), got;

	if (setuid(1001) != 0)
		return 2;
	got = msgctl(id, IPC_RMID, NULL);
	printf("IPC_RMID by another user: %d, %s\n", got, got < 0 ? strerror(errno) : "success");
	return got != -1;
}
