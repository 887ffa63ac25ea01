/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Decides whether a history is linearizable, and finds the shortest part of it that is not. */
#include "history.h"

#include <stdlib.h>

/*
 * The number of states that a search may visit.  If few calls overlap, a search visits about
 * one state for each call, and some thousands at most.
 */
enum { MOST_STATES = 1 << 17, FIRST_SLOTS = 1 << 9 };

struct hash {
	uint64_t a, b;
};

struct search {
	const struct operations *operations;
	const struct history *history;
	int removed_by; /* when the removal had returned */
	struct hash *seen;
	size_t nseen, slots;
};

/* The number of calls that each process has completed in the model. */
struct place {
	unsigned char at[WORKERS];
	unsigned char waits; /* bits: has entered its call, and waits in the model */
};

/* ---- states that were visited -------------------------------------------------------- */

static uint64_t stir(uint64_t z)
{
	z = (z ^ z >> 32) * 0xd6e8feb86659fd93;
	return z ^ z >> 32;
}

static struct hash hash_of(const struct place *place, const void *model, size_t size)
{
	struct hash hash = {place->waits, ~(uint64_t)place->waits};
	const unsigned char *bytes = model;
	uint64_t word;

	memcpy(&word, place->at, sizeof(word));
	hash.a = stir(hash.a ^ word);
	hash.b = stir(hash.b + word);
	for (; size >= sizeof(word); size -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash.a = stir(hash.a ^ word);
		hash.b = stir(hash.b + word * 0x9e3779b97f4a7c15);
	}
	for (; size > 0; size--, bytes++)
		hash = (struct hash){stir(hash.a ^ *bytes), stir(hash.b + *bytes)};
	hash.a |= 1; /* a slot of zeroes is free */
	return hash;
}

/* Adds a hash to the table; false if it is there already. */
static bool put(struct hash *seen, size_t slots, struct hash hash)
{
	size_t i = hash.b % slots;

	for (; seen[i].a; i = (i + 1) % slots)
		if (seen[i].a == hash.a && seen[i].b == hash.b)
			return false;
	seen[i] = hash;
	return true;
}

static bool grow(struct search *search)
{
	struct hash *more = calloc(search->slots * 4, sizeof(*more));

	if (!more)
		return false;
	for (size_t i = 0; i < search->slots; i++)
		if (search->seen[i].a)
			put(more, search->slots * 4, search->seen[i]);
	free(search->seen);
	search->seen = more;
	search->slots *= 4;
	return true;
}

/* Two different states of one search have the same 128 bits with a chance below 2^-90. */
static bool is_new(struct search *search, struct hash hash)
{
	bool new = put(search->seen, search->slots, hash);

	search->nseen += new;
	return new;
}

/* ---- one step of the search ----------------------------------------------------------- */

static const struct operation *next_of(const struct search *search, const struct place *place,
				       int who)
{
	int at = place->at[who];

	return at < search->history->n[who] ? &search->history->operation[who][at] : NULL;
}

/* The time by which the next call of a process, or the end of a killed one, takes effect. */
static int deadline(const struct search *search, const struct place *place, int who)
{
	for (int i = place->at[who]; i < search->history->n[who]; i++)
		if (search->history->operation[who][i].ended != NEVER)
			return search->history->operation[who][i].ended;
	return NEVER;
}

/* Whether the answer of a call is that of the model. */
static bool answers(const struct search *search, const struct operation *operation,
		    const struct answer *want)
{
	const struct answer *got = &operation->answer;

	if (operation->state != ANSWERED)
		return true;
	if (got->error == want->error && got->result == want->result && got->type == want->type &&
	    memcmp(got->text, want->text, sizeof(got->text)) == 0)
		return true;
	/* A call can find the object, and then see that it is removed. */
	if (want->error == EINVAL && got->error == EIDRM && operation->begun < search->removed_by)
		return true;
	return search->operations->tolerates &&
	       search->operations->tolerates(search->history, operation, want);
}

static bool complete(const struct search *search, struct place *place,
		     const struct outcome *outcome)
{
	for (int who = 0; who < WORKERS; who++) {
		if (!outcome->done[who])
			continue;
		const struct operation *operation = next_of(search, place, who);
		/* A call that was blocked when all processes rested is not done before. */
		if (!operation || (operation->asleep && place->at[ARBITER] == 0) ||
		    !answers(search, operation, &outcome->answer[who]))
			return false;
		place->at[who]++;
		place->waits &= (unsigned char)~(1u << who);
	}
	return true;
}

/* With every process at rest, the model must still block each call that is blocked. */
static bool all_rest(const struct search *search, const struct place *place, void *model)
{
	void *copy = malloc(search->operations->model_size);
	bool right = copy;

	for (int who = 0; right && who < MAKERS; who++) {
		const struct operation *operation = next_of(search, place, who);
		if (!operation || !operation->asleep)
			continue;
		if (!search->operations->impatient) {
			right = place->waits >> who & 1;
			continue;
		}
		struct step step = operation->step;
		struct outcome outcome = {0};
		int later = search->operations->impatient(&step);
		memcpy(copy, model, search->operations->model_size);
		right = later && search->operations->apply(copy, &step, &outcome) &&
			outcome.done[who] && outcome.answer[who].error == later;
	}
	free(copy);
	return right;
}

/* Lets the next call of a process take effect in the model; false if that contradicts it. */
static bool enter(const struct search *search, struct place *place, void *model, int who)
{
	const struct operation *operation = next_of(search, place, who);
	struct step step = operation->step;
	struct outcome outcome = {0};
	int later = 0;

	if (step.what == REST) {
		place->at[who]++;
		return all_rest(search, place, model);
	}
	if (search->operations->impatient)
		later = search->operations->impatient(&step);
	if (!search->operations->apply(model, &step, &outcome))
		return false;
	if (step.what == END) {
		place->at[who]++;
		outcome.done[who] = false;
	} else if (!outcome.done[who]) {
		place->waits |= (unsigned char)(1u << who);
	} else if (later && outcome.answer[who].error == later) {
		/* It must wait.  A signal may have ended the wait, else it takes effect later. */
		if (operation->state != ANSWERED || operation->answer.error != EINTR)
			return false;
		outcome.answer[who].error = EINTR;
	}
	return complete(search, place, &outcome);
}

/* A signal ends the wait of a process. */
static bool leave(const struct search *search, struct place *place, void *model, int who)
{
	struct outcome outcome = {0};

	search->operations->apply(model, &(struct step){.who = (unsigned char)who, .what = SIGNAL},
				  &outcome);
	return complete(search, place, &outcome);
}

/* ---- the search ------------------------------------------------------------------------ */

/* The next move of a process: enter its call, leave its wait, or end without the call. */
enum move { ENTER, LEAVE, SKIP, NMOVES };

static bool can(const struct search *search, const struct place *place, int who, enum move move)
{
	const struct operation *operation = next_of(search, place, who);
	bool waits = place->waits >> who & 1;

	if (!operation)
		return false;
	if (move == ENTER ? waits : move == LEAVE ? !waits : waits || operation->state == ANSWERED)
		return false;
	if (move == LEAVE && operation->state == ANSWERED)
		return operation->answer.error == EINTR;
	/* A process is killed after the signal was sent.  END itself is never skipped. */
	if (move != ENTER) {
		if (operation->step.what == END || place->at[who] + 1 >= search->history->n[who])
			return false;
		operation++;
	}
	for (int other = 0; other < WORKERS; other++)
		if (other != who && operation->begun >= deadline(search, place, other))
			return false;
	return true;
}

static bool is_finished(const struct search *search, const struct place *place)
{
	for (int who = 0; who < WORKERS; who++)
		if (deadline(search, place, who) != NEVER)
			return false;
	return true;
}

/* Sorts processes by the time when their calls returned, because that order is the likeliest. */
static void sort_by_deadline(const struct search *search, const struct place *place,
			     int order[WORKERS])
{
	for (int i = 0; i < WORKERS; i++) {
		int j = i, end = deadline(search, place, i);
		for (; j > 0 && deadline(search, place, order[j - 1]) > end; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

static enum verdict explore(struct search *search, const struct place *place, const void *model)
{
	const size_t size = search->operations->model_size;
	int order[WORKERS];

	if (is_finished(search, place))
		return EXPLAINED;
	if (!is_new(search, hash_of(place, model, size)))
		return WRONG;
	if (search->nseen >= MOST_STATES || (search->nseen * 2 >= search->slots && !grow(search)))
		return UNDECIDED;
	void *copy = malloc(size);
	if (!copy)
		return UNDECIDED;
	enum verdict verdict = WRONG;
	sort_by_deadline(search, place, order);
	for (int i = 0; i < WORKERS * NMOVES && verdict == WRONG; i++) {
		enum move move = (enum move)(i / WORKERS);
		struct place then = *place;
		int who = order[i % WORKERS];
		if (!can(search, place, who, move))
			continue;
		memcpy(copy, model, size);
		if (move == SKIP)
			then.at[who]++;
		else if (!(move == ENTER ? enter : leave)(search, &then, copy, who))
			continue;
		verdict = explore(search, &then, copy);
	}
	free(copy);
	return verdict;
}

/* The time when a removal had returned; 0 if no call removed the object. */
static int removal(const struct operations *operations, const struct history *history)
{
	int by = 0;

	for (int who = 0; who < WORKERS; who++)
		for (int i = 0; i < history->n[who]; i++) {
			const struct operation *operation = &history->operation[who][i];
			bool failed = operation->state == ANSWERED && operation->answer.error;
			if (operation->step.what == REMOVE && !failed)
				by = operations->lingers ? NEVER : operation->ended;
		}
	return by;
}

enum verdict judge(const struct operations *operations, const struct history *history)
{
	struct search search = {.operations = operations,
				.history = history,
				.removed_by = removal(operations, history),
				.seen = calloc(FIRST_SLOTS, sizeof(*search.seen)),
				.slots = FIRST_SLOTS};
	void *model = calloc(1, operations->model_size);
	enum verdict verdict = UNDECIDED;

	if (search.seen && model)
		verdict = explore(&search, &(struct place){{0}, 0}, model);
	free(model);
	free(search.seen);
	return verdict;
}

/* ---- the shortest history ---------------------------------------------------------------- */

/* Copies the history up to the time `ended`; calls in progress then have no answer. */
static void cut(struct history *to, const struct history *from, int ended)
{
	*to = *from;
	/* Begin with the arbiter, whose first call is REST. */
	for (int who = WORKERS - 1; who >= 0; who--) {
		while (to->n[who] > 0 && to->operation[who][to->n[who] - 1].begun >= ended)
			to->n[who]--;
		for (int i = 0; i < to->n[who]; i++) {
			struct operation *operation = &to->operation[who][i];
			if (operation->ended <= ended)
				continue;
			operation->ended = NEVER;
			operation->state = MADE;
		}
		for (int i = 0; to->n[ARBITER] == 0 && i < to->n[who]; i++)
			to->operation[who][i].asleep = false;
	}
}

static void leave_out(struct history *history, int who, int i)
{
	struct operation *operation = &history->operation[who][i];

	memmove(operation, operation + 1, (size_t)(--history->n[who] - i) * sizeof(*operation));
}

/*
 * A call that failed or only observed has changed nothing: a history that is wrong without it
 * is wrong with it.
 */
static bool changes_nothing(const struct operation *operation)
{
	return operation->state == ANSWERED &&
	       (operation->step.what == OBSERVE ||
		(operation->answer.error && operation->answer.error != EINTR));
}

void reduce(const struct operations *operations, struct history *history)
{
	struct history less;
	int last = 0;

	/* Keep the shortest beginning of the history that no order explains. */
	for (int who = 0; who < WORKERS; who++)
		for (int i = 0; i < history->n[who]; i++)
			if (history->operation[who][i].ended != NEVER &&
			    history->operation[who][i].ended > last)
				last = history->operation[who][i].ended;
	for (int ended = 1; ended <= last; ended++) {
		cut(&less, history, ended);
		if (judge(operations, &less) == WRONG) {
			*history = less;
			break;
		}
	}
	for (int who = 0; who < WORKERS; who++)
		for (int i = history->n[who] - 1; i >= 0; i--) {
			if (!changes_nothing(&history->operation[who][i]))
				continue;
			less = *history;
			leave_out(&less, who, i);
			if (judge(operations, &less) == WRONG)
				*history = less;
		}
}
