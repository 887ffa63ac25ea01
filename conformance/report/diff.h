/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Compares two dumps, or two reports. */
#ifndef DIFF_H
#define DIFF_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Prints what changed from a to b, two dumps of ABI facts or two JSON reports.  Returns 0 if
 * nothing changed, or results are only new or better; 1 if something is worse, gone or
 * different; 2, with one line without newline in error, if a file is neither, is incomplete,
 * or is not of the other's kind.  With partial, both must be dumps, and only facts of b that
 * contradict a count (abi/partial.h).
 */
int diff_files(FILE *out, bool partial, const char *a, const char *b, char error[256]);

#endif
