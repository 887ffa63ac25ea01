/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The rights of a check's processes: users, capabilities; and the version of the kernel. */
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "conform.h"

void become(uid_t uid, gid_t gid)
{
	must(setgroups(0, NULL));
	must(setgid(gid));
	must(setuid(uid));
}

/* capset(2): three sets of 64 bits, each in two halves. */
enum { HALVES = _LINUX_CAPABILITY_U32S_3 };
struct capabilities {
	struct __user_cap_data_struct half[HALVES];
};

static struct capabilities capabilities_held(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct capabilities held = {0};

	must(syscall(SYS_capget, &header, held.half));
	return held;
}

/* Makes these capabilities permitted and effective, and drops all others. */
static void hold(const uint32_t permitted[HALVES])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct capabilities held = {0};

	for (unsigned i = 0; i < HALVES; i++)
		held.half[i].permitted = held.half[i].effective = permitted[i];
	must(syscall(SYS_capset, &header, held.half));
}

void drop_privileges(void)
{
	hold((const uint32_t[HALVES]){0});
}

void keep_only_named(int capability, const char *name)
{
	const struct capabilities held = capabilities_held();
	uint32_t one[HALVES] = {0};
	char reason[64];

	one[CAP_TO_INDEX(capability)] = CAP_TO_MASK(capability);
	if (!(held.half[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability))) {
		snprintf(reason, sizeof(reason), "no %s", name);
		skip(reason);
	}
	hold(one);
}

void give_up(int capability)
{
	const struct capabilities held = capabilities_held();
	uint32_t rest[HALVES];

	for (unsigned i = 0; i < HALVES; i++)
		rest[i] = held.half[i].permitted;
	rest[CAP_TO_INDEX(capability)] &= ~CAP_TO_MASK(capability);
	hold(rest);
}

void become_privileged(uid_t uid, gid_t gid)
{
	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	become(uid, gid);
	/* The change of user has cleared the effective set; restore it from the permitted set. */
	give_up(CAP_SETPCAP);
}

bool may_lock_memory(void)
{
	struct rlimit limit, none;
	char byte = 0;

	must(getrlimit(RLIMIT_MEMLOCK, &limit));
	none = limit;
	none.rlim_cur = 0;
	must(setrlimit(RLIMIT_MEMLOCK, &none));
	bool may = mlock(&byte, 1) == 0;
	if (may)
		munlock(&byte, 1);
	must(setrlimit(RLIMIT_MEMLOCK, &limit));
	return may;
}

bool may_raise_limits(void)
{
	struct rlimit limit = {0};

	must(setrlimit(RLIMIT_CORE, &limit));
	limit.rlim_max = 1;
	return setrlimit(RLIMIT_CORE, &limit) == 0;
}

/* Whether a map of user_namespaces(7) contains an id; true if the file cannot be read. */
static bool map_has(const char *path, unsigned id)
{
	FILE *file = fopen(path, "r");
	unsigned first, outside, count;
	bool has = !file;

	while (file && fscanf(file, "%u %u %u", &first, &outside, &count) == 3)
		has |= id >= first && id - first < count;
	if (file)
		fclose(file);
	return has;
}

bool is_mapped(void)
{
	return map_has("/proc/self/uid_map", geteuid()) && map_has("/proc/self/gid_map", getegid());
}

bool kernel_is_wider(void)
{
	struct utsname name;

	/* linux32(1) and similar make uname(2) return another machine. */
	personality(PER_LINUX);
	must(uname(&name));
	return sizeof(long) == 4 && strstr(name.machine, "64");
}

bool kernel_before(unsigned major, unsigned minor)
{
	struct utsname name;
	unsigned is_major = 0, is_minor = 0;

	return uname(&name) != 0 || sscanf(name.release, "%u.%u", &is_major, &is_minor) != 2 ||
	       is_major < major || (is_major == major && is_minor < minor);
}

void need_kernel(unsigned major, unsigned minor)
{
	char reason[64];

	if (!kernel_before(major, minor))
		return;
	snprintf(reason, sizeof(reason), "needs Linux %u.%u", major, minor);
	skip(reason);
}
