/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Shared code of the targets msg, sem and shm.  An input is a sequence of calls that do not
 * wait, through libc or as raw system calls.  A model gives the expected result of each call
 * and the expected state of the object after it.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <errno.h>
#include <unistd.h>

#include "harness/conform.h"
#include "fuzz.h"

enum { MOST_STEPS = 1000 };

/* Returns the calls of libc or the raw system calls. */
const struct ipc_calls *take_calls(struct input *input);

/* Returns mostly the id of the living object, or that of a removed one, or an id of no object. */
int take_id(struct input *input, int living, int gone);

/* The expected end of a call: it fails with error, or, if error is 0, it returns result. */
struct expected {
	long result;
	int error;
};
#define FAILS(ERROR) ((struct expected){-1, ERROR})
#define RETURNS(RESULT) ((struct expected){RESULT, 0})

/* Ends the program with a finding unless RESULT and errno are as EXPECTED. */
#define REQUIRE_RESULT(STEP, CALL, RESULT, EXPECTED) \
	require_result(__FILE__, __LINE__, STEP, CALL, RESULT, errno, EXPECTED)
void require_result(const char *file, int line, unsigned step, const char *call, long result,
		    int error, struct expected expected);

/* Byte i of text number which; it depends on i, so that a moved byte is noticed. */
static inline unsigned char pattern_byte(unsigned which, size_t i)
{
	return (unsigned char)(which * 7 + i * 13 + (i >> 8) + 1);
}

#endif
