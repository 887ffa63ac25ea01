/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The runs as JSON, for other programs and for this one: the same tables describe writing
 * and reading.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report.h"
#include "report_parts.h"
#include "harness/textfile.h"

#define SCHEMA "ipc-conform/1"

/* Totals of the JSON, which must equal the counts of the results that were read. */
struct stored_result {
	struct result result;
	unsigned kept; /* failures written out */
};
struct stored_run {
	struct run run;
	struct tally counts;
	struct tally levels[NLEVELS];
};
struct document {
	char schema[32];
	size_t nruns;
	struct run *runs;
};

/* Makes room for one more item in an array that doubles; on failure keeps the old items. */
static void *grow(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : realloc(array, (n ? 2 * n : 1) * size);
}

/* ---- failures -------------------------------------------------------------- */

static const struct json_member failure_members[] = {
	JSON_MEMBER(failure, where, "where", json_text),
	JSON_MEMBER(failure, what, "what", json_text),
	JSON_MEMBER(failure, expected, "expected", json_text),
	JSON_MEMBER(failure, seen, "seen", json_text),
	{0},
};

static unsigned kept(const struct result *result)
{
	return result->nfailures < MAX_FAILURES ? result->nfailures : MAX_FAILURES;
}

static void write_failures(FILE *out, const void *from)
{
	const struct stored_result *stored = from;

	putc('[', out);
	for (unsigned i = 0; i < stored->kept; i++) {
		fputs(i ? "," : "", out);
		json_write(out, failure_members, &stored->result.failures[i]);
	}
	putc(']', out);
}

static bool read_failure(struct json *json, void *context)
{
	struct stored_result *stored = context;

	if (stored->kept == MAX_FAILURES)
		return json_fail(json, "a result has too many failures");
	return json_read(json, failure_members, &stored->result.failures[stored->kept++]);
}

static bool read_failures(struct json *json, void *to, size_t size)
{
	(void)size;
	return json_read_array(json, read_failure, to);
}

static const struct json_type failures_type = {write_failures, read_failures};

/* ---- results --------------------------------------------------------------- */

static void write_outcome(FILE *out, const void *from)
{
	put_json(out, outcome_name(*(const enum outcome *)from));
}

static bool read_outcome(struct json *json, void *to, size_t size)
{
	char name[24];

	(void)size;
	if (!json_text.read(json, name, sizeof(name)))
		return false;
	for (const struct outcome_row *row = outcome_rows; row->name; row++)
		if (strcmp(name, row->name) == 0) {
			memcpy(to, &row->outcome, sizeof(row->outcome));
			return true;
		}
	return json_fail(json, "an outcome is unknown");
}

static const struct json_type outcome_type = {write_outcome, read_outcome};

static void write_level(FILE *out, const void *from)
{
	put_json(out, level_names[*(const enum level *)from]);
}

static bool read_level(struct json *json, void *to, size_t size)
{
	char name[24];

	(void)size;
	if (!json_text.read(json, name, sizeof(name)))
		return false;
	for (unsigned i = 0; i < NLEVELS; i++)
		if (strcmp(name, level_names[i]) == 0) {
			const enum level level = (enum level)i;

			memcpy(to, &level, sizeof(level));
			return true;
		}
	return json_fail(json, "a level is unknown");
}

static const struct json_type level_type = {write_level, read_level};

static const struct json_member result_members[] = {
	JSON_MEMBER(stored_result, result.id, "id", json_text),
	JSON_MEMBER(stored_result, result.title, "title", json_text),
	JSON_MEMBER(stored_result, result.source, "source", json_text),
	JSON_OPTIONAL(stored_result, result.level, "level", level_type),
	JSON_MEMBER(stored_result, result.outcome, "outcome", outcome_type),
	JSON_MEMBER(stored_result, result.seconds, "seconds", json_seconds),
	JSON_MEMBER(stored_result, result.reason, "reason", json_text),
	JSON_MEMBER(stored_result, result.nfailures, "nfailures", json_count),
	JSON_WHOLE(stored_result, "failures", failures_type),
	{0},
};

static void write_result(FILE *out, const void *from)
{
	const struct result *result = from;
	struct stored_result stored = {*result, kept(result)};

	stored.result.outcome = outcome_of(&stored.result);
	stored.result.seconds = seconds_of(stored.result.seconds);
	json_write(out, result_members, &stored);
}

static bool read_one_result(struct json *json, void *to, size_t size)
{
	struct stored_result stored = {0};

	if (!json_read(json, result_members, &stored))
		return false;
	if (!*stored.result.id)
		return json_fail(json, "a result has no id");
	if (stored.kept != kept(&stored.result))
		return json_fail(json, "the number of failures is wrong");
	if (stored.result.outcome != outcome_of(&stored.result))
		return json_fail(json, "a result has failures but has not failed");
	memcpy(to, &stored.result, size);
	return true;
}

const struct json_type result_type = {write_result, read_one_result};

static void write_results(FILE *out, const void *from)
{
	const struct run *run = &((const struct stored_run *)from)->run;

	putc('[', out);
	for (size_t i = 0; i < run->nresults; i++) {
		fputs(i ? ",\n" : "\n", out);
		write_result(out, &run->results[i]);
	}
	putc(']', out);
}

static bool read_result(struct json *json, void *context)
{
	struct run *run = &((struct stored_run *)context)->run;
	struct result result;

	if (!read_one_result(json, &result, sizeof(result)))
		return false;
	if (run->nresults && strcmp(run->results[run->nresults - 1].id, result.id) >= 0)
		return json_fail(json, "the results are not sorted by id, each once");
	struct result *results = grow(run->results, run->nresults, sizeof(*results));
	if (!results)
		return json_fail(json, "no memory");
	run->results = results;
	results[run->nresults++] = result;
	return true;
}

static bool read_results(struct json *json, void *to, size_t size)
{
	(void)size;
	return json_read_array(json, read_result, to);
}

static const struct json_type results_type = {write_results, read_results};

/* ---- runs ------------------------------------------------------------------ */

static const struct json_member tally_members[] = {
	JSON_MEMBER(tally, n[PASSED], "passed", json_count),
	JSON_MEMBER(tally, n[FAILED], "failed", json_count),
	JSON_MEMBER(tally, n[SKIPPED], "skipped", json_count),
	JSON_OPTIONAL(tally, n[XFAILED], "xfailed", json_count),
	JSON_OPTIONAL(tally, n[XPASSED], "xpassed", json_count),
	JSON_OPTIONAL(tally, n[FLAKY], "flaky", json_count),
	JSON_OPTIONAL(tally, n[NOT_IMPLEMENTED], "not implemented", json_count),
	JSON_OPTIONAL(tally, n[TIMED_OUT], "timeout", json_count),
	{0},
};

JSON_OBJECT(counts, tally_members);

/* A level counts its checks and those of the levels below. */
static const struct json_member levels_members[] = {
	JSON_OPTIONAL(stored_run, levels[LEVEL_POSIX], "posix", counts_type),
	JSON_OPTIONAL(stored_run, levels[LEVEL_LINUX], "linux", counts_type),
	JSON_OPTIONAL(stored_run, levels[LEVEL_EXACT], "exact", counts_type),
	{0},
};

JSON_OBJECT(levels, levels_members);

static const struct json_member fact_members[] = {
	JSON_MEMBER(machine_fact, name, "name", json_text),
	JSON_MEMBER(machine_fact, value, "value", json_text),
	{0},
};

static void write_facts(FILE *out, const void *from)
{
	const struct run *run = &((const struct stored_run *)from)->run;

	putc('[', out);
	for (unsigned i = 0; i < run->nfacts; i++) {
		fputs(i ? "," : "", out);
		json_write(out, fact_members, &run->facts[i]);
	}
	putc(']', out);
}

static bool read_fact(struct json *json, void *context)
{
	struct run *run = &((struct stored_run *)context)->run;

	if (run->nfacts == MAX_FACTS)
		return json_fail(json, "a run has too many facts");
	return json_read(json, fact_members, &run->facts[run->nfacts++]);
}

static bool read_facts(struct json *json, void *to, size_t size)
{
	(void)size;
	return json_read_array(json, read_fact, to);
}

static const struct json_type facts_type = {write_facts, read_facts};

static const struct json_member run_members[] = {
	JSON_MEMBER(stored_run, run.build, "build", json_text),
	JSON_MEMBER(stored_run, run.arch, "arch", json_text),
	JSON_MEMBER(stored_run, run.machine, "machine", json_text),
	JSON_MEMBER(stored_run, run.kernel, "kernel", json_text),
	JSON_MEMBER(stored_run, run.libc, "libc", json_text),
	JSON_MEMBER(stored_run, run.seconds, "seconds", json_seconds),
	{"facts", &facts_type, 0, sizeof(struct stored_run), true},
	JSON_MEMBER(stored_run, counts, "counts", counts_type),
	{"levels", &levels_type, 0, sizeof(struct stored_run), true},
	JSON_WHOLE(stored_run, "results", results_type),
	{0},
};

static void write_runs(FILE *out, const void *from)
{
	const struct document *document = from;

	putc('[', out);
	for (size_t i = 0; i < document->nruns; i++) {
		struct stored_run stored = {
			document->runs[i], tally_run(&document->runs[i], NULL), {{{0}}}};

		for (unsigned level = LEVEL_POSIX; level < NLEVELS; level++)
			stored.levels[level] = tally_level(&document->runs[i], (enum level)level);
		stored.run.seconds = seconds_of(stored.run.seconds);
		fputs(i ? ",\n" : "\n", out);
		json_write(out, run_members, &stored);
	}
	putc(']', out);
}

/* Reads a run into the array first, so that it is freed if it is invalid. */
static bool read_run(struct json *json, void *context)
{
	struct document *document = context;
	struct stored_run stored = {0};
	struct run *runs = grow(document->runs, document->nruns, sizeof(*runs));

	if (!runs)
		return json_fail(json, "no memory");
	document->runs = runs;
	bool ok = json_read(json, run_members, &stored);
	runs[document->nruns++] = stored.run;
	struct tally counted = tally_run(&stored.run, NULL);
	if (ok && memcmp(&counted, &stored.counts, sizeof(counted)) != 0)
		return json_fail(json, "the counts do not agree with the results");
	for (unsigned level = LEVEL_POSIX; ok && level < NLEVELS; level++) {
		counted = tally_level(&stored.run, (enum level)level);
		if (memcmp(&counted, &stored.levels[level], sizeof(counted)) != 0)
			return json_fail(json,
					 "the counts of a level do not agree with the results");
	}
	return ok;
}

static bool read_runs_array(struct json *json, void *to, size_t size)
{
	(void)size;
	return json_read_array(json, read_run, to);
}

/* ---- the document ---------------------------------------------------------- */

static bool read_schema(struct json *json, void *to, size_t size)
{
	if (!json_text.read(json, to, size))
		return false;
	return strcmp(to, SCHEMA) == 0 || json_fail(json, "the schema is not " SCHEMA);
}

static void write_schema(FILE *out, const void *from)
{
	put_json(out, from);
}

static const struct json_type schema_type = {write_schema, read_schema};
static const struct json_type runs_type = {write_runs, read_runs_array};

static const struct json_member document_members[] = {
	JSON_MEMBER(document, schema, "schema", schema_type),
	JSON_WHOLE(document, "runs", runs_type),
	{0},
};

void report_json(FILE *out, const struct run *runs, size_t nruns)
{
	struct document document = {SCHEMA, nruns, (struct run *)runs};

	json_write(out, document_members, &document);
	putc('\n', out);
}

struct run *parse_runs(const char *text, const char *source, size_t *nruns, char error[256])
{
	struct json json = {text, text, source, error};
	struct document document = {0};

	bool ok = json_read(&json, document_members, &document) && json_read_end(&json);
	if (ok && document.nruns == 0)
		ok = json_fail(&json, "there are no runs");
	if (!ok) {
		free_runs(document.runs, document.nruns);
		return NULL;
	}
	*nruns = document.nruns;
	return document.runs;
}

struct run *read_runs(const char *path, size_t *nruns, char error[256])
{
	char *text = textfile_read(path, error);
	struct run *runs = text ? parse_runs(text, path, nruns, error) : NULL;

	free(text);
	return runs;
}
