/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The runner.  Worker processes take checks one after the other and give each a process, a
 * process group and a time limit; a check records its results in memory that it shares with
 * the runner.
 *
 * libcheck, which the unit tests use, is not suitable: it writes a file for each test, needs
 * a POSIX timer for each time limit, exits if fork fails, and has no outcome for a test that
 * cannot run.  The harness must also run without a writable directory, without a free timer
 * and while fork fails.
 */
#include "run.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "blocked.h"
#include "expect.h"
#include "inherited.h"
#include "isolate.h"
#include "levels.h"
#include "record.h"
#include "report/report_parts.h"
#include "textfile.h"

/* Memory shared by the processes of a run. */
struct shared {
	unsigned next; /* the first instance that no worker has taken */
	unsigned done;
	unsigned failed;  /* with --fail-fast: index + 1 of the check that failed first */
	int record_error; /* errno of a failed write to the record */
	unsigned waited;  /* see isolate_patiently() */
	struct unmet unmet;
	struct slot {
		bool begun;
		bool ended;   /* in an earlier part of the run */
		bool suspect; /* the machine died during this check: run it alone */
		struct result result;
		struct made made;
		struct covered covered;
	} slot[];
};

/* Globals that the worker processes inherit. */
static struct {
	const struct instance *instances;
	const struct options *options;
	struct shared *shared;
	const struct run *run; /* the machine */
	bool covering;
	int record; /* a descriptor, or -1 */
	bool only_suspects;
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

/* The linker defines these for the section that CHECK fills. */
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

/* One way to make the calls, and the suffix of its ids. */
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
	new->level = level_of(check, way->via != LIBC, &new->clause);
	return selected(options, new->id) &&
	       (!options->application || application_needs(options->application, new->id)) &&
	       (options->level == NO_LEVEL || new->level <= options->level);
}

/* Keeps every Nth check, so that each part has checks of every facility; returns their number. */
static size_t keep_shard(const struct options *options, struct instance *instances, size_t n)
{
	size_t kept = 0;

	for (size_t i = options->shard - 1; i < n; i += options->shards)
		instances[kept++] = instances[i];
	return kept;
}

struct instance *select_checks(const struct options *options, size_t *n)
{
	const struct way ways[] = {
		{LIBC, "", &libc_calls},
		{BY_NUMBER, ".raw", &raw_calls},
		{MULTIPLEXED, ".ipc", multiplexed_calls()},
	};
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
	if (options->shards)
		*n = keep_shard(options, instances, *n);
	return instances;
}

/* ---- one check ----------------------------------------------------------- */

/*
 * Raises the soft limits to the hard ones: a shell's low soft limit says nothing about the
 * kernel.  RLIMIT_STACK, which moves mappings, and RLIMIT_CORE, which makes files, stay.
 */
static void raise_limits(void)
{
	static const int raised[] = {
		RLIMIT_AS,	RLIMIT_CPU,	 RLIMIT_DATA,	RLIMIT_FSIZE, RLIMIT_LOCKS,
		RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_SIGPENDING,
	};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(raised) / sizeof(raised[0]); i++)
		if (getrlimit(raised[i], &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
			limit.rlim_cur = limit.rlim_max;
			/* A security module may refuse; then the limit stays unchanged. */
			setrlimit(raised[i], &limit);
		}
}

static enum proc_calls calls_in_proc(const struct unmet *unmet)
{
	return unmet->reason[PROC_INDEX][0] ? CALLS_FOREIGN : proc_calls();
}

/*
 * If the probe got a namespace and this check gets none, do not run it: it would see other
 * programs' objects, and might change their limits.
 */
static void run_body(const struct instance *instance, struct slot *slot)
{
	const enum proc_calls in_proc = calls_in_proc(&inherited.shared->unmet);
	const struct ipc_calls *calls = instance->calls;
	char reason[96];

	expect_into(&slot->result);
	expect_absent(&inherited.shared->unmet.absent);
	if (in_proc != CALLS_NAMED)
		watch_calls(in_proc == CALLS_UNNAMED);
	if (inherited.shared->unmet.reason[NAMESPACE_INDEX][0]) {
		choose_keys();
		calls = tracking_calls(calls, &slot->made);
	} else if (!isolate_patiently(&inherited.shared->waited)) {
		snprintf(reason, sizeof(reason), "could not run: no IPC namespace for it: %s",
			 strerror(errno));
		skip(reason);
	}
	if (inherited.covering) {
		cover_into(&slot->covered);
		calls = covering_calls(calls);
	}
	instance->check->body(calls, instance->check->arg);
}

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

/* The process group of the check that this worker runs, and the objects it has made. */
static volatile pid_t group;
static struct made *volatile group_made;

static void end_group(void)
{
	if (group > 0)
		kill(-group, SIGKILL);
}

/* Handles the signals that end a worker; the kernel sends one if the runner dies. */
static void end_worker(int number)
{
	end_group();
	if (inherited.record != -1)
		record_stopped(inherited.record); /* NOLINT(bugprone-signal-handler) */
	/* remove_made() makes only system calls. */
	if (group_made)
		remove_made(group_made); /* NOLINT(bugprone-signal-handler) */
	_exit(128 + number);
}

/* Waits for the process; returns false if it still runs at the end of the time limit. */
static bool await_end(pid_t pid, double time_limit, const struct result *result, int *status)
{
	const double end = now() + time_limit;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD); /* blocked in workers */
	for (;;) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		/* A process of the check called not_implemented(); the others may be blocked. */
		if (result->outcome == NOT_IMPLEMENTED)
			end_group();
		const double left = end - now();
		if (left <= 0)
			return false;
		const time_t seconds = left < 1 ? 0 : 1;
		const struct timespec slice = {seconds, seconds ? 0 : (long)(left * 1e9)};
		sigtimedwait(&child, NULL, &slice);
	}
}

/* Records how the check's process ended, unless the check has recorded why it did not pass. */
static void note_end(const struct instance *instance, int status, struct result *result)
{
	const struct check *check = instance->check;
	char seen[64];

	if (result->nfailures || has_skipped() || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return;
	if (WIFSIGNALED(status))
		snprintf(seen, sizeof(seen), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(seen, sizeof(seen), "exit status %d", WEXITSTATUS(status));
	fail_at(check->file, check->line, "the check's process", "exit status 0", seen);
}

static void run_apart(const struct instance *instance, struct slot *slot, double time_limit)
{
	struct result *result = &slot->result;
	const pid_t worker = getpid();
	char words[64];
	int status;

	expect_into(result);
	group_made = &slot->made;
	group = fork();
	if (group == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != worker)
			_exit(1);
		reset_signals();
		run_body(instance, slot);
		_exit(0);
	}
	if (group == -1) {
		snprintf(result->reason, sizeof(result->reason), "could not run: fork: %s",
			 strerror(errno));
		result->outcome = SKIPPED;
		return;
	}
	setpgid(group, group);
	if (await_end(group, time_limit, result, &status)) {
		note_end(instance, status, result);
		end_group();
	} else {
		end_group();
		waitpid(group, &status, 0);
		snprintf(words, sizeof(words), "an end within %g s", time_limit);
		fail_at(instance->check->file, instance->check->line, "the check's process", words,
			"timed out");
		if (result->nfailures == 1)
			result->outcome = TIMED_OUT;
	}
	group = 0;
	remove_made(&slot->made);
	group_made = NULL;
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
		run_apart(instance, slot, options->time_limit);
	}
	/* A failure counts even if the check was skipped afterwards. */
	if (result->nfailures)
		result->outcome = result->outcome == TIMED_OUT ? TIMED_OUT : FAILED;
	else if (result->outcome != SKIPPED && result->outcome != NOT_IMPLEMENTED)
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

static bool has_failed_unexpectedly(const struct result *result)
{
	const struct expected *expected = inherited.options->expected;

	return is_bad(expected ? expected_outcome(expected, inherited.run, result)
			       : outcome_of(result));
}

static void note_first_failure(struct shared *shared, unsigned i)
{
	unsigned none = 0;

	__atomic_compare_exchange_n(&shared->failed, &none, i + 1, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

static void work(const struct options *options, size_t n)
{
	struct shared *shared = inherited.shared;

	for (;;) {
		unsigned i = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);

		if (i >= n || shared->record_error ||
		    __atomic_load_n(&shared->failed, __ATOMIC_RELAXED))
			return;
		struct slot *slot = &shared->slot[i];
		if (slot->ended || slot->begun || slot->suspect != inherited.only_suspects)
			continue;
		slot->begun = true;
		if (inherited.record != -1 &&
		    !record_begin(inherited.record, inherited.instances[i].id))
			shared->record_error = errno;
		run_instance(options, (int)i);
		if (inherited.record != -1 && !record_result(inherited.record, &slot->result))
			shared->record_error = errno;
		if (options->fail_fast && has_failed_unexpectedly(&shared->slot[i].result))
			note_first_failure(shared, i);
		__atomic_fetch_add(&shared->done, 1, __ATOMIC_RELAXED);
		if (options->progress)
			show_progress(shared, n, inherited.instances[i].id);
	}
}

enum { MOST_JOBS = 1024 };
static pid_t workers[MOST_JOBS];
static volatile unsigned nworkers;

/* On SIGTERM etc., ends the workers, each of which ends its check, and then the runner. */
static void end_runner(int number)
{
	for (unsigned i = 0; i < nworkers; i++)
		kill(workers[i], SIGTERM);
	for (unsigned i = 0; i < nworkers; i++)
		waitpid(workers[i], NULL, 0);
	signal(number, SIG_DFL);
	raise(number);
}

static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
enum { NENDS = sizeof(ends) / sizeof(ends[0]) };

static void be_worker(const struct options *options, size_t n, pid_t runner)
{
	sigset_t child;

	reset_signals();
	raise_limits();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (unsigned i = 0; i < NENDS; i++)
		signal(ends[i], end_worker);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == runner)
		work(options, n);
	_exit(0);
}

/*
 * With vm.overcommit_memory 2 the checks run one after another.  The kernel counts a request before
 * it refuses the request as too large (mm/util.c, __vm_enough_memory), so for a moment it also
 * refuses the small requests of other processes.
 */
static unsigned workers_for(const struct options *options)
{
	char error[256], *mode = textfile_read("/proc/sys/vm/overcommit_memory", error);
	const bool strict = mode && *mode == '2';

	free(mode);
	if (strict)
		return 1;
	return options->jobs < MOST_JOBS ? options->jobs : MOST_JOBS;
}

static bool run_workers(const struct options *options, size_t n)
{
	const unsigned jobs = workers_for(options);
	const pid_t runner = getpid();
	struct sigaction before[NENDS];
	sigset_t blocked, mask;

	sigemptyset(&blocked);
	for (unsigned i = 0; i < NENDS; i++)
		sigaddset(&blocked, ends[i]);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (unsigned i = 0; i < NENDS; i++) {
		sigaction(ends[i], NULL, &before[i]);
		/* nohup(1) ignores SIGHUP on purpose. */
		if (before[i].sa_handler != SIG_IGN)
			signal(ends[i], end_runner);
	}
	fflush(NULL);
	for (nworkers = 0; nworkers < jobs; nworkers++) {
		pid_t pid = fork();
		if (pid == 0)
			be_worker(options, n, runner);
		if (pid < 0)
			break;
		workers[nworkers] = pid;
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (unsigned i = 0; i < nworkers; i++)
		while (waitpid(workers[i], NULL, 0) == -1 && errno == EINTR)
			;
	const bool ran = nworkers > 0;
	nworkers = 0;
	for (unsigned i = 0; i < NENDS; i++)
		sigaction(ends[i], &before[i], NULL);
	return ran;
}

static void describe(struct result *result, const struct instance *instance)
{
	snprintf(result->id, sizeof(result->id), "%s", instance->id);
	snprintf(result->title, sizeof(result->title), "%s", instance->check->title);
	snprintf(result->source, sizeof(result->source), "%s", instance->check->source);
	result->level = instance->level;
}

/* Copies results out of shared memory; a check whose worker died is a failure. */
static bool collect(size_t n, struct run *run, struct coverage *coverage)
{
	const unsigned failed = inherited.shared->failed;

	for (size_t i = 0; i < n; i++) {
		struct result *result = &run->results[i];

		*result = inherited.shared->slot[i].result;
		if (coverage)
			coverage_add(coverage, &inherited.shared->slot[i].covered);
		if (failed && !inherited.shared->slot[i].begun &&
		    !inherited.shared->slot[i].ended) {
			snprintf(result->reason, sizeof(result->reason),
				 "not run: --fail-fast, and %s failed",
				 inherited.instances[failed - 1].id);
			result->outcome = SKIPPED;
		} else if (result->outcome == NOT_RUN) {
			expect_into(result);
			fail_at(HERE, "the check", "a result", "its worker died");
			result->outcome = FAILED;
			if (inherited.record != -1)
				record_result(inherited.record, result);
		}
	}
	return true;
}

/*
 * Records the facts about the machine: the facilities, each need by its name in conform.h, and
 * how checks see that a process is blocked.
 */
static void note_facts(struct run *run, const struct unmet *unmet)
{
	static const char *const names[] = {
#define X(N) #N,
		NEEDS(X)
#undef X
	};

	_Static_assert(NFACILITIES + NNEEDS + 1 <= MAX_FACTS, "room for the facts");
	facility_facts(&unmet->absent, run->facts);
	run->nfacts = NFACILITIES;
	for (unsigned i = 0; i < NNEEDS; i++) {
		struct machine_fact *fact = &run->facts[run->nfacts++];
		const char *reason = unmet->reason[i];

		snprintf(fact->name, sizeof(fact->name), "%s", names[i]);
		snprintf(fact->value, sizeof(fact->value), "%s", *reason ? reason : "yes");
	}
	struct machine_fact *fact = &run->facts[run->nfacts++];

	snprintf(fact->name, sizeof(fact->name), "blocked processes");
	switch (calls_in_proc(unmet)) {
	case CALLS_NAMED:
		snprintf(fact->value, sizeof(fact->value), "seen in /proc");
		break;
	case CALLS_UNNAMED:
		snprintf(fact->value, sizeof(fact->value),
			 "seen in /proc/PID/stat during a call; there is no /proc/PID/syscall");
		break;
	case CALLS_FOREIGN:
		snprintf(fact->value, sizeof(fact->value),
			 "seen by GETNCNT and GETZCNT; of message queues, after %d ms", BOUND);
	}
}

/* ---- earlier parts of the run ------------------------------------------------ */

/* A check that crashes the machine twice, the second time alone, has failed. */
enum { DEATHS = 2 };

static void note_killer(size_t i)
{
	struct slot *slot = &inherited.shared->slot[i];
	const struct check *check = inherited.instances[i].check;

	expect_into(&slot->result);
	fail_at(check->file, check->line, "the machine during this check alone", "it survives",
		"it died, or the run was killed");
	slot->result.outcome = FAILED;
	slot->ended = true;
	if (inherited.record != -1)
		record_result(inherited.record, &slot->result);
}

/* Takes the recorded results; returns the number of checks that must run alone. */
static unsigned take_recorded(const struct record *record, const struct run *run)
{
	unsigned suspects = 0;

	for (size_t i = 0; i < run->nresults; i++) {
		struct slot *slot = &inherited.shared->slot[i];

		if (record->recorded[i].ended) {
			slot->result = run->results[i];
			slot->ended = true;
		} else if (record->recorded[i].begun >= DEATHS) {
			fprintf(stderr,
				"ipc-conform: the machine died in %s again, alone: the check "
				"failed\n",
				run->results[i].id);
			note_killer(i);
		} else if (record->recorded[i].begun) {
			fprintf(stderr, "ipc-conform: the machine died in %s: it runs alone\n",
				run->results[i].id);
			slot->suspect = true;
			suspects++;
		}
		inherited.shared->done += slot->ended;
	}
	return suspects;
}

static bool run_parts(const struct options *options, size_t n, unsigned suspects)
{
	struct options alone = *options;
	bool ran = true;

	alone.jobs = 1;
	inherited.only_suspects = true;
	if (suspects)
		ran = run_workers(&alone, n);
	inherited.only_suspects = false;
	inherited.shared->next = 0;
	return ran && run_workers(options, n);
}

/* Copies results of earlier parts into the run, and opens the record of this part. */
static bool begin_record(struct record *record, struct options *options, struct run *run,
			 char error[256])
{
	struct record_settings settings = {options->seed, options->operations};

	if (!record_read(record, options->resume, run, &settings, error))
		return false;
	/* The parts of a run must have the same seed. */
	options->seed = settings.seed;
	options->operations = settings.operations;
	if (options->record)
		inherited.record = record_open(record, options->record, run, &settings, error);
	return !options->record || inherited.record != -1;
}

/* The bytes that map_guarded() maps for a size. */
static size_t guarded_size(size_t size)
{
	const size_t page = page_size();

	return page + (size + page - 1) / page * page + page;
}

/*
 * Shared memory between two pages that no process may use: a call that writes past the end of its
 * buffer fails there, and leaves the results of the other checks alone.
 */
static void *map_guarded(size_t size)
{
	char *all = mmap(NULL, guarded_size(size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		return MAP_FAILED;
	void *shared = mmap(all + page_size(), guarded_size(size) - 2 * page_size(),
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (shared == MAP_FAILED)
		munmap(all, guarded_size(size));
	return shared;
}

static void unmap_guarded(void *shared, size_t size)
{
	munmap((char *)shared - page_size(), guarded_size(size));
}

bool run_checks(struct options *options, const struct instance *instances, size_t n,
		struct run *run, char error[256])
{
	const size_t size = sizeof(struct shared) + n * sizeof(struct slot);
	struct record record = {0};
	struct sigaction old_child;
	double begin = now();
	bool ok;

	inherited.instances = instances;
	inherited.options = options;
	inherited.run = run;
	inherited.record = -1;
	run->results = calloc(n ? n : 1, sizeof(*run->results));
	if (!run->results) {
		snprintf(error, 256, "no memory for results");
		return false;
	}
	run->nresults = n;
	for (size_t i = 0; i < n; i++)
		describe(&run->results[i], &instances[i]);
	inherited.covering = options->coverage != NULL;
	inherited.shared = map_guarded(size);
	if (inherited.shared == MAP_FAILED) {
		snprintf(error, 256, "no memory for results: %s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < n; i++)
		describe(&inherited.shared->slot[i].result, &instances[i]);
	/* If SIGCHLD were ignored, waitpid(2) would wait for all children and return none. */
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &old_child);
	probe_needs(&inherited.shared->unmet);
	note_facts(run, &inherited.shared->unmet);
	if (options->announce)
		options->announce(run);
	ok = begin_record(&record, options, run, error);
	if (ok) {
		ok = run_parts(options, n, take_recorded(&record, run)) &&
		     collect(n, run, options->coverage);
		if (!ok)
			snprintf(error, 256, "cannot run: %s", strerror(errno));
	}
	if (inherited.record != -1)
		close(inherited.record);
	if (inherited.shared->record_error) {
		snprintf(error, 256, "%.150s: %s", options->record,
			 strerror(inherited.shared->record_error));
		ok = false;
	}
	record_free(&record);
	sigaction(SIGCHLD, &old_child, NULL);
	unmap_guarded(inherited.shared, size);
	run->seconds = now() - begin;
	return ok;
}
