/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The generic structure; x86_64 has another one, with padding after each time. */
struct semid_ds {
	struct ipc_perm sem_perm;
	time_t sem_otime;
	time_t sem_ctime;
	unsigned short sem_nsems;
	char __sem_nsems_pad[sizeof(long) - sizeof(short)];
	long __unused3;
	long __unused4;
};
