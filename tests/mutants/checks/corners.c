/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants that handle limits of ranges, permissions, or two errors at once wrongly. */
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mutants.h"

ON_MSGGET(negative_key_refused, "a key below 0 is refused")
{
	return key < 0 ? fails(ENOENT) : t->real->msgget(key, msgflg);
}
ON_SEMGET(negative_key_refused, "a key below 0 is refused")
{
	return key < 0 ? fails(ENOENT) : t->real->semget(key, nsems, semflg);
}
ON_SHMGET(negative_key_refused, "a key below 0 is refused")
{
	return key < 0 ? fails(ENOENT) : t->real->shmget(key, size, shmflg);
}

ON_MSGRCV(except_below_zero,
	  "with MSG_EXCEPT a type below 0 receives the types above its absolute value")
{
	return t->real->msgrcv(
		msqid, msgp, msgsz,
		msgflg & MSG_EXCEPT && !(msgflg & MSG_COPY) && msgtyp < 0 ? 0 : msgtyp, msgflg);
}

ON_MSGRCV(except_zero, "with MSG_EXCEPT the type 0 matches no message")
{
	if (msgflg & MSG_EXCEPT && !(msgflg & MSG_COPY) && msgtyp == 0 && msgflg & IPC_NOWAIT)
		return fails(ENOMSG);
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
}

ON_MSGRCV(negative_below_only, "a type below 0 matches only types below its absolute value")
{
	return t->real->msgrcv(msqid, msgp, msgsz, msgtyp < -LONG_MAX / 2 ? msgtyp + 1 : msgtyp,
			       msgflg);
}

ON_MSGRCV(noerror_counts_rest, "the counts still include the bytes that MSG_NOERROR removes")
{
	struct msqid_ds before, after;
	bool cuts = msgflg & MSG_NOERROR && !(msgflg & MSG_COPY) &&
		    t->real->msgctl(msqid, IPC_STAT, &before) == 0;
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	/* Put the rest back as a message of a type that no check receives. */
	if (cuts && result >= 0 && t->real->msgctl(msqid, IPC_STAT, &after) == 0) {
		size_t rest = before.__msg_cbytes - after.__msg_cbytes - (size_t)result;
		struct {
			long mtype;
			char mtext[64];
		} left = {.mtype = LONG_MAX};
		if (rest > 0 && rest <= sizeof(left.mtext))
			t->real->msgsnd(msqid, &left, rest, IPC_NOWAIT);
	}
	return result;
}

ON_MSGCTL(qbytes_not_below, "msg_qbytes below what a queue holds is refused")
{
	struct msqid_ds ds;

	if (cmd == IPC_SET && t->real->msgctl(msqid, IPC_STAT, &ds) == 0 &&
	    buf->msg_qbytes < ds.__msg_cbytes)
		return fails(EINVAL);
	return t->real->msgctl(msqid, cmd, buf);
}

ON_MSGSND(empty_always_fits, "an empty message needs no room")
{
	struct msqid_ds ds, wide;
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	if (result == 0 || errno != EAGAIN || msgsz || t->real->msgctl(msqid, IPC_STAT, &ds) == -1)
		return result;
	wide = ds;
	wide.msg_qbytes = 16384;
	t->real->msgctl(msqid, IPC_SET, &wide);
	result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);
	t->real->msgctl(msqid, IPC_SET, &ds);
	return result;
}

ON_MSGCTL(highest_stays, "MSG_INFO and IPC_INFO return the highest slot that was ever in use")
{
	static int most;
	int result = t->real->msgctl(msqid, cmd, buf);

	if (cmd != MSG_INFO && cmd != IPC_INFO)
		return result;
	most = result > most ? result : most;
	return most;
}
ON_SEMCTL(highest_stays, "SEM_INFO and IPC_INFO return the highest slot that was ever in use")
{
	static int most;
	int result = t->real->semctl(semid, semnum, cmd, arg);

	if (cmd != SEM_INFO && cmd != IPC_INFO)
		return result;
	most = result > most ? result : most;
	return most;
}
ON_SHMCTL(highest_stays, "SHM_INFO and IPC_INFO return the highest slot that was ever in use")
{
	static int most;
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd != SHM_INFO && cmd != IPC_INFO)
		return result;
	most = result > most ? result : most;
	return most;
}

ON_MSGCTL(sequence_unchecked, "the sequence number of an id below 2^24 is not checked")
{
	int result = t->real->msgctl(msqid, cmd, buf);

	return result == -1 && errno == EINVAL && msqid > 32767 && cmd == IPC_STAT
		       ? t->real->msgctl(msqid & 32767, cmd, buf)
		       : result;
}
ON_SEMCTL(sequence_unchecked, "the sequence number of an id below 2^24 is not checked")
{
	int result = t->real->semctl(semid, semnum, cmd, arg);

	return result == -1 && errno == EINVAL && semid > 32767 && cmd == IPC_STAT
		       ? t->real->semctl(semid & 32767, semnum, cmd, arg)
		       : result;
}
ON_SHMCTL(sequence_unchecked, "the sequence number of an id below 2^24 is not checked")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	return result == -1 && errno == EINVAL && shmid > 32767 && cmd == IPC_STAT
		       ? t->real->shmctl(shmid & 32767, cmd, buf)
		       : result;
}

ON_MSGCTL(nobody_is_root, "IPC_SET treats -1 as the user or group of the caller")
{
	struct msqid_ds ds;

	if (cmd != IPC_SET || !read_memory(&ds, buf, sizeof(ds)))
		return t->real->msgctl(msqid, cmd, buf);
	ds.msg_perm.uid = ds.msg_perm.uid == (uid_t)-1 ? geteuid() : ds.msg_perm.uid;
	ds.msg_perm.gid = ds.msg_perm.gid == (gid_t)-1 ? getegid() : ds.msg_perm.gid;
	return t->real->msgctl(msqid, cmd, &ds);
}
ON_SEMCTL(nobody_is_root, "IPC_SET treats -1 as the user or group of the caller")
{
	struct semid_ds ds;

	if (cmd != IPC_SET || !read_memory(&ds, arg.buf, sizeof(ds)))
		return t->real->semctl(semid, semnum, cmd, arg);
	ds.sem_perm.uid = ds.sem_perm.uid == (uid_t)-1 ? geteuid() : ds.sem_perm.uid;
	ds.sem_perm.gid = ds.sem_perm.gid == (gid_t)-1 ? getegid() : ds.sem_perm.gid;
	return t->real->semctl(semid, semnum, cmd, (union semun){.buf = &ds});
}
ON_SHMCTL(nobody_is_root, "IPC_SET treats -1 as the user or group of the caller")
{
	struct shmid_ds ds;

	if (cmd != IPC_SET || !read_memory(&ds, buf, sizeof(ds)))
		return t->real->shmctl(shmid, cmd, buf);
	ds.shm_perm.uid = ds.shm_perm.uid == (uid_t)-1 ? geteuid() : ds.shm_perm.uid;
	ds.shm_perm.gid = ds.shm_perm.gid == (gid_t)-1 ? getegid() : ds.shm_perm.gid;
	return t->real->shmctl(shmid, cmd, &ds);
}

ON_SHMCTL(set_of_removed, "IPC_SET of a segment that was removed fails")
{
	struct shmid_ds ds;

	if (cmd == IPC_SET && t->real->shmctl(shmid, IPC_STAT, &ds) == 0 &&
	    ds.shm_perm.mode & SHM_DEST)
		return fails(EIDRM);
	return t->real->shmctl(shmid, cmd, buf);
}

/* ---- the id after a failure ------------------------------------------------------------ */

ON_MSGGET(next_id_lost, "a get call that fails uses up msg_next_id")
{
	int result = t->real->msgget(key, msgflg);

	if (result == -1) {
		int error = errno;
		spoil_next_id("msg");
		errno = error;
	}
	return result;
}
ON_SEMGET(next_id_lost, "a get call that fails uses up sem_next_id")
{
	int result = t->real->semget(key, nsems, semflg);

	if (result == -1) {
		int error = errno;
		spoil_next_id("sem");
		errno = error;
	}
	return result;
}
ON_SHMGET(next_id_lost, "a get call that fails uses up shm_next_id")
{
	int result = t->real->shmget(key, size, shmflg);

	if (result == -1) {
		int error = errno;
		spoil_next_id("shm");
		errno = error;
	}
	return result;
}

/* ---- rights and orders of errors ---------------------------------------------------------- */

/* Returns whether the mode of a set has all these permission bits. */
static bool grants(const struct through *t, int semid, int bits)
{
	struct seminfo info;
	struct semid_ds ds = {0};
	int last = t->real->semctl(0, 0, SEM_INFO, (union semun){.__buf = &info});

	/* IPC_STAT would need read permission. */
	for (int slot = 0; slot <= last; slot++)
		if (t->real->semctl(slot, 0, SEM_STAT_ANY, (union semun){.buf = &ds}) == semid)
			return ((int)ds.sem_perm.mode & bits) == bits;
	return true;
}

ON_SEMOP(eagain_asks_read, "a call that would wait and has IPC_NOWAIT also needs read permission")
{
	int result = timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
			     : t->real->semop(semid, sops, nsops);

	if (result == -1 && errno == EAGAIN)
		return fails(grants(t, semid, 0400) ? EAGAIN : EACCES);
	return result;
}

ON_SEMOP(zero_always_reads, "waiting for zero needs read permission in a call that also alters")
{
	struct sembuf copy[8];

	if (nsops > 1 && nsops <= 8 && read_memory(copy, sops, nsops * sizeof(*sops)))
		for (size_t i = 0; i < nsops; i++)
			if (copy[i].sem_op == 0 && !grants(t, semid, 0400))
				return fails(EACCES);
	return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
		       : t->real->semop(semid, sops, nsops);
}

ON_SEMCTL(setval_asks_read, "SETVAL also needs read permission")
{
	if (cmd == SETVAL && !grants(t, semid, 0400))
		return fails(EACCES);
	return t->real->semctl(semid, semnum, cmd, arg);
}

ON_MSGSND(eagain_before_eacces, "without permission, a full queue fails with EAGAIN, not EACCES")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg);

	return result == -1 && errno == EACCES && msgflg & IPC_NOWAIT ? fails(EAGAIN) : result;
}

ON_MSGRCV(e2big_asks_write, "without write permission, a text that is too long fails with EACCES")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	struct msqid_ds ds;

	if (result == -1 && errno == E2BIG) {
		if (t->real->msgctl(msqid, IPC_STAT, &ds) == 0 && !(ds.msg_perm.mode & 0200))
			return fails(EACCES);
		errno = E2BIG;
	}
	return result;
}

ON_SEMGET(eacces_before_einval, "EACCES comes before the check of the number of semaphores")
{
	int result = t->real->semget(key, nsems, semflg), error = errno;

	if (result == -1 && error == EINVAL && t->real->semget(key, 0, semflg) == -1 &&
	    errno == EACCES)
		return -1;
	errno = error;
	return result;
}

ON_MSGGET(eacces_before_eexist, "for a key that exists, EACCES comes before EEXIST")
{
	int result = t->real->msgget(key, msgflg), error = errno;

	if (result == -1 && error == EEXIST && t->real->msgget(key, msgflg & 0777) == -1)
		return -1;
	errno = error;
	return result;
}
ON_SEMGET(eacces_before_eexist, "for a key that exists, EACCES comes before EEXIST")
{
	int result = t->real->semget(key, nsems, semflg), error = errno;

	if (result == -1 && error == EEXIST && t->real->semget(key, 0, semflg & 0777) == -1)
		return -1;
	errno = error;
	return result;
}
ON_SHMGET(eacces_before_eexist, "for a key that exists, EACCES comes before EEXIST")
{
	int result = t->real->shmget(key, size, shmflg), error = errno;

	if (result == -1 && error == EEXIST && t->real->shmget(key, 0, shmflg & 0777) == -1)
		return -1;
	errno = error;
	return result;
}

ON_SEMOP(eacces_before_efbig, "the permission is checked before the numbers of the semaphores")
{
	int result = timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
			     : t->real->semop(semid, sops, nsops);

	if (result == -1 && errno == EFBIG)
		return fails(grants(t, semid, 0200) ? EFBIG : EACCES);
	return result;
}

ON_MSGGET(counts_in_rlimit, "RLIMIT_MSGQUEUE limits the queues")
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MSGQUEUE, &limit) == 0 && limit.rlim_cur == 0)
		return fails(ENOMEM);
	return t->real->msgget(key, msgflg);
}

ON_SHMAT(exec_unasked, "SHM_EXEC does not need execute permission")
{
	void *result = t->real->shmat(shmid, shmaddr, shmflg);

	return (intptr_t)result == -1 && errno == EACCES && shmflg & SHM_EXEC
		       ? t->real->shmat(shmid, shmaddr, shmflg & ~SHM_EXEC)
		       : result;
}

/* ---- indexes below 0 ---------------------------------------------------------------------- */

/* A kernel that uses only the low bits of the index that *_STAT and *_INFO are given. */
ON_MSGCTL(index_below_zero, "MSG_STAT and MSG_INFO accept an index below 0")
{
	bool by_index = cmd == MSG_STAT || cmd == MSG_INFO || cmd == IPC_INFO;

	return t->real->msgctl(by_index && msqid < 0 ? msqid & 32767 : msqid, cmd, buf);
}
ON_SEMCTL(index_below_zero, "SEM_STAT and SEM_INFO accept an index below 0")
{
	bool by_index = cmd == SEM_STAT || cmd == SEM_INFO || cmd == IPC_INFO;

	return t->real->semctl(by_index && semid < 0 ? semid & 32767 : semid, semnum, cmd, arg);
}
ON_SHMCTL(index_below_zero, "SHM_STAT and SHM_INFO accept an index below 0")
{
	bool by_index = cmd == SHM_STAT || cmd == SHM_INFO || cmd == IPC_INFO;

	return t->real->shmctl(by_index && shmid < 0 ? shmid & 32767 : shmid, cmd, buf);
}

/* ---- side effects that no caller asked for -------------------------------------------------- */

ON_MSGRCV(cut_writes_on, "MSG_NOERROR writes a byte after a text that it truncates")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result > 0 && (size_t)result == msgsz && msgflg & MSG_NOERROR)
		((char *)msgp)[sizeof(long) + msgsz] = 'x';
	return result;
}

ON_MSGRCV(long_writes_on, "a byte is written after a text of more than 1000 bytes")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);

	if (result > 1000 && !(msgflg & MSG_NOERROR))
		((char *)msgp)[sizeof(long) + (size_t)result] = 'x';
	return result;
}

ON_MSGCTL(qbytes_kept, "IPC_SET with an unchanged msg_qbytes needs no privilege")
{
	struct msqid_ds ds;
	int result = t->real->msgctl(msqid, cmd, buf), error = errno;

	if (result == -1 && cmd == IPC_SET && error == EPERM &&
	    t->real->msgctl(msqid, IPC_STAT, &ds) == 0 && ds.msg_qbytes == buf->msg_qbytes)
		return 0;
	errno = error;
	return result;
}

ON_SEMCTL(all_look_at_semnum, "GETALL and SETALL fail for a number that no semaphore has")
{
	struct semid_ds ds = {0};

	if ((cmd == GETALL || cmd == SETALL) &&
	    (semnum < 0 || (t->real->semctl(semid, 0, IPC_STAT, (union semun){.buf = &ds}) == 0 &&
			    (unsigned long)semnum >= ds.sem_nsems)))
		return fails(EINVAL);
	return t->real->semctl(semid, semnum, cmd, arg);
}

/* Does the operations with the flag set in all of them if any of them has it. */
static int with_any(const struct through *t, int semid, struct sembuf *sops, size_t nsops,
		    const struct timespec *timeout, short flag)
{
	struct sembuf copy[8];
	bool any = false;

	if (nsops < 2 || nsops > 8 || !read_memory(copy, sops, nsops * sizeof(*sops)))
		return timeout ? t->real->semtimedop(semid, sops, nsops, timeout)
			       : t->real->semop(semid, sops, nsops);
	for (size_t i = 0; i < nsops; i++)
		any = any || copy[i].sem_flg & flag;
	for (size_t i = 0; any && i < nsops; i++)
		copy[i].sem_flg = (short)(copy[i].sem_flg | flag);
	return timeout ? t->real->semtimedop(semid, copy, nsops, timeout)
		       : t->real->semop(semid, copy, nsops);
}

ON_SEMOP(nowait_of_any, "IPC_NOWAIT of any operation applies to the whole call")
{
	return with_any(t, semid, sops, nsops, timeout, IPC_NOWAIT);
}

ON_SEMOP(undo_of_any, "SEM_UNDO of any operation undoes the whole call")
{
	return with_any(t, semid, sops, nsops, timeout, SEM_UNDO);
}

ON_SHMAT(rdonly_exec_writable, "an attachment with SHM_RDONLY and SHM_EXEC is writable")
{
	const int both = SHM_RDONLY | SHM_EXEC;

	return t->real->shmat(shmid, shmaddr,
			      (shmflg & both) == both ? shmflg & ~SHM_RDONLY : shmflg);
}

/* IPC_SET with the present values changes only the time. */
static void touch_segment(const struct through *t, int shmid)
{
	struct shmid_ds ds;
	const int error = errno;

	if (t->real->shmctl(shmid, IPC_STAT, &ds) == 0)
		t->real->shmctl(shmid, IPC_SET, &ds);
	errno = error;
}

ON_SHMCTL(lock_ctime, "SHM_LOCK sets shm_ctime")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (result == 0 && cmd == SHM_LOCK)
		touch_segment(t, shmid);
	return result;
}

ON_SHMCTL(rmid_ctime, "IPC_RMID of an attached segment sets shm_ctime")
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (result == 0 && cmd == IPC_RMID)
		touch_segment(t, shmid);
	return result;
}

ON_MSGSND(sets_ctime, "msgsnd sets msg_ctime too")
{
	int result = t->real->msgsnd(msqid, msgp, msgsz, msgflg), error = errno;
	struct msqid_ds ds;

	/* IPC_SET with the present values changes only the time. */
	if (result == 0 && t->real->msgctl(msqid, IPC_STAT, &ds) == 0)
		t->real->msgctl(msqid, IPC_SET, &ds);
	errno = error;
	return result;
}

ON_MSGRCV(sets_stime, "msgrcv sets msg_stime and msg_lspid too")
{
	ssize_t result = t->real->msgrcv(msqid, msgp, msgsz, msgtyp, msgflg);
	long message[2] = {LONG_MAX - 1};
	int error = errno;

	if (result != -1 && !(msgflg & MSG_COPY) &&
	    t->real->msgsnd(msqid, message, 0, IPC_NOWAIT) == 0)
		t->real->msgrcv(msqid, message, 0, LONG_MAX - 1, IPC_NOWAIT);
	errno = error;
	return result;
}

/* The number of the first user namespace (PROC_USER_INIT_INO). */
enum { FIRST_USER_NAMESPACE = 0xEFFFFFFD & 0x7fffffff };

ON_MSGCTL(admin_of_first, "CAP_SYS_ADMIN counts in the first user namespace only")
{
	struct msqid_ds ds;
	struct stat own;

	if ((cmd == IPC_SET || cmd == IPC_RMID) && t->real->msgctl(msqid, IPC_STAT, &ds) == 0 &&
	    ds.msg_perm.uid != geteuid() && ds.msg_perm.cuid != geteuid() &&
	    stat("/proc/self/ns/user", &own) == 0 &&
	    (own.st_ino & 0x7fffffff) != FIRST_USER_NAMESPACE)
		return fails(EPERM);
	return t->real->msgctl(msqid, cmd, buf);
}
