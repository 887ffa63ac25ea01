/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Observes which bytes the kernel and libc write. */
#include "abi/observe.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_constants.h"

const struct control controls[] = {
#define CONTROL_OUT(INDEX, F, NAME, C, K) [INDEX] = {F, NAME, C, K},
#define CONTROL_ARRAY_OUT(INDEX, F, NAME, C, K) [INDEX] = {F, NAME, C, NULL},
#define CONTROL(F, C, W, K) CONTROL_##W(CONTROL_##F##_##C, #F, #C, C, #K)
#include "interface/sysvipc.def"
};

/* ---- the three facilities ------------------------------------------------ */

/* Makes an object with content; on failure returns -1, with errno. */
static int make(const struct ipc_calls *ipc, char facility)
{
	struct {
		long mtype;
		char mtext[3];
	} message = {1, "abc"};
	int id = facility == 'm'   ? ipc->msgget(IPC_PRIVATE, 0600)
		 : facility == 's' ? ipc->semget(IPC_PRIVATE, OBSERVED_NSEMS, 0600)
				   : ipc->shmget(IPC_PRIVATE, 1, 0600);

	if (id != -1 && facility == 'm')
		ipc->msgsnd(id, &message, sizeof(message.mtext), IPC_NOWAIT);
	return id;
}

static int command(const struct ipc_calls *ipc, char facility, int id, int cmd, void *buf)
{
	return facility == 'm'	 ? ipc->msgctl(id, cmd, buf)
	       : facility == 's' ? ipc->semctl(id, 0, cmd, (union semun){.buf = buf})
				 : ipc->shmctl(id, cmd, buf);
}

/* The letter that distinguishes "msgctl", "semctl" and "shmctl". */
static char facility_of(const struct control *control)
{
	return control->call[0] == 'm' ? 'm' : control->call[1] == 'e' ? 's' : 'h';
}

/* MSG_STAT etc. take a slot and return the id of the object in it. */
static bool takes_slot(const struct control *control)
{
	return strstr(control->name, "_STAT") && strcmp(control->name, "IPC_STAT") != 0;
}

static int slot_of(const struct ipc_calls *ipc, const struct control *control, int id)
{
	char buf[OBSERVE_ROOM];

	/* ipc/util.h: the slot is the low 15 bits, or 24 with ipcmni_extend. */
	for (int bits = 15; bits <= 24; bits += 9) {
		int slot = id & ((1 << bits) - 1);
		if (command(ipc, facility_of(control), slot, control->cmd, buf) == id)
			return slot;
	}
	return -1;
}

/* ---- observing ----------------------------------------------------------- */

static bool observe_object(const struct ipc_calls *ipc, const struct control *control, int id,
			   struct observed *observed)
{
	enum { SIZE = sizeof(observed->written) };
	static const unsigned char poison[2] = {0x5a, 0xa5};
	_Alignas(max_align_t) unsigned char buf[2][SIZE];

	if (takes_slot(control))
		id = slot_of(ipc, control, id);
	for (int i = 0; i < 2; i++) {
		memset(buf[i], poison[i], SIZE);
		if (command(ipc, facility_of(control), id, control->cmd, buf[i] + OBSERVE_MARGIN) ==
		    -1)
			return false;
	}
	for (int i = 0; i < SIZE; i++)
		observed->written[i] = buf[0][i] != poison[0] || buf[1][i] != poison[1];
	return true;
}

bool observe(const struct ipc_calls *ipc, const struct control *control, struct observed *observed)
{
	int id = make(ipc, facility_of(control));
	bool ok;
	int error;

	if (id == -1)
		return false;
	ok = observe_object(ipc, control, id, observed);
	error = errno;
	command(ipc, facility_of(control), id, IPC_RMID, NULL);
	errno = error;
	return ok;
}

/* ---- comparing ----------------------------------------------------------- */

static void ranges(const bool *written, int from, int to, char *buf, size_t size)
{
	const char *before = "bytes ";
	size_t used = 0;

	snprintf(buf, size, "no byte");
	for (int i = from; i < to; i++) {
		int first = i;

		if (!written[i + OBSERVE_MARGIN])
			continue;
		while (i + 1 < to && written[i + 1 + OBSERVE_MARGIN])
			i++;
		int n = snprintf(buf + used, size - used, "%s%d-%d", before, first, i);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
		before = ", ";
	}
}

void observed_ranges(const struct observed *observed, char *buf, size_t size)
{
	ranges(observed->written, -OBSERVE_MARGIN, OBSERVE_ROOM + OBSERVE_MARGIN, buf, size);
}

/* Marks the bytes that must be written according to a layout; returns the structure's size. */
static int wanted_bytes(const struct control *control, const struct facts *layout, bool whole,
			bool *wanted)
{
	size_t length = control->structure ? strlen(control->structure) : 0;

	if (!control->structure) {
		memset(wanted + OBSERVE_MARGIN, true, OBSERVED_NSEMS * sizeof(unsigned short));
		return OBSERVED_NSEMS * (int)sizeof(unsigned short);
	}
	int size = (int)facts_number(layout, "struct", control->structure, "size");
	if (size < 0 || size > OBSERVE_ROOM)
		return -1;
	if (whole)
		memset(wanted + OBSERVE_MARGIN, true, (size_t)size);
	for (size_t i = 0; i < layout->n; i++) {
		const struct fact *fact = &layout->fact[i];
		if (strcmp(fact->kind, "member") != 0 ||
		    strncmp(fact->name, control->structure, length) != 0 ||
		    fact->name[length] != '.' || strstr(fact->value, " pad"))
			continue;
		long long offset = facts_number(layout, "member", fact->name, "offset");
		long long bytes = facts_number(layout, "member", fact->name, "size");
		/* Holes in a nested structure need not be written. */
		if (offset >= 0 && offset + bytes <= size && !strstr(fact->value, " struct"))
			memset(wanted + OBSERVE_MARGIN + offset, true, (size_t)bytes);
	}
	return size;
}

bool observed_agrees(const struct observed *observed, const struct control *control,
		     const struct facts *layout, bool whole, char *expected, size_t length)
{
	bool wanted[sizeof(observed->written)] = {false};
	int size = wanted_bytes(control, layout, whole, wanted);
	bool agrees = size >= 0;

	for (int i = -OBSERVE_MARGIN; i < OBSERVE_ROOM + OBSERVE_MARGIN; i++) {
		bool written = observed->written[i + OBSERVE_MARGIN];
		if (written ? i < 0 || i >= size : wanted[i + OBSERVE_MARGIN])
			agrees = false;
	}
	if (!agrees && size < 0) {
		snprintf(expected, length, "a layout of %s", control->structure);
	} else if (!agrees) {
		ranges(wanted, 0, OBSERVE_ROOM, expected, length);
		size_t used = strlen(expected);
		snprintf(expected + used, length - used, ", none outside of 0-%d", size - 1);
	}
	return agrees;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void observed_dump(FILE *out)
{
	static const struct {
		const char *name;
		const struct ipc_calls *calls;
	} ways[] = {{"libc", &libc_calls}, {"raw", &raw_calls}};
	char *lines[64];
	size_t n = 0;

	for (size_t i = 0; i < NCONTROLS; i++)
		for (int way = 0; way < 2; way++) {
			char name[64], what[256];
			struct observed observed;

			snprintf(name, sizeof(name), "%s.%s.%s", controls[i].call, controls[i].name,
				 ways[way].name);
			if (observe(ways[way].calls, &controls[i], &observed))
				observed_ranges(&observed, what, sizeof(what));
			else
				snprintf(what, sizeof(what), "absent");
			if (n < sizeof(lines) / sizeof(lines[0]) &&
			    asprintf(&lines[n], "wrote   %-22s %s", name, what) > 0)
				n++;
		}
	qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s\n", lines[i]);
		free(lines[i]);
	}
	fprintf(out, "# %zu facts\n", n);
}
