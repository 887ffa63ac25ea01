/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The frame of the stress programs: rounds of workers, threads or processes,
 * that share objects of System V IPC and check all that they see.
 *
 * A round is made from its seed alone; what the scheduler makes of it is not
 * repeatable, which is the point.  What is wrong ends the program at once with
 * the seed: the namespace, and all that is in it, goes with it.
 */
#ifndef STRESS_H
#define STRESS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/calls.h"

struct random {
	uint64_t state;
};
uint64_t random_next(struct random *random);
/* From 0 to n - 1. */
unsigned random_below(struct random *random, unsigned n);
/* A number made of two, always the same. */
uint64_t mix(uint64_t a, uint64_t b);

/* 0, 1, a long's and a page's neighbours, the longest message. */
enum { NSMALL = 5, NSIZES = 9 };
struct sizes {
	size_t of[NSIZES];
};

struct sizes make_sizes(void);

/* Text to compare with: a stretch of it at any of its 256 beginnings. */
const unsigned char *pattern(uint64_t which);

struct round {
	uint64_t seed;
	struct random random;
	const struct ipc_calls *ipc; /* through libc, or past it */
	bool processes;		     /* workers are processes, not threads */
	bool removal;		     /* the object is removed under load */
	struct sizes sizes;
	unsigned long long *done; /* shared: what the program counts */
};

/* One worker, in its thread or process. */
struct worker {
	const struct round *round;
	void *context;
	unsigned index, n;
	struct random random;
	const struct ipc_calls *ipc;
	int *who; /* shared: thread or process of each worker, 0 for none */
};

/* Runs n workers to their ends; in processes the context must be shared. */
enum { MAX_WORKERS = 8 };
void run_workers(struct round *round, unsigned n, void (*body)(struct worker *), void *context);
/* Now and then a signal to any worker, so that calls are interrupted. */
void disturb(struct worker *worker);
/*
 * A child at any moment, beside threads: it may only make calls, from its stack.
 * Returns 0 there.  await_child waits; killed: it must have killed itself.
 */
pid_t fork_child(void);
/* In a child: the threads that used this memory are gone, which helgrind does not see. */
void child_is_alone(const void *memory, size_t size);
void kill_itself(void) __attribute__((noreturn));
void await_child(pid_t pid, bool killed);

/* Memory of all workers, processes too; zeroed. */
void *shared_new(size_t size);
void shared_free(void *memory, size_t size);
/* Exactly so many bytes, so that a byte more is another's. */
void *exactly(size_t size);

/* Ends the program with a message unless the condition holds. */
#define require(HOLDS, ...) ((HOLDS) ? (void)0 : stress_fail(__FILE__, __LINE__, __VA_ARGS__))
void stress_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* CALL again while a signal interrupts it. */
#define uninterrupted(RESULT, CALL) \
	do                          \
		(RESULT) = (CALL);  \
	while ((RESULT) == -1 && errno == EINTR)

/* True, if that is why: the object is gone, which is as it should be in such a round. */
bool is_removed(const struct round *round);

/*
 * The frame of a program: false where no namespace can be had; the name and seed
 * in what fails, and a limit of time; in the end that nothing is left behind.
 */
bool frame_begin(const char *name);
void frame_begin_round(const char *name, uint64_t seed);
void frame_end(void);

/* The programs. */
struct program {
	const char *name, *counted;
	void (*run)(struct round *round);
};
extern const struct program msg_program, sem_program, shm_program, mixed_program;

#endif
