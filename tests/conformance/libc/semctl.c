/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/*
 * semctl as musl had it before 1.2.0 (fe5e72ae), with a command in the list too few: what
 * SEM_STAT_ANY is to write to is lost on the way.
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
