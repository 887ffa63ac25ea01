/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* shmop(2), SHM_EXEC: the attachment may be executed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0700), found = 0;
	char *at = shmat(id, NULL, SHM_EXEC), line[256], wanted[64];
	FILE *maps = fopen("/proc/self/maps", "r");

	snprintf(wanted, sizeof(wanted), "%lx-", (unsigned long)at);
	while (maps && fgets(line, sizeof(line), maps))
		if (strncmp(line, wanted, strlen(wanted)) == 0) {
			printf("SHM_EXEC: %s", line);
			found = strstr(line, "rwxs") != NULL;
		}
	shmctl(id, IPC_RMID, NULL);
	return !found;
}
