/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "facility.h"

static int get_queue(const struct ipc_calls *ipc, key_t key, int flags)
{
	return ipc->msgget(key, flags);
}

static int read_queue(const struct ipc_calls *ipc, int id)
{
	struct message got;

	/* ENOMSG is no failure: the permission was granted. */
	return ipc->msgrcv(id, &got, TEXT, 0, IPC_NOWAIT) == -1 && errno != ENOMSG ? -1 : 0;
}

static int write_queue(const struct ipc_calls *ipc, int id)
{
	const struct message message = {1, "text"};

	return ipc->msgsnd(id, &message, 1, IPC_NOWAIT);
}

static int set_queue(const struct ipc_calls *ipc, int id, uid_t uid, gid_t gid, int mode)
{
	struct msqid_ds ds = {.msg_qbytes = 100};

	ds.msg_perm.uid = uid;
	ds.msg_perm.gid = gid;
	ds.msg_perm.mode = (unsigned short)mode;
	return ipc->msgctl(id, IPC_SET, &ds);
}

static int control_queue(const struct ipc_calls *ipc, int id, int cmd, void *buf)
{
	return ipc->msgctl(id, cmd, buf);
}

static void use_queue(const struct ipc_calls *ipc, int id)
{
	must(write_queue(ipc, id));
}

static void expect_same_queue(const union state *want, const union state *got)
{
	msg_expect_same(&want->msg, &got->msg);
}

static unsigned long used_queue(const union info *info)
{
	return (unsigned long)info->msg.msgpool;
}

static int get_set(const struct ipc_calls *ipc, key_t key, int flags)
{
	return ipc->semget(key, NSEMS, flags);
}

static int read_set(const struct ipc_calls *ipc, int id)
{
	return ipc->semctl(id, 0, GETVAL, (union semun){0}) == -1 ? -1 : 0;
}

static int write_set(const struct ipc_calls *ipc, int id)
{
	return sem_op(ipc, id, 1, 0);
}

static int set_set(const struct ipc_calls *ipc, int id, uid_t uid, gid_t gid, int mode)
{
	struct semid_ds ds = {0};

	ds.sem_perm.uid = uid;
	ds.sem_perm.gid = gid;
	ds.sem_perm.mode = (unsigned short)mode;
	return ipc->semctl(id, 0, IPC_SET, (union semun){.buf = &ds});
}

static int control_set(const struct ipc_calls *ipc, int id, int cmd, void *buf)
{
	return ipc->semctl(id, 0, cmd, (union semun){.buf = buf});
}

static void use_set(const struct ipc_calls *ipc, int id)
{
	must(write_set(ipc, id));
}

static void expect_same_set(const union state *want, const union state *got)
{
	sem_expect_same(&want->sem, &got->sem);
}

static unsigned long used_set(const union info *info)
{
	return (unsigned long)info->sem.semusz;
}

static int get_segment(const struct ipc_calls *ipc, key_t key, int flags)
{
	return ipc->shmget(key, 1, flags);
}

static int attach_and_detach(const struct ipc_calls *ipc, int id, int flags)
{
	void *address = ipc->shmat(id, NULL, flags);

	return (intptr_t)address == -1 ? -1 : ipc->shmdt(address);
}

static int read_segment(const struct ipc_calls *ipc, int id)
{
	return attach_and_detach(ipc, id, SHM_RDONLY);
}

static int write_segment(const struct ipc_calls *ipc, int id)
{
	return attach_and_detach(ipc, id, 0);
}

static int set_segment(const struct ipc_calls *ipc, int id, uid_t uid, gid_t gid, int mode)
{
	struct shmid_ds ds = {0};

	ds.shm_perm.uid = uid;
	ds.shm_perm.gid = gid;
	ds.shm_perm.mode = (unsigned short)mode;
	return ipc->shmctl(id, IPC_SET, &ds);
}

static int control_segment(const struct ipc_calls *ipc, int id, int cmd, void *buf)
{
	return ipc->shmctl(id, cmd, buf);
}

static void use_segment(const struct ipc_calls *ipc, int id)
{
	attach(ipc, id, NULL, 0);
}

static void expect_same_segment(const union state *want, const union state *got)
{
	shm_expect_same(&want->shm, &got->shm);
}

static unsigned long used_segment(const union info *info)
{
	return (unsigned long)info->shm.used_ids;
}

/* A facility by its name, the prefix of its commands and the end of its functions' names. */
#define FACILITY(NAME, PREFIX, OBJECT, WRITE_READS)  \
	const struct facility NAME##_facility = {    \
		.name = #NAME,                       \
		.next_id = #NAME "_next_id",         \
		.write_reads = (WRITE_READS),        \
		.info = PREFIX##_INFO,               \
		.stat = PREFIX##_STAT,               \
		.stat_any = PREFIX##_STAT_ANY,       \
		.get = get_##OBJECT,                 \
		.control = control_##OBJECT,         \
		.read = read_##OBJECT,               \
		.write = write_##OBJECT,             \
		.set = set_##OBJECT,                 \
		.use = use_##OBJECT,                 \
		.expect_same = expect_same_##OBJECT, \
		.used = used_##OBJECT,               \
	}

FACILITY(msg, MSG, queue, false);
FACILITY(sem, SEM, set, false);
FACILITY(shm, SHM, segment, true);
