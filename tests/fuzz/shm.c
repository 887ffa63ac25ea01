/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Fuzz target: calls shmget(2), shmop(2), shmctl(2) and compares with a model of the memory. */
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

enum { SEGMENTS = 3, ATTACHMENTS = 5, MOST_PAGES = 3 };

struct segment {
	bool there, removed; /* removed: IPC_RMID was called, but it is still attached */
	int shmid;
	unsigned mode;
	size_t size, bytes; /* size: as requested; bytes: rounded up to whole pages */
	unsigned nattch;
	unsigned char *content;
};

struct attachment {
	struct segment *segment; /* NULL: nothing is attached */
	unsigned char *address;
	bool readonly;
};

struct memory {
	const struct ipc_calls *ipc;
	struct input input;
	unsigned step;
	size_t page;
	int gone;
	void *detached;
	struct segment segment[SEGMENTS];
	struct attachment attachment[ATTACHMENTS];
};

static struct segment *take_segment(struct memory *memory)
{
	return &memory->segment[take(&memory->input) % SEGMENTS];
}

static struct attachment *take_attachment(struct memory *memory)
{
	return &memory->attachment[take(&memory->input) % ATTACHMENTS];
}

/* Takes the segment's id, or that of a removed segment if there is no segment. */
static int take_shmid(struct memory *memory, const struct segment *segment)
{
	return take_id(&memory->input, segment->there ? segment->shmid : memory->gone,
		       memory->gone);
}

static bool is_of(int id, const struct segment *segment)
{
	return segment->there && id == segment->shmid;
}

/* ---- segments ------------------------------------------------------------------- */

static void make(struct memory *memory)
{
	static const size_t none[] = {0, SIZE_MAX};
	struct segment *segment = take_segment(memory);
	const uint8_t kind = take(&memory->input);
	const size_t size = 1 + take16(&memory->input) % (MOST_PAGES * memory->page);
	const unsigned mode = 0600 | (take(&memory->input) & 077);

	if (kind > 0xf0) {
		int result = memory->ipc->shmget(IPC_PRIVATE, none[kind & 1], (int)mode);
		REQUIRE_RESULT(memory->step, "shmget", result, FAILS(EINVAL));
		return;
	}
	if (segment->there)
		return;
	*segment = (struct segment){
		.there = true,
		.shmid = memory->ipc->shmget(IPC_PRIVATE, size, (int)mode),
		.mode = mode,
		.size = size,
		.bytes = (size + memory->page - 1) / memory->page * memory->page,
	};
	REQUIRE(segment->shmid != -1, "step %u: shmget: %m", memory->step);
	segment->content = calloc(1, segment->bytes);
	REQUIRE(segment->content, "no memory");
}

static void destroy(struct memory *memory, struct segment *segment)
{
	memory->gone = segment->shmid;
	free(segment->content);
	*segment = (struct segment){0};
}

static void remove_segment(struct memory *memory)
{
	struct segment *segment = take_segment(memory);
	const int id = take_shmid(memory, segment);

	int result = memory->ipc->shmctl(id, IPC_RMID, NULL);
	REQUIRE_RESULT(memory->step, "IPC_RMID", result,
		       is_of(id, segment) ? RETURNS(0) : FAILS(EINVAL));
	if (!is_of(id, segment))
		return;
	segment->removed = true;
	if (segment->nattch == 0)
		destroy(memory, segment);
}

/* ---- attachments ------------------------------------------------------------------ */

static void attached(struct attachment *attachment, struct segment *segment, void *address,
		     bool readonly)
{
	*attachment = (struct attachment){segment, address, readonly};
	segment->nattch++;
}

static void detached(struct memory *memory, struct attachment *attachment)
{
	struct segment *segment = attachment->segment;

	memory->detached = attachment->address;
	*attachment = (struct attachment){0};
	if (--segment->nattch == 0 && segment->removed)
		destroy(memory, segment);
}

/* Lets the kernel choose the address. */
static void attach(struct memory *memory)
{
	struct attachment *attachment = take_attachment(memory);
	struct segment *segment = take_segment(memory);
	const int id = take_shmid(memory, segment);
	const uint8_t flags = take(&memory->input);
	const int shmflg = (flags & 1 ? SHM_RDONLY : 0) | (flags & 2 ? SHM_RND : 0) |
			   (flags == 0xff ? SHM_REMAP : 0);

	if (attachment->segment)
		return;
	void *address = memory->ipc->shmat(id, NULL, shmflg);
	if (!is_of(id, segment) || shmflg & SHM_REMAP) {
		REQUIRE_RESULT(memory->step, "shmat", (long)address, FAILS(EINVAL));
		return;
	}
	REQUIRE((long)address != -1, "step %u: shmat: %m", memory->step);
	attached(attachment, segment, address, shmflg & SHM_RDONLY);
}

/* Attaches over another attachment, also at an address that is not a multiple of the page size. */
static void attach_over(struct memory *memory)
{
	struct attachment *attachment = take_attachment(memory);
	struct segment *segment = take_segment(memory);
	const uint8_t flags = take(&memory->input);
	const size_t beside = take16(&memory->input) % memory->page;
	const int shmflg = (flags & 1 ? SHM_RDONLY : 0) | (flags & 2 ? SHM_RND : 0) |
			   (flags & 4 ? SHM_REMAP : 0);

	if (!attachment->segment || !segment->there || segment->bytes != attachment->segment->bytes)
		return;
	unsigned char *place = attachment->address;
	void *address = memory->ipc->shmat(segment->shmid, place + beside, shmflg);
	if (!(shmflg & SHM_REMAP) || (beside && !(shmflg & SHM_RND))) {
		REQUIRE_RESULT(memory->step, "shmat", (long)address, FAILS(EINVAL));
		return;
	}
	REQUIRE_RESULT(memory->step, "shmat", (long)address, RETURNS((long)place));
	/* The kernel attaches the new segment before it detaches the old one. */
	struct attachment old = *attachment;
	attached(attachment, segment, place, shmflg & SHM_RDONLY);
	detached(memory, &old);
}

/* Returns an offset in the attachment, mostly 0; shmdt fails with any other offset. */
static size_t take_beside(struct memory *memory, const struct attachment *attachment)
{
	const uint8_t kind = take(&memory->input);

	if (kind <= 0xf0 || !attachment->segment)
		return 0;
	if (kind == 0xff && attachment->segment->bytes > memory->page)
		return memory->page;
	return 1 + take16(&memory->input) % (memory->page - 1);
}

static void detach(struct memory *memory)
{
	struct attachment *attachment = take_attachment(memory);
	const size_t beside = take_beside(memory, attachment);

	if (!attachment->segment)
		return;
	int result = memory->ipc->shmdt(attachment->address + beside);
	REQUIRE_RESULT(memory->step, "shmdt", result, beside ? FAILS(EINVAL) : RETURNS(0));
	if (!beside)
		detached(memory, attachment);
}

/* Detaches an address again, unless another attachment has taken it. */
static void detach_twice(struct memory *memory)
{
	for (unsigned i = 0; i < ATTACHMENTS; i++)
		if (memory->attachment[i].segment &&
		    memory->attachment[i].address == memory->detached)
			return;
	int result = memory->ipc->shmdt(memory->detached);
	REQUIRE_RESULT(memory->step, "shmdt", result, FAILS(EINVAL));
}

/* ---- content -------------------------------------------------------------------- */

static void write_bytes(struct memory *memory)
{
	struct attachment *attachment = take_attachment(memory);
	const unsigned from = take16(&memory->input);
	const unsigned length = take16(&memory->input);
	const uint8_t which = take(&memory->input);

	if (!attachment->segment || attachment->readonly)
		return;
	struct segment *segment = attachment->segment;
	for (size_t i = from % segment->bytes; i < segment->bytes && i < from + length; i++)
		attachment->address[i] = segment->content[i] = pattern_byte(which, i);
}

static void compare(const struct memory *memory, const struct attachment *attachment)
{
	const struct segment *segment = attachment->segment;

	for (size_t i = 0; segment && i < segment->bytes; i++)
		REQUIRE(attachment->address[i] == segment->content[i],
			"step %u: byte %zu of %zu is %#x, expected %#x", memory->step, i,
			segment->bytes, attachment->address[i], segment->content[i]);
}

static void read_bytes(struct memory *memory)
{
	compare(memory, take_attachment(memory));
}

/* ---- control -------------------------------------------------------------------- */

static void compare_state(const struct memory *memory, const struct segment *segment,
			  const struct shmid_ds *ds)
{
	const unsigned mode = segment->mode | (segment->removed ? SHM_DEST : 0);

	REQUIRE(ds->shm_segsz == segment->size, "step %u: shm_segsz %zu, expected %zu",
		memory->step, (size_t)ds->shm_segsz, segment->size);
	REQUIRE(ds->shm_nattch == segment->nattch, "step %u: shm_nattch %lu, expected %u",
		memory->step, (unsigned long)ds->shm_nattch, segment->nattch);
	REQUIRE(ds->shm_perm.mode == mode, "step %u: mode %o, expected %o", memory->step,
		(unsigned)ds->shm_perm.mode, mode);
	REQUIRE(ds->shm_cpid == getpid(), "step %u: shm_cpid %d", memory->step, ds->shm_cpid);
}

static void stat(struct memory *memory)
{
	static const struct {
		int cmd;
		bool by_slot;
	} ways[] = {{IPC_STAT, false}, {SHM_STAT, true}, {SHM_STAT_ANY, true}};
	const unsigned way = take(&memory->input) % 3;
	struct segment *segment = take_segment(memory);
	const int id = take_shmid(memory, segment);
	struct shmid_ds ds;

	if (!segment->there && ways[way].by_slot)
		return;
	memset(&ds, 0xa5, sizeof(ds));
	int result = memory->ipc->shmctl(ways[way].by_slot ? segment->shmid & 0x7fff : id,
					 ways[way].cmd, &ds);
	if (!ways[way].by_slot && !is_of(id, segment)) {
		REQUIRE_RESULT(memory->step, "IPC_STAT", result, FAILS(EINVAL));
		return;
	}
	REQUIRE_RESULT(memory->step, "IPC_STAT", result,
		       RETURNS(ways[way].by_slot ? segment->shmid : 0));
	compare_state(memory, segment, &ds);
}

static void set(struct memory *memory)
{
	struct segment *segment = take_segment(memory);
	const int id = take_shmid(memory, segment);
	const unsigned mode = 0600 | (take(&memory->input) & 077);
	struct shmid_ds ds;

	memset(&ds, 0xa5, sizeof(ds));
	ds.shm_perm.uid = geteuid();
	ds.shm_perm.gid = getegid();
	ds.shm_perm.mode = (__typeof__(ds.shm_perm.mode))mode;
	int result = memory->ipc->shmctl(id, IPC_SET, &ds);
	REQUIRE_RESULT(memory->step, "IPC_SET", result,
		       is_of(id, segment) ? RETURNS(0) : FAILS(EINVAL));
	if (is_of(id, segment))
		segment->mode = mode;
}

static void info(struct memory *memory)
{
	struct shm_info all;
	int used = 0;
	size_t pages = 0;

	for (unsigned i = 0; i < SEGMENTS; i++) {
		used += memory->segment[i].there;
		pages += memory->segment[i].bytes / memory->page;
	}
	memset(&all, 0xa5, sizeof(all));
	int result = memory->ipc->shmctl(0, SHM_INFO, (struct shmid_ds *)&all);
	REQUIRE(result >= 0, "step %u: SHM_INFO: %m", memory->step);
	REQUIRE(all.used_ids == used && all.shm_tot == pages,
		"step %u: SHM_INFO: %d segments of %lu pages, expected %d of %zu", memory->step,
		all.used_ids, all.shm_tot, used, pages);
}

static void unknown(struct memory *memory)
{
	struct segment *segment = take_segment(memory);
	const int id = take_shmid(memory, segment);
	const int cmd = 100 + take(&memory->input);
	struct shmid_ds ds;

	int result = memory->ipc->shmctl(id, cmd & 1 ? -cmd : cmd, &ds);
	REQUIRE_RESULT(memory->step, "an unknown command", result, FAILS(EINVAL));
}

/* ---- sequences ------------------------------------------------------------------ */

/* Compares and detaches all attachments, and removes all segments. */
static void end(struct memory *memory)
{
	for (unsigned i = 0; i < ATTACHMENTS; i++) {
		struct attachment *attachment = &memory->attachment[i];

		if (!attachment->segment)
			continue;
		compare(memory, attachment);
		REQUIRE(memory->ipc->shmdt(attachment->address) == 0, "%m");
		detached(memory, attachment);
	}
	for (unsigned i = 0; i < SEGMENTS; i++) {
		struct segment *segment = &memory->segment[i];

		if (!segment->there)
			continue;
		REQUIRE(memory->ipc->shmctl(segment->shmid, IPC_RMID, NULL) == 0, "%m");
		destroy(memory, segment);
	}
	info(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const calls[])(struct memory *) = {
		make,	make,	make,	      attach,	   attach,	   attach,     attach_over,
		detach, detach, detach_twice, write_bytes, write_bytes,	   read_bytes, stat,
		stat,	set,	info,	      unknown,	   remove_segment,
	};
	struct memory memory = {
		.input = {data, size},
		.gone = -1,
		.page = (size_t)sysconf(_SC_PAGESIZE),
	};

	memory.ipc = take_calls(&memory.input);
	while (memory.input.left > 0 && memory.step++ < MOST_STEPS)
		calls[take(&memory.input) % (sizeof(calls) / sizeof(calls[0]))](&memory);
	end(&memory);
	return 0;
}
