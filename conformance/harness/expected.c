/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "expected.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_parts.h"
#include "textfile.h"

enum { OUTCOME, CHECKS, WHERE, REASON, SOURCE, NCOLUMNS };

/* One line of the list; in a comment line, the checks are NULL. */
struct line {
	char *text; /* as in the file */
	enum outcome outcome;
	char *column[NCOLUMNS]; /* point into words, without surrounding blanks */
	char *words;
};

struct expected {
	size_t n;
	struct line *line;
};

/* ---- conditions ------------------------------------------------------------ */

/* A list writes "glibc 2.36" as glibc-2.36 because blanks separate its words. */
static bool glob_holds(const char *glob, const char *value)
{
	char word[192];

	snprintf(word, sizeof(word), "%s", value);
	for (char *c = word; *c; c++)
		if (*c == ' ')
			*c = '-';
	return fnmatch(glob, word, 0) == 0;
}

/* "6.12" as 6 * 65536 + 12; -1 if it is not a version. */
static long version_of(const char *text, const char **end)
{
	char *dot, *last;
	unsigned long major = strtoul(text, &dot, 10);

	if (text[strspn(text, "0123456789")] != '.' || dot == text || major > 1000)
		return -1;
	const char *digits = dot + 1;
	unsigned long minor = strtoul(digits, &last, 10);
	if (strspn(digits, "0123456789") == 0 || minor > 65535)
		return -1;
	*end = last;
	return (long)(major << 16 | minor);
}

static const struct {
	const char *name;
	size_t offset;
} keys[] = {
	{"arch=", offsetof(struct run, arch)},
	{"machine=", offsetof(struct run, machine)},
	{"libc=", offsetof(struct run, libc)},
	{"build=", offsetof(struct run, build)},
};
enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

/* One condition: 1 if it holds, 0 if not, -1 if it is not valid. */
static int condition(const char *word, const struct run *run)
{
	const char *end = "";

	for (size_t i = 0; i < NKEYS; i++) {
		size_t length = strlen(keys[i].name);

		if (strncmp(word, keys[i].name, length) == 0 && word[length])
			return glob_holds(word + length, (const char *)run + keys[i].offset);
	}
	const bool since = strncmp(word, "kernel>=", 8) == 0;
	if (!since && strncmp(word, "kernel<", 7) != 0)
		return -1;
	const long limit = version_of(word + (since ? 8 : 7), &end);
	if (limit == -1 || *end)
		return -1;
	const long version = version_of(run->kernel, &end);
	return version != -1 && (since ? version >= limit : version < limit);
}

/* All conditions; copies the first invalid word to bad. */
static int conditions(const char *where, const struct run *run, char bad[64])
{
	int holds = 1;

	if (strcmp(where, "*") == 0)
		return 1;
	for (const char *word = where; *word;) {
		size_t length = strcspn(word, " \t");
		char one[64];

		snprintf(one, sizeof(one), "%.*s", (int)length, word);
		int this = length < sizeof(one) ? condition(one, run) : -1;
		if (this == -1) {
			strcpy(bad, one);
			return -1;
		}
		holds &= this;
		word += length;
		word += strspn(word, " \t");
	}
	return holds;
}

static bool holds(const struct line *line, const struct run *run)
{
	char bad[64];

	return line->column[CHECKS] && conditions(line->column[WHERE], run, bad) == 1;
}

/* ---- reading --------------------------------------------------------------- */

static char *trim(char *text)
{
	text += strspn(text, " \t\r");
	for (size_t n = strlen(text); n && strchr(" \t\r", text[n - 1]); n--)
		text[n - 1] = '\0';
	return text;
}

/* Splits a line at the bars; returns the number of columns. */
static unsigned cut(char *words, char *column[NCOLUMNS])
{
	unsigned n = 0;

	for (char *next = words; next; n++) {
		char *bar = strchr(next, '|');

		if (bar)
			*bar = '\0';
		if (n < NCOLUMNS)
			column[n] = trim(next);
		next = bar ? bar + 1 : NULL;
	}
	return n;
}

static bool parse_line(struct line *line, const char *source, unsigned number, char error[256])
{
	static const char *const names[] = {"outcome", "checks", "where", "reason", "source"};
	static const struct run nowhere;
	const struct result *room = NULL;
	char bad[64];

	const char *first = line->text + strspn(line->text, " \t\r");
	if (!*first || *first == '#')
		return true;
	line->words = strdup(line->text);
	if (!line->words)
		return textfile_error(error, source, "no memory");
	unsigned n = cut(line->words, line->column);
	if (n != NCOLUMNS)
		return textfile_error(error, source,
				      "line %u: %u columns where 5 are needed: outcome | checks | "
				      "where | reason | source",
				      number, n);
	for (n = 0; n < NCOLUMNS; n++)
		if (!*line->column[n])
			return textfile_error(error, source, "line %u: the %s is missing", number,
					      names[n]);
	if (strcmp(line->column[OUTCOME], "xfail") == 0)
		line->outcome = XFAILED;
	else if (strcmp(line->column[OUTCOME], "flaky") == 0)
		line->outcome = FLAKY;
	else
		return textfile_error(error, source,
				      "line %u: the outcome is '%.40s'; xfail or flaky is allowed",
				      number, line->column[OUTCOME]);
	if (conditions(line->column[WHERE], &nowhere, bad) == -1)
		return textfile_error(
			error, source,
			"line %u: the condition '%.40s' is none of arch=GLOB machine=GLOB "
			"libc=GLOB build=GLOB kernel>=N.N kernel<N.N",
			number, bad);
	/* A report would cut a longer reason, and lose the source. */
	if (strlen(line->column[REASON]) + strlen(line->column[SOURCE]) + sizeof(" []") >
	    sizeof(room->reason))
		return textfile_error(
			error, source,
			"line %u: reason and source are longer than %zu bytes together", number,
			sizeof(room->reason) - sizeof(" []"));
	return true;
}

struct expected *expected_parse(const char *text, const char *source, char error[256])
{
	struct expected *expected = calloc(1, sizeof(*expected));

	textfile_error(error, source, "no memory");
	for (const char *at = text; expected && *at;) {
		size_t length = strcspn(at, "\n");
		struct line *lines =
			realloc(expected->line, (expected->n + 1) * sizeof(*expected->line));
		if (!lines)
			goto failed;
		expected->line = lines;
		struct line *line = &lines[expected->n++];
		*line = (struct line){.text = strndup(at, length)};
		if (!line->text || !parse_line(line, source, (unsigned)expected->n, error))
			goto failed;
		at += length;
		at += *at == '\n';
	}
	return expected;
failed:
	expected_free(expected);
	return NULL;
}

struct expected *expected_read(const char *path, char error[256])
{
	char *text = textfile_read(path, error);
	struct expected *expected = text ? expected_parse(text, path, error) : NULL;

	free(text);
	return expected;
}

void expected_free(struct expected *expected)
{
	for (size_t i = 0; expected && i < expected->n; i++) {
		free(expected->line[i].text);
		free(expected->line[i].words);
	}
	if (expected)
		free(expected->line);
	free(expected);
}

/* ---- applying -------------------------------------------------------------- */

static const struct line *line_for(const struct expected *expected, const struct run *run,
				   const char *id)
{
	for (size_t i = 0; i < expected->n; i++)
		if (holds(&expected->line[i], run) &&
		    fnmatch(expected->line[i].column[CHECKS], id, 0) == 0)
			return &expected->line[i];
	return NULL;
}

unsigned expected_unknown(const struct expected *expected, const struct run *run,
			  bool (*is_check)(const char *glob), const char **glob)
{
	for (size_t i = 0; i < expected->n; i++) {
		*glob = expected->line[i].column[CHECKS];
		if (holds(&expected->line[i], run) && !is_check(*glob))
			return (unsigned)i + 1;
	}
	return 0;
}

/* The outcome without a list. */
static enum outcome own_outcome(const struct result *result)
{
	const enum outcome outcome = outcome_of(result);
	const bool ran = outcome != SKIPPED && outcome != NOT_IMPLEMENTED;

	if (outcome == TIMED_OUT)
		return TIMED_OUT;
	return has_failed(result) ? FAILED : ran ? PASSED : SKIPPED;
}

static enum outcome listed_outcome(const struct line *line, enum outcome own)
{
	if (!line || own == SKIPPED)
		return own;
	if (line->outcome == FLAKY)
		return FLAKY;
	return own == FAILED || own == TIMED_OUT ? XFAILED : XPASSED;
}

enum outcome expected_outcome(const struct expected *expected, const struct run *run,
			      const struct result *result)
{
	return listed_outcome(line_for(expected, run, result->id), own_outcome(result));
}

/* If the check recorded no failure, records that as the evidence. */
static void keep_evidence(struct result *result)
{
	if (result->nfailures)
		return;
	snprintf(result->failures[0].what, sizeof(result->failures[0].what),
		 "the check ended without saying why");
	result->nfailures = 1;
}

void expected_apply(const struct expected *expected, struct run *run)
{
	for (size_t i = 0; i < run->nresults; i++) {
		struct result *result = &run->results[i];
		const struct line *line = line_for(expected, run, result->id);
		const enum outcome own = own_outcome(result);
		const enum outcome listed = listed_outcome(line, own);

		if (own != SKIPPED)
			*result->reason = '\0';
		if (line && listed != own) {
			snprintf(result->reason, sizeof(result->reason), "%s [%s]",
				 line->column[REASON], line->column[SOURCE]);
			if (own == FAILED)
				keep_evidence(result);
		}
		result->outcome = listed;
	}
}

/* ---- writing --------------------------------------------------------------- */

/* Writes a string as one column of a line. */
static void put_column(FILE *out, const char *text, int longest)
{
	for (; *text && longest > 0; text++, longest--)
		putc(*text == '|' || (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text,
		     out);
}

static void put_new(FILE *out, const struct result *result, const struct run *run)
{
	const struct failure *failure = &result->failures[0];
	char reason[192], kernel[64];

	if (!*failure->expected && !*failure->seen)
		snprintf(reason, sizeof(reason), "%s",
			 *failure->what ? failure->what : "ended without saying why");
	else
		snprintf(reason, sizeof(reason), "%.60s: expected %.40s, got %.40s", failure->what,
			 failure->expected, failure->seen);
	snprintf(kernel, sizeof(kernel), "%.*s", (int)strcspn(run->kernel, " "), run->kernel);
	fprintf(out, "xfail | %s | * | ", result->id);
	put_column(out, *reason ? reason : "fails", 160 - (int)sizeof("seen on "));
	fputs(" | seen on ", out);
	put_column(out, *kernel ? kernel : "an unknown kernel", 24);
	putc('\n', out);
}

/* Whether a check to which this line applies passes now. */
static bool is_out_of_date(const struct expected *expected, const struct run *run,
			   const struct line *line)
{
	for (size_t i = 0; i < run->nresults; i++)
		if (run->results[i].outcome == XPASSED &&
		    line_for(expected, run, run->results[i].id) == line)
			return true;
	return false;
}

/* Replaces a glob that matches checks that pass by a line for each check that fails. */
static void put_narrower(FILE *out, const struct expected *expected, const struct run *run,
			 const struct line *line)
{
	for (size_t i = 0; i < run->nresults; i++)
		if (run->results[i].outcome != XPASSED &&
		    line_for(expected, run, run->results[i].id) == line)
			fprintf(out, "xfail | %s | %s | %s | %s\n", run->results[i].id,
				line->column[WHERE], line->column[REASON], line->column[SOURCE]);
}

void expected_write(FILE *out, const struct expected *expected, const struct run *run)
{
	for (size_t i = 0; expected && i < expected->n; i++) {
		const struct line *line = &expected->line[i];

		if (holds(line, run) && is_out_of_date(expected, run, line))
			put_narrower(out, expected, run, line);
		else
			fprintf(out, "%s\n", line->text);
	}
	if (!expected)
		fputs("# outcome | checks | where | reason | source\n", out);
	for (size_t i = 0; i < run->nresults; i++)
		if (outcome_of(&run->results[i]) == FAILED)
			put_new(out, &run->results[i], run);
}
