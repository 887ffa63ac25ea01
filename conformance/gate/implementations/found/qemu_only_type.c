/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgop(2): a message of 0 bytes is its type alone. */
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
	long *type = (long *)(void *)(page + 4096) - 1, got;

	munmap(page + 4096, 4096);
	*type = 1;
	got = syscall(SYS_msgsnd, id, type, 0, 0);
	printf("msgsnd of 0 bytes at the end of mapped memory: %ld, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	msgctl(id, IPC_RMID, NULL);
	return got != 0;
}
