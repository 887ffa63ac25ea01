/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The structure of i386 in Linux 2.4, with pointers that only the kernel used. */
struct msqid_ds {
	struct ipc_perm msg_perm;
	void *__msg_first;
	void *__msg_last;
	int msg_stime;
	int msg_rtime;
	int msg_ctime;
	void *__wwait;
	void *__rwait;
	unsigned short msg_cbytes;
	unsigned short msg_qnum;
	unsigned short msg_qbytes;
	unsigned short msg_lspid;
	unsigned short msg_lrpid;
};
