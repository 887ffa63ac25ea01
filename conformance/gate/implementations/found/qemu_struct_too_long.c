/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2): IPC_STAT needs memory for struct msqid_ds, and no byte behind it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600);
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long got;

	munmap(page + 4096, 4096);
	got = syscall(SYS_msgctl, id, IPC_STAT, page + 4096 - sizeof(struct msqid_ds));
	printf("IPC_STAT at the end of mapped memory: %ld, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return got != 0;
}
