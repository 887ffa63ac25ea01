/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Ids, counters and limits at the ends of their ranges. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "facility.h"

/* ---- ids ------------------------------------------------------------------------------ */

/* An object with this id works in every call. */
static void expect_usable(const struct ipc_calls *ipc, const struct facility *facility, int id,
			  key_t key)
{
	union state state;
	union info info;

	expect_eq(id, facility->get(ipc, key, 0));
	expect_ok(facility->write(ipc, id));
	expect_ok(facility->read(ipc, id));
	expect_eq(0, facility->set(ipc, id, geteuid(), getegid(), 0640));
	expect_eq(0640, state_of(facility, id).perm.mode);
	expect_eq(key, (key_t)sysvipc(facility->name, id, "key"));
	/* SHM_INFO would take long, because it looks into each of 2^24 slots. */
	int highest = must(facility->control(&libc_calls, 0, IPC_INFO, &info));
	expect_ok(facility->control(&libc_calls, highest, facility->stat, &state));
	expect_eq(0, rmid(facility, ipc, id));
	expect_errno(EINVAL, facility->read(ipc, id));
	expect_errno(ENOENT, facility->get(ipc, key, 0));
}

CHECK_EACH("next_id.ends", LIBC | RAW, NEED_NEXT_ID | NEED_PROC,
	   "ids at both ends of the range, and of slots and sequence numbers, can be chosen by "
	   "msg_next_id, ... and work",
	   "proc(5); ipc/util.h, ipcid_to_idx, ipcid_to_seqx; ipc/util.c, ipc_idr_alloc")
{
	/* 2^15 slots and 2^16 sequence numbers, or 2^24 and 2^7 with ipcmni_extend. */
	static const int ids[] = {0,	   1,	       32766,	      32767,	  32768,
				  65535,   65536,      (1 << 24) - 1, 1 << 24,	  (1 << 30) - 1,
				  1 << 30, 2147450879, 2147450880,    2147483646, 2147483647};
	char text[16];

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(text, sizeof(text), "%d", ids[i]);
		set_limit(facility->next_id, text);
		int id = must(facility->get(ipc, check_key(i), IPC_CREAT | 0600));
		expect_eq(ids[i], id);
		expect_eq(-1, get_limit(facility->next_id));
		expect_usable(ipc, facility, id, check_key(i));
	}
	/* An id that the kernel chooses is unaffected. */
	expect_between(0, 64, must(facility->get(ipc, IPC_PRIVATE, 0600)) & 0x7fff);
}

CHECK_EACH("next_id.einval", LIBC, NEED_NEXT_ID,
	   "writing a value outside of the range of ids to msg_next_id, ... fails and leaves -1",
	   "ipc/ipc_sysctl.c: from 0 to INT_MAX")
{
	static const char *const values[] = {"2147483648", "4294967296", "-2", "-2147483648", "x"};

	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int fd = must(open_limit(facility->next_id));
		expect_errno(EINVAL, write(fd, values[i], strlen(values[i])));
		close(fd);
		expect_eq(-1, get_limit(facility->next_id));
	}
}

CHECK_EACH("next_id.sequence", LIBC | RAW, NEED_NEXT_ID,
	   "two ids with one slot and different sequence numbers name different objects",
	   "ipc/util.h, ipc_checkid")
{
	static const int sequences[] = {0, 1, 127, 32767, 65534, 65535};
	union info info;
	union state state;
	char text[16];
	int id = -1;

	for (unsigned i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		int last = id, want = (int)((unsigned)sequences[i] << 15 | 40u);
		snprintf(text, sizeof(text), "%d", want);
		set_limit(facility->next_id, text);
		id = must(facility->get(ipc, IPC_PRIVATE, 0600));
		expect_eq(want, id);
		/* The object is the only one, so its slot is the highest. */
		int slot = must(facility->control(&libc_calls, 0, IPC_INFO, &info));
		/*
		 * Does not compare __seq, which glibc reads from padding on one architecture
		 * (deviations.def).
		 */
		expect_eq(id, facility->control(&libc_calls, slot, facility->stat, &state));
		/* The ids next to it in the range do not find it. */
		expect_errno(EINVAL, facility->read(ipc, id ^ 1 << 15));
		expect_errno(EINVAL, facility->read(ipc, id ^ 1 << 30));
		if (last != -1)
			expect_errno(EINVAL, facility->read(ipc, last));
		must(rmid(facility, ipc, id));
	}
}

/* ---- msgmax, msgmnb, msg_qbytes ------------------------------------------------------------ */

static int send(const struct ipc_calls *ipc, int msqid, size_t size)
{
	static struct {
		long mtype;
		char mtext[70000];
	} message;

	message.mtype = 1;
	return ipc->msgsnd(msqid, &message, size, IPC_NOWAIT);
}

CHECK("msgsnd.limit.msgmax_ends", LIBC | RAW, NEED_LIMITS,
      "msgmax limits the size of a message: 0 to empty ones, 1 to a byte, INT_MAX not at all",
      "msgop(2), EINVAL; proc(5), msgmax")
{
	int msqid = must(ipc->msgget(IPC_PRIVATE, 0600));

	set_limit("msgmax", "0");
	expect_errno(EINVAL, send(ipc, msqid, 1));
	expect_eq(0, send(ipc, msqid, 0));
	set_limit("msgmax", "1");
	expect_errno(EINVAL, send(ipc, msqid, 2));
	expect_eq(0, send(ipc, msqid, 1));
	set_limit("msgmax", "2147483647");
	expect_eq(2147483647, get_limit("msgmax"));
	expect_errno(EAGAIN, send(ipc, msqid, 70000));
	expect_eq(0, send(ipc, msqid, 10000));
	expect_eq(3, msg_state(msqid).msg_qnum);
	expect_eq(10001, msg_state(msqid).__msg_cbytes);
}

CHECK("msgsnd.limit.msgmnb_ends", LIBC | RAW, NEED_LIMITS,
      "a queue made with msgmnb 0 holds no message, with 1 one message of at most a byte",
      "msgop(2), EAGAIN; ipc/msg.c, msg_fits_inqueue")
{
	struct message got;
	int msqid;

	set_limit("msgmnb", "0");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_eq(0, msg_state(msqid).msg_qbytes);
	expect_errno(EAGAIN, send(ipc, msqid, 0));
	expect_errno(EAGAIN, send(ipc, msqid, 1));
	set_limit("msgmnb", "1");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_errno(EAGAIN, send(ipc, msqid, 2));
	expect_eq(0, send(ipc, msqid, 0));
	expect_errno(EAGAIN, send(ipc, msqid, 0));
	/* An empty message also takes the only place in the queue. */
	expect_errno(EAGAIN, send(ipc, msqid, 1));
	expect_eq(0, ipc->msgrcv(msqid, &got, TEXT, 0, IPC_NOWAIT));
	expect_eq(0, send(ipc, msqid, 1));
	expect_errno(EAGAIN, send(ipc, msqid, 0));
	set_limit("msgmnb", "2147483647");
	set_limit("msgmax", "2147483647");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_eq(2147483647, msg_state(msqid).msg_qbytes);
	expect_eq(0, send(ipc, msqid, 70000));
}

CHECK("msgsnd.limit.above_65535", LIBC, NEED_LIMITS,
      "msg_qnum, msg_cbytes and msg_qbytes above 65535 are not truncated to an unsigned short",
      "msgctl(2): msgqnum_t and msglen_t are larger; ipc/msg.c, msgctl_stat, msgctl_down")
{
	enum { N = 65536 + 3, SIZE = 2, ROOM = 2 * 65536 + 10 };
	struct msginfo info;
	int msqid;

	set_limit("msgmnb", "1000000");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	struct msqid_ds ds = msg_state(msqid);
	expect_eq(1000000, ds.msg_qbytes);
	ds.msg_qbytes = ROOM;
	expect_eq(0, ipc->msgctl(msqid, IPC_SET, &ds));
	for (int i = 0; i < N; i++)
		must(send(ipc, msqid, SIZE));
	expect_eq(0, ipc->msgctl(msqid, IPC_STAT, &ds));
	expect_eq(ROOM, ds.msg_qbytes);
	expect_eq(N, ds.msg_qnum);
	expect_eq(SIZE * N, ds.__msg_cbytes);
	EXPECT_ROW(msqid_ds, &ds, "msg", msqid);
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
	expect_eq(N, info.msgmap);
	expect_eq(SIZE * N, info.msgtql);
	expect_errno(EAGAIN, send(ipc, msqid, ROOM - SIZE * N + 1));
	expect_eq(0, send(ipc, msqid, ROOM - SIZE * N));
	expect_eq(0, ipc->msgctl(msqid, IPC_RMID, NULL));
	expect_ok(ipc->msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
	expect_eq(0, info.msgmap);
	expect_eq(0, info.msgtql);
}

/* ---- sem ------------------------------------------------------------------------------------- */

CHECK("semget.limit.semmsl_ends", LIBC | RAW, NEED_LIMITS,
      "a set cannot exceed SEMMSL, nor all sets together SEMMNS; if one is 0, no set can be made",
      "semget(2), EINVAL, ENOSPC; proc(5), sem")
{
	int semid;

	set_limit("sem", "0 100 10 10");
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 1, 0600));
	set_limit("sem", "1 100 10 10");
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 2, 0600));
	semid = must(ipc->semget(IPC_PRIVATE, 1, 0600));
	must(ipc->semctl(semid, 0, IPC_RMID, (union semun){0}));
	set_limit("sem", "100 0 10 10");
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
	set_limit("sem", "100 3 10 10");
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 4, 0600));
	must(ipc->semget(IPC_PRIVATE, 2, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 2, 0600));
	expect_ok(ipc->semget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->semget(IPC_PRIVATE, 1, 0600));
}

CHECK("semop.limit.semopm_ends", LIBC | RAW, NEED_LIMITS,
      "with SEMOPM 0 every semop fails, with 1 a semop of more than one operation",
      "semop(2), E2BIG; proc(5), sem")
{
	int semid = sem_new(ipc, 0);

	set_limit("sem", "100 100 0 10");
	expect_errno(E2BIG, sem_op(ipc, semid, 1, 0));
	set_limit("sem", "100 100 1 10");
	expect_errno(E2BIG, ipc->semop(semid, OPS({0, 1, 0}, {1, 1, 0})));
	expect_eq(0, sem_value(semid, 0));
	expect_eq(0, sem_op(ipc, semid, 1, 0));
	expect_errno(EINVAL, ipc->semop(semid, &(struct sembuf){0, 1, 0}, 0));
	expect_eq(1, sem_value(semid, 0));
}

/* Calls without libc, because musl itself fails for such a set. */
CHECK("semctl.limit.above_65535", RAW, NEED_LIMITS,
      "semaphore numbers above 65535 are not truncated to an unsigned short",
      "semctl(2): semnum is an int; semop(2): sem_num is an unsigned short")
{
	enum { N = 65536 + 3 };
	static unsigned short values[N];
	const union semun none = {0};
	int semid;

	set_limit("sem", "100000 100000 10 10");
	semid = must(ipc->semget(IPC_PRIVATE, N, 0600));
	/* Does not compare sem_nsems, which is a short in musl. */
	struct seminfo info = {0};
	must(libc_calls.semctl(0, 0, SEM_INFO, (union semun){.__buf = &info}));
	expect_eq(N, info.semaem);
	must(ipc->semctl(semid, 2, SETVAL, (union semun){.val = 7}));
	must(ipc->semctl(semid, 65536 + 2, SETVAL, (union semun){.val = 8}));
	expect_eq(0, ipc->semop(semid, OPS({65535, 9, 0}, {2, -1, 0})));
	expect_eq(6, ipc->semctl(semid, 2, GETVAL, none));
	expect_eq(8, ipc->semctl(semid, 65536 + 2, GETVAL, none));
	expect_eq(9, ipc->semctl(semid, 65535, GETVAL, none));
	expect_errno(EINVAL, ipc->semctl(semid, N, GETVAL, none));
	must(ipc->semctl(semid, 0, GETALL, (union semun){.array = values}));
	expect_eq(6, values[2]);
	expect_eq(9, values[65535]);
	expect_eq(0, values[65536]);
	expect_eq(8, values[65536 + 2]);
}

/* ---- shmmax, shmall ---------------------------------------------------------------------------
 */

CHECK("shmget.limit.shmmax_ends", LIBC | RAW, NEED_LIMITS,
      "with shmmax 0 no segment can be made, with 1 no segment above one byte",
      "shmget(2), EINVAL; proc(5), shmmax")
{
	set_limit("shmmax", "0");
	expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 1, 0600));
	set_limit("shmmax", "1");
	expect_errno(EINVAL, ipc->shmget(IPC_PRIVATE, 2, 0600));
	int shmid = must(ipc->shmget(check_key(0), 1, IPC_CREAT | 0600));
	expect_eq(1, shm_state(shmid).shm_segsz);
	/* The limit applies to new segments, not to lookups. */
	set_limit("shmmax", "0");
	expect_eq(shmid, ipc->shmget(check_key(0), 1, 0));
	expect_errno(EINVAL, ipc->shmget(check_key(0), 2, 0));
}

CHECK("shmget.limit.shmall_ends", LIBC | RAW, NEED_LIMITS,
      "segments of any sizes can fill shmall to its last page, and no further",
      "shmget(2), ENOSPC; proc(5), shmall")
{
	const size_t page = page_size();
	int one;

	set_limit("shmall", "0");
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
	set_limit("shmall", "3");
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 3 * page + 1, 0600));
	one = must(ipc->shmget(IPC_PRIVATE, 1, 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 2 * page + 1, 0600));
	must(ipc->shmget(IPC_PRIVATE, page + 1, 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
	must(ipc->shmctl(one, IPC_RMID, NULL));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, page + 1, 0600));
	expect_ok(ipc->shmget(IPC_PRIVATE, page, 0600));
}

CHECK("shmget.limit.size_overflow", LIBC | RAW, NEED_LIMITS,
      "shmget fails with ENOSPC for a size whose pages exceed an address space or overflow",
      "shmget(2), ENOSPC; ipc/shm.c, newseg: \"numpages << PAGE_SHIFT < size\"")
{
	const size_t page = page_size();

	if (kernel_is_wider())
		skip("a size_t of a 32-bit program cannot exceed the address space of the kernel");
	set_limit("shmmax", sizeof(long) == 8 ? "18446744073709551615" : "4294967295");
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, (size_t)-1, SHM_NORESERVE | 0600));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, (size_t)-page + 1, SHM_NORESERVE | 0600));
	struct shm_info info;
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
	expect_eq(0, info.used_ids);
	expect_eq(0, info.shm_tot);
}

CHECK("shmget.limit.shmall_overflow", LIBC, NEED_LIMITS,
      "the sum of the pages of all segments does not overflow: shmget refuses the segment",
      "shmget(2), ENOSPC; ipc/shm.c, newseg: \"ns->shm_tot + numpages < ns->shm_tot\"")
{
	/* So many segments of half of an address space have as many pages as a long counts. */
	const size_t size = (size_t)LONG_MAX, page = page_size(), most = 2 * page;
	const int flags = SHM_NORESERVE | 0600;
	struct shm_info info;

	if (kernel_is_wider())
		skip("a 32-bit program has no size that is large enough");
	if (most > 32768)
		skip("the pages are so large that all ids are in use before the sum overflows");
	set_limit("shmmni", "32768");
	set_limit("shmmax", sizeof(long) == 8 ? "18446744073709551615" : "4294967295");
	set_limit("shmall", sizeof(long) == 8 ? "18446744073709551615" : "4294967295");
	for (size_t i = 1; i < most; i++) {
		const int shmid = ipc->shmget(IPC_PRIVATE, size, flags);
		if (shmid == -1 && errno == ENOMEM) {
			need_overcommit();
			skip("could not run: no memory for thousands of segments");
		}
		if (!expect_ok(shmid))
			return;
	}
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, size, flags));
	must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info));
	expect_eq(most - 1, info.used_ids);
	expect_eq(-(unsigned long)(size / page + 1), info.shm_tot);
	/* The last page that a long counts is free. */
	expect_ok(ipc->shmget(IPC_PRIVATE, size - page, flags));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, flags));
}

/* ---- how many objects -------------------------------------------------------------------------
 */

CHECK_EACH("limit.count_ends", LIBC | RAW, NEED_LIMITS,
	   "with msgmni, ... 1 and 3, exactly 1 and 3 objects can be made",
	   "msgget(2), semget(2), shmget(2), ENOSPC; ipc/util.c, ipc_addid")
{
	static const int most[] = {1, 3};
	char text[32];

	for (unsigned i = 0; i < 2; i++) {
		int id[3];
		snprintf(text, sizeof(text), "%d", most[i]);
		set_limit("msgmni", text);
		set_limit("shmmni", text);
		snprintf(text, sizeof(text), "100 100 10 %d", most[i]);
		set_limit("sem", text);
		for (int n = 0; n < most[i]; n++)
			id[n] = must(facility->get(ipc, IPC_PRIVATE, 0600));
		expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
		/* Removing one makes room for one. */
		must(rmid(facility, ipc, id[0]));
		id[0] = must(facility->get(ipc, IPC_PRIVATE, 0600));
		expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
		for (int n = 0; n < most[i]; n++)
			must(rmid(facility, ipc, id[n]));
	}
}
