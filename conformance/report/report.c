/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "report_parts.h"

static const struct {
	const char *name;
	void (*report)(FILE *out, const struct run *runs, size_t nruns);
} formats[] = {
	[FORMAT_TEXT] = {"text", report_text}, [FORMAT_KTAP] = {"ktap", report_ktap},
	[FORMAT_JSON] = {"json", report_json}, [FORMAT_JUNIT] = {"junit", report_junit},
	[FORMAT_HTML] = {"html", report_html}, [FORMAT_LTP] = {"ltp", report_ltp},
};

bool format_from_name(const char *name, enum format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(name, formats[i].name) == 0) {
			*format = (enum format)i;
			return true;
		}
	return false;
}

const char *format_names(void)
{
	static char names[64];

	names[0] = '\0';
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", formats[i].name);
	return names;
}

void report(FILE *out, enum format format, const struct run *runs, size_t nruns)
{
	formats[format].report(out, runs, nruns);
}

static bool nothing_is_there(const struct run *run)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NFACILITIES && i < run->nfacts; i++)
		n += strcmp(run->facts[i].value, outcome_name(NOT_IMPLEMENTED)) == 0;
	return n == NFACILITIES;
}

int verdict(const struct run *runs, size_t nruns)
{
	struct tally tally = tally_all(runs, nruns);

	bool anything = false;

	if (tally.n[FAILED] || tally.n[XPASSED] || tally.n[TIMED_OUT])
		return 1;
	/* The ftok checks need no kernel, so they pass even if it has no System V IPC. */
	for (size_t i = 0; i < nruns; i++)
		anything |= !nothing_is_there(&runs[i]);
	return anything && (tally.n[PASSED] || tally.n[XFAILED] || tally.n[FLAKY]) ? 0 : 4;
}

void free_runs(struct run *runs, size_t nruns)
{
	for (size_t i = 0; i < nruns; i++)
		free(runs[i].results);
	free(runs);
}
