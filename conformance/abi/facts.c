/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "abi/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/textfile.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define WORD LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The order of LC_ALL=C sort on lines whose names are padded with blanks. */
static int compare(const void *left, const void *right)
{
	const struct fact *a = left, *b = right;
	int order = strcmp(a->kind, b->kind);

	return order ? order : strcmp(a->name, b->name);
}

/* Cuts a word of these letters, and the blanks after it, off *line. */
static char *cut_word(char **line, const char *letters)
{
	char *word = *line;
	size_t length = strspn(word, letters);
	size_t blanks = strspn(word + length, " ");

	if (length == 0 || blanks == 0)
		return NULL;
	word[length] = '\0';
	*line = word + length + blanks;
	return word;
}

/* Whether the value is words separated by single blanks. */
static bool is_value(const char *value)
{
	for (;;) {
		size_t length = strspn(value, WORD "-");

		if (length == 0)
			return false;
		if (value[length] != ' ')
			return value[length] == '\0';
		value += length + 1;
	}
}

static bool parse_fact(struct fact *fact, char *line)
{
	fact->kind = cut_word(&line, LOWER);
	if (!fact->kind)
		return false;
	fact->name = cut_word(&line, WORD ".");
	fact->value = line;
	return fact->name && is_value(line);
}

/* Splits facts->text into facts; returns the problem in line *number, or NULL. */
static const char *parse_lines(struct facts *facts, size_t *number)
{
	char last[40];

	for (char *line = facts->text, *end; *line; line = end + 1) {
		struct fact *fact = facts->fact + facts->n;

		++*number;
		end = strchr(line, '\n');
		if (!end)
			return "the dump is cut short";
		*end = '\0';
		if (*line == '#') {
			snprintf(last, sizeof(last), "# %zu facts", facts->n);
			if (strcmp(line, last) != 0)
				return "the number of facts is wrong";
			if (end[1])
				return "there is text after the number of facts";
			return facts->n ? NULL : "the dump has no facts";
		}
		if (!parse_fact(fact, line))
			return "is no fact";
		int order = facts->n ? compare(fact - 1, fact) : -1;
		if (order == 0)
			return "the fact occurs twice";
		if (order > 0)
			return "the fact is out of order";
		facts->n++;
	}
	return "the dump is cut short: its last line is not the number of facts";
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

bool facts_parse(struct facts *facts, const char *text, const char *source, char error[256])
{
	size_t line = 0;

	*facts = (struct facts){
		.text = strdup(text),
		.fact = calloc(count_lines(text), sizeof(*facts->fact)),
	};
	const char *problem =
		facts->text && facts->fact ? parse_lines(facts, &line) : "out of memory";
	if (!problem)
		return true;
	facts_free(facts);
	return textfile_error(error, source, "line %zu: %s", line, problem);
}

bool facts_read(struct facts *facts, const char *path, char error[256])
{
	char *text = textfile_read(path, error);
	bool ok = text && facts_parse(facts, text, path, error);

	free(text);
	if (!text)
		*facts = (struct facts){0};
	return ok;
}

void facts_free(struct facts *facts)
{
	free(facts->text);
	free(facts->fact);
	*facts = (struct facts){0};
}

const char *facts_value(const struct facts *facts, const char *kind, const char *name)
{
	struct fact key = {.kind = kind, .name = name};
	struct fact *fact = NULL;

	if (facts->n)
		fact = bsearch(&key, facts->fact, facts->n, sizeof(key), compare);
	return fact ? fact->value : NULL;
}

/* The text after a word of a value, or NULL. */
static const char *behind(const char *value, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(value, word); at; at = strstr(at + 1, word))
		if ((at == value || at[-1] == ' ') && at[length] == ' ')
			return at + length + 1;
	return NULL;
}

long long facts_number(const struct facts *facts, const char *kind, const char *name,
		       const char *word)
{
	const char *value = facts_value(facts, kind, name);
	char *end;

	if (value && *word)
		value = behind(value, word);
	if (!value)
		return -1;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	return end == value || (*end && *end != ' ') || errno ? -1 : number;
}

/* ---- differences: each function returns 1 if the difference is an error -------- */

static unsigned is_new(FILE *out, const struct fact *is)
{
	if (out)
		fprintf(out, "warning: %s %s: is new (%s)\n", is->kind, is->name, is->value);
	return 0;
}

static unsigned is_gone(FILE *out, const struct fact *was)
{
	if (out)
		fprintf(out, "%s %s: is gone (was %s)\n", was->kind, was->name, was->value);
	return 1;
}

static unsigned is_other(FILE *out, const struct fact *was, const struct fact *is)
{
	bool warning = strcmp(was->value, "absent") == 0;

	if (strcmp(was->value, is->value) == 0)
		return 0;
	if (out)
		fprintf(out, "%s%s %s: was %s, is %s\n", warning ? "warning: " : "", was->kind,
			was->name, was->value, is->value);
	return warning ? 0 : 1;
}

unsigned facts_diff(FILE *out, const struct facts *old, const struct facts *new)
{
	size_t i = 0, j = 0;
	unsigned errors = 0;

	while (i < old->n || j < new->n) {
		int order = i == old->n	  ? 1
			    : j == new->n ? -1
					  : compare(&old->fact[i], &new->fact[j]);

		if (order < 0)
			errors += is_gone(out, &old->fact[i++]);
		else if (order > 0)
			errors += is_new(out, &new->fact[j++]);
		else
			errors += is_other(out, &old->fact[i++], &new->fact[j++]);
	}
	return errors;
}
