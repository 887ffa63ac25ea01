/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Makes each call with only the permission that it needs: it succeeds, blocks, or fails for
 * another reason, just as with all permissions.
 */
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "facility.h"

static const union semun none;
static const struct timespec soon = {.tv_nsec = 1};

/* Makes a queue with this mode and msg_qbytes, which this process owns. */
static int queue_of_mode(const struct ipc_calls *ipc, int mode, unsigned long qbytes)
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);

	ds.msg_perm.mode = (unsigned short)mode;
	ds.msg_qbytes = qbytes;
	must(libc_calls.msgctl(msqid, IPC_SET, &ds));
	return msqid;
}

/*
 * Changes the mode so that this process, which may lack CAP_IPC_OWNER, can wake the blocked
 * one: the kernel tests the mode when a call begins.
 */
static void allow_all(const struct facility *facility, int id)
{
	must(facility->set(&libc_calls, id, geteuid(), getegid(), 0600));
}

static int set_of_mode(const struct ipc_calls *ipc, int mode, int value)
{
	int semid = sem_new(ipc, value);

	must(sem_facility.set(&libc_calls, semid, geteuid(), getegid(), mode));
	return semid;
}

CHECK("semop.right.alter_only", LIBC | RAW, 0,
      "with alter permission only, semop succeeds, fails and blocks as usual",
      "semop(2), EACCES: alter permission; ipc/sem.c, do_semtimedop")
{
	int semid = set_of_mode(ipc, 0200, 1);
	pid_t pid, waiter;

	CHILD (pid) {
		drop_privileges();
		expect_errno(EAGAIN, sem_op(ipc, semid, -2, IPC_NOWAIT));
		expect_errno(EAGAIN, ipc->semtimedop(semid, OPS({0, -2, 0}), &soon));
		expect_errno(EAGAIN, ipc->semop(semid, OPS({0, -2, SEM_UNDO | IPC_NOWAIT})));
		/* Waiting for zero in a call that also alters needs no read permission. */
		expect_errno(EAGAIN, ipc->semop(semid, OPS({0, 0, IPC_NOWAIT}, {1, 1, 0})));
		expect_eq(0, ipc->semop(semid, OPS({1, 0, IPC_NOWAIT}, {1, 1, 0}, {1, -1, 0})));
		expect_errno(ERANGE, sem_op(ipc, semid, SEMVMX, 0));
		expect_errno(EFBIG, ipc->semop(semid, OPS({NSEMS, 1, 0})));
		expect_errno(EACCES, sem_op(ipc, semid, 0, IPC_NOWAIT));
		expect_errno(EACCES, ipc->semop(semid, OPS({1, 0, 0}, {2, 0, 0})));
	}
	child_join(pid);
	CHILD (waiter) {
		drop_privileges();
		expect_eq(0, sem_op(ipc, semid, -2, 0));
	}
	await_blocked(waiter);
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	child_join(waiter);
	CHILD (waiter) {
		drop_privileges();
		expect_errno(EIDRM, ipc->semop(semid, OPS({0, -1, 0}, {1, -1, 0})));
	}
	await_blocked(waiter);
	must(libc_calls.semctl(semid, 0, IPC_RMID, none));
	child_join(waiter);
}

CHECK("semop.right.read_only", LIBC | RAW, 0,
      "with read permission only, a semop that waits for zero succeeds, fails and blocks as usual",
      "semop(2), EACCES: read permission; ipc/sem.c, do_semtimedop")
{
	int semid = set_of_mode(ipc, 0400, 1);
	pid_t pid, waiter;

	CHILD (pid) {
		drop_privileges();
		expect_errno(EAGAIN, sem_op(ipc, semid, 0, IPC_NOWAIT));
		expect_errno(EAGAIN, ipc->semtimedop(semid, OPS({0, 0, 0}), &soon));
		expect_errno(EAGAIN, ipc->semop(semid, OPS({1, 0, 0}, {0, 0, IPC_NOWAIT})));
		expect_eq(0, ipc->semop(semid, OPS({1, 0, 0}, {2, 0, 0})));
		expect_errno(EFBIG, ipc->semop(semid, OPS({NSEMS, 0, 0})));
		expect_errno(EACCES, sem_op(ipc, semid, -2, IPC_NOWAIT));
		expect_errno(EACCES, sem_op(ipc, semid, -2, 0));
		expect_errno(EACCES, sem_op(ipc, semid, SEMVMX, 0));
		expect_errno(EACCES, ipc->semop(semid, OPS({0, 0, IPC_NOWAIT}, {1, 1, 0})));
	}
	child_join(pid);
	CHILD (waiter) {
		drop_privileges();
		expect_eq(0, sem_op(ipc, semid, 0, 0));
	}
	await_blocked(waiter);
	allow_all(&sem_facility, semid);
	expect_eq(0, sem_op(ipc, semid, -1, 0));
	child_join(waiter);
}

CHECK("semctl.right.one_only", LIBC | RAW, 0,
      "each command for values needs one permission: read for GET*, alter for SET*",
      "semctl(2), EACCES")
{
	static const int reads[] = {GETVAL, GETPID, GETNCNT, GETZCNT};
	unsigned short values[NSEMS] = {1, 2, 3};
	int readable = set_of_mode(ipc, 0400, 1), writable = set_of_mode(ipc, 0200, 1);
	struct semid_ds ds;

	drop_privileges();
	for (unsigned i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		expect_ok(ipc->semctl(readable, 0, reads[i], none));
		expect_errno(EINVAL, ipc->semctl(readable, NSEMS, reads[i], none));
		expect_errno(EACCES, ipc->semctl(writable, 0, reads[i], none));
	}
	expect_eq(0, ipc->semctl(readable, 0, GETALL, (union semun){.array = values}));
	expect_errno(EACCES, ipc->semctl(writable, 0, GETALL, (union semun){.array = values}));
	expect_errno(EACCES, ipc->semctl(readable, 0, SETVAL, (union semun){.val = 1}));
	expect_eq(0, ipc->semctl(writable, 0, SETVAL, (union semun){.val = 1}));
	expect_errno(ERANGE, ipc->semctl(writable, 0, SETVAL, (union semun){.val = -1}));
	expect_errno(EINVAL, ipc->semctl(writable, NSEMS, SETVAL, (union semun){.val = 1}));
	expect_errno(EACCES, ipc->semctl(readable, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, ipc->semctl(writable, 0, SETALL, (union semun){.array = values}));
	values[1] = (unsigned short)(SEMVMX + 1);
	expect_errno(ERANGE, ipc->semctl(writable, 0, SETALL, (union semun){.array = values}));
	expect_eq(0, ipc->semctl(readable, 0, IPC_STAT, (union semun){.buf = &ds}));
	expect_errno(EACCES, ipc->semctl(writable, 0, IPC_STAT, (union semun){.buf = &ds}));
}

CHECK("msgsnd.right.write_only", LIBC | RAW, 0,
      "with write permission only, msgsnd succeeds, fails and blocks as usual",
      "msgop(2), EACCES: write permission; ipc/msg.c, do_msgsnd")
{
	const struct message message = {1, "text"}, wrong = {0, ""};
	int msqid = queue_of_mode(ipc, 0200, 4);
	struct message got;
	pid_t pid, waiter;

	CHILD (pid) {
		drop_privileges();
		expect_eq(0, ipc->msgsnd(msqid, &message, 4, 0));
		expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
		expect_errno(EINVAL, ipc->msgsnd(msqid, &wrong, 1, IPC_NOWAIT));
		expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
		expect_errno(EACCES, ipc->msgrcv(msqid, &got, 0, 0, 0));
		expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 9, IPC_NOWAIT));
	}
	child_join(pid);
	CHILD (waiter) {
		drop_privileges();
		expect_eq(0, ipc->msgsnd(msqid, &message, 3, 0));
	}
	await_blocked(waiter);
	allow_all(&msg_facility, msqid);
	expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	child_join(waiter);
}

CHECK("msgrcv.right.read_only", LIBC | RAW, 0,
      "with read permission only, msgrcv succeeds, fails and blocks as usual",
      "msgop(2), EACCES: read permission; ipc/msg.c, do_msgrcv")
{
	const struct message message = {1, "text"};
	int msqid = queue_of_mode(ipc, 0600, 100);
	struct message got;
	pid_t pid, waiter;

	msg_put(ipc, msqid, 1, "text");
	must(msg_facility.set(&libc_calls, msqid, geteuid(), getegid(), 0400));
	CHILD (pid) {
		drop_privileges();
		expect_errno(E2BIG, ipc->msgrcv(msqid, &got, 3, 0, 0));
		expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 2, IPC_NOWAIT));
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
		expect_errno(ENOMSG, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
		expect_errno(EACCES, ipc->msgsnd(msqid, &message, 4, 0));
		expect_errno(EACCES, ipc->msgsnd(msqid, &message, 4, IPC_NOWAIT));
	}
	child_join(pid);
	CHILD (waiter) {
		drop_privileges();
		expect_eq(4, ipc->msgrcv(msqid, &got, TEXT, 1, 0));
	}
	await_blocked(waiter);
	allow_all(&msg_facility, msqid);
	msg_put(ipc, msqid, 1, "text");
	child_join(waiter);
}

CHECK("shmat.right.read_only", LIBC | RAW, 0,
      "a segment with read permission only can be attached with SHM_RDONLY only, and detached",
      "shmop(2), EACCES; ipc/shm.c, do_shmat")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, page_size(), 0600));
	char *address;

	*attach(ipc, shmid, NULL, 0) = 'x';
	must(shm_facility.set(&libc_calls, shmid, geteuid(), getegid(), 0400));
	drop_privileges();
	expect_errno(EACCES, ipc->shmat(shmid, NULL, 0));
	expect_errno(EACCES, ipc->shmat(shmid, NULL, SHM_EXEC));
	expect_errno(EACCES, ipc->shmat(shmid, NULL, SHM_EXEC | SHM_RDONLY));
	address = attach(ipc, shmid, NULL, SHM_RDONLY);
	expect_eq('x', *address);
	expect_errno(EACCES, mprotect(address, page_size(), PROT_READ | PROT_WRITE));
	expect_eq(2, shm_state(shmid).shm_nattch);
	expect_eq(0, ipc->shmdt(address));
	/* A segment cannot be attached for writing only. */
	must(shm_facility.set(&libc_calls, shmid, geteuid(), getegid(), 0200));
	expect_errno(EACCES, ipc->shmat(shmid, NULL, 0));
	expect_errno(EACCES, ipc->shmat(shmid, NULL, SHM_RDONLY));
}

/* ---- which error takes precedence -------------------------------------------------------- */

CHECK_EACH("errors.eexist_first", LIBC | RAW, 0,
	   "EEXIST takes precedence over EACCES and over errors in the size",
	   "ipc/util.c, ipcget_public")
{
	must(facility->get(ipc, check_key(0), IPC_CREAT | 0000));
	drop_privileges();
	expect_errno(EEXIST, facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL | 0600));
	if (facility == &sem_facility)
		expect_errno(EEXIST, ipc->semget(check_key(0), NSEMS + 1, IPC_CREAT | IPC_EXCL));
	if (facility == &shm_facility)
		expect_errno(EEXIST, ipc->shmget(check_key(0), 2, IPC_CREAT | IPC_EXCL));
	expect_errno(EACCES, facility->get(ipc, check_key(0), IPC_CREAT | 0600));
}

CHECK("semget.errors.einval_first", LIBC | RAW, 0,
      "EINVAL for a size above the set's or segment's takes precedence over EACCES",
      "ipc/util.c, ipcget_public: more_checks before ipc_check_perms")
{
	must(ipc->semget(check_key(0), NSEMS, IPC_CREAT | 0000));
	must(ipc->shmget(check_key(0), 1, IPC_CREAT | 0000));
	drop_privileges();
	expect_errno(EINVAL, ipc->semget(check_key(0), NSEMS + 1, 0600));
	expect_errno(EACCES, ipc->semget(check_key(0), NSEMS, 0600));
	expect_errno(EINVAL, ipc->shmget(check_key(0), 2, 0600));
	expect_errno(EACCES, ipc->shmget(check_key(0), 1, 0600));
}

CHECK("semop.errors.order", LIBC | RAW, 0,
      "if operations have several errors, semop returns the first one in the kernel's order",
      "ipc/sem.c, do_semtimedop, semctl_setval and semctl_main")
{
	static struct sembuf many[40000];
	int semid = set_of_mode(ipc, 0000, 1);
	struct seminfo info = {0};

	must(libc_calls.semctl(0, 0, IPC_INFO, (union semun){.__buf = &info}));
	drop_privileges();
	if ((size_t)info.semopm < sizeof(many) / sizeof(many[0]))
		expect_errno(E2BIG, ipc->semop(INT_MAX, many, (size_t)info.semopm + 1));
	expect_errno(EFBIG, ipc->semop(semid, OPS({NSEMS, 1, IPC_NOWAIT})));
	expect_errno(EACCES, sem_op(ipc, semid, -2, IPC_NOWAIT));
	expect_errno(EACCES, sem_op(ipc, semid, SEMVMX, IPC_NOWAIT));
	expect_errno(ERANGE, ipc->semctl(INT_MAX, 0, SETVAL, (union semun){.val = -1}));
	expect_errno(EINVAL, ipc->semctl(semid, NSEMS, SETVAL, (union semun){.val = 1}));
	expect_errno(EACCES, ipc->semctl(semid, 0, SETVAL, (union semun){.val = 1}));
	expect_errno(EACCES, ipc->semctl(semid, NSEMS, GETVAL, none));
}

CHECK("semctl.errors.order", RAW, 0,
      "a command of semctl with several errors fails with the first one in the kernel's order",
      "ipc/sem.c, ksys_semctl, semctl_main, semctl_stat and semctl_down")
{
	unsigned short wrong[NSEMS] = {0, (unsigned short)(SEMVMX + 1), 0};
	const union semun nowhere = {.buf = (struct semid_ds *)(void *)memory_end()};
	const union semun nothing = {.array = (unsigned short *)(void *)memory_end()};
	int semid = set_of_mode(ipc, 0200, 1), closed = set_of_mode(ipc, 0000, 1);

	/* The kernel reads the structure of IPC_SET before it looks for the id. */
	expect_errno(EFAULT, ipc->semctl(INT_MAX, 0, IPC_SET, nowhere));
	expect_errno(EINVAL, ipc->semctl(INT_MAX, 0, IPC_STAT, nowhere));
	expect_errno(EINVAL, ipc->semctl(INT_MAX, 0, SETALL, nothing));
	drop_privileges();
	expect_errno(EACCES, ipc->semctl(semid, 0, IPC_STAT, nowhere));
	expect_errno(EACCES, ipc->semctl(semid, 0, GETALL, nothing));
	expect_errno(EFAULT, ipc->semctl(semid, 0, SETALL, nothing));
	expect_errno(ERANGE, ipc->semctl(semid, 0, SETALL, (union semun){.array = wrong}));
	expect_errno(EACCES, ipc->semctl(closed, 0, SETALL, nothing));
	expect_errno(EACCES, ipc->semctl(closed, 0, SETALL, (union semun){.array = wrong}));
	for (int command = 0; command < 2; command++)
		expect_errno(EACCES, ipc->semctl(closed, NSEMS, command ? GETNCNT : GETPID, none));
}

CHECK("msgctl.errors.order", RAW, NEED_LIMITS,
      "a command of msgctl with several errors fails with the first one in the kernel's order",
      "ipc/msg.c, ksys_msgctl, msgctl_stat and msgctl_down")
{
	struct msqid_ds *nowhere = (struct msqid_ds *)(void *)memory_end();
	int msqid = queue_of_mode(ipc, 0200, 0);
	const union state before = state_of(&msg_facility, msqid);

	expect_errno(EFAULT, ipc->msgctl(INT_MAX, IPC_SET, nowhere));
	expect_errno(EFAULT, ipc->msgctl(msqid, IPC_SET, nowhere));
	expect_errno(EINVAL, ipc->msgctl(INT_MAX, IPC_STAT, nowhere));
	drop_privileges();
	expect_errno(EACCES, ipc->msgctl(msqid, IPC_STAT, nowhere));
	must(libc_calls.msgctl(
		msqid, IPC_SET,
		&(struct msqid_ds){
			.msg_perm = {.uid = before.perm.uid, .gid = before.perm.gid, .mode = 0600},
			.msg_qbytes = 5}));
	expect_errno(EFAULT, ipc->msgctl(msqid, IPC_SET, nowhere));
	const union state after = state_of(&msg_facility, msqid);
	expect_eq(before.perm.uid, after.perm.uid);
	expect_eq(0600, after.perm.mode);
	expect_eq(5, after.msg.msg_qbytes);
	/* EPERM for msg_qbytes above msgmnb comes before EINVAL for an invalid user. */
	struct msqid_ds ds = after.msg;
	ds.msg_qbytes = (msglen_t)get_limit("msgmnb") + 1;
	ds.msg_perm.uid = (uid_t)-1;
	expect_errno(EPERM, libc_calls.msgctl(msqid, IPC_SET, &ds));
}

CHECK("shmctl.errors.order", RAW, 0,
      "a command of shmctl with several errors fails with the first one in the kernel's order",
      "ipc/shm.c, ksys_shmctl, shmctl_stat and shmctl_down")
{
	struct shmid_ds *nowhere = (struct shmid_ds *)(void *)memory_end();
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));

	expect_errno(EFAULT, ipc->shmctl(INT_MAX, IPC_SET, nowhere));
	expect_errno(EFAULT, ipc->shmctl(shmid, IPC_SET, nowhere));
	expect_errno(EINVAL, ipc->shmctl(INT_MAX, IPC_STAT, nowhere));
	expect_eq(0600, state_of(&shm_facility, shmid).perm.mode);
	must(shm_facility.set(&libc_calls, shmid, geteuid(), getegid(), 0200));
	drop_privileges();
	expect_errno(EACCES, ipc->shmctl(shmid, IPC_STAT, nowhere));
}

CHECK("shmat.errors.order", LIBC | RAW, 0,
      "a shmat with several errors fails with the first one in the kernel's order",
      "ipc/shm.c, do_shmat: the address, the id, the permission, the mappings")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0000));
	char *taken = attach(ipc, must(ipc->shmget(IPC_PRIVATE, 1, 0600)), NULL, 0);

	drop_privileges();
	expect_errno(EINVAL, ipc->shmat(shmid, taken + 1, 0));
	expect_errno(EINVAL, ipc->shmat(shmid, NULL, SHM_REMAP));
	expect_errno(EINVAL, ipc->shmat(INT_MAX, taken, 0));
	expect_errno(EACCES, ipc->shmat(shmid, taken, 0));
	expect_errno(EACCES, ipc->shmat(shmid, taken, SHM_RDONLY));
	expect_eq(0, *taken);
}

CHECK("msgrcv.errors.order", RAW, 0,
      "a msgrcv or msgsnd with several errors fails with the first one in the kernel's order",
      "ipc/msg.c, ksys_msgsnd, do_msgsnd and do_msgrcv")
{
	struct message *nowhere = (struct message *)(void *)memory_end();
	int msqid = queue_of_mode(ipc, 0000, 1), open = queue_of_mode(ipc, 0600, 1);
	struct message got, message = {.mtype = 1};

	msg_put(ipc, open, 1, "x");
	/* The kernel reads the type and the text before it looks for the id. */
	expect_errno(EFAULT, ipc->msgsnd(INT_MAX, nowhere, SIZE_MAX, IPC_NOWAIT));
	long *type = (long *)(void *)nowhere - 1;
	*type = 1;
	expect_errno(EFAULT, ipc->msgsnd(INT_MAX, type, 1, IPC_NOWAIT));
	*type = 0;
	expect_errno(EINVAL, ipc->msgsnd(msqid, type, 1, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgsnd(INT_MAX, &message, 1, IPC_NOWAIT));
	/* A text that is too long fails before the kernel writes anything. */
	expect_errno(E2BIG, ipc->msgrcv(open, nowhere, 0, 0, IPC_NOWAIT));
	expect_errno(ENOMSG, ipc->msgrcv(open, nowhere, TEXT, 99, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgrcv(INT_MAX, nowhere, TEXT, 0, IPC_NOWAIT));
	expect_eq(1, msg_state(open).msg_qnum);
	drop_privileges();
	expect_errno(EACCES, ipc->msgrcv(msqid, nowhere, TEXT, 0, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, SIZE_MAX, 0, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, 0, 0, IPC_NOWAIT));
}

CHECK("msgsnd.errors.order", LIBC | RAW, 0,
      "EINVAL for a wrong type or size precedes EACCES, which precedes blocking and EAGAIN",
      "ipc/msg.c, do_msgsnd and do_msgrcv")
{
	const struct message message = {1, "text"}, wrong = {0, ""};
	int msqid = queue_of_mode(ipc, 0000, 0);
	struct message got;

	drop_privileges();
	expect_errno(EINVAL, ipc->msgsnd(msqid, &wrong, 1, IPC_NOWAIT));
	expect_errno(EINVAL, ipc->msgsnd(msqid, &message, SIZE_MAX, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgsnd(msqid, &message, 1, 0));
	expect_errno(EINVAL, ipc->msgrcv(msqid, &got, SIZE_MAX, 0, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_errno(EACCES, ipc->msgrcv(msqid, &got, TEXT, 0, 0));
}
