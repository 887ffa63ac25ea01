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

/* First words of /proc/PID/NAME; false if the file cannot be read. */
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
 * proc(5): syscall names a call only while the process sleeps in it, and says
 * "running" otherwise.  But it also names the call of a process that is woken, until its
 * processor has taken it over (TASK_WAKING), which can be long on an emulator; stat says "R"
 * of it.  Where a kernel has no syscall (CONFIG_HAVE_ARCH_TRACEHOOK) the state in stat must do:
 * the word behind the name, which is in brackets and may hold anything; "S" is asleep, to be
 * woken by a signal.
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
 * An emulator of another architecture (QEMU's user mode) passes on the host's /proc, in which a
 * call has the host's number.  A process that reads its file there reads the number of read(2).
 */
bool proc_numbers_calls(void)
{
	char call[128];
	char *end;
	long number;

	if (!proc_read(getpid(), "syscall", call, sizeof(call)))
		return true;
	number = strtol(call, &end, 10);
	return end == call || number == SYS_read;
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

void watch_calls(void)
{
	struct mark *shared = mmap(NULL, NMARKS * sizeof(*shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(shared == MAP_FAILED ? -1 : 0);
	marks = shared;
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

	/* The parent sees a zombie; for other tasks, and threads, the question is whether they are.
	 */
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

/*
 * How many tasks the kernel says that it has blocked on a set of semaphores; -1 where
 * this process may not ask.
 */
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

/* How many living tasks are in a semop or semtimedop of that set. */
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
 * A task counts for one semaphore, so all that are in a call on a set are blocked if as
 * many are counted (semctl(2), GETNCNT, GETZCNT).  No command counts those of a queue: a
 * call that has lasted for the bound, counted from `from`, is blocked.
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

static bool look(pid_t pid, long long from, bool *gone)
{
	return marks ? look_at_marks(pid, from, gone) : look_in_proc(pid, gone);
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
