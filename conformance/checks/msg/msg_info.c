/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2): limits and use. */
#include <string.h>

#include "checks/common/objects.h"

static const struct message message = {1, "text"};

CHECK("msgctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO and MSG_INFO return the limits",
      "msgctl(2), IPC_INFO, MSG_INFO; proc(5)")
{
	static const int commands[] = {IPC_INFO, MSG_INFO};
	struct msginfo info;

	set_limit("msgmax", "1001");
	set_limit("msgmnb", "2002");
	set_limit("msgmni", "303");
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		memset(&info, 0xa5, sizeof(info));
		expect_eq(0, ipc->msgctl(0, commands[i], (struct msqid_ds *)&info));
		expect_eq(1001, info.msgmax);
		expect_eq(2002, info.msgmnb);
		expect_eq(303, info.msgmni);
	}
}

CHECK("msgctl.info.unused", LIBC | RAW, 0,
      "unused members of IPC_INFO and MSG_INFO have the values of the kernel's headers",
      "linux/msg.h; ipc/msg.c, msgctl_info")
{
	struct msginfo info;

	expect_ok(ipc->msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
	expect_eq(MSGPOOL, info.msgpool);
	expect_eq(MSGMAP, info.msgmap);
	expect_eq(MSGTQL, info.msgtql);
	expect_eq(MSGSSZ, info.msgssz);
	expect_eq(MSGSEG, info.msgseg);
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_eq(MSGSSZ, info.msgssz);
	expect_eq(MSGSEG, info.msgseg);
}

CHECK("msgctl.msg_info", LIBC | RAW, NEED_NAMESPACE,
      "MSG_INFO counts queues, messages and bytes, and returns the limits like IPC_INFO",
      "msgctl(2), MSG_INFO")
{
	struct msginfo info, limits;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	must(ipc->msgsnd(msqid, &message, TEXT, 0));
	must(ipc->msgsnd(msqid, &message, 3, 0));
	must(ipc->msgsnd(must(ipc->msgget(IPC_PRIVATE, 0600)), &message, 1, 0));
	memset(&info, 0xa5, sizeof(info));
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_eq(2, info.msgpool);
	expect_eq(3, info.msgmap);
	expect_eq(TEXT + 3 + 1, info.msgtql);
	must(ipc->msgctl(0, IPC_INFO, (struct msqid_ds *)&limits));
	expect_eq(limits.msgmax, info.msgmax);
	expect_eq(limits.msgmnb, info.msgmnb);
	expect_eq(limits.msgmni, info.msgmni);
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_eq(1, info.msgpool);
	expect_eq(1, info.msgmap);
	expect_eq(1, info.msgtql);
}

CHECK("msgctl.msg_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "MSG_INFO returns the sums of the rows in /proc/sysvipc/msg", "msgctl(2), MSG_INFO; proc(5)")
{
	struct msginfo info;
	long long messages = 0, bytes = 0;

	for (int i = 0; i < 3; i++) {
		int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
		for (int j = 0; j < i; j++)
			must(ipc->msgsnd(msqid, &message, 5, 0));
		messages += sysvipc("msg", msqid, "qnum");
		bytes += sysvipc("msg", msqid, "cbytes");
	}
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_eq(sysvipc_rows("msg"), info.msgpool);
	expect_eq(messages, info.msgmap);
	expect_eq(bytes, info.msgtql);
}
