/* msgget(2). */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "conform.h"

CHECK("msgget.existing_key", LIBC | RAW, 0, "a key that has a queue gives that queue's id",
      "msgget(2)")
{
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));

	expect_eq(msqid, ipc->msgget(check_key(0), 0));
	expect_eq(msqid, ipc->msgget(check_key(0), IPC_CREAT | 0600));
}

CHECK("msgget.private_always_new", LIBC | RAW, 0, "IPC_PRIVATE makes a new queue each time",
      "msgget(2)")
{
	int first = must(ipc->msgget(IPC_PRIVATE, 0600));
	int second = must(ipc->msgget(IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600));

	expect(first != second);
}

CHECK("msgget.new_queue_fields", LIBC | RAW, NEED_NAMESPACE,
      "a new queue is empty, unused, owned by its maker, and may hold msgmnb bytes",
      "msgget(2), \"If a new message queue is created\"")
{
	struct msqid_ds ds;
	time_t before = kernel_time();
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0640));

	must(libc_calls.msgctl(msqid, IPC_STAT, &ds));
	expect_eq(check_key(0), ds.msg_perm.__key);
	expect_eq(0640, ds.msg_perm.mode);
	expect_eq(geteuid(), ds.msg_perm.uid);
	expect_eq(geteuid(), ds.msg_perm.cuid);
	expect_eq(getegid(), ds.msg_perm.gid);
	expect_eq(getegid(), ds.msg_perm.cgid);
	expect_eq(0, ds.msg_qnum);
	expect_eq(0, ds.__msg_cbytes);
	expect_eq(0, ds.msg_lspid);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(0, ds.msg_stime);
	expect_eq(0, ds.msg_rtime);
	expect_between(before, kernel_time(), ds.msg_ctime);
	expect_eq(get_limit("msgmnb"), ds.msg_qbytes);
}

CHECK("msgget.mode_bits", LIBC | RAW, 0,
      "of the flags a new queue keeps the nine permission bits and no others", "msgget(2)")
{
	/* Each with read permission, which IPC_STAT asks for. */
	static const int modes[] = {0400, 0444, 0622, 0751, 0777};
	struct msqid_ds ds;

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int flags = IPC_CREAT | IPC_EXCL | IPC_NOWAIT | modes[i];
		int msqid = must(ipc->msgget(check_key(i), flags));

		must(libc_calls.msgctl(msqid, IPC_STAT, &ds));
		expect_eq(modes[i], ds.msg_perm.mode);
	}
}

CHECK("msgget.id_not_reused", LIBC | RAW, 0,
      "the id of a queue that was removed is not that of the next one",
      "ipc/util.h, ipc_checkid: the sequence number of the slot")
{
	int removed = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));

	must(libc_calls.msgctl(removed, IPC_RMID, NULL));
	expect(must(ipc->msgget(check_key(0), IPC_CREAT | 0600)) != removed);
	expect_errno(EINVAL, libc_calls.msgctl(removed, IPC_RMID, NULL));
}

CHECK("msgget.eexist", LIBC | RAW, 0, "IPC_CREAT | IPC_EXCL of a key that has a queue fails",
      "msgget(2), EEXIST")
{
	must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	expect_errno(EEXIST, ipc->msgget(check_key(0), IPC_CREAT | IPC_EXCL | 0600));
}

CHECK("msgget.enoent", LIBC | RAW, 0, "a key without a queue fails unless IPC_CREAT is there",
      "msgget(2), ENOENT")
{
	expect_errno(ENOENT, ipc->msgget(check_key(0), 0600));
	expect_errno(ENOENT, ipc->msgget(check_key(0), IPC_EXCL | 0600));
}

CHECK("msgget.eacces", LIBC | RAW, NEED_USERS,
      "asking for read, write or both as a user who may not fails", "msgget(2), EACCES")
{
	static const int denied[] = {0400, 0200, 0600, 0004, 0002, 0006};
	pid_t pid;

	must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	CHILD (pid) {
		become(NOBODY, NOBODY);
		for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
			expect_errno(EACCES, ipc->msgget(check_key(0), denied[i]));
		/* Asking for nothing is granted to everyone. */
		expect_ok(ipc->msgget(check_key(0), 0));
	}
	child_join(pid);
}

CHECK("msgget.enospc", LIBC | RAW, NEED_NAMESPACE | NEED_LIMITS,
      "more queues than msgmni are refused, and one less makes room", "msgget(2), ENOSPC")
{
	int msqid;

	set_limit("msgmni", "2");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_errno(ENOSPC, ipc->msgget(IPC_PRIVATE, 0600));
	expect_errno(ENOSPC, ipc->msgget(check_key(0), IPC_CREAT | 0600));
	must(libc_calls.msgctl(msqid, IPC_RMID, NULL));
	expect_ok(ipc->msgget(IPC_PRIVATE, 0600));
}

CHECK("msgget.next_id", LIBC | RAW, NEED_NEXT_ID,
      "msg_next_id is the next queue's id, once, and then -1 again",
      "proc(5); Documentation/admin-guide/sysctl/kernel.rst, msg_next_id")
{
	/* The slot is the low 15 bits: a free one, and any sequence number. */
	set_limit("msg_next_id", "65541");
	expect_eq(65541, ipc->msgget(IPC_PRIVATE, 0600));
	expect_eq(-1, get_limit("msg_next_id"));
	expect(ipc->msgget(IPC_PRIVATE, 0600) != 65541);
}

CHECK("msgget.next_id_taken", LIBC | RAW, NEED_NEXT_ID,
      "a msg_next_id that a queue has gives another id", "ipc/util.c, ipc_idr_alloc")
{
	char taken[16];
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	snprintf(taken, sizeof(taken), "%d", msqid);
	set_limit("msg_next_id", taken);
	int other = must(ipc->msgget(IPC_PRIVATE, 0600));
	expect(other != msqid);
	expect_ok(libc_calls.msgctl(msqid, IPC_RMID, NULL));
}

CHECK("msgget.namespace", LIBC | RAW, NEED_NAMESPACE,
      "in another IPC namespace the same key has another queue", "ipc_namespaces(7)")
{
	struct msqid_ds ds;
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	pid_t pid;

	CHILD (pid) {
		must(unshare(CLONE_NEWIPC));
		expect_errno(ENOENT, ipc->msgget(check_key(0), 0));
		int other = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
		must(libc_calls.msgctl(other, IPC_RMID, NULL));
	}
	child_join(pid);
	expect_ok(libc_calls.msgctl(msqid, IPC_STAT, &ds));
}
