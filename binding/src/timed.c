/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Calls that a timeout or another thread can end, for the package's Python modules (internal.c).
 *
 * msgsnd(2) and msgrcv(2) have no timeout, so a per-thread timer (timer_create(2),
 * SIGEV_THREAD_ID) interrupts them with a signal.  The timer repeats the signal, because the
 * first one may arrive just before the system call.  Another thread ends a call by setting the
 * timer to expire now.  If the kernel refuses a timer, the thread polls.
 *
 * The signal is the one that libc reserves for pthread_cancel(3).  sigaction(3) refuses it, and
 * sigfillset(3) and sigprocmask(3) leave it out, so a program cannot handle, ignore, block or
 * wait for it.  Libc's handler does nothing unless another thread of the process sent the signal
 * with tgkill(2); the si_code of a timer's signal is SI_TIMER.  The first pthread_cancel(3)
 * installs that handler; glibc before 2.34 installs it at the start.
 */
#include "timed.h"

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

/* The kernel's structure for rt_sigaction(2), which differs from libc's struct sigaction. */
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

/* On these architectures rt_sigaction(2) has other arguments; there the thread polls. */
#if defined(__alpha__) || defined(__sparc__) || defined(__hppa__) || defined(__ia64__)
#undef SYS_rt_sigaction
#endif

/* On x86_64 the program provides the return from a handler; debuggers recognise these bytes. */
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

unsigned forks;

/* Protects all wait objects; no Python code runs while a thread holds it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void interrupt(int Py_UNUSED(signal))
{
	/* A call fails with EINTR only if the signal has a handler. */
}

/* Installs interrupt() as the handler of the signal unless it has one; false on an error. */
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

/* Unblocks the signal, which a parent process may have blocked by a raw system call. */
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

/*
 * Restores the default disposition of the signal.  The child does not need interrupt(): the waiting
 * threads exist only in the parent, and the child has no pending signal.
 */
static void child_after_fork(void)
{
	forks++;
#ifdef SYS_rt_sigaction
	const struct disposition none = {.handler = SIG_DFL};
	struct disposition is;

	if (syscall(SYS_rt_sigaction, SIGNAL, NULL, &is, MASK_SIZE) == 0 && is.handler == interrupt)
		syscall(SYS_rt_sigaction, SIGNAL, &none, NULL, MASK_SIZE);
#endif
	pthread_mutex_unlock(&lock);
}

void watch_forks(void)
{
	static bool watched;

	pthread_mutex_lock(&lock);
	if (!watched)
		watched = pthread_atfork(before_fork, parent_after_fork, child_after_fork) == 0;
	pthread_mutex_unlock(&lock);
}

/* ---- the timer ---------------------------------------------------------------------------- */

/* A raw system call, because libc's timer_create() is in librt before glibc 2.34. */
static int create_timer(int *timer)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL};

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	return (int)syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer);
}

/* The timer expires at when, and then each millisecond. */
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

/* ---- ending a call -------------------------------------------------------------------------- */

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

int to_limits(struct state *state, PyObject *timeout, PyObject *wait, struct limits *limits)
{
	/* A timeout of more than thirty-four years counts as no timeout. */
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
	if (time.tv_nsec < 0 || time.tv_nsec >= SECOND) {
		PyErr_Format(PyExc_ValueError, "timeout: nsec: %ld is not from 0 to 999999999",
			     time.tv_nsec);
		return -1;
	}
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

/* Returns WOKEN or AGAIN if another thread has ended the call; otherwise 0. */
static int take_wake(struct wait *wait)
{
	int result = 0;

	if (!wait)
		return 0;
	pthread_mutex_lock(&lock);
	if (wait->woken) {
		wait->woken = false;
		result = WOKEN;
	} else if (wait->again) {
		result = AGAIN;
	}
	wait->again = false;
	pthread_mutex_unlock(&lock);
	return result;
}

static void wake(struct wait *wait, bool *how)
{
	pthread_mutex_lock(&lock);
	*how = true;
	if (wait->armed)
		set_timer_now(wait->timer);
	pthread_mutex_unlock(&lock);
}

void wait_look_again(struct wait *wait)
{
	wake(wait, &wait->again);
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
	if (wait->woken || wait->again)
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
	/* The kernel delivers a signal of the timer before this call returns. */
	syscall(SYS_timer_delete, timer);
}

/* Makes one attempt; the limits end it with EINTR.  The caller has released the GIL. */
static long attempt_limited(const struct blocking *blocking, const struct limits *limits)
{
	unsigned long mask[MASK_SIZE / sizeof(long)] = {0};
	long result;
	int timer, error;

	/* timer_create(2) fails if the user has reached RLIMIT_SIGPENDING. */
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

/* The first and the longest pause of a thread that polls, in nanoseconds. */
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

/* Returns the call's result, -1 with errno, or LATE, WOKEN, AGAIN or RAISED. */
long wait_until_done(const struct blocking *blocking, const struct limits *limits)
{
	long result = blocking->large ? attempt_unlocked(blocking, true)
				      : blocking->attempt(blocking->args, true);
	long pause = SOON;
	int error, ended;

	if (!would_wait(result))
		return result;
	for (;;) {
		if (limits->timed && is_over(&limits->deadline))
			return LATE;
		Py_BEGIN_ALLOW_THREADS
		result = attempt_limited(blocking, limits);
		if (result == NO_TIMER) {
			pause_before_retry(limits, &pause);
			result = blocking->attempt(blocking->args, true);
			if (would_wait(result))
				errno = EINTR;
		}
		error = errno;
		Py_END_ALLOW_THREADS
		errno = error;
		if (result != -1 || error != EINTR)
			return result;
		if ((ended = take_wake(limits->wait)) != 0)
			return ended;
		if (PyErr_CheckSignals() < 0)
			return RAISED;
	}
}

void call_ended(enum call_index index, long result)
{
	if (result == LATE)
		call_timed_out(index);
	else if (result != RAISED)
		call_failed(index, NULL);
}

static PyObject *wait_wake(PyObject *object, PyObject *Py_UNUSED(unused))
{
	struct wait *wait = (struct wait *)object;

	wake(wait, &wait->woken);
	Py_RETURN_NONE;
}

static PyMethodDef wait_methods[] = {
	{"wake", wait_wake, METH_NOARGS,
	 "wake($self, /)\n--\n\nEnd the call that waits with this object, or the next such call."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot wait_slots[] = {
	{Py_tp_doc, "_Wait()\n--\n\nLets another thread end a waiting call."},
	{Py_tp_methods, wait_methods},
	{0, NULL},
};

PyType_Spec wait_spec = {
	.name = "ipc._ipc._Wait",
	.basicsize = sizeof(struct wait),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = wait_slots,
};
