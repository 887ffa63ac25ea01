/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Shared memory: shmget, shmat, shmdt, shmctl, shmcpy_to, shmcpy_from. */
#include "control.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel_constants.h"

PyDoc_STRVAR(shmget_doc,
	     "shmget(key, size, shmflg)\n--\n\n"
	     "Return the identifier of the shared memory segment of a key; make it if asked to.\n\n"
	     "key: IPC_PRIVATE, or 32 bits, signed or unsigned.  size: bytes of a new segment, 0\n"
	     "for any that is there.  shmflg: permission bits, IPC_CREAT, IPC_EXCL, SHM_HUGETLB,\n"
	     "SHM_HUGE_2MB and its kin, SHM_NORESERVE.\n\n"
	     "OSError: EACCES, EEXIST, EINVAL (shmmin, shmmax, or fewer bytes in the segment),\n"
	     "ENFILE, ENOENT, ENOMEM, ENOSPC (shmmni, shmall), EPERM.  See shmget(2).");

/* The limit behind an error of shmget, if it is one of size or number. */
static const char *shmget_limit(key_t key, size_t size)
{
	const int error = errno;
	struct shminfo info = {0};
	const char *limit = NULL;

	if (error == ENOSPC)
		limit = "shmmni or shmall is reached";
	else if (error == EINVAL && seam_shmctl(0, IPC_INFO, (struct shmid_ds *)&info) != -1)
		limit = size < info.shmmin   ? "size is below shmmin"
			: size > info.shmmax ? "size is above shmmax"
			: key != IPC_PRIVATE && seam_shmget(key, 0, 0) != -1
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
	shmid = seam_shmget(key, size, shmflg);
	return shmid == -1 ? call_failed(CALL_shmget, shmget_limit(key, size))
			   : PyLong_FromLong(shmid);
}

/* ---- addresses that are asked for ----------------------------------------------------- */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* In bytes; whole pages are mapped. */
static size_t page_rounded(size_t size)
{
	const size_t page = page_size();

	return (size + page - 1) / page * page;
}

struct mapping {
	unsigned long long begin, end;
	char name[16];
};

/* A mapping, by where it begins or by its name, from proc(5); false if /proc does not have it. */
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
 * The main thread's stack grows when it is used, and a process whose stack meets a
 * mapping, or 256 pages before it (mm/mmap.c, stack_guard_gap), is killed.
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
		limit.rlim_cur = 8 << 20; /* what Linux begins with */
	return stack.end - end < limit.rlim_cur + 256 * page_size();
}

/* ---- SHM_REMAP ---------------------------------------------------------------------- */

static bool overlaps(const struct address *self, uintptr_t begin, uintptr_t end)
{
	const uintptr_t memory = (uintptr_t)self->memory;

	return memory < end && begin < memory + page_rounded(self->size);
}

/* The attachment that has the byte, without views; NULL with an error. */
static struct address *remappable(struct state *state, uintptr_t byte)
{
	for (struct address *self = state->attached; self; self = self->next) {
		if (!overlaps(self, byte, byte + 1))
			continue;
		if (self->pins == 0)
			return self;
		PyErr_SetString(PyExc_ValueError,
				"shmat: SHM_REMAP over an attachment that has views");
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

/* A mapping over a segment detaches it: unmap the rest, and forget the segment. */
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
 * SHM_REMAP maps over whatever is there, so it is let through only where
 * nothing but this module's own attachments is.  How long the mapping will be,
 * an attachment of the same segment tells, which also keeps the identifier from
 * becoming another segment's meanwhile.  Returns as shmat does, or NULL with an
 * exception.
 */
static void *remap(struct state *state, int shmid, uintptr_t begin, int shmflg)
{
	void *trial, *memory = NULL;
	struct mapping mapping;
	uintptr_t end;

	if (shmflg & SHM_RND)
		begin -= begin % (uintptr_t)SHMLBA;
	trial = seam_shmat(shmid, NULL, shmflg & ~(SHM_REMAP | SHM_RND));
	if (trial == (void *)-1)
		return trial;
	/* A segment of huge pages maps more than IPC_STAT says. */
	end = find_mapping((uintptr_t)trial, NULL, &mapping)
		      ? begin + (uintptr_t)(mapping.end - mapping.begin)
		      : begin;
	lock(state);
	if (end <= begin) {
		PyErr_SetString(PyExc_ValueError, "shmat: SHM_REMAP needs /proc/self/maps");
	} else if (check_range(state, begin, end) == 0) {
		memory = seam_shmat(shmid, (void *)begin, shmflg);
		if (memory != (void *)-1)
			detach_remapped(state, begin, end);
	}
	const int error = errno;
	unlock(state);
	seam_shmdt(trial);
	errno = error;
	return memory;
}

/* ---- shmat, shmdt ----------------------------------------------------------------------- */

/* None, a number, or an attachment: where it is. */
static int to_address(struct state *state, PyObject *object, uintptr_t *value)
{
	size_t number = 0;

	if (!left_out(object) && Py_TYPE(object) == state->address_type) {
		struct address *self = address_find(state, object, CALL_shmat);
		if (!self)
			return -1;
		number = (uintptr_t)load(&self->memory);
		Py_DECREF((PyObject *)self);
	} else if (!left_out(object) && to_size(object, "shmaddr", &number) < 0) {
		return -1;
	}
	*value = number;
	return 0;
}

/* The object of a fresh attachment; its size is read now that nobody can change it. */
static PyObject *attached(struct state *state, void *memory, int shmid, bool readonly)
{
	struct address *self = NULL;
	struct shmid_ds ds;

	if (seam_shmctl(shmid, IPC_STAT, &ds) == -1)
		call_failed(CALL_shmat, NULL);
	else
		self = address_new(state, memory, ds.shm_segsz, shmid, readonly);
	if (!self)
		seam_shmdt(memory);
	return (PyObject *)self;
}

/* The reason why an address is wrong, if the error is about the address. */
static const char *shmat_limit(uintptr_t shmaddr, int shmflg)
{
	return errno == EINVAL && !(shmflg & SHM_RND) && shmaddr % (uintptr_t)SHMLBA != 0
		       ? "shmaddr is no multiple of SHMLBA"
		       : NULL;
}

/*
 * Other threads run meanwhile: under mlockall(2) with MCL_FUTURE the call fills the whole
 * segment, and nothing says beforehand how large that is.
 */
static void *attach(int shmid, const void *shmaddr, int shmflg)
{
	void *memory;
	int error;

	Py_BEGIN_ALLOW_THREADS memory = seam_shmat(shmid, shmaddr, shmflg);
	error = errno;
	Py_END_ALLOW_THREADS errno = error;
	return memory;
}

PyDoc_STRVAR(shmat_doc,
	     "shmat(shmid, shmaddr=None, shmflg=0)\n--\n\n"
	     "Attach a segment; return a shm_address.\n\n"
	     "shmaddr: None for wherever there is room, or an address.  shmflg: SHM_RDONLY,\n"
	     "SHM_RND, SHM_EXEC, and SHM_REMAP, which is let through only onto attachments of\n"
	     "this module that have no views (ValueError); they are detached by it.\n"
	     "ValueError too where the main thread's stack is to grow.\n\n"
	     "OSError: EACCES, EIDRM, EINVAL, ENOMEM.  See shmop(2).");

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
					       : attach(shmid, (void *)shmaddr, shmflg);
	if (memory == (void *)-1)
		return call_failed(CALL_shmat, shmat_limit(shmaddr, shmflg));
	address = memory ? attached(state, memory, shmid, shmflg & SHM_RDONLY) : NULL;
	if (address && shmaddr && in_way_of_stack((struct address *)address)) {
		Py_CLEAR(address);
		PyErr_SetString(PyExc_ValueError, "shmat: the stack is to grow there");
	}
	return address;
}

PyDoc_STRVAR(shmdt_doc,
	     "shmdt(shmaddr)\n--\n\n"
	     "Detach a segment; return 0.\n\n"
	     "shmaddr: a shm_address, or the number of one that is attached.\n\n"
	     "BufferError: views of it are alive.  OSError: EINVAL, nothing is attached there.\n"
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

/* Commands that go through every page of the segment, which may be many. */
static bool takes_long(int shmid, int cmd)
{
	struct shmid_ds ds;

	return (cmd == IPC_RMID || cmd == SHM_LOCK || cmd == SHM_UNLOCK) &&
	       (seam_shmctl(shmid, IPC_STAT, &ds) == -1 || ds.shm_segsz >= LARGE_SEGMENT);
}

PyDoc_STRVAR(shmctl_doc,
	     "shmctl(shmid, cmd, buf=None)\n--\n\n"
	     "Read or change a segment; return what C returns.\n\n"
	     "cmd and buf: IPC_STAT, IPC_SET, SHM_STAT, SHM_STAT_ANY with a shmid_ds; IPC_INFO\n"
	     "with a shminfo; SHM_INFO with a shm_info; IPC_RMID, SHM_LOCK, SHM_UNLOCK.  For\n"
	     "SHM_STAT and SHM_STAT_ANY shmid is a slot.\n\n"
	     "OSError: EACCES, EIDRM, EINVAL, ENOMEM (RLIMIT_MEMLOCK), EPERM.  See shmctl(2).");

static PyObject *ipc_shmctl(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			    PyObject *kwnames)
{
	static const struct signature signature = {"shmctl", 2, 3, {"shmid", "cmd", "buf"}};
	struct state *state = state_of(module);
	union arguments given;
	int shmid, cmd, result, error;
	void *buf;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_int(given.arg[0], "shmid", &shmid) < 0 || to_int(given.arg[1], "cmd", &cmd) < 0 ||
	    control_buffer(state, control_of(CALL_shmctl, cmd), given.arg[2], &buf) < 0 ||
	    audit(state, CALL_shmctl, &given, 3) < 0)
		return NULL;
	if (takes_long(shmid, cmd)) {
		Py_BEGIN_ALLOW_THREADS result = seam_shmctl(shmid, cmd, NULL);
		error = errno;
		Py_END_ALLOW_THREADS errno = error;
	} else {
		result = seam_shmctl(shmid, cmd, buf);
	}
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

/* An attachment whose memory stays, until it is unpinned. */
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

PyDoc_STRVAR(shmcpy_to_doc,
	     "shmcpy_to(p, data, len=None)\n--\n\n"
	     "Copy data, bytes-like or str (as UTF-8), to the beginning of an attached segment.\n\n"
	     "p: a shm_address, or the number of one.  len: bytes to copy; None: all of data.\n\n"
	     "ValueError: len above the data, or past the segment's end.  BufferError: the\n"
	     "segment is attached with SHM_RDONLY.  See shmop(2).");

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
	    text_view(given.arg[1], &data) < 0)
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

PyDoc_STRVAR(shmcpy_from_doc,
	     "shmcpy_from(p, len)\n--\n\n"
	     "Return len bytes from the beginning of an attached segment.\n\n"
	     "p: a shm_address, or the number of one.  ValueError: past the segment's end.\n"
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
