/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc-conform with a fault, which the first option chooses. */
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "harness/isolate.h"

/* main of conformance/harness/main.c */
int conform_main(int argc, char **argv);

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "faults") == 0) {
		list_faults(stdout);
		return fflush(stdout) ? 2 : 0;
	}
	if (argc > 2 && strcmp(argv[1], "--fault") == 0) {
		if (!choose_fault(argv[2])) {
			fprintf(stderr, "ipc-conform-faults: no such fault: %s\n", argv[2]);
			return 2;
		}
		/* Objects that a fault leaves behind are removed with the namespace. */
		if (!isolate()) {
			fprintf(stderr, "ipc-conform-faults: cannot create an IPC namespace\n");
			return 2;
		}
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	return conform_main(argc, argv);
}
