/* Faults of semaphore sets. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

static const union semun none;

/* ---- semget ------------------------------------------------------------------- */

ON_SEMGET(existing_ignored, "a key that has a set gets a new one")
{
	return t->real->semget(semflg & IPC_CREAT ? IPC_PRIVATE : key, nsems, semflg);
}

ON_SEMGET(excl_ignored, "IPC_EXCL is ignored")
{
	return t->real->semget(key, nsems, semflg & ~IPC_EXCL);
}

ON_SEMGET(creat_unasked, "a set is made without IPC_CREAT")
{
	return t->real->semget(key, nsems, semflg | IPC_CREAT);
}

ON_SEMGET(private_is_a_key, "IPC_PRIVATE is a key as others")
{
	return key == IPC_PRIVATE
		       ? t->real->semget(INT_MAX, nsems, (semflg & ~IPC_EXCL) | IPC_CREAT)
		       : t->real->semget(key, nsems, semflg);
}

ON_SEMGET(mode_lost, "a new set has no permission for its group")
{
	return t->real->semget(key, nsems, semflg & ~070);
}

ON_SEMGET(permission_unchecked, "the permission that is asked for is not looked at")
{
	int result = t->real->semget(key, nsems, semflg);

	return result == -1 && errno == EACCES ? t->real->semget(key, nsems, semflg & ~0777)
					       : result;
}

ON_SEMGET(one_more, "a set has one semaphore more than asked for")
{
	return t->real->semget(key, nsems > 0 && semflg & 0777 ? nsems + 1 : nsems, semflg);
}

ON_SEMGET(more_found, "a set is found by who asks for more than it has")
{
	int result = t->real->semget(key, nsems, semflg);

	return result == -1 && errno == EINVAL && key != IPC_PRIVATE
		       ? t->real->semget(key, 0, semflg & ~IPC_CREAT)
		       : result;
}

ON_SEMGET(fewer_refused, "a set is not found by who asks for fewer than it has")
{
	struct semid_ds ds = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && t->real->semctl(result, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 &&
	    (unsigned long)nsems < ds.sem_nsems)
		return fails(EINVAL);
	return result;
}

ON_SEMGET(none_is_one, "a set of no semaphores is made with one")
{
	return t->real->semget(key, nsems == 0 && semflg & 0777 ? 1 : nsems, semflg);
}

ON_SEMGET(semmsl_one_less, "a set of SEMMSL semaphores is refused")
{
	struct seminfo info = {0};

	if (t->real->semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}) != -1 &&
	    nsems == info.semmsl)
		return fails(EINVAL);
	return t->real->semget(key, nsems, semflg);
}

/* Sets and semaphores there are, and how many may be. */
static bool sets(const struct through *t, struct seminfo *used, struct seminfo *limit)
{
	return t->real->semctl(0, 0, SEM_INFO, (union semun){.__buf = used}) != -1 &&
	       t->real->semctl(0, 0, IPC_INFO, (union semun){.__buf = limit}) != -1;
}

ON_SEMGET(semmni_one_less, "one set less than SEMMNI can be had")
{
	struct seminfo used = {0}, limit = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && sets(t, &used, &limit) && used.semusz >= limit.semmni) {
		t->real->semctl(result, 0, IPC_RMID, none);
		return fails(ENOSPC);
	}
	return result;
}

ON_SEMGET(semmns_one_less, "one semaphore less than SEMMNS can be had")
{
	struct seminfo used = {0}, limit = {0};
	int result = t->real->semget(key, nsems, semflg);

	if (result != -1 && sets(t, &used, &limit) && used.semaem >= limit.semmns) {
		t->real->semctl(result, 0, IPC_RMID, none);
		return fails(ENOSPC);
	}
	return result;
}

ON_SEMGET(values_stale, "the semaphores of a new set are not 0")
{
	int result = t->real->semget(key, nsems, semflg);

	for (int semnum = 0; result != -1 && key == IPC_PRIVATE && semnum < nsems; semnum++)
		t->real->semctl(result, semnum, SETVAL, (union semun){.val = 1});
	return result;
}

ON_SEMGET(next_id_other, "the sequence number of sem_next_id is not taken")
{
	spoil_next_id("sem");
	return t->real->semget(key, nsems, semflg);
}

/* Of this process: the set that it removed last. */
static int removed = -1;

static int note_removed(const struct through *t, int semid, int semnum, int cmd, union semun arg)
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_RMID && result == 0)
		removed = semid;
	return result;
}

static int reuse_removed(const struct through *t, key_t key, int nsems, int semflg)
{
	if (removed != -1)
		write_next_id("sem", removed);
	return t->real->semget(key, nsems, semflg);
}

FAULT(sequence_fault, "semget.sequence_reused", "the id of a removed set is given again",
      .semget = reuse_removed, .semctl = note_removed);

/* ---- semop and semtimedop --------------------------------------------------------- */

/* The call that a fault of both stands before. */
static int real_semop(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		      const struct timespec *timeout)
{
	return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
		       : t->real->semop(semid, sops, nsops);
}

/* With a copy of the operations that was changed; one that cannot be had goes as it is. */
static int changed(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		   const struct timespec *timeout, void (*change)(struct sembuf *, size_t))
{
	struct sembuf *copy = nsops < 10000 ? malloc((nsops + 1) * sizeof(*copy)) : NULL;
	bool had = copy && nsops > 0 && read_memory(copy, sops, nsops * sizeof(*copy));

	if (had)
		change(copy, nsops);
	int result = real_semop(t, semid, had ? copy : sops, nsops, timeout);
	int error = errno;
	free(copy);
	errno = error;
	return result;
}

#define CHANGES(ID, WHAT)                                           \
	static void ID(struct sembuf *sops, size_t nsops);          \
	ON_SEMOP(ID, WHAT)                                          \
	{                                                           \
		return changed(t, semid, sops, nsops, timeout, ID); \
	}                                                           \
	static void ID(struct sembuf *sops, size_t nsops)

CHANGES(undo_forgotten, "SEM_UNDO is ignored")
{
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg &= (short)~SEM_UNDO;
}

CHANGES(undo_of_last_only, "SEM_UNDO counts for the last operation of a call")
{
	for (size_t i = 0; i + 1 < nsops; i++)
		sops[i].sem_flg &= (short)~SEM_UNDO;
}

CHANGES(undo_unasked, "every operation is undone at the end of its process")
{
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg |= SEM_UNDO;
}

CHANGES(undo_of_third_forgotten, "one SEM_UNDO in three is ignored")
{
	static unsigned undone;

	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_flg & SEM_UNDO && ++undone % 3 == 0)
			sops[i].sem_flg &= (short)~SEM_UNDO;
}

CHANGES(one_too_many, "one more is added than asked for")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op > 0)
			sops[i].sem_op++;
}

CHANGES(takes_one_less, "one less is taken than asked for")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op < -1)
			sops[i].sem_op++;
}

CHANGES(reversed, "the operations of a call are done from the last to the first")
{
	for (size_t i = 0; i < nsops / 2; i++) {
		struct sembuf other = sops[i];
		sops[i] = sops[nsops - 1 - i];
		sops[nsops - 1 - i] = other;
	}
}

CHANGES(nowait_ignored, "IPC_NOWAIT is ignored")
{
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg &= (short)~IPC_NOWAIT;
}

CHANGES(never_waits, "what would wait fails without IPC_NOWAIT")
{
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg |= IPC_NOWAIT;
}

CHANGES(first_semaphore, "every operation is on the first semaphore")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_num < 3)
			sops[i].sem_num = 0;
}

CHANGES(zero_is_one, "waiting for zero adds nothing but takes 1 back and forth")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op == 0)
			sops[i] = (struct sembuf){sops[i].sem_num, 1, sops[i].sem_flg};
}

CHANGES(number_unchecked, "a semaphore that the set does not have is taken for the first")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_num >= 3)
			sops[i].sem_num = 0;
}

CHANGES(semvmx_clamped, "a value that would go above SEMVMX stays there")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op >= SEMVMX)
			sops[i].sem_op = SEMVMX - 1;
}

ON_SEMOP(semvmx_unchecked, "a value above SEMVMX is not refused")
{
	return allowed(ERANGE, real_semop(t, semid, sops, nsops, timeout));
}

ON_SEMOP(not_atomic, "the operations of a call are done one after another")
{
	int result = real_semop(t, semid, sops, 1, timeout);

	for (size_t i = 1; i < nsops && result == 0; i++)
		result = real_semop(t, semid, sops + i, 1, timeout);
	return nsops ? result : real_semop(t, semid, sops, nsops, timeout);
}

ON_SEMOP(semopm_one_less, "SEMOPM operations are refused")
{
	struct seminfo info = {0};

	if (t->real->semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}) != -1 &&
	    nsops == (size_t)info.semopm)
		return fails(E2BIG);
	return real_semop(t, semid, sops, nsops, timeout);
}

ON_SEMOP(semopm_cuts, "of more than SEMOPM operations the first are done")
{
	int result = real_semop(t, semid, sops, nsops, timeout);

	return result == -1 && errno == E2BIG ? real_semop(t, semid, sops, 1, timeout) : result;
}

ON_SEMOP(none_succeeds, "a call of no operations succeeds")
{
	return nsops ? real_semop(t, semid, sops, nsops, timeout) : 0;
}

ON_SEMOP(permission_unchecked, "permission is not asked for")
{
	return allowed(EACCES, real_semop(t, semid, sops, nsops, timeout));
}

ON_SEMOP(zero_asks_write, "waiting for zero asks for write permission")
{
	struct semid_ds ds = {0};

	if (nsops == 1 && sops->sem_op == 0 &&
	    t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 &&
	    !(ds.sem_perm.mode & 0200))
		return fails(EACCES);
	return real_semop(t, semid, sops, nsops, timeout);
}

ON_SEMOP(restarted, "SA_RESTART starts a blocked call again")
{
	int result;

	do
		result = real_semop(t, semid, sops, nsops, timeout);
	while (result == -1 && errno == EINTR);
	return result;
}

/* A wait that nobody ends: on a set of its own. */
static int wait_in_vain(const struct through *t)
{
	struct sembuf never = {.sem_op = -1};

	return t->real->semop(t->real->semget(IPC_PRIVATE, 1, 0600), &never, 1);
}

/* Whether a call would have to wait. */
static bool must_wait(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		      int *result)
{
	struct sembuf at_once[64] = {{0}};

	if (nsops == 0 || nsops > 64 || !read_memory(at_once, sops, nsops * sizeof(*sops))) {
		*result = t->real->semop(semid, sops, nsops);
		return false;
	}
	for (size_t i = 0; i < nsops; i++)
		at_once[i].sem_flg |= IPC_NOWAIT;
	*result = t->real->semop(semid, at_once, nsops);
	return *result == -1 && errno == EAGAIN && !(sops[nsops - 1].sem_flg & IPC_NOWAIT);
}

ON_SEMOP(wake_up_lost, "who waits for more is not woken")
{
	int result;

	if (timeout || nsops == 0 || sops->sem_op == 0)
		return real_semop(t, semid, sops, nsops, timeout);
	return must_wait(t, semid, sops, nsops, &result) ? wait_in_vain(t) : result;
}

ON_SEMOP(zero_wake_up_lost, "who waits for zero is not woken")
{
	int result;

	if (timeout || nsops == 0 || sops->sem_op != 0)
		return real_semop(t, semid, sops, nsops, timeout);
	return must_wait(t, semid, sops, nsops, &result) ? wait_in_vain(t) : result;
}

ON_SEMOP(rare_wake_up_lost, "one in four who have to wait is not woken")
{
	static unsigned waits;
	int result = 0;

	if (timeout)
		return real_semop(t, semid, sops, nsops, timeout);
	if (!must_wait(t, semid, sops, nsops, &result))
		return result;
	return ++waits % 4 == 0 ? wait_in_vain(t) : t->real->semop(semid, sops, nsops);
}

ON_SEMOP(efault_does, "operations that are not in memory are taken for none")
{
	return allowed(EFAULT, real_semop(t, semid, sops, nsops, timeout));
}

/* ---- semtimedop alone ------------------------------------------------------------- */

ON_SEMTIMEDOP(timeout_ignored, "the timeout is ignored")
{
	return t->real->semop(semid, sops, nsops);
}

ON_SEMTIMEDOP(at_once, "the timeout is taken for 0")
{
	static const struct timespec at_once;

	return t->real->semtimedop(semid, sops, nsops, timeout ? &at_once : NULL);
}

ON_SEMTIMEDOP(null_is_zero, "no timeout is taken for one of 0")
{
	static const struct timespec at_once;

	return t->real->semtimedop(semid, sops, nsops, timeout ? timeout : &at_once);
}

/* A timeout in the place of another, where it can be read. */
static int with_timeout(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
			const struct timespec *timeout, void (*change)(struct timespec *))
{
	struct timespec other;

	if (!timeout || !read_memory(&other, timeout, sizeof(other)))
		return t->real->semtimedop(semid, sops, nsops, timeout);
	change(&other);
	return t->real->semtimedop(semid, sops, nsops, &other);
}

static void halve(struct timespec *timeout)
{
	timeout->tv_sec /= 2;
	timeout->tv_nsec /= 2;
}

ON_SEMTIMEDOP(half, "half of the timeout is waited")
{
	return with_timeout(t, semid, sops, nsops, timeout, halve);
}

static void raise_negative(struct timespec *timeout)
{
	if (timeout->tv_sec < 0)
		timeout->tv_sec = 0;
	if (timeout->tv_nsec < 0)
		timeout->tv_nsec = 0;
}

ON_SEMTIMEDOP(negative_is_zero, "a negative timeout is taken for 0")
{
	return with_timeout(t, semid, sops, nsops, timeout, raise_negative);
}

static void lower_nanoseconds(struct timespec *timeout)
{
	if (timeout->tv_nsec > 999999999)
		timeout->tv_nsec = 999999999;
}

ON_SEMTIMEDOP(nanoseconds_unchecked, "nanoseconds from 10^9 on are not refused")
{
	return with_timeout(t, semid, sops, nsops, timeout, lower_nanoseconds);
}

static void refuse_largest(struct timespec *timeout)
{
	if (timeout->tv_nsec == 999999999)
		timeout->tv_nsec++;
}

ON_SEMTIMEDOP(nanoseconds_one_less, "999999999 nanoseconds are refused")
{
	return with_timeout(t, semid, sops, nsops, timeout, refuse_largest);
}

/* A libc that falls back to the call of 32-bit times: musl 9b12982d, glibc aaa12e9ff0. */
static void cut_seconds(struct timespec *timeout)
{
	timeout->tv_sec = (int)timeout->tv_sec;
}

ON_SEMTIMEDOP(seconds_cut, "seconds are cut to 32 bits")
{
	return with_timeout(t, semid, sops, nsops, timeout, cut_seconds);
}

ON_SEMTIMEDOP(timeout_written, "what is left of the timeout is written back")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout), error = errno;

	if (result == -1 && error == EINTR && timeout)
		((struct timespec *)(uintptr_t)timeout)->tv_nsec = 0;
	errno = error;
	return result;
}

ON_SEMTIMEDOP(efault_is_null, "a timeout that is not in memory is none")
{
	struct timespec seen;

	return t->real->semtimedop(semid, sops, nsops,
				   timeout && read_memory(&seen, timeout, sizeof(seen)) ? timeout
											: NULL);
}

ON_SEMTIMEDOP(eagain_eintr, "the end of the timeout looks like a signal")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout);

	return result == -1 && errno == EAGAIN ? fails(EINTR) : result;
}

/* ---- semctl: values ------------------------------------------------------------- */

/* The upper half of the union, as where its int is at the wrong end: musl 2b47a7af. */
ON_SEMCTL(semun_half, "SETVAL takes the wrong half of the union")
{
	uint64_t word = 0;

	memcpy(&word, &arg, sizeof(arg));
	if (cmd == SETVAL && sizeof(arg) == 8)
		arg = (union semun){.val = (int)(word >> 32)};
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(semun_whole, "SETVAL refuses a union with other bytes than the int's")
{
	uint64_t word = 0;

	memcpy(&word, &arg, sizeof(arg));
	if (cmd == SETVAL && sizeof(arg) == 8 && word >> 32)
		return fails(ERANGE);
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* musl 28929422: the structure's address is not where the kernel looks for it. */
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

ON_SEMCTL(getval_first, "GETVAL gives the first value")
{
	return t->real->semctl(semid, cmd == GETVAL && semnum > 0 && semnum < 3 ? 0 : semnum, cmd,
			       arg);
}

ON_SEMCTL(number_unchecked, "a semaphore that the set does not have is taken for the first")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result == -1 && errno == EINVAL ? t->real->semctl(semid, 0, cmd, arg) : result;
}

ON_SEMCTL(setval_clamps, "SETVAL takes a value above SEMVMX for SEMVMX")
{
	if (cmd == SETVAL && arg.val > SEMVMX)
		arg.val = SEMVMX;
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setval_negative, "SETVAL takes a negative value for 0")
{
	if (cmd == SETVAL && arg.val < 0)
		arg.val = 0;
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(setval_short, "SETVAL takes the low 16 bits of a value")
{
	if (cmd == SETVAL)
		arg.val = (unsigned short)arg.val;
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* Adds to the values what is missing, which wakes and notes but clears no undo. */
ON_SEMCTL(setval_keeps_undo, "SETVAL does not clear what is to be undone")
{
	int now = cmd == SETVAL ? t->real->semctl(semid, semnum, GETVAL, none) : -1;
	struct sembuf sop = {(unsigned short)semnum, (short)(arg.val - now), 0};

	if (now == -1 || arg.val < 0 || arg.val > SEMVMX || sop.sem_op == 0)
		return t->real->semctl(semid, semnum, cmd, arg);
	return t->real->semop(semid, &sop, 1);
}

ON_SEMCTL(setall_keeps_undo, "SETALL does not clear what is to be undone")
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

ON_SEMCTL(setval_silent, "SETVAL wakes nobody")
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

ON_SEMCTL(setall_unchecked, "SETALL takes values above SEMVMX for 0")
{
	return allowed(cmd == SETALL ? ERANGE : 0, t->real->semctl(semid, semnum, cmd, arg));
}

/* The semaphores of a set; 0 where they cannot be known. */
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

ON_SEMCTL(getall_one_less, "GETALL writes another last value")
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

ON_SEMCTL(sempid_none, "GETPID gives 0")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result > 0 ? 0 : result;
}

ON_SEMCTL(sempid_own, "GETPID gives who asks")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result > 0 ? getpid() : result;
}

ON_SEMCTL(sempid_unset, "GETPID gives who asks where nobody did anything")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETPID && result == 0 ? getpid() : result;
}

ON_SEMCTL(ncnt_one_more, "GETNCNT gives one too many")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETNCNT && result > 0 ? result + 1 : result;
}

ON_SEMCTL(zcnt_one_more, "GETZCNT gives one too many")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return cmd == GETZCNT && result > 0 ? result + 1 : result;
}

ON_SEMCTL(counts_swapped, "GETNCNT and GETZCNT give each other's number")
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

/* ---- semctl: state -------------------------------------------------------------- */

/* IPC_SET of what is there, but for what this function says. */
static int set_but(const struct through *t, int semid, int semnum, int cmd, union semun arg,
		   void (*keep)(struct semid_ds *new, const struct semid_ds *now))
{
	struct semid_ds now = {0}, new = {0};

	if (cmd != IPC_SET ||
	    t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &now}) != 0 ||
	    !read_memory(&new, arg.buf, sizeof(new)))
		return t->real->semctl(semid, semnum, cmd, arg);
	keep(&new, &now);
	return t->real->semctl(semid, semnum, IPC_SET, (union semun){.buf = &new});
}

static void keep_uid(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.uid = now->sem_perm.uid;
}

static void keep_gid(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.gid = now->sem_perm.gid;
}

static void keep_mode(struct semid_ds *new, const struct semid_ds *now)
{
	new->sem_perm.mode = now->sem_perm.mode;
}

ON_SEMCTL(set_not_uid, "IPC_SET does not set the owner")
{
	return set_but(t, semid, semnum, cmd, arg, keep_uid);
}

ON_SEMCTL(set_not_gid, "IPC_SET does not set the group")
{
	return set_but(t, semid, semnum, cmd, arg, keep_gid);
}

ON_SEMCTL(set_not_mode, "IPC_SET does not set the mode")
{
	return set_but(t, semid, semnum, cmd, arg, keep_mode);
}

ON_SEMCTL(ctime_kept, "sem_ctime stays as it was first seen")
{
	static int seen = -1;
	static time_t ctime;
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd != IPC_STAT || result == -1 || t->raw)
		return result;
	if (seen != semid) {
		seen = semid;
		ctime = arg.buf->sem_ctime;
	}
	arg.buf->sem_ctime = ctime;
	return result;
}

ON_SEMCTL(set_permission_unchecked, "whoever asks may set and remove")
{
	return allowed(EPERM, t->real->semctl(semid, semnum, cmd, arg));
}

ON_SEMCTL(permission_unchecked, "permission is not asked for")
{
	return allowed(EACCES, t->real->semctl(semid, semnum, cmd, arg));
}

ON_SEMCTL(setval_asks_read, "SETVAL asks for read permission")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == SETVAL && result == 0 && t->real->semctl(semid, semnum, GETVAL, none) == -1)
		return fails(EACCES);
	return result;
}

ON_SEMCTL(rmid_ignored, "IPC_RMID does nothing")
{
	return cmd == IPC_RMID ? 0 : t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(command_unknown, "a command that there is none of succeeds")
{
	static const int known[] = {IPC_RMID, IPC_SET,	    IPC_STAT, IPC_INFO, SEM_STAT,
				    SEM_INFO, SEM_STAT_ANY, GETPID,   GETVAL,	GETALL,
				    GETNCNT,  GETZCNT,	    SETVAL,   SETALL};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (cmd == known[i])
			return t->real->semctl(semid, semnum, cmd, arg);
	return 0;
}

/* glibc bug 26637. */
ON_SEMCTL(info_swapped, "SEM_INFO gives what IPC_INFO does")
{
	return t->real->semctl(semid, semnum, cmd == SEM_INFO ? IPC_INFO : cmd, arg);
}

ON_SEMCTL(info_slot, "IPC_INFO and SEM_INFO give a slot that is one too high")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result != -1 && (cmd == IPC_INFO || cmd == SEM_INFO) ? result + 1 : result;
}

ON_SEMCTL(info_permission, "only root may ask for limits and use")
{
	return (cmd == IPC_INFO || cmd == SEM_INFO) && geteuid() != 0
		       ? fails(EPERM)
		       : t->real->semctl(semid, semnum, cmd, arg);
}

ON_SEMCTL(stat_without_id, "SEM_STAT and SEM_STAT_ANY return 0 and not the id")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result > 0 && (cmd == SEM_STAT || cmd == SEM_STAT_ANY) ? 0 : result;
}

ON_SEMCTL(stat_any_asks, "SEM_STAT_ANY asks for read permission")
{
	return t->real->semctl(semid, semnum, cmd == SEM_STAT_ANY ? SEM_STAT : cmd, arg);
}

ON_SEMCTL(stat_by_id, "SEM_STAT takes an id")
{
	int result = t->real->semctl(semid, semnum, cmd == SEM_STAT ? IPC_STAT : cmd, arg);

	return cmd == SEM_STAT && result == 0 ? semid : result;
}

ON_SEMCTL(ipc_64, "libc hands IPC_64 to a kernel that does not know it")
{
	return t->real->semctl(semid, semnum, t->raw ? cmd : cmd | IPC_64, arg);
}

ON_SEMCTL(ipc_64_accepted, "a command with IPC_64 is taken where there is no such version")
{
	return t->real->semctl(semid, semnum, cmd & ~IPC_64, arg);
}

ON_SEMCTL(padding, "what is behind the last member of IPC_STAT is not cleared")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);
	const size_t end = offsetof(struct semid_ds, sem_nsems) + sizeof(arg.buf->sem_nsems);

	if (cmd == IPC_STAT && result == 0 && sizeof(long) == 8)
		memset((char *)arg.buf + end, 0xa5, sizeof(*arg.buf) - end);
	return result;
}

ON_SEMCTL(stat_too_long, "IPC_STAT writes a byte behind the structure")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd == IPC_STAT && result == 0)
		((char *)arg.buf)[sizeof(*arg.buf)] = 0;
	return result;
}
