/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "inherited.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool open_standard_streams(void)
{
	const bool output = fcntl(STDOUT_FILENO, F_GETFD) != -1;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* The lower ones are open, so this one is the next. */
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
			return false;
	return output;
}
