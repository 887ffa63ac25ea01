/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Sets under load: only one worker at a time touches the data that a semaphore guards, and the
 * kernel releases the semaphore of a process that dies while it holds it (SEM_UNDO).
 */
#include "stress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 64, MAX_SEMS = 16 };

struct set {
	int semid;
	unsigned nsems;
	/* Touched only while semaphore i is held, by accesses that are not atomic. */
	unsigned guarded[MAX_SEMS];
	int holder[MAX_SEMS];
	/* The final values of guarded. */
	unsigned entered[MAX_SEMS];
};

/*
 * One or two semaphores in one call; SEM_UNDO applies when they are taken and when they are
 * released.
 */
struct lock {
	unsigned short nums[2];
	unsigned n;
	short flags;
};

static struct lock any_lock(struct worker *worker)
{
	const struct set *set = worker->context;
	const unsigned first = random_below(&worker->random, set->nsems);
	const unsigned second = random_below(&worker->random, set->nsems);

	return (struct lock){
		.nums = {(unsigned short)first, (unsigned short)second},
		.n = first == second ? 1 : 2,
		.flags = random_below(&worker->random, 2) ? SEM_UNDO : 0,
	};
}

/* Calls semop or semtimedop for these semaphores; returns -1, with errno, on an error. */
static int operate(struct worker *worker, const struct lock *lock, short op, short flags,
		   const struct timespec *timeout)
{
	const struct set *set = worker->context;
	struct sembuf *sops = exactly(lock->n * sizeof(*sops));
	int result;

	for (unsigned i = 0; i < lock->n; i++)
		sops[i] = (struct sembuf){lock->nums[i], op, (short)(lock->flags | flags)};
	if (timeout)
		uninterrupted(result, worker->ipc->semtimedop(set->semid, sops, lock->n, timeout));
	else
		uninterrupted(result, worker->ipc->semop(set->semid, sops, lock->n));
	const int error = errno;
	free(sops);
	errno = error;
	return result;
}

/* Takes semaphores, at first without a wait or within 1 ms; false if the set was removed. */
static bool take(struct worker *worker, const struct lock *lock)
{
	const struct timespec timeout = {.tv_nsec = 1000000};
	const unsigned how = random_below(&worker->random, 3);
	int result = -1;

	if (how == 0)
		result = operate(worker, lock, -1, IPC_NOWAIT, NULL);
	else if (how == 1)
		result = operate(worker, lock, -1, 0, &timeout);
	if (result == -1 && (how == 2 || errno == EAGAIN))
		result = operate(worker, lock, -1, 0, NULL);
	require(result == 0 || is_removed(worker->round), "semop -1: %s", strerror(errno));
	return result == 0;
}

static void touch(struct worker *worker, const struct lock *lock)
{
	struct set *set = worker->context;
	const int me = (int)worker->index + 1;

	for (unsigned i = 0; i < lock->n; i++)
		set->holder[lock->nums[i]] = me;
	for (unsigned i = 0; i < lock->n; i++) {
		const unsigned num = lock->nums[i];
		set->guarded[num]++;
		__atomic_fetch_add(&set->entered[num], 1, __ATOMIC_RELAXED);
		require(set->holder[num] == me, "two workers hold semaphore %u", num);
	}
	__atomic_fetch_add(worker->round->done, 1, __ATOMIC_RELAXED);
}

/* A child takes a semaphore with SEM_UNDO and is killed; the kernel releases the semaphore. */
static void die_holding(struct worker *worker)
{
	const struct set *set = worker->context;
	const unsigned short num = (unsigned short)random_below(&worker->random, set->nsems);
	struct sembuf sop = {num, -1, SEM_UNDO};
	const pid_t pid = fork_child();

	if (pid == 0) {
		worker->ipc->semop(set->semid, &sop, 1);
		kill_itself();
	}
	await_child(pid, true);
}

/* Each value is 0 or 1, and GETALL returns exactly as many as there are semaphores. */
static void look(struct worker *worker)
{
	const struct set *set = worker->context;
	unsigned short *values = exactly(set->nsems * sizeof(*values));
	struct semid_ds ds = {0};

	if (worker->ipc->semctl(set->semid, 0, GETALL, (union semun){.array = values}) == 0)
		for (unsigned i = 0; i < set->nsems; i++)
			require(values[i] <= 1, "semaphore %u is %u", i, values[i]);
	else
		require(is_removed(worker->round), "GETALL: %s", strerror(errno));
	free(values);
	if (worker->ipc->semctl(set->semid, 0, IPC_STAT, (union semun){.buf = &ds}) == 0)
		require(ds.sem_nsems == set->nsems, "sem_nsems is %lu",
			(unsigned long)ds.sem_nsems);
	for (int cmd = 0; cmd < 3; cmd++) {
		static const int count[] = {GETVAL, GETNCNT, GETZCNT};
		const int value = worker->ipc->semctl(set->semid, 0, count[cmd], (union semun){0});
		require(value != -1 ? value <= 2 * MAX_WORKERS : is_removed(worker->round),
			"command %d: %d", count[cmd], value);
	}
}

static void work(struct worker *worker)
{
	struct set *set = worker->context;

	for (unsigned n = 0; n < TURNS; n++) {
		const struct lock lock = any_lock(worker);

		if (worker->round->removal && worker->index == 0 && n == TURNS / 2)
			worker->ipc->semctl(set->semid, 0, IPC_RMID, (union semun){0});
		if (!take(worker, &lock))
			return;
		touch(worker, &lock);
		if (operate(worker, &lock, 1, 0, NULL) == -1) {
			require(is_removed(worker->round), "semop +1: %s", strerror(errno));
			return;
		}
		if (random_below(&worker->random, 64) == 0)
			die_holding(worker);
		if (random_below(&worker->random, 8) == 0)
			look(worker);
		disturb(worker);
	}
}

/* Sets all values to 1, by SETALL with exactly as many values. */
static void fill(const struct round *round, const struct set *set)
{
	unsigned short *values = exactly(set->nsems * sizeof(*values));

	for (unsigned i = 0; i < set->nsems; i++)
		values[i] = 1;
	require(round->ipc->semctl(set->semid, 0, SETALL, (union semun){.array = values}) == 0,
		"SETALL: %s", strerror(errno));
	free(values);
}

static void sem_round(struct round *round)
{
	struct set *set = shared_new(sizeof(*set));

	set->nsems = 1 + random_below(&round->random, MAX_SEMS);
	set->semid = round->ipc->semget(IPC_PRIVATE, (int)set->nsems, 0600);
	require(set->semid != -1, "semget: %s", strerror(errno));
	fill(round, set);
	run_workers(round, 2 + random_below(&round->random, MAX_WORKERS - 1), work, set);
	for (unsigned i = 0; i < set->nsems; i++) {
		require(set->guarded[i] == set->entered[i], "semaphore %u: %u of %u were counted",
			i, set->guarded[i], set->entered[i]);
		require(round->removal || round->ipc->semctl(set->semid, (int)i, GETVAL,
							     (union semun){0}) == 1,
			"semaphore %u was not released", i);
	}
	if (!round->removal)
		require(round->ipc->semctl(set->semid, 0, IPC_RMID, (union semun){0}) == 0,
			"IPC_RMID: %s", strerror(errno));
	shared_free(set, sizeof(*set));
}

const struct program sem_program = {"sem", "turns", sem_round};
