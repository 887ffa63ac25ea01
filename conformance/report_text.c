/* One screen for a person. */
#include "report_parts.h"

#include <string.h>

/* Characters, as a terminal shows them, not bytes. */
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

enum { NAME = 14, GROUP = 26 };

static void put_counts(FILE *out, struct tally tally)
{
	fprintf(out, "  %7u%8u%9u", tally.passed, tally.failed, tally.skipped);
}

static void put_matrix(FILE *out, const struct run *runs, size_t nruns)
{
	char name[192] = "";

	if (nruns > 1) {
		fprintf(out, "%*s", NAME, "");
		for (size_t i = 0; i < nruns; i++) {
			label_run(name, runs, nruns, &runs[i]);
			fputs("   ", out);
			if (i + 1 < nruns)
				put_padded(out, name, GROUP - 3);
			else
				put_line(out, name);
		}
		putc('\n', out);
	}
	put_padded(out, "facility", NAME);
	for (size_t i = 0; i < nruns; i++)
		fputs("   passed  failed  skipped", out);
	putc('\n', out);
	for (*name = '\0'; next_group(runs, nruns, by_facility, name);) {
		put_padded(out, name, NAME);
		for (size_t i = 0; i < nruns; i++)
			put_counts(out, tally_run(&runs[i], name));
		putc('\n', out);
	}
	if (nruns > 1) {
		put_padded(out, "all", NAME);
		for (size_t i = 0; i < nruns; i++)
			put_counts(out, tally_run(&runs[i], NULL));
		putc('\n', out);
	}
}

/* ---- the machine ----------------------------------------------------------- */

/* One value where the runs agree, else one for each. */
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

/* ---- what did not pass ----------------------------------------------------- */

static void put_failed(FILE *out, const struct run *runs, size_t nruns)
{
	for (size_t i = 0; i < nruns; i++)
		for (size_t j = 0; j < runs[i].nresults; j++) {
			const struct result *result = &runs[i].results[j];
			char label[192];

			if (outcome_of(result) != FAILED)
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
			put_failures(out, put_line, "    ", result);
		}
}

static void put_skipped(FILE *out, const struct run *runs, size_t nruns)
{
	for (char reason[192] = ""; next_group(runs, nruns, by_reason, reason);) {
		fprintf(out, "%7u  ", count_group(runs, nruns, by_reason, reason));
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
	put_failed(out, runs, nruns);
	if (tally.skipped)
		fputs("\nskipped, and why:\n", out);
	put_skipped(out, runs, nruns);
	fprintf(out, "\n%u passed, %u failed, %u skipped\n", tally.passed, tally.failed,
		tally.skipped);
}
