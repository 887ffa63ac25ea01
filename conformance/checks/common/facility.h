/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The operations that queues, sets and segments share: an object can be made, found, read,
 * written, given away and removed.  A check of these is written once and listed for each
 * facility.
 */
#ifndef FACILITY_H
#define FACILITY_H

#include "objects.h"

/* The structures of the control calls, for any facility. */
union state {
	struct ipc_perm perm; /* each begins with it */
	struct msqid_ds msg;
	struct semid_ds sem;
	struct shmid_ds shm;
};
union info {
	struct msginfo msg;
	struct seminfo sem;
	struct shm_info shm;
	struct shminfo shm_limits;
};

struct facility {
	const char *name;	  /* "msg", as in /proc/sysvipc */
	const char *next_id;	  /* in /proc/sys/kernel */
	bool write_reads;	  /* writing needs read permission too */
	int info, stat, stat_any; /* MSG_INFO, MSG_STAT, MSG_STAT_ANY, or their counterparts */
	int (*get)(const struct ipc_calls *ipc, key_t key, int flags);
	int (*control)(const struct ipc_calls *ipc, int id, int cmd, void *buf);
	/* Calls that need read and write permission: 0 or -1. */
	int (*read)(const struct ipc_calls *ipc, int id);
	int (*write)(const struct ipc_calls *ipc, int id);
	int (*set)(const struct ipc_calls *ipc, int id, uid_t uid, gid_t gid, int mode);
	/* Changes the times, processes and counts from those of a new object. */
	void (*use)(const struct ipc_calls *ipc, int id);
	void (*expect_same)(const union state *want, const union state *got);
	unsigned long (*used)(const union info *info); /* the number of objects */
};

extern const struct facility msg_facility, sem_facility, shm_facility;

static inline int rmid(const struct facility *facility, const struct ipc_calls *ipc, int id)
{
	return facility->control(ipc, id, IPC_RMID, NULL);
}

/* The state from IPC_STAT, through libc. */
static inline union state state_of(const struct facility *facility, int id)
{
	union state state;

	memset(&state, 0xa5, sizeof(state));
	must(facility->control(&libc_calls, id, IPC_STAT, &state));
	return state;
}

/* A check of all three facilities; its body gets `facility` in addition to `ipc`. */
#define CHECK_THREE(NAME_OF, ID, VIA, NEEDED, TITLE, SOURCE)                                  \
	static void JOIN(each_, __LINE__)(const struct ipc_calls *, const struct facility *); \
	static void JOIN(body_, __LINE__)(const struct ipc_calls *ipc, const void *arg)       \
	{                                                                                     \
		JOIN(each_, __LINE__)(ipc, arg);                                              \
	}                                                                                     \
	CHECK_OF(msg, NAME_OF(msg, ID), VIA, NEEDED, TITLE, SOURCE);                          \
	CHECK_OF(sem, NAME_OF(sem, ID), VIA, NEEDED, TITLE, SOURCE);                          \
	CHECK_OF(shm, NAME_OF(shm, ID), VIA, NEEDED, TITLE, SOURCE);                          \
	static void JOIN(each_, __LINE__)(const struct ipc_calls *ipc UNUSED,                 \
					  const struct facility *facility UNUSED)
#define CHECK_OF(F, ID, VIA, NEEDED, TITLE, SOURCE)                             \
	CHECK_ENTRY(JOIN(F##_check_, __LINE__), ID, VIA, NEEDED, TITLE, SOURCE, \
		    JOIN(body_, __LINE__), &F##_facility, __FILE__, __LINE__)

#define NAME_GET(F, ID) #F "get." ID
#define NAME_CTL(F, ID) #F "ctl." ID
#define NAME_SLOT(F, ID) #F "ctl." #F ID

/* msgget.ID, ...; msgctl.ID, ...; msgctl.msgID, semctl.semID, shmctl.shmID. */
#define CHECK_EACH(...) CHECK_THREE(NAME_GET, __VA_ARGS__)
#define CHECK_EACH_CTL(...) CHECK_THREE(NAME_CTL, __VA_ARGS__)
#define CHECK_EACH_SLOT(...) CHECK_THREE(NAME_SLOT, __VA_ARGS__)

#endif
