/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "harness/textfile.h"

bool json_fail(struct json *json, const char *problem)
{
	unsigned line = 1;
	const char *start = json->text;

	for (const char *c = json->text; c < json->at; c++)
		if (*c == '\n') {
			line++;
			start = c + 1;
		}
	return textfile_error(json->error, json->source, "line %u, byte %zu: %s", line,
			      (size_t)(json->at - start) + 1, problem);
}

/* ---- marks ----------------------------------------------------------------- */

static char peek(struct json *json)
{
	json->at += strspn(json->at, " \t\r\n");
	return *json->at;
}

static bool accept(struct json *json, char mark)
{
	if (peek(json) != mark)
		return false;
	json->at++;
	return true;
}

static bool expect(struct json *json, char mark, const char *problem)
{
	return accept(json, mark) || json_fail(json, *json->at ? problem : "the text is cut short");
}

bool json_read_end(struct json *json)
{
	return peek(json) == '\0' || json_fail(json, "there is text after the end");
}

/* ---- strings --------------------------------------------------------------- */

/* Reads four hexadecimal digits after \u; -1 on error. */
static int read_hex(struct json *json)
{
	char digits[5] = "", *end;

	if (strspn(json->at, "0123456789abcdefABCDEF") < 4)
		return -1;
	memcpy(digits, json->at, 4);
	json->at += 4;
	return (int)strtol(digits, &end, 16);
}

static size_t utf8_encode(char *to, unsigned code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = length - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	to[0] = (char)((0xf00 >> length & 0xff) | code);
	return length;
}

/* Reads a character written as one or two \u escapes; returns 0 on an error: no string has it. */
static unsigned read_unicode(struct json *json)
{
	int high = read_hex(json), low;

	if (high < 0 || (high >= 0xdc00 && high < 0xe000))
		return 0;
	if (high < 0xd800 || high >= 0xe000)
		return (unsigned)high;
	if (strncmp(json->at, "\\u", 2) != 0)
		return 0;
	json->at += 2;
	low = read_hex(json);
	if (low < 0xdc00 || low >= 0xe000)
		return 0;
	return 0x10000 + ((unsigned)(high - 0xd800) << 10) + (unsigned)(low - 0xdc00);
}

/* Reads a character of a string as UTF-8; returns its length, or 0 with an error. */
static size_t read_character(struct json *json, char character[4])
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *escape;
	size_t length;

	if (*json->at != '\\') {
		if (*json->at && (unsigned char)*json->at < ' ')
			return json_fail(json, "a string has a bare control character");
		if (utf8_decode(json->at, &length) == NOT_UTF8)
			return json_fail(json, "a string is not UTF-8");
		memcpy(character, json->at, length);
		json->at += length;
		return length;
	}
	json->at++;
	if (*json->at && (escape = strchr(escapes, *json->at))) {
		*character = meanings[escape - escapes];
		json->at++;
		return 1;
	}
	unsigned code = *json->at == 'u' ? (json->at++, read_unicode(json)) : 0;
	return code ? utf8_encode(character, code)
		    : json_fail(json, "a string has an invalid escape");
}

static bool read_text(struct json *json, void *to, size_t size)
{
	char *text = to, character[4];
	size_t used = 0;

	if (!expect(json, '"', "a string is missing"))
		return false;
	while (*json->at != '"') {
		if (!*json->at)
			return json_fail(json, "the text is cut short");
		size_t length = read_character(json, character);
		if (!length)
			return false;
		if (used + length >= size)
			return json_fail(json, "a string is too long");
		memcpy(text + used, character, length);
		used += length;
	}
	json->at++;
	text[used] = '\0';
	return true;
}

static void write_text(FILE *out, const void *from)
{
	put_json(out, from);
}

/* ---- numbers --------------------------------------------------------------- */

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* The length of an unsigned number (RFC 8259), or 0. */
static size_t number_length(const char *s)
{
	size_t length = *s == '0' ? 1 : digits(s);

	if (length && s[length] == '.')
		length += digits(s + length + 1) ? 1 + digits(s + length + 1) : 0;
	if (length && (s[length] == 'e' || s[length] == 'E')) {
		size_t sign = s[length + 1] == '+' || s[length + 1] == '-';
		size_t exponent = digits(s + length + 1 + sign);
		length += exponent ? 1 + sign + exponent : 0;
	}
	return length;
}

static bool read_seconds(struct json *json, void *to, size_t size)
{
	(void)size;
	peek(json);
	size_t length = number_length(json->at);
	double seconds = length ? strtod(json->at, NULL) : -1;
	if (!(seconds >= 0 && seconds <= 1e9))
		return json_fail(json, "a number from 0 to 1e9 is missing");
	json->at += length;
	memcpy(to, &seconds, sizeof(seconds));
	return true;
}

static void write_seconds(FILE *out, const void *from)
{
	fprintf(out, "%.6f", *(const double *)from);
}

static bool read_count(struct json *json, void *to, size_t size)
{
	(void)size;
	peek(json);
	size_t length = number_length(json->at);
	unsigned long long value = length ? strtoull(json->at, NULL, 10) : 0;
	if (length == 0 || length != digits(json->at) || value > UINT_MAX)
		return json_fail(json, "a count is missing");
	unsigned count = (unsigned)value;
	json->at += length;
	memcpy(to, &count, sizeof(count));
	return true;
}

static void write_count(FILE *out, const void *from)
{
	fprintf(out, "%u", *(const unsigned *)from);
}

const struct json_type json_text = {write_text, read_text};
const struct json_type json_seconds = {write_seconds, read_seconds};
const struct json_type json_count = {write_count, read_count};

/* ---- objects and arrays ---------------------------------------------------- */

void json_write(FILE *out, const struct json_member *members, const void *from)
{
	for (const struct json_member *member = members; member->name; member++) {
		fprintf(out, "%s\"%s\":", member == members ? "{" : ",", member->name);
		member->type->write(out, (const char *)from + member->offset);
	}
	putc('}', out);
}

/* Reads a member's name; returns its index in the table, or -1 with an error. */
static int read_name(struct json *json, const struct json_member *members, unsigned seen)
{
	char name[32];
	int i = 0;

	peek(json);
	struct json before = *json;
	if (!read_text(json, name, sizeof(name)))
		return -1;
	while (members[i].name && strcmp(members[i].name, name) != 0)
		i++;
	if (members[i].name && !(seen & 1U << i))
		return i;
	json_fail(&before, members[i].name ? "a member occurs twice" : "a member is unknown");
	return -1;
}

bool json_read(struct json *json, const struct json_member *members, void *to)
{
	unsigned seen = 0;
	char missing[64];
	int i;

	if (!expect(json, '{', "an object is missing"))
		return false;
	if (peek(json) != '}')
		do {
			i = read_name(json, members, seen);
			if (i < 0 || !expect(json, ':', "a colon is missing") ||
			    !members[i].type->read(json, (char *)to + members[i].offset,
						   members[i].size))
				return false;
			seen |= 1U << i;
		} while (accept(json, ','));
	for (i = 0; members[i].name; i++)
		if (!(seen & 1U << i) && !members[i].optional && peek(json)) {
			snprintf(missing, sizeof(missing), "the member \"%s\" is missing",
				 members[i].name);
			return json_fail(json, missing);
		}
	return expect(json, '}', "an object does not end");
}

bool json_read_array(struct json *json, bool (*element)(struct json *json, void *context),
		     void *context)
{
	if (!expect(json, '[', "an array is missing"))
		return false;
	if (accept(json, ']'))
		return true;
	do
		if (!element(json, context))
			return false;
	while (accept(json, ','));
	return expect(json, ']', "an array does not end");
}
