/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmop(2), EINVAL: shmat fails if the address is mapped already. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	char *at = shmat(id, NULL, 0), *again = shmat(id, at, 0);

	printf("shmat at an address that is taken: %s\n",
	       again == (char *)-1 ? strerror(errno) : "success, elsewhere");
	shmctl(id, IPC_RMID, NULL);
	return again != (char *)-1;
}
