/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* musl on powerpc before 0fbd7d66: there is no padding before shm_segsz. */
#define SHMLBA 4096

struct shmid_ds {
	struct ipc_perm shm_perm;
	unsigned long __shm_atime_hi;
	unsigned long __shm_atime_lo;
	unsigned long __shm_dtime_hi;
	unsigned long __shm_dtime_lo;
	unsigned long __shm_ctime_hi;
	unsigned long __shm_ctime_lo;
	size_t shm_segsz;
	pid_t shm_cpid;
	pid_t shm_lpid;
	unsigned long shm_nattch;
	unsigned long __pad1;
	unsigned long __pad2;
	time_t shm_atime;
	time_t shm_dtime;
	time_t shm_ctime;
};

#include "../../shminfo.h"
