/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_round_trip(const struct run *runs, size_t nruns)
{
	char *text = report_string(FORMAT_JSON, runs, nruns), error[256] = "";
	char *path = scratch_file(text, strlen(text));
	size_t n = 0;
	struct run *read = read_runs(path, &n, error);

	ck_assert_msg(read, "%s", error);
	ck_assert_uint_eq(n, nruns);
	char *again = report_string(FORMAT_JSON, read, n);
	ck_assert_str_eq(text, again);
	unlink(path);
	free(path);
	free(text);
	free(again);
	free_runs(read, n);
}

START_TEST(a_written_report_is_read_back)
{
	struct run *runs = two_runs(), *nasty = nasty_run(), *empty = new_run("static", NULL, 0);

	runs[0].results[1].nfailures = 20;
	runs[0].results[2].seconds = 0.1 + 0.2;
	runs[1].seconds = 999999999.9;
	assert_round_trip(runs, 2);
	assert_round_trip(nasty, 1);
	assert_round_trip(empty, 1);
	free_runs(runs, 2);
	free_runs(nasty, 1);
	free_runs(empty, 1);
}
END_TEST

START_TEST(full_buffers_are_read)
{
	struct result result = passed("a.b");

	memset(result.title, 0xff, sizeof(result.title) - 1);
	memset(result.id, 'z', sizeof(result.id) - 1);
	struct run *run = new_run("static", &result, 1);
	assert_round_trip(run, 1);
	free_runs(run, 1);
}
END_TEST

#define HEAD                                                                               \
	"{\"schema\":\"ipc-conform/1\",\"runs\":[{\"build\":\"static\",\"arch\":\"i386\"," \
	"\"machine\":\"x86_64\",\"kernel\":\"6.1\",\"libc\":\"glibc\",\"seconds\":1,"
#define COUNTS(P, F, S) \
	"\"counts\":{\"passed\":" #P ",\"failed\":" #F ",\"skipped\":" #S "},\"results\":["
#define RESULT(ID, OUTCOME, N, FAILURES)                                             \
	"{\"id\":\"" ID "\",\"title\":\"t\",\"source\":\"s\",\"outcome\":\"" OUTCOME \
	"\",\"seconds\":0.5,\"reason\":\"\",\"nfailures\":" #N ",\"failures\":[" FAILURES "]}"
#define FAILURE "{\"where\":\"w\",\"what\":\"x\",\"expected\":\"1\",\"seen\":\"2\"}"
#define FOUR(X) X "," X "," X "," X
#define TAIL "]}]}"

static struct run *parsed(const char *text)
{
	char error[256] = "";
	size_t n;
	struct run *runs = parse_runs(text, "json", &n, error);

	ck_assert_msg(runs, "%s", error);
	ck_assert_uint_eq(n, 1);
	return runs;
}

START_TEST(members_may_come_in_any_order)
{
	struct run *run =
		parsed(" {\"runs\" "
		       ":\t[{\"results\":[],\"counts\":{\"skipped\":0,\"failed\":0,\"passed\":0},"
		       "\"seconds\":1.5e-1,\"libc\":\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/"
		       "\\b\\f\\n\\r\\t\\u20ac\","
		       "\"kernel\":\"k\",\"machine\":\"m\",\"arch\":\"a\",\"build\":\"b\"}],\r\n"
		       "\"schema\":\"ipc-conform/1\"}\n\n");

	ck_assert_str_eq(run->libc, "\xc3\xa9\xf0\x9f\x98\x80\"\\/\b\f\n\r\t\xe2\x82\xac");
	ck_assert_double_eq_tol(run->seconds, 0.15, 1e-12);
	free_runs(run, 1);
}
END_TEST

START_TEST(results_are_read)
{
	struct run *run = parsed(HEAD COUNTS(1, 1, 0) RESULT(
		"a.b", "failed", 9, FOUR(FAILURE) "," FOUR(FAILURE)) "," RESULT("a.c", "passed", 0,
										"") TAIL);

	ck_assert_uint_eq(run->nresults, 2);
	ck_assert_int_eq(run->results[0].outcome, FAILED);
	ck_assert_uint_eq(run->results[0].nfailures, 9);
	ck_assert_str_eq(run->results[0].failures[7].seen, "2");
	ck_assert_str_eq(run->results[1].id, "a.c");
	ck_assert_double_eq(run->results[1].seconds, 0.5);
	free_runs(run, 1);
}
END_TEST

static void assert_refused(const char *text, const char *why)
{
	char error[256] = "";
	size_t n;
	struct run *runs = parse_runs(text, "json", &n, error);

	ck_assert_msg(!runs, "read: %s", text);
	ck_assert_int_eq(strncmp(error, "json: line ", 11), 0);
	ck_assert_ptr_null(strchr(error, '\n'));
	ck_assert_msg(strstr(error, why), "'%s' instead of '%s' for %s", error, why, text);
}

START_TEST(an_invalid_report_is_refused)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "cut short"},
		{" \n ", "line 2, byte 2: the text is cut short"},
		{"null", "an object is missing"},
		{"[]", "an object is missing"},
		{"{}", "\"schema\" is missing"},
		{"{\"schema\":\"ipc-conform/1\"}", "\"runs\" is missing"},
		{"{\"schema\":\"ipc-conform/2\",\"runs\":[]}", "the schema is not ipc-conform/1"},
		{"{\"schema\":1,\"runs\":[]}", "a string is missing"},
		{"{\"schema\":\"ipc-conform/1\",\"runs\":[]}", "there are no runs"},
		{"{\"schema\":\"ipc-conform/1\",\"runs\":{}}", "an array is missing"},
		{"{\"schema\":\"ipc-conform/1\",\"runs\":[1]}", "an object is missing"},
		{"{\"schema\":\"ipc-conform/1\",\"extra\":1}", "a member is unknown"},
		{"{\"schema\":\"ipc-conform/1\",\"schema\":\"ipc-conform/1\"}", "occurs twice"},
		{"{\"schema\":\"ipc-conform/1\",}", "a string is missing"},
		{"{\"schema\" \"ipc-conform/1\"}", "a colon is missing"},
		{"{\"a name that is longer than any of ours is\":1}", "a string is too long"},
		{HEAD COUNTS(0, 0, 0) "]}]} {}", "there is text after the end"},
		{HEAD COUNTS(0, 0, 0) "]}]", "cut short"},
		{HEAD COUNTS(1, 0, 0) TAIL, "the counts do not agree"},
		{HEAD COUNTS(0, 0, 1) RESULT("a", "passed", 0, "") TAIL, "the counts do not agree"},
		{HEAD COUNTS(-1, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(1.0, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(1e0, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(4294967296, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(99999999999999999999999999999, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(01, 0, 0) TAIL, "json: line 1"},
		{HEAD COUNTS(true, 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS("0", 0, 0) TAIL, "a count is missing"},
		{HEAD COUNTS(1, 0, 0) RESULT("", "passed", 0, "") TAIL, "has no id"},
		{HEAD COUNTS(1, 0, 0) RESULT("a", "PASSED", 0, "") TAIL, "an outcome is unknown"},
		{HEAD COUNTS(1, 0, 0) RESULT("a", "", 0, "") TAIL, "an outcome is unknown"},
		{HEAD COUNTS(2, 0, 0) RESULT("a", "passed", 0, "") "," RESULT("a", "passed", 0, "")
			 TAIL,
		 "not sorted"},
		{HEAD COUNTS(2, 0, 0) RESULT("b", "passed", 0, "") "," RESULT("a", "passed", 0, "")
			 TAIL,
		 "not sorted"},
		{HEAD COUNTS(1, 0, 0) RESULT("a", "passed", 0, "") "," TAIL,
		 "an object is missing"},
		{HEAD COUNTS(1, 0, 0) RESULT("a", "passed", 0, "") RESULT("b", "passed", 0, "")
			 TAIL,
		 "an array does not end"},
		{HEAD COUNTS(1, 0, 0) RESULT("a", "passed", 1, FAILURE) TAIL, "has not failed"},
		{HEAD COUNTS(0, 1, 0) RESULT("a", "failed", 1, "") TAIL, "number of failures"},
		{HEAD COUNTS(0, 1, 0) RESULT("a", "failed", 0, FAILURE) TAIL, "number of failures"},
		{HEAD COUNTS(0, 1, 0)
			 RESULT("a", "failed", 9, FOUR(FAILURE) "," FOUR(FAILURE) "," FAILURE) TAIL,
		 "too many failures"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}
END_TEST

/* This table is like the one above, but the test wraps each text in another way. */
START_TEST(invalid_strings_are_refused)
{
	static const struct {
		const char *string, *why;
	} cases[] = {
		{"a\nb", "bare control character"},
		{"\x1f", "bare control character"},
		{"\\u0000", "invalid escape"},
		{"\\x41", "invalid escape"},
		{"\\u12", "invalid escape"},
		{"\\u12g4", "invalid escape"},
		{"\\ud800", "invalid escape"},
		{"\\ud800\\u0041", "invalid escape"},
		{"\\ud800\\ud800", "invalid escape"},
		{"\\udc00", "invalid escape"},
		{"\\", "json: line 1"},
		{"\xff", "not UTF-8"},
		{"\xc0\xaf", "not UTF-8"},
		{"\xe0\x80\xaf", "not UTF-8"},
		{"\xed\xa0\x80", "not UTF-8"},
		{"\xf4\x90\x80\x80", "not UTF-8"},
		{"\xe2\x82", "not UTF-8"},
		{"12345678901234567890123456789012", "too long"},
	};
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{\"schema\":\"%s\"}", cases[i].string);
		assert_refused(text, cases[i].why);
	}
}
END_TEST

START_TEST(invalid_times_are_refused)
{
	static const char none[] = "a number from 0 to 1e9 is missing";
	static const struct {
		const char *time, *why;
	} cases[] = {
		{"", none},
		{"-1", none},
		{"+1", none},
		{"NaN", none},
		{"Infinity", none},
		{"1e400", none},
		{"1e10", none},
		{".5", none},
		{"null", none},
		{"\"1\"", none},
		{"[[[[", none},
		{"{}", none},
		{"0x10", "is missing"},
		{"00", "is missing"},
		{"1.", "is missing"},
		{"1e", "is missing"},
		{"1e+", "is missing"},
		{"1.5.5", "is missing"},
	};
	char text[400];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{\"runs\":[{\"seconds\":%s,\"build\" ",
			 cases[i].time);
		assert_refused(text, cases[i].why);
	}
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
	size_t size = 4 << 20;
	char *text = malloc(size + 1);

	for (size_t i = 0; i < 2; i++) {
		memset(text, i ? '{' : '[', size);
		text[size] = '\0';
		memcpy(text, "{\"runs\":", 8);
		assert_refused(text, i ? "an array is missing" : "an object is missing");
	}
	free(text);
}
END_TEST

START_TEST(a_report_cut_anywhere_is_refused)
{
	struct run *runs = two_runs();
	char *text = report_string(FORMAT_JSON, runs, 2);

	/* The last newline may be missing. */
	for (size_t length = 0; length < strlen(text) - 1; length++) {
		char *part = strndup(text, length);

		assert_refused(part, "");
		free(part);
	}
	free(text);
	free_runs(runs, 2);
}
END_TEST

/* Any text is read or refused; a build with sanitizers finds wrong accesses. */
START_TEST(a_flipped_bit_does_no_harm)
{
	struct run *runs = nasty_run();
	char *text = report_string(FORMAT_JSON, runs, 1), error[256];

	for (size_t bit = 0; bit < 8 * strlen(text); bit++) {
		char *changed = strdup(text);
		size_t n = 0;

		changed[bit / 8] ^= (char)(1 << bit % 8);
		struct run *read = parse_runs(changed, "json", &n, error);
		ck_assert(read || strncmp(error, "json: line ", 11) == 0);
		free_runs(read, n);
		free(changed);
	}
	free(text);
	free_runs(runs, 1);
}
END_TEST

START_TEST(unreadable_files_are_refused)
{
	static const char zero[] = "{\"schema\":\0\"ipc-conform/1\"}";
	char *path = scratch_file(zero, sizeof(zero)), error[256];
	size_t n;

	ck_assert_ptr_null(read_runs(path, &n, error));
	assert_has(error, ": has a zero byte, so it is not text");
	ck_assert_ptr_null(read_runs("/", &n, error));
	ck_assert_str_eq(error, "/: Is a directory");
	ck_assert_ptr_null(read_runs("/dev/null", &n, error));
	ck_assert_str_eq(error, "/dev/null: is empty");
	unlink(path);
	ck_assert_ptr_null(read_runs(path, &n, error));
	assert_has(error, ": No such file or directory");
	free(path);
}
END_TEST

UNIT_SUITE(read, a_written_report_is_read_back, full_buffers_are_read,
	   members_may_come_in_any_order, results_are_read, an_invalid_report_is_refused,
	   invalid_strings_are_refused, invalid_times_are_refused, deep_nesting_is_refused,
	   a_report_cut_anywhere_is_refused, a_flipped_bit_does_no_harm,
	   unreadable_files_are_refused);
