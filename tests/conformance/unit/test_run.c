/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Tests the runner with checks that misbehave in each possible way.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/conform.h"
#include "harness/isolate.h"
#include "harness/run.h"

CHECK("self.passes", LIBC | RAW, 0, "passes", "none")
{
	expect_eq(1, 1);
	expect_errno(EINVAL, ipc->msgget(IPC_PRIVATE, 0600) == -1 ? 0 : (errno = EINVAL, -1));
}

CHECK("self.fails", LIBC, 0, "fails three times, and goes on", "none")
{
	expect_eq(7, 8);
	expect_errno(ENOENT, (errno = EACCES, -1));
	expect_bytes("abc", "abd", 3);
}

CHECK("self.explains", LIBC, 0, "fails, with a reason each time", "none")
{
	const struct {
		int mode;
	} perm = {0640};

	expect_errno(ENOMSG, (errno = 0, -1));
	expect_errno(EINVAL, (errno = EMFILE, -1));
	expect_eq(1, ipc->msgget(0x7ffffff0, 0));
	expect_eq(0600, perm.mode);
}

CHECK("self.must", LIBC, 0, "ends when must() fails", "none")
{
	must(ipc->msgget(0x7ffffff0, 0));
	expect(false);
}

CHECK("self.crashes", LIBC, 0, "dies by a signal", "none")
{
	raise(SIGSEGV);
}

CHECK("self.hangs", LIBC, 0, "never ends", "none")
{
	for (;;)
		pause();
}

CHECK("self.fails_then_hangs", LIBC, 0, "fails, and then never ends", "none")
{
	expect(false);
	for (;;)
		pause();
}

CHECK("self.exits", LIBC, 0, "exits without a result", "none")
{
	_exit(3);
}

CHECK("self.skips", LIBC, 0, "finds that it cannot run", "none")
{
	skip("no such thing here");
}

CHECK("self.fails_then_skips", LIBC, 0, "fails, and then skips", "none")
{
	expect(false);
	skip("to be forgotten");
}

CHECK("self.child_skips", LIBC, 0, "is skipped if its child skips", "none")
{
	pid_t pid;

	CHILD (pid) {
		skip("not in a child");
	}
	child_join(pid);
	expect(false);
}

CHECK("self.needs", LIBC, NEED_COMPAT, "needs a 32-bit program", "none")
{
	expect(sizeof(long) == 4);
}

CHECK("self.child_fails", LIBC, 0, "counts the failures of its child", "none")
{
	pid_t pid;

	CHILD (pid) {
		expect_eq(1, 2);
	}
	child_join(pid);
}

CHECK("self.child_crashes", LIBC, 0, "sees that its child died", "none")
{
	pid_t pid;

	CHILD (pid) {
		raise(SIGKILL);
	}
	child_join(pid);
}

/* The byte behind the largest shared mapping, which has the results, or the byte before it. */
static char *beside_results(bool behind_them)
{
	char line[512], *found = NULL;
	unsigned long begin, behind, most = 0;
	FILE *maps = fopen("/proc/self/maps", "re");

	must(maps ? 0 : -1);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx rw-s", &begin, &behind) == 2 && strstr(line, " rw-s ") &&
		    behind - begin > most) {
			most = behind - begin;
			found = (char *)(uintptr_t)(behind_them ? behind : begin - 1);
		}
	fclose(maps);
	must(found ? 0 : -1);
	return found;
}

CHECK("self.writes_past", LIBC, 0, "writes past the end of the results", "none")
{
	*(volatile char *)beside_results(true) = 'x';
}

CHECK("self.writes_before", LIBC, 0, "writes before the results", "none")
{
	*(volatile char *)beside_results(false) = 'x';
}

CHECK("self.left_behind", LIBC, 0, "leaves objects and a child", "none")
{
	pid_t pid;

	must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	must(ipc->semget(IPC_PRIVATE, 1, 0600));
	must(ipc->shmget(check_key(0), 1, IPC_CREAT | IPC_EXCL | 0600));
	CHILD (pid) {
		for (;;)
			pause();
	}
}

/* ---- running the checks ------------------------------------------------------------ */

enum { HANG = 1200 }; /* seconds: ends only a hang */

static struct run run_within(double seconds, const char *glob, const char *skip, unsigned jobs)
{
	struct options options = {.only = {glob},
				  .nonly = 1,
				  .skip = {skip},
				  .nskip = 1,
				  .jobs = jobs,
				  .time_limit = seconds};
	struct run run = {0};
	char error[256];
	size_t n;
	struct instance *instances = select_checks(&options, &n);

	ck_assert_msg(run_checks(&options, instances, n, &run, error), "%s", error);
	ck_assert_uint_eq(run.nresults, n);
	free(instances);
	return run;
}

static struct run run_only(const char *glob)
{
	return run_within(HANG, glob, "", 1);
}

/* Runs one check, and compares its outcome and a part of the text of its failure or skip. */
static void assert_outcome(const char *id, enum outcome outcome, unsigned nfailures,
			   const char *words)
{
	struct run run = run_only(id);
	const struct result *result = &run.results[0];

	ck_assert_uint_eq(run.nresults, 1);
	ck_assert_str_eq(result->id, id);
	ck_assert_int_eq(result->outcome, outcome);
	ck_assert_uint_eq(result->nfailures, nfailures);
	if (outcome == SKIPPED)
		assert_has(result->reason, words);
	if (outcome == FAILED || outcome == TIMED_OUT)
		assert_has(result->failures[0].seen, words);
	free(run.results);
}

/* The words of a failure include the name of an errno, and a mode in octal. */
START_TEST(words_of_failures)
{
	static const char *const words[][2] = {
		{"ENOMSG", "-1 and no errno"},
		{"EINVAL", "EMFILE (Too many open files)"},
		{"1", "-1, errno ENOENT (No such file or directory)"},
		{"0600", "0640"},
	};
	struct run run = run_only("self.explains");

	ck_assert_uint_eq(run.results[0].nfailures, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(run.results[0].failures[i].expected, words[i][0]);
		ck_assert_str_eq(run.results[0].failures[i].seen, words[i][1]);
	}
	free(run.results);
}
END_TEST

START_TEST(outcomes)
{
	assert_outcome("self.passes", PASSED, 0, "");
	assert_outcome("self.passes.raw", PASSED, 0, "");
	assert_outcome("self.fails", FAILED, 3, "8");
	assert_outcome("self.must", FAILED, 1, "ENOENT");
	assert_outcome("self.crashes", FAILED, 1, "signal 11");
	assert_outcome("self.exits", FAILED, 1, "3");
	assert_outcome("self.writes_past", FAILED, 1, "signal 11");
	assert_outcome("self.writes_before", FAILED, 1, "signal 11");
	assert_outcome("self.skips", SKIPPED, 0, "no such thing");
	assert_outcome("self.fails_then_skips", FAILED, 1, "false");
	assert_outcome("self.child_skips", SKIPPED, 0, "not in a child");
	assert_outcome("self.child_fails", FAILED, 1, "2");
	assert_outcome("self.child_crashes", FAILED, 1, "signal 9");
	if (sizeof(long) == 8)
		assert_outcome("self.needs", SKIPPED, 0, "32-bit");
}
END_TEST

/* Doubles the limit until the check that fails first has had the time to fail. */
START_TEST(checks_that_hang_are_ended)
{
	bool has_failed = false;

	for (unsigned seconds = 1; !has_failed && seconds <= HANG; seconds *= 2) {
		struct run run = run_within(seconds, "self.*hangs", "", 2);
		const struct result *fails = &run.results[0], *hangs = &run.results[1];

		ck_assert_uint_eq(run.nresults, 2);
		ck_assert_str_eq(hangs->id, "self.hangs");
		ck_assert_int_eq(hangs->outcome, TIMED_OUT);
		ck_assert_uint_eq(hangs->nfailures, 1);
		assert_has(hangs->failures[0].seen, "timed out");
		has_failed = fails->nfailures == 2;
		if (has_failed) {
			ck_assert_int_eq(fails->outcome, FAILED);
			assert_has(fails->failures[0].seen, "false");
		}
		free(run.results);
	}
	ck_assert(has_failed);
}
END_TEST

START_TEST(parallel_jobs_give_the_same_results)
{
	struct run one = run_within(HANG, "*", "*hangs", 1),
		   many = run_within(HANG, "*", "*hangs", 4);

	ck_assert_uint_eq(one.nresults, many.nresults);
	for (size_t i = 0; i < one.nresults; i++) {
		ck_assert_str_eq(one.results[i].id, many.results[i].id);
		ck_assert_int_eq(one.results[i].outcome, many.results[i].outcome);
		if (i > 0)
			ck_assert_str_lt(one.results[i - 1].id, one.results[i].id);
	}
	free(one.results);
	free(many.results);
}
END_TEST

START_TEST(selection)
{
	const struct options options = {
		.only = {"self.*"}, .nonly = 1, .skip = {"self.[!ps]*", "*.raw"}, .nskip = 2};
	size_t n;
	struct instance *instances = select_checks(&options, &n);

	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(instances[0].id, "self.passes");
	ck_assert_str_eq(instances[1].id, "self.skips");
	free(instances);
}
END_TEST

static unsigned count_objects(void)
{
	static const char *const files[] = {"/proc/sysvipc/msg", "/proc/sysvipc/sem",
					    "/proc/sysvipc/shm"};
	unsigned lines = 0;

	for (int i = 0; i < 3; i++) {
		FILE *file = fopen(files[i], "re");
		ck_assert_ptr_nonnull(file);
		for (int c; (c = getc(file)) != EOF;)
			lines += c == '\n';
		fclose(file);
	}
	return lines - 3;
}

START_TEST(no_object_remains_after_a_check)
{
	ck_assert(isolate());
	unsigned before = count_objects();

	assert_outcome("self.left_behind", PASSED, 0, "");
	ck_assert_uint_eq(count_objects(), before);
}
END_TEST

/* Without a namespace, the runner removes exactly the objects that it recorded. */
START_TEST(tracked_objects_are_removed)
{
	struct made made = {0};

	ck_assert(isolate());
	int other = libc_calls.msgget(0x1234, IPC_CREAT | 0600);
	const struct ipc_calls *ipc = tracking_calls(&libc_calls, &made);
	ck_assert_int_eq(ipc->msgget(0x1234, IPC_CREAT | 0600), other);
	ck_assert_int_eq(ipc->msgget(0x1234, 0), other);
	ck_assert_int_ge(ipc->msgget(0x1235, IPC_CREAT | 0600), 0);
	ck_assert_int_ge(ipc->semget(IPC_PRIVATE, 1, 0600), 0);
	ck_assert_int_ge(ipc->shmget(0x1236, 1, IPC_CREAT | IPC_EXCL | 0600), 0);
	ck_assert_int_eq(ipc->shmget(0x1236, 1, IPC_CREAT | IPC_EXCL | 0600), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_uint_eq(count_objects(), 4);
	remove_made(&made);
	ck_assert_uint_eq(count_objects(), 1);
	ck_assert_int_eq(libc_calls.msgget(0x1234, 0), other);
}
END_TEST

/* If the table is full, the object is not created. */
START_TEST(objects_beyond_the_table_are_refused)
{
	struct made made = {.n = MAX_MADE - 1};

	ck_assert(isolate());
	const struct ipc_calls *ipc = tracking_calls(&libc_calls, &made);
	ck_assert_int_ge(ipc->semget(IPC_PRIVATE, 1, 0600), 0);
	ck_assert_int_eq(ipc->semget(IPC_PRIVATE, 1, 0600), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_uint_eq(count_objects(), 1);
}
END_TEST

UNIT_SUITE(run, words_of_failures, outcomes, checks_that_hang_are_ended,
	   parallel_jobs_give_the_same_results, selection, no_object_remains_after_a_check,
	   tracked_objects_are_removed, objects_beyond_the_table_are_refused);
