/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* ipc-btf: writes the kernel's own structures of System V IPC as a dump of ABI facts. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "harness/inherited.h"
#include "image.h"
#include "structures.h"

enum { OK = 0, MISUSED = 2, NOTHING_THERE = 4 };

static const char usage[] =
	"usage: ipc-btf [--compat] [IMAGE]\n"
	"\n"
	"Writes the structures of System V IPC in a kernel's BTF in the format of `ipc-conform\n"
	"dump`.  IMAGE: vmlinuz, vmlinux, Image, compressed or not, or a bare .BTF section; by\n"
	"default the running kernel.  --compat: the structures for 32-bit programs.\n"
	"Exit status: 0, 2 misused or unreadable, 4 the kernel does not run 32-bit programs.\n";

static int misused(const char *what)
{
	fprintf(stderr, "ipc-btf: %s\n", what);
	return MISUSED;
}

/* Returns the exit status after output, which a full disk may refuse only at the end. */
static int written(bool so_far)
{
	return so_far && fflush(stdout) == 0 ? OK : misused(strerror(errno));
}

/* A limit of the caller's (ulimit -f) also holds for files in memory. */
static void raise_file_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_FSIZE, &limit);
	}
	signal(SIGXFSZ, SIG_IGN); /* write(2) fails with EFBIG then */
}

static int dump(const char *path, enum view view)
{
	char error[256];
	struct btf *btf = image_btf(path, has_native, error);
	int status = MISUSED;

	if (!btf)
		return misused(error);
	if (view == COMPAT && !has_compat(btf)) {
		fprintf(stderr, "ipc-btf: %s: has no structures for 32-bit programs\n", path);
		status = NOTHING_THERE;
	} else if (!structures_dump(stdout, btf, view, error)) {
		fprintf(stderr, "ipc-btf: %s: %s\n", path, error);
	} else {
		status = written(!ferror(stdout));
	}
	btf__free(btf);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"compat", no_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
	enum view view = NATIVE;
	int c;

	if (!open_standard_streams())
		return misused("standard output is closed");
	reset_signals();
	raise_file_size();
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			return MISUSED;
		if (c == 'h')
			return written(fputs(usage, stdout) >= 0);
		view = COMPAT;
	}
	if (argc - optind > 1)
		return misused("more than one IMAGE");
	libbpf_set_print(NULL);
	return dump(optind < argc ? argv[optind] : "/sys/kernel/btf/vmlinux", view);
}
