/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Draws structures byte by byte: lines of 32 bytes, with a row for every layer. */
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "report/escape.h"
#include "layout.h"

enum { LINE = 32, TICK = 4 };

const char layout_style[] =
	":root { --light: 87%; --strong: 60%; --moved: #b3261e; --hatch: #0002;\n"
	"  --byte: #0000001c }\n"
	"@media (prefers-color-scheme: dark) { :root { --light: 27%; --strong: 42%;\n"
	"  --moved: #ff8a80; --hatch: #fff3; --byte: #ffffff1f } }\n"
	".legend { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; color: var(--dim);\n"
	"  font-size: .87rem; align-items: center }\n"
	".legend span span { display: inline-block; width: 2.6rem; height: 1.15rem;\n"
	"  margin-right: .5rem; vertical-align: middle }\n"
	".layout { display: grid; grid-template-columns: minmax(7.5rem, max-content)\n"
	"  repeat(32, minmax(1.7rem, 1fr));\n"
	"  gap: 2px 0; margin: .3rem 0 1rem; font: .76rem/1.55rem ui-monospace, monospace }\n"
	".drawing { overflow-x: auto }\n"
	".layer { grid-column: 1; white-space: nowrap; padding-right: .6rem; text-align: right }\n"
	".tick { color: var(--dim); line-height: 1rem; border-left: 1px solid var(--line);\n"
	"  padding-left: 3px }\n"
	".member, .pad, .hole { position: relative; overflow: hidden; text-overflow: ellipsis;\n"
	"  white-space: nowrap; text-align: center; border-radius: 3px; padding: 0 2px;\n"
	"  margin: 0 1px; box-sizing: border-box }\n"
	".member { background: repeating-linear-gradient(to right, #0000 0 calc(100% / var(--n, 2) "
	"- 1.5px),\n"
	"  var(--byte) 0 calc(100% / var(--n, 2))) hsl(var(--hue, 210) var(--strong) var(--light)) "
	"}\n"
	".pad, .hole { color: var(--dim); background: repeating-linear-gradient(-45deg,\n"
	"  var(--hatch) 0 2px, var(--page) 2px 6px) }\n"
	".pad { text-shadow: 0 0 2px var(--page), 0 0 2px var(--page), 0 0 3px var(--page),\n"
	"  0 0 4px var(--page) }\n"
	".hole { border: 1px dashed var(--dim); line-height: calc(1.55rem - 2px) }\n"
	".moved { box-shadow: inset 0 0 0 2px var(--moved); font-weight: 700 }\n"
	".from { border-top-left-radius: 0; border-bottom-left-radius: 0; margin-left: 0 }\n"
	".to { border-top-right-radius: 0; border-bottom-right-radius: 0; margin-right: 0 }\n"
	".between { height: .4rem }\n"
	".outside { grid-column-end: -1; color: var(--dim); padding-left: .5rem }\n"
	"@media print { .layout { break-inside: avoid } }\n";

/* A layer's structures; the others are compared with the first row, the kernel's. */
struct row {
	char name[64];
	bool reviewed; /* the reference of the layer in the previous row */
	struct facts facts;
	struct layout layout; /* of the structure that is being drawn */
};

struct rows {
	struct row *row;
	size_t n;
	size_t size; /* of the largest of them */
};

/* ---- rows ------------------------------------------------------------------ */

static void add_row(struct rows *rows, const char *name, bool reviewed, const char *dump)
{
	struct row *row = &rows->row[rows->n];
	char error[256];

	snprintf(row->name, sizeof(row->name), "%s%s", name, reviewed ? ", reviewed" : "");
	row->reviewed = reviewed;
	if (facts_parse(&row->facts, dump, name, error))
		rows->n++;
}

/* Adds the layer as compiled in, and as reviewed. */
static void add_layer(struct rows *rows, const struct layer *layer)
{
	add_row(rows, layer->name, false, layer_text(layer));
	if (layer->dump && layer->reference)
		add_row(rows, layer->name, true, layer->reference);
}

static bool open_rows(struct rows *rows, const struct layer *all, const struct layer *kernel)
{
	size_t n = 0;

	while (all[n].name)
		n++;
	*rows = (struct rows){.row = calloc(2 * n + 1, sizeof(*rows->row))};
	if (!rows->row)
		return false;
	add_layer(rows, kernel);
	for (const struct layer *layer = all; layer->name; layer++)
		if (layer != kernel)
			add_layer(rows, layer);
	return rows->n > 0;
}

static void close_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		facts_free(&rows->row[i].facts);
	free(rows->row);
}

/* A reference that agrees with the compiled-in layer is not drawn. */
static bool is_drawn(const struct rows *rows, size_t i)
{
	return !rows->row[i].reviewed ||
	       !layout_same(&rows->row[i].layout, &rows->row[i - 1].layout);
}

/* ---- one line of one structure ------------------------------------------------ */

/* The hue of a member, from its position in the kernel's structure: the same in all layers. */
static unsigned hue_of(const struct piece *piece, const struct layout *kernel)
{
	const struct piece *its = layout_member(kernel, piece->name);
	unsigned n = 0;

	for (size_t i = 0; i < kernel->n && &kernel->piece[i] != its; i++)
		n += !piece_is_padding(&kernel->piece[i]);
	return n * 137 % 360;
}

static void put_where(FILE *out, const struct piece *piece)
{
	fprintf(out, "offset %zu, size %zu, %s", piece->offset, piece->size, piece->what);
}

/* Describes a member, and its place in the kernel if that differs. */
static void put_tooltip(FILE *out, const struct piece *piece, const struct layout *kernel)
{
	const struct piece *its = layout_member(kernel, piece->name);

	put_xml(out, piece->name ? piece->name : "no member");
	fputs(": ", out);
	put_where(out, piece);
	if (its && piece_differs(piece, kernel)) {
		fputs("; in the kernel: ", out);
		put_where(out, its);
	}
}

/* A text extends to the end of its structure, so there is no hole after it. */
static bool is_text(const struct piece *piece)
{
	return strcmp(piece->what, "array") == 0;
}

/* Draws the part of a piece that is in this line; corners are rounded at its real ends only. */
static void put_part(FILE *out, const struct piece *piece, const struct layout *layout,
		     const struct layout *kernel, size_t line, size_t row)
{
	size_t from = piece->offset > line ? piece->offset : line;
	size_t end = is_text(piece) ? layout->size : piece->offset + piece->size;
	size_t to = end < line + LINE ? end : line + LINE;

	if (from >= to)
		return;
	fprintf(out, "<div class=\"%s%s%s%s\" style=\"grid-area: %zu / %zu / auto / span %zu",
		!piece->name		  ? "hole"
		: piece_is_padding(piece) ? "pad"
					  : "member",
		piece_differs(piece, kernel) ? " moved" : "", from > piece->offset ? " from" : "",
		to < end ? " to" : "", row, from - line + 2, to - from);
	if (!piece_is_padding(piece))
		fprintf(out, "; --n: %zu; --hue: %u", to - from, hue_of(piece, kernel));
	fputs("\" title=\"", out);
	put_tooltip(out, piece, kernel);
	fputs("\">", out);
	put_xml(out, piece->name ? piece->name : "");
	fputs(is_text(piece) ? "[]</div>\n" : "</div>\n", out);
}

static void put_row(FILE *out, const struct row *row, const struct layout *kernel, size_t line,
		    size_t at)
{
	const struct layout *layout = &row->layout;

	fprintf(out, "<div class=\"layer\" style=\"grid-row: %zu\">", at);
	put_xml(out, row->name);
	fputs("</div>\n", out);
	if (!layout->kind || line >= layout->size) {
		fprintf(out,
			"<div class=\"outside\" style=\"grid-row: %zu; grid-column-start: 2\">",
			at);
		fputs(layout->kind ? "has ended</div>\n" : "does not have it</div>\n", out);
		return;
	}
	for (size_t i = 0; i < layout->n; i++)
		if (i == 0 || layout->piece[i].name || !is_text(&layout->piece[i - 1]))
			put_part(out, &layout->piece[i], layout, kernel, line,
				 at + layout->piece[i].lane);
}

static void put_ruler(FILE *out, size_t line, size_t to)
{
	for (size_t i = line; i < to; i += TICK)
		fprintf(out,
			"<div class=\"tick\" style=\"grid-area: 1 / %zu / auto / span "
			"%zu\">%zu</div>\n",
			i - line + 2, to - i < TICK ? to - i : TICK, i);
}

static void put_bytes(FILE *out, const struct rows *rows, size_t line)
{
	size_t at = 2;

	fputs("<div class=\"layout\">\n", out);
	put_ruler(out, line, rows->size < line + LINE ? rows->size : line + LINE);
	for (size_t i = 0; i < rows->n; i++) {
		if (!is_drawn(rows, i))
			continue;
		put_row(out, &rows->row[i], &rows->row[0].layout, line, at);
		at += rows->row[i].layout.kind ? rows->row[i].layout.nlanes : 1;
		if (rows->row[i].layout.nlanes > 1)
			fprintf(out, "<div class=\"between\" style=\"grid-row: %zu\"></div>\n",
				at++);
	}
	fputs("</div>\n", out);
}

/* ---- all of it ------------------------------------------------------------------ */

static size_t count_differing(const struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 1; i < rows->n; i++)
		for (size_t j = 0; is_drawn(rows, i) && j < rows->row[i].layout.n; j++)
			n += piece_differs(&rows->row[i].layout.piece[j], &rows->row[0].layout);
	return n;
}

static void put_structure(FILE *out, const struct rows *rows, const char *structure)
{
	size_t differing = count_differing(rows);

	fprintf(out,
		"<details open>\n<summary><span class=\"id\">%s</span>"
		"<span class=\"dim\">%zu bytes",
		structure, rows->size);
	if (differing)
		fprintf(out, ", %zu %s from the kernel's", differing,
			differing == 1 ? "member differs" : "members differ");
	fputs("</span></summary>\n<div class=\"drawing\">\n", out);
	for (size_t line = 0; line < rows->size; line += LINE)
		put_bytes(out, rows, line);
	fputs("</div>\n</details>\n", out);
}

static void draw(FILE *out, struct rows *rows, const char *structure)
{
	char error[256];

	rows->size = 0;
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->row[i];

		if (layout_of(&row->layout, &row->facts, structure, error) &&
		    row->layout.size > rows->size)
			rows->size = row->layout.size;
	}
	put_structure(out, rows, structure);
	for (size_t i = 0; i < rows->n; i++)
		layout_free(&rows->row[i].layout);
}

static void put_legend(FILE *out)
{
	fputs("<p class=\"legend\"><span><span class=\"member\"></span>a member, of one color in "
	      "every layer</span>\n<span><span class=\"pad\"></span>declared padding</span>\n"
	      "<span><span class=\"hole\"></span>bytes without a member</span>\n"
	      "<span><span class=\"member moved\"></span>another place, size or sign than the "
	      "kernel's (uapi); make abi tells whether that is permitted</span></p>\n",
	      out);
}

void layout_html(FILE *out, const struct layer *all, const struct layer *kernel)
{
	struct rows rows;

	fputs("<h2>Structures of " ARCH ", byte by byte</h2>\n", out);
	put_legend(out);
	if (open_rows(&rows, all, kernel))
		for (const char *const *name = layout_structures; *name; name++)
			draw(out, &rows, *name);
	close_rows(&rows);
}
