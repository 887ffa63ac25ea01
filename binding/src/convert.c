/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Converts Python arguments to C types. */
#include "module.h"

#include <math.h>

/* ---- arguments by position and by keyword ----------------------------------- */

static int by_keyword(const struct signature *signature, PyObject *name, PyObject *value,
		      PyObject **out)
{
	for (int i = 0; i < signature->n; i++) {
		if (PyUnicode_CompareWithASCIIString(name, signature->names[i]) != 0)
			continue;
		if (out[i]) {
			PyErr_Format(PyExc_TypeError, "%s() got two values for %s",
				     signature->function, signature->names[i]);
			return -1;
		}
		out[i] = value;
		return 0;
	}
	PyErr_Format(PyExc_TypeError, "%s() has no parameter %R", signature->function, name);
	return -1;
}

int parse_any(const struct signature *signature, PyObject *const *args, Py_ssize_t nargs,
	      PyObject *kwnames, union arguments *given)
{
	PyObject **const out = given->arg;
	Py_ssize_t nkeywords = kwnames ? PyTuple_Size(kwnames) : 0;

	if (nargs > signature->n) {
		PyErr_Format(PyExc_TypeError, "%s() takes at most %d arguments, %zd given",
			     signature->function, signature->n, nargs);
		return -1;
	}
	for (Py_ssize_t i = 0; i < signature->n; i++)
		out[i] = i < nargs ? args[i] : NULL;
	for (Py_ssize_t i = 0; i < nkeywords; i++)
		if (by_keyword(signature, PyTuple_GetItem(kwnames, i), args[nargs + i], out) < 0)
			return -1;
	for (int i = 0; i < signature->required; i++)
		if (!out[i]) {
			PyErr_Format(PyExc_TypeError, "%s() needs %s", signature->function,
				     signature->names[i]);
			return -1;
		}
	return 0;
}

/* ---- numbers ------------------------------------------------------------------ */

static int out_of_range(PyObject *number, const char *name, const char *type)
{
	/* repr() fails for a number above the limit of sys.set_int_max_str_digits. */
	PyObject *text = PyObject_Repr(number);

	if (!text)
		PyErr_Clear();
	PyErr_Format(PyExc_OverflowError, "%s: %V does not fit %s", name, text,
		     "a number of thousands of digits", type);
	Py_XDECREF(text);
	Py_DECREF(number);
	return -1;
}

PyObject *to_index(PyObject *object, const char *name)
{
	if (PyLong_CheckExact(object))
		return Py_NewRef(object);
	if (!PyIndex_Check(object)) {
		PyErr_Format(PyExc_TypeError, "%s: an integer is needed, not %R", name,
			     (PyObject *)Py_TYPE(object));
		return NULL;
	}
	return PyNumber_Index(object);
}

PyObject *to_positive(PyObject *object, const char *name)
{
	PyObject *number = to_index(object, name);
	int overflow;

	if (!number)
		return NULL;
	const long value = PyLong_AsLongAndOverflow(number, &overflow);
	if (overflow > 0 || (overflow == 0 && value >= 1))
		return number;
	PyErr_Format(PyExc_ValueError, "%s: %S is not at least 1", name, number);
	Py_DECREF(number);
	return NULL;
}

static int to_range(PyObject *object, const char *name, long long low, long long high,
		    const char *type, long long *value)
{
	PyObject *number = to_index(object, name);
	int overflow;

	if (!number)
		return -1;
	*value = PyLong_AsLongLongAndOverflow(number, &overflow);
	if (overflow || *value < low || *value > high)
		return out_of_range(number, name, type);
	Py_DECREF(number);
	return 0;
}

int to_int_any(PyObject *object, const char *name, int *value)
{
	long long wide;

	if (to_range(object, name, INT_MIN, INT_MAX, "a C int", &wide) < 0)
		return -1;
	*value = (int)wide;
	return 0;
}

int to_long_any(PyObject *object, const char *name, long *value)
{
	long long wide;

	if (to_range(object, name, LONG_MIN, LONG_MAX, "a C long", &wide) < 0)
		return -1;
	*value = (long)wide;
	return 0;
}

int to_word_any(PyObject *object, const char *name, int *value)
{
	long long wide;

	if (to_range(object, name, INT_MIN, UINT_MAX, "32 bits", &wide) < 0)
		return -1;
	*value = (int)(unsigned)wide;
	return 0;
}

static int to_unsigned(PyObject *object, const char *name, unsigned long long high,
		       const char *type, unsigned long long *value)
{
	PyObject *number = to_index(object, name);

	if (!number)
		return -1;
	*value = PyLong_AsUnsignedLongLong(number);
	if (*value == (unsigned long long)-1 && PyErr_Occurred()) {
		if (!PyErr_ExceptionMatches(PyExc_OverflowError)) {
			Py_DECREF(number);
			return -1;
		}
		PyErr_Clear();
		return out_of_range(number, name, type);
	}
	if (*value > high)
		return out_of_range(number, name, type);
	Py_DECREF(number);
	return 0;
}

int to_size_any(PyObject *object, const char *name, size_t *value)
{
	unsigned long long wide;

	if (to_unsigned(object, name, SIZE_MAX, "a C size_t", &wide) < 0)
		return -1;
	*value = (size_t)wide;
	return 0;
}

/* The sizes in bits that members have on any architecture. */
#define SIZES(X) X(8) X(16) X(32) X(64)

static const char *const type_names[2][9] = {
	{[1] = "unsigned 8 bits",
	 [2] = "unsigned 16 bits",
	 [4] = "unsigned 32 bits",
	 [8] = "unsigned 64 bits"},
	{[1] = "signed 8 bits",
	 [2] = "signed 16 bits",
	 [4] = "signed 32 bits",
	 [8] = "signed 64 bits"},
};

int to_integer(PyObject *object, const char *name, size_t size, bool is_signed, void *value)
{
	const char *type = type_names[is_signed][size];
	const int bits = (int)size * 8;
	long long wide = 0;
	unsigned long long unsigned_wide = 0;

	if (is_signed) {
		const long long high = (long long)(~0ULL >> (65 - bits));
		if (to_range(object, name, -high - 1, high, type, &wide) < 0)
			return -1;
		unsigned_wide = (unsigned long long)wide;
	} else if (to_unsigned(object, name, ~0ULL >> (64 - bits), type, &unsigned_wide) < 0) {
		return -1;
	}
	switch (bits) {
#define X(N)                                                           \
	case N: {                                                      \
		const uint##N##_t narrow = (uint##N##_t)unsigned_wide; \
		memcpy(value, &narrow, sizeof(narrow));                \
		break;                                                 \
	}
		SIZES(X)
#undef X
	}
	return 0;
}

PyObject *from_integer(const void *value, size_t size, bool is_signed)
{
	switch (size * 8) {
#define X(N)                                                        \
	case N:                                                     \
		if (is_signed) {                                    \
			int##N##_t narrow;                          \
			memcpy(&narrow, value, sizeof(narrow));     \
			return PyLong_FromLongLong(narrow);         \
		} else {                                            \
			uint##N##_t narrow;                         \
			memcpy(&narrow, value, sizeof(narrow));     \
			return PyLong_FromUnsignedLongLong(narrow); \
		}
		SIZES(X)
#undef X
	}
	PyErr_SetString(PyExc_SystemError, "a member of unknown size");
	return NULL;
}

/* ---- time ------------------------------------------------------------------------ */

static const double nanoseconds = 1e9;

static int from_seconds(double seconds, struct timespec *value)
{
	const double whole = floor(seconds), limit = sizeof(value->tv_sec) < 8 ? 0x1p31 : 0x1p63;

	if (isnan(seconds)) {
		PyErr_SetString(PyExc_ValueError, "timeout: not a time");
		return -1;
	}
	if (!(whole >= -limit && whole < limit)) {
		PyErr_SetString(PyExc_OverflowError, "timeout: does not fit time_t");
		return -1;
	}
	value->tv_sec = (time_t)whole;
	/* Round up, as CPython does, so that a wait is never shorter than the timeout. */
	value->tv_nsec = (long)ceil((seconds - whole) * nanoseconds);
	/* A negative timeout is an error, so do not round it up to 0. */
	if (value->tv_sec == -1 && value->tv_nsec >= (long)nanoseconds)
		value->tv_nsec = (long)nanoseconds - 1;
	if (value->tv_nsec >= (long)nanoseconds) {
		value->tv_sec++;
		value->tv_nsec = 0;
	}
	return 0;
}

static int to_time_t(PyObject *object, time_t *value)
{
	return to_integer(object, "timeout", sizeof(*value), true, value);
}

static int from_pair(PyObject *pair, struct timespec *value)
{
	if (PyTuple_Size(pair) != 2) {
		PyErr_SetString(PyExc_TypeError, "timeout: (sec, nsec) has two numbers");
		return -1;
	}
	/* The kernel checks that nsec is from 0 to 999999999 (EINVAL). */
	if (to_time_t(PyTuple_GetItem(pair, 0), &value->tv_sec) < 0)
		return -1;
	return to_long(PyTuple_GetItem(pair, 1), "timeout", &value->tv_nsec);
}

int to_timespec(PyObject *object, struct timespec *value)
{
	double seconds;
	long number;

	if (is_plain(object, &number) && (time_t)number == number) {
		value->tv_sec = number;
		value->tv_nsec = 0;
		return 0;
	}
	if (PyTuple_Check(object))
		return from_pair(object, value);
	if (PyIndex_Check(object)) {
		value->tv_nsec = 0;
		return to_time_t(object, &value->tv_sec);
	}
	if (!PyType_GetSlot(Py_TYPE(object), Py_nb_float)) {
		PyErr_Format(PyExc_TypeError,
			     "timeout: seconds, (sec, nsec) or None are needed, not %R",
			     (PyObject *)Py_TYPE(object));
		return -1;
	}
	seconds = PyFloat_AsDouble(object);
	return seconds == -1 && PyErr_Occurred() ? -1 : from_seconds(seconds, value);
}
