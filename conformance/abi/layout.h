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
	const char *name; /* NULL: a hole */
	const char *what; /* "signed", "struct", "pad", ... */
	size_t offset, size;
	size_t lane; /* members that share bytes have different lanes */
};

struct layout {
	const char *kind; /* "struct", "union"; NULL: not in the dump */
	size_t size;
	long long align; /* -1: not in the dump */
	size_t n, nlanes;
	struct piece *piece; /* by offset */
};

/* The structures of the table, in its order; the last one is NULL. */
extern const char *const layout_structures[];
bool layout_has(const char *structure);

/*
 * Sets layout, whose strings belong to facts; free it with layout_free().  If the dump's
 * facts about the structure are invalid, returns false, with one line without newline in
 * error.
 */
bool layout_of(struct layout *layout, const struct facts *facts, const char *structure,
	       char error[256]);
void layout_free(struct layout *layout);

/* The member with this name, or NULL. */
const struct piece *layout_member(const struct layout *layout, const char *name);

/* Whether the other's member of this name is missing or has another place, size or type. */
bool piece_differs(const struct piece *piece, const struct layout *other);
bool layout_same(const struct layout *a, const struct layout *b);
bool piece_is_padding(const struct piece *piece);

/* Prints the structure like pahole(1); layer is its label. */
void layout_text(FILE *out, const struct layout *layout, const char *structure, const char *layer);

/*
 * Prints a structure, or every one if it is NULL, of a layer that was compiled in or of a
 * file with a dump.  If the file is unreadable or not a dump, returns false, with one line
 * without newline in error.
 */
bool layouts_text(FILE *out, const char *structure, const char *layer, char error[256]);

/*
 * Draws every structure for a report, with a row for each layer (up to one without a name)
 * compared with the kernel's, which is one of them; layout_style is the CSS.
 */
void layout_html(FILE *out, const struct layer *all, const struct layer *kernel);
extern const char layout_style[];

#endif
