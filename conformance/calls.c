/* The calls through libc, and the same calls past it. */
#include "calls.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_constants.h"

const struct ipc_calls libc_calls = {
#define FUNCTION(R, F, P, A) .F = seam_##F,
#include "abi/sysvipc.def"
};

/*
 * ipc(2) came first; i386, m68k, mips o32, powerpc, s390, sh and sparc have had
 * the calls by number since Linux 5.1 (0d6040d46817), and i386 still has no
 * semop and no semtimedop but through it.
 */
#ifndef SYS_ipc
#define SYS_ipc (-1)
#endif

static int raw_msgget(key_t key, int msgflg)
{
#ifdef SYS_msgget
	return (int)syscall(SYS_msgget, key, msgflg);
#else
	return (int)syscall(SYS_ipc, MSGGET, key, msgflg, 0, 0);
#endif
}

static int raw_msgsnd(int msqid, const void *msgp, size_t msgsz, int msgflg)
{
#ifdef SYS_msgsnd
	return (int)syscall(SYS_msgsnd, msqid, msgp, msgsz, msgflg);
#else
	return (int)syscall(SYS_ipc, MSGSND, msqid, msgsz, msgflg, msgp);
#endif
}

static ssize_t raw_msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp, int msgflg)
{
#ifdef SYS_msgrcv
	return syscall(SYS_msgrcv, msqid, msgp, msgsz, msgtyp, msgflg);
#else
	/* linux/ipc.h, struct ipc_kludge: five arguments are not enough. */
	struct {
		void *msgp;
		long msgtyp;
	} kludge = {msgp, msgtyp};
	return syscall(SYS_ipc, MSGRCV, msqid, msgsz, msgflg, &kludge);
#endif
}

static long control_msg(int msqid, int cmd, void *buf)
{
#ifdef SYS_msgctl
	return syscall(SYS_msgctl, msqid, cmd, buf);
#else
	return syscall(SYS_ipc, MSGCTL, msqid, cmd, 0, buf);
#endif
}

/*
 * Calls that once knew smaller structures want IPC_64 in the command, those
 * that never did refuse it (ipc/util.h, ipc_parse_version).  Which of them this
 * architecture's is, a command that needs no queue tells.
 */
static int version(void)
{
	struct msginfo info;

	return control_msg(0, MSG_INFO | IPC_64, &info) == -1 ? 0 : IPC_64;
}

static int raw_msgctl(int msqid, int cmd, struct msqid_ds *buf)
{
	return (int)control_msg(msqid, cmd | version(), buf);
}

static int raw_semget(key_t key, int nsems, int semflg)
{
#ifdef SYS_semget
	return (int)syscall(SYS_semget, key, nsems, semflg);
#else
	return (int)syscall(SYS_ipc, SEMGET, key, nsems, semflg, 0);
#endif
}

static int raw_semtimedop(int semid, struct sembuf *sops, size_t nsops,
			  const struct timespec *timeout)
{
#if defined(SYS_semtimedop_time64) && defined(_TIME_BITS) && _TIME_BITS == 64
	return (int)syscall(SYS_semtimedop_time64, semid, sops, nsops, timeout);
#elif defined(SYS_semtimedop)
	return (int)syscall(SYS_semtimedop, semid, sops, nsops, timeout);
#elif defined(__s390__)
	/* arch/s390: ipc(2) has five arguments, and the timeout is the third. */
	return (int)syscall(SYS_ipc, SEMTIMEDOP, semid, nsops, timeout, sops);
#else
	return (int)syscall(SYS_ipc, SEMTIMEDOP, semid, nsops, 0, sops, timeout);
#endif
}

static int raw_semop(int semid, struct sembuf *sops, size_t nsops)
{
#ifdef SYS_semop
	return (int)syscall(SYS_semop, semid, sops, nsops);
#else
	return (int)syscall(SYS_ipc, SEMOP, semid, nsops, 0, sops);
#endif
}

static int raw_semctl(int semid, int semnum, int cmd, union semun arg)
{
	unsigned long word = 0;

	/* The kernel takes the union by value, whichever end its int is at. */
	memcpy(&word, &arg, sizeof(arg));
#ifdef SYS_semctl
	return (int)syscall(SYS_semctl, semid, semnum, cmd | version(), word);
#else
	return (int)syscall(SYS_ipc, SEMCTL, semid, semnum, cmd | version(), &word);
#endif
}

static int raw_shmget(key_t key, size_t size, int shmflg)
{
#ifdef SYS_shmget
	return (int)syscall(SYS_shmget, key, size, shmflg);
#else
	return (int)syscall(SYS_ipc, SHMGET, key, size, shmflg, 0);
#endif
}

static void *raw_shmat(int shmid, const void *shmaddr, int shmflg)
{
#ifdef SYS_shmat
	return (void *)syscall(SYS_shmat, shmid, shmaddr, shmflg);
#else
	void *address;
	long result = syscall(SYS_ipc, SHMAT, shmid, shmflg, &address, shmaddr);

	return result == -1 ? (void *)-1 : address;
#endif
}

static int raw_shmdt(const void *shmaddr)
{
#ifdef SYS_shmdt
	return (int)syscall(SYS_shmdt, shmaddr);
#else
	return (int)syscall(SYS_ipc, SHMDT, 0, 0, 0, shmaddr);
#endif
}

static int raw_shmctl(int shmid, int cmd, struct shmid_ds *buf)
{
#ifdef SYS_shmctl
	return (int)syscall(SYS_shmctl, shmid, cmd | version(), buf);
#else
	return (int)syscall(SYS_ipc, SHMCTL, shmid, cmd | version(), 0, buf);
#endif
}

const struct ipc_calls raw_calls = {
#define FUNCTION(R, F, P, A) .F = raw_##F,
#include "abi/sysvipc.def"
};
