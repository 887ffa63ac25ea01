/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "absent.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "blocked.h"
#include "expect.h"

/* Each facility, and the prefix of its calls. */
static const struct {
	const char *calls;
	const char *name;
} facilities[NFACILITIES] = {
	{"msg", "message queues"},
	{"sem", "semaphores"},
	{"shm", "shared memory"},
};

static const char *const call_names[NCALLS] = {
#define FUNCTION(R, F, P, A) [CALL_##F] = #F,
#include "interface/sysvipc.def"
};

static const char not_there[] = "not implemented";

static bool is_of(unsigned call, unsigned facility)
{
	return strncmp(call_names[call], facilities[facility].calls, 3) == 0;
}

static void probe_way(const struct ipc_calls *ipc, bool absent[NCALLS])
{
	struct sembuf op = {0};
	struct {
		long mtype;
		char mtext[1];
	} message = {.mtype = 1};

	if (!ipc)
		return;
#define PROBE(F, ...) absent[CALL_##F] = (intptr_t)ipc->F(__VA_ARGS__) == -1 && errno == ENOSYS
	/* These make no object: the key is unused and needs IPC_CREAT, the sizes are invalid. */
	PROBE(msgget, 0x50000000, 0);
	PROBE(semget, IPC_PRIVATE, -1, 0600);
	PROBE(shmget, IPC_PRIVATE, 0, 0600);
	PROBE(msgsnd, -1, &message, 1, IPC_NOWAIT);
	PROBE(msgrcv, -1, &message, 1, 0, IPC_NOWAIT);
	PROBE(msgctl, -1, IPC_RMID, NULL);
	PROBE(semop, -1, &op, 1);
	PROBE(semtimedop, -1, &op, 1, NULL);
	PROBE(semctl, -1, 0, IPC_RMID, (union semun){0});
	PROBE(shmat, -1, NULL, 0);
	PROBE(shmdt, NULL);
	PROBE(shmctl, -1, IPC_RMID, NULL);
}

void probe_calls(struct absent *absent)
{
	probe_way(&libc_calls, absent->call[WAY_LIBC]);
	probe_way(&raw_calls, absent->call[WAY_NUMBER]);
	probe_way(multiplexed_calls(), absent->call[WAY_MULTIPLEXED]);
}

/* Counts the calls of a facility, and those of them that are absent by this way. */
static unsigned count_absent(const struct absent *absent, unsigned way, unsigned facility,
			     unsigned *all)
{
	unsigned n = 0;

	*all = 0;
	for (unsigned call = 0; call < NCALLS; call++)
		if (is_of(call, facility)) {
			n += absent->call[way][call];
			++*all;
		}
	return n;
}

static void append(char *to, size_t size, const char *text)
{
	snprintf(to + strlen(to), size - strlen(to), "%s%s", *to ? ", " : "", text);
}

void facility_facts(const struct absent *absent, struct machine_fact facts[NFACILITIES])
{
	for (unsigned i = 0; i < NFACILITIES; i++) {
		struct machine_fact *fact = &facts[i];
		unsigned all, n = count_absent(absent, WAY_LIBC, i, &all);

		*fact = (struct machine_fact){{0}, {0}};
		snprintf(fact->name, sizeof(fact->name), "%s", facilities[i].name);
		for (unsigned call = 0; n && n < all && call < NCALLS; call++)
			if (is_of(call, i) && absent->call[WAY_LIBC][call])
				append(fact->value, sizeof(fact->value), call_names[call]);
		if (*fact->value)
			snprintf(fact->value + strlen(fact->value),
				 sizeof(fact->value) - strlen(fact->value), ": %s", not_there);
		else
			snprintf(fact->value, sizeof(fact->value), "%s", n ? not_there : "yes");
	}
}

/* ---- a check that makes an absent call ------------------------------------------ */

static const struct absent *expected;

static void ended(enum ipc_call call, enum ipc_way way, bool failed)
{
	static const char *const ways[NWAYS] = {
		[WAY_LIBC] = "",
		[WAY_NUMBER] = " by its number",
		[WAY_MULTIPLEXED] = " through ipc(2)",
	};
	char reason[96];
	unsigned facility = 0, all;

	note_return(call);
	if (!failed || errno != ENOSYS || !expected->call[way][call])
		return;
	while (facility < NFACILITIES && !is_of(call, facility))
		facility++;
	/* If the call is absent through libc too, the reason does not name the way. */
	if (count_absent(expected, way, facility, &all) == all)
		snprintf(reason, sizeof(reason), "%s%s: %s", facilities[facility].name,
			 expected->call[WAY_LIBC][call] ? "" : ways[way], not_there);
	else
		snprintf(reason, sizeof(reason), "%s%s: %s", call_names[call],
			 expected->call[WAY_LIBC][call] ? "" : ways[way], not_there);
	not_implemented(reason);
}

void expect_absent(const struct absent *absent)
{
	static const struct ipc_listener listener = {note_begin, ended};

	expected = absent;
	ipc_listener = absent ? &listener : NULL;
}
