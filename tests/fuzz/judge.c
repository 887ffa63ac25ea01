/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: judges two dumps of ABI facts as those of a libc and its kernel. */
#include "abi/facts.h"
#include "abi/rules.h"
#include "abi/partial.h"
#include "fuzz.h"

static void judge(const char *libc_name, const struct facts *libc, const struct facts *kernel)
{
	struct written written;
	char error[256];

	written_open(&written);
	int wrong = rules_judge(written.out, libc_name, libc, kernel, error);
	written_close(&written);
	if (wrong < 0)
		require_error(error);
	else
		REQUIRE(written.size > 0, "%d wrong, but no output", wrong);
	written_free(&written);
}

/* Equal dumps agree in all facts; other dumps agree at most in the facts that both have. */
static void partial(const struct facts *a, const struct facts *b)
{
	size_t agreed, both = 0;

	REQUIRE(facts_partial(NULL, a, a, &agreed) == 0 && agreed == a->n, "%zu of %zu", agreed,
		a->n);
	facts_partial(NULL, a, b, &agreed);
	for (size_t i = 0; i < a->n; i++)
		both += facts_value(b, a->fact[i].kind, a->fact[i].name) != NULL;
	REQUIRE(agreed <= both, "%zu of %zu", agreed, both);
	REQUIRE(facts_diff(NULL, a, a) == 0, "%zu facts", a->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pair pair = as_files(data, size);
	struct facts libc = {0}, kernel = {0};
	char error[256];

	if (facts_read(&libc, pair.path[0], error) && facts_read(&kernel, pair.path[1], error)) {
		judge("glibc", &libc, &kernel);
		judge("glibc-time64", &libc, &kernel);
		judge("musl", &libc, &kernel);
		judge("", &kernel, &libc);
		partial(&libc, &kernel);
	} else {
		require_error(error);
	}
	facts_free(&libc);
	facts_free(&kernel);
	return 0;
}
