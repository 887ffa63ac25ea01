/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "harness/expected.h"

/* ---- reading --------------------------------------------------------------- */

static void assert_refused(const char *text, const char *why)
{
	char error[256] = "";

	ck_assert_ptr_null(expected_parse(text, "list", error));
	assert_has(error, why);
}

START_TEST(bad_lines_are_named)
{
	char text[400];

	assert_refused("# a\n\nxfail | a.b | * | why\n", "list: line 3: 4 columns where 5 are");
	assert_refused("xfail | a.b | * | why | BZ | 1\n", "line 1: 6 columns where 5 are");
	assert_refused("a.b", "line 1: 1 columns where 5 are");
	assert_refused("fail | a.b | * | why | BZ 1\n",
		       "the outcome is 'fail'; xfail or flaky is allowed");
	assert_refused("xfail | | * | why | BZ 1", "the checks is missing");
	assert_refused("xfail | a.b | * | why | ", "the source is missing");
	assert_refused("xfail | a.b | | why | BZ 1", "the where is missing");
	assert_refused("xfail | a.b | libc | why | BZ 1", "the condition 'libc' is none of arch=");
	assert_refused("xfail | a.b | arch=x86* kernel>=6 | why | BZ 1", "condition 'kernel>=6'");
	assert_refused("xfail | a.b | kernel<6.1x | why | BZ 1", "condition 'kernel<6.1x'");
	assert_refused("xfail | a.b | kernel>=.1 | why | BZ 1", "condition 'kernel>=.1'");
	snprintf(text, sizeof(text), "xfail | a.b | * | %0189d | BZ 1", 0);
	assert_refused(text, "line 1: reason and source are longer than 188 bytes together");
}
END_TEST

/* ---- outcomes -------------------------------------------------------------- */

static struct expected *parse(const char *text)
{
	char error[256];
	struct expected *expected = expected_parse(text, "list", error);

	ck_assert_msg(expected != NULL, "%s", error);
	return expected;
}

START_TEST(each_result_has_the_outcome_of_the_list)
{
	const struct result results[] = {
		failed("a.fails", "1", "2"), passed("a.passes"),     skipped("a.skips", "no /proc"),
		failed("b.fails", "1", "2"), passed("b.passes"),     failed("c.fails", "1", "2"),
		passed("c.passes"),	     skipped("c.skips", ""),
	};
	static const enum outcome wanted[] = {
		XFAILED, XPASSED, SKIPPED, FLAKY, FLAKY, FAILED, PASSED, SKIPPED,
	};
	struct run *run = new_run("static", ARRAY(results));
	struct expected *expected = parse("# comment | with | bars\n  # another\n\n"
					  "flaky | b.*    | *|timing|bug 2\r\n"
					  "xfail | [ab].* | * | why | BZ 1");

	for (size_t i = 0; i < run->nresults; i++)
		ck_assert_int_eq(expected_outcome(expected, run, &run->results[i]), wanted[i]);
	/* The same list again changes nothing; another list replaces the first. */
	for (unsigned times = 0; times < 2; times++) {
		expected_apply(expected, run);
		for (size_t i = 0; i < run->nresults; i++)
			ck_assert_int_eq(run->results[i].outcome, wanted[i]);
		ck_assert_str_eq(run->results[0].reason, "why [BZ 1]");
		ck_assert_uint_eq(run->results[0].nfailures, 1);
		ck_assert_str_eq(run->results[2].reason, "no /proc");
		ck_assert_str_eq(run->results[3].reason, "timing [bug 2]");
	}
	expected_free(expected);
	expected = parse("# nothing\n");
	expected_apply(expected, run);
	for (size_t i = 0; i < run->nresults; i++) {
		ck_assert_int_eq(run->results[i].outcome, results[i].outcome);
		ck_assert_str_eq(run->results[i].reason, results[i].reason);
	}
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

START_TEST(an_unexpected_time_out_stays_a_time_out)
{
	struct result results[] = {failed("a.b", "1", "2"), failed("c.d", "1", "2")};

	results[0].outcome = results[1].outcome = TIMED_OUT;
	struct run *run = new_run("static", results, 2);
	struct expected *expected = parse("xfail | a.* | * | why | BZ 1");
	expected_apply(expected, run);
	ck_assert_int_eq(run->results[0].outcome, XFAILED);
	ck_assert_int_eq(run->results[1].outcome, TIMED_OUT);
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

/* A check without a result may be expected to fail; its failure then has a text as evidence. */
START_TEST(a_check_that_never_ended_may_be_expected)
{
	struct result result = passed("a.b");

	result.outcome = NOT_RUN;
	struct run *run = new_run("static", &result, 1);
	struct expected *expected = parse("xfail | a.b | * | why | BZ 1\n");
	expected_apply(expected, run);
	ck_assert_int_eq(run->results[0].outcome, XFAILED);
	ck_assert_uint_eq(run->results[0].nfailures, 1);
	ck_assert_int_eq(verdict(run, 1), 0);
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

/* The run is of an i386 program on an x86_64 kernel 6.1.0, with glibc 2.36. */
START_TEST(a_line_holds_if_all_its_conditions_hold)
{
	static const struct {
		const char *where;
		bool holds;
	} cases[] = {
		{"*", true},
		{"arch=i386", true},
		{"arch=x86_64", false},
		{"machine=x86*", true},
		{"libc=glibc-2.36", true},
		{"libc=glibc-2.3", false},
		{"libc=musl", false},
		{"build=static", true},
		{"build=dynamic", false},
		{"kernel>=6.1", true},
		{"kernel>=6.2", false},
		{"kernel>=5.10", true},
		{"kernel<6.1", false},
		{"kernel<6.10", true},
		{"kernel>=6.1  kernel<6.2\tarch=i386", true},
		{"arch=i386 kernel<5.10", false},
	};
	const struct result result = failed("a.b", "1", "2");
	struct run *run = new_run("static", &result, 1);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "xfail | a.b | %s | why | BZ 1", cases[i].where);
		struct expected *expected = parse(text);
		ck_assert_msg((expected_outcome(expected, run, &run->results[0]) == XFAILED) ==
				      cases[i].holds,
			      "%s", cases[i].where);
		expected_free(expected);
	}
	strcpy(run->kernel, "unknown");
	struct expected *expected = parse("xfail | a.b | kernel<6.1 | why | BZ 1");
	ck_assert_int_eq(expected_outcome(expected, run, &run->results[0]), FAILED);
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

static bool knows_a(const char *glob)
{
	return glob[0] == 'a';
}

START_TEST(a_line_without_a_check_is_found_if_its_conditions_hold)
{
	struct run *run = new_run("static", NULL, 0);
	struct expected *expected = parse("xfail | b.c | arch=m68k | why | BZ 1\n"
					  "xfail | a.b | * | why | BZ 1\n"
					  "xfail | b.d | * | why | BZ 1\n");
	const char *glob;

	ck_assert_uint_eq(expected_unknown(expected, run, knows_a, &glob), 3);
	ck_assert_str_eq(glob, "b.d");
	expected_free(expected);
	expected = parse("xfail | a.b | * | why | BZ 1\n");
	ck_assert_uint_eq(expected_unknown(expected, run, knows_a, &glob), 0);
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

/* ---- writing --------------------------------------------------------------- */

static char *next_list(const struct expected *expected, struct run *run)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (expected)
		expected_apply(expected, run);
	expected_write(out, expected, run);
	fclose(out);
	return text;
}

START_TEST(a_written_list_makes_the_run_conform)
{
	const struct result results[] = {
		failed("a.b", "x|y\n", "2"), failed("c.d", "1", "2"), passed("c.e"),
		skipped("c.f", "no /proc"),  passed("d.e"),	      passed("e.f"),
	};
	struct run *run = new_run("static", ARRAY(results));
	char *text = next_list(NULL, run);

	ck_assert_str_eq(text, "# outcome | checks | where | reason | source\n"
			       "xfail | a.b | * | errno: expected x y , got 2 | seen on 6.1.0-18\n"
			       "xfail | c.d | * | errno: expected 1, got 2 | seen on 6.1.0-18\n");
	struct expected *expected = parse(text);
	expected_apply(expected, run);
	ck_assert_int_eq(verdict(run, 1), 0);
	expected_free(expected);
	free(text);
	/* Comments, flaky lines and other machines' lines stay as they are. */
	expected = parse("# why\nxfail|d.*|*|gone|BZ 3\nxfail | c.* | arch=i386 | why | BZ 1\n\n"
			 "flaky  | e.f | *     | timing | bug 2\nxfail | c.* | arch=arm | x | y\n");
	text = next_list(expected, run);
	ck_assert_str_eq(text,
			 "# why\nxfail | c.d | arch=i386 | why | BZ 1\n"
			 "xfail | c.f | arch=i386 | why | BZ 1\n\n"
			 "flaky  | e.f | *     | timing | bug 2\n"
			 "xfail | c.* | arch=arm | x | y\n"
			 "xfail | a.b | * | errno: expected x y , got 2 | seen on 6.1.0-18\n");
	expected_free(expected);
	expected = parse(text);
	expected_apply(expected, run);
	ck_assert_int_eq(verdict(run, 1), 0);
	/* The new list, applied to the same run, gives the same list. */
	char *again = next_list(expected, run);
	ck_assert_str_eq(again, text);
	free(again);
	free(text);
	expected_free(expected);
	free_runs(run, 1);
}
END_TEST

UNIT_SUITE(expected, bad_lines_are_named, each_result_has_the_outcome_of_the_list,
	   an_unexpected_time_out_stays_a_time_out, a_check_that_never_ended_may_be_expected,
	   a_line_holds_if_all_its_conditions_hold,
	   a_line_without_a_check_is_found_if_its_conditions_hold,
	   a_written_list_makes_the_run_conform);
