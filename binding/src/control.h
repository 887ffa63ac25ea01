/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The argument of each command of msgctl, semctl and shmctl, from the table. */
#ifndef CONTROL_H
#define CONTROL_H

#include "module.h"

#include "kernel_constants.h"

enum way { WAY_NONE, WAY_IN, WAY_OUT, WAY_VALUE, WAY_ARRAY_IN, WAY_ARRAY_OUT };
struct control {
	enum call_index call;
	int cmd;
	enum way way;
	enum type_index type; /* WAY_IN, WAY_OUT */
	const char *name;
};

#define TYPE_none NTYPES
#define KEY(CALL, CMD) ((unsigned long long)(CALL) << 32 | (unsigned)(CMD))

/* Returns the row of a command, or NULL.  Inlined: each caller has only the rows of its call. */
static always_inline const struct control *control_of(enum call_index call, int cmd)
{
	switch (KEY(call, cmd)) {
#define CONTROL_CASE(F, C, W, K, NAME)                                               \
	case KEY(CALL_##F, C): {                                                     \
		static const struct control row = {CALL_##F, C, WAY_##W,             \
						   (enum type_index)TYPE_##K, NAME}; \
		return &row;                                                         \
	}
#define CONTROL(F, C, W, K) IF_DEFINED_##C(CONTROL_CASE(F, C, W, K, #C))
#include "interface/sysvipc.def"
	}
	return NULL;
}

/* Sets *bytes to the command's structure, or NULL if it takes none; -1 with an exception. */
int control_buffer_any(struct state *state, const struct control *control, PyObject *object,
		       void **bytes);

/* control_buffer_any() with the common cases inline: the right structure, or no buffer. */
static always_inline int control_buffer(struct state *state, const struct control *control,
					PyObject *object, void **bytes)
{
	const bool buffer = control && (control->way == WAY_IN || control->way == WAY_OUT);

	*bytes = NULL;
	if (!buffer && left_out(object))
		return 0;
	if (BRANCH_UNLIKELY(!buffer || left_out(object) ||
			    Py_TYPE(object) != state->type[control->type]))
		return control_buffer_any(state, control, object, bytes);
	*bytes = ((struct structure *)object)->bytes;
	return 0;
}

/* GETALL and SETALL: semall.c. */
PyObject *control_all(struct state *state, int semid, const struct control *control, PyObject *arg);

#endif
