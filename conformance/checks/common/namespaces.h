/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Makes and enters IPC namespaces in addition to the check's own. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "facility.h"

/* A descriptor of this process's IPC namespace for setns(2) (NEED_PROC). */
static inline int own_namespace(void)
{
	return must(open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC));
}

static inline void enter_namespace(int fd)
{
	must(setns(fd, CLONE_NEWIPC));
}

/* Maps the old user and group of this process to the id `inside` in its new user namespace. */
static inline void map_user(unsigned inside, uid_t uid, gid_t gid)
{
	const struct {
		const char *path;
		unsigned outside;
	} maps[] = {{"/proc/self/uid_map", uid}, {"/proc/self/gid_map", gid}};
	/* proc(5): after a change of user, root owns the files of /proc/self. */
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	/* user_namespaces(7): without denying setgroups, writing gid_map fails. */
	int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	bool mapped = fd != -1 && write(fd, "deny", 4) == 4;
	char text[64];

	close(fd);
	for (unsigned i = 0; i < 2 && mapped; i++) {
		int length = snprintf(text, sizeof(text), "%u %u 1", inside, maps[i].outside);
		fd = open(maps[i].path, O_WRONLY | O_CLOEXEC);
		mapped = fd != -1 && write(fd, text, (size_t)length) == length;
		close(fd);
	}
	if (!mapped)
		skip("the ids of a user namespace cannot be mapped");
}

/* Moves this process to a new user namespace that maps its user and group to an id. */
static inline void new_user_namespace(unsigned inside)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER) == -1)
		skip("no user namespaces");
	map_user(inside, uid, gid);
}

#endif
