/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
#include "applications.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

const struct application applications[] = {
#define APPLICATION(...) {__VA_ARGS__},
#include "checks/applications.def"
	{0},
};

const struct application *application_named(const char *name)
{
	for (const struct application *one = applications; one->name; one++)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

const char *application_names(void)
{
	static char names[128];

	*names = '\0';
	for (const struct application *one = applications; one->name; one++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 *names ? ", " : "", one->name);
	return names;
}

bool application_needs(const struct application *application, const char *id)
{
	char glob[96];

	for (const char *at = application->globs; *at; at += strspn(at, " ")) {
		const int length = (int)strcspn(at, " ");

		snprintf(glob, sizeof(glob), "%.*s", length, at);
		if (fnmatch(glob, id, 0) == 0)
			return true;
		at += length;
	}
	return false;
}
