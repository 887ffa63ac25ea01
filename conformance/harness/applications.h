/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The selections of checks that applications need (conformance/checks/applications.def). */
#ifndef APPLICATIONS_H
#define APPLICATIONS_H

#include <stdbool.h>

struct application {
	const char *name, *words;
	const char *globs; /* separated by blanks */
};

/* The last one has no name. */
extern const struct application applications[];

/* NULL if no application has that name. */
const struct application *application_named(const char *name);
/* All names, separated by commas, for messages. */
const char *application_names(void);
/* Whether the application needs the check of this id. */
bool application_needs(const struct application *application, const char *id);

#endif
