/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* Checks the buffer of a command; raises an error if it is wrong or missing. */
#include "control.h"

int control_buffer_any(struct state *state, const struct control *control, PyObject *object,
		       void **bytes)
{
	*bytes = NULL;
	if (control && (control->way == WAY_IN || control->way == WAY_OUT)) {
		if (left_out(object)) {
			PyErr_Format(PyExc_TypeError, "%s needs a %s", control->name,
				     layouts[control->type].name);
			return -1;
		}
		*bytes = structure_bytes(state, object, control->type, control->name);
		return *bytes ? 0 : -1;
	}
	/* C programs pass a structure to IPC_RMID too; accept it, and pass NULL to the kernel. */
	if (left_out(object) || type_index(state, Py_TYPE(object)) < NTYPES)
		return 0;
	PyErr_Format(PyExc_TypeError, "buf: a structure of this module or None is needed, not %R",
		     (PyObject *)Py_TYPE(object));
	return -1;
}
