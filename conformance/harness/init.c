/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Mounts file systems.  Returns false if this process is not the first one of a kernel. */
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
		/* Without the right to mount, this is not the init process of a machine. */
		if (i == 0)
			return false;
	}
	return true;
}

static void write_setting(const char *path, const char *value)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "ipc-conform: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/*
 * Lets every allocation fail on demand, if the kernel can do that: by default, the allocations of
 * system calls never fail, because they may wait (Documentation/fault-injection).
 */
static void prepare_faults(void)
{
	static const struct {
		const char *path, *value;
	} settings[] = {
		{"/sys/kernel/debug/failslab/ignore-gfp-wait", "N"},
		{"/sys/kernel/debug/failslab/verbose", "0"},
		{"/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"},
		{"/sys/kernel/debug/fail_page_alloc/min-order", "0"},
		{"/sys/kernel/debug/fail_page_alloc/verbose", "0"},
	};

	if (access("/proc/self/fail-nth", F_OK) != 0)
		return;
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		write_setting(settings[i].path, settings[i].value);
}

/*
 * Prints the memory leaks of the kernel that kmemleak finds.  A scan ignores allocations of the
 * last five seconds, and those that have changed since the previous scan (mm/kmemleak.c).
 */
static void print_leaks(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	char text[4096];
	ssize_t n;
	int fd;

	if (access(path, F_OK) != 0)
		return;
	sleep(6);
	write_setting(path, "scan");
	write_setting(path, "scan");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, stdout);
	if (fd >= 0)
		close(fd);
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
	pid_t pid;
	int status;

	if (machine)
		prepare_faults();
	pid = fork();
	if (pid == -1) {
		fprintf(stderr, "ipc-conform: fork: %s\n", strerror(errno));
		return 2;
	}
	if (pid == 0)
		/* Without arguments on the kernel's command line, run the checks. */
		return argc > 1 || !machine ? program(argc, argv) : program(2, only_run);
	status = reap_until(pid);
	if (machine) {
		print_leaks();
		printf("\nipc-conform: exit status %d\n", status);
		fflush(stdout);
		/* Switching off would lose the bytes that the serial line has not sent. */
		tcdrain(STDOUT_FILENO);
		sync();
		reboot(RB_POWER_OFF);
	}
	return status;
}
