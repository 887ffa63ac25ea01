/* What each command of msgctl, semctl and shmctl hands over, from the table. */
#include "module.h"

#include "kernel_constants.h"

#define TYPE_none NTYPES
#define KEY(CALL, CMD) ((unsigned long long)(CALL) << 32 | (unsigned)(CMD))

const struct control *control_of(enum call_index call, int cmd)
{
	switch (KEY(call, cmd)) {
#define CONTROL(F, C, W, K)                                                        \
	case KEY(CALL_##F, C): {                                                   \
		static const struct control row = {CALL_##F, C, WAY_##W,           \
						   (enum type_index)TYPE_##K, #C}; \
		return &row;                                                       \
	}
#include "abi/sysvipc.def"
	}
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
