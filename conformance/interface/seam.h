/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The seam: the one place through which the harness, the stress programs and
 * the binding make their System V IPC calls.  seam_msgsnd() and its kin take
 * what the libc calls of those names take and return what they return; in an
 * ordinary build each is the call itself.
 *
 * In the build of a sanitizer (-fsanitize=address, memory or thread; Valgrind
 * with -DSEAM_VALGRIND) each asks first whether every byte that the kernel will
 * read or may write is the program's, and tells the tool what was written and
 * what comes before what: no tool knows that of all calls by itself.
 * -DSEAM_CHECK=0 leaves the tool alone.
 *
 * Any C program may use it: it needs seam.h, seam_check.h, seam_tools.h and
 * abi/{semun.h,sysvipc.def}, includes seam.h instead of <sys/msg.h> and its kin,
 * and takes union semun from it.
 */
#ifndef SEAM_H
#define SEAM_H

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "semun.h"

#ifndef SEAM_CHECK
#if defined(SEAM_VALGRIND) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEAM_CHECK 1
#elif defined(__has_feature)
#define SEAM_CHECK                                                              \
	(__has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
	 __has_feature(thread_sanitizer))
#else
#define SEAM_CHECK 0
#endif
#endif

/*
 * The body of a function that makes the call of row F as CALL A: seam_F here,
 * or one that makes it another way, such as past libc.  SEAM_WATCHED is whether
 * a tool is asked, as an expression of C.
 */
#if SEAM_CHECK
#define SEAM_WATCHED 1
#include "seam_check.h"
#define SEAM_ARGUMENTS(...) __VA_ARGS__
#define SEAM_AFTER(F, ...) seam_after_##F(__VA_ARGS__)
#define SEAM_BODY(R, F, CALL, A)                              \
	const size_t seam_n = seam_before_##F A;              \
	R seam_result = CALL A;                               \
	const int seam_error = errno;                         \
                                                              \
	(void)seam_n;                                         \
	SEAM_AFTER(F, seam_result, seam_n, SEAM_ARGUMENTS A); \
	errno = seam_error;                                   \
	return seam_result;
#else
#define SEAM_WATCHED 0
#define SEAM_BODY(R, F, CALL, A) return CALL A;
#endif

#define FUNCTION(R, F, P, A)          \
	static inline R seam_##F P    \
	{                             \
		SEAM_BODY(R, F, F, A) \
	}
#include "sysvipc.def"

#endif
