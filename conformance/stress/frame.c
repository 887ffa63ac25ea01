/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The frame: a new namespace, the reports of failures, and the search for left-over objects. */
#include "stress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/isolate.h"

/* A round takes a moment; under the slowest tool on a busy machine, seconds. */
enum { SECONDS_OF_A_ROUND = 1800, PATTERN = 256 + 65536 };

/* The program and seed, which a failure prints from any thread or process. */
static struct {
	char text[96];
	unsigned char pattern[PATTERN];
} now;

void stress_fail(const char *file, int line, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s:%d: %s\n", now.text, name ? name + 1 : file, line, text);
	_exit(1);
}

static void stuck(int signal UNUSED)
{
	static const char text[] = ": a round does not end\n";

	/* A failing write cannot be reported anywhere. */
	if (write(STDERR_FILENO, now.text, strlen(now.text)) < 0 ||
	    write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

static void interrupted(int signal UNUSED)
{
}

const unsigned char *pattern(uint64_t which)
{
	return now.pattern + (which & 0xff);
}

static void make_pattern(void)
{
	struct random random = {1};

	for (unsigned i = 0; i < PATTERN; i++)
		now.pattern[i] = (unsigned char)random_next(&random);
}

struct sizes make_sizes(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct msginfo info;

	require(checked_msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1, "IPC_INFO: %s",
		strerror(errno));
	require((size_t)info.msgmax <= PATTERN - 256, "msgmax is %d", info.msgmax);
	return (struct sizes){
		{0, 1, 7, 8, 9, page - 1, page, page + 1, (size_t)info.msgmax},
	};
}

void frame_begin_round(const char *name, uint64_t seed)
{
	snprintf(now.text, sizeof(now.text), "%s: --seed %llu", name, (unsigned long long)seed);
	alarm(SECONDS_OF_A_ROUND);
}

bool frame_begin(const char *name)
{
	if (!isolate()) {
		fprintf(stderr, "%s: cannot create an IPC namespace\n", name);
		return false;
	}
	snprintf(now.text, sizeof(now.text), "%s", name);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = interrupted}, NULL);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = stuck}, NULL);
	make_pattern();
	return true;
}

/* The kernel names the mappings of segments "/SYSV" and the key. */
static void require_detached(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];

	require(file, "/proc/self/maps: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		require(!strstr(line, "/SYSV"), "still attached: %s", line);
	fclose(file);
}

/* The namespace was empty at the beginning, and must be empty at the end. */
void frame_end(void)
{
	static const char *const kinds[] = {"msg", "sem", "shm"};

	alarm(0);
	require_detached();

	for (unsigned i = 0; i < 3; i++) {
		char path[32], head[512], row[512] = "";
		snprintf(path, sizeof(path), "/proc/sysvipc/%s", kinds[i]);
		FILE *file = fopen(path, "r");
		require(file, "%s: %s", path, strerror(errno));
		require(fgets(head, sizeof(head), file), "%s is empty", path);
		const bool left = fgets(row, sizeof(row), file);
		fclose(file);
		require(!left, "left behind in %s: %s", path, row);
	}
}
