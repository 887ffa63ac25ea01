/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The command ipc-conform cost: options and outputs. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cost.h"

enum { DONE = 0, MISUSED = 2, MAX_ONLY = 32, MAX_OUTPUTS = 4 };

struct output {
	void (*write)(FILE *out, const struct costs *costs);
	const char *path; /* NULL: standard output */
};

static int misused(const char *what, const char *detail)
{
	fprintf(stderr, "ipc-conform: cost: %s%s%s\n", what, detail ? ": " : "",
		detail ? detail : "");
	return MISUSED;
}

static bool writer(const char *format, struct output *output)
{
	static const struct {
		const char *name;
		void (*write)(FILE *out, const struct costs *costs);
	} formats[] = {{"text", costs_text}, {"json", costs_json}, {"html", costs_html}};

	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0) {
			*output = (struct output){formats[i].write, NULL};
			return true;
		}
	return false;
}

static int list(void)
{
	const struct cost_item *const tables[] = {msg_items, sem_items, shm_items};

	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct cost_item *item = tables[i]; item->id; item++)
			printf("%-28s %s%s%s\n", item->id, item->what,
			       item->of ? "; grows with " : "", item->of ? item->of : "");
	return fflush(stdout) ? misused("standard output", strerror(errno)) : DONE;
}

static int write_one(const struct output *output, const struct costs *costs)
{
	FILE *out = output->path ? fopen(output->path, "w") : stdout;
	bool failed;

	if (!out)
		return misused(output->path, strerror(errno));
	output->write(out, costs);
	failed = ferror(out) != 0;
	failed = fflush(out) != 0 || failed;
	/* Closing a serial line may discard bytes that it has not sent yet. */
	tcdrain(fileno(out));
	if (output->path)
		failed = fclose(out) != 0 || failed;
	return failed ? misused(output->path ? output->path : "standard output", "write error")
		      : DONE;
}

int cost_command(int argc, char **argv, void (*describe)(struct costs *costs))
{
	static const struct option longs[] = {
		{"clock", required_argument, NULL, 'c'},
		{"only", required_argument, NULL, 'o'},
		{"read", required_argument, NULL, 'r'},
		{"format", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'O'},
		{"list", no_argument, NULL, 'l'},
		{0},
	};
	static struct costs costs;
	struct output outputs[MAX_OUTPUTS] = {{costs_text, NULL}};
	const char *only[MAX_ONLY], *read = NULL;
	unsigned noutputs = 0, nonly = 0;
	enum clock clock = CLOCK_TIME;
	char error[256];
	int c, status = DONE;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			if (strcmp(optarg, "instructions") == 0)
				clock = CLOCK_INSTRUCTIONS;
			else if (strcmp(optarg, "time") != 0)
				return misused("--clock: instructions or time", optarg);
			break;
		case 'o':
			if (nonly == MAX_ONLY)
				return misused("--only: too many", optarg);
			only[nonly++] = optarg;
			break;
		case 'r':
			read = optarg;
			break;
		case 'f':
			if (noutputs == MAX_OUTPUTS || !writer(optarg, &outputs[noutputs++]))
				return misused("--format: text, json or html, four at most",
					       optarg);
			break;
		case 'O':
			if (noutputs == 0)
				noutputs = 1;
			outputs[noutputs - 1].path = optarg;
			break;
		case 'l':
			return list();
		default:
			return MISUSED; /* getopt_long has printed the reason */
		}
	if (optind < argc)
		return misused("takes no arguments, only options", argv[optind]);
	if (read) {
		if (!costs_read(&costs, read, error))
			return misused(error, NULL);
	} else {
		describe(&costs);
		if (!measure(&costs, clock, only, nonly, error))
			return misused(error, NULL);
	}
	for (unsigned i = 0; i < (noutputs ? noutputs : 1) && status == DONE; i++)
		status = write_one(&outputs[i], &costs);
	return status;
}
