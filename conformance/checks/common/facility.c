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

static unsigned long queues_used(const union info *info)
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

static unsigned long sets_used(const union info *info)
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

static unsigned long segments_used(const union info *info)
{
	return (unsigned long)info->shm.used_ids;
}

const struct facility msg_facility = {
	.name = "msg",
	.next_id = "msg_next_id",
	.info = MSG_INFO,
	.stat = MSG_STAT,
	.stat_any = MSG_STAT_ANY,
	.get = get_queue,
	.control = control_queue,
	.read = read_queue,
	.write = write_queue,
	.set = set_queue,
	.use = use_queue,
	.expect_same = expect_same_queue,
	.used = queues_used,
};
const struct facility sem_facility = {
	.name = "sem",
	.next_id = "sem_next_id",
	.info = SEM_INFO,
	.stat = SEM_STAT,
	.stat_any = SEM_STAT_ANY,
	.get = get_set,
	.control = control_set,
	.read = read_set,
	.write = write_set,
	.set = set_set,
	.use = use_set,
	.expect_same = expect_same_set,
	.used = sets_used,
};
const struct facility shm_facility = {
	.name = "shm",
	.next_id = "shm_next_id",
	.write_reads = true,
	.info = SHM_INFO,
	.stat = SHM_STAT,
	.stat_any = SHM_STAT_ANY,
	.get = get_segment,
	.control = control_segment,
	.read = read_segment,
	.write = write_segment,
	.set = set_segment,
	.use = use_segment,
	.expect_same = expect_same_segment,
	.used = segments_used,
};
