/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <stdbool.h>
#include <string.h>

/* RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
unsigned utf8_decode(const char *s, size_t *length)
{
	static const struct {
		unsigned mask, lead, least;
	} forms[] = {
		{0x80, 0x00, 0x0},
		{0xe0, 0xc0, 0x80},
		{0xf0, 0xe0, 0x800},
		{0xf8, 0xf0, 0x10000},
	};
	const unsigned char *byte = (const unsigned char *)s;
	size_t n = 0;

	*length = 1;
	while (n < 4 && (byte[0] & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4)
		return NOT_UTF8;
	unsigned code = byte[0] & ~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return NOT_UTF8;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < forms[n].least || code >= NOT_UTF8 || (code >= 0xd800 && code < 0xe000))
		return NOT_UTF8;
	*length = n + 1;
	return code;
}

static bool is_control(unsigned code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0);
}

/*
 * An invalid byte becomes '?', not U+FFFD, which has three bytes: a string must still fit
 * into its member when it is read back.
 */
static void put_character(FILE *out, unsigned code, const char *s, size_t length)
{
	if (code == NOT_UTF8)
		putc('?', out);
	else
		fwrite(s, 1, length, out);
}

void put_line(FILE *out, const char *s)
{
	for (size_t length; *s; s += length) {
		unsigned code = utf8_decode(s, &length);

		if (is_control(code))
			putc(' ', out);
		else
			put_character(out, code, s, length);
	}
}

void put_xml(FILE *out, const char *s)
{
	for (size_t length; *s; s += length) {
		unsigned code = utf8_decode(s, &length);

		/* Character references survive attribute normalization (XML 1.0, 3.3.3). */
		if (code < 0x80 && strchr("&<>\"'\t\n\r", (int)code))
			fprintf(out, "&#%u;", code);
		else if (!is_control(code) && code != 0xfffe && code != 0xffff)
			put_character(out, code, s, length);
	}
}

void put_json(FILE *out, const char *s)
{
	putc('"', out);
	for (size_t length; *s; s += length) {
		unsigned code = utf8_decode(s, &length);

		if (code == '"' || code == '\\')
			fprintf(out, "\\%c", code);
		else if (is_control(code))
			fprintf(out, "\\u%04x", code);
		else
			put_character(out, code, s, length);
	}
	putc('"', out);
}
