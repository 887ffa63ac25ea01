/* How an object is found: msgget(2), semget(2), shmget(2), and by its id. */
#include "behaviour/facility.h"

CHECK_EACH("excl_alone", LIBC | RAW, 0, "IPC_EXCL without IPC_CREAT finds what there is",
	   "msgget(2), semget(2), shmget(2): EEXIST is of \"IPC_CREAT and IPC_EXCL\"")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	expect_eq(id, facility->get(ipc, check_key(0), IPC_EXCL | 0600));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_EXCL));
}

/* The slot is the lower part of an id, of 15 bits, or of 24 with ipcmni_extend (ipc/util.h). */
static bool in_one_slot(int a, int b)
{
	const int slots = 1 << 15;

	return a % slots == b % slots;
}

/* Slots are taken in turn, of so many at least (ipc/util.c, ipc_min_cycle). */
enum { MOST_SLOTS = 5000 };

CHECK_EACH("slot_again", LIBC | RAW, NEED_NAMESPACE,
	   "a slot that is taken again gives another id, and the old one finds nothing",
	   "ipc/util.c, ipc_idr_alloc; ipc/util.h, ipc_checkid")
{
	int removed = must(facility->get(ipc, IPC_PRIVATE, 0600)), id = removed;

	for (int n = 0; n == 0 || (n < MOST_SLOTS && !in_one_slot(removed, id)); n++) {
		must(facility->remove(&libc_calls, id));
		id = must(facility->get(ipc, IPC_PRIVATE, 0600));
	}
	expect(in_one_slot(removed, id));
	expect(id != removed);
	expect_errno(EINVAL, facility->read(ipc, removed));
	expect_errno(EINVAL, facility->remove(ipc, removed));
	expect_ok(facility->read(ipc, id));
}
