/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), MSG_STAT_ANY (13, since Linux 4.17): gives the queue in a slot. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600), got = -1;
	struct msqid_ds ds;

	for (int slot = 0; slot < 4096 && got == -1; slot++)
		got = msgctl(slot, 13, &ds);
	printf("MSG_STAT_ANY: %d, %s\n", got, got < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return got == -1;
}
