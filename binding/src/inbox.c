/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * _Inbox: receives the messages of a MessageQueue, and keeps those that no caller got.
 *
 * After msgrcv(2) has taken a message, the process has the only copy.  An inbox either keeps it
 * for the next receive or returns it as an object, and no Python code runs in between.  But the
 * interpreter runs signal handlers between the return of a C function and the next instruction,
 * and if a handler raises, the interpreter drops the returned object.  So a returned message is
 * "fresh" until the program reads or changes its text.  If a fresh message is freed while an
 * exception is being raised, the inbox takes it back to its place.  (CPython 3.11 to 3.15 pop the
 * stack of a frame before they fetch the exception: exception_unwind in ceval.c.)  A message that
 * the program drops is freed without an exception, so the inbox does not take it back.  If a task
 * is cancelled, the message that it awaited is freed without an exception too; handover.c marks
 * that message.
 */
#include "method.h"
#include "transfer.h"

/* A kept message: the bytes of a struct msgbuf with length bytes of text. */
struct kept {
	unsigned long long serial;
	Py_ssize_t length;
	unsigned char *bytes;
};

/* A waiting call, which must look at the inbox again when a message is added. */
struct looker {
	struct looker *next;
	struct wait *wait;
};

struct inbox {
	PyObject_HEAD
	MUTEX_MEMBER
	struct kept *kept;	/* in the order of serial, the order in which they were received */
	Py_ssize_t nkept, room; /* room is at least nkept + fresh + pending */
	Py_ssize_t fresh;	/* returned messages that the inbox may take back */
	Py_ssize_t pending;	/* running calls, each of which may add a message */
	Py_ssize_t nspares;	/* at least pending: blocks for short messages if malloc fails */
	struct spare {
		struct spare *next;
		unsigned char bytes[HEAD + FEW - sizeof(void *)];
	} * spares;
	unsigned long long serial; /* of the next message */
	unsigned long long first;  /* of the first message that this process received */
	struct looker *lookers;
	bool shared; /* one thread may keep a message for another, so calls register */
	unsigned forks;
};

static long mtype_of(const struct kept *kept)
{
	return ((const struct msgbuf *)kept->bytes)->mtype;
}

/* A forked child starts without the messages that its parent keeps. */
static void notice_fork(struct inbox *self)
{
	if (self->forks == forks)
		return;
	self->forks = forks;
	for (Py_ssize_t i = 0; i < self->nkept; i++)
		PyMem_Free(self->kept[i].bytes);
	self->nkept = 0;
	self->first = self->serial;
	self->lookers = NULL;
}

static bool add_spare(struct inbox *self)
{
	struct spare *spare = PyMem_Malloc(sizeof(*spare));

	if (!spare)
		return false;
	spare->next = self->spares;
	self->spares = spare;
	self->nspares++;
	return true;
}

static void *take_spare(struct inbox *self)
{
	MUTEX_LOCK(self);
	struct spare *spare = self->spares;
	self->spares = spare->next;
	self->nspares--;
	MUTEX_UNLOCK(self);
	return spare;
}

/* Makes room for at least the wanted number of kept messages. */
static bool grow(struct inbox *self, Py_ssize_t wanted)
{
	struct kept *larger = PyMem_Realloc(self->kept, 2 * (size_t)wanted * sizeof(*larger));

	if (!larger)
		return false;
	self->kept = larger;
	self->room = 2 * wanted;
	return true;
}

/* Makes room for the message of a call before the call; -1 with MemoryError. */
static always_inline int reserve(struct inbox *self)
{
	MUTEX_LOCK(self);
	if (BRANCH_UNLIKELY(self->forks != forks))
		notice_fork(self);
	const Py_ssize_t wanted = self->nkept + self->fresh + self->pending + 1;
	const bool there = (self->nspares > self->pending || add_spare(self)) &&
			   (wanted <= self->room || grow(self, wanted));
	self->pending += there;
	MUTEX_UNLOCK(self);
	if (BRANCH_UNLIKELY(!there))
		PyErr_NoMemory();
	return there ? 0 : -1;
}

/* Ends the call for which reserve() has made room. */
static void release(struct inbox *self)
{
	MUTEX_LOCK(self);
	self->pending--;
	MUTEX_UNLOCK(self);
}

/* Returns the index of the kept message that msgrcv(2) would choose; -1 if none fits. */
static Py_ssize_t choose(const struct inbox *self, long msgtyp, int msgflg)
{
	const long most = msgtyp == LONG_MIN ? LONG_MAX : -msgtyp;
	Py_ssize_t chosen = -1;

	for (Py_ssize_t i = 0; i < self->nkept; i++) {
		const long mtype = mtype_of(&self->kept[i]);

		if (msgtyp < 0) {
			if (mtype <= most && (chosen < 0 || mtype < mtype_of(&self->kept[chosen])))
				chosen = i;
		} else if (msgtyp == 0 || (mtype == msgtyp) == !(msgflg & MSG_EXCEPT)) {
			return i;
		}
	}
	return chosen;
}

/* Inserts a message in the order of serial, and makes waiting calls look again; room is free. */
static void insert(struct inbox *self, const struct kept *message)
{
	Py_ssize_t i = self->nkept++;

	for (; i > 0 && self->kept[i - 1].serial > message->serial; i--)
		self->kept[i] = self->kept[i - 1];
	self->kept[i] = *message;
	for (const struct looker *looker = self->lookers; looker; looker = looker->next)
		wait_look_again(looker->wait);
}

static void register_looker(struct inbox *self, struct looker *looker, struct wait *wait)
{
	*looker = (struct looker){self->lookers, wait};
	self->lookers = looker;
}

static void unregister_looker(struct inbox *self, const struct looker *looker)
{
	struct looker **place = &self->lookers;

	MUTEX_LOCK(self);
	while (*place && *place != looker)
		place = &(*place)->next;
	if (*place)
		*place = looker->next;
	MUTEX_UNLOCK(self);
}

/* ---- returning messages ---------------------------------------------------------------- */

static void hand_out(struct inbox *self, struct msgbuf_object *message, unsigned long long serial)
{
	message->inbox = (struct inbox *)Py_NewRef((PyObject *)self);
	message->serial = serial;
	self->fresh++;
}

void inbox_forget(struct msgbuf_object *message)
{
#ifdef Py_GIL_DISABLED
	/* Two threads may read the message at the same time. */
	struct inbox *self = __atomic_exchange_n(&message->inbox, NULL, __ATOMIC_ACQ_REL);
#else
	struct inbox *self = message->inbox;

	message->inbox = NULL;
#endif

	if (!self)
		return;
	MUTEX_LOCK(self);
	self->fresh--;
	MUTEX_UNLOCK(self);
	Py_DECREF((PyObject *)self);
}

void inbox_take_back(struct msgbuf_object *message)
{
	struct inbox *self = message->inbox;
	const struct kept kept = {message->serial, message->length, message->head.bytes};

	if (message->unclaimed || PyErr_Occurred()) {
		MUTEX_LOCK(self);
		notice_fork(self);
		if (message->serial >= self->first) {
			insert(self, &kept);
			message->head.bytes = NULL;
		}
		MUTEX_UNLOCK(self);
	}
	inbox_forget(message);
}

/* Moves the message in room to a block of PyMem_Malloc(). */
static unsigned char *take_out(struct inbox *self, struct room *room, long length)
{
	const size_t size = HEAD + (size_t)length;
	unsigned char *bytes;

	if (room->msgp != &room->here.msgbuf) {
		unsigned char *whole = (unsigned char *)room->msgp;
		room_alloc(room, 0);
		bytes = PyMem_Realloc(whole, size);
		return bytes ? bytes : whole;
	}
	bytes = PyMem_Malloc(size);
	return memcpy(bytes ? bytes : take_spare(self), room->msgp, size);
}

/*
 * Keeps the message in room; reserve() has made space for it in the array.  The kernel serves
 * waiting calls in the order in which they began to wait.  Each call takes its serial before it
 * waits, so the order of the serials is that of the messages.
 */
static void keep(struct inbox *self, struct room *room, long length, unsigned long long serial)
{
	const struct kept kept = {serial, length, take_out(self, room, length)};

	MUTEX_LOCK(self);
	insert(self, &kept);
	MUTEX_UNLOCK(self);
}

/* Returns the message in room as a fresh object; keeps it if there is no memory for the object. */
static PyObject *received(struct state *state, struct inbox *self, struct room *room, long length)
{
	PyObject *message = msgbuf_of(state, room->msgp->mtype, (char *)room->msgp + HEAD, length);

	MUTEX_LOCK(self);
	const unsigned long long serial = self->serial++;
	if (message)
		hand_out(self, (struct msgbuf_object *)message, serial);
	MUTEX_UNLOCK(self);
	if (!message)
		keep(self, room, length, serial);
	return message;
}

/* Returns a kept message in *message; 0, or RAISED, or -1 with errno as msgrcv(2) would set it. */
static long take(struct state *state, struct inbox *self, Py_ssize_t i, const struct transfer *t,
		 bool sized, PyObject **message)
{
	struct kept *kept = &self->kept[i];
	Py_ssize_t length = kept->length;

	if (sized && (size_t)length > t->msgsz) {
		if (!(t->msgflg & MSG_NOERROR)) {
			errno = E2BIG;
			return -1;
		}
		length = (Py_ssize_t)t->msgsz;
	}
	/* Copying a long text would release the GIL: another thread could take the message. */
	*message = msgbuf_adopt(state, kept->bytes, length);
	if (!*message)
		return RAISED;
	hand_out(self, (struct msgbuf_object *)*message, kept->serial);
	self->nkept--;
	memmove(kept, kept + 1, (size_t)(self->nkept - i) * sizeof(*kept));
	return 0;
}

/* ---- receiving --------------------------------------------------------------------------- */

/* Whether the caller's size limits the text; if not, the room does. */
static always_inline bool limits_text(const struct transfer *t, bool sized, const struct room *room)
{
	return sized && t->msgsz <= room->size;
}

/* The call for a room; only a text that is longer than the caller's size may be cut. */
static always_inline struct transfer into(const struct transfer *t, bool sized,
					  const struct room *room)
{
	struct transfer call = *t;

	call.msgp = room->msgp;
	if (!limits_text(t, sized, room)) {
		call.msgsz = room->size;
		call.msgflg &= ~MSG_NOERROR;
	}
	return call;
}

/*
 * Receives a message.  The room has FEW bytes at first, and grows up to the caller's size, if there
 * is one, until the message fits (E2BIG): a size may be far above the length of any message.
 */
static always_inline long receive(struct state *state, struct transfer *t, bool sized,
				  struct room *room, const struct limits *limits)
{
	for (;;) {
		struct transfer call = into(t, sized, room);
		const long result = transfer(state, attempt_msgrcv, BLOCKING_msgrcv, &call, limits);
		if (BRANCH_LIKELY(result != -1 || errno != E2BIG))
			return result;
		if (limits_text(t, sized, room))
			return result;
		const size_t more = 2 * room->size;
		room_free(room);
		if (room_alloc(room, sized && t->msgsz < more ? t->msgsz : more) < 0)
			return RAISED;
	}
}

/* Receives a message of a lower type than the kept one, without waiting; below 0 if none. */
static long receive_lower(struct state *state, struct transfer *t, bool sized, struct room *room,
			  long mtype)
{
	const struct limits none = {0};
	struct transfer lower = *t;

	lower.msgtyp = 1 - mtype;
	lower.msgflg |= IPC_NOWAIT;
	return mtype > 1 ? receive(state, &lower, sized, room, &none) : -1;
}

/* Takes one message, from the inbox or from the queue; reserve() has made room for it. */
static long receive_reserved(struct state *state, struct inbox *self, struct transfer *t,
			     bool sized, struct room *room, const struct limits *given,
			     PyObject **message)
{
	struct limits limits = *given;
	struct wait own = {.woken = false};
	struct looker looker;

	for (;;) {
		bool registered = false;
		long result, lower = -1;

		MUTEX_LOCK(self);
		Py_ssize_t i = choose(self, t->msgtyp, t->msgflg);
		if (i >= 0 && t->msgtyp < 0) {
			const long mtype = mtype_of(&self->kept[i]);
			MUTEX_UNLOCK(self);
			lower = receive_lower(state, t, sized, room, mtype);
			if (lower == RAISED)
				return RAISED;
			MUTEX_LOCK(self);
			i = lower >= 0 ? -1 : choose(self, t->msgtyp, t->msgflg);
		}
		if (i >= 0) {
			result = take(state, self, i, t, sized, message);
			MUTEX_UNLOCK(self);
			return result;
		}
		if (lower < 0 && self->shared && !(t->msgflg & IPC_NOWAIT)) {
			limits.wait = limits.wait ? limits.wait : &own;
			register_looker(self, &looker, limits.wait);
			registered = true;
		}
		MUTEX_UNLOCK(self);
		result = lower >= 0 ? lower : receive(state, t, sized, room, &limits);
		if (registered)
			unregister_looker(self, &looker);
		if (result == AGAIN)
			continue;
		if (result < 0)
			return result;
		*message = received(state, self, room, result);
		return *message ? 0 : RAISED;
	}
}

/* Takes one message; 0, or the reason why the call ended. */
static always_inline long receive_one(struct state *state, struct inbox *self, struct transfer *t,
				      bool sized, struct room *room, const struct limits *limits,
				      PyObject **message)
{
	long result;

	if (reserve(self) < 0)
		return RAISED;
	MUTEX_LOCK(self);
	const bool plain = self->nkept == 0 && !self->shared;
	MUTEX_UNLOCK(self);
	if (BRANCH_LIKELY(plain)) {
		result = receive(state, t, sized, room, limits);
		if (BRANCH_LIKELY(result >= 0)) {
			*message = received(state, self, room, result);
			result = *message ? 0 : RAISED;
		}
	} else {
		result = receive_reserved(state, self, t, sized, room, limits, message);
	}
	const int error = errno;
	release(self);
	errno = error;
	return result;
}

/*
 * A fast path without waiting, for an empty inbox: `call` is that of into() for this room.  Returns
 * -1 if the caller must use receive_one().
 */
static long receive_next(struct state *state, struct inbox *self, const struct transfer *call,
			 struct room *room, PyObject **message)
{
	long result = -1;

	MUTEX_LOCK(self);
	const bool plain = self->nkept == 0 && call->msgsz <= LARGE_COPY;
	MUTEX_UNLOCK(self);
	if (!plain)
		return -1;
	if (reserve(self) < 0)
		return RAISED;
	result = checked_msgrcv(call->msqid, call->msgp, call->msgsz, call->msgtyp, call->msgflg);
	if (result >= 0) {
		*message = received(state, self, room, result);
		result = *message ? 0 : RAISED;
	}
	release(self);
	return result;
}

/*
 * Waits for the first message only, and ignores an error of a later one, because the next call
 * returns the same error.  If an exception frees the list, the inbox takes back each message.
 */
static long receive_each(struct state *state, struct inbox *self, struct transfer *t, bool sized,
			 struct room *room, const struct limits *limits, Py_ssize_t count,
			 PyObject *messages)
{
	struct transfer call;

	for (Py_ssize_t n = 0; n < count; n++) {
		PyObject *message = NULL;
		long result = n > 0 ? receive_next(state, self, &call, room, &message) : -1;
		const bool waits = result == -1;

		if (waits)
			result = receive_one(state, self, t, sized, room, limits, &message);
		if (result < 0)
			return n == 0 || result == RAISED ? result : 0;
		result = PyList_Append(messages, message);
		Py_DECREF(message);
		if (result < 0 || breathe(n + 1) < 0)
			return RAISED;
		if (waits) { /* the room may have grown */
			t->msgflg |= IPC_NOWAIT;
			call = into(t, sized, room);
		}
	}
	return 0;
}

/* ---- the class ---------------------------------------------------------------------------- */

/* Converts the arguments msqid, msgsz, msgtyp, msgflg, timeout and wait. */
static always_inline int to_receive(struct state *state, PyObject *const *args, struct transfer *t,
				    struct limits *limits)
{
	union arguments given = {.arg = {args[0], NULL, args[1], args[2], args[3]}};

	*t = (struct transfer){0};
	if (to_int(args[0], "msqid", &t->msqid) < 0 ||
	    (args[1] != Py_None && to_size(args[1], "size", &t->msgsz) < 0) ||
	    to_long(args[2], "mtype", &t->msgtyp) < 0 ||
	    to_word(args[3], "msgflg", &t->msgflg) < 0 ||
	    to_limits(state, args[4], args[5], limits) < 0)
		return -1;
	/* Without a size, receive() makes room for any message; the kernel must not truncate it. */
	if (args[1] == Py_None)
		t->msgflg &= ~MSG_NOERROR;
	return audit(state, CALL_msgrcv, &given, 5);
}

/* Makes the call with the converted arguments; returns a message, or None if woken. */
static always_inline PyObject *receive_object(struct state *state, struct inbox *self,
					      struct transfer *t, bool sized,
					      const struct limits *limits)
{
	PyObject *message = NULL;
	struct room room;

	if (room_alloc(&room, 0) < 0)
		return NULL;
	const long result = receive_one(state, self, t, sized, &room, limits, &message);
	room_free(&room);
	if (result == WOKEN)
		return Py_NewRef(Py_None);
	return result < 0 ? transfer_ended(true, result, t) : message;
}

static PyObject *inbox_receive(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of_object(object);
	struct limits limits;
	struct transfer t;

	if (!takes("receive", 6, nargs) || to_receive(state, args, &t, &limits) < 0)
		return NULL;
	return receive_object(state, (struct inbox *)object, &t, args[1] != Py_None, &limits);
}

/* Adds a flag if the argument is given and true; -1 with an exception. */
static always_inline int add_flag(PyObject *argument, int flag, int *msgflg)
{
	const int is_true = argument ? PyObject_IsTrue(argument) : 0;

	*msgflg |= is_true > 0 ? flag : 0;
	return is_true < 0 ? -1 : 0;
}

/* Converts the arguments mtype, timeout, size, truncate and exclude. */
static always_inline int to_receive_method(struct state *state, PyObject *id,
					   const union arguments *given, struct transfer *t,
					   struct limits *limits)
{
	PyObject *const size = left_out(given->arg[2]) ? NULL : given->arg[2];
	union arguments audited = {
		.arg = {id, NULL, size, given->arg[0] ? given->arg[0] : state->zero}};

	*t = (struct transfer){0};
	if (add_flag(given->arg[3], MSG_NOERROR, &t->msgflg) < 0 ||
	    add_flag(given->arg[4], MSG_EXCEPT, &t->msgflg) < 0 ||
	    to_int(id, "msqid", &t->msqid) < 0 || (size && to_size(size, "size", &t->msgsz) < 0) ||
	    (given->arg[0] && to_long(given->arg[0], "mtype", &t->msgtyp) < 0) ||
	    to_deadline(state, given->arg[1], limits) < 0)
		return -1;
	audited.arg[4] = t->msgflg ? PyLong_FromLong(t->msgflg) : Py_NewRef(state->zero);
	const int result = audited.arg[4] ? audit(state, CALL_msgrcv, &audited, 5) : -1;
	Py_XDECREF(audited.arg[4]);
	if (!size)
		t->msgflg &= ~MSG_NOERROR;
	return result;
}

/* MessageQueue.receive */
PyObject *queue_receive(PyObject *method, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
	static const struct signature signature = {
		"receive", 0, 5, {"mtype", "timeout", "size", "truncate", "exclude"}};
	struct state *state = state_of_method(method);
	PyObject *message = NULL;
	union arguments given;
	struct limits limits;
	struct transfer t;

	if (parse_method(&signature, 1, state->object_type, args, nargsf, kwnames, &given) < 0)
		return NULL;
	struct base *const self = (struct base *)args[0];
	PyObject *const id = attribute_of(self, &self->id, "id");
	PyObject *const inbox = id ? attribute_of(self, &self->inbox, "_inbox") : NULL;
	if (inbox && Py_TYPE(inbox) != state->inbox_type)
		PyErr_SetString(PyExc_TypeError, "_inbox: an _Inbox is needed");
	else if (inbox && to_receive_method(state, id, &given, &t, &limits) == 0)
		message = receive_object(state, (struct inbox *)inbox, &t, !left_out(given.arg[2]),
					 &limits);
	Py_XDECREF(id);
	Py_XDECREF(inbox);
	return message;
}

/* A number from 1; one that is too large becomes the largest. */
static int to_count(PyObject *object, Py_ssize_t *count)
{
	PyObject *number = to_positive(object, "count");

	if (!number)
		return -1;
	*count = PyNumber_AsSsize_t(number, NULL);
	Py_DECREF(number);
	return 0;
}

static PyObject *inbox_receive_many(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of_object(object);
	struct limits limits;
	struct transfer t;
	struct room room;
	PyObject *messages;
	Py_ssize_t count;
	long result;

	if (!takes("receive_many", 7, nargs) || to_count(args[6], &count) < 0 ||
	    to_receive(state, args, &t, &limits) < 0 || room_alloc(&room, 0) < 0)
		return NULL;
	messages = PyList_New(0);
	result = messages ? receive_each(state, (struct inbox *)object, &t, args[1] != Py_None,
					 &room, &limits, count, messages)
			  : RAISED;
	room_free(&room);
	if (result >= 0)
		return messages;
	if (result != WOKEN)
		transfer_ended(true, result, &t);
	Py_XDECREF(messages);
	return result == WOKEN ? Py_NewRef(Py_None) : NULL;
}

static PyObject *inbox_next(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of_object(object);
	PyObject *message = NULL;
	struct limits limits;
	struct transfer t = {0};
	struct room room;

	if (!takes("next", 3, nargs) || to_int(args[0], "msqid", &t.msqid) < 0 ||
	    to_long(args[1], "mtype", &t.msgtyp) < 0 ||
	    to_limits(state, args[2], Py_None, &limits) < 0 ||
	    audit(state, CALL_msgrcv,
		  &(union arguments){.arg = {args[0], NULL, NULL, args[1], NULL}}, 5) < 0 ||
	    room_alloc(&room, 0) < 0)
		return NULL;
	const long result =
		receive_one(state, (struct inbox *)object, &t, false, &room, &limits, &message);
	const int error = errno;
	room_free(&room);
	if (result >= 0)
		return message;
	if (result == LATE || (result == -1 && (error == EIDRM || error == EINVAL)))
		return Py_NewRef(Py_None);
	errno = error;
	return transfer_ended(true, result, &t);
}

/* ---- iteration ---------------------------------------------------------------------------- */

/*
 * The iterator is in C, because a signal handler could raise between two instructions of a
 * generator.
 */
struct messages {
	PyObject_HEAD
	struct inbox *inbox;
	PyObject *arg[3]; /* of next() */
};

static PyObject *inbox_messages(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of_object(object);
	struct messages *self;

	if (!takes("messages", 3, nargs))
		return NULL;
	self = (struct messages *)PyType_GenericAlloc(state->messages_type, 0);
	if (!self)
		return NULL;
	self->inbox = (struct inbox *)Py_NewRef(object);
	for (int i = 0; i < 3; i++)
		self->arg[i] = Py_NewRef(args[i]);
	return (PyObject *)self;
}

static PyObject *messages_next(PyObject *object)
{
	struct messages *self = (struct messages *)object;
	PyObject *message = inbox_next((PyObject *)self->inbox, self->arg, 3);

	if (message != Py_None)
		return message;
	Py_DECREF(message);
	return NULL;
}

static void messages_dealloc(PyObject *object)
{
	struct messages *self = (struct messages *)object;
	PyTypeObject *type = Py_TYPE(object);

	Py_XDECREF((PyObject *)self->inbox);
	for (int i = 0; i < 3; i++)
		Py_XDECREF(self->arg[i]);
	PyObject_Free(object);
	Py_DECREF(type);
}

static PyObject *messages_self(PyObject *object)
{
	return Py_NewRef(object);
}

static PyType_Slot messages_slots[] = {
	{Py_tp_doc, "An iterator that receives the messages of a queue."},
	{Py_tp_dealloc, messages_dealloc},
	{Py_tp_iter, messages_self},
	{Py_tp_iternext, messages_next},
	{0, NULL},
};

PyType_Spec messages_spec = {
	.name = "ipc._ipc._Messages",
	.basicsize = sizeof(struct messages),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = messages_slots,
};

static PyObject *inbox_fill(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of_object(object);
	struct inbox *self = (struct inbox *)object;
	struct looker looker;
	struct limits limits;
	struct transfer t;
	struct room room;
	long result;

	if (!takes("fill", 6, nargs) || to_receive(state, args, &t, &limits) < 0 ||
	    room_alloc(&room, 0) < 0)
		return NULL;
	if (reserve(self) < 0) {
		room_free(&room);
		return NULL;
	}
	do {
		MUTEX_LOCK(self);
		self->shared = true;
		const unsigned long long serial = self->serial++;
		const bool there = choose(self, t.msgtyp, t.msgflg) >= 0;
		if (!there && limits.wait)
			register_looker(self, &looker, limits.wait);
		MUTEX_UNLOCK(self);
		result = 0;
		if (there)
			break;
		result = receive(state, &t, args[1] != Py_None, &room, &limits);
		if (limits.wait)
			unregister_looker(self, &looker);
		if (result >= 0)
			keep(self, &room, result, serial);
	} while (result == AGAIN);
	const int error = errno;
	release(self);
	room_free(&room);
	errno = error;
	return result < 0 && result != WOKEN ? transfer_ended(true, result, &t)
					     : PyBool_FromLong(result != WOKEN);
}

/* Copies a kept message with the GIL held, so that no other thread takes it meanwhile. */
static PyObject *copy_of(struct state *state, const struct kept *kept)
{
	const size_t size = HEAD + (size_t)kept->length;
	unsigned char *bytes = PyMem_Malloc(size);

	if (!bytes)
		return PyErr_NoMemory();
	memcpy(bytes, kept->bytes, size);
	PyObject *copy = msgbuf_adopt(state, bytes, kept->length);
	if (!copy)
		PyMem_Free(bytes);
	return copy;
}

static PyObject *inbox_kept(PyObject *object, PyObject *Py_UNUSED(unused))
{
	struct inbox *self = (struct inbox *)object;
	struct state *state = state_of_object(object);
	PyObject *list = PyList_New(0);

	MUTEX_LOCK(self);
	notice_fork(self);
	for (Py_ssize_t i = 0; list && i < self->nkept; i++) {
		PyObject *copy = copy_of(state, &self->kept[i]);
		if (!copy || PyList_Append(list, copy) < 0)
			Py_CLEAR(list);
		Py_XDECREF(copy);
	}
	MUTEX_UNLOCK(self);
	return list;
}

static void inbox_dealloc(PyObject *object)
{
	struct inbox *self = (struct inbox *)object;
	PyTypeObject *type = Py_TYPE(object);

	for (Py_ssize_t i = 0; i < self->nkept; i++)
		PyMem_Free(self->kept[i].bytes);
	PyMem_Free(self->kept);
	while (self->spares)
		PyMem_Free(take_spare(self));
	PyObject_Free(object);
	Py_DECREF(type);
}

#define METHOD(NAME, DOC)                                                                  \
	{                                                                                  \
#NAME, (PyCFunction)(void (*)(void))inbox_##NAME, METH_FASTCALL, #NAME DOC \
	}

static PyMethodDef inbox_methods[] = {
	METHOD(receive, "($self, msqid, msgsz, msgtyp, msgflg, timeout, wait, /)\n--\n\n"
			"Return a message, or None if woken; msgsz=None accepts any length."),
	METHOD(receive_many,
	       "($self, msqid, msgsz, msgtyp, msgflg, timeout, wait, count, /)\n--\n\n"
	       "Wait for a message; return it and those already there, up to count messages.\n"
	       "Return None if woken."),
	METHOD(next, "($self, msqid, msgtyp, timeout, /)\n--\n\n"
		     "Return a message, or None if it timed out or the queue was removed."),
	METHOD(messages, "($self, msqid, msgtyp, timeout, /)\n--\n\n"
			 "Return an iterator that calls next() until it returns None."),
	METHOD(fill, "($self, msqid, msgsz, msgtyp, msgflg, timeout, wait, /)\n--\n\n"
		     "Wait until the inbox keeps such a message; return True, or False if woken."),
	{"kept", inbox_kept, METH_NOARGS,
	 "kept($self, /)\n--\n\nReturn copies of the messages that the inbox keeps."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot inbox_slots[] = {
	{Py_tp_doc,
	 "_Inbox()\n--\n\nReceives messages of a queue, and keeps those not yet returned."},
	{Py_tp_dealloc, inbox_dealloc},
	{Py_tp_methods, inbox_methods},
	{0, NULL},
};

PyType_Spec inbox_spec = {
	.name = "ipc._ipc._Inbox",
	.basicsize = sizeof(struct inbox),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = inbox_slots,
};

/* ---- receiving without an inbox ----------------------------------------------------------- */

PyDoc_STRVAR(_msgrcv_doc, "_msgrcv(msqid, msgsz, msgtyp, msgflg, timeout, wait, /)\n--\n\n"
			  "Return a msgbuf, or None if woken; msgsz=None accepts any length.");

static PyObject *ipc__msgrcv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	PyObject *message = NULL;
	struct limits limits;
	struct transfer t;
	struct room room;

	if (!takes("_msgrcv", 6, nargs) || to_receive(state, args, &t, &limits) < 0 ||
	    room_alloc(&room, 0) < 0)
		return NULL;
	const long result = receive(state, &t, args[1] != Py_None, &room, &limits);
	if (result >= 0)
		message = msgbuf_of(state, room.msgp->mtype, (char *)room.msgp + HEAD, result);
	else if (result == WOKEN)
		message = Py_NewRef(Py_None);
	else
		transfer_ended(true, result, &t);
	room_free(&room);
	return message;
}

PyMethodDef inbox_functions[] = {
	{"_msgrcv", (PyCFunction)(void (*)(void))ipc__msgrcv, METH_FASTCALL, _msgrcv_doc},
	{NULL, NULL, 0, NULL},
};
