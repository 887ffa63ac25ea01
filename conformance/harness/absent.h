/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Calls that a kernel does not have: it answers them with ENOSYS.  A kernel that is not
 * finished, a seccomp filter, a kernel built without CONFIG_SYSVIPC.
 */
#ifndef ABSENT_H
#define ABSENT_H

#include "calls.h"
#include "report/result.h"

/* Which calls, by which way. */
struct absent {
	bool call[NWAYS][NCALLS];
};

/* Makes each call once, with arguments that no kernel accepts, so it makes nothing. */
void probe_calls(struct absent *absent);

/*
 * One fact for each of the facilities: "yes"; "not implemented", where libc has none of
 * its calls; "semtimedop: not implemented", where some.  The program's first facts.
 */
void facility_facts(const struct absent *absent, struct machine_fact facts[NFACILITIES]);

/*
 * From now on, a call of this process or its children that is absent and answers ENOSYS
 * ends the check, with not_implemented().
 */
void expect_absent(const struct absent *absent);

#endif
