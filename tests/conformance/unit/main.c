/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Quotes, markup, controls, an ESC sequence, U+FFFF, and incomplete UTF-8 sequences. */
#define NASTY "<a b='\"&\\\x01\x1b[31m\n\t\x7f\xc2\x85\xef\xbf\xbf\xff\xc3\xa9\xe2\x82"

Suite *suite_of(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 1200);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return suite;
}

char *scratch_file(const char *bytes, size_t size)
{
	char *path = strdup("/tmp/ipc-unit-XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	return path;
}

char *report_string(enum format format, const struct run *runs, size_t nruns)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report(out, format, runs, nruns);
	fclose(out);
	ck_assert_uint_eq(strlen(text), size);
	return text;
}

static struct result result(const char *id, enum outcome outcome)
{
	struct result result = {.outcome = outcome, .seconds = 0.25};

	snprintf(result.id, sizeof(result.id), "%s", id);
	snprintf(result.title, sizeof(result.title), "what %s must do", id);
	snprintf(result.source, sizeof(result.source), "msgop(2)");
	return result;
}

struct result passed(const char *id)
{
	return result(id, PASSED);
}

struct result failed(const char *id, const char *expected, const char *seen)
{
	struct result failed = result(id, FAILED);
	struct failure *failure = &failed.failures[0];

	failed.nfailures = 1;
	snprintf(failure->where, sizeof(failure->where), "msgrcv.c:31");
	snprintf(failure->what, sizeof(failure->what), "errno");
	snprintf(failure->expected, sizeof(failure->expected), "%s", expected);
	snprintf(failure->seen, sizeof(failure->seen), "%s", seen);
	return failed;
}

struct result skipped(const char *id, const char *reason)
{
	struct result skipped = result(id, SKIPPED);

	snprintf(skipped.reason, sizeof(skipped.reason), "%s", reason);
	return skipped;
}

struct run *new_run(const char *build, const struct result *results, size_t n)
{
	struct run *run = calloc(1, sizeof(*run));

	*run = (struct run){
		.arch = "i386",
		.machine = "x86_64",
		.kernel = "6.1.0-18 #1 SMP",
		.libc = "glibc 2.36",
		.seconds = 1.5,
		.nresults = n,
		.results = calloc(n + 1, sizeof(*results)),
	};
	snprintf(run->build, sizeof(run->build), "%s", build);
	for (size_t i = 0; i < n; i++)
		run->results[i] = results[i];
	return run;
}

struct run *two_runs(void)
{
	struct result first[] = {
		skipped("msgctl.limits", "no namespace"),
		failed("msgrcv.empty", "ENOMSG", "EINVAL"),
		passed("msgrcv.type"),
		passed("shmat.read"),
	};
	struct result second[] = {
		skipped("msgctl.limits", "no namespace"),
		failed("msgrcv.empty", "ENOMSG", "EINVAL"),
		passed("msgrcv.type"),
	};
	struct run *runs = realloc(new_run("static", first, 4), 2 * sizeof(*runs));
	struct run *dynamic = new_run("dynamic", second, 3);

	runs[1] = *dynamic;
	free(dynamic);
	return runs;
}

struct run *nasty_run(void)
{
	struct result results[] = {failed("a.b", NASTY, NASTY), skipped("c.d", NASTY)};

	strcpy(results[0].title, NASTY);
	strcpy(results[0].source, NASTY);
	strcpy(results[0].failures[0].what, NASTY);
	strcpy(results[0].failures[0].where, NASTY);
	struct run *run = new_run("static", results, 2);
	strcpy(run->kernel, NASTY);
	strcpy(run->libc, NASTY);
	return run;
}

int main(void)
{
	SRunner *runner = srunner_create(facts_suite());

	srunner_add_suite(runner, partial_suite());
	srunner_add_suite(runner, rules_suite());
	srunner_add_suite(runner, layout_suite());
	srunner_add_suite(runner, report_suite());
	srunner_add_suite(runner, expected_suite());
	srunner_add_suite(runner, read_suite());
	srunner_add_suite(runner, diff_suite());
	srunner_add_suite(runner, run_suite());
	srunner_add_suite(runner, observe_suite());
	srunner_add_suite(runner, history_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? 1 : 0;
}
