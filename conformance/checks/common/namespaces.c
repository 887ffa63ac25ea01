/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Several IPC namespaces: the state that belongs to each, and how long one exists. */
#include "namespaces.h"

#include <linux/capability.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NAMESPACES "ipc_namespaces(7)"
#define NEED_BOTH (NEED_NAMESPACE | NEED_PROC)

static int create(const struct ipc_calls *ipc, const struct facility *facility, unsigned key)
{
	return must(facility->get(ipc, check_key(key), IPC_CREAT | IPC_EXCL | 0600));
}

static unsigned long count(const struct ipc_calls *ipc, const struct facility *facility)
{
	union info info = {0};

	must(facility->control(ipc, 0, facility->info, &info));
	return facility->used(&info);
}

/* The object is unchanged, and its key finds it. */
static void expect_found(const struct ipc_calls *ipc, const struct facility *facility, unsigned key,
			 int id, const union state *want)
{
	const union state got = state_of(facility, id);

	expect_eq(id, facility->get(ipc, check_key(key), 0));
	facility->expect_same(want, &got);
}

/* ---- state per namespace ------------------------------------------------------------ */

enum { OBJECTS = 3 };

CHECK_EACH("namespace.unreachable", LIBC | RAW, NEED_BOTH,
	   "another IPC namespace cannot reach an object by key, id or slot",
	   NAMESPACES "; ipc/util.c, ipc_obtain_object_check")
{
	int id[OBJECTS];
	union state before, state;
	pid_t pid;

	for (unsigned i = 0; i < OBJECTS; i++)
		must(facility->write(ipc, id[i] = create(ipc, facility, i)));
	before = state_of(facility, id[1]);
	CHILD (pid) {
		another_namespace();
		for (unsigned i = 0; i < OBJECTS; i++) {
			expect_errno(ENOENT, facility->get(ipc, check_key(i), 0));
			expect_errno(EINVAL, facility->read(ipc, id[i]));
			expect_errno(EINVAL, facility->write(ipc, id[i]));
			expect_errno(EINVAL, facility->control(ipc, id[i], IPC_STAT, &state));
			expect_errno(EINVAL, facility->set(ipc, id[i], geteuid(), getegid(), 0));
			expect_errno(EINVAL, rmid(facility, ipc, id[i]));
			expect_errno(EINVAL,
				     facility->control(ipc, (int)i, facility->stat, &state));
		}
	}
	child_join(pid);
	for (unsigned i = 0; i < OBJECTS; i++)
		expect_eq(id[i], facility->get(ipc, check_key(i), 0));
	expect_found(ipc, facility, 1, id[1], &before);
}

CHECK_EACH("namespace.uncounted", LIBC | RAW, NEED_BOTH,
	   "objects of another IPC namespace are neither counted nor listed",
	   NAMESPACES "; proc(5), /proc/sysvipc")
{
	union info info = {0};
	pid_t pid;

	for (unsigned i = 0; i < OBJECTS; i++)
		must(facility->write(ipc, create(ipc, facility, i)));
	CHILD (pid) {
		another_namespace();
		expect_eq(0, facility->control(ipc, 0, facility->info, &info));
		expect_eq(0, facility->used(&info));
		expect_eq(0, facility->control(ipc, 0, IPC_INFO, &info));
		expect_eq(0, sysvipc_rows(facility->name));
		create(ipc, facility, 0);
		expect_eq(1, count(ipc, facility));
		expect_eq(1, sysvipc_rows(facility->name));
	}
	child_join(pid);
	expect_eq(OBJECTS, count(ipc, facility));
	expect_eq(OBJECTS, sysvipc_rows(facility->name));
}

CHECK("msgctl.info.namespace", LIBC | RAW, NEED_NAMESPACE,
      "MSG_INFO counts the messages and bytes of one IPC namespace",
      "msgctl(2), MSG_INFO; " NAMESPACES)
{
	struct msginfo info;
	pid_t pid;

	msg_put(ipc, must(ipc->msgget(IPC_PRIVATE, 0600)), 1, "text");
	CHILD (pid) {
		another_namespace();
		must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
		expect_eq(0, info.msgmap);
		expect_eq(0, info.msgtql);
		msg_put(ipc, must(ipc->msgget(IPC_PRIVATE, 0600)), 1, "longer text");
	}
	child_join(pid);
	must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)&info));
	expect_eq(1, info.msgmap);
	expect_eq(4, info.msgtql);
}

CHECK("semctl.info.namespace", LIBC | RAW, NEED_NAMESPACE,
      "SEM_INFO counts the semaphores of one IPC namespace", "semctl(2), SEM_INFO; " NAMESPACES)
{
	struct seminfo info = {0};
	const union semun into = {.__buf = &info};
	pid_t pid;

	must(ipc->semget(IPC_PRIVATE, 5, 0600));
	CHILD (pid) {
		another_namespace();
		must(libc_calls.semctl(0, 0, SEM_INFO, into));
		expect_eq(0, info.semaem);
		must(ipc->semget(IPC_PRIVATE, 7, 0600));
	}
	child_join(pid);
	must(libc_calls.semctl(0, 0, SEM_INFO, into));
	expect_eq(5, info.semaem);
}

CHECK("shmctl.info.namespace", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO counts the pages of one IPC namespace", "shmctl(2), SHM_INFO; " NAMESPACES)
{
	struct shm_info info;
	pid_t pid;

	must(ipc->shmget(IPC_PRIVATE, 2 * page_size(), 0600));
	CHILD (pid) {
		another_namespace();
		must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
		expect_eq(0, info.shm_tot);
		must(ipc->shmget(IPC_PRIVATE, 5 * page_size(), 0600));
	}
	child_join(pid);
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(2, info.shm_tot);
}

CHECK_EACH("namespace.same_key", LIBC | RAW, NEED_NAMESPACE,
	   "objects with the same key in two IPC namespaces change independently", NAMESPACES)
{
	int id = create(ipc, facility, 0);
	union state before;
	pid_t pid;

	must(facility->write(ipc, id));
	before = state_of(facility, id);
	CHILD (pid) {
		another_namespace();
		/* Both namespaces begin with the same id, so a mix-up would show. */
		int other = create(ipc, facility, 0);
		expect_ok(facility->write(ipc, other));
		expect_eq(0, facility->set(ipc, other, geteuid(), getegid(), 0640));
		expect_eq(0640, state_of(facility, other).perm.mode);
		expect_eq(0, rmid(facility, ipc, other));
		expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
		expect_errno(EINVAL, facility->read(ipc, other));
	}
	child_join(pid);
	expect_found(ipc, facility, 0, id, &before);
}

CHECK_EACH("namespace.sysvipc_opener", LIBC | RAW, NEED_BOTH,
	   "an open file of /proc/sysvipc lists the IPC namespace in which it was opened",
	   "ipc/util.c, sysvipc_proc_open")
{
	char path[64], text[4096];
	ssize_t n;
	unsigned lines = 0;

	create(ipc, facility, 0);
	create(ipc, facility, 1);
	snprintf(path, sizeof(path), "/proc/sysvipc/%s", facility->name);
	int fd = open_proc(path);
	another_namespace();
	expect_eq(0, sysvipc_rows(facility->name));
	while ((n = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	expect_eq(1 + 2, lines);
}

/* ---- limits -------------------------------------------------------------------------- */

static const struct {
	const char *name, *value;
} limits[] = {
	{"msgmni", "11"}, {"msgmax", "12"}, {"msgmnb", "13"}, {"sem", "14 15 16 17"},
	{"shmmni", "18"}, {"shmmax", "19"}, {"shmall", "20"}, {"shm_rmid_forced", "1"},
};
enum { NLIMITS = sizeof(limits) / sizeof(limits[0]) };

CHECK("msgget.limit.namespace_each", LIBC, NEED_LIMITS,
      "writing each limit changes it in the writer's IPC namespace only",
      NAMESPACES "; ipc/ipc_sysctl.c")
{
	int home = own_namespace();
	long long before[NLIMITS];
	pid_t pid;

	for (unsigned i = 0; i < NLIMITS; i++)
		before[i] = get_limit(limits[i].name);
	another_namespace();
	int away = own_namespace();
	for (unsigned i = 0; i < NLIMITS; i++)
		set_limit(limits[i].name, limits[i].value);
	enter_namespace(home);
	for (unsigned i = 0; i < NLIMITS; i++)
		expect_eq(before[i], get_limit(limits[i].name));
	CHILD (pid) {
		enter_namespace(away);
		for (unsigned i = 0; i < NLIMITS; i++)
			expect_eq(strtoll(limits[i].value, NULL, 10), get_limit(limits[i].name));
		for (unsigned n = 1; n < 4; n++)
			expect_eq(14 + n, get_limit_n("sem", n));
	}
	child_join(pid);
}

CHECK("shmget.limit.shmall_of_namespace", LIBC | RAW, NEED_LIMITS,
      "pages of another IPC namespace do not count against shmall", "proc(5), shmall; " NAMESPACES)
{
	const size_t size = 2 * page_size();
	pid_t pid;

	set_limit("shmall", "2");
	must(ipc->shmget(IPC_PRIVATE, size, 0600));
	CHILD (pid) {
		another_namespace();
		set_limit("shmall", "2");
		int shmid = must(ipc->shmget(IPC_PRIVATE, size, 0600));
		expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
		must(ipc->shmctl(shmid, IPC_RMID, NULL));
	}
	child_join(pid);
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
}

CHECK("semget.limit.semmns_of_namespace", LIBC | RAW, NEED_LIMITS,
      "semaphores of another IPC namespace do not count against SEMMNS",
      "proc(5), sem; " NAMESPACES)
{
	pid_t pid;

	set_limit("sem", "10 10 10 10");
	must(ipc->semget(IPC_PRIVATE, 10, 0600));
	CHILD (pid) {
		another_namespace();
		set_limit("sem", "10 10 10 10");
		int semid = must(ipc->semget(IPC_PRIVATE, 10, 0600));
		expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
		must(ipc->semctl(semid, 0, IPC_RMID, (union semun){0}));
	}
	child_join(pid);
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
}

CHECK_EACH("namespace.next_id", LIBC | RAW, NEED_NEXT_ID | NEED_PROC,
	   "msg_next_id, ... of one IPC namespace has no effect in another",
	   "proc(5); ipc/util.c, ipc_idr_alloc")
{
	pid_t pid;

	set_limit(facility->next_id, "65541");
	CHILD (pid) {
		another_namespace();
		expect_eq(-1, get_limit(facility->next_id));
		expect(must(facility->get(ipc, IPC_PRIVATE, 0600)) != 65541);
	}
	child_join(pid);
	expect_eq(65541, get_limit(facility->next_id));
	expect_eq(65541, facility->get(ipc, IPC_PRIVATE, 0600));
}

CHECK("msgget.namespace.max", LIBC, NEED_BOTH,
      "user.max_ipc_namespaces limits the IPC namespaces of a user namespace and its descendants",
      "namespaces(7), /proc/sys/user; ipc/namespace.c, inc_ipc_namespaces")
{
	static const char path[] = "/proc/sys/user/max_ipc_namespaces";
	int msqid = must(ipc->msgget(check_key(0), IPC_CREAT | 0600)), fd;
	pid_t pid;

	CHILD (pid) {
		new_user_namespace(0);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd == -1 || write(fd, "1", 1) == -1)
			skip("the limits in /proc/sys/user cannot be written");
		close(fd);
		CHILD (pid) {
			another_namespace();
			must(ipc->msgget(check_key(1), IPC_CREAT | 0600));
			expect_errno(ENOSPC, unshare(CLONE_NEWIPC));
			/* The process is still in its old namespace. */
			expect_ok(ipc->msgget(check_key(1), 0));
			new_user_namespace(0);
			expect_errno(ENOSPC, unshare(CLONE_NEWIPC));
		}
		child_join(pid);
		fd = must(open(path, O_WRONLY | O_CLOEXEC));
		must(write(fd, "0", 1));
		close(fd);
		expect_errno(ENOSPC, unshare(CLONE_NEWIPC));
		expect_eq(msqid, ipc->msgget(check_key(0), 0));
	}
	child_join(pid);
}

CHECK("msgget.limit.owner", LIBC, NEED_BOTH,
      "since Linux 6.10 root of the owning user namespace owns the limits and may write them",
      "kernel commit 50ec499b9a43; ipc/ipc_sysctl.c, ipc_set_ownership, ipc_permissions")
{
	pid_t pid;

	need_kernel(6, 10);
	CHILD (pid) {
		new_user_namespace(0);
		another_namespace();
		for (unsigned i = 0; i < NLIMITS; i++) {
			struct stat file;
			char path[64];
			snprintf(path, sizeof(path), "/proc/sys/kernel/%s", limits[i].name);
			close(open_proc(path));
			must(stat(path, &file));
			expect_eq(0, file.st_uid);
			expect_eq(0, file.st_gid);
			int fd = open_limit(limits[i].name);
			if (fd == -1 && errno == EROFS)
				skip("/proc/sys is read-only");
			if (!expect_ok(fd))
				continue;
			close(fd);
			set_limit(limits[i].name, limits[i].value);
			expect_eq(strtoll(limits[i].value, NULL, 10), get_limit(limits[i].name));
		}
	}
	child_join(pid);
}

CHECK("msgget.limit.owner.others", LIBC, NEED_BOTH | NEED_USERS,
      "only root of the owning user namespace can write the limits, and everybody can read them",
      "ipc/ipc_sysctl.c, ipc_sysctls and ipc_permissions")
{
	pid_t pid;

	/* The effective user counts. */
	CHILD (pid) {
		const bool root_may = open_limit("shmmni") != -1;
		must(setresuid(STRANGER, 0, 0));
		if (root_may)
			expect_ok(open_limit("shmmni"));
		must(setresuid(0, STRANGER, STRANGER));
		expect_errno(EACCES, open_limit("shmmni"));
	}
	child_join(pid);
	/* A member of root's group may not write them either. */
	for (int member = 0; member < 2; member++) {
		CHILD (pid) {
			become(STRANGER, member ? 0 : STRANGER);
			for (unsigned i = 0; i < NLIMITS; i++) {
				expect_errno(EACCES, open_limit(limits[i].name));
				get_limit(limits[i].name);
			}
		}
		child_join(pid);
	}

	CHILD (pid) {
		become(STRANGER, STRANGER);
		new_user_namespace(7);
		another_namespace();
		for (unsigned i = 0; i < NLIMITS; i++)
			expect_errno(EACCES, open_limit(limits[i].name));
	}
	child_join(pid);
}

/* ---- entering, leaving, and lifetime ------------------------------------------------- */

CHECK_EACH("namespace.return", LIBC | RAW, NEED_BOTH,
	   "a process that returns to an IPC namespace by setns finds the objects it left there",
	   "setns(2); " NAMESPACES)
{
	int home = own_namespace(), id = create(ipc, facility, 0);
	union state before;

	must(facility->write(ipc, id));
	before = state_of(facility, id);
	another_namespace();
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
	create(ipc, facility, 1);
	enter_namespace(home);
	expect_found(ipc, facility, 0, id, &before);
	expect_errno(ENOENT, facility->get(ipc, check_key(1), 0));
	expect_eq(1, count(ipc, facility));
}

CHECK_EACH("namespace.kept_by_fd", LIBC | RAW, NEED_BOTH,
	   "an open descriptor keeps an IPC namespace without processes, and its objects",
	   "namespaces(7), \"Namespace lifetime\"")
{
	int home = own_namespace();
	pid_t pid;

	another_namespace();
	int away = own_namespace(), id = create(ipc, facility, 0);
	must(facility->write(ipc, id));
	const union state before = state_of(facility, id);
	enter_namespace(home);
	for (int i = 0; i < 2; i++) {
		expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
		CHILD (pid) {
			enter_namespace(away);
			expect_found(ipc, facility, 0, id, &before);
			expect_eq(1, count(ipc, facility));
		}
		child_join(pid);
	}
}

CHECK_EACH(
	"namespace.of_process", LIBC | RAW, NEED_BOTH,
	"setns by /proc/PID/ns/ipc enters the process's IPC namespace, which outlives the process",
	"setns(2); namespaces(7)")
{
	char path[64];
	pid_t pid;

	CHILD (pid) {
		another_namespace();
		create(ipc, facility, 0);
		block_forever(ipc);
	}
	await_blocked(pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	int fd = must(open(path, O_RDONLY | O_CLOEXEC));
	must(kill(pid, SIGKILL));
	child_join_signal(pid, SIGKILL);
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
	enter_namespace(fd);
	close(fd);
	int id = must(facility->get(ipc, check_key(0), 0));
	expect_ok(facility->write(ipc, id));
	expect_eq(0, rmid(facility, ipc, id));
}

CHECK_EACH("namespace.kept_by_mount", LIBC | RAW, NEED_BOTH,
	   "a bind mount keeps an IPC namespace without processes, and its objects",
	   "namespaces(7), \"Namespace lifetime\"")
{
	static const char path[] = "/tmp/ipc";
	pid_t pid;

	/* The mounts are visible to this process and its children only. */
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == -1)
		skip("this process may not mount file systems");
	close(must(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)));
	CHILD (pid) {
		another_namespace();
		must(facility->write(ipc, create(ipc, facility, 0)));
		must(mount("/proc/self/ns/ipc", path, NULL, MS_BIND, NULL));
	}
	child_join(pid);
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
	CHILD (pid) {
		int fd = must(open(path, O_RDONLY | O_CLOEXEC));
		enter_namespace(fd);
		int id = must(facility->get(ipc, check_key(0), 0));
		expect_ok(facility->read(ipc, id));
		expect_eq(1, count(ipc, facility));
	}
	child_join(pid);
}

/* The argument of a cloned process. */
struct cloned {
	const struct ipc_calls *ipc;
	const struct facility *facility;
};

static int expect_empty(void *arg)
{
	const struct cloned *self = arg;

	expect_errno(ENOENT, self->facility->get(self->ipc, check_key(0), 0));
	expect_eq(0, count(self->ipc, self->facility));
	create(self->ipc, self->facility, 0);
	create(self->ipc, self->facility, 1);
	return 0;
}

/* The stack pointer starts in the middle, because stacks grow down or up. */
static _Alignas(16) char stack[2 * 65536];

CHECK_EACH(
	"namespace.clone", LIBC | RAW, NEED_NAMESPACE,
	"clone with CLONE_NEWIPC gives the child an empty IPC namespace; the parent keeps its own",
	"clone(2), CLONE_NEWIPC")
{
	struct cloned cloned = {ipc, facility};
	int id = create(ipc, facility, 0);
	const union state before = state_of(facility, id);

	pid_t pid = clone(expect_empty, stack + 65536, CLONE_NEWIPC | SIGCHLD, &cloned);
	if (pid == -1 && errno == ENOSPC)
		skip("could not run: no second IPC namespace");
	child_join(must(pid));
	expect_found(ipc, facility, 0, id, &before);
	expect_errno(ENOENT, facility->get(ipc, check_key(1), 0));
}

static int do_nothing(void *arg UNUSED)
{
	return 0;
}

CHECK("semop.undo.clone_newipc", LIBC, NEED_NAMESPACE,
      "clone with both CLONE_NEWIPC and CLONE_SYSVSEM fails with EINVAL", "clone(2), EINVAL")
{
	expect_errno(EINVAL, clone(do_nothing, stack + 65536,
				   CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD, NULL));
}

static ino_t inode_of_namespace(void)
{
	struct stat file;

	must(stat("/proc/self/ns/ipc", &file));
	return file.st_ino;
}

CHECK("msgget.namespace.identity", LIBC, NEED_BOTH,
      "/proc/self/ns/ipc has one inode for each IPC namespace: a child's, an old and a new one",
      "namespaces(7), \"The /proc/pid/ns/ directory\"")
{
	const ino_t before = inode_of_namespace();
	int home = own_namespace();
	pid_t pid;

	CHILD (pid)
		expect_eq(before, inode_of_namespace());
	child_join(pid);
	another_namespace();
	expect(inode_of_namespace() != before);
	enter_namespace(home);
	expect_eq(before, inode_of_namespace());
}

CHECK("msgget.namespace.owner", LIBC, NEED_BOTH,
      "an IPC namespace has type CLONE_NEWIPC and the user namespace in which, or with which, it "
      "was "
      "made",
      "ioctl_ns(2), NS_GET_NSTYPE, NS_GET_USERNS; ipc/namespace.c, ipcns_owner")
{
	struct stat user, owner;
	pid_t pid;

	/* First one call makes both namespaces, then each has its own. */
	for (int calls = 1; calls <= 2; calls++) {
		CHILD (pid) {
			const ino_t before = inode_of_namespace();
			if (calls == 1 && unshare(CLONE_NEWUSER | CLONE_NEWIPC) == -1)
				skip("no user namespaces");
			if (calls == 2) {
				new_user_namespace(0);
				another_namespace();
			}
			expect(inode_of_namespace() != before);
			int own = own_namespace();
			if (kernel_is_wider() && ioctl(own, NS_GET_NSTYPE) == -1 && errno == ENOTTY)
				skip("this kernel has no namespace ioctls for 32-bit programs");
			expect_eq(CLONE_NEWIPC, ioctl(own, NS_GET_NSTYPE));
			must(fstat(must(ioctl(own, NS_GET_USERNS)), &owner));
			must(stat("/proc/self/ns/user", &user));
			expect_eq(user.st_ino, owner.st_ino);
		}
		child_join(pid);
	}
}

CHECK("msgget.namespace.einval", LIBC, NEED_BOTH,
      "setns with an IPC namespace and another type fails and does not move the process",
      "setns(2), EINVAL")
{
	int home = own_namespace();

	another_namespace();
	must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	expect_errno(EINVAL, setns(home, CLONE_NEWUTS));
	expect_ok(ipc->msgget(check_key(0), 0));
	/* Type 0 accepts any namespace. */
	expect_eq(0, setns(home, 0));
	expect_errno(ENOENT, ipc->msgget(check_key(0), 0));
}

CHECK("msgget.namespace.eperm", LIBC, NEED_BOTH,
      "without CAP_SYS_ADMIN a process can neither make nor enter an IPC namespace",
      "unshare(2), EPERM; setns(2), EPERM; ipc/namespace.c, ipcns_install")
{
	int home = own_namespace();
	pid_t pid;

	another_namespace();
	must(ipc->msgget(check_key(0), IPC_CREAT | 0600));
	CHILD (pid) {
		give_up(CAP_SYS_ADMIN);
		expect_errno(EPERM, unshare(CLONE_NEWIPC));
		expect_errno(EPERM, setns(home, CLONE_NEWIPC));
		expect_ok(ipc->msgget(check_key(0), 0));
	}
	child_join(pid);
	CHILD (pid) {
		/* A capability in a child user namespace does not count outside of it. */
		if (unshare(CLONE_NEWUSER) == -1)
			skip("no user namespaces");
		expect_errno(EPERM, setns(home, CLONE_NEWIPC));
		expect_ok(ipc->msgget(check_key(0), 0));
	}
	child_join(pid);
	CHILD (pid) {
		char path[64];
		pid_t inner;
		CHILD (inner) {
			if (unshare(CLONE_NEWUSER) == -1)
				skip("no user namespaces");
			another_namespace();
			block_forever(ipc);
		}
		await_blocked(inner);
		snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)inner);
		int fd = must(open(path, O_RDONLY | O_CLOEXEC));
		/* The owner of a child user namespace has every capability there, not here. */
		give_up(CAP_SYS_ADMIN);
		expect_errno(EPERM, setns(fd, CLONE_NEWIPC));
		expect_ok(ipc->msgget(check_key(0), 0));
		must(kill(inner, SIGKILL));
		child_join_signal(inner, SIGKILL);
	}
	child_join(pid);
}

/* ---- SEM_UNDO ---------------------------------------------------------------------- */

/*
 * Makes a set in each of two namespaces, with the same id if both start alike, and an
 * operation with SEM_UNDO in the first; then the process moves to the second.
 */
static void expect_undone_on_leaving(const struct ipc_calls *ipc, bool by_setns)
{
	int home = own_namespace(), away = -1, semid, other;
	pid_t pid;

	if (by_setns) {
		another_namespace();
		away = own_namespace();
		enter_namespace(home);
	}
	semid = sem_new(ipc, 5);
	CHILD (pid) {
		must(sem_op(ipc, semid, -3, SEM_UNDO));
		if (by_setns)
			enter_namespace(away);
		else
			another_namespace();
		other = sem_new(ipc, 9);
		must(sem_op(ipc, other, -4, SEM_UNDO));
		int here = own_namespace();
		pid_t observer;
		CHILD (observer) {
			enter_namespace(home);
			expect_eq(5, sem_value(semid, 0));
			must(libc_calls.semctl(semid, 0, SETVAL, (union semun){.val = 6}));
			enter_namespace(here);
			expect_eq(5, sem_value(other, 0));
		}
		child_join(observer);
	}
	child_join(pid);
	/* The end of the process must not undo it a second time. */
	expect_eq(6, sem_value(semid, 0));
	if (by_setns) {
		enter_namespace(away);
		expect_eq(9, sem_value(other = 0, 0));
	}
}

CHECK("semop.undo.unshare_newipc", LIBC | RAW, NEED_BOTH,
      "unshare of the IPC namespace undoes semaphore operations at once, in the old namespace",
      "unshare(2), CLONE_NEWIPC; kernel/fork.c, ksys_unshare; ipc/sem.c, exit_sem")
{
	expect_undone_on_leaving(ipc, false);
}

CHECK("semop.undo.setns", LIBC | RAW, NEED_BOTH,
      "setns to another IPC namespace undoes semaphore operations at once, in the old namespace",
      "kernel/nsproxy.c, commit_nsset; ipc/sem.c, exit_sem")
{
	expect_undone_on_leaving(ipc, true);
}

struct sharing {
	const struct ipc_calls *ipc;
	int semid;
};

static int leave_sharers(void *arg)
{
	const struct sharing *self = arg;

	must(sem_op(self->ipc, self->semid, 2, SEM_UNDO));
	another_namespace();
	int other = sem_new(self->ipc, 5);
	must(sem_op(self->ipc, other, -3, SEM_UNDO));
	expect_eq(2, sem_value(other, 0));
	return 0;
}

CHECK("semop.undo.shared_newipc", LIBC | RAW, NEED_NAMESPACE,
      "if a process leaves the namespace, the processes that share its undo list keep the list",
      "clone(2), CLONE_SYSVSEM; unshare(2), CLONE_NEWIPC; ipc/sem.c, exit_sem")
{
	struct sharing sharing = {ipc, sem_new(ipc, 5)};
	pid_t pid;

	CHILD (pid) {
		must(sem_op(ipc, sharing.semid, -4, SEM_UNDO));
		child_join(must(
			clone(leave_sharers, stack + 65536, CLONE_SYSVSEM | SIGCHLD, &sharing)));
		expect_eq(5 - 4 + 2, sem_value(sharing.semid, 0));
	}
	child_join(pid);
	expect_eq(5, sem_value(sharing.semid, 0));
}

CHECK("semop.undo.many_sets", LIBC | RAW, NEED_NAMESPACE,
      "the end of a process undoes operations on all sets that were not removed meanwhile",
      "ipc/sem.c, exit_sem")
{
	enum { SETS = 5 };
	int semid[SETS];
	pid_t pid;

	/* Each bit says whether a set is removed before the end. */
	for (unsigned removed = 0; removed < 1u << SETS; removed++) {
		for (int i = 0; i < SETS; i++)
			semid[i] = sem_new(ipc, 10 + i);
		CHILD (pid) {
			for (int i = 0; i < SETS; i++)
				must(sem_op(ipc, semid[i], -(i + 1), SEM_UNDO));
			for (int i = 0; i < SETS; i++)
				if (removed & 1u << i)
					must(ipc->semctl(semid[i], 0, IPC_RMID, (union semun){0}));
				else
					expect_eq(9, sem_value(semid[i], 0));
		}
		child_join(pid);
		for (int i = 0; i < SETS; i++)
			if (!(removed & 1u << i)) {
				expect_eq(10 + i, sem_value(semid[i], 0));
				must(ipc->semctl(semid[i], 0, IPC_RMID, (union semun){0}));
			}
	}
}

/* ---- segments ---------------------------------------------------------------------- */

CHECK("shmat.namespace.attached", LIBC | RAW, NEED_BOTH,
      "an attachment stays when its process leaves the IPC namespace, and counts in the old one",
      "ipc/shm.c, shm_open, shm_close: the namespace of the file")
{
	int home = own_namespace(), shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	strcpy(address, "text");
	CHILD (pid) {
		another_namespace();
		expect_bytes("text", address, 5);
		pid_t within;
		CHILD (within)
			strcpy(address, "more");
		child_join(within);
		/* A segment with the same id, if both namespaces start alike. */
		int other = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
		attach(ipc, other, NULL, 0);
		expect_eq(0, ipc->shmdt(address));
		shm_expect_nattch(1, other);
		expect_eq(0, shm_state(other).shm_dtime);
		enter_namespace(home);
		shm_expect_nattch(1, shmid);
		expect_eq(getpid(), shm_state(shmid).shm_lpid);
	}
	child_join(pid);
	expect_bytes("more", address, 5);
	shm_expect_nattch(1, shmid);
	expect_eq(0, ipc->shmdt(address));
	shm_expect_nattch(0, shmid);
}

CHECK("shmat.namespace.outlives", LIBC | RAW, NEED_BOTH,
      "an attached segment can be used and detached after all processes have left its namespace",
      "ipc/shm.c, do_shmat: the file holds the namespace")
{
	int home = own_namespace();

	another_namespace();
	int shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page_size(), 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	int removed = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	char *second = attach(ipc, removed, NULL, 0);
	must(ipc->shmctl(removed, IPC_RMID, NULL));
	strcpy(address, "text");
	enter_namespace(home);
	expect_bytes("text", address, 5);
	/* A page that no process has touched before. */
	strcpy(address + page_size(), "more");
	*second = 'x';
	expect_eq(0, ipc->shmdt(second));
	expect_eq(0, ipc->shmdt(address));
	expect_errno(EINVAL, ipc->shmdt(address));
	expect_eq(0, count(ipc, &shm_facility));
}

CHECK("shmctl.rmid.namespace", LIBC | RAW, NEED_BOTH,
      "the last detach frees a removed segment, also from another IPC namespace",
      "shmctl(2), IPC_RMID; ipc/shm.c, shm_close")
{
	int home = own_namespace(), shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	struct shmid_ds ds;

	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	another_namespace();
	int other = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_eq(0, ipc->shmdt(address));
	shm_state(other);
	enter_namespace(home);
	expect_errno(EINVAL, ipc->shmctl(shmid, IPC_STAT, &ds));
	expect_eq(0, count(ipc, &shm_facility));
}

/*
 * Starts a child that makes a segment in this namespace, moves to another one, makes a
 * segment there, and ends.  Sets seg[] to the ids, and returns the other namespace.
 */
static int segments_of_moved(const struct ipc_calls *ipc, bool by_setns, const char *forced_here,
			     const char *forced_there)
{
	int home = own_namespace(), away;
	pid_t pid;

	another_namespace();
	away = own_namespace();
	set_limit("shm_rmid_forced", forced_there);
	enter_namespace(home);
	set_limit("shm_rmid_forced", forced_here);
	CHILD (pid) {
		must(ipc->shmget(check_key(0), 1, IPC_CREAT | IPC_EXCL | 0600));
		if (by_setns) {
			enter_namespace(away);
			must(ipc->shmget(check_key(1), 1, IPC_CREAT | IPC_EXCL | 0600));
		} else {
			another_namespace();
			/* Its creator left, so the segment has no creator now. */
			pid_t observer;
			CHILD (observer) {
				enter_namespace(home);
				if (forced_here[0] == '1')
					expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
				else
					expect_ok(ipc->shmget(check_key(0), 0, 0));
			}
			child_join(observer);
		}
	}
	child_join(pid);
	return away;
}

#define FORCED \
	"Documentation/admin-guide/sysctl/kernel.rst, shm_rmid_forced; kernel commit 85b6d24646e4"

CHECK("shmctl.rmid.forced_setns", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "shm_rmid_forced of the segment's own IPC namespace applies if its creator ends in another",
      FORCED)
{
	int away = segments_of_moved(ipc, true, "1", "0");

	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	expect_eq(0, count(ipc, &shm_facility));
	enter_namespace(away);
	expect_ok(ipc->shmget(check_key(1), 0, 0));
	expect_eq(1, count(ipc, &shm_facility));
}

CHECK("shmctl.rmid.forced_elsewhere", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "shm_rmid_forced of an IPC namespace removes no segments in others when a creator ends",
      FORCED)
{
	int away = segments_of_moved(ipc, true, "0", "1");

	expect_ok(ipc->shmget(check_key(0), 0, 0));
	expect_eq(1, count(ipc, &shm_facility));
	/* A segment without a creator is an orphan. */
	set_limit("shm_rmid_forced", "1");
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	enter_namespace(away);
	expect_errno(ENOENT, ipc->shmget(check_key(1), 0, 0));
}

CHECK("shmctl.rmid.forced_unshare", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "with shm_rmid_forced a segment is removed when its creator leaves the namespace by unshare",
      "kernel/fork.c, ksys_unshare: \"Orphan segments in old ns\"")
{
	segments_of_moved(ipc, false, "1", "0");
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
}

CHECK("shmctl.rmid.forced_unshare_orphan", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "without shm_rmid_forced the segment stays, as an orphan that shm_rmid_forced can remove",
      "kernel/fork.c, ksys_unshare; ipc/shm.c, shm_destroy_orphaned")
{
	segments_of_moved(ipc, false, "0", "0");
	expect_ok(ipc->shmget(check_key(0), 0, 0));
	set_limit("shm_rmid_forced", "1");
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
}

CHECK("shmctl.rmid.forced_detach", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "with shm_rmid_forced the last detach removes a segment, also from another IPC namespace",
      "proc(5), shm_rmid_forced; ipc/shm.c, shm_close")
{
	int home = own_namespace(), shmid = must(ipc->shmget(check_key(0), 1, IPC_CREAT | 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	set_limit("shm_rmid_forced", "1");
	CHILD (pid) {
		another_namespace();
		expect_eq(0, ipc->shmdt(address));
	}
	child_join(pid);
	/* This process still has the segment attached. */
	expect_ok(ipc->shmget(check_key(0), 0, 0));
	int away = (another_namespace(), own_namespace());
	expect_eq(0, ipc->shmdt(address));
	enter_namespace(home);
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	close(away);
}

CHECK("shmctl.rmid.forced_mixed", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "the end of a process removes its segments in every IPC namespace with shm_rmid_forced, and "
      "no others",
      "ipc/shm.c, exit_shm: a loop over the segments of a process; kernel commit 85b6d24646e4")
{
	int home = own_namespace(), away;
	pid_t pid;

	another_namespace();
	away = own_namespace();
	set_limit("shm_rmid_forced", "0");
	enter_namespace(home);
	set_limit("shm_rmid_forced", "1");
	CHILD (pid)
		for (unsigned i = 0; i < 6; i++) {
			/* The segments alternate; exit_shm looks at the newest one first. */
			enter_namespace(i % 2 ? away : home);
			must(ipc->shmget(check_key(i), 1, IPC_CREAT | IPC_EXCL | 0600));
		}
	child_join(pid);
	expect_eq(0, count(ipc, &shm_facility));
	enter_namespace(away);
	expect_eq(3, count(ipc, &shm_facility));
	for (unsigned i = 1; i < 6; i += 2)
		expect_ok(ipc->shmget(check_key(i), 0, 0));
	set_limit("shm_rmid_forced", "1");
	expect_eq(0, count(ipc, &shm_facility));
}

/* ---- what keeps a namespace in use ----------------------------------------------------------- */

/* Each function uses its IPC namespace; nothing may keep the namespace afterwards. */
static void use_nothing(const struct ipc_calls *ipc UNUSED)
{
}
static void use_sysvipc(const struct ipc_calls *ipc)
{
	char text[256];
	must(ipc->msgget(IPC_PRIVATE, 0600));
	int fd = must(open("/proc/sysvipc/msg", O_RDONLY | O_CLOEXEC));
	must(read(fd, text, sizeof(text)));
	close(fd);
}
static void use_segment(const struct ipc_calls *ipc)
{
	int shmid = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	char *address = attach(ipc, shmid, NULL, 0);
	/* An attachment that fails after the segment was found. */
	expect_errno(EINVAL, ipc->shmat(shmid, address, 0));
	must(ipc->shmdt(address));
}
static void use_forced(const struct ipc_calls *ipc)
{
	pid_t pid;
	set_limit("shm_rmid_forced", "1");
	CHILD (pid)
		must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	child_join(pid);
}
static void use_undo(const struct ipc_calls *ipc)
{
	must(sem_op(ipc, sem_new(ipc, 1), -1, SEM_UNDO));
}
static void use_descriptor(const struct ipc_calls *ipc UNUSED)
{
	close(own_namespace());
}

/*
 * Makes another namespace, and tries for ten seconds: before Linux 7.x the kernel frees a
 * namespace some time after its last use (ipc/namespace.c, free_ipc_work).
 */
static bool make_namespace(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int tries = 0; tries < 10000; tries++) {
		if (unshare(CLONE_NEWIPC) == 0)
			return true;
		if (errno != ENOSPC)
			break;
		nanosleep(&pause, NULL);
	}
	return false;
}

CHECK("msgget.namespace.released", LIBC | RAW, NEED_LIMITS | NEED_PROC,
      "an IPC namespace that nothing uses any more no longer counts, whatever was done in it",
      "namespaces(7), /proc/sys/user; ipc/namespace.c, put_ipc_ns; ipc/shm.c, exit_shm; ipc/util.c")
{
	static void (*const uses[])(const struct ipc_calls *) = {
		use_nothing, use_sysvipc, use_segment, use_forced, use_undo, use_descriptor};
	bool *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	pid_t pid, user;

	must(made == MAP_FAILED ? -1 : 0);
	*made = true;

	/* A namespace counts in each user namespace above it too (kernel/ucount.c). */
	FILE *limit = fopen("/proc/sys/user/max_ipc_namespaces", "re");
	long most = 0;
	if (!limit || fscanf(limit, "%ld", &most) != 1 || most < 100)
		skip("could not run: user.max_ipc_namespaces is below 100");
	fclose(limit);

	CHILD (pid) {
		new_user_namespace(0);
		int fd = open("/proc/sys/user/max_ipc_namespaces", O_WRONLY | O_CLOEXEC);
		if (fd == -1 || write(fd, "3", 1) == -1)
			skip("the limits in /proc/sys/user cannot be written");
		close(fd);
		another_namespace();
		int home = own_namespace();
		/*
		 * Two more namespaces can exist beside this one.  Each function runs six times;
		 * every second time the process leaves its namespace with setns, else it exits.
		 */
		for (unsigned i = 0; *made && i < 6 * sizeof(uses) / sizeof(uses[0]); i++) {
			CHILD (user) {
				*made = expect(make_namespace());
				if (*made) {
					uses[i / 6](ipc);
					if (i % 2)
						enter_namespace(home);
				}
			}
			child_join(user);
		}
	}
	child_join(pid);
}
