/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: calls semget(2), semop(2), semctl(2) and compares with a model of the set. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

/* SEMVMX and SEMAEM of linux/sem.h; SEMOPM of a new namespace is 500. */
enum { MOST_SEMAPHORES = 70, MOST_VALUE = 32767, MOST_OPERATIONS = 500 };

struct set {
	const struct ipc_calls *ipc;
	struct input input;
	unsigned step;
	int semid, gone;
	/* The model. */
	unsigned mode;
	int nsems;
	struct semaphore {
		int value, semadj;
		bool touched; /* this process has changed it, so GETPID returns its id */
	} semaphore[MOST_SEMAPHORES];
};

static void make(struct set *set)
{
	set->mode = 0600 | (take(&set->input) & 077);
	set->nsems = 1 + take(&set->input) % MOST_SEMAPHORES;
	set->semid = set->ipc->semget(IPC_PRIVATE, set->nsems, (int)set->mode);
	REQUIRE(set->semid != -1, "semget: %m");
	memset(set->semaphore, 0, sizeof(set->semaphore));
}

/* ---- operations ----------------------------------------------------------------- */

/* Does the operations in order; returns the error of the first one that cannot be done. */
static int apply(struct semaphore *semaphore, const struct sembuf *sops, size_t nsops)
{
	for (size_t i = 0; i < nsops; i++) {
		struct semaphore *at = &semaphore[sops[i].sem_num];
		const int value = at->value + sops[i].sem_op;

		if (value < 0 || (sops[i].sem_op == 0 && at->value != 0))
			return EAGAIN;
		if (value > MOST_VALUE)
			return ERANGE;
		if (sops[i].sem_flg & SEM_UNDO) {
			const int semadj = at->semadj - sops[i].sem_op;

			if (semadj < -MOST_VALUE - 1 || semadj > MOST_VALUE)
				return ERANGE;
			at->semadj = semadj;
		}
		at->value = value;
		at->touched = true;
	}
	return 0;
}

/* Does all operations or none. */
static struct expected operating(struct set *set, int id, const struct sembuf *sops, size_t nsops)
{
	struct semaphore after[MOST_SEMAPHORES];

	if (nsops > MOST_OPERATIONS)
		return FAILS(E2BIG);
	if (nsops == 0 || id != set->semid)
		return FAILS(EINVAL);
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_num >= set->nsems)
			return FAILS(EFBIG);
	memcpy(after, set->semaphore, sizeof(after));
	const int error = apply(after, sops, nsops);
	if (error)
		return FAILS(error);
	memcpy(set->semaphore, after, sizeof(after));
	return RETURNS(0);
}

/* Takes mostly few operations; their sem_num is mostly valid, or one too high, or USHRT_MAX. */
static size_t take_operations(struct set *set, struct sembuf **sops)
{
	const uint8_t many = take(&set->input);
	const size_t n = many < 0xf0 ? many % 12 : MOST_OPERATIONS - 2 + many % 4;

	*sops = malloc(n * sizeof(**sops));
	REQUIRE(*sops || n == 0, "no memory");
	for (size_t i = 0; i < n; i++) {
		const uint8_t num = take(&set->input);
		const uint8_t undo = take(&set->input) & 1;

		(*sops)[i] = (struct sembuf){
			.sem_num =
				(unsigned short)(num == 0xff ? USHRT_MAX
							     : num % (set->nsems + (num > 0xf0))),
			.sem_op = (short)take_long(&set->input),
			.sem_flg = (short)(IPC_NOWAIT | (undo ? SEM_UNDO : 0)),
		};
	}
	return n;
}

/* Calls semop with IPC_NOWAIT, or semtimedop without it and with a timeout of 0. */
static void operate(struct set *set)
{
	static const struct timespec now = {0, 0};
	struct timespec wrong = {take_long(&set->input), take_long(&set->input)};
	const uint8_t way = take(&set->input);
	const int other = take_id(&set->input, set->semid, set->gone);
	struct sembuf *sops;
	const size_t nsops = take_operations(set, &sops);
	/* Linux 5.17 changed which error a call with too many operations and a wrong id reports. */
	const int id = nsops > MOST_OPERATIONS ? set->semid : other;
	const struct timespec *timeout = way & 1 ? &now : NULL;
	int result;

	for (size_t i = 0; timeout && i < nsops; i++)
		sops[i].sem_flg &= ~IPC_NOWAIT;
	if (way == 0xff && nsops > 0 && nsops <= MOST_OPERATIONS &&
	    (wrong.tv_sec < 0 || wrong.tv_nsec < 0)) {
		result = set->ipc->semtimedop(id, sops, nsops, &wrong);
		REQUIRE_RESULT(set->step, "semtimedop", result, FAILS(EINVAL));
	} else {
		const struct expected expected = operating(set, id, sops, nsops);

		/* The alarm of libFuzzer may interrupt the call. */
		do
			result = timeout ? set->ipc->semtimedop(id, sops, nsops, timeout)
					 : set->ipc->semop(id, sops, nsops);
		while (result == -1 && errno == EINTR);
		REQUIRE_RESULT(set->step, "semop", result, expected);
	}
	free(sops);
}

/* ---- values --------------------------------------------------------------------- */

static void set_value(struct semaphore *semaphore, int value)
{
	*semaphore = (struct semaphore){value, 0, true};
}

static void setval(struct set *set)
{
	const int id = take_id(&set->input, set->semid, set->gone);
	const int semnum = take_int(&set->input) % 100;
	const union semun arg = {.val = take_int(&set->input)};
	const bool there = semnum >= 0 && semnum < set->nsems && id == set->semid;
	struct expected expected = there ? RETURNS(0) : FAILS(EINVAL);

	/* The kernel checks the value before it looks for the set. */
	if (id >= 0 && (arg.val < 0 || arg.val > MOST_VALUE))
		expected = FAILS(ERANGE);
	int result = set->ipc->semctl(id, semnum, SETVAL, arg);
	REQUIRE_RESULT(set->step, "SETVAL", result, expected);
	if (!expected.error)
		set_value(&set->semaphore[semnum], arg.val);
}

static void setall(struct set *set)
{
	const int id = take_id(&set->input, set->semid, set->gone);
	const bool nowhere = take(&set->input) == 0xff;
	unsigned short *array = malloc((size_t)set->nsems * sizeof(*array));
	const union semun arg = {.array = nowhere ? NULL : array};
	struct expected expected = id == set->semid ? RETURNS(0) : FAILS(EINVAL);

	REQUIRE(array, "no memory");
	for (int i = 0; i < set->nsems; i++)
		array[i] = (unsigned short)take_long(&set->input);
	for (int i = 0; i < set->nsems && !expected.error; i++)
		if (array[i] > MOST_VALUE)
			expected = FAILS(ERANGE);
	if (nowhere && id == set->semid)
		expected = FAILS(EFAULT);
	int result = set->ipc->semctl(id, 0, SETALL, arg);
	REQUIRE_RESULT(set->step, "SETALL", result, expected);
	for (int i = 0; i < set->nsems && !expected.error; i++)
		set_value(&set->semaphore[i], array[i]);
	free(array);
}

static void getall(struct set *set)
{
	unsigned short *array = malloc((size_t)set->nsems * sizeof(*array));
	const union semun arg = {.array = array};

	REQUIRE(array, "no memory");
	memset(array, 0xa5, (size_t)set->nsems * sizeof(*array));
	int result = set->ipc->semctl(set->semid, take_int(&set->input), GETALL, arg);
	REQUIRE_RESULT(set->step, "GETALL", result, RETURNS(0));
	for (int i = 0; i < set->nsems; i++)
		REQUIRE(array[i] == set->semaphore[i].value,
			"step %u: semaphore %d is %d, expected %d", set->step, i, array[i],
			set->semaphore[i].value);
	free(array);
}

/* Calls GETVAL, GETPID, GETNCNT or GETZCNT; no process waits, so the last two return 0. */
static void get(struct set *set)
{
	static const int cmds[] = {GETVAL, GETPID, GETNCNT, GETZCNT};
	const int cmd = cmds[take(&set->input) % 4];
	const int id = take_id(&set->input, set->semid, set->gone);
	const int semnum = take_int(&set->input) % 100;
	struct expected expected = FAILS(EINVAL);

	if (id == set->semid && semnum >= 0 && semnum < set->nsems) {
		const struct semaphore *semaphore = &set->semaphore[semnum];

		expected = cmd == GETVAL   ? RETURNS(semaphore->value)
			   : cmd == GETPID ? RETURNS(semaphore->touched ? getpid() : 0)
					   : RETURNS(0);
	}
	int result = set->ipc->semctl(id, semnum, cmd, (union semun){0});
	REQUIRE_RESULT(set->step, "GETVAL, GETPID, GETNCNT or GETZCNT", result, expected);
}

/* ---- control -------------------------------------------------------------------- */

static void stat(struct set *set)
{
	static const struct {
		int cmd;
		bool by_slot;
	} ways[] = {{IPC_STAT, false}, {SEM_STAT, true}, {SEM_STAT_ANY, true}};
	const unsigned way = take(&set->input) % 3;
	const int id = take_id(&set->input, set->semid, set->gone);
	const int slot = ways[way].by_slot ? set->semid & 0x7fff : id;
	struct semid_ds ds;
	const union semun arg = {.buf = &ds};

	memset(&ds, 0xa5, sizeof(ds));
	int result = set->ipc->semctl(slot, 0, ways[way].cmd, arg);
	if (!ways[way].by_slot && id != set->semid) {
		REQUIRE_RESULT(set->step, "IPC_STAT", result, FAILS(EINVAL));
		return;
	}
	REQUIRE_RESULT(set->step, "IPC_STAT", result, RETURNS(ways[way].by_slot ? set->semid : 0));
	REQUIRE(ds.sem_nsems == (unsigned)set->nsems, "step %u: %lu semaphores, expected %d",
		set->step, (unsigned long)ds.sem_nsems, set->nsems);
	REQUIRE((ds.sem_perm.mode & 0777) == set->mode, "step %u: mode %o", set->step,
		(unsigned)ds.sem_perm.mode);
}

static void set_mode(struct set *set)
{
	const int id = take_id(&set->input, set->semid, set->gone);
	const unsigned mode = 0600 | (take(&set->input) & 077);
	struct semid_ds ds;
	const union semun arg = {.buf = &ds};

	memset(&ds, 0xa5, sizeof(ds));
	ds.sem_perm.uid = geteuid();
	ds.sem_perm.gid = getegid();
	ds.sem_perm.mode = (__typeof__(ds.sem_perm.mode))mode;
	int result = set->ipc->semctl(id, 0, IPC_SET, arg);
	REQUIRE_RESULT(set->step, "IPC_SET", result, id == set->semid ? RETURNS(0) : FAILS(EINVAL));
	if (id == set->semid)
		set->mode = mode;
}

/* The namespace has no other set. */
static void info(struct set *set)
{
	struct seminfo all;
	const union semun arg = {.__buf = &all};

	memset(&all, 0xa5, sizeof(all));
	int result = set->ipc->semctl(0, 0, SEM_INFO, arg);
	REQUIRE(result >= 0, "step %u: SEM_INFO: %m", set->step);
	REQUIRE(all.semusz == 1 && all.semaem == set->nsems,
		"step %u: SEM_INFO: %d sets of %d semaphores, expected %d", set->step, all.semusz,
		all.semaem, set->nsems);
}

static void unknown(struct set *set)
{
	const int id = take_id(&set->input, set->semid, set->gone);
	const int cmd = 100 + take(&set->input);

	int result = set->ipc->semctl(id, 0, cmd & 1 ? -cmd : cmd, (union semun){0});
	REQUIRE_RESULT(set->step, "an unknown command", result, FAILS(EINVAL));
}

/* Calls semget with a number of semaphores that no set can have. */
static void make_none(struct set *set)
{
	static const int none[] = {0, -1, INT_MAX, INT_MIN};

	int result = set->ipc->semget(IPC_PRIVATE, none[take(&set->input) % 4], 0600);
	REQUIRE_RESULT(set->step, "semget", result, FAILS(EINVAL));
}

static void replace(struct set *set)
{
	const int id = take_id(&set->input, set->semid, set->gone);

	int result = set->ipc->semctl(id, 0, IPC_RMID, (union semun){0});
	REQUIRE_RESULT(set->step, "IPC_RMID", result,
		       id == set->semid ? RETURNS(0) : FAILS(EINVAL));
	if (id != set->semid)
		return;
	set->gone = id;
	make(set);
}

/* ---- sequences ------------------------------------------------------------------ */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const calls[])(struct set *) = {
		operate, operate, operate, operate,  setval,  setall,	 get,
		getall,	 stat,	  info,	   set_mode, unknown, make_none, replace,
	};
	struct set set = {.input = {data, size}, .gone = -1};

	set.ipc = take_calls(&set.input);
	make(&set);
	while (set.input.left > 0 && set.step++ < MOST_STEPS)
		calls[take(&set.input) % (sizeof(calls) / sizeof(calls[0]))](&set);
	getall(&set);
	REQUIRE(set.ipc->semctl(set.semid, 0, IPC_RMID, (union semun){0}) == 0, "%m");
	return 0;
}
