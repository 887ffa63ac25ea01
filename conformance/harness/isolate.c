/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* IPC namespaces, and probes for the needs that not every machine meets. */
#include "isolate.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char need_namespace[] = "no IPC namespace: needs CAP_SYS_ADMIN or user namespaces";

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

/*
 * How often this process and its ancestors have moved into an IPC namespace that they made,
 * and the name in /proc of the namespace that they started in; "" without /proc.
 */
static unsigned moves;
static char home[64];

static void namespace_name(char name[64])
{
	const ssize_t n = readlink("/proc/self/ns/ipc", name, 63);

	name[n > 0 ? n : 0] = '\0';
}

static void note_move(const char before[64])
{
	if (moves++ == 0)
		memcpy(home, before, sizeof(home));
}

/* Maps uid and gid to 0 in the user namespace of this process. */
static bool map_identities(uid_t uid, gid_t gid)
{
	char map[64];

	/* user_namespaces(7): without denying setgroups, writing gid_map fails. */
	if (!write_file("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (!write_file("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return write_file("/proc/self/gid_map", map);
}

bool isolate(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	char before[64];

	namespace_name(before);
	if (unshare(CLONE_NEWIPC) != 0) {
		if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0 ||
		    !map_identities(uid, gid))
			return false;
	}
	note_move(before);
	return true;
}

bool is_isolated(void)
{
	char now[64];

	namespace_name(now);
	return moves > 0 && (!home[0] || !now[0] || strcmp(home, now) != 0);
}

/* Whether a namespace or a process may be available a moment later. */
static bool may_pass(int error)
{
	return error == ENOSPC || error == ENOMEM || error == EAGAIN;
}

enum { PATIENCE = 30000, PAUSE = 20 }; /* ms */

static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = PAUSE * 1000000L}, NULL);
}

bool isolate_patiently(unsigned *waited)
{
	while (!isolate()) {
		const int error = errno;

		if (!may_pass(error) ||
		    __atomic_add_fetch(waited, PAUSE, __ATOMIC_RELAXED) > PATIENCE) {
			errno = error;
			return false;
		}
		pause_a_moment();
	}
	__atomic_store_n(waited, 0, __ATOMIC_RELAXED);
	return true;
}

void another_namespace(void)
{
	char reason[96], before[64];

	namespace_name(before);
	for (unsigned waited = 0; unshare(CLONE_NEWIPC) != 0; waited += PAUSE) {
		if (!may_pass(errno) || waited > PATIENCE / 10) {
			snprintf(reason, sizeof(reason),
				 "could not run: no second IPC namespace: %s", strerror(errno));
			skip(reason);
		}
		pause_a_moment();
	}
	note_move(before);
}

/* ---- needs --------------------------------------------------------------- */

static const char *const sysctls = "/proc/sys/kernel/";

static const char *need_NAMESPACE(bool isolated)
{
	return isolated ? NULL : need_namespace;
}

static bool rewrite(const char *name)
{
	char path[64], text[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s%s", sysctls, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 && write_file(path, text);
}

static const char *need_LIMITS(bool isolated)
{
	if (!isolated)
		return need_NAMESPACE(isolated);
	return rewrite("msgmni") && rewrite("sem") && rewrite("shmmni")
		       ? NULL
		       : "the limits in /proc/sys/kernel cannot be written";
}

/*
 * Whether the kernel was built without MSG_COPY: msgrcv then fails with ENOSYS (ipc/msg.c,
 * prepare_copy).  Before Linux 3.8 it ignored the flag.
 */
static bool lacks_msg_copy(void)
{
	struct {
		long mtype;
		char mtext[1];
	} message = {.mtype = 1};
	const int msqid = libc_calls.msgget(IPC_PRIVATE, 0600);
	bool lacks = kernel_before(3, 8);

	if (msqid >= 0 && libc_calls.msgsnd(msqid, &message, 1, IPC_NOWAIT) == 0 &&
	    libc_calls.msgrcv(msqid, &message, 1, 0, MSG_COPY | IPC_NOWAIT) == -1)
		lacks |= errno == ENOSYS;
	if (msqid >= 0)
		libc_calls.msgctl(msqid, IPC_RMID, NULL);
	return lacks;
}

static const char *need_NEXT_ID(bool isolated)
{
	if (!isolated)
		return need_NAMESPACE(isolated);
	/* An unused file reads -1, which cannot be written back. */
	static const char *const files[] = {
		"/proc/sys/kernel/msg_next_id",
		"/proc/sys/kernel/sem_next_id",
		"/proc/sys/kernel/shm_next_id",
	};
	unsigned absent = 0;

	for (size_t i = 0; i < 3; i++) {
		if (write_file(files[i], "1"))
			continue;
		if (errno == EACCES || errno == EPERM || errno == EROFS)
			return "no right to write /proc/sys/kernel/*_next_id";
		absent += errno == ENOENT;
	}
	if (absent < 3)
		return NULL; /* if only one of the files refuses, the checks should fail */
	if (access("/proc/sys/kernel/msgmni", F_OK) != 0)
		return "no /proc/sys/kernel";
	/* One option of the kernel's configuration controls these files and MSG_COPY. */
	return lacks_msg_copy() ? "no /proc/sys/kernel/*_next_id (CONFIG_CHECKPOINT_RESTORE)"
				: NULL;
}

static const char *need_MSG_COPY(bool isolated UNUSED)
{
	/* A kernel with the files of need_NEXT_ID but without MSG_COPY has a regression. */
	return lacks_msg_copy() && access("/proc/sys/kernel/msg_next_id", F_OK) != 0
		       ? "this kernel has no MSG_COPY (CONFIG_CHECKPOINT_RESTORE)"
		       : NULL;
}

static const char *need_STAT_ANY(bool isolated UNUSED)
{
	/* The version decides: a later kernel without these commands has a regression. */
	return kernel_before(4, 17) ? "this kernel has no *_STAT_ANY (Linux 4.17)" : NULL;
}

static const char *need_USERS(bool isolated UNUSED)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(!(setgroups(0, NULL) == 0 && setgid(STRANGER) == 0 && setuid(STRANGER) == 0 &&
			getuid() == STRANGER));
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return NULL;
	return "no other user to become: run as root";
}

static const char *need_PROC(bool isolated UNUSED)
{
	char self[32] = "";
	const ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	if (n <= 0 || access("/proc/self/stat", R_OK) != 0)
		return "/proc is not mounted";
	/* A new PID namespace sees the old one's /proc until it mounts its own. */
	if (strtol(self, NULL, 10) != getpid())
		return "/proc is of another PID namespace";
	return NULL;
}

static const char *need_COMPAT(bool isolated UNUSED)
{
	return kernel_is_wider() ? NULL : "for 32-bit programs on a 64-bit kernel only";
}

static const char *need_HUGETLB(bool isolated UNUSED)
{
	return meminfo("Hugepagesize:")
		       ? NULL
		       : "this machine or kernel has no huge pages (CONFIG_HUGETLBFS)";
}

/* Whether a file begins with this character. */
static bool begins_with(const char *path, char character)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char first = '\0';
	const bool begins = fd >= 0 && read(fd, &first, 1) == 1 && first == character;

	if (fd >= 0)
		close(fd);
	return begins;
}

static const char *need_FAULTS(bool isolated)
{
	if (!isolated)
		return need_NAMESPACE(isolated);
	if (access("/proc/self/fail-nth", R_OK | W_OK) != 0)
		return "this kernel cannot make allocations fail (CONFIG_FAULT_INJECTION)";
	/* By default, only allocations that may not wait fail, and no single pages (init.c). */
	return begins_with("/sys/kernel/debug/failslab/ignore-gfp-wait", 'N') &&
			       begins_with("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait",
					   'N') &&
			       begins_with("/sys/kernel/debug/fail_page_alloc/min-order", '0')
		       ? NULL
		       : "failslab and fail_page_alloc in /sys/kernel/debug skip allocations that "
			 "may wait";
}

/*
 * If isolate() fails half-way, the process is stuck as "nobody" in a new user namespace
 * (since Linux 5.12, root may not map its own id without CAP_SETFCAP).  So try it first in
 * a child that does nothing else.
 */
static bool may_isolate(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(!isolate());
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void try_needs(struct unmet *unmet)
{
	const bool own = may_isolate() && isolate();
	static const char *(*const tries[])(bool) = {
#define X(N) need_##N,
		NEEDS(X)
#undef X
	};
	probe_calls(&unmet->absent);
	for (unsigned i = 0; i < NNEEDS; i++) {
		const char *reason = tries[i](own);
		snprintf(unmet->reason[i], sizeof(unmet->reason[i]), "%s", reason ? reason : "");
	}
}

void probe_needs(struct unmet *unmet)
{
	struct unmet *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int status;

	for (unsigned i = 0; i < NNEEDS; i++)
		snprintf(unmet->reason[i], sizeof(unmet->reason[i]), "the probe did not run");
	if (shared == MAP_FAILED)
		return;
	pid = fork();
	if (pid == 0) {
		try_needs(shared);
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		*unmet = *shared;
	munmap(shared, sizeof(*shared));
}

/* ---- limits and keys ----------------------------------------------------- */

static unsigned first_key = 0x50000000u;

key_t check_key(unsigned n)
{
	return (key_t)(first_key | (n & 0xff));
}

/* Whether a call by a key found no object. */
static bool found_none(int got)
{
	return got == -1 && (errno == ENOENT || errno == ENOSYS);
}

/* Whether a queue, set or segment has one of the keys of check_key(). */
static bool keys_in_use(void)
{
	for (unsigned n = 0; n <= 0xff; n++)
		if (!found_none(libc_calls.msgget(check_key(n), 0)) ||
		    !found_none(libc_calls.semget(check_key(n), 0, 0)) ||
		    !found_none(libc_calls.shmget(check_key(n), 0, 0)))
			return true;
	return false;
}

void choose_keys(void)
{
	unsigned chance;

	/*
	 * Keys made from process ids could collide: two runs in different PID namespaces may
	 * share an IPC namespace.  So choose random keys that have no object.
	 */
	for (int tries = 0; tries < 100; tries++) {
		if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
			chance = (unsigned)getpid() * 2654435761u + (unsigned)tries;
		first_key = 0x50000000u | (chance & 0xfffff) << 8;
		if (!keys_in_use())
			return;
	}
	skip("could not run: no free keys");
}

static void skip_without(const char *path)
{
	char reason[96];

	snprintf(reason, sizeof(reason), "no %.80s", path);
	skip(reason);
}

int open_proc(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		skip_without(path);
	return must(fd);
}

int open_limit(const char *name)
{
	char path[64];

	if (!is_isolated())
		skip(need_namespace);
	if (access(sysctls, F_OK) == -1)
		skip_without(sysctls);
	snprintf(path, sizeof(path), "%s%s", sysctls, name);
	return open(path, O_WRONLY | O_CLOEXEC);
}

void set_limit(const char *name, const char *value)
{
	const int fd = must(open_limit(name));

	must(write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1);
	close(fd);
}

long long get_limit_n(const char *name, unsigned n)
{
	char path[64], text[128] = "";
	char *rest = text;
	long long value = 0;
	int fd;

	snprintf(path, sizeof(path), "%s%s", sysctls, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* /proc is missing or mounted with subset=pid.  If other files exist, fail instead. */
	if (fd == -1 && errno == ENOENT && access("/proc/sys/kernel", F_OK) != 0)
		skip("no /proc/sys/kernel");
	must(fd);
	must(read(fd, text, sizeof(text) - 1));
	close(fd);
	/* shmmax is an unsigned long; converted to a long long, equal values stay equal. */
	for (unsigned i = 0; i <= n; i++)
		value = (long long)strtoull(rest, &rest, 10);
	return value;
}

long long get_limit(const char *name)
{
	return get_limit_n(name, 0);
}

unsigned long long meminfo(const char *name)
{
	char line[128];
	unsigned long long kib = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoull(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return kib * 1024;
}

/* Copies the Nth word of a line, from 0; empty if the line is shorter. */
static void nth_word(const char *line, unsigned n, char word[32])
{
	for (; n > 0; n--) {
		line += strspn(line, " ");
		line += strcspn(line, " \n");
	}
	line += strspn(line, " ");
	snprintf(word, 32, "%.*s", (int)strcspn(line, " \n"), line);
}

/* Opens /proc/sysvipc/KIND and skips its first line, which names the columns. */
static FILE *open_sysvipc(const char *kind, char header[512])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", kind);
	file = fopen(path, "r");
	if (!file || !fgets(header, 512, file))
		skip("no /proc/sysvipc");
	return file;
}

unsigned sysvipc_rows(const char *kind)
{
	char row[512];
	FILE *file = open_sysvipc(kind, row);
	unsigned n = 0;

	while (fgets(row, sizeof(row), file))
		n++;
	fclose(file);
	return n;
}

long long sysvipc(const char *kind, int id, const char *column)
{
	char header[512], row[512], word[32];
	unsigned n = 0;
	FILE *file = open_sysvipc(kind, header);

	do
		nth_word(header, n++, word);
	while (word[0] && strcmp(word, column) != 0);
	while (word[0] && fgets(row, sizeof(row), file)) {
		char value[32];
		nth_word(row, 1, word);
		if (strtol(word, NULL, 10) != id)
			continue;
		nth_word(row, n - 1, value);
		fclose(file);
		return strtoll(value, NULL, strcmp(column, "perms") == 0 ? 8 : 10);
	}
	fail_at(HERE, kind, "a row of the object in /proc/sysvipc", "none");
	_exit(1);
}

/* ---- objects made in a run without namespaces ------------------------------ */

static const struct ipc_calls *tracked_inner;
static struct made *tracked_made;
static unsigned tracked_moves;

static void remove_object(char kind, int id)
{
	switch (kind) {
	case 'm':
		libc_calls.msgctl(id, IPC_RMID, NULL);
		break;
	case 's':
		libc_calls.semctl(id, 0, IPC_RMID, (union semun){0});
		break;
	case 'h':
		libc_calls.shmctl(id, IPC_RMID, NULL);
		break;
	}
}

/*
 * Without its own namespace, a check shares the limits with the objects of other programs.
 * Checks that expect a limit have NEED_LIMITS and do not run there.
 */
static void need_room(int got, const char *limits)
{
	char reason[96];

	if (got != -1 || errno != ENOSPC)
		return;
	snprintf(reason, sizeof(reason), "could not run: %s reached, and no IPC namespace", limits);
	skip(reason);
}

/* Skips the check if the value of a limit is less than `least`. */
static void need_limit(const char *limit, unsigned long long value, unsigned long long least)
{
	char reason[96];

	if (value >= least)
		return;
	snprintf(reason, sizeof(reason), "could not run: %s is %llu, and no IPC namespace", limit,
		 value);
	skip(reason);
}

/*
 * Skips the check if a limit is lower than checks without NEED_LIMITS require.  Called
 * before an object of that kind is made, so that checks of other kinds run.
 */
static void need_usual_limits(char kind)
{
	const struct ipc_listener *listener = ipc_listener;
	struct msginfo msg = {0};
	struct seminfo sem = {0};
	struct shminfo shm = {0};
	char forced = '0';
	int fd;

	/* If the kernel lacks these calls, a check that does not make them can still run. */
	ipc_listener = NULL;
	if (kind == 'm' && libc_calls.msgctl(0, IPC_INFO, (struct msqid_ds *)&msg) != -1) {
		need_limit("msgmax", (unsigned)msg.msgmax, 8192);
		need_limit("msgmnb", (unsigned)msg.msgmnb, 16384);
	}
	if (kind == 's' && libc_calls.semctl(0, 0, IPC_INFO, (union semun){.__buf = &sem}) != -1) {
		need_limit("semmsl (kernel.sem)", (unsigned)sem.semmsl, 250);
		need_limit("semopm (kernel.sem)", (unsigned)sem.semopm, 32);
	}
	if (kind == 'h' && libc_calls.shmctl(0, IPC_INFO, (struct shmid_ds *)&shm) != -1)
		need_limit("shmmax", shm.shmmax, 1ull << 30);
	ipc_listener = listener;
	if (kind != 'h')
		return;
	fd = open("/proc/sys/kernel/shm_rmid_forced", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &forced, 1) == 1 && forced == '1')
		skip("could not run: shm_rmid_forced is 1, and no IPC namespace");
	if (fd >= 0)
		close(fd);
}

static int track(char kind, int id)
{
	unsigned n;

	/* The object is in a namespace that the check made, and disappears with it. */
	if (moves != tracked_moves)
		return id;
	need_room(id, kind == 'm' ? "msgmni" : kind == 's' ? "kernel.sem" : "shmmni or shmall");
	if (id == -1)
		return id;
	n = __atomic_fetch_add(&tracked_made->n, 1, __ATOMIC_RELAXED);
	if (n >= MAX_MADE) {
		remove_object(kind, id);
		errno = ENOSPC;
		return -1;
	}
	tracked_made->object[n].kind = kind;
	tracked_made->object[n].id = id;
	return id;
}

/*
 * With IPC_CREAT alone, the call may find another program's object.  So make the call with
 * IPC_EXCL first; if that fails with EEXIST, make it again with the original flags.
 */
#define TRACK(KIND, KEY, FLAGS, GET)                                   \
	do {                                                           \
		int id;                                                \
		if ((KEY) == IPC_PRIVATE || ((FLAGS)&IPC_CREAT))       \
			need_usual_limits(KIND);                       \
		if ((KEY) == IPC_PRIVATE)                              \
			return track(KIND, GET(FLAGS));                \
		if (!((FLAGS)&IPC_CREAT))                              \
			return GET(FLAGS);                             \
		id = GET((FLAGS) | IPC_EXCL);                          \
		if (id != -1 || errno != EEXIST || ((FLAGS)&IPC_EXCL)) \
			return track(KIND, id);                        \
		return GET(FLAGS);                                     \
	} while (0)

static int tracked_msgget(key_t key, int msgflg)
{
#define GET(F) tracked_inner->msgget(key, F)
	TRACK('m', key, msgflg, GET);
#undef GET
}

static int tracked_semget(key_t key, int nsems, int semflg)
{
#define GET(F) tracked_inner->semget(key, nsems, F)
	TRACK('s', key, semflg, GET);
#undef GET
}

static int tracked_shmget(key_t key, size_t size, int shmflg)
{
#define GET(F) tracked_inner->shmget(key, size, F)
	TRACK('h', key, shmflg, GET);
#undef GET
}

const struct ipc_calls *tracking_calls(const struct ipc_calls *inner, struct made *made)
{
	static struct ipc_calls calls;

	tracked_inner = inner;
	tracked_made = made;
	tracked_moves = moves;
	calls = *inner;
	calls.msgget = tracked_msgget;
	calls.semget = tracked_semget;
	calls.shmget = tracked_shmget;
	return &calls;
}

void remove_made(const struct made *made)
{
	unsigned n = made->n < MAX_MADE ? made->n : MAX_MADE;

	/* The kernel reuses an id only after 32768 other ids of its slot. */
	for (unsigned i = 0; i < n; i++)
		remove_object(made->object[i].kind, made->object[i].id);
}
