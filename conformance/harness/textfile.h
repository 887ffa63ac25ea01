/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Reads a text file as one string, or describes the error in one line. */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>

/*
 * Returns the whole file, which the caller frees.  If it cannot be read or is not text (a
 * directory, empty, with a zero byte, larger than 16 MiB), returns NULL, with one line
 * without newline in error.
 */
char *textfile_read(const char *path, char error[256]);

/* Sets error to one line, "source: ...", without newline.  Returns false. */
bool textfile_error(char error[256], const char *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
