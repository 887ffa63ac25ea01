/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgrcv(2) calls that block. */
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checks/common/objects.h"

CHECK("msgrcv.blocks_until_sent", LIBC | RAW, 0,
      "a receiver blocks on an empty queue and gets the next message, which is never queued",
      "msgop(2); ipc/msg.c, pipelined_send")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	time_t before = kernel_time();
	pid_t pid;

	CHILD (pid) {
		struct message got = {0};
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
		expect_eq(5, got.mtype);
		expect_bytes("text", got.mtext, 4);
	}
	await_blocked(pid);
	msg_put(ipc, msqid, 5, "text");
	const struct msqid_ds ds = msg_state(msqid);
	child_join(pid);
	expect_eq(0, ds.msg_qnum);
	expect_eq(0, ds.__msg_cbytes);
	expect_eq(pid, ds.msg_lrpid);
	expect_eq(getpid(), ds.msg_lspid);
	expect_between(before, kernel_time(), ds.msg_rtime);
	expect_between(before, kernel_time(), ds.msg_stime);
}

/* A receiver of `msgtyp` stays blocked while `others` are sent, and gets one of type 2. */
static void expect_waits_for_2(const struct ipc_calls *ipc, long msgtyp, int msgflg,
			       const char *others)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	CHILD (pid) {
		struct message got = {0};
		expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, msgtyp, msgflg));
		expect_eq(2, got.mtype);
	}
	await_blocked(pid);
	for (unsigned i = 0; others[i]; i++) {
		msg_put(ipc, msqid, others[i] - '0', "x");
		expect_eq(i + 1, msg_state(msqid).msg_qnum);
	}
	msg_put(ipc, msqid, 2, "x");
	child_join(pid);
	expect_eq(strlen(others), msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.waits_for_type", LIBC | RAW, 0,
      "only a message of the requested type wakes a receiver", "msgop(2)")
{
	expect_waits_for_2(ipc, 2, 0, "13");
}

CHECK("msgrcv.waits_for_lowest", LIBC | RAW, 0,
      "a receiver with a negative type waits for a type up to its absolute value", "msgop(2)")
{
	expect_waits_for_2(ipc, -2, 0, "39");
}

CHECK("msgrcv.waits_for_except", LIBC | RAW, 0, "a receiver with MSG_EXCEPT waits for another type",
      "msgop(2), MSG_EXCEPT")
{
	expect_waits_for_2(ipc, 3, MSG_EXCEPT, "33");
}

CHECK("msgrcv.waits_e2big", LIBC | RAW, 0,
      "a message too long for a blocked receiver ends its wait with E2BIG and stays queued; "
      "msg_lrpid and msg_rtime stay too",
      "msgop(2), E2BIG; ipc/msg.c, pipelined_send")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;
	pid_t pid;

	CHILD (pid)
		expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 3, 0, 0));
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(1, ds.msg_qnum);
	expect_eq(4, ds.__msg_cbytes);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(0, ds.msg_rtime);
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_bytes("text", got.mtext, 4);
}

enum { SENDERS = 3, EACH = 100 };

static void receive_numbers(const struct ipc_calls *ipc, int msqid, unsigned *times)
{
	struct {
		long mtype;
		int number;
	} message;

	for (int i = 0; i < EACH; i++) {
		expect_eq(sizeof(int), ipc->msgrcv(msqid, &message, sizeof(int), 0, 0));
		__atomic_fetch_add(&times[message.number], 1, __ATOMIC_RELAXED);
	}
}

static void send_numbers(const struct ipc_calls *ipc, int msqid, int from)
{
	struct {
		long mtype;
		int number;
	} message = {.mtype = 1};

	for (int i = 0; i < EACH; i++) {
		message.number = from + i;
		expect_eq(0, ipc->msgsnd(msqid, &message, sizeof(int), 0));
	}
}

CHECK("msgrcv.each_once", LIBC | RAW, 0,
      "concurrent receivers get each message of concurrent senders once", "msgop(2)")
{
	unsigned *times = mmap(NULL, SENDERS * EACH * sizeof(*times), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t receivers[SENDERS], senders[SENDERS];

	must(times == MAP_FAILED ? -1 : 0);
	for (int i = 0; i < SENDERS; i++) {
		CHILD (receivers[i])
			receive_numbers(ipc, msqid, times);
		CHILD (senders[i])
			send_numbers(ipc, msqid, i * EACH);
	}
	for (int i = 0; i < SENDERS; i++) {
		child_join(senders[i]);
		child_join(receivers[i]);
	}
	for (int i = 0; i < SENDERS * EACH; i++)
		expect_eq(1, times[i]);
	expect_eq(0, msg_state(msqid).msg_qnum);
}

static void expect_eintr(const struct ipc_calls *ipc, int flags)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	CHILD (pid) {
		struct message got;
		catch_signal(SIGUSR1, flags);
		expect_errno(EINTR, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
		expect_eq(1, signals_caught());
	}
	interrupt(pid);
	/* No receiver waits any more, so the message is queued. */
	msg_put(ipc, msqid, 1, "text");
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.eintr", LIBC | RAW, 0, "a caught signal interrupts a blocked receiver",
      "msgop(2), EINTR")
{
	expect_eintr(ipc, 0);
}

CHECK("msgrcv.eintr_restart", LIBC | RAW, 0,
      "a blocked receiver is not restarted after a signal, even with SA_RESTART",
      "signal(7); msgop(2), EINTR")
{
	expect_eintr(ipc, SA_RESTART);
}

CHECK("msgrcv.stop_continue", LIBC | RAW, 0,
      "a blocked receiver stays blocked after SIGSTOP and SIGCONT", "signal(7), stop signals")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	CHILD (pid) {
		struct message got;
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	}
	stop_and_continue(pid);
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
}

CHECK("msgrcv.waits_noerror", LIBC | RAW, 0,
      "a receiver blocked with MSG_NOERROR gets the beginning of a longer text",
      "msgop(2), MSG_NOERROR; ipc/msg.c, pipelined_send")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	CHILD (pid) {
		struct message got = {.mtext = "...."};
		expect_eq(3, ipc->msgrcv(msqid, &got, 3, 0, MSG_NOERROR));
		expect_bytes("tex.", got.mtext, 4);
	}
	await_blocked(pid);
	msg_put(ipc, msqid, 1, "text");
	child_join(pid);
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.eidrm", LIBC | RAW, 0, "removing the queue ends a blocked receiver with EIDRM",
      "msgop(2), EIDRM")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	CHILD (pid) {
		struct message got;
		expect_errno(EIDRM, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	}
	await_blocked(pid);
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	child_join(pid);
}

CHECK("msgrcv.waits_exact", LIBC | RAW, 0,
      "a blocked receiver gets a text of exactly its msgsz directly, even an empty one",
      "msgop(2), E2BIG: \"greater than msgsz\"; ipc/msg.c, pipelined_send")
{
	static const char text[] = "sixteen bytes...";
	struct msginfo info;

	for (size_t size = 0; size <= TEXT; size += size ? TEXT - 1 : 1) {
		int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
		struct message message = {.mtype = 3};
		pid_t pid;

		memcpy(message.mtext, text, size);
		CHILD (pid) {
			struct message got = {0};
			expect_eq(size, ipc->msgrcv(msqid, &got, size, 0, 0));
			expect_eq(3, got.mtype);
			expect_bytes(message.mtext, got.mtext, TEXT);
		}
		await_blocked(pid);
		expect_eq(0, ipc->msgsnd(msqid, &message, size, IPC_NOWAIT));
		expect_eq(0, msg_state(msqid).msg_qnum);
		expect_eq(0, msg_state(msqid).__msg_cbytes);
		child_join(pid);
		expect_eq(pid, msg_state(msqid).msg_lrpid);
		if (is_isolated()) {
			must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
			expect_eq(0, info.msgmap);
			expect_eq(0, info.msgtql);
		}
	}
}
