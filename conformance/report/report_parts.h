/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* What the formats of a report share: counting, grouping, naming. */
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
 * Any outcome but NOT_RUN.  A check that noted a failure has failed or XFAILED; one that
 * never came to an outcome has failed, whatever else is said of it.  A FLAKY check may
 * have noted failures.
 */
enum outcome outcome_of(const struct result *result);
/* The outcomes in the order of reports, and their names; the last row has no name. */
struct outcome_row {
	enum outcome outcome;
	const char *name;
	bool always; /* stands in summaries when its count is 0, too */
};
extern const struct outcome_row outcome_rows[];
const char *outcome_name(enum outcome outcome);
/* Whether the check did not do what it should, expected or not. */
bool has_failed(const struct result *result);
/* Whether the outcome makes a run fail: FAILED, XPASSED, TIMED_OUT. */
bool is_bad(enum outcome outcome);

/* Results by outcome. */
struct tally {
	unsigned n[NOUTCOMES];
};
/* Whether summaries of these counts have this outcome. */
bool has_column(const struct tally *tally, const struct outcome_row *row);
/* "3 passed, 2 failed, 2 skipped", and outcomes that do not always stand there. */
void put_tally(FILE *out, const struct tally *tally);

/* Counts a run, or one facility of it; all runs. */
struct tally tally_run(const struct run *run, const char *facility);
struct tally tally_all(const struct run *runs, size_t nruns);

/* What to group a result by; false if it belongs to no group. */
typedef bool group_by(const struct result *result, char name[192]);
group_by by_facility; /* the id up to its first dot */
group_by by_reason;   /* why it was skipped */
group_by by_absence;  /* by the call that the kernel lacks */

/*
 * The group behind name in the order of strcmp, over all runs: begin with "",
 * go on while it is true.
 */
bool next_group(const struct run *runs, size_t nruns, group_by *by, char name[192]);

/* How many results a group has. */
unsigned count_group(const struct run *runs, size_t nruns, group_by *by, const char *name);

/* The result of an id, or NULL. */
const struct result *find_result(const struct run *run, const char *id);

/* A struct result as JSON. */
extern const struct json_type result_type;

/* What to say of the machine that a run was on; the last row has no name. */
struct machine_row {
	const char *name;
	void (*value)(char value[256], const struct run *run);
};
extern const struct machine_row machine_rows[];

/* The value of a fact in a run, or NULL. */
const char *fact_of(const struct run *run, const char *name);

/* Wall time, and 0 for what is no time: not every format can write a NaN. */
double seconds_of(double seconds);

/* What sets a run apart: its build, and architecture and kernel if those differ. */
void label_run(char label[192], const struct run *runs, size_t nruns, const struct run *run);

/* One failure in words: "msgget.c:31: msqid: expected 7, got 8". */
void put_failure(FILE *out, put_string *put, const struct failure *failure);
/* All that is known of why a result failed, a line each, behind an indent; nothing if it passed. */
void put_failures(FILE *out, put_string *put, const char *indent, const struct result *result);
/*
 * One line behind an indent that says that a list of expected failures names the check,
 * and with which reason; nothing of a check that no list names.
 */
void put_expected(FILE *out, put_string *put, const char *indent, const struct result *result);
/* "expected to fail: ", or for which other outcome the check is listed; NULL: for none. */
const char *expected_words(enum outcome outcome);

#endif
