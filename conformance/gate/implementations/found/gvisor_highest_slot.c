/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* msgctl(2), MSG_INFO: returns the highest slot in use. */
#include <stdio.h>
#include <sys/msg.h>

int main(void)
{
	struct msginfo info;
	int id[3], got;

	for (int i = 0; i < 3; i++)
		id[i] = msgget(IPC_PRIVATE, 0600);
	got = msgctl(0, MSG_INFO, (struct msqid_ds *)&info);
	printf("MSG_INFO with 3 queues: highest slot %d\n", got);
	for (int i = 0; i < 3; i++)
		msgctl(id[i], IPC_RMID, NULL);
	return got < 2;
}
