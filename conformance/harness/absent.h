/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Calls that this kernel does not have: they fail with ENOSYS.  The cause may be an
 * unfinished kernel, a seccomp filter, or a kernel without CONFIG_SYSVIPC.
 */
#ifndef ABSENT_H
#define ABSENT_H

#include "calls.h"
#include "report/result.h"

/* The absent calls, for each way to make a call. */
struct absent {
	bool call[NWAYS][NCALLS];
};

/* Makes each call once, with arguments that every kernel refuses, so no object is made. */
void probe_calls(struct absent *absent);

/*
 * Sets one fact for each facility: "yes"; "not implemented" if all its calls are absent
 * through libc; "semtimedop: not implemented" if some are.
 */
void facility_facts(const struct absent *absent, struct machine_fact facts[NFACILITIES]);

/*
 * From now on, if this process or a child of it makes an absent call and gets ENOSYS,
 * not_implemented() ends the check.
 */
void expect_absent(const struct absent *absent);

#endif
