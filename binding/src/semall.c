/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * GETALL and SETALL, which transfer a value for each semaphore of a set.  The system
 * call has no argument for the length of the array.  IPC_STAT returns the number of
 * semaphores, but before the next call another process may remove the set and create a
 * larger one with the same id.  So the array ends at the end of the mapped memory, and
 * the system call fails with EFAULT instead of an access past the array.  No Python code
 * runs while the array is in use.
 */
#include "control.h"

#include <sys/mman.h>
#include <unistd.h>

#include "kernel_constants.h"

/* The number of attempts, because another set may get the id between two calls. */
enum { ATTEMPTS = 100 };

/* ---- memory with a guard page ------------------------------------------------- */

void guarded_free(struct guarded *guarded)
{
	if (guarded->end)
		munmap(guarded->end - guarded->room, guarded->room + (size_t)sysconf(_SC_PAGESIZE));
	*guarded = (struct guarded){0};
}

static bool guarded_alloc(struct guarded *guarded, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t room = (size + page - 1) / page * page;
	unsigned char *memory =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	if (mprotect(memory + room, page, PROT_NONE) != 0) {
		munmap(memory, room + page);
		return false;
	}
	guarded_free(guarded);
	*guarded = (struct guarded){memory + room, room};
	return true;
}

/* Returns size bytes right before the guard page, valid until the next call; NULL: exception. */
static void *guarded_bytes(struct guarded *guarded, size_t size)
{
	if (size > guarded->room && !guarded_alloc(guarded, size))
		return PyErr_NoMemory();
	return guarded->end - size;
}

/* ---- the calls ------------------------------------------------------------------ */

/*
 * Returns the number of semaphores of a set; -1 with an exception.  Without read permission
 * it uses SEM_STAT_ANY, whose argument is a slot: the low 15 bits of the id, or the low 24
 * with ipcmni_extend (ipc/util.h).
 */
static Py_ssize_t count_semaphores(int semid)
{
	struct semid_ds ds = {0};
	const union semun arg = {.buf = &ds};

	if (checked_semctl(semid, 0, IPC_STAT, arg) != -1)
		return (Py_ssize_t)ds.sem_nsems;
	const int error = errno;
#ifdef SEM_STAT_ANY /* headers older than Linux 4.17 lack it */
	if (error == EACCES)
		for (int bits = 15; bits <= 24; bits += 9)
			if (checked_semctl(semid & ((1 << bits) - 1), 0, SEM_STAT_ANY, arg) ==
			    semid)
				return (Py_ssize_t)ds.sem_nsems;
#endif
	errno = error;
	call_failed(CALL_semctl, NULL);
	return -1;
}

/* Returns an array for nsems values. */
static unsigned short *array_of(struct state *state, Py_ssize_t nsems)
{
	return guarded_bytes(&state->values, (size_t)nsems * sizeof(unsigned short));
}

/* Reads all values; they are valid until the next call.  Returns their number, -1: exception. */
static Py_ssize_t get_all(struct state *state, int semid, unsigned short **values)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		const Py_ssize_t nsems = count_semaphores(semid);

		if (nsems < 0 || !(*values = array_of(state, nsems)))
			return -1;
		if (checked_semctl(semid, 0, GETALL, (union semun){.array = *values}) != -1)
			return nsems;
		if (errno != EFAULT)
			break;
	}
	call_failed(CALL_semctl, NULL);
	return -1;
}

static int check_number(Py_ssize_t values, Py_ssize_t nsems)
{
	if (values == nsems)
		return 0;
	PyErr_Format(PyExc_ValueError, "arg: %zd values, the set has %zd semaphores", values,
		     nsems);
	return -1;
}

static PyObject *set_all(struct state *state, int semid, const void *values, Py_ssize_t n)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		const Py_ssize_t nsems = count_semaphores(semid);
		unsigned short *array;

		if (nsems < 0 || check_number(n, nsems) < 0 || !(array = array_of(state, nsems)))
			return NULL;
		memcpy(array, values, (size_t)n * sizeof(*array));
		if (checked_semctl(semid, 0, SETALL, (union semun){.array = array}) != -1)
			return PyLong_FromLong(0);
		if (errno != EFAULT)
			break;
	}
	return call_failed(CALL_semctl, errno == ERANGE ? "a value above semvmx" : NULL);
}

/* ---- buffers -------------------------------------------------------------------- */

/* Returns true for unsigned short in this machine's byte order, and for plain bytes. */
static bool is_ushort(const Py_buffer *view)
{
	const char *format = view->format ? view->format : "B";

	if (strchr(PY_LITTLE_ENDIAN ? "@=<" : "@=>!", *format) && *format)
		format++;
	return view->len % 2 == 0 && strchr("HBbc", *format) && *format && !format[1];
}

static int pin_array(PyObject *object, bool write, Py_buffer *view)
{
	const int flags = PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | (write ? PyBUF_WRITABLE : 0);

	if (PyObject_GetBuffer(object, view, flags) < 0)
		return -1;
	if (is_ushort(view))
		return 0;
	PyErr_SetString(PyExc_TypeError, "arg: a buffer of unsigned short is needed");
	PyBuffer_Release(view);
	return -1;
}

static PyObject *get_into_buffer(struct state *state, int semid, PyObject *object)
{
	PyObject *result = NULL;
	unsigned short *values;
	Py_ssize_t nsems;
	Py_buffer view;

	if (pin_array(object, true, &view) < 0)
		return NULL;
	MUTEX_LOCK(state);
	nsems = get_all(state, semid, &values);
	if (nsems >= 0 && check_number(view.len / 2, nsems) == 0) {
		memcpy(view.buf, values, (size_t)view.len);
		result = PyLong_FromLong(0);
	}
	MUTEX_UNLOCK(state);
	PyBuffer_Release(&view);
	return result;
}

static PyObject *set_from_buffer(struct state *state, int semid, PyObject *object)
{
	PyObject *result;
	Py_buffer view;

	if (pin_array(object, false, &view) < 0)
		return NULL;
	MUTEX_LOCK(state);
	result = set_all(state, semid, view.buf, view.len / 2);
	MUTEX_UNLOCK(state);
	PyBuffer_Release(&view);
	return result;
}

/* ---- sequences ------------------------------------------------------------------ */

static PyObject *list_of(const unsigned short *values, Py_ssize_t n)
{
	PyObject *list = PyList_New(n);

	for (Py_ssize_t i = 0; list && i < n; i++) {
		PyObject *value = PyLong_FromLong(values[i]);
		if (!value || PyList_SetItem(list, i, value) < 0)
			Py_CLEAR(list);
	}
	return list;
}

static PyObject *get_list(struct state *state, int semid)
{
	PyObject *list = NULL;
	unsigned short *values, *copy = NULL;

	MUTEX_LOCK(state);
	Py_ssize_t nsems = get_all(state, semid, &values);
	/* PyList_New may run the garbage collector, which may run code that calls GETALL again. */
	if (nsems >= 0)
		copy = PyMem_Malloc((size_t)nsems * sizeof(*copy));
	if (copy)
		memcpy(copy, values, (size_t)nsems * sizeof(*copy));
	MUTEX_UNLOCK(state);
	if (!copy)
		return nsems < 0 ? NULL : PyErr_NoMemory();
	list = list_of(copy, nsems);
	PyMem_Free(copy);
	return list;
}

static PyObject *get_into_sequence(struct state *state, int semid, PyObject *sequence)
{
	PyObject *list = get_list(state, semid);
	Py_ssize_t n = list ? PySequence_Size(sequence) : -1;
	int result = -1;

	if (n >= 0 && check_number(n, PyList_Size(list)) == 0)
		result = PySequence_SetSlice(sequence, 0, n, list);
	Py_XDECREF(list);
	return result < 0 ? NULL : PyLong_FromLong(0);
}

/* Reads each item when it is needed, because converting a value may change the sequence. */
static int to_values(PyObject *sequence, unsigned short *values, Py_ssize_t n)
{
	for (Py_ssize_t i = 0; i < n; i++) {
		PyObject *item = PySequence_GetItem(sequence, i);
		int result =
			item ? to_integer(item, "arg", sizeof(*values), false, &values[i]) : -1;
		Py_XDECREF(item);
		if (result < 0)
			return -1;
	}
	return 0;
}

static PyObject *set_from_sequence(struct state *state, int semid, PyObject *sequence)
{
	const Py_ssize_t n = PySequence_Size(sequence);
	PyObject *result = NULL;
	unsigned short *values;

	if (n < 0)
		return NULL;
	/* A sem_num has 16 bits (semop(2)); check a longer sequence before copying it. */
	if (n > USHRT_MAX + 1) {
		const Py_ssize_t nsems = count_semaphores(semid);
		if (nsems < 0 || check_number(n, nsems) < 0)
			return NULL;
	}
	values = PyMem_Calloc((size_t)n + 1, sizeof(*values));
	if (!values)
		return PyErr_NoMemory();
	if (to_values(sequence, values, n) == 0) {
		MUTEX_LOCK(state);
		result = set_all(state, semid, values, n);
		MUTEX_UNLOCK(state);
	}
	PyMem_Free(values);
	return result;
}

/* ---- GETALL and SETALL ------------------------------------------------------------ */

PyObject *control_all(struct state *state, int semid, const struct control *control, PyObject *arg)
{
	const bool get = control->way == WAY_ARRAY_OUT;

	if (left_out(arg))
		return get ? get_list(state, semid)
			   : PyErr_Format(PyExc_TypeError, "%s needs values", control->name);
	if (PyObject_CheckBuffer(arg) && type_index(state, Py_TYPE(arg)) == NTYPES)
		return get ? get_into_buffer(state, semid, arg)
			   : set_from_buffer(state, semid, arg);
	if (PySequence_Check(arg) && !PyUnicode_Check(arg))
		return get ? get_into_sequence(state, semid, arg)
			   : set_from_sequence(state, semid, arg);
	return PyErr_Format(PyExc_TypeError, "%s needs values, not %R", control->name,
			    (PyObject *)Py_TYPE(arg));
}
