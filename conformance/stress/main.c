/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc-stress: runs msg, sem, shm or mixed for a time or a number of rounds. */
#include "harness/inherited.h"
#include "stress.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct program *const programs[] = {
	&msg_program,
	&sem_program,
	&shm_program,
	&mixed_program,
};

struct options {
	const struct program *program;
	double seconds;
	unsigned long rounds; /* 0: by time */
	uint64_t seed;
};

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long run_rounds(const struct options *options, unsigned long long *done)
{
	const double begin = clock_seconds();
	const bool progress = isatty(STDERR_FILENO);
	unsigned long n = 0;

	do {
		const uint64_t seed = options->seed + n;
		struct round round = {.seed = seed, .random = {mix(seed, 0)}, .done = done};
		frame_begin_round(options->program->name, seed);
		round.ipc = random_below(&round.random, 2) ? &libc_calls : &raw_calls;
		round.processes = random_below(&round.random, 2);
		round.removal = random_below(&round.random, 4) == 0;
		round.sizes = make_sizes();
		options->program->run(&round);
		if (progress)
			fprintf(stderr, "\r%s: %lu rounds ", options->program->name, n + 1);
		n++;
	} while (options->rounds ? n < options->rounds
				 : clock_seconds() - begin < options->seconds);
	if (progress)
		fprintf(stderr, "\r\33[K");
	return n;
}

/* Prints the problem, the value that has it, and the usage. */
static bool misused(const char *problem, const char *value, const char *allowed)
{
	fprintf(stderr,
		"ipc-stress: %s '%s'%s%s\n"
		"usage: ipc-stress {msg|sem|shm|mixed} [--seconds N | --rounds N] [--seed N]\n",
		problem, value, *allowed ? ": allowed: " : "", allowed);
	return false;
}

/* Parses the whole text. */
static bool number(const char *text, double least, double most, double *value)
{
	char *rest;

	*value = strtod(text, &rest);
	return rest != text && *rest == '\0' && *value >= least && *value <= most;
}

static bool whole_number(const char *text, double least, double most, double *value)
{
	return text[strspn(text, "0123456789")] == '\0' && number(text, least, most, value);
}

static bool parse_option(int option, struct options *options)
{
	double value;

	switch (option) {
	case 's':
		if (!number(optarg, 0.001, 86400, &options->seconds))
			return misused("--seconds", optarg, "0.001 to 86400");
		return true;
	case 'r':
		if (!whole_number(optarg, 1, 1e9, &value))
			return misused("--rounds", optarg, "1 to 1000000000");
		options->rounds = (unsigned long)value;
		return true;
	case 'e':
		if (!whole_number(optarg, 0, UINT32_MAX, &value))
			return misused("--seed", optarg, "0 to 4294967295");
		options->seed = (uint64_t)value;
		return true;
	}
	return false;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	int option;

	char letter[] = "-?";

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		if (option == ':')
			return misused("no value after", argv[optind - 1], "");
		if (option == '?') {
			/* getopt_long() has not gone on from a word with more letters. */
			letter[1] = (char)optopt;
			return misused("unknown option", optopt ? letter : argv[optind - 1],
				       "--seconds, --rounds, --seed");
		}
		if (!parse_option(option, options))
			return false;
	}
	if (optind == argc)
		return misused("program", "", "msg, sem, shm, mixed");
	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (strcmp(programs[i]->name, argv[optind]) == 0)
			options->program = programs[i];
	if (!options->program)
		return misused("program", argv[optind], "msg, sem, shm, mixed");
	return optind + 1 == argc || misused("unexpected argument", argv[optind + 1], "");
}

int main(int argc, char **argv)
{
	struct options options = {.seconds = 1, .seed = 1};
	unsigned long long *done;

	if (!open_standard_streams()) {
		fputs("ipc-stress: standard output is closed\n", stderr);
		return 2;
	}
	reset_signals();
	if (!parse(argc, argv, &options) || !frame_begin("ipc-stress"))
		return 2;
	done = shared_new(sizeof(*done));
	const unsigned long rounds = run_rounds(&options, done);
	frame_end();
	printf("%s: %lu rounds, %llu %s, --seed %llu\n", options.program->name, rounds, *done,
	       options.program->counted, (unsigned long long)options.seed);
	shared_free(done, sizeof(*done));
	if (ferror(stdout) || fflush(stdout) != 0) {
		fprintf(stderr, "ipc-stress: standard output: %s\n", strerror(errno));
		return 2;
	}
	return 0;
}
