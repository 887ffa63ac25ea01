/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Mutants of shmget. */
#include <string.h>
#include <unistd.h>

#include "shared.h"

#define GET(KEY, FLAGS) t->real->shmget(KEY, size, FLAGS)
GET_MUTANTS(ON_SHMGET, "segment", shmflg)

ON_SHMGET(one_more, "a segment has one byte more than asked for")
{
	return t->real->shmget(key, size > 0 && shmflg & 0777 ? size + 1 : size, shmflg);
}

ON_SHMGET(one_page_less, "a segment of more than a page lacks its last page")
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return t->real->shmget(key, size > page && size < 3 * page ? page : size, shmflg);
}

ON_SHMGET(more_found, "shmget finds a segment that is smaller than size")
{
	int result = t->real->shmget(key, size, shmflg);

	return result == -1 && errno == EINVAL && key != IPC_PRIVATE
		       ? t->real->shmget(key, 0, shmflg & ~IPC_CREAT)
		       : result;
}

ON_SHMGET(less_refused, "shmget does not find a segment that is larger than size")
{
	struct shmid_ds ds;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && t->real->shmctl(result, IPC_STAT, &ds) == 0 && size < ds.shm_segsz)
		return fails(EINVAL);
	return result;
}

ON_SHMGET(none_is_one, "shmget with 0 bytes creates a segment of one byte")
{
	return t->real->shmget(key, size == 0 && shmflg & 0777 ? 1 : size, shmflg);
}

ON_SHMGET(size_cut, "a size is truncated to 32 bits")
{
	return t->real->shmget(key, (unsigned)size, shmflg);
}

ON_SHMGET(shmmax_one_less, "a segment of shmmax bytes is refused")
{
	struct shminfo info;

	if (t->real->shmctl(0, IPC_INFO, (struct shmid_ds *)&info) != -1 && size == info.shmmax)
		return fails(EINVAL);
	return t->real->shmget(key, size, shmflg);
}

/* Reads the numbers of segments and of pages, and their limits. */
static bool segments(const struct through *t, struct shm_info *used, struct shminfo *limit)
{
	return t->real->shmctl(0, SHM_INFO, (struct shmid_ds *)used) != -1 &&
	       t->real->shmctl(0, IPC_INFO, (struct shmid_ds *)limit) != -1;
}

ON_SHMGET(shmmni_one_less, "the limit shmmni is one too low")
{
	struct shm_info used;
	struct shminfo limit;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && segments(t, &used, &limit) &&
	    (unsigned long)used.used_ids >= limit.shmmni) {
		t->real->shmctl(result, IPC_RMID, NULL);
		return fails(ENOSPC);
	}
	return result;
}

ON_SHMGET(shmall_one_less, "the limit shmall is one too low")
{
	struct shm_info used;
	struct shminfo limit;
	int result = t->real->shmget(key, size, shmflg);

	if (result != -1 && segments(t, &used, &limit) && used.shm_tot >= limit.shmall) {
		t->real->shmctl(result, IPC_RMID, NULL);
		return fails(ENOSPC);
	}
	return result;
}

ON_SHMGET(shmall_wraps, "the sum of the pages of all segments starts again at 0")
{
	int result = t->real->shmget(key, size, shmflg);

	return result == -1 && errno == ENOSPC && size == (size_t)LONG_MAX
		       ? t->real->shmget(key, 1, shmflg)
		       : result;
}

ON_SHMGET(not_zeroed, "the pages of a new segment are not cleared")
{
	int result = t->real->shmget(key, size, shmflg);
	char *address = result != -1 && key == IPC_PRIVATE && size <= 65536
				? t->real->shmat(result, NULL, 0)
				: (void *)-1;

	if (address != (char *)-1) {
		memset(address, 'x', size);
		t->real->shmdt(address);
	}
	return result;
}

ON_SHMGET(hugetlb_ignored, "SHM_HUGETLB is ignored")
{
	return t->real->shmget(key, size,
			       shmflg & ~(SHM_HUGETLB | SHM_HUGE_MASK << SHM_HUGE_SHIFT));
}

ON_SHMGET(huge_size_ignored, "the size of huge pages is ignored")
{
	return t->real->shmget(key, size, shmflg & ~(SHM_HUGE_MASK << SHM_HUGE_SHIFT));
}

ON_SHMGET(huge_size_counts, "a segment with an unknown size of huge pages fails, and uses a slot")
{
	int result = t->real->shmget(key, size, shmflg);

	if (result == -1 && errno == EINVAL && shmflg & SHM_HUGETLB) {
		t->real->shmget(IPC_PRIVATE, 1, 0600);
		errno = EINVAL;
	}
	return result;
}

ON_SHMGET(next_id_other, "the sequence number of shm_next_id is not used")
{
	spoil_next_id("shm");
	return t->real->shmget(key, size, shmflg);
}

/* The segment that this process removed last. */
static int removed = -1;

static int note_removed(const struct through *t, int shmid, int cmd, struct shmid_ds *buf)
{
	int result = t->real->shmctl(shmid, cmd, buf);

	if (cmd == IPC_RMID && result == 0)
		removed = shmid;
	return result;
}

static int reuse_removed(const struct through *t, key_t key, size_t size, int shmflg)
{
	if (removed != -1)
		write_next_id("shm", removed);
	return t->real->shmget(key, size, shmflg);
}

MUTANT(sequence_mutant, "shmget.sequence_reused", "the id of a removed segment is reused at once",
       .shmget = reuse_removed, .shmctl = note_removed);

ON_SHMGET(noreserve_ignored, "SHM_NORESERVE is ignored")
{
	return t->real->shmget(key, size, shmflg & ~SHM_NORESERVE);
}

ON_SHMGET(never_reserves, "no segment reserves memory")
{
	return t->real->shmget(key, size, shmflg | SHM_NORESERVE);
}
