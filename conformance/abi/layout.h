/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The layout of a structure, byte by byte, from a dump of ABI facts. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "facts.h"
#include "layers.h"

struct piece {
	const char *name; /* NULL: bytes that no member has */
	const char *what; /* "signed", "struct", "pad", ... */
	size_t offset, size;
	size_t lane; /* members that share bytes are in different ones */
};

struct layout {
	const char *kind; /* "struct", "union"; NULL: the dump does not have it */
	size_t size;
	long long align; /* -1: the dump does not say */
	size_t n, nlanes;
	struct piece *piece; /* by offset */
};

/* The structures of the table, in its order; the last one is NULL. */
extern const char *const layout_structures[];
bool layout_has(const char *structure);

/*
 * Free with layout_free.  False, and one line without newline in error, if what
 * the dump says of the structure makes no sense.  The strings are those of facts.
 */
bool layout_of(struct layout *layout, const struct facts *facts, const char *structure,
	       char error[256]);
void layout_free(struct layout *layout);

/* The member of a name, or NULL. */
const struct piece *layout_member(const struct layout *layout, const char *name);

/* Not where the other has its member of that name, or of another size or type. */
bool piece_differs(const struct piece *piece, const struct layout *other);
bool layout_same(const struct layout *a, const struct layout *b);
bool piece_is_padding(const struct piece *piece);

/* The structure as pahole would write it; layer says whose it is. */
void layout_text(FILE *out, const struct layout *layout, const char *structure, const char *layer);

/*
 * A structure, or each if it is NULL, of a layer that was compiled in, or of a file
 * with a dump.  False, and one line without newline in error, if there is no such
 * file or it is no dump.
 */
bool layouts_text(FILE *out, const char *structure, const char *layer, char error[256]);

/*
 * Every structure drawn for a report, one row for each layer (up to one without
 * a name), each beside the kernel's, which is one of them; and the style of it.
 */
void layout_html(FILE *out, const struct layer *all, const struct layer *kernel);
extern const char layout_style[];

#endif
