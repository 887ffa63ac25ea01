/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2). */
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "checks/common/objects.h"

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
      "a blocked receiver fails if IPC_SET takes its permission away",
      "ipc/msg.c, msgctl_down: \"sleeping receivers might be excluded\"")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	pid_t pid;

	CHILD (pid) {
		struct message got;
		drop_privileges();
		expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	}
	await_blocked(pid);
	ds.msg_perm.mode = 0200;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	child_join(pid);
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
