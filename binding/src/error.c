/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Errors and audit events. */
#include "module.h"

static const char *const call_names[NCALLS] = {
#define FUNCTION(R, F, P, A) [CALL_##F] = #F,
#include "interface/sysvipc.def"
#define X(F) [CALL_##F] = #F,
	OTHER_CALLS(X)
#undef X
};

/* Steals the reference to message. */
static PyObject *raise_os_error(int error, PyObject *message)
{
	PyObject *exception;

	if (!message)
		return NULL;
	/* The constructor of OSError returns FileExistsError etc. according to errno. */
	exception = PyObject_CallFunction(PyExc_OSError, "iN", error, message);
	if (exception) {
		PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
		Py_DECREF(exception);
	}
	return NULL;
}

PyObject *call_failed(enum call_index call, const char *limit)
{
	const int error = errno;

	return raise_os_error(error, PyUnicode_FromFormat("%s: %s%s%s%s", call_names[call],
							  strerror(error), limit ? " (" : "",
							  limit ? limit : "", limit ? ")" : ""));
}

PyObject *call_timed_out(enum call_index call)
{
	return raise_os_error(ETIMEDOUT, PyUnicode_FromFormat("%s: timed out", call_names[call]));
}

PyObject *audit_any(struct state *state, PyObject *const *args, Py_ssize_t nargs)
{
	PyObject *arguments = PyTuple_New(nargs), *result;

	if (!arguments)
		return NULL;
	for (Py_ssize_t i = 0; i < nargs; i++)
		PyTuple_SetItem(arguments, i, Py_NewRef(args[i]));
	result = PyObject_Call(state->audit, arguments, NULL);
	Py_DECREF(arguments);
	return result;
}
