/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * semun: the union that semctl(2) takes by value.  The object holds a reference to
 * the object that it points to.  Its exported bytes are read-only, so that a program
 * cannot write a pointer into them; semctl computes the pointer again (sem.c).
 */
#include "module.h"

#include <structmember.h>

static const struct member *member_named(const char *name)
{
	const PyGetSetDef *member = layouts[TYPE_semun].members;

	while (strcmp(member->name, name) != 0)
		member++;
	return member_of(member);
}

/* Converts a sequence of numbers to an array of unsigned short. */
static PyObject *array_from(PyObject *sequence)
{
	PyObject *module = PyImport_ImportModule("array");
	PyObject *array = module ? PyObject_CallMethod(module, "array", "sO", "H", sequence) : NULL;

	Py_XDECREF(module);
	return array;
}

/*
 * Keeps a writable buffer, and copies a read-only one.  Without the copy, unions could
 * point to views of other unions, and freeing a long chain of these would overflow the
 * stack.
 */
static PyObject *buffer_for(PyObject *object)
{
	Py_buffer view;
	bool readonly;

	if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
		return NULL;
	readonly = view.readonly;
	PyBuffer_Release(&view);
	return readonly ? PyBytes_FromObject(object) : Py_NewRef(object);
}

/* Returns a new reference to the object that a pointer member will point to; NULL: TypeError. */
static PyObject *target_for(struct state *state, const struct member *member, PyObject *value)
{
	if (value == Py_None)
		return Py_NewRef(Py_None);
	if (member == member_named("array")) {
		/* A structure is not an array, and a chain of unions could not be freed. */
		if (type_index(state, Py_TYPE(value)) < NTYPES)
			return PyErr_Format(PyExc_TypeError,
					    "semun.array: values are needed, not %R",
					    (PyObject *)Py_TYPE(value));
		if (PyObject_CheckBuffer(value))
			return buffer_for(value);
		return is_iterable(value) ? array_from(value)
					  : PyErr_Format(PyExc_TypeError,
							 "semun.array: values are needed, not %R",
							 (PyObject *)Py_TYPE(value));
	}
	enum type_index type = member == member_named("buf") ? TYPE_semid_ds : TYPE_seminfo;
	return structure_bytes(state, value, type, "semun") ? Py_NewRef(value) : NULL;
}

PyObject *semun_get(PyObject *object, void *closure)
{
	struct semun_object *self = (struct semun_object *)object;
	const struct member *member = closure;

	if (member->kind != MEMBER_OTHER)
		return PyLong_FromLong(self->arg.val);
	/* The bytes are a pointer only for the member that was set last. */
	MUTEX_LOCK(&self->head);
	PyObject *target =
		Py_NewRef(self->active == member && self->target ? self->target : Py_None);
	MUTEX_UNLOCK(&self->head);
	return target;
}

int semun_set(PyObject *object, PyObject *value, void *closure)
{
	struct semun_object *self = (struct semun_object *)object;
	const struct member *member = closure;
	union semun arg = {0};
	PyObject *target = NULL;

	if (!value) {
		PyErr_SetString(PyExc_TypeError, "a member of a C structure cannot be deleted");
		return -1;
	}
	if (member->kind != MEMBER_OTHER) {
		if (to_int(value, "semun.val", &arg.val) < 0)
			return -1;
	} else {
		target = target_for(state_of_object(object), member, value);
		if (!target)
			return -1;
		/* The memory of an array may move until the call pins it. */
		if (member != member_named("array") && target != Py_None)
			arg.buf = (void *)((struct structure *)target)->bytes;
	}
	MUTEX_LOCK(&self->head);
	PyObject *old = self->target;
	self->arg = arg;
	self->active = member;
	self->target = target;
	MUTEX_UNLOCK(&self->head);
	Py_XDECREF(old);
	return 0;
}

static PyObject *semun_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	Py_ssize_t n = PyTuple_Size(args) + (kwargs ? PyDict_Size(kwargs) : 0);

	if (n > 1) {
		PyErr_SetString(PyExc_TypeError, "semun() is a union: it takes one member");
		return NULL;
	}
	struct semun_object *self = (struct semun_object *)structure_alloc(type);
	if (!self)
		return NULL;
	self->head.bytes = (unsigned char *)&self->arg;
	if (structure_fill(&self->head, args, kwargs) < 0)
		Py_CLEAR(self);
	return (PyObject *)self;
}

/* Returns the member that was set last, by default the first. */
static const PyGetSetDef *active_of(const struct semun_object *self)
{
	const PyGetSetDef *member = self->head.layout->members;
	const struct member *active = self->active;

	while (active && member_of(member) != active)
		member++;
	return member;
}

static PyObject *semun_repr(PyObject *object)
{
	const PyGetSetDef *member = active_of((struct semun_object *)object);
	PyObject *value = member->get(object, member->closure);
	PyObject *text =
		value ? PyUnicode_FromFormat("ipc.semun(%s=%R)", member->name, value) : NULL;
	Py_XDECREF(value);
	return text;
}

/* Pickles an empty semun and a state with the member to set in it. */
static PyObject *semun_reduce(PyObject *object, PyObject *Py_UNUSED(unused))
{
	const PyGetSetDef *member = active_of((struct semun_object *)object);
	PyObject *value = member->get(object, member->closure);

	return value ? Py_BuildValue("(O()(O{sN}))", Py_TYPE(object), Py_None, member->name, value)
		     : NULL;
}

/* Two unions are equal if the same member has the same value or the same target. */
static PyObject *semun_compare(PyObject *a, PyObject *b, int how)
{
	struct semun_object *x = (struct semun_object *)a, *y = (struct semun_object *)b;

	if (Py_TYPE(a) != Py_TYPE(b) || (how != Py_EQ && how != Py_NE))
		Py_RETURN_NOTIMPLEMENTED;
	bool equal = (x->target || y->target) ? x->active == y->active && x->target == y->target
					      : x->arg.val == y->arg.val;
	return PyBool_FromLong(equal == (how == Py_EQ));
}

static int semun_export(PyObject *object, Py_buffer *view, int flags)
{
	struct semun_object *self = (struct semun_object *)object;

	return PyBuffer_FillInfo(view, object, &self->arg, sizeof(self->arg), 1, flags);
}

static int semun_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	Py_VISIT(((struct semun_object *)object)->target);
	return 0;
}

static int semun_clear(PyObject *object)
{
	Py_CLEAR(((struct semun_object *)object)->target);
	return 0;
}

static void semun_dealloc(PyObject *object)
{
	PyObject_GC_UnTrack(object);
	semun_clear(object);
	structure_dealloc(object);
}

static PyMethodDef semun_methods[] = {
	{"__reduce__", semun_reduce, METH_NOARGS,
	 "__reduce__($self, /)\n--\n\nReturn the type and the member to set."},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef semun_weakrefs[] = {
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct structure, weakrefs), READONLY, NULL},
	{NULL, 0, 0, 0, NULL},
};

/* The tables of slots look alike, but each has its own functions. */
PyType_Slot semun_slots[] = {
	{Py_tp_new, semun_new},
	{Py_tp_dealloc, semun_dealloc},
	{Py_tp_repr, semun_repr},
	{Py_tp_richcompare, semun_compare},
	{Py_tp_hash, PyObject_HashNotImplemented},
	{Py_tp_methods, semun_methods},
	{Py_tp_members, semun_weakrefs},
	{Py_tp_traverse, semun_traverse},
	{Py_tp_clear, semun_clear},
	{Py_bf_getbuffer, semun_export},
	{0, NULL},
};
