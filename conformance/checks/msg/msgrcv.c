/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgrcv(2) calls that do not block. */
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "checks/common/objects.h"

/* Makes a queue with one message of type 1. */
static int queue_with(const struct ipc_calls *ipc, const char *text)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	msg_put(ipc, msqid, 1, text);
	return msqid;
}

CHECK("msgrcv.message", LIBC | RAW, 0, "a message arrives with its type, length and text",
      "msgop(2)")
{
	static const char text[] = "a\0b";
	struct message got, sent = {.mtype = 77};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	memcpy(sent.mtext, text, sizeof(text));
	memset(&got, '?', sizeof(got));
	must(ipc->msgsnd(msqid, &sent, sizeof(text), 0));
	expect_eq(sizeof(text), ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	expect_eq(77, got.mtype);
	expect_bytes(text, got.mtext, sizeof(text));
	for (unsigned i = sizeof(text); i < TEXT; i++)
		expect_eq('?', got.mtext[i]);
}

CHECK("msgrcv.fields", LIBC | RAW, 0,
      "receiving a message decreases the counts and sets msg_lrpid and msg_rtime", "msgop(2)")
{
	struct message got;
	int msqid = queue_with(ipc, "one");
	time_t before = kernel_time();
	pid_t pid;

	msg_put(ipc, msqid, 1, "second");
	CHILD (pid)
		expect_eq(3, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(pid);
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(1, ds.msg_qnum);
	expect_eq(6, ds.__msg_cbytes);
	expect_eq(pid, ds.msg_lrpid);
	expect_between(before, kernel_time(), ds.msg_rtime);
	expect_eq(getpid(), ds.msg_lspid);
}

struct receiving {
	const struct ipc_calls *ipc;
	int msqid;
};

static void *receive_in_thread(void *arg)
{
	const struct receiving *self = arg;
	struct message got;

	expect_eq(4, self->ipc->msgrcv(self->msqid, &got, TEXT, 0, IPC_NOWAIT));
	return NULL;
}

CHECK("msgrcv.last_receiver.thread", LIBC | RAW, 0,
      "msg_lrpid is the process id, whichever thread receives a message of the queue",
      "msgop(2), msg_lrpid; pthreads(7), \"process ID\"")
{
	int msqid = queue_with(ipc, "text");
	pthread_t thread;

	expect_eq(0, pthread_create(&thread, NULL, receive_in_thread,
				    &(struct receiving){ipc, msqid}));
	expect_eq(0, pthread_join(thread, NULL));
	expect_eq(getpid(), msg_state(msqid).msg_lrpid);
}

/* ---- which message -------------------------------------------------------- */

/* Each digit of types is a message of that type; place is the index of the expected one. */
struct choice {
	const char *types;
	long msgtyp;
	int place;
};

static int queue_of(const struct ipc_calls *ipc, const char *types)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	for (int place = 0; types[place]; place++)
		msg_put(ipc, msqid, types[place] - '0', (const char[]){(char)('0' + place), '\0'});
	return msqid;
}

static void expect_choice(const struct ipc_calls *ipc, const struct choice *choice, int msgflg)
{
	struct message got = {0};
	int msqid = queue_of(ipc, choice->types);

	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, choice->msgtyp, msgflg | IPC_NOWAIT));
	expect_eq('0' + choice->place, got.mtext[0]);
	expect_eq(choice->types[choice->place] - '0', got.mtype);
	expect_eq(strlen(choice->types) - 1, msg_state(msqid).msg_qnum);
}

#define EXPECT_CHOICES(MSGFLG, ...)                                                 \
	do {                                                                        \
		static const struct choice choices[] = {__VA_ARGS__};               \
		for (unsigned i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) \
			expect_choice(ipc, &choices[i], MSGFLG);                    \
	} while (0)

CHECK("msgrcv.type_zero", LIBC | RAW, 0, "type 0 selects the first message", "msgop(2)")
{
	EXPECT_CHOICES(0, {"3", 0, 0}, {"321", 0, 0}, {"123", 0, 0});
}

CHECK("msgrcv.type_positive", LIBC | RAW, 0,
      "a positive type selects the first message of that type", "msgop(2)")
{
	EXPECT_CHOICES(0, {"1", 1, 0}, {"2131", 1, 1}, {"2131", 3, 2}, {"9898", 8, 1});
}

CHECK("msgrcv.type_negative", LIBC | RAW, 0,
      "a negative type selects the first message of the lowest type up to its absolute value",
      "msgop(2)")
{
	EXPECT_CHOICES(0, {"4321", -2, 3}, {"4321", -4, 3}, {"543", -4, 2}, {"3322", -3, 2},
		       {"71", -1, 1}, {"595", -9, 0}, {"2", -9, 0});
}

CHECK("msgrcv.type_negative_compat", LIBC | RAW, NEED_COMPAT,
      "a 64-bit kernel treats a negative type of a 32-bit program as negative",
      "kernel commit e7ca2552369c")
{
	EXPECT_CHOICES(0, {"21", -1, 1}, {"43", -3, 1});
}

CHECK("msgrcv.type_long_min", LIBC | RAW, 0, "type LONG_MIN selects the lowest type",
      "kernel commit 999898355e08")
{
	EXPECT_CHOICES(0, {"7", LONG_MIN, 0}, {"9767", LONG_MIN, 2});
}

CHECK("msgrcv.except", LIBC | RAW, 0, "MSG_EXCEPT selects the first message of another type",
      "msgop(2), MSG_EXCEPT")
{
	EXPECT_CHOICES(MSG_EXCEPT, {"1213", 1, 1}, {"1213", 2, 0}, {"1113", 1, 3}, {"1", 7, 0});
}

CHECK("msgrcv.enomsg", LIBC | RAW, 0,
      "with IPC_NOWAIT, msgrcv fails with ENOMSG if no message matches, for every kind of type",
      "msgop(2), ENOMSG")
{
	static const struct {
		const char *types;
		long msgtyp;
		int msgflg;
	} cases[] = {
		{"", 0, 0},	     {"", 1, 0},   {"", -1, 0},	 {"", LONG_MIN, 0},
		{"", 1, MSG_EXCEPT}, {"23", 1, 0}, {"3", -2, 0}, {"11", 1, MSG_EXCEPT},
	};
	struct message got;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int msqid = queue_of(ipc, cases[i].types);
		expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, cases[i].msgtyp,
						 cases[i].msgflg | IPC_NOWAIT));
		expect_eq(strlen(cases[i].types), msg_state(msqid).msg_qnum);
	}
}

/* ---- sizes ---------------------------------------------------------------- */

CHECK("msgrcv.e2big", LIBC | RAW, 0,
      "a text longer than msgsz fails with E2BIG and stays in the queue", "msgop(2), E2BIG")
{
	struct message got = {0};
	int msqid = queue_with(ipc, "longer");

	expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 5, 0, IPC_NOWAIT));
	expect_eq(0, got.mtype);
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(1, ds.msg_qnum);
	expect_eq(6, ds.__msg_cbytes);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(6, ipc->msgrcv(msqid, &got, 6, 0, IPC_NOWAIT));
}

CHECK("msgrcv.e2big_size_zero", LIBC | RAW, 0, "a text fails with E2BIG if msgsz is 0",
      "msgop(2), E2BIG")
{
	struct message got;
	int msqid = queue_with(ipc, "1");

	expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 0, 0, IPC_NOWAIT));
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.noerror", LIBC | RAW, 0,
      "with MSG_NOERROR a longer text is truncated, and nothing is written beyond msgsz",
      "msgop(2), MSG_NOERROR")
{
	struct message got;
	int msqid = queue_with(ipc, "longer");

	memset(&got, '?', sizeof(got));
	expect_eq(4, ipc->msgrcv(msqid, &got, 4, 0, MSG_NOERROR | IPC_NOWAIT));
	expect_eq(1, got.mtype);
	expect_bytes("long????????????", got.mtext, TEXT);
	expect_eq(0, msg_state(msqid).msg_qnum);
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
}

CHECK("msgrcv.noerror_size_zero", LIBC | RAW, 0,
      "with MSG_NOERROR and msgsz 0 only the type arrives", "msgop(2), MSG_NOERROR")
{
	struct message got;
	int msqid = queue_with(ipc, "text");

	memset(&got, '?', sizeof(got));
	expect_eq(0, ipc->msgrcv(msqid, &got, 0, 0, MSG_NOERROR | IPC_NOWAIT));
	expect_eq(1, got.mtype);
	expect_eq('?', got.mtext[0]);
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.above_msgmax", LIBC | RAW, NEED_LIMITS, "msgsz may exceed msgmax", "msgop(2), EINVAL")
{
	struct message got;
	int msqid = queue_with(ipc, "text");

	set_limit("msgmax", "4");
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
}

/* ---- errors ----------------------------------------------------------------- */

CHECK("msgrcv.einval", LIBC | RAW, 0, "an unknown id and a negative msgsz fail with EINVAL",
      "msgop(2), EINVAL")
{
	const int msqid = queue_with(ipc, "text");
	const int removed = queue_with(ipc, "text");
	const struct {
		int msqid;
		size_t msgsz;
	} cases[] = {
		{-1, TEXT},	   {INT_MIN, TEXT},	      {removed, TEXT},
		{msqid, SIZE_MAX}, {msqid, SIZE_MAX / 2 + 1},
	};
	struct message got;

	must(libc_calls.msgctl(removed, IPC_RMID, NULL));
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_errno(EINVAL,
			     ipc->msgrcv(cases[i].msqid, &got, cases[i].msgsz, 0, IPC_NOWAIT));
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.eacces", LIBC | RAW, 0, "receiving without read permission fails with EACCES",
      "msgop(2), EACCES")
{
	struct message got;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0200));

	msg_put(ipc, msqid, 1, "text");
	drop_privileges();
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 2, IPC_NOWAIT));
}

CHECK("msgrcv.efault", RAW, 0, "a message is lost if the receiver's buffer is not mapped",
      "msgop(2), EFAULT; ipc/msg.c, do_msgrcv")
{
	int msqid = queue_with(ipc, "text");
	char *end = memory_end();

	expect_errno(EFAULT, ipc->msgrcv(msqid, end, TEXT, 0, IPC_NOWAIT));
	expect_eq(0, msg_state(msqid).msg_qnum);
	msg_put(ipc, msqid, 1, "text");
	expect_errno(EFAULT, ipc->msgrcv(msqid, end - sizeof(long) - 2, TEXT, 0, IPC_NOWAIT));
	expect_eq(0, msg_state(msqid).msg_qnum);
}

/* ---- MSG_COPY ------------------------------------------------------------- */

enum { COPY = MSG_COPY | IPC_NOWAIT };

CHECK("msgrcv.copy.by_index", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY copies the message at an index from 0, whatever its type, and leaves it queued",
      "msgop(2), MSG_COPY")
{
	int msqid = queue_of(ipc, "935");

	for (int place = 2; place >= 0; place--) {
		struct message got = {0};
		expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, place, COPY));
		expect_eq("935"[place] - '0', got.mtype);
		expect_eq('0' + place, got.mtext[0]);
	}
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(3, ds.msg_qnum);
	expect_eq(3, ds.__msg_cbytes);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(0, ds.msg_rtime);
}

CHECK("msgrcv.copy.past_end_enomsg", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY with an index past the end fails with ENOMSG", "msgop(2), ENOMSG")
{
	struct message got;
	int msqid = queue_of(ipc, "11");

	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 2, COPY));
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, COPY));
}

CHECK("msgrcv.copy.negative_enomsg", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY with a negative index fails with ENOMSG", "msgop(2), ENOMSG; ipc/msg.c, find_msg")
{
	struct message got;
	int msqid = queue_of(ipc, "11");

	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -1, COPY));
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, LONG_MIN, COPY));
}

CHECK("msgrcv.copy.einval_without_nowait", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY without IPC_NOWAIT fails with EINVAL", "msgop(2), EINVAL (since Linux 3.14)")
{
	struct message got;
	int msqid = queue_with(ipc, "text");

	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, MSG_COPY));
	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, MSG_COPY | MSG_NOERROR));
}

CHECK("msgrcv.copy.einval_with_except", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY with MSG_EXCEPT fails with EINVAL", "msgop(2), EINVAL (since Linux 3.14)")
{
	struct message got;
	int msqid = queue_with(ipc, "text");

	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, COPY | MSG_EXCEPT));
}

CHECK("msgrcv.copy.e2big", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY of a text longer than msgsz fails with E2BIG", "msgop(2), E2BIG")
{
	struct message got = {0};
	int msqid = queue_with(ipc, "text");

	expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 3, 0, COPY));
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgrcv.copy.eacces", LIBC | RAW, NEED_MSG_COPY, "MSG_COPY needs read permission",
      "msgop(2), EACCES")
{
	struct message got;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0200));

	msg_put(ipc, msqid, 1, "text");
	drop_privileges();
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, COPY));
}

CHECK("msgrcv.copy.noerror", LIBC | RAW, NEED_MSG_COPY,
      "MSG_COPY never truncates: even with MSG_NOERROR, a text longer than msgsz fails and stays",
      "ipc/msgutil.c, copy_msg")
{
	struct message got = {0};
	int msqid = queue_with(ipc, "text");

	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, 3, 0, COPY | MSG_NOERROR));
	expect_eq(4, ipc->msgrcv(msqid, &got, 4, 0, COPY | MSG_NOERROR));
	expect_eq(1, msg_state(msqid).msg_qnum);
}
