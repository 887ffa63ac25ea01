/* Random operations on semaphores against a model of a set. */
#include <signal.h>
#include <stdio.h>

#include "behaviour/random.h"

enum { OPERATE = FIRST_OWN, OPERATE_TWO, SET, SET_ALL };

struct waiter {
	unsigned who;
	int semnum, op;
	bool undo;
};

struct model {
	int value[NSEMS];
	int semadj[WORKERS][NSEMS];
	struct waiter waiter[WORKERS]; /* the longest first */
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

/* arg: of OPERATE a semaphore, what is added, flags; of the others semaphores and values. */
static void draw(struct dice *dice, struct step *step)
{
	static const short flags[] = {0, 0, SEM_UNDO, SEM_UNDO, IPC_NOWAIT};
	int kind = roll(dice, 0, 19);

	step->what = kind < 15 ? OPERATE : kind < 18 ? OPERATE_TWO : kind < 19 ? SET : SET_ALL;
	step->arg[0] = (short)roll(dice, 0, NSEMS - 1);
	step->arg[1] = (short)roll(dice, -3, 3);
	step->arg[2] = flags[roll(dice, 0, 4)];
	if (step->what == OPERATE_TWO)
		step->arg[2] = (short)roll(dice, -2, 2);
	if (step->what >= SET)
		for (int i = step->what == SET; i < NSEMS; i++)
			step->arg[i] = (short)roll(dice, 0, 3);
}

/* Of two operations in one call, neither of which waits, the second is on the next semaphore. */
static int next_of(int semnum)
{
	return (semnum + 1) % NSEMS;
}

static void perform(const struct ipc_calls *ipc, const int id[2], const struct step *step,
		    struct answer *answer)
{
	unsigned short first = (unsigned short)step->arg[0], values[NSEMS];

	switch (step->what) {
	case OPERATE:
		answered(answer, ipc->semop(id[0], OPS({first, step->arg[1], step->arg[2]})));
		break;
	case OPERATE_TWO:
		answered(answer, ipc->semop(id[0], OPS({first, step->arg[1], IPC_NOWAIT | SEM_UNDO},
						       {(unsigned short)next_of(first),
							step->arg[2], IPC_NOWAIT | SEM_UNDO})));
		break;
	case SET:
		answered(answer,
			 ipc->semctl(id[0], first, SETVAL, (union semun){.val = step->arg[1]}));
		break;
	case SET_ALL:
		for (int i = 0; i < NSEMS; i++)
			values[i] = (unsigned short)step->arg[i];
		answered(answer, ipc->semctl(id[0], 0, SETALL, (union semun){.array = values}));
	}
}

static bool can(const struct model *model, int semnum, int op)
{
	return op ? model->value[semnum] + op >= 0 : model->value[semnum] == 0;
}

static void operate(struct model *model, unsigned who, int semnum, int op, bool undo)
{
	model->value[semnum] += op;
	if (undo)
		model->semadj[who][semnum] -= op;
}

static void forget_waiter(struct model *model, int i)
{
	memmove(&model->waiter[i], &model->waiter[i + 1],
		(size_t)(--model->waiters - i) * sizeof(model->waiter[0]));
}

static void release(struct model *model, int i, struct outcome *outcome)
{
	const struct waiter waiter = model->waiter[i];

	forget_waiter(model, i);
	operate(model, waiter.who, waiter.semnum, waiter.op, waiter.undo);
	done(outcome, waiter.who, 0, 0);
}

static void release_zero(struct model *model, int semnum, struct outcome *outcome)
{
	for (int i = 0; i < model->waiters;)
		if (model->waiter[i].semnum == semnum && model->waiter[i].op == 0 &&
		    model->value[semnum] == 0)
			release(model, i, outcome);
		else
			i++;
}

/* Who waits on a semaphore and can go on does: for zero before for more, the longest first. */
static void changed(struct model *model, int semnum, struct outcome *outcome)
{
	release_zero(model, semnum, outcome);
	for (int i = 0; i < model->waiters;)
		if (model->waiter[i].semnum == semnum && model->waiter[i].op != 0 &&
		    can(model, semnum, model->waiter[i].op)) {
			release(model, i, outcome);
			release_zero(model, semnum, outcome);
			i = 0;
		} else {
			i++;
		}
}

static void all_changed(struct model *model, struct outcome *outcome)
{
	for (int semnum = 0; semnum < NSEMS; semnum++)
		changed(model, semnum, outcome);
}

static void leave(struct model *model, unsigned who)
{
	for (int i = model->waiters - 1; i >= 0; i--)
		if (model->waiter[i].who == who)
			forget_waiter(model, i);
}

/* What a worker did with SEM_UNDO is taken back, down to 0 and no further. */
static void undo(struct model *model, unsigned who, struct outcome *outcome)
{
	for (int semnum = 0; semnum < NSEMS; semnum++) {
		int *value = &model->value[semnum];
		*value += model->semadj[who][semnum];
		*value = *value < 0 ? 0 : *value > SEMVMX ? SEMVMX : *value;
		model->semadj[who][semnum] = 0;
	}
	all_changed(model, outcome);
}

static void set(struct model *model, int semnum, int value)
{
	model->value[semnum] = value;
	for (unsigned who = 0; who < WORKERS; who++)
		model->semadj[who][semnum] = 0;
}

static void apply_operate(struct model *model, const struct step *step, struct outcome *outcome)
{
	int semnum = step->arg[0], op = step->arg[1], flags = step->arg[2];

	if (can(model, semnum, op)) {
		operate(model, step->who, semnum, op, flags & SEM_UNDO);
		done(outcome, step->who, 0, 0);
		changed(model, semnum, outcome);
	} else if (flags & IPC_NOWAIT) {
		done(outcome, step->who, 0, EAGAIN);
	} else {
		model->waiter[model->waiters++] =
			(struct waiter){step->who, semnum, op, flags & SEM_UNDO};
	}
}

static void apply_two(struct model *model, const struct step *step, struct outcome *outcome)
{
	int first = step->arg[0], second = next_of(first);

	if (!can(model, first, step->arg[1]) || !can(model, second, step->arg[2])) {
		done(outcome, step->who, 0, EAGAIN);
		return;
	}
	operate(model, step->who, first, step->arg[1], true);
	operate(model, step->who, second, step->arg[2], true);
	done(outcome, step->who, 0, 0);
	changed(model, first, outcome);
	changed(model, second, outcome);
}

static bool apply(void *arg, const struct step *step, struct outcome *outcome)
{
	struct model *model = arg;

	switch (step->what) {
	case OPERATE:
		apply_operate(model, step, outcome);
		break;
	case OPERATE_TWO:
		apply_two(model, step, outcome);
		break;
	case SET:
		set(model, step->arg[0], step->arg[1]);
		done(outcome, step->who, 0, 0);
		changed(model, step->arg[0], outcome);
		break;
	case SET_ALL:
		for (int i = 0; i < NSEMS; i++)
			set(model, i, step->arg[i]);
		done(outcome, step->who, 0, 0);
		all_changed(model, outcome);
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

	for (int i = 0; i < model->waiters; i++)
		n += model->waiter[i].semnum == semnum && (model->waiter[i].op == 0) == zero;
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
		snprintf(seen, 160, "semaphore %d is %d, %d and %d wait, and not %d, %d and %d",
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
	case OPERATE_TWO:
		snprintf(text, 96, "semop {%d, %d} {%d, %d}, IPC_NOWAIT | SEM_UNDO", step->arg[0],
			 step->arg[1], next_of(step->arg[0]), step->arg[2]);
		break;
	case SET:
		snprintf(text, 96, "SETVAL %d of %d", step->arg[1], step->arg[0]);
		break;
	default:
		snprintf(text, 96, "SETALL %d %d %d", step->arg[0], step->arg[1], step->arg[2]);
	}
}

CHECK("random.sem", LIBC | RAW, NEED_PROC,
      "values, semadj, counts and waits of random operations by 8 processes are as a model in C "
      "has them",
      "semop(2); semctl(2); ipc/sem.c, do_smart_update")
{
	static const struct room room = {
		sizeof(struct model), make_set, remove_set, draw, perform, apply, agrees, describe};

	random_steps(ipc, "random.sem", &room);
}
