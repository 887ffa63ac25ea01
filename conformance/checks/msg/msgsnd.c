/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgsnd(2). */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/common/objects.h"

static const struct message first = {1, "first"}, second = {2, "second"};

/* Makes a queue for this many bytes of text. */
static int queue_of(const struct ipc_calls *ipc, unsigned long qbytes)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	struct msqid_ds ds = msg_state(msqid);
	ds.msg_qbytes = qbytes;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	return msqid;
}

/* Makes a queue that its first message fills. */
static int full_queue(const struct ipc_calls *ipc)
{
	int msqid = queue_of(ipc, TEXT);

	must(ipc->msgsnd(msqid, &first, TEXT, IPC_NOWAIT));
	return msqid;
}

CHECK("msgsnd.fields", LIBC | RAW, 0,
      "sent messages count in msg_qnum and msg_cbytes and set msg_lspid and msg_stime",
      "msgop(2); msgctl(2), msg_cbytes")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	time_t before = kernel_time();

	expect_eq(0, ipc->msgsnd(msqid, &first, TEXT, 0));
	expect_eq(0, ipc->msgsnd(msqid, &second, TEXT - 3, IPC_NOWAIT));
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(2, ds.msg_qnum);
	expect_eq(TEXT + TEXT - 3, ds.__msg_cbytes);
	expect_eq(getpid(), ds.msg_lspid);
	expect_between(before, kernel_time(), ds.msg_stime);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(0, ds.msg_rtime);
}

CHECK("msgsnd.last_sender", LIBC | RAW, 0, "msg_lspid is the process that sent last",
      "msgop(2), msg_lspid")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pid_t pid;

	must(ipc->msgsnd(msqid, &first, TEXT, 0));
	CHILD (pid)
		must(ipc->msgsnd(msqid, &second, TEXT, 0));
	child_join(pid);
	const struct msqid_ds ds = msg_state(msqid);
	expect_eq(pid, ds.msg_lspid);
}

struct sending {
	const struct ipc_calls *ipc;
	int msqid;
};

static void *send_in_thread(void *arg)
{
	const struct sending *self = arg;

	expect_eq(0, self->ipc->msgsnd(self->msqid, &first, TEXT, IPC_NOWAIT));
	return NULL;
}

CHECK("msgsnd.last_sender.thread", LIBC | RAW, 0,
      "msg_lspid is the process id, whichever thread sends",
      "msgop(2), msg_lspid; pthreads(7), \"process ID\"")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	pthread_t thread;

	expect_eq(0, pthread_create(&thread, NULL, send_in_thread, &(struct sending){ipc, msqid}));
	expect_eq(0, pthread_join(thread, NULL));
	expect_eq(getpid(), msg_state(msqid).msg_lspid);
}

CHECK("msgsnd.zero_length", LIBC | RAW, 0, "a message may have a type and no text", "msgop(2)")
{
	struct message got = {0};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	expect_eq(0, ipc->msgsnd(msqid, &second, 0, 0));
	expect_eq(1, msg_state(msqid).msg_qnum);
	expect_eq(0, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_eq(second.mtype, got.mtype);
	expect_eq(0, got.mtext[0]);
}

CHECK("msgsnd.largest_type", LIBC | RAW, 0, "LONG_MAX is a valid type",
      "msgop(2), \"strictly positive integer value\"")
{
	struct message got, sent = {LONG_MAX, "largest"};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	expect_eq(0, ipc->msgsnd(msqid, &sent, TEXT, 0));
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, IPC_NOWAIT));
	expect_eq(LONG_MAX, got.mtype);
}

/* More than two pages, on machines with pages of 64 KiB too. */
enum { LONG_TEXT = 200000 };
#define LONG_TEXT_LIMIT "200000"

/* Messages of many pages, too large for a stack. */
static struct {
	long mtype;
	unsigned char mtext[LONG_TEXT];
} long_sent, long_got;

/* Makes a queue for long texts, and a text whose pages all differ, without zero bytes. */
static int queue_of_long_texts(const struct ipc_calls *ipc)
{
	set_limit("msgmax", LONG_TEXT_LIMIT);
	set_limit("msgmnb", LONG_TEXT_LIMIT);
	long_sent.mtype = 1;
	for (unsigned i = 0; i < LONG_TEXT; i++)
		long_sent.mtext[i] = (unsigned char)(1 + i % 251);
	return must(ipc->msgget(IPC_PRIVATE, 0600));
}

static void expect_arrives(const struct ipc_calls *ipc, bool copied_first)
{
	int msqid = queue_of_long_texts(ipc);

	expect_eq(0, ipc->msgsnd(msqid, &long_sent, LONG_TEXT, IPC_NOWAIT));
	if (copied_first) {
		expect_eq(LONG_TEXT,
			  ipc->msgrcv(msqid, &long_got, LONG_TEXT, 0, MSG_COPY | IPC_NOWAIT));
		expect_bytes(long_sent.mtext, long_got.mtext, LONG_TEXT);
		memset(&long_got, 0, sizeof(long_got));
	}
	expect_eq(LONG_TEXT, ipc->msgrcv(msqid, &long_got, LONG_TEXT, 0, IPC_NOWAIT));
	expect_bytes(long_sent.mtext, long_got.mtext, LONG_TEXT);
}

CHECK("msgsnd.many_pages", LIBC | RAW, NEED_LIMITS, "a text of many pages arrives complete",
      "msgop(2); ipc/msgutil.c, alloc_msg")
{
	expect_arrives(ipc, false);
}

CHECK("msgrcv.copy.many_pages", LIBC | RAW, NEED_LIMITS | NEED_MSG_COPY,
      "MSG_COPY copies a text of many pages, which then arrives complete",
      "msgop(2), MSG_COPY; ipc/msgutil.c, copy_msg")
{
	expect_arrives(ipc, true);
}

/* The checks try each length of a text, and each place to cut one, near the ends of pages. */
enum { PAGE_HEADER = 64, NEAR_PAGES = 8 };

CHECK("msgsnd.page_ends", LIBC | RAW, NEED_LIMITS,
      "texts that end near the end of a page arrive whole, and nothing is written behind them",
      "ipc/msgutil.c, alloc_msg, load_msg and store_msg: a text is kept in pieces of a page")
{
	int msqid = queue_of_long_texts(ipc);

	for (size_t pages = 1; pages <= 2; pages++)
		for (size_t length = pages * (page_size() - PAGE_HEADER);
		     length < pages * page_size() + NEAR_PAGES; length++) {
			memset(long_got.mtext, 0, length + PAGE_HEADER);
			expect_eq(0, ipc->msgsnd(msqid, &long_sent, length, IPC_NOWAIT));
			if (!expect_eq(length,
				       ipc->msgrcv(msqid, &long_got, length, 0, IPC_NOWAIT)) ||
			    !expect_bytes(long_sent.mtext, long_got.mtext, length) ||
			    !expect_eq(0, long_got.mtext[length]))
				return;
			for (int i = 1; i < PAGE_HEADER; i++)
				if (!expect_eq(0, long_got.mtext[length + (size_t)i]))
					return;
		}
}

CHECK("msgrcv.noerror_page_ends", LIBC | RAW, NEED_LIMITS,
      "a text of several pages that MSG_NOERROR cuts near the end of a page is cut exactly there",
      "msgop(2), MSG_NOERROR; ipc/msgutil.c, store_msg")
{
	const size_t length = 2 * page_size() + 100;
	int msqid = queue_of_long_texts(ipc);

	for (size_t pages = 0; pages <= 2; pages++)
		for (size_t cut = pages ? pages * (page_size() - PAGE_HEADER) : 0;
		     cut < pages * page_size() + NEAR_PAGES; cut++) {
			memset(&long_got, 0, sizeof(long_got.mtype) + length);
			expect_eq(0, ipc->msgsnd(msqid, &long_sent, length, IPC_NOWAIT));
			if (!expect_eq(cut, ipc->msgrcv(msqid, &long_got, cut, 0,
							MSG_NOERROR | IPC_NOWAIT)) ||
			    !expect_bytes(long_sent.mtext, long_got.mtext, cut))
				return;
			for (size_t i = cut; i < cut + PAGE_HEADER; i++)
				if (!expect_eq(0, long_got.mtext[i]))
					return;
			expect_eq(0, msg_state(msqid).__msg_cbytes);
		}
}

/* Memory for a message of LONG_TEXT bytes, at whose end an access faults. */
static char *long_memory_end(void)
{
	const size_t page = page_size(), pages = LONG_TEXT / page + 2;
	char *memory = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory == MAP_FAILED ? -1 : 0);
	must(munmap(memory + pages * page, page));
	return memory + pages * page;
}

/* The kernel keeps a text of three pages of memory in four pieces, because each has a header. */
enum { PIECES = 4 };
#define TEXT_PAGES (3 * page_size())

/* Where a message begins whose text continues after the end of memory from this piece on. */
static char *lacks_from(char *end, size_t piece)
{
	const size_t lacks =
		piece < PIECES - 1 ? TEXT_PAGES - piece * page_size() - 2 * PAGE_HEADER : 8;

	return end + lacks - TEXT_PAGES - sizeof(long);
}

CHECK("msgsnd.efault_pieces", RAW, NEED_LIMITS,
      "msgsnd fails with EFAULT if a part of the text is not mapped, whichever page of the text it "
      "is in, and sends nothing",
      "msgop(2), EFAULT; ipc/msgutil.c, load_msg: a text is kept in pieces of a page")
{
	int msqid = queue_of_long_texts(ipc);
	char *end = long_memory_end();

	for (size_t piece = 0; piece < PIECES; piece++) {
		char *message = lacks_from(end, piece);
		memcpy(message, &(long){1}, sizeof(long));
		expect_errno(EFAULT, ipc->msgsnd(msqid, message, TEXT_PAGES, IPC_NOWAIT));
		expect_eq(0, msg_state(msqid).msg_qnum);
		expect_eq(0, msg_state(msqid).__msg_cbytes);
	}
	/* With the whole text in memory nothing is missing. */
	char *whole = end - TEXT_PAGES - sizeof(long);
	memcpy(whole, &(long){1}, sizeof(long));
	expect_eq(0, ipc->msgsnd(msqid, whole, TEXT_PAGES, IPC_NOWAIT));
}

CHECK("msgrcv.efault_pieces", RAW, NEED_LIMITS,
      "msgrcv fails with EFAULT if a part of the text has no memory, whichever page of the text it "
      "is in, and the message is lost",
      "msgop(2), EFAULT; ipc/msgutil.c, store_msg: a text is kept in pieces of a page")
{
	int msqid = queue_of_long_texts(ipc);
	char *end = long_memory_end();

	for (size_t piece = 0; piece < PIECES; piece++) {
		char *message = lacks_from(end, piece);
		expect_eq(0, ipc->msgsnd(msqid, &long_sent, TEXT_PAGES, IPC_NOWAIT));
		expect_errno(EFAULT, ipc->msgrcv(msqid, message, TEXT_PAGES, 0, IPC_NOWAIT));
		expect_eq(0, msg_state(msqid).msg_qnum);
		expect_eq(0, msg_state(msqid).__msg_cbytes);
	}
}

CHECK("msgrcv.above_lowered_msgmax", LIBC | RAW, NEED_LIMITS | NEED_MSG_COPY,
      "a text above a lowered msgmax is received whole; MSG_COPY of it fails",
      "ipc/msg.c, prepare_copy: no copy is larger than msgmax; ipc/msgutil.c, copy_msg: EINVAL")
{
	struct message got = {0};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	expect_eq(0, ipc->msgsnd(msqid, &first, TEXT, IPC_NOWAIT));
	expect_eq(0, ipc->msgsnd(msqid, &second, 3, IPC_NOWAIT));
	set_limit("msgmax", "3");
	expect_errno(EINVAL, ipc->msgsnd(msqid, &first, 4, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, MSG_COPY | IPC_NOWAIT));
	expect_eq(3, ipc->msgrcv(msqid, &got, TEXT, 1, MSG_COPY | IPC_NOWAIT));
	expect_eq(2, msg_state(msqid).msg_qnum);
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_bytes(first.mtext, got.mtext, TEXT);
}

CHECK("msgsnd.einval", LIBC | RAW, 0,
      "an unknown id, a type below 1 and a negative size fail with EINVAL", "msgop(2), EINVAL")
{
	const int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	const int removed = must(ipc->msgget(IPC_PRIVATE, 0600));
	const struct {
		int msqid;
		long mtype;
		size_t msgsz;
	} cases[] = {
		{-1, 1, 1},	      {INT_MIN, 1, 1},
		{removed, 1, 1},      {msqid, 0, 1},
		{msqid, 0, 0},	      {msqid, LONG_MIN, 1},
		{msqid, 1, SIZE_MAX}, {msqid, 1, SIZE_MAX / 2 + 1},
		{msqid, -1, 1},
	};

	must(libc_calls.msgctl(removed, IPC_RMID, NULL));
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message = {cases[i].mtype, ""};
		expect_errno(EINVAL, ipc->msgsnd(cases[i].msqid, &message, cases[i].msgsz, 0));
	}
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.einval_above_msgmax", LIBC | RAW, NEED_LIMITS,
      "a text may have msgmax bytes and not one more", "msgop(2), EINVAL; proc(5), msgmax")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	set_limit("msgmax", "5");
	expect_eq(0, ipc->msgsnd(msqid, &first, 5, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgsnd(msqid, &first, 6, IPC_NOWAIT));
}

CHECK("msgsnd.eacces", LIBC | RAW, 0, "sending without write permission fails with EACCES",
      "msgop(2), EACCES")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0400));

	drop_privileges();
	expect_errno(EACCES, ipc->msgsnd(msqid, &first, TEXT, IPC_NOWAIT));
	expect_eq(0, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.efault", RAW, 0, "msgsnd fails with EFAULT if the message or its text is not mapped",
      "msgop(2), EFAULT")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	char *end = memory_end();
	long *only_type = (long *)(void *)(end - sizeof(long));

	*only_type = 1;
	expect_errno(EFAULT, ipc->msgsnd(msqid, end, TEXT, IPC_NOWAIT));
	expect_errno(EFAULT, ipc->msgsnd(msqid, only_type, TEXT, IPC_NOWAIT));
	expect_eq(0, msg_state(msqid).msg_qnum);
	expect_eq(0, ipc->msgsnd(msqid, only_type, 0, IPC_NOWAIT));
}

CHECK("msgsnd.eagain", LIBC | RAW, 0, "with IPC_NOWAIT, sending to a full queue fails with EAGAIN",
      "msgop(2), EAGAIN")
{
	int msqid = full_queue(ipc);

	expect_errno(EAGAIN, ipc->msgsnd(msqid, &second, TEXT, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &second, 1, IPC_NOWAIT));
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.eagain_empty_messages", LIBC | RAW, 0,
      "a queue holds at most msg_qbytes messages, even empty ones",
      "msgop(2), \"total number of messages\"")
{
	int msqid = queue_of(ipc, 2);

	expect_eq(0, ipc->msgsnd(msqid, &first, 0, IPC_NOWAIT));
	expect_eq(0, ipc->msgsnd(msqid, &first, 0, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &first, 0, IPC_NOWAIT));
	expect_eq(2, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.blocks_until_received", LIBC | RAW, 0,
      "a sender blocks on a full queue until a message is received", "msgop(2)")
{
	struct message got;
	int msqid = full_queue(ipc);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &second, TEXT, 0));
	await_blocked(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	expect_eq(first.mtype, got.mtype);
	child_join(pid);
	expect_eq(pid, msg_state(msqid).msg_lspid);
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_bytes(&second, &got, sizeof(got));
}

CHECK("msgsnd.blocks_until_qbytes_raised", LIBC | RAW, 0,
      "a sender blocks on a full queue until IPC_SET makes room",
      "msgctl(2), IPC_SET; ipc/msg.c, ss_wakeup")
{
	int msqid = full_queue(ipc);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &second, TEXT, 0));
	await_blocked(pid);
	struct msqid_ds ds = msg_state(msqid);
	ds.msg_qbytes = 2 * TEXT;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	child_join(pid);
	expect_eq(2, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.blocked_leaves_room", LIBC | RAW, 0,
      "a message that fits is sent while a larger one is blocked", "msgop(2)")
{
	struct message got;
	int msqid = queue_of(ipc, TEXT);
	pid_t pid;

	must(ipc->msgsnd(msqid, &first, TEXT - 2, IPC_NOWAIT));
	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &second, TEXT, 0));
	await_blocked(pid);
	expect_eq(0, ipc->msgsnd(msqid, &first, 2, IPC_NOWAIT));
	expect_eq(TEXT - 2, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	expect_eq(2, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
}

static void expect_eintr(const struct ipc_calls *ipc, int flags)
{
	int msqid = full_queue(ipc);
	pid_t pid;

	CHILD (pid) {
		catch_signal(SIGUSR1, flags);
		expect_errno(EINTR, ipc->msgsnd(msqid, &second, TEXT, 0));
		expect_eq(1, signals_caught());
	}
	interrupt(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.eintr", LIBC | RAW, 0, "a caught signal interrupts a blocked sender",
      "msgop(2), EINTR")
{
	expect_eintr(ipc, 0);
}

CHECK("msgsnd.eintr_restart", LIBC | RAW, 0,
      "a blocked sender is not restarted after a signal, even with SA_RESTART",
      "signal(7); msgop(2), EINTR")
{
	expect_eintr(ipc, SA_RESTART);
}

CHECK("msgsnd.stop_continue", LIBC | RAW, 0,
      "a blocked sender stays blocked after SIGSTOP and SIGCONT", "signal(7), stop signals")
{
	struct message got;
	int msqid = full_queue(ipc);
	pid_t pid;

	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &second, TEXT, 0));
	stop_and_continue(pid);
	await_blocked(pid);
	expect_eq(TEXT, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(pid);
	expect_eq(1, msg_state(msqid).msg_qnum);
}

CHECK("msgsnd.eidrm", LIBC | RAW, 0, "removing the queue ends a blocked sender with EIDRM",
      "msgop(2), EIDRM")
{
	int msqid = full_queue(ipc);
	pid_t pid;

	CHILD (pid)
		expect_errno(EIDRM, ipc->msgsnd(msqid, &second, TEXT, 0));
	await_blocked(pid);
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	child_join(pid);
}
