/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The structure of musl before 0cd2be23 and of glibc before BZ 18231.  mode has 32 bits where
 * the kernel has 16 bits and padding, so a big-endian program reads the value times 65536.
 */
struct ipc_perm {
	key_t __ipc_perm_key;
	uid_t uid;
	gid_t gid;
	uid_t cuid;
	gid_t cgid;
	mode_t mode;
	unsigned short __ipc_perm_seq;
	unsigned short __pad2;
	long __unused1;
	long __unused2;
};
