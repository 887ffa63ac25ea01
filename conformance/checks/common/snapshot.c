/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <stdio.h>

static const union semun none;

static void add(struct snapshot *shot, const char *name, int index, long long value)
{
	if (shot->nfacts == SNAPSHOT_FACTS)
		return;
	if (index < 0)
		snprintf(shot->fact[shot->nfacts].name, sizeof(shot->fact[0].name), "%s", name);
	else
		snprintf(shot->fact[shot->nfacts].name, sizeof(shot->fact[0].name), "%s of %d",
			 name, index);
	shot->fact[shot->nfacts++].value = value;
}

#define ADD(VALUE) add(shot, strrchr("." #VALUE, '.') + 1, -1, (long long)(VALUE))

static void add_numbers(struct snapshot *shot, const struct numbers *numbers)
{
	for (unsigned i = 0; i < numbers->n; i++)
		add(shot, numbers->number[i].name, -1, numbers->number[i].value);
}

/* A checksum that depends on the order of the bytes (FNV-1a). */
static uint32_t sum_of(const void *bytes, size_t n)
{
	uint32_t sum = 2166136261;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const unsigned char *)bytes)[i]) * 16777619;
	return sum;
}

/* Adds each message, read with MSG_COPY if the kernel has it. */
static void add_messages(struct snapshot *shot)
{
	struct {
		long mtype;
		char mtext[8192];
	} got;

	for (int i = 0; i < 16; i++) {
		ssize_t length = libc_calls.msgrcv(shot->id, &got, sizeof(got.mtext), i,
						   MSG_COPY | IPC_NOWAIT);
		if (length == -1)
			break;
		add(shot, "mtype", i, got.mtype);
		add(shot, "length", i, length);
		add(shot, "sum of mtext", i, sum_of(got.mtext, (size_t)length));
	}
}

static void add_queue(struct snapshot *shot)
{
	const struct msqid_ds ds = msg_state(shot->id);
	struct numbers numbers = {0};
	struct msginfo info = {0};

	numbers_of_msqid_ds(&numbers, &ds);
	add_numbers(shot, &numbers);
	add(shot, "highest slot of MSG_INFO", -1,
	    must(libc_calls.msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info)));
	ADD(info.msgpool);
	ADD(info.msgmap);
	ADD(info.msgtql);
	add_messages(shot);
}

static void add_set(struct snapshot *shot)
{
	const struct semid_ds ds = sem_state(shot->id);
	struct numbers numbers = {0};
	static unsigned short values[65536];
	struct seminfo info = {0};

	numbers_of_semid_ds(&numbers, &ds);
	add_numbers(shot, &numbers);
	add(shot, "highest slot of SEM_INFO", -1,
	    must(libc_calls.semctl(0, 0, SEM_INFO, (union semun){.__buf = &info})));
	ADD(info.semusz);
	ADD(info.semaem);
	must(libc_calls.semctl(shot->id, 0, GETALL, (union semun){.array = values}));
	add(shot, "sum of GETALL", -1, sum_of(values, ds.sem_nsems * sizeof(values[0])));
	for (int i = 0; i < 8 && i < (int)ds.sem_nsems; i++) {
		add(shot, "GETVAL", i, libc_calls.semctl(shot->id, i, GETVAL, none));
		add(shot, "GETPID", i, libc_calls.semctl(shot->id, i, GETPID, none));
		add(shot, "GETNCNT", i, libc_calls.semctl(shot->id, i, GETNCNT, none));
		add(shot, "GETZCNT", i, libc_calls.semctl(shot->id, i, GETZCNT, none));
	}
}

static void add_segment(struct snapshot *shot)
{
	const struct shmid_ds ds = shm_state(shot->id);
	struct numbers numbers = {0};
	struct shm_info info = {0};

	numbers_of_shmid_ds(&numbers, &ds);
	add_numbers(shot, &numbers);
	add(shot, "highest slot of SHM_INFO", -1,
	    must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info)));
	ADD(info.used_ids);
	ADD(info.shm_tot);
}

/* Reads the row of an object, without the last two columns (rss, swap) for a segment. */
static void read_row(struct snapshot *shot)
{
	char path[64], line[sizeof(shot->row)];
	int id;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", shot->facility->name);
	FILE *file = fopen(path, "re");

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d %d", &id) == 1 && id == shot->id) {
			char *end = line + strlen(line);
			/* rss and swap depend on the machine. */
			for (int columns = shot->facility == &shm_facility ? 2 : 0; columns;
			     columns--) {
				while (end > line && (end[-1] == ' ' || end[-1] == '\n'))
					end--;
				while (end > line && end[-1] != ' ')
					end--;
			}
			*end = '\0';
			snprintf(shot->row, sizeof(shot->row), "%s", line);
		}
	fclose(file);
}

struct snapshot snapshot_of(const struct facility *facility, int id)
{
	struct snapshot shot = {.facility = facility, .id = id};

	if (facility == &msg_facility)
		add_queue(&shot);
	else if (facility == &sem_facility)
		add_set(&shot);
	else
		add_segment(&shot);
	read_row(&shot);
	return shot;
}

void expect_unchanged_at(const char *file, int line, const char *what,
			 const struct snapshot *before)
{
	const struct snapshot after = snapshot_of(before->facility, before->id);
	char name[200];

	for (unsigned i = 0; i < before->nfacts && i < after.nfacts; i++) {
		if (before->without_otime && strcmp(before->fact[i].name, "sem_otime") == 0)
			continue;
		snprintf(name, sizeof(name), "%s after %s", before->fact[i].name, what);
		expect_eq_at(file, line, name, before->fact[i].value, after.fact[i].value);
	}
	snprintf(name, sizeof(name), "messages after %s", what);
	expect_eq_at(file, line, name, before->nfacts, after.nfacts);
	snprintf(name, sizeof(name), "row in /proc/sysvipc after %s", what);
	if (!before->without_otime && strcmp(before->row, after.row) != 0)
		fail_at(file, line, name, before->row, after.row);
}

void expect_serves(const struct ipc_calls *ipc, const struct facility *facility, int id, key_t key)
{
	const union state state = state_of(facility, id);

	expect_eq(id, facility->get(ipc, key, 0));
	expect_eq(0, facility->set(&libc_calls, id, state.perm.uid, state.perm.gid, 0600));
	expect_ok(facility->write(ipc, id));
	expect_ok(facility->read(ipc, id));
	expect_eq(0, rmid(facility, ipc, id));
	expect_errno(ENOENT, facility->get(ipc, key, 0));
}
