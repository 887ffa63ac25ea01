/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The structure of i386 in Linux 2.4; python-ipc of 2003 had a copy of it. */
struct ipc_perm {
	int __ipc_perm_key;
	unsigned short uid;
	unsigned short gid;
	unsigned short cuid;
	unsigned short cgid;
	unsigned short mode;
	unsigned short __ipc_perm_seq;
};
