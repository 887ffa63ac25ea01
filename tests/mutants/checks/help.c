/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Functions that several mutants use. */
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mutants.h"

bool read_memory(void *to, const void *from, size_t size)
{
	const struct iovec local = {to, size}, remote = {(void *)(uintptr_t)from, size};

	/* Of this thread: the first thread of a process has no memory after its end. */
	return process_vm_readv((pid_t)syscall(SYS_gettid), &local, 1, &remote, 1, 0) ==
	       (ssize_t)size;
}

static FILE *next_id(const char *kind, const char *mode)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s_next_id", kind);
	return fopen(path, mode);
}

void write_next_id(const char *kind, int id)
{
	FILE *file = next_id(kind, "w");

	if (!file)
		return;
	fprintf(file, "%d", id);
	fclose(file);
}

void spoil_next_id(const char *kind)
{
	FILE *file = next_id(kind, "r");
	int id = -1;

	if (!file)
		return;
	if (fscanf(file, "%d", &id) == 1 && id != -1)
		write_next_id(kind, id + 32768);
	fclose(file);
}

int wait_in_vain(const struct through *t)
{
	struct sembuf never = {.sem_op = -1};

	return t->real->semop(t->real->semget(IPC_PRIVATE, 1, 0600), &never, 1);
}
