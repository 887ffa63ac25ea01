/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The suites of the unit tests. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>
#include <stddef.h>

Suite *facts_suite(void);
Suite *partial_suite(void);
Suite *rules_suite(void);
Suite *layout_suite(void);
Suite *report_suite(void);
Suite *expected_suite(void);
Suite *read_suite(void);
Suite *diff_suite(void);
Suite *run_suite(void);
Suite *observe_suite(void);
Suite *history_suite(void);

/* A suite of N tests.  A test ends after 20 minutes, so that a hang is a failure. */
Suite *suite_of(const char *name, const TTest *const *tests, size_t n);
/* Defines NAME_suite(), the suite of the tests that START_TEST named. */
#define UNIT_SUITE(NAME, ...)                                                    \
	Suite *NAME##_suite(void)                                                \
	{                                                                        \
		const TTest *const tests[] = {__VA_ARGS__};                      \
		return suite_of(#NAME, tests, sizeof(tests) / sizeof(tests[0])); \
	}                                                                        \
	_Static_assert(1, "takes the semicolon")

#endif
