/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Random operations: the workers, the comparison, and shortening a failed run. */
#include "random.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "harness/blocked.h"

/* Splitmix64: every seed has its own sequence, equal on all machines. */
static uint64_t draw64(struct random_numbers *numbers)
{
	uint64_t z = (numbers->state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int random_between(struct random_numbers *numbers, int low, int high)
{
	return low + (int)(draw64(numbers) % (uint64_t)(high - low + 1));
}

/* ---- workers -------------------------------------------------------------------- */

struct worker {
	pid_t pid;
	int command;   /* a pipe for its steps */
	bool waits;    /* the model says that it is blocked */
	bool reported; /* has answered, and the answer is not compared yet */
};

struct workers {
	const struct operations *operations;
	const struct ipc_calls *ipc;
	int id[2];
	int report[2]; /* a pipe: each byte is the index of a worker that has answered */
	struct answer *answer;
	struct worker worker[WORKERS];
};

static void work(struct workers *workers, unsigned char who, int commands)
{
	struct step step;

	catch_signal(SIGUSR1, 0);
	while (read(commands, &step, sizeof(step)) == sizeof(step)) {
		struct answer answer = {0};

		errno = 0;
		workers->operations->perform(workers->ipc, workers->id, &step, &answer);
		workers->answer[who] = answer;
		if (write(workers->report[1], &who, 1) != 1)
			break;
	}
	_exit(0);
}

static void begin_worker(struct workers *workers, unsigned char who)
{
	int command[2];

	must(pipe(command));
	workers->worker[who] = (struct worker){.command = command[1]};
	workers->worker[who].pid = child_fork();
	if (workers->worker[who].pid == 0) {
		close(command[1]);
		work(workers, who, command[0]);
	}
	close(command[0]);
}

static void end_worker(struct worker *worker)
{
	int status;

	close(worker->command);
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, &status, 0) == -1 && errno == EINTR)
		;
}

static void begin_workers(struct workers *workers, const struct ipc_calls *ipc,
			  const struct operations *operations, struct answer *answer)
{
	*workers = (struct workers){.operations = operations, .ipc = ipc, .answer = answer};
	operations->make(ipc, workers->id);
	must(pipe(workers->report));
	for (unsigned who = 0; who < WORKERS; who++)
		begin_worker(workers, (unsigned char)who);
}

static void end_workers(struct workers *workers)
{
	for (unsigned who = 0; who < WORKERS; who++)
		end_worker(&workers->worker[who]);
	close(workers->report[0]);
	close(workers->report[1]);
	workers->operations->remove(workers->ipc, workers->id);
}

/* ---- comparison ------------------------------------------------------------------- */

struct mismatch {
	char what[160], want[160], seen[160];
};

static bool mismatch(struct mismatch *mismatch, const char *what, const char *want,
		     const char *seen)
{
	snprintf(mismatch->what, sizeof(mismatch->what), "%s", what);
	snprintf(mismatch->want, sizeof(mismatch->want), "%s", want);
	snprintf(mismatch->seen, sizeof(mismatch->seen), "%s", seen);
	return false;
}

static const char *who_is(unsigned who, char text[32])
{
	snprintf(text, 32, "worker %u", who);
	return text;
}

/* Reads the reports; waits for the first one up to this many milliseconds. */
static void take_reports(struct workers *workers, int milliseconds)
{
	struct pollfd report = {.fd = workers->report[0], .events = POLLIN};
	unsigned char who[WORKERS];

	if (poll(&report, 1, milliseconds) != 1)
		return;
	ssize_t n = read(workers->report[0], who, sizeof(who));
	for (ssize_t i = 0; i < n; i++)
		workers->worker[who[i]].reported = true;
}

/*
 * Waits for a worker whose call must return.  If it still sleeps in the call in several tests,
 * long after the call that should have woken it, it was not woken.  A single test might see it
 * in a page fault.
 */
static bool await_report(struct workers *workers, unsigned who, struct mismatch *out)
{
	struct worker *worker = &workers->worker[who];
	char text[32];

	for (int asleep = 0; !worker->reported; asleep += is_blocked(worker->pid)) {
		take_reports(workers, 1);
		if (!worker->reported && asleep == 10)
			return mismatch(out, who_is(who, text), "to continue", "still blocked");
		if (!worker->reported && is_gone(worker->pid))
			return mismatch(out, who_is(who, text), "to continue", "dead");
	}
	worker->reported = false;
	worker->waits = false;
	return true;
}

static bool await_wait(struct workers *workers, unsigned who, struct mismatch *out)
{
	const struct timespec pause = {.tv_nsec = 20000};
	struct worker *worker = &workers->worker[who];
	char text[32];

	while (!is_blocked(worker->pid)) {
		take_reports(workers, 0);
		if (worker->reported || is_gone(worker->pid))
			return mismatch(out, who_is(who, text), "blocked",
					worker->reported ? "an answer" : "dead");
		nanosleep(&pause, NULL);
	}
	worker->waits = true;
	return true;
}

/* Describes an answer, with text from byte `at` on, so that different answers look different. */
static void describe_answer(const struct answer *answer, size_t at, char text[160])
{
	char name[32];
	int length;

	length = snprintf(text, 160, "%ld, %s, type %ld%s, text[%zu]", answer->result,
			  errno_name(answer->error, name), answer->type,
			  answer->error && answer->type ? " written by the failed call" : "", at);
	for (size_t i = at; i < at + 4 && i < sizeof(answer->text); i++)
		length += snprintf(text + length, 160 - (size_t)length, " %02x", answer->text[i]);
}

static bool compare_answer(const struct workers *workers, unsigned who, const struct answer *want,
			   struct mismatch *out)
{
	const struct answer *got = &workers->answer[who];
	char wanted[160], seen[160], text[32];
	size_t at = 0;

	if (got->result == want->result && got->error == want->error && got->type == want->type &&
	    memcmp(got->text, want->text, sizeof(got->text)) == 0)
		return true;
	while (at < sizeof(got->text) && got->text[at] == want->text[at])
		at++;
	at = at == sizeof(got->text) ? 0 : at;
	describe_answer(want, at, wanted);
	describe_answer(got, at, seen);
	return mismatch(out, who_is(who, text), wanted, seen);
}

/* Sends the step to its worker. */
static void begin_step(struct workers *workers, const struct step *step)
{
	struct worker *worker = &workers->worker[step->who];

	switch (step->what) {
	case SIGNAL:
		must(kill(worker->pid, SIGUSR1));
		break;
	case END:
		end_worker(worker);
		begin_worker(workers, step->who);
		break;
	default:
		must(write(worker->command, step, sizeof(*step)));
	}
}

/* Makes one step and compares the results with the model. */
static bool make_step(struct workers *workers, void *model, const struct step *step, bool patient,
		      struct mismatch *out)
{
	struct outcome outcome = {0};
	bool waits = workers->worker[step->who].waits;
	char text[32], seen[160];

	if (!step_possible(step, waits) || !workers->operations->apply(model, step, &outcome))
		return true;
	begin_step(workers, step);
	/* Compare the step's worker first: the others continue only after its call. */
	for (unsigned i = 0; i < WORKERS; i++) {
		unsigned who = (step->who + i) % WORKERS;
		if (outcome.done[who] && !(await_report(workers, who, out) &&
					   compare_answer(workers, who, &outcome.answer[who], out)))
			return false;
	}
	if (step->what >= FIRST_OWN && !outcome.done[step->who] &&
	    !await_wait(workers, step->who, out))
		return false;
	take_reports(workers, 0);
	for (unsigned who = 0; who < WORKERS; who++)
		if (workers->worker[who].reported)
			return mismatch(out, who_is(who, text), "to stay blocked", "an answer");
	if (workers->operations->agrees(workers->ipc, workers->id, model, patient, seen))
		return true;
	return mismatch(out, "state of the objects", "the model's", seen);
}

/* Makes all steps with new workers and objects; returns how many agreed with the model. */
static size_t replay(const struct ipc_calls *ipc, const struct operations *operations,
		     const struct step *steps, size_t n, bool patient, struct mismatch *out)
{
	struct answer *answer = mmap(NULL, WORKERS * sizeof(*answer), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *model = calloc(1, operations->model_size);
	struct workers workers;
	size_t i = 0;

	must(answer == MAP_FAILED || !model ? -1 : 0);
	begin_workers(&workers, ipc, operations, answer);
	while (i < n && make_step(&workers, model, &steps[i], patient, out))
		i++;
	end_workers(&workers);
	free(model);
	munmap(answer, WORKERS * sizeof(*answer));
	return i;
}

/* ---- shortening a failed run ------------------------------------------------------- */

/* Removes smaller and smaller parts of the steps as long as the run still fails. */
static size_t shorten(const struct ipc_calls *ipc, const struct operations *operations,
		      struct step *steps, size_t n, struct mismatch *out)
{
	struct step *fewer = calloc(n, sizeof(*fewer));
	/* The number of repeated steps, which take a second or two. */
	size_t left = 20000;

	must(fewer ? 0 : -1);
	for (size_t part = n / 2, from = 0; part > 0 && left > n;) {
		if (from + part > n) {
			part /= 2;
			from = 0;
			continue;
		}
		struct mismatch other;
		size_t rest = n - from - part;
		memcpy(fewer, steps, from * sizeof(*steps));
		memcpy(fewer + from, steps + from + part, rest * sizeof(*steps));
		size_t well = replay(ipc, operations, fewer, n - part, false, &other);
		left -= n - part + 20 < left ? n - part + 20 : left;
		if (well == n - part) {
			from += part;
			continue;
		}
		n = well + 1;
		memcpy(steps, fewer, n * sizeof(*steps));
		*out = other;
		/* Without these steps, earlier ones may have become superfluous. */
		if (part == 1)
			from = 0;
	}
	free(fewer);
	return n;
}

static void describe_step(const struct operations *operations, const struct step *step,
			  char text[112])
{
	char own[96] = "";

	if (step->what >= FIRST_OWN)
		operations->describe(step, own);
	snprintf(text, 112, "%u %s", step->who,
		 step->what == SIGNAL ? "signalled"
		 : step->what == END  ? "killed"
				      : own);
}

static void note(const char *name, const struct operations *operations, const struct step *steps,
		 size_t n, const struct mismatch *mismatch)
{
	char history[160];

	snprintf(history, sizeof(history), "--only %s --seed %u --operations %u: %.60s", name,
		 random_seed(), random_operations(), mismatch->what);
	fail_at(HERE, history, mismatch->want, mismatch->seen);
	for (size_t i = 0; i < n;) {
		size_t length = 0, first = i;
		char text[112], step[112];
		history[0] = '\0';
		for (; i < n; i++) {
			describe_step(operations, &steps[i], step);
			if (length + strlen(step) + 3 > sizeof(history))
				break;
			length += (size_t)snprintf(history + length, sizeof(history) - length,
						   "%s; ", step);
		}
		snprintf(text, sizeof(text), "steps %zu to %zu of %zu", first + 1, i, n);
		fail_at(HERE, text, "agreement with the model", history);
	}
}

struct step *random_drawn(const struct operations *operations, unsigned seed, size_t n)
{
	struct random_numbers numbers = {seed};
	struct step *steps = calloc(n, sizeof(*steps));

	must(steps ? 0 : -1);
	for (size_t i = 0; i < n; i++) {
		int kind = random_between(&numbers, 0, 99);
		steps[i].who = (unsigned char)random_between(&numbers, 0, WORKERS - 1);
		steps[i].what = kind < 8 ? SIGNAL : kind < 10 ? END : FIRST_OWN;
		if (steps[i].what == FIRST_OWN)
			operations->draw(&numbers, &steps[i]);
	}
	return steps;
}

void need_own_calls_in_proc(void)
{
	if (proc_calls() == CALLS_FOREIGN)
		skip("/proc has other numbers for the calls than this program");
}

void random_steps(const struct ipc_calls *ipc, const char *name,
		  const struct operations *operations)
{
	size_t n = random_operations();
	struct step *steps = random_drawn(operations, random_seed(), n);
	struct mismatch mismatch;

	size_t well = replay(ipc, operations, steps, n, true, &mismatch);
	if (well < n)
		note(name, operations, steps, shorten(ipc, operations, steps, well + 1, &mismatch),
		     &mismatch);
	free(steps);
}
