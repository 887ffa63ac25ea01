/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Methods in C for the classes of the package's Python modules, for the calls that programs make
 * most often.  They need no Python frame, which would take as long as the rest of such a call.
 *
 * A method of an extension type has no annotations, and inspect knows its parameters only from the
 * docstring.  So the class defines the method as a Python function with parameters, annotations and
 * docstring, and its decorator _method() replaces the function by an object of the type _Method.
 * Like the object that functools.lru_cache() makes, it has the attributes of the function.
 */
#include "method.h"

#include <structmember.h>

/* The limited API defines it only since 3.12. */
#ifndef Py_TPFLAGS_HAVE_VECTORCALL
#define Py_TPFLAGS_HAVE_VECTORCALL (1UL << 11)
#endif

static const struct {
	const char *name;
	vector_function call;
} methods[] = {
	{"MessageQueue.receive", queue_receive},
	{"MessageQueue.send", queue_send},
	{"Semaphore.acquire", semaphore_acquire},
	{"Semaphore.release", semaphore_release},
};

void method_misused(const struct signature *signature, int positional, PyTypeObject *type,
		    PyObject *const *args, Py_ssize_t nargs)
{
	if (nargs < 0)
		PyErr_Format(PyExc_TypeError, "%s() needs self", signature->function);
	else if (!PyObject_TypeCheck(args[0], type))
		PyErr_Format(PyExc_TypeError, "%s() is not for %R", signature->function,
			     (PyObject *)Py_TYPE(args[0]));
	else
		PyErr_Format(PyExc_TypeError,
			     "%s() takes at most %d arguments by position, %zd given",
			     signature->function, positional, nargs);
}

/* ---- the type _Method ------------------------------------------------------------------- */

/* Copies the attributes that functools.update_wrapper() copies. */
static int describe(struct method *self)
{
	static const char *const names[] = {"__module__", "__name__", "__qualname__", "__doc__",
					    "__annotations__"};

	for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
		PyObject *value = PyObject_GetAttrString(self->function, names[i]);
		const int result =
			value ? PyObject_SetAttrString((PyObject *)self, names[i], value) : -1;

		Py_XDECREF(value);
		if (result < 0)
			return -1;
	}
	return PyObject_SetAttrString((PyObject *)self, "__wrapped__", self->function);
}

/* Finds the type of bound methods, which the limited API does not have. */
static int find_bound_type(struct state *state, PyObject *function)
{
	PyObject *bound;

	if (state->bound_type)
		return 0;
	bound = PyObject_CallMethod(function, "__get__", "O", function);
	if (bound)
		state->bound_type = Py_NewRef((PyObject *)Py_TYPE(bound));
	Py_XDECREF(bound);
	return bound ? 0 : -1;
}

static vector_function find_method(PyObject *function)
{
	PyObject *name = PyObject_GetAttrString(function, "__qualname__");
	vector_function call = NULL;

	for (size_t i = 0; name && PyUnicode_Check(name) && !call && i < Py_ARRAY_LENGTH(methods);
	     i++)
		if (PyUnicode_CompareWithASCIIString(name, methods[i].name) == 0)
			call = methods[i].call;
	if (name && !call)
		PyErr_Format(PyExc_ValueError, "function: no method in C is named %R", name);
	Py_XDECREF(name);
	return call;
}

PyDoc_STRVAR(_method_doc, "_method(function, /)\n--\n\n"
			  "Return the method in C that the Python function describes.");

static PyObject *ipc__method(PyObject *module, PyObject *function)
{
	struct state *state = state_of(module);
	struct method *self;
	vector_function call = find_method(function);

	if (!call || find_bound_type(state, function) < 0)
		return NULL;
	self = (struct method *)PyType_GenericAlloc(state->method_type, 0);
	if (!self)
		return NULL;
	self->call = call;
	self->state = state;
	self->function = Py_NewRef(function);
	if (describe(self) == 0)
		return (PyObject *)self;
	Py_DECREF((PyObject *)self);
	return NULL;
}

/* Makes a bound method.  The interpreter makes none for object.method(). */
static PyObject *method_get(PyObject *self, PyObject *object, PyObject *Py_UNUSED(type))
{
	if (!object || object == Py_None)
		return Py_NewRef(self);
	return PyObject_CallFunctionObjArgs(state_of_method(self)->bound_type, self, object, NULL);
}

/* Only method.__call__ calls this function; PyObject_Call() makes a vector of the arguments. */
static PyObject *method_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
	return PyObject_Call(self, args, kwargs);
}

static PyObject *method_reduce(PyObject *self, PyObject *Py_UNUSED(unused))
{
	return PyObject_GetAttrString(self, "__qualname__");
}

static PyObject *method_repr(PyObject *self)
{
	return PyUnicode_FromFormat("<method in C of %R>", ((struct method *)self)->function);
}

static int method_traverse(PyObject *object, visitproc visit, void *arg)
{
	struct method *self = (struct method *)object;

	Py_VISIT(Py_TYPE(object));
	Py_VISIT(self->function);
	Py_VISIT(self->dict);
	return 0;
}

static int method_clear(PyObject *object)
{
	struct method *self = (struct method *)object;

	Py_CLEAR(self->function);
	Py_CLEAR(self->dict);
	return 0;
}

static void method_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);

	PyObject_GC_UnTrack(object);
	if (((struct method *)object)->weakrefs)
		PyObject_ClearWeakRefs(object);
	method_clear(object);
	PyObject_GC_Del(object);
	Py_DECREF(type);
}

static PyMethodDef method_methods[] = {
	{"__reduce__", method_reduce, METH_NOARGS,
	 "__reduce__($self, /)\n--\n\nReturn the name by which pickle finds it."},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef method_members[] = {
	{"__vectorcalloffset__", T_PYSSIZET, offsetof(struct method, call), READONLY, NULL},
	{"__dictoffset__", T_PYSSIZET, offsetof(struct method, dict), READONLY, NULL},
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct method, weakrefs), READONLY, NULL},
	{NULL, 0, 0, 0, NULL},
};

static PyGetSetDef method_getset[] = {
	{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot method_slots[] = {
	{Py_tp_doc, "A method in C that has the attributes of a Python function."},
	{Py_tp_call, method_call},
	{Py_tp_descr_get, method_get},
	{Py_tp_repr, method_repr},
	{Py_tp_traverse, method_traverse},
	{Py_tp_clear, method_clear},
	{Py_tp_dealloc, method_dealloc},
	{Py_tp_methods, method_methods},
	{Py_tp_members, method_members},
	{Py_tp_getset, method_getset},
	{0, NULL},
};

static PyType_Spec method_spec = {
	.name = "ipc._ipc._Method",
	.basicsize = sizeof(struct method),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC |
		 Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
		 Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = method_slots,
};

/* ---- the base classes ----------------------------------------------------------------------- */

static int base_traverse(PyObject *object, visitproc visit, void *arg)
{
	struct base *self = (struct base *)object;

	Py_VISIT(Py_TYPE(object));
	for (size_t i = 0; i < Py_ARRAY_LENGTH(self->all); i++)
		Py_VISIT(self->all[i]);
	return 0;
}

static int base_clear(PyObject *object)
{
	struct base *self = (struct base *)object;

	for (size_t i = 0; i < Py_ARRAY_LENGTH(self->all); i++)
		Py_CLEAR(self->all[i]);
	return 0;
}

static void base_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	PyObject_GC_UnTrack(object);
	base_clear(object);
	release(object);
	Py_DECREF(type);
}

static PyMemberDef object_members[] = {
	{"id", T_OBJECT_EX, offsetof(struct base, id), 0, "The kernel's identifier."},
	{"_inbox", T_OBJECT_EX, offsetof(struct base, inbox), 0, "The _Inbox of a queue."},
	{NULL, 0, 0, 0, NULL},
};

static PyMemberDef semaphore_members[] = {
	{"set", T_OBJECT_EX, offsetof(struct base, set), 0, "The SemaphoreSet."},
	{"_up", T_OBJECT_EX, offsetof(struct base, up), 0, "The sembuf that adds 1."},
	{"_down", T_OBJECT_EX, offsetof(struct base, down), 0, "The sembuf that subtracts 1."},
	{NULL, 0, 0, 0, NULL},
};

#define BASE_TYPE(TYPE, NAME, DOC)                                                            \
	static PyType_Slot TYPE##_slots[] = {                                                 \
		{Py_tp_doc, DOC},                                                             \
		{Py_tp_traverse, base_traverse},                                              \
		{Py_tp_clear, base_clear},                                                    \
		{Py_tp_dealloc, base_dealloc},                                                \
		{Py_tp_members, TYPE##_members},                                              \
		{0, NULL},                                                                    \
	};                                                                                    \
	static PyType_Spec TYPE##_spec = {                                                    \
		.name = NAME,                                                                 \
		.basicsize = sizeof(struct base),                                             \
		.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_GC | \
			 Py_TPFLAGS_BASETYPE,                                                 \
		.slots = TYPE##_slots,                                                        \
	};

BASE_TYPE(object, "ipc._ipc._Object",
	  "_Object()\n--\n\nThe base class of queues, sets and segments.")
BASE_TYPE(semaphore, "ipc._ipc._Semaphore", "_Semaphore()\n--\n\nThe base class of Semaphore.")

/* ---- adding to the module -------------------------------------------------------------------- */

PyMethodDef method_functions[] = {
	{"_method", ipc__method, METH_O, _method_doc},
	{NULL, NULL, 0, NULL},
};

static PyTypeObject *make_type(PyObject *module, PyType_Spec *spec)
{
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
}

int method_add(PyObject *module, struct state *state)
{
	state->zero = PyLong_FromLong(0);
	state->method_type = make_type(module, &method_spec);
	state->object_type = make_type(module, &object_spec);
	state->semaphore_type = make_type(module, &semaphore_spec);
	if (!state->zero || !state->method_type || !state->object_type || !state->semaphore_type ||
	    PyModule_AddType(module, state->object_type) < 0)
		return -1;
	return PyModule_AddType(module, state->semaphore_type);
}
