/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Message queues: the operations whose cost is measured. */
#include "objects.h"

struct text {
	long mtype;
	char mtext[BUFFER - sizeof(long)];
};

static bool send(struct cost *c, long mtype, size_t size)
{
	struct text *text = (struct text *)c->buffer;

	text->mtype = mtype;
	return libc_calls.msgsnd(c->id, text, size, IPC_NOWAIT) == 0;
}

static bool receive(struct cost *c, long mtype, size_t size, int flags)
{
	return libc_calls.msgrcv(c->id, c->buffer, size, mtype, flags | IPC_NOWAIT) != -1;
}

/* ---- setups ---------------------------------------------------------------- */

static bool queue(struct cost *c)
{
	return (c->id = libc_calls.msgget(cost_key(0), IPC_CREAT | 0600)) != -1;
}

static bool queues(struct cost *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if ((c->ids[i] = libc_calls.msgget(cost_key(i), IPC_CREAT | 0600)) == -1)
			return false;
	c->id = c->ids[c->n / 2];
	return true;
}

static bool queues_in_proc(struct cost *c)
{
	return queues(c) && (c->file = open("/proc/sysvipc/msg", O_RDONLY)) != -1;
}

/* A queue, and its structure in the buffer, which IPC_SET writes back. */
static bool queue_read(struct cost *c)
{
	return queue(c) && libc_calls.msgctl(c->id, IPC_STAT, (struct msqid_ds *)c->buffer) == 0;
}

static bool messages_of(struct cost *c, long first, long step)
{
	if (!queue(c))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!send(c, first + step * (long)i, 1))
			return false;
	return true;
}

/* A queue with n messages of type 2. */
static bool messages(struct cost *c)
{
	return messages_of(c, 2, 0);
}

/* A queue with n messages of different types; the lowest type comes last. */
static bool types(struct cost *c)
{
	return messages_of(c, 10 + (long)c->n, -1);
}

static bool full(struct cost *c)
{
	if (!queue(c))
		return false;
	while (send(c, 2, 4096))
		;
	return errno == EAGAIN;
}

static void receiver(struct cost *c)
{
	libc_calls.msgrcv(c->id, c->buffer, 16, 3, 0);
}

/* n receivers of a type that is never sent. */
static bool receivers(struct cost *c)
{
	if (!queue(c))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!cost_child(c, receiver))
			return false;
	return children_sleep(c);
}

static void sender(struct cost *c)
{
	struct text *text = (struct text *)c->buffer;

	text->mtype = 2;
	libc_calls.msgsnd(c->id, text, 8192, 0);
}

/* n senders blocked on a full queue. */
static bool senders(struct cost *c)
{
	if (!full(c))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!cost_child(c, sender))
			return false;
	return children_sleep(c);
}

static void echo(struct cost *c)
{
	while (libc_calls.msgrcv(c->id, c->buffer, 16, 1, 0) != -1) {
		((struct text *)c->buffer)->mtype = 2;
		libc_calls.msgsnd(c->id, c->buffer, 16, 0);
	}
}

static bool partner(struct cost *c)
{
	return queue(c) && cost_child(c, echo) && children_sleep(c);
}

/* ---- operations ------------------------------------------------------------ */

static bool get(UNUSED_COST)
{
	return libc_calls.msgget(cost_key(0), 0) != -1;
}

static bool get_spread(struct cost *c)
{
	for (unsigned i = 0; i < LOOKED_UP; i++)
		if (libc_calls.msgget(spread_key(c, i), 0) == -1)
			return false;
	return true;
}

static bool get_missing(UNUSED_COST)
{
	for (unsigned i = 0; i < LOOKED_UP; i++)
		if (libc_calls.msgget(missing_key(i), 0) != -1 || errno != ENOENT)
			return false;
	return true;
}

static bool create_remove(UNUSED_COST)
{
	const int id = libc_calls.msgget(cost_key(MOST_OBJECTS), IPC_CREAT | IPC_EXCL | 0600);

	return id != -1 && libc_calls.msgctl(id, IPC_RMID, NULL) == 0;
}

static bool create_remove_private(UNUSED_COST)
{
	const int id = libc_calls.msgget(IPC_PRIVATE, 0600);

	return id != -1 && libc_calls.msgctl(id, IPC_RMID, NULL) == 0;
}

static bool there_and_back(struct cost *c)
{
	return send(c, 1, c->n) && receive(c, 0, c->n, 0);
}

/* Receives by type, past messages of other types. */
static bool first_of_type(struct cost *c)
{
	return send(c, 1, 16) && receive(c, 1, 16, 0);
}

/* Receives in order of arrival and sends again, so the length stays the same. */
static bool first_of_all(struct cost *c)
{
	return receive(c, 0, 16, 0) && send(c, 2, 1);
}

/* Receives the type of the first message in the queue. */
static bool first_by_type(struct cost *c)
{
	return receive(c, 2, 16, 0) && send(c, 2, 1);
}

static bool lowest_type(struct cost *c)
{
	return receive(c, -(long)BUFFER, 16, 0) && send(c, 11, 1);
}

static bool except_type(struct cost *c)
{
	return send(c, 1, 16) && receive(c, 2, 16, MSG_EXCEPT);
}

static bool copy_last(struct cost *c)
{
	return receive(c, (long)c->n - 1, 16, MSG_COPY);
}

static bool send_full(struct cost *c)
{
	return !send(c, 2, 4096) && errno == EAGAIN;
}

static bool receive_none(struct cost *c)
{
	return !receive(c, 0, 16, 0) && errno == ENOMSG;
}

static bool receive_e2big(struct cost *c)
{
	return !receive(c, 0, 0, 0) && errno == E2BIG;
}

static bool truncated(struct cost *c)
{
	return send(c, 1, 16) && receive(c, 0, 4, MSG_NOERROR);
}

static bool wake_partner(struct cost *c)
{
	((struct text *)c->buffer)->mtype = 1;
	return libc_calls.msgsnd(c->id, c->buffer, 16, 0) == 0 &&
	       libc_calls.msgrcv(c->id, c->buffer, 16, 2, 0) == 16;
}

static bool command(struct cost *c)
{
	return libc_calls.msgctl(c->id, c->arg, (struct msqid_ds *)c->buffer) != -1;
}

/* The STAT commands by slot take the low 15 bits of an id (ipc/util.h). */
static bool command_by_slot(struct cost *c)
{
	return libc_calls.msgctl(c->id & 0x7fff, c->arg, (struct msqid_ds *)c->buffer) != -1;
}

#define MESSAGES                    \
	{                           \
		1, 8, 64, 256, 1024 \
	}
#define SIZES                                   \
	{                                       \
		16, 256, 1024, 2048, 4096, 8192 \
	}

const struct cost_item msg_items[] = {
	ONCE("msgget", "msgget of a queue", queue, get, 0, 0),
	ONCE("msgget.enoent", "msgget of a key without a queue", queue, get_missing, 0, LOOKED_UP),
	ONCE("msgget.create", "msgget creates a queue, msgctl removes it", NULL, create_remove, 0,
	     0),
	ONCE("msgget.private", "msgget with IPC_PRIVATE, msgctl removes the queue", NULL,
	     create_remove_private, 0, 0),
	SERIES("msgget.keys", "msgget of one key among n", "keys", OBJECTS, queues, get_spread, 0,
	       LOOKED_UP),
	SERIES("msgget.enoent.keys", "msgget of a missing key beside n", "keys", OBJECTS, queues,
	       get_missing, 0, LOOKED_UP),
	SERIES("msgget.create.objects", "msgget creates, msgctl removes a queue beside n others",
	       "objects", OBJECTS, queues, create_remove, 0, 0),
	SERIES("msgsnd", "msgsnd + msgrcv of n bytes", "bytes", SIZES, queue, there_and_back, 0, 0),
	ONCE("msgsnd.eagain", "msgsnd to a full queue", full, send_full, 0, 0),
	SERIES("msgsnd.receivers", "msgsnd + msgrcv beside n receivers of another type",
	       "receivers", PROCESSES, receivers, first_of_type, 0, 0),
	SERIES("msgsnd.eagain.senders", "msgsnd to a full queue beside n senders", "senders",
	       PROCESSES, senders, send_full, 0, 0),
	ONCE("msgsnd.wake", "msgsnd to a process that waits, and its answer", partner, wake_partner,
	     0, 0),
	ONCE("msgrcv.enomsg", "msgrcv from an empty queue", queue, receive_none, 0, 0),
	ONCE("msgrcv.e2big", "msgrcv of a message that is too long", messages, receive_e2big, 0, 0),
	ONCE("msgrcv.noerror", "msgsnd of 16 bytes + msgrcv of 4 with MSG_NOERROR", queue,
	     truncated, 0, 0),
	SERIES("msgrcv.messages", "msgrcv of the first of n messages + msgsnd", "messages",
	       MESSAGES, messages, first_of_all, 0, 0),
	SERIES("msgrcv.type.first", "msgrcv by type of the first of n messages + msgsnd",
	       "messages", MESSAGES, messages, first_by_type, 0, 0),
	SERIES("msgrcv.type", "msgsnd + msgrcv by type behind n of another type", "messages",
	       MESSAGES, messages, first_of_type, 0, 0),
	SERIES("msgrcv.except", "msgsnd + msgrcv with MSG_EXCEPT behind n messages", "messages",
	       MESSAGES, messages, except_type, 0, 0),
	SERIES("msgrcv.types", "msgrcv of the lowest of n types + msgsnd", "types", MESSAGES, types,
	       lowest_type, 0, 0),
	SERIES("msgrcv.copy", "msgrcv of the last of n messages with MSG_COPY", "messages",
	       MESSAGES, messages, copy_last, 0, 0),
	ONCE("msgctl.ipc_stat", "msgctl IPC_STAT", queue, command, IPC_STAT, 0),
	ONCE("msgctl.ipc_set", "msgctl IPC_SET", queue_read, command, IPC_SET, 0),
	ONCE("msgctl.msg_stat", "msgctl MSG_STAT", queue, command_by_slot, MSG_STAT, 0),
	ONCE("msgctl.msg_stat_any", "msgctl MSG_STAT_ANY", queue, command_by_slot, MSG_STAT_ANY, 0),
	ONCE("msgctl.ipc_info", "msgctl IPC_INFO", queue, command, IPC_INFO, 0),
	ONCE("msgctl.msg_info", "msgctl MSG_INFO", queue, command, MSG_INFO, 0),
	SERIES("msgctl.ipc_stat.objects", "msgctl IPC_STAT beside n queues", "objects", OBJECTS,
	       queues, command, IPC_STAT, 0),
	SERIES("msgctl.ipc_stat.messages", "msgctl IPC_STAT of a queue with n messages", "messages",
	       MESSAGES, messages, command, IPC_STAT, 0),
	SERIES("msgctl.msg_info.objects", "msgctl MSG_INFO beside n queues", "objects", OBJECTS,
	       queues, command, MSG_INFO, 0),
	SERIES("proc.msg", "reading /proc/sysvipc/msg with n queues", "objects", PROC_ROWS,
	       queues_in_proc, read_whole, 0, 0),
	{0},
};
