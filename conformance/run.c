/*
 * The runner: each check in a process of libcheck's, which gives it a time
 * limit and sees how it ends; what the check notes comes through shared memory.
 *
 * libcheck runs one test after another, so there is a runner for each worker
 * process, and a suite for each check; it has no status for a test that cannot
 * be run, so needs are asked before.
 */
#include "run.h"

#include <check.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "expect.h"
#include "isolate.h"

/* Between the processes of a run. */
struct shared {
	unsigned next; /* the first instance that no worker has taken */
	unsigned done;
	struct unmet unmet;
	struct slot {
		struct result result;
		struct made made;
		struct covered covered;
	} slot[];
};

/* What the processes of a run inherit; libcheck hands a test nothing but a number. */
static struct {
	const struct instance *instances;
	const struct options *options;
	struct shared *shared;
	bool covering;
} inherited;

unsigned random_seed(void)
{
	return inherited.options->seed;
}

unsigned random_operations(void)
{
	return inherited.options->operations;
}

/* ---- selection ----------------------------------------------------------- */

/* The linker makes these of the section that CHECK fills. */
extern const struct check *const __start_ipc_checks[];
extern const struct check *const __stop_ipc_checks[];

static bool matches(const char *id, const char *const *globs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (fnmatch(globs[i], id, 0) == 0)
			return true;
	return false;
}

static bool selected(const struct options *options, const char *id)
{
	return (options->nonly == 0 || matches(id, options->only, options->nonly)) &&
	       !matches(id, options->skip, options->nskip);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct instance *)a)->id, ((const struct instance *)b)->id);
}

/* One way of calling, and what ids of it end in. */
struct way {
	unsigned via;
	const char *suffix;
	const struct ipc_calls *calls;
};

static bool add_instance(const struct options *options, const struct check *check,
			 const struct way *way, struct instance *new)
{
	if (!way->calls || !(check->via & way->via))
		return false;
	snprintf(new->id, sizeof(new->id), "%s%s", check->id, way->suffix);
	new->check = check;
	new->calls = way->calls;
	return selected(options, new->id);
}

struct instance *select_checks(const struct options *options, size_t *n)
{
	const struct way ways[] = {
		{LIBC, "", &libc_calls},
		{BY_NUMBER, ".raw", &raw_calls},
		{MULTIPLEXED, ".ipc", multiplexed_calls()},
	};
	enum { NWAYS = sizeof(ways) / sizeof(ways[0]) };
	size_t most = NWAYS * (size_t)(__stop_ipc_checks - __start_ipc_checks);
	struct instance *instances = calloc(most + 1, sizeof(*instances));

	*n = 0;
	if (!instances)
		return NULL;
	for (const struct check *const *entry = __start_ipc_checks; entry < __stop_ipc_checks;
	     entry++)
		for (unsigned i = 0; i < NWAYS; i++)
			*n += add_instance(options, *entry, &ways[i], &instances[*n]);
	qsort(instances, *n, sizeof(*instances), by_id);
	return instances;
}

/* ---- one check ----------------------------------------------------------- */

START_TEST(body)
{
	const struct instance *instance = &inherited.instances[_i];
	struct slot *slot = &inherited.shared->slot[_i];
	const struct ipc_calls *calls = instance->calls;

	expect_into(&slot->result);
	if (inherited.shared->unmet.reason[NAMESPACE_INDEX][0] || !isolate())
		calls = tracking_calls(calls, &slot->made);
	if (inherited.covering) {
		cover_into(&slot->covered);
		calls = covering_calls(calls);
	}
	instance->check->body(calls, instance->check->arg);
	if (slot->result.nfailures)
		ck_abort_msg("%s", slot->result.failures[0].what);
}
END_TEST

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *unmet_need(const struct check *check, const struct unmet *unmet)
{
	for (unsigned i = 0; i < NNEEDS; i++)
		if (check->needs & 1u << i && unmet->reason[i][0])
			return unmet->reason[i];
	return NULL;
}

/* Lets libcheck run the check; a verdict that the check did not note itself is noted here. */
static void run_body(const struct instance *instance, int i, double time_limit,
		     struct result *result)
{
	Suite *suite = suite_create(instance->id);
	TCase *tcase = tcase_create(instance->id);
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tcase, time_limit);
	tcase_add_loop_test(tcase, body, i, i + 1);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_FORK);
	/* Tagged, since the plain form lets the environment leave tests out. */
	srunner_run_tagged(runner, NULL, NULL, NULL, NULL, CK_SILENT);
	TestResult **results = srunner_results(runner);
	expect_into(result);
	if (srunner_ntests_run(runner) != 1)
		fail_at(instance->check->file, instance->check->line, "the check", "one run",
			"none");
	else if (tr_rtype(results[0]) != CK_PASS && result->nfailures == 0 &&
		 result->outcome != SKIPPED)
		fail_at(instance->check->file, instance->check->line, "the check's process",
			"an ordinary end", tr_msg(results[0]));
	free(results);
	srunner_free(runner);
}

static void run_instance(const struct options *options, int i)
{
	const struct instance *instance = &inherited.instances[i];
	struct slot *slot = &inherited.shared->slot[i];
	struct result *result = &slot->result;
	const char *reason = unmet_need(instance->check, &inherited.shared->unmet);
	double begin = now();

	if (reason) {
		snprintf(result->reason, sizeof(result->reason), "%s", reason);
		result->outcome = SKIPPED;
	} else {
		run_body(instance, i, options->time_limit, result);
		remove_made(&slot->made);
	}
	/* A check that failed before it found that it cannot go on has failed. */
	if (result->nfailures)
		result->outcome = FAILED;
	else if (result->outcome != SKIPPED)
		result->outcome = PASSED;
	result->seconds = now() - begin;
}

/* ---- all of them --------------------------------------------------------- */

static void show_progress(const struct shared *shared, size_t n, const char *id)
{
	fprintf(stderr, "\r\033[K%u/%zu %s", shared->done, n, id);
	if (shared->done == n)
		fprintf(stderr, "\r\033[K");
	fflush(stderr);
}

static void work(const struct options *options, size_t n)
{
	struct shared *shared = inherited.shared;

	for (;;) {
		unsigned i = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);

		if (i >= n)
			return;
		run_instance(options, (int)i);
		__atomic_fetch_add(&shared->done, 1, __ATOMIC_RELAXED);
		if (options->progress)
			show_progress(shared, n, inherited.instances[i].id);
	}
}

static bool run_workers(const struct options *options, size_t n)
{
	unsigned jobs = options->jobs, begun = 0;

	fflush(NULL);
	while (begun < jobs) {
		pid_t pid = fork();
		if (pid == 0) {
			work(options, n);
			_exit(0);
		}
		if (pid < 0)
			break;
		begun++;
	}
	for (unsigned i = 0; i < begun; i++)
		wait(NULL);
	return begun > 0;
}

static void describe(struct result *result, const struct instance *instance)
{
	snprintf(result->id, sizeof(result->id), "%s", instance->id);
	snprintf(result->title, sizeof(result->title), "%s", instance->check->title);
	snprintf(result->source, sizeof(result->source), "%s", instance->check->source);
}

/* Results out of shared memory; a check that a dead worker left is a failure. */
static bool collect(size_t n, struct run *run, struct coverage *coverage)
{
	run->results = calloc(n ? n : 1, sizeof(*run->results));
	if (!run->results)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct result *result = &run->results[i];

		*result = inherited.shared->slot[i].result;
		if (coverage)
			coverage_add(coverage, &inherited.shared->slot[i].covered);
		if (result->outcome == NOT_RUN) {
			expect_into(result);
			fail_at(HERE, "the check", "a result", "its worker died");
			result->outcome = FAILED;
		}
	}
	run->nresults = n;
	return true;
}

bool run_checks(const struct options *options, const struct instance *instances, size_t n,
		struct run *run, char error[256])
{
	size_t size = sizeof(struct shared) + n * sizeof(struct slot);
	double begin = now();
	bool ok;

	if (libc_calls.msgctl(-1, IPC_RMID, NULL) == -1 && errno == ENOSYS) {
		snprintf(error, 256, "this kernel has no System V IPC (CONFIG_SYSVIPC)");
		return false;
	}
	inherited.instances = instances;
	inherited.options = options;
	inherited.covering = options->coverage != NULL;
	inherited.shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inherited.shared == MAP_FAILED) {
		snprintf(error, 256, "no memory for results: %s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < n; i++)
		describe(&inherited.shared->slot[i].result, &instances[i]);
	probe_needs(&inherited.shared->unmet);
	ok = run_workers(options, n) && collect(n, run, options->coverage);
	if (!ok)
		snprintf(error, 256, "cannot run: %s", strerror(errno));
	munmap(inherited.shared, size);
	run->seconds = now() - begin;
	return ok;
}
