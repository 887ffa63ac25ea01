/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* With this a target has a fault of tests/mutants/checks before its calls, which FAULT names. */
#include <stdlib.h>
#include <unistd.h>

#include "../mutants/checks/faults.h"

__attribute__((constructor)) static void choose(void)
{
	const char *name = getenv("FAULT");

	if (name && choose_fault(name))
		return;
	fprintf(stderr, "no such fault: %s\n", name ? name : "");
	_exit(2);
}
