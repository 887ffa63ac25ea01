/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Interceptors: the checks before and after each call in a build for a sanitizer or for
 * Valgrind (seam_tools.h).  seam_before_F takes the arguments of F and returns the size of
 * its buffer in bytes; seam_after_F takes the result of F, that size, and the arguments.
 *
 * The checks cover every byte that the kernel may access, not only those that it accesses
 * this time: msgrcv with msgsz 100 and a 50-byte buffer is an error even if the message is
 * short.  NULL is left to the kernel, which fails with EFAULT.
 */
#ifndef SEAM_CHECK_H
#define SEAM_CHECK_H

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "semun.h"
#include "seam_tools.h"
/* Defines the constants that older libc headers lack. */
#if __has_include("kernel_constants.h")
#include "kernel_constants.h"
#endif

/* No object is this large, so the kernel refuses the call without an access. */
SEAM_PART int seam_refused(const void *at, size_t n)
{
	return !at || n == 0 || n > LONG_MAX / 2;
}

SEAM_PART void seam_given(const char *call, const char *argument, const void *at, size_t n)
{
	const struct seam_bytes bytes = {call, argument, at, n};

	if (seam_refused(at, n))
		return;
	seam_belongs(&bytes, 0);
	seam_has_values(&bytes);
	seam_read(&bytes);
}

SEAM_PART void seam_taken(const char *call, const char *argument, const void *at, size_t n)
{
	const struct seam_bytes bytes = {call, argument, at, n};

	if (!seam_refused(at, n))
		seam_belongs(&bytes, 1);
}

/* The size of a message of at most msgsz bytes: mtype comes before the text. */
SEAM_PART size_t seam_message(size_t msgsz)
{
	return msgsz > LONG_MAX / 2 ? msgsz : sizeof(long) + msgsz;
}

/*
 * The removal or change of an object orders threads too: a thread whose call fails with
 * EIDRM or EINVAL runs after the thread that removed the object.
 */
SEAM_PART void seam_found_out(int id, long result)
{
	if (result == -1 && (errno == EIDRM || errno == EINVAL))
		seam_acquire(SEAM_OBJECT, id, 0);
}

/* ---- msgop(2) ---------------------------------------------------------------- */

#define seam_before_msgget(...) 0
#define seam_after_msgget(...) ((void)0)

SEAM_PART size_t seam_before_msgsnd(int msqid, const void *msgp, size_t msgsz, int msgflg)
{
	const size_t n = seam_message(msgsz);
	long mtype;

	(void)msgflg;
	seam_given("msgsnd", "msgp", msgp, n);
	if (SEAM_ORDERS && !seam_refused(msgp, n)) {
		memcpy(&mtype, msgp, sizeof(mtype));
		seam_release(SEAM_MESSAGE, msqid, mtype);
	}
	return n;
}

SEAM_PART void seam_after_msgsnd(long result, size_t n, int msqid, const void *msgp, size_t msgsz,
				 int msgflg)
{
	(void)n, (void)msgp, (void)msgsz, (void)msgflg;
	seam_found_out(msqid, result);
}

SEAM_PART size_t seam_before_msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp, int msgflg)
{
	const size_t n = seam_message(msgsz);

	(void)msqid, (void)msgtyp, (void)msgflg;
	seam_taken("msgrcv", "msgp", msgp, n);
	return n;
}

SEAM_PART void seam_after_msgrcv(long result, size_t n, int msqid, void *msgp, size_t msgsz,
				 long msgtyp, int msgflg)
{
	long mtype;

	(void)n, (void)msgsz, (void)msgtyp, (void)msgflg;
	seam_found_out(msqid, result);
	if (result == -1)
		return;
	seam_mapped(msgp, sizeof(mtype));
	memcpy(&mtype, msgp, sizeof(mtype));
	seam_acquire(SEAM_MESSAGE, msqid, mtype);
	seam_written(msgp, sizeof(long) + (size_t)result);
}

/* ---- semop(2): one token for each semaphore ------------------------------------ */

#define seam_before_semget(...) 0
#define seam_after_semget(...) ((void)0)

SEAM_PART size_t seam_before_semtimedop(int semid, struct sembuf *sops, size_t nsops,
					const struct timespec *timeout)
{
	const size_t n = nsops > LONG_MAX / 2 / sizeof(*sops) ? nsops : nsops * sizeof(*sops);

	seam_given("semop", "sops", sops, n);
	seam_given("semtimedop", "timeout", timeout, timeout ? sizeof(*timeout) : 0);
	for (size_t i = 0; SEAM_ORDERS && i < nsops && !seam_refused(sops, n); i++)
		if (sops[i].sem_op != 0)
			seam_release(SEAM_SEMAPHORE, semid, sops[i].sem_num);
	return n;
}

SEAM_PART void seam_after_semtimedop(long result, size_t n, int semid, struct sembuf *sops,
				     size_t nsops, const struct timespec *timeout)
{
	(void)n, (void)timeout;
	seam_found_out(semid, result);
	for (size_t i = 0; i < nsops && result != -1; i++)
		if (sops[i].sem_op <= 0)
			seam_acquire(SEAM_SEMAPHORE, semid, sops[i].sem_num);
}

#define seam_before_semop(SEMID, SOPS, NSOPS) seam_before_semtimedop(SEMID, SOPS, NSOPS, NULL)
#define seam_after_semop(RESULT, N, SEMID, SOPS, NSOPS) \
	seam_after_semtimedop(RESULT, N, SEMID, SOPS, NSOPS, NULL)

/* ---- shmop(2): memory at an address is new with each shmat ------------------------ */

#define seam_before_shmget(...) 0
#define seam_after_shmget(...) ((void)0)

#define seam_before_shmat(...) 0
SEAM_PART void seam_after_shmat(void *result, size_t n, int shmid, const void *shmaddr, int shmflg)
{
	struct shmid_ds ds;

	(void)n, (void)shmaddr, (void)shmflg;
	if (result == (void *)-1) /* NOLINT(performance-no-int-to-ptr): from shmop(2) */
		return;
	seam_acquire(SEAM_MAPPINGS, 0, 0);
	memset(&ds, 0, sizeof(ds));
	if (shmctl(shmid, IPC_STAT, &ds) != -1)
		seam_mapped(result, ds.shm_segsz);
}

SEAM_PART size_t seam_before_shmdt(const void *shmaddr)
{
	(void)shmaddr;
	seam_release(SEAM_MAPPINGS, 0, 0);
	return 0;
}
#define seam_after_shmdt(...) ((void)0)

/* ---- msgctl(2), semctl(2), shmctl(2): driven by the table --------------------------- */

enum seam_way { SEAM_NONE, SEAM_IN, SEAM_OUT, SEAM_VALUE, SEAM_ARRAY_IN, SEAM_ARRAY_OUT };
enum seam_function {
#define FUNCTION(R, F, P, A) SEAM_##F,
#include "sysvipc.def"
};
/* The size of each structure of the table; 0 for `none`. */
enum seam_size {
	SEAM_SIZE_none = 0,
#define UNION(S, U, D)
#define END_UNION(S)
#define STRUCT(S, U, D) SEAM_SIZE_##S = sizeof(struct S),
#include "sysvipc.def"
};

/* The direction and size of a command's buffer; SEAM_NONE for an unknown command. */
SEAM_PART enum seam_way seam_command(enum seam_function function, int cmd, size_t *size)
{
	*size = 0;
	switch ((unsigned long long)function << 32 | (unsigned)cmd) {
#define CONTROL(F, C, W, K)                                      \
	case (unsigned long long)SEAM_##F << 32 | (unsigned)(C): \
		*size = (size_t)SEAM_SIZE_##K;                   \
		return SEAM_##W;
#include "sysvipc.def"
	default:
		return SEAM_NONE;
	}
}

/*
 * The number of values that GETALL and SETALL transfer; 0 if the set does not exist.
 * IPC_STAT needs read access.  Without it, use SEM_STAT_ANY with the slot, which is the low
 * 15 bits of the id, or 24 bits with ipcmni_extend (ipc/util.h).
 */
SEAM_PART size_t seam_nsems(int semid)
{
	struct semid_ds ds;
	const union semun arg = {.buf = &ds};
	const int error = errno;

	memset(&ds, 0, sizeof(ds));
	int found = semctl(semid, 0, IPC_STAT, arg) != -1;
	for (int bits = 15; bits <= 24 && !found; bits += 9)
		found = semctl(semid & ((1 << bits) - 1), 0, SEM_STAT_ANY, arg) == semid;
	errno = error;
	return found ? ds.sem_nsems : 0;
}

SEAM_PART size_t seam_before_control(const char *call, enum seam_function function, int id, int cmd,
				     const void *at)
{
	size_t n;
	const enum seam_way way = seam_command(function, cmd, &n);

	if (way == SEAM_ARRAY_IN || way == SEAM_ARRAY_OUT)
		n = seam_nsems(id) * sizeof(unsigned short);
	if (way == SEAM_IN || way == SEAM_ARRAY_IN)
		seam_given(call, "buf", at, n);
	if (way == SEAM_OUT || way == SEAM_ARRAY_OUT)
		seam_taken(call, "buf", at, n);
	seam_release(SEAM_OBJECT, id, 0);
	return n;
}

SEAM_PART void seam_after_control(long result, size_t n, enum seam_function function, int id,
				  int cmd, const void *at)
{
	size_t size;
	const enum seam_way way = seam_command(function, cmd, &size);

	seam_acquire(SEAM_OBJECT, id, 0);
	if (result != -1 && at && (way == SEAM_OUT || way == SEAM_ARRAY_OUT))
		seam_written(at, n);
}

#define seam_before_msgctl(MSQID, CMD, BUF) \
	seam_before_control("msgctl", SEAM_msgctl, MSQID, CMD, BUF)
#define seam_after_msgctl(RESULT, N, MSQID, CMD, BUF) \
	seam_after_control(RESULT, N, SEAM_msgctl, MSQID, CMD, BUF)
#define seam_before_shmctl(SHMID, CMD, BUF) \
	seam_before_control("shmctl", SEAM_shmctl, SHMID, CMD, BUF)
#define seam_after_shmctl(RESULT, N, SHMID, CMD, BUF) \
	seam_after_control(RESULT, N, SEAM_shmctl, SHMID, CMD, BUF)

/* The pointers of the union share one address; cmd says which of them is used. */
SEAM_PART size_t seam_before_semctl(int semid, int semnum, int cmd, union semun arg)
{
	size_t n;
	const enum seam_way way = seam_command(SEAM_semctl, cmd, &n);

	if (way == SEAM_VALUE) {
		seam_given("semctl", "val", &arg.val, sizeof(arg.val));
		seam_release(SEAM_SEMAPHORE, semid, semnum);
	}
	return seam_before_control("semctl", SEAM_semctl, semid, cmd,
				   way == SEAM_NONE || way == SEAM_VALUE ? NULL : arg.buf);
}

SEAM_PART void seam_after_semctl(long result, size_t n, int semid, int semnum, int cmd,
				 union semun arg)
{
	size_t size;
	const enum seam_way way = seam_command(SEAM_semctl, cmd, &size);

	if (way == SEAM_NONE && result != -1)
		seam_acquire(SEAM_SEMAPHORE, semid, semnum);
	seam_after_control(result, n, SEAM_semctl, semid, cmd,
			   way == SEAM_NONE || way == SEAM_VALUE ? NULL : arg.buf);
}

#endif
