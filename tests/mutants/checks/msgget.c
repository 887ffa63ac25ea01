/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgget. */
#include <unistd.h>

#include "shared.h"

#define GET(KEY, FLAGS) t->real->msgget(KEY, FLAGS)
GET_MUTANTS(ON_MSGGET, "queue", msgflg)

ON_MSGGET(permission_of_none, "msgget with flags 0 fails with EACCES for a user other than root")
{
	return msgflg == 0 && geteuid() != 0 ? fails(EACCES) : t->real->msgget(key, msgflg);
}

/* Reads the number of queues and its limit. */
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

ON_MSGGET(limit_one_less, "the limit msgmni is one too low")
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

ON_MSGGET(next_id_other, "the sequence number of msg_next_id is not used")
{
	spoil_next_id("msg");
	return t->real->msgget(key, msgflg);
}

/* The queue that this process removed last. */
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

MUTANT(sequence_mutant, "msgget.sequence_reused", "the id of a removed queue is reused at once",
       .msgget = reuse_removed, .msgctl = note_removed);

ON_MSGGET(lowest_slot, "a new queue takes the lowest slot that is free")
{
	static int sequence;
	struct msqid_ds ds;
	int slot = 0;

	while (key == IPC_PRIVATE && t->real->msgctl(slot, MSG_STAT, &ds) != -1)
		slot++;
	if (key == IPC_PRIVATE)
		write_next_id("msg", ++sequence << 15 | slot);
	return t->real->msgget(key, msgflg);
}

ON_MSGGET(sequence_short, "sequence numbers end at the largest short")
{
	int result = t->real->msgget(key, msgflg);

	/* As an id is computed from a sequence number below 0. */
	return result >> 15 > SHRT_MAX ? fails(ENOSPC) : result;
}
