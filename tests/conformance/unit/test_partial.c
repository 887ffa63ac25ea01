/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "abi/partial.h"

static const char headers[] = "const   IPC_CREAT              512\n"
			      "member  a.absent               absent\n"
			      "member  a.number               offset 0 size 8 unsigned\n"
			      "member  a.text                 offset 8 size 1 array\n"
			      "member  u.val                  offset 0 size 4 signed\n"
			      "struct  a                      size 16 align 8\n"
			      "union   u                      size 8 align 8\n"
			      "# 7 facts\n";

static void assert_partial(const char *said, unsigned errors, size_t agreed, const char *words)
{
	struct facts facts, partial;
	char error[256], *text;
	size_t size, n;
	FILE *out = open_memstream(&text, &size);

	ck_assert(facts_parse(&facts, headers, "headers", error));
	ck_assert_msg(facts_parse(&partial, said, "partial", error), "%s", error);
	ck_assert_uint_eq(facts_partial(out, &facts, &partial, &n), errors);
	ck_assert_uint_eq(n, agreed);
	ck_assert_uint_eq(facts_partial(NULL, &facts, &partial, &n), errors);
	fclose(out);
	ck_assert_str_eq(text, words);
	free(text);
	facts_free(&facts);
	facts_free(&partial);
}

START_TEST(a_partial_dump_may_be_complete)
{
	assert_partial(headers, 0, 7, "");
}
END_TEST

START_TEST(a_partial_dump_may_cover_fewer_kinds)
{
	assert_partial("member  a.absent               absent\n"
		       "member  a.number               offset 0 size 8 unsigned\n"
		       "member  a.text                 offset 8\n"
		       "struct  a                      size 16\n"
		       "# 4 facts\n",
		       0, 4, "");
	assert_partial("member  a.number               offset 0 size 8 unsigned\n"
		       "member  a.text                 offset 8\n"
		       "struct  a                      run\n"
		       "# 3 facts\n",
		       0, 3, "");
}
END_TEST

START_TEST(a_partial_dump_may_not_lack_a_member_of_its_kinds)
{
	assert_partial("member  a.number               offset 0 size 8 unsigned\n"
		       "struct  a                      size 16\n"
		       "# 2 facts\n",
		       1, 2,
		       "member a.text: is offset 8 size 1 array in the headers, the partial dump "
		       "has none\n");
	assert_partial(
		"struct  a                      absent\n"
		"# 1 facts\n",
		1, 0, "struct a: is size 16 align 8 in the headers, the partial dump has absent\n");
}
END_TEST

START_TEST(a_partial_dump_may_not_differ)
{
	assert_partial(
		"const   IPC_CREAT              51\n"
		"member  a.absent               offset 12 size 4 signed\n"
		"member  a.number               offset 0 size 8 signed\n"
		"member  a.text                 absent\n"
		"member  b.new                  offset 0 size 4 signed\n"
		"member  b.none                 absent\n"
		"struct  a                      size 1\n"
		"# 7 facts\n",
		6, 0,
		"const IPC_CREAT: is 512 in the headers, the partial dump has 51\n"
		"member a.absent: is absent in the headers, the partial dump has "
		"offset 12 size 4 signed\n"
		"member a.number: is offset 0 size 8 unsigned in the headers, the partial dump has "
		"offset 0 size 8 signed\n"
		"member a.text: is offset 8 size 1 array in the headers, the partial dump has "
		"absent\n"
		"struct a: is size 16 align 8 in the headers, the partial dump has size 1\n"
		"member b.new: is not in the headers, the partial dump has offset 0 size 4 "
		"signed\n");
}
END_TEST

UNIT_SUITE(partial, a_partial_dump_may_be_complete, a_partial_dump_may_cover_fewer_kinds,
	   a_partial_dump_may_not_lack_a_member_of_its_kinds, a_partial_dump_may_not_differ);
