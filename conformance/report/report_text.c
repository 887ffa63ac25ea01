/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes a summary for people, which fits on a screen. */
#include "report.h"
#include "report_parts.h"

#include <string.h>

/* The width on a terminal: characters, not bytes. */
static int width(const char *s)
{
	int n = 0;

	for (size_t length; *s; s += length, n++)
		utf8_decode(s, &length);
	return n;
}

static void put_padded(FILE *out, const char *s, int columns)
{
	put_line(out, s);
	fprintf(out, "%*s", columns > width(s) ? columns - width(s) : 0, "");
}

/* ---- facilities x runs ----------------------------------------------------- */

enum { NAME = 14 };

/* The width of a column: that of its name and of the blanks before it. */
static int width_of_column(const struct outcome_row *row)
{
	return (int)strlen(row->name) + (row == outcome_rows ? 3 : 2);
}

/* The width of all columns; outcomes that no run has may have none. */
static int width_of_counts(const struct tally *all)
{
	int columns = 0;

	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		columns += has_column(all, row) ? width_of_column(row) : 0;
	return columns;
}

/* Prints the names of the columns, or the counts of a tally in them. */
static void put_counts(FILE *out, const struct tally *all, const struct tally *tally)
{
	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		if (has_column(all, row) && tally)
			fprintf(out, "%*u", width_of_column(row), tally->n[row->outcome]);
		else if (has_column(all, row))
			fprintf(out, "%*s", width_of_column(row), row->name);
}

static void put_matrix(FILE *out, const struct run *runs, size_t nruns)
{
	const struct tally all = tally_all(runs, nruns);
	struct tally tally;
	char name[192] = "";

	if (nruns > 1) {
		fprintf(out, "%*s", NAME, "");
		for (size_t i = 0; i < nruns; i++) {
			label_run(name, runs, nruns, &runs[i]);
			fputs("   ", out);
			if (i + 1 < nruns)
				put_padded(out, name, width_of_counts(&all) - 3);
			else
				put_line(out, name);
		}
		putc('\n', out);
	}
	put_padded(out, "facility", NAME);
	for (size_t i = 0; i < nruns; i++)
		put_counts(out, &all, NULL);
	putc('\n', out);
	for (*name = '\0'; next_group(runs, nruns, by_facility, name);) {
		put_padded(out, name, NAME);
		for (size_t i = 0; i < nruns; i++) {
			tally = tally_run(&runs[i], name);
			put_counts(out, &all, &tally);
		}
		putc('\n', out);
	}
	if (nruns > 1) {
		put_padded(out, "all", NAME);
		for (size_t i = 0; i < nruns; i++) {
			tally = tally_run(&runs[i], NULL);
			put_counts(out, &all, &tally);
		}
		putc('\n', out);
	}
}

/* ---- the machine ----------------------------------------------------------- */

/* Prints one value if the runs agree, else one for each run. */
static void put_machine(FILE *out, const struct run *runs, size_t nruns)
{
	for (const struct machine_row *row = machine_rows; row->name; row++) {
		char value[256], other[256], label[192];
		bool differ = false;

		row->value(value, &runs[0]);
		for (size_t i = 1; i < nruns; i++) {
			row->value(other, &runs[i]);
			differ |= strcmp(value, other) != 0;
		}
		put_padded(out, row->name, NAME);
		for (size_t i = 0; i < (differ ? nruns : 1); i++) {
			row->value(value, &runs[i]);
			label_run(label, runs, nruns, &runs[i]);
			fputs(i ? ", " : "   ", out);
			put_line(out, value);
			fputs(differ ? " " : "", out);
			put_line(out, differ ? label : "");
		}
		putc('\n', out);
	}
}

void report_facts(FILE *out, const struct run *run)
{
	for (unsigned i = 0; i < run->nfacts; i++) {
		put_padded(out, run->facts[i].name, NAME);
		fputs("   ", out);
		put_line(out, run->facts[i].value);
		putc('\n', out);
	}
}

/* ---- results to look at ------------------------------------------------------ */

/* Prints the results with one outcome, with their failures. */
static void put_results(FILE *out, const struct run *runs, size_t nruns, enum outcome outcome)
{
	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++) {
			const struct result *result = &runs[i].results[j];
			char label[192];

			if (outcome_of(result) != outcome)
				continue;
			putc('\n', out);
			put_line(out, result->id);
			fputs(": ", out);
			put_line(out, result->title);
			if (nruns > 1) {
				label_run(label, runs, nruns, &runs[i]);
				fputs(" [", out);
				put_line(out, label);
				putc(']', out);
			}
			putc('\n', out);
			put_expected(out, put_line, "    ", result);
			put_failures(out, put_line, "    ", result);
		}
}

/* Prints each reason and the number of its checks. */
static void put_reasons(FILE *out, const struct run *runs, size_t nruns, group_by *by)
{
	for (char reason[192] = ""; next_group(runs, nruns, by, reason);) {
		fprintf(out, "%7u  ", count_group(runs, nruns, by, reason));
		put_line(out, reason);
		putc('\n', out);
	}
}

void report_text(FILE *out, const struct run *runs, size_t nruns)
{
	struct tally tally = tally_all(runs, nruns);

	put_matrix(out, runs, nruns);
	putc('\n', out);
	if (nruns)
		put_machine(out, runs, nruns);
	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		if (row->outcome != PASSED && row->outcome != SKIPPED &&
		    row->outcome != NOT_IMPLEMENTED)
			put_results(out, runs, nruns, row->outcome);
	if (tally.n[SKIPPED])
		fputs("\nskipped, and why:\n", out);
	put_reasons(out, runs, nruns, by_reason);
	if (tally.n[NOT_IMPLEMENTED])
		fputs("\nneither passed nor failed:\n", out);
	put_reasons(out, runs, nruns, by_absence);
	putc('\n', out);
	if (put_levels(out, runs, nruns))
		putc('\n', out);
	put_tally(out, &tally);
	putc('\n', out);
}
