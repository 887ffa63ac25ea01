/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Tests the search with histories that are written by hand.  Processes that wait for the
 * semaphore proceed in their order; calls that wait for the box, which has room for one number,
 * proceed in any order.
 */
#include <errno.h>
#include <string.h>

#include "checks/history/history.h"
/* unit.h declares enum outcome, whose tag is that of struct outcome in history.h. */
#include "suite.h"

enum { PUT = FIRST_OWN, TAKE };

/* ---- a semaphore ------------------------------------------------------------------------ */

struct semaphore {
	int value, waits[WORKERS], n;
	bool removed;
};

static void forget(struct semaphore *model, int i)
{
	memmove(&model->waits[i], &model->waits[i + 1],
		(size_t)(--model->n - i) * sizeof(model->waits[0]));
	model->waits[model->n] = 0;
}

static bool operate(void *arg, const struct step *step, struct outcome *outcome)
{
	struct semaphore *model = arg;

	if (model->removed) {
		done(outcome, step->who, 0, EINVAL);
		return true;
	}
	switch (step->what) {
	case REMOVE:
		while (model->n > 0) {
			done(outcome, (unsigned)model->waits[0], 0, EIDRM);
			forget(model, 0);
		}
		model->removed = true;
		break;
	case OBSERVE:
		done(outcome, step->who, model->value, 0);
		return true;
	case SIGNAL:
	case END:
		for (int i = model->n - 1; i >= 0; i--)
			if (model->waits[i] == step->who)
				forget(model, i);
		done(outcome, step->who, 0, EINTR);
		return true;
	case TAKE:
		if (model->value == 0) {
			model->waits[model->n++] = step->who;
			return true;
		}
		model->value--;
		break;
	case PUT:
		if (model->n > 0) {
			done(outcome, (unsigned)model->waits[0], 0, 0);
			forget(model, 0);
		} else {
			model->value++;
		}
	}
	done(outcome, step->who, 0, 0);
	return true;
}

static const struct operations semaphore = {.model_size = sizeof(struct semaphore),
					    .apply = operate};

/* ---- a box ------------------------------------------------------------------------------- */

struct box {
	int full, number;
};

static bool use_box(void *arg, const struct step *step, struct outcome *outcome)
{
	struct box *model = arg;
	bool puts = step->what == PUT;

	if (model->full == puts) {
		done(outcome, step->who, 0, EAGAIN);
		return true;
	}
	done(outcome, step->who, puts ? 0 : model->number, 0);
	*model = (struct box){puts, puts ? step->arg[0] : 0};
	return true;
}

static int always_waits(struct step *step)
{
	return step->what >= FIRST_OWN ? EAGAIN : 0;
}

static const struct operations box = {
	.model_size = sizeof(struct box), .apply = use_box, .impatient = always_waits};

/* ---- histories by hand -------------------------------------------------------------------- */

static struct history history;

static void begin(void)
{
	memset(&history, 0, sizeof(history));
}

static struct operation *call(int who, int what, int begun, int ended)
{
	struct operation *operation = &history.operation[who][history.n[who]++];

	operation->step = (struct step){.who = (unsigned char)who, .what = (unsigned char)what};
	operation->state = ended == NEVER ? MADE : ANSWERED;
	operation->begun = begun;
	operation->ended = ended;
	return operation;
}

static void fails(struct operation *operation, int error)
{
	operation->answer.result = -1;
	operation->answer.error = error;
}

static void number(struct operation *operation, int value)
{
	operation->step.arg[0] = (short)value;
	if (operation->step.what != PUT)
		operation->answer.result = value;
}

START_TEST(calls_that_overlap_have_either_order)
{
	begin();
	call(0, TAKE, 0, 2);
	call(1, PUT, 0, 1);
	number(call(2, OBSERVE, 0, 3), 1);
	ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
}
END_TEST

START_TEST(a_call_does_not_come_after_a_later_one)
{
	begin();
	call(1, PUT, 0, 1);
	number(call(2, OBSERVE, 1, 2), 0);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
}
END_TEST

START_TEST(a_value_is_taken_once)
{
	begin();
	call(0, TAKE, 0, 2);
	call(1, TAKE, 0, 3);
	call(2, PUT, 0, 1);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
}
END_TEST

START_TEST(waiters_proceed_in_their_order)
{
	/* Process 1 begins when process 0 is asleep. */
	begin();
	call(0, TAKE, 0, NEVER);
	history.operation[0][0].asleep = true;
	call(ARBITER, REST, 0, 1);
	call(1, TAKE, 1, 3);
	call(2, PUT, 1, 2);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	history.operation[0][0].state = ANSWERED;
	history.operation[0][0].ended = 3;
	history.operation[1][0].state = MADE;
	history.operation[1][0].ended = NEVER;
	ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
}
END_TEST

START_TEST(a_lost_wake_up_is_found_when_all_processes_wait)
{
	begin();
	call(0, TAKE, 0, NEVER)->asleep = true;
	call(1, PUT, 0, 1);
	call(ARBITER, REST, 1, 2);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	/* If it is not seen asleep, it may not have made its call yet. */
	history.operation[0][0].asleep = false;
	ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
}
END_TEST

START_TEST(a_signal_ends_a_wait_and_nothing_else)
{
	begin();
	fails(call(0, TAKE, 0, 1), EINTR);
	ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
	begin();
	call(1, PUT, 0, 1);
	fails(call(0, TAKE, 1, 2), EINTR);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
}
END_TEST

START_TEST(a_killed_process_may_have_made_its_call)
{
	for (int left = 0; left <= 1; left++) {
		begin();
		call(1, PUT, 0, 1);
		call(0, TAKE, 1, NEVER);
		call(0, END, 1, 2);
		number(call(2, OBSERVE, 2, 3), left);
		ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
		/* The value cannot change after the death of the process. */
		number(call(2, OBSERVE, 3, 4), !left);
		ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	}
}
END_TEST

START_TEST(removal_ends_waits_and_comes_before_einval)
{
	begin();
	fails(call(0, TAKE, 0, 2), EIDRM);
	call(1, REMOVE, 0, 1);
	fails(call(2, PUT, 1, 3), EINVAL);
	ck_assert_int_eq(judge(&semaphore, &history), EXPLAINED);
	/* The object was removed before the call, so the call cannot have used it. */
	fails(call(2, PUT, 3, 4), EIDRM);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	begin();
	fails(call(2, PUT, 0, 1), EINVAL);
	call(1, REMOVE, 1, 2);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
}
END_TEST

START_TEST(unordered_waiters_proceed_in_any_order)
{
	begin();
	call(0, PUT, 0, 3);
	number(call(1, TAKE, 0, 2), 7);
	number(call(2, TAKE, 0, 4), 5);
	number(&history.operation[0][0], 5);
	number(call(3, PUT, 0, 1), 7);
	ck_assert_int_eq(judge(&box, &history), EXPLAINED);
	/* The box was full, so 5 cannot be put before 7 is taken. */
	begin();
	number(call(3, PUT, 0, 1), 7);
	number(call(0, PUT, 1, 2), 5);
	number(call(1, TAKE, 2, 3), 7);
	ck_assert_int_eq(judge(&box, &history), WRONG);
}
END_TEST

START_TEST(a_forgotten_unordered_waiter_is_found)
{
	begin();
	number(call(3, PUT, 0, 1), 7);
	call(1, TAKE, 0, NEVER)->asleep = true;
	call(ARBITER, REST, 1, 2);
	ck_assert_int_eq(judge(&box, &history), WRONG);
	begin();
	call(1, TAKE, 0, NEVER)->asleep = true;
	call(ARBITER, REST, 1, 2);
	ck_assert_int_eq(judge(&box, &history), EXPLAINED);
}
END_TEST

START_TEST(a_wrong_history_is_shown_without_unrelated_calls)
{
	begin();
	for (int i = 0; i < 4; i++) {
		number(call(0, OBSERVE, i, i + 1), 0);
		fails(call(1, TAKE, i, i + 1), EINTR);
	}
	call(2, PUT, 4, 5);
	number(call(3, OBSERVE, 5, 6), 2);
	number(call(3, OBSERVE, 6, 7), 1);
	call(2, PUT, 7, 8);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	reduce(&semaphore, &history);
	ck_assert_int_eq(judge(&semaphore, &history), WRONG);
	ck_assert_int_eq(history.n[0], 0);
	ck_assert_int_eq(history.n[2], 1);
	ck_assert_int_eq(history.n[3], 1);
	ck_assert_int_eq(history.operation[3][0].answer.result, 2);
}
END_TEST

START_TEST(a_search_that_is_too_long_is_undecided)
{
	/* All calls of the processes overlap, so there are too many orders to try. */
	begin();
	for (int who = 0; who < MAKERS; who++)
		for (int i = 0; i < MOST_CALLS - 2; i++)
			call(who, who % 2 ? PUT : TAKE, 0, 1000);
	call(0, PUT, 1000, 1001);
	number(call(1, OBSERVE, 1001, 1002), 999);
	ck_assert_int_eq(judge(&semaphore, &history), UNDECIDED);
}
END_TEST

UNIT_SUITE(history, calls_that_overlap_have_either_order, a_call_does_not_come_after_a_later_one,
	   a_value_is_taken_once, waiters_proceed_in_their_order,
	   a_lost_wake_up_is_found_when_all_processes_wait, a_signal_ends_a_wait_and_nothing_else,
	   a_killed_process_may_have_made_its_call, removal_ends_waits_and_comes_before_einval,
	   unordered_waiters_proceed_in_any_order, a_forgotten_unordered_waiter_is_found,
	   a_wrong_history_is_shown_without_unrelated_calls,
	   a_search_that_is_too_long_is_undecided);
