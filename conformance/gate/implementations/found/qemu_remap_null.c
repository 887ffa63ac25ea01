/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmop(2), EINVAL: SHM_REMAP without an address fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	char *at = shmat(id, NULL, SHM_REMAP);

	printf("SHM_REMAP at 0: %s\n", at == (char *)-1 ? strerror(errno) : "success");
	shmctl(id, IPC_RMID, NULL);
	return at != (char *)-1;
}
