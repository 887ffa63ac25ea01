/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Sending (internal.c) and receiving (inbox.c) messages with a timeout. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "timed.h"

enum {
	HEAD = offsetof(struct msgbuf, mtext),
	FEW = 8192,  /* bytes: the default of msgmax */
	MANY = 1024, /* messages between two checks for signals and other threads */
};

/* Memory for a message: here for a short one, otherwise on the heap. */
struct room {
	struct msgbuf *msgp;
	size_t size; /* of text */
	union {
		struct msgbuf msgbuf;
		char bytes[HEAD + FEW];
	} here;
};

static inline int room_alloc(struct room *room, size_t size)
{
	room->msgp = &room->here.msgbuf;
	room->size = FEW;
	if (size <= FEW)
		return 0;
	room->msgp = size <= PY_SSIZE_T_MAX - HEAD ? PyMem_Malloc(HEAD + size) : NULL;
	room->size = size;
	if (!room->msgp)
		PyErr_NoMemory();
	return room->msgp ? 0 : -1;
}

static inline void room_free(struct room *room)
{
	if (room->msgp != &room->here.msgbuf)
		PyMem_Free(room->msgp);
}

static always_inline long transfer(struct state *state, long (*attempt)(void *, bool),
				   enum blocking_index index, struct transfer *t,
				   const struct limits *limits)
{
	return call(state,
		    &(struct blocking){.attempt = attempt,
				       .args = t,
				       .index = index,
				       .may_try = true,
				       .may_wait = !(t->msgflg & IPC_NOWAIT),
				       .large = t->msgsz > LARGE_COPY},
		    limits);
}

static inline PyObject *transfer_ended(bool is_receive, long result, const struct transfer *t)
{
	if (result == -1)
		return transfer_failed(is_receive, t);
	call_ended(is_receive ? CALL_msgrcv : CALL_msgsnd, result);
	return NULL;
}

static inline bool takes(const char *name, Py_ssize_t n, Py_ssize_t nargs)
{
	if (n != nargs)
		PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments", name, n);
	return n == nargs;
}

/* Lets signal handlers and other threads run in a long loop; -1 with an exception. */
static inline int breathe(Py_ssize_t n)
{
	if (n % MANY != 0)
		return 0;
	Py_BEGIN_ALLOW_THREADS
	Py_END_ALLOW_THREADS
	return PyErr_CheckSignals();
}

extern PyType_Spec inbox_spec, messages_spec;

#endif
