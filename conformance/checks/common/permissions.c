/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Permission to read and write an object: owner, group, others, capabilities. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "facility.h"

/* ---- the three classes ---------------------------------------------------------- */

/* Expects exactly the permissions in three bits, 4 to read and 2 to write. */
static void expect_granted(const struct ipc_calls *ipc, const struct facility *facility, int id,
			   key_t key, int granted)
{
	const bool may_read = granted & 4, may_write = granted & 2;
	const bool writes = may_write && (may_read || !facility->write_reads);

	if (may_read)
		expect_ok(facility->read(ipc, id));
	else
		expect_errno(EACCES, facility->read(ipc, id));
	if (writes)
		expect_ok(facility->write(ipc, id));
	else
		expect_errno(EACCES, facility->write(ipc, id));
	/* The get call needs the union of the permissions in the three digits. */
	for (int shift = 0; shift <= 6; shift += 3) {
		if (may_read)
			expect_eq(id, facility->get(ipc, key, 4 << shift));
		else
			expect_errno(EACCES, facility->get(ipc, key, 4 << shift));
		if (may_write)
			expect_eq(id, facility->get(ipc, key, 2 << shift));
		else
			expect_errno(EACCES, facility->get(ipc, key, 2 << shift));
	}
}

static void become_creator(void)
{
	drop_privileges();
}

static void become_owner(void)
{
	become(OWNER, NOBODY);
}

static void become_member(void)
{
	become(STRANGER, GROUP);
}

static void become_supplementary_member(void)
{
	must(setgroups(1, &(gid_t){GROUP}));
	must(setgid(NOBODY));
	must(setuid(STRANGER));
}

static void become_creators_member(void)
{
	gid_t creators = getegid();

	become(STRANGER, creators);
}

static void become_other(void)
{
	become(STRANGER, STRANGER);
}

/* Makes an object of OWNER and GROUP, and expects its mode's rights after someone(). */
static void expect_mode_grants(const struct ipc_calls *ipc, const struct facility *facility,
			       void (*someone)(void), int shift)
{
	/* Each class has rights that the other two lack, and lacks rights that they have. */
	static const int modes[] = {0000, 0777, 0700, 0070, 0007, 0077, 0707,
				    0770, 0421, 0142, 0214, 0624, 0462, 0246};
	enum { NMODES = sizeof(modes) / sizeof(modes[0]) };
	int id[NMODES];
	pid_t pid;

	for (unsigned i = 0; i < NMODES; i++) {
		id[i] = must(facility->get(ipc, check_key(i), IPC_CREAT | 0600));
		must(facility->set(&libc_calls, id[i], OWNER, GROUP, modes[i]));
	}
	CHILD (pid) {
		someone();
		for (unsigned i = 0; i < NMODES; i++)
			expect_granted(ipc, facility, id[i], check_key(i), modes[i] >> shift & 7);
	}
	child_join(pid);
}

#define SOURCE "sysvipc(7), \"mode\"; ipc/util.c, ipcperms"

CHECK_EACH("permission.owner", LIBC | RAW, NEED_USERS,
	   "the owner has exactly the rights of the mode's first digit", SOURCE)
{
	expect_mode_grants(ipc, facility, become_owner, 6);
}

CHECK_EACH("permission.creator", LIBC | RAW, NEED_USERS,
	   "the creator of another owner's object has the rights of the mode's first digit", SOURCE)
{
	expect_mode_grants(ipc, facility, become_creator, 6);
}

CHECK_EACH("permission.group", LIBC | RAW, NEED_USERS,
	   "a member of the owner's group has exactly the rights of the mode's second digit",
	   SOURCE)
{
	expect_mode_grants(ipc, facility, become_member, 3);
}

CHECK_EACH("permission.supplementary_group", LIBC | RAW, NEED_USERS,
	   "a supplementary group counts like the group of a process", SOURCE)
{
	expect_mode_grants(ipc, facility, become_supplementary_member, 3);
}

CHECK_EACH("permission.creators_group", LIBC | RAW, NEED_USERS,
	   "a member of the creator's group has the rights of the mode's second digit", SOURCE)
{
	expect_mode_grants(ipc, facility, become_creators_member, 3);
}

CHECK_EACH("permission.others", LIBC | RAW, NEED_USERS,
	   "other users have exactly the rights of the mode's third digit", SOURCE)
{
	expect_mode_grants(ipc, facility, become_other, 0);
}

/* Sets the real user and group to REAL, and the effective and saved ones to EFFECTIVE. */
static void become_real_and_effective(uid_t real, uid_t effective)
{
	must(setgroups(0, NULL));
	must(setresgid(real, effective, effective));
	must(setresuid(real, effective, effective));
}

CHECK_EACH(
	"permission.effective", LIBC | RAW, NEED_USERS,
	"the effective user and group of a process own its objects and determine its rights; the "
	"real ones do not count",
	"credentials(7), effective user ID; sysvipc(7); ipc/util.c, ipcperms and ipc_addid")
{
	int theirs = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	int grouped = must(facility->get(ipc, check_key(1), IPC_CREAT | 0600));
	pid_t pid;

	must(facility->set(&libc_calls, theirs, OWNER, GROUP, 0600));
	must(facility->set(&libc_calls, grouped, NOBODY, OWNER, 0060));
	CHILD (pid) {
		become_real_and_effective(STRANGER, OWNER);
		expect_granted(ipc, facility, theirs, check_key(0), 6);
		expect_granted(ipc, facility, grouped, check_key(1), 6);
		const int made = must(facility->get(ipc, check_key(2), IPC_CREAT | 0600));
		const struct ipc_perm perm = state_of(facility, made).perm;
		expect_eq(OWNER, perm.uid);
		expect_eq(OWNER, perm.cuid);
		expect_eq(OWNER, perm.gid);
		expect_eq(OWNER, perm.cgid);
		expect_eq(0, rmid(facility, ipc, made));
	}
	child_join(pid);
	CHILD (pid) {
		become_real_and_effective(OWNER, STRANGER);
		expect_granted(ipc, facility, theirs, check_key(0), 0);
		expect_granted(ipc, facility, grouped, check_key(1), 0);
		expect_errno(EPERM, facility->set(&libc_calls, theirs, OWNER, GROUP, 0600));
		expect_errno(EPERM, rmid(facility, ipc, theirs));
	}
	child_join(pid);
	CHILD (pid) {
		become_real_and_effective(STRANGER, OWNER);
		expect_eq(0, rmid(facility, ipc, theirs));
	}
	child_join(pid);
}

/* ---- CAP_IPC_OWNER ---------------------------------------------------------------- */

/* Makes an object that grants nothing, not even to its owner, with content to read. */
static int closed_object(const struct ipc_calls *ipc, const struct facility *facility)
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	must(facility->write(ipc, id));
	must(facility->set(&libc_calls, id, geteuid(), getegid(), 0));
	return id;
}

CHECK_EACH("capability.ipc_owner", LIBC | RAW, 0,
	   "CAP_IPC_OWNER alone permits reading and writing an object, whatever its mode",
	   "capabilities(7), CAP_IPC_OWNER")
{
	int id = closed_object(ipc, facility);

	keep_only(CAP_IPC_OWNER);
	expect_granted(ipc, facility, id, check_key(0), 6);
}

CHECK_EACH("capability.no_ipc_owner", LIBC | RAW, 0,
	   "without CAP_IPC_OWNER, all other capabilities do not override an object's mode",
	   "capabilities(7), CAP_IPC_OWNER")
{
	int id = closed_object(ipc, facility);

	give_up(CAP_IPC_OWNER);
	expect_granted(ipc, facility, id, check_key(0), 0);
}

CHECK_EACH("capability.of_child_user_namespace", LIBC | RAW, 0,
	   "capabilities in a child user namespace do not count for an object outside of it",
	   "user_namespaces(7), \"Interaction of user namespaces and other types of namespaces\"")
{
	int id = closed_object(ipc, facility);

	if (unshare(CLONE_NEWUSER) == -1)
		skip("no user namespaces");
	expect_granted(ipc, facility, id, check_key(0), 0);
	/* In an IPC namespace that the child user namespace owns, they count. */
	another_namespace();
	id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0000));
	expect_ok(facility->read(ipc, id));
}

/* ---- CAP_SYS_ADMIN ---------------------------------------------------------------- */

CHECK_EACH("capability.sys_admin", LIBC, NEED_USERS,
	   "CAP_SYS_ADMIN alone permits another user IPC_SET and IPC_RMID of an object",
	   "msgctl(2), semctl(2), shmctl(2), EPERM; capabilities(7), CAP_SYS_ADMIN")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	pid_t pid;

	CHILD (pid) {
		become_privileged(STRANGER, STRANGER);
		keep_only(CAP_SYS_ADMIN);
		expect_eq(0, facility->set(ipc, id, OWNER, GROUP, 0));
		/* It does not permit reading against the mode. */
		expect_errno(EACCES, facility->get(ipc, check_key(0), 0400));
		expect_eq(0, rmid(facility, ipc, id));
	}
	child_join(pid);
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
}

CHECK_EACH("capability.no_sys_admin", LIBC, NEED_USERS,
	   "without CAP_SYS_ADMIN, all other capabilities do not permit IPC_SET and IPC_RMID",
	   "msgctl(2), semctl(2), shmctl(2), EPERM; capabilities(7), CAP_SYS_ADMIN")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	pid_t pid;

	CHILD (pid) {
		become_privileged(STRANGER, STRANGER);
		give_up(CAP_SYS_ADMIN);
		expect_errno(EPERM, facility->set(ipc, id, STRANGER, STRANGER, 0666));
		expect_errno(EPERM, rmid(facility, ipc, id));
	}
	child_join(pid);
	expect_eq(id, facility->get(ipc, check_key(0), 0600));
}

CHECK_EACH("capability.none_of_owner", LIBC, NEED_USERS,
	   "the owner may use IPC_SET and IPC_RMID without capabilities and whatever the mode",
	   "msgctl(2), semctl(2), shmctl(2), EPERM")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	pid_t pid;

	must(facility->set(&libc_calls, id, OWNER, GROUP, 0));
	CHILD (pid) {
		become(OWNER, NOBODY);
		expect_eq(0, facility->set(ipc, id, OWNER, GROUP, 0));
		expect_eq(0, rmid(facility, ipc, id));
	}
	child_join(pid);
}

CHECK_EACH_CTL("set.owner", LIBC, NEED_USERS,
	       "the creator may give an object to another user and group, which may then remove it",
	       "msgctl(2), semctl(2), shmctl(2): IPC_SET")
{
	pid_t pid;

	CHILD (pid) {
		become(OWNER, NOBODY);
		int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
		expect_eq(0, facility->set(ipc, id, STRANGER, OWNER, 0600));
		const struct ipc_perm perm = state_of(facility, id).perm;
		expect_eq(STRANGER, perm.uid);
		expect_eq(OWNER, perm.gid);
		expect_eq(OWNER, perm.cuid);
		expect_eq(NOBODY, perm.cgid);
	}
	child_join(pid);
	int id = must(facility->get(ipc, check_key(0), 0));
	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_eq(0, rmid(facility, ipc, id));
	}
	child_join(pid);
}

CHECK_EACH_CTL(
	"set.creator", LIBC, NEED_USERS,
	"the creator may use IPC_SET and IPC_RMID of an object that another user owns; members "
	"of the groups of both may not, whatever the mode",
	"msgctl(2), semctl(2), shmctl(2), EPERM; ipc/util.c, ipcctl_obtain_check")
{
	static const gid_t groups[] = {GROUP, NOBODY};
	pid_t pid;

	CHILD (pid) {
		become(OWNER, NOBODY);
		int made = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
		must(facility->set(ipc, made, STRANGER, GROUP, 0600));
		/* From here on another user owns it. */
		expect_eq(0, facility->set(ipc, made, STRANGER, GROUP, 0666));
	}
	child_join(pid);
	int id = must(facility->get(ipc, check_key(0), 0));
	const union state before = state_of(facility, id);
	expect_eq(0666, before.perm.mode);
	for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		CHILD (pid) {
			become(NOBODY, groups[i]);
			expect_errno(EPERM, facility->set(ipc, id, NOBODY, groups[i], 0600));
			expect_errno(EPERM, rmid(facility, ipc, id));
		}
		child_join(pid);
	}
	const union state after = state_of(facility, id);
	facility->expect_same(&before, &after);
	CHILD (pid) {
		become(OWNER, STRANGER);
		expect_eq(0, rmid(facility, ipc, id));
	}
	child_join(pid);
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
}

/* ---- CAP_CHECKPOINT_RESTORE --------------------------------------------------------- */

/* Whether the next id can be chosen, by the user that a CHILD has become. */
static void expect_next_id(const struct ipc_calls *ipc, const struct facility *facility, bool may)
{
	int fd;

	if (!may) {
		expect_errno(EACCES, open_limit(facility->next_id));
		return;
	}
	fd = must(open_limit(facility->next_id));
	must(write(fd, "65541", 5));
	close(fd);
	expect_eq(65541, facility->get(ipc, IPC_PRIVATE, 0600));
}

CHECK_EACH(
	"capability.checkpoint_restore", LIBC, NEED_NEXT_ID | NEED_USERS,
	"since Linux 5.16 CAP_CHECKPOINT_RESTORE alone permits another user to choose the next id",
	"capabilities(7), CAP_CHECKPOINT_RESTORE; kernel commit 5563cabdde7e")
{
	pid_t pid;

	need_kernel(5, 16);
	CHILD (pid) {
		become_privileged(STRANGER, STRANGER);
		keep_only(CAP_CHECKPOINT_RESTORE);
		expect_next_id(ipc, facility, true);
	}
	child_join(pid);
	CHILD (pid) {
		become(STRANGER, STRANGER);
		/* From Linux 5.16 to 5.18 the file can be opened, and the write is refused. */
		if (!kernel_before(5, 19) && unshare(CLONE_NEWUSER) == 0) {
			/* The capability counts in an IPC namespace of its user namespace alone. */
			expect_next_id(ipc, facility, false);
			another_namespace();
			expect_next_id(ipc, facility, true);
		}
	}
	child_join(pid);
}

CHECK_EACH("capability.no_checkpoint_restore", LIBC, NEED_NEXT_ID | NEED_USERS,
	   "without capabilities another user cannot choose the next id",
	   "proc(5); capabilities(7), CAP_CHECKPOINT_RESTORE")
{
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_next_id(ipc, facility, false);
	}
	child_join(pid);
}
