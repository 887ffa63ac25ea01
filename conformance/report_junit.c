/*
 * JUnit XML as Jenkins and GitLab read it: a suite for each run, the facility
 * as the class of a case.
 */
#include "report_parts.h"

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_xml(out, value);
	putc('"', out);
}

static void put_counts(FILE *out, struct tally tally, double seconds)
{
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"%.6f\"",
		tally.passed + tally.failed + tally.skipped, tally.failed, tally.skipped, seconds);
}

static void put_case(FILE *out, const struct result *result)
{
	char name[192];

	by_facility(result, name);
	fputs("<testcase", out);
	put_attribute(out, "classname", name);
	put_attribute(out, "name", result->id);
	fprintf(out, " time=\"%.6f\"", seconds_of(result->seconds));
	if (outcome_of(result) == FAILED) {
		fputs("><failure", out);
		put_attribute(out, "message", result->title);
		fputs(">\n", out);
		put_failures(out, put_xml, "", result);
		fputs("</failure></testcase>\n", out);
	} else if (by_reason(result, name)) {
		fputs("><skipped", out);
		put_attribute(out, "message", name);
		fputs("/></testcase>\n", out);
	} else {
		fputs("/>\n", out);
	}
}

static void put_suite(FILE *out, const struct run *run, const char *label)
{
	fputs("<testsuite", out);
	put_attribute(out, "name", label);
	put_counts(out, tally_run(run, NULL), seconds_of(run->seconds));
	fputs(">\n<properties>\n", out);
	for (const struct machine_row *row = machine_rows; row->name; row++) {
		char value[256];

		row->value(value, run);
		fputs("<property", out);
		put_attribute(out, "name", row->name);
		put_attribute(out, "value", value);
		fputs("/>\n", out);
	}
	fputs("</properties>\n", out);
	for (size_t i = 0; i < run->nresults; i++)
		put_case(out, &run->results[i]);
	fputs("</testsuite>\n", out);
}

void report_junit(FILE *out, const struct run *runs, size_t nruns)
{
	double seconds = 0;
	char label[192];

	for (size_t i = 0; i < nruns; i++)
		seconds += seconds_of(runs[i].seconds);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipc-conform\"", out);
	put_counts(out, tally_all(runs, nruns), seconds);
	fputs(">\n", out);
	for (size_t i = 0; i < nruns; i++) {
		label_run(label, runs, nruns, &runs[i]);
		put_suite(out, &runs[i], label);
	}
	fputs("</testsuites>\n", out);
}
