/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc/util.h, ipc_parse_version: a command with the bit IPC_64 (0x100) fails on x86_64. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds ds;
	long got = syscall(SYS_msgctl, id, IPC_STAT | 0x100, &ds);

	printf("IPC_STAT | IPC_64: %ld, %s\n", got, got < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return got != -1;
}
