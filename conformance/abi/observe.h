/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The layer `observed`: the bytes that a command really writes.
 *
 * Each command is called twice, with differently poisoned buffers that have poisoned margins;
 * a byte that keeps its poison both times was not written.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <stdbool.h>
#include <stdio.h>

#include "abi/facts.h"
#include "harness/calls.h"

/* A command that returns a structure or an array to its caller; from CONTROL of the table. */
struct control {
	const char *call; /* "msgctl" */
	const char *name; /* "IPC_STAT" */
	int cmd;
	const char *structure; /* "msqid_ds"; NULL: an array of unsigned short */
};
extern const struct control controls[];

/* Indexes of controls[]: CONTROL_msgctl_IPC_STAT and so on. */
#define CONTROL_IN(...)
#define CONTROL_NONE(...)
#define CONTROL_VALUE(...)
#define CONTROL_ARRAY_IN(...)
#define CONTROL_OUT(INDEX, ...) INDEX,
#define CONTROL_ARRAY_OUT(INDEX, ...) INDEX,
enum {
#define CONTROL(F, C, W, K) CONTROL_##W(CONTROL_##F##_##C)
#include "interface/sysvipc.def"
	NCONTROLS
};
#undef CONTROL_OUT
#undef CONTROL_ARRAY_OUT

enum { OBSERVE_MARGIN = 64, OBSERVE_ROOM = 512, OBSERVED_NSEMS = 5 };

struct observed {
	/* Whether each byte was written, from OBSERVE_MARGIN bytes before the buffer on. */
	bool written[OBSERVE_MARGIN + OBSERVE_ROOM + OBSERVE_MARGIN];
};

/*
 * Makes an object, observes a command on it, and removes it.  If a call fails, returns false
 * with errno.
 */
bool observe(const struct ipc_calls *ipc, const struct control *control, struct observed *observed);

/* "bytes 0-79, 84-87", counted from the beginning of the buffer; or "no byte". */
void observed_ranges(const struct observed *observed, char *buf, size_t size);

/*
 * Compares with a layout: every byte of a member must be written, and none outside of the
 * structure; with whole, also every byte of padding, because the kernel copies whole
 * structures.  If they differ, returns false and sets expected.
 */
bool observed_agrees(const struct observed *observed, const struct control *control,
		     const struct facts *layout, bool whole, char *expected, size_t size);

/* Prints all observed bytes as a dump. */
void observed_dump(FILE *out);

#endif
