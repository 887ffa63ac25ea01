/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ABI facts: the text that `dump` writes, read and compared. */
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
	char *text; /* what the strings point into */
	size_t n;
	struct fact *fact; /* sorted by kind, then name */
};

/*
 * Parses a dump; source names it in errors.  False, and one line without
 * newline in error, if the text is not a whole dump: a line that is no fact, a
 * name that stands twice, lines out of order, a last line "# N facts" that is
 * missing or does not agree.  Free with facts_free.
 */
bool facts_parse(struct facts *facts, const char *text, const char *source, char error[256]);
bool facts_read(struct facts *facts, const char *path, char error[256]);
void facts_free(struct facts *facts);

/* The value of a fact, or NULL. */
const char *facts_value(const struct facts *facts, const char *kind, const char *name);

/*
 * A number out of a fact's value: word is "offset", "size", "align", or "" for
 * the value itself.  -1 where there is none, or none that fits.
 */
long long facts_number(const struct facts *facts, const char *kind, const char *name,
		       const char *word);

/*
 * What changed from old to new, in words, one line each.  A fact that is new
 * or no longer absent is a warning, since newer headers add; any other change
 * is an error.  Returns the number of errors; out may be NULL.
 */
unsigned facts_diff(FILE *out, const struct facts *old, const struct facts *new);

#endif
