/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: a file in which BTF is looked for, and the dump of its structures. */
#include <bpf/libbpf.h>
#include <unistd.h>

#include "abi/facts.h"
#include "btf/image.h"
#include "btf/structures.h"
#include "fuzz.h"

/*
 * No program that unpacks is started (ld --wrap): what it makes of an input is none
 * of this, and it would take a thousand times as long as the rest.
 */
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
	return -1;
}

/* What is written is a dump that the other tools read. */
static void dump(const struct btf *btf, enum view view)
{
	struct written written;
	struct facts facts;
	char error[256], problem[256];

	written_open(&written);
	bool ok = structures_dump(written.out, btf, view, error);
	written_close(&written);
	if (ok) {
		REQUIRE(facts_parse(&facts, written.text, "dump", problem), "%s\n%s", problem,
			written.text);
		facts_free(&facts);
	} else {
		REQUIRE(written.size == 0, "%s", written.text);
		require_error(error);
	}
	written_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[256];

	libbpf_set_print(NULL);
	struct btf *btf = image_btf(as_file(0, data, size), has_native, error);
	if (!btf) {
		require_error(error);
		return 0;
	}
	dump(btf, NATIVE);
	dump(btf, COMPAT);
	btf__free(btf);
	return 0;
}
