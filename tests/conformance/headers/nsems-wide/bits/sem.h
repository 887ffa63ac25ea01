/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* As musl had it on aarch64 before dfc1a37c: the kernel's width, which is not POSIX's. */
struct semid_ds {
	struct ipc_perm sem_perm;
	time_t sem_otime;
	time_t sem_ctime;
	unsigned long sem_nsems;
	long __unused3;
	long __unused4;
};
