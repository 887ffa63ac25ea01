/*
 * What the package's own modules (ipc/queue.py and its kin) need beyond the C functions: calls
 * that a time or another thread may end, loops over many messages, and a class to export memory.
 * They are private, and the C functions do without them.
 *
 * msgsnd(2) and msgrcv(2) have no timeout, so a timer of the waiting thread alone
 * (timer_create(2), SIGEV_THREAD_ID) interrupts them by a signal.  It sends the signal again
 * and again, because the first may come just before the call; another thread ends a call by
 * setting the timer to now.  Where there is no timer, the thread tries again and again.
 *
 * The signal is the one that libc keeps for pthread_cancel(3).  A program cannot reach it:
 * sigaction(3) refuses it, sigfillset(3) and sigprocmask(3) leave it out, so no program
 * handles, ignores, blocks or waits for it.  Libc's handler does nothing unless another thread
 * of the process has sent the signal by tgkill(2), which a timer does not (si_code is
 * SI_TIMER); it is installed by the first pthread_cancel(3), in glibc before 2.34 at the start.
 */
#include "module.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id /* glibc has the member, but no name for it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* ---- the signal ------------------------------------------------------------------------ */

/* SIGCANCEL: nptl/internaltypes.h of glibc, src/internal/pthread_impl.h of musl. */
#ifdef __GLIBC__
enum { SIGNAL = 32 };
#else
enum { SIGNAL = 33 };
#endif

/* What rt_sigaction(2) takes, which is not libc's structure. */
#if defined(__mips__)
struct disposition {
	unsigned int flags;
	void (*handler)(int);
	unsigned long mask[16 / sizeof(long)];
};
#elif defined(__riscv) || defined(__loongarch__)
struct disposition {
	void (*handler)(int);
	unsigned long flags;
	unsigned long mask[8 / sizeof(long)];
};
#else
struct disposition {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask[8 / sizeof(long)];
};
#endif
enum { MASK_SIZE = sizeof(((struct disposition *)0)->mask) };

/* Those whose rt_sigaction(2) takes other arguments do without the signal. */
#if defined(__alpha__) || defined(__sparc__) || defined(__hppa__) || defined(__ia64__)
#undef SYS_rt_sigaction
#endif

/* x86_64 returns from a handler by code of the program's; debuggers know it by its bytes. */
#ifdef __x86_64__
#ifdef __ILP32__
#define RT_SIGRETURN "0x40000201"
#else
#define RT_SIGRETURN "15"
#endif
extern void ipc_return_from_handler(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
	".type ipc_return_from_handler,@function\n"
	".hidden ipc_return_from_handler\n"
	".globl ipc_return_from_handler\n"
	"ipc_return_from_handler:\n"
	"	mov $" RT_SIGRETURN ", %rax\n"
	"	syscall\n"
	".size ipc_return_from_handler, .-ipc_return_from_handler\n");
#endif

/* Of wait objects; no Python runs while a thread holds it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void interrupt(int Py_UNUSED(signal))
{
	/* That there is a handler is what makes a call return EINTR. */
}

/* Whether the signal has a handler: libc's, or from now on this one. */
static bool claim_signal(void)
{
#ifdef SYS_rt_sigaction
	struct disposition mine = {.handler = interrupt}, is;

	if (syscall(SYS_rt_sigaction, SIGNAL, NULL, &is, MASK_SIZE) != 0)
		return false;
	if (is.handler != SIG_DFL && is.handler != SIG_IGN)
		return true;
#ifdef __x86_64__
	mine.flags = 0x04000000; /* SA_RESTORER */
	mine.restorer = ipc_return_from_handler;
#endif
	return syscall(SYS_rt_sigaction, SIGNAL, &mine, NULL, MASK_SIZE) == 0;
#else
	return false;
#endif
}

/* Only a parent of odd habits has it blocked; then it is to be blocked again. */
static void unblock_signal(unsigned long before[])
{
	unsigned long only[MASK_SIZE / sizeof(long)] = {0};
	const unsigned bits = 8 * sizeof(long);

	only[(SIGNAL - 1) / bits] = 1UL << (SIGNAL - 1) % bits;
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, only, before, MASK_SIZE);
}

static void restore_mask(const unsigned long before[])
{
	const unsigned bits = 8 * sizeof(long);

	if (before[(SIGNAL - 1) / bits] & 1UL << (SIGNAL - 1) % bits)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, MASK_SIZE);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void parent_after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

/* The threads that wait are the parent's, and no signal is pending for this one. */
static void child_after_fork(void)
{
#ifdef SYS_rt_sigaction
	const struct disposition none = {.handler = SIG_DFL};
	struct disposition is;

	if (syscall(SYS_rt_sigaction, SIGNAL, NULL, &is, MASK_SIZE) == 0 && is.handler == interrupt)
		syscall(SYS_rt_sigaction, SIGNAL, &none, NULL, MASK_SIZE);
#endif
	pthread_mutex_unlock(&lock);
}

static void watch_forks(void)
{
	static bool watched;

	pthread_mutex_lock(&lock);
	if (!watched)
		watched = pthread_atfork(before_fork, parent_after_fork, child_after_fork) == 0;
	pthread_mutex_unlock(&lock);
}

/* ---- the timer ---------------------------------------------------------------------------- */

/* Past libc, whose functions are in another library before glibc 2.34. */
static int create_timer(int *timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL};

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	return (int)syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer);
}

/* From then on, again and again. */
static void set_timer(int timer, int flags, struct timespec when)
{
	const struct itimerspec spec = {.it_value = when, .it_interval = {.tv_nsec = 1000000}};

#ifdef SYS_timer_settime64
	if (sizeof(when.tv_sec) > sizeof(long)) {
		syscall(SYS_timer_settime64, timer, flags, &spec, NULL);
		return;
	}
#endif
#ifdef SYS_timer_settime
	syscall(SYS_timer_settime, timer, flags, &spec, NULL);
#endif
}

static void set_timer_now(int timer)
{
	set_timer(timer, 0, (struct timespec){.tv_nsec = 1});
}

/* ---- what ends a call ----------------------------------------------------------------------- */

/* By which another thread ends one. */
struct wait {
	PyObject_HEAD bool woken; /* and no call has ended by it yet */
	bool armed;		  /* a call is under way, with this timer */
	int timer;
};

struct limits {
	bool timed;
	struct timespec deadline; /* of CLOCK_MONOTONIC */
	struct wait *wait;	  /* or NULL */
};

/* Beside what a call returns, and -1. */
enum { RAISED = -2, LATE = -3, WOKEN = -4, NO_TIMER = -5 };

enum { SECOND = 1000000000 }; /* in nanoseconds */

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static bool is_over(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return !is_before(&now, deadline);
}

/* Seconds or None, and a _Wait or None. */
static always_inline int to_limits(struct state *state, PyObject *timeout, PyObject *wait,
				   struct limits *limits)
{
	/* Longer than that, some thirty years, is for ever. */
	const time_t for_ever = 1 << 30;
	struct timespec time = {0};

	*limits = (struct limits){0};
	if (wait != Py_None && Py_TYPE(wait) != state->wait_type) {
		PyErr_SetString(PyExc_TypeError, "wait: a _Wait is needed");
		return -1;
	}
	limits->wait = wait == Py_None ? NULL : (struct wait *)wait;
	if (timeout == Py_None)
		return 0;
	if (to_timespec(timeout, &time) < 0)
		return -1;
	limits->timed = time.tv_sec < for_ever;
	clock_gettime(CLOCK_MONOTONIC, &limits->deadline);
	if (time.tv_sec < 0 || !limits->timed)
		return 0;
	limits->deadline.tv_sec += time.tv_sec;
	limits->deadline.tv_nsec += time.tv_nsec;
	if (limits->deadline.tv_nsec >= SECOND) {
		limits->deadline.tv_sec++;
		limits->deadline.tv_nsec -= SECOND;
	}
	return 0;
}

static bool take_woken(struct wait *wait)
{
	bool woken;

	if (!wait)
		return false;
	pthread_mutex_lock(&lock);
	woken = wait->woken;
	wait->woken = false;
	pthread_mutex_unlock(&lock);
	return woken;
}

static void arm(int timer, const struct limits *limits)
{
	struct wait *wait = limits->wait;

	if (limits->timed)
		set_timer(timer, TIMER_ABSTIME, limits->deadline);
	if (!wait)
		return;
	pthread_mutex_lock(&lock);
	wait->timer = timer;
	wait->armed = true;
	if (wait->woken)
		set_timer_now(timer);
	pthread_mutex_unlock(&lock);
}

static void disarm(int timer, struct wait *wait)
{
	if (wait) {
		pthread_mutex_lock(&lock);
		wait->armed = false;
		pthread_mutex_unlock(&lock);
	}
	/* What it sent is delivered when this returns, at the latest. */
	syscall(SYS_timer_delete, timer);
}

/* One attempt that ends by the limits too, with EINTR.  No Python runs meanwhile. */
static long attempt_limited(const struct blocking *blocking, const struct limits *limits)
{
	unsigned long mask[MASK_SIZE / sizeof(long)] = {0};
	long result;
	int timer, error;

	/* RLIMIT_SIGPENDING bounds the timers of a user. */
	if (!claim_signal() || create_timer(&timer) != 0)
		return NO_TIMER;
	unblock_signal(mask);
	arm(timer, limits);
	result = blocking->attempt(blocking->args, false);
	error = errno;
	disarm(timer, limits->wait);
	restore_mask(mask);
	errno = error;
	return result;
}

/* The nanoseconds after which a thread without a timer looks again: it waits ever longer. */
enum { SOON = 50000, LATER = 10000000 };

static void pause_before_retry(const struct limits *limits, long *pause)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += *pause;
	if (end.tv_nsec >= SECOND) {
		end.tv_sec++;
		end.tv_nsec -= SECOND;
	}
	if (limits->timed && is_before(&limits->deadline, &end))
		end = limits->deadline;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	*pause = *pause < LATER / 2 ? 2 * *pause : LATER;
}

static bool would_wait(long result)
{
	return result == -1 && (errno == EAGAIN || errno == ENOMSG);
}

/* What the call returned; -1 with errno; or what ended it. */
static long wait_until_done(const struct blocking *blocking, const struct limits *limits)
{
	long result = blocking->large ? attempt_unlocked(blocking, true)
				      : blocking->attempt(blocking->args, true);
	long pause = SOON;
	int error;

	if (!would_wait(result))
		return result;
	for (;;) {
		if (limits->timed && is_over(&limits->deadline))
			return LATE;
		Py_BEGIN_ALLOW_THREADS result = attempt_limited(blocking, limits);
		if (result == NO_TIMER) {
			pause_before_retry(limits, &pause);
			result = blocking->attempt(blocking->args, true);
			if (would_wait(result))
				errno = EINTR;
		}
		error = errno;
		Py_END_ALLOW_THREADS errno = error;
		if (result != -1 || error != EINTR)
			return result;
		if (take_woken(limits->wait))
			return WOKEN;
		if (PyErr_CheckSignals() < 0)
			return RAISED;
	}
}

static always_inline long call(struct state *state, const struct blocking *blocking,
			       const struct limits *limits)
{
	return blocking->may_wait && (limits->timed || limits->wait)
		       ? wait_until_done(blocking, limits)
		       : block(state, blocking);
}

/* The exception for what call() returned below zero, WOKEN aside. */
static void call_ended(enum call_index index, long result)
{
	if (result == LATE)
		call_timed_out(index);
	else if (result != RAISED)
		call_failed(index, NULL);
}

static PyObject *wait_wake(PyObject *object, PyObject *Py_UNUSED(unused))
{
	struct wait *wait = (struct wait *)object;

	pthread_mutex_lock(&lock);
	wait->woken = true;
	if (wait->armed)
		set_timer_now(wait->timer);
	pthread_mutex_unlock(&lock);
	Py_RETURN_NONE;
}

static PyMethodDef wait_methods[] = {
	{"wake", wait_wake, METH_NOARGS,
	 "wake($self, /)\n--\n\nEnd the call that waits with it, or the next one that would."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot wait_slots[] = {
	{Py_tp_doc, "_Wait()\n--\n\nBy which another thread ends a call that waits."},
	{Py_tp_methods, wait_methods},
	{0, NULL},
};

static PyType_Spec wait_spec = {
	.name = "ipc._ipc._Wait",
	.basicsize = sizeof(struct wait),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = wait_slots,
};

/* ---- messages --------------------------------------------------------------------- */

enum {
	HEAD = offsetof(struct msgbuf, mtext),
	FEW = 8192,  /* bytes: msgmax, unless somebody changed it */
	MANY = 1024, /* messages, after which signals are looked at, and other threads run */
};

/* Memory for a message, here if it is short. */
struct room {
	struct msgbuf *msgp;
	size_t size; /* of text */
	union {
		struct msgbuf msgbuf;
		char bytes[HEAD + FEW];
	} here;
};

static int room_alloc(struct room *room, size_t size)
{
	room->msgp = &room->here.msgbuf;
	room->size = FEW;
	if (size <= FEW)
		return 0;
	room->msgp = size <= PY_SSIZE_T_MAX - HEAD ? PyMem_Malloc(HEAD + size) : NULL;
	room->size = size;
	if (!room->msgp)
		PyErr_NoMemory();
	return room->msgp ? 0 : -1;
}

static void room_free(struct room *room)
{
	if (room->msgp != &room->here.msgbuf)
		PyMem_Free(room->msgp);
}

static always_inline long transfer(struct state *state, long (*attempt)(void *, bool),
				   enum blocking_index index, struct transfer *t,
				   const struct limits *limits)
{
	return call(state,
		    &(struct blocking){.attempt = attempt,
				       .args = t,
				       .index = index,
				       .may_try = true,
				       .may_wait = !(t->msgflg & IPC_NOWAIT),
				       .large = t->msgsz > LARGE_COPY},
		    limits);
}

static always_inline long send(struct state *state, struct transfer *t, const struct limits *limits)
{
	return transfer(state, attempt_msgsnd, BLOCKING_msgsnd, t, limits);
}

/* Text as bytes or str, by a copy; a msgbuf as it is. */
static long send_object(struct state *state, PyObject *object, long mtype, struct transfer *t,
			const struct limits *limits)
{
	struct room room;
	Py_buffer text;
	long result;

	if (Py_TYPE(object) == state->type[TYPE_msgbuf]) {
		struct msgbuf_object *msgbuf = (struct msgbuf_object *)object;
		msgbuf_pin(msgbuf);
		t->msgp = msgbuf->head.bytes;
		t->msgsz = (size_t)msgbuf->length;
		result = send(state, t, limits);
		msgbuf_unpin(msgbuf);
		return result;
	}
	if (text_view(object, &text) < 0)
		return RAISED;
	if (room_alloc(&room, (size_t)text.len) < 0) {
		PyBuffer_Release(&text);
		return RAISED;
	}
	room.msgp->mtype = mtype;
	copy_memory((char *)room.msgp + HEAD, text.buf, (size_t)text.len);
	t->msgp = room.msgp;
	t->msgsz = (size_t)text.len;
	PyBuffer_Release(&text);
	result = send(state, t, limits);
	room_free(&room);
	return result;
}

/* Any length that it has where none was asked for: E2BIG leaves the message where it is. */
static always_inline long receive(struct state *state, struct transfer *t, bool sized,
				  struct room *room, const struct limits *limits)
{
	for (;;) {
		t->msgp = room->msgp;
		if (!sized)
			t->msgsz = room->size;
		const long result = transfer(state, attempt_msgrcv, BLOCKING_msgrcv, t, limits);
		if (result != -1 || errno != E2BIG || sized)
			return result;
		const size_t more = 2 * room->size;
		room_free(room);
		if (room_alloc(room, more) < 0)
			return RAISED;
	}
}

static PyObject *failed(bool is_receive, long result, size_t msgsz)
{
	if (result == -1)
		return transfer_failed(is_receive, msgsz);
	call_ended(is_receive ? CALL_msgrcv : CALL_msgsnd, result);
	return NULL;
}

static bool takes(const char *name, Py_ssize_t n, Py_ssize_t nargs)
{
	if (n != nargs)
		PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments", name, n);
	return n == nargs;
}

PyDoc_STRVAR(_msgsnd_doc,
	     "_msgsnd(msqid, mtype, mtext, msgflg, timeout, wait, /)\n--\n\n"
	     "Send a text, bytes-like or str, or a msgbuf; True, or False where it was woken.");

static PyObject *ipc__msgsnd(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	struct transfer t = {0};
	struct limits limits;
	long mtype, result;

	if (!takes("_msgsnd", 6, nargs) || to_int(args[0], "msqid", &t.msqid) < 0 ||
	    to_long(args[1], "mtype", &mtype) < 0 || to_word(args[3], "msgflg", &t.msgflg) < 0 ||
	    to_limits(state, args[4], args[5], &limits) < 0)
		return NULL;
	union arguments given = {.arg = {args[0], args[2], NULL, args[3]}};
	if (audit(state, CALL_msgsnd, &given, 4) < 0)
		return NULL;
	result = send_object(state, args[2], mtype, &t, &limits);
	return result < 0 && result != WOKEN ? failed(false, result, t.msgsz)
					     : PyBool_FromLong(result != WOKEN);
}

/* msqid, msgsz, msgtyp, msgflg, timeout, wait. */
static always_inline int to_receive(struct state *state, PyObject *const *args, struct transfer *t,
				    struct limits *limits)
{
	union arguments given = {.arg = {args[0], NULL, args[1], args[2], args[3]}};

	*t = (struct transfer){0};
	return to_int(args[0], "msqid", &t->msqid) < 0 ||
			       (args[1] != Py_None && to_size(args[1], "size", &t->msgsz) < 0) ||
			       to_long(args[2], "mtype", &t->msgtyp) < 0 ||
			       to_word(args[3], "msgflg", &t->msgflg) < 0 ||
			       to_limits(state, args[4], args[5], limits) < 0
		       ? -1
		       : audit(state, CALL_msgrcv, &given, 5);
}

PyDoc_STRVAR(_msgrcv_doc,
	     "_msgrcv(msqid, msgsz, msgtyp, msgflg, timeout, wait, /)\n--\n\n"
	     "Return a message, a msgbuf, or None where it was woken; msgsz None: of any length.");

static PyObject *ipc__msgrcv(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	PyObject *message = NULL;
	struct limits limits;
	struct transfer t;
	struct room room;

	if (!takes("_msgrcv", 6, nargs) || to_receive(state, args, &t, &limits) < 0 ||
	    room_alloc(&room, t.msgsz) < 0)
		return NULL;
	const long result = receive(state, &t, args[1] != Py_None, &room, &limits);
	if (result >= 0)
		message = msgbuf_of(state, room.msgp->mtype, (char *)room.msgp + HEAD, result);
	else if (result == WOKEN)
		message = Py_NewRef(Py_None);
	else
		failed(true, result, t.msgsz);
	room_free(&room);
	return message;
}

/* ---- many messages ---------------------------------------------------------------- */

/* In a long loop: signal handlers, and other threads. */
static int breathe(Py_ssize_t n)
{
	if (n % MANY != 0)
		return 0;
	Py_BEGIN_ALLOW_THREADS Py_END_ALLOW_THREADS return PyErr_CheckSignals();
}

/* How many were sent before the exception is its attribute. */
static void note_sent(Py_ssize_t n)
{
	PyObject *type, *exception, *traceback, *sent = PyLong_FromSsize_t(n);

	PyErr_Fetch(&type, &exception, &traceback);
	PyErr_NormalizeException(&type, &exception, &traceback);
	if (!sent || !exception || PyObject_SetAttrString(exception, "sent", sent) < 0)
		PyErr_Clear();
	Py_XDECREF(sent);
	PyErr_Restore(type, exception, traceback);
}

/*
 * What most are: short bytes, for which there is room.  Then a loop costs little more than in
 * C.  false: nothing is done yet.
 */
static inline bool send_at_once(PyObject *item, const struct transfer *t, struct msgbuf *msgp)
{
	Py_ssize_t length;
	char *text;

	if (!PyBytes_CheckExact(item) || PyBytes_AsStringAndSize(item, &text, &length) < 0 ||
	    length > FEW)
		return false;
	memcpy((char *)msgp + HEAD, text, (size_t)length);
	return seam_msgsnd(t->msqid, msgp, (size_t)length, t->msgflg | IPC_NOWAIT) == 0;
}

PyDoc_STRVAR(_send_many_doc,
	     "_send_many(msqid, mtype, messages, msgflg, timeout, wait, /)\n--\n\n"
	     "Send each of an iterable of texts and msgbufs; return how many there were.");

static PyObject *ipc__send_many(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	PyObject *iterator, *item;
	struct transfer t = {0};
	struct limits limits;
	struct room room;
	Py_ssize_t sent = 0;
	long mtype, result = 0;

	if (!takes("_send_many", 6, nargs) || to_int(args[0], "msqid", &t.msqid) < 0 ||
	    to_long(args[1], "mtype", &mtype) < 0 || to_word(args[3], "msgflg", &t.msgflg) < 0 ||
	    to_limits(state, args[4], args[5], &limits) < 0)
		return NULL;
	union arguments given = {.arg = {args[0], args[2], NULL, args[3]}};
	if (audit(state, CALL_msgsnd, &given, 4) < 0)
		return NULL;
	iterator = PyObject_GetIter(args[2]);
	room.here.msgbuf.mtype = mtype;
	while (iterator && result == 0 && (item = PyIter_Next(iterator))) {
		if (!send_at_once(item, &t, &room.here.msgbuf))
			result = send_object(state, item, mtype, &t, &limits);
		Py_DECREF(item);
		if (result == 0 && breathe(++sent) < 0)
			result = RAISED;
	}
	if (result < 0)
		failed(false, result, t.msgsz);
	Py_XDECREF(iterator);
	if (!PyErr_Occurred())
		return PyLong_FromSsize_t(sent);
	note_sent(sent);
	return NULL;
}

PyDoc_STRVAR(
	_receive_many_doc,
	"_receive_many(msqid, msgsz, msgtyp, msgflg, timeout, wait, count, messages, /)\n--\n\n"
	"Append to a list what there is, up to count messages; wait for the first.  True, or\n"
	"False where it was woken.  What was received before an exception is in the list.");

static int append(struct state *state, PyObject *messages, const struct room *room, long length)
{
	PyObject *message = msgbuf_of(state, room->msgp->mtype, (char *)room->msgp + HEAD, length);
	const int result = message ? PyList_Append(messages, message) : -1;

	Py_XDECREF(message);
	return result;
}

/* The first is waited for, the others must be there: what is wrong there the next call says. */
static long receive_each(struct state *state, struct transfer *t, bool sized, struct room *room,
			 struct limits *limits, Py_ssize_t count, PyObject *messages)
{
	for (Py_ssize_t n = 0; n < count; n++) {
		long result = -1;
		if (n > 0 && t->msgsz <= LARGE_COPY)
			result = seam_msgrcv(t->msqid, room->msgp, t->msgsz, t->msgtyp, t->msgflg);
		if (result < 0) /* it says why, and does what can be done about it */
			result = receive(state, t, sized, room, limits);
		if (result < 0)
			return n == 0 || result == RAISED ? result : 0;
		if (append(state, messages, room, result) < 0 || breathe(n + 1) < 0)
			return RAISED;
		t->msgflg |= IPC_NOWAIT;
	}
	return 0;
}

static PyObject *ipc__receive_many(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	struct limits limits;
	struct transfer t;
	struct room room;
	size_t count;

	if (!takes("_receive_many", 8, nargs) || to_size(args[6], "count", &count) < 0 ||
	    to_receive(state, args, &t, &limits) < 0)
		return NULL;
	if (!PyList_CheckExact(args[7]))
		return PyErr_Format(PyExc_TypeError, "messages: a list is needed");
	if (room_alloc(&room, t.msgsz) < 0)
		return NULL;
	if (count > PY_SSIZE_T_MAX)
		count = PY_SSIZE_T_MAX;
	const long result = receive_each(state, &t, args[1] != Py_None, &room, &limits,
					 (Py_ssize_t)count, args[7]);
	room_free(&room);
	return result < 0 && result != WOKEN ? failed(true, result, t.msgsz)
					     : PyBool_FromLong(result != WOKEN);
}

/* ---- semaphores ------------------------------------------------------------------- */

PyDoc_STRVAR(_semop_doc, "_semop(semid, sop, wait, /)\n--\n\n"
			 "Do one operation, (num, op, flg); True, or False where it was woken.");

static PyObject *ipc__semop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
	struct state *state = state_of(module);
	struct sembuf sop, tried;
	struct operation o = {.sop = &sop, .tried = &tried};
	struct limits limits;
	long result;

	if (nargs > 1 && !PyTuple_Check(args[1]))
		return PyErr_Format(PyExc_TypeError, "sop: (num, op, flg) is needed");
	if (!takes("_semop", 3, nargs) || to_int(args[0], "semid", &o.semid) < 0 ||
	    pack_integers(TYPE_sembuf, args[1], &sop) < 0 ||
	    to_limits(state, Py_None, args[2], &limits) < 0 ||
	    audit(state, CALL_semop, &(union arguments){.arg = {args[0], args[1]}}, 2) < 0)
		return NULL;
	tried = sop;
	tried.sem_flg |= IPC_NOWAIT;
	result = call(state,
		      &(struct blocking){.attempt = attempt_operation,
					 .args = &o,
					 .index = BLOCKING_semop,
					 .may_try = true,
					 .may_wait = operation_waits(&sop)},
		      &limits);
	if (result >= 0 || result == WOKEN)
		return PyBool_FromLong(result != WOKEN);
	call_ended(CALL_semop, result);
	return NULL;
}

/* ---- objects that export memory ------------------------------------------------------- */

/*
 * _Exporter: a base for classes in Python whose objects export memory, which Python itself has
 * only from 3.12 on (PEP 688): that of the object's attribute _memory, whose view it is.
 */
static int exporter_export(PyObject *object, Py_buffer *view, int flags)
{
	PyObject *memory = PyObject_GetAttrString(object, "_memory");
	int result;

	view->obj = NULL;
	result = memory ? PyObject_GetBuffer(memory, view, flags) : -1;
	Py_XDECREF(memory);
	return result;
}

static PyType_Slot exporter_slots[] = {
	{Py_tp_doc, "Exports the memory of its attribute _memory."},
	{Py_bf_getbuffer, exporter_export},
	{0, NULL},
};

static PyType_Spec exporter_spec = {
	.name = "ipc._ipc._Exporter",
	.basicsize = sizeof(PyObject),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = exporter_slots,
};

/* ---- into the module -------------------------------------------------------------- */

#define HOOK(NAME)                                                                        \
	{                                                                                 \
#NAME, (PyCFunction)(void (*)(void))ipc_##NAME, METH_FASTCALL, NAME##_doc \
	}

PyMethodDef hook_methods[] = {
	HOOK(_msgsnd),	     HOOK(_msgrcv), HOOK(_send_many),
	HOOK(_receive_many), HOOK(_semop),  {NULL, NULL, 0, NULL},
};

int hooks_add(PyObject *module, struct state *state)
{
	PyObject *exporter = PyType_FromModuleAndSpec(module, &exporter_spec, NULL);
	int result = exporter ? PyModule_AddType(module, (PyTypeObject *)exporter) : -1;

	Py_XDECREF(exporter);
	watch_forks();
	state->wait_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &wait_spec, NULL);
	if (result < 0 || !state->wait_type)
		return -1;
	return PyModule_AddObjectRef(module, "_Wait", (PyObject *)state->wait_type);
}
