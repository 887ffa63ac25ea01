/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Ends of ranges, and cases in which two rules meet. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "snapshot.h"

/* ---- keys and ids ------------------------------------------------------------------- */

CHECK_EACH("negative_key", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
	   "a negative key, as ftok returns for projects of 0x80 and above, works as any other key",
	   "ftok(3); sysvipc(7); ipc/util.c, sysvipc_proc_show: \"%10d\"")
{
	static const key_t keys[] = {-1, INT_MIN, INT_MAX, -2, (key_t)0x80010203, 1};
	enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };
	int id[NKEYS];

	for (unsigned i = 0; i < NKEYS; i++) {
		expect_errno(ENOENT, facility->get(ipc, keys[i], 0));
		id[i] = must(facility->get(ipc, keys[i], IPC_CREAT | IPC_EXCL | 0600));
		expect_errno(EEXIST, facility->get(ipc, keys[i], IPC_CREAT | IPC_EXCL | 0600));
	}
	for (unsigned i = 0; i < NKEYS; i++) {
		expect_eq(id[i], facility->get(ipc, keys[i], 0));
		expect_eq(keys[i], state_of(facility, id[i]).perm.__key);
		expect_eq(keys[i], sysvipc(facility->name, id[i], "key"));
	}
	for (unsigned i = 0; i < NKEYS; i++) {
		expect_eq(0, rmid(facility, ipc, id[i]));
		expect_errno(ENOENT, facility->get(ipc, keys[i], 0));
	}
}

CHECK_EACH_CTL(
	"ids", LIBC | RAW, 0,
	"calls fail with EINVAL for a negative id, the largest id and a wrong sequence number",
	"ipc/util.c, ipc_obtain_object_check")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	const int wrong[] = {-1,	 INT_MIN,	INT_MAX,
			     id ^ 32768, id ^ 16777216, (int)((unsigned)id | 1u << 31)};
	union state state;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		expect_errno(EINVAL, facility->control(ipc, wrong[i], IPC_STAT, &state));
		expect_errno(EINVAL, facility->read(ipc, wrong[i]));
		expect_errno(EINVAL, facility->write(ipc, wrong[i]));
		expect_errno(EINVAL, rmid(facility, ipc, wrong[i]));
	}
	expect_ok(facility->read(ipc, id));
	expect_ok(facility->write(ipc, id));
}

CHECK_EACH("next_id.survives", LIBC | RAW, NEED_NEXT_ID | NEED_LIMITS,
	   "a get call that makes no object leaves msg_next_id, ... unchanged; writing -1 fails",
	   "proc(5), msg_next_id; ipc/util.c, ipc_idr_alloc")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600)), fd;

	set_limit(facility->next_id, "98310");
	set_limit("msgmni", "1");
	set_limit("sem", "250 32000 500 1");
	set_limit("shmmni", "1");
	expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
	set_limit("msgmni", "10");
	set_limit("sem", "250 32000 500 10");
	set_limit("shmmni", "10");
	expect_errno(EEXIST, facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL));
	expect_errno(ENOENT, facility->get(ipc, check_key(1), 0600));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_CREAT));
	expect_eq(98310, get_limit(facility->next_id));
	if (facility == &sem_facility)
		expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 0, 0600));
	if (facility == &shm_facility)
		expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 0, 0600));
	fd = must(open_limit(facility->next_id));
	expect_errno(EINVAL, write(fd, "-1", 2));
	close(fd);
	expect_eq(98310, get_limit(facility->next_id));
	expect_eq(98310, facility->get(ipc, IPC_PRIVATE, 0600));
	expect_eq(-1, get_limit(facility->next_id));
}

CHECK_EACH("next_id.next_slot", LIBC | RAW, NEED_NEXT_ID,
	   "if the slot is taken, the next free slot is used, with the requested sequence number",
	   "ipc/util.c, ipc_idr_alloc: idr_alloc from the requested slot")
{
	/*
	 * Slots 5 and 6, then slot 5 again with another sequence number: in ids with 15 bits for
	 * the slot, and in those with 24 (ipcmni_extend).
	 */
	enum { ONE = 1 << 24, TWO = 2 << 24 };

	set_limit(facility->next_id, "16777221");
	expect_eq(ONE + 5, facility->get(ipc, IPC_PRIVATE, 0600));
	set_limit(facility->next_id, "16777222");
	expect_eq(ONE + 6, facility->get(ipc, IPC_PRIVATE, 0600));
	set_limit(facility->next_id, "33554437");
	expect_eq(TWO + 7, facility->get(ipc, IPC_PRIVATE, 0600));
	set_limit(facility->next_id, "16777221");
	expect_eq(ONE + 8, facility->get(ipc, IPC_PRIVATE, 0600));
}

CHECK_EACH_CTL("info.goes_down", LIBC | RAW, NEED_NAMESPACE,
	       "the highest slot that *_INFO returns decreases to 0 as objects are removed",
	       "msgctl(2), MSG_INFO; ipc/util.c, ipc_rmid and ipc_get_maxidx")
{
	union info info;
	int id[4];

	expect_eq(0, facility->control(ipc, 0, facility->info, &info));
	expect_eq(0, facility->control(ipc, 0, IPC_INFO, &info));
	for (int i = 0; i < 4; i++) {
		id[i] = must(facility->get(ipc, IPC_PRIVATE, 0600));
		expect_eq(i, facility->control(ipc, 0, facility->info, &info));
	}
	must(rmid(facility, &libc_calls, id[1]));
	expect_eq(3, facility->control(ipc, 0, facility->info, &info));
	expect_eq(3, facility->control(ipc, 0, IPC_INFO, &info));
	must(rmid(facility, &libc_calls, id[3]));
	expect_eq(2, facility->control(ipc, 0, facility->info, &info));
	must(rmid(facility, &libc_calls, id[2]));
	expect_eq(0, facility->control(ipc, 0, facility->info, &info));
	expect_eq(0, facility->control(ipc, 0, IPC_INFO, &info));
	must(rmid(facility, &libc_calls, id[0]));
	expect_eq(0, facility->control(ipc, 0, facility->info, &info));
	expect_eq(0, facility->used(&info));
}

/* ---- IPC_SET --------------------------------------------------------------------------- */

CHECK_EACH_CTL(
	"set.einval_ids", LIBC, NEED_NAMESPACE,
	"IPC_SET with a user or group of -1, or without a mapping, fails and changes nothing",
	"msgctl(2), IPC_SET; ipc/util.c, ipc_update_perm; user_namespaces(7)")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0666));
	const struct snapshot before = snapshot_of(facility, id);
	pid_t pid;

	REFUSED(&before, as_owner(), EINVAL, facility->set(ipc, id, (uid_t)-1, getegid(), 0600));
	REFUSED(&before, as_owner(), EINVAL, facility->set(ipc, id, geteuid(), (gid_t)-1, 0600));
	CHILD (pid) {
		if (unshare(CLONE_NEWUSER) == 0) {
			const union state state = state_of(facility, id);
			/* This user namespace has no mappings: each id reads as the overflow id. */
			expect_eq(geteuid(), state.perm.uid);
			expect_eq(getegid(), state.perm.gid);
			expect_eq(geteuid(), state.perm.cuid);
			expect(state.perm.uid != 0);
			expect_errno(EINVAL, facility->set(ipc, id, 0, 0, 0600));
			expect_errno(EINVAL, facility->set(ipc, id, geteuid(), getegid(), 0600));
		}
	}
	child_join(pid);
	expect_unchanged("IPC_SET", &before);
}

CHECK("shmctl.set.keeps_flags", LIBC, 0,
      "IPC_SET keeps SHM_DEST and SHM_LOCKED; on a removed segment, IPC_SET and IPC_RMID succeed",
      "shmctl(2), IPC_SET, SHM_DEST; ipc/util.c, ipc_update_perm: S_IRWXUGO only")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	const int locked = ipc->shmctl(shmid, SHM_LOCK, NULL) == 0 ? SHM_LOCKED : 0;

	expect_eq(0, shm_facility.set(ipc, shmid, geteuid(), getegid(), 0640));
	expect_eq(locked | 0640, shm_state(shmid).shm_perm.mode);
	/* IPC_SET cannot set these flags either. */
	expect_eq(0,
		  shm_facility.set(ipc, shmid, geteuid(), getegid(), 0600 | SHM_DEST | SHM_LOCKED));
	expect_eq(locked | 0600, shm_state(shmid).shm_perm.mode);
	expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_eq(0, shm_facility.set(ipc, shmid, geteuid(), getegid(), 0644));
	expect_eq(SHM_DEST | locked | 0644, shm_state(shmid).shm_perm.mode);
	expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_eq(SHM_DEST | locked | 0644, shm_state(shmid).shm_perm.mode);
	expect_eq(1, shm_state(shmid).shm_nattch);
	*address = 'x';
	expect_eq(0, ipc->shmdt(address));
	expect_errno(EINVAL, ipc->shmctl(shmid, IPC_RMID, NULL));
}

/* ---- messages -------------------------------------------------------------------------- */

CHECK("msgrcv.except_not_above_zero", LIBC | RAW, 0,
      "MSG_EXCEPT has no effect if msgtyp is 0 or negative", "ipc/msg.c, convert_mode")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;

	msg_put(ipc, msqid, 5, "e");
	msg_put(ipc, msqid, 2, "b");
	msg_put(ipc, msqid, 7, "g");
	msg_put(ipc, msqid, 3, "c");
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -1, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(5, got.mtype);
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, -3, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(2, got.mtype);
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, LONG_MIN, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(3, got.mtype);
}

CHECK("msgrcv.type_ends", LIBC | RAW, 0,
      "each kind of msgtyp distinguishes the types at both ends of the range",
      "msgop(2); ipc/msg.c, convert_mode and testmsg")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;

	msg_put(ipc, msqid, LONG_MAX, "z");
	msg_put(ipc, msqid, LONG_MAX - 1, "y");
	msg_put(ipc, msqid, 2, "b");
	msg_put(ipc, msqid, 1, "a");
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, -1, IPC_NOWAIT));
	expect_eq(1, got.mtype);
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -1, IPC_NOWAIT));
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, -2, IPC_NOWAIT));
	expect_eq(2, got.mtype);
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -(LONG_MAX - 2), IPC_NOWAIT));
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(LONG_MAX - 1, got.mtype);
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX - 1, IPC_NOWAIT));
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -(LONG_MAX - 1), IPC_NOWAIT));
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, IPC_NOWAIT | MSG_EXCEPT));
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, -LONG_MAX, IPC_NOWAIT));
	expect_eq(LONG_MAX, got.mtype);
}

CHECK("msgctl.set.qbytes_below", LIBC, 0,
      "msg_qbytes below the bytes in a queue, or 0, keeps the messages; senders block or fail",
      "msgctl(2), IPC_SET; ipc/msg.c, msg_fits_inqueue")
{
	const struct message message = {9, "text"};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	struct message got;
	pid_t pid;

	msg_put(ipc, msqid, 1, "aaaa");
	msg_put(ipc, msqid, 2, "bbb");
	ds.msg_qbytes = 3;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	expect_eq(7, msg_state(msqid).__msg_cbytes);
	expect_eq(2, msg_state(msqid).msg_qnum);
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 0, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	CHILD (pid)
		expect_eq(0, ipc->msgsnd(msqid, &message, 1, 0));
	await_blocked(pid);
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_eq(1, got.mtype);
	/* The queue is exactly full: an empty message fits, no other does. */
	await_blocked(pid);
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	expect_eq(0, ipc->msgsnd(msqid, &message, 0, IPC_NOWAIT));
	expect_eq(3, ipc->msgrcv(msqid, &got, TEXT, 2, IPC_NOWAIT));
	child_join(pid);
	expect_eq(2, msg_state(msqid).msg_qnum);
	ds.msg_qbytes = 0;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	expect_eq(0, msg_state(msqid).msg_qbytes);
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 0, IPC_NOWAIT));
	expect_eq(0, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_eq(1, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 0, IPC_NOWAIT));
	ds.msg_qbytes = 1;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	expect_eq(0, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
}

/* ---- limits that do not apply ------------------------------------------------------------ */

CHECK("msgget.rlimits", LIBC | RAW, 0,
      "RLIMIT_MSGQUEUE and RLIMIT_FSIZE do not limit queues and segments",
      "getrlimit(2): RLIMIT_MSGQUEUE limits POSIX queues, RLIMIT_FSIZE files")
{
	const struct rlimit nothing = {0, 0};
	const struct message message = {1, "text"};
	int msqid, shmid;
	char *address;
	pid_t pid;

	/* A child calls, so that the limits do not apply to the process of the check. */
	CHILD (pid) {
		must(setrlimit(RLIMIT_MSGQUEUE, &nothing));
		must(setrlimit(RLIMIT_FSIZE, &nothing));
		drop_privileges();
		expect_ok(msqid = ipc->msgget(IPC_PRIVATE, 0600));
		expect_eq(0, ipc->msgsnd(msqid, &message, TEXT, IPC_NOWAIT));
		expect_ok(shmid = ipc->shmget(IPC_PRIVATE, 3 * page_size(), 0600));
		address = attach(ipc, shmid, NULL, 0);
		memset(address, 'x', 3 * page_size());
		expect_eq('x', address[3 * page_size() - 1]);
		must(libc_calls.msgctl(msqid, IPC_RMID, NULL));
		must(libc_calls.shmctl(shmid, IPC_RMID, NULL));
	}
	child_join(pid);
}

CHECK("msgrcv.noerror_counts", LIBC | RAW, NEED_NAMESPACE,
      "msgrcv with MSG_NOERROR subtracts the whole length of the text from the counts",
      "msgop(2), MSG_NOERROR; ipc/msg.c, do_msgrcv: msg->m_ts, not the copied size")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msginfo info;
	struct message got;

	for (int room = 0; room <= 4; room++) {
		msg_put(ipc, msqid, 1, "four");
		msg_put(ipc, msqid, 2, "seven..");
		expect_eq(room, ipc->msgrcv(msqid, &got, (size_t)room, 1, MSG_NOERROR));
		expect_eq(7, msg_state(msqid).__msg_cbytes);
		expect_eq(1, msg_state(msqid).msg_qnum);
		must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
		expect_eq(1, info.msgmap);
		expect_eq(7, info.msgtql);
		expect_eq(room, ipc->msgrcv(msqid, &got, (size_t)room, -2, MSG_NOERROR));
		expect_eq(2, got.mtype);
		expect_eq(0, msg_state(msqid).__msg_cbytes);
		must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
		expect_eq(0, info.msgmap);
		expect_eq(0, info.msgtql);
	}
}
