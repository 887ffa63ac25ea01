/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Expectations: how a check records its failures. */
#include "expect.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"

/*
 * The result that the processes of a check write to, in memory shared with the runner.
 * It is the only state of a check's process; set once, before the body runs.
 */
static struct result *noted;

void expect_into(struct result *result)
{
	noted = result;
}

const char *errno_name(int error, char buf[32])
{
	switch (error) {
	case 0:
		return "success";
#define ERRNO(E) \
	case E:  \
		return #E;
#include "interface/errnos.def"
/* Errors of other calls that checks make. */
#define ERRNO(E) \
	case E:  \
		return #E;
		ERRNO(EBADF)
		ERRNO(ECHILD)
		ERRNO(EIO)
		ERRNO(ENOTDIR)
		ERRNO(EROFS)
		ERRNO(ESRCH)
		ERRNO(EBUSY)
		ERRNO(EMFILE)
		ERRNO(ENAMETOOLONG)
		ERRNO(ENODEV)
		ERRNO(ENOEXEC)
		ERRNO(ENOTTY)
		ERRNO(EOPNOTSUPP)
		ERRNO(EPIPE)
		ERRNO(ETXTBSY)
		ERRNO(EUSERS)
#undef ERRNO
	}
	snprintf(buf, 32, "errno %d", error);
	return buf;
}

void fail_at(const char *file, int line, const char *what, const char *expected, const char *seen)
{
	/* Several children of a check may fail at the same time. */
	unsigned n = __atomic_fetch_add(&noted->nfailures, 1, __ATOMIC_RELAXED);
	const char *slash = strrchr(file, '/');

	if (n >= MAX_FAILURES)
		return;
	struct failure *failure = &noted->failures[n];
	snprintf(failure->where, sizeof(failure->where), "%s:%d", slash ? slash + 1 : file, line);
	snprintf(failure->what, sizeof(failure->what), "%s", what);
	snprintf(failure->expected, sizeof(failure->expected), "%s", expected);
	snprintf(failure->seen, sizeof(failure->seen), "%s", seen);
}

void skip(const char *reason)
{
	snprintf(noted->reason, sizeof(noted->reason), "%s", reason);
	noted->outcome = SKIPPED;
	_exit(0);
}

void not_implemented(const char *reason)
{
	snprintf(noted->reason, sizeof(noted->reason), "%s", reason);
	noted->outcome = NOT_IMPLEMENTED;
	/* Other processes of the check may wait for this one for ever. */
	kill(0, SIGKILL);
	_exit(0);
}

bool has_skipped(void)
{
	return noted->outcome == SKIPPED || noted->outcome == NOT_IMPLEMENTED;
}

/* The name of an error, and libc's message for it. */
static const char *errno_words(int error, char buf[96])
{
	char name[32];

	if (error == 0)
		snprintf(buf, 96, "-1 and no errno");
	else
		snprintf(buf, 96, "%s (%s)", errno_name(error, name), strerror(error));
	return buf;
}

/* Whether the expression is a mode, which is printed in octal. */
static bool is_mode(const char *what)
{
	static const char *const ends[] = {".mode", "->mode", "\"perms\")"};
	const size_t length = strlen(what);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (length >= strlen(ends[i]) &&
		    strcmp(what + length - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

/*
 * IPC_SET with an owner that has no mapping in the caller's user namespace fails (ipc/util.c,
 * ipc_update_perm).  In a fresh user namespace the caller itself may have no mapping.  If
 * that is why the call WHAT failed, skip the check.
 */
static void skip_unmapped(const char *what, intptr_t got, int error)
{
	const bool sets =
		strstr(what, "IPC_SET") || strstr(what, "->set(") || strstr(what, ".set(");

	if (sets && got == -1 && error == EINVAL && !is_mapped())
		skip("could not run: this user or group has no mapping in the user namespace");
}

bool expect_eq_at(const char *file, int line, const char *what, long long want, long long got)
{
	const int error = errno;
	char wanted[32], seen[128], words[96];

	cover(want == got && want == error ? error : 0);
	if (want == got)
		return true;
	skip_unmapped(what, (intptr_t)got, error);
	if (is_mode(what)) {
		snprintf(wanted, sizeof(wanted), "0%llo", want);
		snprintf(seen, sizeof(seen), "0%llo", got);
	} else {
		snprintf(wanted, sizeof(wanted), "%lld", want);
		/* A call that returned -1 set errno. */
		if (got == -1 && error && strchr(what, '('))
			snprintf(seen, sizeof(seen), "-1, errno %s", errno_words(error, words));
		else
			snprintf(seen, sizeof(seen), "%lld", got);
	}
	fail_at(file, line, what, wanted, seen);
	return false;
}

bool expect_between_at(const char *file, int line, const char *what, long long low, long long high,
		       long long got)
{
	char wanted[64], seen[32];

	if (low <= got && got <= high)
		return true;
	snprintf(wanted, sizeof(wanted), "%lld to %lld", low, high);
	snprintf(seen, sizeof(seen), "%lld", got);
	fail_at(file, line, what, wanted, seen);
	return false;
}

bool expect_ok_at(const char *file, int line, const char *what, intptr_t got)
{
	const int error = errno;
	char words[96];

	cover(0);
	if (got != -1)
		return true;
	skip_unmapped(what, got, error);
	fail_at(file, line, what, "success", errno_words(error, words));
	return false;
}

bool expect_errno_at(const char *file, int line, const char *what, int error, intptr_t got)
{
	const int set = errno;
	char wanted[32], seen[96];

	cover(error);
	if (got == -1 && set == error)
		return true;
	skip_unmapped(what, got, set);
	if (got == -1)
		errno_words(set, seen);
	else
		snprintf(seen, sizeof(seen), "success (%lld)", (long long)got);
	fail_at(file, line, what, errno_name(error, wanted), seen);
	return false;
}

bool expect_bytes_at(const char *file, int line, const char *what, const void *want,
		     const void *got, size_t n)
{
	const unsigned char *w = want, *g = got;
	char wanted[64], seen[64];
	size_t i = 0;

	while (i < n && w[i] == g[i])
		i++;
	if (i == n)
		return true;
	snprintf(wanted, sizeof(wanted), "byte %zu of %zu is 0x%02x", i, n, w[i]);
	snprintf(seen, sizeof(seen), "0x%02x", g[i]);
	fail_at(file, line, what, wanted, seen);
	return false;
}

bool expect_at(const char *file, int line, const char *what, bool holds)
{
	if (!holds)
		fail_at(file, line, what, "true", "false");
	return holds;
}

int must_at(const char *file, int line, const char *what, intptr_t got)
{
	char reason[96];

	/*
	 * The open-file limits are the caller's and say nothing about the kernel; no System V
	 * IPC call fails with these errors.
	 */
	if (got == -1 && (errno == EMFILE || errno == ENFILE)) {
		snprintf(reason, sizeof(reason), "could not run: %s (RLIMIT_NOFILE)",
			 strerror(errno));
		skip(reason);
	}
	if (!expect_ok_at(file, line, what, got))
		_exit(1);
	return (int)got;
}
