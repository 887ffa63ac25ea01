/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Semaphore sets: the operations whose cost is measured. */
#include "objects.h"

static bool operate(int id, unsigned short num, short op, short flags)
{
	struct sembuf sop = {.sem_num = num, .sem_op = op, .sem_flg = flags};

	return libc_calls.semop(id, &sop, 1) == 0;
}

static int control(int id, int num, int cmd, void *pointer)
{
	return libc_calls.semctl(id, num, cmd, (union semun){.buf = pointer});
}

/* ---- setups ---------------------------------------------------------------- */

static bool set_of(struct cost *c, int nsems)
{
	return (c->id = libc_calls.semget(cost_key(0), nsems, IPC_CREAT | 0600)) != -1;
}

static bool set(struct cost *c)
{
	return set_of(c, 2);
}

static bool set_of_n(struct cost *c)
{
	return set_of(c, (int)c->n);
}

static bool set_read(struct cost *c)
{
	return set(c) && control(c->id, 0, IPC_STAT, c->buffer) == 0;
}

static bool sets(struct cost *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if ((c->ids[i] = libc_calls.semget(cost_key(i), 1, IPC_CREAT | 0600)) == -1)
			return false;
	c->id = c->ids[c->n / 2];
	return true;
}

static bool sets_in_proc(struct cost *c)
{
	return sets(c) && (c->file = open("/proc/sysvipc/sem", O_RDONLY)) != -1;
}

/* n sets, each with an undo entry of this process. */
static bool undo_entries(struct cost *c)
{
	if (!sets(c))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!operate(c->ids[i], 0, 1, SEM_UNDO))
			return false;
	return true;
}

static void wait_value(struct cost *c)
{
	operate(c->id, 0, -2, 0);
}

static void wait_zero(struct cost *c)
{
	operate(c->id, 0, 0, 0);
}

static void wait_many(struct cost *c)
{
	struct sembuf sops[] = {{.sem_op = -2}, {.sem_num = 1, .sem_op = -2}};

	libc_calls.semop(c->id, sops, 2);
}

/* n processes that wait for a value or for zero, and that no operation wakes. */
static bool waiters(struct cost *c)
{
	void (*const waits[])(struct cost *) = {wait_value, wait_zero, wait_many};

	if (!set(c) || (c->arg == 1 && !operate(c->id, 0, 1, 0)))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!cost_child(c, waits[c->arg]))
			return false;
	return children_sleep(c);
}

static void echo(struct cost *c)
{
	while (operate(c->id, 0, -1, 0))
		operate(c->id, 1, 1, 0);
}

static bool partner(struct cost *c)
{
	return set(c) && cost_child(c, echo) && children_sleep(c);
}

/* ---- operations ------------------------------------------------------------ */

static bool get(UNUSED_COST)
{
	return libc_calls.semget(cost_key(0), 0, 0) != -1;
}

static bool get_spread(struct cost *c)
{
	for (unsigned i = 0; i < LOOKED_UP; i++)
		if (libc_calls.semget(spread_key(c, i), 0, 0) == -1)
			return false;
	return true;
}

static bool create_remove_of(int nsems)
{
	const int id =
		libc_calls.semget(cost_key(MOST_OBJECTS), nsems, IPC_CREAT | IPC_EXCL | 0600);

	return id != -1 && control(id, 0, IPC_RMID, NULL) == 0;
}

static bool create_remove(UNUSED_COST)
{
	return create_remove_of(1);
}

static bool create_remove_n(struct cost *c)
{
	return create_remove_of((int)c->n);
}

static bool up_down(struct cost *c)
{
	return operate(c->id, 0, 1, 0) && operate(c->id, 0, -1, 0);
}

static bool up_down_undo(struct cost *c)
{
	return operate(c->id, 0, 1, SEM_UNDO) && operate(c->id, 0, -1, SEM_UNDO);
}

/* Uses the n sets in turn, so each call needs the undo entry that was used longest ago. */
static bool up_down_turns(struct cost *c)
{
	c->id = c->ids[c->turn++ % c->n];
	return up_down_undo(c);
}

/* Uses the last semaphore of the set. */
static bool up_down_last(struct cost *c)
{
	const unsigned short last = (unsigned short)(c->n - 1);

	return operate(c->id, last, 1, 0) && operate(c->id, last, -1, 0);
}

/* Uses a semaphore without waiters. */
static bool up_down_other(struct cost *c)
{
	return operate(c->id, 1, 1, 0) && operate(c->id, 1, -1, 0);
}

static bool zero(struct cost *c)
{
	return operate(c->id, 1, 0, 0);
}

static bool eagain(struct cost *c)
{
	return !operate(c->id, 1, -1, IPC_NOWAIT) && errno == EAGAIN;
}

static bool timed(struct cost *c)
{
	const struct timespec second = {.tv_sec = 1};
	struct sembuf up = {.sem_op = 1}, down = {.sem_op = -1};

	return libc_calls.semtimedop(c->id, &up, 1, &second) == 0 &&
	       libc_calls.semtimedop(c->id, &down, 1, &second) == 0;
}

/* n operations in a call; with arg, all on one semaphore. */
static bool many(struct cost *c)
{
	struct sembuf *sops = (struct sembuf *)c->buffer;

	for (short op = 1; op >= -1; op = (short)(op - 2)) {
		for (unsigned i = 0; i < c->n; i++)
			sops[i] = (struct sembuf){
				.sem_num = c->arg ? 0 : (unsigned short)i,
				.sem_op = op,
			};
		if (libc_calls.semop(c->id, sops, c->n) == -1)
			return false;
	}
	return true;
}

static bool wake_partner(struct cost *c)
{
	return operate(c->id, 0, 1, 0) && operate(c->id, 1, -1, 0);
}

static bool command(struct cost *c)
{
	return control(c->id, 0, c->arg, c->buffer) != -1;
}

static bool set_value(struct cost *c)
{
	return libc_calls.semctl(c->id, 0, SETVAL, (union semun){.val = 1}) == 0;
}

static bool command_by_slot(struct cost *c)
{
	return control(c->id & 0x7fff, 0, c->arg, c->buffer) != -1;
}

static bool count_value(struct cost *c)
{
	return control(c->id, 0, GETNCNT, NULL) == (int)c->n;
}

static bool count_zero(struct cost *c)
{
	return control(c->id, 0, GETZCNT, NULL) == (int)c->n;
}

#define SEMAPHORES                  \
	{                           \
		2, 8, 64, 512, 4096 \
	}
#define OPERATIONS                 \
	{                          \
		2, 8, 32, 128, 500 \
	}

const struct cost_item sem_items[] = {
	ONCE("semget", "semget of a set", set, get, 0, 0),
	ONCE("semget.create", "semget creates a set of 1, semctl removes it", NULL, create_remove,
	     0, 0),
	SERIES("semget.create.semaphores", "semget creates a set of n, semctl removes it",
	       "semaphores", SEMAPHORES, NULL, create_remove_n, 0, 0),
	SERIES("semget.keys", "semget of one key among n", "keys", OBJECTS, sets, get_spread, 0,
	       LOOKED_UP),
	SERIES("semget.create.objects", "semget creates, semctl removes a set beside n others",
	       "objects", OBJECTS, sets, create_remove, 0, 0),
	ONCE("semop", "semop up + semop down", set, up_down, 0, 0),
	ONCE("semop.undo", "semop up + semop down with SEM_UNDO", set, up_down_undo, 0, 0),
	ONCE("semop.zero", "semop waits for zero while the value is 0", set, zero, 0, 0),
	ONCE("semop.eagain", "semop with IPC_NOWAIT that would block", set, eagain, 0, 0),
	ONCE("semop.wake", "semop that wakes a process, and its answer", partner, wake_partner, 0,
	     0),
	SERIES("semop.semaphores", "semop up + down on the last of n semaphores", "semaphores",
	       SEMAPHORES, set_of_n, up_down_last, 0, 0),
	SERIES("semop.operations", "semop up + down of n semaphores in a call", "operations",
	       OPERATIONS, set_of_n, many, 0, 0),
	SERIES("semop.operations.same", "semop n times up + n times down, one semaphore",
	       "operations", OPERATIONS, set_of_n, many, 1, 0),
	SERIES("semop.waiters.value", "semop up + down beside n waiters for a value", "waiters",
	       PROCESSES, waiters, up_down, 0, 0),
	SERIES("semop.waiters.zero", "semop up + down beside n waiters for zero", "waiters",
	       PROCESSES, waiters, up_down, 1, 0),
	SERIES("semop.waiters.many", "semop up + down beside n waiters for two values", "waiters",
	       PROCESSES, waiters, up_down, 2, 0),
	SERIES("semop.waiters.other", "semop up + down, n waiters for another semaphore", "waiters",
	       PROCESSES, waiters, up_down_other, 0, 0),
	SERIES("semop.undo.again", "semop up + down with the same of n undo entries",
	       "undo entries", OBJECTS, undo_entries, up_down_undo, 0, 0),
	SERIES("semop.undo.turns", "semop up + down with each of n undo entries in turn",
	       "undo entries", OBJECTS, undo_entries, up_down_turns, 0, 0),
	ONCE("semtimedop", "semtimedop up + semtimedop down", set, timed, 0, 0),
	ONCE("semctl.getval", "semctl GETVAL", set, command, GETVAL, 0),
	ONCE("semctl.setval", "semctl SETVAL", set, set_value, 0, 0),
	SERIES("semctl.setval.semaphores", "semctl SETVAL in a set of n", "semaphores", SEMAPHORES,
	       set_of_n, set_value, 0, 0),
	ONCE("semctl.getpid", "semctl GETPID", set, command, GETPID, 0),
	SERIES("semctl.getncnt", "semctl GETNCNT with n waiters", "waiters", PROCESSES, waiters,
	       count_value, 0, 0),
	SERIES("semctl.getzcnt", "semctl GETZCNT with n waiters", "waiters", PROCESSES, waiters,
	       count_zero, 1, 0),
	SERIES("semctl.getall", "semctl GETALL of n semaphores", "semaphores", SEMAPHORES, set_of_n,
	       command, GETALL, 0),
	SERIES("semctl.setall", "semctl SETALL of n semaphores", "semaphores", SEMAPHORES, set_of_n,
	       command, SETALL, 0),
	SERIES("semctl.ipc_stat", "semctl IPC_STAT of a set of n", "semaphores", SEMAPHORES,
	       set_of_n, command, IPC_STAT, 0),
	ONCE("semctl.ipc_set", "semctl IPC_SET", set_read, command, IPC_SET, 0),
	ONCE("semctl.sem_stat", "semctl SEM_STAT", set, command_by_slot, SEM_STAT, 0),
	ONCE("semctl.sem_stat_any", "semctl SEM_STAT_ANY", set, command_by_slot, SEM_STAT_ANY, 0),
	ONCE("semctl.ipc_info", "semctl IPC_INFO", set, command, IPC_INFO, 0),
	ONCE("semctl.sem_info", "semctl SEM_INFO", set, command, SEM_INFO, 0),
	SERIES("semctl.sem_info.objects", "semctl SEM_INFO beside n sets", "objects", OBJECTS, sets,
	       command, SEM_INFO, 0),
	SERIES("proc.sem", "reading /proc/sysvipc/sem with n sets", "objects", PROC_ROWS,
	       sets_in_proc, read_whole, 0, 0),
	{0},
};
