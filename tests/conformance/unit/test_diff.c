/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/diff.h"

/* Writes two texts to files and compares them; the caller frees the words. */
static int diff_texts(const char *a, const char *b, char **words, char error[256])
{
	char *path[2] = {scratch_file(a, strlen(a)), scratch_file(b, strlen(b))};
	size_t size;
	FILE *out = open_memstream(words, &size);
	int status = diff_files(out, false, path[0], path[1], error);

	fclose(out);
	for (int i = 0; i < 2; i++) {
		unlink(path[i]);
		free(path[i]);
	}
	return status;
}

static void assert_texts(const char *a, const char *b, int status, const char *words)
{
	char *text, error[256] = "";

	ck_assert_int_eq(diff_texts(a, b, &text, error), status);
	ck_assert_str_eq(error, "");
	ck_assert_str_eq(text, words);
	free(text);
}

static void assert_runs(const struct run *a, size_t na, const struct run *b, size_t nb, int status,
			const char *words)
{
	char *was = report_string(FORMAT_JSON, a, na), *is = report_string(FORMAT_JSON, b, nb);

	assert_texts(was, is, status, words);
	free(was);
	free(is);
}

/* Compares two runs of at most one result each. */
static void assert_results(const struct result *was, const struct result *is, int status,
			   const char *words)
{
	struct run *a = new_run("static", was, was != NULL);
	struct run *b = new_run("static", is, is != NULL);

	assert_runs(a, 1, b, 1, status, words);
	free_runs(a, 1);
	free_runs(b, 1);
}

/* ---- dumps ----------------------------------------------------------------- */

START_TEST(dumps_are_compared)
{
	assert_texts("const A 1\n# 1 facts\n", "const A 1\n# 1 facts\n", 0,
		     "all 1 facts still hold\n");
	assert_texts("const A 1\n# 1 facts\n", "const A 1\nconst B 2\n# 2 facts\n", 0,
		     "warning: const B: is new (2)\nall 1 facts still hold\n");
	assert_texts("const A 1\nconst B 2\n# 2 facts\n", "const A 2\nconst B 2\n# 2 facts\n", 1,
		     "const A: was 1, is 2\n1 of 2 facts no longer hold\n");
}
END_TEST

/* ---- results --------------------------------------------------------------- */

START_TEST(each_change_of_outcome_is_reported)
{
	const struct result p = passed("msgrcv.x"), s = skipped("msgrcv.x", "no /proc"),
			    f = failed("msgrcv.x", "ENOMSG", "EINVAL");
	struct result t = f;
	static const char why[] = "msgrcv.c:31: errno: expected ENOMSG, got EINVAL";
	const struct {
		const struct result *was, *is;
		int status;
		const char *line, *sum;
	} cases[] = {
		{&p, &p, 0, "", "000000"},
		{&f, &f, 0, "", "000000"},
		{&s, &s, 0, "", "000000"},
		{&p, &f, 1, "msgrcv.x: passed, now fails: WHY\n", "100000"},
		{&s, &f, 1, "msgrcv.x: skipped, now fails: WHY\n", "100000"},
		{&p, &s, 1, "msgrcv.x: passed, now skipped: no /proc\n", "001000"},
		{&f, &s, 1, "msgrcv.x: failed, now skipped: no /proc (was WHY)\n", "001000"},
		{&f, &p, 0, "msgrcv.x: failed, now passes\n", "000010"},
		{&s, &p, 0, "msgrcv.x: skipped, now passes\n", "000010"},
		{&p, NULL, 1, "msgrcv.x: is gone (passed)\n", "000100"},
		{&f, NULL, 1, "msgrcv.x: is gone (failed): WHY\n", "000100"},
		{NULL, &p, 0, "msgrcv.x: is new (passed)\n", "000001"},
		{NULL, &s, 0, "msgrcv.x: is new (skipped): no /proc\n", "000001"},
		{NULL, &f, 1, "msgrcv.x: is new (failed): WHY\n", "100001"},
		{&t, &t, 0, "", "000000"},
		{&p, &t, 1, "msgrcv.x: passed, now times out: WHY\n", "100000"},
		{&t, &p, 0, "msgrcv.x: timeout, now passes\n", "000010"},
		{NULL, &t, 1, "msgrcv.x: is new (timeout): WHY\n", "100001"},
	};

	t.outcome = TIMED_OUT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = cases[i].line, *sum = cases[i].sum, *hole = strstr(line, "WHY");
		char words[400];

		snprintf(words, sizeof(words),
			 "%.*s%s%sbackward: %c newly failing, %c failing differently, %c newly "
			 "skipped, "
			 "%c gone; forward: %c newly passing, %c new\n",
			 (int)(hole ? hole - line : (int)strlen(line)), line, hole ? why : "",
			 hole ? hole + 3 : "", sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]);
		assert_results(cases[i].was, cases[i].is, cases[i].status, words);
	}
}
END_TEST

/* A change of the list of expected failures is no difference between two kernels. */
START_TEST(expected_failures_are_compared_in_both_directions)
{
	static const char none[] = "backward: 0 newly failing, 0 failing differently, 0 newly "
				   "skipped, 0 gone; forward: 0 newly passing, 0 new\n";
	const struct result p = passed("a.b"), f = failed("a.b", "7", "8");
	struct result xf = f, xp = p, flaky = p, flaky_failed = f;
	char words[512];

	xf.outcome = XFAILED;
	xp.outcome = XPASSED;
	flaky.outcome = flaky_failed.outcome = FLAKY;
	strcpy(xf.reason, "why");
	strcpy(xp.reason, "why");
	strcpy(flaky.reason, "why");
	strcpy(flaky_failed.reason, "why");
	snprintf(words, sizeof(words), "a.b: failed, now fails as expected: %s\n%s",
		 "msgrcv.c:31: errno: expected 7, got 8", none);
	assert_results(&f, &xf, 0, words);
	assert_results(&xf, &xp, 0,
		       "a.b: xfailed, now passes, but is expected to fail: why\n"
		       "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		       "forward: 1 newly passing, 0 new\n");
	assert_results(&p, &xf, 1,
		       "a.b: passed, now fails as expected: msgrcv.c:31: errno: expected 7, got 8\n"
		       "backward: 1 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		       "forward: 0 newly passing, 0 new\n");
	assert_results(&flaky, &flaky_failed, 0, none);
	assert_results(&flaky_failed, &flaky, 0, none);
}
END_TEST

START_TEST(a_different_failure_is_reported)
{
	struct result was = failed("a.b", "7", "8"), is = failed("a.b", "7", "9");

	assert_results(&was, &is, 1,
		       "a.b: fails differently: msgrcv.c:31: errno: expected 7, got 9 "
		       "(was msgrcv.c:31: errno: expected 7, got 8)\n"
		       "backward: 0 newly failing, 1 failing differently, 0 newly skipped, 0 gone; "
		       "forward: 0 newly passing, 0 new\n");
}
END_TEST

START_TEST(a_different_line_of_the_source_is_no_change)
{
	struct result was = failed("a.b", "7", "8"), is = was;

	strcpy(is.failures[0].where, "msgrcv.c:32");
	assert_results(&was, &is, 0,
		       "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		       "forward: 0 newly passing, 0 new\n");
}
END_TEST

START_TEST(a_different_reason_is_reported)
{
	struct result was = skipped("a.b", "no /proc"), is = skipped("a.b", "no root");

	assert_results(&was, &is, 0,
		       "a.b: skipped for another reason: no root (was no /proc)\n"
		       "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		       "forward: 0 newly passing, 0 new\n");
}
END_TEST

START_TEST(results_are_matched_by_id)
{
	const struct result was[] = {passed("a"), passed("b"), passed("d")};
	const struct result is[] = {passed("b"), passed("c"), passed("d"), passed("e")};
	struct run *a = new_run("static", was, 3), *b = new_run("static", is, 4);

	assert_runs(a, 1, b, 1, 1,
		    "a: is gone (passed)\nc: is new (passed)\ne: is new (passed)\n"
		    "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 1 gone; "
		    "forward: 0 newly passing, 2 new\n");
	free_runs(a, 1);
	free_runs(b, 1);
}
END_TEST

START_TEST(runs_are_matched_by_build_and_architecture)
{
	const struct result p = passed("a.b"), f = failed("a.b", "7", "8");
	struct run *p_static = new_run("static", &p, 1), *p_dynamic = new_run("dynamic", &p, 1);
	struct run *f_static = new_run("static", &f, 1);
	struct run was[] = {*p_static, *p_dynamic}, is[] = {*p_dynamic, *f_static};

	assert_runs(was, 2, is, 2, 1,
		    "static i386: a.b: passed, now fails: msgrcv.c:31: errno: expected 7, got 8\n"
		    "backward: 1 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		    "forward: 0 newly passing, 0 new\n");
	assert_runs(was, 2, is, 1, 1,
		    "static i386: a.b: is gone (passed)\n"
		    "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 1 gone; "
		    "forward: 0 newly passing, 0 new\n");
	assert_runs(is, 1, was, 2, 0,
		    "static i386: a.b: is new (passed)\n"
		    "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		    "forward: 0 newly passing, 1 new\n");
	free_runs(p_static, 1);
	free_runs(p_dynamic, 1);
	free_runs(f_static, 1);
}
END_TEST

START_TEST(runs_on_several_kernels_keep_their_order)
{
	const struct result p = passed("a.b"), f = failed("a.b", "7", "8");
	struct run *good = new_run("static", &p, 1), *bad = new_run("static", &f, 1);
	struct run was[] = {*good, *bad}, is[] = {*good, *good};

	assert_runs(was, 2, was, 2, 0,
		    "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		    "forward: 0 newly passing, 0 new\n");
	assert_runs(was, 2, is, 2, 0,
		    "static i386: a.b: failed, now passes\n"
		    "backward: 0 newly failing, 0 failing differently, 0 newly skipped, 0 gone; "
		    "forward: 1 newly passing, 0 new\n");
	free_runs(good, 1);
	free_runs(bad, 1);
}
END_TEST

/* ---- files that cannot be compared ----------------------------------------- */

START_TEST(incomparable_files_are_refused)
{
	static const char dump[] = "const A 1\n# 1 facts\n";
	struct run *run = new_run("static", NULL, 0);
	char *json = report_string(FORMAT_JSON, run, 1);
	const struct {
		const char *a, *b, *why;
	} cases[] = {
		{dump, json, "is not of the same kind as /tmp/"},
		{json, dump, "is not of the same kind as /tmp/"},
		{dump, "const A 1\n", "line 1: the dump is cut short"},
		{"const A 1\n", dump, "line 1: the dump is cut short"},
		{json, "{\"schema\":", "line 1, byte 11: the text is cut short"},
		{"{", json, "line 1, byte 2: the text is cut short"},
		{dump, "", "is empty"},
		{"", dump, "is empty"},
		{"hello\n", "hello\n", "line 1: is no fact"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *words, error[256] = "";

		ck_assert_int_eq(diff_texts(cases[i].a, cases[i].b, &words, error), 2);
		ck_assert_msg(strstr(error, cases[i].why), "%s", error);
		ck_assert_str_eq(words, "");
		free(words);
	}
	free(json);
	free_runs(run, 1);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	char error[256] = "";

	ck_assert_int_eq(diff_files(stdout, false, "/nowhere", "/nowhere", error), 2);
	ck_assert_str_eq(error, "/nowhere: No such file or directory");
}
END_TEST

UNIT_SUITE(diff, dumps_are_compared, each_change_of_outcome_is_reported,
	   expected_failures_are_compared_in_both_directions, a_different_failure_is_reported,
	   a_different_line_of_the_source_is_no_change, a_different_reason_is_reported,
	   results_are_matched_by_id, runs_are_matched_by_build_and_architecture,
	   runs_on_several_kernels_keep_their_order, incomparable_files_are_refused,
	   a_missing_file_is_named);
