/* Faults of message queues. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

/* ---- msgget ------------------------------------------------------------------- */

ON_MSGGET(existing_ignored, "a key that has a queue gets a new one")
{
	return t->real->msgget(msgflg & IPC_CREAT ? IPC_PRIVATE : key, msgflg);
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

FAULT(sequence_fault, "msgget.sequence_reused", "the id of a removed queue is given again",
      .msgget = reuse_removed, .msgctl = note_removed);

/* ---- msgsnd ------------------------------------------------------------------- */

struct message {
	long mtype;
	char mtext[];
};

/* The message of a call, to be changed; NULL where it cannot be read. */
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

ON_MSGSND(type_zero, "a type below 1 is taken for 1")
{
	struct message *copy = copy_of(msgp, msgsz);

	if (!copy)
		return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	if (copy->mtype < 1)
		copy->mtype = 1;
	return send_copy(t, msqid, copy, msgsz, msgflg);
}

ON_MSGSND(type_cut, "the type is cut to 31 bits")
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

ON_MSGSND(byte_too_many, "a byte is sent that is behind the text")
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

ON_MSGSND(msgmax_cuts, "a text above msgmax is cut")
{
	struct msginfo info;

	if (t->real->msgctl(0, IPC_INFO, (struct msqid_ds *)&info) != -1 &&
	    (ssize_t)msgsz > info.msgmax)
		msgsz = (size_t)info.msgmax;
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(size_sign, "a negative size is taken for 0")
{
	return t->real->msgsnd(msqid, msgp, (ssize_t)msgsz < 0 ? 0 : msgsz, msgflg);
}

ON_MSGSND(qbytes_one_less, "a message that fills the queue has no room")
{
	struct msqid_ds ds;

	if (t->real->msgctl(msqid, IPC_STAT, &ds) == 0 && ds.__msg_cbytes + msgsz == ds.msg_qbytes)
		return fails(EAGAIN);
	return t->real->msgsnd(msqid, msgp, msgsz, msgflg);
}

ON_MSGSND(count_unlimited, "messages without text have always room")
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

ON_MSGSND(efault_sends, "a text that is not in memory is sent as none")
{
	static const struct message empty = {.mtype = 1};
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == -1 && errno == EFAULT) {
		t->real->msgsnd(msqid, &empty, 0, IPC_NOWAIT);
		return fails(EFAULT);
	}
	return result;
}

ON_MSGSND(permission_unchecked, "write permission is not asked for")
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

/* A wait that nobody ends: on a queue of its own. */
static ssize_t wait_in_vain(const struct through *t)
{
	struct {
		long mtype;
		char mtext[1];
	} never;

	return t->real->msgrcv(t->real->msgget(IPC_PRIVATE, 0600), &never, 1, 0, 0);
}

ON_MSGSND(wake_up_lost, "a blocked sender is not woken")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg | IPC_NOWAIT);

	if (result == -1 && errno == EAGAIN && !(msgflg & IPC_NOWAIT))
		return (int)wait_in_vain(t);
	return result;
}

/* ---- msgrcv ------------------------------------------------------------------- */

ON_MSGRCV(type_ignored, "whatever the type, the first message comes")
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

ON_MSGRCV(negative_takes_first, "a negative type takes the first message up to it")
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
ON_MSGRCV(zero_extended, "a negative type is taken for an unsigned int")
{
	return t->real->msgrcv(msqid, msgp, msgsz,
			       sizeof(long) == 8 ? (long)(unsigned)msgtyp : msgtyp & LONG_MAX,
			       msgflg);
}

ON_MSGRCV(type_cut, "a type is cut to 31 bits")
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

ON_MSGRCV(e2big_loses, "a text that is longer than asked for is lost")
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

ON_MSGRCV(e2big_cuts, "a longer text is cut without MSG_NOERROR")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg | MSG_NOERROR);
}

ON_MSGRCV(noerror_ignored, "MSG_NOERROR is ignored")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_NOERROR);
}

ON_MSGRCV(noerror_keeps_rest, "what MSG_NOERROR cuts off stays in the queue")
{
	static const struct message rest = {.mtype = 1};
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg & ~MSG_NOERROR);

	if (result == -1 && errno == E2BIG && msgflg & MSG_NOERROR) {
		result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
		t->real->msgsnd(msqid, &rest, 0, IPC_NOWAIT);
	}
	return result;
}

ON_MSGRCV(byte_too_many, "a byte is written behind the text")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && (size_t)result < msgsz)
		((struct message *)msgp)->mtext[result] = 0;
	return result;
}

ON_MSGRCV(noerror_byte_too_many, "a byte is written behind a text that was cut")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && (size_t)result == msgsz && msgflg & MSG_NOERROR)
		((struct message *)msgp)->mtext[result] = 0;
	return result;
}

/* SWIG's mtext[1]. */
ON_MSGRCV(one_byte, "of a text one byte arrives")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	return result > 1 ? 1 : result;
}

ON_MSGRCV(length_of_all, "the length counts the type")
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

ON_MSGRCV(efault_keeps, "a message that cannot be written to its receiver stays")
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
ON_MSGRCV(size_sign, "a negative size is taken for a large one")
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

ON_MSGRCV(permission_unchecked, "read permission is not asked for")
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

ON_MSGRCV(doubled, "one message in five stays though it was received")
{
	static unsigned received;
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result != -1 && !(msgflg & MSG_COPY) && ++received % 5 == 0)
		t->real->msgsnd(msqid, msgp, (size_t)result, IPC_NOWAIT);
	return result;
}

ON_MSGRCV(copy_removes, "MSG_COPY takes the message out")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	long rest[8];

	if (result != -1 && msgflg & MSG_COPY)
		t->real->msgrcv(msqid, rest, sizeof(rest) - sizeof(long), 0,
				IPC_NOWAIT | MSG_NOERROR);
	return result;
}

ON_MSGRCV(copy_by_type, "MSG_COPY takes its index for a type")
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

ON_MSGRCV(copy_negative, "MSG_COPY takes a negative index for 0")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgflg & MSG_COPY && msgtyp < 0 ? 0 : msgtyp,
			       msgflg);
}

ON_MSGRCV(copy_waits, "MSG_COPY goes without IPC_NOWAIT")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg | IPC_NOWAIT : msgflg);
}

ON_MSGRCV(copy_with_except, "MSG_COPY goes with MSG_EXCEPT")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg & ~MSG_EXCEPT : msgflg);
}

ON_MSGRCV(copy_cuts, "MSG_COPY cuts a longer text")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp,
			       msgflg & MSG_COPY ? msgflg | MSG_NOERROR : msgflg);
}

ON_MSGRCV(copy_is_a_receipt, "MSG_COPY of a queue that may not be read finds no message")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	return result == -1 && errno == EACCES && msgflg & MSG_COPY ? fails(ENOMSG) : result;
}

/* ---- msgctl ------------------------------------------------------------------- */

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

ON_MSGCTL(set_permission_unchecked, "whoever asks may set and remove")
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

ON_MSGCTL(command_unknown, "a command that there is none of succeeds")
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
