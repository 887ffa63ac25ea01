/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * KTAP version 1 (Documentation/dev-tools/ktap.rst of Linux).  Diagnostics come before the
 * result that they belong to, as in that document and in kunit.py; the totals and TIMEOUT
 * are those of kselftest.
 */
#include "report_parts.h"

static void put_result(FILE *out, const char *indent, size_t number, enum outcome outcome,
		       const char *name)
{
	fprintf(out, "%s%sok %zu ", indent, is_bad(outcome) ? "not " : "", number);
	put_line(out, name);
	fputs(outcome == SKIPPED     ? " # SKIP"
	      : outcome == XFAILED   ? " # XFAIL"
	      : outcome == XPASSED   ? " # XPASS"
	      : outcome == TIMED_OUT ? " # TIMEOUT"
				     : "",
	      out);
}

/* KTAP has no word for a flaky check: its failure becomes an expected failure. */
static enum outcome ktap_outcome(const struct result *result)
{
	const enum outcome outcome = outcome_of(result);

	if (outcome == NOT_IMPLEMENTED)
		return SKIPPED;
	return outcome != FLAKY ? outcome : has_failed(result) ? XFAILED : PASSED;
}

static void put_run(FILE *out, const char *indent, const struct run *run)
{
	char value[256], diagnostic[16];

	snprintf(diagnostic, sizeof(diagnostic), "%s# ", indent);
	fprintf(out, "%sKTAP version 1\n%s1..%zu\n", indent, indent, run->nresults);
	for (const struct machine_row *row = machine_rows; row->name; row++) {
		row->value(value, run);
		fprintf(out, "%s%s: ", diagnostic, row->name);
		put_line(out, value);
		putc('\n', out);
	}
	for (unsigned i = 0; i < run->nfacts; i++) {
		fprintf(out, "%s%s: ", diagnostic, run->facts[i].name);
		put_line(out, run->facts[i].value);
		putc('\n', out);
	}
	for (size_t i = 0; i < run->nresults; i++) {
		const struct result *result = &run->results[i];
		enum outcome outcome = ktap_outcome(result);

		if (outcome != PASSED && outcome != SKIPPED) {
			fputs(diagnostic, out);
			put_line(out, result->title);
			putc('\n', out);
			put_expected(out, put_line, diagnostic, result);
			put_failures(out, put_line, diagnostic, result);
		}
		put_result(out, indent, i + 1, outcome, result->id);
		if (by_reason(result, value) || by_absence(result, value)) {
			putc(' ', out);
			put_line(out, value);
		} else if (outcome == XFAILED || outcome == XPASSED) {
			putc(' ', out);
			put_line(out, result->reason);
		}
		putc('\n', out);
	}
}

/* A run fails if any of its checks fails, and is skipped if all of them are skipped. */
static enum outcome outcome_of_run(const struct run *run)
{
	struct tally tally = tally_run(run, NULL);

	if (tally.n[FAILED] || tally.n[XPASSED])
		return FAILED;
	if (tally.n[TIMED_OUT])
		return TIMED_OUT;
	return tally.n[PASSED] || tally.n[XFAILED] || tally.n[FLAKY] ? PASSED : SKIPPED;
}

void report_ktap(FILE *out, const struct run *runs, size_t nruns)
{
	unsigned n[NOUTCOMES] = {0};
	char label[192];

	if (nruns == 1)
		put_run(out, "", runs);
	else
		fprintf(out, "KTAP version 1\n1..%zu\n", nruns);
	for (size_t i = 0; nruns > 1 && i < nruns; i++) {
		put_run(out, "  ", &runs[i]);
		label_run(label, runs, nruns, &runs[i]);
		put_result(out, "", i + 1, outcome_of_run(&runs[i]), label);
		putc('\n', out);
	}
	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++)
			n[ktap_outcome(&runs[i].results[j])]++;
	fprintf(out, "# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:%u\n", n[PASSED],
		n[FAILED], n[XFAILED], n[XPASSED], n[SKIPPED], n[TIMED_OUT]);
}
