/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "report/json.h"
#include "report/report_parts.h"
#include "textfile.h"

#define SCHEMA "ipc-conform-record/1"

/* A line is a head, a begin, a stop or a result; other members stay unset. */
struct line {
	char schema[32];
	char build[32];
	char arch[32];
	char kernel[192];
	char libc[64];
	struct record_settings settings;
	char begun[96];
	char stopped[96];
	struct result result;
};

static const struct json_member head_members[] = {
	JSON_OPTIONAL(line, schema, "schema", json_text),
	JSON_OPTIONAL(line, build, "build", json_text),
	JSON_OPTIONAL(line, arch, "arch", json_text),
	JSON_OPTIONAL(line, kernel, "kernel", json_text),
	JSON_OPTIONAL(line, libc, "libc", json_text),
	JSON_OPTIONAL(line, settings.seed, "seed", json_count),
	JSON_OPTIONAL(line, settings.operations, "operations", json_count),
	{0},
};
static const struct json_member begun_members[] = {
	JSON_OPTIONAL(line, begun, "begun", json_text),
	{0},
};
static const struct json_member result_members[] = {
	JSON_OPTIONAL(line, result, "result", result_type),
	{0},
};
static const struct json_member line_members[] = {
	JSON_OPTIONAL(line, schema, "schema", json_text),
	JSON_OPTIONAL(line, build, "build", json_text),
	JSON_OPTIONAL(line, arch, "arch", json_text),
	JSON_OPTIONAL(line, kernel, "kernel", json_text),
	JSON_OPTIONAL(line, libc, "libc", json_text),
	JSON_OPTIONAL(line, settings.seed, "seed", json_count),
	JSON_OPTIONAL(line, settings.operations, "operations", json_count),
	JSON_OPTIONAL(line, begun, "begun", json_text),
	JSON_OPTIONAL(line, stopped, "stopped", json_text),
	JSON_OPTIONAL(line, result, "result", result_type),
	{0},
};

/* ---- reading --------------------------------------------------------------- */

static bool same_machine(const struct line *line, const struct run *run)
{
	return strcmp(line->build, run->build) == 0 && strcmp(line->arch, run->arch) == 0 &&
	       strcmp(line->kernel, run->kernel) == 0 && strcmp(line->libc, run->libc) == 0;
}

/* The index of a check in run->results, or -1. */
static long place_of(const struct run *run, const char *id)
{
	const struct result *result = find_result(run, id);

	return result ? (long)(result - run->results) : -1;
}

static bool take_line(struct record *record, const struct line *line, struct run *run,
		      struct json *json)
{
	const char *id = *line->begun	  ? line->begun
			 : *line->stopped ? line->stopped
					  : line->result.id;
	const long i = place_of(run, id);
	char problem[160];

	if (i == -1) {
		snprintf(problem, sizeof(problem), "the check %s is not among the selected ones",
			 *id ? id : "''");
		return json_fail(json, problem);
	}
	struct recorded *recorded = &record->recorded[i];
	if (*line->begun) {
		recorded->begun++;
	} else if (*line->stopped) {
		recorded->begun -= recorded->begun > 0;
	} else {
		run->results[i] = line->result;
		recorded->ended = true;
	}
	return true;
}

static bool read_lines(struct record *record, const char *path, struct run *run,
		       struct record_settings *settings, char error[256])
{
	struct json json = {record->kept, record->kept, path, error};
	struct line *line = malloc(sizeof(*line));
	bool ok = line != NULL;

	for (bool first = true; ok && json.at < record->kept + record->nkept; first = false) {
		memset(line, 0, sizeof(*line));
		ok = json_read(&json, line_members, line);
		if (!ok)
			break;
		if (!first)
			ok = take_line(record, line, run, &json);
		else if (strcmp(line->schema, SCHEMA) != 0)
			ok = json_fail(&json, "the schema is not " SCHEMA);
		else if (!same_machine(line, run))
			ok = json_fail(&json, "the record is of another program, kernel or libc");
		else
			*settings = line->settings;
		json.at += strspn(json.at, " \t\r\n");
	}
	if (!line)
		textfile_error(error, path, "no memory");
	free(line);
	return ok;
}

bool record_read(struct record *record, const char *path, struct run *run,
		 struct record_settings *settings, char error[256])
{
	struct stat status;

	*record = (struct record){.path = path};
	record->recorded = calloc(run->nresults + 1, sizeof(*record->recorded));
	if (!record->recorded)
		return textfile_error(error, "record", "no memory");
	if (!path || (stat(path, &status) == -1 && errno == ENOENT) ||
	    (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0))
		return true;
	record->kept = textfile_read(path, error);
	if (!record->kept)
		return false;
	/* The machine may have died in the middle of a line. */
	char *end = strrchr(record->kept, '\n');
	record->nkept = end ? (size_t)(end + 1 - record->kept) : 0;
	record->kept[record->nkept] = '\0';
	return read_lines(record, path, run, settings, error);
}

void record_free(struct record *record)
{
	free(record->kept);
	free(record->recorded);
	*record = (struct record){0};
}

/* ---- writing --------------------------------------------------------------- */

/* Writes the text, also to the disk, because a kernel that crashes loses the contents of memory. */
static bool write_all(int fd, const char *text, size_t size)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	/* Keeps lines to a serial port from mixing; the lock ends with its process. */
	fcntl(fd, F_SETLKW, &lock);
	bool ok = true;
	while (ok && size) {
		const ssize_t n = write(fd, text, size);

		if (n == -1 && errno == EINTR)
			continue;
		ok = n > 0;
		text += ok ? n : 0;
		size -= ok ? (size_t)n : 0;
	}
	/* fdatasync(2) fails on some files: a serial port, a pipe. */
	if (ok && fdatasync(fd) == -1 && errno != EINVAL && errno != EROFS && errno != ENOSYS)
		ok = false;
	const int error = errno;
	tcdrain(fd);
	lock.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &lock);
	errno = error;
	return ok;
}

static bool write_line(int fd, const struct json_member *members, const struct line *line)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return false;
	json_write(out, members, line);
	putc('\n', out);
	const bool ok = fclose(out) == 0 && write_all(fd, text, size);
	free(text);
	return ok;
}

int record_open(const struct record *record, const char *path, const struct run *run,
		const struct record_settings *settings, char error[256])
{
	struct line *line = calloc(1, sizeof(*line));
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	const bool same = record->path && strcmp(record->path, path) == 0;
	struct stat status;
	bool ok = line && fd != -1 && fstat(fd, &status) == 0;

	/* Continues after the last whole line, in the same file or in another. */
	if (ok && S_ISREG(status.st_mode))
		ok = ftruncate(fd, same ? (off_t)record->nkept : 0) == 0;
	if (ok && record->nkept) {
		ok = same || write_all(fd, record->kept, record->nkept);
	} else if (ok) {
		snprintf(line->schema, sizeof(line->schema), SCHEMA);
		snprintf(line->build, sizeof(line->build), "%s", run->build);
		snprintf(line->arch, sizeof(line->arch), "%s", run->arch);
		snprintf(line->kernel, sizeof(line->kernel), "%s", run->kernel);
		snprintf(line->libc, sizeof(line->libc), "%s", run->libc);
		line->settings = *settings;
		ok = ok && write_line(fd, head_members, line);
	}
	if (!ok)
		textfile_error(error, path, "%s", strerror(errno));
	free(line);
	if (!ok && fd != -1)
		close(fd);
	return ok ? fd : -1;
}

/* The line that the signal handler writes; it is formatted when the check begins. */
static char stopped_line[128];
static volatile size_t stopped_size;

bool record_begin(int fd, const char *id)
{
	struct line *line = calloc(1, sizeof(*line));

	if (!line)
		return false;
	snprintf(line->begun, sizeof(line->begun), "%s", id);
	/* Format it before the check begins, because a signal may arrive right after. */
	snprintf(stopped_line, sizeof(stopped_line), "{\"stopped\":\"%s\"}\n", id);
	stopped_size = strlen(stopped_line);
	const bool ok = write_line(fd, begun_members, line);
	free(line);
	return ok;
}

bool record_result(int fd, const struct result *result)
{
	struct line *line = calloc(1, sizeof(*line));

	if (!line)
		return false;
	line->result = *result;
	const bool ok = write_line(fd, result_members, line);
	stopped_size = 0;
	free(line);
	return ok;
}

void record_stopped(int fd)
{
	if (stopped_size && write(fd, stopped_line, stopped_size) == -1)
		return;
}
