/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Results as text: for a person, for a CI system, for this program to read. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "result.h"

enum format { FORMAT_TEXT, FORMAT_KTAP, FORMAT_JSON, FORMAT_JUNIT, FORMAT_HTML, FORMAT_LTP };

/* The format of a name ("text", "ktap", "json", "junit", "html", "ltp"). */
bool format_from_name(const char *name, enum format *format);
/* All names, with commas between them, for messages. */
const char *format_names(void);

/* Prints the facts about the machine of a run, one a line. */
void report_facts(FILE *out, const struct run *run);

/* Writes all runs to out; every format has the same counts. */
void report(FILE *out, enum format format, const struct run *runs, size_t nruns);

/*
 * The exit status that the runs deserve: 0 conforms, 1 a check failed or passed
 * although it should fail, 4 no check could be run or no facility is there.
 */
int verdict(const struct run *runs, size_t nruns);

/*
 * Reads what FORMAT_JSON wrote; source names the text in errors.  NULL, and
 * one line without newline in error, where it is not that: cut short, another
 * schema, no run, a count that disagrees.  Free with free_runs.
 */
struct run *parse_runs(const char *text, const char *source, size_t *nruns, char error[256]);
struct run *read_runs(const char *path, size_t *nruns, char error[256]);
void free_runs(struct run *runs, size_t nruns);

#endif
