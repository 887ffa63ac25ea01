/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of both semop and semtimedop. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutants.h"

/* Makes the real call: semtimedop if there is a timeout, else semop. */
static int real_semop(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		      const struct timespec *timeout)
{
	return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
		       : t->real->semop(semid, sops, nsops);
}

/* Makes the call with a changed copy of the operations, or unchanged if they cannot be copied. */
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

CHANGES(undo_of_last_only, "only SEM_UNDO of the last operation has an effect")
{
	for (size_t i = 0; i + 1 < nsops; i++)
		sops[i].sem_flg &= (short)~SEM_UNDO;
}

CHANGES(undo_unasked, "the end of a process undoes all operations, even without SEM_UNDO")
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

CHANGES(one_too_many, "a positive operation adds one more than its value")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op > 0)
			sops[i].sem_op++;
}

CHANGES(takes_one_less, "an operation subtracts one less than its value")
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

CHANGES(never_waits, "a call that would wait fails even without IPC_NOWAIT")
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

CHANGES(zero_is_one, "a wait for zero adds 1 instead")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op == 0)
			sops[i] = (struct sembuf){sops[i].sem_num, 1, sops[i].sem_flg};
}

CHANGES(number_unchecked, "a number that is out of range is treated as 0")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_num >= 3)
			sops[i].sem_num = 0;
}

CHANGES(semvmx_clamped, "a value that would exceed SEMVMX is set to SEMVMX")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_op >= SEMVMX)
			sops[i].sem_op = SEMVMX - 1;
}

CHANGES(number_modulo_64, "semaphore numbers that differ by 64 mean the same semaphore")
{
	for (size_t i = 0; i < nsops; i++)
		if (sops[i].sem_num < 200)
			sops[i].sem_num %= 64;
}

CHANGES(above_64_empty, "operations after the first 64 of a call do nothing")
{
	for (size_t i = 64; i < nsops; i++)
		sops[i] = (struct sembuf){sops[0].sem_num, sops[0].sem_op > 0, 0};
}

CHANGES(twice_summed, "operations on one semaphore are added up before they are done")
{
	for (size_t i = 1; i < nsops && nsops < 64; i++)
		for (size_t j = 0; j < i; j++)
			if (sops[j].sem_num == sops[i].sem_num && sops[i].sem_op &&
			    sops[j].sem_op && sops[i].sem_op + sops[j].sem_op > 0) {
				sops[j].sem_op = (short)(sops[j].sem_op + sops[i].sem_op);
				sops[i] = (struct sembuf){sops[j].sem_num, 1, sops[j].sem_flg};
				sops[j].sem_op--;
			}
}

CHANGES(nowait_of_any, "IPC_NOWAIT of one operation applies to the whole call")
{
	short nowait = 0;

	for (size_t i = 0; i < nsops; i++)
		nowait |= sops[i].sem_flg & IPC_NOWAIT;
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg |= nowait;
}

CHANGES(undo_of_any, "SEM_UNDO of one operation applies to the whole call")
{
	short undone = 0;

	for (size_t i = 0; i < nsops; i++)
		undone |= sops[i].sem_flg & SEM_UNDO;
	for (size_t i = 0; i < nsops; i++)
		sops[i].sem_flg |= undone;
}

CHANGES(zero_waits_last, "waits for zero are done after all other operations of the call")
{
	for (size_t i = 0; i + 1 < nsops && nsops < 64; i++)
		if (sops[i].sem_op == 0 && sops[i + 1].sem_op != 0) {
			struct sembuf zero = sops[i];
			sops[i] = sops[i + 1];
			sops[i + 1] = zero;
		}
}

ON_SEMOP(efbig_after_waiting,
	 "a number that is out of range is found only when its operation is done")
{
	int result = real_semop(t, semid, sops, nsops, timeout);

	if (result == -1 && errno == EFBIG && nsops > 1)
		return real_semop(t, semid, sops, 1, &(struct timespec){.tv_nsec = 1});
	return result;
}

ON_SEMOP(second_semaphore_kept,
	 "if the second operation on a semaphore fails, the first stays done")
{
	int result = real_semop(t, semid, sops, nsops, timeout);
	struct sembuf copy[2];

	if (result == -1 && errno == EAGAIN && nsops > 2 && read_memory(copy, sops, sizeof(copy)) &&
	    copy[0].sem_num == copy[1].sem_num && copy[0].sem_op > 0) {
		t->real->semop(semid, copy, 1);
		errno = EAGAIN;
	}
	return result;
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

ON_SEMOP(semopm_cuts, "only the first SEMOPM of more operations are done")
{
	int result = real_semop(t, semid, sops, nsops, timeout);

	return result == -1 && errno == E2BIG ? real_semop(t, semid, sops, 1, timeout) : result;
}

ON_SEMOP(none_succeeds, "a call of no operations succeeds")
{
	return nsops ? real_semop(t, semid, sops, nsops, timeout) : 0;
}

ON_SEMOP(permission_unchecked, "permission is not checked")
{
	return allowed(EACCES, real_semop(t, semid, sops, nsops, timeout));
}

ON_SEMOP(zero_asks_write, "waiting for zero needs alter permission")
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

/* Tries the call without waiting; returns true if it has to wait. */
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

ON_SEMOP(wake_up_lost, "a task that waits for more is not woken")
{
	int result;

	if (timeout || nsops == 0 || sops->sem_op == 0)
		return real_semop(t, semid, sops, nsops, timeout);
	return must_wait(t, semid, sops, nsops, &result) ? wait_in_vain(t) : result;
}

ON_SEMOP(zero_wake_up_lost, "a task that waits for zero is not woken")
{
	int result;

	if (timeout || nsops == 0 || sops->sem_op != 0)
		return real_semop(t, semid, sops, nsops, timeout);
	return must_wait(t, semid, sops, nsops, &result) ? wait_in_vain(t) : result;
}

ON_SEMOP(rare_wake_up_lost, "one in four waiting processes is not woken")
{
	static unsigned waits;
	int result = 0;

	if (timeout)
		return real_semop(t, semid, sops, nsops, timeout);
	if (!must_wait(t, semid, sops, nsops, &result))
		return result;
	return ++waits % 4 == 0 ? wait_in_vain(t) : t->real->semop(semid, sops, nsops);
}

ON_SEMOP(efault_does, "a call with operations at an unmapped address does nothing")
{
	return allowed(EFAULT, real_semop(t, semid, sops, nsops, timeout));
}

ON_SEMOP(thread_is_process, "a thread's operations set sempid to an id that is not the process's")
{
	struct sembuf at_once[64];
	int status = 0;

	if (syscall(SYS_gettid) == getpid() || nsops == 0 || nsops > 64 ||
	    !read_memory(at_once, sops, nsops * sizeof(*sops)))
		return real_semop(t, semid, sops, nsops, timeout);
	for (size_t i = 0; i < nsops; i++)
		at_once[i].sem_flg |= IPC_NOWAIT;
	/* Another process makes the call. */
	const pid_t pid = fork();
	if (pid == 0)
		_exit(t->real->semop(semid, at_once, nsops) != 0);
	if (pid != -1 && waitpid(pid, &status, 0) == pid && status == 0)
		return 0;
	return real_semop(t, semid, sops, nsops, timeout);
}

ON_SEMOP(waker_is_last, "operations of a blocked call set sempid to the process that wakes it")
{
	const union semun none = {0};
	struct sembuf first;

	if (nsops == 0 || !read_memory(&first, sops, sizeof(first)))
		return real_semop(t, semid, sops, nsops, timeout);
	int waiting = t->real->semctl(semid, first.sem_num, GETNCNT, none);
	int result = real_semop(t, semid, sops, nsops, timeout), error = errno;
	if (result == 0 && t->real->semctl(semid, first.sem_num, GETNCNT, none) < waiting) {
		struct sembuf up_and_down[] = {{first.sem_num, 1, IPC_NOWAIT},
					       {first.sem_num, -1, IPC_NOWAIT}};
		t->real->semop(semid, up_and_down, 2);
	}
	errno = error;
	return result;
}

ON_SEMOP(
	zeros_nowait_succeeds,
	"a wait for zero that ends because a later wait for zero has IPC_NOWAIT ends without error")
{
	struct sembuf copy[2];
	int result = real_semop(t, semid, sops, nsops, timeout);

	if (result == -1 && errno == EAGAIN && nsops == 2 &&
	    read_memory(copy, sops, sizeof(copy)) && copy[0].sem_op == 0 && copy[1].sem_op == 0 &&
	    !(copy[0].sem_flg & IPC_NOWAIT) && copy[1].sem_flg & IPC_NOWAIT)
		return 0;
	return result;
}

ON_SEMOP(second_adjustment_unchecked,
	 "an adjustment out of range is noticed for the first of two semaphores only")
{
	struct sembuf copy[2];
	int result = real_semop(t, semid, sops, nsops, timeout);

	if (result == -1 && errno == ERANGE && nsops == 2 &&
	    read_memory(copy, sops, sizeof(copy)) && copy[0].sem_num != copy[1].sem_num) {
		copy[1].sem_flg &= (short)~SEM_UNDO;
		return real_semop(t, semid, copy, nsops, timeout);
	}
	return result;
}

ON_SEMOP(number_signed, "a call of more than INT_MAX operations fails as one of less than none")
{
	return (int)nsops < 0 ? fails(EINVAL) : real_semop(t, semid, sops, nsops, timeout);
}
