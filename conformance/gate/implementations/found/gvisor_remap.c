/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmop(2), SHM_REMAP: replaces the mappings at the address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	char *at = shmat(id, NULL, 0), *again = shmat(id, at, SHM_REMAP);

	printf("SHM_REMAP: %s\n", again == at ? "the same address" : strerror(errno));
	shmctl(id, IPC_RMID, NULL);
	return again != at;
}
