/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The least that a call from Python costs; the column "bare" of bench.py.  Each function of this
 * extension converts the arguments of the C function, with addresses as numbers, makes the call
 * and returns the result.  It checks nothing, raises no audit event, reports no error, and never
 * releases the GIL.  The binding does all of this, and costs more for it.
 */
#define Py_LIMITED_API 0x030b0000 /* as the binding is built */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "interface/checked_calls.h"

#define NUMBER(N) PyLong_AsLong(args[N])
#define INT(N) ((int)NUMBER(N))
#define SIZE(N) ((size_t)NUMBER(N))
#define POINTER(N) PyLong_AsVoidPtr(args[N])

/* For each function, its name and an expression that makes the call and returns an object. */
#define CALLS(X)                                                                                \
	X(ftok, PyLong_FromLong(ftok(PyBytes_AsString(args[0]), INT(1))))                       \
	X(msgget, PyLong_FromLong(checked_msgget(INT(0), INT(1))))                              \
	X(msgsnd, PyLong_FromLong(checked_msgsnd(INT(0), POINTER(1), SIZE(2), INT(3))))         \
	X(msgrcv,                                                                               \
	  PyLong_FromSsize_t(checked_msgrcv(INT(0), POINTER(1), SIZE(2), NUMBER(3), INT(4))))   \
	X(msgctl, PyLong_FromLong(checked_msgctl(INT(0), INT(1), POINTER(2))))                  \
	X(semget, PyLong_FromLong(checked_semget(INT(0), INT(1), INT(2))))                      \
	X(semop, PyLong_FromLong(checked_semop(INT(0), POINTER(1), SIZE(2))))                   \
	X(semtimedop,                                                                           \
	  PyLong_FromLong(checked_semtimedop(INT(0), POINTER(1), SIZE(2), POINTER(3))))         \
	X(semctl,                                                                               \
	  PyLong_FromLong(checked_semctl(INT(0), INT(1), INT(2),                                \
					 (union semun){.buf = nargs > 3 ? POINTER(3) : NULL}))) \
	X(shmget, PyLong_FromLong(checked_shmget(INT(0), SIZE(1), INT(2))))                     \
	X(shmat, PyLong_FromVoidPtr(checked_shmat(INT(0), POINTER(1), INT(2))))                 \
	X(shmdt, PyLong_FromLong(checked_shmdt(POINTER(0))))                                    \
	X(shmctl, PyLong_FromLong(checked_shmctl(INT(0), INT(1), POINTER(2))))

#define X(NAME, CALL)                                                                  \
	static PyObject *bare_##NAME(PyObject *Py_UNUSED(self), PyObject *const *args, \
				     Py_ssize_t nargs)                                 \
	{                                                                              \
		(void)nargs;                                                           \
		return CALL;                                                           \
	}
CALLS(X)
#undef X

static PyMethodDef methods[] = {
#define X(NAME, CALL) {#NAME, (PyCFunction)(void (*)(void))bare_##NAME, METH_FASTCALL, NULL},
	CALLS(X)
#undef X
		{NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
	.m_base = PyModuleDef_HEAD_INIT,
	.m_name = "bare",
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit_bare(void);
PyMODINIT_FUNC PyInit_bare(void)
{
	return PyModuleDef_Init(&definition);
}
