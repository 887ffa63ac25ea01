/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Several that wait: in which order they go on, and what each of them is told. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "objects.h"

static const union semun none;

enum { WAITERS = 4, MANY = 12 };

/* A child that waits, once it is seen to; the next one comes behind it. */
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
      "of receivers that wait for the same, the one that waits longest gets the first message",
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
      "a message goes to the first receiver that wants its type, past those that want another",
      "msgop(2); ipc/msg.c, testmsg")
{
	static const long wanted[WAITERS] = {7, -3, 9, 0};
	/* To whom a message of each type goes while all of them wait. */
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
      "a message too long for the receiver that waits longest goes to the next one",
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
      "a message for a receiver that waits is its own at once: nobody else can take it",
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

CHECK("msgrcv.waiters.eidrm", LIBC | RAW, 0, "removing a queue ends all waits for it",
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

/* Signals whose default is to be ignored, in a process that did not stop. */
static void expect_ignored(pid_t pid)
{
	must(kill(pid, SIGWINCH));
	must(kill(pid, SIGCONT));
	await_blocked(pid);
}

CHECK("msgrcv.waiters.ignored_signal", LIBC | RAW, 0,
      "a signal that is ignored does not end a wait for a message", "signal(7); msgop(2), EINTR")
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
      "threads of one process send and receive, each message once and in order by its type",
      "msgop(2); POSIX.1-2017, msgrcv()")
{
	/* Room for two, so that both sides wait. */
	int msqid = queue_with_room(ipc, 2);
	struct exchange exchange[2 * THREADS];
	pthread_t thread[2 * THREADS];
	int error;

	for (int i = 0; i < 2 * THREADS; i++) {
		exchange[i] = (struct exchange){ipc, msqid, 1 + i / 2, 0};
		error = pthread_create(&thread[i], NULL, i % 2 ? receive_each : send_each,
				       &exchange[i]);
		/* RLIMIT_AS leaves no room for a stack, or RLIMIT_NPROC none for a thread. */
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
      "each message received lets one sender that waits go on, until all are sent, each once",
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
      "a sender whose message fits goes on while one that waits longer has a larger one",
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

CHECK("msgsnd.waiters.ignored_signal", LIBC | RAW, 0,
      "a signal that is ignored does not end a wait for room", "signal(7); msgop(2), EINTR")
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
      "a blocked sender for whom IPC_SET makes room but whose permission it takes away fails",
      "ipc/msg.c, do_msgsnd: permission is asked for each time around")
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

CHECK("msgctl.set.waiters_wait_on", LIBC | RAW, 0,
      "a receiver that IPC_SET takes nothing from waits on, unseen by its caller",
      "ipc/msg.c, msgctl_down and do_msgrcv")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid;

	WAITER(pid)
	{
		struct message got;
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	}
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
}

/* ---- semaphores ------------------------------------------------------------------- */

CHECK("semop.waiters.order", LIBC | RAW, 0,
      "of those that wait for the same, the one that waits longest goes on first",
      "ipc/sem.c: \"pending alter operations\" are kept and done in the order of their coming")
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
      "those that wait with several operations go on in the order of their coming too",
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
      "units that let a waiting task go on are taken at once: no other task gets them",
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
      "a value that becomes 0 lets all tasks that wait for zero go on", "semop(2), \"semzcnt\"")
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
      "a wait for two semaphores to be 0 ends when both are", "semop(2), \"wait-for-zero\"")
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
      "a wait for zero ends even if the same change lets another task raise the value",
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
      "a task that goes on may let the next one go on, and so on to the last",
      "ipc/sem.c, update_queue: \"restart\"")
{
	int semid = sem_new(ipc, 0);
	pid_t pid[2];

	WAITER(pid[0])
	expect_eq(0, ipc->semop(semid, OPS({1, -1, 0}, {2, 1, 0})));
	WAITER(pid[1])
	expect_eq(0, ipc->semop(semid, OPS({0, -1, 0}, {1, 1, 0})));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	/* Done by who began, before its call came back. */
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 1));
	expect_eq(1, sem_value(semid, 2));
	child_join(pid[0]);
	child_join(pid[1]);
}

CHECK("semop.waiters.otime", LIBC | RAW, 0,
      "what is done for one that waits, for zero too, sets sem_otime and its sempid",
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

CHECK("semop.waiters.eidrm", LIBC | RAW, 0, "removing a set ends all waits for it, of every kind",
      "semop(2), EIDRM")
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
      "changes that let no task go on do not end a wait, nor do ignored signals",
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
      "of several operations a wait counts for the one that cannot go on, and for no other",
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
