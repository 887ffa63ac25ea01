/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Making and finding objects: by msgget(2), semget(2), shmget(2), and by id. */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "facility.h"

#define GET "msgget(2), semget(2), shmget(2)"

CHECK_EACH("existing_key", LIBC | RAW, 0, "a get call with the key of an object returns its id",
	   GET)
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	expect_eq(id, facility->get(ipc, check_key(0), 0));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_CREAT | 0600));
}

CHECK_EACH("private_always_new", LIBC | RAW, 0, "IPC_PRIVATE makes a new object each time", GET)
{
	int first = must(facility->get(ipc, IPC_PRIVATE, 0600));
	int second = must(facility->get(ipc, IPC_PRIVATE, IPC_CREAT | IPC_EXCL | 0600));

	expect(first != second);
}

CHECK_EACH("mode_bits", LIBC | RAW, 0,
	   "a new object keeps the nine permission bits of the flags and no other bits", GET)
{
	/* Each mode grants read permission, which IPC_STAT needs. */
	static const int modes[] = {0400, 0444, 0622, 0751, 0777};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		/* SHM_NORESERVE is the same bit as MSG_NOERROR and SEM_UNDO. */
		int flags = IPC_CREAT | IPC_EXCL | SHM_NORESERVE | modes[i];
		int id = must(facility->get(ipc, check_key(i), flags));

		expect_eq(modes[i], state_of(facility, id).perm.mode);
	}
}

CHECK_EACH("eexist", LIBC | RAW, 0,
	   "IPC_CREAT | IPC_EXCL with the key of an object fails with EEXIST", GET ", EEXIST")
{
	must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	expect_errno(EEXIST, facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL | 0600));
}

CHECK_EACH("enoent", LIBC | RAW, 0, "without IPC_CREAT, a key without an object fails with ENOENT",
	   GET ", ENOENT")
{
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0600));
	expect_errno(ENOENT, facility->get(ipc, check_key(0), IPC_EXCL | 0600));
}

CHECK_EACH("eacces", LIBC | RAW, NEED_USERS,
	   "a get call for read, write or both fails with EACCES without that permission",
	   GET ", EACCES")
{
	static const int denied[] = {0400, 0200, 0600, 0004, 0002, 0006};
	pid_t pid;

	must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	CHILD (pid) {
		become(NOBODY, NOBODY);
		for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
			expect_errno(EACCES, facility->get(ipc, check_key(0), denied[i]));
		/* Mode 0 requests no permission, so every user may. */
		expect_ok(facility->get(ipc, check_key(0), 0));
	}
	child_join(pid);
}

CHECK_EACH("namespace", LIBC | RAW, NEED_NAMESPACE,
	   "in another IPC namespace the same key names another object", "ipc_namespaces(7)")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	pid_t pid;

	CHILD (pid) {
		another_namespace();
		expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
		int other = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));
		must(rmid(facility, &libc_calls, other));
	}
	child_join(pid);
	state_of(facility, id);
}

CHECK_EACH("excl_alone", LIBC | RAW, 0, "IPC_EXCL without IPC_CREAT finds the existing object",
	   GET ": EEXIST needs \"IPC_CREAT and IPC_EXCL\"")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	expect_eq(id, facility->get(ipc, check_key(0), IPC_EXCL | 0600));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_EXCL));
}

/* ---- ids ------------------------------------------------------------------------ */

CHECK_EACH("id_not_reused", LIBC | RAW, 0, "the next object does not get the id of a removed one",
	   "ipc/util.h, ipc_checkid: the sequence number of the slot")
{
	int removed = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	must(rmid(facility, &libc_calls, removed));
	expect(must(facility->get(ipc, check_key(0), IPC_CREAT | 0600)) != removed);
	expect_errno(EINVAL, rmid(facility, &libc_calls, removed));
}

/* The slot is the lower part of an id: 15 bits, or 24 with ipcmni_extend (ipc/util.h). */
static bool in_one_slot(int a, int b)
{
	const int slots = 1 << 15;

	return a % slots == b % slots;
}

/* The kernel takes slots in turn, up to this many (ipc/util.c, ipc_min_cycle). */
enum { MOST_SLOTS = 5000 };

CHECK_EACH("slot_again", LIBC | RAW, NEED_NAMESPACE,
	   "an object in a reused slot has another id, and the old id is invalid",
	   "ipc/util.c, ipc_idr_alloc; ipc/util.h, ipc_checkid")
{
	int removed = must(facility->get(ipc, IPC_PRIVATE, 0600)), id = removed;

	for (int n = 0; n == 0 || (n < MOST_SLOTS && !in_one_slot(removed, id)); n++) {
		must(rmid(facility, &libc_calls, id));
		id = must(facility->get(ipc, IPC_PRIVATE, 0600));
	}
	expect(in_one_slot(removed, id));
	expect(id != removed);
	expect_errno(EINVAL, facility->read(ipc, removed));
	expect_errno(EINVAL, rmid(facility, ipc, removed));
	expect_ok(facility->read(ipc, id));
}

CHECK_EACH(
	"slots_in_turn", LIBC | RAW, NEED_NAMESPACE,
	"new objects take the slots in turn; a slot that is free again waits until the others have "
	"had theirs, and its next id has the next sequence number",
	"kernel commits 99db46ea2927, 3278a2c20cb3; ipc/util.c, ipc_idr_alloc")
{
	int id = must(facility->get(ipc, IPC_PRIVATE, 0600)), next = id, slots = 0;

	expect_id(id, 0, 0);
	while (next == id + slots && ++slots < MOST_SLOTS) {
		must(rmid(facility, &libc_calls, next));
		next = must(facility->get(ipc, IPC_PRIVATE, 0600));
	}
	/* 16, 64, 256 or 4096 (CONFIG_BASE_SMALL, ipcmni_extend). */
	expect_between(16, 4096, slots);
	expect_eq(0, slots & (slots - 1));
	/* In the second round the object in the first slot stays. */
	expect_id(next, 0, 1);
	for (int i = 1; i < slots; i++) {
		id = must(facility->get(ipc, IPC_PRIVATE, 0600));
		if (!expect_eq(next + i, id))
			return;
		must(rmid(facility, &libc_calls, id));
	}
	expect_id(must(facility->get(ipc, IPC_PRIVATE, 0600)), 1, 2);
}

CHECK_EACH("next_id", LIBC | RAW, NEED_NEXT_ID,
	   "the next object gets the id in msg_next_id, ..., which then becomes -1 again",
	   "proc(5); Documentation/admin-guide/sysctl/kernel.rst, msg_next_id")
{
	/* The low 15 bits are a free slot, the others any sequence number. */
	set_limit(facility->next_id, "65541");
	expect_eq(65541, facility->get(ipc, IPC_PRIVATE, 0600));
	expect_eq(-1, get_limit(facility->next_id));
	expect(facility->get(ipc, IPC_PRIVATE, 0600) != 65541);
}

CHECK_EACH("next_id_taken", LIBC | RAW, NEED_NEXT_ID,
	   "if msg_next_id, ... is the id of an object, the next object gets another id",
	   "ipc/util.c, ipc_idr_alloc")
{
	char taken[16];
	int id = must(facility->get(ipc, IPC_PRIVATE, 0600));

	snprintf(taken, sizeof(taken), "%d", id);
	set_limit(facility->next_id, taken);
	int other = must(facility->get(ipc, IPC_PRIVATE, 0600));
	expect(other != id);
	expect_ok(rmid(facility, &libc_calls, id));
}
