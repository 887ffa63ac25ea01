/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* One operation on a semaphore set: semop of one sembuf (sem.c), and Semaphore (semaphore.c). */
#ifndef OPERATION_H
#define OPERATION_H

#include "module.h"

/* Returns the limit that caused the error of semop in errno, or NULL: sem.c. */
const char *semop_limit(size_t nsops);

/* Raises the error of semop or semtimedop, unless the result is not negative. */
static always_inline void operation_ended(enum call_index call, long result, size_t nsops)
{
	if (BRANCH_UNLIKELY(result == -1))
		call_failed(call, semop_limit(nsops));
}

/* Returns the object's operation with IPC_NOWAIT, see struct sembuf_object. */
static always_inline const struct sembuf *tried(struct sembuf_object *object)
{
	struct sembuf *const kept = &object->tried;
	struct sembuf sop = object->sop;

	sop.sem_flg |= IPC_NOWAIT;
	if (BRANCH_UNLIKELY(RELAXED_LOAD(&kept->sem_num) != sop.sem_num ||
			    RELAXED_LOAD(&kept->sem_op) != sop.sem_op ||
			    RELAXED_LOAD(&kept->sem_flg) != sop.sem_flg)) {
		RELAXED_STORE(&kept->sem_num, sop.sem_num);
		RELAXED_STORE(&kept->sem_op, sop.sem_op);
		RELAXED_STORE(&kept->sem_flg, sop.sem_flg);
	}
	return kept;
}

/* Returns the call's result; -1 with errno; -2 if a signal handler raised an exception. */
static always_inline long operate_one(struct state *state, struct operation o)
{
	return call_blocking(state, &(struct blocking){.attempt = attempt_operation,
						       .args = &o,
						       .index = BLOCKING_semop,
						       .may_try = true,
						       .may_wait = o.tried,
						       .left = o.timeout});
}

static always_inline long operate_sembuf(struct state *state, int semid,
					 struct sembuf_object *object, struct timespec *left)
{
	/* During a wait, other Python code may write to the object, so use a copy. */
	const struct sembuf sop = object->sop;
	const bool waits = operation_waits(&sop);

	return operate_one(state, (struct operation){semid, waits ? &sop : &object->sop,
						     waits ? tried(object) : NULL, left});
}

#endif
