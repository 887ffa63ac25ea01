/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The bytes that IPC_STAT fills between the members: padding, unused words and, on 32 bits,
 * the high words of times.  A program whose libc has 64-bit times reads the high words, so
 * the kernel must clear them.
 */
#include <string.h>

#include "abi/facts.h"
#include "abi/layers.h"
#include "objects.h"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Expects that such members of the structure at `from` are zero; returns their number. */
static unsigned expect_zero(const struct facts *layout, const char *structure,
			    const unsigned char *from)
{
	size_t length = strlen(structure);
	unsigned n = 0;

	for (size_t i = 0; i < layout->n; i++) {
		const struct fact *fact = &layout->fact[i];
		if (strcmp(fact->kind, "member") != 0 ||
		    strncmp(fact->name, structure, length) != 0 || fact->name[length] != '.' ||
		    !(ends_with(fact->value, " pad") || ends_with(fact->name, "_high")))
			continue;
		long long offset = facts_number(layout, "member", fact->name, "offset");
		long long size = facts_number(layout, "member", fact->name, "size");
		for (long long at = offset; at < offset + size; at++)
			if (from[at] != 0)
				fail_at(HERE, fact->name, "zero", "other bytes");
		n++;
	}
	return n;
}

/* Memory for any version of the kernel's structures. */
union room {
	struct msqid_ds msg;
	struct semid_ds sem;
	struct shmid_ds shm;
	unsigned char bytes[512];
};

static void expect_padding_zero(const union room *got, const char *structure, const char *perm)
{
	struct facts layout;
	char error[256];

	if (!facts_parse(&layout, kernel_layer()->dump, "uapi", error)) {
		fail_at(HERE, "uapi", "a whole dump", error);
		return;
	}
	long long offset = facts_number(&layout, "member", perm, "offset");
	expect(offset >= 0);
	expect(expect_zero(&layout, structure, got->bytes) > 0);
	expect(expect_zero(&layout, "ipc_perm", got->bytes + offset) > 0);
	facts_free(&layout);
}

#define TITLE "IPC_STAT clears the padding between members"
#define BY_SLOT "the commands by slot clear the padding between members"
#define SOURCE "kernel commits 469391684626, 553f770ef71b, c0ebccb6fa1e"

static void expect_queue_padding(const struct ipc_calls *ipc, int id, int cmd)
{
	union room got;

	memset(&got, 0xa5, sizeof(got));
	must(ipc->msgctl(id, cmd, &got.msg));
	expect_padding_zero(&got, "msqid_ds", "msqid_ds.msg_perm");
}

CHECK("msgctl.stat.padding", RAW, 0, TITLE, SOURCE)
{
	expect_queue_padding(ipc, must(ipc->msgget(IPC_PRIVATE, 0600)), IPC_STAT);
}

/* In a new namespace, the first object is in slot 0. */
CHECK("msgctl.msg_stat.padding", RAW, NEED_NAMESPACE | NEED_STAT_ANY, BY_SLOT, SOURCE)
{
	must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_queue_padding(ipc, 0, MSG_STAT);
	expect_queue_padding(ipc, 0, MSG_STAT_ANY);
}

static void expect_set_padding(const struct ipc_calls *ipc, int id, int cmd)
{
	union room got;

	memset(&got, 0xa5, sizeof(got));
	must(ipc->semctl(id, 0, cmd, (union semun){.buf = &got.sem}));
	expect_padding_zero(&got, "semid_ds", "semid_ds.sem_perm");
}

CHECK("semctl.stat.padding", RAW, 0, TITLE, SOURCE)
{
	expect_set_padding(ipc, sem_new(ipc, 0), IPC_STAT);
}

CHECK("semctl.sem_stat.padding", RAW, NEED_NAMESPACE | NEED_STAT_ANY, BY_SLOT, SOURCE)
{
	sem_new(ipc, 0);
	expect_set_padding(ipc, 0, SEM_STAT);
	expect_set_padding(ipc, 0, SEM_STAT_ANY);
}

static void expect_segment_padding(const struct ipc_calls *ipc, int id, int cmd)
{
	union room got;

	memset(&got, 0xa5, sizeof(got));
	must(ipc->shmctl(id, cmd, &got.shm));
	expect_padding_zero(&got, "shmid_ds", "shmid_ds.shm_perm");
}

CHECK("shmctl.stat.padding", RAW, 0, TITLE, SOURCE)
{
	expect_segment_padding(ipc, must(ipc->shmget(IPC_PRIVATE, 1, 0600)), IPC_STAT);
}

CHECK("shmctl.shm_stat.padding", RAW, NEED_NAMESPACE | NEED_STAT_ANY, BY_SLOT, SOURCE)
{
	must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_segment_padding(ipc, 0, SHM_STAT);
	expect_segment_padding(ipc, 0, SHM_STAT_ANY);
}
