/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Compares a partial dump, from another source such as BTF, with that of a layer's headers. */
#ifndef PARTIAL_H
#define PARTIAL_H

#include "abi/facts.h"

/*
 * A partial dump may have fewer facts than headers, but no different ones:
 *   - it may lack whole kinds of facts (const, syscall) and whole structures;
 *   - a value may end earlier ("size 8" agrees with "size 8 align 4"), and any value agrees
 *     with `run`, which is known at run time only.
 * A fact that only one side has, and any other difference, is an error, which is printed on a
 * line of out unless that is NULL.  Sets *agreed to the number of the partial dump's facts that
 * agree.  Returns the number of errors.
 */
unsigned facts_partial(FILE *out, const struct facts *facts, const struct facts *partial,
		       size_t *agreed);

#endif
