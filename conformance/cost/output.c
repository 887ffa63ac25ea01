/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes the costs as a table, as JSON and as a page with charts; reads the JSON. */
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/json.h"
#include "harness/textfile.h"
#include "cost.h"

#define SCHEMA "ipc-conform-cost/1"

/* ---- a table --------------------------------------------------------------- */

static const struct growth *growth_of(const struct costs *costs, const char *id)
{
	for (size_t i = 0; i < costs->ngrowths; i++)
		if (strcmp(costs->growths[i].id, id) == 0)
			return &costs->growths[i];
	return NULL;
}

static void put_growth(FILE *out, const struct growth *growth, const char *unit)
{
	static const char *const each[NCLASSES] = {"", "log2 n", "n", "n log2 n", "n^2"};

	fprintf(out, "%s with %s", class_words[growth->class], growth->of);
	if (growth->class != CONSTANT)
		fprintf(out, ": %.3g %s * %s", growth->coefficient, unit, each[growth->class]);
}

void costs_text(FILE *out, const struct costs *costs)
{
	fprintf(out, "%-28s %6s %12s  %s\n", "what", "n", "cost", "unit");
	for (size_t i = 0; i < costs->nrows; i++) {
		const struct cost_row *row = &costs->rows[i];
		const bool last = i + 1 == costs->nrows || strcmp(row->id, row[1].id) != 0;
		const struct growth *growth = last ? growth_of(costs, row->id) : NULL;

		fprintf(out, "%-28s %6u %12.2f  %s\n", row->id, row->n, row->cost, row->unit);
		if (growth) {
			fprintf(out, "%-28s ", "");
			put_growth(out, growth, row->unit);
			putc('\n', out);
		}
	}
	for (size_t i = 0; i < costs->nskipped; i++)
		fprintf(out, "SKIP %s: %s\n", costs->skipped[i].id, costs->skipped[i].reason);
	fprintf(out, "\nkernel        %s\nlibc          %s\narchitecture  %s\nclock         %s\n",
		costs->kernel, costs->libc, costs->arch,
		strcmp(costs->clock, "time") == 0 ? "time: no gate compares these numbers"
						  : costs->clock);
}

/* ---- JSON ------------------------------------------------------------------ */

static const struct json_member row_members[] = {
	JSON_MEMBER(cost_row, id, "id", json_text),
	JSON_MEMBER(cost_row, n, "n", json_count),
	JSON_MEMBER(cost_row, cost, "cost", json_seconds),
	JSON_MEMBER(cost_row, unit, "unit", json_text),
	{0},
};

static void write_class(FILE *out, const void *from)
{
	put_json(out, class_names[*(const enum growth_class *)from]);
}

static bool read_class(struct json *json, void *to, size_t size)
{
	char name[16];

	(void)size;
	if (!json_text.read(json, name, sizeof(name)))
		return false;
	for (enum growth_class class = CONSTANT; class < NCLASSES; class ++)
		if (strcmp(name, class_names[class]) == 0) {
			memcpy(to, &class, sizeof(class));
			return true;
		}
	return json_fail(json, "a class of growth is unknown");
}

static const struct json_type class_type = {write_class, read_class};

static const struct json_member growth_members[] = {
	JSON_MEMBER(growth, id, "id", json_text),
	JSON_MEMBER(growth, of, "of", json_text),
	JSON_MEMBER(growth, class, "class", class_type),
	JSON_MEMBER(growth, coefficient, "coefficient", json_seconds),
	{0},
};

static const struct json_member skipped_members[] = {
	JSON_MEMBER(skipped, id, "id", json_text),
	JSON_MEMBER(skipped, reason, "reason", json_text),
	{0},
};

/* Defines the writer, the reader and the type of an array in struct costs. */
#define ARRAY(NAME, MEMBER, COUNT, MOST, MEMBERS)                                \
	static void write_##NAME(FILE *out, const void *from)                    \
	{                                                                        \
		const struct costs *costs = from;                                \
		putc('[', out);                                                  \
		for (size_t i = 0; i < costs->COUNT; i++) {                      \
			fputs(i ? ",\n" : "\n", out);                            \
			json_write(out, MEMBERS, &costs->MEMBER[i]);             \
		}                                                                \
		putc(']', out);                                                  \
	}                                                                        \
	static bool read_one_##NAME(struct json *json, void *context)            \
	{                                                                        \
		struct costs *costs = context;                                   \
		if (costs->COUNT == (MOST))                                      \
			return json_fail(json, "there are too many " #NAME);     \
		return json_read(json, MEMBERS, &costs->MEMBER[costs->COUNT++]); \
	}                                                                        \
	static bool read_##NAME(struct json *json, void *to, size_t size)        \
	{                                                                        \
		(void)size;                                                      \
		return json_read_array(json, read_one_##NAME, to);               \
	}                                                                        \
	static const struct json_type NAME##_type = {write_##NAME, read_##NAME}

ARRAY(rows, rows, nrows, MAX_ROWS, row_members);
ARRAY(growths, growths, ngrowths, MAX_SERIES, growth_members);
ARRAY(skips, skipped, nskipped, MAX_SERIES, skipped_members);

static void write_schema(FILE *out, const void *from)
{
	(void)from;
	put_json(out, SCHEMA);
}

static bool read_schema(struct json *json, void *to, size_t size)
{
	char schema[32];

	(void)to;
	(void)size;
	if (!json_text.read(json, schema, sizeof(schema)))
		return false;
	return strcmp(schema, SCHEMA) == 0 || json_fail(json, "the schema is not " SCHEMA);
}

static const struct json_type schema_type = {write_schema, read_schema};

static const struct json_member costs_members[] = {
	JSON_WHOLE(costs, "schema", schema_type),
	JSON_MEMBER(costs, build, "build", json_text),
	JSON_MEMBER(costs, arch, "arch", json_text),
	JSON_MEMBER(costs, machine, "machine", json_text),
	JSON_MEMBER(costs, kernel, "kernel", json_text),
	JSON_MEMBER(costs, libc, "libc", json_text),
	JSON_MEMBER(costs, clock, "clock", json_text),
	JSON_WHOLE(costs, "rows", rows_type),
	JSON_WHOLE(costs, "growth", growths_type),
	JSON_WHOLE(costs, "skipped", skips_type),
	{0},
};

void costs_json(FILE *out, const struct costs *costs)
{
	json_write(out, costs_members, costs);
	putc('\n', out);
}

bool costs_read(struct costs *costs, const char *path, char error[256])
{
	char *text = textfile_read(path, error);
	bool ok = false;

	memset(costs, 0, sizeof(*costs));
	if (text) {
		struct json json = {text, text, path, error};

		ok = json_read(&json, costs_members, costs) && json_read_end(&json);
	}
	free(text);
	return ok;
}

/* ---- a page ---------------------------------------------------------------- */

enum { WIDTH = 300, HEIGHT = 140, MARGIN = 12 };

/* A chart of the rows of one id: n to the right in equal steps, cost upward. */
static void put_chart(FILE *out, const struct cost_row *rows, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = rows[i].cost > most ? rows[i].cost : most;
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">", WIDTH,
		HEIGHT + 2 * MARGIN, WIDTH, HEIGHT + 2 * MARGIN);
	fputs("<polyline fill=\"none\" stroke=\"currentColor\" points=\"", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%.1f,%.1f ",
			MARGIN + (WIDTH - 5.0 * MARGIN) * (double)i / (double)(n - 1),
			MARGIN + HEIGHT * (1 - (most > 0 ? rows[i].cost / most : 0)));
	fputs("\"/>", out);
	for (size_t i = 0; i < n; i++) {
		const double x = MARGIN + (WIDTH - 5.0 * MARGIN) * (double)i / (double)(n - 1);
		const double y = MARGIN + HEIGHT * (1 - (most > 0 ? rows[i].cost / most : 0));

		fprintf(out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%u: %.2f</title></circle>"
			"<text x=\"%.1f\" y=\"%d\">%u</text>",
			x, y, rows[i].n, rows[i].cost, x, HEIGHT + 2 * MARGIN - 1, rows[i].n);
	}
	fputs("</svg>\n", out);
}

static void put_items(FILE *out, const struct costs *costs)
{
	for (size_t i = 0, n; i < costs->nrows; i += n) {
		const struct cost_row *rows = &costs->rows[i];
		const struct growth *growth = growth_of(costs, rows->id);

		for (n = 1; i + n < costs->nrows && strcmp(rows[n].id, rows->id) == 0;)
			n++;
		fputs("<section><h2>", out);
		put_xml(out, rows->id);
		fputs("</h2>\n<p>", out);
		for (size_t j = 0; j < n; j++)
			if (n > 1)
				fprintf(out, "%s%u: %.0f", j ? ", " : "", rows[j].n, rows[j].cost);
			else
				fprintf(out, "%.2f", rows->cost);
		putc(' ', out);
		put_xml(out, rows->unit);
		if (growth) {
			fputs("<br>", out);
			put_growth(out, growth, rows->unit);
		}
		fputs("</p>\n", out);
		if (n > 1)
			put_chart(out, rows, n);
		fputs("</section>\n", out);
	}
}

void costs_html(FILE *out, const struct costs *costs)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<title>The cost of System V IPC</title>\n<style>\n"
	      "body { font: 15px sans-serif; margin: 2em; color: #223; }\n"
	      "main { display: grid; grid-template-columns: repeat(auto-fill, minmax(20em, 1fr));"
	      " gap: 1em; }\n"
	      "section { border: 1px solid #ccd; padding: 0 1em; }\nh2 { font-size: 1em; }\n"
	      "svg { color: #2a6; } text { font-size: 10px; }\n"
	      "</style>\n</head>\n<body>\n<h1>The cost of System V IPC</h1>\n<p>",
	      out);
	put_xml(out, costs->kernel);
	fputs("<br>", out);
	put_xml(out, costs->arch);
	fputs(", ", out);
	put_xml(out, costs->libc);
	fputs("<br>clock: ", out);
	put_xml(out, costs->clock);
	fputs("</p>\n<main>\n", out);
	put_items(out, costs);
	fputs("</main>\n", out);
	for (size_t i = 0; i < costs->nskipped; i++) {
		fputs("<p>skipped: ", out);
		put_xml(out, costs->skipped[i].id);
		fputs(": ", out);
		put_xml(out, costs->skipped[i].reason);
		fputs("</p>\n", out);
	}
	fputs("</body>\n</html>\n", out);
}
