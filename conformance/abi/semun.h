/*
 * union semun for programs that use libc's headers: POSIX leaves its definition
 * to the caller of semctl(2), and glibc and musl do likewise.
 */
#ifndef SEMUN_H
#define SEMUN_H

#include <sys/sem.h>

#define UNION(S, U, D) union S {
#define VALUE(S, M, D) int M;
#define POINTER(S, T, M, D) T *M;
#define END_UNION(S) \
	}            \
	;
#include "sysvipc.def"

#endif
