/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Message queues: msgget, msgsnd, msgrcv, msgctl, mkmsgbuf.
 * The functions begin alike; module.h gives the reason at CALL_METHOD.
 */
#include "control.h"

enum { HEAD = offsetof(struct msgbuf, mtext) };

PyDoc_STRVAR(msgget_doc,
	     "msgget(key, msgflg)\n--\n\n"
	     "Return the identifier of a message queue; IPC_PRIVATE or IPC_CREAT creates one.\n\n"
	     "Args:\n"
	     "    key: IPC_PRIVATE for a new queue, or 32 bits, signed or unsigned.\n"
	     "    msgflg: Permission bits for a new queue, with IPC_CREAT and IPC_EXCL.\n\n"
	     "Returns:\n"
	     "    The identifier, an int from 0.\n\n"
	     "Raises:\n"
	     "    OSError: EACCES, EEXIST, ENOENT, ENOMEM, ENOSPC (msgmni).\n\n"
	     "See msgget(2).");

static PyObject *ipc_msgget(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"msgget", 2, 2, {"key", "msgflg"}};
	struct state *state = state_of(module);
	union arguments given;
	int key, msgflg, msqid;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_word(given.arg[0], "key", &key) < 0 ||
	    to_word(given.arg[1], "msgflg", &msgflg) < 0 ||
	    audit(state, CALL_msgget, &given, 2) < 0)
		return NULL;
	msqid = checked_msgget(key, msgflg);
	if (msqid == -1)
		return call_failed(CALL_msgget, errno == ENOSPC ? "msgmni is reached" : NULL);
	return PyLong_FromLong(msqid);
}

/* ---- messages ----------------------------------------------------------------------- */

/* A message in pinned memory: a msgbuf object, or a view with the same layout. */
struct message {
	struct msgbuf_object *msgbuf; /* NULL: view is used */
	Py_buffer view;
	void *msgp;
	size_t room; /* for text */
};

static void unpin_message(struct message *message)
{
	if (message->msgbuf)
		msgbuf_unpin(message->msgbuf);
	else
		PyBuffer_Release(&message->view);
}

static always_inline int pin_message(struct state *state, PyObject *msgp, bool receive,
				     struct message *message)
{
	if (Py_TYPE(msgp) == state->type[TYPE_msgbuf]) {
		message->msgbuf = (struct msgbuf_object *)msgp;
		if (receive)
			msgbuf_pin(message->msgbuf);
		else
			msgbuf_pin_unread(message->msgbuf);
		message->msgp = message->msgbuf->head.bytes;
		/* msgsnd sends length bytes; msgrcv may fill the whole capacity. */
		message->room =
			(size_t)(receive ? message->msgbuf->capacity : message->msgbuf->length);
		return 0;
	}
	message->msgbuf = NULL;
	if (PyObject_GetBuffer(msgp, &message->view, receive ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0) {
		if (!PyObject_CheckBuffer(msgp))
			PyErr_Format(PyExc_TypeError,
				     "msgp: a msgbuf or a buffer is needed, not %R",
				     (PyObject *)Py_TYPE(msgp));
		return -1;
	}
	if (message->view.len < HEAD) {
		PyErr_Format(PyExc_ValueError, "msgp: %zd bytes, a message begins with a C long",
			     message->view.len);
		PyBuffer_Release(&message->view);
		return -1;
	}
	message->msgp = message->view.buf;
	message->room = (size_t)(message->view.len - HEAD);
	return 0;
}

long attempt_msgsnd(void *args, bool nowait)
{
	const struct transfer *t = args;

	return checked_msgsnd(t->msqid, t->msgp, t->msgsz, t->msgflg | (nowait ? IPC_NOWAIT : 0));
}

long attempt_msgrcv(void *args, bool nowait)
{
	const struct transfer *t = args;

	return checked_msgrcv(t->msqid, t->msgp, t->msgsz, t->msgtyp,
			      t->msgflg | (nowait ? IPC_NOWAIT : 0));
}

/* Returns the limit that caused the error in errno, or NULL. */
static const char *transfer_limit(bool receive, const struct transfer *t)
{
	const int error = errno;
	struct msginfo info = {0};
	const char *limit = NULL;

	if (receive && error == E2BIG)
		limit = "the text is longer than msgsz";
	else if (!receive && error == EINVAL && t->msgtyp < 1)
		limit = "mtype is below 1";
	else if (!receive && error == EINVAL &&
		 checked_msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1 &&
		 t->msgsz > (size_t)info.msgmax)
		limit = "the text is longer than msgmax";
	errno = error;
	return limit;
}

PyObject *transfer_failed(bool receive, const struct transfer *t)
{
	return call_failed(receive ? CALL_msgrcv : CALL_msgsnd, transfer_limit(receive, t));
}

/* Makes the call; the caller has pinned the memory.  Returns its result, below 0: exception. */
static always_inline long transfer_pinned(struct state *state, bool receive, struct transfer *t)
{
	/* MSG_COPY never blocks: without IPC_NOWAIT it fails. */
	const int at_once = receive ? IPC_NOWAIT IF_DEFINED_MSG_COPY(| MSG_COPY) : IPC_NOWAIT;
	const long result = call_blocking(
		state, &(struct blocking){.attempt = receive ? attempt_msgrcv : attempt_msgsnd,
					  .args = t,
					  .index = receive ? BLOCKING_msgrcv : BLOCKING_msgsnd,
					  .may_try = true,
					  .may_wait = !(t->msgflg & at_once),
					  .large = t->msgsz > LARGE_COPY});

	if (result == -1) {
		if (!receive)
			memcpy(&t->msgtyp, t->msgp, sizeof(t->msgtyp));
		transfer_failed(receive, t);
	}
	return result;
}

/* Makes the call of msgsnd or msgrcv, which have converted the other arguments. */
static always_inline PyObject *transfer(struct state *state, bool receive, PyObject *msgp,
					bool sized, struct transfer *t)
{
	struct message message;
	long result = -1;

	if (pin_message(state, msgp, receive, &message) < 0)
		return NULL;
	t->msgp = message.msgp;
	if (!sized)
		t->msgsz = message.room;
	if (t->msgsz > message.room)
		PyErr_Format(PyExc_ValueError, "msgsz: %zu bytes, msgp has %zu", t->msgsz,
			     message.room);
	else
		result = transfer_pinned(state, receive, t);
	if (result >= 0 && receive && message.msgbuf)
		message.msgbuf->length = result;
	if (result >= 0 && message.msgbuf && message.msgbuf->inbox)
		inbox_forget(message.msgbuf);
	unpin_message(&message);
	return result < 0 ? NULL : PyLong_FromLong(result);
}

PyDoc_STRVAR(msgsnd_doc,
	     "msgsnd(msqid, msgp, msgsz=None, msgflg=0)\n--\n\n"
	     "Send a message; wait while the queue is full.\n\n"
	     "Other threads and signal handlers run during the wait.  The wait continues when a\n"
	     "handler returns.\n\n"
	     "Args:\n"
	     "    msqid: The queue's identifier.\n"
	     "    msgp: A msgbuf, or a C-contiguous buffer with its layout: a C long (the type,\n"
	     "        at least 1), then the text.\n"
	     "    msgsz: Bytes of text to send; None sends all of it.\n"
	     "    msgflg: 0 or IPC_NOWAIT.\n\n"
	     "Returns:\n"
	     "    0.\n\n"
	     "Raises:\n"
	     "    ValueError: msgsz is larger than the text of msgp.\n"
	     "    OSError: EACCES, EAGAIN, EIDRM, EINVAL (a type below 1, msgmax), ENOMEM.\n\n"
	     "See msgop(2).");

static PyObject *ipc_msgsnd(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {
		"msgsnd", 2, 4, {"msqid", "msgp", "msgsz", "msgflg"}};
	struct state *state = state_of(module);
	union arguments given;
	struct transfer t = {0};

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "msqid", &t.msqid) < 0 ||
	    (!left_out(given.arg[2]) && to_size(given.arg[2], "msgsz", &t.msgsz) < 0) ||
	    (given.arg[3] && to_word(given.arg[3], "msgflg", &t.msgflg) < 0) ||
	    audit(state, CALL_msgsnd, &given, 4) < 0)
		return NULL;
	return transfer(state, false, given.arg[1], !left_out(given.arg[2]), &t);
}

PyDoc_STRVAR(msgrcv_doc,
	     "msgrcv(msqid, msgp, msgsz=None, msgtyp=0, msgflg=0)\n--\n\n"
	     "Receive a message into msgp; wait until there is one.\n\n"
	     "Other threads and signal handlers run during the wait.  The wait continues when a\n"
	     "handler returns.\n\n"
	     "Args:\n"
	     "    msqid: The queue's identifier.\n"
	     "    msgp: A msgbuf, or a writable C-contiguous buffer with its layout: a C long,\n"
	     "        then room for the text.\n"
	     "    msgsz: Bytes of text to accept at most; None accepts as many as fit in msgp.\n"
	     "    msgtyp: 0 receives the first message, a number above 0 the first of that type,\n"
	     "        and one below 0 the first of the lowest type up to -msgtyp.\n"
	     "    msgflg: 0, or IPC_NOWAIT, MSG_NOERROR, MSG_EXCEPT, MSG_COPY.\n\n"
	     "Returns:\n"
	     "    The length of the text in bytes.\n\n"
	     "Raises:\n"
	     "    ValueError: msgsz is larger than the room for text in msgp.\n"
	     "    OSError: E2BIG, EACCES, EIDRM, EINVAL, ENOMSG, ENOSYS (MSG_COPY).\n\n"
	     "See msgop(2).");

static PyObject *ipc_msgrcv(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {
		"msgrcv", 2, 5, {"msqid", "msgp", "msgsz", "msgtyp", "msgflg"}};
	struct state *state = state_of(module);
	union arguments given;
	struct transfer t = {0};

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "msqid", &t.msqid) < 0 ||
	    (!left_out(given.arg[2]) && to_size(given.arg[2], "msgsz", &t.msgsz) < 0) ||
	    (given.arg[3] && to_long(given.arg[3], "msgtyp", &t.msgtyp) < 0) ||
	    (given.arg[4] && to_word(given.arg[4], "msgflg", &t.msgflg) < 0) ||
	    audit(state, CALL_msgrcv, &given, 5) < 0)
		return NULL;
	return transfer(state, true, given.arg[1], !left_out(given.arg[2]), &t);
}

/* ---- msgctl, mkmsgbuf -------------------------------------------------------------- */

PyDoc_STRVAR(msgctl_doc,
	     "msgctl(msqid, cmd, buf=None)\n--\n\n"
	     "Read, change or remove a message queue.\n\n"
	     "Args:\n"
	     "    msqid: The queue's identifier; a slot number for MSG_STAT and MSG_STAT_ANY.\n"
	     "    cmd: The command.\n"
	     "    buf: A msqid_ds for IPC_STAT, IPC_SET, MSG_STAT and MSG_STAT_ANY; a msginfo for\n"
	     "        IPC_INFO and MSG_INFO; None for IPC_RMID.\n\n"
	     "Returns:\n"
	     "    The result of the system call: an int from 0 that depends on cmd.\n\n"
	     "Raises:\n"
	     "    OSError: EACCES, EIDRM, EINVAL, EPERM.\n\n"
	     "See msgctl(2).");

static PyObject *ipc_msgctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"msgctl", 2, 3, {"msqid", "cmd", "buf"}};
	struct state *state = state_of(module);
	union arguments given;
	int msqid, cmd, result;
	void *buf;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "msqid", &msqid) < 0 || to_int(given.arg[1], "cmd", &cmd) < 0 ||
	    control_buffer(state, control_of(CALL_msgctl, cmd), given.arg[2], &buf) < 0 ||
	    audit(state, CALL_msgctl, &given, 3) < 0)
		return NULL;
	result = checked_msgctl(msqid, cmd, buf);
	return result == -1 ? call_failed(CALL_msgctl, NULL) : PyLong_FromLong(result);
}

PyDoc_STRVAR(mkmsgbuf_doc,
	     "mkmsgbuf(mtype, mtext)\n--\n\n"
	     "Return a msgbuf whose capacity is the length of its text.\n\n"
	     "Args:\n"
	     "    mtype: The type of the message, a C long.\n"
	     "    mtext: The text: bytes-like, or a str, which is encoded as UTF-8.\n\n"
	     "See msgop(2).");

static PyObject *ipc_mkmsgbuf(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			      PyObject *kwnames)
{
	static const struct signature signature = {"mkmsgbuf", 2, 2, {"mtype", "mtext"}};
	union arguments given;
	long mtype;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_long(given.arg[0], "mtype", &mtype) < 0)
		return NULL;
	return msgbuf_make(state_of(module), mtype, given.arg[1]);
}

PyMethodDef msg_methods[] = {
	CALL_METHOD(msgget), CALL_METHOD(msgsnd),   CALL_METHOD(msgrcv),
	CALL_METHOD(msgctl), CALL_METHOD(mkmsgbuf), {NULL, NULL, 0, NULL},
};
