/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * shm_address: an attached segment.  It counts its views, as CPython's mmap does, and
 * refuses to detach while a view exists.  The segment is detached when the last reference
 * to the object is dropped.
 *
 * The exporter of a view (Py_buffer.obj) is a pin object, which holds a reference to
 * the address until it is freed.  NumPy's ndarray(buffer=...) releases the view at once
 * and continues to use the memory.  If its argument is a memoryview, NumPy keeps a
 * reference to the view's exporter, so the pin lives as long as the array.  If its
 * argument is the address itself, NumPy keeps a reference to the address only.  Then
 * detaching maps zeroed memory in the segment's place, which stays until the address
 * object is freed.
 */
#include "module.h"

#include <structmember.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* before Linux 4.17 the address is only a hint */
#endif

static void link_address(struct state *state, struct address *self)
{
	self->next = state->attached;
	if (self->next)
		self->next->previous = self;
	state->attached = self;
}

static void unlink_address(struct state *state, struct address *self)
{
	if (self->previous)
		self->previous->next = self->next;
	else
		state->attached = self->next;
	if (self->next)
		self->next->previous = self->previous;
	self->next = self->previous = NULL;
}

struct address *address_new(struct state *state, void *memory, size_t size, int shmid,
			    bool readonly)
{
	struct address *self = (struct address *)PyType_GenericAlloc(state->address_type, 0);

	if (!self)
		return NULL;
	self->memory = memory;
	self->size = size;
	self->shmid = shmid;
	self->readonly = readonly;
#ifdef Py_GIL_DISABLED
	self->weak = PyWeakref_NewRef((PyObject *)self, NULL);
	if (!self->weak) {
		self->memory = NULL;
		Py_DECREF((PyObject *)self);
		return NULL;
	}
#endif
	MUTEX_LOCK(state);
	link_address(state, self);
	MUTEX_UNLOCK(state);
	return self;
}

void address_forget(struct state *state, struct address *self)
{
	unlink_address(state, self);
	RELAXED_STORE(&self->memory, NULL);
}

static void *map_zeroed(const struct address *self, void *memory, int how)
{
	const int access = self->readonly ? PROT_READ : PROT_READ | PROT_WRITE;

	return mmap(memory, self->size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | how,
		    -1, 0);
}

/*
 * Maps zeroed memory over the segment.  That detaches it, and leaves no moment in which another
 * thread could map something there.  The kernel refuses it (EINVAL) if the segment ends within a
 * huge page.
 */
static bool replace(struct address *self, void *memory)
{
	void *got = map_zeroed(self, memory, MAP_FIXED);

	if (got != MAP_FAILED)
		self->reserved = got;
	return got != MAP_FAILED;
}

/* The same after the segment was detached, unless another thread has mapped something there. */
static void reserve(struct address *self, void *memory)
{
	void *got = map_zeroed(self, memory, MAP_FIXED_NOREPLACE);

	if (got == MAP_FAILED)
		return;
	if (got == memory)
		self->reserved = got;
	else
		munmap(got, self->size);
}

static int detach_now(struct address *self, void *memory, bool zeroed)
{
	if (zeroed && replace(self, memory))
		return 0;
	if (checked_shmdt(memory) != 0)
		return -1;
	if (zeroed)
		reserve(self, memory);
	return 0;
}

/*
 * Detaches the segment, and maps zeroed memory there if zeroed is true.  The kernel unmaps page by
 * page, so a large segment is detached without the GIL.
 */
static int detach(struct address *self, void *memory, bool zeroed)
{
	int result;

	if (self->size < LARGE_SEGMENT)
		return detach_now(self, memory, zeroed);
	WITHOUT_GIL(result = detach_now(self, memory, zeroed));
	return result;
}

struct address *address_missing(enum call_index call)
{
	errno = EINVAL;
	call_failed(call, "nothing is attached there");
	return NULL;
}

int address_detach(struct state *state, struct address *self)
{
	/* Mark it as detached first: other threads run during the call and must not use it. */
	MUTEX_LOCK(state);
	unsigned char *memory = self->memory;
	const bool busy = self->pins > 0;
	if (memory && !busy)
		address_forget(state, self);
	MUTEX_UNLOCK(state);
	if (!memory) {
		address_missing(CALL_shmdt);
		return -1;
	}
	if (busy) {
		PyErr_SetString(PyExc_BufferError,
				"shmdt: views of the segment, or copies, are alive");
		return -1;
	}
	if (detach(self, memory, self->lent) == 0)
		return 0;
	call_failed(CALL_shmdt, NULL);
	MUTEX_LOCK(state);
	RELAXED_STORE(&self->memory, memory);
	link_address(state, self);
	MUTEX_UNLOCK(state);
	return -1;
}

/* Takes a reference to an attachment in the list; NULL if it is being freed. */
static struct address *take(struct address *self)
{
#ifdef Py_GIL_DISABLED
	PyObject *object;

	return PyWeakref_GetRef(self->weak, &object) > 0 ? (struct address *)object : NULL;
#else
	return (struct address *)Py_NewRef((PyObject *)self);
#endif
}

/* Finds the attachment at an address. */
static struct address *by_number(struct state *state, PyObject *object)
{
	struct address *found = NULL;
	size_t number;

	if (to_size(object, "shmaddr", &number) < 0)
		return NULL;
	MUTEX_LOCK(state);
	for (struct address *self = state->attached; self && !found; self = self->next)
		if ((uintptr_t)self->memory == number)
			found = take(self);
	MUTEX_UNLOCK(state);
	return found;
}

struct address *address_find(struct state *state, PyObject *object, enum call_index call)
{
	struct address *self;

	if (Py_TYPE(object) == state->address_type) {
		self = (struct address *)Py_NewRef(object);
	} else if (PyIndex_Check(object)) {
		self = by_number(state, object);
	} else {
		PyErr_Format(PyExc_TypeError,
			     "a shm_address, or the number of one, is needed, not %R",
			     (PyObject *)Py_TYPE(object));
		return NULL;
	}
	if (self && RELAXED_LOAD(&self->memory))
		return self;
	Py_XDECREF((PyObject *)self);
	return PyErr_Occurred() ? NULL : address_missing(call);
}

/* ---- special methods --------------------------------------------------------------- */

/* Returns where the segment is attached; NULL with ValueError. */
static void *memory_of(const struct address *self)
{
	void *memory = RELAXED_LOAD(&self->memory);

	if (!memory)
		PyErr_SetString(PyExc_ValueError, "shm_address: the segment is detached");
	return memory;
}

static PyObject *address_int(PyObject *object)
{
	void *memory = memory_of((struct address *)object);

	return memory ? PyLong_FromVoidPtr(memory) : NULL;
}

static Py_ssize_t address_length(PyObject *object)
{
	struct address *self = (struct address *)object;

	return memory_of(self) ? (Py_ssize_t)self->size : -1;
}

static int address_bool(PyObject *object)
{
	return RELAXED_LOAD(&((struct address *)object)->memory) != NULL;
}

static PyObject *address_repr(PyObject *object)
{
	struct address *self = (struct address *)object;
	void *memory = RELAXED_LOAD(&self->memory);

	if (!memory)
		return PyUnicode_FromFormat("<ipc.shm_address of segment %d, detached>",
					    self->shmid);
	return PyUnicode_FromFormat("<ipc.shm_address %p of segment %d, %zu bytes%s>", memory,
				    self->shmid, self->size, self->readonly ? ", read-only" : "");
}

/* ---- views --------------------------------------------------------------------------- */

struct pin {
	PyObject_HEAD
	struct address *address; /* with a reference, and pinned */
};

static int fill_view(Py_buffer *view, PyObject *exporter, const struct address *self, int flags)
{
	return PyBuffer_FillInfo(view, exporter, self->memory, (Py_ssize_t)self->size,
				 self->readonly, flags);
}

static int address_export(PyObject *object, Py_buffer *view, int flags)
{
	struct address *self = (struct address *)object;
	struct pin *pin;
	int result;

	view->obj = NULL;
	if (!address_pin(self)) {
		PyErr_SetString(PyExc_BufferError, "shm_address: the segment is detached");
		return -1;
	}
	pin = (struct pin *)PyType_GenericAlloc(state_of_object(object)->pin_type, 0);
	if (!pin) {
		address_unpin(self);
		return -1;
	}
	pin->address = (struct address *)Py_NewRef(object);
	/* memoryview() passes these flags, and keeps the view as long as it is in use. */
	if (flags != PyBUF_FULL_RO)
		self->lent = true;
	result = fill_view(view, (PyObject *)pin, self, flags);
	Py_DECREF((PyObject *)pin);
	return result;
}

static int pin_export(PyObject *object, Py_buffer *view, int flags)
{
	view->obj = NULL;
	return fill_view(view, object, ((struct pin *)object)->address, flags);
}

static void pin_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	struct address *address = ((struct pin *)object)->address;

	if (address) {
		address_unpin(address);
		Py_DECREF((PyObject *)address);
	}
	PyObject_Free(object);
	Py_DECREF(type);
}

static PyType_Slot pin_slots[] = {
	{Py_tp_doc, "The exporter of the views of a segment, which keeps it attached."},
	{Py_tp_dealloc, pin_dealloc},
	{Py_bf_getbuffer, pin_export},
	{0, NULL},
};

PyType_Spec pin_spec = {
	.name = "ipc._ipc._Pin",
	.basicsize = sizeof(struct pin),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = pin_slots,
};

/* ---- methods and members --------------------------------------------------------------- */

static PyObject *address_enter(PyObject *object, PyObject *Py_UNUSED(unused))
{
	return memory_of((struct address *)object) ? Py_NewRef(object) : NULL;
}

static PyObject *address_exit(PyObject *object, PyObject *const *Py_UNUSED(args),
			      Py_ssize_t Py_UNUSED(nargs))
{
	struct address *self = (struct address *)object;
	struct state *state = state_of_object(object);

	/* An audit hook may detach it, so look again. */
	if (RELAXED_LOAD(&self->memory) &&
	    (audit(state, CALL_shmdt, &(union arguments){.arg = {object}}, 1) < 0 ||
	     (RELAXED_LOAD(&self->memory) && address_detach(state, self) < 0)))
		return NULL;
	Py_RETURN_NONE;
}

/* Fails, because an address has no meaning in another process. */
static PyObject *address_reduce(PyObject *object, PyObject *Py_UNUSED(unused))
{
	return PyErr_Format(PyExc_TypeError, "a %R is neither pickled nor copied",
			    (PyObject *)Py_TYPE(object));
}

/* No view exists at this point, because each holds a reference. */
static void address_dealloc(PyObject *object)
{
	struct address *self = (struct address *)object;
	PyTypeObject *type = Py_TYPE(object);
	unsigned char *memory = self->memory;
	struct state *state = memory ? PyType_GetModuleState(type) : NULL;

	/* Unlink it first: the callback of a weak reference may look for its address. */
	if (state) {
		MUTEX_LOCK(state);
		memory = self->memory; /* NULL if a SHM_REMAP of another thread replaced it */
		if (memory)
			address_forget(state, self);
		MUTEX_UNLOCK(state);
	}
	if (self->weakrefs)
		PyObject_ClearWeakRefs(object);
#ifdef Py_GIL_DISABLED
	Py_XDECREF(self->weak);
#endif
	if (memory)
		detach(self, memory, false);
	if (self->reserved)
		munmap(self->reserved, self->size);
	PyObject_Free(object);
	Py_DECREF(type);
}

static PyMethodDef address_methods[] = {
	{"__enter__", address_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nReturn self."},
	{"__exit__", (PyCFunction)(void (*)(void))address_exit, METH_FASTCALL,
	 "__exit__($self, /, *args)\n--\n\nDetach the segment if it is attached."},
	{"__reduce__", address_reduce, METH_NOARGS,
	 "__reduce__($self, /)\n--\n\nRaise TypeError: an address is valid in one process only."},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef address_members[] = {
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct address, weakrefs), READONLY, NULL},
	{"shmid", T_INT, offsetof(struct address, shmid), READONLY, "The segment's identifier."},
	{"readonly", T_BOOL, offsetof(struct address, readonly), READONLY,
	 "True if the segment was attached with SHM_RDONLY."},
	{"_lent", T_BOOL, offsetof(struct address, lent), READONLY,
	 "True if a consumer may use the memory without holding a view."},
	{NULL, 0, 0, 0, NULL},
};

static PyType_Slot address_slots[] = {
	{Py_tp_doc,
	 "An attached segment, as shmat() returns it.\n\n"
	 "int(p) is the address, len(p) the size in bytes, and memoryview(p) the memory\n"
	 "itself.  bool(p) is False after the segment was detached.  As a context manager,\n"
	 "the object detaches the segment at the end.\n\n"
	 "Detaching raises BufferError while a memoryview of the object exists, or an\n"
	 "object made from one.  NumPy's ndarray(buffer=p) keeps p but no view: p can then\n"
	 "be detached, and the array reads zeros afterwards.  An int(p) does not keep the\n"
	 "segment attached."},
	{Py_tp_dealloc, address_dealloc},
	{Py_tp_repr, address_repr},
	{Py_tp_methods, address_methods},
	{Py_tp_members, address_members},
	{Py_nb_int, address_int},
	{Py_nb_index, address_int},
	{Py_nb_bool, address_bool},
	{Py_sq_length, address_length},
	{Py_bf_getbuffer, address_export},
	{0, NULL},
};

PyType_Spec address_spec = {
	.name = "ipc.shm_address",
	.basicsize = sizeof(struct address),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = address_slots,
};
