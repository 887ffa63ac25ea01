/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "diff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi/facts.h"
#include "abi/partial.h"
#include "report.h"
#include "report_parts.h"
#include "harness/textfile.h"

/* ---- dumps ----------------------------------------------------------------- */

static unsigned diff_in_time(FILE *out, const struct facts facts[2])
{
	unsigned errors = facts_diff(out, &facts[0], &facts[1]);

	if (errors)
		fprintf(out, "%u of %zu facts no longer hold\n", errors, facts[0].n);
	else
		fprintf(out, "all %zu facts still hold\n", facts[0].n);
	return errors;
}

static unsigned diff_partial(FILE *out, const struct facts facts[2])
{
	size_t agreed;
	unsigned errors = facts_partial(out, &facts[0], &facts[1], &agreed);

	fprintf(out, "%zu of the partial dump's %zu facts agree with the headers", agreed,
		facts[1].n);
	fprintf(out, errors ? ", %u do not\n" : "\n", errors);
	return errors;
}

static int diff_dumps(FILE *out, bool partial, const char *path[2], char *const text[2],
		      char error[256])
{
	struct facts facts[2] = {0};
	int status = 2;

	if (facts_parse(&facts[0], text[0], path[0], error) &&
	    facts_parse(&facts[1], text[1], path[1], error))
		status = (partial ? diff_partial(out, facts) : diff_in_time(out, facts)) ? 1 : 0;
	facts_free(&facts[0]);
	facts_free(&facts[1]);
	return status;
}

/* ---- results --------------------------------------------------------------- */

struct changes {
	unsigned failing, passing, skipped, differing, gone, added;
};

/* The output for a run's changes, and its label if there are several runs. */
struct lines {
	FILE *out;
	char label[192];
	struct changes changes;
};

/* Writes "BUILD ARCH: CHECK: ". */
static void begin_line(struct lines *lines, const struct result *result)
{
	if (*lines->label) {
		put_line(lines->out, lines->label);
		fputs(": ", lines->out);
	}
	put_line(lines->out, result->id);
	fputs(": ", lines->out);
}

static void put_why(FILE *out, const struct result *result)
{
	char reason[192];

	if (by_reason(result, reason) || by_absence(result, reason))
		put_line(out, reason);
	else if (!has_failed(result))
		put_line(out, result->reason);
	else if (result->nfailures)
		put_failure(out, put_line, &result->failures[0]);
	else
		fputs("ended without saying why", out);
}

/* Compares failures without their line numbers, which edits of the source change. */
static bool same_failures(const struct result *was, const struct result *is)
{
	if (was->nfailures != is->nfailures)
		return false;
	for (unsigned i = 0; i < is->nfailures && i < MAX_FAILURES; i++) {
		const struct failure *a = &was->failures[i], *b = &is->failures[i];

		if (strcmp(a->what, b->what) != 0 || strcmp(a->expected, b->expected) != 0 ||
		    strcmp(a->seen, b->seen) != 0)
			return false;
	}
	return true;
}

static void diff_same_outcome(struct lines *lines, const struct result *was,
			      const struct result *is)
{
	bool failed = has_failed(is);

	if (failed != has_failed(was)) /* of a flaky check, both outcomes are expected */
		return;
	if (failed ? same_failures(was, is) : strcmp(was->reason, is->reason) == 0)
		return;
	if (!failed && outcome_of(is) != SKIPPED && outcome_of(is) != NOT_IMPLEMENTED)
		return;
	lines->changes.differing += failed && outcome_of(is) != FLAKY;
	begin_line(lines, is);
	fputs(failed			  ? "fails differently: "
	      : outcome_of(is) == SKIPPED ? "skipped for another reason: "
					  : "",
	      lines->out);
	put_why(lines->out, is);
	fputs(" (was ", lines->out);
	put_why(lines->out, was);
	fputs(")\n", lines->out);
}

static bool passes(enum outcome outcome)
{
	return outcome == PASSED || outcome == XPASSED;
}

static void diff_outcomes(struct lines *lines, const struct result *was, const struct result *is)
{
	static const char *const words[NOUTCOMES] = {
		[PASSED] = "passes",
		[FAILED] = "fails: ",
		[SKIPPED] = "skipped: ",
		[XFAILED] = "fails as expected: ",
		[XPASSED] = "passes, but is expected to fail: ",
		[FLAKY] = "flaky: ",
		[TIMED_OUT] = "times out: ",
		[NOT_IMPLEMENTED] = "", /* the reason says it: "semaphores: not implemented" */
	};
	const enum outcome before = outcome_of(was), now = outcome_of(is);

	begin_line(lines, is);
	fprintf(lines->out, "%s, now %s", outcome_name(before), words[now]);
	if (now != PASSED)
		put_why(lines->out, is);
	if (before == FAILED && (now == SKIPPED || now == NOT_IMPLEMENTED)) {
		fputs(" (was ", lines->out);
		put_why(lines->out, was);
		putc(')', lines->out);
	}
	putc('\n', lines->out);
	/* A check that is flaky in one of the runs has not changed. */
	if (before == FLAKY || now == FLAKY)
		return;
	/* If a list now names a failure that existed before, nothing is worse. */
	lines->changes.failing +=
		now == FAILED || now == TIMED_OUT || (now == XFAILED && before != FAILED);
	lines->changes.passing += passes(now) && !passes(before);
	lines->changes.skipped += now == SKIPPED || now == NOT_IMPLEMENTED;
}

static void diff_presence(struct lines *lines, const struct result *was, const struct result *is)
{
	const struct result *result = was ? was : is;
	enum outcome outcome = outcome_of(result);

	begin_line(lines, result);
	fprintf(lines->out, was ? "is gone (%s)" : "is new (%s)", outcome_name(outcome));
	if (outcome != PASSED) {
		fputs(": ", lines->out);
		put_why(lines->out, result);
	}
	putc('\n', lines->out);
	lines->changes.gone += was != NULL;
	lines->changes.added += was == NULL;
	lines->changes.failing +=
		!was && (outcome == FAILED || outcome == XFAILED || outcome == TIMED_OUT);
}

/* Either may be NULL: the run is new, or gone. */
static void diff_run(struct lines *lines, const struct run *was, const struct run *is)
{
	size_t i = 0, j = 0, ni = was ? was->nresults : 0, nj = is ? is->nresults : 0;

	while (i < ni || j < nj) {
		const struct result *a = i < ni ? &was->results[i] : NULL;
		const struct result *b = j < nj ? &is->results[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->id, b->id);

		if (order != 0)
			diff_presence(lines, order < 0 ? a : NULL, order > 0 ? b : NULL);
		else if (outcome_of(a) != outcome_of(b))
			diff_outcomes(lines, a, b);
		else
			diff_same_outcome(lines, a, b);
		i += order <= 0;
		j += order >= 0;
	}
}

static bool same_program(const struct run *a, const struct run *b)
{
	return strcmp(a->build, b->build) == 0 && strcmp(a->arch, b->arch) == 0;
}

/*
 * The run of the other file to compare with runs[n]: of the runs with the same build and
 * architecture (on several kernels), the first with the first, the second with the second.
 */
static const struct run *counterpart(const struct run *runs, size_t n, const struct run *others,
				     size_t nothers)
{
	size_t before = 0;

	for (size_t i = 0; i < n; i++)
		before += same_program(&runs[i], &runs[n]);
	for (size_t i = 0; i < nothers; i++)
		if (same_program(&others[i], &runs[n]) && before-- == 0)
			return &others[i];
	return NULL;
}

static void name_run(struct lines *lines, const struct run *run, bool several)
{
	*lines->label = '\0';
	if (several)
		snprintf(lines->label, sizeof(lines->label), "%s %s", run->build, run->arch);
}

static int diff_results(FILE *out, struct run *const runs[2], const size_t n[2])
{
	struct lines lines = {.out = out};
	const struct changes *changes = &lines.changes;
	bool several = n[0] > 1 || n[1] > 1;

	for (size_t i = 0; i < n[0]; i++) {
		name_run(&lines, &runs[0][i], several);
		diff_run(&lines, &runs[0][i], counterpart(runs[0], i, runs[1], n[1]));
	}
	for (size_t i = 0; i < n[1]; i++) {
		name_run(&lines, &runs[1][i], several);
		if (!counterpart(runs[1], i, runs[0], n[0]))
			diff_run(&lines, NULL, &runs[1][i]);
	}
	fprintf(out,
		"backward: %u newly failing, %u failing differently, %u newly skipped, %u gone; "
		"forward: %u newly passing, %u new\n",
		changes->failing, changes->differing, changes->skipped, changes->gone,
		changes->passing, changes->added);
	return changes->failing || changes->differing || changes->skipped || changes->gone;
}

static int diff_reports(FILE *out, const char *path[2], char *const text[2], char error[256])
{
	struct run *runs[2] = {0};
	size_t n[2] = {0};
	int status = 2;

	if ((runs[0] = parse_runs(text[0], path[0], &n[0], error)) &&
	    (runs[1] = parse_runs(text[1], path[1], &n[1], error)))
		status = diff_results(out, runs, n);
	free_runs(runs[0], n[0]);
	free_runs(runs[1], n[1]);
	return status;
}

/* ---- dumps or results ------------------------------------------------------- */

static bool is_json(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '{';
}

int diff_files(FILE *out, bool partial, const char *a, const char *b, char error[256])
{
	const char *path[2] = {a, b};
	char *text[2] = {0};
	int status = 2;

	/* Read each file once and look at its content: it may be a pipe, <(ipc-conform dump). */
	if ((text[0] = textfile_read(a, error)) && (text[1] = textfile_read(b, error))) {
		if (is_json(text[0]) != is_json(text[1]))
			textfile_error(error, b, "is not of the same kind as %s", a);
		else if (is_json(text[0]) && partial)
			textfile_error(error, b, "is not a dump, which --partial needs");
		else if (is_json(text[0]))
			status = diff_reports(out, path, text, error);
		else
			status = diff_dumps(out, partial, path, text, error);
	}
	free(text[0]);
	free(text[1]);
	return status;
}
