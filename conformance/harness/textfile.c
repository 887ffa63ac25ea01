/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "textfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A report of ten thousand checks is 3 MB. */
enum { LARGEST = 16 << 20, FIRST = 64 << 10 };

bool textfile_error(char error[256], const char *source, const char *format, ...)
{
	va_list arguments;

	/* Cut a long path so that the reason fits. */
	int n = snprintf(error, 256, "%.150s: ", source);
	va_start(arguments, format);
	vsnprintf(error + n, 256 - (size_t)n, format, arguments);
	va_end(arguments);
	for (char *c = error; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return false;
}

/* Reads to the end of the file, or past LARGEST; sets *text even on failure. */
static bool read_all(FILE *file, char **text, size_t *size)
{
	for (size_t room = FIRST; room <= 2 * (size_t)LARGEST; room *= 2) {
		char *more = realloc(*text, room + 1);

		if (!more)
			return false;
		*text = more;
		*size += fread(*text + *size, 1, room - *size, file);
		(*text)[*size] = '\0';
		if (*size < room)
			break;
	}
	return !ferror(file);
}

char *textfile_read(const char *path, char error[256])
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	bool ok = false;

	if (!file) {
		textfile_error(error, path, "%s", strerror(errno));
		return NULL;
	}
	if (!read_all(file, &text, &size))
		textfile_error(error, path, "%s", strerror(errno));
	else if (size == 0)
		textfile_error(error, path, "is empty");
	else if (size > LARGEST)
		textfile_error(error, path, "is larger than %d MiB", LARGEST >> 20);
	else if (memchr(text, '\0', size))
		textfile_error(error, path, "has a zero byte, so it is not text");
	else
		ok = true;
	fclose(file);
	if (ok) {
		/* No spare bytes, so that a sanitizer sees a read past the end. */
		char *exact = realloc(text, size + 1);

		return exact ? exact : text;
	}
	free(text);
	return NULL;
}
