/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgget. */
#include <limits.h>
#include <unistd.h>

#include "mutants.h"

ON_MSGGET(existing_ignored, "a key that has a queue gets a new one")
{
	return t->real->msgget(msgflg & IPC_CREAT ? IPC_PRIVATE : key, msgflg);
}

ON_MSGGET(excl_alone_refused, "IPC_EXCL without IPC_CREAT refuses a key that has a queue")
{
	int result = t->real->msgget(key, msgflg);

	return result != -1 && (msgflg & (IPC_CREAT | IPC_EXCL)) == IPC_EXCL ? fails(EEXIST)
									     : result;
}

ON_MSGGET(seq_lost, "an id is the slot alone")
{
	int result = t->real->msgget(key, msgflg);

	return result == -1 ? -1 : result % (1 << 15);
}

ON_MSGGET(excl_ignored, "IPC_EXCL is ignored")
{
	return t->real->msgget(key, msgflg & ~IPC_EXCL);
}

ON_MSGGET(creat_unasked, "a queue is made without IPC_CREAT")
{
	return t->real->msgget(key, msgflg | IPC_CREAT);
}

ON_MSGGET(private_is_a_key, "IPC_PRIVATE is a key as others")
{
	return key == IPC_PRIVATE ? t->real->msgget(INT_MAX, (msgflg & ~IPC_EXCL) | IPC_CREAT)
				  : t->real->msgget(key, msgflg);
}

ON_MSGGET(mode_lost, "a new queue has no permission for its group")
{
	return t->real->msgget(key, msgflg & ~070);
}

ON_MSGGET(permission_unchecked, "the permission that is asked for is not looked at")
{
	int result = t->real->msgget(key, msgflg);

	return result == -1 && errno == EACCES ? t->real->msgget(key, msgflg & ~0777) : result;
}

ON_MSGGET(permission_of_none, "a user without any permission is refused though none is asked for")
{
	return msgflg == 0 && geteuid() != 0 ? fails(EACCES) : t->real->msgget(key, msgflg);
}

/* The queues there are, and how many may be. */
static bool queues(const struct through *t, int *used, int *limit)
{
	struct msginfo info, limits;

	if (t->real->msgctl(0, MSG_INFO, (struct msqid_ds *)&info) == -1 ||
	    t->real->msgctl(0, IPC_INFO, (struct msqid_ds *)&limits) == -1)
		return false;
	*used = info.msgpool;
	*limit = limits.msgmni;
	return true;
}

ON_MSGGET(limit_one_less, "one queue less than msgmni can be had")
{
	int used, limit, result = t->real->msgget(key, msgflg);

	if (result != -1 && queues(t, &used, &limit) && used >= limit) {
		t->real->msgctl(result, IPC_RMID, NULL);
		return fails(ENOSPC);
	}
	return result;
}

ON_MSGGET(limit_kept, "a queue that was removed still counts")
{
	static int made;
	int used, limit;

	if (key == IPC_PRIVATE && queues(t, &used, &limit) && ++made > limit)
		return fails(ENOSPC);
	return t->real->msgget(key, msgflg);
}

ON_MSGGET(next_id_other, "the sequence number of msg_next_id is not taken")
{
	spoil_next_id("msg");
	return t->real->msgget(key, msgflg);
}

/* Of this process: the queue that it removed last. */
static int removed = -1;

static int note_removed(const struct through *t, int msqid, int cmd, struct msqid_ds *buf)
{
	int result = t->real->msgctl(msqid, cmd, buf);

	if (cmd == IPC_RMID && result == 0)
		removed = msqid;
	return result;
}

static int reuse_removed(const struct through *t, key_t key, int msgflg)
{
	if (removed != -1)
		write_next_id("msg", removed);
	return t->real->msgget(key, msgflg);
}

MUTANT(sequence_mutant, "msgget.sequence_reused", "the id of a removed queue is given again",
       .msgget = reuse_removed, .msgctl = note_removed);
