/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Shared memory: shmget, shmat, shmdt, shmctl, shmcpy_to, shmcpy_from.
 * The functions begin alike; module.h gives the reason at CALL_METHOD.
 */
#include "control.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel_constants.h"

PyDoc_STRVAR(shmget_doc,
	     "shmget(key, size, shmflg)\n--\n\n"
	     "Return the identifier of a segment; IPC_PRIVATE or IPC_CREAT creates one.\n\n"
	     "Args:\n"
	     "    key: IPC_PRIVATE for a new segment, or 32 bits, signed or unsigned.\n"
	     "    size: The size of a new segment in bytes, and the least size of an existing\n"
	     "        one; 0 accepts any existing segment.\n"
	     "    shmflg: Permission bits for a new segment, with IPC_CREAT, IPC_EXCL,\n"
	     "        SHM_HUGETLB, SHM_HUGE_2MB or another page size, SHM_NORESERVE.\n\n"
	     "Returns:\n"
	     "    The identifier, an int from 0.\n\n"
	     "Raises:\n"
	     "    OSError: EACCES, EEXIST, EINVAL (shmmin, shmmax, or the segment is smaller),\n"
	     "        ENFILE, ENOENT, ENOMEM, ENOSPC (shmmni, shmall), EPERM.\n\n"
	     "See shmget(2).");

/* Returns the limit that caused the error of shmget in errno, or NULL. */
static const char *shmget_limit(key_t key, size_t size)
{
	const int error = errno;
	struct shminfo info = {0};
	const char *limit = NULL;

	if (error == ENOSPC)
		limit = "shmmni or shmall is reached";
	else if (error == EINVAL && checked_shmctl(0, IPC_INFO, (struct shmid_ds *)&info) != -1)
		limit = size < info.shmmin   ? "size is below shmmin"
			: size > info.shmmax ? "size is above shmmax"
			: key != IPC_PRIVATE && checked_shmget(key, 0, 0) != -1
				? "the segment has fewer bytes"
				: NULL;
	errno = error;
	return limit;
}

static PyObject *ipc_shmget(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"shmget", 3, 3, {"key", "size", "shmflg"}};
	struct state *state = state_of(module);
	union arguments given;
	int key, shmflg, shmid;
	size_t size;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_word(given.arg[0], "key", &key) < 0 || to_size(given.arg[1], "size", &size) < 0 ||
	    to_word(given.arg[2], "shmflg", &shmflg) < 0 ||
	    audit(state, CALL_shmget, &given, 3) < 0)
		return NULL;
	shmid = checked_shmget(key, size, shmflg);
	return shmid == -1 ? call_failed(CALL_shmget, shmget_limit(key, size))
			   : PyLong_FromLong(shmid);
}

/* ---- the requested address ------------------------------------------------------------- */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Returns the size of the mapping, which has whole pages. */
static size_t page_rounded(size_t size)
{
	const size_t page = page_size();

	return (size + page - 1) / page * page;
}

struct mapping {
	unsigned long long begin, end;
	char name[16];
};

/* Finds a mapping in /proc/self/maps, see proc(5), by its name or its beginning; else false. */
static bool find_mapping(uintptr_t begin, const char *name, struct mapping *mapping)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[512];

	while (maps && !found && fgets(line, sizeof(line), maps)) {
		*mapping = (struct mapping){0};
		found = sscanf(line, "%llx-%llx %*s %*s %*s %*s %15s", &mapping->begin,
			       &mapping->end, mapping->name) >= 2 &&
			(name ? strcmp(mapping->name, name) == 0 : mapping->begin == begin);
	}
	if (maps)
		fclose(maps);
	return found;
}

/*
 * The kernel extends the main thread's stack on demand, and kills the process if the stack
 * comes within 256 pages of a mapping (mm/mmap.c, stack_guard_gap).
 */
static bool in_way_of_stack(const struct address *self)
{
	const uintptr_t begin = (uintptr_t)self->memory, end = begin + page_rounded(self->size);
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
	struct mapping stack;

	if (!find_mapping(0, "[stack]", &stack) || begin >= stack.end)
		return false;
	getrlimit(RLIMIT_STACK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		limit.rlim_cur = 8 << 20; /* Linux's default */
	return stack.end - end < limit.rlim_cur + 256 * page_size();
}

/* ---- SHM_REMAP ---------------------------------------------------------------------- */

static bool overlaps(const struct address *self, uintptr_t begin, uintptr_t end)
{
	const uintptr_t memory = (uintptr_t)self->memory;

	return memory < end && begin < memory + page_rounded(self->size);
}

/* Returns the attachment that has the byte and that nothing uses; NULL with an exception. */
static struct address *remappable(struct state *state, uintptr_t byte)
{
	for (struct address *self = state->attached; self; self = self->next) {
		if (!overlaps(self, byte, byte + 1))
			continue;
		if (self->pins == 0 && !self->lent)
			return self;
		PyErr_SetString(PyExc_ValueError,
				self->pins ? "shmat: SHM_REMAP over an attachment that has views"
					   : "shmat: SHM_REMAP over an attachment that an object "
					     "may use without a view");
		return NULL;
	}
	PyErr_SetString(PyExc_ValueError,
			"shmat: SHM_REMAP over memory that this module has not attached");
	return NULL;
}

static int check_range(struct state *state, uintptr_t begin, uintptr_t end)
{
	while (begin < end) {
		const struct address *self = remappable(state, begin);
		if (!self)
			return -1;
		begin = (uintptr_t)self->memory + page_rounded(self->size);
	}
	return 0;
}

/* Detaches the segments that the new mapping replaced in whole or in part; unmaps the rest. */
static void detach_remapped(struct state *state, uintptr_t begin, uintptr_t end)
{
	struct address *next;

	for (struct address *self = state->attached; self; self = next) {
		next = self->next;
		if (!overlaps(self, begin, end))
			continue;
		const uintptr_t first = (uintptr_t)self->memory;
		const uintptr_t last = first + page_rounded(self->size);
		if (first < begin)
			munmap((void *)first, begin - first);
		if (end < last)
			munmap((void *)end, last - end);
		address_forget(state, self);
	}
}

/*
 * SHM_REMAP replaces any mapping, also of malloc() or the interpreter, so the module
 * allows it only over its own attachments.  A trial attachment of the segment shows the
 * length of the mapping, and prevents a reuse of the identifier in the meantime.
 * Returns the result of shmat, or NULL with an exception.
 */
static void *remap(struct state *state, int shmid, uintptr_t begin, int shmflg)
{
	void *trial, *memory = NULL;
	struct mapping mapping;
	uintptr_t end;

	if (shmflg & SHM_RND)
		begin -= begin % (uintptr_t)SHMLBA;
	trial = checked_shmat(shmid, NULL, shmflg & ~(SHM_REMAP | SHM_RND));
	if (trial == (void *)-1)
		return trial;
	/* The mapping of huge pages is longer than IPC_STAT's shm_segsz. */
	end = find_mapping((uintptr_t)trial, NULL, &mapping)
		      ? begin + (uintptr_t)(mapping.end - mapping.begin)
		      : begin;
	MUTEX_LOCK(state);
	if (end <= begin) {
		PyErr_SetString(PyExc_ValueError, "shmat: SHM_REMAP needs /proc/self/maps");
	} else if (check_range(state, begin, end) == 0) {
		memory = checked_shmat(shmid, (void *)begin, shmflg);
		if (memory != (void *)-1)
			detach_remapped(state, begin, end);
	}
	const int error = errno;
	MUTEX_UNLOCK(state);
	checked_shmdt(trial);
	errno = error;
	return memory;
}

/* ---- shmat, shmdt ----------------------------------------------------------------------- */

/* Converts None, a number or a shm_address to an address. */
static int to_address(struct state *state, PyObject *object, uintptr_t *value)
{
	size_t number = 0;

	if (!left_out(object) && Py_TYPE(object) == state->address_type) {
		struct address *self = address_find(state, object, CALL_shmat);
		if (!self)
			return -1;
		number = (uintptr_t)RELAXED_LOAD(&self->memory);
		Py_DECREF((PyObject *)self);
	} else if (!left_out(object) && to_size(object, "shmaddr", &number) < 0) {
		return -1;
	}
	*value = number;
	return 0;
}

/* Makes the object of a new attachment, which keeps the segment alive for the IPC_STAT. */
static PyObject *attached(struct state *state, void *memory, int shmid, bool readonly)
{
	struct address *self = NULL;
	struct shmid_ds ds;

	if (checked_shmctl(shmid, IPC_STAT, &ds) == -1) {
		call_failed(CALL_shmat, NULL);
	} else {
		RELAXED_STORE(&state->small_shmid, ds.shm_segsz < LARGE_SEGMENT ? shmid : -1);
		self = address_new(state, memory, ds.shm_segsz, shmid, readonly);
	}
	if (!self)
		checked_shmdt(memory);
	return (PyObject *)self;
}

/* Returns why the address caused the error in errno, or NULL. */
static const char *shmat_limit(uintptr_t shmaddr, int shmflg)
{
	return errno == EINVAL && !(shmflg & SHM_RND) && shmaddr % (uintptr_t)SHMLBA != 0
		       ? "shmaddr is not a multiple of SHMLBA"
		       : NULL;
}

/*
 * Under mlockall(2) with MCL_FUTURE, the call touches every page of the segment, so it releases
 * the GIL.  It keeps the GIL, because most calls are short, if the last attachment had this
 * identifier and was small.  Another segment may have got the identifier since; only the use of
 * the GIL depends on this guess, because attached() reads the size again.
 */
static void *attach(const struct state *state, int shmid, const void *shmaddr, int shmflg)
{
	void *memory;

	if (shmid == RELAXED_LOAD(&state->small_shmid))
		return checked_shmat(shmid, shmaddr, shmflg);
	WITHOUT_GIL(memory = checked_shmat(shmid, shmaddr, shmflg));
	return memory;
}

PyDoc_STRVAR(shmat_doc,
	     "shmat(shmid, shmaddr=None, shmflg=0)\n--\n\n"
	     "Attach a segment of shared memory to the address space.\n\n"
	     "Args:\n"
	     "    shmid: The segment's identifier.\n"
	     "    shmaddr: An address, or None to let the kernel choose one.\n"
	     "    shmflg: 0, or SHM_RDONLY, SHM_RND, SHM_EXEC, SHM_REMAP.  SHM_REMAP is allowed\n"
	     "        only over attachments of this module, which it detaches, and which no view\n"
	     "        and no object that was made from them (NumPy's ndarray) uses.\n\n"
	     "Returns:\n"
	     "    A shm_address.\n\n"
	     "Raises:\n"
	     "    ValueError: SHM_REMAP over other memory, or an address where the main thread's\n"
	     "        stack may grow.\n"
	     "    OSError: EACCES, EIDRM, EINVAL, ENOMEM.\n\n"
	     "See shmop(2).");

static PyObject *ipc_shmat(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			   PyObject *kwnames)
{
	static const struct signature signature = {"shmat", 1, 3, {"shmid", "shmaddr", "shmflg"}};
	struct state *state = state_of(module);
	union arguments given;
	int shmid, shmflg = 0;
	uintptr_t shmaddr;
	PyObject *address;
	void *memory;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "shmid", &shmid) < 0 ||
	    (given.arg[2] && to_word(given.arg[2], "shmflg", &shmflg) < 0) ||
	    to_address(state, given.arg[1], &shmaddr) < 0 ||
	    audit(state, CALL_shmat, &given, 3) < 0)
		return NULL;
	memory = shmflg & SHM_REMAP && shmaddr ? remap(state, shmid, shmaddr, shmflg)
					       : attach(state, shmid, (void *)shmaddr, shmflg);
	if (memory == (void *)-1)
		return call_failed(CALL_shmat, shmat_limit(shmaddr, shmflg));
	address = memory ? attached(state, memory, shmid, shmflg & SHM_RDONLY) : NULL;
	if (address && shmaddr && in_way_of_stack((struct address *)address)) {
		Py_CLEAR(address);
		PyErr_SetString(PyExc_ValueError, "shmat: the stack may grow to this address");
	}
	return address;
}

PyDoc_STRVAR(shmdt_doc, "shmdt(shmaddr)\n--\n\n"
			"Detach a segment of shared memory.\n\n"
			"Args:\n"
			"    shmaddr: A shm_address, or its address as an int.\n\n"
			"Returns:\n"
			"    0.\n\n"
			"Raises:\n"
			"    BufferError: Views of the segment exist.\n"
			"    OSError: EINVAL if nothing is attached there.\n\n"
			"See shmop(2).");

static PyObject *ipc_shmdt(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			   PyObject *kwnames)
{
	static const struct signature signature = {"shmdt", 1, 1, {"shmaddr"}};
	struct state *state = state_of(module);
	struct address *address;
	union arguments given;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    audit(state, CALL_shmdt, &given, 1) < 0)
		return NULL;
	address = address_find(state, given.arg[0], CALL_shmdt);
	const bool detached = address && address_detach(state, address) == 0;
	Py_XDECREF((PyObject *)address);
	return detached ? PyLong_FromLong(0) : NULL;
}

/* ---- shmctl ----------------------------------------------------------------------------- */

/* Returns true for a command that visits every page of a large segment. */
static bool takes_long(int shmid, int cmd)
{
	struct shmid_ds ds;

	return (cmd == IPC_RMID || cmd == SHM_LOCK || cmd == SHM_UNLOCK) &&
	       (checked_shmctl(shmid, IPC_STAT, &ds) == -1 || ds.shm_segsz >= LARGE_SEGMENT);
}

PyDoc_STRVAR(
	shmctl_doc,
	"shmctl(shmid, cmd, buf=None)\n--\n\n"
	"Read, change, lock or remove a segment of shared memory.\n\n"
	"Args:\n"
	"    shmid: The segment's identifier; a slot number for SHM_STAT and SHM_STAT_ANY.\n"
	"    cmd: The command.\n"
	"    buf: A shmid_ds for IPC_STAT, IPC_SET, SHM_STAT and SHM_STAT_ANY; a shminfo for\n"
	"        IPC_INFO; a shm_info for SHM_INFO; None for IPC_RMID, SHM_LOCK and SHM_UNLOCK.\n\n"
	"Returns:\n"
	"    The result of the system call: an int from 0 that depends on cmd.\n\n"
	"Raises:\n"
	"    OSError: EACCES, EIDRM, EINVAL, ENOMEM (RLIMIT_MEMLOCK), EPERM.\n\n"
	"See shmctl(2).");

static PyObject *ipc_shmctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"shmctl", 2, 3, {"shmid", "cmd", "buf"}};
	struct state *state = state_of(module);
	union arguments given;
	int shmid, cmd, result;
	void *buf;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "shmid", &shmid) < 0 || to_int(given.arg[1], "cmd", &cmd) < 0 ||
	    control_buffer(state, control_of(CALL_shmctl, cmd), given.arg[2], &buf) < 0 ||
	    audit(state, CALL_shmctl, &given, 3) < 0)
		return NULL;
	if (takes_long(shmid, cmd))
		WITHOUT_GIL(result = checked_shmctl(shmid, cmd, NULL));
	else
		result = checked_shmctl(shmid, cmd, buf);
	return result == -1 ? call_failed(CALL_shmctl, NULL) : PyLong_FromLong(result);
}

/* ---- copying ------------------------------------------------------------------------------ */

static int check_length(const char *call, size_t len, size_t size)
{
	if (len <= size)
		return 0;
	PyErr_Format(PyExc_ValueError, "%s: %zu bytes, the segment has %zu", call, len, size);
	return -1;
}

/* Finds an attachment and keeps it attached until unpin(); NULL with an exception. */
static struct address *pin(struct state *state, PyObject *object, enum call_index call)
{
	struct address *self = address_find(state, object, call);

	if (!self || address_pin(self))
		return self;
	Py_DECREF((PyObject *)self);
	return address_missing(call);
}

static void unpin(struct address *self)
{
	address_unpin(self);
	Py_DECREF((PyObject *)self);
}

PyDoc_STRVAR(shmcpy_to_doc, "shmcpy_to(p, data, len=None)\n--\n\n"
			    "Copy data to the beginning of an attached segment.\n\n"
			    "Args:\n"
			    "    p: A shm_address, or its address as an int.\n"
			    "    data: Bytes-like, or a str, which is encoded as UTF-8.\n"
			    "    len: The number of bytes to copy; None copies all of data.\n\n"
			    "Raises:\n"
			    "    ValueError: len is larger than data or than the segment.\n"
			    "    BufferError: The segment is attached with SHM_RDONLY.\n"
			    "    OSError: EINVAL if nothing is attached there.\n\n"
			    "See shmop(2).");

static PyObject *ipc_shmcpy_to(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			       PyObject *kwnames)
{
	static const struct signature signature = {"shmcpy_to", 2, 3, {"p", "data", "len"}};
	struct state *state = state_of(module);
	struct address *address;
	union arguments given;
	PyObject *result = NULL;
	Py_buffer data;
	size_t len = 0;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    (!left_out(given.arg[2]) && to_size(given.arg[2], "len", &len) < 0) ||
	    text_view(given.arg[1], "data", &data) < 0)
		return NULL;
	if (left_out(given.arg[2]))
		len = (size_t)data.len;
	address = pin(state, given.arg[0], CALL_shmcpy_to);
	if (!address)
		;
	else if (address->readonly)
		PyErr_SetString(PyExc_BufferError, "shmcpy_to: the segment is read-only");
	else if (len > (size_t)data.len)
		PyErr_Format(PyExc_ValueError, "shmcpy_to: %zu bytes, data has %zd", len, data.len);
	else if (check_length("shmcpy_to", len, address->size) == 0) {
		copy_memory(address->memory, data.buf, len);
		result = Py_NewRef(Py_None);
	}
	if (address)
		unpin(address);
	PyBuffer_Release(&data);
	return result;
}

PyDoc_STRVAR(shmcpy_from_doc, "shmcpy_from(p, len)\n--\n\n"
			      "Return a copy of the first bytes of an attached segment.\n\n"
			      "Args:\n"
			      "    p: A shm_address, or its address as an int.\n"
			      "    len: The number of bytes to copy.\n\n"
			      "Raises:\n"
			      "    ValueError: len is larger than the segment.\n"
			      "    OSError: EINVAL if nothing is attached there.\n\n"
			      "See shmop(2).");

static PyObject *ipc_shmcpy_from(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
				 PyObject *kwnames)
{
	static const struct signature signature = {"shmcpy_from", 2, 2, {"p", "len"}};
	struct state *state = state_of(module);
	struct address *address;
	union arguments given;
	PyObject *result = NULL;
	size_t len;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_size(given.arg[1], "len", &len) < 0)
		return NULL;
	address = pin(state, given.arg[0], CALL_shmcpy_from);
	if (!address)
		return NULL;
	if (check_length("shmcpy_from", len, address->size) == 0)
		result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)len);
	if (result)
		copy_memory(PyBytes_AsString(result), address->memory, len);
	unpin(address);
	return result;
}

PyMethodDef shm_methods[] = {
	CALL_METHOD(shmget),   CALL_METHOD(shmat),     CALL_METHOD(shmdt),
	CALL_METHOD(shmctl),   CALL_METHOD(shmcpy_to), CALL_METHOD(shmcpy_from),
	{NULL, NULL, 0, NULL},
};
