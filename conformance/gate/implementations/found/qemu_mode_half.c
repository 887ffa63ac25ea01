/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2): IPC_STAT sets all bytes of libc's msg_perm.mode, of which the kernel has two. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0640);
	struct msqid_ds ds;

	memset(&ds, 0xff, sizeof(ds));
	msgctl(id, IPC_STAT, &ds);
	printf("mode of a queue made with 0640: 0%o\n", (unsigned)ds.msg_perm.mode);
	msgctl(id, IPC_RMID, NULL);
	return ds.msg_perm.mode != 0640;
}
