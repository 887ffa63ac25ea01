/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Workers: threads or processes, their signals, and their children. */
#include "stress.h"

#include <pthread.h>
#include <signal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t mix(uint64_t a, uint64_t b)
{
	struct random random = {a * 0x9e3779b97f4a7c15 ^ b};

	return random_next(&random);
}

/* splitmix64: every state is usable, and neighbouring states give unrelated numbers. */
uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

unsigned random_below(struct random *random, unsigned n)
{
	return (unsigned)(random_next(random) >> 32) % n;
}

void *shared_new(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	require(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	return memory;
}

void shared_free(void *memory, size_t size)
{
	munmap(memory, size);
}

void *exactly(size_t size)
{
	void *memory = malloc(size);

	require(memory, "malloc of %zu bytes", size);
	return memory;
}

void disturb(struct worker *worker)
{
	const unsigned peer = random_below(&worker->random, 16 * worker->n);
	int who;

	if (peer >= worker->n)
		return;
	/* A read-modify-write, because helgrind does not treat a plain load as atomic. */
	who = __atomic_fetch_add(&worker->who[peer], 0, __ATOMIC_RELAXED);
	if (who != 0 && worker->round->processes)
		kill(who, SIGUSR1);
	else if (who != 0)
		syscall(SYS_tgkill, getpid(), who, SIGUSR1);
}

struct start {
	struct worker worker;
	void (*body)(struct worker *);
	pthread_t thread;
	pid_t pid;
};

static void *work(void *argument)
{
	struct start *start = argument;
	struct worker *worker = &start->worker;
	const int who = worker->round->processes ? getpid() : (int)syscall(SYS_gettid);

	__atomic_exchange_n(&worker->who[worker->index], who, __ATOMIC_RELAXED);
	start->body(worker);
	__atomic_exchange_n(&worker->who[worker->index], 0, __ATOMIC_RELAXED);
	return NULL;
}

static void begin(struct start *start)
{
	int error;

	if (!start->worker.round->processes) {
		error = pthread_create(&start->thread, NULL, work, start);
		require(error == 0, "pthread_create: %s", strerror(error));
		return;
	}
	start->pid = fork();
	require(start->pid != -1, "fork: %s", strerror(errno));
	if (start->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(start);
		/* Its heap is a copy of the parent's, which is searched for leaks once. */
		_exit(0);
	}
}

static void end(struct start *start)
{
	int status = 0, ended;

	if (!start->worker.round->processes) {
		pthread_join(start->thread, NULL);
		return;
	}
	uninterrupted(ended, waitpid(start->pid, &status, 0));
	require(ended == start->pid && status == 0, "worker %u ended with wait status %#x",
		start->worker.index, (unsigned)status);
}

void run_workers(struct round *round, unsigned n, void (*body)(struct worker *), void *context)
{
	struct start starts[MAX_WORKERS];
	int *who = shared_new(MAX_WORKERS * sizeof(*who));

	for (unsigned i = 0; i < n; i++) {
		starts[i] = (struct start){
			.worker = {round, context, i, n, {mix(round->seed, i)}, round->ipc, who},
			.body = body,
		};
		begin(&starts[i]);
	}
	for (unsigned i = 0; i < n; i++)
		end(&starts[i]);
	shared_free(who, MAX_WORKERS * sizeof(*who));
}

pid_t fork_child(void)
{
	const pid_t pid = fork();

	require(pid != -1, "fork: %s", strerror(errno));
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

void child_is_alone(const void *memory, size_t size)
{
#ifdef CHECKED_VALGRIND
	VALGRIND_HG_CLEAN_MEMORY(memory, size);
#endif
	(void)memory, (void)size;
}

void kill_itself(void)
{
	kill(getpid(), SIGKILL);
	_exit(1);
}

void await_child(pid_t pid, bool killed)
{
	int status, ended;

	uninterrupted(ended, waitpid(pid, &status, 0));
	require(ended == pid &&
			(killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0),
		"a child ended with wait status %#x", (unsigned)status);
}

bool is_removed(const struct round *round)
{
	return round->removal && (errno == EIDRM || errno == EINVAL);
}
