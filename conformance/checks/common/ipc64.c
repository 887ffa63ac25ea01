/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * IPC_64, the version of the structures, in the command of the system calls.  Architectures
 * that had the structures older than Linux 2.4 accept it in calls that support both
 * versions.  The others, and the calls added since Linux 5.1, refuse it.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "objects.h"

#if defined(__alpha__) || defined(__arm__) || defined(__microblaze__) || defined(__xtensa__) || \
	(defined(__mips__) && _MIPS_SIM != _ABIO32) || !defined(SYS_msgctl)
enum { TAKES_IPC_64 = true };
#else
enum { TAKES_IPC_64 = false };
#endif

/*
 * For 32-bit programs, a 64-bit kernel tests msgctl's command without the bit, and semctl's
 * if it transfers a structure, but not shmctl's (compat_ksys_msgctl, compat_ksys_semctl,
 * compat_ksys_shmctl).
 */
static bool may_have_ipc_64(void)
{
	return TAKES_IPC_64 || kernel_is_wider();
}

/* Skips the check if libc's commands contain the bit for another purpose (32-bit musl). */
static void need_command_without_ipc_64(void)
{
	if (IPC_STAT & IPC_64)
		skip("libc's IPC_STAT contains the bit of IPC_64");
}

#define TITLE \
	"a command with IPC_64 is invalid if the architecture's call never had older structures"
#define SOURCE "kernel commit 275f22148e87; ipc/util.h, ipc_parse_version"

CHECK("msgctl.ipc_64", BY_NUMBER, 0, TITLE, SOURCE)
{
	struct msqid_ds ds;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	need_command_without_ipc_64();
	expect_eq(0, ipc->msgctl(msqid, IPC_STAT, &ds));
	if (may_have_ipc_64())
		expect_eq(0, ipc->msgctl(msqid, IPC_STAT | IPC_64, &ds));
	else
		expect_errno(EINVAL, ipc->msgctl(msqid, IPC_STAT | IPC_64, &ds));
}

CHECK("semctl.ipc_64", BY_NUMBER, 0, TITLE, SOURCE)
{
	struct semid_ds ds;
	union semun into = {.buf = &ds};
	int semid = sem_new(ipc, 0);

	need_command_without_ipc_64();
	expect_eq(0, ipc->semctl(semid, 0, IPC_STAT, into));
	if (may_have_ipc_64())
		expect_eq(0, ipc->semctl(semid, 0, IPC_STAT | IPC_64, into));
	else
		expect_errno(EINVAL, ipc->semctl(semid, 0, IPC_STAT | IPC_64, into));
}

CHECK("shmctl.ipc_64", BY_NUMBER, 0, TITLE, SOURCE)
{
	struct shmid_ds ds;
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));

	need_command_without_ipc_64();
	expect_eq(0, ipc->shmctl(shmid, IPC_STAT, &ds));
	if (TAKES_IPC_64)
		expect_eq(0, ipc->shmctl(shmid, IPC_STAT | IPC_64, &ds));
	else
		expect_errno(EINVAL, ipc->shmctl(shmid, IPC_STAT | IPC_64, &ds));
}

/* ---- the older structures of ipc(2) ---------------------------------------------------- */

#ifdef SYS_ipc
/* The number of bytes that a call wrote to memory that was filled with 0xa5. */
static size_t written(const unsigned char *memory, size_t size)
{
	while (size > 0 && memory[size - 1] == 0xa5)
		size--;
	return size;
}

/* Calls IPC_STAT of both versions: the older structure is not longer, and differs. */
static void expect_older_is_another(int control, int id)
{
	unsigned char older[512], newer[512];
	void *pointer[2] = {older, newer};
	bool by_reference = control == SEMCTL;

	memset(older, 0xa5, sizeof(older));
	memset(newer, 0xa5, sizeof(newer));
	/* For semctl, ipc(2) takes a pointer to the union. */
	expect_ok(syscall(SYS_ipc, control, id, by_reference ? 0 : IPC_STAT,
			  by_reference ? IPC_STAT : 0, by_reference ? &pointer[0] : pointer[0]));
	expect_ok(syscall(SYS_ipc, control, id, by_reference ? 0 : IPC_STAT | IPC_64,
			  by_reference ? IPC_STAT | IPC_64 : 0,
			  by_reference ? &pointer[1] : pointer[1]));
	/* On some architectures both versions of semid_ds have the same size. */
	expect_between(1, (long long)written(newer, sizeof(newer)), written(older, sizeof(older)));
	expect(memcmp(older, newer, sizeof(older)) != 0);
}

#define OLDER "without IPC_64, ipc(2) transfers the structures older than Linux 2.4"

CHECK("msgctl.ipc_old", MULTIPLEXED, 0, OLDER, SOURCE)
{
	const int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	/* Skips the check if the kernel has no msgctl. */
	msg_state(msqid);
	expect_older_is_another(MSGCTL, msqid);
}

CHECK("semctl.ipc_old", MULTIPLEXED, 0, OLDER, SOURCE)
{
	expect_older_is_another(SEMCTL, sem_new(ipc, 0));
}

CHECK("shmctl.ipc_old", MULTIPLEXED, 0, OLDER, SOURCE)
{
	const int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));

	/* Skips the check if the kernel has no shmctl. */
	shm_state(shmid);
	expect_older_is_another(SHMCTL, shmid);
}
#endif
