/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes a report as one HTML page without scripts or other files. */
#include "abi/layout.h"
#include "report.h"
#include "report_parts.h"

#include <string.h>

static const char style[] =
	":root { color-scheme: light dark; --ink: #1c2024; --dim: #60666d; --page: #fff;\n"
	"  --line: #d9dde1; --panel: #f5f6f8;\n"
	"  --passed: #1a7f37; --failed: #c62128; --skipped: #8a6100; --xfailed: #8250df }\n"
	"@media (prefers-color-scheme: dark) { :root { --ink: #e3e6e9; --dim: #9aa1a9;\n"
	"  --page: #14171a; --line: #343a40; --panel: #1d2125;\n"
	"  --passed: #4ac26b; --failed: #ff7b72; --skipped: #d4a72c; --xfailed: #b392f0 } }\n"
	"body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);\n"
	"  background: var(--page); max-width: 75rem; margin: 0 auto; padding: 1.5rem }\n"
	"h1 { font-size: 1.7rem; margin: 0 }\n"
	"h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }\n"
	"h3 { margin: 0 }\n"
	"header { background: var(--panel); border-left: .4rem solid;\n"
	"  border-radius: .3rem; padding: 1rem 1.3rem }\n"
	"header p { margin: .3rem 0 .8rem; color: var(--ink) }\n"
	".bar { display: flex; gap: 2px; height: .5rem }\n"
	".bar span { background: currentColor; min-width: 2px }\n"
	"table { border-collapse: collapse }\n"
	"th, td { text-align: left; vertical-align: baseline;\n"
	"  padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid var(--line) }\n"
	"th { font-weight: 600; white-space: nowrap }\n"
	"thead th { color: var(--dim) }\n"
	"tbody tr:hover { background: var(--panel) }\n"
	".number { text-align: right; font-variant-numeric: tabular-nums }\n"
	".id { font-family: ui-monospace, monospace; font-size: .92em }\n"
	".passed { color: var(--passed) }\n"
	".failed, .xpassed, .timeout { color: var(--failed) }\n"
	".xfailed, .flaky { color: var(--xfailed) }\n"
	".skipped { color: var(--skipped) }\n"
	".dim, .zero { color: var(--dim) }\n"
	".zero { opacity: .5 }\n"
	"article { border: 1px solid var(--line); border-left: .25rem solid var(--failed);\n"
	"  border-radius: .3rem; padding: .7rem 1rem; margin: .7rem 0; overflow-x: auto }\n"
	"article.xfailed, article.flaky { border-left-color: var(--xfailed); color: inherit }\n"
	"article.xpassed, article.timeout { color: inherit }\n"
	"article p { margin: .2rem 0 .5rem }\n"
	"details { border-bottom: 1px solid var(--line); padding: .4rem 0 }\n"
	"details table { width: 100%; margin: .5rem 0 }\n"
	"summary { cursor: pointer }\n"
	"summary .id { font-weight: 600; margin-right: .6rem }\n";

/* <TAG class="CLASS">TEXT</TAG> */
static void put_element(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, *class ? "<%s class=\"%s\">" : "<%s>", tag, class);
	put_xml(out, text);
	fprintf(out, "</%s>", tag);
}

static void put_label(FILE *out, const struct run *runs, size_t nruns, const struct run *run)
{
	char label[192];

	label_run(label, runs, nruns, run);
	put_xml(out, label);
}

/* A header cell for each run, each of which spans this many columns. */
static void put_run_heads(FILE *out, const struct run *runs, size_t nruns, int columns)
{
	for (size_t i = 0; i < nruns; i++) {
		fprintf(out, "<th colspan=\"%d\">", columns);
		put_label(out, runs, nruns, &runs[i]);
		fputs("</th>", out);
	}
}

/* ---- the header ------------------------------------------------------------ */

/* The CSS class of an outcome: its name; a name with a space has the class of a similar one. */
static const char *class_of(enum outcome outcome)
{
	return outcome_name(outcome == NOT_IMPLEMENTED ? SKIPPED : outcome);
}

static void put_bar(FILE *out, const char *class, unsigned n)
{
	if (n)
		fprintf(out, "<span class=\"%s\" style=\"flex: %u\"></span>", class, n);
}

static void put_header(FILE *out, const struct run *runs, size_t nruns)
{
	struct tally tally = tally_all(runs, nruns);
	int status = verdict(runs, nruns);
	const char *words = status == 0				 ? "Conforms"
			    : status != 1			 ? "Nothing could be run"
			    : tally.n[FAILED] + tally.n[XPASSED] ? "Does not conform"
								 : "Checks timed out";
	const char *class = status == 0 ? "passed" : status == 1 ? "failed" : "skipped";

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>ipc-conform: %s</title>\n<style>\n%s%s</style>\n</head>\n<body>\n",
		words, style, layout_style);
	fprintf(out, "<header class=\"%s\">\n<h1>%s</h1>\n<p>System V IPC: ", class, words);
	put_tally(out, &tally);
	fputs("</p>\n<p>", out);
	put_levels(out, runs, nruns);
	fputs("</p>\n<div class=\"bar\">", out);
	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		put_bar(out, class_of(row->outcome), tally.n[row->outcome]);
	fputs("</div>\n</header>\n", out);
}

static void put_machine(FILE *out, const struct run *runs, size_t nruns)
{
	fputs("<h2>Machine</h2>\n<table>\n<thead><tr><th></th>", out);
	put_run_heads(out, runs, nruns, 1);
	fputs("</tr></thead>\n", out);
	for (const struct machine_row *row = machine_rows; row->name; row++) {
		fprintf(out, "<tr><th>%s</th>", row->name);
		for (size_t i = 0; i < nruns; i++) {
			char value[256];

			row->value(value, &runs[i]);
			put_element(out, "td", "", value);
		}
		fputs("</tr>\n", out);
	}
	for (unsigned row = 0; nruns && row < runs[0].nfacts; row++) {
		fputs("<tr>", out);
		put_element(out, "th", "", runs[0].facts[row].name);
		for (size_t i = 0; i < nruns; i++) {
			const char *value = fact_of(&runs[i], runs[0].facts[row].name);

			put_element(out, "td", "", value ? value : "-");
		}
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* ---- facilities x runs ----------------------------------------------------- */

static void put_number(FILE *out, const char *class, unsigned n)
{
	fprintf(out, "<td class=\"number %s\">%u</td>", n ? class : "zero", n);
}

static void put_matrix(FILE *out, const struct run *runs, size_t nruns)
{
	const struct tally all = tally_all(runs, nruns);
	int columns = 0;

	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		columns += has_column(&all, row);
	fputs("<h2>Facilities</h2>\n<table>\n<thead><tr><th></th>", out);
	put_run_heads(out, runs, nruns, columns);
	fputs("</tr>\n<tr><th>facility</th>", out);
	for (size_t i = 0; i < nruns; i++)
		for (const struct outcome_row *row = outcome_rows; row->name; row++)
			if (has_column(&all, row))
				put_element(out, "th", "number", row->name);
	fputs("</tr></thead>\n", out);
	for (char name[192] = ""; next_group(runs, nruns, by_facility, name);) {
		fputs("<tr>", out);
		put_element(out, "td", "id", name);
		for (size_t i = 0; i < nruns; i++) {
			struct tally tally = tally_run(&runs[i], name);

			for (const struct outcome_row *row = outcome_rows; row->name; row++)
				if (has_column(&all, row))
					put_number(out, class_of(row->outcome),
						   tally.n[row->outcome]);
		}
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* ---- results to look at ------------------------------------------------------ */

static void put_failure_table(FILE *out, const struct result *result)
{
	unsigned kept = result->nfailures < MAX_FAILURES ? result->nfailures : MAX_FAILURES;

	if (kept == 0) {
		fputs("<p>Ended without saying why.</p>", out);
		return;
	}
	fputs("<table>\n<thead><tr><th>where</th><th>what</th><th>expected</th><th>got</th></tr>"
	      "</thead>\n",
	      out);
	for (const struct failure *failure = result->failures; failure < result->failures + kept;
	     failure++) {
		fputs("<tr>", out);
		put_element(out, "td", "id", failure->where);
		put_element(out, "td", "id", failure->what);
		put_element(out, "td", "id passed", failure->expected);
		put_element(out, "td", "id failed", failure->seen);
		fputs("</tr>\n", out);
	}
	fputs("</table>", out);
	if (kept < result->nfailures)
		fprintf(out, "<p>And %u more.</p>", result->nfailures - kept);
}

/* The results with one outcome, with their failures. */
static void put_results(FILE *out, const struct run *runs, size_t nruns, enum outcome outcome,
			const char *heading)
{
	fprintf(out, "<h2>%s</h2>\n", heading);
	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++) {
			const struct result *result = &runs[i].results[j];

			if (outcome_of(result) != outcome)
				continue;
			fprintf(out, outcome == FAILED ? "<article>\n" : "<article class=\"%s\">\n",
				outcome_name(outcome));
			put_element(out, "h3", "id", result->id);
			fputs("<p>", out);
			put_xml(out, result->title);
			fputs(" <span class=\"dim\">[", out);
			put_label(out, runs, nruns, &runs[i]);
			fputs("; ", out);
			put_xml(out, result->source);
			fputs("]</span></p>\n", out);
			put_expected(out, put_xml, "<p>", result);
			fputs(expected_words(outcome) ? "</p>\n" : "", out);
			if (has_failed(result))
				put_failure_table(out, result);
			fputs("\n</article>\n", out);
		}
}

static void put_reasons(FILE *out, const struct run *runs, size_t nruns, group_by *by)
{
	fprintf(out,
		"<h2>%s</h2>\n<table>\n<thead><tr><th class=\"number\">checks</th><th>why</th>"
		"</tr></thead>\n",
		by == by_reason ? "Skipped" : "Neither passed nor failed");
	for (char reason[192] = ""; next_group(runs, nruns, by, reason);) {
		fputs("<tr>", out);
		put_number(out, "skipped", count_group(runs, nruns, by, reason));
		put_element(out, "td", "", reason);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* ---- every check ----------------------------------------------------------- */

static void put_outcome(FILE *out, const struct result *result)
{
	enum outcome outcome = result ? outcome_of(result) : NOT_RUN;

	if (!result)
		fputs("<td class=\"zero\">-</td>", out);
	else
		put_element(out, "td", class_of(outcome), outcome_name(outcome));
}

/* Whether an earlier run has this check, so that it is in the table already. */
static bool is_told(const struct run *runs, size_t before, const char *id)
{
	for (size_t i = 0; i < before; i++)
		if (find_result(&runs[i], id))
			return true;
	return false;
}

static void put_check_head(FILE *out, const struct run *runs, size_t nruns)
{
	fputs("<table>\n<thead><tr><th>id</th><th>what must hold</th><th>source</th>", out);
	put_run_heads(out, runs, nruns, 1);
	fputs("</tr></thead>\n", out);
}

static void put_check(FILE *out, const struct run *runs, size_t nruns, const struct result *result)
{
	fputs("<tr>", out);
	put_element(out, "td", "id", result->id);
	put_element(out, "td", "", result->title);
	put_element(out, "td", "dim", result->source);
	for (size_t i = 0; i < nruns; i++)
		put_outcome(out, find_result(&runs[i], result->id));
	fputs("</tr>\n", out);
}

static void put_checks_of(FILE *out, const struct run *runs, size_t nruns, const char *facility)
{
	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++) {
			const struct result *result = &runs[i].results[j];
			char name[192];

			by_facility(result, name);
			if (strcmp(name, facility) == 0 && !is_told(runs, i, result->id))
				put_check(out, runs, nruns, result);
		}
}

/* The line that folds and unfolds a facility's checks. */
static void put_summary(FILE *out, const struct run *runs, size_t nruns, const char *facility)
{
	unsigned failed = 0, timed_out = 0;

	for (size_t i = 0; i < nruns; i++) {
		struct tally tally = tally_run(&runs[i], facility);

		failed += tally.n[FAILED] + tally.n[XPASSED];
		timed_out += tally.n[TIMED_OUT];
	}
	fprintf(out, "<span class=\"dim\">%u results</span>",
		count_group(runs, nruns, by_facility, facility));
	if (failed)
		fprintf(out, ", <span class=\"failed\">%u failed</span>", failed);
	if (timed_out)
		fprintf(out, ", <span class=\"timeout\">%u timeout</span>", timed_out);
	fputs("</summary>\n", out);
}

static void put_checks(FILE *out, const struct run *runs, size_t nruns)
{
	fputs("<h2>All checks</h2>\n", out);
	for (char name[192] = ""; next_group(runs, nruns, by_facility, name);) {
		fputs("<details>\n<summary>", out);
		put_element(out, "span", "id", name);
		put_summary(out, runs, nruns, name);
		put_check_head(out, runs, nruns);
		put_checks_of(out, runs, nruns, name);
		fputs("</table>\n</details>\n", out);
	}
}

/* This program knows only the structures of the architecture that it was built for. */
static bool has_own_arch(const struct run *runs, size_t nruns)
{
	for (size_t i = 0; i < nruns; i++)
		if (strcmp(runs[i].arch, ARCH) == 0)
			return true;
	return false;
}

/* Whether the outcomes of a check differ between the runs that have it. */
static bool differs(const struct run *runs, size_t nruns, const struct result *result)
{
	for (size_t i = 0; i < nruns; i++) {
		const struct result *other = find_result(&runs[i], result->id);

		if (other && outcome_of(other) != outcome_of(result))
			return true;
	}
	return false;
}

static void put_differences(FILE *out, const struct run *runs, size_t nruns)
{
	bool any = false;

	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++) {
			const struct result *result = &runs[i].results[j];

			if (is_told(runs, i, result->id) || !differs(runs, nruns, result))
				continue;
			if (!any) {
				fputs("<h2>What differs</h2>\n", out);
				put_check_head(out, runs, nruns);
			}
			any = true;
			put_check(out, runs, nruns, result);
		}
	fputs(any ? "</table>\n" : "", out);
}

void report_html(FILE *out, const struct run *runs, size_t nruns)
{
	struct tally tally = tally_all(runs, nruns);

	put_header(out, runs, nruns);
	put_machine(out, runs, nruns);
	put_matrix(out, runs, nruns);
	static const struct {
		enum outcome outcome;
		const char *heading;
	} sections[] = {
		{FAILED, "Failed"},
		{TIMED_OUT, "Timed out"},
		{XPASSED, "Passed, but expected to fail"},
		{XFAILED, "Failed as expected"},
		{FLAKY, "Flaky"},
	};
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (tally.n[sections[i].outcome])
			put_results(out, runs, nruns, sections[i].outcome, sections[i].heading);
	if (tally.n[SKIPPED])
		put_reasons(out, runs, nruns, by_reason);
	if (tally.n[NOT_IMPLEMENTED])
		put_reasons(out, runs, nruns, by_absence);
	put_differences(out, runs, nruns);
	put_checks(out, runs, nruns);
	if (has_own_arch(runs, nruns))
		layout_html(out, layers, kernel_layer());
	fputs("</body>\n</html>\n", out);
}
