/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "abi/witness.h"

static const char headers[] = "const   IPC_CREAT              512\n"
			      "member  a.absent               absent\n"
			      "member  a.number               offset 0 size 8 unsigned\n"
			      "member  a.text                 offset 8 size 1 array\n"
			      "member  u.val                  offset 0 size 4 signed\n"
			      "struct  a                      size 16 align 8\n"
			      "union   u                      size 8 align 8\n"
			      "# 7 facts\n";

static void assert_witness(const char *said, unsigned errors, size_t agreed, const char *words)
{
	struct facts facts, witness;
	char error[256], *text;
	size_t size, n;
	FILE *out = open_memstream(&text, &size);

	ck_assert(facts_parse(&facts, headers, "headers", error));
	ck_assert_msg(facts_parse(&witness, said, "witness", error), "%s", error);
	ck_assert_uint_eq(facts_witness(out, &facts, &witness, &n), errors);
	ck_assert_uint_eq(n, agreed);
	ck_assert_uint_eq(facts_witness(NULL, &facts, &witness, &n), errors);
	fclose(out);
	ck_assert_str_eq(text, words);
	free(text);
	facts_free(&facts);
	facts_free(&witness);
}

START_TEST(a_witness_may_say_all)
{
	assert_witness(headers, 0, 7, "");
}
END_TEST

START_TEST(a_witness_may_say_less)
{
	assert_witness("member  a.absent               absent\n"
		       "member  a.number               offset 0 size 8 unsigned\n"
		       "member  a.text                 offset 8\n"
		       "struct  a                      size 16\n"
		       "# 4 facts\n",
		       0, 4, "");
	assert_witness("member  a.number               offset 0 size 8 unsigned\n"
		       "member  a.text                 offset 8\n"
		       "struct  a                      run\n"
		       "# 3 facts\n",
		       0, 3, "");
}
END_TEST

START_TEST(a_witness_may_not_be_silent_on_what_it_knows)
{
	assert_witness(
		"member  a.number               offset 0 size 8 unsigned\n"
		"struct  a                      size 16\n"
		"# 2 facts\n",
		1, 2,
		"member a.text: is offset 8 size 1 array in the headers, the witness has none\n");
	assert_witness("struct  a                      absent\n"
		       "# 1 facts\n",
		       1, 0,
		       "struct a: is size 16 align 8 in the headers, the witness has absent\n");
}
END_TEST

START_TEST(a_witness_may_not_say_otherwise)
{
	assert_witness(
		"const   IPC_CREAT              51\n"
		"member  a.absent               offset 12 size 4 signed\n"
		"member  a.number               offset 0 size 8 signed\n"
		"member  a.text                 absent\n"
		"member  b.new                  offset 0 size 4 signed\n"
		"member  b.none                 absent\n"
		"struct  a                      size 1\n"
		"# 7 facts\n",
		6, 0,
		"const IPC_CREAT: is 512 in the headers, the witness has 51\n"
		"member a.absent: is absent in the headers, the witness has "
		"offset 12 size 4 signed\n"
		"member a.number: is offset 0 size 8 unsigned in the headers, the witness has "
		"offset 0 size 8 signed\n"
		"member a.text: is offset 8 size 1 array in the headers, the witness has absent\n"
		"struct a: is size 16 align 8 in the headers, the witness has size 1\n"
		"member b.new: is not in the headers, the witness has offset 0 size 4 signed\n");
}
END_TEST

Suite *witness_suite(void)
{
	Suite *suite = suite_create("witness");
	TCase *tcase = tcase_create("witness");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_witness_may_say_all);
	tcase_add_test(tcase, a_witness_may_say_less);
	tcase_add_test(tcase, a_witness_may_not_be_silent_on_what_it_knows);
	tcase_add_test(tcase, a_witness_may_not_say_otherwise);
	return suite;
}
