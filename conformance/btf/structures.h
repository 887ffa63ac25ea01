/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The structures of the table, as BTF has them. */
#ifndef STRUCTURES_H
#define STRUCTURES_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Whose: the kernel's own, or those that it keeps for programs of its 32-bit
 * architecture, where a structure without a `compat_` variant is the same.
 */
enum view { NATIVE, COMPAT };

/* Whether any structure of the table is there. */
bool has_native(const struct btf *btf);
bool has_compat(const struct btf *btf);

/*
 * Writes a dump of ABI facts, as `dump` does of headers.  Of alignment BTF knows
 * nothing; a union that is not there is not in the dump, since the kernel takes
 * semun as a number.  Members that the table does not have are in it under their
 * own names.  False, and one line without newline in error, if types, sizes or
 * names in it make no sense.
 */
bool structures_dump(FILE *out, const struct btf *btf, enum view view, char error[256]);

#endif
