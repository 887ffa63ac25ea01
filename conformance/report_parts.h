/* What the formats of a report share: counting, grouping, naming. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "escape.h"
#include "result.h"

void report_text(FILE *out, const struct run *runs, size_t nruns);
void report_ktap(FILE *out, const struct run *runs, size_t nruns);
void report_json(FILE *out, const struct run *runs, size_t nruns);
void report_junit(FILE *out, const struct run *runs, size_t nruns);
void report_html(FILE *out, const struct run *runs, size_t nruns);

/*
 * PASSED, FAILED or SKIPPED: a check that noted a failure or never came to an
 * outcome has failed, whatever else is said of it.
 */
enum outcome outcome_of(const struct result *result);
/* "passed", "failed", "skipped". */
const char *outcome_name(enum outcome outcome);

struct tally {
	unsigned passed, failed, skipped;
};

/* Counts a run, or one facility of it; all runs. */
struct tally tally_run(const struct run *run, const char *facility);
struct tally tally_all(const struct run *runs, size_t nruns);

/* What to group a result by; false if it belongs to no group. */
typedef bool group_by(const struct result *result, char name[192]);
group_by by_facility; /* the id up to its first dot */
group_by by_reason;   /* why it was skipped */

/*
 * The group behind name in the order of strcmp, over all runs: begin with "",
 * go on while it is true.
 */
bool next_group(const struct run *runs, size_t nruns, group_by *by, char name[192]);

/* How many results a group has. */
unsigned count_group(const struct run *runs, size_t nruns, group_by *by, const char *name);

/* The result of an id, or NULL. */
const struct result *find_result(const struct run *run, const char *id);

/* What to say of the machine that a run was on; the last row has no name. */
struct machine_row {
	const char *name;
	void (*value)(char value[256], const struct run *run);
};
extern const struct machine_row machine_rows[];

/* Wall time, and 0 for what is no time: not every format can write a NaN. */
double seconds_of(double seconds);

/* What sets a run apart: its build, and architecture and kernel if those differ. */
void label_run(char label[192], const struct run *runs, size_t nruns, const struct run *run);

/* One failure in words: "msgget.c:31: msqid: expected 7, got 8". */
void put_failure(FILE *out, put_string *put, const struct failure *failure);
/* All that is known of why a result failed, a line each, behind an indent. */
void put_failures(FILE *out, put_string *put, const char *indent, const struct result *result);

#endif
