/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The harness as the first process, of a kernel or of a container. */
#ifndef INIT_H
#define INIT_H

/*
 * Runs program with argv in a child, and waits for any process that init is
 * left; its exit status.  Where there is nothing but a kernel, which shows in that
 * nobody has mounted /proc, it mounts what checks need before, and afterwards says
 * the exit status in the last line of the console and switches the machine off.
 */
int run_as_init(int (*program)(int argc, char **argv), int argc, char **argv);

#endif
