/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Test vectors: calls of several processes, and the answers of a model.
 *
 * Each line is a JSON object.  The first describes the objects.  Each other line is a step:
 * "process" from 0, the call and its arguments, or "event" ("signal": a handler runs; "kill":
 * SIGKILL, after which the process starts again); "ends", the calls that return, each with its
 * process and the result or the name of the error; and the state of the objects afterwards.  A
 * process that is in no "ends" is blocked.  Flags and errors have their names, so other systems
 * can use the vectors.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The names of the facilities, for messages. */
extern const char vector_facilities[];

/* Writes n random steps of "msg", "sem" or "shm"; false if there is no such facility. */
bool vectors_write(FILE *out, const char *facility, unsigned seed, size_t n);

#endif
