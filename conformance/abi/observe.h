/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The layer `observed`: which bytes a command really writes.
 *
 * A command is called twice, into buffers poisoned differently and with poison
 * before and behind; a byte that keeps its poison both times was not written.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <stdbool.h>
#include <stdio.h>

#include "abi/facts.h"
#include "harness/calls.h"

/* A command that hands something to its caller; from CONTROL of the table. */
struct control {
	const char *call; /* "msgctl" */
	const char *name; /* "IPC_STAT" */
	int cmd;
	const char *structure; /* "msqid_ds"; NULL: an array of unsigned short */
};
extern const struct control controls[];

/* Their places in controls[]: CONTROL_msgctl_IPC_STAT and so on. */
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
	/* From OBSERVE_MARGIN bytes before the buffer on: was it written? */
	bool written[OBSERVE_MARGIN + OBSERVE_ROOM + OBSERVE_MARGIN];
};

/*
 * Makes an object, observes a command on it, removes it.  False, with errno,
 * where a call fails.
 */
bool observe(const struct ipc_calls *ipc, const struct control *control, struct observed *observed);

/* "bytes 0-79, 84-87", from the buffer's begin on; "no byte". */
void observed_ranges(const struct observed *observed, char *buf, size_t size);

/*
 * Compares with a layout.  Every byte of a member must have been written and
 * none outside of the structure; where whole is true, every byte of padding
 * too, as the kernel copies structures whole.  False, with what was expected.
 */
bool observed_agrees(const struct observed *observed, const struct control *control,
		     const struct facts *layout, bool whole, char *expected, size_t size);

/* All of it as a dump. */
void observed_dump(FILE *out);

#endif
