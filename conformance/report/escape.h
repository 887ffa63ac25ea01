/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Escapes strings for each format.  The texts of failures may contain quotes, markup,
 * control characters, or an incomplete UTF-8 sequence at the end of a buffer.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdio.h>

enum { NOT_UTF8 = 0x110000 };

/* Decodes the character at s and sets its length; if it is invalid, NOT_UTF8 and 1. */
unsigned utf8_decode(const char *s, size_t *length);

typedef void put_string(FILE *out, const char *s);

/* One line of plain text: a control character becomes a blank. */
put_string put_line;
/* Text or attribute of XML and HTML, without the characters that XML 1.0 forbids. */
put_string put_xml;
/* A JSON string with its quotes. */
put_string put_json;

#endif
