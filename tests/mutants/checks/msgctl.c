/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgctl. */
#include <string.h>
#include <unistd.h>

#include "mutants.h"

ON_MSGCTL(set_ignored, "IPC_SET does nothing")
{
	struct msqid_ds now;

	if (cmd == IPC_SET && t->real->msgctl(msqid, IPC_STAT, &now) == 0)
		return t->real->msgctl(msqid, IPC_SET, &now);
	return t->real->msgctl(msqid, cmd, buf);
}

/* IPC_SET of what is there, but for what this function says. */
static int set_but(const struct through *t, int msqid, int cmd, struct msqid_ds *buf,
		   void (*keep)(struct msqid_ds *new, const struct msqid_ds *now))
{
	struct msqid_ds now, new;

	if (cmd != IPC_SET || t->real->msgctl(msqid, IPC_STAT, &now) != 0)
		return t->real->msgctl(msqid, cmd, buf);
	new = *buf;
	keep(&new, &now);
	return t->real->msgctl(msqid, IPC_SET, &new);
}

static void keep_qbytes(struct msqid_ds *new, const struct msqid_ds *now)
{
	new->msg_qbytes = now->msg_qbytes;
}

static void keep_uid(struct msqid_ds *new, const struct msqid_ds *now)
{
	new->msg_perm.uid = now->msg_perm.uid;
}

static void keep_gid(struct msqid_ds *new, const struct msqid_ds *now)
{
	new->msg_perm.gid = now->msg_perm.gid;
}

static void keep_mode(struct msqid_ds *new, const struct msqid_ds *now)
{
	new->msg_perm.mode = now->msg_perm.mode;
}

ON_MSGCTL(set_not_qbytes, "IPC_SET does not set msg_qbytes")
{
	return set_but(t, msqid, cmd, buf, keep_qbytes);
}

ON_MSGCTL(set_not_uid, "IPC_SET does not set the owner")
{
	return set_but(t, msqid, cmd, buf, keep_uid);
}

ON_MSGCTL(set_not_gid, "IPC_SET does not set the group")
{
	return set_but(t, msqid, cmd, buf, keep_gid);
}

ON_MSGCTL(set_not_mode, "IPC_SET does not set the mode")
{
	return set_but(t, msqid, cmd, buf, keep_mode);
}

ON_MSGCTL(ctime_kept, "msg_ctime stays as it was first seen")
{
	static int seen = -1;
	static time_t ctime;
	int result = t->real->msgctl(msqid, cmd, buf);

	if (cmd != IPC_STAT || result == -1 || t->raw)
		return result;
	if (seen != msqid) {
		seen = msqid;
		ctime = buf->msg_ctime;
	}
	buf->msg_ctime = ctime;
	return result;
}

ON_MSGCTL(set_permission_unchecked, "any process may set and remove")
{
	return allowed(EPERM, t->real->msgctl(msqid, cmd, buf));
}

ON_MSGCTL(stat_permission_unchecked, "IPC_STAT and MSG_STAT do not ask for read permission")
{
	return allowed(EACCES, t->real->msgctl(msqid, cmd, buf));
}

ON_MSGCTL(rmid_ignored, "IPC_RMID does nothing")
{
	return cmd == IPC_RMID ? 0 : t->real->msgctl(msqid, cmd, buf);
}

ON_MSGCTL(command_unknown, "an unknown command succeeds")
{
	bool known = cmd == IPC_RMID || cmd == IPC_SET || cmd == IPC_STAT || cmd == IPC_INFO ||
		     cmd == MSG_STAT || cmd == MSG_INFO || cmd == MSG_STAT_ANY;

	return known ? t->real->msgctl(msqid, cmd, buf) : 0;
}

/* glibc bug 26639. */
ON_MSGCTL(info_swapped, "MSG_INFO gives what IPC_INFO does")
{
	return t->real->msgctl(msqid, cmd == MSG_INFO ? IPC_INFO : cmd, buf);
}

ON_MSGCTL(info_not_filled, "MSG_INFO fills nothing")
{
	struct msqid_ds other[2];

	return t->real->msgctl(msqid, cmd, cmd == MSG_INFO ? other : buf);
}

ON_MSGCTL(info_slot, "IPC_INFO and MSG_INFO give a slot that is one too high")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	return result != -1 && (cmd == IPC_INFO || cmd == MSG_INFO) ? result + 1 : result;
}

ON_MSGCTL(info_permission, "only root may ask for limits and use")
{
	return (cmd == IPC_INFO || cmd == MSG_INFO) && geteuid() != 0
		       ? fails(EPERM)
		       : t->real->msgctl(msqid, cmd, buf);
}

ON_MSGCTL(stat_without_id, "MSG_STAT and MSG_STAT_ANY return 0 and not the id")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	return result > 0 && (cmd == MSG_STAT || cmd == MSG_STAT_ANY) ? 0 : result;
}

ON_MSGCTL(stat_any_asks, "MSG_STAT_ANY asks for read permission")
{
	return t->real->msgctl(msqid, cmd == MSG_STAT_ANY ? MSG_STAT : cmd, buf);
}

ON_MSGCTL(stat_by_id, "MSG_STAT takes an id")
{
	int result = t->real->msgctl(msqid, cmd == MSG_STAT ? IPC_STAT : cmd, buf);

	return cmd == MSG_STAT && result == 0 ? msqid : result;
}

/* glibc bug 24570 and others. */
ON_MSGCTL(ipc_64, "libc hands IPC_64 to a kernel that does not know it")
{
	return t->real->msgctl(msqid, t->raw ? cmd : cmd | IPC_64, buf);
}

ON_MSGCTL(ipc_64_accepted, "a command with IPC_64 is taken where there is no such version")
{
	return t->real->msgctl(msqid, cmd & ~IPC_64, buf);
}

/* Kernel commits 469391684626, 553f770ef71b, c0ebccb6fa1e. */
ON_MSGCTL(padding, "what is behind the last member of IPC_STAT is not cleared")
{
	int result = t->real->msgctl(msqid, cmd, buf);
	const size_t end = offsetof(struct msqid_ds, msg_lrpid) + sizeof(buf->msg_lrpid);

	if (cmd == IPC_STAT && result == 0 && sizeof(long) == 8)
		memset((char *)buf + end, 0xa5, sizeof(*buf) - end);
	return result;
}

ON_MSGCTL(stat_too_long, "IPC_STAT writes a byte behind the structure")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	if (cmd == IPC_STAT && result == 0)
		((char *)buf)[sizeof(*buf)] = 0;
	return result;
}

ON_MSGCTL(stat_efault, "IPC_STAT to where no memory is succeeds")
{
	return allowed(EFAULT, t->real->msgctl(msqid, cmd, buf));
}
