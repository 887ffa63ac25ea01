/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of semget. */

#include "shared.h"

static const union semun none;

#define GET(KEY, FLAGS) t->real->semget(KEY, nsems, FLAGS)
GET_MUTANTS(ON_SEMGET, "set", semflg)

ON_SEMGET(one_more, "a set has one semaphore more than asked for")
{
	return t->real->semget(key, nsems > 0 && semflg & 0777 ? nsems + 1 : nsems, semflg);
}

ON_SEMGET(more_found, "semget finds a set with fewer than nsems semaphores")
{
	int result = t->real->semget(key, nsems, semflg);

	return result == -1 && errno == EINVAL && key != IPC_PRIVATE
		       ? t->real->semget(key, 0, semflg & ~IPC_CREAT)
		       : result;
}

ON_SEMGET(fewer_refused, "semget does not find a set with more than nsems semaphores")
{
	struct semid_ds ds = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && t->real->semctl(result, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 &&
	    (unsigned long)nsems < ds.sem_nsems)
		return fails(EINVAL);
	return result;
}

ON_SEMGET(none_is_one, "semget with 0 semaphores creates a set of one")
{
	return t->real->semget(key, nsems == 0 && semflg & 0777 ? 1 : nsems, semflg);
}

ON_SEMGET(semmsl_one_less, "a set of SEMMSL semaphores is refused")
{
	struct seminfo info = {0};

	if (t->real->semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}) != -1 &&
	    nsems == info.semmsl)
		return fails(EINVAL);
	return t->real->semget(key, nsems, semflg);
}

/* Reads the numbers of sets and of semaphores, and their limits. */
static bool sets(const struct through *t, struct seminfo *used, struct seminfo *limit)
{
	return t->real->semctl(0, 0, SEM_INFO, (union semun){.__buf = used}) != -1 &&
	       t->real->semctl(0, 0, IPC_INFO, (union semun){.__buf = limit}) != -1;
}

ON_SEMGET(semmni_one_less, "the limit SEMMNI is one too low")
{
	struct seminfo used = {0}, limit = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && sets(t, &used, &limit) && used.semusz >= limit.semmni) {
		t->real->semctl(result, 0, IPC_RMID, none);
		return fails(ENOSPC);
	}
	return result;
}

ON_SEMGET(semmns_one_less, "the limit SEMMNS is one too low")
{
	struct seminfo used = {0}, limit = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && sets(t, &used, &limit) && used.semaem >= limit.semmns) {
		t->real->semctl(result, 0, IPC_RMID, none);
		return fails(ENOSPC);
	}
	return result;
}

ON_SEMGET(values_stale, "the semaphores of a new set are not 0")
{
	int result = t->real->semget(key, nsems, semflg);

	for (int semnum = 0; result != -1 && key == IPC_PRIVATE && semnum < nsems; semnum++)
		t->real->semctl(result, semnum, SETVAL, (union semun){.val = 1});
	return result;
}

ON_SEMGET(next_id_other, "the sequence number of sem_next_id is not used")
{
	spoil_next_id("sem");
	return t->real->semget(key, nsems, semflg);
}

ON_SEMGET(semmsl_of_new_only, "SEMMSL does not apply to a call that finds a set")
{
	int result = t->real->semget(key, nsems, semflg);
	struct semid_ds ds = {0};

	if (result != -1 || errno != EINVAL || key == IPC_PRIVATE || nsems <= 0)
		return result;
	result = t->real->semget(key, 0, semflg & ~(IPC_CREAT | IPC_EXCL));
	if (result == -1 && !(semflg & IPC_CREAT))
		return fails(ENOENT);
	if (result == -1 || t->real->semctl(result, 0, IPC_STAT, (union semun){.buf = &ds}) == -1 ||
	    (unsigned long)nsems > ds.sem_nsems)
		return fails(EINVAL);
	return semflg & IPC_EXCL ? fails(EEXIST) : result;
}

ON_SEMGET(found_touches, "semget of a set that exists sets sem_ctime")
{
	int result = t->real->semget(key, nsems, semflg);
	struct semid_ds ds = {0};

	if (result != -1 && key != IPC_PRIVATE && (nsems == 0 || !(semflg & IPC_CREAT)) &&
	    t->real->semctl(result, 0, IPC_STAT, (union semun){.buf = &ds}) == 0)
		t->real->semctl(result, 0, IPC_SET, (union semun){.buf = &ds});
	return result;
}

/* The set that this process removed last. */
static int removed = -1;

static int note_removed(const struct through *t, int semid, int semnum, int cmd, union semun arg)
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_RMID && result == 0)
		removed = semid;
	return result;
}

static int reuse_removed(const struct through *t, key_t key, int nsems, int semflg)
{
	if (removed != -1)
		write_next_id("sem", removed);
	return t->real->semget(key, nsems, semflg);
}

MUTANT(sequence_mutant, "semget.sequence_reused", "the id of a removed set is reused at once",
       .semget = reuse_removed, .semctl = note_removed);
