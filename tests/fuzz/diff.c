/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: compares two files, which are dumps or results. */
#include "report/diff.h"

#include "fuzz.h"

static int changed(bool partial, const char *a, const char *b)
{
	struct written written;
	char error[256];

	written_open(&written);
	int status = diff_files(written.out, partial, a, b, error);
	written_close(&written);
	REQUIRE(status >= 0 && status <= 2, "status %d", status);
	if (status == 2)
		require_error(error);
	else
		REQUIRE(written.size > 0, "status %d, but no output", status);
	written_free(&written);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pair pair = as_files(data, size);

	int status = changed(false, pair.path[0], pair.path[1]);
	changed(true, pair.path[0], pair.path[1]);
	/* A file must not differ from itself. */
	if (status != 2)
		REQUIRE(changed(false, pair.path[0], pair.path[0]) == 0, "it differs from itself");
	return 0;
}
