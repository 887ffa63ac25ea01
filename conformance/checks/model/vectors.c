/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Writes the model's answers to random operations: vectors.h.  No call is made. */
#include "vectors.h"

#include <stdlib.h>

#include "random.h"

const char vector_facilities[] = "msg, sem, shm";

void write_flags(FILE *out, int set, const struct flag *flags)
{
	bool first = true;

	fputs("\"flags\": [", out);
	for (; flags->name; flags++)
		if (set & flags->bit) {
			fprintf(out, "%s\"%s\"", first ? "" : ", ", flags->name);
			first = false;
		}
	fputs("]", out);
}

void write_numbers(FILE *out, const char *name, const short *number, unsigned n)
{
	fprintf(out, "\"%s\": [", name);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s%d", i ? ", " : "", number[i]);
	fputs("]", out);
}

/* A received message has a type, and as many bytes as the result says. */
static void write_answer(FILE *out, unsigned who, const struct answer *answer)
{
	char name[32];

	fprintf(out, "{\"process\": %u, ", who);
	if (answer->error)
		fprintf(out, "\"error\": \"%s\"", errno_name(answer->error, name));
	else
		fprintf(out, "\"result\": %ld", answer->result);
	if (answer->type) {
		fprintf(out, ", \"mtype\": %ld, \"text\": \"", answer->type);
		for (long i = 0; i < answer->result; i++)
			fprintf(out, "%02x", answer->text[i]);
		fputs("\"", out);
	}
	fputs("}", out);
}

static void write_step(FILE *out, const struct operations *operations, const void *model,
		       const struct step *step, const struct outcome *outcome)
{
	bool first = true;

	fprintf(out, "{\"process\": %u, ", step->who);
	if (step->what >= FIRST_OWN)
		operations->write_call(out, step);
	else
		fprintf(out, "\"event\": \"%s\"", step->what == SIGNAL ? "signal" : "kill");
	fputs(", \"ends\": [", out);
	for (unsigned who = 0; who < WORKERS; who++)
		if (outcome->done[who]) {
			fputs(first ? "" : ", ", out);
			write_answer(out, who, &outcome->answer[who]);
			first = false;
		}
	fputs("], ", out);
	operations->write_state(out, model);
	fputs("}\n", out);
}

static void write_steps(FILE *out, const struct operations *operations, unsigned seed, size_t n)
{
	struct step *steps = random_drawn(operations, seed, n);
	void *model = calloc(1, operations->model_size);
	bool waits[WORKERS] = {false};

	must(model ? 0 : -1);
	for (size_t i = 0; i < n; i++) {
		struct outcome outcome = {0};
		const unsigned who = steps[i].who;

		if (!step_possible(&steps[i], waits[who]) ||
		    !operations->apply(model, &steps[i], &outcome))
			continue;
		waits[who] = steps[i].what != END;
		for (unsigned other = 0; other < WORKERS; other++)
			waits[other] &= !outcome.done[other];
		write_step(out, operations, model, &steps[i], &outcome);
	}
	free(model);
	free(steps);
}

bool vectors_write(FILE *out, const char *facility, unsigned seed, size_t n)
{
	static const struct {
		const char *name;
		const struct operations *operations;
	} facilities[] = {
		{"msg", &msg_operations}, {"sem", &sem_operations}, {"shm", &shm_operations}};

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
		const struct operations *operations = facilities[i].operations;

		if (strcmp(facilities[i].name, facility) != 0)
			continue;
		fprintf(out, "{\"facility\": \"%s\", \"seed\": %u, \"processes\": %d, ", facility,
			seed, WORKERS);
		operations->write_objects(out);
		fputs("}\n", out);
		write_steps(out, operations, seed, n);
		return true;
	}
	return false;
}
