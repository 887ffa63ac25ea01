/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * A library for LD_PRELOAD, in which a call fails as a kernel may let it fail.
 *	FAIL_CALL	the call: unshare, user (unshare with CLONE_NEWUSER), fork, open,
 *			copy (msgrcv with MSG_COPY), stat_any (MSG_STAT_ANY, SHM_STAT_ANY)
 *	FAIL_ERRNO	the number of the error
 *	FAIL_AFTER	the number of calls that succeed before; the processes that a
 *			program forks share the count
 *	FAIL_PATH	for open, the end of the path
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <unistd.h>

static long *calls;

__attribute__((constructor)) static void share(void)
{
	calls = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
}

static bool is_asked(const char *call)
{
	const char *asked = getenv("FAIL_CALL");

	return asked && strcmp(asked, call) == 0;
}

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

static bool fails(void)
{
	if (__atomic_fetch_add(calls, 1, __ATOMIC_RELAXED) < number("FAIL_AFTER"))
		return false;
	errno = (int)number("FAIL_ERRNO");
	return true;
}

static bool ends_with(const char *path, const char *end)
{
	const size_t n = strlen(path);

	return end && n >= strlen(end) && strcmp(path + n - strlen(end), end) == 0;
}

int unshare(int flags)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "unshare");

	/* Refuse the privileged call, so that the harness makes a user namespace. */
	if ((is_asked("user") || is_asked("open")) && flags == CLONE_NEWIPC) {
		errno = EPERM;
		return -1;
	}
	if (is_asked("unshare") && fails())
		return -1;
	if (is_asked("user") && flags & CLONE_NEWUSER && fails())
		return -1;
	return next(flags);
}

pid_t fork(void)
{
	pid_t (*next)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");

	return is_asked("fork") && fails() ? -1 : next();
}

int open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) =
		(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_list list;
	int mode;

	va_start(list, flags);
	mode = flags & O_CREAT ? va_arg(list, int) : 0;
	va_end(list);
	if (is_asked("open") && ends_with(path, getenv("FAIL_PATH")) && fails())
		return -1;
	return next(path, flags, mode);
}

ssize_t msgrcv(int msqid, void *msgp, size_t msgsz, long msgtyp, int msgflg)
{
	ssize_t (*next)(int, void *, size_t, long, int) =
		(ssize_t(*)(int, void *, size_t, long, int))dlsym(RTLD_NEXT, "msgrcv");

	if (is_asked("copy") && msgflg & MSG_COPY && fails())
		return -1;
	return next(msqid, msgp, msgsz, msgtyp, msgflg);
}

int msgctl(int msqid, int cmd, struct msqid_ds *buf)
{
	int (*next)(int, int, struct msqid_ds *) =
		(int (*)(int, int, struct msqid_ds *))dlsym(RTLD_NEXT, "msgctl");

	return is_asked("stat_any") && cmd == MSG_STAT_ANY && fails() ? -1 : next(msqid, cmd, buf);
}

int shmctl(int shmid, int cmd, struct shmid_ds *buf)
{
	int (*next)(int, int, struct shmid_ds *) =
		(int (*)(int, int, struct shmid_ds *))dlsym(RTLD_NEXT, "shmctl");

	return is_asked("stat_any") && cmd == SHM_STAT_ANY && fails() ? -1 : next(shmid, cmd, buf);
}
