/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes results for people, for CI systems and for this program to read back. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "result.h"

enum format { FORMAT_TEXT, FORMAT_KTAP, FORMAT_JSON, FORMAT_JUNIT, FORMAT_HTML, FORMAT_LTP };

/* Finds a format by its name ("text", "ktap", "json", "junit", "html", "ltp"). */
bool format_from_name(const char *name, enum format *format);
/* All names, separated by commas, for messages. */
const char *format_names(void);

/* Prints the facts about the machine of a run, one a line. */
void report_facts(FILE *out, const struct run *run);

/* Writes all runs to out; every format has the same counts. */
void report(FILE *out, enum format format, const struct run *runs, size_t nruns);

/*
 * The exit status for the runs: 0 conforms; 1 a check failed, timed out, or passed although
 * it was expected to fail; 4 no check ran, or the kernel has no facility.
 */
int verdict(const struct run *runs, size_t nruns);

/*
 * Reads a report that FORMAT_JSON wrote; source names the text in errors.  Returns NULL, with
 * one line without newline in error, if the report is cut short, has another schema, no run,
 * or a wrong count.  The caller frees the runs with free_runs().
 */
struct run *parse_runs(const char *text, const char *source, size_t *nruns, char error[256]);
struct run *read_runs(const char *path, size_t *nruns, char error[256]);
void free_runs(struct run *runs, size_t nruns);

#endif
