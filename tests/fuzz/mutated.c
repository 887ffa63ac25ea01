/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* With this a target has a mutant of tests/mutants/checks before its calls, which MUTANT names. */
#include <stdlib.h>
#include <unistd.h>

#include "../mutants/checks/mutants.h"

__attribute__((constructor)) static void choose(void)
{
	const char *name = getenv("MUTANT");

	if (name && choose_mutant(name))
		return;
	fprintf(stderr, "no such mutant: %s\n", name ? name : "");
	_exit(2);
}
