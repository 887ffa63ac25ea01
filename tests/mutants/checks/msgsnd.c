/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgsnd. */
#include <stdlib.h>
#include <string.h>

#include "mutants.h"

struct message {
	long mtype;
	char mtext[];
};

/* Returns a copy of the call's message for a mutant to change; NULL if it cannot be read. */
static struct message *copy_of(const struct message *message, size_t msgsz)
{
	struct message *copy = msgsz < 1 << 20 ? malloc(sizeof(*copy) + msgsz) : NULL;

	if (copy && read_memory(copy, message, sizeof(*copy) + msgsz))
		return copy;
	free(copy);
	return NULL;
}

static int send_copy(const struct through *t, int msqid, struct message *copy, size_t msgsz,
		     int msgflg)
{
	int result = t->real->msgsnd(msqid, copy, msgsz, msgflg), error = errno;

	free(copy);
	errno = error;
	return result;
}

ON_MSGSND(type_zero, "a type below 1 is treated as 1")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	if (copy->mtype < 1)
		copy->mtype = 1;
	return send_copy(t, msqid, copy, msgsz, msgflg);
}

ON_MSGSND(type_cut, "the type is truncated to 31 bits")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	if (copy->mtype > 0)
		copy->mtype = copy->mtype & 0x3fffffff;
	return send_copy(t, msqid, copy, msgsz, msgflg);
}

ON_MSGSND(torn, "the end of a longer text is not copied")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	if (msgsz > 64)
		memset(copy->mtext + msgsz - 8, 0, 8);
	return send_copy(t, msqid, copy, msgsz, msgflg);
}

ON_MSGSND(second_page_lost, "the second page of a text is not copied")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	if (msgsz > 8192)
		memset(copy->mtext + 4096, 0, 4096);
	return send_copy(t, msqid, copy, msgsz, msgflg);
}

ON_MSGSND(ends_at_nul, "a text ends at its first zero byte")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	return send_copy(t, msqid, copy, strnlen(copy->mtext, msgsz), msgflg);
}

ON_MSGSND(last_byte_lost, "the last byte of a text is lost")
{
	return t->real->msgsnd(msqid, msgp, msgsz > 0 ? msgsz - 1 : 0, msgflg);
}

ON_MSGSND(byte_too_many, "the byte after the text is sent too")
{
	return t->real->msgsnd(msqid, msgp, msgsz + 1, msgflg);
}

ON_MSGSND(msgmax_one_less, "a text of msgmax bytes is refused")
{
	struct msginfo info;

	if (t->real->msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1 &&
	    msgsz == (size_t)info.msgmax)
		return fails(EINVAL);
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(msgmax_cuts, "a text above msgmax is truncated")
{
	struct msginfo info;

	if (t->real->msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1 &&
	    (ssize_t)msgsz > info.msgmax)
		msgsz = (size_t)info.msgmax;
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(size_sign, "a negative size is treated as 0")
{
	return t->real->msgsnd(msqid, msgp, (ssize_t)msgsz < 0 ? 0 : msgsz, msgflg);
}

ON_MSGSND(qbytes_one_less, "a message that would fill the queue exactly does not fit")
{
	struct msqid_ds ds;

	if (t->real->msgctl(msqid, IPC_STAT, &ds) == 0 && ds.__msg_cbytes + msgsz == ds.msg_qbytes)
		return fails(EAGAIN);
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(count_unlimited, "a message without text always fits")
{
	struct msqid_ds ds;
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == -1 && errno == EAGAIN && msgsz == 0 &&
	    t->real->msgctl(msqid, IPC_STAT, &ds) == 0) {
		ds.msg_qbytes++;
		t->real->msgctl(msqid, IPC_SET, &ds);
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	}
	return result;
}

ON_MSGSND(nowait_ignored, "IPC_NOWAIT is ignored")
{
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg & ~IPC_NOWAIT);
}

ON_MSGSND(never_waits, "a full queue refuses a message without IPC_NOWAIT")
{
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg | IPC_NOWAIT);
}

ON_MSGSND(restarted, "SA_RESTART starts a blocked sender again")
{
	int result;

	do
		result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	while (result == -1 && errno == EINTR);
	return result;
}

ON_MSGSND(efault_sends, "a text at an unmapped address is sent as an empty one")
{
	static const struct message empty = {.mtype = 1};
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == -1 && errno == EFAULT) {
		t->real->msgsnd(msqid, &empty, 0, IPC_NOWAIT);
		return fails(EFAULT);
	}
	return result;
}

ON_MSGSND(permission_unchecked, "write permission is not checked")
{
	return allowed(EACCES, t->real->msgsnd(msqid, msgp, msgsz, msgflg));
}

ON_MSGSND(doubled, "one message in five is sent twice")
{
	static unsigned sent;
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == 0 && ++sent % 5 == 0)
		t->real->msgsnd(msqid, msgp, msgsz, IPC_NOWAIT);
	return result;
}

ON_MSGSND(lost, "one message in five is not sent")
{
	static unsigned sent;

	return ++sent % 5 == 0 ? 0 : t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(wake_up_lost, "a blocked sender is not woken")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg | IPC_NOWAIT);

	if (result == -1 && errno == EAGAIN && !(msgflg & IPC_NOWAIT))
		return wait_in_vain(t);
	return result;
}

ON_MSGSND(efault_late, "a text whose later pages are not mapped is sent without them")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg), error = errno;
	struct message *copy = result == -1 && error == EFAULT && msgsz > 4096
				       ? copy_of(msgp, 4096 - sizeof(struct message))
				       : NULL;

	if (copy)
		return send_copy(t, msqid, copy, 4096 - sizeof(*copy), msgflg);
	errno = error;
	return result;
}
