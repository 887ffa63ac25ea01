/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of semctl: values, and processes that wait for them. */
#include <string.h>
#include <unistd.h>

#include "mutants.h"

static const union semun none;

/* Takes the upper half of the union, as if the int were at its other end: musl 2b47a7af. */
ON_SEMCTL(semun_half, "SETVAL takes the wrong half of the union")
{
	uint64_t word = 0;

	memcpy(&word, &arg, sizeof(arg));
	if (cmd == SETVAL && sizeof(arg) == 8)
		arg = (union semun){.val = (int)(word >> 32)};
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(semun_whole, "SETVAL refuses a union whose other bytes are not 0")
{
	uint64_t word = 0;

	memcpy(&word, &arg, sizeof(arg));
	if (cmd == SETVAL && sizeof(arg) == 8 && word >> 32)
		return fails(ERANGE);
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* musl 28929422: libc passed the address of the structure in the wrong place. */
ON_SEMCTL(semun_lost, "libc loses the last argument of every command")
{
	return t->real->semctl(semid, semnum, cmd, t->raw ? arg : none);
}

/* glibc bug 26637, musl fe5e72ae. */
ON_SEMCTL(stat_any_argument, "libc loses the argument of SEM_STAT_ANY")
{
	return t->real->semctl(semid, semnum, cmd, !t->raw && cmd == SEM_STAT_ANY ? none : arg);
}

ON_SEMCTL(setval_first, "SETVAL sets the first semaphore")
{
	return t->real->semctl(semid, cmd == SETVAL && semnum > 0 && semnum < 3 ? 0 : semnum, cmd,
			       arg);
}

ON_SEMCTL(getval_first, "GETVAL returns the first value")
{
	return t->real->semctl(semid, cmd == GETVAL && semnum > 0 && semnum < 3 ? 0 : semnum, cmd,
			       arg);
}

ON_SEMCTL(number_unchecked, "a number that is out of range is treated as 0")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result == -1 && errno == EINVAL ? t->real->semctl(semid, 0, cmd, arg) : result;
}

ON_SEMCTL(setval_clamps, "SETVAL treats a value above SEMVMX as SEMVMX")
{
	if (cmd == SETVAL && arg.val > SEMVMX)
		arg.val = SEMVMX;
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setval_negative, "SETVAL treats a negative value as 0")
{
	if (cmd == SETVAL && arg.val < 0)
		arg.val = 0;
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setval_short, "SETVAL uses only the low 16 bits of a value")
{
	if (cmd == SETVAL)
		arg.val = (unsigned short)arg.val;
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* Sets the value by semop, which wakes waiting processes but does not clear semadj. */
ON_SEMCTL(setval_keeps_undo, "SETVAL does not clear semadj")
{
	int now = cmd == SETVAL ? t->real->semctl(semid, semnum, GETVAL, none) : -1;
	struct sembuf sop = {(unsigned short)semnum, (short)(arg.val - now), 0};

	if (now == -1 || arg.val < 0 || arg.val > SEMVMX || sop.sem_op == 0)
		return t->real->semctl(semid, semnum, cmd, arg);
	return t->real->semop(semid, &sop, 1);
}

ON_SEMCTL(setall_keeps_undo, "SETALL does not clear semadj")
{
	unsigned short now[3] = {0}, new[3] = {0};
	struct sembuf sops[3];

	if (cmd != SETALL || !read_memory(new, arg.array, sizeof(new)) ||
	    t->real->semctl(semid, 0, GETALL, (union semun){.array = now}) == -1 || new[0] != 7)
		return t->real->semctl(semid, semnum, cmd, arg);
	for (unsigned short i = 0; i < 3; i++)
		sops[i] = (struct sembuf){i, (short)(new[i] - now[i]), 0};
	return t->real->semop(semid, sops, 3);
}

ON_SEMCTL(setval_silent, "SETVAL wakes no process")
{
	int waiting = cmd == SETVAL ? t->real->semctl(semid, semnum, GETNCNT, none) : 0;

	return waiting > 0 ? 0 : t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setall_first, "SETALL sets the first value only")
{
	if (cmd == SETALL && arg.array)
		return t->real->semctl(semid, 0, SETVAL, (union semun){.val = arg.array[0]});
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setall_partial, "SETALL sets the values before one that it refuses")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == SETALL && result == -1 && errno == ERANGE) {
		t->real->semctl(semid, 0, SETVAL, (union semun){.val = arg.array[0]});
		return fails(ERANGE);
	}
	return result;
}

ON_SEMCTL(setall_unchecked, "SETALL treats values above SEMVMX as 0")
{
	return allowed(cmd == SETALL ? ERANGE : 0, t->real->semctl(semid, semnum, cmd, arg));
}

/* Returns the number of semaphores of a set; 0 if IPC_STAT fails. */
static unsigned long nsems_of(const struct through *t, int semid)
{
	struct semid_ds ds = {0};

	return t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 ? ds.sem_nsems
										   : 0;
}

ON_SEMCTL(getall_one_more, "GETALL writes one value too many")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == GETALL && result == 0)
		arg.array[nsems_of(t, semid)] = 0;
	return result;
}

ON_SEMCTL(getall_one_less, "GETALL writes a wrong last value")
{
	unsigned long n = cmd == GETALL ? nsems_of(t, semid) : 0;
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (n && result == 0)
		arg.array[n - 1] = 0xa5a5;
	return result;
}

ON_SEMCTL(large_sets, "SETALL sets the first 256 values only")
{
	if (cmd != SETALL || nsems_of(t, semid) <= 256)
		return t->real->semctl(semid, semnum, cmd, arg);
	for (int i = 0; i < 256; i++)
		t->real->semctl(semid, i, SETVAL, (union semun){.val = arg.array[i]});
	return 0;
}

ON_SEMCTL(sempid_none, "GETPID returns 0")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result > 0 ? 0 : result;
}

ON_SEMCTL(sempid_own, "GETPID returns the caller")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result > 0 ? getpid() : result;
}

ON_SEMCTL(sempid_unset, "GETPID returns the caller if no process changed the value")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result == 0 ? getpid() : result;
}

ON_SEMCTL(ncnt_one_more, "GETNCNT returns one too many")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETNCNT && result > 0 ? result + 1 : result;
}

ON_SEMCTL(zcnt_one_more, "GETZCNT returns one too many")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETZCNT && result > 0 ? result + 1 : result;
}

ON_SEMCTL(counts_swapped, "GETNCNT and GETZCNT are swapped")
{
	return t->real->semctl(semid, semnum,
			       cmd == GETNCNT	? GETZCNT
			       : cmd == GETZCNT ? GETNCNT
						: cmd,
			       arg);
}

ON_SEMCTL(counts_unset, "GETNCNT and GETZCNT of a new set are not 0")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result == 0 && (cmd == GETNCNT || cmd == GETZCNT) ? 1 : result;
}

ON_SEMCTL(setval_same_ignored, "SETVAL of the value that a semaphore has does nothing")
{
	if (cmd == SETVAL && arg.val == t->real->semctl(semid, semnum, GETVAL, none))
		return 0;
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* Returns how many processes wait for semaphores of a set. */
static int waiting_on(const struct through *t, int semid)
{
	int n = 0;

	for (int i = 0; i < (int)nsems_of(t, semid); i++)
		n += t->real->semctl(semid, i, GETNCNT, none) +
		     t->real->semctl(semid, i, GETZCNT, none);
	return n;
}

ON_SEMCTL(otime_kept, "SETVAL and SETALL that let a blocked call go on do not set sem_otime")
{
	static int set = -1;
	static time_t otime;
	struct semid_ds ds = {0};
	const bool sets = cmd == SETVAL || cmd == SETALL;
	const int waiting = sets ? waiting_on(t, semid) : 0;

	if (waiting > 0)
		t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds});
	int result = t->real->semctl(semid, semnum, cmd, arg), error = errno;
	if (waiting > 0 && waiting_on(t, semid) < waiting) {
		set = semid;
		otime = ds.sem_otime;
	}
	if (cmd == IPC_STAT && result == 0 && semid == set)
		arg.buf->sem_otime = otime;
	errno = error;
	return result;
}

/* Copies the values of SETALL; false for a set of more than three. */
static bool three_values(const struct through *t, int semid, const unsigned short *array,
			 unsigned short values[3], unsigned *n)
{
	*n = (unsigned)nsems_of(t, semid);
	return *n > 0 && *n <= 3 && read_memory(values, array, *n * sizeof(*values));
}

ON_SEMCTL(setall_in_steps, "SETALL sets one value after another, and each wakes")
{
	unsigned short values[3];
	unsigned n;
	int result = 0;

	if (cmd != SETALL || !three_values(t, semid, arg.array, values, &n))
		return t->real->semctl(semid, semnum, cmd, arg);
	for (unsigned i = 0; i < n; i++)
		if (values[i] > SEMVMX)
			return t->real->semctl(semid, semnum, cmd, arg);
	for (unsigned i = 0; i < n && result == 0; i++)
		result = t->real->semctl(semid, (int)i, SETVAL, (union semun){.val = values[i]});
	return result;
}

ON_SEMCTL(efault_sets_first, "SETALL that fails with EFAULT sets the first value")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);
	unsigned short first;

	if (cmd == SETALL && result == -1 && errno == EFAULT) {
		if (read_memory(&first, arg.array, sizeof(first)))
			t->real->semctl(semid, 0, SETVAL, (union semun){.val = first});
		return fails(EFAULT);
	}
	return result;
}

ON_SEMCTL(getall_touches, "GETALL sets sempid and sem_ctime")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == GETALL && result == 0)
		t->real->semctl(semid, 0, SETALL, arg);
	return result;
}

ON_SEMCTL(set_clears_undo, "IPC_SET clears semadj and sets sempid")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);
	unsigned short values[256];

	if (cmd == IPC_SET && result == 0 && nsems_of(t, semid) <= 256 &&
	    t->real->semctl(semid, 0, GETALL, (union semun){.array = values}) == 0)
		t->real->semctl(semid, 0, SETALL, (union semun){.array = values});
	return result;
}
