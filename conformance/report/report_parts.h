/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The parts that the formats of a report share: counting, grouping, labels. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "escape.h"
#include "json.h"
#include "result.h"

void report_text(FILE *out, const struct run *runs, size_t nruns);
void report_ktap(FILE *out, const struct run *runs, size_t nruns);
void report_json(FILE *out, const struct run *runs, size_t nruns);
void report_junit(FILE *out, const struct run *runs, size_t nruns);
void report_html(FILE *out, const struct run *runs, size_t nruns);
void report_ltp(FILE *out, const struct run *runs, size_t nruns);

/*
 * The outcome for a report; never NOT_RUN.  A check that recorded a failure has failed or
 * XFAILED; a check that never got an outcome has failed.  A FLAKY check may have recorded
 * failures.
 */
enum outcome outcome_of(const struct result *result);
/* The outcomes in the order of reports, with their names; ends with a row without a name. */
struct outcome_row {
	enum outcome outcome;
	const char *name;
	bool always; /* included in summaries even if its count is 0 */
};
extern const struct outcome_row outcome_rows[];
const char *outcome_name(enum outcome outcome);
/* Whether the check failed, expectedly or not. */
bool has_failed(const struct result *result);
/* Whether the outcome makes a run fail: FAILED, XPASSED, TIMED_OUT. */
bool is_bad(enum outcome outcome);

/* Results by outcome. */
struct tally {
	unsigned n[NOUTCOMES];
};
/* Whether summaries of these counts include this outcome. */
bool has_column(const struct tally *tally, const struct outcome_row *row);
/* Prints "3 passed, 2 failed, 2 skipped", and other outcomes if they occurred. */
void put_tally(FILE *out, const struct tally *tally);

/* Counts the results of a run (of one facility, if it is not NULL), or of all runs. */
struct tally tally_run(const struct run *run, const char *facility);
struct tally tally_all(const struct run *runs, size_t nruns);

/* The names of the levels. */
extern const char *const level_names[NLEVELS];
/* Counts the results of a level and of the levels below. */
struct tally tally_level(const struct run *run, enum level level);
/*
 * Writes "posix: 100 % (97 of 97), linux: 92 % (...)": the checks that passed, of all but
 * skipped ones.  Writes nothing and returns false if no result has a level.
 */
bool put_levels(FILE *out, const struct run *runs, size_t nruns);

/* Sets the name of the group that a result belongs to; false if it belongs to none. */
typedef bool group_by(const struct result *result, char name[192]);
group_by by_facility; /* the id up to its first dot */
group_by by_reason;   /* the reason for a skip */
group_by by_absence;  /* the call that the kernel lacks */

/*
 * Replaces name by the next group of all runs in the order of strcmp; false after the last
 * one.  Begin with "".
 */
bool next_group(const struct run *runs, size_t nruns, group_by *by, char name[192]);

/* The number of results in a group. */
unsigned count_group(const struct run *runs, size_t nruns, group_by *by, const char *name);

/* The result with this id, or NULL. */
const struct result *find_result(const struct run *run, const char *id);

/* A struct result as JSON. */
extern const struct json_type result_type;

/* A line about the machine of a run; the table ends with a row without a name. */
struct machine_row {
	const char *name;
	void (*value)(char value[256], const struct run *run);
};
extern const struct machine_row machine_rows[];

/* The value of a fact in a run, or NULL. */
const char *fact_of(const struct run *run, const char *name);

/* The seconds; 0 for NaN and infinity, which some formats cannot write. */
double seconds_of(double seconds);

/* A label that distinguishes a run: its build, and architecture and kernel if they differ. */
void label_run(char label[192], const struct run *runs, size_t nruns, const struct run *run);

/* Prints a failure: "msgget.c:31: msqid: expected 7, got 8". */
void put_failure(FILE *out, put_string *put, const struct failure *failure);
/* Prints the failures of a result, each on an indented line; nothing if there are none. */
void put_failures(FILE *out, put_string *put, const char *indent, const struct result *result);
/*
 * Prints an indented line with the reason of the list of expected failures; nothing if no
 * line names the check.
 */
void put_expected(FILE *out, put_string *put, const char *indent, const struct result *result);
/* "expected to fail" etc.; NULL for an outcome that comes from no list. */
const char *expected_words(enum outcome outcome);

#endif
