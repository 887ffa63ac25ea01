/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes the table's structures from BTF. */
#ifndef STRUCTURES_H
#define STRUCTURES_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Which structures: the kernel's own, or those for programs of its 32-bit architecture;
 * a structure without a `compat_` variant is the same for both.
 */
enum view { NATIVE, COMPAT };

/* Whether BTF has any structure of the table. */
bool has_native(const struct btf *btf);
bool has_compat(const struct btf *btf);

/*
 * Writes a dump of ABI facts, as `dump` does for headers.  BTF has no alignments.  A missing
 * union is left out of the dump, because the kernel takes semun as a number.  Members that
 * are not in the table keep their own names.  Returns false, with one line without newline
 * in error, if types, sizes or names are invalid.
 */
bool structures_dump(FILE *out, const struct btf *btf, enum view view, char error[256]);

#endif
