/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Semaphore sets: semget, semop, semtimedop, semctl.
 * The functions begin alike; module.h gives the reason at CALL_METHOD.
 */
#include "control.h"
#include "operation.h"

PyDoc_STRVAR(semget_doc,
	     "semget(key, nsems, semflg)\n--\n\n"
	     "Return the identifier of a semaphore set; IPC_PRIVATE or IPC_CREAT creates one.\n\n"
	     "Args:\n"
	     "    key: IPC_PRIVATE for a new set, or 32 bits, signed or unsigned.\n"
	     "    nsems: The number of semaphores in a new set, and the least number in an\n"
	     "        existing one; 0 accepts any existing set.\n"
	     "    semflg: Permission bits for a new set, with IPC_CREAT and IPC_EXCL.\n\n"
	     "Returns:\n"
	     "    The identifier, an int from 0.\n\n"
	     "Raises:\n"
	     "    OSError: EACCES, EEXIST, EINVAL (semmsl, or the set has fewer semaphores),\n"
	     "        ENOENT, ENOMEM, ENOSPC (semmni, semmns).\n\n"
	     "See semget(2).");

/* Returns the limit that caused the error of semget in errno, or NULL. */
static const char *semget_limit(key_t key, int nsems)
{
	const int error = errno;
	struct seminfo info = {0};
	const union semun arg = {.__buf = &info};
	const char *limit = NULL;

	if (error == ENOSPC)
		limit = "semmni or semmns is reached";
	else if (error == EINVAL && nsems < 0)
		limit = "nsems is below 0";
	else if (error == EINVAL && checked_semctl(0, 0, IPC_INFO, arg) != -1 &&
		 nsems > info.semmsl)
		limit = "nsems is above semmsl";
	else if (error == EINVAL && key != IPC_PRIVATE && checked_semget(key, 0, 0) != -1)
		limit = "the set has fewer semaphores";
	else if (error == EINVAL && nsems == 0)
		limit = "a new set has at least one semaphore";
	errno = error;
	return limit;
}

static PyObject *ipc_semget(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"semget", 3, 3, {"key", "nsems", "semflg"}};
	struct state *state = state_of(module);
	union arguments given;
	int key, nsems, semflg, semid;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_word(given.arg[0], "key", &key) < 0 || to_int(given.arg[1], "nsems", &nsems) < 0 ||
	    to_word(given.arg[2], "semflg", &semflg) < 0 ||
	    audit(state, CALL_semget, &given, 3) < 0)
		return NULL;
	semid = checked_semget(key, nsems, semflg);
	return semid == -1 ? call_failed(CALL_semget, semget_limit(key, nsems))
			   : PyLong_FromLong(semid);
}

/* ---- operations ----------------------------------------------------------------------- */

/*
 * A copy of the caller's operations, in few if they fit.  Under a memory checker the
 * array is always on the heap, because the checker knows where a heap block ends.
 */
enum { FEW = 8, HERE = CHECKED_WATCHED ? 0 : FEW };
struct operations {
	struct sembuf few[FEW];
	struct sembuf *sops;
	size_t nsops;
};

static int operations_alloc(struct operations *ops, size_t nsops)
{
	ops->nsops = nsops;
	ops->sops = nsops <= HERE ? ops->few : PyMem_Malloc(nsops * sizeof(*ops->sops));
	if (!ops->sops)
		PyErr_NoMemory();
	return ops->sops ? 0 : -1;
}

static void operations_free(struct operations *ops)
{
	if (ops->sops != ops->few)
		PyMem_Free(ops->sops);
}

static int from_bytes(PyObject *object, struct operations *ops)
{
	Py_buffer view;

	if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0)
		return -1;
	if (view.len % (Py_ssize_t)sizeof(struct sembuf) != 0) {
		PyErr_Format(PyExc_ValueError, "sops: %zd bytes, a sembuf has %zu", view.len,
			     sizeof(struct sembuf));
		PyBuffer_Release(&view);
		return -1;
	}
	int result = operations_alloc(ops, (size_t)view.len / sizeof(struct sembuf));
	if (result == 0)
		memcpy(ops->sops, view.buf, (size_t)view.len);
	PyBuffer_Release(&view);
	return result;
}

/* Converts a sembuf, or a tuple (num, op, flg). */
static int from_item(struct state *state, PyObject *item, struct sembuf *sop)
{
	if (Py_TYPE(item) == state->type[TYPE_sembuf]) {
		memcpy(sop, ((struct structure *)item)->bytes, sizeof(*sop));
		return 0;
	}
	if (!PyTuple_Check(item)) {
		PyErr_Format(PyExc_TypeError, "sops: a sembuf or (num, op, flg) is needed, not %R",
			     (PyObject *)Py_TYPE(item));
		return -1;
	}
	return pack_integers(TYPE_sembuf, item, sop);
}

static int from_sequence(struct state *state, PyObject *object, struct operations *ops)
{
	if (!is_iterable(object)) {
		PyErr_Format(PyExc_TypeError,
			     "sops: a sembuf or a sequence of them is needed, not %R",
			     (PyObject *)Py_TYPE(object));
		return -1;
	}
	/* Copy it to a tuple, because converting an item may change the sequence. */
	PyObject *items = PySequence_Tuple(object);
	Py_ssize_t n = items ? PyTuple_Size(items) : -1;

	if (n < 0 || operations_alloc(ops, (size_t)n) < 0) {
		Py_XDECREF(items);
		return -1;
	}
	for (Py_ssize_t i = 0; i < n; i++)
		if (from_item(state, PyTuple_GetItem(items, i), &ops->sops[i]) < 0) {
			operations_free(ops);
			Py_DECREF(items);
			return -1;
		}
	Py_DECREF(items);
	return 0;
}

static int to_operations(struct state *state, PyObject *sops, PyObject *nsops,
			 struct operations *ops)
{
	size_t asked = 0;

	if (!left_out(nsops) && to_size(nsops, "nsops", &asked) < 0)
		return -1;
	if (Py_TYPE(sops) == state->type[TYPE_sembuf]) {
		if (operations_alloc(ops, 1) < 0)
			return -1;
		memcpy(ops->sops, ((struct structure *)sops)->bytes, sizeof(*ops->sops));
	} else if (type_index(state, Py_TYPE(sops)) < NTYPES) {
		PyErr_Format(PyExc_TypeError, "sops: operations are needed, not %R",
			     (PyObject *)Py_TYPE(sops));
		return -1;
	} else if ((PyObject_CheckBuffer(sops) ? from_bytes(sops, ops)
					       : from_sequence(state, sops, ops)) < 0) {
		return -1;
	}
	if (left_out(nsops))
		return 0;
	if (asked > ops->nsops) {
		PyErr_Format(PyExc_ValueError, "nsops: %zu, sops has %zu", asked, ops->nsops);
		operations_free(ops);
		return -1;
	}
	ops->nsops = asked;
	return 0;
}

struct operate {
	int semid;
	struct operations ops;
	struct timespec *timeout;
};

/* Tries the operations.  IPC_NOWAIT is a flag of each operation, so set it in a copy. */
static long attempt_flagged(const struct operate *o)
{
	struct sembuf few[FEW];

	for (size_t i = 0; i < o->ops.nsops; i++) {
		few[i] = o->ops.sops[i];
		few[i].sem_flg |= IPC_NOWAIT;
	}
	return o->timeout ? checked_semtimedop(o->semid, few, o->ops.nsops, o->timeout)
			  : checked_semop(o->semid, few, o->ops.nsops);
}

static long attempt_semop(void *args, bool nowait)
{
	const struct operate *o = args;

	if (nowait)
		return attempt_flagged(o);
	return o->timeout ? checked_semtimedop(o->semid, o->ops.sops, o->ops.nsops, o->timeout)
			  : checked_semop(o->semid, o->ops.sops, o->ops.nsops);
}

const char *semop_limit(size_t nsops)
{
	switch (errno) {
	case EINVAL:
		return nsops == 0 ? "no operations" : NULL;
	case E2BIG:
		return "more operations than semopm";
	case EFBIG:
		return "sem_num is not below nsems";
	case ERANGE:
		return "a value above semvmx";
	}
	return NULL;
}

/* Returns the result of semop or semtimedop as an object. */
static always_inline PyObject *operated(enum call_index call, long result, size_t nsops)
{
	operation_ended(call, result, nsops);
	return BRANCH_UNLIKELY(result < 0) ? NULL : PyLong_FromLong(0);
}

static PyObject *operate(struct state *state, enum call_index call, int semid,
			 const union arguments *given, struct timespec *left)
{
	struct operate o = {.semid = semid, .timeout = left};
	bool waits = true;
	long result;

	if (to_operations(state, given->arg[1], given->arg[2], &o.ops) < 0)
		return NULL;
	for (size_t i = 0; i < o.ops.nsops && waits; i++)
		waits = !(o.ops.sops[i].sem_flg & IPC_NOWAIT);
	result = call_blocking(
		state, &(struct blocking){.attempt = attempt_semop,
					  .args = &o,
					  .index = BLOCKING_semop,
					  /* A longer array is rare and costs a large copy. */
					  .may_try = o.ops.nsops <= FEW,
					  .may_wait = waits || o.ops.nsops > 1,
					  .left = left});
	PyObject *const done = operated(call, result, o.ops.nsops);
	operations_free(&o.ops);
	return done;
}

/* ---- a single operation, the common case ------------------------------------------------- */

long attempt_operation(void *args, bool nowait)
{
	const struct operation *o = args;
	/* The call does not write to it, although its prototype has no const. */
	struct sembuf *const sop = (struct sembuf *)(nowait ? o->tried : o->sop);

	return o->timeout ? checked_semtimedop(o->semid, sop, 1, o->timeout)
			  : checked_semop(o->semid, sop, 1);
}

/* Returns the only item of a list or tuple, or NULL without an exception. */
static always_inline PyObject *only_item(PyObject *sequence)
{
	if (PyTuple_CheckExact(sequence))
		return Py_SIZE(sequence) == 1 ? Py_NewRef(PyTuple_GetItem(sequence, 0)) : NULL;
	if (!PyList_CheckExact(sequence) || Py_SIZE(sequence) != 1)
		return NULL;
#ifdef Py_GIL_DISABLED
	PyObject *item = PyList_GetItemRef(sequence, 0);

	/* Another thread has emptied the list. */
	if (!item)
		PyErr_Clear();
	return item;
#else
	return Py_NewRef(PyList_GetItem(sequence, 0));
#endif
}

/* is_plain(), faster for 0. */
static always_inline bool is_number(struct state *state, PyObject *object, long *number)
{
	if (object != state->zero)
		return is_plain(object, number);
	*number = 0;
	return true;
}

/* Returns whether the item is a tuple (num, op, flg) of plain numbers in their ranges. */
static always_inline bool is_plain_operation(struct state *state, PyObject *item,
					     struct sembuf *sop)
{
	long num, op, flg;

	if (!PyTuple_CheckExact(item) || Py_SIZE(item) != 3 ||
	    !is_number(state, PyTuple_GetItem(item, 0), &num) ||
	    !is_number(state, PyTuple_GetItem(item, 1), &op) ||
	    !is_number(state, PyTuple_GetItem(item, 2), &flg))
		return false;
	*sop = (struct sembuf){(unsigned short)num, (short)op, (short)flg};
	return sop->sem_num == num && sop->sem_op == op && sop->sem_flg == flg;
}

/* Does the operation if sops is a list or tuple of one; otherwise false, and operate() does it. */
static always_inline bool operate_only(struct state *state, int semid, PyObject *sops,
				       struct timespec *left, long *result)
{
	PyObject *const item = only_item(sops);
	struct sembuf sop, flagged;
	bool done = true;

	if (!item)
		return false;
	if (Py_TYPE(item) == state->type[TYPE_sembuf]) {
		*result = operate_sembuf(state, semid, (struct sembuf_object *)item, left);
	} else if (is_plain_operation(state, item, &sop)) {
		const bool waits = operation_waits(&sop);
		flagged = sop;
		flagged.sem_flg |= IPC_NOWAIT;
		*result = operate_one(
			state, (struct operation){semid, &sop, waits ? &flagged : NULL, left});
	} else {
		done = false;
	}
	Py_DECREF(item);
	return done;
}

/* Makes the call of semop or semtimedop, which have converted semid and timeout. */
static always_inline PyObject *operate_given(struct state *state, enum call_index call, int semid,
					     const union arguments *given, struct timespec *left)
{
	PyObject *const sops = given->arg[1];
	long result;

	if (HERE == 0 || !left_out(given->arg[2]))
		return operate(state, call, semid, given, left);
	if (BRANCH_LIKELY(Py_TYPE(sops) == state->type[TYPE_sembuf]))
		result = operate_sembuf(state, semid, (struct sembuf_object *)sops, left);
	else if (!operate_only(state, semid, sops, left, &result))
		return operate(state, call, semid, given, left);
	return operated(call, result, 1);
}

PyDoc_STRVAR(semop_doc,
	     "semop(semid, sops, nsops=None)\n--\n\n"
	     "Do operations on a semaphore set atomically; wait until all can be done.\n\n"
	     "Other threads and signal handlers run during the wait.  The wait continues when a\n"
	     "handler returns.  With the flag IPC_NOWAIT, EAGAIN is raised instead.\n\n"
	     "Args:\n"
	     "    semid: The set's identifier.\n"
	     "    sops: A sembuf, a sequence of sembuf or (num, op, flg), or a C-contiguous\n"
	     "        buffer with the layout of an array of sembuf.\n"
	     "    nsops: The number of operations to do; None does all of them.\n\n"
	     "Returns:\n"
	     "    0.\n\n"
	     "Raises:\n"
	     "    ValueError: nsops is larger than the number of operations in sops.\n"
	     "    OSError: E2BIG (semopm), EACCES, EAGAIN, EFBIG, EIDRM, EINVAL, ENOMEM,\n"
	     "        ERANGE (semvmx).\n\n"
	     "See semop(2).");

static PyObject *ipc_semop(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			   PyObject *kwnames)
{
	static const struct signature signature = {"semop", 2, 3, {"semid", "sops", "nsops"}};
	struct state *state = state_of(module);
	union arguments given;
	int semid;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "semid", &semid) < 0 || audit(state, CALL_semop, &given, 3) < 0)
		return NULL;
	return operate_given(state, CALL_semop, semid, &given, NULL);
}

PyDoc_STRVAR(
	semtimedop_doc,
	"semtimedop(semid, sops, nsops=None, timeout=None)\n--\n\n"
	"Do operations on a semaphore set as semop() does, but wait no longer than timeout.\n\n"
	"Args:\n"
	"    semid, sops, nsops: As for semop().\n"
	"    timeout: Seconds as an int or float, or a tuple (sec, nsec).  None waits without\n"
	"        a limit.  The time that a signal handler takes counts too.\n\n"
	"Returns:\n"
	"    0.\n\n"
	"Raises:\n"
	"    OSError: EAGAIN if it timed out; EINVAL if timeout is below 0 or nsec is not\n"
	"        below 10**9; otherwise as for semop().\n\n"
	"See semop(2).");

static PyObject *ipc_semtimedop(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
				PyObject *kwnames)
{
	static const struct signature signature = {
		"semtimedop", 2, 4, {"semid", "sops", "nsops", "timeout"}};
	struct state *state = state_of(module);
	struct timespec timeout;
	union arguments given;
	int semid;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "semid", &semid) < 0 ||
	    (!left_out(given.arg[3]) && to_timespec(given.arg[3], &timeout) < 0) ||
	    audit(state, CALL_semtimedop, &given, 4) < 0)
		return NULL;
	return operate_given(state, CALL_semtimedop, semid, &given,
			     left_out(given.arg[3]) ? NULL : &timeout);
}

/* ---- semctl --------------------------------------------------------------------------- */

static always_inline PyObject *control_value(int semid, int semnum, const struct control *control,
					     PyObject *arg)
{
	int value, result;

	if (left_out(arg))
		return PyErr_Format(PyExc_TypeError, "%s needs a value", control->name);
	if (to_int(arg, control->name, &value) < 0)
		return NULL;
	result = checked_semctl(semid, semnum, control->cmd, (union semun){.val = value});
	return result == -1
		       ? call_failed(CALL_semctl, errno == ERANGE ? "a value above semvmx" : NULL)
		       : PyLong_FromLong(result);
}

/* Returns the argument in a semun: its value as an int, or the object that it points to. */
static PyObject *inside_semun(PyObject *object, const struct control *control)
{
	struct semun_object *semun = (struct semun_object *)object;

	MUTEX_LOCK(&semun->head);
	const union semun arg = semun->arg;
	PyObject *target = Py_XNewRef(semun->target);
	MUTEX_UNLOCK(&semun->head);
	if (control && control->way == WAY_VALUE && !target)
		return PyLong_FromLong(arg.val);
	if (target && (!control || control->way == WAY_NONE))
		Py_CLEAR(target);
	return target ? target : Py_NewRef(Py_None);
}

static always_inline PyObject *control_set(struct state *state, int semid, int semnum, int cmd,
					   const struct control *control, PyObject *arg)
{
	void *bytes;
	int result;

	if (control && (control->way == WAY_ARRAY_IN || control->way == WAY_ARRAY_OUT))
		return control_all(state, semid, control, arg);
	if (control && control->way == WAY_VALUE)
		return control_value(semid, semnum, control, arg);
	/* A command without an argument ignores an int, which C would pass in the union. */
	if ((!control || control->way == WAY_NONE) && !left_out(arg) && PyIndex_Check(arg))
		arg = NULL;
	if (control_buffer(state, control, arg, &bytes) < 0)
		return NULL;
	result = checked_semctl(semid, semnum, cmd, (union semun){.buf = bytes});
	return result == -1 ? call_failed(CALL_semctl, NULL) : PyLong_FromLong(result);
}

PyDoc_STRVAR(
	semctl_doc,
	"semctl(semid, semnum, cmd, arg=None)\n--\n\n"
	"Read, change or remove a semaphore set or one of its semaphores.\n\n"
	"Args:\n"
	"    semid: The set's identifier; a slot number for SEM_STAT and SEM_STAT_ANY.\n"
	"    semnum: The semaphore's number, from 0; ignored by commands for the whole set.\n"
	"    cmd: The command.\n"
	"    arg: An int for SETVAL; a sequence, or a buffer of unsigned short, with one value\n"
	"        for each semaphore for SETALL and GETALL; a semid_ds for IPC_STAT, IPC_SET,\n"
	"        SEM_STAT and SEM_STAT_ANY; a seminfo for IPC_INFO and SEM_INFO; None for\n"
	"        GETVAL, GETPID, GETNCNT, GETZCNT and IPC_RMID; or a semun with any of these.\n\n"
	"Returns:\n"
	"    The result of the system call: an int from 0 that depends on cmd.  GETALL without\n"
	"    arg returns the values as a list.\n\n"
	"Raises:\n"
	"    ValueError: The number of values is not the number of semaphores.\n"
	"    OSError: EACCES, EIDRM, EINVAL, EPERM, ERANGE (semvmx).\n\n"
	"See semctl(2).");

static PyObject *ipc_semctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {
		"semctl", 3, 4, {"semid", "semnum", "cmd", "arg"}};
	struct state *state = state_of(module);
	union arguments given;
	const struct control *control;
	PyObject *arg, *result;
	int semid, semnum, cmd;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "semid", &semid) < 0 ||
	    to_int(given.arg[1], "semnum", &semnum) < 0 || to_int(given.arg[2], "cmd", &cmd) < 0 ||
	    audit(state, CALL_semctl, &given, 4) < 0)
		return NULL;
	control = control_of(CALL_semctl, cmd);
	if (BRANCH_LIKELY(left_out(given.arg[3]) ||
			  Py_TYPE(given.arg[3]) != state->type[TYPE_semun]))
		return control_set(state, semid, semnum, cmd, control, given.arg[3]);
	arg = inside_semun(given.arg[3], control);
	result = arg ? control_set(state, semid, semnum, cmd, control, arg) : NULL;
	Py_XDECREF(arg);
	return result;
}

PyMethodDef sem_methods[] = {
	CALL_METHOD(semget), CALL_METHOD(semop),    CALL_METHOD(semtimedop),
	CALL_METHOD(semctl), {NULL, NULL, 0, NULL},
};
