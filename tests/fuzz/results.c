/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: reads results as JSON, reports them in each format, and reads the JSON again. */
#include <string.h>

#include "fuzz.h"
#include "report/report.h"
#include "report/report_parts.h"

static void write_report(struct written *written, enum format format, const struct run *runs,
			 size_t nruns)
{
	written_open(written);
	report(written->out, format, runs, nruns);
	written_close(written);
	REQUIRE(written->size > 0, "format %d is empty", format);
}

/* Each result must be counted once, be found by its id, and be in one group by facility. */
static void count(const struct run *runs, size_t nruns)
{
	char facility[192] = "";
	unsigned grouped = 0, all = 0;

	while (next_group(runs, nruns, by_facility, facility))
		grouped += count_group(runs, nruns, by_facility, facility);
	for (size_t i = 0; i < nruns; i++) {
		struct tally tally = tally_run(&runs[i], NULL);
		unsigned counted = 0;

		for (unsigned outcome = 0; outcome < NOUTCOMES; outcome++)
			counted += tally.n[outcome];
		all += counted;
		for (size_t j = 0; j < runs[i].nresults; j++)
			REQUIRE(find_result(&runs[i], runs[i].results[j].id) == &runs[i].results[j],
				"%s", runs[i].results[j].id);
		REQUIRE(counted == runs[i].nresults, "%zu results", runs[i].nresults);
	}
	REQUIRE(grouped == all, "%u of %u", grouped, all);
}

/* JSON that is read and written again must be equal. */
static void read_again(const struct run *runs, size_t nruns)
{
	struct written first, second;
	char error[256];
	size_t n;

	write_report(&first, FORMAT_JSON, runs, nruns);
	struct run *again = parse_runs(first.text, "again", &n, error);
	REQUIRE(again && n == nruns, "%s", again ? "another number of runs" : error);
	write_report(&second, FORMAT_JSON, again, n);
	REQUIRE(strcmp(first.text, second.text) == 0, "%s\n%s", first.text, second.text);
	REQUIRE(verdict(again, n) == verdict(runs, nruns), "%d", verdict(runs, nruns));
	free_runs(again, n);
	written_free(&first);
	written_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct written written;
	char error[256];
	size_t n;
	struct run *runs = read_runs(as_file(0, data, size), &n, error);

	if (!runs) {
		require_error(error);
		return 0;
	}
	count(runs, n);
	read_again(runs, n);
	for (enum format format = FORMAT_TEXT; format <= FORMAT_LTP; format++) {
		write_report(&written, format, runs, n);
		written_free(&written);
	}
	free_runs(runs, n);
	return 0;
}
