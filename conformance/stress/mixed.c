/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * All three facilities together: a segment consists of slots; queue messages pass the slots
 * around, which workers fill, check and free; a semaphore guards the sums.
 *
 * Meanwhile one worker makes every call that only reads.
 */
#include "stress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 8, PARCELS = 64, MAX_PRODUCERS = 3 };

/* Types of messages: a free slot, a filled slot, the end. */
enum { FREE = 1, FILLED = 2, END = 3 };

struct parcel {
	long mtype;
	unsigned slot;
	unsigned size;
	uint64_t content;
};
enum { PARCEL = sizeof(struct parcel) - sizeof(long) };

struct post {
	int msqid, semid, shmid;
	size_t slot_size;
	unsigned char *memory;
	unsigned producers, consumers;
	int producers_left;
	uint64_t sent, seen; /* sums of contents, guarded by the semaphore */
};

static void message(struct worker *worker, struct parcel *parcel, long receive)
{
	const struct post *post = worker->context;
	ssize_t result;

	if (receive)
		uninterrupted(result, worker->ipc->msgrcv(post->msqid, parcel, PARCEL, receive, 0));
	else
		uninterrupted(result, worker->ipc->msgsnd(post->msqid, parcel, PARCEL, 0));
	require(result == (receive ? PARCEL : 0), "%s: %zd, %s", receive ? "msgrcv" : "msgsnd",
		result, strerror(errno));
}

static void add(struct worker *worker, uint64_t *sum, uint64_t content)
{
	const struct post *post = worker->context;
	struct sembuf sop = {.sem_op = -1, .sem_flg = SEM_UNDO};
	int result;

	uninterrupted(result, worker->ipc->semop(post->semid, &sop, 1));
	require(result == 0, "semop -1: %s", strerror(errno));
	*sum += content;
	sop.sem_op = 1;
	uninterrupted(result, worker->ipc->semop(post->semid, &sop, 1));
	require(result == 0, "semop +1: %s", strerror(errno));
}

static void produce(struct worker *worker)
{
	struct post *post = worker->context;
	struct parcel parcel;

	for (unsigned n = 0; n < PARCELS; n++) {
		message(worker, &parcel, FREE);
		parcel.mtype = FILLED;
		parcel.content = random_next(&worker->random);
		parcel.size =
			(unsigned)worker->round->sizes.of[random_below(&worker->random, NSIZES)];
		memcpy(post->memory + parcel.slot * post->slot_size, pattern(parcel.content),
		       parcel.size);
		add(worker, &post->sent, parcel.content);
		message(worker, &parcel, 0);
		disturb(worker);
	}
	if (__atomic_sub_fetch(&post->producers_left, 1, __ATOMIC_ACQ_REL) == 0)
		for (unsigned i = 0; i < post->consumers; i++) {
			memset(&parcel, 0, sizeof(parcel));
			parcel.mtype = END;
			message(worker, &parcel, 0);
		}
}

static void consume(struct worker *worker)
{
	struct post *post = worker->context;
	struct parcel parcel;

	/*
	 * A negative type would receive FREE, the lowest type, first; so receive every other type.
	 */
	for (;;) {
		ssize_t result =
			worker->ipc->msgrcv(post->msqid, &parcel, PARCEL, FREE, MSG_EXCEPT);
		if (result == -1 && errno == EINTR)
			continue;
		require(result == PARCEL, "msgrcv MSG_EXCEPT: %zd, %s", result, strerror(errno));
		if (parcel.mtype == END)
			return;
		require(parcel.slot < SLOTS, "slot %u", parcel.slot);
		require(memcmp(post->memory + parcel.slot * post->slot_size,
			       pattern(parcel.content), parcel.size) == 0,
			"the %u bytes in slot %u are not those that were written", parcel.size,
			parcel.slot);
		add(worker, &post->seen, parcel.content);
		__atomic_fetch_add(worker->round->done, 1, __ATOMIC_RELAXED);
		parcel.mtype = FREE;
		message(worker, &parcel, 0);
		disturb(worker);
	}
}

/*
 * Makes every command that reads, with an id and with a slot, of which each command accepts
 * one.  Returns the number of commands that succeed.
 */
static unsigned read_all(const struct ipc_calls *ipc, int msqid, int semid, int shmid)
{
	union {
		struct msqid_ds msqid;
		struct semid_ds semid;
		struct shmid_ds shmid;
		struct msginfo msg;
		struct seminfo sem;
		struct shminfo shm;
		struct shm_info shm_use;
	} u;
	unsigned n = 0;

#define CONTROL(F, C, W, K) READ_##W(F, C)
#define READ_OUT(F, C) n += READ_##F(C) != -1;
#define READ_msgctl(C) ipc->msgctl(msqid, C, &u.msqid)
#define READ_semctl(C) ipc->semctl(semid, 0, C, (union semun){.buf = &u.semid})
#define READ_shmctl(C) ipc->shmctl(shmid, C, &u.shmid)
#define READ_IN(F, C)
#define READ_NONE(F, C)
#define READ_VALUE(F, C)
#define READ_ARRAY_IN(F, C)
#define READ_ARRAY_OUT(F, C)
#include "interface/sysvipc.def"
	return n;
}

enum {
	READ_COMMANDS = 0
#undef READ_OUT
#define CONTROL(F, C, W, K) READ_##W(F, C)
#define READ_OUT(F, C) +1
#include "interface/sysvipc.def"
};

/* Makes all reading calls while children start and end. */
static void look(struct worker *worker)
{
	const struct post *post = worker->context;
	const int slot = 0x7fff; /* ipc/util.h: the low bits of an id */
	struct parcel parcel;

	for (int n = 0; n < PARCELS / 4; n++) {
		const unsigned seen = read_all(worker->ipc, post->msqid, post->semid, post->shmid) +
				      read_all(worker->ipc, post->msqid & slot, post->semid & slot,
					       post->shmid & slot);
		require(seen >= READ_COMMANDS, "%u of %d commands succeed", seen, READ_COMMANDS);
		const pid_t pid = fork_child();
		if (pid == 0) {
			worker->ipc->msgrcv(post->msqid, &parcel, PARCEL, END + 1, IPC_NOWAIT);
			worker->ipc->shmdt(post->memory);
			_exit(0);
		}
		await_child(pid, false);
		disturb(worker);
	}
}

static void work(struct worker *worker)
{
	const struct post *post = worker->context;

	if (worker->index < post->producers)
		produce(worker);
	else if (worker->index < post->producers + post->consumers)
		consume(worker);
	else
		look(worker);
}

static void begin(struct round *round, struct post *post)
{
	struct parcel parcel = {.mtype = FREE};

	post->slot_size = round->sizes.of[NSIZES - 1];
	post->msqid = round->ipc->msgget(IPC_PRIVATE, 0600);
	post->semid = round->ipc->semget(IPC_PRIVATE, 1, 0600);
	post->shmid = round->ipc->shmget(IPC_PRIVATE, SLOTS * post->slot_size, 0600);
	require(post->msqid != -1 && post->semid != -1 && post->shmid != -1, "get: %s",
		strerror(errno));
	require(round->ipc->semctl(post->semid, 0, SETVAL, (union semun){.val = 1}) == 0,
		"SETVAL: %s", strerror(errno));
	post->memory = round->ipc->shmat(post->shmid, NULL, 0);
	require((intptr_t)post->memory != -1, "shmat: %s", strerror(errno));
	for (parcel.slot = 0; parcel.slot < SLOTS; parcel.slot++)
		require(round->ipc->msgsnd(post->msqid, &parcel, PARCEL, IPC_NOWAIT) == 0,
			"msgsnd: %s", strerror(errno));
}

/* Every slot is free again, and the queue has no other message. */
static void end(struct round *round, struct post *post)
{
	struct msqid_ds ds;

	require(post->sent == post->seen, "the bytes sent are not those received");
	require(round->ipc->msgctl(post->msqid, IPC_STAT, &ds) == 0, "IPC_STAT: %s",
		strerror(errno));
	require(ds.msg_qnum == SLOTS, "%lu slots came back", (unsigned long)ds.msg_qnum);
	require(round->ipc->shmdt(post->memory) == 0, "shmdt: %s", strerror(errno));
	require(round->ipc->msgctl(post->msqid, IPC_RMID, NULL) == 0 &&
			round->ipc->semctl(post->semid, 0, IPC_RMID, (union semun){0}) == 0 &&
			round->ipc->shmctl(post->shmid, IPC_RMID, NULL) == 0,
		"IPC_RMID: %s", strerror(errno));
}

static void mixed_round(struct round *round)
{
	struct post *post = shared_new(sizeof(*post));

	begin(round, post);
	post->producers = 1 + random_below(&round->random, MAX_PRODUCERS);
	post->consumers = 1 + random_below(&round->random, MAX_PRODUCERS);
	post->producers_left = (int)post->producers;
	run_workers(round, post->producers + post->consumers + 1, work, post);
	end(round, post);
	shared_free(post, sizeof(*post));
}

const struct program mixed_program = {"mixed", "parcels", mixed_round};
