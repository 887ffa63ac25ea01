/*
 * What queues, sets and segments have in common: an object that can be made,
 * found, read, written, given away and removed.  A check of that is written once
 * and listed for each facility, as msgget.ID, semget.ID and shmget.ID.
 */
#ifndef FACILITY_H
#define FACILITY_H

#include "behaviour/objects.h"

struct facility {
	const char *name;    /* "msg", as /proc/sysvipc has it */
	const char *next_id; /* in /proc/sys/kernel */
	bool write_reads;    /* writing asks for read permission too */
	int (*get)(const struct ipc_calls *ipc, key_t key, int flags);
	/* Calls that ask for read and for write permission: 0 or -1. */
	int (*read)(const struct ipc_calls *ipc, int id);
	int (*write)(const struct ipc_calls *ipc, int id);
	int (*set)(const struct ipc_calls *ipc, int id, uid_t uid, gid_t gid, int mode);
	int (*remove)(const struct ipc_calls *ipc, int id);
};

extern const struct facility msg_facility, sem_facility, shm_facility;

/* A check of all three; its body gets `facility` beside `ipc`. */
#define CHECK_EACH(ID, VIA, NEEDED, TITLE, SOURCE)                                            \
	static void JOIN(each_, __LINE__)(const struct ipc_calls *, const struct facility *); \
	static void JOIN(body_, __LINE__)(const struct ipc_calls *ipc, const void *arg)       \
	{                                                                                     \
		JOIN(each_, __LINE__)(ipc, arg);                                              \
	}                                                                                     \
	CHECK_OF(msg, ID, VIA, NEEDED, TITLE, SOURCE);                                        \
	CHECK_OF(sem, ID, VIA, NEEDED, TITLE, SOURCE);                                        \
	CHECK_OF(shm, ID, VIA, NEEDED, TITLE, SOURCE);                                        \
	static void JOIN(each_, __LINE__)(const struct ipc_calls *ipc UNUSED,                 \
					  const struct facility *facility UNUSED)
#define CHECK_OF(F, ID, VIA, NEEDED, TITLE, SOURCE)                                       \
	CHECK_ENTRY(JOIN(F##_check_, __LINE__), #F "get." ID, VIA, NEEDED, TITLE, SOURCE, \
		    JOIN(body_, __LINE__), &F##_facility, __FILE__, __LINE__)

#endif
