/* SPDX-FileCopyrightText: 2026 the python-ipc authors */
/* SPDX-License-Identifier: MIT */
/* The module ipc._ipc: its creation, the constants, ftok. */
#include "module.h"

#include "kernel_constants.h"

PyDoc_STRVAR(ftok_doc,
	     "ftok(pathname, proj_id)\n--\n\n"
	     "Return a System V IPC key for an existing file and a project.\n\n"
	     "Args:\n"
	     "    pathname: The file: a str, bytes or os.PathLike.\n"
	     "    proj_id: An int, of which only the low 8 bits count, or one character.\n\n"
	     "Returns:\n"
	     "    The key, a signed 32-bit int.\n\n"
	     "Raises:\n"
	     "    ValueError: The low 8 bits of proj_id are 0.\n"
	     "    OSError: An error of stat(2) for the file.\n\n"
	     "See ftok(3).");

static int to_project(PyObject *object, int *proj_id)
{
	Py_buffer text;

	if (!PyUnicode_Check(object) && !PyBytes_Check(object))
		return to_word(object, "proj_id", proj_id);
	if (text_view(object, "proj_id", &text) < 0)
		return -1;
	const bool one = text.len == 1;
	if (one)
		*proj_id = *(unsigned char *)text.buf;
	else
		PyErr_SetString(PyExc_ValueError, "proj_id: one character of one byte is needed");
	PyBuffer_Release(&text);
	return one ? 0 : -1;
}

static PyObject *ipc_ftok(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
			  PyObject *kwnames)
{
	static const struct signature signature = {"ftok", 2, 2, {"pathname", "proj_id"}};
	union arguments given;
	PyObject *path;
	int proj_id;
	key_t key;

	if (parse(&signature, args, nargs, kwnames, &given) < 0 ||
	    to_project(given.arg[1], &proj_id) < 0)
		return NULL;
	if ((proj_id & 0xff) == 0)
		return PyErr_Format(PyExc_ValueError, "proj_id: the low 8 bits are 0");
	if (audit(state_of(module), CALL_ftok, &given, 2) < 0 ||
	    !PyUnicode_FSConverter(given.arg[0], &path))
		return NULL;
	/* -1 can be a valid key, so errno tells whether the call failed. */
	WITHOUT_GIL((errno = 0, key = ftok(PyBytes_AsString(path), proj_id)));
	const int error = errno;
	Py_DECREF(path);
	errno = error;
	return key == -1 && error ? call_failed(CALL_ftok, NULL) : PyLong_FromLong(key);
}

static PyMethodDef ftok_methods[] = {
	CALL_METHOD(ftok),
	{NULL, NULL, 0, NULL},
};

/* ---- making the module ----------------------------------------------------------------- */

/* Adds one constant, signed or unsigned as in C. */
static int add_constant(PyObject *module, const char *name, bool negative, unsigned long long bits)
{
	PyObject *value =
		negative ? PyLong_FromLongLong((long long)bits) : PyLong_FromUnsignedLongLong(bits);
	int result = value ? PyModule_AddObjectRef(module, name, value) : -1;

	Py_XDECREF(value);
	return result;
}

/* A constant that no header of this build defines is absent from the module. */
static int add_constants(PyObject *module)
{
	const struct {
		const char *name;
		bool negative;
		unsigned long long bits;
	} constants[] = {
#define CONST(C, D) IF_DEFINED_##C({#C, !((C) > 0 || (C) == 0), (unsigned long long)(C)}, )
#include "interface/sysvipc.def"
	};

	for (size_t i = 0; i < Py_ARRAY_LENGTH(constants); i++)
		if (add_constant(module, constants[i].name, constants[i].negative,
				 constants[i].bits) < 0)
			return -1;
	return 0;
}

static int add_types(PyObject *module, struct state *state)
{
	for (unsigned i = 0; i < NTYPES; i++) {
		state->type[i] = structure_type(module, i);
		if (!state->type[i] || PyModule_AddType(module, state->type[i]) < 0)
			return -1;
	}
	state->small_shmid = -1;
	state->address_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &address_spec, NULL);
	state->pin_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &pin_spec, NULL);
	if (!state->pin_type)
		return -1;
	return state->address_type ? PyModule_AddType(module, state->address_type) : -1;
}

static int add_events(struct state *state)
{
	static const char *const events[NCALLS] = {
#define FUNCTION(R, F, P, A) [CALL_##F] = "ipc." #F,
#include "interface/sysvipc.def"
#define X(F) [CALL_##F] = "ipc." #F,
		OTHER_CALLS(X)
#undef X
	};

	for (unsigned i = 0; i < NCALLS; i++) {
		state->event[i] = PyUnicode_InternFromString(events[i]);
		if (!state->event[i])
			return -1;
	}
	state->callbacks = PyUnicode_InternFromString("_callbacks");
	if (!state->callbacks)
		return -1;
	/* The limited API of 3.11 has no PySys_Audit. */
	state->audit = Py_XNewRef(PySys_GetObject("audit"));
	if (!state->audit)
		return -1;
	/* audit_any() calls any other object, for example a replacement written in Python. */
	if (PyCFunction_CheckExact(state->audit) &&
	    PyCFunction_GetFlags(state->audit) == METH_FASTCALL) {
		state->audit_self = PyCFunction_GetSelf(state->audit);
		state->audit_function =
			(fast_function)(void (*)(void))PyCFunction_GetFunction(state->audit);
	}
	return 0;
}

/* Adds _swig_names, the names that ipc.__all__ leaves out to keep help(ipc) short. */
static int add_swig_names(PyObject *module)
{
	PyObject *names = PyList_New(0);
	int result = names ? 0 : -1;

	for (const PyMethodDef *method = swig_methods; result == 0 && method->ml_name; method++) {
		PyObject *name = PyUnicode_FromString(method->ml_name);
		result = name ? PyList_Append(names, name) : -1;
		Py_XDECREF(name);
	}
	if (result == 0)
		result = PyModule_AddObjectRef(module, "_swig_names", names);
	Py_XDECREF(names);
	return result;
}

static int module_exec(PyObject *module)
{
	PyMethodDef *const methods[] = {ftok_methods,	  msg_methods,	     sem_methods,
					shm_methods,	  structure_methods, swig_methods,
					internal_methods, inbox_functions,   handover_functions,
					method_functions};
	struct state *state = state_of(module);

	if (add_events(state) < 0 || add_types(module, state) < 0 || add_constants(module) < 0 ||
	    internal_add(module, state) < 0 || method_add(module, state) < 0)
		return -1;
	for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++)
		if (PyModule_AddFunctions(module, methods[i]) < 0)
			return -1;
	return add_swig_names(module);
}

/* The members of the state that own a reference, besides the arrays type and event. */
#define OWNED(X)         \
	X(address_type)  \
	X(pin_type)      \
	X(wait_type)     \
	X(inbox_type)    \
	X(messages_type) \
	X(object_type)   \
	X(semaphore_type) X(method_type) X(bound_type) X(zero) X(audit) X(callbacks)

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
	struct state *state = state_of(module);

	for (unsigned i = 0; i < NTYPES; i++)
		Py_VISIT(state->type[i]);
#define VISIT(MEMBER) Py_VISIT(state->MEMBER);
	OWNED(VISIT)
#undef VISIT
	return 0;
}

static int module_clear(PyObject *module)
{
	struct state *state = state_of(module);

	for (unsigned i = 0; i < NTYPES; i++)
		Py_CLEAR(state->type[i]);
	for (unsigned i = 0; i < NCALLS; i++)
		Py_CLEAR(state->event[i]);
#define CLEAR(MEMBER) Py_CLEAR(state->MEMBER);
	OWNED(CLEAR)
#undef CLEAR
	return 0;
}

static void module_free(void *module)
{
	module_clear(module);
	guarded_free(&state_of(module)->values);
}

/*
 * An interpreter rejects slots that it does not know.  So that one build serves all versions,
 * PyInit__ipc() selects the slots by Py_Version.  The headers of 3.11 lack
 * Py_mod_multiple_interpreters (3) and Py_MOD_PER_INTERPRETER_GIL_SUPPORTED (2) of 3.12.
 */
static PyModuleDef_Slot slots_3_11[] = {{Py_mod_exec, module_exec}, {0, NULL}};
static PyModuleDef_Slot slots_3_12[] = {{Py_mod_exec, module_exec},
					{3, (void *)2},
#ifdef Py_GIL_DISABLED
					{Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
					{0, NULL}};

/* The module's docstring describes the constants because an int cannot have a docstring. */
static const char module_doc[] = "System V IPC: message queues, semaphore sets, shared memory.\n\n"
				 "The constants:\n\n"
#define CONST(C, D) IF_DEFINED_##C(#C ": " D "\n")
#include "interface/sysvipc.def"
	;

#define DEFINITION(SLOTS)                                                                      \
	{                                                                                      \
		PyModuleDef_HEAD_INIT, .m_name = "ipc._ipc", .m_doc = module_doc,              \
				       .m_size = sizeof(struct state), .m_slots = SLOTS,       \
				       .m_traverse = module_traverse, .m_clear = module_clear, \
				       .m_free = module_free,                                  \
	}
static PyModuleDef definition_3_11 = DEFINITION(slots_3_11);
static PyModuleDef definition_3_12 = DEFINITION(slots_3_12);

PyMODINIT_FUNC PyInit__ipc(void);
PyMODINIT_FUNC PyInit__ipc(void)
{
	return PyModuleDef_Init(Py_Version < 0x030c0000 ? &definition_3_11 : &definition_3_12);
}
