/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lists all objects of a namespace as ipcs(1) does, by /proc/sysvipc and slot by slot, with
 * free slots before, between and after the slots in use.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "facility.h"

#define CTL "msgctl(2), semctl(2), shmctl(2)"
#define PROC "proc(5), /proc/sysvipc"
#define NEEDED (NEED_NAMESPACE | NEED_PROC)

enum { MOST = 128, MOST_TEXT = 64 * 1024 };

/* Ids in the order in which they were listed. */
struct ids {
	unsigned n;
	int id[MOST];
};

static void add(struct ids *ids, int id)
{
	if (ids->n < MOST)
		ids->id[ids->n] = id;
	ids->n++;
}

static int by_value(const void *one, const void *two)
{
	const int a = *(const int *)one, b = *(const int *)two;

	return (a > b) - (a < b);
}

/* Both lists have the same ids, each once, in any order. */
static void expect_same_ids(const struct ids *want, const struct ids *got)
{
	struct ids a = *want, b = *got;

	if (!expect_eq(a.n, b.n) || a.n > MOST)
		return;
	qsort(a.id, a.n, sizeof(a.id[0]), by_value);
	qsort(b.id, b.n, sizeof(b.id[0]), by_value);
	for (unsigned i = 0; i < a.n; i++)
		expect_eq(a.id[i], b.id[i]);
}

static int open_list(const struct facility *facility)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", facility->name);
	return open_proc(path);
}

/* Reads the rest of a file of /proc/sysvipc in pieces. */
static size_t read_list(int fd, char *text, size_t piece)
{
	size_t length = 0;
	ssize_t n;

	while (length + piece < MOST_TEXT && (n = must((int)read(fd, text + length, piece))) > 0)
		length += (size_t)n;
	text[length] = '\0';
	return length;
}

/* The ids, which are the second word of each line but the first. */
static struct ids ids_in(const char *text)
{
	struct ids ids = {0};
	long id;

	while ((text = strchr(text, '\n')) && *++text)
		if (sscanf(text, "%*d %ld", &id) == 1)
			add(&ids, (int)id);
	return ids;
}

static struct ids listed(const struct facility *facility)
{
	static char text[MOST_TEXT];
	int fd = open_list(facility);

	read_list(fd, text, 4096);
	close(fd);
	return ids_in(text);
}

/* Lists ids by slot with MSG_STAT etc., also for some slots above the result of MSG_INFO. */
static struct ids by_slots(const struct ipc_calls *ipc, const struct facility *facility, int cmd)
{
	union info info = {0};
	union state state;
	struct ids ids = {0};
	int highest = must(facility->control(ipc, 0, facility->info, &info)), last = 0;

	for (int slot = 0; slot <= highest + 8; slot++) {
		int id = facility->control(ipc, slot, cmd, &state);
		if (id == -1) {
			expect_eq(EINVAL, errno);
			continue;
		}
		add(&ids, id);
		last = slot;
	}
	expect_eq(last, highest);
	expect_eq(ids.n, facility->used(&info));
	expect_eq(highest, facility->control(ipc, 0, IPC_INFO, &info));
	return ids;
}

enum { SLOTS = 5 };

CHECK_EACH_CTL("enumeration.holes", LIBC | RAW, NEEDED,
	       "whichever slots are free, /proc/sysvipc and MSG_STAT, ... list every object once, "
	       "in one order",
	       PROC "; kernel commits 89163f93c6f9, 5e698222c702")
{
	/* Each bit says whether one of five objects still exists. */
	for (unsigned there = 0; there < 1u << SLOTS; there++) {
		struct ids all = {0}, want = {0};
		for (unsigned i = 0; i < SLOTS; i++)
			add(&all, must(facility->get(ipc, IPC_PRIVATE, 0600)));
		for (unsigned i = 0; i < SLOTS; i++)
			if (there & 1u << i)
				add(&want, all.id[i]);
			else
				must(rmid(facility, ipc, all.id[i]));
		const struct ids slots = by_slots(ipc, facility, facility->stat);
		const struct ids rows = listed(facility);
		expect_same_ids(&want, &slots);
		expect_same_ids(&want, &rows);
		for (unsigned i = 0; i < rows.n && i < slots.n; i++)
			expect_eq(slots.id[i], rows.id[i]);
		for (unsigned i = 0; i < want.n; i++)
			must(rmid(facility, ipc, want.id[i]));
	}
}

CHECK_EACH_CTL("enumeration.holes_any", LIBC, NEEDED | NEED_STAT_ANY,
	       "MSG_STAT_ANY, ... lists every object once, whichever slots are free",
	       CTL ": MSG_STAT_ANY, ...")
{
	struct ids all = {0}, want = {0};

	for (unsigned i = 0; i < 2 * SLOTS; i++)
		add(&all, must(facility->get(ipc, IPC_PRIVATE, 0000)));
	for (unsigned i = 0; i < all.n; i++)
		if (i % 3 == 1)
			add(&want, all.id[i]);
		else
			must(rmid(facility, ipc, all.id[i]));
	const struct ids slots = by_slots(ipc, facility, facility->stat_any);
	expect_same_ids(&want, &slots);
}

CHECK_EACH_CTL("enumeration.highest", LIBC | RAW, NEED_NAMESPACE,
	       "the highest slot in use decreases with the highest object, to 0 with the last one",
	       CTL ": RETURN VALUE; ipc/util.c, ipc_rmid, ipc_search_maxidx")
{
	union info info = {0};
	int id[SLOTS], highest[SLOTS];

	expect_eq(0, facility->control(ipc, 0, facility->info, &info));
	for (int i = 0; i < SLOTS; i++) {
		id[i] = must(facility->get(ipc, IPC_PRIVATE, 0600));
		highest[i] = must(facility->control(ipc, 0, facility->info, &info));
		expect_eq(i + 1, facility->used(&info));
		if (i > 0)
			expect_eq(highest[i - 1] + 1, highest[i]);
	}
	/* Removing the third object leaves a free slot, which the highest slot skips later. */
	must(rmid(facility, ipc, id[2]));
	expect_eq(highest[4], facility->control(ipc, 0, facility->info, &info));
	must(rmid(facility, ipc, id[4]));
	expect_eq(highest[3], facility->control(ipc, 0, facility->info, &info));
	must(rmid(facility, ipc, id[3]));
	expect_eq(highest[1], facility->control(ipc, 0, facility->info, &info));
	must(rmid(facility, ipc, id[0]));
	expect_eq(highest[1], facility->control(ipc, 0, facility->info, &info));
	must(rmid(facility, ipc, id[1]));
	expect_eq(0, facility->control(ipc, 0, facility->info, &info));
	expect_eq(0, facility->used(&info));
}

/* ---- reading /proc/sysvipc ------------------------------------------------------------- */

/* Makes objects in every other slot, enough for more than a page of text. */
static struct ids many_objects(const struct ipc_calls *ipc, const struct facility *facility)
{
	enum { N = 80 };
	struct ids all = {0};
	int between[N];

	for (unsigned i = 0; i < N; i++) {
		add(&all, must(facility->get(ipc, IPC_PRIVATE, 0600)));
		between[i] = must(facility->get(ipc, IPC_PRIVATE, 0600));
	}
	for (unsigned i = 0; i < N; i++)
		must(rmid(facility, ipc, between[i]));
	return all;
}

CHECK_EACH_CTL("enumeration.pieces", LIBC | RAW, NEEDED,
	       "reading /proc/sysvipc in pieces of any size returns the same text",
	       PROC "; ipc/util.c, sysvipc_proc_next; kernel commit 89163f93c6f9")
{
	static const size_t pieces[] = {1, 7, 64, 1000, 4096, 20000};
	static char whole[MOST_TEXT], text[MOST_TEXT];
	const struct ids want = many_objects(ipc, facility);
	int fd = open_list(facility);
	size_t length = read_list(fd, whole, 8192);

	close(fd);
	const struct ids rows = ids_in(whole);
	expect_same_ids(&want, &rows);
	for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		fd = open_list(facility);
		if (expect_eq(length, read_list(fd, text, pieces[i])))
			expect_bytes(whole, text, length);
		/* Another read at the end also returns 0. */
		expect_eq(0, read(fd, text, 1));
		close(fd);
	}
}

CHECK_EACH_CTL(
	"enumeration.seek", LIBC | RAW, NEEDED,
	"reads of /proc/sysvipc continue at the offset that lseek sets, also at the beginning",
	PROC "; fs/seq_file.c, seq_lseek, traverse")
{
	static char whole[MOST_TEXT], text[MOST_TEXT];
	int fd;
	size_t length;

	many_objects(ipc, facility);
	fd = open_list(facility);
	length = read_list(fd, whole, 4096);
	for (size_t offset = length; offset > 0; offset /= 3) {
		expect_eq((int)offset, (int)lseek(fd, (off_t)offset, SEEK_SET));
		if (expect_eq(length - offset, read_list(fd, text, 4096)))
			expect_bytes(whole + offset, text, length - offset);
	}
	expect_eq(0, (int)lseek(fd, 0, SEEK_SET));
	if (expect_eq(length, read_list(fd, text, 100)))
		expect_bytes(whole, text, length);
	expect_eq(100, pread(fd, text, 100, 50));
	expect_bytes(whole + 50, text, 100);
	close(fd);
}

CHECK_EACH_CTL("enumeration.removed_meanwhile", LIBC | RAW, NEEDED,
	       "if objects are removed or made during the reading, the other rows appear once each",
	       PROC "; ipc/util.c, sysvipc_find_ipc")
{
	static char text[MOST_TEXT];
	const struct ids all = many_objects(ipc, facility);
	int fd = open_list(facility);
	size_t first = (size_t)must((int)read(fd, text, 1500));

	for (unsigned i = 0; i < all.n; i += 3)
		must(rmid(facility, ipc, all.id[i]));
	must(facility->get(ipc, IPC_PRIVATE, 0600));
	read_list(fd, text + first, 500);
	close(fd);
	const struct ids rows = ids_in(text);
	for (unsigned i = 0; i < all.n; i++) {
		unsigned times = 0;
		for (unsigned row = 0; row < rows.n && row < MOST; row++)
			times += rows.id[row] == all.id[i];
		expect_between(i % 3 == 0 ? 0 : 1, 1, times);
	}
}

CHECK_EACH_CTL("enumeration.ends", LIBC | RAW, NEEDED | NEED_NEXT_ID,
	       "objects in the first and in the last possible slot are both listed, once each",
	       PROC "; ipc/util.h, ipcmni; ipc/util.c, ipc_get_maxidx")
{
	union info info = {0};
	union state state;
	struct ids want = {0};

	add(&want, must(facility->get(ipc, IPC_PRIVATE, 0600)));
	/* The largest id is in the last slot: of 2^15, or of 2^24 with ipcmni_extend. */
	set_limit(facility->next_id, "2147483647");
	add(&want, must(facility->get(ipc, IPC_PRIVATE, 0600)));
	expect_eq(2147483647, want.id[1]);
	int last = must(facility->control(ipc, 0, facility->info, &info));
	expect(last == (1 << 15) - 1 || last == (1 << 24) - 1);
	expect_eq(2, facility->used(&info));
	expect_eq(want.id[1], facility->control(ipc, last, facility->stat, &state));
	expect_errno(EINVAL, facility->control(ipc, last - 1, facility->stat, &state));
	const struct ids rows = listed(facility);
	expect_same_ids(&want, &rows);
	must(rmid(facility, ipc, want.id[1]));
	expect(must(facility->control(ipc, 0, facility->info, &info)) < 64);
	expect_eq(1, sysvipc_rows(facility->name));
}

CHECK("shmctl.info.holes", LIBC | RAW, NEED_NAMESPACE,
      "SHM_INFO also adds up segments after free slots: sizes, pages in memory and in swap",
      "shmctl(2), SHM_INFO; ipc/shm.c, shm_get_stat")
{
	const size_t page = page_size();
	struct shm_info info;
	int shmid[SLOTS];

	for (size_t i = 0; i < SLOTS; i++) {
		shmid[i] = must(ipc->shmget(IPC_PRIVATE, 10 * page, 0600));
		char *address = attach(ipc, shmid[i], NULL, 0);
		for (size_t n = 0; n < (size_t)1 << i; n += 2)
			address[n / 2 * page] = 'x';
		must(ipc->shmdt(address));
	}
	/* 1 1 2 4 8 pages are in use: nearly all sums of some of them differ. */
	for (unsigned gone = 0; gone < SLOTS; gone++) {
		static const unsigned order[SLOTS] = {0, 3, 1, 4, 2};
		static const unsigned long left[SLOTS] = {15, 11, 10, 2, 0};
		must(ipc->shmctl(shmid[order[gone]], IPC_RMID, NULL));
		must(libc_calls.shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
		expect_eq(left[gone], info.shm_rss + info.shm_swp);
		expect_eq(10 * (SLOTS - 1 - gone), info.shm_tot);
	}
}
