/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Shared code of the fuzz targets.  A target is a function that takes bytes: the content of a
 * file for a reader, or a sequence of calls.  It ends the program if a result is not the
 * expected one.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* libFuzzer calls this function with each input; it returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* If HOLDS is false, prints one line with HOLDS and the message, and ends the program. */
#define REQUIRE(HOLDS, ...)                                               \
	do {                                                              \
		if (!(HOLDS))                                             \
			finding(__FILE__, __LINE__, #HOLDS, __VA_ARGS__); \
	} while (0)
_Noreturn void finding(const char *file, int line, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- files --------------------------------------------------------------------- */

/*
 * Returns the path of a file in memory with these bytes.  which is 0 or 1; the next call with the
 * same which overwrites the file.
 */
const char *as_file(unsigned which, const uint8_t *data, size_t size);

/* Divides an input at its first zero byte into two files. */
struct pair {
	const char *path[2];
};
struct pair as_files(const uint8_t *data, size_t size);

/* The error message of a reader must be one line and not empty. */
void require_error(const char error[256]);

/* Text that is written to `out` is in `text` after written_close(). */
struct written {
	FILE *out;
	char *text;
	size_t size;
};
void written_open(struct written *written);
void written_close(struct written *written);
void written_free(struct written *written);

/* ---- numbers ------------------------------------------------------------------- */

/* The rest of an input; after its end, take() returns zeroes. */
struct input {
	const uint8_t *at;
	size_t left;
};

uint8_t take(struct input *input);
/* Returns a number from 0 to 65535. */
unsigned take16(struct input *input);
/* Returns mostly a small number, or the least or the largest number of an integer type. */
long take_long(struct input *input);
int take_int(struct input *input);

#endif
