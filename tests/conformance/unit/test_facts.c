/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/facts.h"

static const char dump[] = "const   IPC_CREAT              512\n"
			   "const   SHMLBA                 run\n"
			   "const   SHMMAX                 18446744073692774399\n"
			   "const   SHM_DEST               absent\n"
			   "const   X                      -5\n"
			   "member  msqid_ds.msg_qnum      offset 80 size 8 unsigned\n"
			   "struct  msqid_ds               size 120 align 8\n"
			   "# 7 facts\n";

static struct facts parsed(const char *text)
{
	struct facts facts;
	char error[256] = "";

	ck_assert_msg(facts_parse(&facts, text, "dump", error), "%s", error);
	return facts;
}

START_TEST(a_dump_is_read)
{
	struct facts facts = parsed(dump);

	ck_assert_uint_eq(facts.n, 7);
	ck_assert_str_eq(facts.fact[5].kind, "member");
	ck_assert_str_eq(facts.fact[5].name, "msqid_ds.msg_qnum");
	ck_assert_str_eq(facts.fact[5].value, "offset 80 size 8 unsigned");
	facts_free(&facts);
	ck_assert_ptr_null(facts.text);
}
END_TEST

START_TEST(every_fact_is_found)
{
	struct facts facts = parsed(dump);

	for (size_t i = 0; i < facts.n; i++)
		ck_assert_ptr_eq(facts_value(&facts, facts.fact[i].kind, facts.fact[i].name),
				 facts.fact[i].value);
	ck_assert_ptr_null(facts_value(&facts, "const", "IPC_CREA"));
	ck_assert_ptr_null(facts_value(&facts, "struct", "IPC_CREAT"));
	ck_assert_ptr_null(facts_value(&facts, "zzz", "zzz"));
	facts_free(&facts);
	ck_assert_ptr_null(facts_value(&facts, "const", "IPC_CREAT"));
}
END_TEST

START_TEST(numbers_are_extracted_from_values)
{
	static const struct {
		const char *kind, *name, *word;
		long long number;
	} cases[] = {
		{"const", "IPC_CREAT", "", 512},
		{"const", "X", "", -5},
		{"const", "SHMLBA", "", -1},
		{"const", "SHM_DEST", "", -1},
		{"const", "SHMMAX", "", -1},
		{"const", "NONE", "", -1},
		{"const", "IPC_CREAT", "size", -1},
		{"member", "msqid_ds.msg_qnum", "offset", 80},
		{"member", "msqid_ds.msg_qnum", "size", 8},
		{"member", "msqid_ds.msg_qnum", "align", -1},
		{"member", "msqid_ds.msg_qnum", "unsigned", -1},
		{"member", "msqid_ds.msg_qnum", "set", -1},
		{"struct", "msqid_ds", "size", 120},
		{"struct", "msqid_ds", "align", 8},
	};
	struct facts facts = parsed(dump);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(facts_number(&facts, cases[i].kind, cases[i].name, cases[i].word) ==
				      cases[i].number,
			      "%s %s %s", cases[i].kind, cases[i].name, cases[i].word);
	facts_free(&facts);
}
END_TEST

START_TEST(an_invalid_dump_is_refused)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"",
		 "dump: line 0: the dump is cut short: its last line is not the number of facts"},
		{"const A 1\n",
		 "dump: line 1: the dump is cut short: its last line is not the number of facts"},
		{"const A 1", "dump: line 1: the dump is cut short"},
		{"const A 1\n# 1 facts", "dump: line 2: the dump is cut short"},
		{"# 0 facts\n", "dump: line 1: the dump has no facts"},
		{"const A 1\n# 2 facts\n", "dump: line 2: the number of facts is wrong"},
		{"const A 1\n# 1 facts \n", "dump: line 2: the number of facts is wrong"},
		{"const A 1\n# a remark\n# 1 facts\n",
		 "dump: line 2: the number of facts is wrong"},
		{"const A 1\n# 1 facts\nconst B 2\n",
		 "dump: line 2: there is text after the number of facts"},
		{"const A 1\nconst A 1\n# 2 facts\n", "dump: line 2: the fact occurs twice"},
		{"const A 1\nconst A 2\n# 2 facts\n", "dump: line 2: the fact occurs twice"},
		{"const B 1\nconst A 2\n# 2 facts\n", "dump: line 2: the fact is out of order"},
		{"struct a size 4 align 4\nconst A 2\n# 2 facts\n",
		 "dump: line 2: the fact is out of order"},
		{"const A\n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A \n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A 1 \n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A 1  2\n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A 1\r\n# 1 facts\r\n", "dump: line 1: is no fact"},
		{" const A 1\n# 1 facts\n", "dump: line 1: is no fact"},
		{"\nconst A 1\n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A\t1\n# 1 facts\n", "dump: line 1: is no fact"},
		{"const A! 1\n# 1 facts\n", "dump: line 1: is no fact"},
		{"const \xc3\xa9 1\n# 1 facts\n", "dump: line 1: is no fact"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facts facts;
		char error[256] = "";

		ck_assert_msg(!facts_parse(&facts, cases[i].text, "dump", error), "%s",
			      cases[i].text);
		ck_assert_str_eq(error, cases[i].error);
		ck_assert_ptr_null(facts.fact);
	}
}
END_TEST

START_TEST(a_dump_cut_anywhere_is_refused)
{
	for (size_t length = 0; length < sizeof(dump) - 1; length++) {
		char *text = strndup(dump, length), error[256];
		struct facts facts;

		ck_assert_msg(!facts_parse(&facts, text, "dump", error), "%zu bytes", length);
		free(text);
	}
}
END_TEST

START_TEST(names_are_in_the_order_of_sort)
{
	/* The longer name comes second, although '_' and '.' sort differently beside letters. */
	struct facts facts = parsed("const   IPC_SET                1\n"
				    "const   IPC_SETS               1\n"
				    "member  a.b                    offset 0 size 4 signed\n"
				    "member  a_b.c                  offset 0 size 4 signed\n"
				    "# 4 facts\n");

	ck_assert_ptr_nonnull(facts_value(&facts, "member", "a_b.c"));
	facts_free(&facts);
}
END_TEST

START_TEST(a_file_is_read)
{
	char *path = scratch_file(dump, sizeof(dump) - 1), error[256];
	struct facts facts;

	ck_assert(facts_read(&facts, path, error));
	ck_assert_uint_eq(facts.n, 7);
	facts_free(&facts);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(a_binary_file_is_refused)
{
	char *empty = scratch_file("", 0), *zero = scratch_file(dump, sizeof(dump)), error[256];
	struct facts facts;

	ck_assert(!facts_read(&facts, empty, error));
	assert_has(error, ": is empty");
	ck_assert(!facts_read(&facts, zero, error));
	assert_has(error, ": has a zero byte, so it is not text");
	ck_assert(!facts_read(&facts, "/", error));
	ck_assert_str_eq(error, "/: Is a directory");
	ck_assert(!facts_read(&facts, "/nowhere\n/dump", error));
	ck_assert_str_eq(error, "/nowhere?/dump: No such file or directory");
	ck_assert(!facts_read(&facts, "/dev/zero", error));
	ck_assert_str_eq(error, "/dev/zero: is larger than 16 MiB");
	ck_assert_ptr_null(facts.text);
	unlink(empty);
	unlink(zero);
	free(empty);
	free(zero);
}
END_TEST

START_TEST(a_long_path_leaves_room_for_the_reason)
{
	char path[1000], error[256];
	struct facts facts;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert(!facts_read(&facts, path, error));
	assert_has(error, ": File name too long");
}
END_TEST

static void assert_diff(const char *old, const char *new, unsigned errors, const char *words)
{
	struct facts was = parsed(old), is = parsed(new);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_uint_eq(facts_diff(out, &was, &is), errors);
	ck_assert_uint_eq(facts_diff(NULL, &was, &is), errors);
	fclose(out);
	ck_assert_str_eq(text, words);
	free(text);
	facts_free(&was);
	facts_free(&is);
}

START_TEST(equal_dumps_do_not_differ)
{
	assert_diff(dump, dump, 0, "");
}
END_TEST

START_TEST(changes_are_described_in_words)
{
	assert_diff("const   IPC_CREAT              512\n"
		    "const   LATER                  absent\n"
		    "const   MISSING                7\n"
		    "const   NEVER                  absent\n"
		    "member  msqid_ds.msg_qnum      offset 80 size 8 unsigned\n"
		    "struct  foo                    size 8 align 4\n"
		    "# 6 facts\n",
		    "const   IPC_CREAT              1024\n"
		    "const   LATER                  13\n"
		    "const   MISSING                absent\n"
		    "const   NEVER                  absent\n"
		    "const   X                      13\n"
		    "member  msqid_ds.msg_qnum      offset 84 size 4 signed\n"
		    "union   semun                  size 8 align 8\n"
		    "# 7 facts\n",
		    4,
		    "const IPC_CREAT: was 512, is 1024\n"
		    "warning: const LATER: was absent, is 13\n"
		    "const MISSING: was 7, is absent\n"
		    "warning: const X: is new (13)\n"
		    "member msqid_ds.msg_qnum: was offset 80 size 8 unsigned, "
		    "is offset 84 size 4 signed\n"
		    "struct foo: is gone (was size 8 align 4)\n"
		    "warning: union semun: is new (size 8 align 8)\n");
}
END_TEST

START_TEST(additions_at_either_end_are_warnings)
{
	assert_diff("const M 1\n# 1 facts\n", "const A 1\nconst M 1\nconst Z 1\n# 3 facts\n", 0,
		    "warning: const A: is new (1)\nwarning: const Z: is new (1)\n");
	assert_diff("const A 1\nconst M 1\nconst Z 1\n# 3 facts\n", "const M 1\n# 1 facts\n", 2,
		    "const A: is gone (was 1)\nconst Z: is gone (was 1)\n");
}
END_TEST

UNIT_SUITE(facts, a_dump_is_read, every_fact_is_found, numbers_are_extracted_from_values,
	   an_invalid_dump_is_refused, a_dump_cut_anywhere_is_refused,
	   names_are_in_the_order_of_sort, a_file_is_read, a_binary_file_is_refused,
	   a_long_path_leaves_room_for_the_reason, equal_dumps_do_not_differ,
	   changes_are_described_in_words, additions_at_either_end_are_warnings);
