/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc/msg.c, copy_msqid_to_user: IPC_STAT sets unused members to 0. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600), other = 0;
	unsigned char ds[120];

	memset(ds, 0xa5, sizeof(ds));
	syscall(SYS_msgctl, id, IPC_STAT, ds);
	for (int i = 104; i < 120; i++)
		other += ds[i] != 0;
	printf("bytes of the last 16 that are not 0: %d\n", other);
	msgctl(id, IPC_RMID, NULL);
	return other != 0;
}
