/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* mremap(2), old_size of zero: makes a second mapping of a segment. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	char *at = shmat(id, NULL, 0), *second = mremap(at, 0, 4096, MREMAP_MAYMOVE);

	printf("mremap with an old size of 0: %s\n",
	       second == MAP_FAILED ? strerror(errno) : "success");
	shmctl(id, IPC_RMID, NULL);
	return second == MAP_FAILED;
}
