/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share.  A target is a function from bytes to nothing: of a
 * reader they are a file, of calls a sequence of them.  It ends the program where
 * what came is not what had to.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What libFuzzer calls; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program unless it holds, with one line that says what came. */
#define REQUIRE(HOLDS, ...)                                               \
	do {                                                              \
		if (!(HOLDS))                                             \
			finding(__FILE__, __LINE__, #HOLDS, __VA_ARGS__); \
	} while (0)
_Noreturn void finding(const char *file, int line, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- files --------------------------------------------------------------------- */

/* The path of a file with these bytes, in memory; of two, until it is asked for again. */
const char *as_file(unsigned which, const uint8_t *data, size_t size);

/* The two texts of an input, divided by a zero byte, as two files. */
struct pair {
	const char *path[2];
};
struct pair as_files(const uint8_t *data, size_t size);

/* Refused as every reader refuses: by one line, which is not empty. */
void require_error(const char error[256]);

/* What is written to `out` comes out as a string. */
struct written {
	FILE *out;
	char *text;
	size_t size;
};
void written_open(struct written *written);
void written_close(struct written *written);
void written_free(struct written *written);

/* ---- numbers ------------------------------------------------------------------- */

/* What is left of an input; behind its end are zeroes. */
struct input {
	const uint8_t *at;
	size_t left;
};

uint8_t take(struct input *input);
/* From 0 to 65535. */
unsigned take16(struct input *input);
/* A small number, or one at an end of some type. */
long take_long(struct input *input);
int take_int(struct input *input);

#endif
