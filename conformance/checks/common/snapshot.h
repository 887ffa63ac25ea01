/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The complete visible state of an object: the members of IPC_STAT, the row in
 * /proc/sysvipc, the totals of the namespace, the value, sempid and counts of each
 * semaphore, and the messages of a queue in their order.
 *
 *	struct snapshot before = snapshot_of(&sem_facility, semid);
 *
 *	REFUSED(&before, drop_privileges(), EACCES, sem_op(ipc, semid, 1, 0));
 *
 * A child makes the call, so that a process id that the call stores differs from the one
 * before.  The totals need NEED_NAMESPACE.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "facility.h"

enum { SNAPSHOT_FACTS = 128 };

struct snapshot {
	const struct facility *facility;
	int id;
	unsigned nfacts;
	struct {
		char name[40];
		long long value;
	} fact[SNAPSHOT_FACTS];
	char row[512]; /* from /proc/sysvipc; empty without /proc */
	/* Skips sem_otime, which changes when a process that used SEM_UNDO ends. */
	bool without_otime;
};

struct snapshot snapshot_of(const struct facility *facility, int id);
/* Expects that the object is unchanged; WHAT names the call that was made since. */
void expect_unchanged_at(const char *file, int line, const char *what,
			 const struct snapshot *before);
#define expect_unchanged(WHAT, BEFORE) expect_unchanged_at(HERE, WHAT, BEFORE)

/* A child runs WHO and then CALL, which fails with ERROR and changes nothing. */
#define REFUSED(BEFORE, WHO, ERROR, CALL)                   \
	do {                                                \
		pid_t refused_;                             \
		CHILD (refused_) {                          \
			WHO;                                \
			expect_errno(ERROR, CALL);          \
		}                                           \
		child_join(refused_);                       \
		expect_unchanged_at(HERE, #CALL, (BEFORE)); \
	} while (0)

/*
 * The same for operations with SEM_UNDO.  The end of the child sets sem_otime even if
 * nothing is undone (ipc/sem.c, exit_sem), so the child itself compares it.
 */
#define REFUSED_UNDO(BEFORE, ERROR, CALL)                                                       \
	do {                                                                                    \
		struct snapshot undone_ = *(BEFORE);                                            \
		pid_t refused_;                                                                 \
		CHILD (refused_) {                                                              \
			const struct snapshot now_ = snapshot_of(undone_.facility, undone_.id); \
			expect_errno(ERROR, CALL);                                              \
			expect_unchanged_at(HERE, #CALL, &now_);                                \
		}                                                                               \
		child_join(refused_);                                                           \
		undone_.without_otime = true;                                                   \
		expect_unchanged_at(HERE, #CALL, &undone_);                                     \
	} while (0)

/* Values of WHO: all rights of the check, or another user. */
static inline void as_owner(void)
{
}
static inline void as_stranger(void)
{
	become(STRANGER, STRANGER);
}

/* Expects that an object with `key` works for its owner: find, read, write, set, remove. */
void expect_serves(const struct ipc_calls *ipc, const struct facility *facility, int id, key_t key);

#endif
