/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Methods of the package's classes in C: method.c. */
#ifndef METHOD_H
#define METHOD_H

#include "module.h"

/* vectorcallfunc, which the limited API has only since 3.12. */
typedef PyObject *(*vector_function)(PyObject *method, PyObject *const *args, size_t nargsf,
				     PyObject *kwnames);

/* The function in C, and the function in Python that describes it. */
struct method {
	PyObject_HEAD
	vector_function call;
	struct state *state; /* of the module, which the object's type keeps */
	PyObject *function;
	PyObject *dict;
	PyObject *weakrefs;
};

/* The attributes of a class's objects that a method in C reads; NULL: not set. */
struct base {
	PyObject_HEAD
	union {
		struct {
			PyObject *id, *inbox; /* a queue, a set or a segment; inbox: a queue */
		};
		struct {
			PyObject *set, *up, *down; /* a semaphore */
		};
		PyObject *all[3];
	};
};

static inline struct state *state_of_method(PyObject *method)
{
	return ((struct method *)method)->state;
}

/* Raises TypeError for a call without self, with another self, or with too many arguments. */
void method_misused(const struct signature *signature, int positional, PyTypeObject *type,
		    PyObject *const *args, Py_ssize_t nargs);

/* parse() for a method of the type; the parameters after the positional ones need a keyword. */
static always_inline int parse_method(const struct signature *signature, int positional,
				      PyTypeObject *type, PyObject *const *args, size_t nargsf,
				      PyObject *kwnames, union arguments *given)
{
	/* The highest bit, PY_VECTORCALL_ARGUMENTS_OFFSET, allows a change of args[-1]. */
	const Py_ssize_t nargs = (Py_ssize_t)(nargsf & (SIZE_MAX >> 1)) - 1;

	if (BRANCH_UNLIKELY(nargs < 0 || nargs > positional ||
			    !PyObject_TypeCheck(args[0], type))) {
		method_misused(signature, positional, type, args, nargs);
		return -1;
	}
	return parse(signature, args + 1, nargs, kwnames, given);
}

/*
 * Returns a new reference to an attribute, because another thread can set it during the call; NULL
 * with AttributeError if it is not set.
 */
static always_inline PyObject *attribute_of(struct base *self, PyObject **place, const char *name)
{
#ifdef Py_GIL_DISABLED
	PyObject *value;

	Py_BEGIN_CRITICAL_SECTION((PyObject *)self);
	value = Py_XNewRef(*place);
	Py_END_CRITICAL_SECTION();
#else
	PyObject *const value = Py_XNewRef(*place);

	(void)self;
#endif
	if (BRANCH_UNLIKELY(!value))
		PyErr_SetString(PyExc_AttributeError, name);
	return value;
}

/* inbox.c, internal.c, semaphore.c */
PyObject *queue_receive(PyObject *method, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *queue_send(PyObject *method, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *semaphore_acquire(PyObject *method, PyObject *const *args, size_t nargsf,
			    PyObject *kwnames);
PyObject *semaphore_release(PyObject *method, PyObject *const *args, size_t nargsf,
			    PyObject *kwnames);

#endif
