/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* A mistake that musl's dfc1a37c avoids: the padding follows sem_nsems in either byte order. */
struct semid_ds {
	struct ipc_perm sem_perm;
	time_t sem_otime;
	time_t sem_ctime;
	unsigned short sem_nsems;
	char __sem_nsems_pad[sizeof(long) - sizeof(short)];
	long __unused3;
	long __unused4;
};
