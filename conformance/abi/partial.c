/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "abi/partial.h"

#include <string.h>

static bool is_absent(const char *value)
{
	return !value || strcmp(value, "absent") == 0;
}

static bool has_kind(const struct facts *facts, const char *kind)
{
	for (size_t i = 0; i < facts->n; i++)
		if (strcmp(facts->fact[i].kind, kind) == 0)
			return true;
	return false;
}

/* Whether the partial dump has the structure of a member. */
static bool has_structure(const struct facts *partial, const char *member)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(member, "."), member);
	return !is_absent(facts_value(partial, "struct", name)) ||
	       !is_absent(facts_value(partial, "union", name));
}

static bool covers(const struct facts *partial, const struct fact *fact)
{
	if (strcmp(fact->kind, "member") == 0)
		return has_structure(partial, fact->name);
	return has_kind(partial, fact->kind);
}

/* Whether the value is the same, or begins with the same words. */
static bool agrees(const char *value, const char *said)
{
	size_t length = strlen(said);

	if (strcmp(said, "run") == 0)
		return true;
	return strncmp(value, said, length) == 0 && (!value[length] || value[length] == ' ');
}

/* Compares a fact of the headers with the partial dump; returns 1 on an error. */
static unsigned check(FILE *out, const struct fact *fact, const char *said)
{
	if (is_absent(fact->value) && is_absent(said))
		return 0;
	if (said && !is_absent(fact->value) && agrees(fact->value, said))
		return 0;
	if (out)
		fprintf(out, "%s %s: is %s in the headers, the partial dump has %s\n", fact->kind,
			fact->name, fact->value, said ? said : "none");
	return 1;
}

unsigned facts_partial(FILE *out, const struct facts *facts, const struct facts *partial,
		       size_t *agreed)
{
	unsigned errors = 0;

	*agreed = 0;
	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *fact = &facts->fact[i];
		const char *said = facts_value(partial, fact->kind, fact->name);
		unsigned wrong = covers(partial, fact) ? check(out, fact, said) : 0;

		errors += wrong;
		*agreed += said && !wrong;
	}
	for (size_t i = 0; i < partial->n; i++) {
		const struct fact *fact = &partial->fact[i];

		if (facts_value(facts, fact->kind, fact->name) || is_absent(fact->value))
			continue;
		errors++;
		if (out)
			fprintf(out, "%s %s: is not in the headers, the partial dump has %s\n",
				fact->kind, fact->name, fact->value);
	}
	return errors;
}
