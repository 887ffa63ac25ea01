/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random operations by several processes, one after another, against a model.
 *
 * A step is an operation of one of the workers.  The model says which workers are
 * done after it and with what answer, the one that made it or others that waited;
 * the rest must be blocked, by what the kernel says of them.  So a run is repeated
 * by its seed, and a run that went wrong can be shortened.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include "checks/common/objects.h"

enum { WORKERS = 8, ANSWER_TEXT = 48 };

/* What a step is, beside what a facility has: a signal, and the end of a worker. */
enum { SIGNAL, END, FIRST_OWN };

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

/* The result of a step: the processes that are done, with their results. */
struct outcome {
	bool done[WORKERS];
	struct answer answer[WORKERS];
};

struct dice {
	uint64_t state;
};
/* A number from LOW to HIGH. */
int roll(struct dice *dice, int low, int high);

struct room {
	size_t model_size; /* the model of new objects is all zeroes */
	/* Makes the objects, and removes them. */
	void (*make)(const struct ipc_calls *ipc, int id[2]);
	void (*remove)(const struct ipc_calls *ipc, const int id[2]);
	/* A step of the facility's own; of `what` and `arg`. */
	void (*draw)(struct dice *dice, struct step *step);
	/* In a worker: makes the call. */
	void (*perform)(const struct ipc_calls *ipc, const int id[2], const struct step *step,
			struct answer *answer);
	/* What must come of it; false: this step cannot be, and nothing was done. */
	bool (*apply)(void *model, const struct step *step, struct outcome *outcome);
	/* Whether the objects are as the model has them. */
	bool (*agrees)(const struct ipc_calls *ipc, const int id[2], const void *model,
		       bool patient, char seen[160]);
	void (*describe)(const struct step *step, char text[96]);
};

/* Steps by the dice until one goes wrong, which is noted with the shortest history found. */
void random_steps(const struct ipc_calls *ipc, const char *name, const struct room *room);

static inline void done(struct outcome *outcome, unsigned who, long result, int error)
{
	outcome->done[who] = true;
	outcome->answer[who].result = error ? -1 : result;
	outcome->answer[who].error = error;
}

/* In a worker: what a call has returned. */
static inline void answered(struct answer *answer, long result)
{
	answer->result = result;
	answer->error = result == -1 ? errno : 0;
}

#endif
