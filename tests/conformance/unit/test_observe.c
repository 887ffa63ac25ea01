/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Tests the observer with calls that write the correct bytes, too many or too few.  Functions
 * around the real calls change the bytes that the kernel wrote.
 */
#include "unit.h"

#include <string.h>

#include "abi/layers.h"
#include "abi/observe.h"
#include "harness/isolate.h"

/* The number of bytes that the shim writes after the structure; below 0, leaves unwritten. */
static int too_many;

static int msgctl_shim(int msqid, int cmd, struct msqid_ds *buf)
{
	struct msqid_ds whole;
	int result;

	if (cmd != IPC_STAT)
		return raw_calls.msgctl(msqid, cmd, buf);
	result = raw_calls.msgctl(msqid, cmd, &whole);
	memcpy(buf, &whole, sizeof(whole) - (size_t)(too_many < 0 ? -too_many : 0));
	if (too_many > 0)
		memset(buf + 1, 0, (size_t)too_many);
	return result;
}

/* A shim that does not write one member. */
static int shmctl_shim(int shmid, int cmd, struct shmid_ds *buf)
{
	struct shmid_ds whole;
	int result;

	if (cmd != IPC_STAT)
		return raw_calls.shmctl(shmid, cmd, buf);
	result = raw_calls.shmctl(shmid, cmd, &whole);
	whole.shm_cpid = buf->shm_cpid;
	memcpy(buf, &whole, sizeof(whole));
	return result;
}

/* A shim that writes the value of one semaphore more than the set has. */
static int semctl_shim(int semid, int semnum, int cmd, union semun arg)
{
	int result = raw_calls.semctl(semid, semnum, cmd, arg);

	if (cmd == GETALL)
		arg.array[OBSERVED_NSEMS] = 1;
	return result;
}

static struct ipc_calls shim(void)
{
	struct ipc_calls calls = raw_calls;

	calls.msgctl = msgctl_shim;
	calls.semctl = semctl_shim;
	calls.shmctl = shmctl_shim;
	return calls;
}

static bool agrees(const struct ipc_calls *ipc, int index, bool whole, char seen[256])
{
	const struct layer *layer = whole ? kernel_layer() : libc_layer();
	struct observed observed;
	struct facts layout;
	char expected[256] = "", error[256];

	ck_assert(facts_parse(&layout, layer->dump, layer->name, error));
	ck_assert(observe(ipc, &controls[index], &observed));
	observed_ranges(&observed, seen, 256);
	bool result = observed_agrees(&observed, &controls[index], &layout, whole, expected, 256);
	ck_assert(result == (expected[0] == '\0'));
	facts_free(&layout);
	return result;
}

START_TEST(the_kernel_agrees_with_the_headers)
{
	char seen[256];

	ck_assert(isolate());
	for (int i = 0; i < NCONTROLS; i++) {
		ck_assert_msg(agrees(&raw_calls, i, true, seen), "%s raw: %s", controls[i].name,
			      seen);
		ck_assert_msg(agrees(&libc_calls, i, false, seen), "%s: %s", controls[i].name,
			      seen);
	}
}
END_TEST

START_TEST(a_size_that_is_wrong_by_eight_bytes_is_found)
{
	const struct ipc_calls calls = shim();
	char seen[256], wanted[256];

	ck_assert(isolate());
	for (too_many = -8; too_many <= 8; too_many += 8) {
		bool right = too_many == 0;
		snprintf(wanted, sizeof(wanted), "bytes 0-%d",
			 (int)sizeof(struct msqid_ds) - 1 + too_many);
		ck_assert(agrees(&calls, CONTROL_msgctl_IPC_STAT, true, seen) == right);
		ck_assert_str_eq(seen, wanted);
	}
}
END_TEST

START_TEST(a_member_that_is_not_written_is_found)
{
	const struct ipc_calls calls = shim();
	char seen[256];

	ck_assert(isolate());
	ck_assert(!agrees(&calls, CONTROL_shmctl_IPC_STAT, true, seen));
	ck_assert(!agrees(&calls, CONTROL_shmctl_IPC_STAT, false, seen));
	assert_has(seen, ", ");
}
END_TEST

START_TEST(an_array_that_is_too_long_is_found)
{
	const struct ipc_calls calls = shim();
	char seen[256];

	ck_assert(isolate());
	ck_assert(!agrees(&calls, CONTROL_semctl_GETALL, true, seen));
	ck_assert_str_eq(seen, "bytes 0-11");
}
END_TEST

/* libc may leave padding unchanged; the kernel may not. */
START_TEST(padding)
{
	struct observed observed = {{false}};
	struct facts layout;
	char expected[256], error[256];
	const struct control *control = &controls[CONTROL_msgctl_MSG_INFO];

	ck_assert(facts_parse(&layout, kernel_layer()->dump, "uapi", error));
	/* struct msginfo: 30 bytes of members, 2 of padding. */
	memset(observed.written + OBSERVE_MARGIN, true, 30);
	ck_assert(observed_agrees(&observed, control, &layout, false, expected, 256));
	ck_assert(!observed_agrees(&observed, control, &layout, true, expected, 256));
	observed.written[OBSERVE_MARGIN - 1] = true;
	ck_assert(!observed_agrees(&observed, control, &layout, false, expected, 256));
	facts_free(&layout);
}
END_TEST

UNIT_SUITE(observe, the_kernel_agrees_with_the_headers,
	   a_size_that_is_wrong_by_eight_bytes_is_found, a_member_that_is_not_written_is_found,
	   an_array_that_is_too_long_is_found, padding);
