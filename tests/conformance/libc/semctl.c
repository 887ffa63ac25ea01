/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * semctl of musl before 1.2.0 (fe5e72ae).  SEM_STAT_ANY is missing in the list of commands, so
 * the function passes NULL to the kernel in place of the buffer.
 */
#include <stdarg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

int semctl(int semid, int semnum, int cmd, ...)
{
	void *arg = NULL;
	va_list ap;

	switch (cmd) {
	case SETVAL:
	case GETALL:
	case SETALL:
	case IPC_SET:
	case IPC_STAT:
	case IPC_INFO:
	case SEM_STAT:
	case SEM_INFO:
		va_start(ap, cmd);
		arg = va_arg(ap, void *);
		va_end(ap);
	}
	return (int)syscall(SYS_semctl, semid, semnum, cmd, arg);
}
