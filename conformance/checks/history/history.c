/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Histories: the processes and their records.
 *
 * An episode is short: several processes make some calls on new objects at the same time, until
 * each process has made its calls or is blocked.  The search is exact for short histories, and
 * many short episodes reach more orders than a long one.
 *
 * The clock is a counter in shared memory, which counts the calls that have returned.  All
 * processes see its values in the same order, on any architecture and emulator, so the
 * intervals are never wrong; the clocks of two processors may differ by more than the time
 * between two calls.  A process reads the counter before a call and adds 1 after it, so a call
 * needs one exclusive access to shared memory.
 */
#include "history.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness/blocked.h"

struct shared {
	int episode; /* a futex: counts the episodes that have begun */
	int ready;   /* processes that are about to make their first call */
	int clock __attribute__((aligned(128)));
	struct {
		int turn;     /* the episode that it takes part in */
		int finished; /* its calls */
		int killed;   /* 1 + the clock when the signal was sent; 0: it was not */
		int pid;
	} maker[MAKERS] __attribute__((aligned(128)));
	int id[2];
	int makers, calls; /* in this episode */
	struct history history __attribute__((aligned(128)));
};

struct recorder {
	const struct operations *operations;
	const struct ipc_calls *ipc;
	struct shared *shared;
	struct random_numbers numbers;
	pid_t pid[MAKERS];
};

static long futex(int *word, int operation, int value)
{
#ifdef SYS_futex
	return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
#else
	/* The two calls differ in the size of the timeout, which is NULL. */
	return syscall(SYS_futex_time64, word, operation, value, NULL, NULL, 0);
#endif
}

static int load(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static int tick(struct shared *shared)
{
	return __atomic_add_fetch(&shared->clock, 1, __ATOMIC_SEQ_CST);
}

/* ---- in the processes ------------------------------------------------------------------- */

/* Signals or kills another process during its calls. */
static void disturb(struct shared *shared, const struct step *step)
{
	int victim = step->arg[0], pid = load(&shared->maker[victim].pid);

	if (step->what == END) {
		store(&shared->maker[victim].killed, load(&shared->clock) + 1);
		kill(pid, SIGKILL);
	} else {
		kill(pid, SIGUSR1);
	}
}

static bool is_over(const struct operation *operation)
{
	int error = operation->answer.error;

	return error == EIDRM || error == EINVAL || (operation->step.who == ARBITER && error);
}

static void make_calls(struct recorder *recorder, int who)
{
	struct shared *shared = recorder->shared;

	for (int i = 0; i < shared->calls; i++) {
		struct operation *operation = &shared->history.operation[who][i];
		if (operation->step.what == SIGNAL || operation->step.what == END) {
			disturb(shared, &operation->step);
			continue;
		}
		if (recorder->operations->feasible &&
		    !recorder->operations->feasible(&operation->step)) {
			operation->state = LEFT_OUT;
			continue;
		}
		operation->begun = load(&shared->clock);
		__atomic_store_n(&operation->state, MADE, __ATOMIC_RELEASE);
		errno = 0;
		recorder->operations->perform(recorder->ipc, shared->id, &operation->step,
					      &operation->answer);
		operation->ended = tick(shared);
		operation->state = ANSWERED;
		if (is_over(operation))
			break;
	}
}

/* Makes the processes begin together, without a long wait for one that was killed. */
static void line_up(struct shared *shared)
{
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 64 && load(&shared->ready) < shared->makers; i++)
		sched_yield();
}

static void make_episodes(struct recorder *recorder, int who, int episode)
{
	struct shared *shared = recorder->shared;

	for (;;) {
		while (load(&shared->episode) == episode)
			futex(&shared->episode, FUTEX_WAIT, episode);
		episode = load(&shared->episode);
		/* A process that wakes up late may see the preparations for the next episode. */
		if (load(&shared->maker[who].turn) != episode)
			continue;
		if (recorder->operations->clear)
			recorder->operations->clear(recorder->ipc);
		line_up(shared);
		make_calls(recorder, who);
		store(&shared->maker[who].finished, 1);
	}
}

static void begin_maker(struct recorder *recorder, int who)
{
	int episode = load(&recorder->shared->episode);

	recorder->pid[who] = child_fork();
	if (recorder->pid[who] == 0) {
		make_episodes(recorder, who, episode);
		_exit(0);
	}
	store(&recorder->shared->maker[who].pid, recorder->pid[who]);
}

/* ---- an episode ---------------------------------------------------------------------------- */

static void draw_step(struct recorder *recorder, int who, struct step *step)
{
	struct random_numbers *numbers = &recorder->numbers;
	int kind = random_between(numbers, 0, 99);

	memset(step, 0, sizeof(*step));
	recorder->operations->draw(numbers, step);
	step->who = (unsigned char)who;
	if (kind >= 12)
		return;
	step->what = kind < 1 ? REMOVE : kind < 6 ? OBSERVE : SIGNAL;
	step->arg[0] = step->what == SIGNAL
			       ? (short)random_between(numbers, 0, recorder->shared->makers - 1)
			       : (short)(step->arg[0] & recorder->operations->lingers);
}

static void draw_episode(struct recorder *recorder)
{
	struct shared *shared = recorder->shared;
	struct random_numbers *numbers = &recorder->numbers;

	memset(&shared->history, 0, sizeof(shared->history));
	shared->makers = random_between(numbers, 2, 5);
	shared->calls = random_between(numbers, 3, 10);
	for (int who = 0; who < shared->makers; who++)
		for (int i = 0; i < shared->calls; i++) {
			struct operation *operation = &shared->history.operation[who][i];
			operation->ended = NEVER;
			draw_step(recorder, who, &operation->step);
		}
	/* One process is killed in each eighth episode. */
	if (random_between(numbers, 0, 7) == 0) {
		int killer = random_between(numbers, 1, shared->makers - 1);
		struct step *step =
			&shared->history
				 .operation[killer][random_between(numbers, 0, shared->calls - 1)]
				 .step;
		*step = (struct step){(unsigned char)killer,
				      END,
				      {(short)random_between(numbers, 0, killer - 1), 0, 0, 0}};
	}
}

static struct operation *add(struct history *history, int who, unsigned char what)
{
	struct operation *operation = &history->operation[who][history->n[who]++];

	*operation = (struct operation){
		.step = {.who = (unsigned char)who, .what = what}, .state = MADE, .ended = NEVER};
	return operation;
}

/* Closes the gaps between the calls that were made, and adds the end of a killed process. */
static void close_gaps(struct shared *shared, int who, int dead)
{
	struct history *history = &shared->history;
	int killed = load(&shared->maker[who].killed);

	for (int i = 0; i < shared->calls; i++) {
		const struct operation *operation = &history->operation[who][i];
		if (operation->state == MADE || operation->state == ANSWERED)
			history->operation[who][history->n[who]++] = *operation;
	}
	if (killed) {
		struct operation *end = add(history, who, END);
		end->begun = killed - 1;
		end->ended = dead;
	}
}

/*
 * Tests once whether each process has made its calls, has been killed and is dead, or is
 * blocked in a call.
 */
static bool look(struct recorder *recorder, int dead[MAKERS], bool *finished)
{
	struct shared *shared = recorder->shared;
	bool rest = true;

	*finished = true;
	for (int who = 0; who < shared->makers; who++) {
		if (load(&shared->maker[who].killed) && !dead[who]) {
			/*
			 * Leave it a zombie until the episode has ended, so that its
			 * process id is not reused: another process may still send it a
			 * signal.
			 */
			siginfo_t info = {0};
			waitid(P_PID, (id_t)recorder->pid[who], &info, WEXITED | WNOHANG | WNOWAIT);
			if (info.si_pid)
				dead[who] = tick(shared);
			rest = *finished = false;
		} else if (!dead[who] && !load(&shared->maker[who].finished)) {
			*finished = false;
			rest = rest && is_blocked(recorder->pid[who]);
		}
	}
	return rest;
}

/*
 * Waits until all processes have made their calls, or are blocked in several tests between
 * which no call has returned: then no process is about to wake them.  A single test could see a
 * process that waits in a page fault.
 */
enum { LOOKS = 3 };

static bool await_rest(struct recorder *recorder, int dead[MAKERS])
{
	const struct timespec pause = {.tv_nsec = 20000};
	int looks = 0, clock = -1;
	bool finished;

	for (;;) {
		bool rest = look(recorder, dead, &finished);
		if (finished)
			return true;
		looks = rest && load(&recorder->shared->clock) == clock ? looks + 1 : 0;
		if (looks == LOOKS)
			return false;
		clock = load(&recorder->shared->clock);
		nanosleep(&pause, NULL);
	}
}

/* Makes a call of the arbiter, while no other process makes one. */
static struct operation *arbitrate(struct recorder *recorder, struct step step)
{
	struct shared *shared = recorder->shared;
	struct operation *operation = add(&shared->history, ARBITER, step.what);

	step.who = ARBITER;
	operation->step = step;
	operation->begun = load(&shared->clock);
	if (step.what != REST)
		recorder->operations->perform(recorder->ipc, shared->id, &step, &operation->answer);
	operation->ended = tick(shared);
	operation->state = ANSWERED;
	return operation;
}

/* Observes the object after the run, and receives the rest if no sender is blocked. */
static void inspect(struct recorder *recorder, bool finished)
{
	const int last = recorder->operations->lingers;
	struct step step = {.who = ARBITER};

	arbitrate(recorder, (struct step){.what = REST});
	for (short i = 0; i <= last; i++)
		arbitrate(recorder, (struct step){.what = OBSERVE, .arg = {i, 0, 0, 0}});
	for (int i = 0; finished && recorder->operations->drain && i < MOST_CALLS - 6; i++) {
		recorder->operations->drain(&step);
		if (is_over(arbitrate(recorder, step)))
			break;
	}
	for (short i = 0; i <= last; i++)
		arbitrate(recorder, (struct step){.what = REMOVE, .arg = {i, 0, 0, 0}});
}

/* Kills the processes that have not finished, replaces dead ones, and removes the objects. */
static bool end_episode(struct recorder *recorder, int dead[MAKERS])
{
	struct shared *shared = recorder->shared;
	bool finished = await_rest(recorder, dead);

	for (int who = 0; who < shared->makers; who++) {
		int status;
		if (!dead[who] && !load(&shared->maker[who].finished)) {
			kill(recorder->pid[who], SIGKILL);
			dead[who] = 1;
		}
		if (dead[who]) {
			waitpid(recorder->pid[who], &status, 0);
			begin_maker(recorder, who);
		}
	}
	recorder->operations->remove(recorder->ipc, shared->id);
	return finished;
}

/* Records an episode; false if a process stays blocked on an object that was removed. */
static bool record(struct recorder *recorder)
{
	struct shared *shared = recorder->shared;
	struct history *history = &shared->history;
	int dead[MAKERS] = {0};

	draw_episode(recorder);
	recorder->operations->make(recorder->ipc, shared->id);
	for (int who = 0; who < MAKERS; who++) {
		shared->maker[who].finished = shared->maker[who].killed = 0;
		if (who < shared->makers)
			store(&shared->maker[who].turn, load(&shared->episode) + 1);
	}
	store(&shared->clock, 0);
	store(&shared->ready, 0);
	__atomic_add_fetch(&shared->episode, 1, __ATOMIC_SEQ_CST);
	futex(&shared->episode, FUTEX_WAKE, INT_MAX);
	bool finished = await_rest(recorder, dead);
	for (int who = 0; !finished && who < shared->makers; who++)
		for (int i = 0; i < shared->calls; i++) {
			struct operation *operation = &history->operation[who][i];
			operation->asleep = operation->state == MADE && !dead[who];
		}
	inspect(recorder, finished);
	bool ended = end_episode(recorder, dead);
	for (int who = 0; who < shared->makers; who++)
		close_gaps(shared, who,
			   recorder->operations->lingers ? history->operation[ARBITER]->ended
							 : dead[who]);
	return ended;
}

/* ---- the report of a wrong history ---------------------------------------------------------- */

/* "2 [4,7] receives 40 of type 1: 40 type 1 3f", or "[4,)" if the call has not returned. */
static void describe(const struct operations *operations, const struct operation *operation,
		     char text[160])
{
	static const char *const names[] = {[END] = "is killed",
					    [REMOVE] = "IPC_RMID",
					    [OBSERVE] = "looks",
					    [REST] = "all rest"};
	const struct answer *answer = &operation->answer;
	char own[96] = "", name[32], end[16] = "", result[64] = "no answer";

	if (operation->step.what >= FIRST_OWN)
		operations->describe(&operation->step, own);
	if (operation->ended != NEVER)
		snprintf(end, sizeof(end), "%d", operation->ended);
	if (operation->state == ANSWERED && answer->error && answer->type)
		snprintf(result, sizeof(result), "%s, wrote type %ld",
			 errno_name(answer->error, name), answer->type);
	else if (operation->state == ANSWERED && answer->error)
		snprintf(result, sizeof(result), "%s", errno_name(answer->error, name));
	else if (operation->state == ANSWERED && operations->lingers)
		snprintf(result, sizeof(result), "%ld", answer->result);
	else if (operation->state == ANSWERED)
		snprintf(result, sizeof(result), "%ld type %ld %02x %02x %02x", answer->result,
			 answer->type, answer->text[0], answer->text[1], answer->text[2]);
	snprintf(text, 160, "%u [%d,%s%s %.68s: %s; ", operation->step.who, operation->begun, end,
		 *end ? "]" : ")",
		 operation->step.what >= FIRST_OWN ? own : names[operation->step.what], result);
}

static const struct operation *first_begun(const struct history *history, int at[WORKERS])
{
	int first = -1;

	for (int who = 0; who < WORKERS; who++)
		if (at[who] < history->n[who] &&
		    (first < 0 || history->operation[who][at[who]].begun <
					  history->operation[first][at[first]].begun))
			first = who;
	return first < 0 ? NULL : &history->operation[first][at[first]++];
}

static void note(const char *name, const struct operations *operations, struct history *history,
		 unsigned episode)
{
	const struct operation *operation;
	char what[96], text[160], line[160] = "";
	int at[WORKERS] = {0}, first = 1, n = 0;

	snprintf(what, sizeof(what), "--only %s --seed %u --operations %u: episode %u", name,
		 random_seed(), random_operations(), episode);
	fail_at(HERE, what, "an order of the calls that explains all answers", "none");
	reduce(operations, history);
	do {
		operation = first_begun(history, at);
		if (operation)
			describe(operations, operation, text);
		if (*line && (!operation || strlen(line) + strlen(text) >= sizeof(line))) {
			snprintf(what, sizeof(what), "calls %d to %d, by when they began", first,
				 n);
			fail_at(HERE, what, "to be explained", line);
			*line = '\0';
			first = n + 1;
		}
		n++;
		if (operation)
			strcat(line, text);
	} while (operation);
}

/* ---- many episodes ----------------------------------------------------------------------------
 */

static unsigned calls_of(const struct history *history)
{
	unsigned n = 0;

	for (int who = 0; who < WORKERS; who++)
		n += (unsigned)history->n[who];
	return n;
}

void histories(const struct ipc_calls *ipc, const char *name, const struct operations *operations,
	       unsigned count)
{
	need_own_calls_in_proc();
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct recorder recorder = {
		.operations = operations, .ipc = ipc, .shared = shared, .numbers = {random_seed()}};
	unsigned made = 0, episode = 0, undecided = 0;

	must(shared == MAP_FAILED ? -1 : 0);
	/* A new process may get a signal before it has done anything. */
	catch_signal(SIGUSR1, 0);
	for (int who = 0; who < MAKERS; who++)
		begin_maker(&recorder, who);
	for (; made < count; episode++) {
		bool ended = record(&recorder);
		enum verdict verdict = judge(operations, &shared->history);
		if (verdict == WRONG || !ended)
			note(name, operations, &shared->history, episode);
		if (verdict == WRONG || !expect(ended))
			break;
		undecided += verdict == UNDECIDED;
		made += calls_of(&shared->history);
	}
	/* The search may leave at most one episode of a hundred undecided. */
	expect_between(0, episode / 100, undecided);
	for (int who = 0; who < MAKERS; who++) {
		int status;
		kill(recorder.pid[who], SIGKILL);
		waitpid(recorder.pid[who], &status, 0);
	}
	munmap(shared, sizeof(*shared));
}

/* ---- the checks ---------------------------------------------------------------------------------
 */

/* A process does not wait for another's answer, so an operation costs less than in random.*. */
enum { TIMES = 4 };

CHECK("history.msg", LIBC, NEED_PROC,
      "the answers to concurrent calls on a queue agree with some order of these calls",
      "msgop(2); msgctl(2)")
{
	histories(ipc, "history.msg", &msg_operations, random_operations() * TIMES);
}

CHECK("history.sem", LIBC, NEED_PROC,
      "the answers to concurrent calls on a semaphore set agree with some order of these calls",
      "semop(2); semctl(2)")
{
	histories(ipc, "history.sem", &sem_operations, random_operations() * TIMES);
}

CHECK("history.shm", LIBC, NEED_PROC,
      "the answers to concurrent calls on a segment agree with some order of these calls",
      "shmop(2); shmctl(2)")
{
	histories(ipc, "history.shm", &shm_operations, random_operations() * TIMES);
}
