/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Objects for the checks of several files, and their state, which is always read through
 * libc, whatever calls are tested.
 */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "numbers.h"

/* The exit status of a child that could not use ptrace(2). */
enum { NO_PTRACE = 77 };

#define msg_expect_same(WANT, GOT) EXPECT_SAME(msqid_ds, WANT, GOT)
#define sem_expect_same(WANT, GOT) EXPECT_SAME(semid_ds, WANT, GOT)
#define shm_expect_same(WANT, GOT) EXPECT_SAME(shmid_ds, WANT, GOT)

/* The object has the key check_key(0) and belongs to the process, which is its creator. */
static inline void perm_expect_own(int mode, const struct ipc_perm *perm)
{
	expect_eq(check_key(0), perm->__key);
	expect_eq(geteuid(), perm->uid);
	expect_eq(getegid(), perm->gid);
	expect_eq(geteuid(), perm->cuid);
	expect_eq(getegid(), perm->cgid);
	expect_eq(mode, perm->mode);
}

enum { TEXT = 16 };
struct message {
	long mtype;
	char mtext[TEXT];
};

static inline void msg_put(const struct ipc_calls *ipc, int msqid, long mtype, const char *text)
{
	struct message message = {.mtype = mtype};
	size_t length = strlen(text);

	memcpy(message.mtext, text, length);
	must(ipc->msgsnd(msqid, &message, length, IPC_NOWAIT));
}

/*
 * The pattern is in each member that IPC_STAT does not set: the value is the same on each run, and
 * not the right one by chance.
 */
static inline struct msqid_ds msg_state(int msqid)
{
	struct msqid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	must(libc_calls.msgctl(msqid, IPC_STAT, &ds));
	return ds;
}

enum { NSEMS = 3 };

/* Makes a set whose first semaphore has this value. */
static inline int sem_new(const struct ipc_calls *ipc, int value)
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));

	must(libc_calls.semctl(semid, 0, SETVAL, (union semun){.val = value}));
	return semid;
}

/* One operation on the first semaphore. */
static inline int sem_op(const struct ipc_calls *ipc, int semid, int op, int flags)
{
	return ipc->semop(semid, &(struct sembuf){0, (short)op, (short)flags}, 1);
}

/* Expands to the operations and their number, the second and third arguments of semop. */
#define OPS(...) OPS_OF((struct sembuf[]){__VA_ARGS__})
#define OPS_OF(...) __VA_ARGS__, sizeof(__VA_ARGS__) / sizeof(struct sembuf)

static inline struct semid_ds sem_state(int semid)
{
	struct semid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	must(libc_calls.semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}));
	return ds;
}

static inline int sem_value(int semid, int semnum)
{
	return must(libc_calls.semctl(semid, semnum, GETVAL, (union semun){0}));
}

static inline struct shmid_ds shm_state(int shmid)
{
	struct shmid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	must(libc_calls.shmctl(shmid, IPC_STAT, &ds));
	return ds;
}

/*
 * Skips the check if vm.overcommit_memory is 2: SHM_NORESERVE then has no effect, and a
 * large segment counts as used (mm/shmem.c, mm/util.c).
 */
static inline void need_overcommit(void)
{
	const int error = errno, fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
	char mode = '0';

	if (fd >= 0 && read(fd, &mode, 1) == 1 && mode == '2')
		skip("could not run: vm.overcommit_memory is 2");
	if (fd >= 0)
		close(fd);
	errno = error;
}

/* shmat with any arguments; ends the check if it fails. */
static inline char *attach(const struct ipc_calls *ipc, int shmid, const void *shmaddr, int shmflg)
{
	char *address;

	must((address = ipc->shmat(shmid, shmaddr, shmflg)));
	return address;
}

/*
 * The attach count decreases with the last user of an address space, and a process that
 * reads /proc/PID is such a user for a moment.  So wait for it.
 */
static inline void shm_expect_nattch(unsigned long want, int shmid)
{
	const struct timespec pause = {.tv_nsec = 50000};

	for (int tries = 0; shm_state(shmid).shm_nattch != want && tries < 10000; tries++)
		nanosleep(&pause, NULL);
	expect_eq(want, shm_state(shmid).shm_nattch);
}

/*
 * An id contains the slot in 15 bits, or in 24 with ipcmni_extend, and above it the
 * sequence number (ipc/util.h).
 */
static inline void expect_id(int id, int slot, unsigned seq)
{
	expect(id == (int)(seq << 15 | (unsigned)slot) || id == (int)(seq << 24 | (unsigned)slot));
}

/* An aligned address with this many unmapped pages at it, before and after it. */
static inline char *shm_free_place(size_t pages)
{
	size_t align = (size_t)SHMLBA, length = 3 * pages * page_size() + align;
	char *all = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(all == MAP_FAILED ? -1 : 0);
	must(munmap(all, length));
	uintptr_t place = (uintptr_t)all + pages * page_size() + align - 1;
	return (char *)(place - place % align);
}

#endif
