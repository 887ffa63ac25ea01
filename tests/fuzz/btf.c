/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: looks for BTF in a file and dumps its structures. */
#include <bpf/libbpf.h>
#include <unistd.h>

#include "abi/facts.h"
#include "btf/image.h"
#include "btf/structures.h"
#include "fuzz.h"

/*
 * fork() fails here (ld --wrap), so image_btf() starts no program to decompress the file.  Such a
 * program is not under test, and it would take a thousand times as long as all other steps.
 */
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
	return -1;
}

/* The other tools must be able to read the dump. */
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
