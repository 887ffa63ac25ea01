/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML for Jenkins and GitLab: a suite for each run; the class of a case is the
 * facility.
 */
#include "report_parts.h"

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_xml(out, value);
	putc('"', out);
}

/* JUnit has no expected failures: like pytest, write XFAIL as skipped and XPASS as a failure. */
static bool is_junit_skip(const struct result *result)
{
	const enum outcome outcome = outcome_of(result);

	return outcome == SKIPPED || outcome == NOT_IMPLEMENTED ||
	       (!is_bad(outcome) && has_failed(result));
}

struct counts {
	unsigned tests, failures, errors, skipped;
};

static struct counts count_run(struct counts counts, const struct run *run)
{
	for (size_t i = 0; i < run->nresults; i++) {
		counts.tests++;
		counts.errors += outcome_of(&run->results[i]) == TIMED_OUT;
		counts.failures += outcome_of(&run->results[i]) != TIMED_OUT &&
				   is_bad(outcome_of(&run->results[i]));
		counts.skipped += is_junit_skip(&run->results[i]);
	}
	return counts;
}

static void put_counts(FILE *out, struct counts counts, double seconds)
{
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.6f\"",
		counts.tests, counts.failures, counts.errors, counts.skipped, seconds);
}

static void put_case(FILE *out, const struct result *result)
{
	char name[192];

	by_facility(result, name);
	fputs("<testcase", out);
	put_attribute(out, "classname", name);
	put_attribute(out, "name", result->id);
	fprintf(out, " time=\"%.6f\"", seconds_of(result->seconds));
	if (is_bad(outcome_of(result))) {
		/* A check that timed out says nothing about the kernel, so it is an error. */
		const char *element = outcome_of(result) == TIMED_OUT ? "error" : "failure";

		fprintf(out, "><%s", element);
		if (outcome_of(result) == TIMED_OUT)
			put_attribute(out, "type", outcome_name(TIMED_OUT));
		put_attribute(out, "message", result->title);
		fputs(">\n", out);
		put_expected(out, put_xml, "", result);
		put_failures(out, put_xml, "", result);
		fprintf(out, "</%s></testcase>\n", element);
	} else if (has_failed(result)) {
		fputs("><skipped", out);
		put_attribute(out, "type", outcome_name(outcome_of(result)));
		put_attribute(out, "message", result->reason);
		fputs(">\n", out);
		put_expected(out, put_xml, "", result);
		put_failures(out, put_xml, "", result);
		fputs("</skipped></testcase>\n", out);
	} else if (by_reason(result, name) || by_absence(result, name)) {
		fputs("><skipped", out);
		put_attribute(out, "message", name);
		fputs("/></testcase>\n", out);
	} else {
		fputs("/>\n", out);
	}
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fputs("<property", out);
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void put_suite(FILE *out, const struct run *run, const char *label)
{
	fputs("<testsuite", out);
	put_attribute(out, "name", label);
	put_counts(out, count_run((struct counts){0}, run), seconds_of(run->seconds));
	fputs(">\n<properties>\n", out);
	for (const struct machine_row *row = machine_rows; row->name; row++) {
		char value[256];

		row->value(value, run);
		put_property(out, row->name, value);
	}
	for (unsigned i = 0; i < run->nfacts; i++)
		put_property(out, run->facts[i].name, run->facts[i].value);
	fputs("</properties>\n", out);
	for (size_t i = 0; i < run->nresults; i++)
		put_case(out, &run->results[i]);
	fputs("</testsuite>\n", out);
}

void report_junit(FILE *out, const struct run *runs, size_t nruns)
{
	struct counts counts = {0};
	double seconds = 0;
	char label[192];

	for (size_t i = 0; i < nruns; i++) {
		counts = count_run(counts, &runs[i]);
		seconds += seconds_of(runs[i].seconds);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipc-conform\"", out);
	put_counts(out, counts, seconds);
	fputs(">\n", out);
	for (size_t i = 0; i < nruns; i++) {
		label_run(label, runs, nruns, &runs[i]);
		put_suite(out, &runs[i], label);
	}
	fputs("</testsuites>\n", out);
}
