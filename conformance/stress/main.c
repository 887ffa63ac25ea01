/* ipc-stress: msg, sem, shm and mixed, for so long or so often. */
#include "stress.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "isolate.h"

static const struct program *const programs[] = {
	&msg_program,
	&sem_program,
	&shm_program,
	&mixed_program,
};

/* A round takes a blink; under the slowest tool on a busy machine, seconds. */
enum { SECONDS_OF_A_ROUND = 240, PATTERN = 256 + 65536 };

struct options {
	const struct program *program;
	double seconds;
	unsigned long rounds; /* 0: by time */
	uint64_t seed;
};

/* What a failure names, in whichever thread or process it happens. */
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
	ssize_t n = write(STDERR_FILENO, now.text, strlen(now.text));

	n = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)n;
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

static struct sizes make_sizes(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct msginfo info;

	require(seam_msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1, "IPC_INFO: %s",
		strerror(errno));
	require((size_t)info.msgmax <= PATTERN - 256, "msgmax is %d", info.msgmax);
	return (struct sizes){
		{0, 1, 7, 8, 9, page - 1, page, page + 1, (size_t)info.msgmax},
	};
}

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A new namespace is empty, and so must it be in the end. */
static void require_empty(void)
{
	static const char *const kinds[] = {"msg", "sem", "shm"};

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

static unsigned long run_rounds(const struct options *options, unsigned long long *done)
{
	const double begin = clock_seconds();
	const bool progress = isatty(STDERR_FILENO);
	unsigned long n = 0;

	do {
		const uint64_t seed = options->seed + n;
		struct round round = {.seed = seed, .random = {mix(seed, 0)}, .done = done};
		snprintf(now.text, sizeof(now.text), "%s: --seed %llu", options->program->name,
			 (unsigned long long)seed);
		round.ipc = random_below(&round.random, 2) ? &libc_calls : &raw_calls;
		round.processes = random_below(&round.random, 2);
		round.removal = random_below(&round.random, 4) == 0;
		round.sizes = make_sizes();
		alarm(SECONDS_OF_A_ROUND);
		options->program->run(&round);
		if (progress)
			fprintf(stderr, "\r%s: %lu rounds ", options->program->name, n + 1);
		n++;
	} while (options->rounds ? n < options->rounds
				 : clock_seconds() - begin < options->seconds);
	alarm(0);
	if (progress)
		fprintf(stderr, "\r\33[K");
	return n;
}

static int misused(const char *problem)
{
	fprintf(stderr,
		"ipc-stress: %s\n"
		"usage: ipc-stress {msg|sem|shm|mixed} [--seconds N | --rounds N] [--seed N]\n",
		problem);
	return 2;
}

/* The whole of text, from 1 to a day of seconds or as many rounds, or any seed. */
static bool number(const char *text, double least, double most, double *value)
{
	char *rest;

	*value = strtod(text, &rest);
	return rest != text && *rest == '\0' && *value >= least && *value <= most;
}

static const char *parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	double value = 0;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == '?' || !number(optarg, option == 'e' ? 0 : 1e-3, 1e9, &value))
			return "an option that is not known, or no number for it";
		if (option == 's')
			options->seconds = value;
		else if (option == 'r')
			options->rounds = (unsigned long)value;
		else
			options->seed = (uint64_t)value;
	}
	for (unsigned i = 0; optind + 1 == argc && i < sizeof(programs) / sizeof(*programs); i++)
		if (strcmp(programs[i]->name, argv[optind]) == 0)
			options->program = programs[i];
	return options->program ? NULL : "which program?";
}

int main(int argc, char **argv)
{
	struct options options = {.seconds = 1, .seed = 1};
	const char *problem = parse(argc, argv, &options);
	unsigned long long *done;

	if (problem)
		return misused(problem);
	if (!isolate()) {
		fprintf(stderr, "ipc-stress: no IPC namespace of its own can be had\n");
		return 2;
	}
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = interrupted}, NULL);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = stuck}, NULL);
	make_pattern();
	done = shared_new(sizeof(*done));
	const unsigned long rounds = run_rounds(&options, done);
	require_empty();
	printf("%s: %lu rounds, %llu %s, --seed %llu\n", options.program->name, rounds, *done,
	       options.program->counted, (unsigned long long)options.seed);
	shared_free(done, sizeof(*done));
	return 0;
}
