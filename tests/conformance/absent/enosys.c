/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * enosys CALL[,CALL...] PROGRAM [ARGUMENT...]: runs a program on a kernel without these
 * calls.  A seccomp filter answers them with ENOSYS, as a kernel does that never had them
 * (seccomp(2), SECCOMP_RET_ERRNO).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An architecture without them has ipc(2) in their place, and nothing to filter here. */
static const struct {
	const char *name;
	unsigned number;
} calls[] = {
#ifdef SYS_semop
	{"semop", SYS_semop},
#endif
#ifdef SYS_semtimedop
	{"semtimedop", SYS_semtimedop},
#endif
	{"msgget", SYS_msgget},		{"msgsnd", SYS_msgsnd}, {"msgrcv", SYS_msgrcv},
	{"msgctl", SYS_msgctl},		{"semget", SYS_semget}, {"semctl", SYS_semctl},
	{"shmget", SYS_shmget},		{"shmat", SYS_shmat},	{"shmdt", SYS_shmdt},
	{"shmctl", SYS_shmctl},
};
enum { NCALLS = sizeof(calls) / sizeof(calls[0]) };

static int fails(const char *what, const char *why)
{
	fprintf(stderr, "enosys: %s: %s\n", what, why);
	return 125;
}

/* Appends "if it is this call, then ENOSYS" to a filter; whether there is such a call. */
static int refuse(struct sock_filter *filter, unsigned short *n, const char *name)
{
	for (size_t i = 0; i < NCALLS; i++)
		if (strcmp(calls[i].name, name) == 0) {
			filter[(*n)++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								      calls[i].number, 0, 1);
			filter[(*n)++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								      SECCOMP_RET_ERRNO | ENOSYS);
			return 1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	struct sock_filter filter[2 * NCALLS + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.len = 1, .filter = filter};

	if (argc < 3)
		return fails("usage", "enosys CALL[,CALL...] PROGRAM [ARGUMENT...]");
	for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ","))
		if (program.len > 2 * NCALLS - 1 || !refuse(filter, &program.len, name))
			return fails(name, "no such call of System V IPC, or one too many");
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return fails("prctl", strerror(errno));
	execv(argv[2], argv + 2);
	return fails(argv[2], strerror(errno));
}
