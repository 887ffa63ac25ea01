/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The ABI checks compare the headers with which this program was compiled with the reviewed
 * reference, and with the bytes that the kernel writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/facts.h"
#include "abi/layers.h"
#include "abi/observe.h"
#include "harness/conform.h"

/* Parses a dump that was compiled in; an invalid one is a defect of the build. */
static struct facts parse(const char *text, const char *name)
{
	struct facts facts;
	char error[256];

	if (!facts_parse(&facts, text, name, error)) {
		fail_at(HERE, name, "a whole dump", error);
		exit(1);
	}
	return facts;
}

static void expect_reference(const struct layer *layer)
{
	char *words = NULL;
	size_t size;
	FILE *out;

	if (!layer->reference)
		skip("no reference in abi-dumps for this architecture");
	struct facts reference = parse(layer->reference, "reference");
	struct facts dump = parse(layer->dump, layer->name);
	out = open_memstream(&words, &size);
	unsigned errors = facts_diff(out, &reference, &dump);
	fclose(out);
	for (char *line = strtok(words, "\n"); line && errors; line = strtok(NULL, "\n"))
		if (strncmp(line, "warning:", 8) != 0)
			fail_at("abi-dumps", 0, layer->name, "the reviewed reference", line);
	free(words);
	facts_free(&reference);
	facts_free(&dump);
}

CHECK("abi.libc.reference", LIBC, 0,
      "libc's headers agree with the reviewed structures, constants and types",
      "abi-dumps/, POSIX.1-2017 <sys/ipc.h> <sys/msg.h> <sys/sem.h> <sys/shm.h>")
{
	expect_reference(libc_layer());
}

CHECK("abi.uapi.reference", LIBC, 0,
      "the kernel's headers agree with the reviewed structures, constants and numbers",
      "abi-dumps/, include/uapi/linux and arch/*/include/uapi/asm of Linux")
{
	expect_reference(kernel_layer());
}

static void expect_observed(const struct ipc_calls *ipc, const struct control *control)
{
	bool raw = ipc->past_libc;
	const struct layer *layer = raw ? kernel_layer() : libc_layer();
	struct facts layout = parse(layer->dump, layer->name);
	struct observed observed;
	char expected[160], seen[160];

	if (expect_ok(observe(ipc, control, &observed) ? 0 : -1) &&
	    !observed_agrees(&observed, control, &layout, raw, expected, sizeof(expected))) {
		observed_ranges(&observed, seen, sizeof(seen));
		fail_at(HERE, control->name, expected, seen);
	}
	facts_free(&layout);
}

static void observed_body(const struct ipc_calls *ipc, const void *arg)
{
	expect_observed(ipc, arg);
}

/* One check for each command of the table that writes to its caller's memory. */
#define OBSERVED(INDEX, F, NAME)                                                                \
	CHECK_ENTRY(observed_##INDEX, .id = "observed." F "." NAME, .via = LIBC | RAW,          \
		    .needs = sizeof(NAME) == sizeof("MSG_STAT_ANY") ? NEED_STAT_ANY : 0,        \
		    .title = F "'s " NAME " writes the whole structure, and nothing beyond it", \
		    .source = F "(2); the layout compiled in", .body = observed_body,           \
		    .arg = &controls[INDEX], .file = __FILE__, .line = __LINE__);
#define CONTROL_OUT(INDEX, F, NAME) OBSERVED(INDEX, F, NAME)
#define CONTROL_ARRAY_OUT(INDEX, F, NAME) OBSERVED(INDEX, F, NAME)
#define CONTROL(F, C, W, K) CONTROL_##W(CONTROL_##F##_##C, #F, #C)
#include "interface/sysvipc.def"
