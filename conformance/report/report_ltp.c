/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The output format of the Linux Test Project's programs: kirk (libkirk/ltp.py) reads the
 * numbers below `Summary:`, other runners count words such as TPASS.  kirk counts TSKIP as
 * skipped, not LTP's TCONF.
 *
 * kirk stops reading after the first chunk that it reads after the program's end
 * (libkirk/channels/shell.py, run_command).  So the summary comes first, then the failures,
 * then the other checks.
 *
 * A check that timed out is TBROK, as in LTP's library.  LTP has no expected failures: as in
 * JUnit, XFAIL is skipped and XPASS is a failure.
 */
#include "report_parts.h"

enum { TPASS, TFAIL, TBROK, TSKIP, NWORDS };

static unsigned word_of(const struct result *result)
{
	const enum outcome outcome = outcome_of(result);

	if (outcome == TIMED_OUT)
		return TBROK;
	if (is_bad(outcome))
		return TFAIL;
	return outcome == SKIPPED || outcome == NOT_IMPLEMENTED || has_failed(result) ? TSKIP
										      : TPASS;
}

/* The failures of a check follow its line, without a word that runners count. */
static void put_result(FILE *out, const struct result *result, const char *label)
{
	static const char *const words[] = {"TPASS", "TFAIL", "TBROK", "TSKIP"};
	char reason[192];

	put_line(out, result->id);
	fputs(*label ? " " : "", out);
	put_line(out, label);
	fprintf(out, ": %s: ", words[word_of(result)]);
	put_line(out,
		 by_reason(result, reason) || by_absence(result, reason) ? reason : result->title);
	putc('\n', out);
	put_expected(out, put_line, "    ", result);
	if (has_failed(result))
		put_failures(out, put_line, "    ", result);
}

static void put_results(FILE *out, const struct run *run, const char *label, bool failed)
{
	for (size_t i = 0; i < run->nresults; i++)
		if (is_bad(outcome_of(&run->results[i])) == failed)
			put_result(out, &run->results[i], label);
}

void report_ltp(FILE *out, const struct run *runs, size_t nruns)
{
	unsigned n[NWORDS] = {0};
	char value[256], label[192] = "";

	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++)
			n[word_of(&runs[i].results[j])]++;
	fprintf(out, "Summary:\npassed   %u\nfailed   %u\nbroken   %u\nskipped  %u\nwarnings 0\n\n",
		n[TPASS], n[TFAIL], n[TBROK], n[TSKIP]);
	for (size_t i = 0; i < nruns; i++) {
		for (const struct machine_row *row = machine_rows; row->name; row++) {
			row->value(value, &runs[i]);
			fprintf(out, "%s: ", row->name);
			put_line(out, value);
			putc('\n', out);
		}
		if (nruns > 1)
			label_run(label, runs, nruns, &runs[i]);
		put_results(out, &runs[i], label, true);
		put_results(out, &runs[i], label, false);
	}
}
