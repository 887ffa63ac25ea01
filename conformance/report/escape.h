/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Strings of anywhere, written so that they are only text where they land:
 * what a check saw may hold quotes, markup, control characters, or half a
 * UTF-8 sequence where a buffer ended.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdio.h>

enum { NOT_UTF8 = 0x110000 };

/* The character at s and its length; NOT_UTF8 and 1 where there is none. */
unsigned utf8_decode(const char *s, size_t *length);

typedef void put_string(FILE *out, const char *s);

/* One line of plain text: a control character becomes a blank. */
put_string put_line;
/* Text or attribute of XML and HTML: what XML 1.0 forbids is left out. */
put_string put_xml;
/* A JSON string with its quotes. */
put_string put_json;

#endif
