/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Puts the mutant of tests/mutants/checks that MUTANT names between a target and its calls. */
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
