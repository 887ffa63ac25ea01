/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Rules that relate the layers of one target: whether libc's headers are right, given the
 * kernel's.  A program that reads libc's member from what the kernel wrote must get the
 * kernel's value.  The rules need no reference.
 */
#ifndef RULES_H
#define RULES_H

#include <stdio.h>

#include "abi/facts.h"

/* X(NAME, DEMAND): the rules, in the order in which they are printed. */
#define RULES(X)                                                                                   \
	X(there,                                                                                   \
	  "libc has the members that the kernel fills, and POSIX's structures and constants")      \
	X(place, "a member has the kernel's bytes of the same weight")                             \
	X(width, "a member is wider only over padding, and narrower only if POSIX permits")        \
	X(sign, "a member has the kernel's sign if it has the kernel's width")                     \
	X(time, "both words of a time are at the kernel's places; libc's own time hides no value") \
	X(padding, "libc's own members and padding do not cover values of the kernel")             \
	X(size, "a structure has the kernel's size, or is larger by libc's own members")           \
	X(align, "a structure has the kernel's alignment, unless it has members of libc's own")    \
	X(old, "members of Linux 2.4's structures are gone")                                       \
	X(value, "constants and system call numbers have the kernel's values")                     \
	X(posix, "members have POSIX's types")

/*
 * Judges libc's facts by the kernel's and prints the verdict: a table of structures and rules,
 * then the faults and the known deviations (deviations.def), a line each.  The libc's name
 * selects the deviations.  For "glibc-time64", structures with times are libc's own, which it
 * copies member by member if the kernel has a time in two words; then only the widths of the
 * members matter.
 *
 * Returns the number of faults; -1, with one line without newline in error, if the facts are
 * not of a libc and a kernel for the same target.
 */
int rules_judge(FILE *out, const char *libc_name, const struct facts *libc,
		const struct facts *kernel, char error[256]);

#endif
