/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The calls in three ways: through libc, by their numbers, and through ipc(2). */
#include "calls.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_constants.h"

const struct ipc_listener *ipc_listener;

static void ended(enum ipc_call call, enum ipc_way way, bool failed)
{
	if (ipc_listener)
		ipc_listener->ended(call, way, failed);
}

/* The id of the object that a call may block on; -1 if the call never blocks. */
static int blocks_on(enum ipc_call call, int first)
{
	return call == CALL_msgsnd || call == CALL_msgrcv || call == CALL_semop ||
			       call == CALL_semtimedop
		       ? first
		       : -1;
}

static void begins(enum ipc_call call, int id)
{
	if (ipc_listener && id != -1)
		ipc_listener->begins(call, id);
}

/* The first argument: the id, in each call that may block; a pointer in shmdt. */
#define FIRST(A, ...) (int)(intptr_t)(A)
#define FIRST_OF(A) FIRST A
#define HEARD(R, F, A, WAY, CALL)                           \
	begins(CALL_##F, blocks_on(CALL_##F, FIRST_OF(A))); \
	R heard = CALL A;                                   \
	ended(CALL_##F, WAY, (intptr_t)heard == -1);        \
	return heard;

#define FUNCTION(R, F, P, A)                          \
	static R heard_libc_##F P                     \
	{                                             \
		HEARD(R, F, A, WAY_LIBC, checked_##F) \
	}
#include "interface/sysvipc.def"

const struct ipc_calls libc_calls = {
#define FUNCTION(R, F, P, A) .F = heard_libc_##F,
#include "interface/sysvipc.def"
};

/* ---- ipc(2) ---------------------------------------------------------------- */

/*
 * Older architectures had ipc(2) alone.  They have the calls by number since Linux 5.1
 * (0d6040d46817), some of them without semop and semtimedop.
 */
#ifdef SYS_ipc
#define IPC2(...) syscall(SYS_ipc, __VA_ARGS__)

static int ipc2_msgget(key_t key, int msgflg)
{
	return (int)IPC2(MSGGET, key, msgflg, 0, 0);
}

static int ipc2_msgsnd(int msqid, const void *msgp, size_t msgsz, int msgflg)
{
	return (int)IPC2(MSGSND, msqid, msgsz, msgflg, msgp);
}

static ssize_t ipc2_msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp, int msgflg)
{
	/* struct ipc_kludge of linux/ipc.h: ipc(2) has too few arguments for msgrcv. */
	struct {
		void *msgp;
		long msgtyp;
	} kludge = {msgp, msgtyp};

	return IPC2(MSGRCV, msqid, msgsz, msgflg, &kludge);
}

static long ipc2_control(int shmid, int cmd, void *buf)
{
	return IPC2(SHMCTL, shmid, cmd, 0, buf);
}

static int ipc2_semget(key_t key, int nsems, int semflg)
{
	return (int)IPC2(SEMGET, key, nsems, semflg, 0);
}

static int ipc2_semtimedop(int semid, struct sembuf *sops, size_t nsops,
			   const struct timespec *timeout)
{
#ifdef __s390__
	/* arch/s390: ipc(2) has five arguments; the timeout is the third. */
	return (int)IPC2(SEMTIMEDOP, semid, nsops, timeout, sops);
#else
	return (int)IPC2(SEMTIMEDOP, semid, nsops, 0, sops, timeout);
#endif
}

static int ipc2_semop(int semid, struct sembuf *sops, size_t nsops)
{
	return (int)IPC2(SEMOP, semid, nsops, 0, sops);
}

static int ipc2_shmget(key_t key, size_t size, int shmflg)
{
	return (int)IPC2(SHMGET, key, size, shmflg, 0);
}

static void *ipc2_shmat(int shmid, const void *shmaddr, int shmflg)
{
	void *address;

	return IPC2(SHMAT, shmid, shmflg, &address, shmaddr) == -1 ? (void *)-1 : address;
}

static int ipc2_shmdt(const void *shmaddr)
{
	return (int)IPC2(SHMDT, 0, 0, 0, shmaddr);
}
#endif

/* ---- by number, or through ipc(2) if the call has no number ------------------- */

static int raw_msgget(key_t key, int msgflg)
{
#ifdef SYS_msgget
	return (int)syscall(SYS_msgget, key, msgflg);
#else
	return ipc2_msgget(key, msgflg);
#endif
}

static int raw_msgsnd(int msqid, const void *msgp, size_t msgsz, int msgflg)
{
#ifdef SYS_msgsnd
	return (int)syscall(SYS_msgsnd, msqid, msgp, msgsz, msgflg);
#else
	return ipc2_msgsnd(msqid, msgp, msgsz, msgflg);
#endif
}

static ssize_t raw_msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp, int msgflg)
{
#ifdef SYS_msgrcv
	return syscall(SYS_msgrcv, msqid, msgp, msgsz, msgtyp, msgflg);
#else
	return ipc2_msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
#endif
}

static long raw_control(int shmid, int cmd, void *buf)
{
#ifdef SYS_shmctl
	return syscall(SYS_shmctl, shmid, cmd, buf);
#else
	return ipc2_control(shmid, cmd, buf);
#endif
}

static int raw_semget(key_t key, int nsems, int semflg)
{
#ifdef SYS_semget
	return (int)syscall(SYS_semget, key, nsems, semflg);
#else
	return ipc2_semget(key, nsems, semflg);
#endif
}

static int raw_semtimedop(int semid, struct sembuf *sops, size_t nsops,
			  const struct timespec *timeout)
{
#ifdef SYS_semtimedop_time64
	/* Only 32-bit architectures have this call, for a libc with 64-bit time_t. */
	if (sizeof(timeout->tv_sec) > sizeof(long))
		return (int)syscall(SYS_semtimedop_time64, semid, sops, nsops, timeout);
#endif
#ifdef SYS_semtimedop
	return (int)syscall(SYS_semtimedop, semid, sops, nsops, timeout);
#else
	return ipc2_semtimedop(semid, sops, nsops, timeout);
#endif
}

static int raw_semop(int semid, struct sembuf *sops, size_t nsops)
{
#ifdef SYS_semop
	return (int)syscall(SYS_semop, semid, sops, nsops);
#else
	return ipc2_semop(semid, sops, nsops);
#endif
}

static int raw_shmget(key_t key, size_t size, int shmflg)
{
#ifdef SYS_shmget
	return (int)syscall(SYS_shmget, key, size, shmflg);
#else
	return ipc2_shmget(key, size, shmflg);
#endif
}

static void *raw_shmat(int shmid, const void *shmaddr, int shmflg)
{
#ifdef SYS_shmat
	return (void *)syscall(SYS_shmat, shmid, shmaddr, shmflg);
#else
	return ipc2_shmat(shmid, shmaddr, shmflg);
#endif
}

static int raw_shmdt(const void *shmaddr)
{
#ifdef SYS_shmdt
	return (int)syscall(SYS_shmdt, shmaddr);
#else
	return ipc2_shmdt(shmaddr);
#endif
}

/* ---- the control calls, whose command includes the version -------------------- */

/*
 * A control call that also supports the older, smaller structures needs IPC_64 in the command;
 * a call that never supported them refuses IPC_64 (ipc/util.h, ipc_parse_version).  SHM_INFO,
 * which needs no segment, tells which kind it is.  MSG_INFO and SEM_INFO cannot: for 32-bit
 * programs on a 64-bit kernel, msgctl ignores IPC_64 and semctl accepts it with some commands
 * only (compat_ksys_msgctl, compat_ksys_semctl).  musl's STAT commands already contain that bit
 * if its time_t is longer than the kernel's (IPC_TIME64).  If the kernel has no shmctl, SHM_INFO
 * cannot tell.  Then ipc(2) gets IPC_64, and the calls by number get it if the architecture's
 * table of system calls has sys_old_shmctl.
 */
#if defined(__arm__) || defined(__alpha__) || defined(__microblaze__) || defined(__xtensa__) || \
	(defined(__mips__) && !defined(_ABIO32))
#define VERSION_BY_NUMBER IPC_64
#elif defined(SYS_shmctl)
#define VERSION_BY_NUMBER 0
#else
#define VERSION_BY_NUMBER IPC_64 /* raw_control() is ipc(2) */
#endif

static int versioned(int cmd, long (*control)(int shmid, int cmd, void *buf))
{
	struct shm_info info;
	int version = control(0, SHM_INFO | IPC_64, &info) == -1 ? 0 : IPC_64;

	if (!version && errno == ENOSYS)
		version = control == raw_control ? VERSION_BY_NUMBER : IPC_64;
	return (cmd & ~(IPC_STAT & IPC_64)) | version;
}

/* The union as the kernel takes it, by value; the int is at either end of the word. */
static unsigned long word_of(union semun arg)
{
	unsigned long word = 0;

	memcpy(&word, &arg, sizeof(arg));
	return word;
}

#ifdef SYS_ipc
static int ipc2_msgctl(int msqid, int cmd, struct msqid_ds *buf)
{
	return (int)IPC2(MSGCTL, msqid, versioned(cmd, ipc2_control), 0, buf);
}

static int ipc2_semctl(int semid, int semnum, int cmd, union semun arg)
{
	unsigned long word = word_of(arg);

	return (int)IPC2(SEMCTL, semid, semnum, versioned(cmd, ipc2_control), &word);
}

static int ipc2_shmctl(int shmid, int cmd, struct shmid_ds *buf)
{
	return (int)ipc2_control(shmid, versioned(cmd, ipc2_control), buf);
}
#endif

static int raw_msgctl(int msqid, int cmd, struct msqid_ds *buf)
{
#ifdef SYS_msgctl
	return (int)syscall(SYS_msgctl, msqid, versioned(cmd, raw_control), buf);
#else
	return ipc2_msgctl(msqid, cmd, buf);
#endif
}

static int raw_semctl(int semid, int semnum, int cmd, union semun arg)
{
#ifdef SYS_semctl
	return (int)syscall(SYS_semctl, semid, semnum, versioned(cmd, raw_control), word_of(arg));
#else
	return ipc2_semctl(semid, semnum, cmd, arg);
#endif
}

static int raw_shmctl(int shmid, int cmd, struct shmid_ds *buf)
{
	return (int)raw_control(shmid, versioned(cmd, raw_control), buf);
}

/* ---- the tables ------------------------------------------------------------- */

#define FUNCTION(R, F, P, A)                                \
	static R checked_raw_##F P                          \
	{                                                   \
		CHECKED_BODY(R, F, raw_##F, A)              \
	}                                                   \
	static R heard_raw_##F P                            \
	{                                                   \
		HEARD(R, F, A, WAY_NUMBER, checked_raw_##F) \
	}
#include "interface/sysvipc.def"

const struct ipc_calls raw_calls = {
	.past_libc = true,
#define FUNCTION(R, F, P, A) .F = heard_raw_##F,
#include "interface/sysvipc.def"
};

#ifdef SYS_ipc
#define FUNCTION(R, F, P, A)                                      \
	static R checked_ipc2_##F P                               \
	{                                                         \
		CHECKED_BODY(R, F, ipc2_##F, A)                   \
	}                                                         \
	static R heard_ipc2_##F P                                 \
	{                                                         \
		HEARD(R, F, A, WAY_MULTIPLEXED, checked_ipc2_##F) \
	}
#include "interface/sysvipc.def"

static const struct ipc_calls ipc2_calls = {
	.past_libc = true,
#define FUNCTION(R, F, P, A) .F = heard_ipc2_##F,
#include "interface/sysvipc.def"
};
#endif

const struct ipc_calls *multiplexed_calls(void)
{
#ifdef SYS_ipc
	/* semtimedop through ipc(2) takes a timespec of two longs. */
	if (sizeof(time_t) == sizeof(long))
		return &ipc2_calls;
#endif
	return NULL;
}
