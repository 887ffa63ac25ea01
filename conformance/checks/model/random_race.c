/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random operations by several processes at the same time.  There is no model of the result,
 * but invariants: no message is lost, duplicated, truncated or mixed up, a receiver sees the
 * messages of one sender and type in their order, semaphores return to their values, and no
 * process stays blocked that could continue.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

#include "random.h"

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(memory == MAP_FAILED ? -1 : 0);
	return memory;
}

static struct random_numbers numbers_of(unsigned who)
{
	return (struct random_numbers){random_seed() * (uint64_t)WORKERS + who};
}

/*
 * Whether every process has ended or sleeps in a call.  A single test might see a process in a
 * page fault, so there are several.
 */
enum { LOOKS = 20 };

static bool all_stuck(const pid_t *pid, int n)
{
	for (int i = 0; i < n; i++)
		if (!is_blocked(pid[i]) && !is_gone(pid[i]))
			return false;
	return true;
}

static bool all_gone(const pid_t *pid, int n)
{
	for (int i = 0; i < n; i++)
		if (!is_gone(pid[i]))
			return false;
	return true;
}

static void pause_a_little(void)
{
	const struct timespec pause = {.tv_nsec = 200000};

	nanosleep(&pause, NULL);
}

/* ---- messages ------------------------------------------------------------------- */

enum { SENDERS = WORKERS / 2, RECEIVERS = WORKERS / 2, TYPES = 3, MOST_FILL = 300 };

struct numbered {
	long mtype;
	struct {
		unsigned sender, number, length;
		unsigned char fill[MOST_FILL];
	} body;
};

#define HEAD offsetof(__typeof__(((struct numbered *)0)->body), fill)

static unsigned char fill_byte(const struct numbered *message, unsigned i)
{
	return (unsigned char)(message->body.sender * 64 + message->body.number * 7 + i);
}

static void send_all(const struct ipc_calls *ipc, int msqid, unsigned sender, unsigned n)
{
	struct random_numbers numbers = numbers_of(sender);
	struct numbered message;

	message.body.sender = sender;
	for (message.body.number = 0; message.body.number < n; message.body.number++) {
		message.mtype = random_between(&numbers, 1, TYPES);
		message.body.length = (unsigned)random_between(&numbers, 0, MOST_FILL);
		for (unsigned i = 0; i < message.body.length; i++)
			message.body.fill[i] = fill_byte(&message, i);
		must(ipc->msgsnd(msqid, &message, HEAD + message.body.length, 0));
	}
}

static bool whole(const struct numbered *message, ssize_t length)
{
	if (length < (ssize_t)HEAD || (size_t)length != HEAD + message->body.length ||
	    message->body.sender >= SENDERS)
		return false;
	for (unsigned i = 0; i < message->body.length; i++)
		if (message->body.fill[i] != fill_byte(message, i))
			return false;
	return true;
}

/* Receives until the queue is removed; counts in times[sender * n + number]. */
static void receive_all(const struct ipc_calls *ipc, int msqid, unsigned who, unsigned n,
			unsigned *times)
{
	struct random_numbers numbers = numbers_of(SENDERS + who);
	long last[SENDERS][TYPES + 1];
	struct numbered message;

	memset(last, -1, sizeof(last));
	for (;;) {
		int kind = random_between(&numbers, -TYPES - 1, TYPES);
		/* One type may run out, so only a receiver of any type may block. */
		bool any = kind == 0 || kind <= -TYPES;
		ssize_t length = ipc->msgrcv(msqid, &message, sizeof(message.body), kind,
					     any ? 0 : IPC_NOWAIT);
		if (length == -1 && errno == ENOMSG && !any)
			continue;
		if (length == -1 && (errno == EIDRM || errno == EINVAL))
			return;
		must(length);
		if (!expect(whole(&message, length)) || !expect(message.body.number < n) ||
		    !expect(1 <= message.mtype && message.mtype <= TYPES))
			return;
		long *before = &last[message.body.sender][message.mtype];
		expect(*before < (long)message.body.number);
		*before = message.body.number;
		__atomic_fetch_add(&times[message.body.sender * n + message.body.number], 1,
				   __ATOMIC_RELAXED);
	}
}

CHECK("random.msg.race", LIBC | RAW, NEED_PROC,
      "messages sent at random by concurrent processes arrive once, complete and in order",
      "msgop(2)")
{
	need_own_calls_in_proc();
	const unsigned n = random_operations() / SENDERS + 1;
	unsigned *times = shared(SENDERS * n * sizeof(*times));
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid[WORKERS], *receiver = pid, *sender = pid + RECEIVERS;
	int looks = 0;

	for (unsigned i = 0; i < RECEIVERS; i++)
		CHILD (receiver[i])
			receive_all(ipc, msqid, i, n, times);
	for (unsigned i = 0; i < SENDERS; i++)
		CHILD (sender[i])
			send_all(ipc, msqid, i, n);
	/*
	 * A sender is stuck if it is blocked; a receiver, if it is blocked beside a message
	 * for it.
	 */
	while (looks < LOOKS && !(all_gone(sender, SENDERS) && msg_state(msqid).msg_qnum == 0)) {
		pause_a_little();
		looks = all_stuck(pid, WORKERS) ? looks + 1 : 0;
	}
	expect(looks < LOOKS);
	for (unsigned i = 0; i < RECEIVERS; i++)
		await_blocked(receiver[i]);
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	if (looks == LOOKS)
		return;
	for (unsigned i = 0; i < WORKERS; i++)
		child_join(pid[i]);
	unsigned wrong = 0;
	for (unsigned i = 0; i < SENDERS * n; i++)
		wrong += times[i] != 1;
	expect_eq(0, wrong);
}

/* ---- semaphores ----------------------------------------------------------------- */

enum { FULL = 4 };

/*
 * Shared by the workers: units taken from each semaphore, and the child that a worker waits
 * for.
 */
struct taken {
	int taken[NSEMS];
	pid_t successor[WORKERS];
};

/* Takes units, tests that no more are taken than exist, and returns the units or exits. */
static void take_and_give(const struct ipc_calls *ipc, int semid, struct random_numbers *numbers,
			  struct taken *taken, bool ends)
{
	unsigned short semnum = (unsigned short)random_between(numbers, 0, NSEMS - 1);
	short some = (short)random_between(numbers, 1, 3);
	int *all = &taken->taken[semnum];

	must(ipc->semop(semid, OPS({semnum, (short)-some, SEM_UNDO})));
	expect(__atomic_add_fetch(all, some, __ATOMIC_SEQ_CST) <= FULL);
	if (random_between(numbers, 0, 3) == 0)
		sched_yield();
	__atomic_sub_fetch(all, some, __ATOMIC_SEQ_CST);
	if (!ends)
		must(ipc->semop(semid, OPS({semnum, some, SEM_UNDO})));
}

static void take_often(const struct ipc_calls *ipc, int semid, unsigned who, struct taken *taken)
{
	struct random_numbers numbers = numbers_of(who);

	for (unsigned i = random_operations() / WORKERS + 1; i > 0; i--) {
		if (random_between(&numbers, 0, 19)) {
			take_and_give(ipc, semid, &numbers, taken, false);
			continue;
		}
		pid_t pid;
		CHILD (pid) {
			taken->successor[who] = getpid();
			take_and_give(ipc, semid, &numbers, taken, true);
		}
		child_join(pid);
		taken->successor[who] = 0;
	}
}

/* Whether each worker has ended, is blocked, or waits for a child that is blocked. */
static bool all_wait(const pid_t *pid, const struct taken *taken)
{
	for (unsigned who = 0; who < WORKERS; who++) {
		pid_t successor = taken->successor[who];
		if (successor ? !is_blocked(successor) : !all_stuck(&pid[who], 1))
			return false;
	}
	return true;
}

CHECK("random.sem.race", LIBC | RAW, NEED_PROC,
      "concurrent processes that take and return units at random never take more than there are, "
      "and return them all",
      "semop(2)")
{
	need_own_calls_in_proc();
	unsigned short full[NSEMS] = {FULL, FULL, FULL};
	struct taken *taken = shared(sizeof(*taken));
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600)), looks = 0;
	pid_t pid[WORKERS];

	must(libc_calls.semctl(semid, 0, SETALL, (union semun){.array = full}));
	for (unsigned who = 0; who < WORKERS; who++)
		CHILD (pid[who])
			take_often(ipc, semid, who, taken);
	/* A blocked worker holds no units, so if all are blocked, one was not woken. */
	while (looks < LOOKS && !all_gone(pid, WORKERS)) {
		pause_a_little();
		looks = all_wait(pid, taken) ? looks + 1 : 0;
	}
	if (!expect(looks < LOOKS))
		return;
	for (unsigned who = 0; who < WORKERS; who++)
		child_join(pid[who]);
	for (int semnum = 0; semnum < NSEMS; semnum++)
		expect_eq(FULL, sem_value(semid, semnum));
}

/* ---- segments ------------------------------------------------------------------- */

CHECK("random.shm.race", LIBC | RAW, 0,
      "a segment has the sum of the numbers that concurrent processes add at random, and no "
      "attachment stays",
      "shmop(2)")
{
	const unsigned n = random_operations() / WORKERS + 1;
	int shmid = must(ipc->shmget(IPC_PRIVATE, sizeof(unsigned), 0600));
	unsigned *sum = shared(sizeof(*sum));
	pid_t pid[WORKERS];

	for (unsigned who = 0; who < WORKERS; who++)
		CHILD (pid[who]) {
			struct random_numbers numbers = numbers_of(who);
			for (unsigned i = 0; i < n; i++) {
				unsigned some = (unsigned)random_between(&numbers, 1, 9);
				unsigned *cell = (void *)attach(ipc, shmid, NULL, 0);
				__atomic_fetch_add(cell, some, __ATOMIC_RELAXED);
				__atomic_fetch_add(sum, some, __ATOMIC_RELAXED);
				/* The end of the process detaches the others. */
				if (random_between(&numbers, 0, 9))
					expect_eq(0, ipc->shmdt(cell));
			}
		}
	for (unsigned who = 0; who < WORKERS; who++)
		child_join(pid[who]);
	shm_expect_nattch(0, shmid);
	expect_eq(*sum, *(unsigned *)(void *)attach(ipc, shmid, NULL, SHM_RDONLY));
}
