/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * JSON of a known shape: structures described by tables, written and read by
 * the same one.
 *
 * There are JSON libraries; but ipc-conform links libc and libcheck and nothing
 * else, so that it is one static file to carry to any board.  What is read is
 * what was written here: every member must be there, once, and of its type, in
 * any order, and there is nothing else.  Only an optional member may be missing, which
 * older versions of this program did not write: the structure keeps what it held.  The shape being
 * known, reading never nests deeper than the tables do, whatever the input does.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The rest of the text. */
struct json {
	const char *text;
	const char *at;
	const char *source; /* names the text in errors */
	char *error;	    /* 256 bytes */
};

struct json_type {
	void (*write)(FILE *out, const void *from);
	bool (*read)(struct json *json, void *to, size_t size);
};

/* char[], double from 0 to 1e9, unsigned. */
extern const struct json_type json_text, json_seconds, json_count;

/* A member of a structure; the last of a table has no name.  At most 32. */
struct json_member {
	const char *name;
	const struct json_type *type;
	size_t offset, size;
	bool optional;
};
#define JSON_MEMBER(STRUCT, MEMBER, NAME, TYPE)                     \
	{                                                           \
		NAME, &TYPE, offsetof(struct STRUCT, MEMBER),       \
			sizeof(((struct STRUCT *)0)->MEMBER), false \
	}
/* The same, where it may be missing. */
#define JSON_OPTIONAL(STRUCT, MEMBER, NAME, TYPE)                  \
	{                                                          \
		NAME, &TYPE, offsetof(struct STRUCT, MEMBER),      \
			sizeof(((struct STRUCT *)0)->MEMBER), true \
	}
/* A member whose type takes the whole structure. */
#define JSON_WHOLE(STRUCT, NAME, TYPE)                       \
	{                                                    \
		NAME, &TYPE, 0, sizeof(struct STRUCT), false \
	}

void json_write(FILE *out, const struct json_member *members, const void *from);

/* Each false, with a line in error, where that does not come next. */
bool json_read(struct json *json, const struct json_member *members, void *to);
bool json_read_array(struct json *json, bool (*element)(struct json *json, void *context),
		     void *context);
bool json_read_end(struct json *json);

/* Sets error to one line that says where reading has come to; false. */
bool json_fail(struct json *json, const char *problem);

#endif
