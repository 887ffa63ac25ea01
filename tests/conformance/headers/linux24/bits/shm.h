/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The structure of i386 in Linux 2.4, with members that only the kernel used. */
#define SHMLBA 4096

struct shmid_ds {
	struct ipc_perm shm_perm;
	int shm_segsz;
	int shm_atime;
	int shm_dtime;
	int shm_ctime;
	unsigned short shm_cpid;
	unsigned short shm_lpid;
	short shm_nattch;
	unsigned short __shm_npages;
	unsigned long *__shm_pages;
	void *__attaches;
};

struct shminfo {
	int shmmax, shmmin, shmmni, shmseg, shmall;
};

struct shm_info {
	int __used_ids;
	unsigned long shm_tot, shm_rss, shm_swp;
	unsigned long __swap_attempts, __swap_successes;
};
