/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Several blocked calls: the order in which they continue, and their results. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "objects.h"

static const union semun none;

enum { WAITERS = 4, MANY = 12 };

/* A child that blocks; the parent waits until it does, so the next one queues behind it. */
#define WAITER(PID)                                            \
	for (int once = 1; once; await_blocked(PID), once = 0) \
		CHILD (PID)

static int queue_with_room(const struct ipc_calls *ipc, unsigned long qbytes)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);

	ds.msg_qbytes = qbytes;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	return msqid;
}

/* ---- receivers ------------------------------------------------------------------- */

CHECK("msgrcv.waiters.order", LIBC | RAW, 0,
      "of several receivers for the same type, the longest waiting gets the first message",
      "ipc/msg.c, pipelined_send and ss_add: receivers are a queue")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
		{
			struct message got = {0};
			expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
			expect_eq('0' + i, got.mtext[0]);
		}
	for (int i = 0; i < WAITERS; i++)
		msg_put(ipc, msqid, 1, (char[]){(char)('0' + i), '\0'});
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
}

CHECK("msgrcv.waiters.by_type", LIBC | RAW, 0,
      "a message goes to the first receiver that accepts its type and skips the others",
      "msgop(2); ipc/msg.c, testmsg")
{
	static const long wanted[WAITERS] = {7, -3, 9, 0};
	/* The receiver that gets a message of each type while all of them wait. */
	static const struct {
		long mtype;
		int waiter;
	} sent[WAITERS] = {{9, 2}, {2, 1}, {7, 0}, {7, 3}};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
		{
			struct message got = {0};
			expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, wanted[i], 0));
			expect_eq('0' + i, got.mtext[0]);
		}
	for (int i = 0; i < WAITERS; i++) {
		msg_put(ipc, msqid, sent[i].mtype, (char[]){(char)('0' + sent[i].waiter), '\0'});
		child_join(pid[sent[i].waiter]);
	}
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.waiters.too_small", LIBC | RAW, 0,
      "a message too long for the longest waiting receiver goes to the next one",
      "msgop(2), E2BIG; ipc/msg.c, pipelined_send")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t small, large;

	WAITER(small)
	{
		struct message got;
		expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 3, 0, 0));
	}
	WAITER(large)
	{
		struct message got;
		expect_eq(4, ipc->msgrcv(msqid, &got, 4, 0, 0));
	}
	msg_put(ipc, msqid, 1, "text");
	child_join(small);
	child_join(large);
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.waiters.handed_over", LIBC | RAW, 0,
      "a message for a blocked receiver belongs to it at once: no other process can receive it",
      "ipc/msg.c, pipelined_send")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;
	pid_t pid;

	WAITER(pid)
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	msg_put(ipc, msqid, 1, "text");
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_eq(pid, msg_state(msqid).msg_lrpid);
	child_join(pid);
}

CHECK("msgrcv.waiters.eidrm", LIBC | RAW, 0, "removing a queue ends all blocked calls with EIDRM",
      "msgop(2), EIDRM")
{
	int msqid = queue_with_room(ipc, 1);
	pid_t pid[MANY];

	msg_put(ipc, msqid, 1, "x");
	for (int i = 0; i < MANY; i++)
		WAITER(pid[i])
		{
			struct message message = {.mtype = 1};
			if (i % 2)
				expect_errno(EIDRM, ipc->msgrcv(msqid, &message, TEXT, i + 1, 0));
			else
				expect_errno(EIDRM, ipc->msgsnd(msqid, &message, 1, 0));
		}
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	for (int i = 0; i < MANY; i++)
		child_join(pid[i]);
}

/* Sends signals whose default is to be ignored, and SIGCONT, to a process. */
static void expect_ignored(pid_t pid)
{
	must(kill(pid, SIGWINCH));
	must(kill(pid, SIGCONT));
	await_blocked(pid);
}

CHECK("msgrcv.waiters.ignored_signal", LIBC | RAW, 0, "an ignored signal does not interrupt msgrcv",
      "signal(7); msgop(2), EINTR")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	WAITER(pid)
	{
		struct message got;
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	}
	expect_ignored(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
}

enum { THREADS = 4, EACH = 50 };

struct exchange {
	const struct ipc_calls *ipc;
	int msqid;
	long mtype;
	int failures;
};

static void *send_each(void *arg)
{
	struct exchange *self = arg;
	struct message message = {.mtype = self->mtype};

	for (int i = 0; i < EACH; i++) {
		message.mtext[0] = (char)i;
		self->failures += self->ipc->msgsnd(self->msqid, &message, 1, 0) != 0;
	}
	return NULL;
}

static void *receive_each(void *arg)
{
	struct exchange *self = arg;
	struct message message;

	for (int i = 0; i < EACH; i++)
		self->failures +=
			self->ipc->msgrcv(self->msqid, &message, TEXT, self->mtype, 0) != 1 ||
			message.mtext[0] != (char)i;
	return NULL;
}

CHECK("msgrcv.waiters.threads", LIBC | RAW, 0,
      "threads of one process send and receive each message once, in order within a type",
      "msgop(2); POSIX.1-2017, msgrcv()")
{
	/* The queue holds two messages, so that both sides block. */
	int msqid = queue_with_room(ipc, 2);
	struct exchange exchange[2 * THREADS];
	pthread_t thread[2 * THREADS];
	int error;

	for (int i = 0; i < 2 * THREADS; i++) {
		exchange[i] = (struct exchange){ipc, msqid, 1 + i / 2, 0};
		error = pthread_create(&thread[i], NULL, i % 2 ? receive_each : send_each,
				       &exchange[i]);
		/* RLIMIT_AS may leave no room for a stack, or RLIMIT_NPROC for a thread. */
		if (error == EAGAIN || error == ENOMEM)
			skip("could not run: no room for threads");
		expect_eq(0, error);
	}
	for (int i = 0; i < 2 * THREADS; i++) {
		expect_eq(0, pthread_join(thread[i], NULL));
		expect_eq(0, exchange[i].failures);
	}
	expect_eq(0, msg_state(msqid).msg_qnum);
}

/* ---- senders ---------------------------------------------------------------------- */

CHECK("msgsnd.waiters.all_go", LIBC | RAW, 0,
      "each received message lets one blocked sender continue, until each has sent once",
      "msgop(2); ipc/msg.c, ss_wakeup: the order of waking is not the order of waiting")
{
	int msqid = queue_with_room(ipc, 1);
	struct message got;
	unsigned seen = 0;
	pid_t pid[WAITERS];

	msg_put(ipc, msqid, WAITERS + 1, "x");
	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
		{
			struct message message = {.mtype = 1 + i};
			expect_eq(0, ipc->msgsnd(msqid, &message, 1, 0));
		}
	for (int i = 0; i <= WAITERS; i++) {
		expect_eq(1, ipc->msgrcv(msqid, &got, 1, 0, 0));
		expect(!(seen & 1u << got.mtype));
		seen |= 1u << got.mtype;
		expect(msg_state(msqid).msg_qnum <= 1);
	}
	expect_eq((1u << (WAITERS + 2)) - 2, seen);
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.waiters.smaller_first", LIBC | RAW, 0,
      "a blocked sender continues if its message fits, even if an earlier one's is too large",
      "msgop(2); ipc/msg.c, ss_wakeup")
{
	int msqid = queue_with_room(ipc, TEXT);
	struct message got, message = {.mtype = 1};
	pid_t large, small;

	must(ipc->msgsnd(msqid, &message, 4, IPC_NOWAIT));
	must(ipc->msgsnd(msqid, &message, TEXT - 4, IPC_NOWAIT));
	WAITER(large)
	expect_eq(0, ipc->msgsnd(msqid, &message, TEXT, 0));
	WAITER(small)
	expect_eq(0, ipc->msgsnd(msqid, &message, 4, 0));
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(small);
	await_blocked(large);
	expect_eq(TEXT, msg_state(msqid).__msg_cbytes);
	expect_eq(TEXT - 4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(large);
}

CHECK("msgsnd.waiters.ignored_signal", LIBC | RAW, 0, "an ignored signal does not interrupt msgsnd",
      "signal(7); msgop(2), EINTR")
{
	int msqid = queue_with_room(ipc, 1);
	struct message message = {.mtype = 1};
	pid_t pid;

	must(ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	WAITER(pid)
	expect_eq(0, ipc->msgsnd(msqid, &message, 1, 0));
	expect_ignored(pid);
	expect_eq(1, ipc->msgrcv(msqid, &message, 1, 0, 0));
	child_join(pid);
}

CHECK("msgctl.set.sender_looks_again", LIBC | RAW, 0,
      "a blocked sender fails if IPC_SET makes room but takes its permission away",
      "ipc/msg.c, do_msgsnd: tests the permission in each iteration")
{
	int msqid = queue_with_room(ipc, 1);
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid;

	msg_put(ipc, msqid, 1, "x");
	WAITER(pid)
	{
		struct message message = {.mtype = 1};
		drop_privileges();
		expect_errno(EACCES, ipc->msgsnd(msqid, &message, 1, 0));
	}
	ds.msg_perm.mode = 0400;
	ds.msg_qbytes = 2;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	child_join(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
}

/* The arguments of a blocked msgrcv, and the types of the two messages that are sent to it. */
struct wait {
	long msgtyp;
	int msgflg;
	size_t msgsz;
	long stays; /* the message stays in the queue; 0: none is sent */
	long taken; /* the message ends the wait */
};

/* Sends both messages to a receiver that waits, after `sets` calls of IPC_SET. */
static void expect_wait(const struct ipc_calls *ipc, const struct wait *wait, int sets)
{
	const size_t size = wait->msgsz < 4 ? wait->msgsz : 4;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid;

	WAITER(pid)
	{
		struct message got = {0};
		if (size < 4 && !(wait->msgflg & MSG_NOERROR)) {
			expect_errno(E2BIG, ipc->msgrcv(msqid, &got, wait->msgsz, wait->msgtyp,
							wait->msgflg));
		} else {
			expect_eq(size, ipc->msgrcv(msqid, &got, wait->msgsz, wait->msgtyp,
						    wait->msgflg));
			expect_eq(wait->taken, got.mtype);
			expect_bytes("take", got.mtext, size);
		}
	}
	for (int i = 0; i < sets; i++) {
		must(libc_calls.msgctl(msqid, IPC_SET, &ds));
		await_blocked(pid);
	}
	if (wait->stays)
		msg_put(ipc, msqid, wait->stays, "stay");
	await_blocked(pid);
	expect_eq(wait->stays != 0, msg_state(msqid).msg_qnum);
	msg_put(ipc, msqid, wait->taken, "take");
	child_join(pid);
}

CHECK("msgctl.set.waiters_wait_on", LIBC | RAW, 0,
      "a blocked receiver whose permission IPC_SET does not remove stays blocked, for the same "
      "types and the same size as before",
      "ipc/msg.c, msgctl_down and do_msgrcv")
{
	static const struct wait waits[] = {
		{0, 0, TEXT, 0, 2},	     {2, 0, TEXT, 3, 2},
		{-3, 0, TEXT, 4, 2},	     {LONG_MIN, 0, TEXT, 0, 2},
		{3, MSG_EXCEPT, TEXT, 3, 2}, {-3, MSG_EXCEPT, TEXT, 4, 2},
		{0, MSG_NOERROR, 2, 0, 2},   {2, 0, 3, 3, 2},
	};

	for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		expect_wait(ipc, &waits[i], 2);
}

/* Half of the bits of this type or size are the number 1. */
#define HIGH (LONG_MAX / 2 + 2)

CHECK("msgrcv.waits_ends", LIBC | RAW, 0,
      "a receiver waits for types at both ends of their range, and with the largest sizes",
      "msgop(2); ipc/msg.c, struct msg_receiver: r_msgtype and r_maxsize have the size of a long")
{
	static const struct wait waits[] = {
		{LONG_MAX, 0, TEXT, LONG_MAX - 1, LONG_MAX},
		{HIGH, 0, TEXT, 1, HIGH},
		{1, 0, TEXT, HIGH, 1},
		{LONG_MAX, MSG_EXCEPT, TEXT, LONG_MAX, LONG_MAX - 1},
		{-(LONG_MAX - 1), 0, TEXT, LONG_MAX, LONG_MAX - 1},
		{-LONG_MAX, 0, TEXT, 0, LONG_MAX},
		{LONG_MIN, 0, TEXT, 0, LONG_MAX},
		{-1, 0, TEXT, HIGH, 1},
		{0, 0, LONG_MAX, 0, 1},
		{0, 0, HIGH, 0, 1},
	};

	for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		expect_wait(ipc, &waits[i], 0);
}

/* ---- semaphores ------------------------------------------------------------------- */

CHECK("semop.waiters.order", LIBC | RAW, 0,
      "of several semops that wait for the same value, the longest waiting continues first",
      "ipc/sem.c: \"pending alter operations\" stay in the order of their arrival")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	for (int i = 0; i < WAITERS; i++) {
		expect_eq(0, sem_op(ipc, semid, 1, 0));
		child_join(pid[i]);
		expect_eq(WAITERS - 1 - i, libc_calls.semctl(semid, 0, GETNCNT, none));
	}
}

CHECK("semop.waiters.order_complex", LIBC | RAW, 0,
      "blocked semops of several operations continue in the order of their arrival too",
      "ipc/sem.c, update_queue")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, i % 2 ? sem_op(ipc, semid, -1, 0)
			   : ipc->semop(semid, OPS({0, -1, 0}, {1, 1, 0})));
	for (int i = 0; i < WAITERS; i++) {
		expect_eq(0, sem_op(ipc, semid, 1, 0));
		child_join(pid[i]);
		expect_eq(1 + i / 2, sem_value(semid, 1));
	}
}

CHECK("semop.waiters.handed_over", LIBC | RAW, 0,
      "units that let a blocked semop continue are taken at once: no other task gets them",
      "ipc/sem.c: the task that makes a wait's operations possible performs them")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	WAITER(pid)
	expect_eq(0, sem_op(ipc, semid, -2, 0));
	expect_eq(0, sem_op(ipc, semid, 3, 0));
	expect_eq(1, sem_value(semid, 0));
	expect_errno(EAGAIN, sem_op(ipc, semid, -2, IPC_NOWAIT));
	expect_eq(0, libc_calls.semctl(semid, 0, GETNCNT, none));
	child_join(pid);
}

CHECK("semop.waiters.all_for_zero", LIBC | RAW, 0,
      "a value of 0 lets all semops that wait for zero continue", "semop(2), \"semzcnt\"")
{
	int semid = sem_new(ipc, 2);
	pid_t pid[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, sem_op(ipc, semid, 0, 0));
	expect_eq(WAITERS, libc_calls.semctl(semid, 0, GETZCNT, none));
	expect_eq(0, sem_op(ipc, semid, -2, 0));
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
}

CHECK("semop.waiters.zero_of_two", LIBC | RAW, 0,
      "a wait for two semaphores to be 0 ends when both are 0", "semop(2), \"wait-for-zero\"")
{
	int semid = sem_new(ipc, 1);
	pid_t pid;

	must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 1}));
	WAITER(pid)
	expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {1, 0, 0})));
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	await_blocked(pid);
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0})));
	child_join(pid);
}

CHECK("semop.waiters.zero_before_more", LIBC | RAW, 0,
      "a wait for zero ends even if the same change lets another semop raise the value",
      "ipc/sem.c, do_smart_update: wait-for-zero operations come first")
{
	int semid = sem_new(ipc, 1);
	pid_t raiser, zero;

	must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 0}));
	WAITER(raiser)
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0}, {0, 5, 0})));
	WAITER(zero)
	expect_eq(0, sem_op(ipc, semid, 0, 0));
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, 1, 0})));
	child_join(zero);
	child_join(raiser);
	expect_eq(5, sem_value(semid, 0));
}

CHECK("semop.waiters.chain", LIBC | RAW, 0,
      "a semop that continues may let the next one continue, and so on to the last",
      "ipc/sem.c, update_queue: \"restart\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[2];

	WAITER(pid[0])
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0}, {2, 1, 0})));
	WAITER(pid[1])
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, 1, 0})));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	/* The first call performs all of them before it returns. */
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
	expect_eq(1, sem_value(semid, 2));
	child_join(pid[0]);
	child_join(pid[1]);
}

CHECK("semop.waiters.otime", LIBC | RAW, 0,
      "operations performed for a blocked semop, even a wait for zero, set sem_otime and sempid",
      "semop(2), sem_otime; ipc/sem.c, do_smart_update")
{
	int semid = sem_new(ipc, 1);
	time_t before = kernel_time();
	pid_t zero;

	WAITER(zero)
	expect_eq(0, sem_op(ipc, semid, 0, 0));
	expect_eq(0, sem_state(semid).sem_otime);
	must(libc_calls.semctl(semid, 0, SETVAL, none));
	child_join(zero);
	expect_eq(zero, libc_calls.semctl(semid, 0, GETPID, none));
	expect_between(before, kernel_time(), sem_state(semid).sem_otime);
}

CHECK("semop.waiters.eidrm", LIBC | RAW, 0,
      "removing a set ends all blocked semops, of every kind, with EIDRM", "semop(2), EIDRM")
{
	int semid = sem_new(ipc, 1);
	pid_t pid[MANY];

	for (int i = 0; i < MANY; i++)
		WAITER(pid[i])
	switch (i % 3) {
	case 0:
		expect_errno(EIDRM, sem_op(ipc, semid, -2, SEM_UNDO));
		break;
	case 1:
		expect_errno(EIDRM, sem_op(ipc, semid, 0, 0));
		break;
	default:
		expect_errno(EIDRM, ipc->semop(semid, OPS({1, 1, 0}, {2, -1, 0})));
	}
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	for (int i = 0; i < MANY; i++)
		child_join(pid[i]);
}

CHECK("semop.waiters.spurious", LIBC | RAW, 0,
      "changes that let no semop continue, and ignored signals, do not end a wait",
      "semop(2); ipc/sem.c, do_semtimedop: \"spurious\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid;

	WAITER(pid)
	expect_eq(0, sem_op(ipc, semid, -3, 0));
	for (int value = 0; value < 3; value++) {
		must(libc_calls.semctl(semid, 0, SETVAL, (union semun){.val = value}));
		expect_ignored(pid);
		expect_eq(value, sem_value(semid, 0));
		expect_eq(1, libc_calls.semctl(semid, 0, GETNCNT, none));
	}
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(pid);
}

CHECK("semctl.getncnt.blocking_only", LIBC | RAW, 0,
      "a blocked semop of several operations counts for the one that blocks, and for no other",
      "POSIX.1-2017, <sys/sem.h> semncnt; ipc/sem.c, check_qop (since Linux 3.16)")
{
	int semid = sem_new(ipc, 1);
	pid_t more, zero;

	WAITER(more)
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0}, {2, -1, 0})));
	WAITER(zero)
	expect_eq(0, ipc->semop(semid, OPS({1, 0, 0}, {0, 0, 0}, {2, 0, 0})));
	for (int semnum = 0; semnum < NSEMS; semnum++) {
		expect_eq(semnum == 1, ipc->semctl(semid, semnum, GETNCNT, none));
		expect_eq(semnum == 0, ipc->semctl(semid, semnum, GETZCNT, none));
	}
	must(ipc->semctl(semid, 0, SETALL, (union semun){.array = (unsigned short[]){1, 1, 1}}));
	child_join(more);
	child_join(zero);
}

/* ---- one change, several waiters --------------------------------------------------------- */

CHECK("msgsnd.waiters.all_that_fit", LIBC | RAW, 0,
      "one receive, or one IPC_SET, that makes room for several senders wakes all of them",
      "ipc/msg.c, ss_wakeup: every sender whose message fits is woken")
{
	static const char text[TEXT] = "sixteen bytes...";
	int msqid = queue_with_room(ipc, TEXT);
	struct msqid_ds ds = msg_state(msqid);
	struct message got, message = {.mtype = 1};
	pid_t pid[WAITERS];

	memcpy(message.mtext, text, TEXT);
	must(ipc->msgsnd(msqid, &message, TEXT, IPC_NOWAIT));
	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->msgsnd(msqid, &message, TEXT / WAITERS, 0));
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
	expect_eq(WAITERS, msg_state(msqid).msg_qnum);
	for (int i = 0; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->msgsnd(msqid, &message, 1, 0));
	ds.msg_qbytes = TEXT + WAITERS;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	for (int i = 0; i < WAITERS; i++)
		child_join(pid[i]);
	expect_eq(2 * WAITERS, msg_state(msqid).msg_qnum);
}

CHECK("semop.waiters.each_operation", LIBC | RAW, 0,
      "a call that changes several semaphores wakes the waiters of each of them",
      "ipc/sem.c, do_smart_update and do_smart_wakeup_zero: a loop over the operations")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[NSEMS];

	for (int i = 0; i < NSEMS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->semop(semid, OPS({(unsigned short)i, -1, 0})));
	expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {1, 1, 0}, {2, 1, 0})));
	for (int i = 0; i < NSEMS; i++)
		child_join(pid[i]);
	must(libc_calls.semctl(semid, 0, SETALL,
			       (union semun){.array = (unsigned short[]){1, 2, 1}}));
	for (int i = 0; i < NSEMS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->semop(semid, OPS({(unsigned short)i, 0, 0})));
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {2, -1, 0})));
	child_join(pid[0]);
	child_join(pid[2]);
	await_blocked(pid[1]);
	expect_eq(0, ipc->semop(semid, OPS({0, 1, 0}, {1, -2, 0}, {2, 1, 0})));
	child_join(pid[1]);
}

CHECK("semop.waiters.order_kept", LIBC | RAW, 0,
      "waiters of one operation keep their order when a waiter of several has come and gone",
      "ipc/sem.c, merge_queues and unmerge_queues: list_add_tail")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[WAITERS], several;

	for (int i = 0; i < WAITERS / 2; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->semop(semid, OPS({2, -1, 0})));
	WAITER(several)
	{
		catch_signal(SIGUSR1, 0);
		expect_errno(EINTR, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0})));
	}
	for (int i = WAITERS / 2; i < WAITERS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->semop(semid, OPS({2, -1, 0})));
	interrupt(several);
	for (int i = 0; i < WAITERS; i++) {
		expect_eq(0, ipc->semop(semid, OPS({2, 1, 0})));
		/* If another process had continued, this one would wait for ever. */
		child_join(pid[i]);
		expect_eq(WAITERS - 1 - i, libc_calls.semctl(semid, 2, GETNCNT, none));
	}
}

CHECK("semop.waiters.each_semaphore", LIBC | RAW, 0,
      "beside a waiter of several operations the waiters of every semaphore are counted and woken",
      "ipc/sem.c, merge_queues: the waiters of all semaphores are moved")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[NSEMS], several;

	for (int i = 0; i < NSEMS; i++)
		WAITER(pid[i])
	expect_eq(0, ipc->semop(semid, OPS({(unsigned short)i, -1, 0})));
	WAITER(several)
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0}, {2, -1, 0})));
	for (int i = NSEMS - 1; i >= 0; i--) {
		expect_eq(i ? 1 : 2, libc_calls.semctl(semid, i, GETNCNT, none));
		expect_eq(0, ipc->semop(semid, OPS({(unsigned short)i, 1, 0})));
		child_join(pid[i]);
		expect_eq(0, sem_value(semid, i));
	}
	await_blocked(several);
	expect_eq(0, ipc->semop(semid, OPS({2, 1, 0}, {1, 1, 0}, {0, 1, 0})));
	child_join(several);
	for (int i = 0; i < NSEMS; i++)
		expect_eq(0, sem_value(semid, i));
}

CHECK("semop.waiters.eidrm_each", LIBC | RAW, 0,
      "removing a set ends every wait for more and for zero, on each semaphore and of several "
      "operations",
      "semop(2), EIDRM; ipc/sem.c, freeary: four kinds of lists")
{
	int semid = sem_new(ipc, 1);
	pid_t more[NSEMS], zero[NSEMS], several;

	must(libc_calls.semctl(semid, 0, SETALL,
			       (union semun){.array = (unsigned short[]){1, 1, 1}}));
	for (int i = 0; i < NSEMS; i++) {
		WAITER(more[i])
		expect_errno(EIDRM, ipc->semop(semid, OPS({(unsigned short)i, -2, 0})));
		WAITER(zero[i])
		expect_errno(EIDRM, ipc->semop(semid, OPS({(unsigned short)i, 0, 0})));
	}
	WAITER(several)
	{
		catch_signal(SIGUSR1, 0);
		expect_errno(EIDRM, ipc->semop(semid, OPS({1, 0, 0}, {2, 0, 0})));
	}
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	for (int i = 0; i < NSEMS; i++) {
		child_join(more[i]);
		child_join(zero[i]);
	}
	child_join(several);
}

CHECK("semop.waiters.zero_past_others", LIBC | RAW, 0,
      "a semaphore that becomes 0 wakes every waiter that can proceed and skips the others",
      "ipc/sem.c, wake_const_ops: looks at all waiters")
{
	int semid = sem_new(ipc, 1);
	pid_t both, one, last;

	must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 1}));
	WAITER(both)
	expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {1, 0, 0})));
	WAITER(one)
	expect_eq(0, ipc->semop(semid, OPS({0, 0, 0}, {2, 0, 0})));
	WAITER(last)
	expect_eq(0, sem_op(ipc, semid, 0, 0));
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	child_join(one);
	child_join(last);
	await_blocked(both);
	expect_eq(1, libc_calls.semctl(semid, 1, GETZCNT, none));
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0})));
	child_join(both);
}

CHECK("semop.waiters.refused_call", LIBC | RAW, 0,
      "a call on a set that fails wakes none of its waiters, and ends none of their waits",
      "semop(2), semctl(2): ERRORS; a call that fails has no effect")
{
	int semid = sem_new(ipc, 1);
	unsigned short wrong[NSEMS] = {9, 0, (unsigned short)(SEMVMX + 1)};
	struct semid_ds ds = sem_state(semid);
	pid_t more, zero, several;

	must(libc_calls.semctl(semid, 1, SETVAL, (union semun){.val = 2}));
	WAITER(more)
	expect_eq(0, sem_op(ipc, semid, -3, 0));
	WAITER(zero)
	expect_eq(0, ipc->semop(semid, OPS({1, 0, 0})));
	WAITER(several)
	expect_eq(0, ipc->semop(semid, OPS({0, -3, 0}, {1, -3, 0})));
	/* Each call would wake a process if the kernel performed only a part of it. */
	expect_errno(EAGAIN, ipc->semop(semid, OPS({0, 5, 0}, {2, -1, IPC_NOWAIT})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, -2, 0}, {0, 5, 0}, {2, -1, IPC_NOWAIT})));
	expect_errno(EAGAIN, ipc->semop(semid, OPS({1, -1, 0}, {1, -1, 0}, {2, -1, IPC_NOWAIT})));
	expect_errno(ERANGE, ipc->semop(semid, OPS({0, 5, 0}, {0, 0x7fff, 0})));
	expect_errno(EFBIG, ipc->semop(semid, OPS({0, 5, 0}, {NSEMS, 1, 0})));
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETVAL, (union semun){.val = SEMVMX + 1}));
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = wrong}));
	ds.sem_perm.uid = (uid_t)-1;
	if (ipc == &libc_calls)
		expect_errno(EINVAL, ipc->semctl(semid, 0, IPC_SET, (union semun){.buf = &ds}));
	await_blocked(more);
	await_blocked(zero);
	await_blocked(several);
	expect_eq(2, libc_calls.semctl(semid, 0, GETNCNT, none));
	expect_eq(1, libc_calls.semctl(semid, 1, GETZCNT, none));
	expect_eq(0, ipc->semop(semid, OPS({0, 5, 0}, {1, -2, 0})));
	child_join(more);
	child_join(zero);
	await_blocked(several);
	expect_eq(0, ipc->semop(semid, OPS({1, 3, 0})));
	child_join(several);
	expect_eq(0, sem_value(semid, 0));
}

CHECK("msgrcv.waiters.refused_call", LIBC | RAW, 0,
      "a call on a queue that fails wakes none of its waiters, and ends none of their waits",
      "msgop(2), msgctl(2): ERRORS; a call that fails has no effect")
{
	int msqid = queue_with_room(ipc, 4), other = queue_with_room(ipc, 4);
	struct message message = {.mtype = 1}, wrong = {.mtype = 0}, got;
	pid_t receiver, sender;

	msg_put(ipc, other, 1, "full");
	WAITER(receiver)
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	WAITER(sender)
	expect_eq(0, ipc->msgsnd(other, &message, 1, 0));
	expect_errno(EINVAL, ipc->msgsnd(msqid, &wrong, 1, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 5, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgsnd(msqid, &message, SIZE_MAX, IPC_NOWAIT));
	expect_errno(E2BIG, ipc->msgrcv(other, &got, 3, 0, IPC_NOWAIT));
	expect_errno(ENOMSG, ipc->msgrcv(other, &got, TEXT, 2, IPC_NOWAIT));
	struct msqid_ds ds = msg_state(other);
	ds.msg_perm.uid = (uid_t)-1;
	ds.msg_qbytes = 8;
	/* Not every libc passes this structure to the call under test unchanged. */
	expect_errno(EINVAL, libc_calls.msgctl(other, IPC_SET, &ds));
	await_blocked(receiver);
	await_blocked(sender);
	expect_eq(4, ipc->msgrcv(other, &got, TEXT, 0, IPC_NOWAIT));
	child_join(sender);
	msg_put(ipc, msqid, 1, "x");
	child_join(receiver);
}

CHECK("msgctl.refused.waiters", LIBC | RAW, NEED_USERS,
      "IPC_SET and IPC_RMID that fail with EPERM end no wait for a queue",
      "msgctl(2), EPERM; ipc/msg.c, msgctl_down")
{
	int msqid = queue_with_room(ipc, 4), other = queue_with_room(ipc, 4);
	struct message message = {.mtype = 1}, got;
	pid_t receiver, sender, stranger;

	msg_put(ipc, other, 1, "full");
	WAITER(receiver)
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	WAITER(sender)
	expect_eq(0, ipc->msgsnd(other, &message, 1, 0));
	const struct msqid_ds before = msg_state(other);
	CHILD (stranger) {
		struct msqid_ds ds = before;
		become(STRANGER, STRANGER);
		ds.msg_qbytes = 8;
		expect_errno(EPERM, ipc->msgctl(msqid, IPC_RMID, NULL));
		expect_errno(EPERM, ipc->msgctl(other, IPC_RMID, NULL));
		expect_errno(EPERM, libc_calls.msgctl(msqid, IPC_SET, &ds));
		expect_errno(EPERM, libc_calls.msgctl(other, IPC_SET, &ds));
	}
	child_join(stranger);
	await_blocked(receiver);
	await_blocked(sender);
	const struct msqid_ds after = msg_state(other);
	msg_expect_same(&before, &after);
	expect_eq(4, ipc->msgrcv(other, &got, TEXT, 0, IPC_NOWAIT));
	child_join(sender);
	msg_put(ipc, msqid, 1, "x");
	child_join(receiver);
}

CHECK("semctl.refused.waiters", LIBC | RAW, NEED_USERS,
      "commands that fail with EPERM or EACCES end no wait for a set",
      "semctl(2), EPERM, EACCES; ipc/sem.c, semctl_down, semctl_setval and semctl_main")
{
	int semid = sem_new(ipc, 1);
	unsigned short values[NSEMS] = {0, 9, 9};
	pid_t more, zero, several, stranger;

	WAITER(more)
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0})));
	WAITER(zero)
	expect_eq(0, sem_op(ipc, semid, 0, 0));
	WAITER(several)
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0}, {2, -1, 0})));
	CHILD (stranger) {
		struct semid_ds ds = sem_state(semid);
		become(STRANGER, STRANGER);
		expect_errno(EPERM, ipc->semctl(semid, 0, IPC_RMID, none));
		expect_errno(EPERM,
			     libc_calls.semctl(semid, 0, IPC_SET, (union semun){.buf = &ds}));
		expect_errno(EACCES, ipc->semctl(semid, 1, SETVAL, (union semun){.val = 9}));
		expect_errno(EACCES, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
		expect_errno(EACCES, ipc->semop(semid, OPS({1, 9, 0}, {2, 9, 0})));
		expect_errno(EACCES, sem_op(ipc, semid, -1, 0));
	}
	child_join(stranger);
	await_blocked(more);
	await_blocked(zero);
	await_blocked(several);
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, 2, 0}, {2, 1, 0})));
	child_join(more);
	child_join(zero);
	child_join(several);
}
