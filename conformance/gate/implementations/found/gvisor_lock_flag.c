/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmctl(2), SHM_LOCK: a locked segment has SHM_LOCKED in its mode. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 1, 0600), got = shmctl(id, SHM_LOCK, NULL);
	struct shmid_ds ds;

	shmctl(id, IPC_STAT, &ds);
	printf("SHM_LOCK: %d, mode 0%o\n", got, (unsigned)ds.shm_perm.mode & 07777);
	shmctl(id, IPC_RMID, NULL);
	return !(ds.shm_perm.mode & SHM_LOCKED);
}
