/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Segments under load: many workers attach and detach them, and always see complete data.
 *
 * The bytes of a segment follow from the number of writes to it; a semaphore excludes other
 * writers.
 */
#include "stress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 64 };

struct segment {
	int shmid, semid;
	size_t size;
	/* An attachment that threads share and processes inherit. */
	unsigned char *shared;
	unsigned written; /* the number of writes; guarded by the semaphore */
};

/* Takes the semaphore (op -1) or releases it (op 1). */
static void lock(struct worker *worker, short op)
{
	const struct segment *segment = worker->context;
	struct sembuf sop = {.sem_op = op, .sem_flg = SEM_UNDO};
	int result;

	uninterrupted(result, worker->ipc->semop(segment->semid, &sop, 1));
	require(result == 0, "semop: %s", strerror(errno));
}

static void *attach(struct worker *worker, int shmflg)
{
	const struct segment *segment = worker->context;
	void *memory = worker->ipc->shmat(segment->shmid, NULL, shmflg);

	require((intptr_t)memory != -1 || is_removed(worker->round), "shmat: %s", strerror(errno));
	return (intptr_t)memory == -1 ? NULL : memory;
}

static void detach(struct worker *worker, void *memory)
{
	require(worker->ipc->shmdt(memory) == 0, "shmdt: %s", strerror(errno));
}

/* Requires, with the semaphore held, that every byte is that of the last writer. */
static void check(const struct segment *segment, const unsigned char *memory)
{
	require(memcmp(memory, pattern(segment->written), segment->size) == 0,
		"a segment of %zu bytes does not have the bytes that were written", segment->size);
}

static void write_next(struct segment *segment, unsigned char *memory)
{
	segment->written++;
	memcpy(memory, pattern(segment->written), segment->size);
}

/* A child inherits attachments; if it is killed, the kernel detaches and releases the semaphore. */
static void fork_attached(struct worker *worker, const unsigned char *memory)
{
	const struct segment *segment = worker->context;
	const bool killed = random_below(&worker->random, 2);
	const pid_t pid = fork_child();

	if (pid == 0) {
		child_is_alone(segment, sizeof(*segment));
		child_is_alone(memory, segment->size);
		lock(worker, -1);
		check(segment, memory);
		if (killed)
			kill_itself();
		lock(worker, 1);
		_exit(0);
	}
	await_child(pid, killed);
}

/* Writes through its own attachment or the shared one, and reads through a read-only one. */
static bool turn(struct worker *worker)
{
	struct segment *segment = worker->context;
	unsigned char *memory =
		random_below(&worker->random, 2) ? segment->shared : attach(worker, 0);
	unsigned char *readonly = memory ? attach(worker, SHM_RDONLY) : NULL;

	if (readonly) {
		lock(worker, -1);
		check(segment, readonly);
		write_next(segment, memory);
		check(segment, readonly);
		lock(worker, 1);
		if (random_below(&worker->random, 64) == 0)
			fork_attached(worker, readonly);
		detach(worker, readonly);
		__atomic_fetch_add(worker->round->done, 1, __ATOMIC_RELAXED);
	}
	if (memory && memory != segment->shared)
		detach(worker, memory);
	return readonly;
}

static void look(struct worker *worker)
{
	const struct segment *segment = worker->context;
	struct shmid_ds ds;

	if (worker->ipc->shmctl(segment->shmid, IPC_STAT, &ds) == -1) {
		require(is_removed(worker->round), "IPC_STAT: %s", strerror(errno));
		return;
	}
	require(ds.shm_segsz == segment->size, "shm_segsz is %zu of %zu", (size_t)ds.shm_segsz,
		segment->size);
	require(ds.shm_nattch >= 1, "shm_nattch is 0 of an attached segment");
}

/* A removed segment can still be attached by id while it is attached somewhere. */
static void work(struct worker *worker)
{
	const struct segment *segment = worker->context;
	bool there = true;

	for (unsigned n = 0; n < TURNS && there; n++) {
		if (worker->round->removal && worker->index == 0 && n == TURNS / 2)
			worker->ipc->shmctl(segment->shmid, IPC_RMID, NULL);
		there = turn(worker);
		if (random_below(&worker->random, 8) == 0)
			look(worker);
		disturb(worker);
	}
}

static void begin(struct round *round, struct segment *segment)
{
	const size_t size = round->sizes.of[random_below(&round->random, NSIZES)];

	segment->size = size ? size : 3 * round->sizes.of[NSIZES - 1];
	segment->shmid = round->ipc->shmget(IPC_PRIVATE, segment->size, 0600);
	segment->semid = round->ipc->semget(IPC_PRIVATE, 1, 0600);
	require(segment->shmid != -1 && segment->semid != -1, "get: %s", strerror(errno));
	require(round->ipc->semctl(segment->semid, 0, SETVAL, (union semun){.val = 1}) == 0,
		"SETVAL: %s", strerror(errno));
	segment->shared = round->ipc->shmat(segment->shmid, NULL, 0);
	require((intptr_t)segment->shared != -1, "shmat: %s", strerror(errno));
	memcpy(segment->shared, pattern(0), segment->size);
}

/* All workers have detached; the last detach frees the removed segment. */
static void end(struct round *round, struct segment *segment)
{
	struct shmid_ds ds;

	require(round->ipc->shmctl(segment->shmid, IPC_STAT, &ds) == 0, "IPC_STAT: %s",
		strerror(errno));
	require(ds.shm_nattch == 1, "shm_nattch is %lu in the end", (unsigned long)ds.shm_nattch);
	check(segment, segment->shared);
	require(round->ipc->shmctl(segment->shmid, IPC_RMID, NULL) == 0, "IPC_RMID: %s",
		strerror(errno));
	require(round->ipc->shmdt(segment->shared) == 0, "shmdt: %s", strerror(errno));
	require(round->ipc->shmctl(segment->shmid, IPC_STAT, &ds) == -1,
		"a removed segment still exists");
	require(round->ipc->semctl(segment->semid, 0, IPC_RMID, (union semun){0}) == 0,
		"IPC_RMID: %s", strerror(errno));
}

static void shm_round(struct round *round)
{
	struct segment *segment = shared_new(sizeof(*segment));

	begin(round, segment);
	run_workers(round, 2 + random_below(&round->random, MAX_WORKERS - 1), work, segment);
	end(round, segment);
	shared_free(segment, sizeof(*segment));
}

const struct program shm_program = {"shm", "turns", shm_round};
