/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void finding(const char *file, int line, const char *what, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	va_list arguments;

	fprintf(stderr, "FINDING %s:%d: not %s: ", name ? name + 1 : file, line, what);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\n", stderr);
	abort();
}

/* ---- files --------------------------------------------------------------------- */

const char *as_file(unsigned which, const uint8_t *data, size_t size)
{
	static struct {
		int fd; /* the descriptor plus 1; 0: no file yet */
		char path[32];
	} files[2];
	int fd = files[which].fd - 1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		files[which].fd = fd + 1;
		snprintf(files[which].path, sizeof(files[which].path), "/proc/self/fd/%d", fd);
	}
	REQUIRE(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size,
		"a file of %zu bytes", size);
	return files[which].path;
}

struct pair as_files(const uint8_t *data, size_t size)
{
	const uint8_t *zero = memchr(data, 0, size);
	size_t first = zero ? (size_t)(zero - data) : size;
	size_t second = zero ? first + 1 : size;

	return (struct pair){
		{as_file(0, data, first), as_file(1, data + second, size - second)},
	};
}

void require_error(const char error[256])
{
	size_t length = strnlen(error, 256);

	REQUIRE(length > 0 && length < 256, "%zu bytes", length);
	for (size_t i = 0; i < length; i++)
		REQUIRE((unsigned char)error[i] >= ' ' && error[i] != 0x7f, "\"%s\"", error);
}

void written_open(struct written *written)
{
	written->out = open_memstream(&written->text, &written->size);
	REQUIRE(written->out, "no memory");
}

void written_close(struct written *written)
{
	REQUIRE(fclose(written->out) == 0, "no memory");
	REQUIRE(strlen(written->text) == written->size, "a zero byte in %zu bytes", written->size);
}

void written_free(struct written *written)
{
	free(written->text);
}

/* ---- numbers ------------------------------------------------------------------- */

uint8_t take(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

unsigned take16(struct input *input)
{
	unsigned high = take(input);

	return high << 8 | take(input);
}

long take_long(struct input *input)
{
	static const long ends[] = {
		LONG_MIN, LONG_MIN + 1, LONG_MAX - 1, LONG_MAX,	 INT_MIN,  INT_MAX,
		INT_MAX,  SHRT_MIN,	SHRT_MAX,     USHRT_MAX, 1L << 30, 1L << 24,
	};
	const unsigned n = sizeof(ends) / sizeof(ends[0]);
	uint8_t byte = take(input);

	/* Most bytes give a number near 0. */
	return byte < 256 - n ? (long)byte - 64 : ends[byte - (256 - n)];
}

int take_int(struct input *input)
{
	long value = take_long(input);

	return value < INT_MIN ? INT_MIN : value > INT_MAX ? INT_MAX : (int)value;
}
