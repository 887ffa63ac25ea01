/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc-conform: the command line. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "abi/layers.h"
#include "abi/observe.h"
#include "abi/rules.h"
#include "checks/model/vectors.h"
#include "cost/cost.h"
#include "report/diff.h"
#include "report/escape.h"
#include "expected.h"
#include "init.h"
#include "abi/layout.h"
#include "levels.h"
#include "report/report.h"
#include "report/report_parts.h"
#include "run.h"

enum { CONFORMS = 0, DEVIATES = 1, MISUSED = 2, NOTHING_RUN = 4, NOTHING_RUN_LTP = 32 };

static const char usage[] =
	"usage: ipc-conform list [--format text|json]\n"
	"       ipc-conform run [--only GLOB] [--skip GLOB] [--jobs N] [--time-limit SECONDS]\n"
	"                       [--seed N] [--operations N] [--progress]\n"
	"                       [--level posix|linux|exact] [--for APPLICATION]\n"
	"                       [--expect LIST] [--expect-write LIST] [--fail-fast] [--shard I/N]\n"
	"                       [--record FILE] [--resume FILE]\n"
	"                       [--format text|ktap|json|junit|html|ltp] [--output FILE]\n"
	"       ipc-conform coverage [--only GLOB] [--skip GLOB] [--jobs N] [--time-limit "
	"SECONDS]\n"
	"                       [--seed N] [--operations N] [--progress]\n"
	"       ipc-conform cost [--clock instructions|time] [--only GLOB] [--read FILE.json]\n"
	"                       [--format text|json|html] [--output FILE]\n"
	"       ipc-conform cost --list\n"
	"       ipc-conform report [--format F] [--output FILE] [--expect LIST] RESULT.json...\n"
	"       ipc-conform dump [--layer LAYER]\n"
	"       ipc-conform layout [STRUCTURE] [--layer LAYER|DUMP]\n"
	"       ipc-conform diff [--partial] A B\n"
	"       ipc-conform judge LIBC.abi UAPI.abi\n"
	"       ipc-conform vectors [--seed N] [--operations N] msg|sem|shm\n"
	"\n"
	"list      lists the checks: id, file and line, what must hold, source; json: needs, "
	"too\n"
	"run       runs the checks against this kernel, each in its own IPC namespace\n"
	"coverage  runs the checks and prints which errors of each call they cover\n"
	"cost      measures each call and command, and how its cost grows\n"
	"report    writes the results of earlier runs in another format\n"
	"dump      prints the ABI facts compiled in; layer `observed` asks the kernel\n"
	"layout    prints the place of each member of one structure or all, by layers or dumps\n"
	"diff      prints what changed between two dumps, or between two JSON results;\n"
	"          --partial: B is a partial dump (ipc-btf's), missing facts do not count\n"
	"judge     judges a libc's dump by rule, given the kernel's; LIBC is the libc's name\n"
	"vectors   prints random calls of several processes and the right results, as JSON\n"
	"\n"
	"--expect LIST names the checks that are expected to fail, --expect-write writes such a\n"
	"list; --fail-fast starts no more checks after a failure, --shard 2/5 runs the second\n"
	"fifth of the checks.\n"
	"--record writes each result to FILE at once; --resume continues after the results in\n"
	"FILE, appends to it, and runs the check in which the machine died alone.\n"
	"--seed repeats the operations of random.* and history.*; --operations: how many.\n"
	"--clock instructions: a nanosecond is an instruction, as under QEMU's -icount shift=0;\n"
	"time (the default): nanoseconds of this machine.  --read takes costs from cost's JSON.\n"
	"--level selects the checks of POSIX, also those of the manual pages, or all (exact);\n"
	"--for those that an application needs: postgresql, apache, x11, fakeroot, lmbench,\n"
	"oracle or afl.\n"
	"--only, --skip, layout's --layer, --format with its --output may be repeated.\n"
	"Exit status: 0 conforms, 1 does not or checks timed out, 2 misused or could not run,\n"
	"4 nothing could be run (with --format ltp: 32).\n";

static int misused(const char *what, const char *detail)
{
	fprintf(stderr, "ipc-conform: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
	return MISUSED;
}

/* Refuses an option's value. */
static int invalid(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "ipc-conform: --%s: invalid value '%s' (%s)\n", option, value, allowed);
	return MISUSED;
}

/* ---- where reports go ----------------------------------------------------- */

enum { MAX_OUTPUTS = 8 };

struct outputs {
	unsigned n;
	struct {
		enum format format;
		const char *path; /* NULL: standard output */
	} output[MAX_OUTPUTS];
	bool format_open; /* the last one has no --output yet */
};

/* --format begins an output; --output sets the path of the last one. */
static int add_output(struct outputs *outputs, const char *format, const char *path)
{
	if (path && outputs->format_open) {
		outputs->output[outputs->n - 1].path = path;
		outputs->format_open = false;
		return CONFORMS;
	}
	if (outputs->n == MAX_OUTPUTS)
		return misused("too many outputs", format ? format : path);
	outputs->output[outputs->n].format = FORMAT_TEXT;
	outputs->output[outputs->n].path = path;
	outputs->format_open = format != NULL;
	if (format && !format_from_name(format, &outputs->output[outputs->n].format))
		return invalid("format", format, format_names());
	outputs->n++;
	return CONFORMS;
}

static int write_outputs(struct outputs *outputs, const struct run *runs, size_t nruns)
{
	if (outputs->n == 0)
		add_output(outputs, "text", NULL);
	for (unsigned i = 0; i < outputs->n; i++) {
		const char *path = outputs->output[i].path;
		FILE *out = path ? fopen(path, "w") : stdout;

		if (!out)
			return misused(path, strerror(errno));
		errno = 0;
		report(out, outputs->output[i].format, runs, nruns);
		/* A full disk may show only when the last bytes are written. */
		bool failed = ferror(out) != 0;
		failed = fflush(out) != 0 || failed;
		int error = errno;
		/* Closing a serial line may discard bytes that it has not sent yet. */
		tcdrain(fileno(out));
		errno = 0;
		if (path && fclose(out)) {
			error = failed ? error : errno;
			failed = true;
		}
		if (failed)
			return misused(path ? path : "standard output", strerror(error));
	}
	return CONFORMS;
}

/* The exit status of a verdict: LTP's runners take 32 as a skip, and 4 as a warning. */
static int exit_status(int status, const struct outputs *outputs)
{
	for (unsigned i = 0; i < outputs->n && status == NOTHING_RUN; i++)
		if (outputs->output[i].format == FORMAT_LTP)
			status = NOTHING_RUN_LTP;
	return status;
}

/* Tries before the run whether the outputs can be written. */
static int try_output(const char *path)
{
	FILE *out = fopen(path, "a");

	if (!out)
		return misused(path, strerror(errno));
	fclose(out);
	return CONFORMS;
}

static int try_outputs(const struct outputs *outputs)
{
	int status = CONFORMS;

	for (unsigned i = 0; i < outputs->n && status == CONFORMS; i++)
		if (outputs->output[i].path)
			status = try_output(outputs->output[i].path);
	return status;
}

/* ---- list ------------------------------------------------------------------ */

static void list_text(const struct instance *instances, size_t n)
{
	char place[128];

	for (size_t i = 0; i < n; i++) {
		const struct check *check = instances[i].check;

		snprintf(place, sizeof(place), "%s:%d", check->file, check->line);
		printf("%-44s %-40s %s [%s: %s]\n", instances[i].id, place, check->title,
		       level_names[instances[i].level], check->source);
	}
}

static void put_string_member(const char *name, const char *value)
{
	printf("\"%s\":", name);
	put_json(stdout, value);
	putchar(',');
}

/* The members of struct check; calls is the last part of the id ("libc" if it has none). */
static void list_json(const struct instance *instances, size_t n)
{
	static const char *const needs[] = {
#define X(N) #N,
		NEEDS(X)
#undef X
	};

	fputs("{\"schema\":\"ipc-conform-list/1\",\"checks\":[", stdout);
	for (size_t i = 0; i < n; i++) {
		const struct check *check = instances[i].check;
		const char *suffix = instances[i].id + strlen(check->id);
		const char *comma = "";

		fputs(i ? ",\n{" : "\n{", stdout);
		put_string_member("id", instances[i].id);
		put_string_member("check", check->id);
		put_string_member("calls", *suffix == '.' ? suffix + 1 : "libc");
		put_string_member("title", check->title);
		put_string_member("source", check->source);
		put_string_member("level", level_names[instances[i].level]);
		if (instances[i].clause)
			put_string_member("clause", instances[i].clause);
		put_string_member("file", check->file);
		printf("\"line\":%d,\"needs\":[", check->line);
		for (unsigned need = 0; need < NNEEDS; need++)
			if (check->needs & 1u << need) {
				printf("%s\"%s\"", comma, needs[need]);
				comma = ",";
			}
		fputs("]}", stdout);
	}
	fputs("\n]}\n", stdout);
}

static int list(int argc, char **argv)
{
	static const struct option longs[] = {{"format", required_argument, NULL, 'f'}, {0}};
	const struct options all = {0};
	bool json = false;
	size_t n;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'f')
			return MISUSED;
		json = strcmp(optarg, "json") == 0;
		if (!json && strcmp(optarg, "text") != 0)
			return misused("list --format takes text or json, not", optarg);
	}
	if (optind < argc)
		return misused("list takes no arguments", argv[optind]);
	struct instance *instances = select_checks(&all, &n);
	if (!instances)
		return misused("no memory", NULL);
	(json ? list_json : list_text)(instances, n);
	free(instances);
	return fflush(stdout) ? misused("standard output", strerror(errno)) : CONFORMS;
}

/* ---- run ------------------------------------------------------------------- */

static void describe_machine(struct run *run)
{
	struct utsname name;

	uname(&name);
	snprintf(run->build, sizeof(run->build), "%s", BUILD);
	snprintf(run->arch, sizeof(run->arch), "%s", ARCH);
	snprintf(run->machine, sizeof(run->machine), "%s", name.machine);
	snprintf(run->kernel, sizeof(run->kernel), "%s %s", name.release, name.version);
#ifdef __GLIBC__
	snprintf(run->libc, sizeof(run->libc), "glibc %s", gnu_get_libc_version());
#else
	snprintf(run->libc, sizeof(run->libc), "%s", libc_layer()->name);
#endif
}

/* Prints the table, and how many checks it lacks because they were skipped. */
static int write_coverage(const struct coverage *coverage, const struct run *run)
{
	unsigned skipped = 0;

	for (size_t i = 0; i < run->nresults; i++)
		skipped += run->results[i].outcome == SKIPPED ||
			   run->results[i].outcome == NOT_IMPLEMENTED;
	coverage_print(stdout, coverage);
	if (skipped)
		printf("%u of %zu checks were skipped, and are not counted\n", skipped,
		       run->nresults);
	return fflush(stdout) ? misused("standard output", strerror(errno)) : CONFORMS;
}

/* The list of expected failures, and where to write the next list. */
struct lists {
	const char *path, *write;
	struct expected *expected;
};

static bool is_check(const char *glob)
{
	const struct options one = {.only = {glob}, .nonly = 1};
	size_t n;

	free(select_checks(&one, &n));
	return n > 0;
}

/* A glob without a check is an error: the check may have been renamed. */
static int read_lists(struct lists *lists, const struct run *run)
{
	char error[256], words[128];
	const char *glob;
	unsigned line;

	if (!lists->path)
		return CONFORMS;
	lists->expected = expected_read(lists->path, error);
	if (!lists->expected)
		return misused(error, NULL);
	line = expected_unknown(lists->expected, run, is_check, &glob);
	if (!line)
		return CONFORMS;
	snprintf(words, sizeof(words), "line %u: no check matches %.32s", line, glob);
	return misused(lists->path, words);
}

static int write_list(const struct lists *lists, const struct run *run)
{
	FILE *out = fopen(lists->write, "w");

	if (!out)
		return misused(lists->write, strerror(errno));
	errno = 0;
	expected_write(out, lists->expected, run);
	bool failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	return failed ? misused(lists->write, strerror(errno)) : CONFORMS;
}

static int finish_run(const struct options *options, struct outputs *outputs,
		      const struct lists *lists, struct run *run)
{
	int status = CONFORMS;

	if (lists->expected)
		expected_apply(lists->expected, run);
	if (lists->write)
		status = write_list(lists, run);
	if (status == CONFORMS)
		status = outputs ? write_outputs(outputs, run, 1)
				 : write_coverage(options->coverage, run);
	if (status == CONFORMS)
		status = outputs ? exit_status(verdict(run, 1), outputs) : verdict(run, 1);
	return status;
}

static int run_selected(struct options *options, struct outputs *outputs, struct lists *lists)
{
	struct run run = {0};
	char error[256];
	size_t n;
	struct instance *instances = select_checks(options, &n);
	int status;

	if (!instances || n == 0) {
		free(instances);
		return misused("no check matches; `ipc-conform list` lists the checks", NULL);
	}
	describe_machine(&run);
	status = read_lists(lists, &run);
	options->expected = lists->expected;
	if (status == CONFORMS)
		status = run_checks(options, instances, n, &run, error)
				 ? finish_run(options, outputs, lists, &run)
				 : misused(error, NULL);
	expected_free(lists->expected);
	free(run.results);
	free(instances);
	return status;
}

/* A glob that no id matches is a usage error, not an empty run. */
static const char *unknown_glob(const struct options *options)
{
	for (unsigned i = 0; i < options->nonly; i++)
		if (!is_check(options->only[i]))
			return options->only[i];
	for (unsigned i = 0; i < options->nskip; i++)
		if (!is_check(options->skip[i]))
			return options->skip[i];
	return NULL;
}

static bool number(const char *text, double least, double most, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && !*end && *value >= least && *value <= most;
}

static const struct options defaults = {.jobs = 1, .time_limit = 120, .operations = 300};

/* Parses "2/5", the second of five parts. */
static bool parse_shard(const char *text, struct options *options)
{
	char *slash, *end;
	const unsigned long shard = strtoul(text, &slash, 10);
	const unsigned long shards = *slash == '/' ? strtoul(slash + 1, &end, 10) : 0;

	if (text[strspn(text, "0123456789/")] || *slash != '/' || *end || shard < 1 ||
	    shard > shards || shards > MAX_SHARDS)
		return false;
	options->shard = (unsigned)shard;
	options->shards = (unsigned)shards;
	return true;
}

/* Parses the value of --seed ('S') or --operations ('n'). */
static bool parse_random(int option, struct options *options)
{
	double value;

	if (option == 'S' ? !number(optarg, 0, UINT_MAX, &value)
			  : !number(optarg, 1, 10000000, &value)) {
		invalid(option == 'S' ? "seed" : "operations", optarg,
			option == 'S' ? "0 to 4294967295" : "1 to 10000000");
		return false;
	}
	*(option == 'S' ? &options->seed : &options->operations) = (unsigned)value;
	return true;
}

/* Parses the options of run, and of coverage, which has no outputs and no lists. */
static int parse_run(int argc, char **argv, struct options *options, struct outputs *outputs,
		     struct lists *lists)
{
	static const struct option longs[] = {
		{"format", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'O'},
		{"expect", required_argument, NULL, 'e'},
		{"expect-write", required_argument, NULL, 'w'},
		{"record", required_argument, NULL, 'R'},
		{"resume", required_argument, NULL, 'r'},
		{"fail-fast", no_argument, NULL, 'F'},
		{"shard", required_argument, NULL, 'N'},
		{"level", required_argument, NULL, 'l'},
		{"for", required_argument, NULL, 'A'},
		{"only", required_argument, NULL, 'o'},
		{"skip", required_argument, NULL, 's'},
		{"jobs", required_argument, NULL, 'j'},
		{"time-limit", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 'S'},
		{"operations", required_argument, NULL, 'n'},
		{"progress", no_argument, NULL, 'p'},
		{0},
	};
	enum { NRUN = 8 }; /* the number of options that coverage lacks */
	double value;
	int c;

	*options = defaults;
	/* By default each run has another seed; a failure names it. */
	if (getrandom(&options->seed, sizeof(options->seed), GRND_NONBLOCK) == -1)
		options->seed = (unsigned)time(NULL);
	/* Process 1 writes to a console, which keeps every line. */
	options->progress = isatty(STDERR_FILENO) && getppid() != 1;
	while ((c = getopt_long(argc, argv, "", outputs ? longs : longs + NRUN, NULL)) != -1) {
		switch (c) {
		case 'o':
			if (options->nonly == MAX_GLOBS)
				return misused("--only: too many patterns", optarg);
			options->only[options->nonly++] = optarg;
			break;
		case 's':
			if (options->nskip == MAX_GLOBS)
				return misused("--skip: too many patterns", optarg);
			options->skip[options->nskip++] = optarg;
			break;
		case 'A':
			options->application = application_named(optarg);
			if (!options->application)
				return invalid("for", optarg, application_names());
			break;
		case 'l':
			if (!level_from_name(optarg, &options->level))
				return invalid("level", optarg, "posix, linux, exact");
			break;
		case 'j':
			if (!number(optarg, 1, 1024, &value))
				return invalid("jobs", optarg, "1 to 1024");
			options->jobs = (unsigned)value;
			break;
		case 't':
			if (!number(optarg, 0.001, 86400, &options->time_limit))
				return invalid("time-limit", optarg, "0.001 to 86400 seconds");
			break;
		case 'S':
		case 'n':
			if (!parse_random(c, options))
				return MISUSED;
			break;
		case 'p':
			options->progress = true;
			break;
		case 'e':
			lists->path = optarg;
			break;
		case 'w':
			lists->write = optarg;
			break;
		case 'R':
			options->record = optarg;
			break;
		case 'r':
			options->resume = optarg;
			break;
		case 'F':
			options->fail_fast = true;
			break;
		case 'N':
			if (!parse_shard(optarg, options)) {
				fprintf(stderr,
					"ipc-conform: --shard: invalid value '%s' (I/N: I from 1 "
					"to N, "
					"N at most %u)\n",
					optarg, MAX_SHARDS);
				return MISUSED;
			}
			break;
		case 'f':
			/* coverage has no --format, so it does not get here. */
			if (!outputs || add_output(outputs, optarg, NULL) != CONFORMS)
				return MISUSED;
			break;
		case 'O':
			if (!outputs || add_output(outputs, NULL, optarg) != CONFORMS)
				return MISUSED;
			break;
		default:
			return MISUSED; /* getopt_long has printed the reason */
		}
	}
	if (optind < argc)
		return misused("run and coverage take no arguments", argv[optind]);
	if (lists->path && lists->write &&
	    (options->nonly || options->nskip || options->shards || options->fail_fast ||
	     options->level != NO_LEVEL || options->application))
		return misused("--expect-write with --expect needs all checks: no --only, --skip, "
			       "--shard, --fail-fast, --level, --for",
			       NULL);
	/* A resumed run may die too, so record it. */
	if (options->resume && !options->record)
		options->record = options->resume;
	const char *unknown = unknown_glob(options);
	return unknown ? misused("no check matches", unknown) : CONFORMS;
}

/* Called before the first check: prints the needs that this machine does not meet. */
static void announce(const struct run *run)
{
	report_facts(stdout, run);
	putc('\n', stdout);
	fflush(stdout);
}

static int run(int argc, char **argv)
{
	struct options options;
	struct outputs outputs = {0};
	struct lists lists = {0};
	int status = parse_run(argc, argv, &options, &outputs, &lists);

	if (status == CONFORMS)
		status = try_outputs(&outputs);
	if (status == CONFORMS && lists.write)
		status = try_output(lists.write);
	if (outputs.n == 0)
		add_output(&outputs, "text", NULL);
	for (unsigned i = 0; i < outputs.n; i++)
		if (outputs.output[i].format == FORMAT_TEXT && !outputs.output[i].path)
			options.announce = announce;
	return status ? status : run_selected(&options, &outputs, &lists);
}

/* ---- coverage ------------------------------------------------------------------ */

static int coverage(int argc, char **argv)
{
	static struct coverage coverage;
	struct options options;
	struct lists lists = {0};
	int status = parse_run(argc, argv, &options, NULL, &lists);

	if (status)
		return status;
	options.coverage = &coverage;
	return run_selected(&options, NULL, &lists);
}

/* ---- cost ---------------------------------------------------------------------- */

static void describe_costs(struct costs *costs)
{
	struct run run;

	describe_machine(&run);
	memcpy(costs->build, run.build, sizeof(costs->build));
	memcpy(costs->arch, run.arch, sizeof(costs->arch));
	memcpy(costs->machine, run.machine, sizeof(costs->machine));
	memcpy(costs->kernel, run.kernel, sizeof(costs->kernel));
	memcpy(costs->libc, run.libc, sizeof(costs->libc));
}

static int cost(int argc, char **argv)
{
	return cost_command(argc, argv, describe_costs);
}

/* ---- report ----------------------------------------------------------------- */

/* Appends the runs of one file to *runs, which owns them. */
static bool append_runs(const char *path, struct run **runs, size_t *nruns, char error[256])
{
	size_t n;
	struct run *more = read_runs(path, &n, error);
	struct run *all = more ? realloc(*runs, (*nruns + n) * sizeof(**runs)) : NULL;

	if (!all) {
		if (more)
			free_runs(more, n);
		return false;
	}
	memcpy(all + *nruns, more, n * sizeof(*more));
	free(more);
	*runs = all;
	*nruns += n;
	return true;
}

static int report_files(int argc, char **argv)
{
	static const struct option longs[] = {
		{"format", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'O'},
		{"expect", required_argument, NULL, 'e'},
		{0},
	};
	struct outputs outputs = {0};
	struct lists lists = {0};
	struct run *runs = NULL;
	size_t nruns = 0;
	char error[256] = "no memory";
	int c, status;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == 'e')
			lists.path = optarg;
		else if (c == '?' || add_output(&outputs, c == 'f' ? optarg : NULL,
						c == 'O' ? optarg : NULL) != CONFORMS)
			return MISUSED;
	if (optind == argc)
		return misused("report: no RESULT.json", NULL);
	status = try_outputs(&outputs);
	for (int i = optind; i < argc && status == CONFORMS; i++)
		if (!append_runs(argv[i], &runs, &nruns, error))
			status = misused(error, NULL);
	if (status == CONFORMS && lists.path) {
		lists.expected = expected_read(lists.path, error);
		if (!lists.expected)
			status = misused(error, NULL);
		for (size_t i = 0; lists.expected && i < nruns; i++)
			expected_apply(lists.expected, &runs[i]);
		expected_free(lists.expected);
	}
	if (status == CONFORMS && (status = write_outputs(&outputs, runs, nruns)) == CONFORMS)
		status = exit_status(verdict(runs, nruns), &outputs);
	free_runs(runs, nruns);
	return status;
}

/* ---- dump, layout, diff, judge --------------------------------------------------------- */

static int no_layer(const char *name, const char *more)
{
	fprintf(stderr, "ipc-conform: --layer: unknown layer '%s'; known:", name);
	for (const struct layer *layer = layers; layer->name; layer++)
		fprintf(stderr, " %s", layer->name);
	fprintf(stderr, "%s\n", more);
	return MISUSED;
}

static int dump(int argc, char **argv)
{
	static const struct option longs[] = {{"layer", required_argument, NULL, 'l'}, {0}};
	const char *name = libc_layer()->name;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c != 'l')
			return MISUSED;
		else
			name = optarg;
	if (optind < argc)
		return misused("dump takes no arguments", argv[optind]);
	if (strcmp(name, "observed") == 0) {
		observed_dump(stdout);
	} else if (layer_named(name)) {
		fputs(layer_text(layer_named(name)), stdout);
	} else {
		return no_layer(name, " observed");
	}
	return fflush(stdout) ? misused("standard output", strerror(errno)) : CONFORMS;
}

static int layout(int argc, char **argv)
{
	static const struct option longs[] = {{"layer", required_argument, NULL, 'l'}, {0}};
	const char *names[16];
	const unsigned most = sizeof(names) / sizeof(names[0]);
	unsigned n = 0;
	char error[256];
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c != 'l')
			return MISUSED;
		else if (n == most)
			return misused("layout: too many layers", optarg);
		else if (!layer_named(optarg) && access(optarg, F_OK) != 0)
			return no_layer(optarg, ", or a file of dump");
		else
			names[n++] = optarg;
	if (argc - optind > 1)
		return misused("layout takes one structure, or none for all", argv[optind + 1]);
	if (argv[optind] && !layout_has(argv[optind]))
		return misused("no such structure in the table", argv[optind]);
	if (n == 0)
		for (const struct layer *layer = layers; layer->name && n < most; layer++)
			names[n++] = layer->name;
	for (unsigned i = 0; i < n; i++)
		if (!layouts_text(stdout, argv[optind], names[i], error))
			return misused(error, NULL);
	return fflush(stdout) ? misused("standard output", strerror(errno)) : CONFORMS;
}

static int diff(int argc, char **argv)
{
	static const struct option longs[] = {{"partial", no_argument, NULL, 'p'}, {0}};
	bool partial = false;
	char error[256];
	int c, status;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c != 'p')
			return MISUSED;
		else
			partial = true;
	if (argc - optind != 2)
		return misused("diff takes two files", NULL);
	status = diff_files(stdout, partial, argv[optind], argv[optind + 1], error);
	if (status == 2)
		return misused(error, NULL);
	return fflush(stdout) ? misused("standard output", strerror(errno)) : status;
}

/* The name of the libc: "musl" for "build/port/musl.abi". */
static void libc_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, size, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = '\0';
}

static int judge(int argc, char **argv)
{
	struct facts libc, kernel = {0};
	char name[64], error[256];
	int wrong = -1;

	if (argc != 3)
		return misused("judge takes two dumps, a libc's and the kernel's", NULL);
	libc_name(argv[1], name, sizeof(name));
	if (facts_read(&libc, argv[1], error) && facts_read(&kernel, argv[2], error))
		wrong = rules_judge(stdout, name, &libc, &kernel, error);
	facts_free(&libc);
	facts_free(&kernel);
	if (wrong < 0)
		return misused(error, NULL);
	if (fflush(stdout))
		return misused("standard output", strerror(errno));
	return wrong ? DEVIATES : CONFORMS;
}

/* ---- vectors ------------------------------------------------------------------------ */

static int vectors(int argc, char **argv)
{
	static const struct option longs[] = {{"seed", required_argument, NULL, 'S'},
					      {"operations", required_argument, NULL, 'n'},
					      {0}};
	struct options options = defaults;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == '?' || !parse_random(c, &options))
			return MISUSED;
	if (argc - optind != 1)
		return misused("vectors takes one facility", vector_facilities);
	if (!vectors_write(stdout, argv[optind], options.seed, options.operations)) {
		fprintf(stderr, "ipc-conform: vectors: no such facility: %s (%s)\n", argv[optind],
			vector_facilities);
		return MISUSED;
	}
	return fflush(stdout) ? misused("standard output", strerror(errno)) : CONFORMS;
}

static int command(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"list", list},		  {"run", run},	    {"coverage", coverage},
		{"report", report_files}, {"dump", dump},   {"layout", layout},
		{"diff", diff},		  {"judge", judge}, {"cost", cost},
		{"vectors", vectors},
	};

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
		return fputs(usage, stdout) < 0 || fflush(stdout) ? MISUSED : CONFORMS;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1)
		misused("unknown command", argv[1]);
	fputs(usage, stderr);
	return MISUSED;
}

int main(int argc, char **argv)
{
	return getpid() == 1 ? run_as_init(command, argc, argv) : command(argc, argv);
}
