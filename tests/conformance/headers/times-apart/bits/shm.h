/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* A word follows each time, which only a 32-bit kernel has; uClibc-ng has this mistake. */
#define SHMLBA 4096

typedef unsigned long shmatt_t;

struct shmid_ds {
	struct ipc_perm shm_perm;
	size_t shm_segsz;
	time_t shm_atime;
	unsigned long __unused1;
	time_t shm_dtime;
	unsigned long __unused2;
	time_t shm_ctime;
	unsigned long __unused3;
	pid_t shm_cpid;
	pid_t shm_lpid;
	shmatt_t shm_nattch;
	unsigned long __unused4[2];
};

#include "../../shminfo.h"
