/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * The checked calls: the harness, the stress programs and the binding make all their
 * System V IPC calls through these functions.  checked_msgsnd() etc. have the parameters and
 * results of the libc functions; in an ordinary build each is the libc call.
 *
 * In a sanitizer build (-fsanitize=address, memory or thread; for Valgrind, with
 * -DCHECKED_VALGRIND) each function first checks that the program owns every byte that the
 * kernel will read or may write.  Afterwards it tells the sanitizer which bytes were
 * written and which thread ran before which, because no sanitizer intercepts all of these
 * calls.  -DCHECKED_CALLS=0 switches the checks off.
 *
 * Other C programs can use the checked calls: copy checked_calls.h, interceptors.h, sanitizers.h,
 * semun.h and sysvipc.def, and include checked_calls.h instead of <sys/msg.h>, <sys/sem.h> and
 * <sys/shm.h>.  It also declares union semun.
 */
#ifndef CHECKED_CALLS_H
#define CHECKED_CALLS_H

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "semun.h"

#ifndef CHECKED_CALLS
#if defined(CHECKED_VALGRIND) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKED_CALLS 1
#elif defined(__has_feature)
#define CHECKED_CALLS                                                           \
	(__has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
	 __has_feature(thread_sanitizer))
#else
#define CHECKED_CALLS 0
#endif
#endif

/*
 * The body of a function that makes the call of row F as CALL A.  CALL is F itself here; the
 * harness passes functions that bypass libc.  CHECKED_WATCHED is 1 if a sanitizer checks the
 * calls, else 0.
 */
#if CHECKED_CALLS
#define CHECKED_WATCHED 1
#include "interceptors.h"
#define CHECKED_ARGUMENTS(...) __VA_ARGS__
#define CHECKED_AFTER(F, ...) checked_after_##F(__VA_ARGS__)
#define CHECKED_BODY(R, F, CALL, A)                                       \
	const size_t checked_n = checked_before_##F A;                    \
	R checked_result = CALL A;                                        \
	const int checked_error = errno;                                  \
                                                                          \
	(void)checked_n;                                                  \
	CHECKED_AFTER(F, checked_result, checked_n, CHECKED_ARGUMENTS A); \
	errno = checked_error;                                            \
	return checked_result;
#else
#define CHECKED_WATCHED 0
#define CHECKED_BODY(R, F, CALL, A) return CALL A;
#endif

#define FUNCTION(R, F, P, A)             \
	static inline R checked_##F P    \
	{                                \
		CHECKED_BODY(R, F, F, A) \
	}
#include "sysvipc.def"

#endif
