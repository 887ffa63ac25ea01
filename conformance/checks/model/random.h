/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random operations by several processes, one after another, against a model.
 *
 * A step is an operation of one worker.  The model says which workers finish a call after
 * it, the step's own worker or blocked ones, and with what answer; the kernel must show the
 * others as blocked.  So the seed repeats a run, and a run that failed can be shortened.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdio.h>

#include "checks/common/objects.h"

enum { WORKERS = 8, ANSWER_TEXT = 48 };

/*
 * The steps that every facility has: a signal, the end of a worker, and in histories
 * (checks/history) the removal of an object, a look at it, and the moment when every process rests.
 */
enum { SIGNAL, END, REMOVE, OBSERVE, REST, FIRST_OWN };

struct step {
	unsigned char who, what;
	short arg[4];
};

struct answer {
	long result;
	int error;
	long type;
	unsigned char text[ANSWER_TEXT];
};

/* The result of a step: the workers that finish, with their results. */
struct outcome {
	bool done[WORKERS];
	struct answer answer[WORKERS];
};

struct random_numbers {
	uint64_t state;
};
/* A random number from LOW to HIGH. */
int random_between(struct random_numbers *numbers, int low, int high);

struct history;
struct operation;

struct operations {
	size_t model_size; /* the model of new objects is all zeros */
	/* Make and remove the objects. */
	void (*make)(const struct ipc_calls *ipc, int id[2]);
	void (*remove)(const struct ipc_calls *ipc, const int id[2]);
	/* Chooses `what` and `arg` of a step of the facility. */
	void (*draw)(struct random_numbers *numbers, struct step *step);
	/* Makes the call, in a worker. */
	void (*perform)(const struct ipc_calls *ipc, const int id[2], const struct step *step,
			struct answer *answer);
	/* Applies the step to the model; false, with no change, if the step is impossible. */
	bool (*apply)(void *model, const struct step *step, struct outcome *outcome);
	/* Whether the state of the objects agrees with the model. */
	bool (*agrees)(const struct ipc_calls *ipc, const int id[2], const void *model,
		       bool patient, char seen[160]);
	void (*describe)(const struct step *step, char text[96]);
	/*
	 * For test vectors: the objects, the call of a step, and the state of the model, each as
	 * members of a JSON object.
	 */
	void (*write_objects)(FILE *out);
	void (*write_call)(FILE *out, const struct step *step);
	void (*write_state)(FILE *out, const void *model);
	/* For histories: whether a removed object exists until its last user ends. */
	bool lingers;
	/*
	 * For a facility whose order of waiting calls is not certain: changes the step to
	 * one that does not wait, and returns the error that it then fails with instead of
	 * waiting; 0 if it never waits.
	 */
	int (*impatient)(struct step *step);
	/* Changes the step to one that takes a remaining message or unit, or fails. */
	void (*drain)(struct step *step);
	/* Whether an answer that differs from the model's is right, too. */
	bool (*tolerates)(const struct history *history, const struct operation *operation,
			  const struct answer *want);
	/* In a worker: whether it can make this step now; clear() runs before each episode. */
	bool (*feasible)(const struct step *step);
	void (*clear)(const struct ipc_calls *ipc);
};

/* The members that each facility's file defines under the same names. */
#define SHARED_OPERATIONS                                                                     \
	.model_size = sizeof(struct model), .draw = draw, .perform = perform, .apply = apply, \
	.agrees = agrees, .describe = describe, .write_objects = write_objects,               \
	.write_call = write_call, .write_state = write_state

extern const struct operations msg_operations, sem_operations, shm_operations;

/* Returns n random steps, which the caller frees. */
struct step *random_drawn(const struct operations *operations, unsigned seed, size_t n);

/*
 * Whether a worker can make the step: a blocked process can only be signalled or ended, and only a
 * blocked one can be signalled.
 */
static inline bool step_possible(const struct step *step, bool waits)
{
	return step->what == END || waits == (step->what == SIGNAL);
}

/*
 * Skips the check if /proc has another architecture's calls: the time alone would then distinguish
 * a blocked process from one that has not made its call yet, or has been woken.
 */
void need_own_calls_in_proc(void);

/* Makes random steps until one fails; records the shortest failing run found. */
void random_steps(const struct ipc_calls *ipc, const char *name,
		  const struct operations *operations);

/* For write_call and write_state, vectors.c: a member "flags", and a member with numbers. */
struct flag {
	int bit;
	const char *name; /* NULL: the end of the table */
};
void write_flags(FILE *out, int set, const struct flag *flags);
void write_numbers(FILE *out, const char *name, const short *number, unsigned n);

static inline void done(struct outcome *outcome, unsigned who, long result, int error)
{
	outcome->done[who] = true;
	outcome->answer[who].result = error ? -1 : result;
	outcome->answer[who].error = error;
}

/* Stores the result of a call, in a worker. */
static inline void answered(struct answer *answer, long result)
{
	answer->result = result;
	answer->error = result == -1 ? errno : 0;
}

#endif
