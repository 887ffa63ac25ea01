/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Interceptors: the checks before and after each call in a build for a sanitizer or for
 * Valgrind (sanitizers.h).  checked_before_F takes the arguments of F and returns the size of
 * its buffer in bytes; checked_after_F takes the result of F, that size, and the arguments.
 *
 * The checks cover every byte that the kernel may access, not only those that it accesses
 * this time: msgrcv with msgsz 100 and a 50-byte buffer is an error even if the message is
 * short.  NULL is left to the kernel, which fails with EFAULT.
 */
#ifndef INTERCEPTORS_H
#define INTERCEPTORS_H

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "semun.h"
#include "sanitizers.h"
/* Defines the constants that older libc headers lack. */
#if __has_include("kernel_constants.h")
#include "kernel_constants.h"
#endif

/* No object is this large, so the kernel refuses the call without an access. */
CHECKED_PART int checked_refused(const void *at, size_t n)
{
	return !at || n == 0 || n > LONG_MAX / 2;
}

CHECKED_PART void checked_given(const char *call, const char *argument, const void *at, size_t n)
{
	const struct checked_bytes bytes = {call, argument, at, n};

	if (checked_refused(at, n))
		return;
	checked_belongs(&bytes, 0);
	checked_has_values(&bytes);
	checked_read(&bytes);
}

CHECKED_PART void checked_taken(const char *call, const char *argument, const void *at, size_t n)
{
	const struct checked_bytes bytes = {call, argument, at, n};

	if (!checked_refused(at, n))
		checked_belongs(&bytes, 1);
}

/* The size of a message of at most msgsz bytes: mtype comes before the text. */
CHECKED_PART size_t checked_message(size_t msgsz)
{
	return msgsz > LONG_MAX / 2 ? msgsz : sizeof(long) + msgsz;
}

/*
 * The removal or change of an object orders threads too: a thread whose call fails with
 * EIDRM or EINVAL runs after the thread that removed the object.
 */
CHECKED_PART void checked_found_out(int id, long result)
{
	if (result == -1 && (errno == EIDRM || errno == EINVAL))
		checked_acquire(CHECKED_OBJECT, id, 0);
}

/* ---- msgop(2) ---------------------------------------------------------------- */

#define checked_before_msgget(...) 0
#define checked_after_msgget(...) ((void)0)

CHECKED_PART size_t checked_before_msgsnd(int msqid, const void *msgp, size_t msgsz, int msgflg)
{
	const size_t n = checked_message(msgsz);
	long mtype;

	(void)msgflg;
	checked_given("msgsnd", "msgp", msgp, n);
	if (CHECKED_ORDERS && !checked_refused(msgp, n)) {
		memcpy(&mtype, msgp, sizeof(mtype));
		checked_release(CHECKED_MESSAGE, msqid, mtype);
	}
	return n;
}

CHECKED_PART void checked_after_msgsnd(long result, size_t n, int msqid, const void *msgp,
				       size_t msgsz, int msgflg)
{
	(void)n, (void)msgp, (void)msgsz, (void)msgflg;
	checked_found_out(msqid, result);
}

CHECKED_PART size_t checked_before_msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp,
					  int msgflg)
{
	const size_t n = checked_message(msgsz);

	(void)msqid, (void)msgtyp, (void)msgflg;
	checked_taken("msgrcv", "msgp", msgp, n);
	return n;
}

CHECKED_PART void checked_after_msgrcv(long result, size_t n, int msqid, void *msgp, size_t msgsz,
				       long msgtyp, int msgflg)
{
	long mtype;

	(void)n, (void)msgsz, (void)msgtyp, (void)msgflg;
	checked_found_out(msqid, result);
	if (result == -1)
		return;
	checked_mapped(msgp, sizeof(mtype));
	memcpy(&mtype, msgp, sizeof(mtype));
	checked_acquire(CHECKED_MESSAGE, msqid, mtype);
	checked_written(msgp, sizeof(long) + (size_t)result);
}

/* ---- semop(2): one token for each semaphore ------------------------------------ */

#define checked_before_semget(...) 0
#define checked_after_semget(...) ((void)0)

CHECKED_PART size_t checked_before_semtimedop(int semid, struct sembuf *sops, size_t nsops,
					      const struct timespec *timeout)
{
	const size_t n = nsops > LONG_MAX / 2 / sizeof(*sops) ? nsops : nsops * sizeof(*sops);

	checked_given("semop", "sops", sops, n);
	checked_given("semtimedop", "timeout", timeout, timeout ? sizeof(*timeout) : 0);
	for (size_t i = 0; CHECKED_ORDERS && i < nsops && !checked_refused(sops, n); i++)
		if (sops[i].sem_op != 0)
			checked_release(CHECKED_SEMAPHORE, semid, sops[i].sem_num);
	return n;
}

CHECKED_PART void checked_after_semtimedop(long result, size_t n, int semid, struct sembuf *sops,
					   size_t nsops, const struct timespec *timeout)
{
	(void)n, (void)timeout;
	checked_found_out(semid, result);
	for (size_t i = 0; i < nsops && result != -1; i++)
		if (sops[i].sem_op <= 0)
			checked_acquire(CHECKED_SEMAPHORE, semid, sops[i].sem_num);
}

#define checked_before_semop(SEMID, SOPS, NSOPS) checked_before_semtimedop(SEMID, SOPS, NSOPS, NULL)
#define checked_after_semop(RESULT, N, SEMID, SOPS, NSOPS) \
	checked_after_semtimedop(RESULT, N, SEMID, SOPS, NSOPS, NULL)

/* ---- shmop(2): each shmat maps new memory at its address ------------------------ */

#define checked_before_shmget(...) 0
#define checked_after_shmget(...) ((void)0)

#define checked_before_shmat(...) 0
CHECKED_PART void checked_after_shmat(void *result, size_t n, int shmid, const void *shmaddr,
				      int shmflg)
{
	struct shmid_ds ds;

	(void)n, (void)shmaddr, (void)shmflg;
	if (result == (void *)-1) /* NOLINT(performance-no-int-to-ptr): from shmop(2) */
		return;
	checked_acquire(CHECKED_MAPPINGS, 0, 0);
	memset(&ds, 0, sizeof(ds));
	if (shmctl(shmid, IPC_STAT, &ds) != -1)
		checked_mapped(result, ds.shm_segsz);
}

CHECKED_PART size_t checked_before_shmdt(const void *shmaddr)
{
	(void)shmaddr;
	checked_release(CHECKED_MAPPINGS, 0, 0);
	return 0;
}
#define checked_after_shmdt(...) ((void)0)

/* ---- msgctl(2), semctl(2), shmctl(2): driven by the table --------------------------- */

enum checked_way {
	CHECKED_NONE,
	CHECKED_IN,
	CHECKED_OUT,
	CHECKED_VALUE,
	CHECKED_ARRAY_IN,
	CHECKED_ARRAY_OUT
};
enum checked_function {
#define FUNCTION(R, F, P, A) CHECKED_##F,
#include "sysvipc.def"
};
/* The size of each structure of the table; 0 for `none`. */
enum checked_size {
	CHECKED_SIZE_none = 0,
#define UNION(S, U, D)
#define END_UNION(S)
#define STRUCT(S, U, D) CHECKED_SIZE_##S = sizeof(struct S),
#include "sysvipc.def"
};

/* The direction and size of a command's buffer; CHECKED_NONE for an unknown command. */
CHECKED_PART enum checked_way checked_command(enum checked_function function, int cmd, size_t *size)
{
	*size = 0;
	switch ((unsigned long long)function << 32 | (unsigned)cmd) {
#define CONTROL(F, C, W, K)                                         \
	case (unsigned long long)CHECKED_##F << 32 | (unsigned)(C): \
		*size = (size_t)CHECKED_SIZE_##K;                   \
		return CHECKED_##W;
#include "sysvipc.def"
	default:
		return CHECKED_NONE;
	}
}

/*
 * The number of values that GETALL and SETALL transfer; 0 if the set does not exist.
 * IPC_STAT needs read access.  Without it, use SEM_STAT_ANY with the slot, which is the low
 * 15 bits of the id, or 24 bits with ipcmni_extend (ipc/util.h).
 */
CHECKED_PART size_t checked_nsems(int semid)
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

CHECKED_PART size_t checked_before_control(const char *call, enum checked_function function, int id,
					   int cmd, const void *at)
{
	size_t n;
	const enum checked_way way = checked_command(function, cmd, &n);

	if (way == CHECKED_ARRAY_IN || way == CHECKED_ARRAY_OUT)
		n = checked_nsems(id) * sizeof(unsigned short);
	if (way == CHECKED_IN || way == CHECKED_ARRAY_IN)
		checked_given(call, "buf", at, n);
	if (way == CHECKED_OUT || way == CHECKED_ARRAY_OUT)
		checked_taken(call, "buf", at, n);
	checked_release(CHECKED_OBJECT, id, 0);
	return n;
}

CHECKED_PART void checked_after_control(long result, size_t n, enum checked_function function,
					int id, int cmd, const void *at)
{
	size_t size;
	const enum checked_way way = checked_command(function, cmd, &size);

	checked_acquire(CHECKED_OBJECT, id, 0);
	if (result != -1 && at && (way == CHECKED_OUT || way == CHECKED_ARRAY_OUT))
		checked_written(at, n);
}

#define checked_before_msgctl(MSQID, CMD, BUF) \
	checked_before_control("msgctl", CHECKED_msgctl, MSQID, CMD, BUF)
#define checked_after_msgctl(RESULT, N, MSQID, CMD, BUF) \
	checked_after_control(RESULT, N, CHECKED_msgctl, MSQID, CMD, BUF)
#define checked_before_shmctl(SHMID, CMD, BUF) \
	checked_before_control("shmctl", CHECKED_shmctl, SHMID, CMD, BUF)
#define checked_after_shmctl(RESULT, N, SHMID, CMD, BUF) \
	checked_after_control(RESULT, N, CHECKED_shmctl, SHMID, CMD, BUF)

/* The pointers of the union share one address; cmd says which of them is used. */
CHECKED_PART size_t checked_before_semctl(int semid, int semnum, int cmd, union semun arg)
{
	size_t n;
	const enum checked_way way = checked_command(CHECKED_semctl, cmd, &n);

	if (way == CHECKED_VALUE) {
		checked_given("semctl", "val", &arg.val, sizeof(arg.val));
		checked_release(CHECKED_SEMAPHORE, semid, semnum);
	}
	return checked_before_control("semctl", CHECKED_semctl, semid, cmd,
				      way == CHECKED_NONE || way == CHECKED_VALUE ? NULL : arg.buf);
}

CHECKED_PART void checked_after_semctl(long result, size_t n, int semid, int semnum, int cmd,
				       union semun arg)
{
	size_t size;
	const enum checked_way way = checked_command(CHECKED_semctl, cmd, &size);

	if (way == CHECKED_NONE && result != -1)
		checked_acquire(CHECKED_SEMAPHORE, semid, semnum);
	checked_after_control(result, n, CHECKED_semctl, semid, cmd,
			      way == CHECKED_NONE || way == CHECKED_VALUE ? NULL : arg.buf);
}

#endif
