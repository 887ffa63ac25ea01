/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Random attachments, writes and ends of processes against a model of two segments. */
#include <stdio.h>
#include <sys/wait.h>

#include "checks/history/history.h"

enum { ATTACH = FIRST_OWN, DETACH, WRITE, READ, FORK };
enum { SEGMENTS = 2, CELLS = 4, MOST = 3 };

struct model {
	bool removed[SEGMENTS];
	int cell[SEGMENTS][CELLS];
	struct held {
		int n;
		bool readonly[MOST];
	} held[WORKERS][SEGMENTS]; /* attachments of a worker, in their order */
};

static void make_segments(const struct ipc_calls *ipc, int id[2])
{
	for (int i = 0; i < SEGMENTS; i++)
		id[i] = must(ipc->shmget(IPC_PRIVATE, CELLS * page_size(), 0600));
}

static void remove_segments(const struct ipc_calls *ipc UNUSED, const int id[2])
{
	for (int i = 0; i < SEGMENTS; i++)
		libc_calls.shmctl(id[i], IPC_RMID, NULL);
}

/* arg: a segment, a cell (or 1 for SHM_RDONLY), a value. */
static void draw(struct random_numbers *numbers, struct step *step)
{
	int kind = random_between(numbers, 0, 49);

	step->what = (unsigned char)(kind == 0 ? FORK : ATTACH + kind % 4);
	step->arg[0] = (short)random_between(numbers, 0, SEGMENTS - 1);
	step->arg[1] = (short)random_between(numbers, 0, CELLS - 1);
	step->arg[2] = (short)random_between(numbers, 1, 30000);
}

/* The cells of a segment, one in each page. */
static int *cell(char *address, int i)
{
	return (int *)(void *)(address + (size_t)i * page_size() + 64);
}

/* The attachments of this worker. */
static char *attached[SEGMENTS][MOST];
static bool for_reading[SEGMENTS][MOST];
static int nattached[SEGMENTS];

static bool feasible(const struct step *step)
{
	int segment = step->arg[0], n = nattached[segment];

	switch (step->what) {
	case ATTACH:
		return n < MOST;
	case WRITE:
		return n > 0 && !for_reading[segment][n - 1];
	case DETACH:
	case READ:
		return n > 0;
	}
	return step->what != FORK;
}

static void clear(const struct ipc_calls *ipc)
{
	for (int segment = 0; segment < SEGMENTS; segment++)
		while (nattached[segment] > 0)
			ipc->shmdt(attached[segment][--nattached[segment]]);
}

/* Reads the number of attachments, and whether the last detach removes the segment. */
static void observe(int shmid, struct answer *answer)
{
	struct shmid_ds ds = {0};

	answered(answer, libc_calls.shmctl(shmid, IPC_STAT, &ds));
	if (answer->result == 0) {
		answer->result = (long)ds.shm_nattch;
		answer->type = ds.shm_perm.mode & SHM_DEST ? 1 : 0;
	}
}

static void perform(const struct ipc_calls *ipc, const int id[2], const struct step *step,
		    struct answer *answer)
{
	int segment = step->arg[0], status = 0;
	int *n = &nattached[segment];
	char *last = *n ? attached[segment][*n - 1] : NULL;
	pid_t pid;

	switch (step->what) {
	case REMOVE:
		answered(answer, ipc->shmctl(id[segment], IPC_RMID, NULL));
		break;
	case OBSERVE:
		observe(id[segment], answer);
		break;
	case ATTACH:
		last = ipc->shmat(id[segment], NULL, step->arg[1] == 0 ? SHM_RDONLY : 0);
		answered(answer, last == (char *)-1 ? -1 : 0);
		if (last != (char *)-1) {
			for_reading[segment][*n] = step->arg[1] == 0;
			attached[segment][(*n)++] = last;
		}
		break;
	case DETACH:
		answered(answer, ipc->shmdt(last));
		*n -= *n > 0;
		break;
	case WRITE:
		__atomic_store_n(cell(last, step->arg[1]), step->arg[2], __ATOMIC_SEQ_CST);
		break;
	case READ:
		answered(answer, __atomic_load_n(cell(last, step->arg[1]), __ATOMIC_SEQ_CST));
		break;
	case FORK:
		pid = fork();
		if (pid == 0)
			_exit(0);
		answered(answer, waitpid(pid, &status, 0) == pid ? 0 : -1);
	}
}

static int count_attached(const struct model *model, int segment)
{
	int n = 0;

	for (unsigned who = 0; who < WORKERS; who++)
		n += model->held[who][segment].n;
	return n;
}

static bool apply(void *arg, const struct step *step, struct outcome *outcome)
{
	struct model *model = arg;
	struct held *held = &model->held[step->who][step->arg[0]];
	int *value = &model->cell[step->arg[0]][step->arg[1]];

	if (step->what == END) {
		memset(model->held[step->who], 0, sizeof(model->held[step->who]));
		return true;
	}
	bool gone = model->removed[step->arg[0]] && count_attached(model, step->arg[0]) == 0;
	if (gone && (step->what == ATTACH || step->what == REMOVE || step->what == OBSERVE)) {
		done(outcome, step->who, 0, EINVAL);
		return true;
	}
	if (step->what == REMOVE || step->what == OBSERVE) {
		bool removed = model->removed[step->arg[0]];
		model->removed[step->arg[0]] |= step->what == REMOVE;
		done(outcome, step->who,
		     step->what == OBSERVE ? count_attached(model, step->arg[0]) : 0, 0);
		outcome->answer[step->who].type = step->what == OBSERVE && removed;
		return true;
	}
	if (step->what == ATTACH ? held->n == MOST : step->what != FORK && held->n == 0)
		return false;
	if (step->what == WRITE && held->readonly[held->n - 1])
		return false;
	if (step->what == ATTACH)
		held->readonly[held->n++] = step->arg[1] == 0;
	else if (step->what == DETACH)
		held->readonly[--held->n] = false;
	else if (step->what == WRITE)
		*value = step->arg[2];
	done(outcome, step->who, step->what == READ ? *value : 0, 0);
	return true;
}

/*
 * An ended process may count a moment longer while another process reads its files in
 * /proc; when a run is shortened, the wait for it is short.
 */
static bool agrees(const struct ipc_calls *ipc UNUSED, const int id[2], const void *arg,
		   bool patient, char seen[160])
{
	const struct model *model = arg;
	const struct timespec pause = {.tv_nsec = 50000};

	for (int segment = 0; segment < SEGMENTS; segment++) {
		unsigned long nattch = (unsigned long)count_attached(model, segment);
		for (int tries = patient ? 10000 : 100;
		     tries > 0 && shm_state(id[segment]).shm_nattch != nattch; tries--)
			nanosleep(&pause, NULL);
		unsigned long got = shm_state(id[segment]).shm_nattch;
		snprintf(seen, 160, "segment %d has shm_nattch %lu instead of %lu", segment, got,
			 nattch);
		if (got != nattch)
			return false;
	}
	return true;
}

static void describe(const struct step *step, char text[96])
{
	static const char *const names[] = {"attaches", "detaches", "writes to", "reads",
					    "forks by"};

	snprintf(text, 96, "%s %d, %d, %d", names[step->what - ATTACH], step->arg[0], step->arg[1],
		 step->arg[2]);
}

static void write_objects(FILE *out)
{
	fprintf(out, "\"segments\": %d, \"pages\": %d", SEGMENTS, CELLS);
}

static void write_call(FILE *out, const struct step *step)
{
	static const struct flag flags[] = {{1, "SHM_RDONLY"}, {0}};
	static const char *const names[] = {"shmat", "shmdt", "write", "read", "fork"};

	fprintf(out, "\"call\": \"%s\", \"segment\": %d", names[step->what - ATTACH], step->arg[0]);
	if (step->what == ATTACH) {
		fputs(", ", out);
		write_flags(out, step->arg[1] == 0, flags);
	}
	if (step->what == WRITE || step->what == READ)
		fprintf(out, ", \"page\": %d", step->arg[1]);
	if (step->what == WRITE)
		fprintf(out, ", \"value\": %d", step->arg[2]);
}

static void write_state(FILE *out, const void *model)
{
	short nattch[SEGMENTS];

	for (int segment = 0; segment < SEGMENTS; segment++)
		nattch[segment] = (short)count_attached(model, segment);
	write_numbers(out, "shm_nattch", nattch, SEGMENTS);
}

static bool overlap(const struct operation *one, const struct operation *other)
{
	return one->begun < other->ended && other->begun < one->ended;
}

/*
 * The kernel counts one more attachment while shmat maps a segment (ipc/shm.c, do_shmat), and
 * detaches those of an ending process one after another.
 */
static bool tolerates(const struct history *history, const struct operation *operation,
		      const struct answer *want)
{
	const struct answer *got = &operation->answer;
	long more = 0, less = 0;

	if (operation->step.what != OBSERVE || got->error != want->error || got->type != want->type)
		return false;
	for (int who = 0; who < WORKERS; who++)
		for (int i = 0; i < history->n[who]; i++) {
			const struct operation *other = &history->operation[who][i];
			bool ends = other->step.what == END;
			if (other == operation || !overlap(operation, other) ||
			    (!ends && (other->step.what != ATTACH ||
				       other->step.arg[0] != operation->step.arg[0])))
				continue;
			more += ends ? MOST : 1;
			less += ends ? MOST : 0;
		}
	return want->result - less <= got->result && got->result <= want->result + more;
}

const struct operations shm_operations = {
	SHARED_OPERATIONS, .make = make_segments,  .remove = remove_segments,
	.lingers = true,   .tolerates = tolerates, .feasible = feasible,
	.clear = clear};

CHECK("random.shm", LIBC | RAW, NEED_PROC,
      "shm_nattch and content after 8 processes' random operations agree with a model in C",
      "shmop(2)")
{
	random_steps(ipc, "random.shm", &shm_operations);
}
