/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The calls in C, with which bench.py compares the binding.  Each function makes
 * its calls count times and returns how many ns they took, or -1 with errno.
 * bench.py loads the functions as a shared library.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "interface/checked_calls.h"

/* Without Valgrind's header its requests do nothing. */
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(NAME) ((void)(NAME))
#endif

enum { SEMAPHORES = 8, TEXT_MAX = 8192 };

struct message {
	long mtype;
	char mtext[TEXT_MAX];
};

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

#define LOOP(NAME, ...)                         \
	long long NAME(int count, __VA_ARGS__); \
	long long NAME(int count, __VA_ARGS__)

/* The body of a loop; OK makes the calls and is false if one fails. */
#define REPEAT(OK)                              \
	do {                                    \
		const long long begin = now();  \
		for (int i = 0; i < count; i++) \
			if (!(OK))              \
				return -1;      \
		return now() - begin;           \
	} while (0)

LOOP(loop_ftok, const char *pathname, int proj_id)
{
	REPEAT(ftok(pathname, proj_id) != -1);
}

/* ---- message queues ------------------------------------------------------ */

LOOP(loop_msgget, key_t key)
{
	REPEAT(checked_msgget(key, 0) != -1);
}

LOOP(loop_message, int msqid, int size)
{
	struct message m = {.mtype = 1};

	REPEAT(checked_msgsnd(msqid, &m, (size_t)size, 0) == 0 &&
	       checked_msgrcv(msqid, &m, (size_t)size, 0, 0) == size);
}

static bool all_messages(int msqid, size_t size, int n)
{
	struct message m = {.mtype = 1};

	for (int i = 0; i < n; i++)
		if (checked_msgsnd(msqid, &m, size, 0) == -1)
			return false;
	for (int i = 0; i < n; i++)
		if (checked_msgrcv(msqid, &m, size, 0, 0) == -1)
			return false;
	return true;
}

LOOP(loop_messages, int msqid, int size, int n)
{
	REPEAT(all_messages(msqid, (size_t)size, n));
}

LOOP(loop_message_ping, int msqid, int size)
{
	struct message ping = {.mtype = 1}, pong;

	REPEAT(checked_msgsnd(msqid, &ping, (size_t)size, 0) == 0 &&
	       checked_msgrcv(msqid, &pong, (size_t)size, 2, 0) == size);
}

LOOP(loop_message_pong, int msqid, int size)
{
	struct message ping, pong = {.mtype = 2};

	REPEAT(checked_msgrcv(msqid, &ping, (size_t)size, 1, 0) == size &&
	       checked_msgsnd(msqid, &pong, (size_t)size, 0) == 0);
}

/* For IPC_SET, buf is read first. */
LOOP(loop_msgctl, int msqid, int cmd)
{
	union {
		struct msqid_ds ds;
		struct msginfo info;
	} buf;

	if (cmd == IPC_SET && checked_msgctl(msqid, IPC_STAT, &buf.ds) == -1)
		return -1;
	REPEAT(checked_msgctl(msqid, cmd, &buf.ds) != -1);
}

/* ---- semaphore sets -------------------------------------------------------- */

LOOP(loop_semget, key_t key)
{
	REPEAT(checked_semget(key, 0, 0) != -1);
}

/* An operation on one set, then one on another: up and down, or ping and pong. */
LOOP(loop_semop, int first, int op_of_first, int second, int op_of_second)
{
	struct sembuf a = {.sem_op = (short)op_of_first}, b = {.sem_op = (short)op_of_second};

	REPEAT(checked_semop(first, &a, 1) == 0 && checked_semop(second, &b, 1) == 0);
}

LOOP(loop_semtimedop, int semid)
{
	const struct timespec timeout = {.tv_sec = 1};
	struct sembuf up = {.sem_op = 1}, down = {.sem_op = -1};

	REPEAT(checked_semtimedop(semid, &up, 1, &timeout) == 0 &&
	       checked_semtimedop(semid, &down, 1, &timeout) == 0);
}

LOOP(loop_semctl, int semid, int cmd)
{
	struct semid_ds ds;
	union semun arg = {.val = 0};

	if (cmd == IPC_STAT)
		arg.buf = &ds;
	REPEAT(checked_semctl(semid, 0, cmd, arg) != -1);
}

/* GETALL or SETALL, after an IPC_STAT that reads the number of values. */
LOOP(loop_semctl_all, int semid, int cmd)
{
	struct semid_ds ds = {0};
	unsigned short values[SEMAPHORES] = {0};
	const union semun stat = {.buf = &ds}, all = {.array = values};

	REPEAT(checked_semctl(semid, 0, IPC_STAT, stat) == 0 && ds.sem_nsems == SEMAPHORES &&
	       checked_semctl(semid, 0, cmd, all) == 0);
}

/* ---- shared memory ----------------------------------------------------------- */

LOOP(loop_shmget, key_t key)
{
	REPEAT(checked_shmget(key, 0, 0) != -1);
}

/* IPC_STAT reads the size of the segment. */
LOOP(loop_shmat, int shmid)
{
	struct shmid_ds ds;
	void *p;

	REPEAT((p = checked_shmat(shmid, NULL, 0)) != (void *)-1 &&
	       checked_shmctl(shmid, IPC_STAT, &ds) == 0 && checked_shmdt(p) == 0);
}

LOOP(loop_shmctl, int shmid, int cmd)
{
	struct shmid_ds ds;

	REPEAT(checked_shmctl(shmid, cmd, &ds) != -1);
}

/* ---- memory -------------------------------------------------------------------- */

/* The compiler leaves out a copy that nothing reads; the asm statement reads this one. */
static inline void copy(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	__asm__ volatile("" : : "r"(to) : "memory");
}

LOOP(loop_copy, void *to, const void *from, int size)
{
	REPEAT((copy(to, from, (size_t)size), true));
}

static bool make_message(const char *text, size_t size)
{
	struct message *m = malloc(sizeof(m->mtype) + size);

	if (!m)
		return false;
	m->mtype = 1;
	copy(m->mtext, text, size);
	free(m);
	return true;
}

LOOP(loop_mkmsgbuf, const char *text, int size)
{
	REPEAT(make_message(text, (size_t)size));
}

/* ---- instructions ------------------------------------------------------------------ */

/* Sets the count to 0 and starts it.  Returns false if callgrind does not count. */
bool count_begin(void);
bool count_begin(void)
{
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	return RUNNING_ON_VALGRIND;
}

/* Callgrind writes a file with the instructions since count_begin() and this name. */
void count_end(const char *name);
void count_end(const char *name)
{
	CALLGRIND_DUMP_STATS_AT(name);
}
