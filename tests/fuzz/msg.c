/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: calls msgget(2), msgop(2), msgctl(2) and compares with a list of messages. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

/* A message for each step of an input, and a limit that fills the queue soon. */
enum { MOST_MESSAGES = MOST_STEPS, MOST_QBYTES = 16384 };

struct message {
	long mtype;
	size_t size;
	uint8_t which; /* seed of the text: pattern_byte() */
};

struct queue {
	const struct ipc_calls *ipc;
	struct input input;
	unsigned step;
	int msqid, gone;
	size_t msgmax;
	bool copies; /* the kernel has MSG_COPY (CONFIG_CHECKPOINT_RESTORE) */
	/* The model. */
	unsigned mode;
	size_t n, bytes, qbytes;
	bool sent, received;
	struct message message[MOST_MESSAGES];
};

static void make(struct queue *queue)
{
	struct msqid_ds ds;

	queue->mode = 0600 | (take(&queue->input) & 077);
	queue->msqid = queue->ipc->msgget(IPC_PRIVATE, (int)queue->mode);
	REQUIRE(queue->msqid != -1, "msgget: %m");
	REQUIRE(queue->ipc->msgctl(queue->msqid, IPC_STAT, &ds) == 0, "%m");
	queue->qbytes = ds.msg_qbytes;
	queue->n = queue->bytes = 0;
	queue->sent = queue->received = false;
}

/* The types are mostly from a small range, so that requests often match a message. */
static long take_type(struct queue *queue)
{
	uint8_t byte = take(&queue->input);

	return byte < 0xe0 ? byte % 9 - 4 : take_long(&queue->input);
}

/* ---- sending ------------------------------------------------------------------- */

/* Only the raw system calls get a size above LONG_MAX, because libc checks it too. */
static size_t take_size(struct queue *queue)
{
	static const size_t none[] = {SIZE_MAX, SIZE_MAX - 7, (size_t)LONG_MAX + 1};
	uint8_t kind = take(&queue->input);

	if (kind < 0x80)
		return kind;
	if (kind < 0xe0)
		return take16(&queue->input) % (queue->msgmax + 64);
	if (kind < 0xf0)
		return queue->msgmax + (kind & 3) - 1;
	return queue->ipc == &raw_calls ? none[kind % 3] : 0;
}

static bool no_size(size_t size)
{
	return size > LONG_MAX;
}

/* Allocates a message with exactly that size of text, or without text if no buffer is so large. */
static void *new_buffer(size_t size, uint8_t which)
{
	const size_t n = no_size(size) ? 0 : size;
	char *buffer = malloc(sizeof(long) + n);

	REQUIRE(buffer, "no memory");
	memset(buffer, 0xa5, sizeof(long));
	for (size_t i = 0; i < n; i++)
		buffer[sizeof(long) + i] = (char)pattern_byte(which, i);
	return buffer;
}

static struct expected sending(const struct queue *queue, int id, const struct message *message)
{
	if (no_size(message->size) || message->size > queue->msgmax || message->mtype < 1 ||
	    id != queue->msqid)
		return FAILS(EINVAL);
	if (queue->bytes + message->size > queue->qbytes || queue->n + 1 > queue->qbytes)
		return FAILS(EAGAIN);
	return RETURNS(0);
}

static void send(struct queue *queue)
{
	const int id = take_id(&queue->input, queue->msqid, queue->gone);
	const uint8_t flags = take(&queue->input);
	struct message message = {
		.mtype = take_type(queue),
		.size = take_size(queue),
		.which = take(&queue->input),
	};
	struct expected expected = sending(queue, id, &message);
	void *buffer = new_buffer(message.size, message.which);

	memcpy(buffer, &message.mtype, sizeof(long));
	/* The kernel reads the type before it checks anything else. */
	if (flags == 0xff)
		expected = FAILS(EFAULT);
	int result = queue->ipc->msgsnd(id, flags == 0xff ? NULL : buffer, message.size,
					IPC_NOWAIT | (flags & 0x7f) << 12);
	REQUIRE_RESULT(queue->step, "msgsnd", result, expected);
	free(buffer);
	if (expected.error)
		return;
	queue->message[queue->n++] = message;
	queue->bytes += message.size;
	queue->sent = true;
}

/* ---- receiving ----------------------------------------------------------------- */

struct request {
	int id, flags;
	long msgtyp;
	size_t room;
	bool nowhere; /* msgp is NULL */
};

/* Returns the index of the message that the request receives, or -1. */
static long chosen(const struct queue *queue, const struct request *request)
{
	const long msgtyp = request->msgtyp;
	const long most = msgtyp == LONG_MIN ? LONG_MAX : -msgtyp;
	long lowest = -1;

	if (request->flags & MSG_COPY)
		return msgtyp >= 0 && (size_t)msgtyp < queue->n ? msgtyp : -1;
	for (size_t i = 0; i < queue->n; i++) {
		const long mtype = queue->message[i].mtype;

		if (msgtyp >= 0) {
			if (msgtyp == 0 || (mtype == msgtyp) == !(request->flags & MSG_EXCEPT))
				return (long)i;
		} else if (mtype <= most && (lowest < 0 || mtype < queue->message[lowest].mtype)) {
			lowest = (long)i;
		}
	}
	return lowest;
}

/* Returns the error that the request causes whatever the queue holds, or 0. */
static int refused(const struct queue *queue, const struct request *request)
{
	if (request->id < 0 || no_size(request->room))
		return EINVAL;
	if (request->flags & MSG_COPY) {
		if (request->flags & MSG_EXCEPT)
			return EINVAL;
		if (!queue->copies)
			return ENOSYS;
		/* For MSG_COPY the kernel first makes a message from the caller's buffer. */
		if (request->nowhere && request->room > 0)
			return EFAULT;
	}
	return request->id == queue->msqid ? 0 : EINVAL;
}

/* Returns the error that the chosen message causes, or 0; *lost: the queue loses the message. */
static int unfit(const struct request *request, const struct message *message, bool *lost)
{
	*lost = false;
	if (message->size > request->room) {
		if (!(request->flags & MSG_NOERROR))
			return E2BIG;
		if (request->flags & MSG_COPY)
			return EINVAL;
	}
	if (!request->nowhere)
		return 0;
	*lost = !(request->flags & MSG_COPY);
	return EFAULT;
}

static void forget(struct queue *queue, size_t i)
{
	queue->bytes -= queue->message[i].size;
	memmove(&queue->message[i], &queue->message[i + 1],
		(--queue->n - i) * sizeof(queue->message[0]));
	queue->received = true;
}

/* The buffer must hold the message, and its old bytes after the message. */
static void compare(const struct queue *queue, const struct message *message, const char *buffer,
		    size_t length, size_t room)
{
	long mtype;

	memcpy(&mtype, buffer, sizeof(mtype));
	REQUIRE(mtype == message->mtype, "step %u: type %ld, expected %ld", queue->step, mtype,
		message->mtype);
	for (size_t i = 0; i < room; i++) {
		unsigned char byte = pattern_byte(i < length ? message->which : 0, i);

		REQUIRE((unsigned char)buffer[sizeof(long) + i] == byte,
			"step %u: byte %zu of %zu is %#x, expected %#x", queue->step, i, length,
			(unsigned char)buffer[sizeof(long) + i], byte);
	}
}

static void receive(struct queue *queue)
{
	const struct request request = {
		.id = take_id(&queue->input, queue->msqid, queue->gone),
		.flags = ((take(&queue->input) & 0xf) << 12 &
			  (MSG_NOERROR | MSG_EXCEPT | MSG_COPY)) |
			 IPC_NOWAIT,
		.msgtyp = take_type(queue),
		.room = take_size(queue),
		.nowhere = take(&queue->input) == 0xff,
	};
	char *buffer = new_buffer(request.room, 0);
	int error = refused(queue, &request);
	const long i = error ? -1 : chosen(queue, &request);
	struct message message = {0};
	bool lost = false;

	if (i >= 0) {
		message = queue->message[i];
		error = unfit(&request, &message, &lost);
	} else if (!error) {
		error = ENOMSG;
	}
	const size_t length = message.size < request.room ? message.size : request.room;
	ssize_t result = queue->ipc->msgrcv(request.id, request.nowhere ? NULL : buffer,
					    request.room, request.msgtyp, request.flags);
	REQUIRE_RESULT(queue->step, "msgrcv", result, error ? FAILS(error) : RETURNS((long)length));
	if (!error)
		compare(queue, &message, buffer, length, request.room);
	if (lost || (!error && !(request.flags & MSG_COPY)))
		forget(queue, (size_t)i);
	free(buffer);
}

/* ---- control -------------------------------------------------------------------- */

static void compare_state(const struct queue *queue, const struct msqid_ds *ds)
{
	const pid_t me = getpid();

	REQUIRE(ds->msg_qnum == queue->n && ds->__msg_cbytes == queue->bytes,
		"step %u: %lu messages of %lu bytes, expected %zu of %zu", queue->step,
		(unsigned long)ds->msg_qnum, (unsigned long)ds->__msg_cbytes, queue->n,
		queue->bytes);
	REQUIRE(ds->msg_qbytes == queue->qbytes, "step %u: msg_qbytes %lu", queue->step,
		(unsigned long)ds->msg_qbytes);
	REQUIRE((ds->msg_perm.mode & 0777) == queue->mode, "step %u: mode %o", queue->step,
		(unsigned)ds->msg_perm.mode);
	REQUIRE(ds->msg_lspid == (queue->sent ? me : 0), "step %u: msg_lspid", queue->step);
	REQUIRE(ds->msg_lrpid == (queue->received ? me : 0), "step %u: msg_lrpid", queue->step);
}

static void stat(struct queue *queue)
{
	/* MSG_STAT and MSG_STAT_ANY take the slot: the low bits of the id (ipc/util.h). */
	static const struct {
		int cmd;
		bool by_slot;
	} ways[] = {{IPC_STAT, false}, {MSG_STAT, true}, {MSG_STAT_ANY, true}};
	const unsigned way = take(&queue->input) % 3;
	const int id = take_id(&queue->input, queue->msqid, queue->gone);
	const int slot = ways[way].by_slot ? queue->msqid & 0x7fff : id;
	struct msqid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	int result = queue->ipc->msgctl(slot, ways[way].cmd, &ds);
	if (!ways[way].by_slot && id != queue->msqid) {
		REQUIRE_RESULT(queue->step, "IPC_STAT", result, FAILS(EINVAL));
		return;
	}
	REQUIRE_RESULT(queue->step, "IPC_STAT", result,
		       RETURNS(ways[way].by_slot ? queue->msqid : 0));
	compare_state(queue, &ds);
}

static void set(struct queue *queue)
{
	const int id = take_id(&queue->input, queue->msqid, queue->gone);
	const unsigned mode = 0600 | (take(&queue->input) & 077);
	const size_t qbytes = take16(&queue->input) % (MOST_QBYTES + 1);
	struct msqid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	ds.msg_perm.uid = geteuid();
	ds.msg_perm.gid = getegid();
	ds.msg_perm.mode = (__typeof__(ds.msg_perm.mode))mode;
	ds.msg_qbytes = qbytes;
	int result = queue->ipc->msgctl(id, IPC_SET, &ds);
	REQUIRE_RESULT(queue->step, "IPC_SET", result,
		       id == queue->msqid ? RETURNS(0) : FAILS(EINVAL));
	if (id != queue->msqid)
		return;
	queue->mode = mode;
	queue->qbytes = qbytes;
}

/* The namespace has no other queue. */
static void info(struct queue *queue)
{
	struct msginfo all;

	memset(&all, 0xa5, sizeof(all));
	int result = queue->ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&all);
	REQUIRE(result >= 0, "step %u: MSG_INFO: %m", queue->step);
	REQUIRE(all.msgpool == 1 && all.msgmap == (int)queue->n && all.msgtql == (int)queue->bytes,
		"step %u: MSG_INFO: %d queues, %d messages of %d bytes, expected %zu of %zu",
		queue->step, all.msgpool, all.msgmap, all.msgtql, queue->n, queue->bytes);
}

/* Calls msgctl with a command above those of the table, or below 0. */
static void unknown(struct queue *queue)
{
	const int id = take_id(&queue->input, queue->msqid, queue->gone);
	const int cmd = 100 + take(&queue->input);
	struct msqid_ds ds;

	int result = queue->ipc->msgctl(id, cmd & 1 ? -cmd : cmd, &ds);
	REQUIRE_RESULT(queue->step, "an unknown command", result, FAILS(EINVAL));
}

static void replace(struct queue *queue)
{
	const int id = take_id(&queue->input, queue->msqid, queue->gone);

	int result = queue->ipc->msgctl(id, IPC_RMID, NULL);
	REQUIRE_RESULT(queue->step, "IPC_RMID", result,
		       id == queue->msqid ? RETURNS(0) : FAILS(EINVAL));
	if (id != queue->msqid)
		return;
	queue->gone = id;
	make(queue);
}

/* ---- sequences ------------------------------------------------------------------ */

static bool can_copy(int msqid)
{
	char buffer[sizeof(long) + 1];

	return libc_calls.msgrcv(msqid, buffer, 1, 0, MSG_COPY | IPC_NOWAIT) == -1 &&
	       errno == ENOMSG;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A function that is listed more often is called more often. */
	static void (*const calls[])(struct queue *) = {
		send, send, send, receive, receive, receive, stat, set, info, unknown, replace,
	};
	struct queue queue = {.input = {data, size}, .gone = -1};
	struct msginfo limits;

	queue.ipc = take_calls(&queue.input);
	REQUIRE(libc_calls.msgctl(0, IPC_INFO, (struct msqid_ds *)&limits) != -1, "IPC_INFO");
	queue.msgmax = (size_t)limits.msgmax;
	make(&queue);
	queue.copies = can_copy(queue.msqid);
	while (queue.input.left > 0 && queue.step++ < MOST_STEPS)
		calls[take(&queue.input) % (sizeof(calls) / sizeof(calls[0]))](&queue);
	stat(&queue);
	REQUIRE(queue.ipc->msgctl(queue.msqid, IPC_RMID, NULL) == 0, "%m");
	return 0;
}
