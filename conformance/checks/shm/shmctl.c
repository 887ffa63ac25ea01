/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmctl(2). */
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "checks/common/facility.h"

enum { SIZE = 100 };

static int new_segment(const struct ipc_calls *ipc)
{
	return must(ipc->shmget(IPC_PRIVATE, SIZE, 0600));
}

/* ---- IPC_STAT ---------------------------------------------------------------- */

CHECK("shmctl.stat", LIBC, 0, "IPC_STAT returns the state of a segment", "shmctl(2)")
{
	struct shmid_ds ds;
	time_t before = kernel_time();
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0642));
	void *address = attach(ipc, shmid, NULL, 0);
	pid_t pid;

	CHILD (pid)
		must(ipc->shmdt(address));
	child_join(pid);
	memset(&ds, 0xa5, sizeof(ds));
	expect_eq(0, ipc->shmctl(shmid, IPC_STAT, &ds));
	perm_expect_own(0642, &ds.shm_perm);
	expect_eq(SIZE, ds.shm_segsz);
	expect_eq(getpid(), ds.shm_cpid);
	expect_eq(pid, ds.shm_lpid);
	expect_eq(1, ds.shm_nattch);
	expect_between(before, kernel_time(), ds.shm_atime);
	expect_between(before, kernel_time(), ds.shm_dtime);
	expect_between(before, kernel_time(), ds.shm_ctime);
}

CHECK("shmctl.stat.proc", LIBC, NEED_PROC,
      "every column of /proc/sysvipc/shm agrees with IPC_STAT, of a locked and of a removed "
      "segment "
      "too",
      "proc(5), /proc/sysvipc/shm")
{
	struct shmid_ds ds;
	pid_t pid;
	int shmid;

	/* Root can give owner, creator and their groups four different ids. */
	const bool differs = geteuid() == 0 && setegid(STRANGER) == 0;
	shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0640));
	if (differs)
		must(shm_facility.set(&libc_calls, shmid, OWNER, GROUP, 0640));
	/* The three times differ too, and so do the two processes. */
	await_next_second();
	attach(ipc, shmid, NULL, 0);
	await_next_second();
	CHILD (pid)
		must(libc_calls.shmdt(attach(&libc_calls, shmid, NULL, 0)));
	child_join(pid);
	shm_expect_nattch(1, shmid);
	ds = shm_state(shmid);
	expect(ds.shm_atime > ds.shm_ctime);
	expect(ds.shm_lpid != ds.shm_cpid);
	EXPECT_ROW(shmid_ds, &ds, "shm", shmid);
	/* Without CAP_IPC_LOCK and with a low limit, the flag stays clear in both. */
	ipc->shmctl(shmid, SHM_LOCK, NULL);
	ds = shm_state(shmid);
	EXPECT_ROW(shmid_ds, &ds, "shm", shmid);
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	ds = shm_state(shmid);
	expect_eq(SHM_DEST, ds.shm_perm.mode & SHM_DEST);
	EXPECT_ROW(shmid_ds, &ds, "shm", shmid);
}

CHECK("shmctl.stat.eacces", LIBC | RAW, 0, "IPC_STAT needs read permission", "shmctl(2), EACCES")
{
	struct shmid_ds ds;
	int shmid = must(ipc->shmget(IPC_PRIVATE, SIZE, 0200));

	drop_privileges();
	expect_errno(EACCES, ipc->shmctl(shmid, IPC_STAT, &ds));
}

/* ---- IPC_SET ----------------------------------------------------------------- */

CHECK("shmctl.set", LIBC, 0, "IPC_SET sets the nine permission bits", "shmctl(2), IPC_SET")
{
	int shmid = new_segment(ipc);
	struct shmid_ds ds = shm_state(shmid);

	ds.shm_perm.mode = 07000 | 0456;
	expect_eq(0, ipc->shmctl(shmid, IPC_SET, &ds));
	expect_eq(0456, shm_state(shmid).shm_perm.mode);
}

CHECK("shmctl.set.others_ignored", LIBC, 0, "IPC_SET changes no other member", "shmctl(2), IPC_SET")
{
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0600));
	struct shmid_ds before = shm_state(shmid), ds;

	memset(&ds, 1, sizeof(ds));
	ds.shm_perm.uid = before.shm_perm.uid;
	ds.shm_perm.gid = before.shm_perm.gid;
	ds.shm_perm.mode = before.shm_perm.mode;
	expect_eq(0, ipc->shmctl(shmid, IPC_SET, &ds));
	ds = shm_state(shmid);
	expect_between(before.shm_ctime, kernel_time(), ds.shm_ctime);
	before.shm_ctime = ds.shm_ctime;
	shm_expect_same(&before, &ds);
	expect_eq(shmid, ipc->shmget(check_key(0), SIZE, 0));
}

CHECK("shmctl.set.ctime", LIBC, 0, "IPC_SET sets shm_ctime", "shmctl(2), IPC_SET")
{
	int shmid = new_segment(ipc);
	struct shmid_ds ds = shm_state(shmid);

	await_next_second();
	time_t before = kernel_time();
	must(ipc->shmctl(shmid, IPC_SET, &ds));
	expect_between(before, kernel_time(), shm_state(shmid).shm_ctime);
}

/* ---- IPC_RMID ---------------------------------------------------------------- */

CHECK("shmctl.rmid", LIBC | RAW, 0, "IPC_RMID removes an unattached segment and its key",
      "shmctl(2), IPC_RMID")
{
	struct shmid_ds ds;
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0600));

	expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_errno(ENOENT, ipc->shmget(check_key(0), SIZE, 0));
	expect_errno(EINVAL, ipc->shmat(shmid, NULL, 0));
	expect_errno(EINVAL, ipc->shmctl(shmid, IPC_STAT, &ds));
	expect_errno(EINVAL, ipc->shmctl(shmid, IPC_RMID, NULL));
}

CHECK("shmctl.rmid.attached", LIBC | RAW, 0,
      "a segment removed while attached has SHM_DEST and no key until the last detach",
      "shmctl(2), IPC_RMID")
{
	struct shmid_ds ds;
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0600));
	char *one = attach(ipc, shmid, NULL, 0), *two = attach(ipc, shmid, NULL, 0);

	strcpy(one, "text");
	expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
	ds = shm_state(shmid);
	expect_eq(SHM_DEST | 0600, ds.shm_perm.mode);
	expect_eq(IPC_PRIVATE, ds.shm_perm.__key);
	expect_errno(ENOENT, ipc->shmget(check_key(0), SIZE, 0));
	must(ipc->shmdt(one));
	expect_eq(1, shm_state(shmid).shm_nattch);
	expect_bytes("text", two, 5);
	must(ipc->shmdt(two));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
}

CHECK("shmctl.rmid.key_free", LIBC | RAW, 0,
      "the key of a segment removed while attached can name a new one",
      "shmctl(2), IPC_RMID; ipc/shm.c, do_shm_rmid")
{
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0600));

	attach(ipc, shmid, NULL, 0);
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	int other = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | IPC_EXCL | 0600));
	expect(other != shmid);
	expect_eq(1, shm_state(shmid).shm_nattch);
	expect_eq(0, shm_state(other).shm_nattch);
}

/* The memory of all segments and of tmpfs, in bytes. */
static long long shared_memory(void)
{
	return (long long)meminfo("Shmem:");
}

CHECK("shmctl.rmid.frees", LIBC | RAW, NEED_PROC | NEED_NAMESPACE,
      "IPC_RMID frees the memory of a segment, or if it is attached, the last detach does",
      "shmctl(2), IPC_RMID; proc(5), Shmem; ipc/shm.c, shm_destroy and shm_release: fput")
{
	enum { ATTEMPTS = 10 };
	/* Each processor may hold back a change of the sum by 125 pages (mm/vmstat.c). */
	const size_t least = (size_t)4 << 20, pages = 256 * page_size();
	const size_t size = pages > least ? pages : least;
	const long long half = (long long)size / 2;
	bool takes = false, frees[2] = {false, false};

	/* Other processes change that sum too, so one success is enough. */
	for (int attached = 0; attached < 2; attached++)
		for (int i = 0; i < ATTEMPTS && !frees[attached]; i++) {
			const int shmid = must(ipc->shmget(IPC_PRIVATE, size, 0600));
			const long long before = shared_memory();
			char *address = attach(ipc, shmid, NULL, 0);
			memset(address, 'x', size);
			const long long most = shared_memory();
			if (attached)
				must(ipc->shmctl(shmid, IPC_RMID, NULL));
			must(ipc->shmdt(address));
			if (!attached)
				must(ipc->shmctl(shmid, IPC_RMID, NULL));
			takes |= most - before > half;
			frees[attached] = most - before > half && most - shared_memory() > half;
		}
	if (!takes)
		skip("/proc/meminfo does not count segments");
	expect(frees[0]);
	expect(frees[1]);
}

CHECK("shmctl.rmid.forced", LIBC | RAW, NEED_LIMITS,
      "with shm_rmid_forced the last detach removes a segment", "proc(5), shm_rmid_forced")
{
	struct shmid_ds ds;
	int shmid = new_segment(ipc);
	void *address;

	set_limit("shm_rmid_forced", "1");
	address = attach(ipc, shmid, NULL, 0);
	shm_state(shmid);
	must(ipc->shmdt(address));
	expect_errno(EINVAL, libc_calls.shmctl(shmid, IPC_STAT, &ds));
}

CHECK("shmctl.rmid.forced_creator", LIBC | RAW, NEED_LIMITS,
      "with shm_rmid_forced the end of its creator removes an unattached segment",
      "Documentation/admin-guide/sysctl/kernel.rst, shm_rmid_forced; kernel commit b34a6b1da371")
{
	const struct timespec pause = {.tv_nsec = 50000};
	struct shmid_ds ds;
	int own = new_segment(ipc), attached;
	pid_t pid;

	set_limit("shm_rmid_forced", "1");
	CHILD (pid) {
		must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0600));
		must(ipc->shmget(check_key(1), SIZE, IPC_CREAT | 0600));
		attached = must(ipc->shmget(check_key(1), 0, 0));
		attach(ipc, attached, NULL, 0);
		expect_eq(0, shm_state(must(ipc->shmget(check_key(0), 0, 0))).shm_nattch);
	}
	child_join(pid);
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	/* A process that reads the child's /proc/PID/smaps may detach in place of the child. */
	for (int tries = 0; tries < 10000 && libc_calls.shmget(check_key(1), 0, 0) != -1; tries++)
		nanosleep(&pause, NULL);
	expect_errno(ENOENT, ipc->shmget(check_key(1), 0, 0));
	expect_eq(0, libc_calls.shmctl(own, IPC_STAT, &ds));
}

CHECK("shmctl.rmid.forced_attached", LIBC | RAW, NEED_LIMITS,
      "with shm_rmid_forced the last user of a segment removes it: not a creator that ends while "
      "others have it attached, but a shmat that fails",
      "ipc/shm.c, exit_shm, do_shmat and shm_may_destroy")
{
	struct shmid_ds ds;
	int shmid, unattached;
	char *address;
	pid_t pid;

	set_limit("shm_rmid_forced", "1");
	CHILD (pid) {
		for (unsigned i = 0; i < 3; i++)
			must(ipc->shmget(check_key(i), SIZE, IPC_CREAT | 0600));
		catch_signal(SIGUSR1, 0);
		block_forever(ipc);
	}
	await_blocked(pid);
	/* The end of the creator removes those that were made before and after this one. */
	shmid = must(ipc->shmget(check_key(1), 0, 0));
	address = attach(ipc, shmid, shm_free_place(1), 0);
	interrupt(pid);
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	expect_errno(ENOENT, ipc->shmget(check_key(2), 0, 0));
	if (!expect_eq(shmid, ipc->shmget(check_key(1), 0, 0)))
		return;
	shm_expect_nattch(1, shmid);
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
	*address = 'x';
	/* A segment that nobody has attached yet; it is counted while shmat looks at the address.
	 */
	unattached = new_segment(ipc);
	expect_errno(EINVAL, ipc->shmat(unattached, address, 0));
	expect_errno(EINVAL, libc_calls.shmctl(unattached, IPC_STAT, &ds));
	expect_errno(EINVAL, ipc->shmat(shmid, address, 0));
	expect_eq('x', *address);
	expect_eq(0, ipc->shmdt(address));
	expect_errno(ENOENT, ipc->shmget(check_key(1), 0, 0));
}

CHECK("shmctl.rmid.forced_orphans", LIBC | RAW, NEED_LIMITS,
      "setting shm_rmid_forced removes unattached segments whose creator has ended",
      "Documentation/admin-guide/sysctl/kernel.rst, shm_rmid_forced; ipc/shm.c, "
      "shm_destroy_orphaned")
{
	struct shmid_ds ds;
	int own = new_segment(ipc), attached;
	pid_t pid;

	CHILD (pid) {
		for (unsigned i = 0; i < 3; i++)
			must(ipc->shmget(check_key(i), SIZE, IPC_CREAT | 0600));
	}
	child_join(pid);
	attached = must(ipc->shmget(check_key(1), 0, 0));
	attach(ipc, attached, NULL, 0);
	expect_ok(ipc->shmget(check_key(0), 0, 0));
	set_limit("shm_rmid_forced", "1");
	expect_errno(ENOENT, ipc->shmget(check_key(0), 0, 0));
	expect_errno(ENOENT, ipc->shmget(check_key(2), 0, 0));
	expect_eq(1, shm_state(attached).shm_nattch);
	expect_eq(0, libc_calls.shmctl(own, IPC_STAT, &ds));
}

/* ---- SHM_LOCK, SHM_UNLOCK ------------------------------------------------------- */

CHECK("shmctl.lock", LIBC | RAW, 0, "SHM_LOCK sets SHM_LOCKED, SHM_UNLOCK clears it",
      "shmctl(2), SHM_LOCK")
{
	struct rlimit limit;
	int shmid = new_segment(ipc);

	/* Concurrent checks of the same user may have locked memory. */
	must(getrlimit(RLIMIT_MEMLOCK, &limit));
	if (limit.rlim_cur / 16 < (rlim_t)sysconf(_SC_PAGESIZE) && !may_lock_memory())
		skip("RLIMIT_MEMLOCK is too small");
	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(SHM_LOCKED | 0600, shm_state(shmid).shm_perm.mode);
	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
}

static void limit_memlock(rlim_t bytes)
{
	struct rlimit limit;

	must(getrlimit(RLIMIT_MEMLOCK, &limit));
	if (limit.rlim_max < bytes)
		skip("RLIMIT_MEMLOCK is too small");
	limit.rlim_cur = bytes;
	must(setrlimit(RLIMIT_MEMLOCK, &limit));
	drop_privileges();
}

CHECK("shmctl.lock.enomem", LIBC | RAW, 0,
      "without CAP_IPC_LOCK no more than RLIMIT_MEMLOCK can be locked", "shmctl(2), ENOMEM")
{
	const size_t page = page_size();
	int shmid = must(ipc->shmget(IPC_PRIVATE, page + 1, 0600));

	limit_memlock(page);
	expect_errno(ENOMEM, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
}

CHECK("shmctl.lock.eperm_limit", LIBC | RAW, 0,
      "without CAP_IPC_LOCK and with RLIMIT_MEMLOCK 0, SHM_LOCK fails and SHM_UNLOCK works",
      "shmctl(2), EPERM")
{
	int shmid = new_segment(ipc);

	limit_memlock(0);
	expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
}

CHECK("shmctl.lock.stays", LIBC | RAW, 0,
      "a segment stays locked when processes attach it, detach it and end",
      "shmctl(2), SHM_LOCK; ipc/shm.c, shmctl_do_lock")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	CHILD (pid)
		*attach(ipc, shmid, NULL, 0) = 'x';
	child_join(pid);
	expect_eq(SHM_LOCKED | 0600, shm_state(shmid).shm_perm.mode);
	expect_eq('x', *attach(ipc, shmid, NULL, SHM_RDONLY));
}

CHECK("shmctl.lock.ipc_lock", LIBC | RAW, NEED_USERS,
      "CAP_IPC_LOCK alone permits SHM_LOCK of another user's segment, whatever RLIMIT_MEMLOCK is",
      "shmctl(2), EPERM, ENOMEM; capabilities(7), CAP_IPC_LOCK")
{
	const struct rlimit nothing = {0};
	int shmid = must(ipc->shmget(IPC_PRIVATE, 3 * page_size(), 0600));
	pid_t pid;

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	CHILD (pid) {
		must(setrlimit(RLIMIT_MEMLOCK, &nothing));
		become_privileged(STRANGER, STRANGER);
		keep_only(CAP_IPC_LOCK);
		expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
		/* The capability does not permit access to the segment. */
		expect_errno(EACCES, ipc->shmat(shmid, NULL, SHM_RDONLY));
	}
	child_join(pid);
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
}

CHECK("shmctl.lock.no_ipc_lock", LIBC | RAW, NEED_USERS,
      "without CAP_IPC_LOCK, other capabilities do not permit SHM_LOCK of another user's segment",
      "shmctl(2), EPERM, ENOMEM; capabilities(7), CAP_IPC_LOCK")
{
	const struct rlimit page = {page_size(), page_size()};
	int shmid = must(ipc->shmget(IPC_PRIVATE, 3 * page_size(), 0600));
	pid_t pid;

	if (setrlimit(RLIMIT_MEMLOCK, &page) == -1 && errno == EPERM)
		skip("could not run: RLIMIT_MEMLOCK is below a page");
	CHILD (pid) {
		become_privileged(STRANGER, STRANGER);
		give_up(CAP_IPC_LOCK);
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	child_join(pid);
	give_up(CAP_IPC_LOCK);
	expect_errno(ENOMEM, ipc->shmctl(shmid, SHM_LOCK, NULL));
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
}

/* ---- errors -------------------------------------------------------------------- */

CHECK("shmctl.einval_id", LIBC | RAW, 0, "commands fail with EINVAL if no segment has the id",
      "shmctl(2), EINVAL")
{
	static const int commands[] = {IPC_STAT, IPC_SET, IPC_RMID, SHM_LOCK, SHM_UNLOCK};
	struct shmid_ds ds = {0};
	int removed = new_segment(ipc);

	must(libc_calls.shmctl(removed, IPC_RMID, NULL));
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		expect_errno(EINVAL, ipc->shmctl(-1, commands[i], &ds));
		expect_errno(EINVAL, ipc->shmctl(removed, commands[i], &ds));
	}
}

CHECK("shmctl.einval_command", LIBC | RAW, 0, "an unknown command fails with EINVAL",
      "shmctl(2), EINVAL")
{
	/* The commands of other facilities are unknown here. */
	static const int commands[] = {-1, 10, 99, SETVAL, SEM_STAT};
	struct shmid_ds ds = {0};
	int shmid = new_segment(ipc);

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		expect_errno(EINVAL, ipc->shmctl(shmid, commands[i], &ds));
}

CHECK("shmctl.eperm", LIBC | RAW, NEED_USERS,
      "only owner and creator may set, remove, lock and unlock, whatever the mode",
      "shmctl(2), EPERM")
{
	const struct rlimit pages = {16 * page_size(), 16 * page_size()};
	int shmid = must(ipc->shmget(IPC_PRIVATE, SIZE, 0666)), given;
	struct shmid_ds ds = shm_state(shmid);
	pid_t pid;

	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_errno(EPERM, ipc->shmctl(shmid, IPC_SET, &ds));
		expect_errno(EPERM, ipc->shmctl(shmid, IPC_RMID, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	child_join(pid);
	shm_state(shmid);
	if (setrlimit(RLIMIT_MEMLOCK, &pages) == -1 && errno == EPERM)
		skip("RLIMIT_MEMLOCK is too low and cannot be raised");
	/* A segment of mode 0 that its creator has given away; neither may attach it. */
	CHILD (pid) {
		become(OWNER, NOBODY);
		given = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT));
		must(shm_facility.set(&libc_calls, given, STRANGER, STRANGER, 0));
		expect_errno(EACCES, ipc->shmat(given, NULL, SHM_RDONLY));
		expect_eq(0, ipc->shmctl(given, SHM_LOCK, NULL));
		expect_eq(0, ipc->shmctl(given, SHM_UNLOCK, NULL));
	}
	child_join(pid);
	given = must(ipc->shmget(check_key(0), 0, 0));
	CHILD (pid) {
		become(STRANGER, STRANGER);
		expect_errno(EACCES, ipc->shmat(given, NULL, SHM_RDONLY));
		expect_eq(0, ipc->shmctl(given, SHM_LOCK, NULL));
		/* Also root may lack CAP_IPC_OWNER. */
		must(shm_facility.set(&libc_calls, given, STRANGER, STRANGER, 0444));
	}
	child_join(pid);
	expect_eq(SHM_LOCKED | 0444, shm_state(given).shm_perm.mode);
	CHILD (pid) {
		become(OWNER, NOBODY);
		expect_eq(0, ipc->shmctl(given, SHM_UNLOCK, NULL));
		expect_eq(0, ipc->shmctl(given, IPC_RMID, NULL));
	}
	child_join(pid);
}

CHECK("shmctl.efault", RAW, 0, "shmctl fails with EFAULT if buf is not mapped", "shmctl(2), EFAULT")
{
	int shmid = new_segment(ipc);
	void *nowhere = memory_end();

	expect_errno(EFAULT, ipc->shmctl(shmid, IPC_STAT, nowhere));
	expect_errno(EFAULT, ipc->shmctl(shmid, IPC_SET, nowhere));
}

CHECK("shmctl.lock.others_stay", LIBC | RAW, 0,
      "SHM_LOCK and SHM_UNLOCK change only the flag, and no time",
      "shmctl(2), SHM_LOCK; ipc/shm.c, shmctl_do_lock")
{
	int shmid = new_segment(ipc);
	struct shmid_ds want, got;

	if (!may_lock_memory())
		skip("no CAP_IPC_LOCK");
	must(ipc->shmdt(attach(ipc, shmid, NULL, 0)));
	want = shm_state(shmid);
	await_next_second();
	expect_eq(0, ipc->shmctl(shmid, SHM_LOCK, NULL));
	got = shm_state(shmid);
	want.shm_perm.mode |= SHM_LOCKED;
	shm_expect_same(&want, &got);
	expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	got = shm_state(shmid);
	want.shm_perm.mode &= (unsigned short)~SHM_LOCKED;
	shm_expect_same(&want, &got);
}

CHECK("shmctl.rmid.others_stay", LIBC | RAW, 0,
      "IPC_RMID of an attached segment sets SHM_DEST, clears the key, and changes no other field",
      "shmctl(2), IPC_RMID; ipc/shm.c, do_shm_rmid")
{
	int shmid = must(ipc->shmget(check_key(0), SIZE, IPC_CREAT | 0640));
	struct shmid_ds want, got;

	attach(ipc, shmid, NULL, 0);
	want = shm_state(shmid);
	await_next_second();
	/* A second IPC_RMID succeeds too, and changes nothing. */
	for (int i = 0; i < 2; i++) {
		expect_eq(0, ipc->shmctl(shmid, IPC_RMID, NULL));
		got = shm_state(shmid);
		expect_eq(SHM_DEST | 0640, got.shm_perm.mode);
		expect_eq(IPC_PRIVATE, got.shm_perm.__key);
		expect_eq(want.shm_ctime, got.shm_ctime);
		expect_eq(want.shm_segsz, got.shm_segsz);
		expect_eq(want.shm_cpid, got.shm_cpid);
		expect_eq(want.shm_perm.uid, got.shm_perm.uid);
		expect_eq(want.shm_perm.cuid, got.shm_perm.cuid);
		expect_eq(want.shm_perm.__seq, got.shm_perm.__seq);
		shm_expect_nattch(1, shmid);
	}
}

CHECK("shmctl.lock.effective", LIBC | RAW, NEED_USERS,
      "SHM_LOCK and SHM_UNLOCK fail if only the real user of the process is the owner",
      "shmctl(2), EPERM: \"the effective user ID\"; ipc/shm.c, shmctl_do_lock")
{
	int shmid = new_segment(ipc);
	pid_t pid;

	must(shm_facility.set(&libc_calls, shmid, OWNER, GROUP, 0600));
	CHILD (pid) {
		must(setresuid(OWNER, STRANGER, STRANGER));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_LOCK, NULL));
		expect_errno(EPERM, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	child_join(pid);
	expect_eq(0600, shm_state(shmid).shm_perm.mode);
	CHILD (pid) {
		must(setresuid(STRANGER, OWNER, OWNER));
		expect_eq(0, ipc->shmctl(shmid, SHM_UNLOCK, NULL));
	}
	child_join(pid);
}
