/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The checked calls: the harness, the stress programs and the binding make all their
 * System V IPC calls through these functions.  seam_msgsnd() etc. have the parameters and
 * results of the libc functions; in an ordinary build each is the libc call.
 *
 * In a sanitizer build (-fsanitize=address, memory or thread; for Valgrind, with
 * -DSEAM_VALGRIND) each function first checks that the program owns every byte that the
 * kernel will read or may write.  Afterwards it tells the sanitizer which bytes were
 * written and which thread ran before which, because no sanitizer intercepts all of these
 * calls.  -DSEAM_CHECK=0 switches the checks off.
 *
 * Other C programs can use the checked calls: copy seam.h, seam_check.h, seam_tools.h,
 * semun.h and sysvipc.def, and include seam.h instead of <sys/msg.h>, <sys/sem.h> and
 * <sys/shm.h>.  It also declares union semun.
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
 * The body of a function that makes the call of row F as CALL A.  CALL is F itself here; the
 * harness passes functions that bypass libc.  SEAM_WATCHED is 1 if a sanitizer checks the
 * calls, else 0.
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
