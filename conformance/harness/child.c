/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The processes of a check: children, blocked processes, signals. */
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

pid_t child_fork(void)
{
	const pid_t pid = fork();
	char reason[64];

	if (pid == -1) {
		snprintf(reason, sizeof(reason), "could not run: fork: %s", strerror(errno));
		skip(reason);
	}
	return pid;
}

void child_end(void)
{
	/* exit(3) would flush the parent's buffers and run libcheck's handlers. */
	_exit(0);
}

static void join(pid_t pid, int want)
{
	char seen[64], wanted[64] = "an ordinary end";
	int status;

	must(waitpid(pid, &status, 0));
	/* The child skipped the check, so the parent has no result to expect. */
	if (has_skipped())
		_exit(0);
	/* A child that must() ended has recorded its failure. */
	if (want == 0 ? WIFEXITED(status) : WIFSIGNALED(status) && WTERMSIG(status) == want)
		return;
	if (WIFSIGNALED(status))
		snprintf(seen, sizeof(seen), "death by signal %d", WTERMSIG(status));
	else
		snprintf(seen, sizeof(seen), "exit status %d", WEXITSTATUS(status));
	if (want)
		snprintf(wanted, sizeof(wanted), "death by signal %d", want);
	fail_at(HERE, "end of a child", wanted, seen);
}

void child_join(pid_t pid)
{
	join(pid, 0);
}

void child_join_signal(pid_t pid, int signal)
{
	join(pid, signal);
}

/* Reads the start of /proc/PID/NAME; false if the file cannot be read. */
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
 * /proc/PID/syscall names the call only while the process sleeps in it, and is "running"
 * otherwise (proc(5)), so one look is enough.  A kernel without that file
 * (CONFIG_HAVE_ARCH_TRACEHOOK) has only the state in /proc/PID/stat: the word after the
 * command name, which is in parentheses and may contain anything.  "S" is an interruptible
 * sleep.
 */
static bool look(pid_t pid, bool *gone)
{
	char stat[512], call[128];
	char *number_end;

	*gone = !proc_read(pid, "stat", stat, sizeof(stat));
	const char *state = *gone ? NULL : strrchr(stat, ')');
	if (!state)
		return false;
	*gone = state[2] == 'Z' || state[2] == 'X';
	if (*gone || !proc_read(pid, "syscall", call, sizeof(call)))
		return state[2] == 'S';
	long number = strtol(call, &number_end, 10);
	return number_end != call && is_ipc_call(number);
}

bool is_blocked(pid_t pid)
{
	bool gone;

	return look(pid, &gone);
}

bool is_gone(pid_t pid)
{
	bool gone;

	look(pid, &gone);
	return gone;
}

void await_blocked(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = 50000};
	bool gone = false;

	while (!look(pid, &gone)) {
		/* The child skipped the check, so the parent has no result to expect. */
		if (gone && has_skipped())
			_exit(0);
		if (gone) {
			fail_at(HERE, "a process that should block", "blocked", "ended");
			_exit(1);
		}
		nanosleep(&pause, NULL);
	}
}

void interrupt(pid_t pid)
{
	await_blocked(pid);
	must(kill(pid, SIGUSR1));
	child_join(pid);
}

void stop_and_continue(pid_t pid)
{
	int status;

	await_blocked(pid);
	must(kill(pid, SIGSTOP));
	must(waitpid(pid, &status, WUNTRACED));
	expect(WIFSTOPPED(status));
	must(kill(pid, SIGCONT));
}

void block(const struct ipc_calls *ipc)
{
	int semid = must(ipc->semget(IPC_PRIVATE, 1, 0600));

	libc_calls.semop(semid, &(struct sembuf){.sem_op = -1}, 1);
}

static volatile sig_atomic_t caught;

static void count_signal(int signal UNUSED)
{
	caught++;
}

void catch_signal(int signal, int flags)
{
	const struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};

	must(sigaction(signal, &action, NULL));
}

unsigned signals_caught(void)
{
	return (unsigned)caught;
}

/* ---- time and memory ----------------------------------------------------- */

time_t kernel_time(void)
{
	struct timespec now;

	/* In some libcs, time(2) reads the precise clock, which is ahead of the kernel's. */
	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0)
		return now.tv_sec;
#ifdef SYS_clock_gettime64
	/*
	 * From 2038 on the time does not fit in a 32-bit time_t.  Such a program reads the
	 * low half of the time in the structures too.
	 */
	int64_t wide[2];
	if (errno == EOVERFLOW && syscall(SYS_clock_gettime64, CLOCK_REALTIME_COARSE, wide) == 0)
		return (time_t)wide[0];
#endif
	return must(-1);
}

void await_next_second(void)
{
	const struct timespec pause = {.tv_nsec = 50000};
	const struct timespec next = {.tv_sec = kernel_time() + 1};

	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &next, NULL);
	while (kernel_time() < next.tv_sec)
		nanosleep(&pause, NULL);
}

char *memory_end(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(pages == MAP_FAILED ? -1 : 0);
	must(mprotect(pages + page, page, PROT_NONE));
	return pages + page;
}
