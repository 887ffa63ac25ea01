/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* A dump that another witness gave (BTF), against that of a layer's headers. */
#ifndef WITNESS_H
#define WITNESS_H

#include "abi/facts.h"

/*
 * A witness may say less than headers do, never something else:
 *   - of a kind of fact of which it has none (const, syscall), and of the members
 *     of a structure that it does not have at all, it has no notion;
 *   - its value may end sooner ("size 8" agrees with "size 8 align 4"), and `run`
 *     is one that nobody can say before run time.
 * What either side has and the other has not or has as absent, and any other
 * value, is an error.  Says them on out, one line each, which may be NULL; sets
 * *agreed to the number of the witness's facts that hold.  Returns the errors.
 */
unsigned facts_witness(FILE *out, const struct facts *facts, const struct facts *witness,
		       size_t *agreed);

#endif
