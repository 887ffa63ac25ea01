/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mutants of calls in ipc-conform-mutants: they are between the checks and the real calls, and
 * show that the checks fail if a kernel or a libc is wrong.
 *
 *	ON_MSGSND(last_byte_lost, "the last byte of a text is lost")
 *	{
 *		return t->real->msgsnd(msqid, msgp, msgsz ? msgsz - 1 : 0, msgflg);
 *	}
 *
 * A mutant replaces one or more functions in both call tables.  A run has at most one mutant
 * (`ipc-conform-mutants --mutant msgsnd.last_byte_lost run`).
 */
#ifndef MUTANTS_H
#define MUTANTS_H

#include <stdio.h>

#include "harness/conform.h"

struct mutant;

/* The argument of a mutant's function: the real calls, and the mutant itself. */
struct through {
	const struct ipc_calls *real;
	const struct mutant *mutant;
	bool raw;
};

/* Installs the named mutant; false if there is no such mutant. */
bool choose_mutant(const char *name);
/* Writes the name and the description of each mutant. */
void list_mutants(FILE *out);

#define THROUGH(...) (const struct through *t UNUSED, __VA_ARGS__)

struct mutant {
	const char *name;
	const char *what;
#define FUNCTION(R, F, P, A) R(*F) THROUGH P;
#include "interface/sysvipc.def"
	key_t (*ftok)(const char *path, int project);
	int (*unshare)(int flags);
	int (*setns)(int fd, int type);
	int (*clone)(int (*body)(void *), void *stack, int flags, void *arg);
	off_t (*lseek)(int fd, off_t offset, int whence);
	ssize_t (*read)(int fd, void *buf, size_t size);
	ssize_t (*write)(int fd, const void *buf, size_t size);
	int (*open)(const char *path, int flags, mode_t mode);
	int (*munmap)(void *address, size_t length);
	int (*mprotect)(void *address, size_t length, int protection);
	void *(*mremap)(void *address, size_t old, size_t new, int flags, void *place);
	int (*madvise)(void *address, size_t length, int advice);
	int (*msync)(void *address, size_t length, int flags);
	long (*ptrace)(int request, pid_t pid, void *address, void *data);
	/* Writes a wrong row of /proc/sysvipc. */
	void (*listing)(FILE *out, char *row, int id);
	/* The row of a table, if the mutant is described by one. */
	int error, instead;  /* the call fails with `instead` in place of `error` */
	int cmd;	     /* the command whose structure is wrong */
	size_t offset, size; /* the wrong member of it */
	const char *layer;   /* a fact of a layer that is compiled in, and a wrong value */
	const char *fact, *wrong;
};

#define MUTANT(NAME, ...)                                    \
	static const struct mutant NAME = {__VA_ARGS__};     \
	static const struct mutant *const JOIN(NAME, _entry) \
		__attribute__((used, section("ipc_mutants"))) = &NAME

/* Defines a mutant of one function, whose body follows; the call table checks the types. */
#define ON(R, F, ID, WHAT, ...)                                     \
	static R F##_##ID THROUGH(__VA_ARGS__);                     \
	MUTANT(F##_##ID##_mutant, #F "." #ID, WHAT, .F = F##_##ID); \
	static R F##_##ID THROUGH(__VA_ARGS__)

#define ON_MSGGET(ID, WHAT) ON(int, msgget, ID, WHAT, key_t key UNUSED, int msgflg UNUSED)
#define ON_MSGSND(ID, WHAT)                                                                       \
	ON(int, msgsnd, ID, WHAT, int msqid UNUSED, const void *msgp UNUSED, size_t msgsz UNUSED, \
	   int msgflg UNUSED)
#define ON_MSGRCV(ID, WHAT)                                                                     \
	ON(ssize_t, msgrcv, ID, WHAT, int msqid UNUSED, void *msgp UNUSED, size_t msgsz UNUSED, \
	   long msgtyp UNUSED, int msgflg UNUSED)
#define ON_MSGCTL(ID, WHAT) \
	ON(int, msgctl, ID, WHAT, int msqid UNUSED, int cmd UNUSED, struct msqid_ds *buf UNUSED)
#define ON_SEMGET(ID, WHAT) \
	ON(int, semget, ID, WHAT, key_t key UNUSED, int nsems UNUSED, int semflg UNUSED)
#define ON_SEMTIMEDOP(ID, WHAT)                                                     \
	ON(int, semtimedop, ID, WHAT, int semid UNUSED, struct sembuf *sops UNUSED, \
	   size_t nsops UNUSED, const struct timespec *timeout UNUSED)
#define ON_SEMCTL(ID, WHAT)                                                            \
	ON(int, semctl, ID, WHAT, int semid UNUSED, int semnum UNUSED, int cmd UNUSED, \
	   union semun arg UNUSED)
#define ON_SHMGET(ID, WHAT) \
	ON(int, shmget, ID, WHAT, key_t key UNUSED, size_t size UNUSED, int shmflg UNUSED)
#define ON_SHMAT(ID, WHAT) \
	ON(void *, shmat, ID, WHAT, int shmid UNUSED, const void *shmaddr UNUSED, int shmflg UNUSED)
#define ON_SHMDT(ID, WHAT) ON(int, shmdt, ID, WHAT, const void *shmaddr UNUSED)
#define ON_SHMCTL(ID, WHAT) \
	ON(int, shmctl, ID, WHAT, int shmid UNUSED, int cmd UNUSED, struct shmid_ds *buf UNUSED)

/* Defines a mutant of both semop and semtimedop; timeout is NULL for semop. */
#define ON_SEMOP(ID, WHAT)                                                              \
	static int semop_##ID##_timed(const struct through *t UNUSED, int semid UNUSED, \
				      struct sembuf *sops UNUSED, size_t nsops UNUSED,  \
				      const struct timespec *timeout UNUSED);           \
	static int semop_##ID(const struct through *t, int semid, struct sembuf *sops,  \
			      size_t nsops)                                             \
	{                                                                               \
		return semop_##ID##_timed(t, semid, sops, nsops, NULL);                 \
	}                                                                               \
	MUTANT(semop_##ID##_mutant, "semop." #ID, WHAT, .semop = semop_##ID,            \
	       .semtimedop = semop_##ID##_timed);                                       \
	static int semop_##ID##_timed(const struct through *t, int semid UNUSED,        \
				      struct sembuf *sops UNUSED, size_t nsops UNUSED,  \
				      const struct timespec *timeout UNUSED)

/* The real functions for which the linker calls mutants (MUTANT_WRAPS). */
int __real_unshare(int flags);
int __real_setns(int fd, int type);
int __real_open(const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
off_t __real_lseek(int fd, off_t offset, int whence);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);
long __real_ptrace(int request, pid_t pid, ...);
int __real_munmap(void *address, size_t length);
int __real_mprotect(void *address, size_t length, int protection);
void *__real_mremap(void *address, size_t old, size_t new, int flags, ...);
int __real_madvise(void *address, size_t length, int advice);
int __real_msync(void *address, size_t length, int flags);
int __real_clone(int (*body)(void *), void *stack, int flags, void *arg, ...);

/* Makes a call fail with this error. */
static inline int fails(int error)
{
	errno = error;
	return -1;
}

/* Makes a call that failed with this error succeed, as if the kernel had not checked for it. */
static inline int allowed(int error, int result)
{
	return result == -1 && errno == error ? 0 : result;
}

/* Copies an argument of a call; false if its address is not mapped. */
bool read_memory(void *to, const void *from, size_t size);
/* Opens a copy of a file of /proc/sysvipc whose rows the mutant writes. */
int listing(const char *path, void (*spoil)(FILE *out, char *row, int id));
/* Writes /proc/sys/kernel/KIND_next_id if it is writable. */
void write_next_id(const char *kind, int id);
/* If an id was written there, changes its sequence number. */
void spoil_next_id(const char *kind);
/* Waits on a new set for ever. */
int wait_in_vain(const struct through *t);

#endif
