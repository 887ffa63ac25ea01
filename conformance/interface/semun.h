/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * union semun for programs that use libc's headers.  POSIX leaves its definition to the
 * caller of semctl(2).  glibc, musl, dietlibc and uClibc-ng follow POSIX and define the macro
 * _SEM_SEMUN_UNDEFINED; bionic defines the union.  A build that has tested the headers, as
 * `dump` does, defines HAVE_UNION_SEMUN as 1 or 0.
 */
#ifndef SEMUN_H
#define SEMUN_H

#ifndef LAYER_UAPI
#include <sys/sem.h>
#endif

#ifndef HAVE_UNION_SEMUN
/* mlibc has neither the union nor the macro; _ABIBITS_SEM_H is the guard of its header. */
#if defined(_SEM_SEMUN_UNDEFINED) || defined(_ABIBITS_SEM_H)
#define HAVE_UNION_SEMUN 0
#else
#define HAVE_UNION_SEMUN 1
#endif
#endif

#if !HAVE_UNION_SEMUN
#define UNION(S, U, D) union S {
#define VALUE(S, M, D) int M;
#define POINTER(S, T, M, D) T *M;
#define END_UNION(S) \
	}            \
	;
#include "sysvipc.def"
#endif

#endif
