/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Private functions for the package's Python modules (ipc/_queue.py etc.): sending and semaphore
 * operations that a timeout or another thread can end, sending of many messages in one call, and
 * a base class that exports memory.
 */
#include "method.h"
#include "transfer.h"

/* ---- messages --------------------------------------------------------------------- */

static always_inline long send(struct state *state, struct transfer *t, const struct limits *limits)
{
	return transfer(state, attempt_msgsnd, BLOCKING_msgsnd, t, limits);
}

/* The common case: a short bytes object. */
static always_inline long send_bytes(struct state *state, PyObject *bytes, long mtype,
				     struct transfer *t, const struct limits *limits)
{
	struct room room;

	room.here.msgbuf.mtype = mtype;
	t->msgp = &room.here;
	t->msgsz = (size_t)Py_SIZE(bytes);
	memcpy(room.here.bytes + HEAD, PyBytes_AsString(bytes), t->msgsz);
	return send(state, t, limits);
}

/* Sends a msgbuf directly, or a text (bytes-like or str) from a copy. */
static long send_object(struct state *state, PyObject *object, long mtype, struct transfer *t,
			const struct limits *limits)
{
	struct room room;
	Py_buffer text;
	long result;

	t->msgtyp = mtype;
	if (Py_TYPE(object) == state->type[TYPE_msgbuf]) {
		struct msgbuf_object *msgbuf = (struct msgbuf_object *)object;
		msgbuf_pin_unread(msgbuf);
		t->msgp = msgbuf->head.bytes;
		t->msgtyp = ((struct msgbuf *)t->msgp)->mtype;
		t->msgsz = (size_t)msgbuf->length;
		result = send(state, t, limits);
		if (result >= 0 && msgbuf->inbox)
			inbox_forget(msgbuf);
		msgbuf_unpin(msgbuf);
		return result;
	}
	if (PyBytes_CheckExact(object) && Py_SIZE(object) <= FEW)
		return send_bytes(state, object, mtype, t, limits);
	if (text_view(object, "text", &text) < 0)
		return RAISED;
	if (room_alloc(&room, (size_t)text.len) < 0) {
		PyBuffer_Release(&text);
		return RAISED;
	}
	room.msgp->mtype = mtype;
	copy_memory((char *)room.msgp + HEAD, text.buf, (size_t)text.len);
	t->msgp = room.msgp;
	t->msgsz = (size_t)text.len;
	PyBuffer_Release(&text);
	result = send(state, t, limits);
	room_free(&room);
	return result;
}

PyDoc_STRVAR(_msgsnd_doc,
	     "_msgsnd(msqid, mtype, mtext, msgflg, timeout, wait, /)\n--\n\n"
	     "Send a msgbuf or a text (bytes-like or str); return True, or False if woken.");

static PyObject *ipc__msgsnd(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	struct transfer t = {0};
	struct limits limits;
	long mtype, result;

	if (!takes("_msgsnd", 6, nargs) || to_int(args[0], "msqid", &t.msqid) < 0 ||
	    to_long(args[1], "mtype", &mtype) < 0 || to_word(args[3], "msgflg", &t.msgflg) < 0 ||
	    to_limits(state, args[4], args[5], &limits) < 0)
		return NULL;
	union arguments given = {.arg = {args[0], args[2], NULL, args[3]}};
	if (audit(state, CALL_msgsnd, &given, 4) < 0)
		return NULL;
	result = send_object(state, args[2], mtype, &t, &limits);
	return result < 0 && result != WOKEN ? transfer_ended(false, result, &t)
					     : PyBool_FromLong(result != WOKEN);
}

/* MessageQueue.send */
PyObject *queue_send(PyObject *method, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
	static const struct signature signature = {"send", 1, 3, {"text", "mtype", "timeout"}};
	struct state *state = state_of_method(method);
	union arguments given;
	struct transfer t = {0};
	struct limits limits;
	long mtype = 1, result = RAISED;

	if (parse_method(&signature, 2, state->object_type, args, nargsf, kwnames, &given) < 0)
		return NULL;
	struct base *const self = (struct base *)args[0];
	PyObject *const id = attribute_of(self, &self->id, "id");
	union arguments audited = {.arg = {id, given.arg[0], NULL, state->zero}};
	if (id && to_int(id, "msqid", &t.msqid) == 0 &&
	    (!given.arg[1] || to_long(given.arg[1], "mtype", &mtype) == 0) &&
	    to_deadline(state, given.arg[2], &limits) == 0 &&
	    audit(state, CALL_msgsnd, &audited, 4) == 0)
		result = send_object(state, given.arg[0], mtype, &t, &limits);
	/* Before id is freed, which may run Python code and change errno. */
	PyObject *const ended = result < 0 ? transfer_ended(false, result, &t) : Py_NewRef(Py_None);
	Py_XDECREF(id);
	return ended;
}

/* ---- many messages ---------------------------------------------------------------- */

/* Sets the attribute sent of the current exception to the number of messages sent before it. */
static void note_sent(Py_ssize_t n)
{
	PyObject *type, *exception, *traceback, *sent = PyLong_FromSsize_t(n);

	PyErr_Fetch(&type, &exception, &traceback);
	PyErr_NormalizeException(&type, &exception, &traceback);
	if (!sent || !exception || PyObject_SetAttrString(exception, "sent", sent) < 0)
		PyErr_Clear();
	Py_XDECREF(sent);
	PyErr_Restore(type, exception, traceback);
}

/*
 * The common case: a short bytes object that fits in the queue.  Sends it in place, so that a loop
 * costs little more than in C.  Returns false if it did not send the message.
 */
static inline bool send_at_once(PyObject *item, const struct transfer *t, struct msgbuf *msgp)
{
	Py_ssize_t length;
	char *text;

	if (!PyBytes_CheckExact(item) || PyBytes_AsStringAndSize(item, &text, &length) < 0 ||
	    length > FEW)
		return false;
	memcpy((char *)msgp + HEAD, text, (size_t)length);
	return checked_msgsnd(t->msqid, msgp, (size_t)length, t->msgflg | IPC_NOWAIT) == 0;
}

PyDoc_STRVAR(_send_many_doc, "_send_many(msqid, mtype, messages, msgflg, timeout, wait, /)\n--\n\n"
			     "Send each text or msgbuf of an iterable; return their number.");

static PyObject *ipc__send_many(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	PyObject *iterator, *item;
	struct transfer t = {0};
	struct limits limits;
	struct room room;
	Py_ssize_t sent = 0;
	long mtype, result = 0;

	if (!takes("_send_many", 6, nargs) || to_int(args[0], "msqid", &t.msqid) < 0 ||
	    to_long(args[1], "mtype", &mtype) < 0 || to_word(args[3], "msgflg", &t.msgflg) < 0 ||
	    to_limits(state, args[4], args[5], &limits) < 0)
		return NULL;
	union arguments given = {.arg = {args[0], args[2], NULL, args[3]}};
	if (audit(state, CALL_msgsnd, &given, 4) < 0)
		return NULL;
	iterator = PyObject_GetIter(args[2]);
	room.here.msgbuf.mtype = mtype;
	while (iterator && result == 0 && (item = PyIter_Next(iterator))) {
		if (!send_at_once(item, &t, &room.here.msgbuf))
			result = send_object(state, item, mtype, &t, &limits);
		/* Freeing the item may run Python code, which changes errno. */
		if (result < 0)
			transfer_ended(false, result, &t);
		Py_DECREF(item);
		if (result == 0 && breathe(++sent) < 0)
			result = RAISED;
	}
	Py_XDECREF(iterator);
	if (!PyErr_Occurred())
		return PyLong_FromSsize_t(sent);
	note_sent(sent);
	return NULL;
}

/* ---- semaphores ------------------------------------------------------------------- */

PyDoc_STRVAR(_semop_doc, "_semop(semid, sop, wait, /)\n--\n\n"
			 "Do one operation, (num, op, flg); return True, or False if woken.");

static PyObject *ipc__semop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	struct sembuf sop, tried;
	struct operation o = {.sop = &sop, .tried = &tried};
	struct limits limits;
	long result;

	if (nargs > 1 && !PyTuple_Check(args[1]))
		return PyErr_Format(PyExc_TypeError, "sop: (num, op, flg) is needed");
	if (!takes("_semop", 3, nargs) || to_int(args[0], "semid", &o.semid) < 0 ||
	    pack_integers(TYPE_sembuf, args[1], &sop) < 0 ||
	    to_limits(state, Py_None, args[2], &limits) < 0 ||
	    audit(state, CALL_semop, &(union arguments){.arg = {args[0], args[1]}}, 2) < 0)
		return NULL;
	tried = sop;
	tried.sem_flg |= IPC_NOWAIT;
	result = call(state,
		      &(struct blocking){.attempt = attempt_operation,
					 .args = &o,
					 .index = BLOCKING_semop,
					 .may_try = true,
					 .may_wait = operation_waits(&sop)},
		      &limits);
	if (result >= 0 || result == WOKEN)
		return PyBool_FromLong(result != WOKEN);
	call_ended(CALL_semop, result);
	return NULL;
}

/* ---- objects that export memory ------------------------------------------------------- */

/*
 * _Exporter: a base class for Python classes with the buffer protocol, which Python code can
 * implement only since 3.12 (PEP 688).  It exports the memory of the object's attribute _memory.
 */
static int exporter_export(PyObject *object, Py_buffer *view, int flags)
{
	PyObject *memory = PyObject_GetAttrString(object, "_memory");
	int result;

	view->obj = NULL;
	result = memory ? PyObject_GetBuffer(memory, view, flags) : -1;
	Py_XDECREF(memory);
	return result;
}

static PyType_Slot exporter_slots[] = {
	{Py_tp_doc, "A base class that exports the memory of the attribute _memory."},
	{Py_bf_getbuffer, exporter_export},
	{0, NULL},
};

static PyType_Spec exporter_spec = {
	.name = "ipc._ipc._Exporter",
	.basicsize = sizeof(PyObject),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = exporter_slots,
};

/* ---- adding to the module ---------------------------------------------------------- */

#define INTERNAL(NAME)                                                                    \
	{                                                                                 \
#NAME, (PyCFunction)(void (*)(void))ipc_##NAME, METH_FASTCALL, NAME##_doc \
	}

PyMethodDef internal_methods[] = {
	INTERNAL(_msgsnd),
	INTERNAL(_send_many),
	INTERNAL(_semop),
	{NULL, NULL, 0, NULL},
};

int internal_add(PyObject *module, struct state *state)
{
	PyObject *exporter = PyType_FromModuleAndSpec(module, &exporter_spec, NULL);
	int result = exporter ? PyModule_AddType(module, (PyTypeObject *)exporter) : -1;

	Py_XDECREF(exporter);
	watch_forks();
	state->wait_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &wait_spec, NULL);
	if (result < 0 || !state->wait_type ||
	    PyModule_AddObjectRef(module, "_Wait", (PyObject *)state->wait_type) < 0)
		return -1;
	state->inbox_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &inbox_spec, NULL);
	state->messages_type =
		(PyTypeObject *)PyType_FromModuleAndSpec(module, &messages_spec, NULL);
	if (!state->inbox_type || !state->messages_type)
		return -1;
	return PyModule_AddObjectRef(module, "_Inbox", (PyObject *)state->inbox_type);
}
