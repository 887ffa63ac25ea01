/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The extension module ipc._ipc: declarations that its source files share.
 *
 * Every call has the same order: convert the arguments (which may run any Python
 * code), look at the objects again and pin their memory, make the system call,
 * read errno, build the result.
 */
#ifndef MODULE_H
#define MODULE_H

/*
 * With Py_REF_DEBUG, Py_INCREF and Py_DECREF of the stable ABI call functions of the
 * interpreter.  The inline code in the headers of 3.11 does not know immortal objects
 * (PEP 683) and would change the counts of None and of small ints.  Subinterpreters with
 * a GIL each share these objects, so the counts would race, and the interpreter could
 * free a static object.
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

#include "interface/checked_calls.h"

/*
 * In the build without the GIL (PEP 703) the module's state (with its list of
 * attachments) and each structure have a lock.  A thread that holds a lock runs no
 * Python code and takes no second lock.  The locks protect pointers to memory and its
 * lifetime.  They do not order writes by several threads to the memory of one object:
 * the program must do that, as in C.
 */
#ifdef Py_GIL_DISABLED
#define MUTEX_MEMBER PyMutex lock;
#define MUTEX_LOCK(OF) PyMutex_Lock(&(OF)->lock)
#define MUTEX_UNLOCK(OF) PyMutex_Unlock(&(OF)->lock)
/* For a word that threads read without the lock. */
#define RELAXED_LOAD(WORD) __atomic_load_n(WORD, __ATOMIC_RELAXED)
#define RELAXED_STORE(WORD, VALUE) __atomic_store_n(WORD, VALUE, __ATOMIC_RELAXED)
#else
#define MUTEX_MEMBER
#define MUTEX_LOCK(OF) ((void)0)
#define MUTEX_UNLOCK(OF) ((void)0)
#define RELAXED_LOAD(WORD) (*(WORD))
#define RELAXED_STORE(WORD, VALUE) (*(WORD) = (VALUE))
#endif

/*
 * Runs a statement without the GIL.  Taking the GIL again may change errno, so the statement's
 * errno is restored afterwards.
 */
#define WITHOUT_GIL(STATEMENT)         \
	do {                           \
		int left_;             \
		Py_BEGIN_ALLOW_THREADS \
		STATEMENT;             \
		left_ = errno;         \
		Py_END_ALLOW_THREADS   \
		errno = left_;         \
	} while (0)

/*
 * The common path of every call is straight-line code.  Arguments are unpacked without a loop
 * because compilers do not unroll at -O2; rare cases are out of line.
 */
#define BRANCH_LIKELY(X) __builtin_expect(!!(X), 1)
#define BRANCH_UNLIKELY(X) __builtin_expect(!!(X), 0)
#define always_inline inline __attribute__((always_inline))

/* Structures of the table, in its order: the type of struct S is TYPE_S. */
enum type_index {
#define STRUCT(S, U, D) TYPE_##S,
#include "interface/sysvipc.def"
	NTYPES
};

/* Functions of the module that make no system call of System V IPC. */
#define OTHER_CALLS(X) X(ftok) X(shmcpy_to) X(shmcpy_from)

/* The calls, for their names in errors and audit events. */
enum call_index {
#define FUNCTION(R, F, P, A) CALL_##F,
#include "interface/sysvipc.def"
#define X(F) CALL_##F,
	OTHER_CALLS(X)
#undef X
		NCALLS
};

/* Calls that may block; the module remembers for each whether it recently did (blocking.c). */
enum blocking_index { BLOCKING_msgsnd, BLOCKING_msgrcv, BLOCKING_semop, NBLOCKING };

struct address;

/* Whole pages of memory; an access past the end faults. */
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
	PyTypeObject *object_type;    /* method.c */
	PyTypeObject *semaphore_type; /* semaphore.c */
	PyTypeObject *method_type;    /* method.c */
	PyObject *bound_type;	      /* types.MethodType: method.c */
	PyObject *zero;		      /* the int 0 */
	PyObject *audit;	      /* sys.audit */
	fast_function audit_function; /* the C function behind audit, or NULL */
	PyObject *audit_self;	      /* self for that function, borrowed */
	PyObject *event[NCALLS];      /* "ipc.msgget" */
	PyObject *callbacks;	      /* "_callbacks": handover.c */
	struct address *attached;     /* list of all attachments */
	int small_shmid;	      /* the last small segment attached, or -1: shm.c */
	unsigned backoff[NBLOCKING];  /* blocking.c: calls to make without a try first */
	struct guarded values;	      /* semall.c: for GETALL and SETALL */
	MUTEX_MEMBER		      /* for attached and values */
};

static inline struct state *state_of(PyObject *module)
{
	return PyModule_GetState(module);
}

/* Py_XSETREF, which the limited API lacks: drops the old reference last. */
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

/* A member as the C compiler laid it out; the closure of its getter and setter. */
struct member {
	const char *path; /* "msqid_ds.msg_qbytes", for errors */
	enum member_kind kind;
	bool again;	      /* an alias of the member before: libc's "__key" of "key" */
	enum type_index type; /* MEMBER_STRUCT: the member's structure */
	size_t offset, size;
};

/* A structure as the C compiler laid it out. */
struct layout {
	const char *name, *doc;
	size_t size;
	PyGetSetDef *members; /* each with a struct member; a NULL name ends the array */
};
extern const struct layout layouts[NTYPES];

static inline const struct member *member_of(const PyGetSetDef *getset)
{
	return getset->closure;
}

/* An object with the bytes of a C structure: the head of every type of the table. */
struct structure {
	PyObject_HEAD
	PyObject *weakrefs;
	const struct layout *layout;
	PyObject *around;     /* the object that owns the bytes; NULL: this object */
	MUTEX_MEMBER	      /* for bytes, and for the target of a semun */
	unsigned char *bytes; /* by default they follow the object's head */
};

/* Its bytes are on the heap: exactly offsetof(mtext) + capacity. */
struct msgbuf_object {
	struct structure head;
	Py_ssize_t length;   /* bytes of text */
	Py_ssize_t capacity; /* bytes of text that fit */
	Py_ssize_t pins;     /* views and running calls, which use the address of the bytes */
	struct inbox *inbox; /* the inbox that can take it back, until the text is read */
	unsigned long long serial;
	bool unclaimed; /* the task that awaited it was cancelled: handover.c */
};

/* Called when the program reads the message: the inbox no longer takes it back (inbox.c). */
void inbox_forget(struct msgbuf_object *message);
/*
 * Called when the message is freed: the inbox takes it back if it is unclaimed, or if an exception
 * is being raised.
 */
void inbox_take_back(struct msgbuf_object *message);

/*
 * tried is a copy of sop with IPC_NOWAIT, for a try (sem.c).  The module writes it only when
 * sop changes.  If the bytes were written just before the system call, the kernel's read of them
 * would take as long as all of Python's part of the call.
 */
struct sembuf_object {
	struct structure head;
	struct sembuf sop; /* the object's bytes */
	struct sembuf tried;
};
_Static_assert(offsetof(struct sembuf_object, sop) == sizeof(struct structure),
	       "the bytes of a structure follow its head");

/* arg has the bytes that a view shows; each call computes its pointers again. */
struct semun_object {
	struct structure head;
	union semun arg;
	const struct member *active; /* the last member set; NULL: none */
	PyObject *target;	     /* the object it points to, or NULL */
};

PyTypeObject *structure_type(PyObject *module, enum type_index index);
/* Makes an object from the arguments of the type's constructor; missing members are 0. */
PyObject *structure_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
struct structure *structure_alloc(PyTypeObject *type);
int structure_fill(struct structure *self, PyObject *args, PyObject *kwargs);
/* Packs a tuple of members into C bytes; the structure has only integers. */
int pack_integers(enum type_index index, PyObject *values, void *bytes);
void structure_dealloc(PyObject *object);
PyObject *structure_repr(PyObject *object);
PyObject *structure_reduce(PyObject *object, PyObject *unused);
/* Returns the C bytes of an object of this type, or NULL with TypeError. */
void *structure_bytes(struct state *state, PyObject *object, enum type_index index,
		      const char *what);
/* Returns the index of a type, or NTYPES. */
enum type_index type_index(const struct state *state, const PyTypeObject *type);

extern PyType_Slot msgbuf_slots[], semun_slots[];
PyObject *text_get(PyObject *object, void *member);
int text_set(PyObject *object, PyObject *value, void *member);
PyObject *semun_get(PyObject *object, void *member);
int semun_set(PyObject *object, PyObject *value, void *member);

/*
 * Keeps the address of the bytes, and the capacity, until msgbuf_unpin().  A message that is to be
 * sent is not read yet: if that fails, its inbox can still take it back.
 */
static inline void msgbuf_pin_unread(struct msgbuf_object *self)
{
	MUTEX_LOCK(&self->head);
	self->pins++;
	MUTEX_UNLOCK(&self->head);
}

static inline void msgbuf_pin(struct msgbuf_object *self)
{
	if (self->inbox)
		inbox_forget(self);
	msgbuf_pin_unread(self);
}

static inline void msgbuf_unpin(struct msgbuf_object *self)
{
	MUTEX_LOCK(&self->head);
	self->pins--;
	MUTEX_UNLOCK(&self->head);
}

PyObject *msgbuf_make(struct state *state, long mtype, PyObject *text);
PyObject *msgbuf_of(struct state *state, long mtype, const void *text, Py_ssize_t length);
/* Makes a message that owns a block of PyMem_Malloc(); on an error the caller still owns it. */
PyObject *msgbuf_adopt(struct state *state, unsigned char *bytes, Py_ssize_t length);
/*
 * Opens a view of an argument that is bytes-like or a str (UTF-8); release it with
 * PyBuffer_Release.
 */
int text_view(PyObject *object, const char *name, Py_buffer *view);

/* ---- attachments: address.c ------------------------------------------------ */

struct address {
	PyObject_HEAD
	PyObject *weakrefs;
	struct address *next, *previous; /* in state->attached */
	unsigned char *memory;		 /* NULL: detached */
	size_t size;
	int shmid;
	bool readonly;
	bool lent;	 /* a consumer may use the memory without holding a view */
	Py_ssize_t pins; /* views and running copies */
	void *reserved;	 /* after detaching: zeroed memory in the segment's place, if lent */
#ifdef Py_GIL_DISABLED
	PyObject *weak; /* a weak reference to it */
#endif
};

extern PyType_Spec address_spec, pin_spec;
struct address *address_new(struct state *state, void *memory, size_t size, int shmid,
			    bool readonly);
/* Finds an attachment by object or by number; NULL with an exception. */
struct address *address_find(struct state *state, PyObject *object, enum call_index call);
/* Raises the error of an address where nothing is attached; returns NULL. */
struct address *address_missing(enum call_index call);
int address_detach(struct state *state, struct address *self);
/* Keeps the segment attached until address_unpin(); false if it is detached already. */
static inline bool address_pin(struct address *self)
{
	MUTEX_LOCK(state_of_object((PyObject *)self));
	const bool attached = self->memory;
	self->pins += attached;
	MUTEX_UNLOCK(state_of_object((PyObject *)self));
	return attached;
}

static inline void address_unpin(struct address *self)
{
	MUTEX_LOCK(state_of_object((PyObject *)self));
	self->pins--;
	MUTEX_UNLOCK(state_of_object((PyObject *)self));
}

/* Marks an attachment as detached without unmapping it; the caller has locked the state. */
void address_forget(struct state *state, struct address *self);

/* ---- arguments: convert.c ---------------------------------------------------- */

/* The parameters of a function; the first required ones have no default. */
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
	PyObject *all[6]; /* the arguments of sys.audit */
};

/* Stores arguments by position and by keyword in given; -1 with TypeError. */
int parse_any(const struct signature *signature, PyObject *const *args, Py_ssize_t nargs,
	      PyObject *kwnames, union arguments *given);

/* parse_any() with the common case inline: all arguments by position, and enough of them. */
static always_inline int parse(const struct signature *signature, PyObject *const *args,
			       Py_ssize_t nargs, PyObject *kwnames, union arguments *given)
{
	if (BRANCH_UNLIKELY(kwnames || nargs < signature->required || nargs > signature->n))
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

/* Whether iter() accepts the object. */
static inline bool is_iterable(PyObject *object)
{
	return PyType_GetSlot(Py_TYPE(object), Py_tp_iter) || PySequence_Check(object);
}

/* Returns the int of an object with __index__; NULL with a TypeError that names the argument. */
PyObject *to_index(PyObject *object, const char *name);
/* The same with ValueError for a number below 1. */
PyObject *to_positive(PyObject *object, const char *name);
/* Convert any object with __index__; 0, or -1 with TypeError or OverflowError. */
int to_int_any(PyObject *object, const char *name, int *value);
int to_long_any(PyObject *object, const char *name, long *value);
int to_size_any(PyObject *object, const char *name, size_t *value);
int to_word_any(PyObject *object, const char *name, int *value);

/* The common case, inline: returns true for an exact int in the range of a C long. */
static inline bool is_plain(PyObject *object, long *number)
{
	int overflow;

	if (BRANCH_UNLIKELY(!PyLong_CheckExact(object)))
		return false;
	*number = PyLong_AsLongAndOverflow(object, &overflow);
	return !overflow;
}

static inline int to_int(PyObject *object, const char *name, int *value)
{
	long number;

	if (BRANCH_UNLIKELY(!is_plain(object, &number) || (int)number != number))
		return to_int_any(object, name, value);
	*value = (int)number;
	return 0;
}

static inline int to_long(PyObject *object, const char *name, long *value)
{
	return BRANCH_LIKELY(is_plain(object, value)) ? 0 : to_long_any(object, name, value);
}

static inline int to_size(PyObject *object, const char *name, size_t *value)
{
	long number;

	if (BRANCH_UNLIKELY(!is_plain(object, &number) || number < 0))
		return to_size_any(object, name, value);
	*value = (size_t)number;
	return 0;
}

/* Keys and flags: from -2**31 to 2**32-1, of which C keeps the 32 bits. */
static inline int to_word(PyObject *object, const char *name, int *value)
{
	long number;

	if (BRANCH_UNLIKELY(!is_plain(object, &number) || (int)number != number))
		return to_word_any(object, name, value);
	*value = (int)number;
	return 0;
}

/* Converts an integer of size bytes. */
int to_integer(PyObject *object, const char *name, size_t size, bool is_signed, void *value);
PyObject *from_integer(const void *value, size_t size, bool is_signed);
/* Converts (sec, nsec), or seconds. */
int to_timespec(PyObject *object, struct timespec *value);

/* True if an optional argument was left out or is None. */
static inline bool left_out(const PyObject *object)
{
	return !object || object == Py_None;
}

/* ---- making calls: blocking.c, error.c ------------------------------------------- */

/*
 * Raises the audit event of a call: 0, or -1 if a hook refused the call.  An omitted
 * argument becomes None.  The module calls the C function behind sys.audit directly
 * because that is almost free without a hook.
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
	result = BRANCH_LIKELY(state->audit_function)
			 ? state->audit_function(state->audit_self, given->all, n + 1)
			 : audit_any(state, given->all, n + 1);
	Py_XDECREF(result);
	return result ? 0 : -1;
}

/* Raises OSError for errno, with the call's name and the limit that was hit, if any; NULL. */
PyObject *call_failed(enum call_index call, const char *limit);
/* Raises TimeoutError for a call; NULL. */
PyObject *call_timed_out(enum call_index call);

/*
 * A call that may block.  attempt makes the system call once, with IPC_NOWAIT if
 * nowait is true, and returns its result.
 */
struct blocking {
	long (*attempt)(void *args, bool nowait);
	void *args;
	enum blocking_index index;
	bool may_try;	       /* trying with IPC_NOWAIT first has the same effect */
	bool may_wait;	       /* false: the call never blocks */
	bool large;	       /* it copies so much that it releases the GIL */
	struct timespec *left; /* time left, which each attempt updates; or NULL */
};

/* Makes one attempt with the GIL released. */
long attempt_unlocked(const struct blocking *blocking, bool nowait);
long block_until_done(const struct blocking *blocking);

/*
 * After a try that would have blocked, this many calls block without a try.  For comparison
 * the benchmark also builds 0 (always try) and -1 (never try).
 */
#ifndef BACKOFF
#define BACKOFF 64
#endif

/* Returns the call's result; -1 with errno; -2 if a signal handler raised an exception. */
static always_inline long call_blocking(struct state *state, const struct blocking *blocking)
{
	unsigned *backoff = &state->backoff[blocking->index];
	long result;

	if (!blocking->may_wait && !blocking->large) {
		result = blocking->attempt(blocking->args, false);
		if (BRANCH_LIKELY(result != -1 || errno != EINTR))
			return result;
	} else if (BACKOFF >= 0 && blocking->may_wait && blocking->may_try) {
		const unsigned more = RELAXED_LOAD(backoff);
		if (more > 0) {
			RELAXED_STORE(backoff, more - 1);
		} else {
			result = blocking->large ? attempt_unlocked(blocking, true)
						 : blocking->attempt(blocking->args, true);
			/* Only these two errors mean that the call would block. */
			if (result != -1 || (errno != EAGAIN && errno != ENOMSG))
				return result;
			RELAXED_STORE(backoff, BACKOFF);
		}
	}
	return block_until_done(blocking);
}

/* A call releases the GIL for a copy, or for a segment, of at least this size. */
enum { LARGE_COPY = 64 * 1024, LARGE_SEGMENT = 1024 * 1024 };

/*
 * Copies memory that the caller has pinned; the ranges may overlap.  Releases the GIL
 * for a large copy.
 */
static inline void copy_memory(void *to, const void *from, size_t n)
{
	if (n < LARGE_COPY) {
		memmove(to, from, n);
		return;
	}
	Py_BEGIN_ALLOW_THREADS
	memmove(to, from, n);
	Py_END_ALLOW_THREADS
}

/* ---- the functions: msg.c, sem.c, shm.c, and their names of 2003 --------------- */

/*
 * The row of a method table for ipc_NAME, documented by NAME_doc.  These functions look alike up
 * to the call of parse().  No macro can make their docstrings and signatures: stubs.py reads the
 * docstrings literally from the source, and the compiler removes the branches of the inlined
 * parse() only if the signature is a constant in the same function.
 */
#define CALL_METHOD(NAME)                                                                      \
	{                                                                                      \
#NAME, (PyCFunction)(void (*)(void))ipc_##NAME, METH_FASTCALL | METH_KEYWORDS, \
			NAME##_doc                                                             \
	}

/* The arguments of msgsnd and msgrcv: msg.c. */
struct transfer {
	int msqid;
	void *msgp;
	size_t msgsz;
	long msgtyp; /* of msgsnd: the type of the message, for the error */
	int msgflg;
};
/* For struct blocking; args is a struct transfer. */
long attempt_msgsnd(void *args, bool nowait);
long attempt_msgrcv(void *args, bool nowait);
/* Raises OSError for either call, with the limit that was hit, if any; NULL. */
PyObject *transfer_failed(bool receive, const struct transfer *t);

/* A single operation: sem.c. */
struct operation {
	int semid;
	const struct sembuf *sop, *tried; /* tried is sop with IPC_NOWAIT */
	struct timespec *timeout;	  /* or NULL */
};
/* True if the operation may block; one that adds to the value never does. */
static inline bool operation_waits(const struct sembuf *sop)
{
	return sop->sem_op <= 0 && !(sop->sem_flg & IPC_NOWAIT);
}

/* For struct blocking; args is a struct operation. */
long attempt_operation(void *args, bool nowait);

/* semall.c */
void guarded_free(struct guarded *guarded);

extern PyMethodDef msg_methods[], sem_methods[], shm_methods[], structure_methods[], swig_methods[];

/* ---- for the package's own modules: internal.c ------------------------------------ */

extern PyMethodDef internal_methods[], inbox_functions[], handover_functions[], method_functions[];
int internal_add(PyObject *module, struct state *state);
int method_add(PyObject *module, struct state *state);

#endif
