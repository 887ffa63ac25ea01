/*
 * The seam: the one place through which the harness, the stress programs and
 * the binding make their System V IPC calls.  seam_msgsnd() and its kin take
 * what the libc calls of those names take and return what they return; in an
 * ordinary build each is the call itself.
 */
#ifndef SEAM_H
#define SEAM_H

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "abi/semun.h"

#define FUNCTION(R, F, P, A)       \
	static inline R seam_##F P \
	{                          \
		return F A;        \
	}
#include "abi/sysvipc.def"

#endif
