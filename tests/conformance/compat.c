/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* compat ID: prints shm_segsz and shm_tot as a 32-bit program gets them (IPC_STAT, SHM_INFO). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
	struct shm_info info;
	struct shmid_ds ds;

	if (argc != 2 || shmctl(atoi(argv[1]), IPC_STAT, &ds) == -1 ||
	    shmctl(0, SHM_INFO, (struct shmid_ds *)&info) == -1) {
		perror("compat");
		return 1;
	}
	printf("%zu %lu\n", (size_t)ds.shm_segsz, info.shm_tot);
	return 0;
}
