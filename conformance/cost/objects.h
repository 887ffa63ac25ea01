/* What the tables of all three facilities share. */
#ifndef COST_OBJECTS_H
#define COST_OBJECTS_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../calls.h"
#include "cost.h"
#include "kernel_constants.h"

#define UNUSED_COST struct cost *c __attribute__((unused))

/* Keys apart from each other in no pattern that a hash knows. */
static inline key_t cost_key(unsigned i)
{
	return (key_t)(0x43000000u + i * 7919u);
}

enum { LOOKED_UP = 64 };

/* Of the first n keys one, spread evenly: the average over hash chains of any length. */
static inline key_t spread_key(const struct cost *c, unsigned i)
{
	return cost_key((unsigned)((unsigned long)i * c->n / LOOKED_UP));
}

/* Reads a whole file of /proc from its begin. */
static inline bool read_whole(struct cost *c)
{
	ssize_t got;
	off_t at = 0;

	while ((got = pread(c->file, c->buffer, BUFFER, at)) > 0)
		at += got;
	return got == 0;
}

#endif
