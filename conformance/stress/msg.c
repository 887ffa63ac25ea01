/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Queues under load: every message arrives once, in order and unchanged.
 *
 * The type of a message encodes its sender and number; its size and text follow from the
 * type, so a receiver can check them.
 */
#include "stress.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 512, MAX_SENDERS = MAX_WORKERS / 2 };

struct queue {
	int msqid;
	unsigned senders, receivers;
	size_t room; /* of the longest message */
	int senders_left;
	unsigned char arrived[MAX_SENDERS][MESSAGES];
};

/* Types begin at 1; the largest type ends a receiver. */
static const long type_of_end = LONG_MAX;

static long type_of(const struct queue *queue, unsigned sender, unsigned n)
{
	return (long)n * queue->senders + sender + 1;
}

static uint64_t content_of(const struct round *round, long mtype)
{
	return mix(round->seed, (uint64_t)mtype);
}

/* Any size, mostly small, so that many messages fit into a queue. */
static size_t size_of(const struct round *round, long mtype)
{
	const uint64_t content = content_of(round, mtype) >> 8;

	if (mtype == type_of_end)
		return 0;
	return round->sizes.of[content % (content >> 32 & 3 ? NSMALL : NSIZES)];
}

/* ---- senders ----------------------------------------------------------------- */

/* Sends a message; returns false if the queue was removed. */
static bool send_one(struct worker *worker, long mtype)
{
	const struct queue *queue = worker->context;
	const size_t msgsz = size_of(worker->round, mtype);
	char *msgp = exactly(sizeof(long) + msgsz);
	int result = -1;

	memcpy(msgp, &mtype, sizeof(mtype));
	memcpy(msgp + sizeof(long), pattern(content_of(worker->round, mtype)), msgsz);
	if (random_below(&worker->random, 2))
		uninterrupted(result, worker->ipc->msgsnd(queue->msqid, msgp, msgsz, IPC_NOWAIT));
	if (result == -1)
		uninterrupted(result, worker->ipc->msgsnd(queue->msqid, msgp, msgsz, 0));
	const int error = errno;
	free(msgp);
	errno = error;
	require(result == 0 || is_removed(worker->round), "msgsnd of %zu bytes: %s", msgsz,
		strerror(errno));
	return result == 0;
}

static void send_all(struct worker *worker, unsigned sender)
{
	struct queue *queue = worker->context;
	bool there = true;

	for (unsigned n = 0; n < MESSAGES && there; n++) {
		if (worker->round->removal && sender == 0 && n == MESSAGES / 2)
			worker->ipc->msgctl(queue->msqid, IPC_RMID, NULL);
		there = send_one(worker, type_of(queue, sender, n));
		disturb(worker);
	}
	if (__atomic_sub_fetch(&queue->senders_left, 1, __ATOMIC_ACQ_REL) == 0)
		for (unsigned i = 0; i < queue->receivers && there; i++)
			there = send_one(worker, type_of_end);
}

/* ---- receivers ---------------------------------------------------------------- */

/* Marks a message as arrived; each receiver sees the messages of a sender in order. */
static void arrive(struct worker *worker, const char *msgp, size_t msgsz, long newest[MAX_SENDERS])
{
	struct queue *queue = worker->context;
	const struct round *round = worker->round;
	long mtype;

	memcpy(&mtype, msgp, sizeof(mtype));
	require(mtype >= 1 && mtype <= type_of(queue, queue->senders - 1, MESSAGES - 1),
		"type %ld was never sent", mtype);
	const unsigned sender = (unsigned)(mtype - 1) % queue->senders;
	const unsigned n = (unsigned)(mtype - 1) / queue->senders;
	require(msgsz == size_of(round, mtype), "type %ld: %zu bytes arrived of %zu", mtype, msgsz,
		size_of(round, mtype));
	require(memcmp(msgp + sizeof(long), pattern(content_of(round, mtype)), msgsz) == 0,
		"type %ld: the text of %zu bytes is not the one sent", mtype, msgsz);
	require(__atomic_fetch_add(&queue->arrived[sender][n], 1, __ATOMIC_RELAXED) == 0,
		"type %ld arrived twice", mtype);
	require(mtype > newest[sender], "type %ld after %ld", mtype, newest[sender]);
	newest[sender] = mtype;
	__atomic_fetch_add(round->done, 1, __ATOMIC_RELAXED);
}

/* Receives the next message, or that of the lowest type, which is its sender's oldest message. */
static ssize_t receive(struct worker *worker, char *msgp, size_t room)
{
	const struct queue *queue = worker->context;
	const unsigned how = random_below(&worker->random, 4);
	const long msgtyp = how == 0 ? -type_of_end : 0;
	const int msgflg = how == 1 ? IPC_NOWAIT : how == 2 ? MSG_NOERROR : 0;
	ssize_t result;

	/* MSG_NOERROR would lose a truncated text, so use it with room for any message only. */
	if (room < queue->room && how == 2)
		return worker->ipc->msgrcv(queue->msqid, msgp, room, 0, IPC_NOWAIT);
	uninterrupted(result, worker->ipc->msgrcv(queue->msqid, msgp, room, msgtyp, msgflg));
	return result;
}

static void receive_all(struct worker *worker)
{
	const struct queue *queue = worker->context;
	const struct sizes *sizes = &worker->round->sizes;
	long newest[MAX_SENDERS] = {0}, mtype = 0;

	while (mtype != type_of_end) {
		size_t room = random_below(&worker->random, 4) == 0
				      ? sizes->of[random_below(&worker->random, NSIZES)]
				      : queue->room;
		char *msgp = exactly(sizeof(long) + room);
		ssize_t result = receive(worker, msgp, room);

		if (result == -1 && (errno == E2BIG || errno == ENOMSG || errno == EINTR)) {
			free(msgp);
			msgp = exactly(sizeof(long) + queue->room);
			uninterrupted(result,
				      worker->ipc->msgrcv(queue->msqid, msgp, queue->room, 0, 0));
		}
		require(result != -1 || is_removed(worker->round), "msgrcv: %s", strerror(errno));
		if (result != -1)
			memcpy(&mtype, msgp, sizeof(mtype));
		if (result != -1 && mtype != type_of_end)
			arrive(worker, msgp, (size_t)result, newest);
		free(msgp);
		if (result == -1)
			return;
		disturb(worker);
	}
}

/* ---- a round -------------------------------------------------------------------- */

static void work(struct worker *worker)
{
	const struct queue *queue = worker->context;

	if (worker->index < queue->senders)
		send_all(worker, worker->index);
	else
		receive_all(worker);
}

/* Lowers msg_qbytes, so that senders block more often. */
static void narrow(struct round *round, int msqid)
{
	struct msqid_ds ds;

	require(round->ipc->msgctl(msqid, IPC_STAT, &ds) == 0, "IPC_STAT: %s", strerror(errno));
	require(ds.msg_qnum == 0, "a new queue has %lu messages", (unsigned long)ds.msg_qnum);
	ds.msg_qbytes = ds.msg_qbytes * 3 / 4;
	require(round->ipc->msgctl(msqid, IPC_SET, &ds) == 0, "IPC_SET: %s", strerror(errno));
}

static void msg_round(struct round *round)
{
	struct queue *queue = shared_new(sizeof(*queue));

	queue->msqid = round->ipc->msgget(IPC_PRIVATE, 0600);
	require(queue->msqid != -1, "msgget: %s", strerror(errno));
	queue->senders = 1 + random_below(&round->random, MAX_SENDERS);
	queue->receivers = 1 + random_below(&round->random, MAX_WORKERS / 2);
	queue->senders_left = (int)queue->senders;
	queue->room = round->sizes.of[NSIZES - 1];
	if (random_below(&round->random, 2))
		narrow(round, queue->msqid);
	run_workers(round, queue->senders + queue->receivers, work, queue);
	if (!round->removal) {
		for (unsigned i = 0; i < queue->senders * MESSAGES; i++)
			require(queue->arrived[i / MESSAGES][i % MESSAGES] == 1,
				"message %u of sender %u is lost", i % MESSAGES, i / MESSAGES);
		require(round->ipc->msgctl(queue->msqid, IPC_RMID, NULL) == 0, "IPC_RMID: %s",
			strerror(errno));
	}
	shared_free(queue, sizeof(*queue));
}

const struct program msg_program = {"msg", "messages", msg_round};
