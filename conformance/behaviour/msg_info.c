/* msgctl(2): limits, use, and queues by slot. */
#include <string.h>

#include "behaviour/objects.h"

static const struct message message = {1, "text"};

/* The slot of a queue, which nothing but a search tells. */
static int slot_of(int msqid)
{
	struct msginfo info;
	struct msqid_ds ds;
	int highest = must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)&info));

	for (int slot = 0; slot <= highest; slot++)
		if (libc_calls.msgctl(slot, MSG_STAT, &ds) == msqid)
			return slot;
	fail_at(HERE, "MSG_STAT", "the queue in a slot", "none");
	return -1;
}

CHECK("msgctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO gives the limits",
      "msgctl(2), IPC_INFO; proc(5)")
{
	struct msginfo info;

	set_limit("msgmax", "1001");
	set_limit("msgmnb", "2002");
	set_limit("msgmni", "303");
	memset(&info, 0xa5, sizeof(info));
	expect_eq(0, ipc->msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
	expect_eq(1001, info.msgmax);
	expect_eq(2002, info.msgmnb);
	expect_eq(303, info.msgmni);
}

CHECK("msgctl.info.unused", LIBC | RAW, 0,
      "what the kernel does not use of IPC_INFO and MSG_INFO has the values of its headers",
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
      "MSG_INFO counts queues, messages and bytes, and gives the limits as IPC_INFO does",
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

CHECK("msgctl.info.highest_slot", LIBC | RAW, NEED_NAMESPACE,
      "IPC_INFO and MSG_INFO give the highest slot that a queue is in", "msgctl(2), RETURN VALUE")
{
	struct msginfo info;
	struct msqid_ds ds;

	for (int i = 0; i < 3; i++)
		must(ipc->msgget(IPC_PRIVATE, 0600));
	int highest = must(ipc->msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
	expect(highest >= 2);
	expect_eq(highest, ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_ok(libc_calls.msgctl(highest, MSG_STAT, &ds));
	expect_errno(EINVAL, libc_calls.msgctl(highest + 1, MSG_STAT, &ds));
}

static void expect_stat_by_slot(const struct ipc_calls *ipc, int cmd)
{
	struct msqid_ds want, got;

	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0640));
	/* In a new namespace ids begin as slots do, until the slots have been round. */
	while (slot_of(msqid) == msqid) {
		must(libc_calls.msgctl(msqid, IPC_RMID, NULL));
		msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0640));
	}
	must(ipc->msgsnd(msqid, &message, TEXT, 0));
	want = msg_state(msqid);
	memset(&got, 0xa5, sizeof(got));
	expect_eq(msqid, ipc->msgctl(slot_of(msqid), cmd, &got));
	msg_expect_same(&want, &got);
}

CHECK("msgctl.stat.seq", LIBC, NEED_STAT_ANY,
      "the id of a queue is made of its slot and its sequence number, whoever gives it",
      "ipc/util.h, ipc_buildid")
{
	static const int commands[] = {MSG_STAT, MSG_STAT_ANY};
	struct msqid_ds ds = {0};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600)), slot = slot_of(msqid);

	expect_id(msqid, slot, msg_state(msqid).msg_perm.__seq);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		expect_eq(msqid, ipc->msgctl(slot, commands[i], &ds));
		expect_id(msqid, slot, ds.msg_perm.__seq);
	}
}

CHECK("msgctl.msg_stat", LIBC, 0, "MSG_STAT gives the id and the state of the queue in a slot",
      "msgctl(2), MSG_STAT")
{
	expect_stat_by_slot(ipc, MSG_STAT);
}

CHECK("msgctl.msg_stat_any", LIBC, NEED_STAT_ANY,
      "MSG_STAT_ANY gives the id and the state of the queue in a slot", "msgctl(2), MSG_STAT_ANY")
{
	expect_stat_by_slot(ipc, MSG_STAT_ANY);
}

CHECK("msgctl.msg_stat.einval", LIBC | RAW, NEED_NAMESPACE, "MSG_STAT of a free slot fails",
      "msgctl(2), EINVAL")
{
	struct msqid_ds ds;
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	int slot = slot_of(msqid);

	expect_eq(msqid, ipc->msgctl(slot, MSG_STAT, &ds));
	must(ipc->msgctl(msqid, IPC_RMID, NULL));
	expect_errno(EINVAL, ipc->msgctl(slot, MSG_STAT, &ds));
	expect_errno(EINVAL, ipc->msgctl(-1, MSG_STAT, &ds));
}

/* The slot of a queue that from now on this process may not read. */
static int unreadable_slot(const struct ipc_calls *ipc, int *msqid)
{
	*msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(*msqid);
	int slot = slot_of(*msqid);

	ds.msg_perm.mode = 0200;
	must(libc_calls.msgctl(*msqid, IPC_SET, &ds));
	drop_privileges();
	return slot;
}

CHECK("msgctl.msg_stat.eacces", LIBC | RAW, 0, "MSG_STAT asks for read permission",
      "msgctl(2), EACCES")
{
	struct msqid_ds ds;
	int msqid, slot = unreadable_slot(ipc, &msqid);

	expect_errno(EACCES, ipc->msgctl(slot, MSG_STAT, &ds));
}

CHECK("msgctl.msg_stat_any.no_permission", LIBC | RAW, NEED_STAT_ANY,
      "MSG_STAT_ANY does not ask for read permission", "msgctl(2), MSG_STAT_ANY")
{
	struct msqid_ds ds;
	int msqid, slot = unreadable_slot(ipc, &msqid);

	expect_eq(msqid, ipc->msgctl(slot, MSG_STAT_ANY, &ds));
}

CHECK("msgctl.info.efault", RAW, 0, "a structure that is not in memory fails", "msgctl(2), EFAULT")
{
	int slot = slot_of(must(ipc->msgget(IPC_PRIVATE, 0600)));
	void *nowhere = memory_end();

	expect_errno(EFAULT, ipc->msgctl(0, IPC_INFO, nowhere));
	expect_errno(EFAULT, ipc->msgctl(0, MSG_INFO, nowhere));
	expect_errno(EFAULT, ipc->msgctl(slot, MSG_STAT, nowhere));
}

CHECK("msgctl.info.any_user", LIBC | RAW, NEED_USERS | NEED_NAMESPACE,
      "another user may ask for limits and use", "msgctl(2), IPC_INFO, MSG_INFO")
{
	pid_t pid;

	must(ipc->msgget(IPC_PRIVATE, 0600));
	CHILD (pid) {
		struct msginfo info;
		become(NOBODY, NOBODY);
		expect_ok(ipc->msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
		expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
		expect_eq(1, info.msgpool);
	}
	child_join(pid);
}

CHECK("msgctl.msg_stat.other_user", LIBC | RAW, NEED_USERS | NEED_STAT_ANY,
      "another user without permission sees a queue by MSG_STAT_ANY, and not by MSG_STAT",
      "msgctl(2), EACCES, MSG_STAT_ANY")
{
	struct msqid_ds ds;
	int id = must(ipc->msgget(IPC_PRIVATE, 0600)), slot = slot_of(id);
	pid_t pid;

	CHILD (pid) {
		become(NOBODY, NOBODY);
		expect_errno(EACCES, ipc->msgctl(slot, MSG_STAT, &ds));
		expect_eq(id, ipc->msgctl(slot, MSG_STAT_ANY, &ds));
	}
	child_join(pid);
}

CHECK("msgctl.msg_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "MSG_INFO counts what the rows of /proc/sysvipc/msg come to", "msgctl(2), MSG_INFO; proc(5)")
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

CHECK("msgctl.msg_stat_any.einval", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY,
      "MSG_STAT_ANY of a free slot fails", "msgctl(2), EINVAL")
{
	struct msqid_ds ds;
	int id = must(ipc->msgget(IPC_PRIVATE, 0600)), slot = slot_of(id);

	expect_eq(id, ipc->msgctl(slot, MSG_STAT_ANY, &ds));
	must(ipc->msgctl(id, IPC_RMID, NULL));
	expect_errno(EINVAL, ipc->msgctl(slot, MSG_STAT_ANY, &ds));
	expect_errno(EINVAL, ipc->msgctl(-1, MSG_STAT_ANY, &ds));
}

CHECK("msgctl.msg_stat_any.efault", RAW, NEED_STAT_ANY, "a structure that is not in memory fails",
      "msgctl(2), EFAULT")
{
	int slot = slot_of(must(ipc->msgget(IPC_PRIVATE, 0600)));

	expect_errno(EFAULT, ipc->msgctl(slot, MSG_STAT_ANY, (void *)memory_end()));
}
