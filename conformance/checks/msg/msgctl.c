/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2). */
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "checks/common/facility.h"

static const struct message message = {1, "text"};

/* ---- IPC_STAT ---------------------------------------------------------------- */

CHECK("msgctl.stat", LIBC, 0, "IPC_STAT returns the state of a queue", "msgctl(2)")
{
	struct msqid_ds ds;
	time_t before = kernel_time();
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0642));
	struct message got;
	pid_t pid;

	CHILD (pid)
		must(ipc->msgsnd(msqid, &message, TEXT, 0));
	child_join(pid);
	must(ipc->msgsnd(msqid, &message, 3, 0));
	must(ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	memset(&ds, 0xa5, sizeof(ds));
	expect_eq(0, ipc->msgctl(msqid, IPC_STAT, &ds));
	perm_expect_own(0642, &ds.msg_perm);
	expect_eq(1, ds.msg_qnum);
	expect_eq(3, ds.__msg_cbytes);
	expect(ds.msg_qbytes >= 3);
	expect_eq(getpid(), ds.msg_lspid);
	expect_eq(getpid(), ds.msg_lrpid);
	expect_between(before, kernel_time(), ds.msg_stime);
	expect_between(before, kernel_time(), ds.msg_rtime);
	expect_between(before, kernel_time(), ds.msg_ctime);
}

CHECK("msgctl.stat.proc", LIBC, NEED_PROC, "/proc/sysvipc/msg agrees with IPC_STAT",
      "proc(5), /proc/sysvipc/msg")
{
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0640));

	must(ipc->msgsnd(msqid, &message, TEXT, 0));
	const struct msqid_ds ds = msg_state(msqid);
	EXPECT_ROW(msqid_ds, &ds, "msg", msqid);
}

CHECK("msgctl.stat.proc_columns", LIBC, NEED_PROC | NEED_USERS,
      "each column of /proc/sysvipc/msg shows its own member, to users without permission too",
      "proc(5), /proc/sysvipc/msg; ipc/msg.c, sysvipc_msg_proc_show")
{
	struct message got;
	pid_t creator, sender, receiver = 0, reader;

	CHILD (creator) {
		become(OWNER, NOBODY);
		must(ipc->msgget(check_key(0), IPC_CREAT | 0666));
	}
	child_join(creator);
	const int msqid = must(ipc->msgget(check_key(0), 0));
	CHILD (sender)
		for (int i = 0; i < 3; i++)
			msg_put(ipc, msqid, 1, "text");
	child_join(sender);
	/* No two ids, counts or times are the same. */
	await_next_second();
	CHILD (creator) {
		become(OWNER, NOBODY);
		must(msg_facility.set(&libc_calls, msqid, STRANGER, GROUP, 0606));
	}
	child_join(creator);
	for (unsigned received = 0; received < 2; received++) {
		if (received) {
			CHILD (receiver)
				expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
			child_join(receiver);
		}
		const struct msqid_ds ds = msg_state(msqid);
		expect_eq(check_key(0), ds.msg_perm.__key);
		expect_eq(STRANGER, ds.msg_perm.uid);
		expect_eq(GROUP, ds.msg_perm.gid);
		expect_eq(OWNER, ds.msg_perm.cuid);
		expect_eq(NOBODY, ds.msg_perm.cgid);
		expect_eq(0606, ds.msg_perm.mode);
		expect_eq(3 - received, ds.msg_qnum);
		expect_eq(4 * (3 - received), ds.__msg_cbytes);
		expect_eq(sender, ds.msg_lspid);
		expect_eq(receiver, ds.msg_lrpid);
		expect(ds.msg_stime < ds.msg_ctime && (ds.msg_rtime != 0) == received);
		CHILD (reader) {
			struct msqid_ds denied;
			/* The group has no permission. */
			become(NOBODY, GROUP);
			expect_errno(EACCES, ipc->msgctl(msqid, IPC_STAT, &denied));
			EXPECT_ROW(msqid_ds, &ds, "msg", msqid);
		}
		child_join(reader);
	}
}

/* A queue with one message, which this process has also received before. */
static int used_queue(const struct ipc_calls *ipc)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;

	msg_put(ipc, msqid, 1, "first");
	must((int)ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	msg_put(ipc, msqid, 1, "text");
	return msqid;
}

CHECK("msgctl.stat.times", LIBC | RAW, 0,
      "msgsnd sets msg_stime and msg_lspid, msgrcv msg_rtime and msg_lrpid, IPC_SET msg_ctime, and "
      "each of them no other time and no other process",
      "msgop(2), msgctl(2): IPC_SET; ipc/msg.c, do_msgsnd, pipelined_send and msgctl_down")
{
	enum { SEND, RECEIVE, SET, HAND_OVER, WAYS };
	struct msqid_ds want[WAYS], now;
	int msqid[WAYS];
	struct message got;
	pid_t pid, waiter;

	for (int i = 0; i < WAYS; i++)
		msqid[i] = used_queue(ipc);
	CHILD (waiter)
		expect_eq(4, ipc->msgrcv(msqid[HAND_OVER], &got, TEXT, 2, 0));
	await_blocked(waiter);
	for (int i = 0; i < WAYS; i++)
		want[i] = msg_state(msqid[i]);
	await_next_second();
	const time_t before = kernel_time();

	CHILD (pid)
		msg_put(ipc, msqid[SEND], 1, "more");
	child_join(pid);
	now = msg_state(msqid[SEND]);
	expect_between(before, kernel_time(), now.msg_stime);
	want[SEND].msg_stime = now.msg_stime;
	want[SEND].msg_lspid = pid;
	want[SEND].msg_qnum = 2;
	want[SEND].__msg_cbytes = 8;
	msg_expect_same(&want[SEND], &now);

	CHILD (pid)
		expect_eq(4, ipc->msgrcv(msqid[RECEIVE], &got, TEXT, 0, IPC_NOWAIT));
	child_join(pid);
	now = msg_state(msqid[RECEIVE]);
	expect_between(before, kernel_time(), now.msg_rtime);
	want[RECEIVE].msg_rtime = now.msg_rtime;
	want[RECEIVE].msg_lrpid = pid;
	want[RECEIVE].msg_qnum = want[RECEIVE].__msg_cbytes = 0;
	msg_expect_same(&want[RECEIVE], &now);

	must(libc_calls.msgctl(msqid[SET], IPC_SET, &want[SET]));
	now = msg_state(msqid[SET]);
	expect_between(before, kernel_time(), now.msg_ctime);
	want[SET].msg_ctime = now.msg_ctime;
	msg_expect_same(&want[SET], &now);

	/* A message for a waiting receiver is sent and received at once. */
	CHILD (pid)
		msg_put(ipc, msqid[HAND_OVER], 2, "text");
	child_join(pid);
	now = msg_state(msqid[HAND_OVER]);
	child_join(waiter);
	expect_between(before, kernel_time(), now.msg_stime);
	expect_between(before, kernel_time(), now.msg_rtime);
	want[HAND_OVER].msg_stime = now.msg_stime;
	want[HAND_OVER].msg_rtime = now.msg_rtime;
	want[HAND_OVER].msg_lspid = pid;
	want[HAND_OVER].msg_lrpid = waiter;
	msg_expect_same(&want[HAND_OVER], &now);
}

CHECK("msgctl.stat.eacces", LIBC | RAW, 0, "IPC_STAT needs read permission", "msgctl(2), EACCES")
{
	struct msqid_ds ds;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0200));

	drop_privileges();
	expect_errno(EACCES, ipc->msgctl(msqid, IPC_STAT, &ds));
}

/* ---- IPC_SET ----------------------------------------------------------------- */

CHECK("msgctl.set", LIBC, 0, "IPC_SET sets msg_qbytes and the nine permission bits",
      "msgctl(2), IPC_SET")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);

	ds.msg_qbytes = 77;
	ds.msg_perm.mode = 07000 | 0456;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	ds = msg_state(msqid);
	expect_eq(77, ds.msg_qbytes);
	expect_eq(0456, ds.msg_perm.mode);
}

CHECK("msgctl.set.others_ignored", LIBC, 0, "IPC_SET changes no other member", "msgctl(2), IPC_SET")
{
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	struct msqid_ds before = msg_state(msqid), ds;

	memset(&ds, 1, sizeof(ds));
	ds.msg_perm.uid = before.msg_perm.uid;
	ds.msg_perm.gid = before.msg_perm.gid;
	ds.msg_perm.mode = before.msg_perm.mode;
	ds.msg_qbytes = before.msg_qbytes;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	ds = msg_state(msqid);
	expect_between(before.msg_ctime, kernel_time(), ds.msg_ctime);
	before.msg_ctime = ds.msg_ctime;
	msg_expect_same(&before, &ds);
	expect_eq(msqid, ipc->msgget(check_key(0), 0));
}

CHECK("msgctl.set.ctime", LIBC, 0, "IPC_SET sets msg_ctime", "msgctl(2), IPC_SET")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);

	await_next_second();
	time_t before = kernel_time();
	must(ipc->msgctl(msqid, IPC_SET, &ds));
	expect_between(before, kernel_time(), msg_state(msqid).msg_ctime);
}

/* Makes a queue, and a state that would raise its msg_qbytes above msgmnb. */
static int raise_qbytes(const struct ipc_calls *ipc, struct msqid_ds *ds)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	*ds = msg_state(msqid);
	ds->msg_qbytes = (unsigned long)get_limit("msgmnb") + 1;
	return msqid;
}

CHECK("msgctl.set.qbytes_eperm", LIBC, NEED_PROC,
      "without CAP_SYS_RESOURCE, msg_qbytes cannot be raised above msgmnb", "msgctl(2), EPERM")
{
	struct msqid_ds ds;
	int msqid = raise_qbytes(ipc, &ds);

	drop_privileges();
	expect_errno(EPERM, ipc->msgctl(msqid, IPC_SET, &ds));
	ds.msg_qbytes--;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
}

CHECK("msgctl.set.qbytes_no_sys_resource", LIBC, NEED_PROC,
      "without CAP_SYS_RESOURCE, all other capabilities do not permit msg_qbytes above msgmnb",
      "msgctl(2), EPERM; capabilities(7), CAP_SYS_RESOURCE")
{
	struct msqid_ds ds;
	int msqid = raise_qbytes(ipc, &ds);

	give_up(CAP_SYS_RESOURCE);
	expect_errno(EPERM, ipc->msgctl(msqid, IPC_SET, &ds));
	expect(msg_state(msqid).msg_qbytes < ds.msg_qbytes);
}

CHECK("msgctl.set.qbytes_privileged", LIBC, NEED_PROC,
      "CAP_SYS_RESOURCE alone permits msg_qbytes above msgmnb",
      "msgctl(2), IPC_SET; capabilities(7), CAP_SYS_RESOURCE")
{
	struct msqid_ds ds;
	int msqid = raise_qbytes(ipc, &ds);

	/* The capability in a user namespace is not enough. */
	if (!may_raise_limits())
		skip("no CAP_SYS_RESOURCE");
	keep_only(CAP_SYS_RESOURCE);
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	expect_eq(ds.msg_qbytes, msg_state(msqid).msg_qbytes);
}

CHECK("msgctl.set.receiver_looks_again", LIBC | RAW, 0,
      "every blocked receiver fails if IPC_SET takes its permission away",
      "ipc/msg.c, msgctl_down: \"sleeping receivers might be excluded\"")
{
	enum { RECEIVERS = 3 };
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid[RECEIVERS];

	for (int i = 0; i < RECEIVERS; i++) {
		CHILD (pid[i]) {
			struct message got;
			drop_privileges();
			expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, i, 0));
		}
		await_blocked(pid[i]);
	}
	ds.msg_perm.mode = 0200;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	for (int i = 0; i < RECEIVERS; i++)
		child_join(pid[i]);
}

/* ---- IPC_RMID ---------------------------------------------------------------- */

CHECK("msgctl.rmid", LIBC | RAW, 0, "IPC_RMID removes a queue and its key", "msgctl(2), IPC_RMID")
{
	struct msqid_ds ds;
	struct message got;
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));

	must(ipc->msgsnd(msqid, &message, TEXT, 0));
	expect_eq(0, ipc->msgctl(msqid, IPC_RMID, NULL));
	expect_errno(ENOENT, ipc->msgget(check_key(0), 0));
	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgctl(msqid, IPC_STAT, &ds));
	expect_errno(EINVAL, ipc->msgctl(msqid, IPC_RMID, NULL));
}

/* ---- errors -------------------------------------------------------------------- */

CHECK("msgctl.einval_id", LIBC | RAW, 0, "commands fail with EINVAL if no queue has the id",
      "msgctl(2), EINVAL")
{
	static const int commands[] = {IPC_STAT, IPC_SET, IPC_RMID};
	struct msqid_ds ds = {.msg_qbytes = 1};
	int removed = must(ipc->msgget(IPC_PRIVATE, 0600));

	must(libc_calls.msgctl(removed, IPC_RMID, NULL));
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		expect_errno(EINVAL, ipc->msgctl(-1, commands[i], &ds));
		expect_errno(EINVAL, ipc->msgctl(removed, commands[i], &ds));
	}
}

CHECK("msgctl.einval_command", LIBC | RAW, 0, "an unknown command fails with EINVAL",
      "msgctl(2), EINVAL")
{
	/* The commands of other facilities are unknown here. */
	static const int commands[] = {-1, 99, SEM_STAT, SHM_INFO};
	struct msqid_ds ds = {.msg_qbytes = 1};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		expect_errno(EINVAL, ipc->msgctl(msqid, commands[i], &ds));
}

CHECK("msgctl.eperm", LIBC | RAW, NEED_USERS,
      "only owner and creator may use IPC_SET and IPC_RMID, whatever the mode", "msgctl(2), EPERM")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0666));
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_errno(EPERM, ipc->msgctl(msqid, IPC_SET, &ds));
		expect_errno(EPERM, ipc->msgctl(msqid, IPC_RMID, NULL));
	}
	child_join(pid);
	msg_state(msqid);
}

CHECK("msgctl.efault", RAW, 0, "msgctl fails with EFAULT if buf is not mapped", "msgctl(2), EFAULT")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	void *nowhere = memory_end();

	expect_errno(EFAULT, ipc->msgctl(msqid, IPC_STAT, nowhere));
	expect_errno(EFAULT, ipc->msgctl(msqid, IPC_SET, nowhere));
}

CHECK("msgctl.rmid.counts", LIBC | RAW, NEED_NAMESPACE,
      "removing a queue reduces MSG_INFO's counts by its messages and bytes, and by no others",
      "msgctl(2), MSG_INFO; ipc/msg.c, freeque")
{
	int kept = must(ipc->msgget(IPC_PRIVATE, 0600)), removed;
	struct msginfo info;

	msg_put(ipc, kept, 1, "four");
	msg_put(ipc, kept, 2, "");
	for (int i = 0; i < 3; i++) {
		removed = must(ipc->msgget(IPC_PRIVATE, 0600));
		msg_put(ipc, removed, 1, "five.");
		msg_put(ipc, removed, 2, "sixsix");
		msg_put(ipc, removed, 3, "");
		must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
		expect_eq(2, info.msgpool);
		expect_eq(2 + 3, info.msgmap);
		expect_eq(4 + 11, info.msgtql);
		expect_eq(0, ipc->msgctl(removed, IPC_RMID, NULL));
		must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
		expect_eq(1, info.msgpool);
		expect_eq(2, info.msgmap);
		expect_eq(4, info.msgtql);
	}
}

CHECK("msgctl.set.qbytes_again", LIBC, NEED_LIMITS,
      "without privilege msg_qbytes above msgmnb fails, even if the queue has that value already",
      "msgctl(2), EPERM; ipc/msg.c, msgctl_down")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);

	ds.msg_qbytes = 100;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	set_limit("msgmnb", "99");
	drop_privileges();
	expect_errno(EPERM, ipc->msgctl(msqid, IPC_SET, &ds));
	ds.msg_qbytes = 101;
	expect_errno(EPERM, ipc->msgctl(msqid, IPC_SET, &ds));
	/* The queue keeps its msg_qbytes until IPC_SET lowers it. */
	expect_eq(100, msg_state(msqid).msg_qbytes);
	ds.msg_qbytes = 99;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	expect_eq(99, msg_state(msqid).msg_qbytes);
}
