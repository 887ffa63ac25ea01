/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The frame of the stress programs: rounds in which workers, threads or processes, share
 * objects of System V IPC and check everything that they see.
 *
 * The seed determines a round, except for the scheduling, which should vary.  A failure ends
 * the program at once and prints the seed; the namespace and all its objects disappear with it.
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
/* A number from 0 to n - 1. */
unsigned random_below(struct random *random, unsigned n);
/* A number that two numbers determine. */
uint64_t mix(uint64_t a, uint64_t b);

/* Sizes: 0, 1, those around a long and a page, the longest message. */
enum { NSMALL = 5, NSIZES = 9 };
struct sizes {
	size_t of[NSIZES];
};

struct sizes make_sizes(void);

/* Bytes to compare with: the pattern from one of its 256 starting points. */
const unsigned char *pattern(uint64_t which);

struct round {
	uint64_t seed;
	struct random random;
	const struct ipc_calls *ipc; /* through libc, or past it */
	bool processes;		     /* workers are processes, not threads */
	bool removal;		     /* a worker removes the object under load */
	struct sizes sizes;
	unsigned long long *done; /* shared counter of what the program counts */
};

/* One worker, in its thread or process. */
struct worker {
	const struct round *round;
	void *context;
	unsigned index, n;
	struct random random;
	const struct ipc_calls *ipc;
	int *who; /* shared: the thread or process of each worker; 0 for none */
};

/* Runs n workers until they end; if they are processes, the context must be shared memory. */
enum { MAX_WORKERS = 8 };
void run_workers(struct round *round, unsigned n, void (*body)(struct worker *), void *context);
/* Sometimes sends a signal to a random worker, so that calls are interrupted. */
void disturb(struct worker *worker);
/*
 * Forks a child while other threads run, so the child may only make calls and use its
 * stack.  Returns 0 in the child.  await_child() waits; killed: the child must have killed
 * itself.
 */
pid_t fork_child(void);
/* In a child: tells helgrind that the threads that used this memory do not exist here. */
void child_is_alone(const void *memory, size_t size);
void kill_itself(void) __attribute__((noreturn));
void await_child(pid_t pid, bool killed);

/* Zeroed memory that all workers share, processes too. */
void *shared_new(size_t size);
void shared_free(void *memory, size_t size);
/* Allocates exactly this many bytes, so that a tool sees an access to the next one. */
void *exactly(size_t size);

/* Ends the program with a message unless the condition holds. */
#define require(HOLDS, ...) ((HOLDS) ? (void)0 : stress_fail(__FILE__, __LINE__, __VA_ARGS__))
void stress_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* Repeats CALL while a signal interrupts it. */
#define uninterrupted(RESULT, CALL) \
	do                          \
		(RESULT) = (CALL);  \
	while ((RESULT) == -1 && errno == EINTR)

/* Whether the call failed because the object was removed, which this round does. */
bool is_removed(const struct round *round);

/*
 * The frame of a program.  frame_begin() returns false if it cannot make a namespace;
 * frame_begin_round() sets the name and seed for failures, and a time limit; frame_end()
 * requires that no object is left.
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
