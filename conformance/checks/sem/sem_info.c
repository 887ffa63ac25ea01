/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* semctl(2): limits and use. */
#include <string.h>

#include "checks/common/objects.h"

static const union semun none;

static int info_into(const struct ipc_calls *ipc, int cmd, struct seminfo *info)
{
	return ipc->semctl(0, 0, cmd, (union semun){.__buf = info});
}

CHECK("semctl.ipc_info", LIBC | RAW, NEED_LIMITS, "IPC_INFO returns the limits",
      "semctl(2), IPC_INFO; proc(5)")
{
	struct seminfo info = {0};

	set_limit("sem", "101 2020 33 44");
	memset(&info, 0xa5, sizeof(info));
	expect_eq(0, info_into(ipc, IPC_INFO, &info));
	expect_eq(101, info.semmsl);
	expect_eq(2020, info.semmns);
	expect_eq(33, info.semopm);
	expect_eq(44, info.semmni);
	expect_eq(SEMVMX, info.semvmx);
}

CHECK("semctl.info.unused", LIBC | RAW, 0,
      "unused members of IPC_INFO and SEM_INFO have the values of the kernel's headers",
      "linux/sem.h; ipc/sem.c, semctl_info")
{
	struct seminfo info = {0};

	expect_ok(info_into(ipc, IPC_INFO, &info));
	expect_eq(SEMMAP, info.semmap);
	expect_eq(SEMMNU, info.semmnu);
	expect_eq(SEMUME, info.semume);
	expect_eq(SEMUSZ, info.semusz);
	expect_eq(SEMAEM, info.semaem);
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(SEMMAP, info.semmap);
	expect_eq(SEMMNU, info.semmnu);
	expect_eq(SEMUME, info.semume);
}

CHECK("semctl.sem_info", LIBC | RAW, NEED_NAMESPACE,
      "SEM_INFO counts sets and semaphores, and returns the limits like IPC_INFO",
      "semctl(2), SEM_INFO")
{
	struct seminfo info = {0}, limits = {0};
	int semid = sem_new(ipc, 0);

	must(ipc->semget(IPC_PRIVATE, 5, 0600));
	memset(&info, 0xa5, sizeof(info));
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(2, info.semusz);
	expect_eq(NSEMS + 5, info.semaem);
	must(info_into(ipc, IPC_INFO, &limits));
	expect_eq(limits.semmsl, info.semmsl);
	expect_eq(limits.semmns, info.semmns);
	expect_eq(limits.semopm, info.semopm);
	expect_eq(limits.semmni, info.semmni);
	expect_eq(limits.semvmx, info.semvmx);
	must(ipc->semctl(semid, 0, IPC_RMID, none));
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(1, info.semusz);
	expect_eq(5, info.semaem);
}

CHECK("semctl.sem_info.proc", LIBC | RAW, NEED_NAMESPACE | NEED_PROC,
      "SEM_INFO returns the sums of the rows in /proc/sysvipc/sem", "semctl(2), SEM_INFO; proc(5)")
{
	struct seminfo info = {0};
	long long semaphores = 0;

	for (int i = 1; i <= 3; i++)
		semaphores += sysvipc("sem", must(ipc->semget(IPC_PRIVATE, 2 * i, 0600)), "nsems");
	expect_ok(info_into(ipc, SEM_INFO, &info));
	expect_eq(sysvipc_rows("sem"), info.semusz);
	expect_eq(semaphores, info.semaem);
}
