/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semop(2) with several operations in a call: on one semaphore, on many, and blocking. */
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const union semun none;

static int set_of(const struct ipc_calls *ipc, const unsigned short values[NSEMS])
{
	unsigned short copy[NSEMS];
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));

	memcpy(copy, values, sizeof(copy));
	must(libc_calls.semctl(semid, 0, SETALL, (union semun){.array = copy}));
	return semid;
}

static void expect_values(int semid, const short want[NSEMS])
{
	for (int semnum = 0; semnum < NSEMS; semnum++)
		expect_eq(want[semnum], sem_value(semid, semnum));
}

/* ---- all or nothing ----------------------------------------------------------------- */

/* Applies operations with IPC_NOWAIT to the values in order; on failure, changes none. */
static bool model_of(short value[NSEMS], const struct sembuf *sops, int nsops)
{
	short now[NSEMS];

	memcpy(now, value, sizeof(now));
	for (int i = 0; i < nsops; i++) {
		if (sops[i].sem_op == 0 && now[sops[i].sem_num] != 0)
			return false;
		now[sops[i].sem_num] = (short)(now[sops[i].sem_num] + sops[i].sem_op);
		if (now[sops[i].sem_num] < 0)
			return false;
	}
	memcpy(value, now, sizeof(now));
	return true;
}

CHECK("semop.many.each_sign", LIBC | RAW, 0,
      "three operations of any signs on one or two semaphores all run in order, or none does",
      "semop(2), \"either as a complete unit, or not at all\"; ipc/sem.c, "
      "perform_atomic_semop_slow")
{
	enum { OPS_OF_EACH = 10 }; /* on the first or the second semaphore, from -2 to 2 */
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	short value[NSEMS] = {0}, adj[NSEMS] = {0};
	pid_t pid;

	CHILD (pid) {
		/* Steps of 7, which is coprime to 1000, visit every triple once. */
		for (int n = 0, at = 0; n < 1000; n++, at = (at + 7) % 1000) {
			const int kind[3] = {at % OPS_OF_EACH, at / OPS_OF_EACH % OPS_OF_EACH,
					     at / OPS_OF_EACH / OPS_OF_EACH};
			struct sembuf sops[3];
			for (int i = 0; i < 3; i++)
				sops[i] = (struct sembuf){(unsigned short)(kind[i] / 5),
							  (short)(kind[i] % 5 - 2),
							  (short)(IPC_NOWAIT | SEM_UNDO)};
			/* A value above 2 is reset first, with its adjustment, so values stay
			 * small. */
			for (unsigned short i = 0; i < 2; i++)
				if (value[i] > 2) {
					must(ipc->semop(semid,
							OPS({i, (short)-value[i], SEM_UNDO})));
					value[i] = 0;
				}
			if (model_of(value, sops, 3)) {
				if (!expect_eq(0, ipc->semop(semid, sops, 3)))
					break;
			} else if (!expect_errno(EAGAIN, ipc->semop(semid, sops, 3))) {
				break;
			}
			expect_values(semid, value);
		}
	}
	child_join(pid);
	/* Everything was undone, and failed calls left no adjustment. */
	expect_values(semid, adj);
}

CHECK("semop.many.undo_of_some", LIBC | RAW, 0,
      "of several operations on one semaphore, only those with SEM_UNDO are undone",
      "semop(2), SEM_UNDO: a flag of each operation")
{
	int semid = set_of(ipc, (unsigned short[]){5, 5, 5});
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, OPS({0, -3, SEM_UNDO}, {0, 2, 0}, {0, 4, SEM_UNDO},
						   {1, -1, 0}, {1, -2, SEM_UNDO}, {2, 7, 0})));
		expect_values(semid, (short[]){8, 2, 12});
		/* The last operation fails, so the first two leave no adjustment. */
		expect_errno(EAGAIN, ipc->semop(semid, OPS({0, -1, SEM_UNDO}, {0, -1, SEM_UNDO},
							   {0, -7, SEM_UNDO | IPC_NOWAIT})));
	}
	child_join(pid);
	expect_values(semid, (short[]){7, 4, 12});
}

CHECK("semop.many.sempid", LIBC | RAW, 0,
      "a call of several operations sets sempid of each of its semaphores, and of no other",
      "semop(2), sempid; ipc/sem.c, perform_atomic_semop and its slow path")
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	pid_t pid;

	CHILD (pid)
		expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {2, 0, 0})));
	child_join(pid);
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(0, libc_calls.semctl(semid, 1, GETPID, none));
	expect_eq(pid, libc_calls.semctl(semid, 2, GETPID, none));
	CHILD (pid)
		expect_eq(0, ipc->semop(semid, OPS({2, 1, 0}, {1, 0, 0}, {2, -1, 0})));
	child_join(pid);
	expect(pid != libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(pid, libc_calls.semctl(semid, 1, GETPID, none));
	expect_eq(pid, libc_calls.semctl(semid, 2, GETPID, none));
	/* The operations of a blocked call belong to its process, not to the one that wakes it. */
	must(libc_calls.semctl(semid, 0, SETALL,
			       (union semun){.array = (unsigned short[NSEMS]){0}}));
	CHILD (pid)
		expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, 1, 0}, {0, -1, 0})));
	await_blocked(pid);
	expect_eq(getpid(), libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {0, 1, 0})));
	child_join(pid);
	expect_eq(pid, libc_calls.semctl(semid, 0, GETPID, none));
	expect_eq(pid, libc_calls.semctl(semid, 1, GETPID, none));
	expect_eq(getpid(), libc_calls.semctl(semid, 2, GETPID, none));
}

CHECK("semop.many.erange", LIBC | RAW, 0,
      "a value may not exceed SEMVMX in the middle of a call, even if a later operation lowers it",
      "semop(2), ERANGE; ipc/sem.c, perform_atomic_semop_slow")
{
	int semid = sem_new(ipc, SEMVMX - 1);

	expect_errno(ERANGE, ipc->semop(semid, OPS({0, 1, 0}, {0, 1, 0}, {0, -2, 0})));
	expect_eq(SEMVMX - 1, sem_value(semid, 0));
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {0, 1, 0}, {0, 1, 0}, {0, -1, 0})));
	expect_eq(SEMVMX - 1, sem_value(semid, 0));
	/* If two operations are impossible, the first one determines the error. */
	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, -1, IPC_NOWAIT}, {0, 2, 0})));
	expect_errno(ERANGE, ipc->semop(semid, OPS({0, 2, 0}, {1, -1, IPC_NOWAIT})));
	expect_errno(ERANGE, ipc->semop(semid, OPS({0, 2, 0}, {1, -1, 0})));
}

CHECK("semop.many.efbig_first", LIBC | RAW, 0,
      "a semaphore number outside of the set fails with EFBIG before any operation blocks",
      "semop(2), EFBIG; ipc/sem.c, do_semtimedop")
{
	int semid = sem_new(ipc, 0);

	expect_errno(EFBIG, ipc->semop(semid, OPS({0, -1, 0}, {NSEMS, 0, 0})));
	expect_errno(EFBIG, ipc->semop(semid, OPS({NSEMS, 0, 0}, {0, -1, 0})));
	expect_errno(EFBIG, ipc->semop(semid, OPS({0, -1, 0}, {NSEMS, 0, 0}, {1, 0, 0})));
	expect_eq(0, sem_value(semid, 0));
}

/* ---- many ----------------------------------------------------------------------------- */

enum { LARGE = 200, PER_CALL = 130 };

CHECK("semop.many.above_64", LIBC | RAW, 0,
      "130 operations on as many semaphores in one call all run, or none does",
      "ipc/sem.c, do_semtimedop: more than SEMOPM_FAST operations")
{
	int semid = must(ipc->semget(IPC_PRIVATE, LARGE, 0600));
	struct sembuf sops[PER_CALL];
	pid_t pid;

	for (int i = 0; i < PER_CALL; i++)
		sops[i] = (struct sembuf){(unsigned short)i, (short)(i + 1), SEM_UNDO};
	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, sops, PER_CALL));
		for (int i = 0; i < LARGE; i++) {
			expect_eq(i < PER_CALL ? i + 1 : 0, sem_value(semid, i));
			expect_eq(i < PER_CALL ? getpid() : 0,
				  libc_calls.semctl(semid, i, GETPID, none));
		}
		sops[PER_CALL - 1] = (struct sembuf){LARGE - 1, -1, IPC_NOWAIT};
		expect_errno(EAGAIN, ipc->semop(semid, sops, PER_CALL));
		sops[PER_CALL - 1] = (struct sembuf){LARGE, -1, IPC_NOWAIT};
		expect_errno(EFBIG, ipc->semop(semid, sops, PER_CALL));
		for (int i = 0; i < LARGE; i++)
			expect_eq(i < PER_CALL ? i + 1 : 0, sem_value(semid, i));
	}
	child_join(pid);
	for (int i = 0; i < LARGE; i++)
		expect_eq(0, sem_value(semid, i));
}

CHECK("semop.many.64_apart", LIBC | RAW, 0,
      "semaphores whose numbers differ by 32, 64 or 128 are not confused in a call",
      "ipc/sem.c, do_semtimedop: the mask of semaphores that come twice")
{
	static const unsigned short apart[] = {32, 64, 128};
	int semid = must(ipc->semget(IPC_PRIVATE, LARGE, 0600));

	for (unsigned i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		for (unsigned short k = 0; k < 3; k++) {
			const unsigned short far = (unsigned short)(k + apart[i]);
			/* Each operation needs the result of the previous one on another semaphore.
			 */
			expect_eq(0, ipc->semop(semid, OPS({k, 2, 0}, {far, 0, IPC_NOWAIT},
							   {far, 3, 0}, {k, -1, IPC_NOWAIT})));
			expect_errno(EAGAIN, ipc->semop(semid, OPS({k, 1, 0}, {far, 1, 0},
								   {k, -3, IPC_NOWAIT})));
			expect_eq(1, sem_value(semid, k));
			expect_eq(3, sem_value(semid, far));
			expect_eq(0,
				  ipc->semop(semid, OPS({k, 1, 0}, {far, -3, IPC_NOWAIT},
							{far, 0, IPC_NOWAIT}, {k, -2, IPC_NOWAIT},
							{k, 0, IPC_NOWAIT})));
			expect_eq(0, sem_value(semid, k));
			expect_eq(0, sem_value(semid, far));
		}
}

CHECK("semop.many.semopm", LIBC | RAW, 0,
      "500 operations on one semaphore in one call all run and are undone, or none runs",
      "semop(2), SEMOPM; ipc/sem.c, do_semtimedop")
{
	enum { MOST = 500 };
	int semid = must(ipc->semget(IPC_PRIVATE, 1, 0600));
	struct sembuf sops[MOST + 1];
	struct seminfo info = {0};
	pid_t pid;

	must(libc_calls.semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}));
	if (info.semopm < MOST)
		skip("SEMOPM is below 500");
	for (int i = 0; i < MOST; i++)
		sops[i] = (struct sembuf){0, 2, SEM_UNDO};
	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, sops, MOST));
		expect_eq(2 * MOST, sem_value(semid, 0));
		for (int i = 0; i < MOST; i++)
			sops[i].sem_op = -1;
		expect_eq(0, ipc->semop(semid, sops, MOST));
		expect_eq(MOST, sem_value(semid, 0));
		sops[MOST - 1] = (struct sembuf){0, -2, SEM_UNDO | IPC_NOWAIT};
		expect_errno(EAGAIN, ipc->semop(semid, sops, MOST));
		expect_eq(MOST, sem_value(semid, 0));
	}
	child_join(pid);
	expect_eq(0, sem_value(semid, 0));
	if (info.semopm == MOST) {
		sops[0] = sops[MOST] = (struct sembuf){0, 1, 0};
		expect_errno(E2BIG, ipc->semop(semid, sops, MOST + 1));
		expect_eq(0, sem_value(semid, 0));
	}
}

CHECK("semop.many.waits_with_100", LIBC | RAW, 0,
      "a blocked call of 100 operations runs completely once it can",
      "ipc/sem.c, do_semtimedop: the operations of a waiting task are kept")
{
	enum { WAITING = 100 };
	int semid = must(ipc->semget(IPC_PRIVATE, LARGE, 0600));
	struct sembuf sops[WAITING];
	pid_t pid;

	for (int i = 0; i < WAITING; i++)
		sops[i] = (struct sembuf){(unsigned short)i, (short)(i == 70 ? -1 : 1), 0};
	CHILD (pid)
		expect_eq(0, ipc->semop(semid, sops, WAITING));
	await_blocked(pid);
	expect_eq(1, libc_calls.semctl(semid, 70, GETNCNT, none));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, ipc->semop(semid, OPS({70, 1, 0})));
	child_join(pid);
	for (int i = 0; i < WAITING; i++)
		expect_eq(i != 70, sem_value(semid, i));
}

/* ---- waiting --------------------------------------------------------------------------- */

struct wait_case {
	unsigned short value[NSEMS];
	struct sembuf sops[3];
	int nsops;
	/* The semaphore at which the call blocks at first, and after `first`; `second` ends it. */
	int semnum;
	bool zero;
	struct sembuf first;
	int then_semnum;
	bool then_zero;
	struct sembuf second;
	int error;
	short after[NSEMS];
};

static void expect_counts(int semid, int semnum, bool zero)
{
	for (int i = 0; i < NSEMS; i++) {
		expect_eq(i == semnum && !zero, libc_calls.semctl(semid, i, GETNCNT, none));
		expect_eq(i == semnum && zero, libc_calls.semctl(semid, i, GETZCNT, none));
	}
}

static const struct wait_case wait_cases[] = {
	/* The first impossible operation is the one that is counted. */
	{{0, 0, 0},
	 {{0, -1, 0}, {1, -1, 0}},
	 2,
	 0,
	 false,
	 {0, 1, 0},
	 1,
	 false,
	 {1, 1, 0},
	 0,
	 {0, 0, 0}},
	{{1, 0, 0},
	 {{0, 0, 0}, {1, -1, 0}},
	 2,
	 0,
	 true,
	 {0, -1, 0},
	 1,
	 false,
	 {1, 2, 0},
	 0,
	 {0, 1, 0}},
	{{0, 1, 0},
	 {{0, -1, 0}, {1, 0, 0}},
	 2,
	 0,
	 false,
	 {0, 1, 0},
	 1,
	 true,
	 {1, -1, 0},
	 0,
	 {0, 0, 0}},
	{{1, 1, 0},
	 {{0, 0, 0}, {1, 0, 0}},
	 2,
	 0,
	 true,
	 {0, -1, 0},
	 1,
	 true,
	 {1, -1, 0},
	 0,
	 {0, 0, 0}},
	/* Two operations on one semaphore: both must be possible. */
	{{0, 0, 0},
	 {{0, -1, 0}, {0, -1, 0}},
	 2,
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 false,
	 {0, 2, 0},
	 0,
	 {1, 0, 0}},
	{{2, 0, 0},
	 {{0, 0, 0}, {0, 5, 0}},
	 2,
	 0,
	 true,
	 {0, -1, 0},
	 0,
	 true,
	 {0, -1, 0},
	 0,
	 {5, 0, 0}},
	{{0, 0, 0},
	 {{0, 1, 0}, {0, -3, 0}},
	 2,
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 {0, 0, 0}},
	{{0, 0, 0},
	 {{1, 4, 0}, {0, -1, 0}, {1, -5, 0}},
	 3,
	 0,
	 false,
	 {0, 1, 0},
	 1,
	 false,
	 {1, 1, 0},
	 0,
	 {0, 0, 0}},
	/* IPC_NOWAIT applies to its own operation only, when that operation's turn comes. */
	{{0, 0, 0},
	 {{0, -1, 0}, {1, -1, IPC_NOWAIT}},
	 2,
	 0,
	 false,
	 {2, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 EAGAIN,
	 {1, 0, 1}},
	{{0, 0, 0},
	 {{0, -2, 0}, {1, 0, IPC_NOWAIT}},
	 2,
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 {0, 0, 0}},
	{{1, 0, 0},
	 {{0, -1, IPC_NOWAIT}, {1, -1, 0}},
	 2,
	 1,
	 false,
	 {0, 1, 0},
	 1,
	 false,
	 {1, 1, 0},
	 0,
	 {1, 0, 0}},
	/* A value above SEMVMX, too, is an error only when the turn of the operation comes. */
	{{0, SEMVMX, 0},
	 {{0, -1, 0}, {1, 1, 0}},
	 2,
	 0,
	 false,
	 {2, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 ERANGE,
	 {1, SEMVMX, 1}},
	/* Waits for zero alone fail in the same way. */
	{{1, 1, 0},
	 {{0, 0, 0}, {1, 0, IPC_NOWAIT}},
	 2,
	 0,
	 true,
	 {2, 1, 0},
	 0,
	 true,
	 {0, -1, 0},
	 EAGAIN,
	 {0, 1, 1}},
	/* So do calls with a semaphore twice, which the kernel performs elsewhere. */
	{{0, 0, 0},
	 {{0, 1, IPC_NOWAIT}, {0, -2, 0}},
	 2,
	 0,
	 false,
	 {2, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 0,
	 {0, 0, 1}},
	{{0, 0, 0},
	 {{0, -1, 0}, {0, -1, IPC_NOWAIT}},
	 2,
	 0,
	 false,
	 {2, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 EAGAIN,
	 {1, 0, 1}},
	{{0, SEMVMX, 0},
	 {{0, -1, 0}, {1, -1, 0}, {1, 2, 0}},
	 3,
	 0,
	 false,
	 {2, 1, 0},
	 0,
	 false,
	 {0, 1, 0},
	 ERANGE,
	 {1, SEMVMX, 1}},
};

CHECK("semop.many.waits_for", LIBC | RAW, 0,
      "GETNCNT and GETZCNT count a blocked call at its first impossible operation, and it "
      "continues when all are possible",
      "semop(2), semncnt and semzcnt; ipc/sem.c, count_semcnt and update_queue")
{
	for (unsigned i = 0; i < sizeof(wait_cases) / sizeof(wait_cases[0]); i++) {
		const struct wait_case *this = &wait_cases[i];
		int semid = set_of(ipc, this->value);
		struct sembuf sops[3], first = this->first, second = this->second;
		pid_t pid;

		memcpy(sops, this->sops, sizeof(sops));
		CHILD (pid) {
			size_t nsops = (size_t)this->nsops;
			if (this->error)
				expect_errno(this->error, ipc->semop(semid, sops, nsops));
			else
				expect_eq(0, ipc->semop(semid, sops, nsops));
		}
		await_blocked(pid);
		expect_counts(semid, this->semnum, this->zero);
		expect_eq(0, ipc->semop(semid, &first, 1));
		await_blocked(pid);
		expect_counts(semid, this->then_semnum, this->then_zero);
		expect_eq(0, ipc->semop(semid, &second, 1));
		child_join(pid);
		expect_counts(semid, -1, false);
		expect_values(semid, this->after);
		must(libc_calls.semctl(semid, 0, IPC_RMID, none));
	}
}

CHECK("semop.many.nowait_of_first", LIBC | RAW, 0,
      "a call fails if the impossible operation has IPC_NOWAIT, whatever flags the others have",
      "semop(2), IPC_NOWAIT: a flag of each operation")
{
	int semid = set_of(ipc, (unsigned short[]){1, 0, 0});

	expect_errno(EAGAIN, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, IPC_NOWAIT})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, -1, IPC_NOWAIT}, {2, -1, 0})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({0, 0, IPC_NOWAIT}, {1, -1, 0})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({0, -1, 0}, {0, -1, IPC_NOWAIT})));
	expect_values(semid, (short[]){1, 0, 0});
}

CHECK("semop.many.flag_of_one", LIBC | RAW, 0,
      "IPC_NOWAIT and SEM_UNDO of one operation do not apply to the others of its call",
      "semop(2), sem_flg: a flag of each operation")
{
	int semid = set_of(ipc, (unsigned short[]){1, 0, 5});
	pid_t pid;

	CHILD (pid) {
		/* Only the second operation has to wait, and it has no IPC_NOWAIT. */
		expect_eq(0, ipc->semop(semid, OPS({0, -1, IPC_NOWAIT | SEM_UNDO}, {1, -1, 0},
						   {2, -2, IPC_NOWAIT})));
		expect_values(semid, (short[]){0, 0, 3});
		expect_eq(0, ipc->semop(semid, OPS({0, 2, 0}, {1, 1, SEM_UNDO}, {2, 1, 0})));
	}
	await_blocked(pid);
	expect_values(semid, (short[]){1, 0, 5});
	expect_eq(0, ipc->semop(semid, OPS({1, 1, 0})));
	child_join(pid);
	expect_values(semid, (short[]){3, 0, 4});
}

CHECK("semop.many.lock", LIBC | RAW, 0,
      "of callers that wait for zero and add 1 in one call, one continues at a time",
      "semop(2), EXAMPLES: waiting for zero and then adding, in one call")
{
	enum { WAITERS = 3 };
	int semid = sem_new(ipc, 1);
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++) {
		CHILD (pid[i]) {
			expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {0, 1, SEM_UNDO})));
			expect_eq(1, sem_value(semid, 0));
			/* The end of this process lets the next one continue. */
		}
		await_blocked(pid[i]);
		expect_eq(i + 1, libc_calls.semctl(semid, 0, GETZCNT, none));
	}
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("semop.many.simple_beside", LIBC | RAW, 0,
      "a call blocked in one operation is counted and woken as usual beside a call with "
      "several",
      "ipc/sem.c, merge_queues and unmerge_queues")
{
	int semid = sem_new(ipc, 0);
	pid_t before, several, after, zero;

	must(libc_calls.semctl(semid, 2, SETVAL, (union semun){.val = 1}));
	CHILD (before)
		expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(before);
	CHILD (several)
		expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0})));
	await_blocked(several);
	CHILD (after)
		expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(after);
	CHILD (zero)
		expect_eq(0, ipc->semop(semid, OPS({2, 0, 0})));
	await_blocked(zero);
	expect_eq(3, libc_calls.semctl(semid, 0, GETNCNT, none));
	expect_eq(0, libc_calls.semctl(semid, 1, GETNCNT, none));
	expect_eq(1, libc_calls.semctl(semid, 2, GETZCNT, none));
	expect_eq(0, ipc->semop(semid, OPS({2, -1, 0})));
	child_join(zero);
	expect_eq(0, sem_op(ipc, semid, 2, 0));
	/* The second single operation overtakes the call that needs more. */
	child_join(before);
	child_join(after);
	await_blocked(several);
	expect_eq(0, sem_value(semid, 0));
	expect_eq(1, libc_calls.semctl(semid, 0, GETNCNT, none));
	expect_eq(0, ipc->semop(semid, OPS({1, 1, 0})));
	await_blocked(several);
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(several);
	for (int i = 0; i < NSEMS; i++)
		expect_eq(0, sem_value(semid, i));
}

/* Two calls that could go on while the values change from 1 5 1 to 0 0 0 one after another. */
static void block_two(const struct ipc_calls *ipc, int semid, pid_t pid[2])
{
	for (int i = 0; i < 2; i++) {
		CHILD (pid[i])
			expect_eq(0, ipc->semop(semid,
						OPS({(unsigned short)(2 * i), 0, 0}, {1, -5, 0})));
		await_blocked(pid[i]);
		expect_eq(1, libc_calls.semctl(semid, 2 * i, GETZCNT, none));
	}
}

/* The values are 0 0 0, and both still wait, now for semaphore 1. */
static void expect_two_blocked(const struct ipc_calls *ipc, int semid, const pid_t pid[2])
{
	expect_values(semid, (short[]){0, 0, 0});
	expect_eq(2, libc_calls.semctl(semid, 1, GETNCNT, none));
	for (int i = 0; i < 2; i++)
		await_blocked(pid[i]);
	expect_eq(0, ipc->semop(semid, OPS({1, 10, 0})));
	for (int i = 0; i < 2; i++)
		child_join(pid[i]);
}

CHECK("semop.many.at_once", LIBC | RAW, 0,
      "a blocked call sees the values after a whole semop, SETALL or undo, and none between",
      "semop(2), \"performed in array order, and atomically\"; semctl(2), SETALL; ipc/sem.c, "
      "do_smart_update: after all changes")
{
	int semid = set_of(ipc, (unsigned short[]){1, 5, 1});
	pid_t pid[2], more, zero, owner;

	block_two(ipc, semid, pid);
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, -5, 0}, {2, -1, 0})));
	expect_two_blocked(ipc, semid, pid);
	must(libc_calls.semctl(semid, 0, SETALL,
			       (union semun){.array = (unsigned short[]){1, 5, 1}}));
	block_two(ipc, semid, pid);
	expect_eq(0, ipc->semctl(semid, 0, SETALL,
				 (union semun){.array = (unsigned short[]){0, 0, 0}}));
	expect_two_blocked(ipc, semid, pid);
	CHILD (owner) {
		expect_eq(0, ipc->semop(semid,
					OPS({0, 1, SEM_UNDO}, {1, 5, SEM_UNDO}, {2, 1, SEM_UNDO})));
		block_forever(ipc);
	}
	await_blocked(owner);
	block_two(ipc, semid, pid);
	must(kill(owner, SIGKILL));
	child_join_signal(owner, SIGKILL);
	expect_two_blocked(ipc, semid, pid);
	/* A value that is right only in the middle of a call. */
	must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 1}));
	CHILD (more)
		expect_eq(0, sem_op(ipc, semid, -2, 0));
	await_blocked(more);
	CHILD (zero)
		expect_eq(0, ipc->semop(semid, OPS({1, 0, 0})));
	await_blocked(zero);
	expect_eq(0, ipc->semop(semid, OPS({0, 2, 0}, {1, -1, 0}, {0, -1, 0}, {1, 1, 0})));
	expect_values(semid, (short[]){1, 1, 0});
	expect_eq(1, libc_calls.semctl(semid, 0, GETNCNT, none));
	expect_eq(1, libc_calls.semctl(semid, 1, GETZCNT, none));
	expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {1, -1, 0})));
	child_join(more);
	child_join(zero);
}

CHECK("semop.many.chain_to_zero", LIBC | RAW, 0,
      "a blocked call that continues and leaves 0 lets waits for zero continue, and a call of "
      "several operations that has waited longer",
      "ipc/sem.c, update_queue: do_smart_wakeup_zero and check_restart")
{
	for (int several = 0; several < 2; several++) {
		int semid = sem_new(ipc, 1);
		pid_t first = 0, more, zero, both = 0;

		if (several) {
			CHILD (first)
				expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {1, 1, 0})));
			await_blocked(first);
		}
		CHILD (more)
			expect_eq(0, sem_op(ipc, semid, -2, 0));
		await_blocked(more);
		CHILD (zero)
			expect_eq(0, sem_op(ipc, semid, 0, 0));
		await_blocked(zero);
		if (several) {
			CHILD (both)
				expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {2, 0, 0})));
			await_blocked(both);
		}
		/* The call that adds performs all of them before it returns. */
		expect_eq(0, sem_op(ipc, semid, 1, 0));
		if (!expect_eq(0, libc_calls.semctl(semid, 0, GETZCNT, none)) ||
		    !expect_eq(0, libc_calls.semctl(semid, 0, GETNCNT, none)))
			return;
		expect_values(semid, (short[]){0, (short)several, 0});
		child_join(more);
		child_join(zero);
		if (several) {
			child_join(first);
			child_join(both);
		}
	}
}

/* ---- sem_otime ------------------------------------------------------------------------- */

CHECK("semop.otime.last", LIBC | RAW, 0,
      "an operation on any one semaphore, even the last, sets sem_otime",
      "semop(2), sem_otime; ipc/sem.c, get_semotime")
{
	int semid[NSEMS];

	for (int i = 0; i < NSEMS; i++)
		semid[i] = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	/* In the next second the next semaphore: the newest time counts. */
	for (int second = 0; second < 2; second++) {
		for (int i = 0; i < NSEMS; i++) {
			const unsigned short semnum = (unsigned short)((i + second) % NSEMS);
			time_t before = kernel_time();
			expect_eq(0, ipc->semop(semid[i], OPS({semnum, 1, 0})));
			expect_between(before, kernel_time(), sem_state(semid[i]).sem_otime);
		}
		await_next_second();
	}
}

CHECK("semop.otime.undo", LIBC, 0,
      "undoing at the end of a process sets sem_otime, and leaves sem_ctime alone",
      "ipc/sem.c, exit_sem: do_smart_update sets the time")
{
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	time_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	pid_t pid;

	must(done == MAP_FAILED ? -1 : 0);
	const time_t changed = sem_state(semid).sem_ctime;
	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, OPS({2, 1, SEM_UNDO})));
		*done = sem_state(semid).sem_otime;
		await_next_second();
	}
	child_join(pid);
	expect(sem_state(semid).sem_otime > *done);
	expect_eq(changed, sem_state(semid).sem_ctime);
	expect_eq(pid, libc_calls.semctl(semid, 2, GETPID, none));
}
