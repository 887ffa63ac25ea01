/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * JSON for known structures: one table describes each structure, for writing and reading.
 *
 * No JSON library is used because ipc-conform links only libc and libcheck, so that it is
 * one static file that runs on any board.  The reader accepts only what this program
 * writes: every member must occur once and have its type, in any order; unknown members are
 * errors.  Only optional members, which older versions of the program did not write, may be
 * missing; the structure then keeps its value.  The tables limit the nesting, so the reader's
 * recursion is bounded for any input.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The state of reading: the rest of the text. */
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

/* A member of a structure.  A table has at most 32, and ends with a member without a name. */
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
/* The same for a member that may be missing. */
#define JSON_OPTIONAL(STRUCT, MEMBER, NAME, TYPE)                  \
	{                                                          \
		NAME, &TYPE, offsetof(struct STRUCT, MEMBER),      \
			sizeof(((struct STRUCT *)0)->MEMBER), true \
	}
/* A member whose type reads and writes the whole structure. */
#define JSON_WHOLE(STRUCT, NAME, TYPE)                       \
	{                                                    \
		NAME, &TYPE, 0, sizeof(struct STRUCT), false \
	}

/* Defines NAME_type, the type of a member that is a structure with the members of a table. */
#define JSON_OBJECT(NAME, MEMBERS)                                                                \
	static void write_##NAME(FILE *out, const void *from)                                     \
	{                                                                                         \
		json_write(out, MEMBERS, from);                                                   \
	}                                                                                         \
	static bool read_##NAME(struct json *json, void *to, size_t size __attribute__((unused))) \
	{                                                                                         \
		return json_read(json, MEMBERS, to);                                              \
	}                                                                                         \
	static const struct json_type NAME##_type = {write_##NAME, read_##NAME}

void json_write(FILE *out, const struct json_member *members, const void *from);

/* Each returns false, with a line in error, if the next part of the text is something else. */
bool json_read(struct json *json, const struct json_member *members, void *to);
bool json_read_array(struct json *json, bool (*element)(struct json *json, void *context),
		     void *context);
bool json_read_end(struct json *json);

/* Sets error to one line with the position and the problem; returns false. */
bool json_fail(struct json *json, const char *problem);

#endif
