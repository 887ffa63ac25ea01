/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Semaphore.acquire and Semaphore.release. */
#include "method.h"
#include "operation.h"

/* A call of a method, with the values that the semaphore's attributes have when it begins. */
struct semaphore_call {
	struct state *state;
	PyObject *id; /* of the set */
	PyObject *sembuf;
	struct sembuf_object *one; /* sembuf: the operation with the number 1 */
};

static void semaphore_end(const struct semaphore_call *call)
{
	Py_XDECREF(call->id);
	Py_XDECREF(call->sembuf);
}

/* Reads the attributes; -1 with an exception.  The caller must always call semaphore_end(). */
static always_inline int semaphore_begin(struct state *state, PyObject *object, bool up,
					 struct semaphore_call *call)
{
	struct base *self = (struct base *)object;
	PyObject *set = attribute_of(self, &self->set, "set");

	*call = (struct semaphore_call){.state = state};
	if (!set)
		return -1;
	if (BRANCH_LIKELY(PyObject_TypeCheck(set, state->object_type)))
		call->id = attribute_of((struct base *)set, &((struct base *)set)->id, "id");
	else
		PyErr_SetString(PyExc_TypeError, "set: a SemaphoreSet is needed");
	Py_DECREF(set);
	if (!call->id)
		return -1;
	call->sembuf = up ? attribute_of(self, &self->up, "_up")
			  : attribute_of(self, &self->down, "_down");
	if (!call->sembuf)
		return -1;
	call->one = (struct sembuf_object *)call->sembuf;
	if (BRANCH_LIKELY(Py_TYPE(call->sembuf) == state->type[TYPE_sembuf]))
		return 0;
	PyErr_SetString(PyExc_TypeError, "a sembuf is needed");
	return -1;
}

/* ---- the default: one, without a timeout -------------------------------------------------- */

/* Calls semop(set.id, _up or _down). */
static always_inline long operate_default(const struct semaphore_call *call)
{
	union arguments given = {.arg = {call->id, call->sembuf}};
	long result;
	int semid;

	if (to_int(call->id, "semid", &semid) < 0 || audit(call->state, CALL_semop, &given, 3) < 0)
		return -2;
	result = operate_sembuf(call->state, semid, call->one, NULL);
	operation_ended(CALL_semop, result, 1);
	return result;
}

/* ---- any number, and a timeout --------------------------------------------------------------- */

/* Returns (num, n or -n, flg), where n is 1 by default; NULL with ValueError if n is below 1. */
static PyObject *operation_of(const struct semaphore_call *call, PyObject *n)
{
	const struct sembuf one = call->one->sop;
	PyObject *number = n ? to_positive(n, "n") : PyLong_FromLong(1);
	short step = 0;

	if (!number)
		return NULL;
	const bool fits = to_integer(number, "n", sizeof(step), true, &step) == 0;
	Py_DECREF(number);
	return fits ? Py_BuildValue("(iii)", one.sem_num, one.sem_op < 0 ? -step : step,
				    one.sem_flg)
		    : NULL;
}

/* Converts a timeout; a negative one becomes 0.  -1 with an exception. */
static int to_left(const struct state *state, PyObject **timeout, struct timespec *left)
{
	if (to_timespec(*timeout, left) < 0)
		return -1;
	if (left->tv_sec < 0) {
		*left = (struct timespec){0};
		*timeout = state->zero;
	}
	return 0;
}

/* Calls semop(set.id, [operation]), or semtimedop() if there is a timeout. */
static long operate_list(const struct semaphore_call *call, PyObject *operation, PyObject *list,
			 PyObject *timeout, struct timespec *left)
{
	const enum call_index index = timeout ? CALL_semtimedop : CALL_semop;
	union arguments given = {.arg = {call->id, list, NULL, timeout}};
	struct sembuf sop, flagged;
	struct operation o = {.sop = &sop};

	if (to_int(call->id, "semid", &o.semid) < 0 ||
	    audit(call->state, index, &given, timeout ? 4 : 3) < 0 ||
	    pack_integers(TYPE_sembuf, operation, &sop) < 0)
		return -2;
	flagged = sop;
	flagged.sem_flg |= IPC_NOWAIT;
	o.tried = operation_waits(&sop) ? &flagged : NULL;
	o.timeout = timeout ? left : NULL;
	return operate_one(call->state, o);
}

/* Returns the result of the call; -1 with errno EAGAIN and no exception if it timed out. */
static long operate_any(const struct semaphore_call *call, PyObject *n, PyObject *timeout)
{
	PyObject *limit = left_out(timeout) ? NULL : timeout; /* borrowed */
	PyObject *list = NULL, *operation = operation_of(call, n);
	struct timespec left;
	long result = -2;
	int error;

	if (operation && (!limit || to_left(call->state, &limit, &left) == 0))
		list = Py_BuildValue("[O]", operation);
	if (list)
		result = operate_list(call, operation, list, limit, &left);
	error = errno;
	if (result == -1 && !(limit && error == EAGAIN))
		operation_ended(limit ? CALL_semtimedop : CALL_semop, result, 1);
	Py_XDECREF(operation);
	Py_XDECREF(list);
	errno = error;
	return result;
}

static always_inline bool is_default(PyObject *n)
{
	long number;

	return !n || (is_plain(n, &number) && number == 1);
}

/* Makes the call of a method; below 0 there is an exception, unless the call timed out. */
static always_inline long semaphore_operate(struct state *state, PyObject *self, bool up,
					    PyObject *n, PyObject *timeout)
{
	struct semaphore_call call;
	long result = -2;

	if (semaphore_begin(state, self, up, &call) == 0)
		result = BRANCH_LIKELY(is_default(n) && left_out(timeout))
				 ? operate_default(&call)
				 : operate_any(&call, n, timeout);
	semaphore_end(&call);
	return result;
}

PyObject *semaphore_acquire(PyObject *method, PyObject *const *args, size_t nargsf,
			    PyObject *kwnames)
{
	static const struct signature signature = {"acquire", 0, 2, {"n", "timeout"}};
	struct state *state = state_of_method(method);
	union arguments given;

	if (parse_method(&signature, 1, state->semaphore_type, args, nargsf, kwnames, &given) < 0)
		return NULL;
	const long result = semaphore_operate(state, args[0], false, given.arg[0], given.arg[1]);
	if (result < 0 && PyErr_Occurred())
		return NULL;
	return PyBool_FromLong(result >= 0);
}

PyObject *semaphore_release(PyObject *method, PyObject *const *args, size_t nargsf,
			    PyObject *kwnames)
{
	static const struct signature signature = {"release", 0, 1, {"n"}};
	struct state *state = state_of_method(method);
	union arguments given;

	if (parse_method(&signature, 1, state->semaphore_type, args, nargsf, kwnames, &given) < 0 ||
	    semaphore_operate(state, args[0], true, given.arg[0], NULL) < 0)
		return NULL;
	return Py_NewRef(Py_None);
}
