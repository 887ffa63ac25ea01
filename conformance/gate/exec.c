/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The first process of a kernel: runs the program on its command line in the folder /tree. */
#include <stdio.h>
#include <unistd.h>

#include "harness/init.h"

static int run_program(int argc, char **argv)
{
	(void)argc;
	if (chdir("/tree") == 0)
		execv(argv[1], argv + 1);
	perror("ipc-conform: exec");
	return 2;
}

int main(int argc, char **argv)
{
	return run_as_init(run_program, argc, argv);
}
