/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Keeps a message from being lost between the asyncio task that received it and the task that
 * awaits that task.
 *
 * When a task ends, asyncio wakes the awaiting task in the next iteration of the event loop.  Until
 * then only the ended task refers to the message, its result.  If the awaiting task is cancelled
 * meanwhile, asyncio throws CancelledError into it, and no code fetches the result.  The message is
 * then freed with the ended task while no exception is being raised, as if the program had dropped
 * it.  Only at the wake-up is it certain whether the awaiting task is cancelled.  So
 * _watch_wakeups() replaces asyncio's wake-up by a call of _wake(), which then calls it.
 *
 * These functions are in C because the interpreter runs signal handlers between Python
 * instructions.  A handler that raises between the removal of one callback and the addition of the
 * other, or before the wake-up, would leave the awaiting task asleep.  _callbacks, _result and
 * _must_cancel are members of asyncio's tasks from CPython 3.11 to 3.15, both of the tasks in C and
 * of those in Python.  If they are missing, _watch_wakeups() does nothing.
 */
#include "transfer.h"

/*
 * An attribute; NULL without an exception if there is none.  NULL with an exception if the object's
 * own code failed, or a signal handler that ran in it.
 */
static PyObject *attribute(PyObject *object, const char *name)
{
	PyObject *value = PyObject_GetAttrString(object, name);

	if (!value && PyErr_ExceptionMatches(PyExc_AttributeError))
		PyErr_Clear();
	return value;
}

/* task_wakeup in _asynciomodule.c, __wakeup in asyncio/tasks.py.  False with an exception too. */
static bool is_wakeup(PyObject *callback, PyObject *partial)
{
	if ((PyObject *)Py_TYPE(callback) == partial) /* replace() has made it */
		return false;
	PyObject *name = attribute(callback, "__name__");
	const bool is = name && PyUnicode_Check(name) &&
			(PyUnicode_CompareWithASCIIString(name, "task_wakeup") == 0 ||
			 PyUnicode_CompareWithASCIIString(name, "__wakeup") == 0);

	Py_XDECREF(name);
	return is;
}

/*
 * Adds partial(_wake, partial, wakeup) with the context of wakeup, then removes wakeup.  Callbacks
 * of the program stay, and may afterwards run before the wake-up.
 */
static int replace(PyObject *wake, PyObject *task, PyObject *partial, PyObject *wakeup,
		   PyObject *context)
{
	PyObject *call = PyObject_CallFunctionObjArgs(partial, wake, partial, wakeup, NULL);
	PyObject *add = call ? PyObject_GetAttrString(task, "add_done_callback") : NULL;
	PyObject *args = add ? Py_BuildValue("(O)", call) : NULL;
	PyObject *named = args ? Py_BuildValue("{sO}", "context", context) : NULL;
	PyObject *added = named ? PyObject_Call(add, args, named) : NULL;
	PyObject *removed =
		added ? PyObject_CallMethod(task, "remove_done_callback", "O", wakeup) : NULL;
	const int result = removed ? 0 : -1;

	Py_XDECREF(call);
	Py_XDECREF(add);
	Py_XDECREF(args);
	Py_XDECREF(named);
	Py_XDECREF(added);
	Py_XDECREF(removed);
	return result;
}

static int watch(struct state *state, PyObject *wake, PyObject *task, PyObject *partial)
{
	/* None if the task has no callbacks.  Each receive reads it, so the string is made once. */
	PyObject *list = PyObject_GetAttr(task, state->callbacks);
	/* replace() changes the list of a task in Python, so walk a copy. */
	PyObject *callbacks = list && PyList_Check(list) ? PyList_AsTuple(list) : NULL;
	const Py_ssize_t n = callbacks ? PyTuple_Size(callbacks) : 0;
	int result = 0;

	if (!callbacks && PyErr_ExceptionMatches(PyExc_AttributeError))
		PyErr_Clear();
	else if (!callbacks && PyErr_Occurred())
		result = -1;
	for (Py_ssize_t i = 0; i < n && result == 0; i++) {
		PyObject *pair = PyTuple_GetItem(callbacks, i);
		if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2)
			continue;
		PyObject *callback = PyTuple_GetItem(pair, 0);
		if (is_wakeup(callback, partial))
			result = replace(wake, task, partial, callback, PyTuple_GetItem(pair, 1));
		else if (PyErr_Occurred())
			result = -1;
	}
	Py_XDECREF(list);
	Py_XDECREF(callbacks);
	return result;
}

PyDoc_STRVAR(_watch_wakeups_doc, "_watch_wakeups(wake, task, partial, /)\n--\n\n"
				 "Let wake (the function _wake) wake the tasks that await a task.");

static PyObject *ipc__watch_wakeups(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	if (!takes("_watch_wakeups", 3, nargs) ||
	    watch(state_of(module), args[0], args[1], args[2]) < 0)
		return NULL;
	Py_RETURN_NONE;
}

/* Marks the message as unclaimed, or watches the waiter in its turn; -1 with an exception. */
static int follow(PyObject *module, PyObject *partial, PyObject *waiter,
		  struct msgbuf_object *message)
{
	PyObject *cancelled = attribute(waiter, "_must_cancel");
	PyObject *wake = PyErr_Occurred() ? NULL : attribute(module, "_wake");
	int result = PyErr_Occurred() ? -1 : 0;

	if (cancelled == Py_True)
		message->unclaimed = true;
	/* The waiter's own result may be the message, and another task await it. */
	else if (wake)
		result = watch(state_of(module), wake, waiter, partial);
	Py_XDECREF(cancelled);
	Py_XDECREF(wake);
	return result;
}

static int before_wakeup(PyObject *module, PyObject *partial, PyObject *wakeup, PyObject *task)
{
	PyObject *message = attribute(task, "_result");
	PyObject *waiter = PyErr_Occurred() ? NULL : attribute(wakeup, "__self__");
	int result = PyErr_Occurred() ? -1 : 0;

	if (message && waiter && Py_TYPE(message) == state_of(module)->type[TYPE_msgbuf])
		result = follow(module, partial, waiter, (struct msgbuf_object *)message);
	Py_XDECREF(message);
	Py_XDECREF(waiter);
	return result;
}

PyDoc_STRVAR(_wake_doc, "_wake(partial, wakeup, task, /)\n--\n\n"
			"Wake the task that awaits a task that has ended.");

static PyObject *ipc__wake(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	PyObject *type, *exception, *traceback, *woken;

	if (!takes("_wake", 3, nargs))
		return NULL;
	/* Wake the awaiting task also after an exception: else it would sleep for ever. */
	const bool failed = before_wakeup(module, args[0], args[1], args[2]) < 0;
	PyErr_Fetch(&type, &exception, &traceback);
	woken = PyObject_CallFunctionObjArgs(args[1], args[2], NULL);
	if (!failed)
		return woken;
	Py_XDECREF(woken);
	PyErr_Restore(type, exception, traceback);
	return NULL;
}

PyMethodDef handover_functions[] = {
	{"_watch_wakeups", (PyCFunction)(void (*)(void))ipc__watch_wakeups, METH_FASTCALL,
	 _watch_wakeups_doc},
	{"_wake", (PyCFunction)(void (*)(void))ipc__wake, METH_FASTCALL, _wake_doc},
	{NULL, NULL, 0, NULL},
};
