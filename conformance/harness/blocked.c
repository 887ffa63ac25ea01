/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "blocked.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

/* ---- by /proc ---------------------------------------------------------------- */

/* Reads the beginning of /proc/PID/NAME; returns false if the file cannot be read. */
static bool proc_read(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool is_ipc_call(long number)
{
	static const long numbers[] = {
#ifdef SYS_ipc
		SYS_ipc,
#endif
#ifdef SYS_msgsnd
		SYS_msgsnd,
		SYS_msgrcv,
#endif
#ifdef SYS_semop
		SYS_semop,
#endif
#ifdef SYS_semtimedop
		SYS_semtimedop,
#endif
#ifdef SYS_semtimedop_time64
		SYS_semtimedop_time64,
#endif
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/*
 * /proc/PID/syscall has the call in which a process sleeps, and "running" if it does not sleep
 * (proc(5)).  The file also has the call of a process that was woken but does not run yet
 * (TASK_WAKING), which can take long on an emulator; its state in /proc/PID/stat is then R.  The
 * state follows the name of the process, which is in parentheses and may contain any character; S
 * is interruptible sleep.
 */
static bool look_in_proc(pid_t pid, bool *gone)
{
	char stat[512], call[128];
	char *number_end;

	*gone = !proc_read(pid, "stat", stat, sizeof(stat));
	const char *state = *gone ? NULL : strrchr(stat, ')');
	if (!state)
		return false;
	*gone = state[2] == 'Z' || state[2] == 'X';
	if (state[2] != 'S')
		return false;
	if (!proc_read(pid, "syscall", call, sizeof(call)))
		return true;
	long number = strtol(call, &number_end, 10);
	return number_end != call && is_ipc_call(number);
}

/*
 * An emulator of another architecture (QEMU's user mode) shows the host's /proc, in which a call
 * has the host's number.  While a process reads its own /proc/PID/syscall, its call is read(2).
 * gVisor, and a kernel without CONFIG_HAVE_ARCH_TRACEHOOK, have /proc/PID/stat alone.
 */
enum proc_calls proc_calls(void)
{
	char call[128];
	char *end;
	long number;

	if (!proc_read(getpid(), "syscall", call, sizeof(call)))
		return CALLS_UNNAMED;
	number = strtol(call, &end, 10);
	return end == call || number == SYS_read ? CALLS_NAMED : CALLS_FOREIGN;
}

/* ---- without /proc ------------------------------------------------------------- */

enum { NMARKS = 256 };

/* In shared memory: the tasks that are in a call that may block. */
static struct mark {
	pid_t task; /* 0: free */
	enum ipc_call call;
	int id;
	long long since; /* ms */
} * marks;
static bool stat_has_state;

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static pid_t this_task(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static bool may_block(enum ipc_call call)
{
	return call == CALL_msgsnd || call == CALL_msgrcv || call == CALL_semop ||
	       call == CALL_semtimedop;
}

void watch_calls(bool by_state)
{
	struct mark *shared = mmap(NULL, NMARKS * sizeof(*shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(shared == MAP_FAILED ? -1 : 0);
	marks = shared;
	stat_has_state = by_state;
}

static struct mark *mark_of(pid_t task)
{
	for (unsigned i = 0; i < NMARKS; i++)
		if (__atomic_load_n(&marks[i].task, __ATOMIC_ACQUIRE) == task)
			return &marks[i];
	return NULL;
}

static bool is_gone_for_good(pid_t task)
{
	siginfo_t info = {0};

	/* waitid() finds a zombie child; other tasks and threads are gone if kill() finds none. */
	if (waitid(P_PID, (id_t)task, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		return info.si_pid == task;
	return kill(task, 0) == -1 && errno == ESRCH;
}

void note_begin(enum ipc_call call, int id)
{
	const int error = errno;
	const pid_t task = this_task();

	for (unsigned i = 0; marks && may_block(call) && i < NMARKS; i++) {
		pid_t none = 0;
		const pid_t was = marks[i].task;

		/* A mark of a killed task is free too; -1 reserves it until it is filled in. */
		if (was > 0 && was != task && is_gone_for_good(was))
			none = was;
		if (!__atomic_compare_exchange_n(&marks[i].task, &none, -1, false, __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED))
			continue;
		marks[i].call = call;
		marks[i].id = id;
		marks[i].since = now_ms();
		__atomic_store_n(&marks[i].task, task, __ATOMIC_RELEASE);
		break;
	}
	errno = error;
}

void note_return(enum ipc_call call)
{
	struct mark *mark;

	if (!marks || !may_block(call))
		return;
	const int error = errno;
	mark = mark_of(this_task());
	if (mark)
		__atomic_store_n(&mark->task, 0, __ATOMIC_RELEASE);
	errno = error;
}

/* The number of tasks that the kernel counts as blocked on a set; -1 if a command fails. */
static int count_blocked(int semid)
{
	const union semun none = {0};
	struct semid_ds ds = {0};
	int n = 0;

	if (libc_calls.semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) == -1)
		return -1;
	for (int i = 0; i < (int)ds.sem_nsems; i++) {
		const int more = libc_calls.semctl(semid, i, GETNCNT, none);
		const int zero = libc_calls.semctl(semid, i, GETZCNT, none);

		if (more == -1 || zero == -1)
			return -1;
		n += more + zero;
	}
	return n;
}

/* The number of living tasks that are in a semop or semtimedop on that set. */
static int count_marked(int semid)
{
	int n = 0;

	for (unsigned i = 0; i < NMARKS; i++) {
		const pid_t task = __atomic_load_n(&marks[i].task, __ATOMIC_ACQUIRE);

		n += task > 0 && marks[i].id == semid &&
		     (marks[i].call == CALL_semop || marks[i].call == CALL_semtimedop) &&
		     !is_gone_for_good(task);
	}
	return n;
}

/*
 * The kernel counts a blocked task at one semaphore only (semctl(2), GETNCNT, GETZCNT).  So if it
 * counts as many tasks as are in a call on the set, all of them are blocked.  No command counts
 * the tasks blocked on a queue: a call on a queue counts as blocked when it has lasted for BOUND,
 * of which the time before `from` does not count.
 */
static bool look_at_marks(pid_t pid, long long from, bool *gone)
{
	const int error = errno;
	const struct mark *mark = mark_of(pid);
	int counted = -1;
	bool blocked = false;

	*gone = is_gone_for_good(pid);
	if (mark && !*gone) {
		if (mark->call == CALL_semop || mark->call == CALL_semtimedop)
			counted = count_blocked(mark->id);
		blocked = counted == -1
				  ? now_ms() >= (mark->since > from ? mark->since : from) + BOUND
				  : counted > 0 && counted >= count_marked(mark->id);
	}
	errno = error;
	return blocked;
}

/* ---- what checks call ------------------------------------------------------------ */

/* A process that sleeps outside of a call, waiting for a child or for a pipe, is not blocked. */
static bool look(pid_t pid, long long from, bool *gone)
{
	if (marks && !stat_has_state)
		return look_at_marks(pid, from, gone);
	return look_in_proc(pid, gone) && (!marks || mark_of(pid));
}

bool is_blocked(pid_t pid)
{
	bool gone;

	return look(pid, 0, &gone);
}

bool is_gone(pid_t pid)
{
	bool gone;

	look(pid, 0, &gone);
	return gone;
}

void await_blocked(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = 50000};
	const long long from = now_ms();
	bool gone = false;

	while (!look(pid, from, &gone)) {
		/* The child skipped its part, so its parent ends too. */
		if (gone && has_skipped())
			_exit(0);
		if (gone) {
			fail_at(HERE, "a process that should block", "blocked", "ended");
			_exit(1);
		}
		nanosleep(&pause, NULL);
	}
}
