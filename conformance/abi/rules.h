/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Rules between the layers of one target: whether libc's headers are right, given
 * the kernel's.  They are about values: reading libc's member out of what
 * the kernel wrote must find the kernel's value.  No reference is needed.
 */
#ifndef RULES_H
#define RULES_H

#include <stdio.h>

#include "abi/facts.h"

/* X(NAME, DEMAND): the rules, in the order in which they are printed. */
#define RULES(X)                                                                                  \
	X(there, "what the kernel fills in is there, and POSIX's structures and constants are")   \
	X(place, "a member has the kernel's bytes of the same weight")                            \
	X(width, "it is wider only over the kernel's padding, narrower only as POSIX has it")     \
	X(sign, "it is signed as the kernel's is, where their widths agree")                      \
	X(time, "both words of a time are where the kernel has them, libc's own on no value")     \
	X(padding, "what libc alone has, members and padding, is on none of the kernel's values") \
	X(size, "the whole is as large as the kernel's, or larger by members of libc's own")      \
	X(align, "the whole is aligned as the kernel's, unless it has members of libc's own")     \
	X(old, "members of Linux 2.4's structures are gone")                                      \
	X(value, "constants and system call numbers have the kernel's values")                    \
	X(posix, "members have POSIX's types")

/*
 * Judges libc's facts by the kernel's and prints the verdict: a table of structures
 * and rules, then the faults and the known deviations (deviations.def), one
 * line each.  The libc's name is for those, and "glibc-time64" says that structures
 * with times are libc's own, which it copies member by member where the kernel has
 * a time in two words: there, only room for the values is asked for.
 *
 * Returns the number of faults; -1, and one line without newline in error,
 * where the facts are not of a libc and a kernel for one target.
 */
int rules_judge(FILE *out, const char *libc_name, const struct facts *libc,
		const struct facts *kernel, char error[256]);

#endif
