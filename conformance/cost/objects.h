/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Helpers for the tables of all three facilities. */
#ifndef COST_OBJECTS_H
#define COST_OBJECTS_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "harness/calls.h"
#include "cost.h"
#include "kernel_constants.h"

#define UNUSED_COST struct cost *c __attribute__((unused))

/* An item that is measured once, and one of a series: see struct cost_item. */
#define ONCE(ID, WHAT, SETUP, OPERATION, ARG, EACH)              \
	{                                                        \
		ID, WHAT, NULL, {1}, SETUP, OPERATION, ARG, EACH \
	}
#define SERIES(ID, WHAT, OF, NS, SETUP, OPERATION, ARG, EACH) \
	{                                                     \
		ID, WHAT, OF, NS, SETUP, OPERATION, ARG, EACH \
	}

/*
 * Numbers of objects.  None is a multiple of 64, because the next id would then begin a node
 * of the kernel's IDR (lib/radix-tree.c), which each creation allocates and each removal frees.
 */
#define OBJECTS                       \
	{                             \
		1, 10, 100, 500, 1000 \
	}

/* Numbers of rows of /proc/sysvipc, each of which costs thousands of instructions. */
#define PROC_ROWS              \
	{                      \
		1, 10, 50, 200 \
	}

/* Numbers of processes that wait. */
#define PROCESSES            \
	{                    \
		1, 4, 16, 64 \
	}

/* Keys without a pattern that the kernel's hash function might favour. */
static inline key_t cost_key(unsigned i)
{
	return (key_t)(0x43000000u + i * 7919u);
}

enum { LOOKED_UP = 64 };

/* Cycles evenly through the first n keys, so that the result averages over hash chains. */
static inline key_t spread_key(const struct cost *c, unsigned i)
{
	return cost_key((unsigned)((unsigned long)i * c->n / LOOKED_UP));
}

/* Keys without an object, in different hash chains. */
static inline key_t missing_key(unsigned i)
{
	return cost_key(MOST_OBJECTS + 1 + i);
}

/* Reads a whole file of /proc from its beginning. */
static inline bool read_whole(struct cost *c)
{
	ssize_t got;
	off_t at = 0;

	while ((got = pread(c->file, c->buffer, BUFFER, at)) > 0)
		at += got;
	return got == 0;
}

#endif
