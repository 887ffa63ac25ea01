/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgget(2), EACCES: another user gets no read permission. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600), key = 0x5001, got;

	(void)id;
	msgget(key, IPC_CREAT | 0600);
	if (setuid(1001) != 0)
		return 2;
	got = msgget(key, 0400);
	printf("msgget of another user's queue: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	return got != -1;
}
