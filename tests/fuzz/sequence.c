/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "sequence.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/isolate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A finding ends the program at once; its IPC objects disappear with the namespace. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	if (isolate())
		return 0;
	fprintf(stderr, "SKIP: cannot create an IPC namespace\n");
	exit(4);
}

const struct ipc_calls *take_calls(struct input *input)
{
	return take(input) & 1 ? &raw_calls : &libc_calls;
}

int take_id(struct input *input, int living, int gone)
{
	switch (take(input)) {
	case 0xff:
		return -1;
	case 0xfe:
		return gone;
	case 0xfd:
		return INT_MAX;
	case 0xfc:
		return INT_MIN;
	default:
		return living;
	}
}

void require_result(const char *file, int line, unsigned step, const char *call, long result,
		    int error, struct expected expected)
{
	if (expected.error) {
		if (result == -1 && error == expected.error)
			return;
	} else if (result == expected.result) {
		return;
	}
	char seen[32], wanted[32];
	finding(file, line, "as the model", "step %u: %s: %ld (%s), expected %ld (%s)", step, call,
		result, errno_name(result == -1 ? error : 0, seen), expected.result,
		errno_name(expected.error, wanted));
}
