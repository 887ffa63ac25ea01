/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ABI facts: reads and compares the text that `dump` writes. */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stdio.h>

struct fact {
	const char *kind;  /* "const", "member", "struct", ... */
	const char *name;  /* "IPC_CREAT", "msqid_ds.msg_qnum" */
	const char *value; /* "512", "offset 80 size 8 unsigned", "absent" */
};

struct facts {
	char *text; /* the memory of the strings */
	size_t n;
	struct fact *fact; /* sorted by kind, then name */
};

/*
 * Parses a dump; source names it in errors.  If the text is not a complete dump (a line that
 * is no fact, a duplicate name, lines out of order, a last line "# N facts" that is missing
 * or wrong), returns false, with one line without newline in error.  Free with facts_free().
 */
bool facts_parse(struct facts *facts, const char *text, const char *source, char error[256]);
bool facts_read(struct facts *facts, const char *path, char error[256]);
void facts_free(struct facts *facts);

/* The value of a fact, or NULL. */
const char *facts_value(const struct facts *facts, const char *kind, const char *name);

/*
 * A number from a fact's value: word is "offset", "size", "align", or "" for the value
 * itself.  Returns -1 if it is missing or out of range.
 */
long long facts_number(const struct facts *facts, const char *kind, const char *name,
		       const char *word);

/*
 * Prints each difference between old and new on a line of out, which may be NULL.  A fact
 * that is new or no longer absent is a warning, because newer headers add facts; any other
 * difference is an error.  Returns the number of errors.
 */
unsigned facts_diff(FILE *out, const struct facts *old, const struct facts *new);

#endif
