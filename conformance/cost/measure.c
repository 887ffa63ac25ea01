/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Measures an item in its own process and IPC namespace, as batches of calls between two
 * readings of the clock.  The smallest batch counts, because an interrupt can lengthen a
 * batch but nothing shortens it.
 *
 * Under QEMU's -icount shift=0 the guest's clock advances by one nanosecond with each
 * instruction, so the difference of two readings is a number of instructions.
 */
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/isolate.h"
#include "cost.h"

enum { BATCHES = 40, MOST_CALLS = 64 };
/*
 * The least cost of a batch.  A counter of 62.5 MHz ticks only once in 16 instructions, so a
 * shorter batch would be inexact; a longer one would contain more of the allocators' slow
 * paths.
 */
static const double enough = 8000;
/* A batch that costs more than this is repeated less often. */
static const double dear = 400000;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- children of a measurement --------------------------------------------- */

bool cost_child(struct cost *c, void (*body)(struct cost *c))
{
	const pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(c);
		_exit(1);
	}
	if (pid > 0)
		c->children[c->nchildren++] = pid;
	return pid > 0;
}

/* The state of a process from /proc/PID/stat, after its name in parentheses; '?' on error. */
static char state_of(pid_t pid)
{
	char path[64], line[512];
	FILE *file;
	char *bracket = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return '?';
	if (fgets(line, sizeof(line), file))
		bracket = strrchr(line, ')');
	fclose(file);
	return bracket ? bracket[2] : '?';
}

bool children_sleep(const struct cost *c)
{
	for (unsigned i = 0; i < c->nchildren; i++) {
		char state;

		while ((state = state_of(c->children[i])) == 'R')
			sched_yield();
		if (state != 'S') {
			errno = ECHILD;
			return false;
		}
	}
	return true;
}

static void end_children(const struct cost *c)
{
	for (unsigned i = 0; i < c->nchildren; i++) {
		kill(c->children[i], SIGKILL);
		waitpid(c->children[i], NULL, 0);
	}
}

/* ---- one row --------------------------------------------------------------- */

static bool nothing(struct cost *c)
{
	return c != NULL;
}

/* The time of a batch; negative, with errno, if the operation failed. */
static double batch(bool (*volatile operation)(struct cost *c), struct cost *c, unsigned calls)
{
	const double begin = now();

	for (unsigned i = 0; i < calls; i++)
		if (!operation(c))
			return -1;
	return now() - begin;
}

static double least_batch(bool (*operation)(struct cost *c), struct cost *c, unsigned calls)
{
	double least = batch(operation, c, calls);
	const unsigned batches = least > dear ? BATCHES / 5 : BATCHES;

	for (unsigned i = 1; i < batches && least >= 0; i++) {
		const double one = batch(operation, c, calls);
		least = one < least ? one : least;
	}
	return least;
}

/* The result that a process sends about its row. */
struct told {
	double cost; /* negative: it failed */
	int error;
	char where[32];
};

/*
 * The kernel frees the previous row's namespace in a work queue, which shares the only
 * processor with this process.  Under the instruction clock, a sleep lets it finish and
 * takes no time, because an idle machine's clock jumps to the next timer.
 */
static void let_work_queues_end(enum clock clock)
{
	const struct timespec moment = {.tv_nsec = 30000000};

	if (clock == CLOCK_INSTRUCTIONS)
		nanosleep(&moment, NULL);
}

static void measure_row(const struct cost_item *item, unsigned n, enum clock clock,
			struct told *told)
{
	static struct cost c;
	unsigned calls = MOST_CALLS;
	double first;

	c.n = n;
	c.arg = item->arg;
	c.file = -1;
	c.buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	snprintf(told->where, sizeof(told->where), "memory");
	if (c.buffer == MAP_FAILED)
		goto failed;
	snprintf(told->where, sizeof(told->where), "setup");
	if (item->setup && !item->setup(&c))
		goto failed;
	snprintf(told->where, sizeof(told->where), "operation");
	if (batch(item->operation, &c, 1) < 0 || (first = batch(item->operation, &c, 1)) < 0)
		goto failed;
	while (calls > 1 && calls * first > 2 * enough)
		calls /= 2;
	let_work_queues_end(clock);
	told->cost = least_batch(item->operation, &c, calls);
	if (told->cost < 0)
		goto failed;
	told->cost -= least_batch(nothing, &c, calls);
	told->cost /= calls * (item->each ? item->each : 1);
	end_children(&c);
	return;
failed:
	told->error = errno;
	told->cost = -1;
	end_children(&c);
}

/* Measures each row in a new process, without another row's mappings, undo list and objects. */
static bool measure_apart(const struct cost_item *item, unsigned n, enum clock clock,
			  struct told *told)
{
	pid_t pid;
	int status;

	memset(told, 0, sizeof(*told));
	told->cost = -1;
	pid = fork();
	if (pid == 0) {
		snprintf(told->where, sizeof(told->where), "a new IPC namespace");
		if (isolate())
			measure_row(item, n, clock, told);
		else
			told->error = errno;
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- does this clock count instructions? ----------------------------------- */

#define NOPS8 "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\t"
enum { LOOPS = 4096, NOPS = 8 };

static bool loop_bare(struct cost *c)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile("" : : "r"(i));
	return c != NULL;
}

static bool loop_nops(struct cost *c)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile(NOPS8 : : "r"(i));
	return c != NULL;
}

static bool counts_instructions(void)
{
	struct cost c = {0};
	const double nops = least_batch(loop_nops, &c, 4) - least_batch(loop_bare, &c, 4);
	const double each = nops / (4.0 * LOOPS * NOPS);

	return each > 0.99 && each < 1.01;
}

/* ---- all items ------------------------------------------------------------- */

static bool is_wanted(const char *id, const char *const *only, unsigned nonly)
{
	for (unsigned i = 0; i < nonly; i++)
		if (fnmatch(only[i], id, 0) == 0)
			return true;
	return nonly == 0;
}

static void skip_item(struct costs *costs, const char *id, const struct told *told)
{
	struct skipped *skipped = &costs->skipped[costs->nskipped];

	if (costs->nskipped == MAX_SERIES)
		return;
	costs->nskipped++;
	snprintf(skipped->id, sizeof(skipped->id), "%s", id);
	snprintf(skipped->reason, sizeof(skipped->reason), "%s: %s", told->where,
		 told->error ? strerror(told->error) : "the process died");
}

static void measure_item(struct costs *costs, const struct cost_item *item, enum clock clock,
			 struct told *told)
{
	double xs[MOST_N], ys[MOST_N];
	size_t n = 0;

	for (; n < MOST_N && item->ns[n] && costs->nrows + n < MAX_ROWS; n++) {
		struct cost_row *row = &costs->rows[costs->nrows + n];

		if (!measure_apart(item, item->ns[n], clock, told) || told->cost < 0) {
			skip_item(costs, item->id, told);
			return;
		}
		snprintf(row->id, sizeof(row->id), "%s", item->id);
		snprintf(row->unit, sizeof(row->unit), "%s",
			 clock == CLOCK_INSTRUCTIONS ? "instructions" : "ns");
		row->n = item->ns[n];
		/* Round as the JSON does, so that a fit of costs read back is the same. */
		row->cost = (double)(long long)(told->cost * 100 + 0.5) / 100;
		xs[n] = item->ns[n];
		ys[n] = row->cost > 1 ? row->cost : 1;
	}
	costs->nrows += n;
	if (item->of && costs->ngrowths < MAX_SERIES) {
		struct growth *growth = &costs->growths[costs->ngrowths++];

		snprintf(growth->id, sizeof(growth->id), "%s", item->id);
		snprintf(growth->of, sizeof(growth->of), "%s", item->of);
		growth_fit(growth, xs, ys, n);
	}
}

bool measure(struct costs *costs, enum clock clock, const char *const *only, unsigned nonly,
	     char error[256])
{
	const struct cost_item *const tables[] = {msg_items, sem_items, shm_items};
	unsigned wanted = 0;
	struct told *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (told == MAP_FAILED) {
		snprintf(error, 256, "mmap: %s", strerror(errno));
		return false;
	}
	if (clock == CLOCK_INSTRUCTIONS && !counts_instructions()) {
		snprintf(error, 256,
			 "--clock instructions: the clock does not advance 1 ns with each "
			 "instruction"
			 " (QEMU: -icount shift=0,sleep=off)");
		return false;
	}
	snprintf(costs->clock, sizeof(costs->clock), "%s",
		 clock == CLOCK_INSTRUCTIONS ? "instructions" : "time");
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct cost_item *item = tables[i]; item->id; item++)
			if (is_wanted(item->id, only, nonly)) {
				wanted++;
				measure_item(costs, item, clock, told);
			}
	munmap(told, sizeof(*told));
	if (wanted == 0)
		snprintf(error, 256,
			 "--only: no item matches; `ipc-conform cost --list` lists the items");
	else if (costs->nrows == 0)
		snprintf(error, 256, "%s: %s", costs->skipped[0].id, costs->skipped[0].reason);
	return costs->nrows > 0;
}
