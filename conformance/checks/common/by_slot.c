/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The commands of msgctl(2), semctl(2) and shmctl(2) that take a slot instead of an id, as
 * ipcs(1) uses them, and the commands that describe all objects.
 */
#include <limits.h>
#include <string.h>

#include "facility.h"

#define CTL "msgctl(2), semctl(2), shmctl(2)"

static int new_object(const struct ipc_calls *ipc, const struct facility *facility)
{
	return must(facility->get(ipc, IPC_PRIVATE, 0600));
}

/*
 * Searches the slot of an object.  It starts at the highest slot in use, where a single
 * object is found at once: with ipcmni_extend the kernel allocates 4096 slots before it
 * uses the first one again (ipc/util.h, ipc_min_cycle).
 */
static int slot_of(const struct facility *facility, int id)
{
	union info info = {0};
	union state state;
	int highest = must(facility->control(&libc_calls, 0, facility->info, &info));

	for (int slot = highest; slot >= 0; slot--)
		if (facility->control(&libc_calls, slot, facility->stat, &state) == id)
			return slot;
	fail_at(HERE, "MSG_STAT, SEM_STAT or SHM_STAT", "the object in a slot", "none");
	return -1;
}

CHECK_EACH_CTL("info.highest_slot", LIBC | RAW, NEED_NAMESPACE,
	       "IPC_INFO and MSG_INFO, ... return the highest slot in use", CTL ": RETURN VALUE")
{
	union info info = {0};
	union state state;

	for (int i = 0; i < 3; i++)
		new_object(ipc, facility);
	int highest = must(facility->control(ipc, 0, IPC_INFO, &info));
	expect(highest >= 2);
	expect_eq(highest, facility->control(ipc, 0, facility->info, &info));
	expect_ok(facility->control(&libc_calls, highest, facility->stat, &state));
	expect_errno(EINVAL, facility->control(&libc_calls, highest + 1, facility->stat, &state));
}

CHECK_EACH_CTL("info.any_user", LIBC | RAW, NEED_USERS | NEED_NAMESPACE,
	       "another user may read the limits and the use", CTL ": IPC_INFO, MSG_INFO, ...")
{
	pid_t pid;

	new_object(ipc, facility);
	CHILD (pid) {
		union info info = {0};
		become(NOBODY, NOBODY);
		expect_ok(facility->control(ipc, 0, IPC_INFO, &info));
		expect_ok(facility->control(ipc, 0, facility->info, &info));
		expect_eq(1, facility->used(&info));
	}
	child_join(pid);
}

CHECK_EACH_CTL("info.efault", RAW, 0, "*_INFO fails with EFAULT if buf is not mapped",
	       CTL ": EFAULT")
{
	int slot = slot_of(facility, new_object(ipc, facility));
	void *nowhere = memory_end();

	expect_errno(EFAULT, facility->control(ipc, 0, IPC_INFO, nowhere));
	expect_errno(EFAULT, facility->control(ipc, 0, facility->info, nowhere));
	expect_errno(EFAULT, facility->control(ipc, slot, facility->stat, nowhere));
}

CHECK_EACH_CTL("stat.seq", LIBC, NEED_STAT_ANY,
	       "every command returns an id that contains the slot and its sequence number",
	       "ipc/util.h, ipc_buildid")
{
	const int commands[] = {facility->stat, facility->stat_any};
	union state state;
	int id = new_object(ipc, facility), slot = slot_of(facility, id);

	expect_id(id, slot, state_of(facility, id).perm.__seq);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		memset(&state, 0xa5, sizeof(state));
		expect_eq(id, facility->control(ipc, slot, commands[i], &state));
		expect_id(id, slot, state.perm.__seq);
	}
}

/* ---- MSG_STAT, MSG_STAT_ANY etc. -------------------------------------------------- */

static void expect_stat_by_slot(const struct ipc_calls *ipc, const struct facility *facility,
				int cmd)
{
	union state want, got;
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0640));

	/* In a new namespace an id equals its slot until all slots have been used once. */
	while (slot_of(facility, id) == id) {
		must(rmid(facility, &libc_calls, id));
		id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0640));
	}
	facility->use(ipc, id);
	want = state_of(facility, id);
	memset(&got, 0xa5, sizeof(got));
	expect_eq(id, facility->control(ipc, slot_of(facility, id), cmd, &got));
	facility->expect_same(&want, &got);
}

CHECK_EACH_SLOT("_stat", LIBC, 0,
		"MSG_STAT, ... returns the id and the state of the object in a slot",
		CTL ": MSG_STAT, SEM_STAT, SHM_STAT")
{
	expect_stat_by_slot(ipc, facility, facility->stat);
}

CHECK_EACH_SLOT("_stat_any", LIBC, NEED_STAT_ANY,
		"MSG_STAT_ANY, ... returns the id and the state of the object in a slot",
		CTL ": MSG_STAT_ANY, ...; glibc bug 26637; musl commit fe5e72ae")
{
	expect_stat_by_slot(ipc, facility, facility->stat_any);
}

static void expect_free_slot_fails(const struct ipc_calls *ipc, const struct facility *facility,
				   int cmd)
{
	union state state;
	int id = new_object(ipc, facility), slot = slot_of(facility, id);

	expect_eq(id, facility->control(ipc, slot, cmd, &state));
	must(rmid(facility, ipc, id));
	expect_errno(EINVAL, facility->control(ipc, slot, cmd, &state));
	expect_errno(EINVAL, facility->control(ipc, -1, cmd, &state));
}

CHECK_EACH_SLOT("_stat.einval", LIBC | RAW, NEED_NAMESPACE,
		"MSG_STAT, ... of a free slot fails with EINVAL", CTL ": EINVAL")
{
	expect_free_slot_fails(ipc, facility, facility->stat);
}

CHECK_EACH_SLOT("_stat_any.einval", LIBC | RAW, NEED_NAMESPACE | NEED_STAT_ANY,
		"MSG_STAT_ANY, ... of a free slot fails with EINVAL", CTL ": EINVAL")
{
	expect_free_slot_fails(ipc, facility, facility->stat_any);
}

/* Makes an object, drops the right to read it, and returns its slot. */
static int unreadable_slot(const struct ipc_calls *ipc, const struct facility *facility, int *id)
{
	*id = new_object(ipc, facility);
	union state state = state_of(facility, *id);
	int slot = slot_of(facility, *id);

	state.perm.mode = 0200;
	must(facility->control(&libc_calls, *id, IPC_SET, &state));
	drop_privileges();
	return slot;
}

CHECK_EACH_SLOT("_stat.eacces", LIBC | RAW, 0, "MSG_STAT, ... needs read permission",
		CTL ": EACCES")
{
	union state state;
	int id, slot = unreadable_slot(ipc, facility, &id);

	expect_errno(EACCES, facility->control(ipc, slot, facility->stat, &state));
}

CHECK_EACH_SLOT("_stat_any.no_permission", LIBC | RAW, NEED_STAT_ANY,
		"MSG_STAT_ANY, ... does not need read permission", CTL ": MSG_STAT_ANY, ...")
{
	union state state;
	int id, slot = unreadable_slot(ipc, facility, &id);

	expect_eq(id, facility->control(ipc, slot, facility->stat_any, &state));
}

CHECK_EACH_SLOT("_stat.other_user", LIBC | RAW, NEED_USERS | NEED_STAT_ANY,
		"another user without permission can use MSG_STAT_ANY, ... but not MSG_STAT, ...",
		CTL ": EACCES, MSG_STAT_ANY, ...")
{
	union state state;
	int id = new_object(ipc, facility), slot = slot_of(facility, id);
	pid_t pid;

	CHILD (pid) {
		become(NOBODY, NOBODY);
		expect_errno(EACCES, facility->control(ipc, slot, facility->stat, &state));
		expect_eq(id, facility->control(ipc, slot, facility->stat_any, &state));
	}
	child_join(pid);
}

CHECK_EACH_SLOT("_stat_any.efault", RAW, NEED_STAT_ANY,
		"MSG_STAT_ANY, ... fails with EFAULT if buf is not mapped", CTL ": EFAULT")
{
	int slot = slot_of(facility, new_object(ipc, facility));

	expect_errno(EFAULT, facility->control(ipc, slot, facility->stat_any, memory_end()));
}

/* ---- below zero ------------------------------------------------------------------------- */

CHECK_EACH_SLOT(
	"_stat.below_zero", LIBC | RAW, 0,
	"commands fail with EINVAL for an index or id below 0 even if its low bits are an object's",
	"ipc/msg.c, ksys_msgctl; ipc/sem.c, ksys_semctl; ipc/shm.c, ksys_shmctl")
{
	const int id = must(facility->get(ipc, IPC_PRIVATE, 0600));
	const int commands[] = {IPC_INFO, facility->info, facility->stat, IPC_STAT};
	const int negative[] = {-1, INT_MIN, (int)((unsigned)id | 1u << 31),
				(int)((unsigned)(id & 32767) | 1u << 31)};
	union {
		union state state;
		union info info;
	} got;

	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		for (unsigned j = 0; j < sizeof(negative) / sizeof(negative[0]); j++)
			expect_errno(EINVAL,
				     facility->control(ipc, negative[j], commands[i], &got));
}
