/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * A failing call changes nothing: after each error that a call can return, the visible
 * state of the object is unchanged, and the object still works for its owner.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "snapshot.h"

static const union semun none;

/* glibc and musl read some structures themselves, so bad addresses are passed without libc. */
static bool past_libc(const struct ipc_calls *ipc)
{
	return ipc != &libc_calls;
}

static void set_mode(const struct facility *facility, int id, int mode)
{
	must(facility->set(&libc_calls, id, geteuid(), getegid(), mode));
}

/* ---- get ------------------------------------------------------------------------ */

CHECK_EACH("refused", LIBC | RAW, NEED_NAMESPACE,
	   "a get call that fails changes no object, no count and no later id",
	   "msgget(2), semget(2), shmget(2); ipc/util.c, ipcget_public")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0000));
	const struct snapshot before = snapshot_of(facility, id);

	REFUSED(&before, as_owner(), EEXIST,
		facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL | 0666));
	REFUSED(&before, drop_privileges(), EEXIST,
		facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL | 0666));
	REFUSED(&before, drop_privileges(), EACCES, facility->get(ipc, check_key(0), 0600));
	REFUSED(&before, drop_privileges(), EACCES, facility->get(ipc, check_key(0), 0004));
	REFUSED(&before, drop_privileges(), EACCES,
		facility->get(ipc, check_key(0), IPC_CREAT | 0020));
	REFUSED(&before, as_owner(), ENOENT, facility->get(ipc, check_key(1), 0666));
	REFUSED(&before, as_owner(), ENOENT, facility->get(ipc, check_key(1), IPC_EXCL | 0666));
	/* The next object has the next slot, and no sequence number was skipped. */
	expect_eq(id + 1, facility->get(ipc, check_key(1), IPC_CREAT | 0600));
	expect_serves(ipc, facility, id, check_key(0));
}

CHECK_EACH(
	"refused.enospc", LIBC | RAW, NEED_LIMITS,
	"a get call that fails with ENOSPC leaves nothing behind: the next one gets the next slot",
	"msgget(2), semget(2), shmget(2), ENOSPC; ipc/util.c, ipc_addid")
{
	const char *limit = facility == &msg_facility	? "msgmni"
			    : facility == &shm_facility ? "shmmni"
							: "sem";
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	const struct snapshot before = snapshot_of(facility, id);

	set_limit(limit, facility == &sem_facility ? "250 32000 32 1" : "1");
	for (int i = 0; i < 3; i++) {
		REFUSED(&before, as_owner(), ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
		REFUSED(&before, as_owner(), ENOSPC,
			facility->get(ipc, check_key(1), IPC_CREAT | 0600));
	}
	expect_errno(ENOENT, facility->get(ipc, check_key(1), 0));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	set_limit(limit, facility == &sem_facility ? "250 32000 32 2" : "2");
	expect_eq(id + 1, facility->get(ipc, check_key(1), IPC_CREAT | 0600));
	expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
	expect_serves(ipc, facility, id, check_key(0));
}

CHECK("semget.refused.size", LIBC | RAW, NEED_LIMITS,
      "a semget that fails for its number of semaphores uses none of SEMMNS and changes no set",
      "semget(2), EINVAL, ENOSPC; ipc/sem.c, newary and sem_more_checks")
{
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));
	const struct snapshot before = snapshot_of(&sem_facility, semid);

	set_limit("sem", "5 8 32 10");
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(check_key(0), NSEMS + 1, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(check_key(0), -1, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(check_key(0), INT_MAX, IPC_CREAT | 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(IPC_PRIVATE, 0, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(IPC_PRIVATE, -1, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(IPC_PRIVATE, 6, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->semget(check_key(1), INT_MIN, IPC_CREAT | 0600));
	int second = must(ipc->semget(IPC_PRIVATE, 4, 0600));
	const struct snapshot with_second = snapshot_of(&sem_facility, semid);
	for (int i = 0; i < 3; i++)
		REFUSED(&with_second, as_owner(), ENOSPC, ipc->semget(IPC_PRIVATE, 2, 0600));
	/* The last semaphore that SEMMNS permits. */
	expect_eq(second + 1, ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

CHECK("shmget.refused.size", LIBC | RAW, NEED_LIMITS,
      "a shmget that fails for its size uses no page of shmall and changes no segment",
      "shmget(2), EINVAL, ENOSPC; ipc/shm.c, newseg and shm_more_checks")
{
	const size_t page = page_size();
	int shmid = must(ipc->shmget(check_key(0), page, IPC_CREAT | 0600));
	const struct snapshot before = snapshot_of(&shm_facility, shmid);
	char limit[32];

	set_limit("shmall", "3");
	snprintf(limit, sizeof(limit), "%zu", 4 * page);
	set_limit("shmmax", limit);
	REFUSED(&before, as_owner(), EINVAL, ipc->shmget(check_key(0), page + 1, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmget(check_key(0), SIZE_MAX, IPC_CREAT | 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmget(IPC_PRIVATE, 0, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmget(IPC_PRIVATE, 4 * page + 1, 0600));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmget(IPC_PRIVATE, SIZE_MAX, 0600));
	/* No machine has huge pages of two bytes. */
	REFUSED(&before, as_owner(), EINVAL,
		ipc->shmget(IPC_PRIVATE, page, SHM_HUGETLB | 1 << SHM_HUGE_SHIFT | 0600));
	REFUSED(&before, as_owner(), EINVAL,
		ipc->shmget(check_key(1), page,
			    IPC_CREAT | SHM_HUGETLB | 1 << SHM_HUGE_SHIFT | 0600));
	for (int i = 0; i < 3; i++) {
		REFUSED(&before, as_owner(), ENOSPC, ipc->shmget(IPC_PRIVATE, 4 * page, 0600));
		REFUSED(&before, as_owner(), ENOSPC, ipc->shmget(IPC_PRIVATE, 2 * page + 1, 0600));
	}
	/* The last pages that shmall permits. */
	expect_eq(shmid + 1, ipc->shmget(IPC_PRIVATE, 2 * page, 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_serves(ipc, &shm_facility, shmid, check_key(0));
}

/* ---- control --------------------------------------------------------------------- */

/* The calls follow a second after the object was made, so that a changed time would differ. */
CHECK_EACH_CTL(
	"refused", LIBC, NEED_NAMESPACE | NEED_USERS,
	"a control call that fails changes no member, no time and no permission",
	"msgctl(2), semctl(2), shmctl(2), EPERM, EACCES, EINVAL; ipc/util.c, ipcctl_obtain_check")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0666));
	int closed = must(facility->get(ipc, check_key(1), IPC_CREAT | 0000));
	union state state;

	/* This attaches and detaches a segment, because an inherited attachment would count. */
	must(facility->write(ipc, id));
	await_next_second();
	const struct snapshot before = snapshot_of(facility, id);
	const struct snapshot before_closed = snapshot_of(facility, closed);
	REFUSED(&before, as_stranger(), EPERM, facility->set(ipc, id, STRANGER, STRANGER, 0000));
	REFUSED(&before, as_stranger(), EPERM, facility->set(ipc, id, 0, 0, 0666));
	REFUSED(&before, as_stranger(), EPERM, rmid(facility, ipc, id));
	REFUSED(&before, as_owner(), EINVAL, facility->set(ipc, id, (uid_t)-1, 0, 0600));
	REFUSED(&before, as_owner(), EINVAL, facility->set(ipc, id, 0, (gid_t)-1, 0600));
	if (facility == &msg_facility) {
		struct msqid_ds above = {.msg_perm.mode = 0600};
		above.msg_qbytes = (msglen_t)get_limit("msgmnb") + 1;
		REFUSED(&before, drop_privileges(), EPERM, ipc->msgctl(id, IPC_SET, &above));
	}
	REFUSED(&before, as_owner(), EINVAL, facility->control(ipc, id, 12345, &state));
	REFUSED(&before, as_owner(), EINVAL, facility->control(ipc, id, -1, &state));
	REFUSED(&before_closed, as_stranger(), EPERM, rmid(facility, ipc, closed));
	REFUSED(&before_closed, as_stranger(), EPERM, facility->set(ipc, closed, 0, 0, 0666));
	REFUSED(&before_closed, as_stranger(), EACCES,
		facility->control(ipc, closed, IPC_STAT, &state));
	REFUSED(&before_closed, as_stranger(), EACCES,
		facility->control(ipc, closed & 32767, facility->stat, &state));
	expect_serves(ipc, facility, id, check_key(0));
	expect_serves(ipc, facility, closed, check_key(1));
}

CHECK("semctl.refused.values", LIBC, NEED_NAMESPACE,
      "a failing command for values changes no value, sempid, time or semaphore of the set",
      "semctl(2), ERANGE, EINVAL, EACCES; ipc/sem.c, semctl_setval and semctl_main")
{
	static const int out_of_range[] = {-1, SEMVMX + 1, INT_MIN, INT_MAX, 65536, 131072 + 1};
	static const int no_semaphore[] = {-1, NSEMS, 65535, 65536, INT_MIN, INT_MAX};
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));
	unsigned short values[NSEMS] = {1, 2, 3};

	must(libc_calls.semctl(semid, 0, SETALL, (union semun){.array = values}));
	await_next_second();
	const struct snapshot before = snapshot_of(&sem_facility, semid);
	for (unsigned i = 0; i < sizeof(out_of_range) / sizeof(out_of_range[0]); i++)
		REFUSED(&before, as_owner(), ERANGE,
			ipc->semctl(semid, 1, SETVAL, (union semun){.val = out_of_range[i]}));
	for (unsigned i = 0; i < sizeof(no_semaphore) / sizeof(no_semaphore[0]); i++) {
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semctl(semid, no_semaphore[i], SETVAL, (union semun){.val = 5}));
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semctl(semid, no_semaphore[i], GETVAL, none));
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semctl(semid, no_semaphore[i], GETPID, none));
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semctl(semid, no_semaphore[i], GETNCNT, none));
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semctl(semid, no_semaphore[i], GETZCNT, none));
	}
	for (int i = 0; i < NSEMS; i++) {
		unsigned short wrong[NSEMS] = {4, 5, 6};
		wrong[i] = (unsigned short)(SEMVMX + 1);
		REFUSED(&before, as_owner(), ERANGE,
			ipc->semctl(semid, 0, SETALL, (union semun){.array = wrong}));
	}
	set_mode(&sem_facility, semid, 0400);
	await_next_second();
	const struct snapshot readable = snapshot_of(&sem_facility, semid);
	REFUSED(&readable, drop_privileges(), EACCES,
		ipc->semctl(semid, 1, SETVAL, (union semun){.val = 5}));
	REFUSED(&readable, drop_privileges(), EACCES,
		ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

CHECK("semctl.refused.keeps_undo", LIBC | RAW, 0,
      "SETVAL and SETALL that fail leave undo adjustments unchanged",
      "semctl(2), ERANGE; ipc/sem.c, semctl_setval: semadj is cleared on success only")
{
	unsigned short values[NSEMS] = {7, 8, 9};
	int semid = sem_new(ipc, 1);
	pid_t pid;

	CHILD (pid) {
		expect_eq(0, ipc->semop(semid, OPS({0, 2, SEM_UNDO}, {2, 5, SEM_UNDO})));
		block_forever(ipc);
	}
	await_blocked(pid);
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETVAL, (union semun){.val = SEMVMX + 1}));
	expect_errno(ERANGE, ipc->semctl(semid, 2, SETVAL, (union semun){.val = -1}));
	expect_errno(EINVAL, ipc->semctl(semid, NSEMS, SETVAL, (union semun){.val = 1}));
	values[2] = (unsigned short)(SEMVMX + 1);
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = values}));
	expect_eq(3, sem_value(semid, 0));
	expect_eq(5, sem_value(semid, 2));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_eq(1, sem_value(semid, 0));
	expect_eq(0, sem_value(semid, 2));
}

/* ---- messages -------------------------------------------------------------------- */

static void set_room(int msqid, unsigned long qbytes, int mode)
{
	struct msqid_ds ds = msg_state(msqid);

	ds.msg_qbytes = qbytes;
	ds.msg_perm.mode = (unsigned short)mode;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
}

CHECK("msgsnd.refused", LIBC | RAW, NEED_NAMESPACE,
      "a msgsnd that fails changes no message, count, process or time",
      "msgop(2), EINVAL, EFAULT, EACCES, EAGAIN; ipc/msg.c, do_msgsnd")
{
	static const long wrong_types[] = {0, -1, LONG_MIN};
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	struct message message = {.mtype = 1};
	struct msginfo info;

	must(libc_calls.msgctl(0, IPC_INFO, (struct msqid_ds *)(void *)&info));
	const struct snapshot before = snapshot_of(&msg_facility, msqid);
	for (unsigned i = 0; i < sizeof(wrong_types) / sizeof(wrong_types[0]); i++) {
		struct message wrong = {.mtype = wrong_types[i]};
		REFUSED(&before, as_owner(), EINVAL, ipc->msgsnd(msqid, &wrong, 1, 0));
		REFUSED(&before, as_owner(), EINVAL, ipc->msgsnd(msqid, &wrong, 0, IPC_NOWAIT));
	}
	REFUSED(&before, as_owner(), EINVAL,
		ipc->msgsnd(msqid, &message, (size_t)info.msgmax + 1, IPC_NOWAIT));
	REFUSED(&before, as_owner(), EINVAL, ipc->msgsnd(msqid, &message, SIZE_MAX, IPC_NOWAIT));
	if (past_libc(ipc)) {
		struct message *end = (struct message *)(void *)memory_end();
		REFUSED(&before, as_owner(), EFAULT, ipc->msgsnd(msqid, end, 1, 0));
		long *type = (long *)(void *)end - 1;
		*type = 1;
		REFUSED(&before, as_owner(), EFAULT, ipc->msgsnd(msqid, type, TEXT, 0));
	}
	set_room(msqid, 0, 0600);
	const struct snapshot no_room = snapshot_of(&msg_facility, msqid);
	REFUSED(&no_room, as_owner(), EAGAIN, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	REFUSED(&no_room, as_owner(), EAGAIN, ipc->msgsnd(msqid, &message, 0, IPC_NOWAIT));
	set_room(msqid, 5, 0400);
	const struct snapshot readable = snapshot_of(&msg_facility, msqid);
	REFUSED(&readable, drop_privileges(), EACCES, ipc->msgsnd(msqid, &message, 1, 0));
	REFUSED(&readable, drop_privileges(), EACCES, ipc->msgsnd(msqid, &message, 9, IPC_NOWAIT));
	set_room(msqid, 5, 0600);
	msg_put(ipc, msqid, 3, "abc");
	msg_put(ipc, msqid, 1, "");
	const struct snapshot filled = snapshot_of(&msg_facility, msqid);
	REFUSED(&filled, as_owner(), EAGAIN, ipc->msgsnd(msqid, &message, 3, IPC_NOWAIT));
	REFUSED(&filled, as_owner(), EAGAIN, ipc->msgsnd(msqid, &message, TEXT, IPC_NOWAIT));
	/* A message that fills the queue exactly still fits. */
	expect_eq(0, ipc->msgsnd(msqid, &message, 2, IPC_NOWAIT));
	expect_eq(3, ipc->msgrcv(msqid, &message, TEXT, 0, 0));
	expect_serves(ipc, &msg_facility, msqid, check_key(0));
}

/* Makes a queue with three messages: types 3 1 2 of 3, 1 and 2 bytes. */
static int queue_of_three(const struct ipc_calls *ipc, int mode)
{
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600));

	msg_put(ipc, msqid, 3, "ccc");
	msg_put(ipc, msqid, 1, "a");
	msg_put(ipc, msqid, 2, "bb");
	if (mode != 0600)
		set_room(msqid, 100, mode);
	return msqid;
}

static void expect_three(const struct ipc_calls *ipc, int msqid)
{
	static const int types[] = {3, 1, 2};
	struct message got;

	for (int i = 0; i < 3; i++) {
		expect_eq(types[i], ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
		expect_eq(types[i], got.mtype);
		for (int j = 0; j < types[i]; j++)
			expect_eq('a' + types[i] - 1, got.mtext[j]);
	}
	expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
}

CHECK("msgrcv.refused", LIBC | RAW, NEED_NAMESPACE,
      "a msgrcv that fails changes no message, order, process or time",
      "msgop(2), E2BIG, ENOMSG, EINVAL, EACCES; ipc/msg.c, do_msgrcv")
{
	int msqid = queue_of_three(ipc, 0600);
	struct message got;
	const struct snapshot before = snapshot_of(&msg_facility, msqid);

	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 2, 0, 0));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 0, 1, IPC_NOWAIT));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 1, 2, 0));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 0, -3, 0));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 0, LONG_MIN, 0));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 0, 3, MSG_EXCEPT));
	REFUSED(&before, as_owner(), ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 4, IPC_NOWAIT));
	REFUSED(&before, as_owner(), ENOMSG, ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, IPC_NOWAIT));
	REFUSED(&before, as_owner(), ENOMSG,
		ipc->msgrcv(msqid, &got, TEXT, 4, IPC_NOWAIT | MSG_NOERROR));
	REFUSED(&before, as_owner(), EINVAL, ipc->msgrcv(msqid, &got, SIZE_MAX, 0, IPC_NOWAIT));
	REFUSED(&before, as_owner(), EINVAL,
		ipc->msgrcv(msqid, &got, (size_t)LONG_MAX + 1, 0, IPC_NOWAIT | MSG_NOERROR));
	expect_three(ipc, msqid);
	const struct snapshot empty = snapshot_of(&msg_facility, msqid);
	REFUSED(&empty, as_owner(), ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	REFUSED(&empty, as_owner(), ENOMSG, ipc->msgrcv(msqid, &got, TEXT, -9, IPC_NOWAIT));
	expect_serves(ipc, &msg_facility, msqid, check_key(0));
}

CHECK("msgrcv.refused.eacces", LIBC | RAW, NEED_NAMESPACE,
      "a msgrcv without permission receives nothing, whatever its arguments",
      "msgop(2), EACCES; ipc/msg.c, do_msgrcv")
{
	int msqid = queue_of_three(ipc, 0200);
	struct message got;
	const struct snapshot before = snapshot_of(&msg_facility, msqid);

	REFUSED(&before, drop_privileges(), EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	REFUSED(&before, drop_privileges(), EACCES, ipc->msgrcv(msqid, &got, 0, 0, IPC_NOWAIT));
	REFUSED(&before, drop_privileges(), EACCES, ipc->msgrcv(msqid, &got, TEXT, 9, 0));
	REFUSED(&before, drop_privileges(), EACCES,
		ipc->msgrcv(msqid, &got, 0, -3, IPC_NOWAIT | MSG_NOERROR));
	expect_three(ipc, msqid);
	expect_serves(ipc, &msg_facility, msqid, check_key(0));
}

CHECK("msgrcv.refused.copy", LIBC | RAW, NEED_NAMESPACE | NEED_MSG_COPY,
      "a msgrcv with MSG_COPY changes nothing, whether it fails or succeeds",
      "msgop(2), MSG_COPY; ipc/msg.c, prepare_copy and do_msgrcv")
{
	int msqid = queue_of_three(ipc, 0600);
	struct message got;
	const struct snapshot before = snapshot_of(&msg_facility, msqid);

	REFUSED(&before, as_owner(), EINVAL, ipc->msgrcv(msqid, &got, TEXT, 0, MSG_COPY));
	REFUSED(&before, as_owner(), EINVAL,
		ipc->msgrcv(msqid, &got, TEXT, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
	REFUSED(&before, as_owner(), ENOMSG,
		ipc->msgrcv(msqid, &got, TEXT, 3, MSG_COPY | IPC_NOWAIT));
	REFUSED(&before, as_owner(), ENOMSG,
		ipc->msgrcv(msqid, &got, TEXT, LONG_MAX, MSG_COPY | IPC_NOWAIT));
	REFUSED(&before, as_owner(), E2BIG, ipc->msgrcv(msqid, &got, 1, 2, MSG_COPY | IPC_NOWAIT));
	if (past_libc(ipc)) {
		char *end = memory_end();
		REFUSED(&before, as_owner(), EFAULT,
			ipc->msgrcv(msqid, end, TEXT, 0, MSG_COPY | IPC_NOWAIT));
		REFUSED(&before, as_owner(), EFAULT,
			ipc->msgrcv(msqid, end - sizeof(long), 3, 0, MSG_COPY | IPC_NOWAIT));
	}
	expect_eq(3, ipc->msgrcv(msqid, &got, 3, 0, MSG_COPY | IPC_NOWAIT));
	expect_eq(2, ipc->msgrcv(msqid, &got, TEXT, 2, MSG_COPY | IPC_NOWAIT | MSG_NOERROR));
	expect_unchanged("MSG_COPY", &before);
	expect_three(ipc, msqid);
}

/* ---- semaphores ------------------------------------------------------------------- */

static int operate_of(const struct ipc_calls *ipc, int semid, const struct timespec *timeout,
		      struct sembuf *sops, size_t nsops)
{
	return timeout ? ipc->semtimedop(semid, sops, nsops, timeout)
		       : ipc->semop(semid, sops, nsops);
}

/* Tests each error of semop, or of semtimedop if `timeout` is set; the values are 1 0 SEMVMX. */
static void expect_sem_refused(const struct ipc_calls *ipc, const struct timespec *timeout)
{
	static struct sembuf many[60000];
	unsigned short values[NSEMS] = {1, 0, SEMVMX};
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));
	struct seminfo info;

	must(libc_calls.semctl(semid, 0, SETALL, (union semun){.array = values}));
	must(libc_calls.semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}));
	const struct snapshot before = snapshot_of(&sem_facility, semid);
#define OPERATE(...) operate_of(ipc, semid, timeout, OPS(__VA_ARGS__))
	enum { U = SEM_UNDO, N = IPC_NOWAIT, UN = SEM_UNDO | IPC_NOWAIT };
	/* Calls take the fast path, or the slow one because a semaphore occurs twice. */
	REFUSED(&before, as_owner(), EAGAIN, OPERATE({1, 3, 0}, {0, -2, N}));
	REFUSED(&before, as_owner(), EAGAIN, OPERATE({0, -1, N}, {0, 1, N}, {0, 0, N}));
	REFUSED(&before, as_owner(), EAGAIN, OPERATE({0, 0, N}));
	REFUSED(&before, as_owner(), EAGAIN, OPERATE({1, 0, N}, {0, 0, N}));
	REFUSED(&before, as_owner(), EAGAIN, OPERATE({2, -SEMVMX, 0}, {1, SHRT_MIN, N}));
	REFUSED(&before, as_owner(), ERANGE, OPERATE({0, SEMVMX, 0}));
	REFUSED(&before, as_owner(), ERANGE, OPERATE({0, -1, 0}, {0, SEMVMX, 0}, {0, 1, 0}));
	REFUSED(&before, as_owner(), EFBIG, OPERATE({NSEMS, 0, N}));
	REFUSED(&before, as_owner(), EFBIG, OPERATE({0, 1, 0}, {0, 1, 0}, {USHRT_MAX, 1, 0}));
	REFUSED(&before, as_owner(), EINVAL, operate_of(ipc, semid, timeout, many, 0));
	if (past_libc(ipc)) {
		struct sembuf *end = (struct sembuf *)(void *)memory_end();
		end[-1] = (struct sembuf){0, 1, SEM_UNDO};
		REFUSED(&before, as_owner(), EFAULT, operate_of(ipc, semid, timeout, end - 1, 2));
	}
	for (unsigned i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = (struct sembuf){0, 1, SEM_UNDO};
	if ((size_t)info.semopm < sizeof(many) / sizeof(many[0]))
		REFUSED(&before, as_owner(), E2BIG,
			operate_of(ipc, semid, timeout, many, (size_t)info.semopm + 1));
	REFUSED_UNDO(&before, EAGAIN, OPERATE({1, 3, U}, {0, -1, U}, {2, 0, UN}));
	REFUSED_UNDO(&before, EAGAIN, OPERATE({0, -1, UN}, {1, 1, UN}, {1, -2, UN}));
	REFUSED_UNDO(&before, EAGAIN, OPERATE({1, -1, UN}));
	REFUSED_UNDO(&before, EAGAIN, OPERATE({2, -SEMVMX, U}, {2, SEMVMX, U}, {1, -1, UN}));
	REFUSED_UNDO(&before, ERANGE, OPERATE({1, 3, U}, {2, 1, U}));
	REFUSED_UNDO(&before, ERANGE, OPERATE({1, 3, U}, {1, SEMVMX, U}));
	REFUSED_UNDO(&before, ERANGE, OPERATE({2, -5, U}, {2, 5, U}, {2, 1, U}));
	REFUSED_UNDO(&before, EFBIG, OPERATE({0, 1, U}, {NSEMS, 1, U}));
	set_mode(&sem_facility, semid, 0400);
	struct snapshot closed = snapshot_of(&sem_facility, semid);
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({1, 1, 0}));
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({1, 0, 0}, {0, -1, 0}));
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({0, -9, 0}));
	closed.without_otime = true;
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({1, 1, U}, {1, 1, U}));
	set_mode(&sem_facility, semid, 0200);
	closed = snapshot_of(&sem_facility, semid);
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({1, 0, 0}));
	closed.without_otime = true;
	REFUSED(&closed, drop_privileges(), EACCES, OPERATE({0, 0, U}));
#undef OPERATE
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

CHECK("semop.refused", LIBC | RAW, NEED_NAMESPACE,
      "a semop that fails changes no value, sempid, time or undo adjustment",
      "semop(2), \"or not at all\"; ipc/sem.c, perform_atomic_semop and its slow path")
{
	expect_sem_refused(ipc, NULL);
}

CHECK("semtimedop.refused", LIBC | RAW, NEED_NAMESPACE,
      "a semtimedop that fails changes no value, sempid, time or undo adjustment",
      "semop(2), \"or not at all\"; ipc/sem.c, do_semtimedop")
{
	static const struct timespec wrong[] = {
		{.tv_nsec = -1}, {.tv_nsec = 1000000000}, {.tv_sec = -1}, {.tv_nsec = LONG_MAX}};
	static const struct timespec over[] = {{0}, {.tv_nsec = 1}};

	expect_sem_refused(ipc, &(struct timespec){.tv_nsec = 999999999});
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));
	const struct snapshot before = snapshot_of(&sem_facility, semid);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semtimedop(semid, OPS({0, 1, SEM_UNDO}), &wrong[i]));
		REFUSED(&before, as_owner(), EINVAL,
			ipc->semtimedop(semid, OPS({0, -1, IPC_NOWAIT}), &wrong[i]));
	}
	for (unsigned i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		REFUSED(&before, as_owner(), EAGAIN,
			ipc->semtimedop(semid, OPS({1, 1, 0}, {0, -1, 0}), &over[i]));
	for (unsigned i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		REFUSED_UNDO(
			&before, EAGAIN,
			ipc->semtimedop(semid, OPS({1, 1, SEM_UNDO}, {0, -1, SEM_UNDO}), &over[i]));
		REFUSED_UNDO(
			&before, EAGAIN,
			ipc->semtimedop(semid,
					OPS({1, 1, SEM_UNDO}, {1, 1, SEM_UNDO}, {1, 0, SEM_UNDO}),
					&over[i]));
	}
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}

/* ---- segments --------------------------------------------------------------------- */

CHECK("shmat.refused", LIBC | RAW, NEED_NAMESPACE,
      "a shmat that fails changes no count, time or process, and maps nothing",
      "shmop(2), EINVAL, EACCES; ipc/shm.c, do_shmat")
{
	int shmid = must(ipc->shmget(check_key(0), page_size(), IPC_CREAT | 0600));
	char *taken =
		mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(taken == MAP_FAILED ? -1 : 0);
	*taken = 'x';
	const struct snapshot before = snapshot_of(&shm_facility, shmid);
	REFUSED(&before, as_owner(), EINVAL, ipc->shmat(shmid, taken + 1, 0));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmat(shmid, taken + 1, SHM_RDONLY));
	REFUSED(&before, as_owner(), EINVAL, ipc->shmat(shmid, NULL, SHM_REMAP));
	if ((uintptr_t)taken % (uintptr_t)SHMLBA == 0)
		REFUSED(&before, as_owner(), EINVAL, ipc->shmat(shmid, taken, 0));
	REFUSED(&before, drop_privileges(), EACCES, ipc->shmat(shmid, NULL, SHM_EXEC));
	set_mode(&shm_facility, shmid, 0400);
	const struct snapshot readable = snapshot_of(&shm_facility, shmid);
	REFUSED(&readable, drop_privileges(), EACCES, ipc->shmat(shmid, NULL, 0));
	set_mode(&shm_facility, shmid, 0200);
	const struct snapshot writable = snapshot_of(&shm_facility, shmid);
	REFUSED(&writable, drop_privileges(), EACCES, ipc->shmat(shmid, NULL, SHM_RDONLY));
	REFUSED(&writable, drop_privileges(), EACCES, ipc->shmat(shmid, NULL, 0));
	expect_eq('x', *taken);
	expect_serves(ipc, &shm_facility, shmid, check_key(0));
}

CHECK("shmdt.refused", LIBC | RAW, NEED_NAMESPACE,
      "a shmdt that fails changes no attachment, count, time or process",
      "shmop(2), EINVAL; ipc/shm.c, ksys_shmdt")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page_size(), 0600));
	char *address = attach(ipc, shmid, NULL, 0);

	address[page_size()] = 'x';
	const struct snapshot before = snapshot_of(&shm_facility, shmid);
	expect_errno(EINVAL, ipc->shmdt(address + 1));
	expect_errno(EINVAL, ipc->shmdt(address + page_size()));
	expect_errno(EINVAL, ipc->shmdt(address + 2 * page_size() + 1));
	expect_errno(EINVAL, ipc->shmdt(NULL));
	expect_errno(EINVAL, ipc->shmdt((void *)-1));
	expect_unchanged("shmdt", &before);
	expect_eq('x', address[page_size()]);
	expect_eq(0, ipc->shmdt(address));
	expect_eq(0, shm_state(shmid).shm_nattch);
}

/* ---- blocked calls that end with an error -------------------------------------------- */

/* A child blocks in CALL until a signal interrupts it; afterwards nothing has changed. */
#define INTERRUPTED(BEFORE, CALL)                           \
	do {                                                \
		pid_t waiter_;                              \
		CHILD (waiter_) {                           \
			catch_signal(SIGUSR1, 0);           \
			expect_errno(EINTR, CALL);          \
		}                                           \
		interrupt(waiter_);                         \
		expect_unchanged_at(HERE, #CALL, (BEFORE)); \
	} while (0)

CHECK("msgrcv.refused.eintr", LIBC | RAW, NEED_NAMESPACE,
      "an interrupted msgrcv or msgsnd changes nothing in the queue and leaves no waiter behind",
      "msgop(2), EINTR; ipc/msg.c, do_msgsnd and do_msgrcv")
{
	const struct message message = {1, "text"};
	int msqid = queue_of_three(ipc, 0600);
	struct message got;

	set_room(msqid, 6, 0600);
	const struct snapshot before = snapshot_of(&msg_facility, msqid);
	INTERRUPTED(&before, ipc->msgrcv(msqid, &got, TEXT, 4, 0));
	INTERRUPTED(&before, ipc->msgrcv(msqid, &got, 0, 4, MSG_NOERROR));
	INTERRUPTED(&before, ipc->msgsnd(msqid, &message, 1, 0));
	INTERRUPTED(&before, ipc->msgsnd(msqid, &message, 4, 0));
	/* A new message does not go to the process that was interrupted. */
	expect_three(ipc, msqid);
	expect_eq(0, ipc->msgsnd(msqid, &message, 4, IPC_NOWAIT));
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_serves(ipc, &msg_facility, msqid, check_key(0));
}

CHECK("semop.refused.eintr", LIBC | RAW, NEED_NAMESPACE,
      "an interrupted semop leaves the set and its counts of waiters unchanged",
      "semop(2), EINTR; ipc/sem.c, do_semtimedop and unlink_queue")
{
	int semid = must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0600));

	must(libc_calls.semctl(semid, 0, SETVAL, (union semun){.val = 1}));
	struct snapshot before = snapshot_of(&sem_facility, semid);
	INTERRUPTED(&before, sem_op(ipc, semid, -2, 0));
	INTERRUPTED(&before, sem_op(ipc, semid, 0, 0));
	INTERRUPTED(&before, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0})));
	INTERRUPTED(&before, ipc->semop(semid, OPS({0, 1, 0}, {0, 1, 0}, {0, -4, 0})));
	INTERRUPTED(&before, ipc->semop(semid, OPS({1, 0, 0}, {0, 0, 0})));
	before.without_otime = true;
	INTERRUPTED(&before, ipc->semop(semid, OPS({0, -1, SEM_UNDO}, {1, -1, SEM_UNDO})));
	INTERRUPTED(&before, ipc->semop(semid, OPS({1, 3, SEM_UNDO}, {1, -4, SEM_UNDO})));
	/* No waiter takes the new units. */
	expect_eq(0, ipc->semop(semid, OPS({1, 4, 0}, {0, 3, 0})));
	expect_eq(4, sem_value(semid, 0));
	expect_eq(4, sem_value(semid, 1));
	expect_serves(ipc, &sem_facility, semid, check_key(0));
}
