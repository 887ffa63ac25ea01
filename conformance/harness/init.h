/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The harness as the first process of a kernel or of a container. */
#ifndef INIT_H
#define INIT_H

/*
 * Runs program with argv in a child, reaps orphans, and returns the exit status.  If /proc is
 * not mounted, this is the only process of a kernel: it first mounts the file systems that
 * checks need, and afterwards prints the exit status on the console's last line and switches
 * the machine off.
 */
int run_as_init(int (*program)(int argc, char **argv), int argc, char **argv);

#endif
