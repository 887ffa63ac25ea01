/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* mprotect(2), EACCES: an attachment with SHM_RDONLY stays read-only. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600), got;
	char *at = shmat(id, NULL, SHM_RDONLY);

	got = mprotect(at, 4096, PROT_READ | PROT_WRITE);
	printf("mprotect of a read-only attachment: %d, %s\n", got,
	       got < 0 ? strerror(errno) : "success");
	shmctl(id, IPC_RMID, NULL);
	return got != -1;
}
