/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc-conform with a mutant: --mutant NAME must be the first option. */
#include <stdio.h>
#include <string.h>

#include "mutants.h"
#include "harness/isolate.h"

/* main of conformance/harness/main.c */
int conform_main(int argc, char **argv);

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "mutants") == 0) {
		list_mutants(stdout);
		return fflush(stdout) ? 2 : 0;
	}
	if (argc > 2 && strcmp(argv[1], "--mutant") == 0) {
		if (!choose_mutant(argv[2])) {
			fprintf(stderr, "ipc-conform-mutants: no such mutant: %s\n", argv[2]);
			return 2;
		}
		/* The end of the namespace removes the objects that a mutant leaves behind. */
		if (!isolate()) {
			fprintf(stderr, "ipc-conform-mutants: cannot create an IPC namespace\n");
			return 2;
		}
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	return conform_main(argc, argv);
}
