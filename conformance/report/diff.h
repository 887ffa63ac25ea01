/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* What changed between two files of this harness. */
#ifndef DIFF_H
#define DIFF_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Says in words on out what changed from a to b, two dumps of ABI facts or two
 * JSON reports, whichever they hold.  0: nothing, or only new or better results;
 * 1: something is worse, gone or different; 2, and one line without newline in
 * error: a file is neither, is not whole, or is not of the other's kind.  With
 * witness, two dumps only: in what b contradicts a (abi/witness.h).
 */
int diff_files(FILE *out, bool witness, const char *a, const char *b, char error[256]);

#endif
