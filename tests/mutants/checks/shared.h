/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * Mutants that msgget, semget and shmget share, and those that msgctl, semctl and shmctl share.
 */
#ifndef SHARED_H
#define SHARED_H

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "mutants.h"

/*
 * ON_GET is ON_MSGGET, ON_SEMGET or ON_SHMGET; OBJECT is "queue", "set" or "segment"; FLAGS
 * is the parameter with the flags.  GET(KEY, FLAGS), which the file defines, makes the call.
 */
#define GET_MUTANTS(ON_GET, OBJECT, FLAGS)                                                        \
	ON_GET(existing_ignored, "a key that has a " OBJECT " gets another one")                  \
	{                                                                                         \
		return GET(FLAGS & IPC_CREAT ? IPC_PRIVATE : key, FLAGS);                         \
	}                                                                                         \
	ON_GET(excl_alone_refused, "IPC_EXCL without IPC_CREAT refuses a key that has a " OBJECT) \
	{                                                                                         \
		int result = GET(key, FLAGS);                                                     \
		bool alone = (FLAGS & (IPC_CREAT | IPC_EXCL)) == IPC_EXCL;                        \
		return result != -1 && alone ? fails(EEXIST) : result;                            \
	}                                                                                         \
	ON_GET(seq_lost, "an id has no sequence number")                                          \
	{                                                                                         \
		int result = GET(key, FLAGS);                                                     \
		return result == -1 ? -1 : result % (1 << 15);                                    \
	}                                                                                         \
	ON_GET(excl_ignored, "IPC_EXCL is ignored")                                               \
	{                                                                                         \
		return GET(key, FLAGS & ~IPC_EXCL);                                               \
	}                                                                                         \
	ON_GET(creat_unasked, "a " OBJECT " is made without IPC_CREAT")                           \
	{                                                                                         \
		return GET(key, FLAGS | IPC_CREAT);                                               \
	}                                                                                         \
	ON_GET(private_is_a_key, "IPC_PRIVATE is a key like any other")                           \
	{                                                                                         \
		return key == IPC_PRIVATE ? GET(INT_MAX, (FLAGS & ~IPC_EXCL) | IPC_CREAT)         \
					  : GET(key, FLAGS);                                      \
	}                                                                                         \
	ON_GET(mode_lost, "a new " OBJECT " has no permission for its group")                     \
	{                                                                                         \
		return GET(key, FLAGS & ~070);                                                    \
	}                                                                                         \
	ON_GET(permission_unchecked, "the requested permission is not checked")                   \
	{                                                                                         \
		int result = GET(key, FLAGS);                                                     \
		return result == -1 && errno == EACCES ? GET(key, FLAGS & ~0777) : result;        \
	}

/*
 * ON_CONTROL is ON_MSGCTL, ON_SEMCTL or ON_SHMCTL; S is its structure.  The file defines
 * AS(CMD), the call with another command; GIVEN, the structure in its arguments; and
 * CONTROL(CMD, DS), the call with another command and structure.
 */
#define SET_WITHOUT(ON_CONTROL, S, ID, WHAT, MEMBER)                  \
	ON_CONTROL(ID, WHAT)                                          \
	{                                                             \
		struct S now = {0}, new = {0};                        \
		if (cmd != IPC_SET || CONTROL(IPC_STAT, &now) != 0 || \
		    !read_memory(&new, GIVEN, sizeof(new)))           \
			return AS(cmd);                               \
		new.MEMBER = now.MEMBER;                              \
		return CONTROL(IPC_SET, &new);                        \
	}

/*
 * P is MSG, SEM or SHM, F the same in small letters; OBJECT is the parameter with the
 * identifier; LAST is the last member of the structure.  Sources of ipc_64: glibc bug 24570 and
 * others; of padding: kernel commits 469391684626, 553f770ef71b, c0ebccb6fa1e.
 */
#define CONTROL_MUTANTS(ON_CONTROL, S, P, F, OBJECT, LAST, UNCHECKED)                              \
	SET_WITHOUT(ON_CONTROL, S, set_not_uid, "IPC_SET does not set the owner", F##_perm.uid)    \
	SET_WITHOUT(ON_CONTROL, S, set_not_gid, "IPC_SET does not set the group", F##_perm.gid)    \
	SET_WITHOUT(ON_CONTROL, S, set_not_mode, "IPC_SET does not set the mode", F##_perm.mode)   \
	ON_CONTROL(ctime_kept, #F "_ctime stays as it was first seen")                             \
	{                                                                                          \
		static int seen = -1;                                                              \
		static time_t ctime;                                                               \
		int result = AS(cmd);                                                              \
		if (cmd != IPC_STAT || result == -1 || t->raw)                                     \
			return result;                                                             \
		if (seen != OBJECT) {                                                              \
			seen = OBJECT;                                                             \
			ctime = GIVEN->F##_ctime;                                                  \
		}                                                                                  \
		GIVEN->F##_ctime = ctime;                                                          \
		return result;                                                                     \
	}                                                                                          \
	ON_CONTROL(set_permission_unchecked, UNCHECKED)                                            \
	{                                                                                          \
		return allowed(EPERM, AS(cmd));                                                    \
	}                                                                                          \
	ON_CONTROL(creator_refused,                                                                \
		   "the creator of another owner's object may not set and remove it")              \
	{                                                                                          \
		struct S now = {0};                                                                \
		if ((cmd == IPC_SET || cmd == IPC_RMID) && CONTROL(IPC_STAT, &now) == 0 &&         \
		    now.F##_perm.cuid == geteuid() && now.F##_perm.uid != geteuid() &&             \
		    geteuid() != 0)                                                                \
			return fails(EPERM);                                                       \
		return AS(cmd);                                                                    \
	}                                                                                          \
	ON_CONTROL(group_may, "a member of the owner's group may set and remove an object")        \
	{                                                                                          \
		struct S now = {0};                                                                \
		int result = AS(cmd), error = errno;                                               \
		if (result == -1 && error == EPERM && CONTROL(IPC_STAT, &now) == 0 &&              \
		    now.F##_perm.gid == getegid())                                                 \
			return 0;                                                                  \
		errno = error;                                                                     \
		return result;                                                                     \
	}                                                                                          \
	ON_CONTROL(rmid_ignored, "IPC_RMID does nothing")                                          \
	{                                                                                          \
		return cmd == IPC_RMID ? 0 : AS(cmd);                                              \
	}                                                                                          \
	ON_CONTROL(info_slot, "IPC_INFO and " #P "_INFO return a slot that is one too high")       \
	{                                                                                          \
		int result = AS(cmd);                                                              \
		return result != -1 && (cmd == IPC_INFO || cmd == P##_INFO) ? result + 1 : result; \
	}                                                                                          \
	ON_CONTROL(info_permission, "only root may read limits and use")                           \
	{                                                                                          \
		return (cmd == IPC_INFO || cmd == P##_INFO) && geteuid() != 0 ? fails(EPERM)       \
									      : AS(cmd);           \
	}                                                                                          \
	ON_CONTROL(stat_without_id, #P "_STAT and " #P "_STAT_ANY return 0 and not the id")        \
	{                                                                                          \
		int result = AS(cmd);                                                              \
		return result > 0 && (cmd == P##_STAT || cmd == P##_STAT_ANY) ? 0 : result;        \
	}                                                                                          \
	ON_CONTROL(stat_any_asks, #P "_STAT_ANY needs read permission")                            \
	{                                                                                          \
		return AS(cmd == P##_STAT_ANY ? P##_STAT : cmd);                                   \
	}                                                                                          \
	ON_CONTROL(stat_by_id, #P "_STAT accepts an id")                                           \
	{                                                                                          \
		int result = AS(cmd == P##_STAT ? IPC_STAT : cmd);                                 \
		return cmd == P##_STAT && result == 0 ? OBJECT : result;                           \
	}                                                                                          \
	ON_CONTROL(ipc_64, "libc passes IPC_64 to a kernel that does not know it")                 \
	{                                                                                          \
		return AS(t->raw ? cmd : cmd | IPC_64);                                            \
	}                                                                                          \
	ON_CONTROL(ipc_64_accepted,                                                                \
		   "a command with IPC_64 is accepted where there is no such version")             \
	{                                                                                          \
		return AS(cmd & ~IPC_64);                                                          \
	}                                                                                          \
	ON_CONTROL(padding,                                                                        \
		   "the bytes after the last member of IPC_STAT's structure are not cleared")      \
	{                                                                                          \
		int result = AS(cmd);                                                              \
		const size_t end = offsetof(struct S, LAST) + sizeof(GIVEN->LAST);                 \
		if (cmd == IPC_STAT && result == 0 && sizeof(long) == 8)                           \
			memset((char *)GIVEN + end, 0xa5, sizeof(struct S) - end);                 \
		return result;                                                                     \
	}

#endif
