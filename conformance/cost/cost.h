/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The cost of each call: `ipc-conform cost` measures it, classifies its growth and writes it.
 *
 * An item is one operation, measured for each n of its list.  If n is a number of things
 * (keys, messages, waiters), the rows of an item form a series whose growth is classified.
 */
#ifndef COST_H
#define COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- results --------------------------------------------------------------- */

enum clock { CLOCK_TIME, CLOCK_INSTRUCTIONS };

struct cost_row {
	char id[64];
	unsigned n;
	double cost; /* of one call, or of one pair of calls */
	char unit[16];
};

/* From the best to the worst: a later class grows faster. */
enum growth_class { CONSTANT, LOGARITHMIC, LINEAR, N_LOG_N, QUADRATIC, NCLASSES };

/* cost = constant + coefficient * f(n), where f belongs to the class. */
struct growth {
	char id[64];
	char of[32]; /* the things that n counts: "keys" */
	enum growth_class class;
	double coefficient;
};

struct skipped {
	char id[64], reason[128];
};

enum { MAX_ROWS = 512, MAX_SERIES = 128 };

struct costs {
	char build[32], arch[32], machine[72], kernel[192], libc[64];
	char clock[16]; /* "instructions" or "time" */
	size_t nrows, ngrowths, nskipped;
	struct cost_row rows[MAX_ROWS];
	struct growth growths[MAX_SERIES];
	struct skipped skipped[MAX_SERIES];
};

extern const char *const class_names[NCLASSES]; /* "constant", "n log n" */
extern const char *const class_words[NCLASSES]; /* "does not grow", "grows as n log n" */

/* Fits the growth of n costs; xs ascends. */
void growth_fit(struct growth *growth, const double *xs, const double *costs, size_t n);

void costs_text(FILE *out, const struct costs *costs);
void costs_json(FILE *out, const struct costs *costs);
void costs_html(FILE *out, const struct costs *costs);
/*
 * Reads a file that costs_json() wrote.  If it is invalid, returns false, with one line in
 * error.
 */
bool costs_read(struct costs *costs, const char *path, char error[256]);

/* ---- items ----------------------------------------------------------------- */

enum { MOST_N = 8, MOST_CHILDREN = 64, MOST_OBJECTS = 1024 };

/* The state of one measurement. */
struct cost {
	unsigned n;
	int arg;	       /* of the item: a command, a flag */
	int id;		       /* the object that the operation uses */
	int ids[MOST_OBJECTS]; /* more objects */
	unsigned turn;	       /* counts the calls of an operation that uses it */
	unsigned nchildren;
	pid_t children[MOST_CHILDREN];
	void *address; /* for attachments */
	int file;
	char *buffer; /* BUFFER bytes, for messages and structures */
};
enum { BUFFER = 1 << 16 };

struct cost_item {
	const char *id;
	const char *what;	       /* the operation, in words */
	const char *of;		       /* the things that n counts; NULL: no series */
	unsigned ns[MOST_N];	       /* ends with 0 unless full */
	bool (*setup)(struct cost *c); /* may be NULL */
	bool (*operation)(struct cost *c);
	int arg;
	unsigned each; /* the number of calls in the operation; 0: one */
};

extern const struct cost_item msg_items[], sem_items[], shm_items[]; /* end without an id */

/*
 * Runs body in a child that lives until the measurement ends.  On an error returns false, with
 * errno.
 */
bool cost_child(struct cost *c, void (*body)(struct cost *c));
/* Waits until each child sleeps in a system call. */
bool children_sleep(const struct cost *c);

/* Measures the items that match a glob of the list (all items if the list is empty). */
bool measure(struct costs *costs, enum clock clock, const char *const *only, unsigned nonly,
	     char error[256]);

/* Runs the command `cost` and returns its exit status.  describe() sets the machine's names. */
int cost_command(int argc, char **argv, void (*describe)(struct costs *costs));

#endif
