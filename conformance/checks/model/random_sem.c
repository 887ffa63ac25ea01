/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Random operations on semaphores against a model of a set. */
#include <signal.h>
#include <stdio.h>

#include "random.h"

enum { OPERATE = FIRST_OWN, OPERATE_MANY, SET, SET_ALL, MOST_OPS = 3 };

struct waiter {
	unsigned who;
	int nsops, blocking; /* the number of operations, and the index of the blocked one */
	struct sembuf sops[MOST_OPS];
};

struct model {
	bool removed;
	int value[NSEMS];
	int semadj[WORKERS][NSEMS];
	bool undoes[WORKERS];	       /* has made a permitted call with SEM_UNDO */
	struct waiter waiter[WORKERS]; /* longest waiting first */
	int waiters;
};

static void make_set(const struct ipc_calls *ipc, int id[2])
{
	id[0] = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
}

static void remove_set(const struct ipc_calls *ipc UNUSED, const int id[2])
{
	libc_calls.semctl(id[0], 0, IPC_RMID, (union semun){0});
}

/*
 * arg: for OPERATE a semaphore, the number to add, flags; for OPERATE_MANY the operations,
 * then their flags and number; otherwise semaphores and values.
 */
static void draw(struct random_numbers *numbers, struct step *step)
{
	static const short flags[] = {0, 0, SEM_UNDO, SEM_UNDO, IPC_NOWAIT};
	int kind = random_between(numbers, 0, 19);

	step->what = kind < 9 ? OPERATE : kind < 18 ? OPERATE_MANY : kind < 19 ? SET : SET_ALL;
	step->arg[0] = (short)random_between(numbers, 0, NSEMS - 1);
	step->arg[1] = (short)random_between(numbers, -3, 3);
	step->arg[2] = flags[random_between(numbers, 0, 4)];
	if (step->what == OPERATE_MANY) {
		/* Random semaphores, so that many calls use one twice or more. */
		for (int i = 0; i < MOST_OPS; i++)
			step->arg[i] = (short)(random_between(numbers, 0, NSEMS - 1) * 8 +
					       random_between(numbers, 0, 5));
		/* Bits for SEM_UNDO of each, for IPC_NOWAIT of all, and the number of operations.
		 */
		step->arg[3] =
			(short)(random_between(numbers, 0, 7) + 8 * random_between(numbers, 0, 1) +
				16 * random_between(numbers, 2, MOST_OPS));
	}
	if (step->what >= SET)
		for (int i = step->what == SET; i < NSEMS; i++)
			step->arg[i] = (short)random_between(numbers, 0, 3);
}

/* Sets the operations of a step; returns their number. */
static int operations_of(const struct step *step, struct sembuf sops[MOST_OPS])
{
	static const short adds[] = {-2, -1, 0, 0, 1, 2};

	if (step->what == OPERATE) {
		sops[0] = (struct sembuf){(unsigned short)step->arg[0], step->arg[1], step->arg[2]};
		return 1;
	}
	for (int i = 0; i < step->arg[3] / 16; i++)
		sops[i] =
			(struct sembuf){(unsigned short)(step->arg[i] / 8), adds[step->arg[i] % 8],
					(short)((step->arg[3] & 1 << i ? SEM_UNDO : 0) |
						(step->arg[3] & 8 ? IPC_NOWAIT : 0))};
	return step->arg[3] / 16;
}

static void perform(const struct ipc_calls *ipc, const int id[2], const struct step *step,
		    struct answer *answer)
{
	unsigned short first = (unsigned short)step->arg[0], values[NSEMS] = {0};

	switch (step->what) {
	case OPERATE:
	case OPERATE_MANY: {
		struct sembuf sops[MOST_OPS];
		size_t nsops = (size_t)operations_of(step, sops);
		answered(answer, ipc->semop(id[0], sops, nsops));
		break;
	}
	case SET:
		answered(answer,
			 ipc->semctl(id[0], first, SETVAL, (union semun){.val = step->arg[1]}));
		break;
	case REMOVE:
		answered(answer, ipc->semctl(id[0], 0, IPC_RMID, (union semun){0}));
		break;
	case OBSERVE:
		answered(answer, ipc->semctl(id[0], 0, GETALL, (union semun){.array = values}));
		for (int i = 0; answer->result == 0 && i < NSEMS; i++)
			answer->text[i] = (unsigned char)values[i];
		break;
	case SET_ALL:
		for (int i = 0; i < NSEMS; i++)
			values[i] = (unsigned short)step->arg[i];
		answered(answer, ipc->semctl(id[0], 0, SETALL, (union semun){.array = values}));
	}
}

/* Performs all operations in order, or none; if none, sets the index of the impossible one. */
static bool operate(struct model *model, unsigned who, const struct sembuf *sops, int nsops,
		    int *blocking)
{
	int value[NSEMS];

	memcpy(value, model->value, sizeof(value));
	for (int i = 0; i < nsops; i++) {
		int *now = &value[sops[i].sem_num];
		if (sops[i].sem_op ? *now + sops[i].sem_op < 0 : *now != 0) {
			*blocking = i;
			return false;
		}
		*now += sops[i].sem_op;
	}
	memcpy(model->value, value, sizeof(value));
	for (int i = 0; i < nsops; i++)
		if (sops[i].sem_flg & SEM_UNDO)
			model->semadj[who][sops[i].sem_num] -= sops[i].sem_op;
	return true;
}

static bool alters(const struct waiter *waiter)
{
	for (int i = 0; i < waiter->nsops; i++)
		if (waiter->sops[i].sem_op)
			return true;
	return false;
}

static void forget_waiter(struct model *model, int i)
{
	memmove(&model->waiter[i], &model->waiter[i + 1],
		(size_t)(--model->waiters - i) * sizeof(model->waiter[0]));
	memset(&model->waiter[model->waiters], 0, sizeof(model->waiter[0]));
}

/* Whether a blocked call continues; else updates the operation it is blocked in. */
static bool goes_on(struct model *model, int i, struct outcome *outcome)
{
	struct waiter *waiter = &model->waiter[i];

	if (!operate(model, waiter->who, waiter->sops, waiter->nsops, &waiter->blocking))
		return false;
	done(outcome, waiter->who, 0, 0);
	forget_waiter(model, i);
	return true;
}

/* Retries the waits for zero if one of these semaphores (bits) has become 0. */
static void zero_goes_on(struct model *model, unsigned semaphores, struct outcome *outcome)
{
	bool zero = false;

	for (int semnum = 0; semnum < NSEMS; semnum++)
		zero |= semaphores & 1u << semnum && model->value[semnum] == 0;
	for (int i = 0; zero && i < model->waiters;)
		if (alters(&model->waiter[i]) || !goes_on(model, i, outcome))
			i++;
}

static unsigned semaphores_of(const struct sembuf *sops, int nsops)
{
	unsigned semaphores = 0;

	for (int i = 0; i < nsops; i++)
		semaphores |= 1u << sops[i].sem_num;
	return semaphores;
}

/* Continues blocked calls after a change: waits for zero first, then the longest waiting. */
static void changed(struct model *model, unsigned semaphores, struct outcome *outcome)
{
	zero_goes_on(model, semaphores, outcome);
	for (int i = 0; i < model->waiters;) {
		const struct waiter waiter = model->waiter[i];
		if (alters(&waiter) && goes_on(model, i, outcome)) {
			zero_goes_on(model, semaphores_of(waiter.sops, waiter.nsops), outcome);
			i = 0;
		} else {
			i++;
		}
	}
}

enum { ALL_SEMAPHORES = (1 << NSEMS) - 1 };

static void leave(struct model *model, unsigned who)
{
	for (int i = model->waiters - 1; i >= 0; i--)
		if (model->waiter[i].who == who)
			forget_waiter(model, i);
}

/* Undoes a worker's operations with SEM_UNDO, down to 0 and no further. */
static void undo(struct model *model, unsigned who, struct outcome *outcome)
{
	if (!model->undoes[who])
		return;
	model->undoes[who] = false;
	for (int semnum = 0; semnum < NSEMS; semnum++) {
		int *value = &model->value[semnum];
		*value += model->semadj[who][semnum];
		*value = *value < 0 ? 0 : *value > SEMVMX ? SEMVMX : *value;
		model->semadj[who][semnum] = 0;
	}
	changed(model, ALL_SEMAPHORES, outcome);
}

static void set(struct model *model, int semnum, int value)
{
	model->value[semnum] = value;
	for (unsigned who = 0; who < WORKERS; who++)
		model->semadj[who][semnum] = 0;
}

static void apply_operate(struct model *model, const struct step *step, struct outcome *outcome)
{
	struct waiter waiter;

	memset(&waiter, 0, sizeof(waiter));
	waiter.who = step->who;
	waiter.nsops = operations_of(step, waiter.sops);
	for (int i = 0; i < waiter.nsops; i++)
		model->undoes[step->who] |= waiter.sops[i].sem_flg & SEM_UNDO;
	if (operate(model, step->who, waiter.sops, waiter.nsops, &waiter.blocking)) {
		done(outcome, step->who, 0, 0);
		if (alters(&waiter))
			changed(model, semaphores_of(waiter.sops, waiter.nsops), outcome);
	} else if (waiter.sops[0].sem_flg & IPC_NOWAIT) {
		done(outcome, step->who, 0, EAGAIN);
	} else {
		model->waiter[model->waiters++] = waiter;
	}
}

/* Ends all waits and clears all adjustments. */
static void remove_model(struct model *model, unsigned who, struct outcome *outcome)
{
	for (int i = 0; i < model->waiters; i++)
		done(outcome, model->waiter[i].who, 0, EIDRM);
	memset(model, 0, sizeof(*model));
	model->removed = true;
	done(outcome, who, 0, 0);
}

static bool apply(void *arg, const struct step *step, struct outcome *outcome)
{
	struct model *model = arg;

	if (model->removed && step->what >= REMOVE) {
		done(outcome, step->who, 0, EINVAL);
		return true;
	}
	switch (step->what) {
	case REMOVE:
		remove_model(model, step->who, outcome);
		break;
	case OBSERVE:
		done(outcome, step->who, 0, 0);
		for (int i = 0; i < NSEMS; i++)
			outcome->answer[step->who].text[i] = (unsigned char)model->value[i];
		break;
	case OPERATE:
	case OPERATE_MANY:
		apply_operate(model, step, outcome);
		break;
	case SET:
		set(model, step->arg[0], step->arg[1]);
		done(outcome, step->who, 0, 0);
		changed(model, ALL_SEMAPHORES, outcome);
		break;
	case SET_ALL:
		for (int i = 0; i < NSEMS; i++)
			set(model, i, step->arg[i]);
		done(outcome, step->who, 0, 0);
		changed(model, ALL_SEMAPHORES, outcome);
		break;
	case SIGNAL:
		done(outcome, step->who, 0, EINTR);
		leave(model, step->who);
		break;
	default:
		leave(model, step->who);
		undo(model, step->who, outcome);
	}
	return true;
}

static int counted(const struct model *model, int semnum, bool zero)
{
	int n = 0;

	for (int i = 0; i < model->waiters; i++) {
		const struct sembuf *sop = &model->waiter[i].sops[model->waiter[i].blocking];
		n += sop->sem_num == semnum && (sop->sem_op == 0) == zero;
	}
	return n;
}

static bool agrees(const struct ipc_calls *ipc, const int id[2], const void *arg,
		   bool patient UNUSED, char seen[160])
{
	const struct model *model = arg;
	const union semun none = {0};

	for (int semnum = 0; semnum < NSEMS; semnum++) {
		int value = ipc->semctl(id[0], semnum, GETVAL, none);
		int more = ipc->semctl(id[0], semnum, GETNCNT, none);
		int zero = ipc->semctl(id[0], semnum, GETZCNT, none);
		snprintf(seen, 160, "semaphore %d is %d, %d and %d wait, instead of %d, %d and %d",
			 semnum, value, more, zero, model->value[semnum],
			 counted(model, semnum, false), counted(model, semnum, true));
		if (value != model->value[semnum] || more != counted(model, semnum, false) ||
		    zero != counted(model, semnum, true))
			return false;
	}
	return true;
}

static void describe(const struct step *step, char text[96])
{
	switch (step->what) {
	case OPERATE:
		snprintf(text, 96, "semop {%d, %d, %s}", step->arg[0], step->arg[1],
			 step->arg[2] == SEM_UNDO     ? "SEM_UNDO"
			 : step->arg[2] == IPC_NOWAIT ? "IPC_NOWAIT"
						      : "0");
		break;
	case OPERATE_MANY: {
		struct sembuf sops[MOST_OPS] = {{0}};
		int nsops = operations_of(step, sops);
		int length = snprintf(text, 96, "semop");
		for (int i = 0; i < nsops; i++)
			length += snprintf(text + length, (size_t)(96 - length), " {%d, %d%s}",
					   sops[i].sem_num, sops[i].sem_op,
					   sops[i].sem_flg & SEM_UNDO ? ", SEM_UNDO" : "");
		snprintf(text + length, (size_t)(96 - length), "%s",
			 sops[0].sem_flg & IPC_NOWAIT ? ", IPC_NOWAIT" : "");
		break;
	}
	case SET:
		snprintf(text, 96, "SETVAL %d of %d", step->arg[1], step->arg[0]);
		break;
	default:
		snprintf(text, 96, "SETALL %d %d %d", step->arg[0], step->arg[1], step->arg[2]);
	}
}

static void write_operations(FILE *out, const struct step *step)
{
	static const struct flag flags[] = {
		{IPC_NOWAIT, "IPC_NOWAIT"}, {SEM_UNDO, "SEM_UNDO"}, {0}};
	struct sembuf sops[MOST_OPS] = {{0}};
	const int nsops = operations_of(step, sops);

	fputs("\"call\": \"semop\", \"sops\": [", out);
	for (int i = 0; i < nsops; i++) {
		fprintf(out, "%s{\"sem_num\": %d, \"sem_op\": %d, ", i ? ", " : "", sops[i].sem_num,
			sops[i].sem_op);
		write_flags(out, sops[i].sem_flg, flags);
		fputs("}", out);
	}
	fputs("]", out);
}

static void write_objects(FILE *out)
{
	fprintf(out, "\"nsems\": %d", NSEMS);
}

static void write_call(FILE *out, const struct step *step)
{
	switch (step->what) {
	case OPERATE:
	case OPERATE_MANY:
		write_operations(out, step);
		break;
	case SET:
		fprintf(out, "\"call\": \"SETVAL\", \"sem_num\": %d, \"value\": %d", step->arg[0],
			step->arg[1]);
		break;
	default:
		fputs("\"call\": \"SETALL\", ", out);
		write_numbers(out, "values", step->arg, NSEMS);
	}
}

static void write_state(FILE *out, const void *arg)
{
	const struct model *model = arg;
	short value[NSEMS], more[NSEMS], zero[NSEMS];

	for (int semnum = 0; semnum < NSEMS; semnum++) {
		value[semnum] = (short)model->value[semnum];
		more[semnum] = (short)counted(model, semnum, false);
		zero[semnum] = (short)counted(model, semnum, true);
	}
	write_numbers(out, "GETALL", value, NSEMS);
	fputs(", ", out);
	write_numbers(out, "GETNCNT", more, NSEMS);
	fputs(", ", out);
	write_numbers(out, "GETZCNT", zero, NSEMS);
}

const struct operations sem_operations = {SHARED_OPERATIONS, .make = make_set,
					  .remove = remove_set};

CHECK("random.sem", LIBC | RAW, NEED_PROC,
      "values, semadj, counts and blocked calls of 8 processes' random operations agree with a "
      "model in C",
      "semop(2); semctl(2); ipc/sem.c, do_smart_update")
{
	need_own_calls_in_proc();
	random_steps(ipc, "random.sem", &sem_operations);
}
