/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* mm/mremap.c: mremap to fewer pages leaves the others where they are. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 3 * 4096, 0600);
	char *at = shmat(id, NULL, 0), *now = mremap(at, 3 * 4096, 4096, MREMAP_MAYMOVE);

	printf("mremap of 3 pages to 1: %s\n", now == at ? "the same address" : "another address");
	shmctl(id, IPC_RMID, NULL);
	return now != at;
}
