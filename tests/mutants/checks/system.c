/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of other parts of the kernel: namespaces, mappings, files of /proc. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "mutants.h"

#define ON_UNSHARE(ID, WHAT)                                                          \
	static int unshare_##ID(int flags);                                           \
	MUTANT(unshare_##ID##_mutant, "unshare." #ID, WHAT, .unshare = unshare_##ID); \
	static int unshare_##ID(int flags)
#define ON_SETNS(ID, WHAT)                                                    \
	static int setns_##ID(int fd, int type);                              \
	MUTANT(setns_##ID##_mutant, "setns." #ID, WHAT, .setns = setns_##ID); \
	static int setns_##ID(int fd UNUSED, int type UNUSED)
#define ON_CLONE(ID, WHAT)                                                             \
	static int clone_##ID(int (*body)(void *), void *stack, int flags, void *arg); \
	MUTANT(clone_##ID##_mutant, "clone." #ID, WHAT, .clone = clone_##ID);          \
	static int clone_##ID(int (*body)(void *), void *stack, int flags, void *arg)

ON_UNSHARE(newipc_ignored, "unshare does not make an IPC namespace")
{
	return flags & ~CLONE_NEWIPC ? __real_unshare(flags & ~CLONE_NEWIPC) : 0;
}

ON_UNSHARE(newpid_ignored, "unshare does not make a PID namespace")
{
	return flags & ~CLONE_NEWPID ? __real_unshare(flags & ~CLONE_NEWPID) : 0;
}

ON_UNSHARE(newuser_ignored, "unshare does not make a user namespace")
{
	return flags & ~CLONE_NEWUSER ? __real_unshare(flags & ~CLONE_NEWUSER) : 0;
}

ON_UNSHARE(unlimited, "user.max_ipc_namespaces has no effect")
{
	int result = __real_unshare(flags);

	return result == -1 && errno == ENOSPC ? 0 : result;
}

ON_UNSHARE(unprivileged, "unshare needs no privilege")
{
	int result = __real_unshare(flags);

	return result == -1 && errno == EPERM ? 0 : result;
}

ON_SETNS(ignored, "setns does nothing")
{
	return 0;
}

ON_SETNS(new, "setns enters a new IPC namespace")
{
	return __real_unshare(CLONE_NEWIPC);
}

ON_SETNS(type_ignored, "setns takes a namespace of any type")
{
	return __real_setns(fd, 0);
}

ON_UNSHARE(newuser_late, "an IPC namespace belongs to the old user namespace of its process")
{
	const int both = CLONE_NEWUSER | CLONE_NEWIPC;
	int result = (flags & both) == both ? __real_unshare(CLONE_NEWIPC) : 0;

	return result == 0 ? __real_unshare((flags & both) == both ? flags & ~CLONE_NEWIPC : flags)
			   : result;
}

/* The process that stays in the namespace is killed with the process group of the check. */
ON_UNSHARE(newipc_kept, "an IPC namespace does not end with its last process")
{
	int result = __real_unshare(flags);

	if (result == 0 && flags & CLONE_NEWIPC && fork() == 0)
		for (;;)
			pause();
	return result;
}

ON_CLONE(newipc_ignored, "clone does not make an IPC namespace")
{
	return __real_clone(body, stack, flags & ~CLONE_NEWIPC, arg);
}

/* ---- /proc/sysvipc -------------------------------------------------------------- */

/* Returns an anonymous file with the rows of /proc/sysvipc as the mutant rewrites them. */
int listing(const char *path, void (*spoil)(FILE *out, char *row, int id))
{
	FILE *in = fdopen(__real_open(path, O_RDONLY | O_CLOEXEC), "re"), *out;
	int fd = memfd_create("sysvipc", 0), id;
	char row[512];

	out = fdopen(dup(fd), "we");
	if (!in || !out)
		abort();
	while (fgets(row, sizeof(row), in))
		if (sscanf(row, "%*d %d", &id) == 1)
			spoil(out, row, id);
		else
			fputs(row, out);
	fclose(in);
	fclose(out);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

#define ON_LISTING(ID, WHAT)                                                          \
	static void sysvipc_##ID(FILE *out, char *row, int id);                       \
	MUTANT(sysvipc_##ID##_mutant, "sysvipc." #ID, WHAT, .listing = sysvipc_##ID); \
	static void sysvipc_##ID(FILE *out, char *row UNUSED, int id UNUSED)

/* The number of columns tells of which file of /proc/sysvipc a row is. */
enum { SET = 10, QUEUE = 14, SEGMENT = 16 };

/*
 * Writes a row of this number of columns with the text of column `from` in column `to` too, and
 * other rows unchanged.
 */
static void copy_column(FILE *out, const char *row, int columns, int from, int to)
{
	char *column[SEGMENT + 1], *next = NULL, text[512];
	int n = 0;

	snprintf(text, sizeof(text), "%s", row);
	for (char *word = strtok_r(text, " \n", &next); word && n <= SEGMENT;
	     word = strtok_r(NULL, " \n", &next))
		column[n++] = word;
	if (n != columns) {
		fputs(row, out);
		return;
	}
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%s", column[i == to ? from : i], i + 1 < n ? " " : "\n");
}

ON_LISTING(shm_creator_is_owner, "/proc/sysvipc/shm has the owner as creator")
{
	copy_column(out, row, SEGMENT, 7, 9);
}

ON_LISTING(shm_ctime_is_atime, "/proc/sysvipc/shm has shm_atime as shm_ctime")
{
	copy_column(out, row, SEGMENT, 11, 13);
}

ON_LISTING(flags_missing, "the row of a segment lacks SHM_DEST and SHM_LOCKED")
{
	int from = 0, to = 0;
	unsigned mode;

	if (sscanf(row, "%*d %*d %n%o%n", &from, &mode, &to) == 1 && mode > 0777)
		for (int i = from; i < to - 3; i++)
			row[i] = ' ';
	fputs(row, out);
}

/* Kernel commit 89163f93c6f9. */
ON_LISTING(hole_doubles, "an object after a free slot is listed twice")
{
	static int last = -1;

	if (last != -1 && id != last + 1)
		fputs(row, out);
	last = id;
	fputs(row, out);
}

ON_LISTING(hole_ends, "no object after a free slot is listed")
{
	static int last;

	if (id <= last + 1)
		fputs(row, out);
	last = id <= last + 1 ? id : last;
}

ON_LISTING(low_slots, "an object in the last slot is not listed")
{
	if (id % 32768 != 32767)
		fputs(row, out);
}

ON_LISTING(sem_creator_is_owner, "/proc/sysvipc/sem has the owner as creator")
{
	copy_column(out, row, SET, 4, 6);
}

ON_LISTING(sem_ctime_is_otime, "/proc/sysvipc/sem has sem_ctime as sem_otime")
{
	copy_column(out, row, SET, 9, 8);
}

ON_LISTING(queue_creator, "the row of a queue has its owner in the column of its creator")
{
	copy_column(out, row, QUEUE, 7, 9);
}

/* lseek returns the offset but does not move, so the next read continues after the last one. */
static off_t lseek_ignored(int fd UNUSED, off_t offset, int whence UNUSED)
{
	return offset;
}
MUTANT(lseek_ignored_mutant, "lseek.ignored", "lseek returns the new offset but does not move",
       .lseek = lseek_ignored);

/* Every second read after the beginning of a file returns the previous bytes again. */
static ssize_t read_twice(int fd, void *buf, size_t size)
{
	static bool again;
	const off_t place = lseek(fd, 0, SEEK_CUR);

	again = !again && place > 0;
	if (again && size < (size_t)place)
		lseek(fd, -(off_t)size, SEEK_CUR);
	return __real_read(fd, buf, size);
}
MUTANT(read_twice_mutant, "read.twice", "a file that is read in parts returns one part twice",
       .read = read_twice);

/* Opens a file of /proc/sysvipc again for each read, so that its reader is its opener. */
static ssize_t read_by_reader(int fd, void *buf, size_t size)
{
	char name[64], path[64] = "";
	int again;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (readlink(name, path, sizeof(path) - 1) == -1 ||
	    strncmp(path, "/proc/sysvipc/", 14) != 0 || (again = __real_open(path, O_RDONLY)) == -1)
		return __real_read(fd, buf, size);
	__real_lseek(again, __real_lseek(fd, 0, SEEK_CUR), SEEK_SET);
	ssize_t length = __real_read(again, buf, size);
	close(again);
	__real_lseek(fd, length > 0 ? length : 0, SEEK_CUR);
	return length;
}
MUTANT(read_by_reader_mutant, "read.by_reader",
       "/proc/sysvipc shows the namespaces of its reader, not of its opener",
       .read = read_by_reader);

/* ---- mappings -------------------------------------------------------------------- */

static int munmap_ignored(void *address UNUSED, size_t length UNUSED)
{
	return 0;
}
MUTANT(munmap_ignored_mutant, "munmap.ignored", "munmap does nothing", .munmap = munmap_ignored);

static int mprotect_ignored(void *address UNUSED, size_t length UNUSED, int protection UNUSED)
{
	return 0;
}
MUTANT(mprotect_ignored_mutant, "mprotect.ignored", "mprotect does nothing",
       .mprotect = mprotect_ignored);

static void *mremap_in_place(void *address, size_t old, size_t new, int flags, void *place UNUSED)
{
	return old < new ? address : __real_mremap(address, old, new, flags & ~MREMAP_FIXED);
}
MUTANT(mremap_in_place_mutant, "mremap.in_place", "mremap does not make a mapping larger",
       .mremap = mremap_in_place);

static void *mremap_keeps_rest(void *address, size_t old, size_t new, int flags, void *place)
{
	return new < old ? address : __real_mremap(address, old, new, flags, place);
}
MUTANT(mremap_keeps_rest_mutant, "mremap.keeps_rest", "mremap to fewer pages keeps the others",
       .mremap = mremap_keeps_rest);

static int madvise_ignored(void *address UNUSED, size_t length UNUSED, int advice UNUSED)
{
	return 0;
}
MUTANT(madvise_ignored_mutant, "madvise.ignored", "madvise does nothing",
       .madvise = madvise_ignored);

static int msync_refused(void *address, size_t length, int flags)
{
	return flags & MS_SYNC ? fails(EINVAL) : __real_msync(address, length, flags);
}
MUTANT(msync_refused_mutant, "msync.refused", "no segment can be synchronized",
       .msync = msync_refused);

static int madvise_loses(void *address, size_t length, int advice)
{
	return __real_madvise(address, length, advice == MADV_DONTNEED ? MADV_REMOVE : advice);
}
MUTANT(madvise_loses_mutant, "madvise.loses", "MADV_DONTNEED loses the content of a segment",
       .madvise = madvise_loses);

/* ---- memory accounting -------------------------------------------------------- */

static long ptrace_signals(int request, pid_t pid, void *address, void *data)
{
	long result = __real_ptrace(request, pid, address, data);

	/* SIGUSR2 ends a process that has no handler. */
	if (request == PTRACE_DETACH)
		kill(pid, SIGUSR2);
	return result;
}
MUTANT(ptrace_signals_sent_mutant, "ptrace.signals",
       "PTRACE_DETACH sends a signal to the traced process", .ptrace = ptrace_signals);

/* ---- /proc/sys/kernel -------------------------------------------------------------- */

static bool is_limit(const char *path)
{
	return strncmp(path, "/proc/sys/kernel/", 17) == 0;
}

#define ON_OPEN(ID, WHAT)                                                 \
	static int open_##ID(const char *path, int flags, mode_t mode);   \
	MUTANT(open_##ID##_mutant, "open." #ID, WHAT, .open = open_##ID); \
	static int open_##ID(const char *path, int flags, mode_t mode)

ON_OPEN(limits_unprotected, "everybody may open limits for writing")
{
	int fd = __real_open(path, flags, mode);

	return fd == -1 && errno == EACCES && is_limit(path) ? __real_open(path, O_RDONLY) : fd;
}

ON_OPEN(limits_protected, "nobody may open limits for writing")
{
	return is_limit(path) && flags & O_WRONLY ? fails(EACCES) : __real_open(path, flags, mode);
}

ON_OPEN(limits_wrong, "every limit reads as 7")
{
	int fd;

	if (!is_limit(path) || flags & O_WRONLY)
		return __real_open(path, flags, mode);
	fd = memfd_create("limit", 0);
	if (fd != -1 && (__real_write(fd, "7 7 7 7\n", 8) != 8 || __real_lseek(fd, 0, SEEK_SET)))
		abort();
	return fd;
}

static ssize_t write_accepted(int fd, const void *buf, size_t size)
{
	ssize_t written = __real_write(fd, buf, size);

	return written == -1 && (errno == EINVAL || errno == ERANGE) ? (ssize_t)size : written;
}
MUTANT(write_accepted_mutant, "write.accepted", "writing a value out of range succeeds",
       .write = write_accepted);
