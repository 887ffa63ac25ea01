/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The interface of the harness for checks.
 *
 *	CHECK("shmget.smaller_found", LIBC | RAW, 0,
 *	      "shmget finds a segment if size is not above its size, or is 0", "shmget(2)")
 *	{
 *		int shmid = must(ipc->shmget(check_key(0), 100, IPC_CREAT | 0600));
 *
 *		expect_eq(shmid, ipc->shmget(check_key(0), 99, 0));
 *	}
 *
 * The body gets `ipc`, the calls to make.  It runs in its own process with a time limit,
 * in a fresh IPC namespace, and need not remove anything.  With LIBC | RAW it runs twice,
 * the second time as "shmget.smaller_found.raw", and if the architecture has ipc(2), a
 * third time as "shmget.smaller_found.ipc".  After a failed expectation the check continues; a
 * failed must() ends it.
 */
#ifndef CONFORM_H
#define CONFORM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "calls.h"
#include "kernel_constants.h"

/* RAW includes both ways past libc: each call by its number, and through ipc(2). */
enum via { LIBC = 1, BY_NUMBER = 2, MULTIPLEXED = 4, RAW = BY_NUMBER | MULTIPLEXED };

/* The conditions that a check may require; the runner tests them before it starts a check. */
#define NEEDS(X)                                                                             \
	X(NAMESPACE) /* a fresh IPC namespace: empty, and used by no other process */        \
	X(LIMITS)    /* writable limits in /proc/sys/kernel */                               \
	X(NEXT_ID)   /* /proc/sys/kernel/{msg,sem,shm}_next_id: CONFIG_CHECKPOINT_RESTORE */ \
	X(MSG_COPY)  /* msgrcv's MSG_COPY: CONFIG_CHECKPOINT_RESTORE */                      \
	X(STAT_ANY)  /* MSG_STAT_ANY, SEM_STAT_ANY, SHM_STAT_ANY: Linux 4.17 */              \
	X(USERS)     /* root, so that a process can become another user */                   \
	X(PROC)	     /* /proc, mounted for the PID namespace of this process */              \
	X(COMPAT)    /* a 32-bit program on a 64-bit kernel */                               \
	X(HUGETLB)   /* SHM_HUGETLB: CONFIG_HUGETLBFS */                                     \
	X(FAULTS)    /* allocations fail on demand: CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC */

enum need_index {
#define X(N) N##_INDEX,
	NEEDS(X)
#undef X
		NNEEDS
};
enum need {
#define X(N) NEED_##N = 1 << N##_INDEX,
	NEEDS(X)
#undef X
};

struct check {
	const char *id;
	unsigned via;
	unsigned needs;
	const char *title;
	const char *source;
	void (*body)(const struct ipc_calls *ipc, const void *arg);
	const void *arg;  /* for checks made from a table of cases */
	const char *file; /* where CHECK is written */
	int line;
};

#define JOIN2(A, B) A##B
#define JOIN(A, B) JOIN2(A, B)
#define UNUSED __attribute__((unused))

/* Puts a check into the linker section "ipc_checks", in which the runner looks for checks. */
#define CHECK_ENTRY(NAME, ...)                              \
	static const struct check NAME = {__VA_ARGS__};     \
	static const struct check *const JOIN(NAME, _entry) \
		__attribute__((used, section("ipc_checks"))) = &NAME

#define CHECK(ID, VIA, NEEDED, TITLE, SOURCE)                                                      \
	static void JOIN(body_, __LINE__)(const struct ipc_calls *, const void *);                 \
	CHECK_ENTRY(JOIN(check_, __LINE__), ID, VIA, NEEDED, TITLE, SOURCE, JOIN(body_, __LINE__), \
		    NULL, __FILE__, __LINE__);                                                     \
	static void JOIN(body_, __LINE__)(const struct ipc_calls *ipc UNUSED,                      \
					  const void *arg UNUSED)

/* ---- expectations: record a failure, and go on ---------------------------- */

#define HERE __FILE__, __LINE__

/* Two integers are equal.  Like all of these, returns true if so. */
#define expect_eq(WANT, GOT) expect_eq_at(HERE, #GOT, (long long)(WANT), (long long)(GOT))
/* An integer is in the range LOW to HIGH. */
#define expect_between(LOW, HIGH, GOT) \
	expect_between_at(HERE, #GOT, (long long)(LOW), (long long)(HIGH), (long long)(GOT))
/* A call succeeds: it returns anything but -1. */
#define expect_ok(CALL) expect_ok_at(HERE, #CALL, (errno = 0, (intptr_t)(CALL)))
/* A call returns -1 and sets errno to ERROR. */
#define expect_errno(ERROR, CALL) expect_errno_at(HERE, #CALL, ERROR, (errno = 0, (intptr_t)(CALL)))
/* N bytes are equal. */
#define expect_bytes(WANT, GOT, N) expect_bytes_at(HERE, #GOT, WANT, GOT, N)
/* A condition is true. */
#define expect(WHAT) expect_at(HERE, #WHAT, WHAT)
/* The result of a call that the rest of the check needs; on failure, ends the check. */
#define must(CALL) must_at(HERE, #CALL, (errno = 0, (intptr_t)(CALL)))

bool expect_eq_at(const char *file, int line, const char *what, long long want, long long got);
bool expect_between_at(const char *file, int line, const char *what, long long low, long long high,
		       long long got);
bool expect_ok_at(const char *file, int line, const char *what, intptr_t got);
bool expect_errno_at(const char *file, int line, const char *what, int error, intptr_t got);
bool expect_bytes_at(const char *file, int line, const char *what, const void *want,
		     const void *got, size_t n);
bool expect_at(const char *file, int line, const char *what, bool holds);
int must_at(const char *file, int line, const char *what, intptr_t got);

/* Records a failure with the given words. */
void fail_at(const char *file, int line, const char *what, const char *expected, const char *seen);
/* Ends the check as one that could not run; a child of the check may call it too. */
void skip(const char *reason) __attribute__((noreturn));

/* "EINVAL" for EINVAL; "errno 999" for an error that no IPC call has. */
const char *errno_name(int error, char buf[32]);

/* The size of a page of memory in bytes: sysconf(3). */
static inline size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- processes of a check ------------------------------------------------ */

/*
 * CHILD(pid) { ... }: the block runs in a child, which ends after the block; pid is set in
 * the parent.  The child's expectations count as the check's.
 */
#define CHILD(PID) for ((PID) = child_fork(); is_child(PID); child_end())
pid_t child_fork(void);
static inline bool is_child(pid_t pid)
{
	return pid == 0;
}
void child_end(void) __attribute__((noreturn));
/* Waits until a child has ended; records a failure if a signal killed it. */
void child_join(pid_t pid);
/* Waits until a child has ended; records a failure unless this signal killed it. */
void child_join_signal(pid_t pid, int signal);

/*
 * Waits until a process or thread is blocked in an IPC call; if it ends instead, ends the
 * check.  Without /proc, see blocked.h.
 */
void await_blocked(pid_t pid);
/* Looks once: is the process blocked; has it ended? */
bool is_blocked(pid_t pid);
bool is_gone(pid_t pid);
/* await_blocked(), sends SIGUSR1, which the child catches, and waits for the child's end. */
void interrupt(pid_t pid);
/* await_blocked(), sends SIGSTOP, waits for the stop, and sends SIGCONT. */
void stop_and_continue(pid_t pid);
/* For a child: blocks in a call on a new object until a signal kills the child. */
void block_forever(const struct ipc_calls *ipc);

/* Installs a handler that counts the signal, with or without SA_RESTART. */
void catch_signal(int signal, int flags);
unsigned signals_caught(void);

/* ---- rights ------------------------------------------------------------------ */

/* Changes to another user and group for good (NEED_USERS). */
enum { NOBODY = 65534, OWNER = 1001, STRANGER = 1002, GROUP = 1003 };
void become(uid_t uid, gid_t gid);
/* The same, but keeps the capabilities. */
void become_privileged(uid_t uid, gid_t gid);
/*
 * Give up for good: all capabilities; all but one; one (CAP_IPC_OWNER etc. of
 * <linux/capability.h>).  The user stays the same.  keep_only() skips the check if the
 * process does not have the capability.
 */
void drop_privileges(void);
#define keep_only(CAPABILITY) keep_only_named(CAPABILITY, #CAPABILITY)
void keep_only_named(int capability, const char *name);
void give_up(int capability);
/*
 * Whether this process may lock more memory than RLIMIT_MEMLOCK, and whether it may raise
 * its hard limits.  They need CAP_IPC_LOCK and CAP_SYS_RESOURCE in the initial user
 * namespace.
 */
bool may_lock_memory(void);
bool may_raise_limits(void);
/* Whether this user and group are mapped in this user namespace (user_namespaces(7)). */
bool is_mapped(void);
/* Whether this is a 32-bit program on a 64-bit kernel. */
bool kernel_is_wider(void);
/* Whether this kernel's version is before MAJOR.MINOR. */
bool kernel_before(unsigned major, unsigned minor);
/* Skips the check on a kernel before MAJOR.MINOR. */
void need_kernel(unsigned major, unsigned minor);

/* ---- random numbers (checks/model/random.h) ----------------------------------- */

/* The seed that repeats a run, and the number of operations of each random check. */
unsigned random_seed(void);
unsigned random_operations(void);

/* ---- the namespace of a check -------------------------------------------- */

/* A key that only this check uses; n from 0 to 255. */
key_t check_key(unsigned n);
/*
 * Whether this process is in an IPC namespace that the program has made.  Only there may a
 * check write limits or look at objects that it has not made.
 */
bool is_isolated(void);
/*
 * Moves this process into another fresh namespace; skips the check if the process may not
 * make one or there are too many.
 */
void another_namespace(void);
/*
 * Opens a file of /proc for reading; skips the check if /proc lacks it (subset=pid, or not
 * mounted).
 */
int open_proc(const char *path);
/*
 * Opens /proc/sys/kernel/NAME for writing; only in a namespace that the program has made.  If
 * open(2) fails, returns -1, with errno.
 */
int open_limit(const char *name);
/* Writes, reads /proc/sys/kernel/NAME (NEED_LIMITS); on an error, ends the check. */
void set_limit(const char *name, const char *value);
long long get_limit(const char *name);
/* Reads the Nth number of such a file, from 0 (`sem` has four). */
long long get_limit_n(const char *name, unsigned n);
/*
 * The entry in COLUMN of an object's row in /proc/sysvipc/KIND (NEED_PROC), such as
 * ("msg", msqid, "qnum"); ends the check if the object has no row.
 */
long long sysvipc(const char *kind, int id, const char *column);
/* The number of rows in /proc/sysvipc/KIND. */
unsigned sysvipc_rows(const char *kind);
/* The number in the line "NAME   number kB" of /proc/meminfo, in bytes; 0 if it is missing. */
unsigned long long meminfo(const char *name);

/* ---- time and memory ----------------------------------------------------- */

/* The clock that the kernel stores in structures: it advances with ticks only. */
time_t kernel_time(void);
/* Waits until that clock reaches the next second. */
void await_next_second(void);
/* The end of a page of memory; an access at or after this address faults. */
char *memory_end(void);

#endif
