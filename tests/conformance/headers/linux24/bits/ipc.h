/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* IA32's structure, as Linux 2.4 still had it; python-ipc of 2003 had copies of such. */
struct ipc_perm {
	int __ipc_perm_key;
	unsigned short uid;
	unsigned short gid;
	unsigned short cuid;
	unsigned short cgid;
	unsigned short mode;
	unsigned short __ipc_perm_seq;
};
