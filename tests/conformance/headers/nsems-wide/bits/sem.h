/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* musl on aarch64 before dfc1a37c: sem_nsems has the width of the kernel, not of POSIX. */
struct semid_ds {
	struct ipc_perm sem_perm;
	time_t sem_otime;
	time_t sem_ctime;
	unsigned long sem_nsems;
	long __unused3;
	long __unused4;
};
