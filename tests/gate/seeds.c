/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Simulates kernels with defects: this file, linked with the harness, adds a check that fails
 * like such a kernel.  seed=NAME on the kernel's command line selects the defect, because the
 * first program gets words that the kernel does not know as its environment.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/conform.h"

static bool seeded(const char *name)
{
	const char *seed = getenv("seed");

	return seed && strcmp(seed, name) == 0;
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

CHECK("msgget.seeded", LIBC, 0, "this kernel is not broken", "tests/gate/seeds.c")
{
	if (seeded("panic"))
		write_to("/proc/sysrq-trigger", "c");
	if (seeded("oops"))
		write_to("/dev/kmsg", "<1>BUG: kernel NULL pointer dereference, address: 0");
	if (seeded("hang"))
		kill(-1, SIGSTOP); /* all but the first process and this one */
	expect_eq(0, seeded("fail"));
}

/* Makes the calls fail as on a kernel without CONFIG_SYSVIPC, before the first check. */
__attribute__((constructor)) static void take_ipc_away(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#define REFUSE(N)                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, N, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)
#ifdef SYS_ipc
		REFUSE(SYS_ipc),
#endif
		REFUSE(SYS_msgget),
		REFUSE(SYS_msgctl),
		REFUSE(SYS_semget),
		REFUSE(SYS_semctl),
		REFUSE(SYS_shmget),
		REFUSE(SYS_shmctl),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (seeded("no_sysvipc") && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
				     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0))
		perror("seccomp");
}
