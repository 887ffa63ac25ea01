/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of msgrcv. */
#include <limits.h>
#include <stdlib.h>

#include "mutants.h"

struct message {
	long mtype;
	char mtext[];
};

ON_MSGRCV(type_ignored, "the type is ignored: the first message is received")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgflg & MSG_COPY ? msgtyp : 0, msgflg);
}

/* The type of the message at an index, or 0. */
static long type_at(const struct through *t, int msqid, int place)
{
	static struct {
		long mtype;
		char mtext[8192];
	} message;

	return t->real->msgrcv(msqid, &message, sizeof(message.mtext), place,
			       MSG_COPY | IPC_NOWAIT) == -1
		       ? 0
		       : message.mtype;
}

ON_MSGRCV(negative_takes_first, "a negative type takes the first message up to its absolute value")
{
	long type;

	if (msgtyp >= 0 || msgtyp == LONG_MIN || msgflg & MSG_COPY)
		return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	for (int place = 0; (type = type_at(t, msqid, place)) != 0; place++)
		if (type <= -msgtyp)
			return t->real->msgrcv(msqid, msgp, msgsz, type, msgflg);
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
}

ON_MSGRCV(negative_one_less, "a negative type does not take its absolute value")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp < -1 ? msgtyp + 1 : msgtyp, msgflg);
}

ON_MSGRCV(negative_one_more, "a negative type takes one above its absolute value")
{
	bool negative = msgtyp < 0 && msgtyp > LONG_MIN && !(msgflg & MSG_COPY);

	return t->real->msgrcv(msqid, msgp, msgsz, negative ? msgtyp - 1 : msgtyp, msgflg);
}

/* Kernel commit 999898355e08: -LONG_MIN is LONG_MIN. */
ON_MSGRCV(long_min, "type LONG_MIN takes no message")
{
	if (msgtyp == LONG_MIN && !(msgflg & MSG_COPY))
		return msgflg & IPC_NOWAIT ? fails(ENOMSG) : wait_in_vain(t);
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
}

/* Kernel commit e7ca2552369c. */
ON_MSGRCV(zero_extended, "a negative type is treated as an unsigned int")
{
	return t->real->msgrcv(msqid, msgp, msgsz,
			       sizeof(long) == 8 ? (long)(unsigned)msgtyp : msgtyp & LONG_MAX,
			       msgflg);
}

ON_MSGRCV(type_cut, "a type is truncated to 31 bits")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp > 0 ? msgtyp & 0x3fffffff : msgtyp,
			       msgflg);
}

ON_MSGRCV(last_of_type, "the second message of a type comes before the first")
{
	struct message *first = malloc(sizeof(*first) + 65536);
	long type = msgtyp > 0 && !(msgflg & (MSG_EXCEPT | MSG_COPY)) ? msgtyp : 0;
	ssize_t length = -1, result;

	if (first && !(msgflg & MSG_COPY) && (msgtyp > 0 || (type = type_at(t, msqid, 0)) > 0) &&
	    msgtyp >= 0 && !(msgflg & MSG_EXCEPT))
		length = t->real->msgrcv(msqid, first, 65536, type, IPC_NOWAIT);
	result = t->real->msgrcv(msqid, msgp, msgsz, length == -1 ? msgtyp : type,
				 length == -1 ? msgflg : msgflg | IPC_NOWAIT);
	int error = errno;
	if (length != -1) {
		t->real->msgsnd(msqid, first, (size_t)length, IPC_NOWAIT);
		if (result == -1 && error == ENOMSG) {
			result = t->real->msgrcv(msqid, msgp, msgsz, type, msgflg);
			error = errno;
		}
	}
	free(first);
	errno = error;
	return result;
}

ON_MSGRCV(except_ignored, "MSG_EXCEPT is ignored")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_EXCEPT);
}

ON_MSGRCV(e2big_loses, "a text that is longer than msgsz is lost")
{
	static char rest[70000];
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && errno == E2BIG) {
		t->real->msgrcv(msqid, rest, sizeof(rest) - sizeof(long), msgtyp,
				msgflg | MSG_NOERROR);
		return fails(E2BIG);
	}
	return result;
}

ON_MSGRCV(e2big_cuts, "a longer text is truncated without MSG_NOERROR")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg | MSG_NOERROR);
}

ON_MSGRCV(noerror_ignored, "MSG_NOERROR is ignored")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_NOERROR);
}

ON_MSGRCV(noerror_keeps_rest, "the bytes that MSG_NOERROR removes stay in the queue")
{
	static const struct message rest = {.mtype = 1};
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_NOERROR);

	if (result == -1 && errno == E2BIG && msgflg & MSG_NOERROR) {
		result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
		t->real->msgsnd(msqid, &rest, 0, IPC_NOWAIT);
	}
	return result;
}

ON_MSGRCV(byte_too_many, "a byte is written after the text")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && (size_t)result < msgsz)
		((struct message *)msgp)->mtext[result] = 0;
	return result;
}

ON_MSGRCV(noerror_byte_too_many, "a byte is written after a truncated text")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && (size_t)result == msgsz && msgflg & MSG_NOERROR)
		((struct message *)msgp)->mtext[result] = 0;
	return result;
}

/* The wrapper that SWIG made declared mtext[1]. */
ON_MSGRCV(one_byte, "only one byte of a text arrives")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	return result > 1 ? 1 : result;
}

ON_MSGRCV(length_of_all, "the length includes the type")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	return result == -1 ? -1 : result + (ssize_t)sizeof(long);
}

ON_MSGRCV(type_not_written, "the type does not arrive")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1)
		((struct message *)msgp)->mtype = 0;
	return result;
}

ON_MSGRCV(efault_keeps, "a message stays in the queue if the receiver's buffer is not mapped")
{
	static struct {
		long mtype;
		char mtext[8192];
	} first;
	ssize_t length =
		t->real->msgrcv(msqid, &first, sizeof(first.mtext), 0, MSG_COPY | IPC_NOWAIT);
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result == -1 && errno == EFAULT && length != -1) {
		t->real->msgsnd(msqid, &first, (size_t)length, IPC_NOWAIT);
		return fails(EFAULT);
	}
	return result;
}

/* QEMU commit 99874f65526e. */
ON_MSGRCV(size_sign, "a negative size is treated as a large one")
{
	return t->real->msgrcv(msqid, msgp, (ssize_t)msgsz < 0 ? 8 : msgsz, msgtyp, msgflg);
}

ON_MSGRCV(above_msgmax, "a size above msgmax is refused")
{
	struct msginfo info;

	if (t->real->msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1 &&
	    msgsz > (size_t)info.msgmax)
		return fails(EINVAL);
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
}

ON_MSGRCV(nowait_ignored, "IPC_NOWAIT is ignored")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg : msgflg & ~IPC_NOWAIT);
}

ON_MSGRCV(never_waits, "an empty queue fails without IPC_NOWAIT")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg : msgflg | IPC_NOWAIT);
}

ON_MSGRCV(restarted, "SA_RESTART starts a blocked receiver again")
{
	ssize_t result;

	do
		result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	while (result == -1 && errno == EINTR);
	return result;
}

ON_MSGRCV(permission_unchecked, "read permission is not checked")
{
	return allowed(EACCES, (int)t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg));
}

ON_MSGRCV(wake_up_lost, "a blocked receiver is not woken")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg | IPC_NOWAIT);

	if (result == -1 && errno == ENOMSG && !(msgflg & IPC_NOWAIT))
		return wait_in_vain(t);
	return result;
}

ON_MSGRCV(doubled, "one message in five is received, but stays in the queue")
{
	static unsigned received;
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && !(msgflg & MSG_COPY) && ++received % 5 == 0)
		t->real->msgsnd(msqid, msgp, (size_t)result, IPC_NOWAIT);
	return result;
}

ON_MSGRCV(copy_removes, "MSG_COPY removes the message")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	long rest[8];

	if (result != -1 && msgflg & MSG_COPY)
		t->real->msgrcv(msqid, rest, sizeof(rest) - sizeof(long), 0,
				IPC_NOWAIT | MSG_NOERROR);
	return result;
}

ON_MSGRCV(copy_by_type, "MSG_COPY treats its index as a type")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_COPY);

	if (result != -1 && msgflg & MSG_COPY)
		t->real->msgsnd(msqid, msgp, (size_t)result, IPC_NOWAIT);
	return result;
}

ON_MSGRCV(copy_from_one, "MSG_COPY counts messages from 1")
{
	return t->real->msgrcv(msqid, msgp, msgsz,
			       msgflg & MSG_COPY && msgtyp > 0 ? msgtyp - 1 : msgtyp, msgflg);
}

ON_MSGRCV(copy_negative, "MSG_COPY treats a negative index as 0")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgflg & MSG_COPY && msgtyp < 0 ? 0 : msgtyp,
			       msgflg);
}

ON_MSGRCV(copy_waits, "MSG_COPY works without IPC_NOWAIT")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg | IPC_NOWAIT : msgflg);
}

ON_MSGRCV(copy_with_except, "MSG_COPY works with MSG_EXCEPT")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg & ~MSG_EXCEPT : msgflg);
}

ON_MSGRCV(copy_cuts, "MSG_COPY truncates a longer text")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg | MSG_NOERROR : msgflg);
}

ON_MSGRCV(copy_is_a_receipt, "MSG_COPY of a queue that may not be read finds no message")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	return result == -1 && errno == EACCES && msgflg & MSG_COPY ? fails(ENOMSG) : result;
}

ON_MSGRCV(efault_late, "pages of a text after the first that cannot be written are left out")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	char first[4096];

	if (result == -1 && errno == EFAULT && msgsz > sizeof(first))
		return read_memory(first, msgp, sizeof(first)) ? (ssize_t)msgsz : fails(EFAULT);
	return result;
}

ON_MSGRCV(wait_size_cut, "a receiver that waits has room for the lower half of its size")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg | IPC_NOWAIT);

	if (result != -1 || errno != ENOMSG || msgflg & IPC_NOWAIT)
		return result;
	return t->real->msgrcv(msqid, msgp, msgsz & SIZE_MAX >> sizeof(size_t) * 4, msgtyp, msgflg);
}
