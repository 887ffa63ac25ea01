/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* PID and user namespaces: each observer sees the process and user ids of its namespaces. */
#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "namespaces.h"

/*
 * INNER(pid, OUTSIDE) { ... }: the block runs in a child that is process 1 of a new PID
 * namespace; OUTSIDE is set to the child's id in this namespace.
 */
static pid_t inner_fork(pid_t *outside)
{
	int numbers[2];
	pid_t between, inner = -1;

	must(pipe(numbers));
	between = child_fork();
	if (between == 0) {
		if (unshare(CLONE_NEWPID) == -1)
			skip("no PID namespaces");
		inner = child_fork();
		if (inner == 0)
			return 0;
		must(write(numbers[1], &inner, sizeof(inner)));
		child_join(inner);
		child_end();
	}
	close(numbers[1]);
	if (read(numbers[0], &inner, sizeof(inner)) != sizeof(inner))
		inner = -1;
	close(numbers[0]);
	*outside = inner;
	return between;
}
#define INNER(PID, OUTSIDE) for ((PID) = inner_fork(OUTSIDE); is_child(PID); child_end())

#define TRANSLATED "kernel commits 51d6f2635b39, 39a4940eaa18, 98f929b1bd4e; pid_namespaces(7)"

static struct msqid_ds msg_by(int cmd, int msqid)
{
	struct msqid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	/* The first object of a new namespace is in the first slot. */
	must(libc_calls.msgctl(cmd == IPC_STAT ? msqid : 0, cmd, &ds));
	return ds;
}

static struct shmid_ds shm_by(int cmd, int shmid)
{
	struct shmid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	must(libc_calls.shmctl(cmd == IPC_STAT ? shmid : 0, cmd, &ds));
	return ds;
}

CHECK("msgctl.stat.pid_namespace", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY | NEED_PROC,
      "since Linux 4.17 msg_lspid and msg_lrpid are the ids in the observer's PID namespace, or 0 "
      "if the process has none there",
      TRANSLATED)
{
	static const int commands[] = {IPC_STAT, MSG_STAT, MSG_STAT_ANY};
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct message got;
	pid_t pid, inner;

	msg_put(ipc, msqid, 1, "outer");
	must(ipc->msgrcv(msqid, &got, TEXT, 0, 0));
	INNER(pid, &inner)
	{
		for (unsigned i = 0; i < 3; i++) {
			expect_eq(0, msg_by(commands[i], msqid).msg_lspid);
			expect_eq(0, msg_by(commands[i], msqid).msg_lrpid);
		}
		expect_eq(0, sysvipc("msg", msqid, "lspid"));
		expect_eq(0, sysvipc("msg", msqid, "lrpid"));
		msg_put(ipc, msqid, 1, "inner");
		must(ipc->msgrcv(msqid, &got, TEXT, 0, 0));
		expect_eq(1, getpid());
		for (unsigned i = 0; i < 3; i++) {
			expect_eq(1, msg_by(commands[i], msqid).msg_lspid);
			expect_eq(1, msg_by(commands[i], msqid).msg_lrpid);
		}
		expect_eq(1, sysvipc("msg", msqid, "lspid"));
		expect_eq(1, sysvipc("msg", msqid, "lrpid"));
	}
	child_join(pid);
	for (unsigned i = 0; i < 3; i++) {
		expect_eq(inner, msg_by(commands[i], msqid).msg_lspid);
		expect_eq(inner, msg_by(commands[i], msqid).msg_lrpid);
	}
	expect_eq(inner, sysvipc("msg", msqid, "lspid"));
	expect_eq(inner, sysvipc("msg", msqid, "lrpid"));
}

CHECK("semctl.getpid.pid_namespace", LIBC | RAW, NEED_NAMESPACE,
      "since Linux 4.17 GETPID returns the id in the observer's PID namespace, or 0 if the process "
      "has none there",
      TRANSLATED)
{
	const union semun none = {0};
	int semid = must(ipc->semget(IPC_PRIVATE, NSEMS, 0600));
	pid_t pid, inner;

	must(ipc->semop(semid, OPS({0, 1, 0}, {1, 0, 0})));
	INNER(pid, &inner)
	{
		expect_eq(0, ipc->semctl(semid, 0, GETPID, none));
		expect_eq(0, ipc->semctl(semid, 1, GETPID, none));
		must(sem_op(ipc, semid, 1, SEM_UNDO));
		expect_eq(1, ipc->semctl(semid, 0, GETPID, none));
		must(ipc->semctl(semid, 2, SETVAL, (union semun){.val = 3}));
		expect_eq(1, ipc->semctl(semid, 2, GETPID, none));
	}
	child_join(pid);
	expect_eq(inner, ipc->semctl(semid, 0, GETPID, none));
	expect_eq(getpid(), ipc->semctl(semid, 1, GETPID, none));
	expect_eq(inner, ipc->semctl(semid, 2, GETPID, none));
}

CHECK("shmctl.stat.pid_namespace", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY | NEED_PROC,
      "since Linux 4.17 shm_cpid and shm_lpid are the ids in the observer's PID namespace, or 0 "
      "if the process has none there",
      TRANSLATED)
{
	static const int commands[] = {IPC_STAT, SHM_STAT, SHM_STAT_ANY};
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600)), second;
	const key_t key = check_key(0); /* depends on the process group, whose id differs inside */
	pid_t pid, inner;

	must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
	INNER(pid, &inner)
	{
		for (unsigned i = 0; i < 3; i++) {
			expect_eq(0, shm_by(commands[i], shmid).shm_cpid);
			expect_eq(0, shm_by(commands[i], shmid).shm_lpid);
		}
		expect_eq(0, sysvipc("shm", shmid, "cpid"));
		expect_eq(0, sysvipc("shm", shmid, "lpid"));
		must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
		for (unsigned i = 0; i < 3; i++) {
			expect_eq(0, shm_by(commands[i], shmid).shm_cpid);
			expect_eq(1, shm_by(commands[i], shmid).shm_lpid);
		}
		expect_eq(1, sysvipc("shm", shmid, "lpid"));
		must(ipc->shmget(key, 1, IPC_CREAT | 0600));
	}
	child_join(pid);
	for (unsigned i = 0; i < 3; i++) {
		expect_eq(getpid(), shm_by(commands[i], shmid).shm_cpid);
		expect_eq(inner, shm_by(commands[i], shmid).shm_lpid);
	}
	expect_eq(inner, sysvipc("shm", shmid, "lpid"));
	second = must(ipc->shmget(key, 0, 0));
	expect_eq(inner, shm_state(second).shm_cpid);
	expect_eq(inner, sysvipc("shm", second, "cpid"));
}

CHECK("msgctl.stat.pid_namespace_of_opener", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "an open file of /proc/sysvipc shows process ids of its opener's PID namespace",
      "ipc/util.c, sysvipc_proc_open, ipc_seq_pid_ns")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600)), lspid = -1;
	int fd = open_proc("/proc/sysvipc/msg");
	pid_t pid, inner, outer = getpid();

	msg_put(ipc, msqid, 1, "text");
	INNER(pid, &inner)
	{
		char text[1024];
		text[must((int)read(fd, text, sizeof(text) - 1))] = '\0';
		/* key msqid perms cbytes qnum lspid */
		const char *row = strchr(text, '\n');
		expect_eq(1, row ? sscanf(row, "%*d %*d %*o %*u %*u %d", &lspid) : 0);
		expect_eq(outer, lspid);
		expect_eq(0, sysvipc("msg", msqid, "lspid"));
	}
	child_join(pid);
}

/* ---- user namespaces ------------------------------------------------------------------- */

enum { INSIDE = 7, OVERFLOW_ID = 65534 };

CHECK_EACH_CTL("stat.user_namespace", LIBC, NEED_NAMESPACE | NEED_PROC,
	       "owner and creator are the ids in the observer's user namespace, or the overflow id "
	       "if they have none there; for a file of /proc/sysvipc the observer is its opener",
	       "user_namespaces(7); ipc/util.c, kernel_to_ipc64_perm: from_kuid_munged; "
	       "fs/seq_file.c: seq_user_ns")
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	int id = must(facility->get(ipc, IPC_PRIVATE, 0666));
	char path[64], before[1024], after[1024];
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", facility->name);
	int fd = open_proc(path);
	const ssize_t length = must((int)read(fd, before, sizeof(before)));
	CHILD (pid) {
		if (unshare(CLONE_NEWUSER) == -1)
			skip("no user namespaces");
		must((int)lseek(fd, 0, SEEK_SET));
		expect_eq(length, read(fd, after, sizeof(after)));
		expect_bytes(before, after, (size_t)length);
		struct ipc_perm perm = state_of(facility, id).perm;
		/* The new user namespace has no mappings yet. */
		expect_eq(OVERFLOW_ID, perm.uid);
		expect_eq(OVERFLOW_ID, perm.cuid);
		expect_eq(OVERFLOW_ID, perm.gid);
		expect_eq(OVERFLOW_ID, perm.cgid);
		map_user(INSIDE, uid, gid);
		perm = state_of(facility, id).perm;
		expect_eq(INSIDE, perm.uid);
		expect_eq(INSIDE, perm.cuid);
		expect_eq(INSIDE, perm.gid);
		expect_eq(INSIDE, perm.cgid);
		expect_eq(INSIDE, sysvipc(facility->name, id, "uid"));
		expect_eq(INSIDE, sysvipc(facility->name, id, "cgid"));
		/* IPC_SET takes the ids of this user namespace too. */
		expect_eq(0, facility->set(ipc, id, INSIDE, INSIDE, 0640));
		expect_eq(0640, state_of(facility, id).perm.mode);
	}
	child_join(pid);
	expect_eq(uid, state_of(facility, id).perm.uid);
	expect_eq(gid, state_of(facility, id).perm.gid);
	expect_eq(uid, state_of(facility, id).perm.cuid);
	expect_eq(0640, state_of(facility, id).perm.mode);
}

CHECK_EACH("capability.sys_admin_of_child_user_namespace", LIBC | RAW, NEED_USERS,
	   "CAP_SYS_ADMIN in a child user namespace does not permit IPC_SET and IPC_RMID of "
	   "another user's object",
	   "user_namespaces(7); ipc/util.c, ipcctl_obtain_check: ns_capable of the IPC namespace's "
	   "owner")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0666));
	const union state before = state_of(facility, id);
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		if (unshare(CLONE_NEWUSER) == -1)
			skip("no user namespaces");
		map_user(0, STRANGER, STRANGER);
		expect_errno(EPERM, facility->set(ipc, id, 0, 0, 0600));
		expect_errno(EPERM, rmid(facility, ipc, id));
	}
	child_join(pid);
	const union state after = state_of(facility, id);
	facility->expect_same(&before, &after);
}

CHECK_EACH(
	"capability.of_owning_user_namespace", LIBC, NEED_USERS | NEED_PROC,
	"capabilities in the user namespace that owns an IPC namespace permit every use of another "
	"user's object in it",
	"user_namespaces(7); ipc/util.c, ipcperms and ipcctl_obtain_check: ns_capable of the IPC "
	"namespace's owner")
{
	pid_t inner, pid;
	char path[64];
	int of_user, of_ipc;

	CHILD (inner) {
		new_user_namespace(0);
		another_namespace();
		block_forever(ipc);
	}
	await_blocked(inner);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)inner);
	of_user = must(open(path, O_RDONLY | O_CLOEXEC));
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)inner);
	of_ipc = must(open(path, O_RDONLY | O_CLOEXEC));
	CHILD (pid) {
		enter_namespace(of_ipc);
		become(STRANGER, STRANGER);
		for (unsigned i = 0; i < 2; i++)
			must(facility->get(ipc, check_key(i), IPC_CREAT | IPC_EXCL | 0600));
	}
	child_join(pid);
	CHILD (pid) {
		enter_namespace(of_ipc);
		/* From here on the process has capabilities in that user namespace only. */
		must(setns(of_user, CLONE_NEWUSER));
		const int given = must(facility->get(ipc, check_key(0), 0600));
		const int removed = must(facility->get(ipc, check_key(1), 0600));
		expect_ok(facility->write(ipc, given));
		expect_ok(facility->read(ipc, given));
		expect_eq(0, facility->set(ipc, given, 0, 0, 0640));
		expect_eq(0640, state_of(facility, given).perm.mode);
		expect_eq(0, rmid(facility, ipc, removed));
		expect_errno(ENOENT, facility->get(ipc, check_key(1), 0));
	}
	child_join(pid);
	must(kill(inner, SIGKILL));
	child_join_signal(inner, SIGKILL);
}

CHECK("msgctl.set.qbytes_user_namespace", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "CAP_SYS_RESOURCE in a child user namespace does not permit msg_qbytes above msgmnb",
      "msgctl(2), EPERM; ipc/msg.c, msgctl_down: capable")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	pid_t pid;

	CHILD (pid) {
		if (unshare(CLONE_NEWUSER) == -1)
			skip("no user namespaces");
		map_user(0, uid, gid);
		struct msqid_ds ds = msg_state(msqid);
		ds.msg_qbytes = (msglen_t)get_limit("msgmnb") + 1;
		expect_errno(EPERM, libc_calls.msgctl(msqid, IPC_SET, &ds));
		ds.msg_qbytes--;
		expect_eq(0, libc_calls.msgctl(msqid, IPC_SET, &ds));
	}
	child_join(pid);
	expect_eq(get_limit("msgmnb"), msg_state(msqid).msg_qbytes);
}

CHECK("shmctl.lock.user_namespace", LIBC | RAW, NEED_USERS,
      "CAP_IPC_LOCK in a child user namespace does not permit SHM_LOCK of others' segments",
      "shmctl(2), EPERM; ipc/shm.c, shmctl_do_lock: ns_capable of the IPC namespace's owner")
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0666));
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		if (unshare(CLONE_NEWUSER) == -1)
			skip("no user namespaces");
		map_user(0, STRANGER, STRANGER);
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	child_join(pid);
	expect_eq(0, shm_state(shmid).shm_perm.mode & SHM_LOCKED);
}

CHECK("shmctl.lock.owning_user_namespace", LIBC | RAW, NEED_USERS | NEED_PROC,
      "in an IPC namespace that a user namespace owns, CAP_IPC_LOCK in that user namespace permits "
      "SHM_LOCK and SHM_UNLOCK of another's segment",
      "user_namespaces(7); ipc/shm.c, shmctl_do_lock: ns_capable of the IPC namespace's owner")
{
	const struct rlimit pages = {64 * page_size(), 64 * page_size()};
	char path[64];
	pid_t pid;

	/* CAP_IPC_LOCK in a child user namespace does not lift this limit. */
	if (setrlimit(RLIMIT_MEMLOCK, &pages) == -1 && errno == EPERM)
		skip("RLIMIT_MEMLOCK is too low and cannot be raised");
	CHILD (pid) {
		become(STRANGER, STRANGER);
		new_user_namespace(0);
		another_namespace();
		catch_signal(SIGUSR1, 0);
		block_forever(ipc);
		/* It belongs to a user that has no id here, and its mode permits nothing. */
		const int shmid = must(ipc->shmget(check_key(0), 0, 0));
		expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_eq(SHM_LOCKED, shm_state(shmid).shm_perm.mode);
		expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
		expect_eq(0, shm_state(shmid).shm_perm.mode);
		give_up(CAP_IPC_LOCK);
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	await_blocked(pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		must(kill(pid, SIGKILL));
		skip("this process may not read the files of another user's process in /proc");
	}
	enter_namespace(fd);
	must(ipc->shmget(check_key(0), 1, IPC_CREAT));
	interrupt(pid);
}
