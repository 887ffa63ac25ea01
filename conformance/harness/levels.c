/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "levels.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "report/report_parts.h"

static const struct row {
	const char *glob, *words;
	enum level level;
} rows[] = {
#define POSIX(GLOB, CLAUSE) {GLOB, "POSIX.1-2017, " CLAUSE, LEVEL_POSIX},
#define EXACT(GLOB, WHAT) {GLOB, WHAT, LEVEL_EXACT},
#include "checks/levels.def"
};

bool level_from_name(const char *name, enum level *level)
{
	for (unsigned i = LEVEL_POSIX; i < NLEVELS; i++)
		if (strcmp(level_names[i], name) == 0) {
			*level = (enum level)i;
			return true;
		}
	return false;
}

/*
 * Whether the source is a manual page, such as "msgop(2), E2BIG" or "timespec(3type)".  proc(5)
 * does not count, because it describes the implementation of Linux.
 */
static bool begins_with_page(const char *source)
{
	const size_t name = strcspn(source, "(,; ");

	return source[name] == '(' && isdigit((unsigned char)source[name + 1]) &&
	       strncmp(source, "proc(5)", strlen("proc(5)")) != 0;
}

enum level level_of(const struct check *check, bool past_libc, const char **clause)
{
	*clause = NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fnmatch(rows[i].glob, check->id, 0) == 0) {
			if (rows[i].level == LEVEL_EXACT)
				return LEVEL_EXACT;
			if (past_libc)
				return LEVEL_LINUX;
			*clause = rows[i].words;
			return LEVEL_POSIX;
		}
	if (!begins_with_page(check->source) || check->needs & (NEED_LIMITS | NEED_NEXT_ID))
		return LEVEL_EXACT;
	return LEVEL_LINUX;
}
