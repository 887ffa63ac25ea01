/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The whole state of an object that can be seen from outside: the members of
 * IPC_STAT, the row in /proc/sysvipc, the totals of the namespace, the value,
 * sempid and counts of each semaphore, the messages of a queue in their order.
 *
 *	struct snapshot before = snapshot_of(&sem_facility, semid);
 *
 *	REFUSED(&before, drop_privileges(), EACCES, sem_op(ipc, semid, 1, 0));
 *
 * The call is made by a child, so that a process id that it leaves behind is
 * another one than before.  The totals need NEED_NAMESPACE.
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
	char row[512]; /* in /proc/sysvipc; empty without /proc */
	/* Not compared: sem_otime, which the end of a process that used SEM_UNDO sets. */
	bool without_otime;
};

struct snapshot snapshot_of(const struct facility *facility, int id);
/* Expects that an object is as it was; WHAT is the call that has been made since. */
void expect_unchanged_at(const char *file, int line, const char *what,
			 const struct snapshot *before);
#define expect_unchanged(WHAT, BEFORE) expect_unchanged_at(HERE, WHAT, BEFORE)

/* CALL, made by a child after WHO, fails with ERROR and changes nothing. */
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
 * The same for operations with SEM_UNDO.  The end of the child sets sem_otime even
 * where nothing is undone (ipc/sem.c, exit_sem), so the child compares that.
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

/* WHO of a call that is made with all rights of the check, and of another user's. */
static inline void as_owner(void)
{
}
static inline void as_stranger(void)
{
	become(STRANGER, STRANGER);
}

/* Expects that an object made with `key` serves its owner: found, read, written, set, removed. */
void expect_serves(const struct ipc_calls *ipc, const struct facility *facility, int id, key_t key);

#endif
