/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The structure of i386 in Linux 2.4, with pointers that only the kernel used. */
struct semid_ds {
	struct ipc_perm sem_perm;
	int sem_otime;
	int sem_ctime;
	void *__sembase;
	void *__sem_pending;
	void *__sem_pending_last;
	void *__undo;
	unsigned short sem_nsems;
};
