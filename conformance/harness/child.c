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
	char seen[64], wanted[64] = "an exit";
	int status;

	must(waitpid(pid, &status, 0));
	/* The child skipped the check, so the parent has no result to expect. */
	if (has_skipped())
		_exit(0);
	/* A child that ended in must() has recorded its failure. */
	if (want == 0 ? WIFEXITED(status) : WIFSIGNALED(status) && WTERMSIG(status) == want)
		return;
	if (WIFSIGNALED(status))
		snprintf(seen, sizeof(seen), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(seen, sizeof(seen), "exit status %d", WEXITSTATUS(status));
	if (want)
		snprintf(wanted, sizeof(wanted), "killed by signal %d", want);
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

void block_forever(const struct ipc_calls *ipc)
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
	 * From 2038 on, the time does not fit in a 32-bit time_t.  A program with such a
	 * time_t reads the low half of the times in the structures too.
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
	size_t page = page_size();
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(pages == MAP_FAILED ? -1 : 0);
	must(mprotect(pages + page, page, PROT_NONE));
	return pages + page;
}
