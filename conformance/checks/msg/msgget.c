/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgget(2). */
#include "checks/common/objects.h"

CHECK("msgget.new_queue_fields", LIBC | RAW, NEED_NAMESPACE,
      "a new queue is empty, belongs to its creator, and may hold msgmnb bytes",
      "msgget(2), \"If a new message queue is created\"")
{
	time_t before = kernel_time();
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0640));

	const struct msqid_ds ds = msg_state(msqid);
	perm_expect_own(0640, &ds.msg_perm);
	expect_eq(0, ds.msg_qnum);
	expect_eq(0, ds.__msg_cbytes);
	expect_eq(0, ds.msg_lspid);
	expect_eq(0, ds.msg_lrpid);
	expect_eq(0, ds.msg_stime);
	expect_eq(0, ds.msg_rtime);
	expect_between(before, kernel_time(), ds.msg_ctime);
	expect_eq(get_limit("msgmnb"), ds.msg_qbytes);
}

CHECK("msgget.enospc", LIBC | RAW, NEED_NAMESPACE | NEED_LIMITS,
      "more queues than msgmni fail with ENOSPC, and removing one makes room", "msgget(2), ENOSPC")
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
