/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_parts.h"

static const enum format formats[] = {FORMAT_TEXT,  FORMAT_KTAP, FORMAT_JSON,
				      FORMAT_JUNIT, FORMAT_HTML, FORMAT_LTP};
enum { NFORMATS = sizeof(formats) / sizeof(formats[0]) };

/* The number of times that a part occurs in a text. */
static unsigned occurrences(const char *text, const char *part)
{
	unsigned n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* ---- verdict, names -------------------------------------------------------- */

START_TEST(formats_have_names)
{
	static const char *const names[] = {"text", "ktap", "json", "junit", "html", "ltp"};
	enum format format = FORMAT_TEXT;

	for (size_t i = 0; i < NFORMATS; i++) {
		ck_assert(format_from_name(names[i], &format));
		ck_assert_int_eq(format, formats[i]);
	}
	ck_assert(!format_from_name("xml", &format));
	ck_assert(!format_from_name("", &format));
}
END_TEST

START_TEST(one_failure_is_enough)
{
	struct run *runs = two_runs();

	ck_assert_int_eq(verdict(runs, 2), 1);
	ck_assert_int_eq(verdict(runs, 0), 4);
	free_runs(runs, 2);
	free_runs(NULL, 0);
}
END_TEST

static int verdict_of(const struct result *results, size_t n)
{
	struct run *run = new_run("static", results, n);
	int status = verdict(run, 1);

	free_runs(run, 1);
	return status;
}

START_TEST(a_run_that_is_all_skipped_is_no_success)
{
	struct result ended = passed("a.b"), noted = passed("a.b");

	ck_assert_int_eq(verdict_of(ARRAY((struct result[]){passed("a"), skipped("b", "")})), 0);
	ck_assert_int_eq(verdict_of(ARRAY((struct result[]){skipped("b", "")})), 4);
	ended.outcome = NOT_RUN;
	ck_assert_int_eq(verdict_of(&ended, 1), 1);
	noted.nfailures = 1;
	ck_assert_int_eq(verdict_of(&noted, 1), 1);
}
END_TEST

/* ---- the formats ----------------------------------------------------------- */

START_TEST(text_fits_on_one_screen)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_TEXT, runs, 2);

	ck_assert_str_eq(text,
			 "                 static                    dynamic\n"
			 "facility         passed  failed  skipped   passed  failed  skipped\n"
			 "msgctl                0       0        1        0       0        1\n"
			 "msgrcv                1       1        0        1       1        0\n"
			 "shmat                 1       0        0        0       0        0\n"
			 "all                   2       1        1        1       1        1\n"
			 "\n"
			 "kernel           6.1.0-18 #1 SMP\n"
			 "libc             glibc 2.36\n"
			 "architecture     i386 on a kernel of x86_64\n"
			 "time             1.50 s\n"
			 "\n"
			 "msgrcv.empty: what msgrcv.empty must do [static]\n"
			 "    msgrcv.c:31: errno: expected ENOMSG, got EINVAL\n"
			 "\n"
			 "msgrcv.empty: what msgrcv.empty must do [dynamic]\n"
			 "    msgrcv.c:31: errno: expected ENOMSG, got EINVAL\n"
			 "\n"
			 "skipped, and why:\n"
			 "      2  no namespace\n"
			 "\n"
			 "3 passed, 2 failed, 2 skipped\n");
	free(text);
	free_runs(runs, 2);
}
END_TEST

/* A fuzz target found a check that was in no row of the table. */
START_TEST(text_has_a_row_for_checks_without_a_facility)
{
	struct run *run = new_run("static", ARRAY((struct result[]){passed(".b"), passed("a.b")}));
	char *text = report_string(FORMAT_TEXT, run, 1);

	assert_has(text, "\n?                     1       0        0\n");
	free(text);
	free_runs(run, 1);
}
END_TEST

START_TEST(text_tells_machines_apart)
{
	struct run *runs = two_runs();

	strcpy(runs[1].arch, "x86_64");
	strcpy(runs[1].kernel, "6.6.1 #2");
	char *text = report_string(FORMAT_TEXT, runs, 2);
	assert_has(text, "static i386 6.1.0-18 ");
	assert_has(text, "architecture     i386 on a kernel of x86_64 static i386 6.1.0-18, "
			 "x86_64 dynamic x86_64 6.6.1\n");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(ktap_of_one_run_is_flat)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_KTAP, runs, 1);

	ck_assert_str_eq(text, "KTAP version 1\n"
			       "1..4\n"
			       "# kernel: 6.1.0-18 #1 SMP\n"
			       "# libc: glibc 2.36\n"
			       "# architecture: i386 on a kernel of x86_64\n"
			       "# time: 1.50 s\n"
			       "ok 1 msgctl.limits # SKIP no namespace\n"
			       "# what msgrcv.empty must do\n"
			       "# msgrcv.c:31: errno: expected ENOMSG, got EINVAL\n"
			       "not ok 2 msgrcv.empty\n"
			       "ok 3 msgrcv.type\n"
			       "ok 4 shmat.read\n"
			       "# Totals: pass:2 fail:1 xfail:0 xpass:0 skip:1 error:0\n");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(ktap_of_several_runs_is_nested)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_KTAP, runs, 2);

	ck_assert_int_eq(strncmp(text, "KTAP version 1\n1..2\n  KTAP version 1\n  1..4\n", 44), 0);
	assert_has(text, "\n  not ok 2 msgrcv.empty\n");
	assert_has(text, "\n  ok 4 shmat.read\nnot ok 1 static\n  KTAP version 1\n  1..3\n");
	assert_has(text, "\n  ok 3 msgrcv.type\nnot ok 2 dynamic\n# Totals: pass:3 ");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(ktap_of_a_run_that_is_all_skipped)
{
	struct run *runs = two_runs();

	runs[0].nresults = 1;
	char *text = report_string(FORMAT_KTAP, runs, 2);
	assert_has(text, "\nok 1 static # SKIP\n");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(junit_has_cases_and_properties)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_JUNIT, runs, 2);

	assert_has(text, "<testsuites name=\"ipc-conform\" tests=\"7\" failures=\"2\" errors=\"0\" "
			 "skipped=\"2\" time=\"3.000000\">\n");
	assert_has(text, "<testsuite name=\"static\" tests=\"4\" failures=\"1\" errors=\"0\" "
			 "skipped=\"1\" time=\"1.500000\">\n");
	assert_has(text, "<property name=\"kernel\" value=\"6.1.0-18 #1 SMP\"/>\n");
	assert_has(text, "<property name=\"libc\" value=\"glibc 2.36\"/>\n");
	assert_has(text, "<testcase classname=\"shmat\" name=\"shmat.read\" time=\"0.250000\"/>\n");
	assert_has(text,
		   "<failure message=\"what msgrcv.empty must do\">\n"
		   "msgrcv.c:31: errno: expected ENOMSG, got EINVAL\n</failure></testcase>\n");
	assert_has(text, "<skipped message=\"no namespace\"/></testcase>\n");
	free(text);
	free_runs(runs, 2);
}
END_TEST

/*
 * The expected text of each format is written out although the lines are alike: a function
 * that made both texts could have the same defect as the report.
 */
START_TEST(ltp_has_words_and_a_summary)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_LTP, runs, 1);

	ck_assert_str_eq(text, "Summary:\n"
			       "passed   2\n"
			       "failed   1\n"
			       "broken   0\n"
			       "skipped  1\n"
			       "warnings 0\n"
			       "\n"
			       "kernel: 6.1.0-18 #1 SMP\n"
			       "libc: glibc 2.36\n"
			       "architecture: i386 on a kernel of x86_64\n"
			       "time: 1.50 s\n"
			       "msgrcv.empty: TFAIL: what msgrcv.empty must do\n"
			       "    msgrcv.c:31: errno: expected ENOMSG, got EINVAL\n"
			       "msgctl.limits: TSKIP: no namespace\n"
			       "msgrcv.type: TPASS: what msgrcv.type must do\n"
			       "shmat.read: TPASS: what shmat.read must do\n");
	free(text);
	text = report_string(FORMAT_LTP, runs, 2);
	assert_has(text, "\nmsgrcv.type dynamic: TPASS: ");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(html_refers_to_no_other_file)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_HTML, runs, 2);

	assert_has(text, "<h1>Does not conform</h1>");
	assert_has(text, "prefers-color-scheme: dark");
	assert_has(text, "<summary><span class=\"id\">msgrcv</span>");
	assert_has_not(text, "<script");
	assert_has_not(text, "http");
	assert_has_not(text, "src=");
	free(text);
	free_runs(runs, 2);
}
END_TEST

START_TEST(html_lists_a_check_once)
{
	const struct result p = passed("a.b"), q = passed("a.c");
	struct run *one = new_run("static", &p, 1), *two = new_run("dynamic", &q, 1);
	struct run runs[] = {*one, *two, *one};
	char *text = report_string(FORMAT_HTML, runs, 3);

	ck_assert_uint_eq(occurrences(text, ">a.b</td>"), 1);
	ck_assert_uint_eq(occurrences(text, ">a.c</td>"), 1);
	ck_assert_uint_eq(occurrences(text, "<td class=\"zero\">-</td>"), 3);
	free(text);
	free_runs(one, 1);
	free_runs(two, 1);
}
END_TEST

START_TEST(html_unfolds_differences)
{
	struct result p[] = {passed("a.b"), passed("a.c")};
	struct result q[] = {passed("a.b"), passed("a.c"), passed("a.d")};
	struct run *one = new_run("static", p, 2), *two = new_run("static", q, 3);
	struct run runs[] = {*one, *two};
	char *same = report_string(FORMAT_HTML, runs, 2);

	/* A check that only one run has is no difference. */
	assert_has_not(same, "What differs");
	runs[1].results[1].outcome = SKIPPED;
	char *other = report_string(FORMAT_HTML, runs, 2);
	assert_has(other, "<h2>What differs</h2>");
	ck_assert_uint_eq(occurrences(other, ">a.b</td>"), 1);
	ck_assert_uint_eq(occurrences(other, ">a.c</td>"), 2);
	ck_assert_uint_eq(occurrences(other, ">a.d</td>"), 1);
	free(same);
	free(other);
	free_runs(one, 1);
	free_runs(two, 1);
}
END_TEST

START_TEST(all_formats_have_the_same_counts)
{
	struct run *runs = two_runs();
	char *text[NFORMATS];

	for (size_t i = 0; i < NFORMATS; i++)
		text[i] = report_string(formats[i], runs, 2);
	assert_has(text[FORMAT_TEXT], "\n3 passed, 2 failed, 2 skipped\n");
	ck_assert_uint_eq(occurrences(text[FORMAT_KTAP], "  ok ") -
				  occurrences(text[FORMAT_KTAP], " # SKIP "),
			  3);
	ck_assert_uint_eq(occurrences(text[FORMAT_KTAP], "  not ok "), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_KTAP], " # SKIP "), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_JSON], "\"outcome\":\"passed\""), 3);
	ck_assert_uint_eq(occurrences(text[FORMAT_JSON], "\"outcome\":\"failed\""), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_JSON], "\"outcome\":\"skipped\""), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_JUNIT], "<testcase "), 7);
	ck_assert_uint_eq(occurrences(text[FORMAT_JUNIT], "<failure "), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_JUNIT], "<skipped "), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_LTP], ": TPASS: "), 3);
	ck_assert_uint_eq(occurrences(text[FORMAT_LTP], ": TFAIL: "), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_LTP], ": TSKIP: "), 2);
	assert_has(text[FORMAT_LTP], "Summary:\npassed   3\nfailed   2\nbroken   0\n"
				     "skipped  2\nwarnings 0\n");
	assert_has(text[FORMAT_HTML], "3 passed, 2 failed, 2 skipped<");
	ck_assert_uint_eq(occurrences(text[FORMAT_HTML], "<td class=\"passed\">passed<"), 3);
	ck_assert_uint_eq(occurrences(text[FORMAT_HTML], "<td class=\"failed\">failed<"), 2);
	ck_assert_uint_eq(occurrences(text[FORMAT_HTML], "<td class=\"skipped\">skipped<"), 2);
	for (size_t i = 0; i < NFORMATS; i++)
		free(text[i]);
	free_runs(runs, 2);
}
END_TEST

static struct result listed(struct result result, enum outcome outcome)
{
	result.outcome = outcome;
	snprintf(result.reason, sizeof(result.reason), "why [BZ 1]");
	return result;
}

/* A result of each outcome that a list of expected failures makes; flaky passes and fails. */
static struct run *listed_run(void)
{
	const struct result results[] = {
		listed(passed("a.flaky"), FLAKY),
		listed(failed("a.flaky_failed", "1", "2"), FLAKY),
		listed(failed("a.xfailed", "3", "4"), XFAILED),
		listed(passed("a.xpassed"), XPASSED),
	};

	return new_run("static", ARRAY(results));
}

START_TEST(expected_failures_keep_their_evidence_everywhere)
{
	struct run *run = listed_run();
	char *text = report_string(FORMAT_TEXT, run, 1);

	assert_has(text, "facility         passed  failed  skipped  xfailed  xpassed  flaky\n"
			 "a                     0       0        0        1        1      2\n");
	assert_has(text, "a.xfailed: what a.xfailed must do\n"
			 "    expected to fail: why [BZ 1]\n"
			 "    msgrcv.c:31: errno: expected 3, got 4\n");
	assert_has(text, "    passed, but is expected to fail: why [BZ 1]\n");
	assert_has(text, "    flaky: why [BZ 1]\n    msgrcv.c:31: errno: expected 1, got 2\n");
	assert_has(text, "\n0 passed, 0 failed, 0 skipped, 1 xfailed, 1 xpassed, 2 flaky\n");
	assert_has_not(text, "without saying why");
	free(text);
	text = report_string(FORMAT_KTAP, run, 1);
	assert_has(text, "\nok 1 a.flaky\n");
	assert_has(text, "expected 1, got 2\nok 2 a.flaky_failed # XFAIL why [BZ 1]\n");
	assert_has(text, "expected 3, got 4\nok 3 a.xfailed # XFAIL why [BZ 1]\n");
	assert_has(text, "\nnot ok 4 a.xpassed # XPASS why [BZ 1]\n");
	assert_has(text, "\n# Totals: pass:1 fail:0 xfail:2 xpass:1 skip:0 error:0\n");
	free(text);
	text = report_string(FORMAT_JUNIT, run, 1);
	assert_has(text, "tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\"");
	assert_has(text, "<skipped type=\"xfailed\" message=\"why [BZ 1]\">\n"
			 "expected to fail: why [BZ 1]\n"
			 "msgrcv.c:31: errno: expected 3, got 4\n</skipped>");
	assert_has(text, "<failure message=\"what a.xpassed must do\">\n"
			 "passed, but is expected to fail: why [BZ 1]\n</failure>");
	free(text);
	text = report_string(FORMAT_LTP, run, 1);
	assert_has(text, "Summary:\npassed   1\nfailed   1\nbroken   0\nskipped  2\n");
	assert_has(text,
		   "a.xfailed: TSKIP: what a.xfailed must do\n    expected to fail: why [BZ 1]\n");
	assert_has(text, ": TFAIL: what a.xpassed must do\n");
	free(text);
	text = report_string(FORMAT_HTML, run, 1);
	assert_has(text, "0 passed, 0 failed, 0 skipped, 1 xfailed, 1 xpassed, 2 flaky<");
	assert_has(text, "<td class=\"number xfailed\">1</td>");
	assert_has(text, "<td class=\"xpassed\">xpassed</td>");
	assert_has(text, "<h2>Failed as expected</h2>\n<article class=\"xfailed\">");
	assert_has(text, "<p>expected to fail: why [BZ 1]\n</p>");
	assert_has(text, "<td class=\"id failed\">4</td>");
	free(text);
	free_runs(run, 1);
}
END_TEST

START_TEST(json_of_expected_failures_is_read_again)
{
	struct run *run = listed_run(), *again;
	char *json = report_string(FORMAT_JSON, run, 1), *other, error[256] = "";
	size_t n = 0;

	again = parse_runs(json, "json", &n, error);
	ck_assert_str_eq(error, "");
	ck_assert_uint_eq(n, 1);
	other = report_string(FORMAT_JSON, again, 1);
	ck_assert_str_eq(json, other);
	char *count = strstr(json, "\"outcome\":\"xpassed\"");
	ck_assert_ptr_nonnull(count);
	count[sizeof("\"outcome\":\"x") - 1] = 'q';
	ck_assert_ptr_null(parse_runs(json, "json", &n, error));
	assert_has(error, "an outcome is unknown");
	free(json);
	free(other);
	free_runs(again, 1);
	free_runs(run, 1);
}
END_TEST

START_TEST(only_an_unexpected_pass_is_bad)
{
	const struct result p = listed(passed("a.b"), XPASSED);
	const struct result f = listed(failed("a.b", "1", "2"), XFAILED);
	const struct result flaky = listed(failed("a.b", "1", "2"), FLAKY);
	const struct result no_failure = listed(passed("a.b"), XFAILED);

	ck_assert_int_eq(verdict_of(&p, 1), 1);
	ck_assert_int_eq(verdict_of(&f, 1), 0);
	ck_assert_int_eq(verdict_of(&flaky, 1), 0);
	ck_assert_int_eq(verdict_of(&no_failure, 1), 1);
}
END_TEST

START_TEST(a_time_out_has_its_own_word_in_every_format)
{
	struct result results[] = {passed("a.b"), failed("a.c", "an end within 5 s", "timed out")};
	char *text[NFORMATS], error[256];
	size_t n;

	results[1].outcome = TIMED_OUT;
	struct run *run = new_run("static", results, 2);
	ck_assert_int_eq(verdict(run, 1), 1);
	for (size_t i = 0; i < NFORMATS; i++)
		text[i] = report_string(formats[i], run, 1);
	assert_has(text[FORMAT_TEXT], "facility         passed  failed  skipped  timeout\n"
				      "a                     1       0        0        1\n");
	assert_has(text[FORMAT_TEXT], "\na.c: what a.c must do\n");
	assert_has(text[FORMAT_TEXT], "\n1 passed, 0 failed, 0 skipped, 1 timeout\n");
	assert_has(text[FORMAT_KTAP], "\nnot ok 2 a.c # TIMEOUT\n");
	assert_has(text[FORMAT_KTAP], " fail:0 xfail:0 xpass:0 skip:0 error:1\n");
	assert_has(text[FORMAT_JSON], "\"outcome\":\"timeout\"");
	assert_has(text[FORMAT_JSON], "\"timeout\":1}");
	assert_has(text[FORMAT_JUNIT], " failures=\"0\" errors=\"1\" skipped=\"0\"");
	assert_has(text[FORMAT_JUNIT], "<error type=\"timeout\" message=\"what a.c must do\">");
	assert_has_not(text[FORMAT_JUNIT], "<failure");
	assert_has(text[FORMAT_HTML], "<h1>Checks timed out</h1>");
	assert_has(text[FORMAT_HTML], "<td class=\"timeout\">timeout</td>");
	assert_has(text[FORMAT_HTML], "<span class=\"timeout\">1 timeout</span>");
	assert_has(text[FORMAT_LTP], "\nfailed   0\nbroken   1\n");
	assert_has(text[FORMAT_LTP], "\na.c: TBROK: what a.c must do\n");
	free_runs(run, 1);
	run = parse_runs(text[FORMAT_JSON], "json", &n, error);
	ck_assert_msg(run, "%s", error);
	ck_assert_int_eq(run->results[1].outcome, TIMED_OUT);
	/* A failure that was recorded before means that the kernel does not conform. */
	run->results[1].nfailures = 2;
	ck_assert_int_eq(outcome_of(&run->results[1]), FAILED);
	free_runs(run, 1);
	for (size_t i = 0; i < NFORMATS; i++)
		free(text[i]);
}
END_TEST

START_TEST(a_failure_without_evidence_is_in_every_format)
{
	struct result result = passed("a.b");

	result.outcome = NOT_RUN;
	struct run *run = new_run("static", &result, 1);
	char *text = report_string(FORMAT_TEXT, run, 1), *json, *again;
	assert_has(text, "    ended without saying why\n");
	assert_has(text, "0 passed, 1 failed, 0 skipped\n");
	free(text);
	json = report_string(FORMAT_JSON, run, 1);
	assert_has(json, "\"outcome\":\"failed\"");
	free_runs(run, 1);

	char error[256];
	size_t n;
	run = parse_runs(json, "json", &n, error);
	ck_assert_ptr_nonnull(run);
	again = report_string(FORMAT_JSON, run, n);
	ck_assert_str_eq(json, again);
	free_runs(run, n);
	free(json);
	free(again);
}
END_TEST

START_TEST(failures_beyond_the_limit_are_counted)
{
	struct result result = failed("a.b", "1", "2");

	result.nfailures = 20;
	struct run *run = new_run("static", &result, 1);
	char *text = report_string(FORMAT_TEXT, run, 1);
	assert_has(text, "    and 12 more\n");
	free(text);
	text = report_string(FORMAT_HTML, run, 1);
	assert_has(text, "And 12 more.");
	free(text);
	free_runs(run, 1);
}
END_TEST

START_TEST(a_report_of_no_runs_is_valid)
{
	for (size_t i = 0; i < NFORMATS; i++) {
		char *text = report_string(formats[i], NULL, 0);

		ck_assert_str_ne(text, "");
		free(text);
	}
}
END_TEST

/* ---- escaping -------------------------------------------------------------- */

START_TEST(special_characters_are_escaped_in_every_format)
{
	struct run *run = nasty_run();

	for (size_t i = 0; i < NFORMATS; i++) {
		char *text = report_string(formats[i], run, 1);

		for (const char *c = text; *c; c++)
			ck_assert_msg(*c == '\n' || (unsigned char)*c >= ' ', "format %zu: %d", i,
				      *c);
		assert_has_not(text, "\x7f");
		assert_has_not(text, "\xc2\x85");
		assert_has_not(text, "\xff");
		assert_has(text, "\xc3\xa9?");
		if (formats[i] == FORMAT_JUNIT || formats[i] == FORMAT_HTML) {
			assert_has_not(text, "<a b");
			assert_has_not(text, "\xef\xbf\xbf");
			assert_has(text, "&#60;a b=&#39;&#34;&#38;\\[31m&#10;&#9;?\xc3\xa9?");
		}
		free(text);
	}
	free_runs(run, 1);
}
END_TEST

START_TEST(json_escapes)
{
	struct run *run = nasty_run();
	char *text = report_string(FORMAT_JSON, run, 1);

	assert_has(text,
		   "\"kernel\":\"<a b='\\\"&\\\\\\u0001\\u001b[31m\\u000a\\u0009\\u007f\\u0085"
		   "\xef\xbf\xbf?\xc3\xa9?");
	free(text);
	free_runs(run, 1);
}
END_TEST

START_TEST(ktap_lines_stay_lines)
{
	struct run *run = nasty_run();
	char *text = report_string(FORMAT_KTAP, run, 1);

	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ck_assert_msg(strncmp(line, "# ", 2) == 0 || strncmp(line, "ok ", 3) == 0 ||
				      strncmp(line, "not ok ", 7) == 0 ||
				      strcmp(line, "KTAP version 1") == 0 ||
				      strcmp(line, "1..2") == 0,
			      "%s", line);
	free(text);
	free_runs(run, 1);
}
END_TEST

START_TEST(infinite_times_are_written_as_zero)
{
	struct result result = passed("a.b");
	struct run *run = new_run("static", &result, 1);

	run->seconds = NAN;
	run->results[0].seconds = INFINITY;
	char *text = report_string(FORMAT_JSON, run, 1);
	ck_assert_uint_eq(occurrences(text, "\"seconds\":0.000000"), 2);
	free(text);
	free_runs(run, 1);
}
END_TEST

UNIT_SUITE(report, formats_have_names, one_failure_is_enough,
	   a_run_that_is_all_skipped_is_no_success, text_fits_on_one_screen,
	   text_has_a_row_for_checks_without_a_facility, text_tells_machines_apart,
	   ktap_of_one_run_is_flat, ktap_of_several_runs_is_nested,
	   ktap_of_a_run_that_is_all_skipped, a_time_out_has_its_own_word_in_every_format,
	   junit_has_cases_and_properties, ltp_has_words_and_a_summary,
	   html_refers_to_no_other_file, html_lists_a_check_once, html_unfolds_differences,
	   all_formats_have_the_same_counts, expected_failures_keep_their_evidence_everywhere,
	   json_of_expected_failures_is_read_again, only_an_unexpected_pass_is_bad,
	   a_failure_without_evidence_is_in_every_format, failures_beyond_the_limit_are_counted,
	   a_report_of_no_runs_is_valid, special_characters_are_escaped_in_every_format,
	   json_escapes, ktap_lines_stay_lines, infinite_times_are_written_as_zero);
