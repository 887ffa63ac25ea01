/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * msgbuf: a message that knows the length of its text.  In C, mtext[1] stands for
 * an array of any size.  The object records the size of the array (capacity) and
 * the length of the text in it separately, and its memory has exactly that size.
 */
#include "module.h"

#include <structmember.h>

enum { HEAD = offsetof(struct msgbuf, mtext) };

static struct msgbuf *message_of(struct msgbuf_object *self)
{
	return (struct msgbuf *)self->head.bytes;
}

/* Changes the capacity; keeps the old bytes and zeroes the new ones. */
static int resize(struct msgbuf_object *self, Py_ssize_t capacity)
{
	unsigned char *bytes;

	if (self->pins > 0) {
		PyErr_SetString(PyExc_BufferError,
				"msgbuf: cannot resize it while a view or a call uses it");
		return -1;
	}
	if (capacity > PY_SSIZE_T_MAX - HEAD) {
		PyErr_NoMemory();
		return -1;
	}
	bytes = PyMem_Realloc(self->head.bytes, (size_t)(HEAD + capacity));
	if (!bytes) {
		PyErr_NoMemory();
		return -1;
	}
	if (capacity > self->capacity)
		memset(bytes + HEAD + self->capacity, 0, (size_t)(capacity - self->capacity));
	self->head.bytes = bytes;
	self->capacity = capacity;
	return 0;
}

/* Returns a message without bytes. */
static struct msgbuf_object *alloc_head(PyTypeObject *type)
{
	/* The type cannot be subclassed, so no other tp_alloc exists. */
	struct msgbuf_object *self = (struct msgbuf_object *)PyType_GenericAlloc(type, 0);

	if (self)
		self->head.layout = &layouts[TYPE_msgbuf];
	return self;
}

/* Returns a message with uninitialised bytes, which the caller sets. */
static struct msgbuf_object *alloc_with(PyTypeObject *type, Py_ssize_t capacity)
{
	struct msgbuf_object *self = alloc_head(type);

	if (!self)
		return NULL;
	/* PyMem_Malloc refuses more than PY_SSIZE_T_MAX bytes. */
	self->head.bytes = PyMem_Malloc((size_t)HEAD + (size_t)capacity);
	if (!self->head.bytes) {
		Py_DECREF(self);
		return (struct msgbuf_object *)PyErr_NoMemory();
	}
	self->capacity = capacity;
	return self;
}

/* ---- text ------------------------------------------------------------------------- */

int text_view(PyObject *object, const char *name, Py_buffer *view)
{
	const char *utf8;
	Py_ssize_t length;

	if (!PyUnicode_Check(object)) {
		if (BRANCH_LIKELY(PyObject_GetBuffer(object, view, PyBUF_SIMPLE) == 0))
			return 0;
		if (!PyObject_CheckBuffer(object))
			PyErr_Format(PyExc_TypeError,
				     "%s: a bytes-like object or a str is needed, not %R", name,
				     (PyObject *)Py_TYPE(object));
		return -1;
	}
	utf8 = PyUnicode_AsUTF8AndSize(object, &length);
	return utf8 ? PyBuffer_FillInfo(view, object, (void *)utf8, length, 1, PyBUF_SIMPLE) : -1;
}

PyObject *text_get(PyObject *object, void *Py_UNUSED(member))
{
	struct msgbuf_object *self = (struct msgbuf_object *)object;

	if (self->inbox)
		inbox_forget(self);
	MUTEX_LOCK(&self->head);
	PyObject *text = PyBytes_FromStringAndSize(message_of(self)->mtext, self->length);
	MUTEX_UNLOCK(&self->head);
	return text;
}

int text_set(PyObject *object, PyObject *value, void *Py_UNUSED(member))
{
	struct msgbuf_object *self = (struct msgbuf_object *)object;
	Py_buffer text;
	int result = -1;

	if (!value) {
		PyErr_SetString(PyExc_TypeError, "a member of a C structure cannot be deleted");
		return -1;
	}
	if (text_view(value, "mtext", &text) < 0)
		return -1;
	if (self->inbox)
		inbox_forget(self);
	MUTEX_LOCK(&self->head);
	if (text.len <= self->capacity || resize(self, text.len) == 0) {
		/* The text may be a part of this message. */
		memmove(message_of(self)->mtext, text.buf, (size_t)text.len);
		memset(message_of(self)->mtext + text.len, 0, (size_t)(self->capacity - text.len));
		self->length = text.len;
		result = 0;
	}
	MUTEX_UNLOCK(&self->head);
	PyBuffer_Release(&text);
	return result;
}

PyObject *msgbuf_of(struct state *state, long mtype, const void *text, Py_ssize_t length)
{
	struct msgbuf_object *self = alloc_with(state->type[TYPE_msgbuf], length);

	if (self) {
		message_of(self)->mtype = mtype;
		copy_memory(message_of(self)->mtext, text, (size_t)length);
		self->length = length;
	}
	return (PyObject *)self;
}

PyObject *msgbuf_adopt(struct state *state, unsigned char *bytes, Py_ssize_t length)
{
	struct msgbuf_object *self = alloc_head(state->type[TYPE_msgbuf]);

	if (self) {
		self->head.bytes = bytes;
		self->capacity = self->length = length;
	}
	return (PyObject *)self;
}

PyObject *msgbuf_make(struct state *state, long mtype, PyObject *text)
{
	PyObject *self;
	Py_buffer view;

	if (text_view(text, "mtext", &view) < 0)
		return NULL;
	self = msgbuf_of(state, mtype, view.buf, view.len);
	PyBuffer_Release(&view);
	return self;
}

/* ---- the type --------------------------------------------------------------------- */

/*
 * msgbuf(mtype, mtext, capacity=): the default capacity is the text's length, but at least one
 * byte, as in C.
 */
static PyObject *msgbuf_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	PyObject *rest = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
	PyObject *given = rest ? PyDict_GetItemString(rest, "capacity") : NULL;
	struct msgbuf_object *self = NULL;
	size_t capacity = 1;

	if (!rest)
		return NULL;
	if ((!given || PyDict_DelItemString(rest, "capacity") == 0) &&
	    (left_out(given) || to_size(given, "capacity", &capacity) == 0)) {
		if (capacity > PY_SSIZE_T_MAX)
			PyErr_NoMemory();
		else
			self = alloc_with(type, (Py_ssize_t)capacity);
		if (self)
			memset(self->head.bytes, 0, (size_t)HEAD + capacity);
	}
	if (self && structure_fill(&self->head, args, rest) < 0)
		Py_CLEAR(self);
	if (self && !left_out(given) && self->capacity > (Py_ssize_t)capacity) {
		PyErr_Format(PyExc_ValueError, "msgbuf: %zd bytes of text, capacity for %zu",
			     self->length, capacity);
		Py_CLEAR(self);
	}
	Py_DECREF(rest);
	return (PyObject *)self;
}

static void msgbuf_dealloc(PyObject *object)
{
	struct msgbuf_object *self = (struct msgbuf_object *)object;
	PyTypeObject *type = Py_TYPE(object);

	if (self->inbox)
		inbox_take_back(self);
	PyMem_Free(self->head.bytes);
	/* The rest is structure_dealloc() without the look-up of the type's tp_free. */
	if (self->head.weakrefs)
		PyObject_ClearWeakRefs(object);
	PyObject_Free(object);
	Py_DECREF((PyObject *)type);
}

static PyObject *msgbuf_reduce(PyObject *object, PyObject *Py_UNUSED(unused))
{
	struct msgbuf_object *self = (struct msgbuf_object *)object;
	PyObject *values = structure_reduce(object, NULL), *make, *pair = NULL;

	if (!values || self->capacity == (self->length > 1 ? self->length : 1))
		return values;
	/* Pickle passes arguments by position, so functools.partial passes the keyword capacity. */
	PyObject *functools = PyImport_ImportModule("functools");
	PyObject *partial = functools ? PyObject_GetAttrString(functools, "partial") : NULL;
	PyObject *type = partial ? Py_BuildValue("(O)", Py_TYPE(object)) : NULL;
	PyObject *named = type ? Py_BuildValue("{sn}", "capacity", self->capacity) : NULL;
	make = named ? PyObject_Call(partial, type, named) : NULL;
	if (make)
		pair = Py_BuildValue("(NO)", make, PyTuple_GetItem(values, 1));
	Py_XDECREF(functools);
	Py_XDECREF(partial);
	Py_XDECREF(type);
	Py_XDECREF(named);
	Py_DECREF(values);
	return pair;
}

static PyObject *msgbuf_compare(PyObject *a, PyObject *b, int how)
{
	struct msgbuf_object *x = (struct msgbuf_object *)a, *y = (struct msgbuf_object *)b;

	if (Py_TYPE(a) != Py_TYPE(b) || (how != Py_EQ && how != Py_NE))
		Py_RETURN_NOTIMPLEMENTED;
	msgbuf_pin(x);
	msgbuf_pin(y);
	const Py_ssize_t length = x->length;
	bool equal = message_of(x)->mtype == message_of(y)->mtype && length == y->length &&
		     memcmp(message_of(x)->mtext, message_of(y)->mtext, (size_t)length) == 0;
	msgbuf_unpin(x);
	msgbuf_unpin(y);
	return PyBool_FromLong(equal == (how == Py_EQ));
}

static int msgbuf_export(PyObject *object, Py_buffer *view, int flags)
{
	struct msgbuf_object *self = (struct msgbuf_object *)object;

	msgbuf_pin(self);
	if (PyBuffer_FillInfo(view, object, self->head.bytes, HEAD + self->capacity, 0, flags) == 0)
		return 0;
	msgbuf_unpin(self);
	return -1;
}

static void msgbuf_release(PyObject *object, Py_buffer *Py_UNUSED(view))
{
	msgbuf_unpin((struct msgbuf_object *)object);
}

static PyMethodDef msgbuf_methods[] = {
	{"__reduce__", msgbuf_reduce, METH_NOARGS,
	 "__reduce__($self, /)\n--\n\nReturn the type and the values of the members."},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef msgbuf_members[] = {
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct structure, weakrefs), READONLY, NULL},
	{"capacity", T_PYSSIZET, offsetof(struct msgbuf_object, capacity), READONLY,
	 "The number of bytes of text that fit in the message."},
	{NULL, 0, 0, 0, NULL},
};

PyType_Slot msgbuf_slots[] = {
	{Py_tp_new, msgbuf_new},
	{Py_tp_dealloc, msgbuf_dealloc},
	{Py_tp_repr, structure_repr},
	{Py_tp_richcompare, msgbuf_compare},
	{Py_tp_hash, PyObject_HashNotImplemented},
	{Py_tp_methods, msgbuf_methods},
	{Py_tp_members, msgbuf_members},
	{Py_bf_getbuffer, msgbuf_export},
	{Py_bf_releasebuffer, msgbuf_release},
	{0, NULL},
};
