/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the targets msg, sem and shm share: an input is a sequence of calls, through
 * libc or past it, of which none waits.  A model says what each must return, and
 * what the object holds behind it.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <errno.h>
#include <unistd.h>

#include "harness/conform.h"
#include "fuzz.h"

enum { MOST_STEPS = 1000 };

/* libc's calls, or those past it. */
const struct ipc_calls *take_calls(struct input *input);

/* An id: the living object's in most cases, the one that is gone, or none of anything. */
int take_id(struct input *input, int living, int gone);

/* What a call must return where it does not fail with error, which is 0 then. */
struct expected {
	long result;
	int error;
};
#define FAILS(ERROR) ((struct expected){-1, ERROR})
#define RETURNS(RESULT) ((struct expected){RESULT, 0})

/* Ends the program unless RESULT, with errno, is what is expected. */
#define REQUIRE_RESULT(STEP, CALL, RESULT, EXPECTED) \
	require_result(__FILE__, __LINE__, STEP, CALL, RESULT, errno, EXPECTED)
void require_result(const char *file, int line, unsigned step, const char *call, long result,
		    int error, struct expected expected);

/* Of a text or of memory: a byte that tells where it stood. */
static inline unsigned char pattern_byte(unsigned which, size_t i)
{
	return (unsigned char)(which * 7 + i * 13 + (i >> 8) + 1);
}

#endif
