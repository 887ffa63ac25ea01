/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgctl. */
#include "shared.h"

ON_MSGCTL(set_ignored, "IPC_SET does nothing")
{
	struct msqid_ds now;

	if (cmd == IPC_SET && t->real->msgctl(msqid, IPC_STAT, &now) == 0)
		return t->real->msgctl(msqid, IPC_SET, &now);
	return t->real->msgctl(msqid, cmd, buf);
}

#define AS(CMD) t->real->msgctl(msqid, CMD, buf)
#define GIVEN buf
#define CONTROL(CMD, DS) t->real->msgctl(msqid, CMD, DS)
CONTROL_MUTANTS(ON_MSGCTL, msqid_ds, MSG, msg, msqid, msg_lrpid, "any process may set and remove")

SET_WITHOUT(ON_MSGCTL, msqid_ds, set_not_qbytes, "IPC_SET does not set msg_qbytes", msg_qbytes)

ON_MSGCTL(stat_permission_unchecked, "IPC_STAT and MSG_STAT do not need read permission")
{
	return allowed(EACCES, t->real->msgctl(msqid, cmd, buf));
}

ON_MSGCTL(command_unknown, "an unknown command succeeds")
{
	bool known = cmd == IPC_RMID || cmd == IPC_SET || cmd == IPC_STAT || cmd == IPC_INFO ||
		     cmd == MSG_STAT || cmd == MSG_INFO || cmd == MSG_STAT_ANY;

	return known ? t->real->msgctl(msqid, cmd, buf) : 0;
}

/* glibc bug 26639. */
ON_MSGCTL(info_swapped, "MSG_INFO returns the data of IPC_INFO")
{
	return t->real->msgctl(msqid, cmd == MSG_INFO ? IPC_INFO : cmd, buf);
}

ON_MSGCTL(info_not_filled, "MSG_INFO fills nothing")
{
	struct msqid_ds other[2];

	return t->real->msgctl(msqid, cmd, cmd == MSG_INFO ? other : buf);
}

ON_MSGCTL(stat_too_long, "IPC_STAT writes a byte after the structure")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		((char *)buf)[sizeof(*buf)] = 0;
	return result;
}

ON_MSGCTL(stat_efault, "IPC_STAT to an unmapped address succeeds")
{
	return allowed(EFAULT, t->real->msgctl(msqid, cmd, buf));
}

ON_MSGCTL(msg_info_defaults, "MSG_INFO returns the limits that a new namespace has")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	if (result != -1 && cmd == MSG_INFO) {
		struct msginfo *info = (struct msginfo *)(void *)buf;
		info->msgmni = MSGMNI;
		info->msgmax = MSGMAX;
		info->msgmnb = MSGMNB;
	}
	return result;
}

ON_MSGCTL(counts_short, "IPC_STAT truncates msg_qnum and msg_cbytes to 16 bits")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	if (result == 0 && cmd == IPC_STAT) {
		buf->msg_qnum = (unsigned short)buf->msg_qnum;
		buf->__msg_cbytes = (unsigned short)buf->__msg_cbytes;
	}
	return result;
}
