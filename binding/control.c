/* What each command of msgctl, semctl and shmctl hands over, from the table. */
#include "module.h"

#include "kernel_constants.h"

#define TYPE_none NTYPES
static const struct control controls[] = {
#define CONTROL(F, C, W, K) {CALL_##F, C, WAY_##W, (enum type_index)TYPE_##K, #C},
#include "abi/sysvipc.def"
};

const struct control *control_of(enum call_index call, int cmd)
{
	for (size_t i = 0; i < Py_ARRAY_LENGTH(controls); i++)
		if (controls[i].call == call && controls[i].cmd == cmd)
			return &controls[i];
	return NULL;
}

int control_buffer(struct state *state, const struct control *control, PyObject *object,
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
	/* C programs pass a structure to IPC_RMID as well; the kernel is not shown it. */
	if (left_out(object) || type_index(state, Py_TYPE(object)) < NTYPES)
		return 0;
	PyErr_Format(PyExc_TypeError, "buf: a structure of this module or None is needed, not %R",
		     (PyObject *)Py_TYPE(object));
	return -1;
}
