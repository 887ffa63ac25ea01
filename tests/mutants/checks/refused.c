/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants that fail with the right error, but change the object. */
#include <limits.h>
#include <string.h>
#include <sys/shm.h>

#include "mutants.h"

struct message {
	long mtype;
	char mtext[64];
};

/* Runs statements and restores the errno of the call before them. */
#define KEEPING_ERRNO(...)         \
	do {                       \
		int kept_ = errno; \
		__VA_ARGS__;       \
		errno = kept_;     \
	} while (0)

/* ---- queues ------------------------------------------------------------------------ */

/* Sends and receives a message after all others; this changes the pids and times of the queue. */
static void touch_queue(const struct through *t, int msqid)
{
	struct message message = {.mtype = LONG_MAX - 1};

	if (t->real->msgsnd(msqid, &message, 0, IPC_NOWAIT) == 0)
		t->real->msgrcv(msqid, &message, sizeof(message.mtext), LONG_MAX - 1, IPC_NOWAIT);
}

ON_MSGSND(einval_touches, "a message refused with EINVAL or EFAULT sets msg_lspid and msg_stime")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == -1 && (errno == EINVAL || errno == EFAULT))
		KEEPING_ERRNO(touch_queue(t, msqid));
	return result;
}

ON_MSGSND(eagain_narrows, "each message that a full queue refuses lowers msg_qbytes by 1")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	struct msqid_ds ds;

	if (result == -1 && errno == EAGAIN)
		KEEPING_ERRNO(if (t->real->msgctl(msqid, IPC_STAT, &ds) == 0 && ds.msg_qbytes > 1) {
			ds.msg_qbytes--;
			t->real->msgctl(msqid, IPC_SET, &ds);
		});
	return result;
}

ON_MSGRCV(refused_turns, "a receive that fails moves the first message to the end")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	struct message message;

	if (result == -1 && (errno == E2BIG || errno == ENOMSG || errno == EINVAL) &&
	    !(msgflg & MSG_COPY))
		KEEPING_ERRNO({
			ssize_t length = t->real->msgrcv(msqid, &message, sizeof(message.mtext), 0,
							 IPC_NOWAIT);
			if (length >= 0)
				t->real->msgsnd(msqid, &message, (size_t)length, IPC_NOWAIT);
		});
	return result;
}

ON_MSGRCV(eintr_touches, "a receive that a signal interrupts moves the first message to the end")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && errno == EINTR)
		KEEPING_ERRNO({
			struct message message;
			ssize_t length = t->real->msgrcv(msqid, &message, sizeof(message.mtext), 0,
							 IPC_NOWAIT);
			if (length >= 0)
				t->real->msgsnd(msqid, &message, (size_t)length, IPC_NOWAIT);
		});
	return result;
}

ON_MSGRCV(enomsg_touches, "a receive that finds no message sets msg_lrpid and msg_rtime")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && errno == ENOMSG && !(msgflg & MSG_COPY))
		KEEPING_ERRNO(touch_queue(t, msqid));
	return result;
}

ON_MSGRCV(waits_e2big_touches, "a receiver whose wait ends with E2BIG sets msg_lrpid and msg_rtime")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && errno == E2BIG && !(msgflg & IPC_NOWAIT))
		KEEPING_ERRNO(touch_queue(t, msqid));
	return result;
}

ON_MSGRCV(copy_refused_touches, "a copy that fails sets msg_lrpid and msg_rtime")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && msgflg & MSG_COPY)
		KEEPING_ERRNO(touch_queue(t, msqid));
	return result;
}

ON_MSGCTL(refused_ctime, "a command that fails sets msg_ctime")
{
	int result = t->real->msgctl(msqid, cmd, buf);
	struct msqid_ds ds;

	if (result == -1 && errno == EINVAL)
		KEEPING_ERRNO(if (t->real->msgctl(msqid, IPC_STAT, &ds) == 0)
				      t->real->msgctl(msqid, IPC_SET, &ds));
	return result;
}

ON_MSGGET(eexist_uses_slot, "a get call that fails with EEXIST uses a slot")
{
	int result = t->real->msgget(key, msgflg);

	if (result == -1 && errno == EEXIST)
		KEEPING_ERRNO(t->real->msgget(IPC_PRIVATE, 0600));
	return result;
}

ON_MSGGET(enospc_opens, "msgget that fails with ENOSPC makes the first queue readable")
{
	int result = t->real->msgget(key, msgflg);
	struct msqid_ds ds;

	if (result == -1 && errno == ENOSPC)
		KEEPING_ERRNO(if (t->real->msgctl(0, MSG_STAT, &ds) >= 0) {
			int id = t->real->msgctl(0, MSG_STAT, &ds);
			ds.msg_perm.mode |= 0444;
			t->real->msgctl(id, IPC_SET, &ds);
		});
	return result;
}

/* ---- sets ---------------------------------------------------------------------------- */

static int real_op(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		   const struct timespec *timeout)
{
	return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
		       : t->real->semop(semid, sops, nsops);
}

/* Adds 1 and subtracts 1: the value stays, but sempid and sem_otime change. */
static void touch_set(const struct through *t, int semid)
{
	struct sembuf up_and_down[] = {{0, 1, IPC_NOWAIT}, {0, -1, IPC_NOWAIT}};

	t->real->semop(semid, up_and_down, 2);
}

#define TOUCHES(ID, ERROR)                                                          \
	ON_SEMOP(ID, "operations refused with " #ERROR " set sempid and sem_otime") \
	{                                                                           \
		int result = real_op(t, semid, sops, nsops, timeout);               \
                                                                                    \
		if (result == -1 && errno == (ERROR))                               \
			KEEPING_ERRNO(touch_set(t, semid));                         \
		return result;                                                      \
	}

TOUCHES(eagain_touches, EAGAIN)
TOUCHES(erange_touches, ERANGE)
TOUCHES(efbig_touches, EFBIG)
TOUCHES(e2big_touches, E2BIG)
TOUCHES(efault_touches, EFAULT)
TOUCHES(eintr_touches, EINTR)

ON_SEMTIMEDOP(einval_touches, "a call with a timeout that is refused sets sempid and sem_otime")
{
	int result = t->real->semtimedop(semid, sops, nsops, timeout);

	if (result == -1 && errno == EINVAL)
		KEEPING_ERRNO(touch_set(t, semid));
	return result;
}

ON_SEMOP(eagain_undoes,
	 "a call that fails with EAGAIN changes semadj for its additions with SEM_UNDO")
{
	int result = real_op(t, semid, sops, nsops, timeout);
	struct sembuf first, back;

	if (result == -1 && errno == EAGAIN && nsops > 1 &&
	    read_memory(&first, sops, sizeof(first)))
		KEEPING_ERRNO(if (first.sem_op > 0 && first.sem_flg & SEM_UNDO) {
			back = (struct sembuf){first.sem_num, (short)-first.sem_op, IPC_NOWAIT};
			t->real->semop(semid, &first, 1);
			t->real->semop(semid, &back, 1);
		});
	return result;
}

ON_SEMCTL(erange_touches,
	  "SETVAL that fails with ERANGE sets sempid and sem_ctime and clears semadj")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (result == -1 && errno == ERANGE && cmd == SETVAL)
		KEEPING_ERRNO({
			int value = t->real->semctl(semid, semnum, GETVAL, arg);
			if (value >= 0)
				t->real->semctl(semid, semnum, SETVAL, (union semun){.val = value});
		});
	return result;
}

ON_SEMCTL(einval_sets_last, "SETVAL that fails for its number sets the last semaphore to 0")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (result == -1 && errno == EINVAL && cmd == SETVAL && semnum > 0)
		KEEPING_ERRNO(t->real->semctl(semid, 2, SETVAL, (union semun){.val = 0}));
	return result;
}

ON_SEMCTL(setall_to_the_wrong, "SETALL sets the values before one that it refuses")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (result == -1 && errno == ERANGE && cmd == SETALL)
		KEEPING_ERRNO(if (arg.array[0] <= SEMVMX) t->real->semctl(
			semid, 0, SETVAL, (union semun){.val = arg.array[0]}));
	return result;
}

ON_SEMCTL(refused_ctime, "a command that fails sets sem_ctime")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);
	struct semid_ds ds;

	if (result == -1 && errno == EINVAL && cmd != SETVAL)
		KEEPING_ERRNO(if (t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) ==
				  0) t->real->semctl(semid, 0, IPC_SET, (union semun){.buf = &ds}));
	return result;
}

ON_SEMCTL(otime_of_first, "sem_otime is the time of the last operation on the first semaphore")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (result == 0 && cmd == IPC_STAT &&
	    t->real->semctl(semid, 0, GETPID, (union semun){0}) == 0)
		arg.buf->sem_otime = 0;
	return result;
}

ON_SEMCTL(counts_all, "semncnt and semzcnt of a semaphore count the waits for other semaphores too")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (result >= 0 && (cmd == GETNCNT || cmd == GETZCNT) && semnum == 0)
		for (int i = 1; i < 3; i++) {
			int more = t->real->semctl(semid, i, cmd, arg);
			result += more > 0 ? more : 0;
		}
	return result;
}

ON_SEMGET(eexist_uses_slot, "a get call that fails with EEXIST uses a slot")
{
	int result = t->real->semget(key, nsems, semflg);

	if (result == -1 && errno == EEXIST)
		KEEPING_ERRNO(t->real->semget(IPC_PRIVATE, 1, 0600));
	return result;
}

ON_SEMGET(enospc_touches, "semget that fails with ENOSPC sets sempid of another set")
{
	int result = t->real->semget(key, nsems, semflg);
	struct semid_ds ds;

	if (result == -1 && errno == ENOSPC)
		KEEPING_ERRNO(
			touch_set(t, t->real->semctl(0, 0, SEM_STAT, (union semun){.buf = &ds})));
	return result;
}

ON_SEMGET(einval_leaks, "semget with a wrong size fails, but its semaphores count as used")
{
	int result = t->real->semget(key, nsems, semflg);

	if (result == -1 && errno == EINVAL)
		KEEPING_ERRNO(t->real->semget(IPC_PRIVATE, 1, 0600));
	return result;
}

/* ---- segments ------------------------------------------------------------------------- */

static void touch_segment(const struct through *t, int shmid)
{
	void *address = t->real->shmat(shmid, NULL, SHM_RDONLY);

	if ((intptr_t)address != -1)
		t->real->shmdt(address);
}

ON_SHMAT(einval_touches, "shmat with an address that is refused sets the times and shm_lpid")
{
	void *result = t->real->shmat(shmid, shmaddr, shmflg);

	if ((intptr_t)result == -1 && errno == EINVAL)
		KEEPING_ERRNO(touch_segment(t, shmid));
	return result;
}

ON_SHMAT(eacces_touches, "shmat that fails without write permission sets the times and shm_lpid")
{
	void *result = t->real->shmat(shmid, shmaddr, shmflg);

	if ((intptr_t)result == -1 && errno == EACCES && !(shmflg & SHM_RDONLY))
		KEEPING_ERRNO(touch_segment(t, shmid));
	return result;
}

ON_SHMDT(einval_detaches, "shmdt with an address inside a segment fails, but detaches it")
{
	int result = t->real->shmdt(shmaddr);

	if (result == -1 && errno == EINVAL && (uintptr_t)shmaddr % 4096 == 1)
		KEEPING_ERRNO(t->real->shmdt((const char *)shmaddr - 1));
	return result;
}

ON_SHMCTL(refused_ctime, "a command that fails sets shm_ctime")
{
	int result = t->real->shmctl(shmid, cmd, buf);
	struct shmid_ds ds;

	if (result == -1 && errno == EINVAL)
		KEEPING_ERRNO(if (t->real->shmctl(shmid, IPC_STAT, &ds) == 0)
				      t->real->shmctl(shmid, IPC_SET, &ds));
	return result;
}

ON_SHMGET(eexist_uses_slot, "a get call that fails with EEXIST uses a slot")
{
	int result = t->real->shmget(key, size, shmflg);

	if (result == -1 && errno == EEXIST)
		KEEPING_ERRNO(t->real->shmget(IPC_PRIVATE, 1, 0600));
	return result;
}

ON_SHMGET(refused_leaks, "shmget that fails with EINVAL or ENOSPC uses pages")
{
	int result = t->real->shmget(key, size, shmflg);

	if (result == -1 && (errno == EINVAL || errno == ENOSPC))
		KEEPING_ERRNO(t->real->shmget(IPC_PRIVATE, 1, 0600));
	return result;
}

ON_SHMGET(enospc_touches, "shmget that fails with ENOSPC sets the times of another segment")
{
	int result = t->real->shmget(key, size, shmflg);
	struct shmid_ds ds;

	if (result == -1 && errno == ENOSPC)
		KEEPING_ERRNO(touch_segment(t, t->real->shmctl(0, SHM_STAT, &ds)));
	return result;
}
