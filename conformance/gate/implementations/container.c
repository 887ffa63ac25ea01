/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * container PROGRAM [ARGUMENT...]: runs a program as root in a container with Docker's
 * defaults: the 14 capabilities of its default set, and the part of its default seccomp filter
 * that affects checks.  The filter returns EPERM for calls that need another capability, and
 * ENOSYS for clone3 (https://docs.docker.com/engine/security/seccomp/).
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int kept[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,	CAP_FSETID,  CAP_KILL,
	CAP_SETGID,  CAP_SETUID,       CAP_SETPCAP,	CAP_MKNOD,   CAP_NET_BIND_SERVICE,
	CAP_NET_RAW, CAP_SYS_CHROOT,   CAP_AUDIT_WRITE, CAP_SETFCAP,
};

static const unsigned refused[] = {
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_mbind,
	SYS_set_mempolicy,
	SYS_get_mempolicy,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_userfaultfd,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_open_by_handle_at,
};
enum { NREFUSED = sizeof(refused) / sizeof(refused[0]) };

static int fails(const char *what)
{
	fprintf(stderr, "container: %s: %s\n", what, strerror(errno));
	return 125;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};
	unsigned long long mask = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		mask |= 1ull << kept[i];
	for (int i = 0; i <= 63; i++)
		if (!(mask >> i & 1))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		data[i].permitted = data[i].effective = (unsigned)(mask >> 32 * i);
	return (int)syscall(SYS_capset, &header, data);
}

#define LOAD(MEMBER, HALF) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, MEMBER) + (HALF))
#define ERRNO(E) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (E))

int main(int argc, char **argv)
{
	static struct sock_filter filter[2 * NREFUSED + 16];
	struct sock_fprog program = {0, filter};
	const unsigned low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	const struct sock_filter clone3[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		ERRNO(ENOSYS),
	};
	const struct sock_filter clone[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),	LOAD(args, low),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1), ERRNO(EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: container PROGRAM [ARGUMENT...]\n");
		return 125;
	}
	filter[program.len++] = (struct sock_filter)LOAD(nr, 0);
	for (size_t i = 0; i < NREFUSED; i++) {
		filter[program.len++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], 0, 1);
		filter[program.len++] = (struct sock_filter)ERRNO(EPERM);
	}
	memcpy(filter + program.len, clone3, sizeof(clone3));
	program.len += sizeof(clone3) / sizeof(clone3[0]);
	memcpy(filter + program.len, clone, sizeof(clone));
	program.len += sizeof(clone) / sizeof(clone[0]);
	if (drop_capabilities() != 0)
		return fails("capset");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return fails("prctl");
	execv(argv[1], argv + 1);
	return fails(argv[1]);
}
