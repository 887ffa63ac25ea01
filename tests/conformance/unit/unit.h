/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Unit tests of the harness: facts, results, runner, observer. */
#ifndef UNIT_H
#define UNIT_H

#include "report/report.h"
#include "suite.h"

/* Makes a file with these bytes; the caller unlinks and frees its path. */
char *scratch_file(const char *bytes, size_t size);

/* Writes the runs in a format; the caller frees the text. */
char *report_string(enum format format, const struct run *runs, size_t nruns);

/* Results, and a run of sorted results, which free_runs(run, 1) frees. */
struct result passed(const char *id);
struct result failed(const char *id, const char *expected, const char *seen);
struct result skipped(const char *id, const char *reason);
struct run *new_run(const char *build, const struct result *results, size_t n);

/* Two runs: 3 passed, 2 failed, 2 skipped together. */
struct run *two_runs(void);
/* A run with a failed and a skipped check whose texts must be escaped. */
struct run *nasty_run(void);

#define ARRAY(...) (__VA_ARGS__), sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0])

#define assert_has(TEXT, PART) \
	ck_assert_msg(strstr(TEXT, PART) != NULL, "no '%s' in:\n%s", PART, TEXT)
#define assert_has_not(TEXT, PART) \
	ck_assert_msg(strstr(TEXT, PART) == NULL, "'%s' in:\n%s", PART, TEXT)

#endif
