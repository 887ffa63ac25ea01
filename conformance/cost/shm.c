/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Shared memory: the operations whose cost is measured. */
#include <stdint.h>
#include <sys/mman.h>

#include "objects.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

/* ---- setups ---------------------------------------------------------------- */

/*
 * An area for all attachments at addresses that this process chooses: if the kernel chose
 * them, its search would cost more or less depending on the mappings at program start.
 */
enum { ROOM = 512 << 20, STEP = 256 << 10 };

static bool segment_of(struct cost *c, size_t size)
{
	char *const found =
		mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED || munmap(found, ROOM) == -1)
		return false;
	/* A multiple of SHMLBA on every architecture. */
	c->address = found + (STEP - (uintptr_t)found % STEP);
	return (c->id = libc_calls.shmget(cost_key(0), size, IPC_CREAT | 0600)) != -1;
}

static bool segment(struct cost *c)
{
	return segment_of(c, PAGE);
}

static bool segment_of_n_pages(struct cost *c)
{
	return segment_of(c, (size_t)c->n * PAGE);
}

static bool segment_read(struct cost *c)
{
	return segment(c) && libc_calls.shmctl(c->id, IPC_STAT, (struct shmid_ds *)c->buffer) == 0;
}

static bool segments(struct cost *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if ((c->ids[i] = libc_calls.shmget(cost_key(i), PAGE, IPC_CREAT | 0600)) == -1)
			return false;
	c->id = c->ids[c->n / 2];
	return true;
}

static bool segments_in_proc(struct cost *c)
{
	return segments(c) && (c->file = open("/proc/sysvipc/shm", O_RDONLY)) != -1;
}

/* Addresses with gaps, so that mappings are never adjacent. */
static void *place(const struct cost *c, unsigned i)
{
	return (char *)c->address + (size_t)i * STEP;
}

static bool attachments(struct cost *c)
{
	if (!segment(c))
		return false;
	for (unsigned i = 1; i <= c->n; i++)
		if (libc_calls.shmat(c->id, place(c, i), 0) == (void *)-1)
			return false;
	return true;
}

/* ---- operations ------------------------------------------------------------ */

static bool get(UNUSED_COST)
{
	return libc_calls.shmget(cost_key(0), 0, 0) != -1;
}

static bool get_spread(struct cost *c)
{
	for (unsigned i = 0; i < LOOKED_UP; i++)
		if (libc_calls.shmget(spread_key(c, i), 0, 0) == -1)
			return false;
	return true;
}

static bool create_remove_of(size_t size)
{
	const int id = libc_calls.shmget(cost_key(MOST_OBJECTS), size, IPC_CREAT | IPC_EXCL | 0600);

	return id != -1 && libc_calls.shmctl(id, IPC_RMID, NULL) == 0;
}

static bool create_remove(UNUSED_COST)
{
	return create_remove_of(PAGE);
}

static bool create_remove_n(struct cost *c)
{
	return create_remove_of((size_t)c->n * PAGE);
}

static bool attach_detach(struct cost *c)
{
	void *const p = libc_calls.shmat(c->id, c->address, c->arg);

	return p != (void *)-1 && libc_calls.shmdt(p) == 0;
}

/* Writes to each page, because the kernel maps a page at the first access. */
static bool attach_touch_detach(struct cost *c)
{
	char *const p = libc_calls.shmat(c->id, c->address, 0);

	if (p == (void *)-1)
		return false;
	for (unsigned i = 0; i < c->n; i++)
		((volatile char *)p)[(size_t)i * PAGE] = 1;
	return libc_calls.shmdt(p) == 0;
}

static bool command(struct cost *c)
{
	return libc_calls.shmctl(c->id, c->arg, (struct shmid_ds *)c->buffer) != -1;
}

static bool command_by_slot(struct cost *c)
{
	return libc_calls.shmctl(c->id & 0x7fff, c->arg, (struct shmid_ds *)c->buffer) != -1;
}

static bool lock_unlock(struct cost *c)
{
	return libc_calls.shmctl(c->id, SHM_LOCK, NULL) == 0 &&
	       libc_calls.shmctl(c->id, SHM_UNLOCK, NULL) == 0;
}

#define PAGES                     \
	{                         \
		1, 4, 16, 64, 256 \
	}
#define ATTACHMENTS                 \
	{                           \
		1, 8, 64, 256, 1000 \
	}

const struct cost_item shm_items[] = {
	ONCE("shmget", "shmget of a segment", segment, get, 0, 0),
	ONCE("shmget.create", "shmget creates a segment, shmctl removes it", NULL, create_remove, 0,
	     0),
	SERIES("shmget.create.pages", "shmget creates a segment of n pages, shmctl removes it",
	       "pages", PAGES, NULL, create_remove_n, 0, 0),
	SERIES("shmget.keys", "shmget of one key among n", "keys", OBJECTS, segments, get_spread, 0,
	       LOOKED_UP),
	SERIES("shmget.create.objects", "shmget creates, shmctl removes a segment beside n others",
	       "objects", OBJECTS, segments, create_remove, 0, 0),
	SERIES("shmat", "shmat + shmdt of n pages", "pages", PAGES, segment_of_n_pages,
	       attach_detach, 0, 0),
	ONCE("shmat.rdonly", "shmat with SHM_RDONLY + shmdt", segment, attach_detach, SHM_RDONLY,
	     0),
	SERIES("shmat.touch", "shmat, a write to each of n pages, shmdt", "pages", PAGES,
	       segment_of_n_pages, attach_touch_detach, 0, 0),
	SERIES("shmat.attachments", "shmat + shmdt beside n attachments", "attachments",
	       ATTACHMENTS, attachments, attach_detach, 0, 0),
	ONCE("shmctl.ipc_stat", "shmctl IPC_STAT", segment, command, IPC_STAT, 0),
	SERIES("shmctl.ipc_stat.objects", "shmctl IPC_STAT beside n segments", "objects", OBJECTS,
	       segments, command, IPC_STAT, 0),
	ONCE("shmctl.ipc_set", "shmctl IPC_SET", segment_read, command, IPC_SET, 0),
	ONCE("shmctl.shm_stat", "shmctl SHM_STAT", segment, command_by_slot, SHM_STAT, 0),
	ONCE("shmctl.shm_stat_any", "shmctl SHM_STAT_ANY", segment, command_by_slot, SHM_STAT_ANY,
	     0),
	ONCE("shmctl.ipc_info", "shmctl IPC_INFO", segment, command, IPC_INFO, 0),
	SERIES("shmctl.shm_info", "shmctl SHM_INFO beside n segments", "objects", OBJECTS, segments,
	       command, SHM_INFO, 0),
	ONCE("shmctl.lock", "shmctl SHM_LOCK + SHM_UNLOCK", segment, lock_unlock, 0, 0),
	SERIES("proc.shm", "reading /proc/sysvipc/shm with n segments", "objects", PROC_ROWS,
	       segments_in_proc, read_whole, 0, 0),
	{0},
};
