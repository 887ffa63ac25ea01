/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * enosys CALL[,CALL...] PROGRAM [ARGUMENT...]: runs a program as on a kernel without these
 * calls.  A seccomp filter makes them fail with ENOSYS (seccomp(2), SECCOMP_RET_ERRNO).
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

/* The number of each call, or -1 if it has none, and its number as an argument of ipc(2). */
#ifdef SYS_semop
#define NUMBER_semop SYS_semop
#else
#define NUMBER_semop -1
#endif
#ifdef SYS_semtimedop
#define NUMBER_semtimedop SYS_semtimedop
#else
#define NUMBER_semtimedop -1
#endif
static const struct {
	const char *name;
	int number;
	unsigned of_ipc; /* linux/ipc.h */
} calls[] = {
	{"semop", NUMBER_semop, 1}, {"semtimedop", NUMBER_semtimedop, 4},
	{"semget", SYS_semget, 2},  {"semctl", SYS_semctl, 3},
	{"msgsnd", SYS_msgsnd, 11}, {"msgrcv", SYS_msgrcv, 12},
	{"msgget", SYS_msgget, 13}, {"msgctl", SYS_msgctl, 14},
	{"shmat", SYS_shmat, 21},   {"shmdt", SYS_shmdt, 22},
	{"shmget", SYS_shmget, 23}, {"shmctl", SYS_shmctl, 24},
};
enum { NCALLS = sizeof(calls) / sizeof(calls[0]), MOST = 4 * NCALLS + 8 };

static int fails(const char *what, const char *why)
{
	fprintf(stderr, "enosys: %s: %s\n", what, why);
	return 125;
}

static struct sock_filter filter[MOST] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
};
static struct sock_fprog program = {.len = 1, .filter = filter};

/* Adds a rule: if the loaded word has this value, fail with ENOSYS. */
static void refuse(unsigned value)
{
	filter[program.len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	filter[program.len++] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
}

static void allow(void)
{
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

#ifdef SYS_ipc
/* Loads the low half of the first argument of ipc(2), which is the number of the call. */
static void load_ipc(void)
{
	const unsigned low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;

	filter[program.len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ipc, 1, 0);
	allow();
	filter[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + low);
}
#endif

int main(int argc, char **argv)
{
	int absent[NCALLS] = {0};

	if (argc < 3)
		return fails("usage", "enosys CALL[,CALL...] PROGRAM [ARGUMENT...]");
	for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
		int i = 0;

		while (i < NCALLS && strcmp(calls[i].name, name) != 0)
			i++;
		if (i == NCALLS)
			return fails(name, "no such call of System V IPC");
		absent[i] = 1;
	}
	for (int i = 0; i < NCALLS; i++)
		if (absent[i] && calls[i].number != -1)
			refuse((unsigned)calls[i].number);
#ifdef SYS_ipc
	load_ipc();
	for (int i = 0; i < NCALLS; i++)
		if (absent[i])
			refuse(calls[i].of_ipc);
#endif
	allow();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return fails("prctl", strerror(errno));
	execv(argv[2], argv + 2);
	return fails(argv[2], strerror(errno));
}
