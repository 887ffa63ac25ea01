/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: reads one dump of ABI facts, looks facts up, writes them again, lays them out. */
#include <stdlib.h>
#include <string.h>

#include "abi/facts.h"
#include "abi/layers.h"
#include "fuzz.h"
#include "abi/layout.h"

/* Each fact must be found, with the numbers that its text has. */
static void look_up(const struct facts *facts)
{
	static const char *const words[] = {"", "offset", "size", "align", "bit", "bits"};

	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *fact = &facts->fact[i];

		REQUIRE(facts_value(facts, fact->kind, fact->name) == fact->value, "%s %s",
			fact->kind, fact->name);
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			long long number = facts_number(facts, fact->kind, fact->name, words[w]);
			char text[64];

			snprintf(text, sizeof(text), *words[w] ? "%s %lld" : "%s%lld", words[w],
				 number);
			/* -1: there is no number; the text may have a sign or leading zeroes. */
			REQUIRE(number <= 0 || strstr(fact->value, text) ||
					strstr(fact->value, " 0") || fact->value[0] == '0',
				"%s is no %s of %s", text, words[w], fact->value);
		}
	}
}

/* A dump that is written and read again must be equal. */
static void write_again(const struct facts *facts)
{
	struct written written;
	struct facts again;
	char error[256];

	written_open(&written);
	for (size_t i = 0; i < facts->n; i++)
		fprintf(written.out, "%-7s %-22s %s\n", facts->fact[i].kind, facts->fact[i].name,
			facts->fact[i].value);
	fprintf(written.out, "# %zu facts\n", facts->n);
	written_close(&written);
	REQUIRE(facts_parse(&again, written.text, "again", error), "%s", error);
	REQUIRE(again.n == facts->n && facts_diff(NULL, facts, &again) == 0, "%zu facts", again.n);
	facts_free(&again);
	written_free(&written);
}

static void require_lane(const struct layout *layout, size_t i)
{
	const struct piece *piece = &layout->piece[i];

	REQUIRE(piece->lane < layout->nlanes, "lane %zu", piece->lane);
	for (size_t j = 0; j < i; j++)
		REQUIRE(layout->piece[j].lane != piece->lane ||
				layout->piece[j].offset + layout->piece[j].size <= piece->offset,
			"pieces %zu and %zu in lane %zu", j, i, piece->lane);
}

/* Each byte of a structure belongs to a member or a hole, and to one piece of a lane at most. */
static void lay_out(const struct facts *facts, const char *structure)
{
	struct layout layout;
	char error[256];
	size_t end = 0;

	if (!layout_of(&layout, facts, structure, error)) {
		require_error(error);
		return;
	}
	for (size_t i = 0; i < layout.n; i++) {
		const struct piece *piece = &layout.piece[i];

		REQUIRE(piece->offset <= end, "bytes %zu to %zu have no piece", end, piece->offset);
		require_lane(&layout, i);
		REQUIRE(!piece->name || layout_member(&layout, piece->name), "%s", piece->name);
		if (piece->offset + piece->size > end)
			end = piece->offset + piece->size;
	}
	REQUIRE(end == layout.size || layout.n == 0, "%zu of %zu bytes", end, layout.size);
	REQUIRE(layout_same(&layout, &layout), "%s differs from itself", structure);
	layout_free(&layout);
}

/* Draws the dump beside the kernel's layer, as a report does. */
static void draw(const char *text)
{
	const struct layer all[] = {{"given", text, NULL}, *kernel_layer(), {0}};
	struct written written;

	written_open(&written);
	layout_html(written.out, all, &all[1]);
	written_close(&written);
	written_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = as_file(0, data, size);
	struct facts facts;
	char error[256];

	if (!facts_read(&facts, path, error)) {
		require_error(error);
		return 0;
	}
	look_up(&facts);
	write_again(&facts);
	for (const char *const *name = layout_structures; *name; name++)
		lay_out(&facts, *name);
	facts_free(&facts);

	char *text = strndup((const char *)data, size);
	struct written written;
	written_open(&written);
	if (!layouts_text(written.out, NULL, path, error))
		require_error(error);
	written_close(&written);
	written_free(&written);
	/* Drawing takes longer than all other steps, so only some inputs are drawn. */
	if (size % 4 == 0)
		draw(text);
	free(text);
	return 0;
}
