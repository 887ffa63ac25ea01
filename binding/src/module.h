/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The extension module ipc._ipc: what its parts share.
 *
 * The order of every call is the same: convert the arguments (which may run any
 * Python code), then look at the objects again and pin their memory, then make
 * the system call, then look at errno, then build the result.
 */
#ifndef MODULE_H
#define MODULE_H

/*
 * With this the stable ABI's references are counted by the interpreter's own
 * functions.  In place, as the headers of 3.11 do it otherwise, an object that
 * lives for ever (PEP 683: None, a small int) is counted as any other; and since
 * interpreters that have a lock each share such objects, one count that is torn
 * between two of them frees memory that was never allocated.
 */
#ifdef Py_LIMITED_API
#define Py_REF_DEBUG
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "interface/seam.h"

/*
 * Where there is no interpreter's lock (PEP 703), what threads share has locks of
 * its own: the module's state, with which its attachments go, and each structure.
 * While one is held, no Python code runs, and no other is taken.  They guard where
 * memory is and whether it stays; what threads write into one object's memory at
 * the same time is theirs to order, as it is in C.
 */
#ifdef Py_GIL_DISABLED
#define LOCK PyMutex lock;
#define lock(OF) PyMutex_Lock(&(OF)->lock)
#define unlock(OF) PyMutex_Unlock(&(OF)->lock)
/* A word that is looked at without it. */
#define load(WORD) __atomic_load_n(WORD, __ATOMIC_RELAXED)
#define store(WORD, VALUE) __atomic_store_n(WORD, VALUE, __ATOMIC_RELAXED)
#else
#define LOCK
#define lock(OF) ((void)0)
#define unlock(OF) ((void)0)
#define load(WORD) (*(WORD))
#define store(WORD, VALUE) (*(WORD) = (VALUE))
#endif

/*
 * The common path of every call is straight-line code.  Arguments are unpacked without a loop
 * because compilers do not unroll at -O2; rare cases are out of line.
 */
#define likely(X) __builtin_expect(!!(X), 1)
#define unlikely(X) __builtin_expect(!!(X), 0)
#define always_inline inline __attribute__((always_inline))

/* Structures of the table, in its order: the type of struct S is TYPE_S. */
enum type_index {
#define STRUCT(S, U, D) TYPE_##S,
#include "interface/sysvipc.def"
	NTYPES
};

/* Functions of the module that are no system calls of their own. */
#define OTHER_CALLS(X) X(ftok) X(shmcpy_to) X(shmcpy_from)

/* The calls that name themselves in errors and audit events. */
enum call_index {
#define FUNCTION(R, F, P, A) CALL_##F,
#include "interface/sysvipc.def"
#define X(F) CALL_##F,
	OTHER_CALLS(X)
#undef X
		NCALLS
};

/* Calls that may block, each with a memory of whether it lately did (block.c). */
enum blocking_index { BLOCKING_msgsnd, BLOCKING_msgrcv, BLOCKING_semop, NBLOCKING };

struct address;

/* Memory of whole pages; access behind its end faults. */
struct guarded {
	unsigned char *end;
	size_t room; /* bytes before the end */
};

/* METH_FASTCALL */
typedef PyObject *(*fast_function)(PyObject *self, PyObject *const *args, Py_ssize_t nargs);

/* One interpreter's module. */
struct state {
	PyTypeObject *type[NTYPES];
	PyTypeObject *address_type;
	PyTypeObject *pin_type;	      /* address.c */
	PyTypeObject *wait_type;      /* timed.c */
	PyTypeObject *inbox_type;     /* inbox.c */
	PyTypeObject *messages_type;  /* inbox.c */
	PyObject *audit;	      /* sys.audit */
	fast_function audit_function; /* the C function that it is, or NULL */
	PyObject *audit_self;	      /* the first argument of its call, borrowed */
	PyObject *event[NCALLS];      /* "ipc.msgget" */
	struct address *attached;     /* every attachment that is alive */
	unsigned straight[NBLOCKING]; /* block.c: calls to make without a try first */
	struct guarded values;	      /* sem.c: for GETALL and SETALL */
	LOCK			      /* for attached and values */
};

static inline struct state *state_of(PyObject *module)
{
	return PyModule_GetState(module);
}

/* Py_XSETREF, which the limited API lacks: the old value goes last. */
static inline void set_ref(PyObject **place, PyObject *value)
{
	PyObject *old = *place;

	*place = value;
	Py_XDECREF(old);
}

/* No type of this module can be subclassed, so an object's type is the module's. */
static inline struct state *state_of_object(PyObject *object)
{
	return PyType_GetModuleState(Py_TYPE(object));
}

/* ---- structures: structure.c, msgbuf.c, semun.c --------------------------- */

enum member_kind { MEMBER_SIGNED, MEMBER_UNSIGNED, MEMBER_STRUCT, MEMBER_OTHER };

/* What the C compiler saw of a member; the closure of its getter and setter. */
struct member {
	enum member_kind kind;
	bool again;	      /* libc's spelling, "__key", of the one before, "key" */
	enum type_index type; /* MEMBER_STRUCT: its own */
	size_t offset, size;
};

/* Its view of a structure. */
struct layout {
	const char *name, *doc;
	size_t size;
	PyGetSetDef *members; /* each with a struct member; up to a name of NULL */
};
extern const struct layout layouts[NTYPES];

static inline const struct member *member_of(const PyGetSetDef *getset)
{
	return getset->closure;
}

/* An object with the bytes of a C structure; every type of the table begins so. */
struct structure {
	PyObject_HEAD PyObject *weakrefs;
	const struct layout *layout;
	PyObject *around;	      /* the object whose bytes these are, or NULL */
	LOCK			      /* for the address of its bytes, and the target */
		unsigned char *bytes; /* its own ones follow the object */
};

/* Its bytes are on the heap: exactly offsetof(mtext) + capacity. */
struct msgbuf_object {
	struct structure head;
	Py_ssize_t length;   /* of the text that is there */
	Py_ssize_t capacity; /* of the text that there is room for */
	Py_ssize_t pins;     /* views, and calls under way: the bytes must stay */
	struct inbox *inbox; /* which handed it out, until its text is looked at, or NULL */
	unsigned long long serial;
};

/* The program has seen the message: it no longer goes back to its inbox.  inbox.c. */
void inbox_forget(struct msgbuf_object *message);
/* The same, of one that is freed: it goes back if an exception is being raised. */
void inbox_take_back(struct msgbuf_object *message);

/*
 * A copy of its bytes for the kernel to read on a try (sem.c).  It is written only when they
 * change: a read right behind a write costs the kernel as much as the rest of a call costs
 * Python.
 */
struct sembuf_object {
	struct structure head;
	struct sembuf sop; /* its bytes */
	struct sembuf tried;
};
_Static_assert(offsetof(struct sembuf_object, sop) == sizeof(struct structure),
	       "a structure's bytes follow what all have");

/* Its bytes are a union semun, for show: each call makes its pointers anew. */
struct semun_object {
	struct structure head;
	union semun arg;
	const struct member *active; /* the last member set; NULL: none */
	PyObject *target;	     /* the object it points to, or NULL */
};

PyTypeObject *structure_type(PyObject *module, enum type_index index);
/* A zeroed object; of arguments as of the type's constructor. */
PyObject *structure_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
struct structure *structure_alloc(PyTypeObject *type);
int structure_fill(struct structure *self, PyObject *args, PyObject *kwargs);
/* A tuple as of its constructor into C bytes, of a structure of integers alone. */
int pack_integers(enum type_index index, PyObject *values, void *bytes);
void structure_dealloc(PyObject *object);
PyObject *structure_repr(PyObject *object);
PyObject *structure_reduce(PyObject *object, PyObject *unused);
/* The C bytes of an object that is of this type, or NULL with TypeError. */
void *structure_bytes(struct state *state, PyObject *object, enum type_index index,
		      const char *what);
/* The type's index, or NTYPES. */
enum type_index type_index(const struct state *state, const PyTypeObject *type);

extern PyType_Slot msgbuf_slots[], semun_slots[];
PyObject *text_get(PyObject *object, void *member);
int text_set(PyObject *object, PyObject *value, void *member);
PyObject *semun_get(PyObject *object, void *member);
int semun_set(PyObject *object, PyObject *value, void *member);

/* Its bytes stay where they are, and so does its capacity. */
static inline void msgbuf_pin(struct msgbuf_object *self)
{
	if (self->inbox)
		inbox_forget(self);
	lock(&self->head);
	self->pins++;
	unlock(&self->head);
}

static inline void msgbuf_unpin(struct msgbuf_object *self)
{
	lock(&self->head);
	self->pins--;
	unlock(&self->head);
}

PyObject *msgbuf_make(struct state *state, long mtype, PyObject *text);
PyObject *msgbuf_of(struct state *state, long mtype, const void *text, Py_ssize_t length);
/* Text given as bytes-like, or as str in UTF-8; release with PyBuffer_Release. */
int text_view(PyObject *object, Py_buffer *view);

/* ---- attachments: address.c ------------------------------------------------ */

struct address {
	PyObject_HEAD PyObject *weakrefs;
	struct address *next, *previous; /* in state->attached */
	unsigned char *memory;		 /* NULL: detached */
	size_t size;
	int shmid;
	bool readonly;
	bool lent;	 /* a consumer may hold this object and no view */
	Py_ssize_t pins; /* views, and copies under way */
	void *reserved;	 /* since it was detached: in the memory's place, for such */
#ifdef Py_GIL_DISABLED
	PyObject *weak; /* a weak reference to it */
#endif
};

extern PyType_Spec address_spec, pin_spec;
struct address *address_new(struct state *state, void *memory, size_t size, int shmid,
			    bool readonly);
/* An attachment by object or by number; NULL with an error. */
struct address *address_find(struct state *state, PyObject *object, enum call_index call);
/* The error where there is none; NULL. */
struct address *address_missing(enum call_index call);
int address_detach(struct state *state, struct address *self);
/* Its memory stays; false where it is detached. */
static inline bool address_pin(struct address *self)
{
	lock(state_of_object((PyObject *)self));
	const bool attached = self->memory;
	self->pins += attached;
	unlock(state_of_object((PyObject *)self));
	return attached;
}

static inline void address_unpin(struct address *self)
{
	lock(state_of_object((PyObject *)self));
	self->pins--;
	unlock(state_of_object((PyObject *)self));
}

/* Makes it a detached one where its memory went another way; the state is locked. */
void address_forget(struct state *state, struct address *self);

/* ---- arguments: convert.c ---------------------------------------------------- */

/* The parameters of a function: names, the first of which must be given. */
struct signature {
	const char *function;
	int required, n;
	const char *names[5];
};

/* The arguments of a function; NULL: not given. */
union arguments {
	struct {
		PyObject *event, *arg[5];
	};
	PyObject *all[6]; /* as sys.audit takes them */
};

/* -1 with TypeError. */
int parse_any(const struct signature *signature, PyObject *const *args, Py_ssize_t nargs,
	      PyObject *kwnames, union arguments *given);

/* The same, inline for the common case: by position, and not too few. */
static always_inline int parse(const struct signature *signature, PyObject *const *args,
			       Py_ssize_t nargs, PyObject *kwnames, union arguments *given)
{
	if (unlikely(kwnames || nargs < signature->required || nargs > signature->n))
		return parse_any(signature, args, nargs, kwnames, given);
#define PARSE(N)                \
	if (signature->n > (N)) \
		given->arg[N] = signature->required > (N) || nargs > (N) ? args[N] : NULL;
	PARSE(0)
	PARSE(1)
	PARSE(2)
	PARSE(3)
	PARSE(4)
#undef PARSE
	return 0;
}

/* Numbers, by anything with __index__; 0, or -1 with TypeError or OverflowError. */
int to_int_any(PyObject *object, const char *name, int *value);
int to_long_any(PyObject *object, const char *name, long *value);
int to_size_any(PyObject *object, const char *name, size_t *value);
int to_word_any(PyObject *object, const char *name, int *value);

/* The same, inline for the common case: an exact int in a long's range. */
static inline bool is_plain(PyObject *object, long *number)
{
	int overflow;

	if (unlikely(!PyLong_CheckExact(object)))
		return false;
	*number = PyLong_AsLongAndOverflow(object, &overflow);
	return !overflow;
}

static inline int to_int(PyObject *object, const char *name, int *value)
{
	long number;

	if (unlikely(!is_plain(object, &number) || (int)number != number))
		return to_int_any(object, name, value);
	*value = (int)number;
	return 0;
}

static inline int to_long(PyObject *object, const char *name, long *value)
{
	return likely(is_plain(object, value)) ? 0 : to_long_any(object, name, value);
}

static inline int to_size(PyObject *object, const char *name, size_t *value)
{
	long number;

	if (unlikely(!is_plain(object, &number) || number < 0))
		return to_size_any(object, name, value);
	*value = (size_t)number;
	return 0;
}

/* From -2**31 to 2**32-1, kept as C keeps them: keys and flags. */
static inline int to_word(PyObject *object, const char *name, int *value)
{
	long number;

	if (unlikely(!is_plain(object, &number) || (int)number != number))
		return to_word_any(object, name, value);
	*value = (int)number;
	return 0;
}

/* Any integer of size bytes. */
int to_integer(PyObject *object, const char *name, size_t size, bool is_signed, void *value);
PyObject *from_integer(const void *value, size_t size, bool is_signed);
/* (sec, nsec), or seconds. */
int to_timespec(PyObject *object, struct timespec *value);

/* True where an optional argument was left out or is None. */
static inline bool left_out(const PyObject *object)
{
	return !object || object == Py_None;
}

/* ---- making calls: block.c, error.c ------------------------------------------- */

/*
 * Raises the audit event of a call: 0, or -1 where a hook refused it.  sys.audit
 * returns at once where there is no hook, and being a C function it is called as
 * the interpreter calls one: it costs next to nothing then.  An omitted argument is
 * None from then on.
 */
PyObject *audit_any(struct state *state, PyObject *const *args, Py_ssize_t nargs);
static always_inline int audit(struct state *state, enum call_index call, union arguments *given,
			       Py_ssize_t n)
{
	PyObject *result;

	given->event = state->event[call];
#define AUDIT(N)                       \
	if (n > (N) && !given->arg[N]) \
		given->arg[N] = Py_None;
	AUDIT(0)
	AUDIT(1)
	AUDIT(2)
	AUDIT(3)
	AUDIT(4)
#undef AUDIT
	result = likely(state->audit_function)
			 ? state->audit_function(state->audit_self, given->all, n + 1)
			 : audit_any(state, given->all, n + 1);
	Py_XDECREF(result);
	return result ? 0 : -1;
}

/* OSError for errno, with the call's name and what limit was met, if any; NULL. */
PyObject *call_failed(enum call_index call, const char *limit);
/* The TimeoutError of a call whose timeout has passed. */
PyObject *call_timed_out(enum call_index call);

/*
 * A call that may block.  attempt makes it once, with IPC_NOWAIT where nowait
 * says so, and returns as the system call does.
 */
struct blocking {
	long (*attempt)(void *args, bool nowait);
	void *args;
	enum blocking_index index;
	bool may_try;	       /* one with IPC_NOWAIT first means the same */
	bool may_wait;	       /* false: it returns at once by itself */
	bool large;	       /* copies so much that other threads should run meanwhile */
	struct timespec *left; /* of its timeout, kept up to date; or NULL */
};

/* One attempt, while other threads run. */
long attempt_unlocked(const struct blocking *blocking, bool nowait);
long block_until_done(const struct blocking *blocking);

/*
 * How many calls go straight after a try that failed.  The benchmark builds what
 * this is measured against: 0 always tries, -1 never does.
 */
#ifndef STRAIGHT
#define STRAIGHT 64
#endif

/*
 * What the call returned; -1 with errno; -2 where a signal handler raised.
 */
static always_inline long block(struct state *state, const struct blocking *blocking)
{
	unsigned *straight = &state->straight[blocking->index];
	long result;

	if (!blocking->may_wait && !blocking->large) {
		result = blocking->attempt(blocking->args, false);
		if (likely(result != -1 || errno != EINTR))
			return result;
	} else if (STRAIGHT >= 0 && blocking->may_wait && blocking->may_try) {
		const unsigned more = load(straight);
		if (more > 0) {
			store(straight, more - 1);
		} else {
			result = blocking->large ? attempt_unlocked(blocking, true)
						 : blocking->attempt(blocking->args, true);
			/* Any other error is not that it would have to wait. */
			if (result != -1 || (errno != EAGAIN && errno != ENOMSG))
				return result;
			store(straight, STRAIGHT);
		}
	}
	return block_until_done(blocking);
}

/* Copies that are worth letting other threads run, in bytes. */
enum { LARGE_COPY = 64 * 1024, LARGE_SEGMENT = 1024 * 1024 };

/*
 * Copies memory that the caller has pinned, and that may overlap; other threads run if
 * there is much of it.
 */
static inline void copy_memory(void *to, const void *from, size_t n)
{
	if (n < LARGE_COPY) {
		memmove(to, from, n);
		return;
	}
	Py_BEGIN_ALLOW_THREADS memmove(to, from, n);
	Py_END_ALLOW_THREADS
}

/* ---- the functions: msg.c, sem.c, shm.c, and their names of 2003 --------------- */

/* The row of a method table for ipc_NAME, documented by NAME_doc. */
#define CALL_METHOD(NAME)                                                                      \
	{                                                                                      \
#NAME, (PyCFunction)(void (*)(void))ipc_##NAME, METH_FASTCALL | METH_KEYWORDS, \
			NAME##_doc                                                             \
	}

/* A message on its way: msg.c. */
struct transfer {
	int msqid;
	void *msgp;
	size_t msgsz; /* as asked for, if at all */
	long msgtyp;
	int msgflg;
};
/* For struct blocking; args is a struct transfer. */
long attempt_msgsnd(void *args, bool nowait);
long attempt_msgrcv(void *args, bool nowait);
/* OSError for what either returned, with the limit of size that was met; NULL. */
PyObject *transfer_failed(bool receive, size_t msgsz);

/* One operation: sem.c. */
struct operation {
	int semid;
	const struct sembuf *sop, *tried; /* and the same with IPC_NOWAIT */
	struct timespec *timeout;	  /* or NULL */
};
/* One that adds to a value never does. */
static inline bool operation_waits(const struct sembuf *sop)
{
	return sop->sem_op <= 0 && !(sop->sem_flg & IPC_NOWAIT);
}

/* For struct blocking; args is a struct operation. */
long attempt_operation(void *args, bool nowait);

/* semall.c */
void guarded_free(struct guarded *guarded);

extern PyMethodDef msg_methods[], sem_methods[], shm_methods[], structure_methods[], methods_2003[];

/* ---- for the package's own modules: hooks.c ------------------------------------ */

extern PyMethodDef hook_methods[], inbox_functions[];
int hooks_add(PyObject *module, struct state *state);

#endif
