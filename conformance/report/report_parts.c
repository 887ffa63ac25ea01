/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

enum outcome outcome_of(const struct result *result)
{
	const enum outcome outcome = result->outcome;

	if (outcome == FLAKY)
		return FLAKY;
	/* The runner records the time limit itself as a failure. */
	if (outcome == TIMED_OUT && result->nfailures == 1)
		return TIMED_OUT;
	if (result->nfailures)
		return outcome == XFAILED ? XFAILED : FAILED;
	return outcome == PASSED || outcome == SKIPPED || outcome == XPASSED ||
			       outcome == NOT_IMPLEMENTED
		       ? outcome
		       : FAILED;
}

const struct outcome_row outcome_rows[] = {
	{PASSED, "passed", true},      {FAILED, "failed", true},
	{SKIPPED, "skipped", true},    {XFAILED, "xfailed", false},
	{XPASSED, "xpassed", false},   {FLAKY, "flaky", false},
	{TIMED_OUT, "timeout", false}, {NOT_IMPLEMENTED, "not implemented", false},
	{NOT_RUN, NULL, false},
};

const char *outcome_name(enum outcome outcome)
{
	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		if (row->outcome == outcome)
			return row->name;
	return outcome_name(FAILED);
}

bool has_failed(const struct result *result)
{
	const enum outcome outcome = outcome_of(result);

	return outcome == FAILED || outcome == TIMED_OUT || outcome == XFAILED ||
	       (outcome == FLAKY && result->nfailures);
}

bool is_bad(enum outcome outcome)
{
	return outcome == FAILED || outcome == XPASSED || outcome == TIMED_OUT;
}

/* ---- counting -------------------------------------------------------------- */

bool has_column(const struct tally *tally, const struct outcome_row *row)
{
	return row->always || tally->n[row->outcome];
}

void put_tally(FILE *out, const struct tally *tally)
{
	const char *comma = "";

	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		if (has_column(tally, row)) {
			fprintf(out, "%s%u %s", comma, tally->n[row->outcome], row->name);
			comma = ", ";
		}
}

struct tally tally_run(const struct run *run, const char *facility)
{
	struct tally tally = {0};

	for (size_t i = 0; i < run->nresults; i++) {
		char name[192];

		by_facility(&run->results[i], name);
		if (!facility || strcmp(name, facility) == 0)
			tally.n[outcome_of(&run->results[i])]++;
	}
	return tally;
}

struct tally tally_all(const struct run *runs, size_t nruns)
{
	struct tally tally = {0};

	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++)
			tally.n[outcome_of(&runs[i].results[j])]++;
	return tally;
}

/* ---- levels ---------------------------------------------------------------- */

const char *const level_names[NLEVELS] = {
	[NO_LEVEL] = "none",
	[LEVEL_POSIX] = "posix",
	[LEVEL_LINUX] = "linux",
	[LEVEL_EXACT] = "exact",
};

struct tally tally_level(const struct run *run, enum level level)
{
	struct tally tally = {0};

	for (size_t i = 0; i < run->nresults; i++)
		if (run->results[i].level != NO_LEVEL && run->results[i].level <= level)
			tally.n[outcome_of(&run->results[i])]++;
	return tally;
}

bool put_levels(FILE *out, const struct run *runs, size_t nruns)
{
	const char *comma = "";

	for (unsigned level = LEVEL_POSIX; level < NLEVELS; level++) {
		unsigned passed = 0, ran = 0;
		bool any = false;

		for (size_t i = 0; i < nruns; i++) {
			const struct tally tally = tally_level(&runs[i], (enum level)level);

			passed += tally.n[PASSED] + tally.n[XPASSED];
			for (unsigned outcome = 0; outcome < NOUTCOMES; outcome++) {
				any |= tally.n[outcome] > 0;
				ran += outcome == SKIPPED ? 0 : tally.n[outcome];
			}
		}
		/* Round down, so that 100 % means all of them. */
		if (ran)
			fprintf(out, "%s%s: %u %% (%u of %u)", comma, level_names[level],
				(unsigned)(100ul * passed / ran), passed, ran);
		else if (any)
			fprintf(out, "%s%s: none ran", comma, level_names[level]);
		if (any)
			comma = ", ";
	}
	return *comma;
}

/* ---- grouping -------------------------------------------------------------- */

bool by_facility(const struct result *result, char name[192])
{
	int length = (int)strcspn(result->id, ".");

	snprintf(name, 192, "%.*s", length ? length : 1, length ? result->id : "?");
	return true;
}

bool by_reason(const struct result *result, char name[192])
{
	snprintf(name, 192, "%s", *result->reason ? result->reason : "no reason given");
	return outcome_of(result) == SKIPPED;
}

bool by_absence(const struct result *result, char name[192])
{
	snprintf(name, 192, "%s", *result->reason ? result->reason : "no reason given");
	return outcome_of(result) == NOT_IMPLEMENTED;
}

bool next_group(const struct run *runs, size_t nruns, group_by *by, char name[192])
{
	char next[192] = "", one[192];

	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++)
			if (by(&runs[i].results[j], one) && strcmp(one, name) > 0 &&
			    (!*next || strcmp(one, next) < 0))
				strcpy(next, one);
	strcpy(name, next);
	return *next;
}

unsigned count_group(const struct run *runs, size_t nruns, group_by *by, const char *name)
{
	unsigned n = 0;
	char one[192];

	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++)
			n += by(&runs[i].results[j], one) && strcmp(one, name) == 0;
	return n;
}

static int by_id(const void *id, const void *result)
{
	return strcmp(id, ((const struct result *)result)->id);
}

const struct result *find_result(const struct run *run, const char *id)
{
	if (run->nresults == 0)
		return NULL;
	return bsearch(id, run->results, run->nresults, sizeof(*run->results), by_id);
}

/* ---- the machine ----------------------------------------------------------- */

static void kernel(char value[256], const struct run *run)
{
	snprintf(value, 256, "%s", run->kernel);
}

static void libc(char value[256], const struct run *run)
{
	snprintf(value, 256, "%s", run->libc);
}

static void architecture(char value[256], const struct run *run)
{
	bool other = *run->machine && strcmp(run->arch, run->machine) != 0;

	snprintf(value, 256, "%s%s%s", run->arch, other ? " on a kernel of " : "",
		 other ? run->machine : "");
}

static void wall_time(char value[256], const struct run *run)
{
	snprintf(value, 256, "%.2f s", seconds_of(run->seconds));
}

const char *fact_of(const struct run *run, const char *name)
{
	for (unsigned i = 0; i < run->nfacts; i++)
		if (strcmp(run->facts[i].name, name) == 0)
			return run->facts[i].value;
	return NULL;
}

const struct machine_row machine_rows[] = {
	{"kernel", kernel},  {"libc", libc}, {"architecture", architecture},
	{"time", wall_time}, {NULL, NULL},
};

/* ---- naming ---------------------------------------------------------------- */

double seconds_of(double seconds)
{
	return seconds > 0 && seconds < 1e9 ? seconds : 0;
}

void label_run(char label[192], const struct run *runs, size_t nruns, const struct run *run)
{
	bool archs = false, kernels = false;

	for (size_t i = 0; i < nruns; i++) {
		archs |= strcmp(runs[i].arch, run->arch) != 0;
		kernels |= strcmp(runs[i].kernel, run->kernel) != 0;
	}
	/* Only the release of the kernel: the version contains a date and more. */
	snprintf(label, 192, "%s%s%s%s%.*s", run->build, archs ? " " : "", archs ? run->arch : "",
		 kernels ? " " : "", kernels ? (int)strcspn(run->kernel, " ") : 0, run->kernel);
}

void put_failure(FILE *out, put_string *put, const struct failure *failure)
{
	bool compared = *failure->expected || *failure->seen;

	put(out, failure->where);
	fputs(*failure->where && *failure->what ? ": " : "", out);
	put(out, failure->what);
	if (compared) {
		fputs(*failure->where || *failure->what ? ": expected " : "expected ", out);
		put(out, failure->expected);
		fputs(", got ", out);
		put(out, failure->seen);
	}
}

void put_failures(FILE *out, put_string *put, const char *indent, const struct result *result)
{
	unsigned kept = result->nfailures < MAX_FAILURES ? result->nfailures : MAX_FAILURES;

	if (!has_failed(result))
		return;
	for (unsigned i = 0; i < kept; i++) {
		fputs(indent, out);
		put_failure(out, put, &result->failures[i]);
		putc('\n', out);
	}
	if (kept == 0)
		fprintf(out, "%sended without saying why\n", indent);
	if (kept < result->nfailures)
		fprintf(out, "%sand %u more\n", indent, result->nfailures - kept);
}

const char *expected_words(enum outcome outcome)
{
	switch (outcome) {
	case XFAILED:
		return "expected to fail";
	case XPASSED:
		return "passed, but is expected to fail";
	case FLAKY:
		return "flaky";
	default:
		return NULL;
	}
}

void put_expected(FILE *out, put_string *put, const char *indent, const struct result *result)
{
	const char *words = expected_words(outcome_of(result));

	if (!words)
		return;
	fprintf(out, "%s%s: ", indent, words);
	put(out, result->reason);
	putc('\n', out);
}
