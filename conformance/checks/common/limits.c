/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The limits in /proc/sys/kernel: their defaults and bounds in each IPC namespace. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facility.h"

/* ---- defaults ------------------------------------------------------------------------ */

CHECK("msgget.limit.defaults", LIBC, NEED_NAMESPACE | NEED_PROC,
      "a new IPC namespace has the limits of <linux/msg.h>",
      "ipc_namespaces(7); proc(5); ipc/msg.c, msg_init_ns")
{
	expect_eq(MSGMNI, get_limit("msgmni"));
	expect_eq(MSGMAX, get_limit("msgmax"));
	expect_eq(MSGMNB, get_limit("msgmnb"));
}

CHECK("semget.limit.defaults", LIBC, NEED_NAMESPACE | NEED_PROC,
      "a new IPC namespace has the limits of <linux/sem.h>",
      "ipc_namespaces(7); proc(5); ipc/sem.c, sem_init_ns")
{
	expect_eq(SEMMSL, get_limit_n("sem", 0));
	expect_eq(SEMMNS, get_limit_n("sem", 1));
	expect_eq(SEMOPM, get_limit_n("sem", 2));
	expect_eq(SEMMNI, get_limit_n("sem", 3));
}

CHECK("shmget.limit.defaults", LIBC, NEED_NAMESPACE | NEED_PROC,
      "a new IPC namespace has the limits of <linux/shm.h>",
      "ipc_namespaces(7); proc(5); ipc/shm.c, shm_init_ns")
{
	expect_eq(SHMMNI, get_limit("shmmni"));
	expect_eq(SHMMAX, (unsigned long)get_limit("shmmax"));
	expect_eq(SHMALL, (unsigned long)get_limit("shmall"));
	expect_between(0, 1, get_limit("shm_rmid_forced"));
}

/* ---- bounds --------------------------------------------------------------------------- */

/* Writing this value to a limit fails and leaves the limit unchanged. */
static void expect_refused(const char *name, const char *value)
{
	long long before = get_limit(name);
	const int fd = must(open_limit(name));

	expect_errno(EINVAL, write(fd, value, strlen(value)));
	close(fd);
	expect_eq(before, get_limit(name));
}

/* A namespace has 32768 slots; 2^24 with ipcmni_extend. */
#define TOO_MANY "16777217"

/* Whether the kernel was started with ipcmni_extend; false where its words are hidden. */
static bool extends_ids(void)
{
	char words[4096] = "";
	FILE *file = fopen("/proc/cmdline", "re");

	if (file && !fgets(words, sizeof(words), file))
		words[0] = '\0';
	if (file)
		fclose(file);
	return strstr(words, "ipcmni_extend") != NULL;
}

CHECK("msgget.limit.bounds", LIBC, NEED_LIMITS,
      "msgmni cannot exceed the number of possible ids, and no limit can be negative",
      "ipc/ipc_sysctl.c; ipc/util.h, IPCMNI")
{
	expect_refused("msgmni", TOO_MANY);
	expect_refused("msgmni", "-1");
	expect_refused("msgmax", "-1");
	expect_refused("msgmnb", "-1");
	set_limit("msgmni", "32768");
	expect_eq(32768, get_limit("msgmni"));
}

CHECK("semget.limit.bounds", LIBC, NEED_LIMITS,
      "since Linux 4.20 SEMMNI cannot exceed the number of possible ids or be negative",
      "ipc/ipc_sysctl.c, proc_ipc_sem_dointvec; kernel commit 8c81ddd2acf8")
{
	int fd;

	need_kernel(4, 20);
	set_limit("sem", "10 100 10 32768");
	expect_eq(32768, get_limit_n("sem", 3));
	fd = must(open_limit("sem"));
	expect_errno(ERANGE, write(fd, "10 100 10 " TOO_MANY, 18));
	close(fd);
	expect_eq(32768, get_limit_n("sem", 3));
}

CHECK("shmget.limit.bounds", LIBC, NEED_LIMITS,
      "shmmni cannot exceed the number of possible ids or be negative; shm_rmid_forced is 0 or 1",
      "ipc/ipc_sysctl.c; ipc/util.h, IPCMNI")
{
	static const char *const neither[] = {"2", "-1", "2147483647", "-2147483648"};

	expect_refused("shmmni", TOO_MANY);
	expect_refused("shmmni", "-1");
	for (unsigned i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		expect_refused("shm_rmid_forced", neither[i]);
	set_limit("shmmni", "32768");
	expect_eq(32768, get_limit("shmmni"));
	if (extends_ids()) {
		set_limit("shmmni", "16777216");
		expect_eq(16777216, get_limit("shmmni"));
	} else {
		expect_refused("shmmni", "32769");
	}
}

/* ---- limits belong to a namespace ------------------------------------------------------ */

static const struct {
	const char *name, *value;
} limits[] = {
	{"msgmni", "11"}, {"msgmax", "12"}, {"msgmnb", "13"}, {"sem", "14 15 16 17"},
	{"shmmni", "18"}, {"shmmax", "19"}, {"shmall", "20"}, {"shm_rmid_forced", "1"},
};

static void expect_limits(bool ours)
{
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		expect((strtoll(limits[i].value, NULL, 10) == get_limit(limits[i].name)) == ours);
}

CHECK("msgget.limit.namespace", LIBC, NEED_LIMITS,
      "the limits of all three facilities belong to one IPC namespace; another one has its own",
      "ipc_namespaces(7)")
{
	pid_t pid;

	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		set_limit(limits[i].name, limits[i].value);
	CHILD (pid) {
		another_namespace();
		expect_limits(false);
		set_limit("msgmni", "3");
	}
	child_join(pid);
	expect_limits(true);
}

CHECK_EACH("limit.count_of_namespace", LIBC | RAW, NEED_LIMITS,
	   "objects of another namespace do not count, and disappear with its last process",
	   "ipc_namespaces(7)")
{
	pid_t pid;

	set_limit("msgmni", "1");
	set_limit("sem", "10 100 10 1");
	set_limit("shmmni", "1");
	must(facility->get(ipc, IPC_PRIVATE, 0600));
	expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
	for (int i = 0; i < 2; i++) {
		CHILD (pid) {
			another_namespace();
			expect_ok(facility->get(ipc, check_key(0), IPC_CREAT | IPC_EXCL | 0600));
		}
		child_join(pid);
	}
	expect_errno(ENOENT, facility->get(ipc, check_key(0), 0));
}

CHECK_EACH("limit.existing", LIBC | RAW, NEED_LIMITS,
	   "a limit below the number of objects prevents new objects and keeps the existing ones",
	   "proc(5), msgmni, sem, shmmni; ipc/util.c, ipc_addid")
{
	int id = must(facility->get(ipc, check_key(0), IPC_CREAT | 0600));

	set_limit("msgmni", "0");
	set_limit("sem", "10 100 10 0");
	set_limit("shmmni", "0");
	expect_errno(ENOSPC, facility->get(ipc, IPC_PRIVATE, 0600));
	expect_errno(ENOSPC, facility->get(ipc, check_key(1), IPC_CREAT | 0600));
	expect_eq(id, facility->get(ipc, check_key(0), IPC_CREAT | 0600));
	expect_ok(facility->write(ipc, id));
	expect_ok(facility->read(ipc, id));
	expect_eq(0, rmid(facility, ipc, id));
}

/* ---- msgmnb ----------------------------------------------------------------------------- */

CHECK("msgsnd.msgmnb", LIBC | RAW, NEED_LIMITS, "a new queue holds msgmnb bytes and not one more",
      "msgget(2); msgop(2), EAGAIN; proc(5), msgmnb")
{
	const struct message message = {1, "text"};
	int before = must(ipc->msgget(IPC_PRIVATE, 0600)), msqid;

	set_limit("msgmnb", "10");
	msqid = must(ipc->msgget(IPC_PRIVATE, 0600));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 11, IPC_NOWAIT));
	expect_eq(0, ipc->msgsnd(msqid, &message, 7, IPC_NOWAIT));
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 4, IPC_NOWAIT));
	expect_eq(0, ipc->msgsnd(msqid, &message, 3, IPC_NOWAIT));
	expect_eq(10, msg_state(msqid).__msg_cbytes);
	expect_errno(EAGAIN, ipc->msgsnd(msqid, &message, 1, IPC_NOWAIT));
	/* A queue that existed before keeps its msg_qbytes. */
	expect_eq(0, ipc->msgsnd(before, &message, 11, IPC_NOWAIT));
}

CHECK("semget.limit.semmsl_existing", LIBC | RAW, NEED_LIMITS,
      "a set that is larger than a lowered SEMMSL still works, in all its semaphores",
      "proc(5), sem")
{
	int semid = must(ipc->semget(check_key(0), 5, IPC_CREAT | 0600));

	set_limit("sem", "2 100 1 10");
	expect_errno(EINVAL, ipc->semget(IPC_PRIVATE, 3, 0600));
	expect_eq(semid, ipc->semget(check_key(0), 2, 0));
	expect_eq(0, ipc->semop(semid, OPS({4, 1, 0})));
	expect_eq(1, sem_value(semid, 4));
}

CHECK("shmget.limit.shmall_attached", LIBC | RAW, NEED_LIMITS,
      "a segment that was removed while attached counts in shmall until its last detach",
      "shmget(2), ENOSPC; ipc/shm.c, shm_destroy")
{
	const size_t page = page_size();
	int shmid;
	void *address;

	set_limit("shmall", "2");
	shmid = must(ipc->shmget(IPC_PRIVATE, 2 * page, 0600));
	address = attach(ipc, shmid, NULL, 0);
	must(ipc->shmctl(shmid, IPC_RMID, NULL));
	expect_errno(ENOSPC, ipc->shmget(IPC_PRIVATE, 1, 0600));
	must(ipc->shmdt(address));
	expect_ok(ipc->shmget(IPC_PRIVATE, 2 * page, 0600));
}

/* ---- every id in use ------------------------------------------------------------------------ */

enum { IPCMNI = 32768, SEQUENCES = 65535 }; /* without ipcmni_extend */

/* The queue of the only slot that can be free, removed and made again. */
static int make_again(const struct ipc_calls *ipc, int id)
{
	must(ipc->msgctl(id, IPC_RMID, NULL));
	id = ipc->msgget(IPC_PRIVATE, 0600);
	if (id == -1 && errno == ENOMEM)
		skip("could not run: no memory for 32768 queues");
	return must(id);
}

/* Each new id of the slot has the next sequence number; after the last one comes 0. */
static void expect_each_sequence(const struct ipc_calls *ipc, int id)
{
	id = make_again(ipc, id);
	for (int turns = 0; turns <= SEQUENCES; turns++) {
		const int want = id / IPCMNI == SEQUENCES - 1 ? id % IPCMNI : id + IPCMNI;
		id = make_again(ipc, id);
		if (!expect_eq(want, id))
			return;
	}
}

CHECK("msgget.limit.full", LIBC, NEED_LIMITS,
      "each slot can hold a queue; if one slot is free, each new queue gets the slot with the next "
      "sequence number, until it has had all of them",
      "ipc/util.h, IPCMNI; ipc/util.c, ipc_idr_alloc: the sequence number")
{
	static int id[IPCMNI];
	int again, fd;
	struct msginfo info;

	fd = must(open_limit("msgmni"));
	if (write(fd, "32769", 5) == 5)
		skip("the kernel has ipcmni_extend");
	close(fd);
	set_limit("msgmni", "32768");
	for (int i = 0; i < IPCMNI; i++) {
		id[i] = ipc->msgget(IPC_PRIVATE, 0600);
		if (id[i] == -1 && errno == ENOMEM)
			skip("could not run: no memory for 32768 queues");
		if (!expect_ok(id[i]) || !expect_eq(i, id[i] & (IPCMNI - 1)))
			return;
	}
	expect_errno(ENOSPC, ipc->msgget(IPC_PRIVATE, 0600));
	expect_eq(IPCMNI - 1, libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info));
	expect_eq(IPCMNI, info.msgpool);
	for (int i = 0; i < 5; i++) {
		const int slot = i % 2 ? 1000 : IPCMNI - 1;
		must(ipc->msgctl(id[slot], IPC_RMID, NULL));
		expect_errno(EINVAL, ipc->msgrcv(id[slot], &info, 0, 0, IPC_NOWAIT));
		again = must(ipc->msgget(IPC_PRIVATE, 0600));
		expect_eq(slot, again & (IPCMNI - 1));
		expect(again != id[slot]);
		expect_errno(ENOSPC, ipc->msgget(IPC_PRIVATE, 0600));
		id[slot] = again;
	}
	must(ipc->msgctl(id[IPCMNI - 1], IPC_RMID, NULL));
	const int last = must(ipc->msgget(IPC_PRIVATE, 0600));
	must(ipc->msgctl(last, IPC_RMID, NULL));
	expect(last != must(ipc->msgget(IPC_PRIVATE, 0600)));
	expect_each_sequence(ipc, id[1000]);
}

CHECK("msgget.limit.auto_msgmni", LIBC, NEED_LIMITS,
      "auto_msgmni accepts 0 and 1 without effect, reads as 0, and accepts no other number",
      "proc(5), auto_msgmni: since Linux 3.19 it has no effect; ipc/ipc_sysctl.c")
{
	int fd = open_limit("auto_msgmni");

	if (fd == -1 && errno == ENOENT)
		skip("no auto_msgmni");
	must(fd);
	close(fd);
	const long long msgmni = get_limit("msgmni");
	expect_eq(0, get_limit("auto_msgmni"));
	set_limit("auto_msgmni", "1");
	expect_eq(0, get_limit("auto_msgmni"));
	expect_refused("auto_msgmni", "2");
	expect_refused("auto_msgmni", "-1");
	expect_eq(msgmni, get_limit("msgmni"));
}
