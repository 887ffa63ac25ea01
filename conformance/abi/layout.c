/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "harness/textfile.h"

/* Much larger than any structure of the interface. */
enum { LARGEST = 1 << 16 };

const char *const layout_structures[] = {
#define STRUCT(S, U, D) #S,
#include "interface/sysvipc.def"
	NULL,
};

bool layout_has(const char *structure)
{
	const char *const *name = layout_structures;

	while (*name && strcmp(*name, structure) != 0)
		name++;
	return *name;
}

/* ---- from a dump ----------------------------------------------------------- */

/* The last word of a value, which is the member's type; "array" for a flexible array. */
static const char *what_of(const char *value)
{
	const char *last = strrchr(value, ' ');

	last = last ? last + 1 : value;
	return strspn(last, "0123456789") == strlen(last) ? "array" : last;
}

/* Parses a place: "offset 4 size 8 signed", or "bit 3 bits 5 unsigned" of a bit-field. */
static bool place(struct piece *piece, const struct facts *facts, const struct fact *fact)
{
	long long offset = facts_number(facts, fact->kind, fact->name, "offset");
	long long size = facts_number(facts, fact->kind, fact->name, "size");
	long long bit = facts_number(facts, fact->kind, fact->name, "bit");
	long long bits = facts_number(facts, fact->kind, fact->name, "bits");

	if (offset < 0 && bit >= 0 && bit < 8LL * LARGEST && bits >= 0 && bits <= 128) {
		offset = bit / 8;
		size = (bit % 8 + bits + 7) / 8;
	}
	if (offset < 0 || offset > LARGEST || size > LARGEST)
		return false;
	*piece = (struct piece){
		.name = strchr(fact->name, '.') + 1,
		.what = what_of(fact->value),
		.offset = (size_t)offset,
		.size = size < 0 ? 0 : (size_t)size,
	};
	return true;
}

static bool is_member(const struct fact *fact, const char *structure)
{
	size_t length = strlen(structure);

	return strcmp(fact->kind, "member") == 0 && strncmp(fact->name, structure, length) == 0 &&
	       fact->name[length] == '.' && strcmp(fact->value, "absent") != 0;
}

static int by_offset(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Adds the hole before `to` that no member covers. */
static void add_hole(struct layout *layout, size_t from, size_t to)
{
	if (from < to)
		layout->piece[layout->n++] = (struct piece){
			.what = "hole",
			.offset = from,
			.size = to - from,
		};
}

/* Adds the n members with the holes between them; the members are at the array's end. */
static void add_holes(struct layout *layout, const struct piece *member, size_t n)
{
	size_t end = 0;

	for (size_t i = 0; i < n; i++) {
		add_hole(layout, end, member[i].offset);
		layout->piece[layout->n++] = member[i];
		if (member[i].offset + member[i].size > end)
			end = member[i].offset + member[i].size;
	}
	add_hole(layout, end, layout->size);
	if (layout->size < end)
		layout->size = end;
}

/* Puts each member into the first lane in which its bytes are free. */
static void set_lanes(struct layout *layout)
{
	layout->nlanes = 1;
	for (size_t i = 0; i < layout->n; i++) {
		struct piece *piece = &layout->piece[i];

		for (size_t j = 0; j < i; j++)
			if (layout->piece[j].lane == piece->lane &&
			    layout->piece[j].offset + layout->piece[j].size > piece->offset) {
				piece->lane++;
				j = (size_t)-1;
			}
		if (piece->lane >= layout->nlanes)
			layout->nlanes = piece->lane + 1;
	}
}

static const char *read_members(struct layout *layout, const struct facts *facts,
				const char *structure)
{
	size_t n = 0;

	layout->piece = calloc(2 * facts->n + 1, sizeof(*layout->piece));
	if (!layout->piece)
		return "no memory";
	struct piece *member = layout->piece + facts->n + 1;
	for (size_t i = 0; i < facts->n; i++)
		if (is_member(&facts->fact[i], structure) &&
		    !place(&member[n++], facts, &facts->fact[i]))
			return "has a member without a valid place";
	qsort(member, n, sizeof(*member), by_offset);
	add_holes(layout, member, n);
	set_lanes(layout);
	return NULL;
}

bool layout_of(struct layout *layout, const struct facts *facts, const char *structure,
	       char error[256])
{
	const char *kind = facts_value(facts, "union", structure) ? "union" : "struct";
	const char *value = facts_value(facts, kind, structure);
	long long size = facts_number(facts, kind, structure, "size");
	const char *problem = NULL;

	*layout = (struct layout){0};
	if (!value || strcmp(value, "absent") == 0)
		return true;
	layout->kind = kind;
	layout->align = facts_number(facts, kind, structure, "align");
	layout->size = size > 0 && size <= LARGEST ? (size_t)size : 0;
	if ((size <= 0 && strcmp(value, "run") != 0) || size > LARGEST)
		problem = "has no size";
	else
		problem = read_members(layout, facts, structure);
	if (!problem)
		return true;
	layout_free(layout);
	return textfile_error(error, structure, "%s", problem);
}

void layout_free(struct layout *layout)
{
	free(layout->piece);
	*layout = (struct layout){0};
}

/* ---- comparing two --------------------------------------------------------- */

bool piece_is_padding(const struct piece *piece)
{
	return !piece->name || strcmp(piece->what, "pad") == 0;
}

const struct piece *layout_member(const struct layout *layout, const char *name)
{
	for (size_t i = 0; name && i < layout->n; i++)
		if (layout->piece[i].name && strcmp(layout->piece[i].name, name) == 0)
			return &layout->piece[i];
	return NULL;
}

bool piece_differs(const struct piece *piece, const struct layout *other)
{
	const struct piece *its = layout_member(other, piece->name);

	if (piece_is_padding(piece) || !other->kind)
		return false;
	return !its || its->offset != piece->offset || its->size != piece->size ||
	       strcmp(its->what, piece->what) != 0;
}

bool layout_same(const struct layout *a, const struct layout *b)
{
	if (!a->kind != !b->kind || a->size != b->size || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct piece *one = &a->piece[i], *other = &b->piece[i];

		if (one->offset != other->offset || one->size != other->size ||
		    strcmp(one->what, other->what) != 0 || !one->name != !other->name ||
		    (one->name && strcmp(one->name, other->name) != 0))
			return false;
	}
	return true;
}

/* ---- as text ------------------------------------------------------------------- */

static void put_piece(FILE *out, const struct piece *piece)
{
	char words[96];

	if (!piece->name)
		snprintf(words, sizeof(words), "/* %zu %s of padding */", piece->size,
			 piece->size == 1 ? "byte" : "bytes");
	else
		snprintf(words, sizeof(words), "%-9s %s%s;", piece->what, piece->name,
			 strcmp(piece->what, "array") == 0 ? "[]" : "");
	fprintf(out, "\t%-38s /* %5zu %5zu */\n", words, piece->offset, piece->size);
}

void layout_text(FILE *out, const struct layout *layout, const char *structure, const char *layer)
{
	size_t holes = 0;

	if (!layout->kind) {
		fprintf(out, "/* %s: has no %s */\n", layer, structure);
		return;
	}
	fprintf(out, "%s %s { /* %s */\n", layout->kind, structure, layer);
	for (size_t i = 0; i < layout->n; i++) {
		put_piece(out, &layout->piece[i]);
		holes += layout->piece[i].name ? 0 : layout->piece[i].size;
	}
	fprintf(out, "}; /* size %zu", layout->size);
	if (layout->align > 0)
		fprintf(out, ", align %lld", layout->align);
	if (holes > 0)
		fprintf(out, ", padding %zu", holes);
	fputs(" */\n", out);
}

/* Reads a layer that is compiled in, or else a file of that name. */
static bool layer_facts(struct facts *facts, const char *name, char error[256])
{
	const struct layer *layer = layer_named(name);

	return layer ? facts_parse(facts, layer_text(layer), name, error)
		     : facts_read(facts, name, error);
}

bool layouts_text(FILE *out, const char *structure, const char *layer, char error[256])
{
	struct facts facts;
	struct layout layout;
	bool ok = layer_facts(&facts, layer, error);

	for (const char *const *name = layout_structures; ok && *name; name++) {
		if (structure && strcmp(structure, *name) != 0)
			continue;
		if ((ok = layout_of(&layout, &facts, *name, error)))
			layout_text(out, &layout, *name, layer);
		layout_free(&layout);
	}
	facts_free(&facts);
	return ok;
}
