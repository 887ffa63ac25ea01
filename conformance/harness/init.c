/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "init.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* False if this process is not the first one of a fresh kernel. */
static bool mount_all(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"devtmpfs", "/dev"}, /* files for results */
		{"tmpfs", "/tmp"},    /* files of libcheck and ftok */
	};

	if (access("/proc/self", F_OK) == 0)
		return false;
	for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL) == 0)
			continue;
		fprintf(stderr, "ipc-conform: %s: %s\n", mounts[i].where, strerror(errno));
		/* Without the right to mount, it is not the init of a machine. */
		if (i == 0)
			return false;
	}
	return true;
}

static int reap_until(pid_t program)
{
	int status = 0;
	pid_t ended;

	do
		ended = wait(&status);
	while (ended != program && (ended != -1 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_as_init(int (*program)(int argc, char **argv), int argc, char **argv)
{
	static char command[] = "run";
	char *only_run[] = {argv[0], command, NULL};
	bool machine = mount_all();
	pid_t pid = fork();
	int status;

	if (pid == -1) {
		fprintf(stderr, "ipc-conform: fork: %s\n", strerror(errno));
		return 2;
	}
	if (pid == 0)
		/* Without arguments on the kernel's command line, run the checks. */
		return argc > 1 || !machine ? program(argc, argv) : program(2, only_run);
	status = reap_until(pid);
	if (machine) {
		printf("\nipc-conform: exit status %d\n", status);
		fflush(stdout);
		/* Switching off would lose what the serial line has not sent. */
		tcdrain(STDOUT_FILENO);
		sync();
		reboot(RB_POWER_OFF);
	}
	return status;
}
