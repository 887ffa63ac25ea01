/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* A text file as one string, or one line with its fault. */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>

/*
 * The whole file, to be freed.  NULL, and one line without newline in error,
 * for what cannot be read or is no text: a directory, an empty file, one with
 * a zero byte, one larger than any report.
 */
char *textfile_read(const char *path, char error[256]);

/* Sets error to one line, "source: ...", without newline.  Always false. */
bool textfile_error(char error[256], const char *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
