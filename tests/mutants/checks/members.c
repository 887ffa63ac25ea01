/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * For each member of each structure that a command returns, a mutant that makes the member wrong.
 * For each such command, a mutant that does not write the second half of the structure.
 */
#include <string.h>

#include "mutants.h"

/*
 * Overwrites a member of the structure that the call has filled.  A raw call fills the structure
 * of the kernel; its layout is that of libc only if a long has 64 bits.
 */
static int wrong(const struct through *t, int result, int cmd, void *structure)
{
	if (result != -1 && cmd == t->mutant->cmd && (sizeof(long) == 8 || !t->raw))
		memset((char *)structure + t->mutant->offset, 0x5a, t->mutant->size);
	return result;
}

static int wrong_msgctl(const struct through *t, int msqid, int cmd, struct msqid_ds *buf)
{
	return wrong(t, t->real->msgctl(msqid, cmd, buf), cmd, buf);
}

static int wrong_semctl(const struct through *t, int semid, int semnum, int cmd, union semun arg)
{
	return wrong(t, t->real->semctl(semid, semnum, cmd, arg), cmd, arg.buf);
}

static int wrong_shmctl(const struct through *t, int shmid, int cmd, struct shmid_ds *buf)
{
	return wrong(t, t->real->shmctl(shmid, cmd, buf), cmd, buf);
}

#define WRONG_OF(N, F, CNAME, C, MNAME, OFFSET, SIZE)                                         \
	MUTANT(JOIN(wrong_member_, N), #F "." CNAME "." MNAME, CNAME " gives a wrong " MNAME, \
	       .F = wrong_##F, .cmd = C, .offset = OFFSET, .size = SIZE);
#define WRONG(F, CNAME, C, S, M) \
	WRONG_OF(__COUNTER__, F, CNAME, C, #M, offsetof(struct S, M), sizeof(((struct S *)0)->M))
/* The same for a member of the structure's ipc_perm. */
#define WRONG_PERM(F, CNAME, C, S, PERM, M)                                          \
	WRONG_OF(__COUNTER__, F, CNAME, C, #PERM "." #M, offsetof(struct S, PERM.M), \
		 sizeof(((struct S *)0)->PERM.M))

/* ---- members ------------------------------------------------------------------ */

#define MEMBER_OF_msqid_ds(M)                            \
	WRONG(msgctl, "IPC_STAT", IPC_STAT, msqid_ds, M) \
	WRONG(msgctl, "MSG_STAT", MSG_STAT, msqid_ds, M) \
	WRONG(msgctl, "MSG_STAT_ANY", MSG_STAT_ANY, msqid_ds, M)
#define MEMBER_OF_semid_ds(M)                            \
	WRONG(semctl, "IPC_STAT", IPC_STAT, semid_ds, M) \
	WRONG(semctl, "SEM_STAT", SEM_STAT, semid_ds, M) \
	WRONG(semctl, "SEM_STAT_ANY", SEM_STAT_ANY, semid_ds, M)
#define MEMBER_OF_shmid_ds(M)                            \
	WRONG(shmctl, "IPC_STAT", IPC_STAT, shmid_ds, M) \
	WRONG(shmctl, "SHM_STAT", SHM_STAT, shmid_ds, M) \
	WRONG(shmctl, "SHM_STAT_ANY", SHM_STAT_ANY, shmid_ds, M)
#define MEMBER_OF_ipc_perm(M)                                                   \
	WRONG_PERM(msgctl, "IPC_STAT", IPC_STAT, msqid_ds, msg_perm, M)         \
	WRONG_PERM(msgctl, "MSG_STAT", MSG_STAT, msqid_ds, msg_perm, M)         \
	WRONG_PERM(msgctl, "MSG_STAT_ANY", MSG_STAT_ANY, msqid_ds, msg_perm, M) \
	WRONG_PERM(semctl, "IPC_STAT", IPC_STAT, semid_ds, sem_perm, M)         \
	WRONG_PERM(semctl, "SEM_STAT", SEM_STAT, semid_ds, sem_perm, M)         \
	WRONG_PERM(semctl, "SEM_STAT_ANY", SEM_STAT_ANY, semid_ds, sem_perm, M) \
	WRONG_PERM(shmctl, "IPC_STAT", IPC_STAT, shmid_ds, shm_perm, M)         \
	WRONG_PERM(shmctl, "SHM_STAT", SHM_STAT, shmid_ds, shm_perm, M)         \
	WRONG_PERM(shmctl, "SHM_STAT_ANY", SHM_STAT_ANY, shmid_ds, shm_perm, M)
#define MEMBER_OF_msginfo(M)                            \
	WRONG(msgctl, "IPC_INFO", IPC_INFO, msginfo, M) \
	WRONG(msgctl, "MSG_INFO", MSG_INFO, msginfo, M)
#define MEMBER_OF_seminfo(M)                            \
	WRONG(semctl, "IPC_INFO", IPC_INFO, seminfo, M) \
	WRONG(semctl, "SEM_INFO", SEM_INFO, seminfo, M)
#define MEMBER_OF_shminfo(M) WRONG(shmctl, "IPC_INFO", IPC_INFO, shminfo, M)
#define MEMBER_OF_shm_info(M) WRONG(shmctl, "SHM_INFO", SHM_INFO, shm_info, M)
/* No command returns these structures. */
#define MEMBER_OF_msgbuf(M)
#define MEMBER_OF_sembuf(M)

#define MEMBER(S, M, D) MEMBER_OF_##S(M)
#define MEMBER__(S, M, D) MEMBER_OF_##S(__##M)
#define VALUE(S, M, D)
#include "interface/sysvipc.def"

/* ---- halves ------------------------------------------------------------------- */

/* The second half of a structure keeps the bytes that it had before the call. */
struct half {
	char *at;
	char before[256];
	bool known;
};

static struct half before(const struct through *t, int cmd, void *structure)
{
	struct half half = {.at = (char *)structure + t->mutant->offset};

	half.known = cmd == t->mutant->cmd && (sizeof(long) == 8 || !t->raw) &&
		     read_memory(half.before, half.at, t->mutant->size);
	return half;
}

static int after(const struct through *t, int result, const struct half *half)
{
	if (result != -1 && half->known)
		memcpy(half->at, half->before, t->mutant->size);
	return result;
}

static int half_msgctl(const struct through *t, int msqid, int cmd, struct msqid_ds *buf)
{
	const struct half half = before(t, cmd, buf);

	return after(t, t->real->msgctl(msqid, cmd, buf), &half);
}

static int half_semctl(const struct through *t, int semid, int semnum, int cmd, union semun arg)
{
	const struct half half = before(t, cmd, arg.buf);

	return after(t, t->real->semctl(semid, semnum, cmd, arg), &half);
}

static int half_shmctl(const struct through *t, int shmid, int cmd, struct shmid_ds *buf)
{
	const struct half half = before(t, cmd, buf);

	return after(t, t->real->shmctl(shmid, cmd, buf), &half);
}

/* IPC_STAT of QEMU 7.2 did this; so does a libc that knows a shorter structure. */
#define CONTROL_OUT(F, CNAME, C, K)                                                               \
	MUTANT(JOIN(half_, __COUNTER__), #F "." CNAME ".half",                                    \
	       CNAME " does not write the second half of its structure", .F = half_##F, .cmd = C, \
	       .offset = sizeof(struct K) / 2, .size = sizeof(struct K) - sizeof(struct K) / 2);
#define CONTROL_IN(F, CNAME, C, K)
#define CONTROL_NONE(F, CNAME, C, K)
#define CONTROL_VALUE(F, CNAME, C, K)
#define CONTROL_ARRAY_IN(F, CNAME, C, K)
#define CONTROL_ARRAY_OUT(F, CNAME, C, K)
#define CONTROL(F, C, W, K) CONTROL_##W(F, #C, C, K)
#include "interface/sysvipc.def"
